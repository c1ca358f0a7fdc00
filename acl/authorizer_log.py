"""[pure] Lines of an authorizer's log: Kafka's with ZooKeeper, Kafka's with KRaft, and those with a rule beside.

    [2024-05-01 12:00:00,123] INFO Principal = User:alice is Denied Operation = Write from host = 10.0.0.1 on
    resource = Topic:LITERAL:orders for request = Produce with resourceRefCount = 1 (kafka.authorizer.logger)

Source: AclAuthorizer.scala logAuditMessage; StandardAuthorizerData.java buildAuditMessage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from acl.explain import Question
from acl.model import PatternType, Resource
from acl.text import BadWord, parse_operation, parse_resource_type


@attrs.frozen
class Logged:
    """One decision that an authorizer logged."""

    question: Question  # always with a host
    allowed: bool
    by_type: bool = False  # asked of any resource of the type; the question's name means nothing
    request: str = ""  # the API's name; empty in logs of old versions
    time: str = ""  # as it stood in the log
    rule: str = ""  # the rule that decided, as it stood in the log


_LINE: Final = re.compile(
    r"Principal = (?P<principal>.+?) is (?P<verdict>Allowed|Denied) [Oo]peration = (?P<operation>\w+) "
    r"from host = (?P<host>\S+) on resource = (?P<kind>\w+):(?:(?P<how>LITERAL|PREFIXED|UNKNOWN):)?(?P<name>.*?)"
    r"(?: for request = (?P<request>\S+))?(?: with resourceRefCount = \d+)?"
    r"(?:,? (?:based on )?rule (?:= )?(?P<rule>.+?))?"
    r"(?: \(kafka\.authorizer\.logger\))?\s*"
)
_TIME: Final = re.compile(r"\[?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?)\]?")


def parse_line(line: str) -> Logged | None:
    """The decision a line tells of; None for a line about something else."""
    start = line.find("Principal = ")
    found = _LINE.fullmatch(line, start) if start >= 0 else None
    if found is None:
        return None
    try:
        operation, kind = parse_operation(found["operation"]), parse_resource_type(found["kind"])
    except BadWord:
        return None
    time = _TIME.search(line[:start])
    return Logged(
        Question(found["principal"], operation, Resource(kind, found["name"]), found["host"]),
        allowed=found["verdict"] == "Allowed",
        by_type=found["how"] == PatternType.UNKNOWN.name,
        request=found["request"] or "",
        time=time[1] if time else "",
        rule=found["rule"] or "",
    )


def parse_lines(lines: Iterable[str]) -> Iterator[Logged]:
    """The decisions in a log; other lines are passed over."""
    for line in lines:
        logged = parse_line(line)
        if logged is not None:
            yield logged
