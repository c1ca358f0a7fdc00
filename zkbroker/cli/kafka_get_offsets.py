"""`kafka-get-offsets`: where partitions begin, end, or are at a time. Source: GetOffsetShell, 3.9.1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import attrs

from zkbroker.cli.options import BOOTSTRAP, BROKER_LIST, COMMAND_CONFIG, OUTPUT, BadOption, Option, Parsed
from zkbroker.cli.tool import Tool, always, open_cluster, say, warn

PLACES: Final = {
    "latest": -1,
    "earliest": -2,
    "max-timestamp": -3,
    "earliest-local": -4,
    "latest-tiered": -5,
}
_RULE: Final = re.compile(r"([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?")
WITH_INTERNAL: Final = ("__consumer_offsets", "__transaction_state")

Chooses = Callable[[str, int], bool]


def run(parsed: Parsed) -> int:
    from zkbroker.client import offsets
    from zkbroker.model import TopicPartition

    if "bootstrap-server" not in parsed and "broker-list" not in parsed:
        raise BadOption("Missing required option(s) [bootstrap-server]")
    if "topic-partitions" in parsed and ("topic" in parsed or "partitions" in parsed):
        raise BadOption("--topic-partitions cannot be used with --topic or --partitions")
    timestamp, chooses = _timestamp(str(parsed.text("time"))), _chosen(parsed)
    servers = parsed.text("bootstrap-server") or parsed.text("broker-list")
    with open_cluster(parsed, bootstrap=servers) as cluster:
        wanted = [
            TopicPartition(topic.name or "", row.partition_index)
            for topic in cluster.topics()
            for row in topic.partitions
            if chooses(topic.name or "", row.partition_index)
            and not ("exclude-internal-topics" in parsed and topic.name in WITH_INTERNAL)
        ]
        if not wanted:
            raise BadOption("Could not match any topic-partitions with the specified filters")
        found = offsets.find(cluster, dict.fromkeys(wanted, timestamp))
    rows = []
    for tp in sorted(found, key=str):
        answer = found[tp]
        if answer.refused is not None:
            warn(
                f"Skip getting offsets for topic-partition {tp} due to error: "
                f"{answer.refused.message or answer.refused.code.name}"
            )
        elif answer.offset != offsets.UNKNOWN:
            rows.append({"topic": tp.topic, "partition": tp.partition, "offset": answer.offset})
    form = str(parsed.text("output"))
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows(rows, form)
    else:
        for row in rows:
            say(f"{row['topic']}:{row['partition']}:{row['offset']}")
    return 0


def _timestamp(text: str) -> int:
    """Raises: BadOption."""
    if text in PLACES:
        return PLACES[text]
    try:
        return int(text)
    except ValueError:
        raise BadOption(
            f"Malformed time argument {text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or "
            "earliest-local / -5 or latest-tiered, or a specified long format timestamp"
        ) from None


@attrs.frozen
class _Rule:
    topics: re.Pattern[str]
    first: int
    end: int

    def chooses(self, topic: str, partition: int) -> bool:
        return self.topics.fullmatch(topic) is not None and self.first <= partition < self.end


def _chosen(parsed: Parsed) -> Chooses:
    """Raises: BadOption."""
    if "topic-partitions" in parsed:
        rules = [_rule(text) for text in str(parsed.text("topic-partitions")).split(",")]
        return lambda topic, partition: any(rule.chooses(topic, partition) for rule in rules)
    topics = _pattern(parsed.text("topic") or ".*")
    text = parsed.text("partitions") or ""
    try:
        numbers = frozenset(int(number) for number in text.split(",")) if text else frozenset()
    except ValueError:
        raise BadOption(
            f"--partitions expects a comma separated list of numeric partition ids, but received: {text}"
        ) from None
    return lambda topic, partition: (
        topics.fullmatch(topic) is not None and (not numbers or partition in numbers)
    )


def _rule(text: str) -> _Rule:
    found = _RULE.fullmatch(text)
    if found is None:
        raise BadOption(f"Invalid rule specification: {text}")
    topics = _pattern(found[1] or ".*")
    if found[2]:
        return _Rule(topics, int(found[2]), int(found[2]) + 1)
    return _Rule(topics, int(found[3] or 0), int(found[4]) if found[4] else 1 << 31)


def _pattern(text: str) -> re.Pattern[str]:
    expression = text.strip().replace(",", "|").replace(" ", "").strip("\"'")
    try:
        return re.compile(expression)
    except re.error as error:
        raise BadOption(f"{expression} is an invalid regex: {error}.") from None


TOOL: Final = Tool(
    name="kafka-get-offsets",
    purpose="An interactive shell for getting topic-partition offsets.",
    kafka_class="org.apache.kafka.tools.GetOffsetShell",
    run=run,
    is_long=always,
    failed="Error occurred: {}",
    options=(
        BOOTSTRAP,
        BROKER_LIST,
        COMMAND_CONFIG,
        OUTPUT,
        Option("topic", "A regular expression for topics; all by default.", "topic", completes="topic"),
        Option("partitions", "Partitions: 0,1,2; all by default.", "partition ids"),
        Option(
            "topic-partitions",
            "Topics and partitions: topic1:1,topic2:0-3,topic3,topic4:5-,:-3. The topic is a regular expression, the "
            "end of a range is exclusive.",
            "topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3",
        ),
        Option(
            "time",
            "Which offset: latest (-1), earliest (-2), max-timestamp (-3), earliest-local (-4), latest-tiered (-5), or "
            "the first at or after a timestamp in ms.",
            "timestamp",
            default="latest",
        ),
        Option("exclude-internal-topics", "Leave out the brokers' own topics."),
    ),
    examples=("kafka-get-offsets --bootstrap-server localhost:9092 --topic orders --time earliest",),
)
