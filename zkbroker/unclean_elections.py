"""What unclean elections cost, in one place: /zkbroker/unclean_elections, a znode a partition.

Who is elected the controller decides, but what that loses only the logs know. So the new leader notes where it
begins, and each broker that later drops records because of it notes the exact range. Kafka never looks there;
`zkbroker unclean-elections` prints it. The leader's note survives any controller: until the leader is past its
recovery, the state znode says RECOVERING, and every LeaderAndIsr repeats it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import attrs

from zkbroker.changed import Changed
from zkbroker.events import LeadershipTaken, LogRestarted, LogTruncated
from zkbroker.model import LeaderAndIsr, TopicId, TopicPartition, parse_topic_id, topic_id_text
from zkbroker.replication.partition import Partition
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import (
    BadVersion,
    ConnectionLost,
    NodeExists,
    NoNode,
    SessionLost,
    ZkSession,
    ZooKeeperError,
)
from zkbroker.zookeeper.strict_json import JsonObject, Undecodable, encode, parse

log = logging.getLogger(__name__)

KEPT: Final = 20
"""Elections remembered for one partition, the newest."""
QUEUED: Final = 20_000
"""Notes that wait for ZooKeeper at most; the oldest go first."""
UNKNOWN: Final = -1


# -- the record, and how notes change it. Pure ---------------------------------------------------------


@attrs.frozen
class Dropped:
    """A broker dropped offsets [first_offset, end_offset) because the elected leader does not have them."""

    broker_id: int
    first_offset: int
    end_offset: int
    records: int  # -1: not counted
    committed: int  # offsets of the range below the high watermark that broker knew
    wall_ms: int


@attrs.frozen
class Elected:
    """One unclean election. The controller, or who drops records, may note it before the leader: then that one's
    numbers are -1.
    """

    topic_id: TopicId
    leader: int
    leader_epoch: int
    controller_epoch: int
    log_end_offset: int  # where it began to lead
    high_watermark: int  # the one it knew
    wall_ms: int
    dropped: tuple[Dropped, ...] = ()
    recovered: bool = (
        False  # others are in the ISR with it since; until then every return of it is this election
    )


Elections = tuple[Elected, ...]
"""Of one partition, oldest first."""


def with_elected(elections: Elections, elected: Elected) -> Elections:
    """The record once a controller has elected. Others may have noted it already, under a later leader epoch."""
    for index, known in enumerate(elections):
        if _same_leader(known, elected) and known.leader_epoch >= elected.leader_epoch:
            return _replaced(elections, index, _as_early(known, elected))
    return (*elections, elected)[-KEPT:]


def with_leader(elections: Elections, leads: Elected) -> Elections:
    """The record once the elected leader has noted where it begins."""
    index = next(
        (
            number
            for number, known in enumerate(elections)
            if _same_leader(known, leads) and known.leader_epoch == leads.leader_epoch
        ),
        None,
    )
    if index is None and elections and _same_leader(elections[-1], leads) and not elections[-1].recovered:
        index = len(elections) - 1  # it heard of it late, or it was away and leads again, alone as before
    if index is None:
        return (*elections, leads)[-KEPT:]
    known = elections[index]
    if known.log_end_offset != UNKNOWN:
        return elections  # noted already
    told = attrs.evolve(known, log_end_offset=leads.log_end_offset, high_watermark=leads.high_watermark)
    return _replaced(elections, index, _as_early(told, leads))


def with_recovered(elections: Elections, leads: Elected) -> Elections:
    """The record once others are in the ISR with the elected leader: what comes later is another election."""
    if elections and _same_leader(elections[-1], leads):
        return _replaced(elections, len(elections) - 1, attrs.evolve(elections[-1], recovered=True))
    return elections


def _same_leader(one: Elected, other: Elected) -> bool:
    return (one.topic_id, one.leader) == (other.topic_id, other.leader)


def _as_early(known: Elected, other: Elected) -> Elected:
    """Leader epochs rise with whatever happens to the partition, so the lowest is the election's own."""
    return attrs.evolve(
        known,
        leader_epoch=min(known.leader_epoch, other.leader_epoch),
        controller_epoch=min(known.controller_epoch, other.controller_epoch),
        wall_ms=min(known.wall_ms, other.wall_ms),
    )


def with_dropped(
    elections: Elections, dropped: Dropped, *, first_epoch: int, follows: Elected, recovering: bool
) -> Elections | None:
    """The record once a broker dropped records whose first has `first_epoch`; None if no such election is to blame.

    `follows` says whom it follows, and under which leader epoch; `recovering`: LeaderAndIsr said that this
    leader was elected from outside the ISR.
    """
    to_blame = [
        index
        for index, known in enumerate(elections)
        if known.topic_id == follows.topic_id and first_epoch < known.leader_epoch <= follows.leader_epoch
    ]
    if to_blame:
        # the first election after the records were written is the one that passed them over
        index = to_blame[0]
        return _replaced(elections, index, _added(elections[index], dropped))
    if not recovering:
        return None
    return (*elections, attrs.evolve(follows, dropped=(dropped,)))[-KEPT:]


def with_restarted(
    elections: Elections, dropped: Dropped, *, last_epoch: int, follows: Elected
) -> Elections | None:
    """The record once a broker dropped its whole log, which ended before its leader's begins; the last record of
    it has `last_epoch`. None if no unclean election passed any of it over.
    """
    for index, known in enumerate(elections):
        if known.topic_id != follows.topic_id or not last_epoch < known.leader_epoch <= follows.leader_epoch:
            continue
        first = max(dropped.first_offset, known.log_end_offset)
        if first >= dropped.end_offset:
            return None  # the leader had all of it, and deleted it since
        committed = max(0, dropped.committed - (first - dropped.first_offset))
        range_ = attrs.evolve(dropped, first_offset=first, committed=committed)
        return _replaced(elections, index, _added(known, range_))
    return None


def _added(elected: Elected, dropped: Dropped) -> Elected:
    """One range a broker: a follower may find the place in several steps, each below the one before."""
    last = next((known for known in elected.dropped if known.broker_id == dropped.broker_id), None)
    if last is not None and last.first_offset <= dropped.first_offset < dropped.end_offset <= last.end_offset:
        return elected  # noted already, and the answer was lost
    if last is None or last.first_offset != dropped.end_offset:
        return attrs.evolve(elected, dropped=(*elected.dropped, dropped))
    whole = attrs.evolve(
        dropped,
        end_offset=last.end_offset,
        records=UNKNOWN if UNKNOWN in (last.records, dropped.records) else last.records + dropped.records,
        committed=last.committed + dropped.committed,
    )
    return attrs.evolve(
        elected, dropped=tuple(whole if known is last else known for known in elected.dropped)
    )


def _replaced(elections: Elections, index: int, elected: Elected) -> Elections:
    return (*elections[:index], elected, *elections[index + 1 :])


# -- the znode -----------------------------------------------------------------------------------------


def path_of(tp: TopicPartition) -> str:
    return f"{znodes.UNCLEAN_ELECTIONS}/{tp}"


def partition_of(name: str) -> TopicPartition:
    """The partition whose node has that name. Raises: Undecodable."""
    topic, _, number = name.rpartition("-")
    if not topic or not number.isascii() or not number.isdecimal():
        raise Undecodable(f"{znodes.UNCLEAN_ELECTIONS}/{name}", "its name is not TOPIC-PARTITION")
    return TopicPartition(topic, int(number))


def encode_elections(elections: Elections) -> bytes:
    return encode(
        {
            "version": 1,
            "elections": [
                {**attrs.asdict(elected), "topic_id": topic_id_text(elected.topic_id)}
                for elected in elections
            ],
        }
    )


def decode_elections(path: str, data: bytes) -> Elections:
    """Raises: Undecodable."""
    return tuple(_decode_elected(each) for each in parse(path, data).nested_list("elections"))


def _decode_elected(found: JsonObject) -> Elected:
    try:
        topic_id = parse_topic_id(found.string("topic_id"))
    except ValueError as error:
        found.fail(f'"topic_id": {error}')
    return Elected(
        topic_id,
        found.int32("leader"),
        found.int32("leader_epoch"),
        found.int32("controller_epoch"),
        found.int64("log_end_offset"),
        found.int64("high_watermark"),
        found.int64("wall_ms"),
        tuple(
            Dropped(
                each.int32("broker_id"),
                each.int64("first_offset"),
                each.int64("end_offset"),
                each.int64("records"),
                each.int64("committed"),
                each.int64("wall_ms"),
            )
            for each in found.nested_list("dropped")
        ),
        found.boolean("recovered"),
    )


async def read_all(session: ZkSession) -> tuple[dict[TopicPartition, Elections], list[Undecodable]]:
    """Everything that was noted, by partition, and what cannot be read. Raises: SessionLost."""
    parent = znodes.UNCLEAN_ELECTIONS
    names = (await session.get_children_many([parent]))[parent] or []
    nodes = await session.get_many([f"{parent}/{name}" for name in names])
    found: dict[TopicPartition, Elections] = {}
    unreadable = []
    for path, node in nodes.items():
        if node is not None:
            try:
                found[partition_of(path.rpartition("/")[2])] = decode_elections(path, node.data)
            except Undecodable as error:
                unreadable.append(error)
    return dict(sorted(found.items())), unreadable


# -- writing it ----------------------------------------------------------------------------------------

Note = Callable[[Elections], Elections | None]
"""What a note makes of the record; None or the same record: nothing to write."""


@attrs.frozen
class NotesStatistics:
    queued: int
    written: int
    failed: int  # they stand in the broker's log alone


@attrs.define(eq=False)
class UncleanElections:
    """This broker's notes on their way to ZooKeeper. Owner of the queue: the task in `run`."""

    broker_id: int
    session: Callable[[], Awaitable[ZkSession]]
    wall_ms: Callable[[], int]
    _queue: deque[tuple[TopicPartition, Note]] = attrs.field(factory=lambda: deque(maxlen=QUEUED))
    _moved: Changed = attrs.field(factory=Changed)
    _written: int = 0
    _failed: int = 0

    def statistics(self) -> NotesStatistics:
        return NotesStatistics(len(self._queue), self._written, self._failed)

    def elected(self, tp: TopicPartition, topic_id: TopicId, state: LeaderAndIsr) -> None:
        """This broker's controller elected a leader from outside the ISR. Never waits."""
        elected = Elected(
            topic_id,
            state.leader,
            state.leader_epoch,
            state.controller_epoch,
            UNKNOWN,
            UNKNOWN,
            self.wall_ms(),
        )
        self._note(tp, lambda elections: with_elected(elections, elected))

    def leads(self, partition: Partition, taken: LeadershipTaken) -> None:
        """This broker was elected from outside the ISR. Never waits."""
        leads = self._elected(partition, self.broker_id, taken.log_end_offset, taken.high_watermark)
        self._note(partition.tp, lambda elections: with_leader(elections, leads))

    def recovered(self, partition: Partition) -> None:
        """Others joined the ISR of this broker, which was elected from outside it. Never waits."""
        leads = self._elected(partition, self.broker_id, UNKNOWN, UNKNOWN)
        self._note(partition.tp, lambda elections: with_recovered(elections, leads))

    def restarted(self, partition: Partition, dropped: LogRestarted) -> None:
        """This broker dropped its whole log, because its leader's begins later. Never waits."""
        start, end = dropped.log_start_offset, dropped.from_offset
        range_ = Dropped(
            self.broker_id,
            start,
            end,
            UNKNOWN,
            max(0, min(dropped.high_watermark, end) - start),
            self.wall_ms(),
        )
        follows, last_epoch = self._elected(partition, partition.leader, UNKNOWN, UNKNOWN), dropped.last_epoch
        self._note(
            partition.tp,
            lambda elections: with_restarted(elections, range_, last_epoch=last_epoch, follows=follows),
        )

    def truncated(self, partition: Partition, dropped: LogTruncated) -> None:
        """This broker dropped what its leader does not have. Never waits."""
        range_ = Dropped(
            self.broker_id,
            dropped.to_offset,
            dropped.from_offset,
            dropped.records,
            dropped.committed,
            self.wall_ms(),
        )
        follows = self._elected(partition, partition.leader, UNKNOWN, UNKNOWN)
        recovering, first_epoch = partition.is_recovering, dropped.first_dropped_epoch
        self._note(
            partition.tp,
            lambda elections: with_dropped(
                elections, range_, first_epoch=first_epoch, follows=follows, recovering=recovering
            ),
        )

    def _elected(self, partition: Partition, leader: int, end: int, high_watermark: int) -> Elected:
        return Elected(
            partition.topic_id,
            leader,
            partition.leader_epoch,
            partition.controller_epoch,
            end,
            high_watermark,
            self.wall_ms(),
        )

    def _note(self, tp: TopicPartition, note: Note) -> None:
        self._queue.append((tp, note))
        self._moved.notify()

    async def run(self) -> None:
        """Write notes down, for ever; what cannot be written stands in the broker's log and in the feed."""
        while True:
            while not self._queue:
                await self._moved.wait()
            tp, note = self._queue.popleft()
            try:
                await self._write(tp, note)
            except (Undecodable, ZooKeeperError) as error:
                self._failed += 1
                log.error("%s: what its unclean election cost is not kept in ZooKeeper: %s", tp, error)

    async def _write(self, tp: TopicPartition, note: Note) -> None:
        """Compare and set, until ZooKeeper has it."""
        path = path_of(tp)
        while True:
            session = await self.session()
            try:
                found = (await session.get_many([path]))[path]
                before = () if found is None else decode_elections(path, found.data)
                after = note(before)
                if after is None or after == before:
                    return
                if found is None:
                    await session.create_path(znodes.UNCLEAN_ELECTIONS)
                    await session.create(path, encode_elections(after))
                else:
                    await session.set(path, encode_elections(after), found.stat.version)
                self._written += 1
                return
            except (BadVersion, NodeExists, NoNode, ConnectionLost, SessionLost):
                continue  # somebody else wrote, or nobody knows: look again


# -- for people ----------------------------------------------------------------------------------------


def described(tp: TopicPartition, elections: Iterable[Elected], at: Callable[[int], str]) -> list[str]:
    """Lines that tell what happened; `at` shows a wall time in ms."""
    lines = []
    for elected in elections:
        lines.append(
            f"{tp}: broker {elected.leader} was elected from outside the ISR, leader epoch "
            f"{elected.leader_epoch}, controller epoch {elected.controller_epoch}, {at(elected.wall_ms)}"
        )
        if elected.log_end_offset == UNKNOWN:
            lines.append("  it has not said yet where it began")
        else:
            lines.append(
                f"  its log ended at offset {elected.log_end_offset}; the high watermark it knew was "
                f"{elected.high_watermark}"
            )
        lines += [
            f"  broker {each.broker_id} dropped offsets {each.first_offset} to {each.end_offset - 1}: "
            f"{_counted(each)}; {each.committed} offsets were committed as far as it knew; "
            f"{at(each.wall_ms)}"
            for each in elected.dropped
        ]
        if not elected.dropped:
            lines.append("  no broker has dropped records for it so far")
    return lines


def _counted(dropped: Dropped) -> str:
    return "records not counted" if dropped.records == UNKNOWN else f"{dropped.records} records"
