"""`kafka-topics`: create, list, describe, alter and delete topics. Source: kafka.tools.TopicCommand, 3.9.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import (
    BOOTSTRAP,
    COMMAND_CONFIG,
    OUTPUT,
    ZOOKEEPER,
    BadOption,
    Option,
    Parsed,
    WrongUse,
    whole,
)
from zkbroker.cli.tool import Tool, open_cluster, say, with_any

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.topics import Reassignment
    from zkbroker.protocol.generated.metadata_response import MetadataResponsePartition, MetadataResponseTopic

ACTIONS: Final = ("create", "list", "alter", "describe", "delete")
INTERNAL: Final = ("__consumer_offsets", "__transaction_state")
REPORTS: Final = (
    "under-replicated-partitions",
    "under-min-isr-partitions",
    "at-min-isr-partitions",
    "unavailable-partitions",
)
COLLIDE: Final = (
    "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To "
    "avoid issues it is best to use either, but not both."
)
USE_CONFIGS: Final = (
    " (the kafka-configs CLI supports altering topic configs with a --bootstrap-server option)"
)
MAX_REPLICATION: Final = 32767


def run(parsed: Parsed) -> int:
    action = _action(parsed)
    if "zookeeper" in parsed:
        from zkbroker.cli import topics_in_zookeeper

        return topics_in_zookeeper.run(action, parsed)
    if "bootstrap-server" not in parsed:
        raise Failure("--bootstrap-server must be specified")
    _require_fitting(action, parsed)
    with open_cluster(parsed) as cluster:
        {"create": _create, "list": _list, "alter": _alter, "describe": _describe, "delete": _delete}[action](
            cluster, parsed
        )
    return 0


# ---------------------------------------------------------------------------------------------- options


def _action(parsed: Parsed) -> str:
    return parsed.one_of(
        ACTIONS,
        "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
    )


def _require_fitting(action: str, parsed: Parsed) -> None:
    """Raises: WrongUse, in Kafka's order."""
    if action == "describe" and "if-exists" in parsed and not ("topic" in parsed or "topic-id" in parsed):
        raise WrongUse("--topic or --topic-id is required to describe a topic")
    if action not in ("list", "describe"):
        parsed.require("topic")
    if action == "alter":
        if "config" in parsed:
            raise WrongUse(
                'Option combination "[[bootstrap-server], [config]]" can\'t be used with option "[alter]"'
                + USE_CONFIGS
            )
        parsed.require("partitions")
    parsed.refuse("config", *_but("alter", "create"))
    parsed.refuse("delete-config", *_but("alter"), "bootstrap-server")
    parsed.refuse("partitions", *_but("alter", "create"))
    parsed.refuse("replication-factor", *_but("create"))
    parsed.refuse("replica-assignment", *_but("alter", "create"))
    if action == "create":
        parsed.refuse("replica-assignment", "partitions", "replication-factor")
    for report in REPORTS:
        parsed.refuse(report, *_but("describe"), "topics-with-overrides")
    parsed.refuse("topics-with-overrides", *_but("describe"), *REPORTS)
    parsed.refuse("if-exists", *_but("alter", "delete", "describe"))
    parsed.refuse("if-not-exists", *_but("create"))
    parsed.refuse("exclude-internal", *_but("list", "describe"))


def _but(*allowed: str) -> list[str]:
    return [action for action in ACTIONS if action not in allowed]


def parse_assignment(text: str) -> dict[int, list[int]]:
    """`1:2,2:3`: the brokers of partition 0, of partition 1. Raises: BadOption."""
    found: dict[int, list[int]] = {}
    for number, part in enumerate(text.split(",")):
        try:
            brokers = [int(broker.strip()) for broker in part.split(":")]
        except ValueError:
            raise BadOption(f'For input string: "{part}"') from None
        twice = [str(broker) for broker in dict.fromkeys(brokers) if brokers.count(broker) > 1]
        if twice:
            raise BadOption(f"Partition replica lists may not contain duplicate entries: {','.join(twice)}")
        found[number] = brokers
        if len(brokers) != len(found[0]):
            raise BadOption(f"Partition {number} has different replication factor: {brokers}")
    return found


def parse_configs(texts: Sequence[str]) -> dict[str, str]:
    """Raises: BadOption."""
    configs = {}
    for text in texts:
        key, _, value = text.partition("=")
        if not value.strip() or "=" in value:
            raise BadOption(
                "requirement failed: Invalid topic config: all configs to be added must be in the format "
                '"key=val".'
            )
        configs[key.strip()] = value.strip()
    return configs


def chosen_topics(names: Sequence[str], pattern: str | None, *, exclude_internal: bool) -> list[str]:
    """The names that a regular expression, or several with commas between, matches whole. Raises: BadOption."""
    import re

    kept = [name for name in names if not (exclude_internal and name in INTERNAL)]
    if pattern is None:
        return kept
    expression = pattern.strip().replace(",", "|").replace(" ", "").strip("\"'")
    try:
        wanted = re.compile(expression)
    except re.error as error:
        raise BadOption(f"{expression} is an invalid regex: {error}.") from None
    return [name for name in kept if wanted.fullmatch(name)]


def counts(parsed: Parsed) -> tuple[int | None, int | None]:
    """Partitions and replication factor. Raises: BadOption."""
    partitions, replication = parsed.number("partitions"), parsed.number("replication-factor")
    if replication is not None and not 1 <= replication <= MAX_REPLICATION:
        raise BadOption(f"The replication factor must be between 1 and {MAX_REPLICATION} inclusive")
    if partitions is not None and partitions < 1:
        raise BadOption("The partitions must be greater than 0")
    return partitions, replication


def placed(parsed: Parsed) -> dict[int, list[int]]:
    """What --replica-assignment says. Raises: BadOption."""
    text = parsed.text("replica-assignment")
    return parse_assignment(text) if text else {}


# ---------------------------------------------------------------------------------------------- actions


def _create(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client import topics
    from zkbroker.errors import ErrorCode, KafkaError

    name = str(parsed.text("topic"))
    assignment, configs = placed(parsed), parse_configs(parsed.texts("config"))
    if "." in name or "_" in name:
        say(COLLIDE)
    partitions, replication = counts(parsed)
    try:
        topics.create(cluster, name, partitions, replication, configs, assignment)
    except KafkaError as error:
        if error.code != ErrorCode.TOPIC_ALREADY_EXISTS or "if-not-exists" not in parsed:
            raise
        return
    say(f"Created topic {name}.")


def _matching(cluster: Cluster, parsed: Parsed, *, must_exist: bool) -> list[str]:
    """Raises: BadOption, if a topic was named and there is none."""
    names = [topic.name or "" for topic in cluster.topics() if not topic.error_code or topic.partitions]
    pattern = parsed.text("topic")
    found = chosen_topics(names, pattern, exclude_internal="exclude-internal" in parsed)
    if pattern and must_exist and not found:
        raise BadOption(f"Topic '{pattern}' does not exist as expected")
    return found


def _list(cluster: Cluster, parsed: Parsed) -> None:
    names = _matching(cluster, parsed, must_exist=False)
    form = parsed.text("output")
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows([{"topic": name} for name in names], str(form))
        return
    say("\n".join(names))


def _alter(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client import topics

    assignment, count = placed(parsed), int(parsed.number("partitions") or 0)
    names = _matching(cluster, parsed, must_exist="if-exists" not in parsed)
    if not names:
        return
    wanted: dict[str, tuple[int, Sequence[Sequence[int]] | None]] = {}
    for topic in topics.describe(cluster, names):
        new = list(assignment.values())[len(topic.partitions) :] if assignment else None
        wanted[topic.name or ""] = (count, new)
    topics.add_partitions(cluster, wanted)


def _delete(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client import topics

    topics.delete(cluster, _matching(cluster, parsed, must_exist="if-exists" not in parsed))


def _describe(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client import configs, topics
    from zkbroker.model import TopicPartition

    found = _described(cluster, parsed)
    names = [topic.name or "" for topic in found]
    entries = configs.describe(cluster, configs.ResourceType.TOPIC, names)
    moving = topics.list_reassignments_if_allowed(
        cluster, {topic.name or "": [row.partition_index for row in topic.partitions] for topic in found}
    )
    live = frozenset(broker.node_id for broker in cluster.brokers())
    shown = []
    for topic in found:
        name = topic.name or ""
        rows = sorted(topic.partitions, key=lambda row: row.partition_index)
        described = [
            Described(name, row, moving.get(TopicPartition(name, row.partition_index))) for row in rows
        ]
        minimum = next(
            (int(entry.value or 1) for entry in entries[name] if entry.name == "min.insync.replicas"), 1
        )
        shown.append(_Topic(topic, described, configs.overrides(entries[name]), minimum))
    show_topics(shown, parsed, live)


def _described(cluster: Cluster, parsed: Parsed) -> Sequence[MetadataResponseTopic]:
    """The topics to show. Raises: BadOption, KafkaError."""
    from zkbroker.client import topics
    from zkbroker.model import NO_TOPIC_ID, parse_topic_id

    if "topic-id" in parsed:
        text = str(parsed.text("topic-id"))
        try:
            topic_id = parse_topic_id(text)
        except ValueError:
            raise BadOption(f"{text} is no topic id: it must be 22 characters of base64") from None
        if topic_id != NO_TOPIC_ID:
            found = [topic for topic in cluster.topics() if topic.topic_id == topic_id]
            if not found and "if-exists" not in parsed:
                raise BadOption(f"TopicId '{text}' does not exist as expected")
            return found
    names = _matching(cluster, parsed, must_exist="if-exists" not in parsed)
    return topics.describe(cluster, names) if names else []


# ---------------------------------------------------------------------------------------------- showing


@attrs.frozen
class Described:
    """One partition as --describe sees it."""

    topic: str
    row: MetadataResponsePartition
    reassignment: Reassignment | None

    @property
    def replication_factor(self) -> int:
        """Without the replicas that are only being added, while a reassignment runs."""
        moving = self.reassignment
        if moving is not None and set(moving.adding + moving.removing) & set(self.row.replica_nodes):
            return len(moving.replicas) - len(moving.adding)
        return len(self.row.replica_nodes)

    def text(self) -> str:
        leader = "none" if self.row.leader_id < 0 else self.row.leader_id
        line = (
            f"\tTopic: {self.topic}\tPartition: {self.row.partition_index}\tLeader: {leader}"
            f"\tReplicas: {_commas(self.row.replica_nodes)}\tIsr: {_commas(self.row.isr_nodes)}"
        )
        if self.reassignment is not None:
            line += f"\tAdding Replicas: {_commas(self.reassignment.adding)}"
            line += f"\tRemoving Replicas: {_commas(self.reassignment.removing)}"
        return line + "\tElr: N/A\tLastKnownElr: N/A"

    def is_reported(self, report: str, minimum_isr: int, live: frozenset[int]) -> bool:
        """Whether --under-replicated-partitions and its like show it."""
        isr = len(self.row.isr_nodes)
        if report == "under-replicated-partitions":
            return isr < self.replication_factor
        if report == "under-min-isr-partitions":
            return self.row.leader_id < 0 or isr < minimum_isr
        if report == "at-min-isr-partitions":
            return isr == minimum_isr
        return self.row.leader_id not in live


@attrs.frozen
class _Topic:
    topic: MetadataResponseTopic
    partitions: Sequence[Described]
    overrides: Mapping[str, str]
    minimum_isr: int


def show_topics(found: Sequence[_Topic], parsed: Parsed, live: frozenset[int]) -> None:
    """Print them as the options say."""
    reports = [report for report in REPORTS if report in parsed]
    only_overridden = "topics-with-overrides" in parsed
    rows: list[dict[str, Any]] = []
    text = parsed.text("output") == "text"
    for topic in found:
        if not topic.partitions or (only_overridden and not topic.overrides):
            continue
        if text and not reports:
            say(_heading(topic))
        for described in topic.partitions:
            kept = not reports or any(
                described.is_reported(report, topic.minimum_isr, live) for report in reports
            )
            if kept and text and not only_overridden:
                say(described.text())
            elif kept and not text:
                rows.append(_row(topic, described))
    if not text:
        from zkbroker.cli.output import print_rows

        print_rows(rows, str(parsed.text("output")))


def _heading(topic: _Topic) -> str:
    from zkbroker.model import NO_TOPIC_ID, topic_id_text

    line = f"Topic: {topic.topic.name}"
    if topic.topic.topic_id != NO_TOPIC_ID:
        line += f"\tTopicId: {topic_id_text(topic.topic.topic_id)}"
    configs = ",".join(f"{key}={value}" for key, value in topic.overrides.items())
    return (
        f"{line}\tPartitionCount: {len(topic.partitions)}"
        f"\tReplicationFactor: {topic.partitions[0].replication_factor}\tConfigs: {configs}"
    )


def _row(topic: _Topic, described: Described) -> dict[str, Any]:
    from zkbroker.model import topic_id_text

    moving = described.reassignment
    return {
        "topic": described.topic,
        "topic_id": topic_id_text(topic.topic.topic_id),
        "partition": described.row.partition_index,
        "leader": described.row.leader_id if described.row.leader_id >= 0 else None,
        "leader_epoch": described.row.leader_epoch,
        "replicas": list(described.row.replica_nodes),
        "isr": list(described.row.isr_nodes),
        "adding_replicas": [] if moving is None else list(moving.adding),
        "removing_replicas": [] if moving is None else list(moving.removing),
        "configs": dict(topic.overrides),
    }


def _commas(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


TOOL: Final = Tool(
    name="kafka-topics",
    purpose="This tool helps to create, delete, describe, or change a topic.",
    kafka_class="org.apache.kafka.tools.TopicCommand",
    run=run,
    is_long=with_any("list", "describe"),
    failed="Error while executing topic command : {}",
    fails_on_stdout=True,
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        ZOOKEEPER,
        OUTPUT,
        Option("list", "List the topics."),
        Option("create", "Create a topic."),
        Option("delete", "Delete topics."),
        Option("alter", "Give topics more partitions. Their configuration is kafka-configs' business."),
        Option("describe", "Show topics and their partitions."),
        Option(
            "topic",
            "The topic. Except with --create a regular expression that matches whole names, or several with commas "
            'between: "test\\.topic".',
            "topic",
            completes="topic",
        ),
        Option("topic-id", "With --describe: the id of the topic.", "topic-id"),
        Option("config", "With --create: a key of the topic's configuration.", "name=value", many=True),
        Option("delete-config", "With --zookeeper only: a key to take away.", "name", many=True),
        Option(
            "partitions",
            "How many partitions; with --create the brokers' num.partitions by default. More partitions later change "
            "which partition a key goes to.",
            "# of partitions",
            whole,
        ),
        Option(
            "replication-factor",
            "With --create: how many replicas each partition has; the brokers' default.replication.factor by default.",
            "replication factor",
            whole,
        ),
        Option(
            "replica-assignment",
            "Which brokers get the replicas, partition by partition: 1:2,2:3,3:1. The first of each is the preferred "
            "leader.",
            "broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , ...",
        ),
        Option("under-replicated-partitions", "With --describe: only partitions with a replica out of sync."),
        Option("unavailable-partitions", "With --describe: only partitions without a living leader."),
        Option("under-min-isr-partitions", "With --describe: only partitions below min.insync.replicas."),
        Option("at-min-isr-partitions", "With --describe: only partitions just at min.insync.replicas."),
        Option("topics-with-overrides", "With --describe: only topics whose configuration somebody has set."),
        Option("if-exists", "With --alter, --delete, --describe: do nothing if there is no such topic."),
        Option("if-not-exists", "With --create: do nothing if the topic exists."),
        Option("exclude-internal", "With --list and --describe: leave out the brokers' own topics."),
        Option(
            "partition-size-limit-per-response",
            "Accepted for Kafka's sake: answers are not cut here.",
            "maximum number of partitions in one response.",
            whole,
        ),
        Option("force", "Accepted for Kafka 2's sake: nothing is asked."),
        Option("disable-rack-aware", "With --zookeeper: accepted for Kafka 2's sake."),
    ),
    examples=(
        "kafka-topics --bootstrap-server localhost:9092 --create --topic orders --partitions 3 --replication-factor 3",
        "kafka-topics --bootstrap-server localhost:9092 --describe --topic orders",
    ),
)
