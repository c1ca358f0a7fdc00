"""What an unclean election cost: notes of several brokers, in any order, make one record."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import attrs
import pytest
import trio

from tests.broker.controller_support import LIMIT_S, session_to, world_of, zookeeper
from zkbroker.events import LeadershipTaken, LogTruncated
from zkbroker.model import TopicId, TopicPartition
from zkbroker.replication.partition import Partition
from zkbroker.unclean_elections import (
    KEPT,
    UNKNOWN,
    Dropped,
    Elected,
    Elections,
    UncleanElections,
    decode_elections,
    described,
    encode_elections,
    partition_of,
    path_of,
    read_all,
    with_dropped,
    with_elected,
    with_leader,
    with_recovered,
    with_restarted,
)
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ZkSession
from zkbroker.zookeeper.znodes import Undecodable

ID = TopicId(bytes(range(16)))
TP = TopicPartition("with-dashes", 3)
LEADS = Elected(
    ID, leader=2, leader_epoch=7, controller_epoch=4, log_end_offset=100, high_watermark=90, wall_ms=1
)
FOLLOWS = attrs.evolve(LEADS, log_end_offset=UNKNOWN, high_watermark=UNKNOWN, wall_ms=2)


def dropped(broker_id: int, first: int, end: int, committed: int = 0) -> Dropped:
    return Dropped(broker_id, first, end, end - first, committed, 2)


def drop(
    elections: Elections, what: Dropped, *, first_epoch: int = 5, epoch: int = 7, recovering: bool = True
) -> Elections:
    follows = attrs.evolve(FOLLOWS, leader_epoch=epoch)
    after = with_dropped(elections, what, first_epoch=first_epoch, follows=follows, recovering=recovering)
    return elections if after is None else after


def test_notes_make_the_same_record_in_any_order() -> None:
    first, second = dropped(1, 100, 120, 10), dropped(3, 100, 105)
    found = set()
    for order in permutations(("leader", "first", "second")):
        elections: Elections = ()
        for who in order:
            if who == "leader":
                elections = with_leader(elections, LEADS)
            else:
                elections = drop(elections, first if who == "first" else second)
        (elected,) = elections
        found.add(attrs.evolve(elected, dropped=tuple(sorted(elected.dropped, key=lambda d: d.broker_id))))
    assert found == {attrs.evolve(LEADS, dropped=(first, second))}


def test_a_note_that_is_written_twice_counts_once() -> None:
    """The answer to the first write was lost."""
    elections = drop(with_leader((), LEADS), dropped(1, 100, 120))
    assert with_leader(elections, LEADS) == elections
    assert drop(elections, dropped(1, 100, 120)) == elections


def test_a_range_found_in_steps_is_one_range() -> None:
    elections = with_leader((), LEADS)
    for step in (dropped(1, 110, 120, 3), dropped(1, 104, 110, 6), dropped(1, 100, 104, 4)):
        elections = drop(elections, step)
    assert elections[0].dropped == (dropped(1, 100, 120, 13),)


def test_only_the_election_that_passed_the_records_over_is_to_blame() -> None:
    later = attrs.evolve(LEADS, leader=3, leader_epoch=9)
    elections = with_leader(with_leader((), LEADS), later)
    first, second = drop(elections, dropped(1, 100, 120), first_epoch=6, epoch=9)
    assert (len(first.dropped), len(second.dropped)) == (1, 0)
    first, second = drop(elections, dropped(1, 100, 120), first_epoch=7, epoch=9)
    assert (len(first.dropped), len(second.dropped)) == (0, 1), "written under the first"


def test_the_controllers_note_comes_at_any_time_and_names_the_epoch_of_the_election() -> None:
    """The leader may have heard of it under a later leader epoch only."""
    by_controller = attrs.evolve(FOLLOWS, wall_ms=0)
    late = attrs.evolve(LEADS, leader_epoch=9, controller_epoch=5)
    whole = attrs.evolve(LEADS, wall_ms=0)
    assert with_leader(with_elected((), by_controller), late) == (whole,)
    assert with_elected(with_leader((), late), by_controller) == (whole,)
    assert with_elected(with_elected((), by_controller), by_controller) == (by_controller,)
    mixed = drop(with_elected((), by_controller), dropped(1, 100, 120), epoch=9, recovering=False)
    assert mixed[0].dropped and mixed[0].log_end_offset == UNKNOWN, (
        "brokers of Kafka's do not say where they began"
    )


def test_a_leader_that_was_away_is_not_elected_uncleanly_again_before_others_have_joined_it() -> None:
    again = attrs.evolve(LEADS, leader_epoch=9, log_end_offset=140)
    elections = with_leader((), LEADS)
    assert with_leader(elections, again) == elections
    recovered = with_recovered(elections, FOLLOWS)
    assert recovered == (attrs.evolve(LEADS, recovered=True),)
    assert with_leader(recovered, again) == (*recovered, again)
    other = with_elected(elections, attrs.evolve(FOLLOWS, leader=3, leader_epoch=12))
    assert with_recovered(other, FOLLOWS) == other


def test_who_drops_the_whole_log_names_what_the_leader_never_had() -> None:
    def restart(elections: Elections, first: int, end: int, last_epoch: int) -> Elections | None:
        whole = attrs.evolve(dropped(1, first, end, committed=end - first), records=UNKNOWN)
        follows = attrs.evolve(FOLLOWS, leader_epoch=9)
        return with_restarted(elections, whole, last_epoch=last_epoch, follows=follows)

    elections = with_leader((), LEADS)
    noted = restart(elections, 40, 130, 6)
    assert noted is not None and noted[0].dropped == (Dropped(1, 100, 130, UNKNOWN, 30, 2),)
    assert "dropped offsets 100 to 129: records not counted" in described(TP, noted, str)[2]
    assert restart(elections, 40, 100, 6) is None, "the leader had all of it"
    assert restart(elections, 40, 130, 7) is None, "its records are of the elected leader"
    assert restart((), 40, 130, 6) is None
    steps = drop(elections, dropped(1, 120, 130))
    assert (found := restart(steps, 40, 120, 6)) is not None
    assert found[0].dropped == (Dropped(1, 100, 130, UNKNOWN, 20, 2),)


def test_an_ordinary_truncation_is_not_noted() -> None:
    """After a clean election what nobody else has was not committed."""
    range_ = dropped(1, 100, 120)
    assert with_dropped((), range_, first_epoch=5, follows=FOLLOWS, recovering=False) is None
    elections = with_leader((), LEADS)
    since = attrs.evolve(FOLLOWS, leader_epoch=9)
    assert with_dropped(elections, range_, first_epoch=8, follows=since, recovering=False) is None
    another = attrs.evolve(FOLLOWS, topic_id=TopicId(bytes(16)))
    assert with_dropped(elections, range_, first_epoch=5, follows=another, recovering=False) is None


def test_the_newest_elections_are_kept() -> None:
    elections: Elections = ()
    for epoch in range(KEPT + 5):
        elections = with_leader(elections, attrs.evolve(LEADS, leader=epoch, leader_epoch=epoch))
    assert [elected.leader_epoch for elected in elections] == list(range(5, KEPT + 5))


def test_the_znode_holds_the_record() -> None:
    elections = drop(with_leader((), LEADS), dropped(1, 100, 1 << 40, 1 << 39))
    assert decode_elections(path_of(TP), encode_elections(elections)) == elections
    assert partition_of(path_of(TP).rpartition("/")[2]) == TP


@pytest.mark.parametrize(
    "data", (b"", b"[]", b'{"version":1}', b'{"elections":[{}]}', b'{"elections":[{"topic_id":"?"}]}')
)
def test_garbage_is_named(data: bytes) -> None:
    with pytest.raises(Undecodable, match="with-dashes-3"):
        decode_elections(path_of(TP), data)
    with pytest.raises(Undecodable, match="TOPIC-PARTITION"):
        partition_of("no_number")


def test_it_reads_as_sentences() -> None:
    known = drop(with_leader((), LEADS), dropped(1, 100, 120, 10))
    unknown = drop((), dropped(1, 100, 120, 10))
    assert described(TP, known, lambda ms: f"at {ms}") == [
        "with-dashes-3: broker 2 was elected from outside the ISR, leader epoch 7, controller epoch 4, at 1",
        "  its log ended at offset 100; the high watermark it knew was 90",
        "  broker 1 dropped offsets 100 to 119: 20 records; 10 offsets were committed as far as it knew; at 2",
    ]
    assert described(TP, unknown, str)[1] == "  it has not said yet where it began"
    assert described(TP, (LEADS,), str)[2] == "  no broker has dropped records for it so far"


async def test_brokers_write_one_record_together(tmp_path: Path) -> None:
    """Each through a session of its own, at the same time."""
    async with (
        zookeeper(tmp_path) as connect,
        world_of(connect) as world,
        session_to(connect) as other,
        trio.open_nursery() as nursery,
    ):
        leader, follower = writer(2, world.session), writer(1, other)
        for each in (leader, follower):
            nursery.start_soon(each.run)
        for number in range(30):
            tp = TopicPartition("t", number)
            leader.leads(partition(tp), LeadershipTaken(tp, 7, 100, 90, True))
            follower.truncated(partition(tp), LogTruncated(tp, 120, 100, 20, 5, 6, 7))
        whole = (Elected(ID, 2, 7, 4, 100, 90, 1, (Dropped(1, 100, 120, 20, 5, 1),)),)
        with trio.fail_after(LIMIT_S):
            while (await read_all(world.session))[0] != {TopicPartition("t", n): whole for n in range(30)}:
                await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()


async def test_a_node_of_garbage_is_left_and_the_next_note_is_written(tmp_path: Path) -> None:
    garbage, other = TopicPartition("garbage", 0), TopicPartition("other", 0)
    async with (
        zookeeper(tmp_path) as connect,
        world_of(connect) as world,
        trio.open_nursery() as nursery,
    ):
        await world.session.create_path(znodes.UNCLEAN_ELECTIONS)
        await world.session.create(path_of(garbage), b"?")
        leader = writer(2, world.session)
        nursery.start_soon(leader.run)
        for tp in (garbage, other):
            leader.leads(partition(tp), LeadershipTaken(tp, 7, 100, 90, True))
        await world.wait_exists(path_of(other))
        assert (await world.session.get(path_of(garbage))).data == b"?"
        assert (leader.statistics().failed, leader.statistics().queued) == (1, 0)
        found, unreadable = await read_all(world.session)
        assert found.keys() == {other} and "garbage-0" in str(unreadable[0])
        nursery.cancel_scope.cancel()


def writer(broker_id: int, session: ZkSession) -> UncleanElections:
    async def current() -> ZkSession:
        return session

    return UncleanElections(broker_id, current, lambda: 1)


def partition(tp: TopicPartition) -> Partition:
    """As far as a note looks at one."""
    found = Partition.__new__(Partition)
    found.tp, found.topic_id, found.leader = tp, ID, 2
    found.leader_epoch, found.controller_epoch, found.is_recovering = 7, 4, True
    return found
