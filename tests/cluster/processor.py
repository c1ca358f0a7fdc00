"""A read-process-write application on librdkafka's transactional producer, as a process that can be killed.

    python processor.py BOOTSTRAP GROUP TRANSACTIONAL_ID INPUT OUTPUT TRANSACTION_TIMEOUT_MS

Copies every record of INPUT to the same partition of OUTPUT, exactly once. Now and then it writes something else first
and aborts that. Ends with 3 when another process has taken its transactional id, with 4 on any other fatal error, by
SIGALRM when it ran for a while without progress: librdkafka 2.16 hangs for good when the broker it takes for the
group's coordinator leaves the metadata while it waits for it.
tests/peers/Processor.java is the same on Java's clients.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import attrs
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

FENCED, FATAL = 3, 4
RECORDS_AT_A_TIME = 20
ABORT_EVERY = 5
ABORTED = b"aborted"
TIMEOUT_S = 10.0
HUNG_AFTER_S = 25

_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)


@attrs.define(eq=False)
class Patience:
    """Ends the process when it makes no progress. Its own seconds count: while it is frozen they stand still."""

    left_s: int = HUNG_AFTER_S

    def renew(self) -> None:
        self.left_s = HUNG_AFTER_S

    def run(self) -> None:
        """Blocks a thread of its own."""
        while self.left_s > 0:
            time.sleep(1)
            self.left_s -= 1
        os.kill(os.getpid(), signal.SIGALRM)


@attrs.define(eq=False)
class Membership:
    """What was read under the present assignment, and the group's word on that assignment.

    The callbacks run inside `poll`. librdkafka forgets its generation when it is thrown out of the group, and
    commits without one are not fenced: so the one of the assignment is kept here.
    """

    consumer: Consumer
    metadata: Any = None
    messages: list[Any] = attrs.field(factory=list)

    def assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.metadata = consumer.consumer_group_metadata()

    def revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.messages.clear()

    def read(self) -> list[Any]:
        """Up to RECORDS_AT_A_TIME records, all of one assignment."""
        self.messages.clear()
        message = self.consumer.poll(0.2)
        while message is not None:
            if message.error() is None:
                self.messages.append(message)
            else:
                _say(f"consumer: {message.error()}")
            message = self.consumer.poll(0) if len(self.messages) < RECORDS_AT_A_TIME else None
        return list(self.messages)


def main(
    bootstrap: str, group: str, transactional_id: str, source: str, target: str, transaction_timeout_ms: str
) -> int:
    common = {"bootstrap.servers": bootstrap, "reconnect.backoff.max.ms": 500, "log_level": 4}
    consumer = Consumer(
        {
            **common,
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 3000,
            "heartbeat.interval.ms": 500,
            "partition.assignment.strategy": "roundrobin",
        }
    )
    producer = Producer(
        {
            **common,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": int(transaction_timeout_ms),
        }
    )
    membership = Membership(consumer)
    patience = Patience()
    try:
        _patiently(lambda: producer.init_transactions(TIMEOUT_S))
        consumer.subscribe([source], on_assign=membership.assigned, on_revoke=membership.revoked)
        _say("ready")
        threading.Thread(target=patience.run, daemon=True).start()
        for number in range(sys.maxsize):
            patience.renew()
            messages = membership.read()
            if messages:
                try:
                    if number % ABORT_EVERY == 0:
                        _abort_something(producer, target, messages)
                    _process(membership.metadata, producer, target, messages)
                except KafkaException as error:
                    _recover(error, consumer, producer)
    except KafkaException as error:
        reason = error.args[0]
        _say(f"fatal: {reason.name()}: {reason.str()}")
        return FENCED if reason.code() in _FENCED else FATAL
    return 0


def _abort_something(producer: Producer, target: str, messages: list[Any]) -> None:
    producer.begin_transaction()
    for message in messages:
        producer.produce(target, value=ABORTED, partition=message.partition())
    producer.flush(TIMEOUT_S)
    _patiently(lambda: producer.abort_transaction(TIMEOUT_S))


def _process(metadata: Any, producer: Producer, target: str, messages: list[Any]) -> None:
    producer.begin_transaction()
    for message in messages:
        producer.produce(target, key=message.key(), value=message.value(), partition=message.partition())
    ends = {(m.topic(), m.partition()): m.offset() + 1 for m in messages}
    offsets = [TopicPartition(topic, partition, end) for (topic, partition), end in ends.items()]
    _patiently(lambda: producer.send_offsets_to_transaction(offsets, metadata, TIMEOUT_S))
    _patiently(lambda: producer.commit_transaction(TIMEOUT_S))


def _recover(error: KafkaException, consumer: Consumer, producer: Producer) -> None:
    """Abort, and read again from what is committed. Raises: KafkaException if there is no going on."""
    reason = error.args[0]
    if not reason.txn_requires_abort():
        raise error
    _say(f"abort: {reason.name()}: {reason.str()}")
    _patiently(lambda: producer.abort_transaction(TIMEOUT_S))
    for committed in _patiently(lambda: consumer.committed(consumer.assignment(), timeout=TIMEOUT_S)):
        if committed.offset < 0:
            committed.offset = 0
        consumer.seek(committed)


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201


def _patiently(call: Any) -> Any:
    """Call again while the client says that this is safe and of use."""
    while True:
        try:
            return call()
        except KafkaException as error:
            if not error.args[0].retriable():
                raise
            _say(f"again: {error.args[0].name()}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
