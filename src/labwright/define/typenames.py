"""The names of types: the text behind the colon of an attribute -> `Type`.

Core types are the language's own. The spellings of MySQL and PostgreSQL are accepted on every
database; each maps to the kind that holds its values, and survives as the type's spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from labwright.core.errors import DefinitionError, DefinitionSyntaxError, did_you_mean
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.define.scanner import Scanner, unquote

MAX_CHAR: Final = 255
MAX_VARCHAR: Final = 65535
MAX_DIGITS: Final = 65
MAX_SCALE: Final = 30
MAX_FRACTION: Final = 6
MAX_LABEL: Final = 255

WORD: Final = r"[^\W\d]\w*"
NUMBER: Final = r"[0-9]{1,9}"
STORE: Final = r"[\w.-]+"

Arguments = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """A type as it is written, before its meaning: ``timestamp(3) with time zone``."""

    words: tuple[str, ...]
    arguments: Arguments
    spelling: str


_Rule = Callable[[_Words], Type]


def parse_type(text: str, *, classic: bool = False) -> Type:
    """Return the type that `text` names.

    Parameters
    ----------
    text : str
        A core type, a native type of MySQL or PostgreSQL, or a codec such as ``<blob@raw>``.
    classic : bool
        True for the classic generation, where a bare ``longblob`` holds serialised values.

    Raises
    ------
    DefinitionSyntaxError
        If the text has not the form of a type; its `column` counts within `text`.
    DefinitionError
        If there is no such type, or its arguments are out of range.

    Examples
    --------
    >>> parse_type("smallint unsigned").kind
    'uint16'
    >>> parse_type("<blob@raw>").store
    'raw'
    >>> parse_type("longblob").kind, parse_type("longblob", classic=True).codec
    ('bytes', 'blob')
    """
    scanner = Scanner(text)
    found = scan_type(scanner, classic=classic)
    return found if scanner.done else scanner.fail_expecting("the end of the type")


def scan_type(scanner: Scanner, *, classic: bool = False) -> Type:
    """Return the type that `scanner` is at, and step over it; see `parse_type`."""
    start = scanner.column - 1
    try:
        return _scan_codec(scanner) if scanner.peek("<") else _scan_words(scanner, classic)
    except DefinitionSyntaxError:
        raise
    except DefinitionError:
        scanner.position = start
        raise


def spell(type_: Type, *, classic: bool = False) -> str:
    """Return a spelling that `parse_type`, for the same generation, reads back as an equal type.

    Examples
    --------
    >>> spell(Type("uint32")), spell(Type("int16", auto=True)), spell(Type("decimal", (8, 2)))
    ('int unsigned', 'smallint auto_increment', 'decimal(8,2)')
    """
    if type_.spelling in _BLOBS and (type_.kind == "codec") is not classic:
        return type_.canonical
    if type_.spelling == type_.canonical and (type_.auto or type_.kind in _NATIVE_INTEGERS.keys() - _CORE.keys()):
        return _NATIVE_INTEGERS[type_.kind] + (" auto_increment" if type_.auto else "")
    return type_.spelling


def _scan_codec(scanner: Scanner) -> Type:
    scanner.expect("<", "'<'")
    name = scanner.expect(WORD, "the name of a codec, as in <blob> or <blob@store>")
    store = (scanner.take(STORE) or "") if scanner.take("@") else None
    scanner.expect(">", "'>' to close the codec")
    return Type("codec", codec=name, store=store)


def _scan_words(scanner: Scanner, classic: bool) -> Type:
    words = [scanner.expect(WORD, "a type").lower()]
    if scanner.peek("@"):
        return _scan_classic_store(scanner, words[0])
    words += _more_words(scanner)
    written = _scan_arguments(scanner)
    tail = _more_words(scanner)
    spelling = " ".join([*words, *tail] if not written else [*words[:-1], f"{words[-1]}({','.join(written)})", *tail])
    found = _resolve(_Words((*words, *tail), tuple(map(_value, written)), spelling))
    if classic and words[0] in _BLOBS:
        return Type("codec", (), spelling, native=True, codec="blob")
    return found


def _more_words(scanner: Scanner) -> list[str]:
    words = []
    while (word := scanner.take(WORD)) is not None:
        words.append(word.lower())
    return words


def _scan_classic_store(scanner: Scanner, name: str) -> Type:
    scanner.expect("@", "'@'")
    store = scanner.expect(STORE, f"the name of a store behind '{name}@'; the default store is <{name}@>")
    codec = "blob" if name in _BLOBS else name
    if codec not in _STORED:
        raise DefinitionError(f"'{name}@{store}' is not a type.\nWrite <{name}@{store}> for a codec of that name.")
    return Type("codec", (), f"{name}@{store}", codec=codec, store=store)


def _scan_arguments(scanner: Scanner) -> list[str]:
    if not scanner.take(r"\("):
        return []
    arguments = [_scan_argument(scanner)]
    while scanner.take(","):
        arguments.append(_scan_argument(scanner))
    scanner.expect(r"\)", "',' or ')'")
    return arguments


def _scan_argument(scanner: Scanner) -> str:
    return scanner.take_string() or scanner.expect(NUMBER, "a number or a quoted text")


def _value(argument: str) -> int | str:
    return unquote(argument) if argument[0] in "'\"" else int(argument)


def _resolve(found: _Words) -> Type:
    name = " ".join(found.words)
    for size in range(len(found.words), 0, -1):
        head = " ".join(found.words[:size])
        if head in _RULES:
            return _RULES[head](replace(found, words=(head, *found.words[size:])))
    raise DefinitionError(f"unknown type {name!r}.{did_you_mean(name, _RULES)}\n{_advice(name)}")


def _advice(name: str) -> str:
    known = f"Core types: {', '.join(_CORE_NAMES)}; codecs: <blob>, <attach>, ..."
    return _UNSUPPORTED.get(name.split(maxsplit=1)[0], known)


def _refuse(found: _Words, reason: str) -> DefinitionError:
    return DefinitionError(f"type {found.spelling!r}: {reason}")


def _no_modifiers(found: _Words, allowed: tuple[str, ...] = ()) -> frozenset[str]:
    for word in found.words[1:]:
        if word not in allowed:
            advice = _WORD_ADVICE.get(word, "")
            raise _refuse(found, f"{word!r} is not part of the type." + (f"\n{advice}" if advice else ""))
    return frozenset(found.words[1:])


def _numbers(found: _Words, least: int, most: int, example: str) -> tuple[int, ...]:
    values = found.arguments
    numbers = tuple(v for v in values if isinstance(v, int))
    if len(numbers) != len(values) or not least <= len(values) <= most:
        raise _refuse(found, f"write {example}")
    return numbers


def _within(found: _Words, what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise _refuse(found, f"{what} must be from {least} to {most}, not {value}")


def _plain(kind: str, *, native: bool = False, length: bool = False) -> _Rule:
    def rule(found: _Words) -> Type:
        _no_modifiers(found)
        _numbers(found, 0, int(length), found.words[0] + (" or " + found.words[0] + "(n)" if length else ""))
        return Type(kind, (), found.spelling, native)

    return rule


def _integer(bits: int) -> _Rule:
    def rule(found: _Words) -> Type:
        modifiers = _no_modifiers(found, ("unsigned", "signed", "auto_increment"))
        _numbers(found, 0, 1, f"{found.words[0]} or {found.words[0]}(width)")
        kind = f"uint{bits}" if "unsigned" in modifiers else f"int{bits}"
        return Type(kind, (), found.spelling, True, "auto_increment" in modifiers)

    return rule


def _serial(bits: int) -> _Rule:
    def rule(found: _Words) -> Type:
        _no_modifiers(found)
        _numbers(found, 0, 0, found.words[0])
        return Type(f"int{bits}", (), found.spelling, True, True)

    return rule


def _float(found: _Words) -> Type:
    _no_modifiers(found, ("unsigned",))
    numbers = _numbers(found, 0, 2, "float, float(bits) or float(p,s)")
    if len(numbers) == 1:
        _within(found, "the number of bits", numbers[0], 1, 53)
    return Type("float64" if len(numbers) == 1 and numbers[0] > 24 else "float32", (), found.spelling, True)


def _double(found: _Words) -> Type:
    _no_modifiers(found, ("unsigned",))
    _numbers(found, 0, 2, f"{found.words[0]} without arguments")
    return Type("float64", (), found.spelling, True)


def _decimal(found: _Words) -> Type:
    modifiers = _no_modifiers(found, ("unsigned",))
    numbers = _numbers(found, 0, 2, "decimal(p,s), as in decimal(8,2)")
    digits, scale = (*numbers, *((10, 0)[len(numbers) :]))
    _within(found, "the number of digits", digits, 1, MAX_DIGITS)
    _within(found, "the number of digits behind the point", scale, 0, min(digits, MAX_SCALE))
    core = found.words[0] == "decimal" and len(numbers) == 2 and not modifiers
    return Type("decimal", (digits, scale), found.spelling, not core)


def _text(kind: str, most: int, bare: int) -> _Rule:
    def rule(found: _Words) -> Type:
        _no_modifiers(found)
        numbers = _numbers(found, 0, 1, f"{kind}(n), as in {kind}(16)")
        length = numbers[0] if numbers else bare
        _within(found, "the number of characters", length, 1, most)
        return Type(kind, (length,), found.spelling, native=not (numbers and found.words[0] == kind))

    return rule


def _enum(found: _Words) -> Type:
    _no_modifiers(found)
    labels = found.arguments
    if not labels or not all(isinstance(label, str) for label in labels):
        raise _refuse(found, "write its labels between quotes, as in enum('left', 'right')")
    twice = next((label for i, label in enumerate(labels) if label in labels[:i]), None)
    if twice is not None:
        raise _refuse(found, f"the label {twice!r} occurs twice")
    _within(found, "the number of characters of a label", max(len(str(label)) for label in labels), 0, MAX_LABEL)
    return Type("enum", labels, found.spelling)


def _moment(kind: str, *zones: str, native: bool = False) -> _Rule:
    def rule(found: _Words) -> Type:
        if found.words[1:] and " ".join(found.words[1:]) not in zones:
            _no_modifiers(found)
        numbers = _numbers(found, 0, 1, f"{kind} or {kind}(n), n digits of a second")
        if numbers:
            _within(found, "the number of digits of a second", numbers[0], 0, MAX_FRACTION)
        return Type(kind, numbers, found.spelling, native or len(found.words) > 1)

    return rule


def _timestamp(found: _Words) -> Type:
    zoned = found.words[1:] == ("with", "time", "zone")
    return _moment("datetime_utc" if zoned else "timestamp", "with time zone", "without time zone")(found)


def _stored(store: str | None) -> _Rule:
    def rule(found: _Words) -> Type:
        _no_modifiers(found)
        _numbers(found, 0, 0, found.words[0])
        return Type("codec", (), found.spelling, codec=found.words[0], store=store)

    return rule


_STORED: Final = ("blob", "attach", "filepath")
_BLOBS: Final = ("tinyblob", "blob", "mediumblob", "longblob")
_INTEGER_NAMES: Final = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}
_NATIVE_INTEGERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"{sign}{bits}": name + tail
        for name, bits in _INTEGER_NAMES.items()
        if name != "integer"
        for sign, tail in (("int", ""), ("uint", " unsigned"))
    }
)
_CORE: Final[Mapping[str, _Rule]] = MappingProxyType(
    {name: _plain(name) for name in ("int8", "int16", "int32", "int64", "float32", "float64", "bool")}
    | {"char": _text("char", MAX_CHAR, 1), "varchar": _text("varchar", MAX_VARCHAR, 255), "enum": _enum}
    | {"date": _plain("date"), "time": _moment("time", "without time zone"), "datetime": _moment("datetime")}
    | {"timestamp": _timestamp, "datetime_utc": _moment("datetime_utc"), "decimal": _decimal}
    | {name: _plain(name) for name in ("uuid", "json", "bytes")}
)
_RULES: Final[Mapping[str, _Rule]] = MappingProxyType(
    dict(_CORE)
    | {name: _integer(bits) for name, bits in _INTEGER_NAMES.items()}
    | {"serial": _serial(64), "bigserial": _serial(64), "smallserial": _serial(16)}
    | {"float": _float, "float4": _plain("float32", native=True), "float8": _plain("float64", native=True)}
    | dict.fromkeys(("double", "double precision", "real"), _double)
    | dict.fromkeys(("numeric", "dec", "fixed"), _decimal)
    | {"boolean": _plain("bool", native=True), "jsonb": _plain("json", native=True)}
    | {"character": _text("char", MAX_CHAR, 1), "character varying": _text("varchar", MAX_VARCHAR, 255)}
    | dict.fromkeys(("tinytext", "text", "mediumtext", "longtext"), _plain("text", native=True))
    | dict.fromkeys((*_BLOBS, "bytea"), _plain("bytes", native=True))
    | dict.fromkeys(("binary", "varbinary"), _plain("bytes", native=True, length=True))
    | {"year": _plain("year", native=True, length=True), "timestamptz": _moment("datetime_utc", native=True)}
    | {"attach": _stored(None), "filepath": _stored("")}
)
_CORE_NAMES: Final = (
    *(kind for kind in INTEGER_BOUNDS if kind in _CORE),
    *("float32", "float64", "bool", "char(n)", "varchar(n)", "enum('a','b')", "date", "time", "datetime(n)"),
    *("timestamp", "datetime_utc(n)", "decimal(p,s)", "uuid", "json", "bytes"),
)
_UNSUPPORTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "str": "Write varchar(n) with the greatest number of characters.",
        "string": "Write varchar(n) with the greatest number of characters.",
        "set": "Write a part table with one row per member, or json.",
        "bit": "Write bool for one bit, or bytes.",
        "external": "Types of generation 0.11 can be read only; write <blob@store>.",
        "interval": "Write float64 and name the unit in the comment.",
        "object": "Write <blob> for Python values, or <object@store> for files and folders.",
        "array": "Write <blob> or <npy@store>.",
        "npy": "Write <npy@store>.",
        "hash": "Write <hash@store>.",
    }
    | {kind: f"Write {native!r}." for kind, native in _NATIVE_INTEGERS.items() if kind not in _CORE}
)
_WORD_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "zerofill": "Leave it out: the database would return text of another width.",
        "null": "Write `name = null : type` for an attribute that may be null; all others may not.",
        "not": "Leave it out: an attribute may be null only when it says `name = null : type`.",
        "default": "Write the default before the colon: `name = default : type`.",
        "primary": "Write the attribute above the line of dashes.",
        "key": "Write the attribute above the line of dashes.",
        "unique": "Write a line `unique index (name)`.",
        "comment": "Write a comment behind '#'.",
        "references": "Write a line `-> Parent`.",
    }
)
