"""`zookeeper-server-stop`: stop this machine's embedded ZooKeepers of this user, in order."""

from __future__ import annotations

from typing import Final

from zkbroker.cli.options import Option, Parsed
from zkbroker.cli.tool import Tool


def run(parsed: Parsed) -> int:
    import os

    from zkbroker.cli.daemon import stop

    return stop("zookeeper", "zookeeper", os.environ.get("SIGNAL", "TERM"))


TOOL: Final = Tool(
    name="zookeeper-server-stop",
    purpose="Stop this machine's embedded ZooKeepers of this user, in order (SIGNAL=TERM).",
    kafka_class="org.apache.zookeeper.server.quorum.QuorumPeerMain",
    run=run,
    needs_words=False,
    options=(
        Option("process-role", "Accepted for Kafka's sake: only brokers have one in ZooKeeper mode.", "role"),
        Option("node-id", "Accepted for Kafka's sake.", "id"),
    ),
)
