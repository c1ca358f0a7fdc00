"""`kafka-cluster`: the cluster's id. Source: org.apache.kafka.tools.ClusterTool, 3.9.1."""

from __future__ import annotations

from typing import Final

from zkbroker.cli.options import OUTPUT, Option, Parsed, whole
from zkbroker.cli.tool import Tool, is_for_programs, open_cluster, say

CONNECTION: Final = (
    Option(
        "bootstrap-server",
        "The brokers to connect to: host1:port1,host2:port2.",
        "BOOTSTRAP_SERVER",
        required=True,
    ),
    Option("config", "A file with the client's properties.", "CONFIG", completes="file"),
)
CLASS: Final = "org.apache.kafka.tools.ClusterTool"


def _cluster_id(parsed: Parsed) -> int:
    with open_cluster(parsed, config="config") as cluster:
        found = cluster.metadata(()).cluster_id
    if is_for_programs(parsed):
        from zkbroker.cli.output import print_rows

        print_rows([{"cluster_id": found}], str(parsed.text("output")))
        return 0
    say(f"Cluster ID: {found}" if found else "No cluster ID found. The Kafka version is probably too old.")
    return 0


def _unregister(parsed: Parsed) -> int:
    with open_cluster(parsed, config="config") as cluster:
        cluster.any()
    say("The target cluster does not support the broker unregistration API.")
    return 0


def _nothing(parsed: Parsed) -> int:
    raise AssertionError("an action runs")


TOOL: Final = Tool(
    name="kafka-cluster",
    purpose="The Kafka cluster tool.",
    kafka_class=CLASS,
    run=_nothing,
    options=(),
    actions=(
        Tool(
            "kafka-cluster cluster-id",
            "Print the id of the cluster.",
            (*CONNECTION, OUTPUT),
            _cluster_id,
            CLASS,
            reads_all=True,
        ),
        Tool(
            "kafka-cluster unregister",
            "Unregister a broker: only clusters without ZooKeeper can; else a broker that is gone is not registered.",
            (*CONNECTION, Option("id", "The id of the broker.", "ID", whole, required=True)),
            _unregister,
            CLASS,
            reads_all=True,
        ),
    ),
)
