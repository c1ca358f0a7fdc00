"""Topic configurations that act together on a log that is open. Each alone: test_every_dynamic_key.py."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from tests.broker.in_process import InProcess, Wire
from tests.broker.test_data_path import batch, fetch, fetched, produce, result, values
from tests.broker.test_deleted_records import delete, deleted
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.records import Record, build_batch
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


async def test_retention_ms_bytes_and_policy(in_process: Start) -> None:
    cluster, wire, log = await opened(in_process)
    services = cluster.broker.services
    assert services is not None
    old = now_ms() - 3_600_000
    await change(cluster, wire, segment_bytes="600")
    for _ in range(6):
        await wire.ask(produce("t", at(old, b"x" * 500)), 9)
    assert await services.logs.periodic.apply_retention() == 0
    await change(cluster, wire, retention_bytes="1700")
    assert await services.logs.periodic.apply_retention() == 3
    assert log.log_start_offset == 3
    await change(cluster, wire, cleanup_policy="compact")
    assert deleted(await wire.ask(delete("t", 4), 2)).error_code == ErrorCode.POLICY_VIOLATION
    await change(cluster, wire, retention_ms="60000")
    assert await services.logs.periodic.apply_retention() == 0, "a compacted topic keeps what is old"
    assert await send(wire, b"no key") is ErrorCode.INVALID_RECORD
    await change(cluster, wire, cleanup_policy="delete")
    assert await services.logs.periodic.apply_retention() == 3
    assert log.log_start_offset == log.log_end_offset == 6


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
