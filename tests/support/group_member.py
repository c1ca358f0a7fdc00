"""A member of a consumer group in a process of its own, so that it can be killed, frozen and started again.

    python group_member.py LIBRARY '{"bootstrap": …, "group": …, "topic": …, "strategy": "eager" | "cooperative",
                                     "instance": … | null, "session_ms": …}'

It reads, commits what it read after every handful of records, and prints what happened as lines of JSON, each with
`at`, the time of the monotonic clock (seconds), which all processes of a machine share. SIGTERM: it leaves in good
order. tests/peers/GroupMember.java is the same with Kafka's own consumer.

    {"assigned": [0, 1]}          from now on these too are its own
    {"revoked": [0]}              … no longer; "lost" where somebody else may have them already
    {"first": 0, "offset": 5}     the first record it read of a partition after that was assigned
    {"read": 0, "to": 9}          it has read up to that offset, exclusive
    {"committed": {"0": 9}}       the coordinator acknowledged these offsets
    {"refused": "…"}              the coordinator did not take a commit
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

HANDFUL = 50
POLL_S = 0.2
LONG_POLL_MS = 30_000
COMMITTED_S = 60.0  # for the coordinator to be found and to have loaded
HEARTBEAT_MS = 500


class Report:
    """What a member tells."""

    def __init__(self) -> None:
        self._unread: set[int] = set()
        self.is_stopped = False
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_: object) -> None:
        self.is_stopped = True

    def say(self, **event: object) -> None:
        print(json.dumps({**event, "at": time.monotonic()}), flush=True)  # noqa: T201

    def assigned(self, partitions: Iterable[int]) -> None:
        new = sorted(partitions)
        self._unread.update(new)
        self.say(assigned=new)

    def gone(self, how: str, partitions: Iterable[int]) -> None:
        gone = sorted(partitions)
        self._unread.difference_update(gone)
        self.say(**{how: gone})

    def read(self, partition: int, first: int, last: int) -> None:
        if partition in self._unread:
            self._unread.remove(partition)
            self.say(first=partition, offset=first)
        self.say(read=partition, to=last + 1)


# -- librdkafka ---------------------------------------------------------------------------------------------------


def confluent_kafka(options: dict[str, Any], report: Report) -> None:
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

    strategy = {"eager": "range", "cooperative": "cooperative-sticky"}[options["strategy"]]
    config = {
        "bootstrap.servers": options["bootstrap"],
        "group.id": options["group"],
        "partition.assignment.strategy": strategy,
        "session.timeout.ms": options["session_ms"],
        "heartbeat.interval.ms": HEARTBEAT_MS,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",  # it begins where the coordinator says, or ends
        "reconnect.backoff.max.ms": 500,
    }
    if options["instance"]:
        config["group.instance.id"] = options["instance"]
    consumer = Consumer(config)
    starts: dict[int, int] = {}

    def assign(_: Consumer, new: list[TopicPartition]) -> None:
        report.assigned(each.partition for each in new)
        committed = consumer.committed(new, timeout=COMMITTED_S) if new else []
        starts.update((each.partition, max(0, each.offset)) for each in committed)
        found = [
            TopicPartition(each.topic, each.partition, each.offset if each.offset >= 0 else OFFSET_BEGINNING)
            for each in committed
        ]
        (consumer.assign if options["strategy"] == "eager" else consumer.incremental_assign)(found)

    def numbers(partitions: Iterable[Any]) -> list[int]:
        return [each.partition for each in partitions]

    consumer.subscribe(
        [options["topic"]],
        on_assign=assign,
        on_revoke=lambda _, old: report.gone("revoked", numbers(old)),
        on_lost=lambda _, old: report.gone("lost", numbers(old)),
    )
    while not report.is_stopped:
        positions: dict[int, tuple[int, int]] = {}
        messages: list[Any] = consumer.consume(HANDFUL, timeout=POLL_S)
        for each in messages:
            if (problem := each.error()) is not None:
                if problem.fatal() or problem.code() == KafkaError._AUTO_OFFSET_RESET:
                    raise KafkaException(problem)
                continue
            if each.offset() < starts[each.partition()]:
                continue  # fetched for an assignment it lost since (librdkafka 2.16; its issues 1359 and 1767)
            first, _ = positions.get(each.partition(), (each.offset(), 0))
            positions[each.partition()] = (first, each.offset())
        if not positions:
            continue
        for partition, (first, last) in positions.items():
            report.read(partition, first, last)
        try:
            done = consumer.commit(asynchronous=False)
            report.say(committed={str(each.partition): each.offset for each in done if each.error is None})
        except KafkaException as error:
            report.say(refused=str(error))
    consumer.close()


# -- kafka-python -------------------------------------------------------------------------------------------------


def kafka_python(options: dict[str, Any], report: Report) -> None:
    from kafka import ConsumerRebalanceListener, KafkaConsumer
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.errors import KafkaError

    class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
        def on_partitions_assigned(self, assigned: Any) -> None:
            report.assigned(each.partition for each in assigned)

        def on_partitions_revoked(self, revoked: Any) -> None:
            report.gone("revoked", (each.partition for each in revoked))

        def on_partitions_lost(self, lost: Any) -> None:
            report.gone("lost", (each.partition for each in lost))

    strategy = {"eager": RangePartitionAssignor, "cooperative": CooperativeStickyAssignor}
    consumer = KafkaConsumer(
        bootstrap_servers=options["bootstrap"].split(","),
        group_id=options["group"],
        group_instance_id=options["instance"],
        partition_assignment_strategy=[strategy[options["strategy"]]],
        session_timeout_ms=options["session_ms"],
        heartbeat_interval_ms=HEARTBEAT_MS,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=HANDFUL,
    )
    consumer.subscribe([options["topic"]], listener=Listener())
    while not report.is_stopped:
        # A poll that ends while the group waits for a SyncGroup never hears of the assignment (3.0.12).
        found = consumer.poll(timeout_ms=LONG_POLL_MS)
        _tell(report, found.items())
        if not found:
            continue
        offsets = {str(tp.partition): messages[-1].offset + 1 for tp, messages in found.items()}
        try:
            consumer.commit()
            report.say(committed=offsets)
        except KafkaError as error:
            report.say(refused=repr(error))
    consumer.close()


def _tell(report: Report, found: Iterable[tuple[Any, Sequence[Any]]]) -> None:
    for tp, messages in found:
        report.read(tp.partition, messages[0].offset, messages[-1].offset)


# -- aiokafka -----------------------------------------------------------------------------------------------------


def aiokafka(options: dict[str, Any], report: Report) -> None:
    asyncio.run(_aiokafka(options, report))


async def _aiokafka(options: dict[str, Any], report: Report) -> None:
    from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
    from aiokafka.coordinator.assignors.range import RangePartitionAssignor
    from aiokafka.errors import KafkaError

    class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
        def on_partitions_assigned(self, assigned: Any) -> None:
            report.assigned(each.partition for each in assigned)

        def on_partitions_revoked(self, revoked: Any) -> None:
            report.gone("revoked", (each.partition for each in revoked))

    assert options["strategy"] == "eager", "aiokafka knows no other"
    consumer = AIOKafkaConsumer(
        bootstrap_servers=options["bootstrap"].split(","),
        group_id=options["group"],
        group_instance_id=options["instance"],
        partition_assignment_strategy=[RangePartitionAssignor],
        session_timeout_ms=options["session_ms"],
        heartbeat_interval_ms=HEARTBEAT_MS,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=HANDFUL,
    )
    consumer.subscribe([options["topic"]], listener=Listener())
    await consumer.start()
    while not report.is_stopped:
        found = await consumer.getmany(timeout_ms=int(POLL_S * 1000))
        _tell(report, found.items())
        if not found:
            continue
        offsets = {tp: messages[-1].offset + 1 for tp, messages in found.items()}
        try:
            await consumer.commit(offsets)
            report.say(committed={str(tp.partition): offset for tp, offset in offsets.items()})
        except KafkaError as error:
            report.say(refused=repr(error))
    await consumer.stop()


if __name__ == "__main__":
    globals()[sys.argv[1]](json.loads(sys.argv[2]), Report())
