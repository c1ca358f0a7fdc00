"""What a replica tells of its roles and of what it dropped: to the feed, to the log, to who keeps notes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from zkbroker.events import FollowingBegun, LeadershipTaken, LogRestarted, LogTruncated

if TYPE_CHECKING:
    from zkbroker.replication.partition import Partition
    from zkbroker.replication.surroundings import Surroundings

log = logging.getLogger(__name__)


def leadership_taken(here: Surroundings, partition: Partition, end: int) -> None:
    """What a leader begins with; after an unclean election it is all that is left of the partition."""
    high_watermark, unclean = partition.high_watermark, partition.is_recovering
    taken = LeadershipTaken(partition.tp, partition.leader_epoch, end, high_watermark, unclean)
    here.events.emit(taken)
    if unclean:
        log.warning(
            "%s: led here after an unclean election, leader epoch %d: our log ends at %d, the high watermark "
            "we knew is %d; what others have beyond that end is dropped",
            partition.tp,
            partition.leader_epoch,
            end,
            high_watermark,
        )
        here.leads_uncleanly(partition, taken)


def following_begun(here: Surroundings, partition: Partition) -> None:
    end, high_watermark = partition.log.log_end_offset, partition.high_watermark
    here.events.emit(
        FollowingBegun(partition.tp, partition.leader, partition.leader_epoch, end, high_watermark)
    )


def truncated(
    here: Surroundings, partition: Partition, end: int, high_watermark: int, records: int, first_epoch: int
) -> None:
    """The exact range that is gone: offsets [log end now, `end`). Says what was known before it went."""
    now = partition.log.log_end_offset
    committed = max(0, min(high_watermark, end) - now)
    log.log(
        logging.WARNING if committed else logging.INFO,
        "%s: dropped offsets %d to %d (%d records of leader epoch %d on; %d offsets below the high watermark "
        "%d we knew): broker %d, which leads in epoch %d, does not have them",
        partition.tp,
        now,
        end - 1,
        records,
        first_epoch,
        committed,
        high_watermark,
        partition.leader,
        partition.leader_epoch,
    )
    dropped = LogTruncated(partition.tp, end, now, records, committed, first_epoch, partition.leader_epoch)
    here.events.emit(dropped)
    here.truncated(partition, dropped)


def restarted(here: Surroundings, partition: Partition, what: LogRestarted) -> None:
    """All of a log is gone, which is nothing unusual for who was away longer than records are kept."""
    log.info(
        "%s: dropped all records; the leader's log starts at %d, ours ended at %d",
        partition.tp,
        what.to_offset,
        what.from_offset,
    )
    here.events.emit(what)
    here.restarted(partition, what)
