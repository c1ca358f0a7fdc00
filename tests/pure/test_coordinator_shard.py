"""A shard writes what several commands store as one batch: nobody may tell that from one command after the other."""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.coordinator_model import WALL_MS, Driver
from zkbroker.coordinator.groups import Commit, Groups, Leaving
from zkbroker.coordinator.members import GroupLimits, Join, Sync
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.records import Committed
from zkbroker.coordinator.replay import Replay
from zkbroker.coordinator.shard import Clocks, Command, Shard, _Question
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.records import read_batches

LIMITS = GroupLimits(initial_delay_ms=0, offset_retention_ms=1_000)
MAX_MESSAGE_BYTES = 600  # so that some batches are full, and some deletions take several


@attrs.define(eq=False)
class Disk:
    """A partition that takes every batch, or refuses the next one."""

    tp: TopicPartition = attrs.field(factory=lambda: TopicPartition("__consumer_offsets", 0))
    term: int = 1
    batches: list[bytes] = attrs.field(factory=list)
    end: int = 0
    max_message_bytes: int = MAX_MESSAGE_BYTES
    refuse: bool = False
    last_offset: int = -1

    @property
    def log(self) -> Disk:
        return self

    @property
    def config(self) -> Disk:
        return self

    def require_term(self, term: int) -> None:
        assert term == self.term

    def append(self, batch: memoryview, **_: object) -> Disk:
        if self.refuse:
            self.refuse = False
            raise KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS, "no")
        (found,) = read_batches(bytes(batch))
        assert len(batch) <= self.max_message_bytes, "more than a batch may hold"
        self.batches.append(bytes(batch))
        self.end += found.record_count
        self.last_offset = self.end - 1
        return self


def make(disk: Disk) -> Shard[Groups]:
    partition: Any = disk
    shard = Shard(partition, Groups(LIMITS), Clocks(lambda: 0, lambda: WALL_MS))
    shard.is_loaded = True
    return shard


def serve(shard: Shard[Groups], questions: list[tuple[str, Command, str | None]]) -> list[_Question]:
    """All of them in one turn, and the timers that are due by then."""
    asked = [_Question(command, depends_on) for _, command, depends_on in questions]
    shard._inbox.extend(asked)
    shard._turn()
    while (due_ms := shard._timers.next_ms()) is not None and due_ms <= 0:
        shard._turn()
    return asked


# -- commands, as the group coordinator asks them ------------------------------------------------------------------

GROUPS = ("a", "b")
words = st.sampled_from(
    ("join", "rejoin", "sync", "leave", "commit", "fetch", "delete", "delete offsets", "expire")
)
turns = st.lists(
    st.lists(st.tuples(words, st.sampled_from(GROUPS), st.integers(0, 5)), min_size=1, max_size=8),
    min_size=1,
    max_size=12,
)


def command(state: Groups, new: int, what: str, group: str, number: int) -> tuple[str, Command, str | None]:
    """`new` is the number of whoever joins for the first time; the others are anyone."""
    members, offsets = "members of " + group, "offsets of " + group
    member_id = f"m-{number}"
    tps = [TopicPartition("t", each) for each in range(number + 1)]
    if what in ("join", "rejoin"):
        join = Join(
            member_id="" if what == "join" else member_id,
            instance_id=None,
            client_id="c",
            client_host="/h",
            session_timeout_ms=10_000,
            rebalance_timeout_ms=20_000,
            protocol_type="consumer",
            protocols=(("range", b"%d" % (number % 2)),),
            requires_member_id=False,
            may_skip_assignment=True,
            new_member_id=f"m-{new}",
        )
        return what, partial(state.join, group, join), members
    if what == "sync":
        sync = Sync(member_id, None, number, None, None, {f"m-{each}": b"share" for each in range(6)})
        return what, partial(state.sync, group, sync), members
    if what == "leave":
        return what, partial(state.leave, group, [Leaving(member_id, None)]), members
    if what == "commit":
        committed = [(tp, Committed(number, -1, "", WALL_MS - 500 * number)) for tp in tps]
        producer = Producer(7, 0) if number == 5 else None
        return what, partial(state.commit, group, Commit("", None, -1, committed, producer)), members
    if what == "fetch":
        return what, partial(state.fetch, group, None, False), offsets
    if what == "delete":
        return what, partial(state.delete, group), None
    if what == "delete offsets":
        return what, partial(state.delete_offsets, group, tps), None
    return what, partial(state.expire, list(GROUPS)), None


def told(reply: object) -> object:
    """What a caller learns, with errors comparable."""
    return reply.code if isinstance(reply, KafkaError) else reply


@given(turns)
def test_a_turn_of_many_commands_is_one_after_the_other(script: list[list[tuple[str, str, int]]]) -> None:
    disk = Disk()
    shard, driver = make(disk), Driver(lambda: Groups(LIMITS))
    asked: list[_Question] = []
    one_by_one = []
    for turn in script:
        start = len(asked)
        asked += serve(shard, [command(shard.state, start + n, *what) for n, what in enumerate(turn)])
        for n, what in enumerate(turn):
            one_by_one.append(driver.ask(command(driver.state, start + n, *what)[1]))
            driver.replicate()
        driver.advance(0)  # the timers
        driver.replicate()
        assert shard.state.durable() == driver.state.durable()
        assert disk.end == shard.applied_to or not disk.batches
    assert [(q.is_answered, told(q.failure or q.value)) for q in asked] == [
        (each.answered, told(each.reply)) for each in one_by_one
    ]
    assert (
        len(disk.batches)
        <= len(driver.batches) + sum(len(batch) > MAX_MESSAGE_BYTES for batch in driver.batches) * 9
    )


@given(turns, st.sets(st.integers(0, 11)))
def test_a_refused_batch_leaves_no_trace_and_everybody_hears_of_it(
    script: list[list[tuple[str, str, int]]], refused: set[int]
) -> None:
    disk = Disk()
    shard = make(disk)
    count = 0
    for number, turn in enumerate(script):
        disk.refuse = number in refused
        asked = serve(shard, [command(shard.state, count + n, *what) for n, what in enumerate(turn)])
        count += len(turn)
        waiting = {
            token
            for group in shard.state.groups.values()
            for member in group.members.values()
            for token in (member.joining, member.syncing)
        }
        assert all(q.is_answered or q in waiting for q in asked), "somebody waits for nothing"
        assert rebuilt(disk).durable() == shard.state.durable()


def rebuilt(disk: Disk) -> Groups:
    """What the log alone makes of it."""
    state = Groups(LIMITS)
    replay = Replay(state)
    offset = 0
    for data in disk.batches:
        (batch,) = read_batches(data)
        moved = bytearray(data)
        moved[:8] = offset.to_bytes(8, "big")  # as the log stamps it
        for batch in read_batches(bytes(moved)):
            for _ in replay.feed(batch):
                pass
        offset += batch.record_count
    for _ in replay.finish():
        pass
    return state
