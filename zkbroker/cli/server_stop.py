"""`kafka-server-stop` and `zookeeper-server-stop`: stop this machine's servers of this user, in order."""

from __future__ import annotations

import signal
from typing import Final

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import Option, Parsed, whole
from zkbroker.cli.tool import Tool


def _stop_brokers(parsed: Parsed) -> int:
    from zkbroker.cli.daemon import stop

    node_id = parsed.number("node-id")
    # As in Kafka's script the id counts where both are given. A server in ZooKeeper mode is a broker, and only that.
    if node_id is None and parsed.text("process-role") == "controller":
        raise Failure(
            "No kafka server to stop: a cluster in ZooKeeper mode has no process that is controller alone"
        )
    return stop("broker", "kafka", _signal(), node_id)


def _stop_zookeepers(parsed: Parsed) -> int:
    from zkbroker.cli.daemon import stop

    return stop("zookeeper", "zookeeper", _signal())


def _signal() -> signal.Signals:
    """As `kill -s` knows it. Raises: Failure."""
    import os

    name = os.environ.get("SIGNAL", "TERM")
    try:
        return (
            signal.Signals(int(name))
            if name.isdecimal()
            else signal.Signals["SIG" + name.removeprefix("SIG")]
        )
    except (KeyError, ValueError):
        raise Failure(f"SIGNAL={name} is no signal: it must be as TERM or KILL") from None


KAFKA: Final = Tool(
    name="kafka-server-stop",
    purpose="Stop this machine's brokers of this user, in order (SIGNAL=TERM).",
    kafka_class="kafka.Kafka",
    run=_stop_brokers,
    needs_words=False,
    reads_all=True,
    options=(
        Option("node-id", "Only the broker with this id.", "id", whole),
        Option(
            "process-role",
            "Accepted for Kafka's sake: servers in ZooKeeper mode are brokers.",
            "role",
            choices=("broker", "controller"),
        ),
    ),
)
ZOOKEEPER: Final = Tool(
    name="zookeeper-server-stop",
    purpose="Stop this machine's embedded ZooKeepers of this user, in order (SIGNAL=TERM).",
    kafka_class="org.apache.zookeeper.server.quorum.QuorumPeerMain",
    run=_stop_zookeepers,
    needs_words=False,
    options=(),
)
