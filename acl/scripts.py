"""[pure] Old scripts of `kafka-acls` calls, read as the rules they make.

Understood are calls of kafka-acls (by whatever path or variable, after whatever comes before in the command), quotes,
line continuations, comments, variables that the script itself sets to plain text, and loops over plain words. Of an
`if` all branches are read. What else seems to add rules is refused, with its line: nothing is quietly left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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


def read_script(text: str) -> Script:
    """Raises: BadScript."""
    reader = _Reader()
    reader.run(list(_commands(text)))
    return Script(tuple(reader.rules), tuple(dict.fromkeys(reader.removals)), reader.calls)


# ---------------------------------------------------------------------------------------------- what commands do


@attrs.frozen
class _Command:
    """A simple command: its words as written, quotes and all."""

    line: int
    words: tuple[str, ...]


class _UnknownText(Exception):
    """What a word stands for is known to the shell only."""


_TOOL: Final = re.compile(r"(?:.*/)?kafka-acls(?:\.sh|\.bat)?")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_BEFORE_COMMANDS: Final = ("do", "then", "else", "elif", "if", "while", "until", "!", "{", "time")
_DECLARES: Final = ("export", "readonly", "local", "declare", "typeset")
_LOOPS: Final = ("for", "while", "until", "select")
_PRINTS: Final = ("echo", "printf")
_REDIRECTION: Final = re.compile(r"\d*(<{1,3}-?|>{1,2}\|?)(.*)", re.DOTALL)
_ELSEWHERE: Final = (
    "--bootstrap-server",
    "--command-config",
    "--authorizer",
    "--authorizer-properties",
    "--zk-tls-config-file",
)
"""Options that say where the rules go, not which."""


@attrs.define
class _Reader:
    """What a script has said so far."""

    variables: dict[str, str] = attrs.Factory(dict)
    rules: dict[Binding, None] = attrs.Factory(dict)
    removals: list[int] = attrs.Factory(list)
    calls: int = 0

    def run(self, commands: Sequence[_Command]) -> None:
        """Raises: BadScript."""
        at = 0
        while at < len(commands):
            command = commands[at]
            words = _without_keywords(command.words)
            at += 1
            if words[:1] == ("for",) and len(words) > 1:
                end = _end_of_loop(commands, at)
                for value in self._values(words):
                    self._set(words[1], value)
                    self.run(commands[at:end])
                at = end
            elif words:
                self._simple(attrs.evolve(command, words=words))

    def _values(self, words: tuple[str, ...]) -> list[str | None]:
        """What a loop's variable becomes, one after the other; None: what the shell alone knows."""
        if words[2:3] != ("in",):
            return [None]
        try:
            return [part for word in words[3:] for part in _expanded(word, self.variables)]
        except _UnknownText:
            return [None]

    def _set(self, name: str, value: str | None) -> None:
        if value is None:
            self.variables.pop(name, None)  # whoever uses it is told
        else:
            self.variables[name] = value

    def _simple(self, command: _Command) -> None:
        words = command.words
        if words[0] in _DECLARES:
            words = tuple(word for word in words[1:] if not word.startswith("-"))
        if words and all(map(_ASSIGNMENT.fullmatch, words)):
            for word in words:
                self._assign(word)
        elif command.words[0] == "read":
            for word in command.words[1:]:
                self._set(word, None)
        elif command.words[0] not in _PRINTS:
            self._call(command)

    def _assign(self, word: str) -> None:
        name, _, text = word.partition("=")
        try:
            value = None if text.startswith("(") else " ".join(_expanded(text, self.variables))
        except _UnknownText:
            value = None
        self._set(name, value)

    def _call(self, command: _Command) -> None:
        """Raises: BadScript."""
        call = self._tool_and_arguments(command)
        if call is None:
            if self._seems_to_add(command):
                raise BadScript(
                    f"Line {command.line}: it seems to add rules in a way that is not understood here: write a plain "
                    "call of kafka-acls."
                )
            return
        self.calls += 1
        try:
            found = parse_words(call)
            if "remove" in found:
                self.removals.append(command.line)
            elif "add" in found:
                self.rules.update(dict.fromkeys(added_rules(RuleOptions.of_words(found))))
        except (BadOption, WrongUse, ValueError) as error:
            raise BadScript(f"Line {command.line}: {error}") from None

    def _tool_and_arguments(self, command: _Command) -> list[str] | None:
        """The words behind kafka-acls; None if it is not called. Raises: BadScript."""
        for at, word in enumerate(command.words):
            try:
                parts = _expanded(word, self.variables)
            except _UnknownText:
                parts = [word.strip("\"'")]  # the path in front of the name may be what is unknown
            for number, part in enumerate(parts):
                if _TOOL.fullmatch(part):
                    return [*parts[number + 1 :], *self._arguments(command, at + 1)]
        return None

    def _arguments(self, command: _Command, start: int) -> Iterator[str]:
        """The words from there on, as the shell makes them. Raises: BadScript."""
        before = ""
        words = iter(command.words[start:])
        for word in words:
            if redirection := _REDIRECTION.fullmatch(word):
                if not redirection[2]:
                    next(words, None)
                continue
            try:
                parts = _expanded(word, self.variables)
            except _UnknownText as unknown:
                if before not in _ELSEWHERE and word.partition("=")[0] not in _ELSEWHERE:
                    raise BadScript(
                        f"Line {command.line}: what {str(unknown)!r} stands for is known to the shell only: "
                        "replace it by plain text."
                    ) from None
                parts = [word]
            yield from parts
            before = parts[-1] if parts else before

    def _seems_to_add(self, command: _Command) -> bool:
        said = " ".join(command.words)
        for name, value in self.variables.items():
            if f"${name}" in said or f"${{{name}}}" in said:
                said += f" {value}"
        return "--add" in said and ("--allow-principal" in said or "--deny-principal" in said)


def _without_keywords(words: tuple[str, ...]) -> tuple[str, ...]:
    while words and words[0] in _BEFORE_COMMANDS:
        words = words[1:]
    return words


def _end_of_loop(commands: Sequence[_Command], start: int) -> int:
    """Where the `done` of a loop is that has begun before `start`. Raises: BadScript."""
    depth = 1
    for at in range(start, len(commands)):
        words = commands[at].words
        while words and words[0] in _BEFORE_COMMANDS and words[0] not in _LOOPS:
            words = words[1:]
        if words and words[0] in _LOOPS:
            depth += 1
        elif words and words[0] == "done":
            depth -= 1
            if not depth:
                return at
    raise BadScript(f"Line {commands[start - 1].line}: the loop has no end (done).")


# ---------------------------------------------------------------------------------------------- words


def _commands(text: str) -> Iterator[_Command]:
    """Simple commands with the line they begin in; `;`, `&`, `|`, parentheses, backquotes and line ends part them."""
    words: list[str] = []
    word, quote, line, began = "", "", 1, 1
    at = 0
    while at <= len(text):
        char = text[at] if at < len(text) else "\n"
        if quote and at < len(text):
            word += char
            if char == "\\" and quote == '"' and at + 1 < len(text):
                at += 1
                word += text[at]
            elif char == quote:
                quote = ""
            line += text[at] == "\n"
        elif quote:
            break
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
        elif char in " \t\n;&|()`":
            if char == "`" or (char == "(" and word.endswith(("$", "="))):
                word += char  # $(…), `…`, name=(…): what comes of them is known to the shell only
            if word:
                began = began if words else line
                words.append(word)
                word = ""
            if char not in " \t":
                if words:
                    yield _Command(began, tuple(words))
                words = []
            line += char == "\n" and at < len(text)
        else:
            word += char
        at += 1
    if quote:
        raise BadScript(f"Line {line}: a quotation mark is not closed.")


_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_UNKNOWN: Final = re.compile(r"\$(?:\{[^}]*\}|\w+|\(|.)?|`", re.DOTALL)
_SEVERAL: Final = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")


def _expanded(word: str, variables: dict[str, str]) -> list[str]:
    """The words that the shell makes of one: a variable outside of quotes may be several, or none.

    Raises: _UnknownText, with what is not known.
    """
    words, result, quote, at = [], "", "", 0
    is_word = False
    while at < len(word):
        char = word[at]
        if char == "\\" and quote != "'" and at + 1 < len(word):
            at += 1
            if quote == '"' and word[at] not in '$`"\\\n':
                result += "\\"
            result += word[at]
            is_word = True
        elif char in "'\"" and quote in ("", char):
            quote = "" if quote else char
            is_word = True
        elif char in "$`" and quote != "'":
            found = _VARIABLE.match(word, at)
            name = found[1] or found[2] if found else None
            if found is None or name not in variables:
                unknown = _UNKNOWN.match(word, at)
                raise _UnknownText(unknown[0] if unknown else char)
            parts = [variables[name]] if quote else variables[name].split()
            for part in parts[:-1]:
                words.append(result + part)
                result = ""
            result += parts[-1] if parts else ""
            is_word = is_word or bool(parts)
            at = found.end() - 1
        elif char == "{" and not quote and (several := _SEVERAL.match(word, at)):
            raise _UnknownText(several[0])
        else:
            result += char
            is_word = True
        at += 1
    return [*words, result] if is_word else words
