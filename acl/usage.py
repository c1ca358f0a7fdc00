"""[pure] How often each rule decided, as brokers may count it, and which rules nobody needs.

A broker's file is one JSON object: since when and until when it counted (wall time in ms), and the rules that
decided in that time. Several brokers' files are read together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from acl.model import Binding
from acl.text import BadWord, from_fields, to_fields

FORMAT: Final = "acl-usage"


class BadUsage(ValueError):
    """A file that holds no counts. The message is a sentence."""


@attrs.frozen
class Hits:
    """How often a rule decided, and when it last did (wall ms)."""

    count: int
    last_ms: int


@attrs.frozen
class Usage:
    """What was counted between two moments (wall ms)."""

    since_ms: int
    until_ms: int
    hits: Mapping[Binding, Hits]

    def last_used_ms(self, rule: Binding) -> int | None:
        found = self.hits.get(rule)
        return None if found is None else found.last_ms


def encode_usage(usage: Usage) -> bytes:
    """What decode_usage reads."""
    rules = [
        {**to_fields(rule), "hits": hits.count, "last_ms": hits.last_ms}
        for rule, hits in sorted(usage.hits.items(), key=lambda item: item[0])
    ]
    content = {
        "format": FORMAT,
        "version": 1,
        "since_ms": usage.since_ms,
        "until_ms": usage.until_ms,
        "rules": rules,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def decode_usage(data: bytes) -> Usage:
    """Raises: BadUsage."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"The usage file is no JSON: {error}.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != 1:
        raise BadUsage(f"The usage file is not of the format {FORMAT}, version 1.")
    items = content.get("rules")
    if not isinstance(items, list):
        raise BadUsage("The usage file has no list of rules.")
    hits: dict[Binding, Hits] = {}
    for item in items:
        fields = item if isinstance(item, dict) else {}
        try:
            hits[from_fields(fields)] = Hits(_number(fields, "hits"), _number(fields, "last_ms"))
        except BadWord as error:
            raise BadUsage(f"The usage file holds a strange rule: {error}") from None
    return Usage(_number(content, "since_ms"), _number(content, "until_ms"), hits)


def _number(fields: Mapping[str, object], key: str) -> int:
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadUsage(f"The usage file has no number {key!r} where it needs one.")
    return value


def together(counted: Iterable[Usage]) -> Usage:
    """The counts of all brokers, for the time in which all of them counted.

    Raises: BadUsage if there are none.
    """
    usages = list(counted)
    if not usages:
        raise BadUsage("There is no usage file.")
    hits: dict[Binding, Hits] = {}
    for usage in usages:
        for rule, more in usage.hits.items():
            before = hits.get(rule, Hits(0, 0))
            hits[rule] = Hits(before.count + more.count, max(before.last_ms, more.last_ms))
    return Usage(max(u.since_ms for u in usages), min(u.until_ms for u in usages), hits)
