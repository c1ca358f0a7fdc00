"""The leader's half of fetch sessions: what each client already asked for, and what it was told.

Source: KIP-227, FetchSession.scala.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import attrs

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicId, TopicPartition
from zkbroker.replication.interest import Interest
from zkbroker.replication.isr import Pulse
from zkbroker.replication.partition import Partition

NO_SESSION = 0
FINAL_EPOCH = -1  # "no session, please", or "close mine"
INITIAL_EPOCH = 0  # "a full fetch, and a session if you can"
EVICT_AFTER_MS = 120_000


@attrs.define(eq=False)
class FetchEntry:
    """What a client wants of one partition, and what it was last told about it."""

    topic_id: TopicId
    offset: int
    max_bytes: int
    current_leader_epoch: int
    last_fetched_epoch: int
    log_start_offset: int  # a follower's; -1 from consumers
    told_high_watermark: int = -1
    told_log_start_offset: int = -1
    watched: Partition | None = None  # where the session's interest is registered


def unresolved_name(topic_id: TopicId) -> str:
    """A stand-in for the name of a topic id that nobody knows (yet); no topic can be called that."""
    return "\0" + topic_id.hex()


@attrs.define(eq=False)
class FetchSession:
    """One client's partitions. Owner: FetchSessions; the fetch being served changes its entries."""

    session_id: int
    uses_topic_ids: bool
    is_follower: bool
    created_ms: int
    last_used_ms: int
    next_epoch: int = 1
    entries: dict[TopicPartition, FetchEntry] = attrs.field(factory=dict)
    unresolved: dict[TopicPartition, TopicId] = attrs.field(factory=dict)
    pulse: Pulse = attrs.field(factory=Pulse)
    interest: Interest = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.interest = Interest(reads_to_end=self.is_follower)

    def put(self, tp: TopicPartition, entry: FetchEntry) -> None:
        """Add a partition, or take the client's new position in it."""
        before = self.entries.get(tp)
        if before is not None and before.topic_id == entry.topic_id:
            entry.told_high_watermark = before.told_high_watermark
            entry.told_log_start_offset = before.told_log_start_offset
            entry.watched = before.watched
        elif before is not None:
            self._unwatch(before)
        self.entries[tp] = entry
        self.interest.dirty[tp] = None
        if tp.topic.startswith("\0"):
            self.unresolved[tp] = entry.topic_id

    def forget(self, tp: TopicPartition) -> FetchEntry | None:
        entry = self.entries.pop(tp, None)
        self.interest.dirty.pop(tp, None)
        self.unresolved.pop(tp, None)
        if entry is not None:
            self._unwatch(entry)
        return entry

    def partitions_of(self, wanted: Mapping[TopicId, Collection[int]]) -> list[TopicPartition]:
        """The session's partitions of these topics, by the ids and numbers it was given."""
        return [
            tp
            for tp, entry in self.entries.items()
            if entry.topic_id in wanted and tp.partition in wanted[entry.topic_id]
        ]

    def watch(self, entry: FetchEntry, partition: Partition) -> None:
        """Hear of the partition's moves from now on."""
        if entry.watched is not partition:
            self._unwatch(entry)
            partition.watch(self.interest)
            entry.watched = partition

    def _unwatch(self, entry: FetchEntry) -> None:
        if entry.watched is not None:
            entry.watched.unwatch(self.interest)
            entry.watched.forget_pulse(self.pulse)
            entry.watched = None

    def resolve(self, name_of: Callable[[TopicId], str | None]) -> None:
        """Give the partitions of topic ids that have become known their names."""
        for stand_in, topic_id in list(self.unresolved.items()):
            name = name_of(topic_id)
            if name is not None:
                entry = self.entries[stand_in]
                self.forget(stand_in)
                self.put(TopicPartition(name, stand_in.partition), entry)

    def take_dirty(self) -> dict[TopicPartition, None]:
        """What has to be looked at; from now on moves are collected anew."""
        dirty, self.interest.dirty = self.interest.dirty, {}
        return dirty

    def close(self) -> None:
        for entry in self.entries.values():
            self._unwatch(entry)
        self.entries = {}


@attrs.frozen
class FetchSessionStatistics:
    sessions: int
    partitions: int
    evictions: int


@attrs.define(eq=False)
class FetchSessions:
    """The sessions of all clients, at most `max_slots`. Owner of them all; sync."""

    max_slots: Callable[[], int]
    _sessions: dict[int, FetchSession] = attrs.field(factory=dict)
    _evictions: int = 0

    def statistics(self) -> FetchSessionStatistics:
        return FetchSessionStatistics(
            len(self._sessions), sum(len(s.entries) for s in self._sessions.values()), self._evictions
        )

    def close(self, session_id: int) -> None:
        """End a session; one that does not exist is fine."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.close()

    def create(
        self,
        *,
        size: int,
        uses_topic_ids: bool,
        is_follower: bool,
        now_ms: int,
        random_id: Callable[[], int],
    ) -> FetchSession | None:
        """A new empty session for `size` partitions, or None when there is no room: the client fetches in full.

        Room is made by evicting a session idle for two minutes, or one that deserves its slot less: consumers'
        before followers', then fewer partitions, if it was made more than two minutes ago.
        """
        if len(self._sessions) >= self.max_slots() and not self._evict_for(size, is_follower, now_ms):
            return None
        session_id = random_id()
        while session_id in self._sessions or session_id == NO_SESSION:
            session_id = random_id()
        session = FetchSession(session_id, uses_topic_ids, is_follower, now_ms, now_ms)
        self._sessions[session_id] = session
        return session

    def _evict_for(self, size: int, is_follower: bool, now_ms: int) -> bool:
        if self.max_slots() <= 0 or not self._sessions:
            return False
        stalest = min(self._sessions.values(), key=lambda s: s.last_used_ms)
        if now_ms - stalest.last_used_ms > EVICT_AFTER_MS:
            victim = stalest
        else:
            old_enough = [s for s in self._sessions.values() if now_ms - s.created_ms > EVICT_AFTER_MS]
            victim_or_none = min(old_enough, key=lambda s: (s.is_follower, len(s.entries)), default=None)
            if victim_or_none is None or (victim_or_none.is_follower, len(victim_or_none.entries)) >= (
                is_follower,
                size,
            ):
                return False
            victim = victim_or_none
        self.close(victim.session_id)
        self._evictions += 1
        return True

    def take(self, session_id: int, epoch: int, *, uses_topic_ids: bool, now_ms: int) -> FetchSession:
        """The session an incremental fetch continues.

        Raises: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise KafkaError(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, f"there is no fetch session {session_id}")
        if session.uses_topic_ids != uses_topic_ids:
            raise KafkaError(
                ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, "a fetch session is by topic name or by id, not both"
            )
        if epoch != session.next_epoch:
            raise KafkaError(
                ErrorCode.INVALID_FETCH_SESSION_EPOCH,
                f"fetch session {session_id} is at epoch {session.next_epoch}, not {epoch}",
            )
        session.next_epoch = 1 if epoch >= 0x7FFFFFFF else epoch + 1
        session.last_used_ms = now_ms
        return session
