"""Values of a scenario that people write as text: amounts, durations, bounds, moments and calls."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from harness.chain.errors import NotAnAddress
from harness.chain.values.address import address_of
from harness.errors import brief

Layer = Literal["l1", "l2"]
ETHER, GWEI = 10**18, 10**9
UNITS = {"wei": 1, "gwei": GWEI, "ether": ETHER, "eth": ETHER}
SECONDS = {
    **dict.fromkeys(("s", "second", "seconds"), 1),
    **dict.fromkeys(("min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("week", "weeks"), 7 * 86_400),
}
_NUMBER = r"[+-]?\d[\d_,]*(?:\.\d+)?"
_AMOUNT = re.compile(rf"({_NUMBER})\s*([A-Za-z]+)")
FOREVER = 2**40
"""Seconds that no scenario reaches."""


def amount_of(value: object) -> int:
    """Return the wei of a text such as ``5 ether``; raises ValueError."""
    match = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2].lower() not in UNITS:
        raise ValueError(
            f"it is {brief(value)}, expected an amount with its unit, such as '5 ether', '30 gwei' or '7 wei'"
        )
    wei = _scaled(match[1], UNITS[match[2].lower()])
    if wei is None:
        raise ValueError(f"it is {brief(value)}, expected a whole number of wei")
    return wei


def quantity_of(value: object) -> int:
    """Return the wei of an amount that is moved, which is not negative; raises ValueError."""
    wei = amount_of(value)
    if wei < 0:
        raise ValueError(f"it is {brief(value)}, expected no negative amount")
    return wei


def duration_of(value: object) -> int:
    """Return the seconds of a text such as ``2 days`` or ``1 h 30 min``; raises ValueError."""
    text = value.strip() if isinstance(value, str) else ""
    if text == "forever":
        return FOREVER
    parts = _AMOUNT.findall(text)
    seconds = [_scaled(number, SECONDS[unit]) for number, unit in parts if unit in SECONDS]
    if not parts or len(seconds) < len(parts) or _AMOUNT.sub("", text).strip() or None in seconds:
        raise ValueError(f"it is {brief(value)}, expected a duration with its unit, such as '2 days', '84 h' or '90 s'")
    total = sum(each for each in seconds if each is not None)
    if not 0 <= total <= FOREVER or "-" in text:
        raise ValueError(f"it is {brief(value)}, expected no negative duration, and none above {FOREVER} seconds")
    return total


_DIGITS = 80
"""Most characters of a number: 2**256 has 78."""


def _scaled(number: str, unit: int) -> int | None:
    if len(number) > _DIGITS:
        return None
    try:
        scaled = Decimal(number.replace(",", "").replace("_", "")) * unit
    except InvalidOperation:
        return None
    return int(scaled) if scaled == int(scaled) else None


def amount_text(wei: int) -> str:
    """Return wei as a text that `amount_of` reads."""
    for unit in ("ether", "gwei"):
        if abs(wei) * 10**4 >= UNITS[unit]:
            return f"{(Decimal(wei) / UNITS[unit]).normalize():f} {unit}"
    return f"{wei} wei" if wei else "0 ether"


def duration_text(seconds: int) -> str:
    """Return seconds as a text that `duration_of` reads."""
    if seconds >= FOREVER:
        return "forever"
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a number may be: at ``least`` and at ``most`` so much; None leaves that side open.

    The number is wei, seconds, or a count.
    """

    text: str
    least: int | None
    most: int | None

    @classmethod
    def of(cls, value: object, read: Callable[[object], int] = amount_of) -> Bound:
        """Read ``5 ether``, ``< -5 ether``, ``>= 1 gwei`` or ``1 ether .. 2 ether``; raises ValueError.

        ``read`` reads each number, and raises ValueError.
        """
        if isinstance(value, Bound):
            return value
        text = value.strip() if isinstance(value, str) else ""
        low, dots, high = text.partition("..")
        if dots:
            lower, upper = read(low), read(high)
            if lower > upper:
                raise ValueError(f"it is {brief(value)}, expected the lower end first: nothing is in between")
            return cls(text, lower, upper)
        match = re.fullmatch(r"(<=|>=|<|>|=)?\s*(.*)", text)
        if match is None or not text:
            raise ValueError(
                f"it is {brief(value)}, expected an amount or a bound, such as '< -5 ether' or '>= 5 ether'"
            )
        wei = read(match[2])
        least, most = {
            "<": (None, wei - 1),
            "<=": (None, wei),
            ">": (wei + 1, None),
            ">=": (wei, None),
        }.get(match[1] or "=", (wei, wei))
        return cls(text, least, most)

    def holds(self, wei: int) -> bool:
        """Return whether an amount is within the bound."""
        return (self.least is None or wei >= self.least) and (self.most is None or wei <= self.most)

    def __str__(self) -> str:
        return self.text


_COMPARED = re.compile(r"(!=|<=|>=|<|>)\s*(.*)")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """What a call may return, by comparison: ``!= 0``, ``>= 5`` or ``< 2 ether``."""

    sign: str
    value: int | bool

    @classmethod
    def of(cls, given: object) -> Compared | None:
        """Read a text that begins with a comparison; return None for anything else. Raises ValueError."""
        match = _COMPARED.fullmatch(given.strip()) if isinstance(given, str) else None
        if match is None:
            return None
        sign, text = match[1], match[2]
        if sign == "!=" and text in ("true", "false"):
            return cls(sign, text == "true")
        return cls(sign, int(text) if re.fullmatch(r"-?\d{1,80}", text) else amount_of(text))

    def holds(self, actual: object) -> bool:
        """Return whether a value is as it says; a value that is no number is not."""
        return isinstance(actual, int) and _COMPARISONS[self.sign](actual, self.value)


def count_of(value: object) -> int:
    """Return the number of a text such as ``45``; raises ValueError."""
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError(f"it is {brief(value)}, expected a number or a bound, such as 45 or '>= 45'")
    return int(text)


MOMENTS = {
    "claim": "a game has its claim of this number; the root is claim 0",
    "level": "a game has a claim at this level",
    "batch": "L1 has the batch of this number",
    "block": "L1 has the block of this number",
    "proposed": "an assertion was made since the steps began",
    "disputed": "a game is open",
    "proven": "a step was proven on L1",
    "decided": "every game is decided",
    "resolved": "every game is decided, settled and paid out",
    "confirmed": "L1 has confirmed all that L2 did",
    "quiet": "no agent will ever act again",
}
"""The words of a moment, and when it has come."""
NUMBERED = ("claim", "level", "batch", "block")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a run: a word of `MOMENTS` with a number where one is due, or a time since the steps began."""

    text: str
    kind: str
    number: int = 0

    @classmethod
    def of(cls, value: object) -> Moment:
        """Read ``claim 14``, ``resolved`` or ``2 days``; raises ValueError."""
        if isinstance(value, Moment):
            return value
        text = " ".join(value.split()) if isinstance(value, str) else ""
        text = text.removeprefix("until ")
        word, _, rest = text.partition(" ")
        if word in NUMBERED and re.fullmatch(r"\d[\d_,]*", rest):
            return cls(text, word, int(rest.replace(",", "").replace("_", "")))
        if word in MOMENTS and word not in NUMBERED and not rest:
            return cls(text, word)
        if text[:1].isdigit():
            return cls(text, "time", duration_of(text))
        words = ", ".join(f"'{each} 7'" if each in NUMBERED else f"'{each}'" for each in MOMENTS)
        raise ValueError(f"it is {brief(value)}, expected a moment: a time such as '2 days', or {words}")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Named:
    """A name within a call's arguments: an account or what an earlier step has named."""

    name: str


@dataclass(frozen=True, slots=True)
class CallText:
    """A call as it is written: ``loop.spin(60)``.

    Arguments are numbers, true or false, texts such as '5 ether' for an amount or '0x12' for bytes, lists, and names.
    """

    text: str
    target: str
    function: str
    arguments: tuple[Any, ...]

    @classmethod
    def of(cls, value: object) -> CallText:
        """Read a call; raises ValueError."""
        if isinstance(value, CallText):
            return value
        wrong = f"it is {brief(value)}, expected a call such as 'loop.spin(60)'"
        try:
            tree = ast.parse(value.strip(), mode="eval").body if isinstance(value, str) else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ValueError(wrong) from None
        match tree:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr=function), args=args, keywords=[]):
                return cls(str(value).strip(), target, function, tuple(_argument(each) for each in args))
        raise ValueError(wrong)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the arguments."""
        return tuple(_names(self.arguments))

    def __str__(self) -> str:
        return self.text


def _argument(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
        case ast.Name(id="true" | "false" as word):
            return word == "true"
        case ast.Name(id=name):
            return Named(name)
        case ast.List(elts=members) | ast.Tuple(elts=members):
            return tuple(_argument(each) for each in members)
    raise ValueError(f"the argument {ast.unparse(node)} is none, expected a number, a text, a list or a name")


def place_of(value: object) -> str | CallText:
    """Return a checksummed address, or the call that gives one; raises ValueError."""
    if isinstance(value, CallText):
        return value
    try:
        return address_of(value) if str(value).startswith("0x") else CallText.of(value)
    except NotAnAddress as problem:
        raise ValueError(str(problem)) from None


def _names(arguments: tuple[Any, ...]) -> Iterator[str]:
    for each in arguments:
        if isinstance(each, Named):
            yield each.name
        elif isinstance(each, tuple):
            yield from _names(each)


def _text(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


_QUANTITY = r"\+?\d[\d_,]*(\.\d+)?\s*"
Amount = Annotated[
    int,
    PlainValidator(quantity_of),
    PlainSerializer(amount_text),
    _text(rf"^\s*{_QUANTITY}({'|'.join(UNITS)})\s*$", "5 ether", "30 gwei"),
]
"""Wei of what is moved, written with a unit; not negative."""
Duration = Annotated[
    int,
    PlainValidator(duration_of),
    PlainSerializer(duration_text),
    _text(rf"^\s*(forever|({_QUANTITY}({'|'.join(SECONDS)})\s*)+)$", "2 days", "84 h", "forever"),
]
"""Seconds, written with a unit."""
Limits = Annotated[Bound, PlainValidator(Bound.of), PlainSerializer(str), _text(r"\S", "< -5 ether", ">= 5 ether")]
Counts = Annotated[
    Bound,
    PlainValidator(lambda value: Bound.of(str(value) if type(value) is int else value, count_of)),
    PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"\S"}]}),
]
"""A number of things, or a bound of it: 45, ``>= 45``."""
Lasting = Annotated[
    Bound,
    PlainValidator(lambda value: Bound.of(value, duration_of)),
    PlainSerializer(str),
    _text(r"\S", "> 200 h", "2 days .. 3 days"),
]
"""A time that something takes, or a bound of it: ``> 200 h``."""
When = Annotated[
    Moment, PlainValidator(Moment.of), PlainSerializer(str), _text(r"\S", "claim 14", "2 days", "resolved")
]
Place = Annotated[
    str | CallText,
    PlainValidator(place_of),
    PlainSerializer(str),
    _text(r"\S", "0x5FbDB2315678afecb367f032d93F642f64180aa3", "factory.child(0)"),
]
"""An address on a chain, or a call that gives it."""
Call = Annotated[
    CallText, PlainValidator(CallText.of), PlainSerializer(str), _text(r"^\s*\w+\.\w+\(.*\)\s*$", "loop.spin(60)")
]
