"""`kafka-broker-api-versions`: what each broker can be asked. Source: BrokerApiVersionsCommand, 3.9.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, Parsed
from zkbroker.cli.tool import Tool, always, open_cluster, say

if TYPE_CHECKING:
    from zkbroker.client.connection import Connection

ABROAD: Final = {
    55: "DescribeQuorum",
    64: "UnregisterBroker",
    71: "GetTelemetrySubscriptions",
    72: "PushTelemetry",
    74: "ListClientMetricsResources",
    75: "DescribeTopicPartitions",
    76: "ShareGroupHeartbeat",
    77: "ShareGroupDescribe",
    78: "ShareFetch",
    79: "ShareAcknowledge",
    80: "AddRaftVoter",
    81: "RemoveRaftVoter",
    83: "InitializeShareGroupState",
    84: "ReadShareGroupState",
    85: "WriteShareGroupState",
    86: "DeleteShareGroupState",
    87: "ReadShareGroupStateSummary",
}
"""What Kafka 3.9's clients know and no broker in ZooKeeper mode serves; Kafka's command lists it all the same."""


def run(parsed: Parsed) -> int:
    from zkbroker.client.connection import ConnectionFailed

    parsed.require("bootstrap-server")
    form = str(parsed.text("output"))
    rows: list[dict[str, Any]] = []
    code = 0
    with open_cluster(parsed) as cluster:
        for broker in cluster.brokers():
            name = f"{broker.host}:{broker.port} (id: {broker.node_id} rack: {broker.rack or 'null'})"
            try:
                connection = cluster.broker(broker.node_id)
            except ConnectionFailed as failed:
                say(f"{name} -> ERROR: {failed}")
                code = 1
                continue
            if form == "text":
                lines = ",\n".join(f"\t{line}" for line in _lines(connection))
                say(f"{name} -> (\n{lines}\n)")
            rows += [
                {
                    "broker": broker.node_id,
                    "api": _names().get(key, "unknown"),
                    "key": key,
                    "lowest": versions.lowest,
                    "highest": versions.highest,
                }
                for key, versions in sorted(connection.versions.items())
            ]
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows(rows, form)
    return code


def _names() -> dict[int, str]:
    """API keys with their names as Kafka prints them."""
    from zkbroker.protocol.codec import ApiKey

    ours = {int(key): "".join(word.capitalize() for word in key.name.split("_")) for key in ApiKey}
    return ABROAD | ours


def _lines(connection: Connection) -> list[str]:
    from zkbroker.protocol.codec import VERSIONS, ApiKey

    lines = []
    for key, name in sorted(_names().items()):
        theirs = connection.versions.get(key)
        if theirs is None:
            lines.append(f"{name}({key}): UNSUPPORTED")
            continue
        span = str(theirs.lowest)
        if theirs.lowest != theirs.highest:
            span += f" to {theirs.highest}"
        usable = "unusable"
        if key in ApiKey._value2member_map_:
            ours = VERSIONS[ApiKey(key)]
            best = min(ours.highest, theirs.highest)
            usable = f"usable: {best}" if best >= max(ours.lowest, theirs.lowest) else usable
        lines.append(f"{name}({key}): {span} [{usable}]")
    return lines


TOOL: Final = Tool(
    name="kafka-broker-api-versions",
    purpose="This tool helps to retrieve broker version information.",
    kafka_class="kafka.admin.BrokerApiVersionsCommand",
    run=run,
    is_long=always,
    options=(BOOTSTRAP, COMMAND_CONFIG, OUTPUT),
)
