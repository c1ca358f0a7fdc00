"""Message sets of old clients: stored as batches, and read as message sets again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio

from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, fetch, fetched, produce, result, values
from zkbroker.errors import ErrorCode
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.generated.fetch_response import PartitionData
from zkbroker.protocol.legacy import build_message_set, read_any, read_entries
from zkbroker.protocol.records import ControlType, Record, build_batch, control_batch, read_batches
from zkbroker.storage.appends import AppendOrigin

Start = Callable[..., Awaitable[InProcess]]

RECORDS = [Record(n, 1_000 + n, b"k%d" % n if n % 2 else None, b"v%d" % n) for n in range(5)]
OLD_CODECS = (Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4)


def told(data: PartitionData, magic: int) -> list[tuple[int, int, bytes | None, bytes | None]]:
    """What an old client reads: offset, timestamp, key and value."""
    assert data.error_code == 0 and data.records is not None
    found = []
    for entry in read_entries(memoryview(bytes(data.records)), torn_tail=True):
        assert entry.magic == magic and entry.crc_is_valid()
        found += [(r.offset, r.timestamp, r.key, r.value) for r in entry.records()]
    return found


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", OLD_CODECS)
async def test_message_sets_become_batches_and_message_sets_again(
    in_process: Start, magic: int, codec: Codec
) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    sent = build_message_set(RECORDS, magic, codec, append_time=0)
    for version in (magic, 2):
        answer = result(await wire.ask(produce("t", sent), version))
        assert (answer.error_code, answer.base_offset % 5) == (0, 0)
    new = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert new.records is not None
    (first, _) = read_batches(memoryview(bytes(new.records)))
    assert (first.codec, first.base_offset, len(values(new))) == (codec, 0, 10)
    expected = [(n, 1_000 + n if magic else -1, r.key, r.value) for n, r in enumerate(RECORDS)]
    for version in range(4):
        wants = 0 if version < 2 else 1
        read = told(fetched(await wire.ask(fetch("t", 0), version))[0], wants)
        assert len(read) == 10
        assert [(o, t if wants else -1, k, v) for o, t, k, v in expected] == read[:5]
        again = told(fetched(await wire.ask(fetch("t", 3), version))[0], wants)
        assert again[0][0] == 3


async def test_batches_are_read_by_old_clients_without_their_headers_and_markers(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    headed = build_batch([Record(0, 7, b"k", b"v", (("h", b"x"),))])
    await wire.ask(produce("t", headed), 9)
    partition = cluster.partition("t")
    marker = control_batch(
        ControlType.COMMIT, producer_id=1, producer_epoch=0, coordinator_epoch=0, timestamp=1
    )
    partition.append(memoryview(marker), acks=1, origin=AppendOrigin.COORDINATOR)
    await wire.ask(produce("t", batch(b"w")), 2)
    for version in range(4):
        read = told(fetched(await wire.ask(fetch("t", 0), version))[0], 0 if version < 2 else 1)
        assert [(o, v) for o, _, _, v in read] == [(0, b"v"), (2, b"w")]


async def test_bad_message_sets_are_refused_and_new_versions_take_none(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    await cluster.create_topic("compacted", cleanup_policy="compact")
    await cluster.create_topic("small", max_message_bytes="200")
    wire = await cluster.wire()
    good = build_message_set(RECORDS, 1, Codec.NONE, append_time=0)
    packed = build_message_set(RECORDS, 1, Codec.GZIP, append_time=0)
    for topic, records, version, code in (
        ("t", good[:-1] + b"?", 2, ErrorCode.CORRUPT_MESSAGE),
        ("t", good[:-1], 2, ErrorCode.INVALID_RECORD),
        ("t", packed + packed, 2, ErrorCode.INVALID_RECORD),
        ("t", good, 3, ErrorCode.INVALID_RECORD),
        ("compacted", good, 2, ErrorCode.INVALID_RECORD),  # one has no key
        ("small", good * 3, 2, ErrorCode.MESSAGE_TOO_LARGE),
        ("none", good, 2, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
    ):
        assert ErrorCode(result(await wire.ask(produce(topic, records), version)).error_code) is code, topic
    assert cluster.partition("t").log.log_end_offset == 0


async def test_what_old_clients_cannot_have_is_said(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    await cluster.create_topic("new", message_downconversion_enable="false")
    await cluster.create_topic("zstd", compression_type="zstd")
    wire = await cluster.wire()
    await wire.ask(produce("t", build_batch([Record(0, 1, None, b"x" * 100)], codec=Codec.ZSTD)), 9)
    await wire.ask(produce("new", batch(b"x")), 9)
    await wire.ask(produce("zstd", batch(b"x")), 9)
    for topic, version, code in (
        ("t", 3, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
        ("new", 3, ErrorCode.UNSUPPORTED_VERSION),
        ("new", 4, ErrorCode.NONE),
        ("zstd", 9, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
        ("zstd", 10, ErrorCode.NONE),
    ):
        assert ErrorCode(fetched(await wire.ask(fetch(topic, 0), version))[0].error_code) is code, (
            topic,
            version,
        )


async def test_a_limit_too_small_for_an_old_client_shows_as_a_part_of_an_entry(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    await wire.ask(produce("t", batch(b"x" * 5_000)), 9)
    for version in (0, 1, 2):
        data = fetched(await wire.ask(fetch("t", 0, partition_max_bytes=100), version))[0]
        assert data.records is not None and 0 < len(data.records) <= 100
        size = int.from_bytes(bytes(data.records)[8:12], "big")
        assert size > 100 and not list(read_any(bytes(data.records), torn_tail=True))
        assert not fetched(await wire.ask(fetch("t", 1, partition_max_bytes=100), version))[0].records
    data = fetched(await wire.ask(fetch("t", 0, partition_max_bytes=100), 3))[0]
    assert [v for *_, v in told(data, 1)] == [b"x" * 5_000], "since version 3 one batch at least"


async def test_a_partition_there_was_no_room_for_is_just_empty(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t", partitions=2)
    wire = await cluster.wire()
    for partition in (0, 1):
        await wire.ask(produce("t", batch(b"x" * 5_000), partition=partition), 9)
    found = fetched(await wire.ask(fetch("t", 0, partitions=(0, 1), max_bytes=5_500), 3))
    assert sorted(len(data.records or b"") > 5_000 for data in found.values()) == [False, True]
    assert b"" in [bytes(data.records or b"") for data in found.values()]


async def test_a_large_message_set_is_converted_beside_the_loop(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    many = [Record(n, 1_000, None, b"%d" % n) for n in range(20_000)]
    turns = 0

    async def count_turns(task_status: trio.TaskStatus[None]) -> None:
        nonlocal turns
        task_status.started()
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    sent = build_message_set(many, 1, Codec.NONE, append_time=0)
    async with trio.open_nursery() as nursery:
        await nursery.start(count_turns)
        before = turns
        assert result(await wire.ask(produce("t", sent), 2)).error_code == 0
        assert turns - before > 10, "others had their turn"
        nursery.cancel_scope.cancel()
    read = told(fetched(await wire.ask(fetch("t", 0, partition_max_bytes=10**7), 3))[0], 1)
    assert [v for *_, v in read] == [r.value for r in many]
