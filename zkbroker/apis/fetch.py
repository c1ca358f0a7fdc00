"""Fetch: read what is there, wait for more if the client wants more, answer with slices of the log's files."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import nullcontext

import attrs
import trio

from acl.model import CLUSTER, Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.fetch_sessions import (
    FINAL_EPOCH,
    INITIAL_EPOCH,
    NO_SESSION,
    FetchEntry,
    FetchSession,
    unresolved_name,
)
from zkbroker.apis.old_formats import OLDEST_FETCH_OF_ZSTD, convert_fetched, fetch_magic, too_large_for
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.protocol.generated.fetch_request import FetchRequest
from zkbroker.protocol.generated.fetch_response import (
    AbortedTransaction,
    EpochEndOffset,
    FetchableTopicResponse,
    FetchResponse,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionData,
)
from zkbroker.quotas.replication import ReplicationQuota
from zkbroker.replication import reading
from zkbroker.replication.interest import Interest
from zkbroker.replication.isr import Pulse
from zkbroker.replication.partition import Partition
from zkbroker.replication.reading import FollowerFetch, PartitionRead
from zkbroker.replication.replica_selector import choose_replica
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.storage.slices import LogSlice

DEBUG_CONSUMER_ID = -2
READ_COMMITTED = 1
WITH_TOPIC_IDS = 13
LAST_WITH_HARD_LIMIT = 2  # a batch larger than the limit is not sent at all
NO_LIMIT = 2**31 - 1
EXPECTED_WAIT_S = 0.02
"""How long a follower's fetch waits at most while the follower is to ask for more partitions any moment."""


@attrs.define(eq=False)
class _Found:
    """What one look at a partition gave: a read, or an error, or another replica to ask."""

    read: PartitionRead | None = None
    error: KafkaError | None = None
    preferred_replica: int = -1
    converted: bytes | None = None  # the records as an old client reads them
    has_room: bool = False  # it is the client's limit for the partition, and no other, that counts

    @property
    def size(self) -> int:
        return self.read.size if self.read is not None else 0

    def records(self) -> LogSlice | bytes:
        """What goes into the response, which from now on owns it."""
        if self.converted is not None:
            self.release()
            return self.converted
        read = self.read
        return read.records if read is not None and read.records is not None and len(read.records) else b""

    @property
    def is_final(self) -> bool:
        """Whether the client must hear of it now."""
        return (
            self.error is not None
            or self.preferred_replica >= 0
            or (self.read is not None and self.read.diverging_end_offset >= 0)
        )

    def release(self) -> None:
        if self.read is not None and self.read.records is not None:
            self.read.records.release()


@attrs.define(eq=False)
class _Fetch:
    """One Fetch being served: its partitions, what was found of them, and how much may be answered."""

    request: FetchRequest
    ctx: RequestContext
    broker: Services
    entries: dict[TopicPartition, FetchEntry]  # every partition of this fetch or of its session
    named: dict[TopicPartition, None]  # those the request itself names
    session: FetchSession | None
    full: bool  # the response holds every partition, moved or not
    replica_id: int
    pulse: Pulse | None
    most_bytes: int = NO_LIMIT  # what the client's quota lets it have at a time
    found: dict[TopicPartition, _Found] = attrs.field(factory=dict)
    _follower_allowed: bool = True
    _allowed: dict[str, bool] = attrs.field(factory=dict)
    _first_look: bool = True
    _throttled_left: int = NO_LIMIT  # what is left for throttled replicas that are behind
    _held_ms: int = NO_LIMIT  # for how long some get nothing

    @property
    def is_follower(self) -> bool:
        return self.replica_id >= 0

    def size(self) -> int:
        return sum(found.size for found in self.found.values())

    def is_final(self) -> bool:
        return any(found.is_final for found in self.found.values())

    def release(self) -> None:
        for found in self.found.values():
            found.release()

    # -- looking -----------------------------------------------------------------------------------------------

    def look(self, partitions: Iterable[TopicPartition]) -> None:
        """Read these partitions, within what is left of the request's limits. One sync step."""
        hard_limit = self.ctx.version <= LAST_WITH_HARD_LIMIT
        left = self.request.max_bytes
        if not self.is_follower:
            left = min(left, self.broker.config.broker.fetch_max_bytes, self.most_bytes)
        looked = list(partitions)
        for tp in looked:
            before = self.found.pop(tp, None)
            if before is not None:
                before.release()
        taken = self.size()
        left, min_one = max(0, left - taken), taken == 0 and not hard_limit
        for tp in looked:
            entry = self.entries.get(tp)
            if entry is None:
                continue  # forgotten meanwhile
            try:
                found = self._look_at(tp, entry, min(entry.max_bytes, left), min_one)
            except KafkaError as error:
                found = _Found(error=error.kept())
            found.has_room = entry.max_bytes <= left
            self.found[tp] = found
            if found.size:
                left, min_one = max(0, left - found.size), False
        self._first_look = False

    def _look_at(self, tp: TopicPartition, entry: FetchEntry, max_bytes: int, min_one: bool) -> _Found:
        broker, ctx = self.broker, self.ctx
        if tp.topic.startswith("\0"):
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID, "no topic has that id here")
        self._require_allowed(tp.topic)
        partition = broker.replicas.partitions.get(tp)
        if partition is None:
            if broker.metadata.snapshot.partition(tp) is None and tp not in broker.replicas.offline:
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{tp} does not exist")
            partition = broker.replicas.get(tp)
        if self.session is not None:
            self.session.watch(entry, partition)
        if ctx.version < OLDEST_FETCH_OF_ZSTD and partition.log.config.compression_type == "zstd":
            raise KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, f"{tp}: zstd needs Fetch version 10")
        if NO_TOPIC_ID not in (entry.topic_id, partition.topic_id) and entry.topic_id != partition.topic_id:
            raise KafkaError(ErrorCode.INCONSISTENT_TOPIC_ID, f"{tp}: another topic of that name")
        follower = None
        if self.is_follower and self._first_look and tp in self.named:
            follower = FollowerFetch(self.replica_id, entry.log_start_offset, self.pulse)
        elif not self.is_follower:
            preferred = self._preferred_replica(partition, entry)
            if preferred >= 0:
                read = reading.position(partition, current_leader_epoch=entry.current_leader_epoch)
                return _Found(read, preferred_replica=preferred)
        leader_quota = broker.replication_quotas.leader
        is_throttled = (
            self.is_follower
            and bool(leader_quota)
            and leader_quota.throttles(tp)
            and self.replica_id not in partition.isr.committed  # one that is in sync never waits
        )
        if is_throttled:
            max_bytes, min_one = self._within_throttle(leader_quota, max_bytes, min_one)
        read = reading.read(
            partition,
            entry.offset,
            max_bytes,
            current_leader_epoch=entry.current_leader_epoch,
            last_fetched_epoch=entry.last_fetched_epoch,
            to_end=self.is_follower or self.replica_id == DEBUG_CONSUMER_ID,
            committed_only=self.request.isolation_level == READ_COMMITTED and not self.is_follower,
            from_leader_only=self.is_follower or ctx.version < 11,
            min_one_batch=min_one,
            follower=follower,
        )
        if is_throttled:
            self._throttled_left -= read.size
        return _Found(read)

    def _within_throttle(self, quota: ReplicationQuota, max_bytes: int, min_one: bool) -> tuple[int, bool]:
        """How much a throttled replica that is behind may have now, and whether a batch at least."""
        rest_ms = quota.rest_ms(self.broker.now_ms())
        if rest_ms:
            self._held_ms = rest_ms
            return 0, False
        self._throttled_left = min(self._throttled_left, quota.most_at_once())
        return max(0, min(max_bytes, self._throttled_left)), min_one

    def charge(self) -> bool:
        """Charge what was found to the quotas; returns whether the client may have it, now and before it rests.

        If not, it will ask for the same again.
        """
        broker, ctx, now_ms = self.broker, self.ctx, self.broker.now_ms()
        if self.is_follower:
            leader = broker.replication_quotas.leader
            if leader:
                leader.charge(sum(f.size for tp, f in self.found.items() if leader.throttles(tp)), now_ms)
            return True
        quota = broker.quotas.fetch
        if quota is None:
            return True
        size, user = self.size(), ctx.principal.name
        ctx.throttle_ms = quota.overdue_ms(user, ctx.client_id, size, now_ms)
        if ctx.throttle_ms:
            return False
        ctx.throttle_ms = quota.charge(user, ctx.client_id, size, now_ms)
        return True

    def remember_what_had_no_room(self) -> None:
        """The session looks at it first the next time: nothing else may ever move there."""
        if self.session is None:
            return
        dirty = self.session.interest.dirty
        for tp, found in self.found.items():
            if found.size == 0 and not found.is_final and _has_more(self, tp, found):
                dirty[tp] = None

    def refused(self) -> FetchResponse:
        """The empty response for a client far over its quota. What was found is found again the next time."""
        self.release()
        session = self.session
        if session is None:
            return FetchResponse()
        if self.full:
            # The client takes an empty full response for no session at all. Source: KIP-219.
            self.broker.fetch_sessions.close(session.session_id)
            self.ctx.fetch_session_ids.discard(session.session_id)
            return FetchResponse()
        session.interest.dirty.update(dict.fromkeys(self.found))
        return FetchResponse(session_id=session.session_id)

    def _require_allowed(self, topic: str) -> None:
        allowed = self._allowed.get(topic)
        if allowed is None:
            if self.is_follower:
                allowed = self.broker.authorizer.allows(self.ctx, Operation.CLUSTER_ACTION, CLUSTER)
            else:
                allowed = self.broker.authorizer.allows(self.ctx, Operation.READ, topic_resource(topic))
            self._allowed[topic] = allowed
        if not allowed:
            raise KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)

    def _preferred_replica(self, partition: Partition, entry: FetchEntry) -> int:
        """Another replica this consumer should read from, or -1. Source: KIP-392."""
        selector = self.broker.config.broker.replica_selector_class
        if not selector or not self.request.rack_id or not partition.is_leader:
            return -1
        chosen = choose_replica(
            partition,
            entry.offset,
            self.request.rack_id,
            self.broker.broker_id,
            self.broker.metadata.snapshot.brokers,
            self.broker.now_ms(),
        )
        return chosen if chosen != self.broker.broker_id else -1

    async def read_ahead(self) -> None:
        """Bring what is not in the page cache there, in a thread: sending it must not wait for the disk."""
        for tp, found in self.found.items():
            records = found.read.records if found.read is not None else None
            if records is not None and len(records) and not records.is_cached():
                log = self.broker.logs.get(tp)
                if log is None:
                    continue
                try:
                    await self.broker.logs.read_in_thread(log.segments.log_dir, records.read_ahead)
                except OSError as error:
                    found.release()
                    self.found[tp] = _Found(error=KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)))

    async def convert_down(self, magic: int) -> None:
        """Give an old client what it can read, and let it know where its limits are too small for anything."""
        for tp, found in self.found.items():
            read, entry = found.read, self.entries.get(tp)
            if read is None or entry is None:
                continue
            config = self.broker.config.topic(tp.topic)
            try:
                if not config.message_downconversion_enable:
                    raise KafkaError(ErrorCode.UNSUPPORTED_VERSION, f"{tp}: old clients get nothing")
                if found.size:
                    assert read.records is not None
                    found.converted = await convert_fetched(read.records, magic, entry.offset)
                elif (
                    self.ctx.version <= LAST_WITH_HARD_LIMIT and found.has_room and _has_more(self, tp, found)
                ):
                    found.converted = too_large_for(entry.max_bytes)
            except KafkaError as error:
                found.release()
                self.found[tp] = _Found(error=error.kept())

    # -- answering ---------------------------------------------------------------------------------------------

    def response(self) -> FetchResponse:
        """The response; its slices now belong to whoever sends it."""
        topics: dict[tuple[str, TopicId], list[PartitionData]] = {}
        leaders: dict[int, NodeEndpoint] = {}
        with_ids = self.ctx.version >= WITH_TOPIC_IDS
        for tp, entry in (
            self.entries.items()
            if self.full
            else [(t, self.entries[t]) for t in self.found if t in self.entries]
        ):
            found = self.found.get(tp, _NOTHING)
            if not self.full and not self._is_news(entry, found):
                continue
            self._remember(tp, entry, found)
            key = ("", entry.topic_id) if with_ids else (tp.topic, NO_TOPIC_ID)
            topics.setdefault(key, []).append(self._partition_data(tp, found, leaders))
        return FetchResponse(
            session_id=self.session.session_id if self.session is not None else NO_SESSION,
            responses=[
                FetchableTopicResponse(topic=name, topic_id=topic_id, partitions=partitions)
                for (name, topic_id), partitions in topics.items()
            ],
            node_endpoints=list(leaders.values()),
        )

    def _is_news(self, entry: FetchEntry, found: _Found) -> bool:
        read = found.read
        return (
            found.is_final
            or found.size > 0
            or (
                read is not None
                and (
                    read.high_watermark != entry.told_high_watermark
                    or read.log_start_offset != entry.told_log_start_offset
                )
            )
        )

    def _remember(self, tp: TopicPartition, entry: FetchEntry, found: _Found) -> None:
        if self.session is None:
            return
        if found.read is not None and found.error is None:
            entry.told_high_watermark = found.read.high_watermark
            entry.told_log_start_offset = found.read.log_start_offset
        else:
            entry.told_high_watermark = -1
        if found.is_final or found.size:
            # Until the client names it again, it must be looked at again.
            self.session.interest.dirty[tp] = None

    def _partition_data(
        self, tp: TopicPartition, found: _Found, leaders: dict[int, NodeEndpoint]
    ) -> PartitionData:
        read = found.read
        if found.error is not None or read is None:
            code = found.error.code if found.error is not None else ErrorCode.NONE
            if code is ErrorCode.KAFKA_STORAGE_ERROR and self.ctx.version <= 5:
                code = ErrorCode.NOT_LEADER_OR_FOLLOWER
            return PartitionData(
                partition_index=tp.partition,
                error_code=code,
                high_watermark=-1,
                current_leader=self._current_leader(tp, code, leaders),
                records=b"",
            )
        aborted = read.aborted
        return PartitionData(
            partition_index=tp.partition,
            error_code=0,
            high_watermark=read.high_watermark,
            last_stable_offset=read.last_stable_offset,
            log_start_offset=read.log_start_offset,
            diverging_epoch=EpochEndOffset(epoch=read.diverging_epoch, end_offset=read.diverging_end_offset)
            if read.diverging_end_offset >= 0
            else EpochEndOffset(),
            aborted_transactions=[
                AbortedTransaction(producer_id=a.producer_id, first_offset=a.first_offset) for a in aborted
            ]
            if aborted is not None
            else None,
            preferred_read_replica=found.preferred_replica,
            records=found.records(),
        )

    def _current_leader(
        self, tp: TopicPartition, code: ErrorCode, leaders: dict[int, NodeEndpoint]
    ) -> LeaderIdAndEpoch:
        """Whom to ask instead. Source: KIP-951."""
        if self.ctx.version < 16 or code not in (
            ErrorCode.NOT_LEADER_OR_FOLLOWER,
            ErrorCode.FENCED_LEADER_EPOCH,
        ):
            return LeaderIdAndEpoch()
        snapshot = self.broker.metadata.snapshot
        known = snapshot.partition(tp)
        if known is None:
            return LeaderIdAndEpoch()
        leader = snapshot.brokers.get(known.leader)
        endpoint = leader.endpoint(self.ctx.listener) if leader is not None else None
        if leader is not None and endpoint is not None:
            leaders[known.leader] = NodeEndpoint(
                node_id=known.leader, host=endpoint.host, port=endpoint.port, rack=leader.rack
            )
        return LeaderIdAndEpoch(leader_id=known.leader, leader_epoch=known.leader_epoch)


_NOTHING = _Found()


async def fetch(request: FetchRequest, ctx: RequestContext, broker: Services) -> FetchResponse:
    """Versions 0-17. Checks READ on the topics, or CLUSTER_ACTION of a follower.

    Errors, top level: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
    Per partition: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID,
    UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
    OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR. Source: KIP-227, KIP-320, KIP-392, KIP-516, KIP-595, KIP-951.
    """
    try:
        this = _begin(request, ctx, broker)
    except KafkaError as error:
        return FetchResponse(error_code=error.code, session_id=NO_SESSION)
    if broker.quotas.fetch is not None and not this.is_follower:
        this.most_bytes = broker.quotas.fetch.most_at_once(ctx.principal.name, ctx.client_id)
    deadline = trio.current_time() + request.max_wait_ms / 1000
    try:
        if this.session is not None and not this.full:
            await _serve_session(this, this.session, deadline)
        else:
            await _serve_all(this, deadline)
        this.remember_what_had_no_room()
        if (broker.quotas.fetch is not None or broker.replication_quotas.leader) and not this.charge():
            return this.refused()
        await this.read_ahead()
        magic = fetch_magic(ctx.version)
        if magic is not None:
            await this.convert_down(magic)
    except BaseException:
        this.release()
        raise
    return this.response()


async def _serve_session(this: _Fetch, session: FetchSession, deadline: float) -> None:
    """Look only at what moved since the session's last answer, and at what moves while we wait."""
    request, began = this.request, trio.current_time()
    replicas, interest = this.broker.replicas, session.interest
    with replicas.waiting(this.replica_id, interest) if this.is_follower else nullcontext():
        while True:
            dirty = session.take_dirty()
            if dirty:
                this.look(dirty)
            if _is_enough(this, request) or not session.entries:
                break
            until = _patience(this, began, deadline)
            if trio.current_time() >= until:
                break
            with trio.move_on_at(until):
                await interest.moved.wait()


def _has_more(this: _Fetch, tp: TopicPartition, found: _Found) -> bool:
    read, entry = found.read, this.entries.get(tp)
    if read is None or entry is None:
        return False
    return entry.offset < (read.log_end_offset if this.is_follower else read.high_watermark)


async def _serve_all(this: _Fetch, deadline: float) -> None:
    """Look at every partition; while waiting, at those that move."""
    request, began = this.request, trio.current_time()
    if this.session is not None:
        this.session.take_dirty()
    this.look(this.entries)
    if _is_enough(this, request) or not this.entries or trio.current_time() >= deadline:
        return
    session = this.session
    interest = session.interest if session is not None else Interest(reads_to_end=this.is_follower)
    watched: list[Partition] = []
    try:
        if session is None:
            for tp in this.entries:
                partition = this.broker.replicas.partitions.get(tp)
                if partition is not None:
                    partition.watch(interest)
                    watched.append(partition)
        with this.broker.replicas.waiting(this.replica_id, interest) if this.is_follower else nullcontext():
            while trio.current_time() < (until := _patience(this, began, deadline)):
                with trio.move_on_at(until):
                    await interest.moved.wait()
                dirty, interest.dirty = interest.dirty, {}
                if dirty:
                    this.look(dirty)
                if _is_enough(this, request):
                    return
    finally:
        for partition in watched:
            partition.unwatch(interest)


def _patience(this: _Fetch, began: float, deadline: float) -> float:
    """Until when (trio time) a fetch that began then waits for more."""
    if this._held_ms != NO_LIMIT:
        deadline = min(deadline, began + this._held_ms / 1000)
    if this.is_follower and this.broker.replicas.expects(this.replica_id):
        return min(deadline, began + EXPECTED_WAIT_S)
    return deadline


def _is_enough(this: _Fetch, request: FetchRequest) -> bool:
    least_bytes = min(request.min_bytes, this.most_bytes)
    return request.max_wait_ms <= 0 or this.size() >= least_bytes or this.is_final()


def _begin(request: FetchRequest, ctx: RequestContext, broker: Services) -> _Fetch:
    """Resolve the session. Raises: the session errors."""
    replica_id = request.replica_id if ctx.version < 15 else request.replica_state.replica_id
    named = _entries(request, ctx, broker)
    sessions = broker.fetch_sessions
    uses_topic_ids = ctx.version >= WITH_TOPIC_IDS
    now_ms = broker.now_ms()
    session: FetchSession | None = None
    full = True
    entries = named
    if request.session_epoch in (FINAL_EPOCH, INITIAL_EPOCH):
        sessions.close(request.session_id)
        ctx.fetch_session_ids.discard(request.session_id)
    if request.session_epoch == FINAL_EPOCH or ctx.version < 7:
        pass
    elif request.session_epoch == INITIAL_EPOCH:
        if named:
            session = sessions.create(
                size=len(named),
                uses_topic_ids=uses_topic_ids,
                is_follower=replica_id >= 0,
                now_ms=now_ms,
                random_id=lambda: secrets.randbelow(0x7FFFFFFF) + 1,
            )
            if session is not None:
                ctx.fetch_session_ids.add(session.session_id)
    else:
        session = sessions.take(
            request.session_id, request.session_epoch, uses_topic_ids=uses_topic_ids, now_ms=now_ms
        )
        full = False
    if session is not None:
        for tp in _forgotten(request, ctx, session):
            session.forget(tp)
        for tp, entry in named.items():
            session.put(tp, entry)
        if session.unresolved:
            session.resolve(broker.metadata.snapshot.topic_names.get)
        entries = session.entries
        session.pulse.last_fetch_ms = now_ms
        if not entries:
            sessions.close(session.session_id)
            session = None
    return _Fetch(
        request=request,
        ctx=ctx,
        broker=broker,
        entries=entries,
        named=dict.fromkeys(named),
        session=session,
        full=full,
        replica_id=replica_id,
        pulse=session.pulse if session is not None else None,
    )


def _entries(
    request: FetchRequest, ctx: RequestContext, broker: Services
) -> dict[TopicPartition, FetchEntry]:
    names = broker.metadata.snapshot.topic_names
    with_ids = ctx.version >= WITH_TOPIC_IDS
    entries: dict[TopicPartition, FetchEntry] = {}
    for topic in request.topics:
        topic_id = topic.topic_id
        name = names.get(topic_id) or unresolved_name(topic_id) if with_ids else topic.topic
        for wanted in topic.partitions:
            entries[TopicPartition(name, wanted.partition)] = FetchEntry(
                topic_id if with_ids else NO_TOPIC_ID,
                wanted.fetch_offset,
                wanted.partition_max_bytes,
                wanted.current_leader_epoch,
                wanted.last_fetched_epoch,
                wanted.log_start_offset,
            )
    return entries


def _forgotten(request: FetchRequest, ctx: RequestContext, session: FetchSession) -> Iterable[TopicPartition]:
    """What the session is to forget. Topic ids mean the session's own: a topic may be gone from the metadata."""
    if ctx.version < WITH_TOPIC_IDS:
        for topic in request.forgotten_topics_data:
            yield from (TopicPartition(topic.topic, p) for p in topic.partitions)
    elif request.forgotten_topics_data:
        wanted: dict[TopicId, set[int]] = {}
        for topic in request.forgotten_topics_data:
            wanted.setdefault(topic.topic_id, set()).update(topic.partitions)
        yield from session.partitions_of(wanted)
