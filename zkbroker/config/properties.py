"""Java's .properties files. [pure] Source: java.util.Properties.load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

BLANKS: Final = " \t\f"
ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
NAMED: Final = {character: f"\\{name}" for name, character in ESCAPES.items()}
KEY_ESCAPES: Final = "=:#! "


class Property(NamedTuple):
    """A key with its value and the line (from 1) it begins on."""

    key: str
    value: str
    line: int


def parse_properties(text: str) -> list[Property]:
    """Every property in the order of the file; a key may come twice, the later one counts.

    Raises: ValueError with the line number where `\\u` is not followed by four hexadecimal digits.
    """
    properties = []
    for number, line in _logical_lines(text):
        key_end, value_start = _split(line)
        try:
            properties.append(Property(_unescape(line[:key_end]), _unescape(line[value_start:]), number))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return properties


def format_properties(properties: Mapping[str, str]) -> str:
    """A file that `parse_properties` and Java read as these keys and values, one a line."""
    return "".join(f"{_escape(key, KEY_ESCAPES)}={_escape(text)}\n" for key, text in properties.items())


def _escape(text: str, more: str = "") -> str:
    escaped = "".join(f"\\{c}" if c in "\\" + more else NAMED.get(c, c) for c in text)
    return f"\\{escaped}" if escaped[:1] in BLANKS and escaped else escaped


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines without comments and blank lines, continuations joined, leading blanks dropped."""
    lines: list[tuple[int, str]] = []
    continued: str | None = None
    first = 0
    # Only these three end a line: str.splitlines() knows more of them.
    for number, natural in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line = natural.lstrip(BLANKS)
        if not continued:
            # Also after a line that held a backslash only: Java looks for a comment there as well.
            if not line or line[0] in "#!":
                continue
            first = number
        else:
            line = continued + line
        if _ends_with_escape(line):
            continued = line[:-1]
        else:
            continued = None
            if line:
                lines.append((first, line))
    if continued:
        lines.append((first, continued))
    return lines


def _ends_with_escape(line: str) -> bool:
    """Whether the line ends with an odd number of backslashes."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _split(line: str) -> tuple[int, int]:
    """The end of the key and the start of the value; one of `=`, `:` or blanks stands between."""
    position = 0
    while position < len(line) and line[position] not in "=:" + BLANKS:
        position += 2 if line[position] == "\\" else 1
    key_end = min(position, len(line))
    rest = line[key_end:].lstrip(BLANKS)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(BLANKS)
    return key_end, len(line) - len(rest)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    characters: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character != "\\" or position == len(text):
            characters.append(character)
            continue
        escape = text[position]
        position += 1
        if escape != "u":
            characters.append(ESCAPES.get(escape, escape))
            continue
        digits = text[position : position + 4]
        if len(digits) != 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise ValueError(f"\\u{digits} is no character: four hexadecimal digits must follow \\u")
        characters.append(chr(int(digits, 16)))
        position += 4
    # Two escapes may spell one character beyond the basic plane, as in Java.
    return "".join(characters).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
