"""Three replicas on three brokers, min.insync.replicas=2, acks=all: zkbroker and Apache Kafka in turn."""

from __future__ import annotations

from collections.abc import Sequence

import trio
from measure import say
from produce import compare, options

from tests.support.peers import missing


def main(argv: Sequence[str]) -> int:
    parsed = options(__doc__, records=200_000).parse_args(argv)
    if reason := missing():
        say(f"this measurement needs Apache Kafka's jars: {reason}")
        return 1
    trio.run(compare, parsed, ["acks=all"], 3, {"min_insync_replicas": 2})
    return 0
