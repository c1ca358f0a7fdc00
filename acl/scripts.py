"""[pure] Old scripts of `kafka-acls` calls, read as the rules they make.

Understood are calls of kafka-acls (by whatever path, after whatever comes before in the command), quotes, line
continuations, comments, and variables that the script itself sets to plain text. Anything else of a shell that
touches a call is refused, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from acl.kafka_options import BadOption, RuleOptions, WrongUse, added_rules, parse_words
from acl.model import Binding


class BadScript(ValueError):
    """A call that cannot be understood. The message is a sentence with its line."""


@attrs.frozen
class Script:
    """What a script does to the rules: its additions, and the lines whose removals were passed over."""

    rules: tuple[Binding, ...]
    removals: tuple[int, ...]
    calls: int


_TOOL: Final = re.compile(r"(?:.*/)?kafka-acls(?:\.sh|\.bat)?")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def read_script(text: str) -> Script:
    """Raises: BadScript."""
    variables: dict[str, str] = {}
    rules: dict[Binding, None] = {}
    removals: list[int] = []
    calls = 0
    for line, raw_words in _commands(text):
        while raw_words and raw_words[0].raw == "export":
            raw_words = raw_words[1:]
        if raw_words and all(_ASSIGNMENT.fullmatch(word.raw) for word in raw_words):
            _assign(raw_words, variables)
            continue
        tool = next((at for at, word in enumerate(raw_words) if _TOOL.fullmatch(word.raw.strip("\"'"))), None)
        if tool is None:
            continue
        calls += 1
        words = [part for word in raw_words[tool + 1 :] for part in _expanded(word, variables, line)]
        try:
            found = parse_words(words)
            if "remove" in found:
                removals.append(line)
            elif "add" in found:
                rules.update(dict.fromkeys(added_rules(RuleOptions.of_words(found))))
        except (BadOption, WrongUse, ValueError) as error:
            raise BadScript(f"Line {line}: {error}") from None
    return Script(tuple(rules), tuple(removals), calls)


@attrs.frozen
class _Raw:
    """A word as written, quotes and all."""

    raw: str


def _assign(words: list[_Raw], variables: dict[str, str]) -> None:
    for word in words:
        found = _ASSIGNMENT.fullmatch(word.raw)
        if found is None:
            continue
        try:
            variables[found[1]] = " ".join(_expanded(_Raw(found[2]), variables, 0))
        except BadScript:
            variables.pop(found[1], None)  # whoever uses it is told


def _commands(text: str) -> Iterator[tuple[int, list[_Raw]]]:
    """Simple commands with the line they begin in; `;`, `&&`, `||`, `|`, `&` and line ends part them."""
    words: list[_Raw] = []
    word, quote, line, began = "", "", 1, 1
    at = 0
    while at <= len(text):
        char = text[at] if at < len(text) else "\n"
        if quote:
            word += char
            if char == "\\" and quote == '"' and at + 1 < len(text):
                at += 1
                word += text[at]
            elif char == quote:
                quote = ""
            line += text[at] == "\n" if at < len(text) else 0
        elif char == "\\" and text[at + 1 : at + 2] == "\n":
            at += 1
            line += 1
        elif char == "\\" and at + 1 < len(text):
            at += 1
            word += "\\" + text[at]
        elif char in "'\"":
            quote = char
            word += char
        elif char == "#" and not word:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        elif char in " \t\n;&|":
            if word:
                began = began if words else line
                words.append(_Raw(word))
                word = ""
            if char in "\n;&|":
                if words:
                    yield began, words
                words = []
            line += char == "\n" and at < len(text)
        else:
            word += char
        at += 1
    if quote:
        raise BadScript(f"Line {line}: a quotation mark is not closed.")


_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


def _expanded(word: _Raw, variables: dict[str, str], line: int) -> list[str]:
    """The words that the shell makes of one: a variable outside of quotes may be several, or none."""
    words, result, quote, at, raw = [], "", "", 0, word.raw
    is_word = False
    while at < len(raw):
        char = raw[at]
        if char == "\\" and quote != "'" and at + 1 < len(raw):
            at += 1
            if quote == '"' and raw[at] not in '$`"\\\n':
                result += "\\"
            result += raw[at]
            is_word = True
        elif char in "'\"" and quote in ("", char):
            quote = "" if quote else char
            is_word = True
        elif char in "$`" and quote != "'":
            found = _VARIABLE.match(raw, at)
            name = found[1] or found[2] if found else None
            if found is None or name not in variables:
                raise BadScript(
                    f"Line {line}: what {raw[at:]!r} stands for is known to the shell only: replace it by plain text."
                )
            parts = [variables[name]] if quote else variables[name].split()
            for part in parts[:-1]:
                words.append(result + part)
                result = ""
            result += parts[-1] if parts else ""
            is_word = is_word or bool(parts)
            at = found.end() - 1
        else:
            result += char
            is_word = True
        at += 1
    return [*words, result] if is_word else words
