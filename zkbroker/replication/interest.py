"""What a fetch waits for: partitions that move put themselves on its list."""

from __future__ import annotations

import attrs

from zkbroker.changed import Changed
from zkbroker.model import TopicPartition


@attrs.define(eq=False)
class Interest:
    """The partitions a fetch or a fetch session reads, as far as they moved since it last looked.

    Owner: the fetch (session). Partitions call `mark`; the owner takes `dirty` and clears it. A wake-up looks
    only at what is dirty: re-reading 5,000 partitions for one append would be quadratic.
    """

    reads_to_end: bool  # a follower: sees the log up to its end, not only to the high watermark
    dirty: dict[TopicPartition, None] = attrs.field(factory=dict)  # a set that keeps its order
    moved: Changed = attrs.field(factory=Changed)

    def mark(self, tp: TopicPartition, *, wake: bool) -> None:
        """Something about `tp` is to be looked at; `wake` ends the wait of the fetch."""
        self.dirty[tp] = None
        if wake:
            self.moved.notify()
