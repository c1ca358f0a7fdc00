"""`kafka-verifiable-consumer`: what is assigned, read and committed, as JSON lines. Source: VerifiableConsumer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from zkbroker.cli.kafka_verifiable_producer import emit
from zkbroker.cli.options import BOOTSTRAP, BROKER_LIST, Option, Parsed, WrongUse, whole
from zkbroker.cli.tool import Tool


def run(parsed: Parsed) -> int:
    from kafka import KafkaConsumer
    from kafka.structs import OffsetAndMetadata

    from zkbroker.cli.java_clients import PATIENCE_S, consumer_options, refusals
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    parsed.refuse("broker-list", "bootstrap-server")
    servers = parsed.text("bootstrap-server") or parsed.text("broker-list")
    if servers is None:
        raise WrongUse("one of the arguments --bootstrap-server --broker-list is required")
    file = parsed.text("consumer.config")
    properties = read_properties(file) if file is not None else {}
    commits_itself = "enable-autocommit" in parsed
    properties |= {
        "group.id": str(parsed.text("group-id")),
        "enable.auto.commit": str(commits_itself).lower(),
        "auto.offset.reset": str(parsed.text("reset-policy")),
        "session.timeout.ms": str(parsed.number("session-timeout")),
    }
    if parsed.text("group-instance-id"):
        properties["group.instance.id"] = str(parsed.text("group-instance-id"))
    if parsed.text("assignment-strategy"):
        properties["partition.assignment.strategy"] = str(parsed.text("assignment-strategy"))
    settings = ClientSettings.of(servers, properties)
    with Cluster(settings) as cluster:
        cluster.any()
    most, count = int(parsed.value("max-messages")), 0
    consumer = KafkaConsumer(**consumer_options(settings))
    emit("startup_complete")
    try:
        with refusals():
            consumer.subscribe([str(parsed.text("topic"))], listener=_listener())
            while most < 0 or count < most:
                found = consumer.poll(
                    timeout_ms=int(PATIENCE_S * 1000), max_records=None if most < 0 else most - count
                )
                if not found:
                    continue
                count += sum(map(len, found.values()))
                _report(found, "verbose" in parsed)
                if not commits_itself:
                    offsets = {
                        partition: OffsetAndMetadata(records[-1].offset + 1, "", -1)
                        for partition, records in found.items()
                    }
                    consumer.commit(offsets)
                    places = [
                        {"topic": partition.topic, "partition": partition.partition, "offset": offset.offset}
                        for partition, offset in offsets.items()
                    ]
                    emit("offsets_committed", offsets=places, success=True)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
    emit("shutdown_complete")
    return 0


def _report(found: dict[Any, list[Any]], is_verbose: bool) -> None:
    if is_verbose:
        for records in found.values():
            for record in records:
                emit(
                    "record_data",
                    key=None if record.key is None else record.key.decode("utf-8", "replace"),
                    value=None if record.value is None else record.value.decode("utf-8", "replace"),
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                )
    summary = [
        {
            "topic": partition.topic,
            "partition": partition.partition,
            "count": len(records),
            "minOffset": records[0].offset,
            "maxOffset": records[-1].offset,
        }
        for partition, records in found.items()
    ]
    emit("records_consumed", count=sum(map(len, found.values())), partitions=summary)


def _listener() -> Any:
    from kafka import ConsumerRebalanceListener

    def shown(partitions: Iterable[Any]) -> list[dict[str, Any]]:
        return [{"topic": each.topic, "partition": each.partition} for each in sorted(partitions)]

    class Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python is untyped
        def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
            if revoked:  # Java's consumer does not call for nothing
                emit("partitions_revoked", partitions=shown(revoked))

        def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
            emit("partitions_assigned", partitions=shown(assigned))

    return Listener()


TOOL: Final = Tool(
    name="kafka-verifiable-consumer",
    purpose="This tool consumes messages from a specific topic and emits consumer events (e.g. group rebalances, "
    "received messages, and offsets committed) as JSON objects to STDOUT.",
    kafka_class="org.apache.kafka.tools.VerifiableConsumer",
    run=run,
    prints_records=True,
    explained_with=0,
    reads_all=True,
    options=(
        BOOTSTRAP,
        BROKER_LIST,
        Option("topic", "The topic to read.", "TOPIC", required=True, completes="topic"),
        Option("group-id", "The group.", "GROUP_ID", required=True, completes="group"),
        Option("group-instance-id", "The member's own lasting id.", "GROUP_INSTANCE_ID"),
        Option(
            "group-protocol", "Accepted: classic is the one there is.", "GROUP_PROTOCOL", default="classic"
        ),
        Option("group-remote-assignor", "Accepted for Kafka's sake.", "GROUP_REMOTE_ASSIGNOR"),
        Option("max-messages", "How many; -1: until it is stopped.", "MAX-MESSAGES", whole, -1),
        Option("session-timeout", "ms until a silent member is left out.", "TIMEOUT_MS", whole, 30000),
        Option("verbose", "A line for each record."),
        Option("enable-autocommit", "The consumer commits by itself."),
        Option(
            "reset-policy",
            "Where to begin without an offset: earliest, latest or none.",
            "RESETPOLICY",
            default="earliest",
            choices=("earliest", "latest", "none"),
        ),
        Option("assignment-strategy", "Java's class that spreads partitions.", "ASSIGNMENT-STRATEGY"),
        Option("consumer.config", "A file with properties of the consumer.", "CONFIG_FILE", completes="file"),
    ),
)
