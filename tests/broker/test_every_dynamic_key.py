"""Every key that Kafka 3.9 lets change at run time, changed on a running broker, and seen to act.

One row a key: of topics in topic_key_rows.py, of brokers in broker_key_rows.py. A key of the tables that has no row
fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.broker.broker_key_rows import BROKER_ROWS, ENTITY_ROWS, LISTENER_ROWS
from tests.broker.dynamic_keys import (
    ALL_BROKERS,
    THIS_BROKER,
    Acts,
    Elsewhere,
    NoEffect,
    Place,
    Refused,
    Tuning,
    climb,
    naming,
    on_topic,
)
from tests.broker.in_process import InProcess
from tests.broker.test_configs import BROKER, SET, TOPIC
from tests.broker.topic_key_rows import MARKER, TOPIC_ROWS
from zkbroker.config import BROKER_KEYS, TOPIC_KEYS, TOPIC_SYNONYMS, Treatment, Update
from zkbroker.config.broker_keys import DYNAMIC_ONLY
from zkbroker.config.dynamic import CHANGE_ON_OPEN_LISTENERS
from zkbroker.errors import ErrorCode
from zkbroker.quotas.clients import (
    CONSUMER_BYTE_RATE,
    CONTROLLER_MUTATION_RATE,
    PRODUCER_BYTE_RATE,
    REQUEST_PERCENTAGE,
)
from zkbroker.security.guard import CONNECTION_RATE
from zkbroker.security.scram import HASHES

Start = Callable[..., Awaitable[InProcess]]


async def test_topic_keys(in_process: Start) -> None:
    """On the topic, and by its broker key on this broker and on all brokers."""
    rows = {key: row for key, row in TOPIC_ROWS.items() if isinstance(row, Acts)}
    static = {"log_flush_scheduler_interval_ms": "20", "log_flush_interval_ms": "6000000"}
    place = await Place.of(await in_process(**static))
    await place.create({key: row.topic for key, row in rows.items()} | {MARKER: {"flush.ms": "1"}})
    for key, row in rows.items():
        levels = {on_topic(key): key}
        if (synonym := TOPIC_SYNONYMS.get(key)) is not None:
            levels = {ALL_BROKERS: synonym, THIS_BROKER: synonym} | levels
        await climb(place, key, row, levels)


def limits(key: str) -> str:
    return f"listener.name.plaintext.{key}"


async def test_keys_of_brokers_and_listeners(in_process: Start) -> None:
    """On this broker and on all brokers; limits of one listener likewise."""
    rows = {key: row for key, row in BROKER_ROWS.items() if isinstance(row, Acts)}
    rows |= {limits(key): row for key, row in LISTENER_ROWS.items() if isinstance(row, Acts)}
    static = {
        "transaction_state_log_num_partitions": "1",
        "transaction_state_log_replication_factor": "1",
        "transaction_state_log_min_isr": "1",
    }
    place = await Place.of(await in_process(**static))
    await place.create({key: row.topic for key, row in rows.items()})
    for key, row in rows.items():
        await climb(place, key, row, {ALL_BROKERS: key, THIS_BROKER: key})


async def test_keys_without_effect_say_so_once(in_process: Start, caplog: pytest.LogCaptureFixture) -> None:
    place = await Place.of(await in_process())
    for key, row in BROKER_ROWS.items():
        if isinstance(row, Tuning):
            level = THIS_BROKER if BROKER_KEYS[key].update is Update.PER_BROKER else ALL_BROKERS
            with naming(key):
                for value in (row.value, None):
                    await place.set(level, key, value)
                said = [line for line in caplog.messages if line.startswith(f"{key}={row.value} (")]
                assert len(said) == 1 and f"has no effect here: {BROKER_KEYS[key].tuning}" in said[0]


async def test_keys_without_effect_at_kafka_either_are_kept(in_process: Start) -> None:
    place = await Place.of(await in_process())
    await place.create({"t": {}})
    for key, row in TOPIC_ROWS.items():
        if isinstance(row, NoEffect):
            await place.set(on_topic("t"), key, row.value)
            assert (await place.admin.entry(TOPIC, "t", key)).value == row.value
    await place.send("t")
    assert (await place.last_batch("t")).magic == 2


async def test_keys_that_cannot_be_honoured_are_refused(in_process: Start) -> None:
    place = await Place.of(await in_process())
    await place.create({"t": {}})
    for rows, kind, name, code in (
        (TOPIC_ROWS, TOPIC, "t", ErrorCode.INVALID_CONFIG),
        (BROKER_ROWS, BROKER, "1", ErrorCode.INVALID_REQUEST),
    ):
        before = {entry.name: entry.value for entry in (await place.admin.describe(kind, name)).configs}
        for key, row in rows.items():
            if isinstance(row, Refused):
                assert await place.admin.alter(kind, name, (key, SET, row.value)) is code, key
        assert before == {e.name: e.value for e in (await place.admin.describe(kind, name)).configs}


def test_every_key_has_a_row_of_its_kind() -> None:
    """A key that may change at run time and that nobody has seen change is not served."""
    dynamic = {key.name for key in BROKER_KEYS.values() if key.update is not Update.READ_ONLY}
    seen = [key for key, row in TOPIC_ROWS.items() if isinstance(row, Acts | Elsewhere)]
    of_topics = {TOPIC_SYNONYMS[key] for key in seen if key in TOPIC_SYNONYMS}
    tuning = {key for key, row in BROKER_ROWS.items() if isinstance(row, Tuning)}
    assert TOPIC_ROWS.keys() == TOPIC_KEYS.keys()
    assert not BROKER_ROWS.keys() & of_topics, "seen by the topic's key"
    assert BROKER_ROWS.keys() | of_topics == dynamic | DYNAMIC_ONLY
    assert {key for key in dynamic if BROKER_KEYS[key].treatment is Treatment.TUNING} == tuning
    assert LISTENER_ROWS.keys() == CHANGE_ON_OPEN_LISTENERS
    rates = {PRODUCER_BYTE_RATE, CONSUMER_BYTE_RATE, REQUEST_PERCENTAGE, CONTROLLER_MUTATION_RATE}
    entities = {(kind, key) for kind in ("users", "clients") for key in rates} | {("ips", CONNECTION_RATE)}
    assert ENTITY_ROWS.keys() == entities | {("users", mechanism) for mechanism in HASHES}
