"""A configuration key: its type, default and limits, and how this project treats it. [pure]

Types, trimming and limits are those of Kafka's ConfigDef, so that a file opens in both or in neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Never, TypedDict, TypeVar, Unpack, cast, overload

import attrs

T = TypeVar("T")


class Kind(IntEnum):
    """The type of a value; the number is the one DescribeConfigs carries. Source: KIP-569."""

    BOOLEAN = 1
    STRING = 2
    INT = 3
    SHORT = 4
    LONG = 5
    DOUBLE = 6
    LIST = 7
    CLASS = 8
    PASSWORD = 9


class Update(Enum):
    """When a broker key may change; the text is Kafka's."""

    READ_ONLY = "read-only"
    PER_BROKER = "per-broker"
    CLUSTER_WIDE = "cluster-wide"


class Treatment(Enum):
    """What a key does here."""

    SERVED = "served"
    TUNING = "tuning"  # accepted, with one warning that it has no effect
    REFUSED = "refused"  # stops the start, unless it has a harmless value


@attrs.frozen(repr=False)
class Secret:
    """A password: never printed, never logged."""

    text: str

    def __repr__(self) -> str:
        return "[hidden]"


@attrs.frozen
class Refusal:
    """Why a key cannot be honoured and what to do instead; `unless` are the values that ask for nothing."""

    reason: str
    unless: tuple[object, ...] = ()


class Facts(TypedDict, total=False):
    """What may be said about a key beside its type and default."""

    at_least: float
    at_most: float
    one_of: tuple[str, ...]
    check: Callable[[Any], str | None]  # what is allowed, if the value is not
    update: Update
    tuning: str  # why it has no effect here
    refused: Refusal
    internal: bool


class Key(Generic[T]):
    """One row of a table of keys; as a class attribute it reads the value of its owner's instance.

    The name is the attribute's, dots for underscores. `T` is the type of the attribute, which for a few
    keys is worked out from the text (`listeners` is a tuple of endpoints).
    """

    __slots__ = (
        "at_least",
        "at_most",
        "attribute",
        "check",
        "default",
        "internal",
        "kind",
        "name",
        "one_of",
        "refusal",
        "tuning",
        "update",
    )

    def __init__(self, kind: Kind, default: object, **facts: Unpack[Facts]) -> None:
        self.name = ""
        self.attribute = ""
        self.kind = kind
        self.default = default
        self.at_least = facts.get("at_least")
        self.at_most = facts.get("at_most")
        self.one_of = facts.get("one_of", ())
        self.check = facts.get("check")
        self.update = facts.get("update", Update.READ_ONLY)
        self.tuning = facts.get("tuning")
        self.refusal = facts.get("refused")
        self.internal = facts.get("internal", False)

    def __set_name__(self, owner: type, attribute: str) -> None:
        self.attribute = attribute
        self.name = attribute.replace("_", ".")

    @overload
    def __get__(self, instance: None, owner: type) -> Key[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Key[T] | T:
        if instance is None:
            return self
        # Only reached where the instance holds no value of its own.
        return cast(T, self.default)

    if TYPE_CHECKING:
        # At run time there is none, so that reading an attribute costs one look into the instance.
        def __set__(self, instance: object, value: Never) -> None: ...

    def __repr__(self) -> str:
        return f"<Key {self.name}>"

    @property
    def treatment(self) -> Treatment:
        if self.refusal is not None:
            return Treatment.REFUSED
        return Treatment.SERVED if self.tuning is None else Treatment.TUNING

    @property
    def is_secret(self) -> bool:
        return self.kind is Kind.PASSWORD

    @property
    def allowed(self) -> str:
        """What a value may be, as the end of a sentence that begins with "allowed is"."""
        if self.one_of:
            choices = ", ".join(self.one_of)
            return f"a list of {choices}" if self.kind is Kind.LIST else f"one of {choices}"
        if self.kind is Kind.BOOLEAN:
            return "true or false"
        if self.kind in WHOLE_NUMBERS:
            lowest, highest = WHOLE_NUMBERS[self.kind]
            lower = lowest if self.at_least is None else int(self.at_least)
            upper = highest if self.at_most is None else int(self.at_most)
            if upper == highest and lower != lowest:
                return f"a whole number, {lower} or more"
            return f"a whole number from {lower} to {upper}"
        if self.kind is Kind.DOUBLE:
            if self.at_least is None:
                return "a number"
            return f"a number from {self.at_least:g} to {self.at_most:g}"
        return "a list, separated by commas" if self.kind is Kind.LIST else "a text"

    def parse(self, text: str) -> Any:
        """The value a text stands for.

        Raises: ValueError whose message says what is allowed.
        """
        value = self._parse_kind(text.strip(JAVA_WHITESPACE))
        if self.at_least is not None and value < self.at_least:
            raise ValueError(self.allowed)
        if self.at_most is not None and value > self.at_most:
            raise ValueError(self.allowed)
        if self.one_of:
            chosen = value if isinstance(value, tuple) else (value,)
            if any(item not in self.one_of for item in chosen):
                raise ValueError(self.allowed)
        if self.check is not None and (allowed := self.check(value)) is not None:
            raise ValueError(allowed)
        return value

    def _parse_kind(self, text: str) -> Any:
        kind = self.kind
        if kind in WHOLE_NUMBERS:
            if WHOLE_NUMBER.fullmatch(text) is None:
                raise ValueError(self.allowed)
            number = int(text)
            lowest, highest = WHOLE_NUMBERS[kind]
            if not lowest <= number <= highest:
                raise ValueError(self.allowed)
            return number
        if kind is Kind.BOOLEAN:
            lowered = text.lower()
            if lowered not in ("true", "false"):
                raise ValueError(self.allowed)
            return lowered == "true"
        if kind is Kind.DOUBLE:
            if DECIMAL.fullmatch(text) is None:
                raise ValueError(self.allowed)
            return float(text.rstrip("dDfF"))
        if kind is Kind.LIST:
            return tuple(COMMA.split(text)) if text else ()
        if kind is Kind.PASSWORD:
            return Secret(text)
        return text


JAVA_WHITESPACE: Final = "".join(map(chr, range(33)))  # what String.trim() takes away
WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}")
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?")
COMMA: Final = re.compile(r"\s*,\s*")
LONGEST: Final = 2**63 - 1  # "for ever" and "without limit" in Kafka's defaults
LARGEST: Final = 2**31 - 1

WHOLE_NUMBERS: Final[dict[Kind, tuple[int, int]]] = {
    Kind.SHORT: (-(2**15), 2**15 - 1),
    Kind.INT: (-(2**31), LARGEST),
    Kind.LONG: (-(2**63), LONGEST),
}


def as_text(value: object) -> str | None:
    """A parsed value as Kafka prints it; None for null. A secret's text is hidden."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Java: plain between 10^-3 and 10^7, else 1.5E308.
        if value == 0 or 1e-3 <= abs(value) < 1e7:
            return repr(value)
        shortest = repr(value).partition("e")[0].replace(".", "").lstrip("-0").rstrip("0")
        digits, _, exponent = f"{value:.{max(1, len(shortest) - 1)}e}".partition("e")
        return f"{digits}E{int(exponent)}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return repr(value) if isinstance(value, Secret) else str(value)


def boolean(default: bool, **facts: Unpack[Facts]) -> Key[bool]:
    return Key(Kind.BOOLEAN, default, **facts)


def integer(default: int, **facts: Unpack[Facts]) -> Key[int]:
    return Key(Kind.INT, default, **facts)


def optional_integer(**facts: Unpack[Facts]) -> Key[int | None]:
    return Key(Kind.INT, None, **facts)


def short(default: int, **facts: Unpack[Facts]) -> Key[int]:
    return Key(Kind.SHORT, default, **facts)


def long(default: int, **facts: Unpack[Facts]) -> Key[int]:
    return Key(Kind.LONG, default, **facts)


def decimal(default: float, **facts: Unpack[Facts]) -> Key[float]:
    return Key(Kind.DOUBLE, default, **facts)


def text(default: str, **facts: Unpack[Facts]) -> Key[str]:
    return Key(Kind.STRING, default, **facts)


def optional_text(**facts: Unpack[Facts]) -> Key[str | None]:
    return Key(Kind.STRING, None, **facts)


def names(*default: str, **facts: Unpack[Facts]) -> Key[tuple[str, ...]]:
    return Key(Kind.LIST, default, **facts)


def optional_names(**facts: Unpack[Facts]) -> Key[tuple[str, ...] | None]:
    return Key(Kind.LIST, None, **facts)


def class_name(default: str | None = None, **facts: Unpack[Facts]) -> Key[str | None]:
    return Key(Kind.CLASS, default, **facts)


def password(**facts: Unpack[Facts]) -> Key[Secret | None]:
    return Key(Kind.PASSWORD, None, **facts)


def resolved(kind: Kind, default: object, **facts: Unpack[Facts]) -> Key[Any]:
    """A key whose attribute is worked out from its value and others: say the attribute's type beside it."""
    return Key(kind, default, **facts)
