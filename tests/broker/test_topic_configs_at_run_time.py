"""Every topic configuration that concerns the log acts on a log that is open, from the change on."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable

import pytest
import trio

from tests.broker.in_process import InProcess, Wire
from tests.broker.test_data_path import batch, fetch, fetched, produce, result, values
from tests.broker.test_deleted_records import delete, deleted
from zkbroker.errors import ErrorCode
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.records import Record, build_batch, read_batches
from zkbroker.storage.log import Log

Start = Callable[..., Awaitable[InProcess]]
TOPIC = 2  # the resource type


async def change(cluster: InProcess, wire: Wire, **configs: str) -> Log:
    """Change the topic `t` as an administrator does; returns its log once that has the change."""
    log = cluster.partition("t", broker_id=cluster.leader("t")).log
    before = log.config
    answer = await wire.ask(
        IncrementalAlterConfigsRequest(
            resources=[
                AlterConfigsResource(
                    resource_type=TOPIC,
                    resource_name="t",
                    configs=[
                        AlterableConfig(name=key.replace("_", "."), config_operation=0, value=value)
                        for key, value in configs.items()
                    ],
                )
            ]
        ),
        1,
    )
    assert isinstance(answer, IncrementalAlterConfigsResponse)
    assert not answer.responses[0].error_code, answer.responses[0].error_message
    await cluster.wait_until(lambda: log.config is not before)
    return log


async def opened(in_process: Start, **overrides: str) -> tuple[InProcess, Wire, Log]:
    cluster = await in_process(**overrides)
    await cluster.create_topic("t")
    return cluster, await cluster.wire(), cluster.partition("t").log


async def send(wire: Wire, *contents: bytes, version: int = 9, **how: int) -> ErrorCode:
    return ErrorCode(result(await wire.ask(produce("t", batch(*contents, **how)), version)).error_code)


def at(timestamp: int, value: bytes = b"x") -> bytearray:
    return build_batch([Record(0, timestamp, None, value)])


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_max_message_bytes(in_process: Start) -> None:
    cluster, wire, _ = await opened(in_process)
    assert await send(wire, b"x" * 5_000) is ErrorCode.NONE
    await change(cluster, wire, max_message_bytes="1000")
    assert await send(wire, b"x" * 5_000) is ErrorCode.MESSAGE_TOO_LARGE
    await change(cluster, wire, max_message_bytes="10000")
    assert await send(wire, b"x" * 5_000) is ErrorCode.NONE


async def test_segment_bytes(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    for _ in range(5):
        await send(wire, b"x" * 500)
    assert len(log.segments) == 1
    await change(cluster, wire, segment_bytes="600")
    for _ in range(3):
        await send(wire, b"x" * 500)
    assert len(log.segments) == 4


async def test_segment_ms_and_jitter(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    start = now_ms()
    for later in (0, 60_000):
        await wire.ask(produce("t", at(start + later)), 9)
    assert len(log.segments) == 1
    await change(cluster, wire, segment_ms="100000")
    await wire.ask(produce("t", at(start + 90_000)), 9)
    assert len(log.segments) == 1
    await change(cluster, wire, segment_jitter_ms="100000")
    assert 0 < log.segments.active.roll_after_ms <= 100_000
    await change(cluster, wire, segment_ms="1000", segment_jitter_ms="0")
    await wire.ask(produce("t", at(start + 92_000)), 9)
    assert len(log.segments) == 2


async def test_index_interval_and_index_size(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    for _ in range(10):
        await send(wire, b"x" * 300)
    await change(cluster, wire, index_interval_bytes="100")
    for _ in range(10):
        await send(wire, b"x" * 300)
    log.segments.active.write_indexes()
    entries = (log.directory / "00000000000000000000.index").stat().st_size // 8
    assert entries >= 9, "an entry for nearly every batch since"
    await change(cluster, wire, segment_index_bytes="80")
    await send(wire, b"x" * 300)
    await send(wire, b"x" * 300)
    assert len(log.segments) == 2, "the index has no room for more"


async def test_retention_ms_bytes_and_policy(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    services = cluster.broker.services
    assert services is not None
    old = now_ms() - 3_600_000
    await change(cluster, wire, segment_bytes="600")
    for _ in range(6):
        await wire.ask(produce("t", at(old, b"x" * 500)), 9)
    assert await services.logs.apply_retention() == 0
    await change(cluster, wire, retention_bytes="1700")
    assert await services.logs.apply_retention() == 3
    assert log.log_start_offset == 3
    await change(cluster, wire, cleanup_policy="compact")
    assert deleted(await wire.ask(delete("t", 4), 2)).error_code == ErrorCode.POLICY_VIOLATION
    await change(cluster, wire, retention_ms="60000")
    assert await services.logs.apply_retention() == 0, "a compacted topic keeps what is old"
    assert await send(wire, b"no key") is ErrorCode.INVALID_RECORD
    await change(cluster, wire, cleanup_policy="delete")
    assert await services.logs.apply_retention() == 3
    assert log.log_start_offset == log.log_end_offset == 6


async def test_file_delete_delay_ms(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    services = cluster.broker.services
    assert services is not None
    await change(cluster, wire, segment_bytes="600", file_delete_delay_ms="600000")
    for _ in range(4):
        await send(wire, b"x" * 500)

    def waiting() -> list[str]:
        return sorted(name for name in os.listdir(log.directory) if name.endswith(".deleted"))

    assert not deleted(await wire.ask(delete("t", 1), 2)).error_code
    await services.logs.apply_retention()
    kept = waiting()
    assert kept
    await change(cluster, wire, file_delete_delay_ms="0")
    assert not deleted(await wire.ask(delete("t", 3), 2)).error_code
    await services.logs.apply_retention()
    await cluster.wait_until(lambda: waiting() == kept)


async def test_flush_messages(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    await send(wire, b"a", b"b")
    assert log.recovery_point == 0
    await change(cluster, wire, flush_messages="1")
    for end in (3, 4):
        assert await send(wire, b"c") is ErrorCode.NONE
        assert log.recovery_point == log.log_end_offset == end, "on disk before it is acknowledged"
    await change(cluster, wire, flush_messages="3")
    assert await send(wire, b"d", b"e") is ErrorCode.NONE
    assert log.recovery_point == 4
    assert await send(wire, b"f") is ErrorCode.NONE
    assert log.recovery_point == 7


async def test_flush_messages_of_a_follower(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    wire, follower = await cluster.wire(leader), cluster.partition("t", broker_id=3 - leader).log
    assert not result(await wire.ask(produce("t", batch(b"a"), acks=-1), 9)).error_code
    assert follower.recovery_point == 0
    await change(cluster, wire, flush_messages="1")
    await cluster.wait_until(lambda: follower.config.flush_messages == 1)
    for end in (2, 3, 4):
        assert not result(await wire.ask(produce("t", batch(b"b"), acks=-1), 9)).error_code
        assert follower.recovery_point == end, "on its disk before the leader is told"


async def test_flush_ms(in_process: Start) -> None:
    cluster, wire, log = await opened(
        in_process, log_flush_scheduler_interval_ms="20", log_flush_interval_ms="600000"
    )
    await send(wire, b"a")
    with trio.move_on_after(0.1):
        await cluster.wait_until(lambda: log.recovery_point == 1)
    assert log.recovery_point == 0
    await change(cluster, wire, flush_ms="1")
    await cluster.wait_until(lambda: log.recovery_point == 1)


async def test_preallocate(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    await send(wire, b"a")
    await change(cluster, wire, preallocate="true", segment_bytes="1000000")
    cluster.partition("t").log.roll(now_ms())
    await send(wire, b"b")
    status = os.stat(log.segments.active.path())
    assert status.st_blocks * 512 >= 1_000_000 > status.st_size
    await change(cluster, wire, preallocate="false")
    cluster.partition("t").log.roll(now_ms())
    await send(wire, b"c")
    assert os.stat(log.segments.active.path()).st_blocks * 512 < 1_000_000


async def test_message_timestamp_type(in_process: Start) -> None:
    cluster, wire, _ = await opened(in_process)
    created = now_ms() - 5_000
    assert result(await wire.ask(produce("t", at(created)), 9)).log_append_time_ms == -1
    await change(cluster, wire, message_timestamp_type="LogAppendTime")
    stamped = result(await wire.ask(produce("t", at(created)), 9)).log_append_time_ms
    assert created < stamped <= now_ms()
    await change(cluster, wire, message_timestamp_type="CreateTime")
    await wire.ask(produce("t", at(created + 1)), 9)
    data = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert data.records is not None
    times = [r.timestamp for b in read_batches(memoryview(bytes(data.records))) for r in b.records()]
    assert times == [created, stamped, created + 1]


@pytest.mark.parametrize("key", ["message_timestamp_before_max_ms", "message_timestamp_difference_max_ms"])
async def test_message_timestamp_before_max_ms(in_process: Start, key: str) -> None:
    cluster, wire, _ = await opened(in_process)

    async def an_hour_ago() -> ErrorCode:
        return ErrorCode(result(await wire.ask(produce("t", at(now_ms() - 3_600_000)), 9)).error_code)

    assert await an_hour_ago() is ErrorCode.NONE
    await change(cluster, wire, **{key: "1000000"})
    assert await an_hour_ago() is ErrorCode.INVALID_TIMESTAMP
    await change(cluster, wire, **{key: "100000000"})
    assert await an_hour_ago() is ErrorCode.NONE


async def test_message_timestamp_after_max_ms(in_process: Start) -> None:
    cluster, wire, _ = await opened(in_process)

    async def in_half_an_hour() -> ErrorCode:
        return ErrorCode(result(await wire.ask(produce("t", at(now_ms() + 1_800_000)), 9)).error_code)

    assert await in_half_an_hour() is ErrorCode.NONE, "there is no limit by default"
    await change(cluster, wire, message_timestamp_after_max_ms="60000")
    assert await in_half_an_hour() is ErrorCode.INVALID_TIMESTAMP
    await change(cluster, wire, message_timestamp_after_max_ms="3600000")
    assert await in_half_an_hour() is ErrorCode.NONE


async def test_compression_type_and_level(in_process: Start) -> None:
    cluster, wire, _ = await opened(in_process)
    content = b"".join(b"%d " % (n * n) for n in range(3_000))
    await send(wire, content)
    for codec, levels in (("gzip", ("1", "9")), ("lz4", ("1", "12")), ("zstd", ("-50", "19"))):
        for level in levels:
            await change(cluster, wire, compression_type=codec, **{f"compression_{codec}_level": level})
            await send(wire, content)
    await change(cluster, wire, compression_type="uncompressed")
    await send(wire, content, codec=Codec.GZIP)
    await change(cluster, wire, compression_type="producer")
    await send(wire, content, codec=Codec.SNAPPY)
    data = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert data.records is not None
    batches = list(read_batches(memoryview(bytes(data.records))))
    codecs = [b.codec for b in batches]
    expected = [Codec.GZIP, Codec.GZIP, Codec.LZ4, Codec.LZ4, Codec.ZSTD, Codec.ZSTD]
    assert codecs == [Codec.NONE, *expected, Codec.NONE, Codec.SNAPPY]
    stored = [b.size_in_bytes for b in batches]
    assert stored[2] < stored[1] and stored[4] < stored[3] and stored[6] < stored[5], (
        "the higher level is denser"
    )
    assert set(values(data)) == {content}


async def test_min_insync_replicas(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    await cluster.stop_broker(3 - leader)
    partition = cluster.partition("t", broker_id=leader)
    services = cluster.brokers[leader].services
    assert services is not None
    await cluster.wait_until(lambda: partition.isr.committed == (leader,) and services.controller.is_active)
    wire = await cluster.wire(leader)
    assert not result(await wire.ask(produce("t", batch(b"x"), acks=-1), 9)).error_code
    await change(cluster, wire, min_insync_replicas="2")
    code = result(await wire.ask(produce("t", batch(b"x"), acks=-1), 9)).error_code
    assert ErrorCode(code) is ErrorCode.NOT_ENOUGH_REPLICAS


async def test_message_downconversion_enable(in_process: Start) -> None:
    cluster, wire, _ = await opened(in_process)
    await send(wire, b"x")
    assert not fetched(await wire.ask(fetch("t", 0), 3))[0].error_code
    await change(cluster, wire, message_downconversion_enable="false")
    code = fetched(await wire.ask(fetch("t", 0), 3))[0].error_code
    assert ErrorCode(code) is ErrorCode.UNSUPPORTED_VERSION


async def test_compaction_begins_and_its_lags_and_ratio_count(in_process: Start) -> None:
    """min.cleanable.dirty.ratio, min. and max.compaction.lag.ms, delete.retention.ms on a log that is open."""
    cluster, wire, log = await opened(in_process, log_cleaner_backoff_ms="20")
    services = cluster.broker.services
    assert services is not None
    cleaner = services.logs.cleaner

    async def write(value: bytes | None) -> None:
        records = build_batch([Record(0, now_ms(), b"k", value)])
        assert not result(await wire.ask(produce("t", records), 9)).error_code

    async def settled(compactions: int) -> None:
        await cluster.wait_until(lambda: cleaner.statistics().compactions >= compactions)

    await change(
        cluster,
        wire,
        cleanup_policy="compact",
        min_compaction_lag_ms="600000",
        max_compaction_lag_ms="700000",
    )
    assert log.segments.active.roll_after_ms == 700_000, "so that it can be compacted in time"
    for number in range(10):
        await write(b"%d" % number)
    log.roll(now_ms())
    await cluster.wait_until(lambda: cleaner.statistics().max_dirty_ratio == 0.0 and not cleaner.first_dirty)
    assert cleaner.statistics().compactions == 0, "too young"
    await change(cluster, wire, min_compaction_lag_ms="0", delete_retention_ms="600000")
    await settled(1)
    data = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert values(data) == [b"9"]
    done = cleaner.statistics().compactions
    await change(cluster, wire, min_cleanable_dirty_ratio="1.0")
    await write(None)
    log.roll(now_ms())
    await change(cluster, wire, min_cleanable_dirty_ratio="0.01")
    await settled(done + 1)
    data = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert values(data) == [b""], "the tombstone stays for delete.retention.ms"
    done = cleaner.statistics().compactions
    await change(cluster, wire, delete_retention_ms="0")
    await write(b"last")
    log.roll(now_ms())
    await settled(done + 1)
    await write(b"later")
    log.roll(now_ms())
    await settled(done + 2)
    data = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert b"" not in values(data)
