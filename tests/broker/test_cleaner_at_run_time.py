"""The keys of the log cleaner, changed while it works and while it waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from tests.broker.dynamic_keys import ALL_BROKERS, THIS_BROKER, Place, now_ms
from tests.broker.in_process import InProcess
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.records import Record, build_batch
from zkbroker.storage.cleaner import LogCleaner

Start = Callable[..., Awaitable[InProcess]]

A, B = TopicPartition("a", 0), TopicPartition("b", 0)
BACKOFF, RATE = "log.cleaner.backoff.ms", "log.cleaner.io.max.bytes.per.second"
THREADS, MEMORY = "log.cleaner.threads", "log.cleaner.dedupe.buffer.size"
NEVER, AT_ONCE = "86400000", "10"


async def compacting(in_process: Start, **static: str) -> tuple[Place, LogCleaner]:
    """A broker with two compacted topics."""
    place = await Place.of(await in_process(**static))
    compacted = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0"}
    await place.create(dict.fromkeys("ab", compacted))
    return place, place.services.logs.cleaner


async def dirty(place: Place, topic: str, *, records: int = 3, size: int = 100, keys: int = 1) -> None:
    """Fill a segment and seal it."""
    batch = [Record(0, now_ms(), b"%d" % (number % keys), bytes(size)) for number in range(records)]
    assert await place.append(topic, build_batch(batch)) is ErrorCode.NONE
    place.log(topic).roll(now_ms())


async def test_backoff(in_process: Start) -> None:
    place, cleaner = await compacting(in_process, log_cleaner_backoff_ms=NEVER)

    def is_clean() -> bool:
        return cleaner.first_dirty.get(A) == place.log("a").segments.active.base_offset

    async def soon() -> None:
        await dirty(place, "a")
        await place.cluster.wait_until(is_clean)

    async def not_soon() -> None:
        await dirty(place, "a")
        with trio.move_on_after(0.1):
            await place.cluster.wait_until(is_clean)
        assert not is_clean()

    await not_soon()
    await place.set(ALL_BROKERS, BACKOFF, AT_ONCE)
    await soon()
    await soon()
    await place.set(THIS_BROKER, BACKOFF, NEVER)
    await place.cluster.wait_until(lambda: not cleaner.statistics().cleaning)
    await not_soon()
    await place.set(THIS_BROKER, BACKOFF, None)
    await soon()
    await soon()
    await place.set(ALL_BROKERS, BACKOFF, None)
    await place.cluster.wait_until(lambda: not cleaner.statistics().cleaning)
    await not_soon()


async def test_threads_and_their_limit(in_process: Start) -> None:
    place, cleaner = await compacting(in_process, log_cleaner_backoff_ms=AT_ONCE)

    def cleaned(tp: TopicPartition) -> bool:
        return cleaner.first_dirty.get(tp) == place.log(tp.topic).segments.active.base_offset

    def cleaning() -> set[TopicPartition]:
        return {log.tp for log in map(place.log, "ab") if cleaner.is_cleaning(log)}

    async def both(size: int) -> None:
        for topic in "ab":
            for _ in range(3):
                await dirty(place, topic, records=1, size=size)

    await place.set(ALL_BROKERS, RATE, "1000")  # a record of 200 KB takes minutes
    await both(200_000)
    await place.cluster.wait_until(lambda: len(cleaning()) == 1)
    first = cleaning()
    with trio.move_on_after(0.1):
        await place.cluster.wait_until(lambda: len(cleaning()) == 2)
    assert cleaning() == first, "there is one thread"
    await place.set(THIS_BROKER, THREADS, "2")
    await place.cluster.wait_until(lambda: len(cleaning()) == 2)
    assert not cleaned(A) and not cleaned(B)
    await place.set(THIS_BROKER, RATE, "1e9")
    await place.cluster.wait_until(lambda: cleaned(A) and cleaned(B) and not cleaning())

    await place.set(THIS_BROKER, RATE, None)
    await place.set(THIS_BROKER, THREADS, None)
    await both(200_000)
    await place.cluster.wait_until(lambda: len(cleaning()) == 1)
    first = cleaning()
    with trio.move_on_after(0.1):
        await place.cluster.wait_until(lambda: len(cleaning()) == 2)
    assert cleaning() == first, "one thread again, and slow again"
    await place.set(ALL_BROKERS, RATE, None)
    await place.cluster.wait_until(lambda: cleaned(A) and cleaned(B) and not cleaning())


async def test_memory(in_process: Start) -> None:
    """A buffer for 5,242 keys needs more than one run for 9,000."""
    place, cleaner = await compacting(in_process, log_cleaner_backoff_ms=NEVER)

    async def in_one_go() -> bool:
        before = cleaner.statistics().compactions
        for start in range(0, 9_000, 3_000):
            batch = [Record(0, now_ms(), b"%d" % (start + number), b"") for number in range(3_000)]
            assert await place.append("a", build_batch(batch)) is ErrorCode.NONE
            place.log("a").roll(now_ms())
        end = place.log("a").segments.active.base_offset
        place.services.logs.reconfigured()
        await place.cluster.wait_until(
            lambda: cleaner.first_dirty.get(A) == end and not cleaner.is_cleaning(place.log("a"))
        )
        return cleaner.statistics().compactions == before + 1

    assert await in_one_go()
    await place.set(ALL_BROKERS, MEMORY, "1048577")
    assert not await in_one_go()
    await place.set(THIS_BROKER, MEMORY, "100000000")
    assert await in_one_go()
    await place.set(THIS_BROKER, MEMORY, None)
    assert not await in_one_go()
    await place.set(ALL_BROKERS, MEMORY, None)
    assert await in_one_go()
