"""Which segments a log no longer needs to keep.

Source: UnifiedLog.deleteOldSegments of Kafka 3.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkbroker.storage.segment import Segment
from zkbroker.storage.segments import Segments

if TYPE_CHECKING:
    from zkbroker.config import TopicConfig


def deletable(
    segments: Segments, config: TopicConfig, log_start_offset: int, high_watermark: int, wall_ms: int
) -> list[Segment]:
    """The oldest segments that may go: by time and size where the topic deletes, and all below the log's start.

    None reaches beyond the high watermark. The active segment may be among them if it is not empty. Raises: OSError.
    """
    count = len(segments)

    def may_go(index: int) -> bool:
        last = index == count - 1
        end = segments.end_offset if last else segments[index + 1].base_offset
        return end <= high_watermark and not (last and segments[index].size == 0)

    # Each rule begins where the one before it stopped, and stops at the first segment it would keep.
    gone = 0
    while gone < count - 1 and may_go(gone) and segments[gone + 1].base_offset <= log_start_offset:
        gone += 1
    if config.deletes_old_segments and config.retention_bytes >= 0:
        surplus = sum(segment.size for segment in segments[gone:]) - config.retention_bytes
        while gone < count and may_go(gone) and surplus >= segments[gone].size:
            surplus -= segments[gone].size
            gone += 1
    if config.deletes_old_segments and config.retention_ms >= 0:
        oldest_ms = wall_ms - config.retention_ms
        while gone < count and may_go(gone) and segments[gone].largest_timestamp_ms < oldest_ms:
            gone += 1
    return segments[:gone]
