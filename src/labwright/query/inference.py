"""Types of a user's expression: every step gets one, every conversion becomes a step of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from labwright.core.errors import LabwrightError, QueryError, QuerySyntaxError, did_you_mean
from labwright.core.types import Type
from labwright.query.families import (
    BOOL,
    DATE,
    DATETIME,
    FLOAT64,
    INT64,
    TEXT,
    TIME,
    as_decimal,
    common,
    convert,
    decimal_type,
    family,
    fraction,
    is_json,
    literal,
    number,
)
from labwright.query.nodes import AGGREGATES, Node, walk
from labwright.query.paths import split_path
from labwright.query.signatures import ALIASES, SIGNATURES, Signature

_COMPARISONS: Final = frozenset(("=", "<>", "<", "<=", ">", ">="))
_EQUALITIES: Final = frozenset(("=", "<>", "<=>"))
_DAYS: Final = frozenset("day week month quarter year".split())
_BUILTIN: Final[Mapping[str, Type]] = {
    "text": TEXT, "int64": INT64, "float64": FLOAT64, "bool": BOOL, "date": DATE, "time": TIME, "datetime": DATETIME,
}  # fmt: skip
_CASTS: Final[Mapping[str, Type]] = (
    dict.fromkeys("signed unsigned int integer bigint smallint tinyint int8 int16 int32 int64".split(), INT64)
    | dict.fromkeys("double float real float32 float64".split(), FLOAT64)
    | dict.fromkeys("char varchar text nchar string character".split(), TEXT)
    | {"date": DATE, "time": TIME, "datetime": DATETIME, "timestamp": DATETIME, "bool": BOOL, "boolean": BOOL}
    | {"uuid": Type("uuid"), "json": Type("json")}
)


class Inference:
    """Gives types to the tree of one expression.

    Parameters
    ----------
    text : str
        The expression, for messages.
    attributes : mapping
        Stored type and nullability of every attribute that it names.
    """

    def __init__(self, text: str, attributes: Mapping[str, tuple[Type | None, bool]]) -> None:
        self.text = text
        self.attributes = attributes

    def infer(self, node: Node) -> Node:
        """The tree with types.

        Raises
        ------
        QueryError
            When the types do not go together.
        """
        rule: Callable[[Inference, Node], Node] = _RULES.get(node.op, Inference.call)
        return rule(self, node)

    def all(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(self.infer(n) for n in nodes)

    # Leaves ----------------------------------------------------------------------------

    def name(self, node: Node) -> Node:
        type_, nullable = self.attributes[node.value]
        return replace(node, type=type_, nullable=nullable)

    def number(self, node: Node) -> Node:
        return number(node)

    def quoted(self, node: Node) -> Node:
        return replace(node, type=TEXT, nullable=False)

    def truth(self, node: Node) -> Node:
        return replace(node, type=BOOL, nullable=False)

    def as_it_is(self, node: Node) -> Node:
        return node

    def typed_literal(self, node: Node) -> Node:
        return literal(node.args[0], _BUILTIN[node.value])

    # Conditions ------------------------------------------------------------------------

    def condition(self, node: Node) -> Node:
        """`node` as a truth value."""
        return self.truth_of(self.infer(node))

    def truth_of(self, node: Node) -> Node:
        name = family(node.type)
        if node.op == "number" and str(node.value) in ("0", "1"):
            return replace(node, op="truth", value=node.value == "1", type=BOOL)
        if name in ("", "bool", "int", "float", "decimal") or is_json(node):
            return convert(node, BOOL)
        raise QueryError(f"A condition is expected, but this is of type {node.type}: compare it with a value.")

    def logic(self, node: Node) -> Node:
        args = tuple(self.condition(a) for a in node.args)
        return replace(node, args=args, value=None, type=BOOL, nullable=any(a.nullable for a in args))

    def test(self, node: Node) -> Node:
        arg = self.infer(node.args[0]) if node.op == "is null" else self.condition(node.args[0])
        return replace(node, args=(arg,), type=BOOL, nullable=False)

    def comparison(self, node: Node) -> Node:
        if node.args[0].op == "row":
            return self.rows(node, node.args)
        args = self.matched(self.all(node.args), "compare", ordered=node.op not in _EQUALITIES)
        nullable = node.op != "<=>" and any(a.nullable for a in args)
        return replace(node, args=args, type=BOOL, nullable=nullable)

    def rows(self, node: Node, pair: tuple[Node, ...]) -> Node:
        """``(a, b) = (1, 2)`` as ``a = 1 and b = 2``."""
        left, right = pair
        if node.op != "=" or right.op != "row" or len(left.args) != len(right.args):
            raise QueryError("Rows of values are compared by = or in, with rows of as many values.")
        equal = tuple(Node("=", both, at=node.at) for both in zip(left.args, right.args, strict=True))
        return self.infer(Node("and", equal, at=node.at))

    def membership(self, node: Node) -> Node:
        first, *rest = node.args
        if first.op == "row":
            return self.infer(Node("or", tuple(Node("=", (first, r), at=node.at) for r in rest), at=node.at))
        args = self.matched(self.all(node.args), "compare")
        return replace(node, args=args, type=BOOL, nullable=any(a.nullable for a in args))

    def between(self, node: Node) -> Node:
        args = self.matched(self.all(node.args), "compare", ordered=True)
        return replace(node, args=args, type=BOOL, nullable=any(a.nullable for a in args))

    def pattern(self, node: Node) -> Node:
        args = tuple(self.text_of(a) for a in self.all(node.args))
        return replace(node, args=args, type=BOOL, nullable=any(a.nullable for a in args))

    def text_of(self, node: Node) -> Node:
        return convert(node, TEXT)

    def matched(self, args: tuple[Node, ...], doing: str, *, ordered: bool = False) -> tuple[Node, ...]:
        """The arguments in a type that all of them can take; literals take the type of what they meet."""
        firm = [a for a in args if a.op not in ("text", "null") and a.type is not None and not is_json(a)]
        if self._labels(args, firm, ordered):
            return args[:1] + tuple(replace(a, type=args[0].type) if a.op == "text" else a for a in args[1:])
        if firm and family(firm[0].type) not in ("text", "json", "bytes"):
            target = firm[0].type
            assert target is not None
            args = tuple(literal(a, target) if a.op == "text" else a for a in args)
        args = self._truths(args)
        target = _loosened(common(args, doing), args)
        if family(target) == "decimal" or not self._comparable(args):
            return tuple(convert(a, target) for a in args)
        return args

    def _labels(self, args: tuple[Node, ...], firm: list[Node], ordered: bool) -> bool:
        """Whether an enum is compared with some of its own labels."""
        if ordered or len(firm) != 1 or firm[0] is not args[0] or firm[0].op != "name":
            return False
        type_ = firm[0].type
        assert type_ is not None
        return type_.kind == "enum" and all(a.op == "null" or a.value in type_.args for a in args[1:])

    def _truths(self, args: tuple[Node, ...]) -> tuple[Node, ...]:
        """0 and 1 as truth values, where all others are."""
        others = [a for a in args if a.op not in ("number", "null")]
        whole = [a for a in args if a.op == "number"]
        truths = bool(others) and all(family(a.type) == "bool" for a in others)
        if truths and all(a.value in ("0", "1") for a in whole):
            return tuple(self.truth_of(a) if a.op == "number" else a for a in args)
        return args

    def _comparable(self, args: tuple[Node, ...]) -> bool:
        """Whether the database compares these as they are: integers with floats, texts with texts, the unknown."""
        names = {family(a.type) for a in args if a.op != "null"}
        exact = {a.type for a in args if a.op != "null"}
        if any(is_json(a) for a in args):
            return False
        return names <= {"int", "float"} or (
            len(exact) == 1 and not any(t is not None and t.kind == "enum" for t in exact)
        )

    # Arithmetic ------------------------------------------------------------------------

    def arithmetic(self, node: Node) -> Node:
        left, right = node.args
        if right.op == "interval" or left.op == "interval":
            return self.shifted(node)
        args = tuple(self.counted(a) for a in self.all(node.args))
        if any(a.type is None and a.op != "null" for a in args):
            return replace(node, args=args)
        names = {family(a.type) for a in args if a.op != "null"}
        if node.op in ("&", "|", "^", "<<", ">>"):
            return self._plain(node, args, INT64)
        if node.op == "/":
            return replace(self._plain(node, args, FLOAT64), nullable=True)
        if node.op == "div" and names != {"int"}:
            return replace(self._plain(node, args, FLOAT64), type=INT64, nullable=True)
        exact = "decimal" in names and all(family(a.type) != "float" or a.op == "number" for a in args)
        result = self._decimal(node, args) if exact else self._plain(node, args, INT64 if names <= {"int"} else FLOAT64)
        return replace(result, nullable=result.nullable or node.op in ("div", "%"))

    def counted(self, node: Node) -> Node:
        """`node` as a number."""
        name = family(node.type)
        if name == "bool":
            return convert(node, INT64)
        if name == "text" or is_json(node):
            return convert(node, FLOAT64)
        if name in ("date", "datetime", "time"):
            raise QueryError("Dates are not numbers: use datediff, timestampdiff, or + interval 1 day.")
        if name in ("", "int", "float", "decimal"):
            return node
        raise QueryError(f"Cannot calculate with a value of type {node.type}.")

    def _plain(self, node: Node, args: tuple[Node, ...], target: Type) -> Node:
        args = tuple(convert(a, target) for a in args)
        return replace(node, args=args, type=target, nullable=any(a.nullable for a in args))

    def _decimal(self, node: Node, args: tuple[Node, ...]) -> Node:
        types = [as_decimal(a) if a.op != "null" else decimal_type(1, 0) for a in args]
        (p1, s1), (p2, s2) = types[0].args, types[1].args
        nullable = any(a.nullable for a in args)
        if node.op == "*":
            args = tuple(convert(a, t) for a, t in zip(args, types, strict=True))
            return replace(node, args=args, type=decimal_type(p1 + p2, s1 + s2), nullable=nullable)
        scale = max(s1, s2)
        target = decimal_type(max(p1 - s1, p2 - s2) + scale + (node.op != "%"), scale)
        return replace(node, args=tuple(convert(a, target) for a in args), type=target, nullable=nullable)

    def negative(self, node: Node) -> Node:
        (arg,) = (self.counted(a) for a in self.all(node.args))
        if node.op == "~" or family(arg.type) in ("int", "float"):
            arg = convert(arg, FLOAT64 if family(arg.type) == "float" and node.op != "~" else INT64)
        return replace(node, args=(arg,), type=arg.type, nullable=arg.nullable)

    # Dates -----------------------------------------------------------------------------

    def shifted(self, node: Node) -> Node:
        """A date or datetime and an interval."""
        left, right = node.args
        if node.op not in ("+", "-") or (left.op == "interval" and (node.op == "-" or right.op == "interval")):
            raise QueryError("An interval is added to, or taken from, a date or datetime.")
        moment, interval = (right, left) if left.op == "interval" else (left, right)
        amount = self.whole(self.infer(interval.args[0]))
        if node.op == "-":
            amount = self.negative(Node("neg", (interval.args[0],))) if amount.op != "number" else amount
            amount = replace(amount, value=_negated(amount.value)) if amount.op == "number" else self.whole(amount)
        base = self.moment(self.infer(moment))
        if base.type is None:
            raise QueryError("The type of what the interval is added to is unknown: cast it to date or datetime.")
        if family(base.type) == "time":
            raise QueryError("An interval is added to, or taken from, a date or datetime, not a time of day.")
        target = base.type
        if family(target) == "date" and interval.value not in _DAYS:
            target = DATETIME
        if interval.value == "microsecond":
            target = Type("datetime", (6,))
        return Node("date_add", (convert(base, target), amount), interval.value, target, True, node.at)

    def whole(self, node: Node) -> Node:
        if node.op == "text":
            return literal(node, INT64)
        return convert(self.counted(node), INT64) if family(node.type) != "int" else node

    def moment(self, node: Node) -> Node:
        """`node` as a date or datetime; texts are read."""
        if node.op == "text":
            return literal(node, DATETIME if ":" in str(node.value) else DATE)
        if family(node.type) == "text" or is_json(node):
            return convert(node, Type("datetime", (6,)))
        if family(node.type) not in ("date", "datetime", "time", "") and node.op != "null":
            raise QueryError(f"A date or datetime is expected, not a value of type {node.type}.")
        return node

    def date_call(self, node: Node) -> Node:
        """``date_add(d, interval 1 day)`` and its relatives."""
        if len(node.args) != 2:
            raise QueryError(f"{node.value} takes a date and an interval.")
        moment, amount = node.args
        if amount.op != "interval":
            amount = Node("interval", (amount,), "day", at=amount.at)
        op = "-" if node.value.lower() in ("date_sub", "subdate") else "+"
        return self.shifted(Node(op, (moment, amount), at=node.at))

    def timestampdiff(self, node: Node) -> Node:
        if len(node.args) != 2:
            raise QueryError("timestampdiff takes a unit and two dates: timestampdiff(day, a, b).")
        args = tuple(convert(self.moment(a), Type("datetime", (6,))) for a in self.all(node.args))
        return replace(node, args=args, type=INT64, nullable=any(a.nullable for a in args))

    # Other forms -----------------------------------------------------------------------

    def cast(self, node: Node) -> Node:
        name, args = node.value
        arg = self.infer(node.args[0])
        if name in ("decimal", "dec", "numeric"):
            target = decimal_type(*((*args, 0)[:2] if args else (10, 0)))
        elif name in ("datetime", "timestamp", "time"):
            target = Type("time" if name == "time" else "datetime", (args[0] if args else 0,))
        elif name in _CASTS:
            target = _CASTS[name]
        elif name == "binary":
            return arg
        else:
            raise QueryError(f"Cannot cast to {name!r}.{did_you_mean(name, [*_CASTS, 'decimal'])}")
        found = self.shortened(arg, args[0]) if target is TEXT and args else convert(self._firm(arg, target), target)
        explicit = "cast" if found.op == "to" else found.value
        return replace(found, nullable=arg.nullable, value=explicit)

    def shortened(self, arg: Node, length: int) -> Node:
        """``cast(a as char(3))``."""
        keep = number(Node("number", value=str(length)))
        return Node("left", (convert(arg, TEXT), keep), type=TEXT, nullable=arg.nullable)

    def _firm(self, arg: Node, target: Type) -> Node:
        """An unknown value is cast by the database."""
        return Node("to", (arg,), type=target) if arg.type is None and arg.op != "null" else arg

    def case(self, node: Node) -> Node:
        *pairs, default = node.args
        tests = [self.condition(n) for n in pairs[::2]]
        values = self.same((*self.all(tuple(pairs[1::2])), self.infer(default)), "mix")
        args = [n for pair in zip(tests, values, strict=False) for n in pair]
        nullable = any(v.nullable for v in values)
        return replace(node, args=(*args, values[-1]), type=values[-1].type or values[0].type, nullable=nullable)

    def same(self, args: tuple[Node, ...], doing: str) -> tuple[Node, ...]:
        """The arguments in exactly one type."""
        firm = [a for a in args if a.op not in ("text", "null") and a.type is not None and not is_json(a)]
        if firm and family(firm[0].type) not in ("text", "json", "bytes"):
            target = firm[0].type
            assert target is not None
            args = tuple(literal(a, target) if a.op == "text" else a for a in args)
        args = self._truths(args)
        target = _loosened(common(args, doing), args)
        converted = tuple(convert(a, target) for a in args)
        return tuple(replace(a, type=target) if a.op == "null" else a for a in converted)

    def group_concat(self, node: Node) -> Node:
        value, *orders = node.args
        kept = [replace(o, args=(self.ordered(self.infer(o.args[0])),)) for o in orders]
        args = (convert(self.infer(value), TEXT), *kept)
        return replace(node, args=args, type=TEXT, nullable=True)

    def ordered(self, node: Node) -> Node:
        """`node` in a form that sorts the same everywhere."""
        return convert(node, TEXT) if node.type is not None and node.type.kind == "enum" else node

    def path(self, node: Node) -> Node:
        """``info -> '$.a'``."""
        return self.json(node, node.args, unquoted=node.op == "->>")

    def json(self, node: Node, args: tuple[Node, ...], *, unquoted: bool) -> Node:
        if len(args) != 2 or args[0].op != "name" or args[1].op != "text":
            raise QueryError("A path into json is read from an attribute: info->>'$.weight'.")
        steps = split_path(str(args[1].value))
        if steps is None:
            raise QueryError(f"{args[1].value!r} is not a path into json; write '$.weight' or '$.tags[0]'.")
        value = (steps, TEXT if unquoted else None)
        return Node("json", (self.infer(args[0]),), value, TEXT, True, node.at)

    def stray(self, node: Node) -> Node:
        raise QueryError({"interval": "An interval is added to, or taken from, a date or datetime."}.get(
            node.op, "A list of values stands after `in` only."
        ))  # fmt: skip

    # Functions -------------------------------------------------------------------------

    def call(self, node: Node) -> Node:
        """A function: a known one by its signature, an unknown one as it is."""
        name = node.value.lower()
        if name in ("date_add", "adddate", "date_sub", "subdate"):
            return self.date_call(node)
        if name in ("json_extract", "json_value"):
            return self.json(node, node.args, unquoted=name == "json_value")
        if name == "json_unquote" and len(node.args) == 1:
            return convert(self.infer(node.args[0]), TEXT)
        name = ALIASES.get(name, name)
        if name == "mod" and len(node.args) == 2:
            return self.infer(replace(node, op="%"))
        if name == "curtime" and not node.args:
            return self.infer(Node("func", (Node("func", value="now"),), "time", at=node.at))
        if name == "log" and len(node.args) in (1, 2):
            return self.logarithm(node)
        if name not in SIGNATURES:
            if any(a.op == "star" for a in node.args):
                raise QueryError(f"{node.value}(*) is not known; only count(*) takes a star.")
            return replace(node, op="call", args=self.all(node.args))
        return self.known(node, SIGNATURES[name])

    def logarithm(self, node: Node) -> Node:
        """``log(x)``, or ``log(base, x)``."""
        parts = tuple(Node("func", (a,), "ln", at=node.at) for a in node.args)
        return self.infer(parts[0] if len(parts) == 1 else Node("/", parts[::-1], at=node.at))

    def known(self, node: Node, signature: Signature) -> Node:
        modifier = None
        if node.args and node.args[0].op == "distinct":
            if signature.name not in AGGREGATES:
                raise QueryError(f"{signature.name} takes no `distinct`.")
            node = replace(node, args=node.args[0].args)
            modifier = "distinct"
        elif signature.name == "count" and len(node.args) > 1:
            raise QueryError("count takes 1 argument, or count(distinct a, b).")
        if signature.name == "group_concat":
            return self.group_concat(Node("group_concat", node.args[:1], (",", modifier is not None), at=node.at))
        if any(a.op == "star" for a in node.args) and signature.name != "count":
            raise QueryError(f"{signature.name}(*) is not known; only count(*) takes a star.")
        if len(node.args) < signature.fewest or (signature.most is not None and len(node.args) > signature.most):
            raise QueryError(f"{signature.name} takes {_arity(signature)}, not {len(node.args)}.")
        args = self.arguments(self.all(node.args), signature)
        found = Node(signature.name, args, modifier, None, any(a.nullable for a in args), node.at)
        return _NULLS.get(signature.name, _unchanged)(replace(found, type=self.result(found, signature)))

    def arguments(self, args: tuple[Node, ...], signature: Signature) -> tuple[Node, ...]:
        kinds = [signature.parameter(i) for i in range(len(args))]
        if signature.name == "length" and family(args[0].type) == "bytes":
            return args
        if "trim" in signature.name and len(args) == 2 and (args[1].op != "text" or len(args[1].value) != 1):
            raise QueryError("What is trimmed is one quoted character.")
        alike = iter(self.same(tuple(a for a, k in zip(args, kinds, strict=True) if k == "same"), "mix"))
        return tuple(next(alike) if k == "same" else self.argument(a, k) for a, k in zip(args, kinds, strict=True))

    def argument(self, node: Node, kind: str) -> Node:
        """`node` as the `kind` of argument that a signature asks for."""
        if kind == "any" or node.op == "null":
            return node
        if kind in ("date", "time", "datetime", "calendar", "clock"):
            return self.as_moment(self.moment(node), kind)
        if kind == "int":
            return self.whole(node)
        if kind == "bool":
            return self.truth_of(node)
        if kind == "float":
            return convert(self.counted(node), FLOAT64)
        if kind == "number":
            return self.widened(self.counted(node))
        return convert(node, TEXT)

    def widened(self, node: Node) -> Node:
        """A number in the widest type of its family."""
        name = family(node.type)
        return convert(node, INT64 if name == "int" else FLOAT64 if name == "float" else node.type)

    def as_moment(self, node: Node, kind: str) -> Node:
        name = family(node.type)
        if name == "time" and kind not in ("time", "clock"):
            raise QueryError("A date or datetime is expected, not a time of day.")
        if kind == "calendar" or (kind == "clock" and name != "date"):
            return node
        if name in ("", kind):
            return node
        if kind == "date":
            return convert(node, DATE)
        if name == "date":
            node = convert(node, DATETIME)
        if kind == "time":
            assert node.type is not None
            return convert(node, Type("time", (fraction(node.type),)))
        return node

    def result(self, node: Node, signature: Signature) -> Type | None:
        rule = signature.result
        if rule in _BUILTIN:
            return node.args[0].type if rule == "time" else _BUILTIN[rule]
        kept = [a.type for a in node.args if a.type is not None and a.op != "null"]
        first = (kept[-1] if rule == "same" else kept[0]) if kept else None
        return first if rule == "same" else _RESULTS[rule](node, first)


def _loosened(target: Type | None, args: tuple[Node, ...]) -> Type | None:
    """Labels and quoted texts meet as text, numbers in json as floats."""
    if family(target) == "text" and (target != args[0].type or any(a.op == "text" for a in args)):
        return TEXT
    if target is not None and target.kind == "enum":
        return TEXT
    return FLOAT64 if family(target) == "int" and any(is_json(a) for a in args) else target


def _negated(text: str) -> str:
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"


def _arity(signature: Signature) -> str:
    most = "or more" if signature.most is None else f"to {signature.most}"
    count = str(signature.fewest) if signature.fewest == signature.most else f"{signature.fewest} {most}"
    return f"{count} argument{'s' * (count != '1')}"


def _sum(node: Node, type_: Type | None) -> Type | None:
    if family(type_) != "decimal":
        return INT64 if family(type_) == "int" else type_
    precision, scale = as_decimal(node.args[0]).args
    return decimal_type(18 if precision <= 18 else precision + 22, scale)


def _round(node: Node, type_: Type | None) -> Type | None:
    if len(node.args) == 2 and node.args[1].op != "number":
        raise QueryError("The digits of round are a literal number: round(x, 2).")
    if family(type_) != "decimal":
        return type_
    precision, scale = as_decimal(node.args[0]).args
    digits = int(node.args[1].value) if len(node.args) == 2 else 0
    kept = max(0, min(scale, digits))
    return decimal_type(precision - scale + kept + 1, kept)


def _whole(_: Node, type_: Type | None) -> Type | None:
    return INT64 if family(type_) == "decimal" else type_


_RESULTS: Final[Mapping[str, Callable[[Node, Type | None], Type | None]]] = {
    "sum": _sum, "round": _round, "whole": _whole,
}  # fmt: skip


def _unchanged(node: Node) -> Node:
    return node


def _never(node: Node) -> Node:
    return replace(node, nullable=False)


def _maybe(node: Node) -> Node:
    return replace(node, nullable=True)


def _all(node: Node) -> Node:
    return replace(node, nullable=all(a.nullable for a in node.args))


def _branches(node: Node) -> Node:
    return replace(node, nullable=any(a.nullable for a in node.args[1:]))


_NULLS: Final[Mapping[str, Callable[[Node], Node]]] = dict.fromkeys(
    AGGREGATES | {"nullif", "sqrt", "ln", "log10", "log2", "asin", "acos", "pow", "mod", "exp"}, _maybe
) | {"count": _never, "now": _never, "curdate": _never, "pi": _never, "coalesce": _all, "if": _branches}

_RULES: Final[Mapping[str, Any]] = (
    {
        "name": Inference.name, "number": Inference.number, "text": Inference.quoted, "truth": Inference.truth,
        "null": Inference.as_it_is, "star": Inference.as_it_is, "literal": Inference.typed_literal,
        "<=>": Inference.comparison, "in": Inference.membership, "between": Inference.between,
        "like": Inference.pattern, "regexp": Inference.pattern, "neg": Inference.negative, "~": Inference.negative,
        "timestampdiff": Inference.timestampdiff, "cast": Inference.cast, "case": Inference.case,
        "group_concat": Inference.group_concat, "->": Inference.path, "->>": Inference.path,
        "interval": Inference.stray, "row": Inference.stray, "distinct": Inference.stray, "order": Inference.stray,
    }
    | dict.fromkeys(_COMPARISONS, Inference.comparison)
    | dict.fromkeys(("and", "or", "not", "xor"), Inference.logic)
    | dict.fromkeys(("is null", "is true", "is false"), Inference.test)
    | dict.fromkeys(("+", "-", "*", "/", "div", "%", "&", "|", "^", "<<", ">>"), Inference.arithmetic)
)  # fmt: skip


def infer(text: str, tree: Node, attributes: Mapping[str, tuple[Type | None, bool]]) -> Node:
    """The tree of `text` with types.

    Raises
    ------
    QueryError
        When types do not go together, arguments are missing, or aggregates are nested.
    """
    try:
        typed = Inference(text, attributes).infer(tree)
    except RecursionError:
        raise QuerySyntaxError("The expression is nested too deeply.") from None
    except LabwrightError as error:
        raise error.suggest(f"  in: {text}") from None
    for node in walk(typed):
        if node.op in AGGREGATES and any(n.op in AGGREGATES for a in node.args for n in walk(a)):
            raise QueryError(f"An aggregate within an aggregate has no meaning: {text}")
    return typed
