"""What a replica tells that no quiet cluster makes it tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, produce
from zkbroker.errors import ErrorCode
from zkbroker.events import IsrProposed, IsrRefused, LogRestarted, LogTruncated, Stamped
from zkbroker.model import TopicPartition
from zkbroker.replication.isr import Isr, IsrProposal

Start = Callable[..., Awaitable[InProcess]]
TP = TopicPartition("t", 0)


async def told(cluster: InProcess, act: Callable[[], object]) -> list[Any]:
    """The replica's events while something is done to it."""
    seen: list[Stamped] = []
    with cluster.broker.events.sink(seen.append):
        act()
    return [stamped.event for stamped in seen if getattr(stamped.event, "tp", None) == TP]


async def test_what_is_dropped_is_told_exactly(in_process: Start) -> None:
    """Batches of 3, 4 and 5 records; a truncation within a batch drops all of it."""
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    for count in (3, 4, 5):
        await wire.ask(produce("t", batch(*[b"x"] * count)), 9)
    partition = cluster.partition("t")
    assert (partition.log.log_end_offset, partition.high_watermark) == (12, 12)
    partition.log.high_watermark = 10  # as far as a follower may have heard
    epoch = partition.leader_epoch
    assert await told(cluster, lambda: partition.truncate(12)) == []
    (dropped,) = await told(cluster, lambda: partition.truncate(5))
    assert dropped == LogTruncated(
        TP, 12, 3, records=9, committed=7, first_dropped_epoch=epoch, leader_epoch=epoch
    )
    assert partition.log.log_end_offset == 3
    assert await told(cluster, lambda: partition.restart_at(40)) == [
        LogRestarted(TP, 3, 40, log_start_offset=0, high_watermark=3, last_epoch=epoch, leader_epoch=epoch)
    ]


async def test_a_proposal_and_its_refusal_are_told(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    partition = cluster.partition("t")
    epochs = partition.leader_epoch, partition.partition_epoch
    proposal = IsrProposal(TP, partition.topic_id, (1, 2), *epochs)
    partition.isr = Isr((1,), (1, 2))
    refusal = ErrorCode.INELIGIBLE_REPLICA
    assert await told(cluster, lambda: partition.isr_refused(proposal, refusal)) == [
        IsrRefused(TP, (1, 2), "INELIGIBLE_REPLICA")
    ]
    assert partition.isr == Isr((1,))
    partition.isr = Isr((1, 2))
    assert await told(cluster, partition.maybe_shrink_isr) == [IsrProposed(TP, (1,), *epochs)]
    partition.isr = Isr((1,))
