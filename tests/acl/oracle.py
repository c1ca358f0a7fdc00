"""Kafka's own AclAuthorizer, asked through tests/peers/AclOracle.java."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, unquote_plus

from acl.explain import Question
from acl.model import Binding, Entry, Operation, Pattern, PatternType, Permission, ResourceType
from tests.support.peers import JavaTools

ORACLE = "AclOracle"


class Script:
    """Commands for the oracle; each that has an answer gives the place of its line."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._answers = 0

    def open(self, connect: str, super_users: str = "", allow_everyone: bool = False) -> None:
        self._write("open", connect, super_users, str(allow_everyone).lower())

    def create(self, rules: Iterable[Binding]) -> int:
        for rule in rules:
            pattern, entry = rule.pattern, rule.entry
            words = (entry.principal, entry.host, entry.operation.name, entry.permission.name)
            self._write("add", *words, pattern.resource_type.name, pattern.pattern_type.name, pattern.name)
        return self._ask("create")

    def listed(self) -> int:
        return self._ask("list")

    def ask(self, asked: Question) -> int:
        resource = asked.resource
        words = (asked.principal, asked.host or "", asked.operation.name)
        return self._ask("ask", *words, resource.resource_type.name, resource.name)

    def ask_type(self, principal: str, host: str, operation: Operation, kind: ResourceType) -> int:
        return self._ask("ask-type", principal, host, operation.name, kind.name)

    def decode(self, data: bytes) -> int:
        return self._ask("decode", b64encode(data).decode())

    def decode_change(self, data: bytes, *, literal: bool) -> int:
        return self._ask("literal-change" if literal else "extended-change", b64encode(data).decode())

    def run(self, tools: JavaTools, timeout_s: float = 300.0) -> list[str]:
        """The answers, in order."""
        result = tools.run(ORACLE, stdin="".join(self._lines).encode(), timeout_s=timeout_s)
        answers = result.require_success().output.splitlines()
        assert len(answers) == self._answers, result.errors
        return answers

    def _ask(self, *words: str) -> int:
        self._write(*words)
        self._answers += 1
        return self._answers - 1

    def _write(self, *words: str) -> None:
        self._lines.append(" ".join(quote(word, safe="") for word in words) + "\n")


def rules_of(answer: str) -> set[Binding]:
    """The rules of an answer to `list`."""
    found = set()
    for text in answer.split("\t") if answer else ():
        principal, host, operation, permission, kind, how, name = map(unquote_plus, text.split(" "))
        entry = Entry(principal, Permission[permission], Operation[operation], host)
        found.add(Binding(Pattern(ResourceType[kind], PatternType[how], name), entry))
    return found


def entries_of(answer: str) -> frozenset[Entry] | None:
    """The entries of an answer to `decode`; None for a failure."""
    if answer == "failure":
        return None
    found = set()
    for text in answer.split("\t") if answer else ():
        principal, host, operation, permission = map(unquote_plus, text.split(" "))
        found.add(Entry(principal, Permission[permission], Operation[operation], host))
    return frozenset(found)


def pattern_of(answer: str) -> Pattern | None:
    """The pattern of an answer to a change; None for a failure."""
    if answer == "failure":
        return None
    kind, how, name = map(unquote_plus, answer.split(" "))
    return Pattern(ResourceType[kind], PatternType[how], name)
