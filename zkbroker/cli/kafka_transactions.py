"""`kafka-transactions`: list, describe, find and abort transactions. Source: TransactionsCommand, 3.9.1; KIP-664."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from zkbroker.cli.options import (
    BOOTSTRAP,
    COMMAND_CONFIG,
    OUTPUT,
    BadOption,
    Option,
    Parsed,
    whole,
    whole_long,
)
from zkbroker.cli.tool import Tool, always, open_cluster

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster
    from zkbroker.errors import KafkaError
    from zkbroker.model import TopicPartition
    from zkbroker.protocol.generated.describe_producers_response import ProducerState

CLASS: Final = "org.apache.kafka.tools.TransactionsCommand"
TOPIC: Final = Option("topic", "The topic.", "TOPIC", completes="topic")
PARTITION: Final = Option("partition", "The partition.", "PARTITION", whole)
BROKER: Final = Option(
    "broker-id", "The broker whose replicas are looked at, instead of the leaders.", "BROKER_ID", whole
)


def _list(parsed: Parsed) -> int:
    from zkbroker.cli.tables import print_table
    from zkbroker.client import transactions
    from zkbroker.errors import KafkaError

    duration_ms = parsed.number("duration-filter")
    with open_cluster(parsed) as cluster:
        try:
            found = transactions.list_all(cluster, longer_than_ms=-1 if duration_ms is None else duration_ms)
        except KafkaError as error:
            raise _failed("Failed to list transactions", error) from None
    rows = [
        [row.state.transactional_id, row.coordinator, row.state.producer_id, row.state.transaction_state]
        for row in found
    ]
    print_table(("TransactionalId", "Coordinator", "ProducerId", "TransactionState"), rows, parsed)
    return 0


def _failed(what: str, error: KafkaError) -> BadOption:
    """The sentence for a refusal."""
    reason = (error.message or error.code.name).rstrip(".")
    return BadOption(f"{what}: {reason}. Enable debug logging for additional detail.")


def _describe(parsed: Parsed) -> int:
    from zkbroker.cli.tables import print_table
    from zkbroker.client import transactions
    from zkbroker.errors import ErrorCode, KafkaError

    name = str(parsed.text("transactional-id"))
    with open_cluster(parsed) as cluster:
        try:
            coordinator, state = transactions.describe(cluster, name)
        except KafkaError as error:
            what = f"Failed to describe transaction state of transactional-id `{name}`"
            if error.code == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND:
                asked = f"DescribeTransactions request for transactionalId `{name}`"
                error = KafkaError(error.code, f"{asked} failed because the ID could not be found")
            raise _failed(what, error) from None
    started, lasts = "None", "None"
    if state.transaction_start_time_ms >= 0:
        started = str(state.transaction_start_time_ms)
        lasts = str(int(time.time() * 1000) - state.transaction_start_time_ms)
    partitions = ",".join(f"{topic.topic}-{number}" for topic in state.topics for number in topic.partitions)
    row: list[Any] = [
        coordinator,
        name,
        state.producer_id,
        state.producer_epoch,
        state.transaction_state,
        state.transaction_timeout_ms,
        started,
        lasts,
        partitions,
    ]
    headers = (
        "CoordinatorId",
        "TransactionalId",
        "ProducerId",
        "ProducerEpoch",
        "TransactionState",
        "TransactionTimeoutMs",
        "CurrentTransactionStartTimeMs",
        "TransactionDurationMs",
        "TopicPartitions",
    )
    print_table(headers, [row], parsed)
    return 0


def _one_partition(parsed: Parsed) -> TopicPartition:
    from zkbroker.model import TopicPartition

    return TopicPartition(str(parsed.text("topic")), int(parsed.number("partition") or 0))


def _producers(
    cluster: Cluster, tp: TopicPartition, broker_id: int | None, what: str
) -> Sequence[ProducerState]:
    """Raises: BadOption."""
    from zkbroker.client import transactions
    from zkbroker.errors import KafkaError

    try:
        found = transactions.producers(cluster, [tp], broker_id)[tp]
        if isinstance(found, KafkaError):
            raise found
        return found
    except KafkaError as error:
        raise _failed(what, error) from None


def _describe_producers(parsed: Parsed) -> int:
    from zkbroker.cli.tables import print_table

    tp, broker_id = _one_partition(parsed), parsed.number("broker-id")
    where = "leader" if broker_id is None else f"broker {broker_id}"
    with open_cluster(parsed) as cluster:
        found = _producers(
            cluster, tp, broker_id, f"Failed to describe producers for partition {tp} on {where}"
        )
    headers = (
        "ProducerId",
        "ProducerEpoch",
        "LatestCoordinatorEpoch",
        "LastSequence",
        "LastTimestamp",
        "CurrentTransactionStartOffset",
    )
    rows = [
        [
            row.producer_id,
            row.producer_epoch,
            row.coordinator_epoch,
            row.last_sequence,
            row.last_timestamp,
            "None" if row.current_txn_start_offset < 0 else row.current_txn_start_offset,
        ]
        for row in found
    ]
    print_table(headers, rows, parsed)
    return 0


def _abort(parsed: Parsed) -> int:
    from zkbroker.client import transactions
    from zkbroker.errors import KafkaError

    tp = _one_partition(parsed)
    start, producer_id = parsed.number("start-offset"), parsed.number("producer-id")
    if start is None and producer_id is None:
        raise BadOption(
            "The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or "
            "with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)"
        )
    with open_cluster(parsed) as cluster:
        if start is None:
            for name in ("producer-epoch", "coordinator-epoch"):
                if name not in parsed:
                    raise BadOption(f"Missing required argument --{name}")
            producer_epoch = int(parsed.number("producer-epoch") or 0)
            coordinator_epoch = max(0, int(parsed.number("coordinator-epoch") or 0))
        else:
            found = _producers(cluster, tp, None, f"Failed to validate producer state for partition {tp}")
            state = next((row for row in found if row.current_txn_start_offset == start), None)
            if state is None:
                raise BadOption(
                    f"Could not find any open transactions starting at offset {start} on partition {tp}"
                )
            producer_id, producer_epoch = state.producer_id, state.producer_epoch
            coordinator_epoch = max(0, state.coordinator_epoch)
        assert producer_id is not None
        try:
            transactions.abort(cluster, tp, producer_id, producer_epoch, coordinator_epoch)
        except KafkaError as error:
            raise _failed(
                f"Failed to abort the transaction of producer {producer_id} on {tp}", error
            ) from None
    return 0


HANGING: Final = (
    "Topic",
    "Partition",
    "ProducerId",
    "ProducerEpoch",
    "CoordinatorEpoch",
    "StartOffset",
    "LastTimestamp",
    "Duration(min)",
)


def _find_hanging(parsed: Parsed) -> int:
    from zkbroker.cli.tables import print_table

    if "topic" not in parsed and "broker-id" not in parsed:
        raise BadOption(
            "The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search"
        )
    if "partition" in parsed and "topic" not in parsed:
        raise BadOption("The --partition argument requires --topic to be provided")
    with open_cluster(parsed) as cluster:
        rows = _hanging(cluster, parsed)
    print_table(HANGING, rows, parsed)
    return 0


def _hanging(cluster: Cluster, parsed: Parsed) -> list[list[Any]]:
    """Open transactions, longer than any may last, that no coordinator knows of."""
    from zkbroker.client import transactions
    from zkbroker.errors import KafkaError

    oldest_ms = int(time.time() * 1000) - 60_000 * int(parsed.number("max-transaction-timeout") or 0)
    found = transactions.producers(cluster, _searched(cluster, parsed), parsed.number("broker-id"))
    candidates = [
        (tp, row)
        for tp, producers in sorted(found.items())
        if not isinstance(producers, KafkaError)
        for row in producers
        if row.current_txn_start_offset >= 0 and row.last_timestamp < oldest_ms
    ]
    if not candidates:
        return []
    known = {
        row.state.producer_id: row.state.transactional_id
        for row in transactions.list_all(
            cluster, producer_ids=sorted({row.producer_id for _, row in candidates})
        )
    }
    rows = []
    for tp, row in candidates:
        if row.producer_id in known and _is_open(cluster, known[row.producer_id], tp, row):
            continue
        minutes = (int(time.time() * 1000) - row.last_timestamp) // 60_000
        rows.append(
            [
                *(tp.topic, tp.partition, row.producer_id, row.producer_epoch, row.coordinator_epoch),
                *(row.current_txn_start_offset, row.last_timestamp, minutes),
            ]
        )
    return rows


def _is_open(cluster: Cluster, transactional_id: str, tp: TopicPartition, row: ProducerState) -> bool:
    """Whether its coordinator still has this transaction with this partition."""
    from zkbroker.client import transactions

    _, state = transactions.describe(cluster, transactional_id)
    has = any(topic.topic == tp.topic and tp.partition in topic.partitions for topic in state.topics)
    return has and state.producer_id == row.producer_id and state.producer_epoch == row.producer_epoch


def _searched(cluster: Cluster, parsed: Parsed) -> list[TopicPartition]:
    from zkbroker.model import TopicPartition

    topic, partition, broker_id = parsed.text("topic"), parsed.number("partition"), parsed.number("broker-id")
    return [
        TopicPartition(found.name or "", row.partition_index)
        for found in cluster.topics(None if topic is None else [topic])
        for row in found.partitions
        if (partition is None or row.partition_index == partition)
        and (broker_id is None or broker_id in row.replica_nodes)
    ]


def _nothing(parsed: Parsed) -> int:
    raise AssertionError("an action runs")


_COMMON: Final = (BOOTSTRAP, COMMAND_CONFIG, OUTPUT)


def _needs(option: Option) -> Option:
    import attrs

    return attrs.evolve(option, required=True)


def _action(name: str, purpose: str, run: Callable[[Parsed], int], *options: Option) -> Tool:
    return Tool(
        f"kafka-transactions {name}",
        purpose,
        (_needs(BOOTSTRAP), COMMAND_CONFIG, OUTPUT, *options),
        run,
        CLASS,
        needs_words=False,
        reads_all=True,
        is_long=always,
    )


TOOL: Final = Tool(
    name="kafka-transactions",
    purpose="This tool is used to analyze the transactional state of producers in the cluster. It can be used to "
    "detect and recover from hanging transactions.",
    kafka_class=CLASS,
    run=_nothing,
    options=_COMMON,
    actions=(
        _action(
            "list",
            "List transactions.",
            _list,
            Option("duration-filter", "Only those that last longer, in ms.", "DURATION_FILTER", whole_long),
        ),
        _action(
            "describe",
            "Show the state of a transactional id.",
            _describe,
            Option("transactional-id", "The transactional id.", "TRANSACTIONAL_ID", required=True),
        ),
        _action(
            "describe-producers",
            "Show what a partition knows of its producers.",
            _describe_producers,
            BROKER,
            _needs(TOPIC),
            _needs(PARTITION),
        ),
        _action(
            "abort",
            "Abort a hanging transaction in one partition.",
            _abort,
            _needs(TOPIC),
            _needs(PARTITION),
            Option("start-offset", "Where the transaction begins.", "START_OFFSET", whole_long),
            Option("producer-id", "For brokers before 3.0: the producer's id.", "PRODUCER_ID", whole_long),
            Option(
                "producer-epoch", "For brokers before 3.0: the producer's epoch.", "PRODUCER_EPOCH", whole
            ),
            Option("coordinator-epoch", "For brokers before 3.0: the epoch.", "COORDINATOR_EPOCH", whole),
        ),
        _action(
            "find-hanging",
            "Find transactions that nobody will end.",
            _find_hanging,
            BROKER,
            Option("max-transaction-timeout", "Minutes that a transaction may last.", "MINUTES", whole, 15),
            TOPIC,
            PARTITION,
        ),
    ),
)
