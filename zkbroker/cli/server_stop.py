"""`kafka-server-stop` and `zookeeper-server-stop`: stop this machine's servers of this user, in order."""

from __future__ import annotations

from functools import partial
from typing import Final

from zkbroker.cli.options import Option, Parsed
from zkbroker.cli.tool import Tool


def _run(what: str, called: str, parsed: Parsed) -> int:
    import os

    from zkbroker.cli.daemon import stop

    return stop(what, called, os.environ.get("SIGNAL", "TERM"))


def _tool(called: str, what: str, servers: str, kafka_class: str) -> Tool:
    return Tool(
        name=f"{called}-server-stop",
        purpose=f"Stop this machine's {servers} of this user, in order (SIGNAL=TERM).",
        kafka_class=kafka_class,
        run=partial(_run, what, called),
        needs_words=False,
        options=(
            Option(
                "process-role", "Accepted for Kafka's sake: only brokers have one in ZooKeeper mode.", "role"
            ),
            Option("node-id", "Accepted for Kafka's sake.", "id"),
        ),
    )


KAFKA: Final = _tool("kafka", "broker", "brokers", "kafka.Kafka")
ZOOKEEPER: Final = _tool(
    "zookeeper", "zookeeper", "embedded ZooKeepers", "org.apache.zookeeper.server.quorum.QuorumPeerMain"
)
