"""The grammar of a user's expression: precedence climbing, with the precedences of MySQL.

Statements, subqueries, window functions and qualified names are not in the grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from labwright.core.errors import QuerySyntaxError
from labwright.query.nodes import Node
from labwright.query.tokens import Kind, Token, syntax_error, tokens

_BINARY: Final = {
    "or": (1, "or"), "||": (1, "or"), "xor": (2, "xor"), "and": (3, "and"), "&&": (3, "and"),
    "=": (5, "="), "<=>": (5, "<=>"), ">=": (5, ">="), ">": (5, ">"), "<=": (5, "<="), "<": (5, "<"),
    "<>": (5, "<>"), "!=": (5, "<>"),
    "|": (6, "|"), "&": (7, "&"), "<<": (8, "<<"), ">>": (8, ">>"), "+": (9, "+"), "-": (9, "-"),
    "*": (10, "*"), "/": (10, "/"), "div": (10, "div"), "%": (10, "%"), "mod": (10, "%"), "^": (11, "^"),
    "->": (14, "->"), "->>": (14, "->>"),
}  # fmt: skip
_PREDICATES: Final = frozenset("is in between like rlike regexp not".split())
_PREDICATE_LEVEL: Final = 5
_RESERVED: Final = frozenset(
    "and or xor not between in is like rlike regexp div case when then else select from where exists".split()
)
_CONSTANTS: Final = {"null": ("null", None), "true": ("truth", True), "false": ("truth", False)}
_NOW: Final = {
    "current_timestamp": "now", "localtimestamp": "now", "localtime": "now",
    "current_date": "curdate", "current_time": "curtime",
}  # fmt: skip
_STATEMENTS: Final = frozenset("select with insert update delete drop create alter".split())
UNITS: Final = frozenset("microsecond second minute hour day week month quarter year".split())


def parse(text: str) -> Node:
    """The tree of `text`, without types.

    Raises
    ------
    QuerySyntaxError
        With the line and a caret.

    Examples
    --------
    >>> parse("score > 3").op
    '>'
    """
    try:
        return _Parser(text).whole()
    except RecursionError:
        raise QuerySyntaxError("The expression is nested too deeply.") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.position = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def whole(self) -> Node:
        if self.meets("end"):
            self.fail("The expression is empty.")
        if self.token.word in _STATEMENTS and self.tokens[self.position + 1].kind in ("name", "quoted", "number", "op"):
            follows = self.tokens[self.position + 1]
            if follows.kind != "op" or follows.text == "*":
                self.fail("An expression is expected, not a statement.")
        node = self.expression()
        if not self.meets("end"):
            self.unexpected("an operator or the end")
        return node

    def meets(self, kind: Kind) -> bool:
        """Whether the next word is of this kind."""
        return self.token.kind == kind

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        raise syntax_error(message, self.text, self.token.at if at is None else at)

    def unexpected(self, expected: str) -> NoReturn:
        if self.token.word in ("over", "filter"):
            self.fail("Window functions are not accepted: aggregate with `aggr` and join the result.")
        if self.token.text == ":=":
            self.fail("Assignments are not accepted.")
        found = repr(self.token.text) if self.token.kind != "end" else "the end"
        self.fail(f"Expected {expected}, found {found}.")

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def accept(self, word: str) -> bool:
        token = self.token
        if token.kind in ("name", "op") and token.text.lower() == word:
            self.position += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            self.unexpected(repr(word))

    def peek(self, word: str) -> bool:
        return self.token.kind in ("name", "op") and self.token.text.lower() == word

    # Expressions -----------------------------------------------------------------------

    def expression(self, floor: int = 0) -> Node:
        left = self.prefix()
        while True:
            word = self.token.text.lower() if self.token.kind in ("name", "op") else ""
            if word in _PREDICATES and floor <= _PREDICATE_LEVEL:
                left = self.predicate(left)
            elif word == "::":
                left = self.postfix_cast(left)
            elif word in _BINARY and _BINARY[word][0] >= floor:
                left = self.binary(left, *_BINARY[word])
            else:
                return left

    def binary(self, left: Node, level: int, op: str) -> Node:
        token = self.advance()
        right = self.expression(level + 1)
        if op == left.op and op in ("and", "or") and left.value != "closed":
            return Node(op, (*left.args, right), at=left.at)
        return Node(op, (left, right), at=token.at)

    def prefix(self) -> Node:
        token = self.token
        if token.kind == "op":
            return self.sign()
        self.advance()
        if token.kind == "text":
            return Node("text", value=token.text, at=token.at)
        if token.kind == "number":
            return Node("number", value=token.text, at=token.at)
        if token.kind == "quoted":
            return self.attribute(token)
        if token.kind == "name":
            return self.word(token)
        self.position -= 1
        return self.unexpected("a name, a value or '('")

    def sign(self) -> Node:
        token = self.advance()
        if token.text == "(":
            return self.parenthesis(token)
        if token.text == "!":
            return Node("not", (self.expression(13),), at=token.at)
        if token.text in ("-", "+", "~"):
            operand = self.expression(12)
            if token.text == "-" and operand.op == "number" and not operand.value.startswith("-"):
                return Node("number", value=f"-{operand.value}", at=token.at)
            return operand if token.text == "+" else Node("neg" if token.text == "-" else "~", (operand,), at=token.at)
        self.position -= 1
        return self.unexpected("a name, a value or '('")

    def parenthesis(self, opening: Token) -> Node:
        if self.token.word in ("select", "with") and self.tokens[self.position + 1].kind != "op":
            self.fail("Subqueries are not accepted: restrict by another expression, or join.")
        items = self.items()
        if len(items) > 1:
            return Node("row", items, at=opening.at)
        node = items[0]
        return Node(node.op, node.args, "closed", at=node.at) if node.op in ("and", "or") else node

    def items(self) -> tuple[Node, ...]:
        """What follows an opening parenthesis, up to and with the closing one."""
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        self.expect(")")
        return tuple(found)

    def attribute(self, token: Token) -> Node:
        return Node("name", value=token.text, at=token.at)

    def word(self, token: Token) -> Node:
        word = token.word
        follows = self.token
        if follows.kind == "op" and follows.text == "(" and word not in ("not", "case", "and", "or", "interval"):
            return self.call(token)
        if word == "not":
            return Node("not", (self.expression(4),), at=token.at)
        if word == "case" and (follows.kind != "op" or follows.text in ("(", "-")):
            return self.case(token)
        if word in _CONSTANTS:
            op, value = _CONSTANTS[word]
            return Node(op, value=value, at=token.at)
        if word == "interval" and (follows.kind in ("text", "number", "quoted", "name") or follows.text in ("(", "-")):
            return self.interval(token)
        if word == "binary" and follows.kind in ("name", "quoted", "text"):
            return self.expression(13)
        if word in ("date", "time", "timestamp", "datetime") and follows.kind == "text":
            kind = "datetime" if word == "timestamp" else word
            return Node("literal", (Node("text", value=self.advance().text, at=follows.at),), kind, at=token.at)
        if word in _NOW:
            return Node("func", value=_NOW[word], at=token.at)
        if word in _RESERVED:
            self.position -= 1
            self.unexpected("a name or a value (put an attribute of this name in backticks)")
        return self.attribute(token)

    # Predicates ------------------------------------------------------------------------

    def predicate(self, left: Node) -> Node:
        token = self.advance()
        word = token.word
        if word == "is":
            return self.is_predicate(left, token)
        if word == "not":
            if self.token.word not in ("in", "between", "like", "rlike", "regexp"):
                self.unexpected("in, between, like or regexp after not")
            return Node("not", (self.predicate(left),), at=token.at)
        if word == "in":
            return self.in_predicate(left, token)
        if word == "between":
            low = self.expression(6)
            self.expect("and")
            return Node("between", (left, low, self.expression(6)), at=token.at)
        pattern = self.expression(6)
        if word == "like":
            escape = self.advance().text if self.accept("escape") and self.token.kind == "text" else "\\"
            return Node("like", (left, pattern), escape, at=token.at)
        return Node("regexp", (left, pattern), at=token.at)

    def is_predicate(self, left: Node, token: Token) -> Node:
        negated = self.accept("not")
        word = self.advance().word
        if word not in ("null", "true", "false", "unknown"):
            self.position -= 1
            self.unexpected("null, true or false")
        op = "is null" if word in ("null", "unknown") else f"is {word}"
        node = Node(op, (left,), at=token.at)
        return Node("not", (node,), at=token.at) if negated else node

    def in_predicate(self, left: Node, token: Token) -> Node:
        self.expect("(")
        if self.token.word in ("select", "with"):
            self.fail("Subqueries are not accepted: restrict by another expression, or join.")
        if self.peek(")"):
            self.unexpected("at least one value")
        return Node("in", (left, *self.items()), at=token.at)

    # Special forms ---------------------------------------------------------------------

    def case(self, token: Token) -> Node:
        operand = None if self.peek("when") else self.expression()
        parts: list[Node] = []
        while self.accept("when"):
            test = self.expression()
            parts.append(test if operand is None else Node("=", (operand, test), at=test.at))
            self.expect("then")
            parts.append(self.expression())
        if not parts:
            self.unexpected("'when'")
        parts.append(self.expression() if self.accept("else") else Node("null", at=token.at))
        self.expect("end")
        return Node("case", tuple(parts), at=token.at)

    def interval(self, token: Token) -> Node:
        amount = self.expression()
        return Node("interval", (amount,), self.unit(), at=token.at)

    def unit(self) -> str:
        unit = self.token.word.removeprefix("sql_tsi_")
        if unit not in UNITS:
            self.unexpected("a unit: " + ", ".join(sorted(UNITS)))
        self.advance()
        return unit

    def postfix_cast(self, left: Node) -> Node:
        token = self.advance()
        return Node("cast", (left,), self.type_name(), at=token.at)

    def type_name(self) -> tuple[str, tuple[int, ...]]:
        if not self.meets("name"):
            self.unexpected("a type")
        name = self.advance().word
        if name in ("double", "character", "signed", "unsigned"):  # these take a second word
            _ = self.accept("precision") or self.accept("varying") or self.accept("integer")
        args: list[int] = []
        if self.accept("("):
            while not self.accept(")"):
                if not self.meets("number"):
                    self.unexpected("a number")
                args.append(int(float(self.advance().text)))
                self.accept(",")
        return name, tuple(args)

    def call(self, name: Token) -> Node:
        if name.word == "exists":
            self.fail("Subqueries are not accepted: restrict by another expression, or join.", name.at)
        self.advance()
        special: Callable[[Token], Node] | None = getattr(self, f"call_{name.word}", None)
        node = special(name) if special else self.plain_call(name)
        if self.token.word in ("over", "filter"):
            self.unexpected("an operator or the end")
        return node

    def plain_call(self, name: Token) -> Node:
        if self.accept(")"):
            return Node("func", value=_NOW.get(name.word, name.text), at=name.at)
        if self.peek("*") and self.tokens[self.position + 1].text == ")":
            star = Node("star", at=self.advance().at)
            self.advance()
            return Node("func", (star,), name.text, at=name.at)
        if self.accept("distinct"):
            return Node("func", (Node("distinct", self.items(), at=name.at),), name.text, at=name.at)
        if self.peek("all") and self.tokens[self.position + 1].text not in (")", ",", "+", "-", "*", "/", "%"):
            self.advance()
        if self.token.word in ("select", "with") and self.tokens[self.position + 1].kind != "op":
            self.fail("Subqueries are not accepted: restrict by another expression, or join.")
        return Node("func", self.items(), name.text, at=name.at)

    def call_cast(self, name: Token) -> Node:
        operand = self.expression()
        self.expect("as")
        node = Node("cast", (operand,), self.type_name(), at=name.at)
        self.expect(")")
        return node

    def call_convert(self, name: Token) -> Node:
        operand = self.expression()
        if self.accept("using"):
            self.advance()
            self.expect(")")
            return operand
        self.expect(",")
        node = Node("cast", (operand,), self.type_name(), at=name.at)
        self.expect(")")
        return node

    def call_extract(self, name: Token) -> Node:
        unit = self.unit()
        self.expect("from")
        return Node("func", self.items(), unit, at=name.at)

    def call_trim(self, name: Token) -> Node:
        side = self.advance().word if self.token.word in ("both", "leading", "trailing") else "both"
        what = None if self.peek("from") else self.expression()
        if not self.accept("from"):
            self.expect(")")
            assert what is not None
            return Node("func", (what,), "trim", at=name.at)
        operand = self.items()[0]
        function = {"both": "trim", "leading": "ltrim", "trailing": "rtrim"}[side]
        return Node("func", (operand,) if what is None else (operand, what), function, at=name.at)

    def call_substring(self, name: Token) -> Node:
        found = [self.expression()]
        while self.accept(",") or self.accept("from") or self.accept("for"):
            found.append(self.expression())
        self.expect(")")
        return Node("func", tuple(found), "substring", at=name.at)

    call_substr = call_mid = call_substring

    def call_position(self, name: Token) -> Node:
        needle = self.expression(6)
        self.expect("in")
        (haystack,) = self.items()
        return Node("func", (needle, haystack), "locate", at=name.at)

    def call_timestampdiff(self, name: Token) -> Node:
        unit = self.unit()
        self.expect(",")
        return Node("timestampdiff", self.items(), unit, at=name.at)

    def call_timestampadd(self, name: Token) -> Node:
        unit = self.unit()
        self.expect(",")
        amount, moment = self.items()
        return Node("+", (moment, Node("interval", (amount,), unit, at=name.at)), at=name.at)

    def call_group_concat(self, name: Token) -> Node:
        distinct = self.accept("distinct")
        found, orders, separator = [self.expression()], [], ","
        while self.accept(","):
            found.append(self.expression())
        if self.accept("order"):
            self.expect("by")
            orders.append(self.order())
            while self.accept(","):
                orders.append(self.order())
        if self.accept("separator"):
            if self.token.kind != "text":
                self.unexpected("a quoted separator")
            separator = self.advance().text
        self.expect(")")
        value = Node("func", tuple(found), "concat", at=name.at) if len(found) > 1 else found[0]
        return Node("group_concat", (value, *orders), (separator, distinct), at=name.at)

    def order(self) -> Node:
        node = self.expression()
        descending = self.accept("desc") or (self.accept("asc") and False)
        return Node("order", (node,), descending, at=node.at)
