"""The follower's half of a fetch session: only what changed is sent again. [pure] Source: KIP-227."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.protocol.generated.fetch_request import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
    ForgottenTopic,
    ReplicaState,
)

WITHOUT_TOPIC_IDS = 12
NO_LIMIT = 2**31 - 1


@attrs.frozen
class FetchFrom:
    """What a follower wants of one partition."""

    topic_id: TopicId
    offset: int
    leader_epoch: int
    last_fetched_epoch: int  # -1: our log knows no epoch
    log_start_offset: int
    max_bytes: int = NO_LIMIT  # below that of the request, where it is throttled


@attrs.frozen
class FetchLimits:
    replica_id: int
    replica_epoch: int  # our broker epoch
    max_wait_ms: int
    min_bytes: int
    max_bytes: int
    partition_max_bytes: int


@attrs.define(eq=False)
class FetchSessionClient:
    """One session with one leader broker. Owner: that broker's fetcher task."""

    with_topic_ids: int  # the version of Fetch where every topic has an id
    session_id: int = 0
    epoch: int = 0  # 0: the next request is full
    version: int = 0  # of the last request
    wanted: dict[TopicPartition, FetchFrom] = attrs.field(factory=dict)
    _changed: dict[TopicPartition, None] = attrs.field(factory=dict)
    _forgotten: dict[TopicPartition, TopicId] = attrs.field(factory=dict)
    _nameless: set[TopicPartition] = attrs.field(factory=set)  # of topics without an id

    def want(self, tp: TopicPartition, fetch: FetchFrom) -> None:
        """Fetch this partition from there on."""
        before = self.wanted.get(tp)
        if before == fetch:
            return
        if before is not None and before.topic_id != fetch.topic_id:
            self.drop(tp)
        self.wanted[tp] = fetch
        self._changed[tp] = None
        if fetch.topic_id == NO_TOPIC_ID:
            self._nameless.add(tp)
        if before is None and self._forgotten.get(tp) == fetch.topic_id:
            del self._forgotten[tp]  # the leader still has it: changed, not forgotten

    def drop(self, tp: TopicPartition) -> None:
        """Fetch this partition no longer."""
        fetch = self.wanted.pop(tp, None)
        self._changed.pop(tp, None)
        self._nameless.discard(tp)
        if fetch is not None and self.epoch > 0:
            self._forgotten[tp] = fetch.topic_id

    def reset(self) -> None:
        """The next request is a full one: the connection or the session broke."""
        self.session_id = 0
        self.epoch = 0

    def next_request(self, limits: FetchLimits) -> tuple[FetchRequest, int]:
        """The request to send now and its version."""
        version = WITHOUT_TOPIC_IDS if self._nameless else self.with_topic_ids
        if version != self.version:
            self.reset()  # a session is by name or by id, never both
            self.version = version
        full = self.epoch == 0
        named: Iterable[TopicPartition] = self.wanted if full else self._changed
        request = FetchRequest(
            replica_id=limits.replica_id if version < 15 else -1,
            replica_state=ReplicaState(replica_id=limits.replica_id, replica_epoch=limits.replica_epoch)
            if version >= 15
            else ReplicaState(),
            max_wait_ms=limits.max_wait_ms,
            min_bytes=limits.min_bytes,
            max_bytes=limits.max_bytes,
            session_id=self.session_id,
            session_epoch=self.epoch,
            topics=self._topics(named, limits.partition_max_bytes),
            forgotten_topics_data=[] if full else self._forgotten_topics(),
        )
        self._changed = {}
        self._forgotten = {}
        return request, version

    def _topics(self, named: Iterable[TopicPartition], partition_max_bytes: int) -> list[FetchTopic]:
        partitions: dict[str, list[FetchPartition]] = {}
        ids: dict[str, TopicId] = {}
        for tp in named:
            fetch = self.wanted[tp]
            ids[tp.topic] = fetch.topic_id
            partitions.setdefault(tp.topic, []).append(
                FetchPartition(
                    partition=tp.partition,
                    current_leader_epoch=fetch.leader_epoch,
                    fetch_offset=fetch.offset,
                    last_fetched_epoch=fetch.last_fetched_epoch,
                    log_start_offset=fetch.log_start_offset,
                    partition_max_bytes=min(partition_max_bytes, fetch.max_bytes),
                )
            )
        return [
            FetchTopic(topic=topic, topic_id=ids[topic], partitions=found)
            for topic, found in partitions.items()
        ]

    def _forgotten_topics(self) -> list[ForgottenTopic]:
        partitions: dict[tuple[str, TopicId], list[int]] = {}
        for tp, topic_id in self._forgotten.items():
            partitions.setdefault((tp.topic, topic_id), []).append(tp.partition)
        return [
            ForgottenTopic(topic=topic, topic_id=topic_id, partitions=numbers)
            for (topic, topic_id), numbers in partitions.items()
        ]

    def accepted(self, session_id: int) -> None:
        """The leader answered without a session error; 0 means that it gave us no session."""
        if session_id == 0:
            self.reset()
        elif self.epoch == 0 or session_id == self.session_id:
            self.session_id = session_id
            self.epoch = 1 if self.epoch >= 0x7FFFFFFF else self.epoch + 1
        else:
            self.reset()
