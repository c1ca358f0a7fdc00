"""JSON as Kafka reads it from znodes: an int is a 32-bit integer, a string a string, nothing is coerced.

Source: kafka.utils.json.DecodeJson, 3.9.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

import attrs

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


class Undecodable(ValueError):
    """A znode holds what its format does not allow: bad input, not a bug. Set the node aside."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"znode {self.path}: {self.reason}"


def encode(value: Mapping[str, object]) -> bytes:
    """Compact JSON in UTF-8, keys in the order given, as Kafka's Jackson writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def parse(path: str, data: bytes) -> JsonObject:
    """The object a znode holds. Unknown keys are kept and ignored.

    Raises: Undecodable if it is no JSON object in UTF-8.
    """
    try:
        value = json.loads(data.decode(), parse_constant=_refuse_constant)
    except RecursionError:
        raise Undecodable(path, "the JSON is nested too deeply") from None
    except ValueError as error:  # also UnicodeDecodeError, JSONDecodeError, integers of thousands of digits
        shown = data[:60] + b"..." if len(data) > 60 else data
        raise Undecodable(path, f"not JSON ({error}): {shown!r}") from None
    return JsonObject(path, _object(path, "the node", value))


def _object(path: str, what: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Undecodable(path, f"{what} must be a JSON object, is {_shown(value)}")
    return value


def _integer(path: str, what: str, value: object, allowed: range = _INT32) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        bits = 32 if allowed is _INT32 else 64
        raise Undecodable(path, f"{what} must be an integer of {bits} bits, is {_shown(value)}")
    return value


def _string(path: str, what: str, value: object) -> str:
    if not isinstance(value, str):
        raise Undecodable(path, f"{what} must be a string, is {_shown(value)}")
    return value


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "..."


@attrs.frozen
class JsonObject:
    """A JSON object of a znode with strict access; a missing key or a wrong type raises Undecodable."""

    path: str
    members: Mapping[str, object]

    def __contains__(self, key: str) -> bool:
        return key in self.members

    def present(self, key: str) -> bool:
        """Whether the key is there with another value than null, which is what Kafka's optional keys mean."""
        return self.members.get(key) is not None

    def fail(self, reason: str) -> NoReturn:
        raise Undecodable(self.path, reason)

    def _mandatory(self, key: str) -> object:
        if key not in self.members:
            self.fail(f'the key "{key}" is missing')
        return self.members[key]

    def int32(self, key: str) -> int:
        return _integer(self.path, f'"{key}"', self._mandatory(key))

    def int64(self, key: str) -> int:
        return _integer(self.path, f'"{key}"', self._mandatory(key), _INT64)

    def int64_text(self, key: str) -> int:
        """A 64-bit integer written as a string of decimal digits."""
        return decimal(self.path, self.string(key), _INT64, f'"{key}"')

    def boolean(self, key: str) -> bool:
        value = self._mandatory(key)
        if not isinstance(value, bool):
            self.fail(f'"{key}" must be true or false, is {_shown(value)}')
        return value

    def string(self, key: str) -> str:
        return _string(self.path, f'"{key}"', self._mandatory(key))

    def nested(self, key: str) -> JsonObject:
        return JsonObject(self.path, _object(self.path, f'"{key}"', self._mandatory(key)))

    def array(self, key: str) -> list[object]:
        value = self._mandatory(key)
        if not isinstance(value, list):
            self.fail(f'"{key}" must be a JSON array, is {_shown(value)}')
        return value

    def int32s(self, key: str) -> tuple[int, ...]:
        return tuple(_integer(self.path, f'an element of "{key}"', item) for item in self.array(key))

    def strings(self, key: str) -> tuple[str, ...]:
        return tuple(_string(self.path, f'an element of "{key}"', item) for item in self.array(key))

    def nested_list(self, key: str) -> tuple[JsonObject, ...]:
        return tuple(
            JsonObject(self.path, _object(self.path, f'an element of "{key}"', item))
            for item in self.array(key)
        )

    def string_map(self) -> dict[str, str]:
        """All members, every value a string."""
        return {
            key: _string(self.path, f'the value of "{key}"', value) for key, value in self.members.items()
        }

    def require_only(self, *keys: str) -> None:
        """For the formats Kafka reads as Jackson beans, where an unknown key is an error."""
        unknown = [key for key in self.members if key not in keys]
        if unknown:
            self.fail(f'the key "{unknown[0]}" is not one of {", ".join(keys)}')


def decimal(path: str, text: str, allowed: range = _INT32, what: str = "the node") -> int:
    """An integer written as decimal text, as Java's parseInt takes it: no blanks, no underscores."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if digits.isascii() and digits.isdecimal() and len(digits) <= 20 and int(text) in allowed:
        return int(text)
    raise Undecodable(path, f"{what} must be a decimal number, is {_shown(text)}")


INT64 = _INT64
