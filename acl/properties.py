"""Java's .properties files, as far as clients' configurations need them. [pure]

Source: java.util.Properties.load.
"""

from __future__ import annotations

import re
from typing import Final

_SEPARATOR: Final = re.compile(r"(?<!\\)(?:\\\\)*(\s*[=:]\s*|\s+)")
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NAMED: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def parse_properties(text: str) -> dict[str, str]:
    """Keys and values; of a key that comes twice the later one."""
    properties: dict[str, str] = {}
    for line in _logical_lines(text):
        found = _SEPARATOR.search(line)
        key, value = (line, "") if found is None else (line[: found.start(1)], line[found.end(1) :])
        properties[_unescaped(key)] = _unescaped(value)
    return properties


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    continued = ""
    for natural in re.split(r"\r\n|\r|\n", text):
        line = natural.lstrip(" \t\f")
        if not continued and (not line or line[0] in "#!"):
            continue
        line = continued + line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            continued = line[:-1]
        else:
            continued = ""
            lines.append(line)
    return [*lines, continued] if continued else lines


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped_character, text)


def _escaped_character(found: re.Match[str]) -> str:
    escape = found[1]
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _NAMED.get(escape, escape)
