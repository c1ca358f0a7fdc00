"""`kafka-log-dirs`: what lies in the brokers' log directories, as JSON. Source: LogDirsCommand, 3.9.1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, BadOption, Option, Parsed
from zkbroker.cli.tool import Tool, always, open_cluster, say

if TYPE_CHECKING:
    from zkbroker.protocol.generated.describe_log_dirs_response import DescribeLogDirsResult

EXCEPTIONS: Final = {56: "org.apache.kafka.common.errors.KafkaStorageException"}
"""How the output calls an error."""


def run(parsed: Parsed) -> int:
    from zkbroker.client.partitions import log_dirs

    parsed.require("bootstrap-server", "describe")
    topics = frozenset(filter(None, str(parsed.text("topic-list")).split(",")))
    asked = [part for part in str(parsed.text("broker-list")).split(",") if part]
    if not all(part.isdecimal() for part in asked):
        raise BadOption(f'For input string: "{next(part for part in asked if not part.isdecimal())}"')
    with open_cluster(parsed) as cluster:
        live = [broker.node_id for broker in cluster.brokers()]
        absent = [part for part in asked if int(part) not in live]
        if absent:
            raise BadOption(
                f"ERROR: The given brokers do not exist from --broker-list: {','.join(absent)}. Current existent "
                f"brokers: {','.join(map(str, live))}"
            )
        brokers = sorted({int(part) for part in asked}) or live
        form = str(parsed.text("output"))
        if form == "text":
            say("Querying brokers for log directories information")
        found = {broker: log_dirs(cluster, broker) for broker in brokers}
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows([row for broker in brokers for row in _rows(broker, found[broker], topics)], form)
        return 0
    say(f"Received log directory information from brokers {','.join(map(str, brokers))}")
    say(json.dumps(_document(found, topics), separators=(",", ":")))
    return 0


def _document(found: dict[int, Sequence[DescribeLogDirsResult]], topics: frozenset[str]) -> dict[str, Any]:
    return {
        "brokers": [
            {
                "broker": broker,
                "logDirs": [
                    {
                        "partitions": [
                            {key: row[key] for key in ("partition", "size", "offsetLag", "isFuture")}
                            for row in _rows(broker, [directory], topics)
                        ],
                        "error": EXCEPTIONS.get(directory.error_code) if directory.error_code else None,
                        "logDir": directory.log_dir,
                    }
                    for directory in directories
                ],
            }
            for broker, directories in found.items()
        ],
        "version": 1,
    }


def _rows(
    broker: int, directories: Sequence[DescribeLogDirsResult], topics: frozenset[str]
) -> list[dict[str, Any]]:
    return [
        {
            "broker": broker,
            "logDir": directory.log_dir,
            "partition": f"{topic.name}-{row.partition_index}",
            "size": row.partition_size,
            "offsetLag": row.offset_lag,
            "isFuture": row.is_future_key,
        }
        for directory in directories
        for topic in sorted(directory.topics, key=lambda topic: topic.name)
        if not topics or topic.name in topics
        for row in sorted(topic.partitions, key=lambda row: row.partition_index)
    ]


TOOL: Final = Tool(
    name="kafka-log-dirs",
    purpose="This tool helps to query log directory usage on the specified brokers.",
    kafka_class="org.apache.kafka.tools.LogDirsCommand",
    run=run,
    is_long=always,
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        OUTPUT,
        Option("describe", "REQUIRED: show the log directories."),
        Option("topic-list", "Topics: topic1,topic2; all by default.", "Topic list", default=""),
        Option("broker-list", "Ids of brokers: 1,2; all by default.", "Broker list", default=""),
    ),
)
