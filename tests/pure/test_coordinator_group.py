"""A group step by step: joining, rebalancing, static members, time-outs, and what Kafka answers to each."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from functools import partial

import attrs

from tests.pure.coordinator_model import Asked, Driver
from zkbroker.coordinator.groups import (
    Commit,
    DescribedGroup,
    Fetched,
    Groups,
    Leaving,
    ListedGroup,
)
from zkbroker.coordinator.members import GroupLimits, Join, Joined, Phase, Sync, Synced
from zkbroker.coordinator.offsets import Offsets
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.records import Committed
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import encode_versioned_data
from zkbroker.protocol.generated.consumer_protocol_subscription import ConsumerProtocolSubscription

RANGE = (("range", b"v1"),)
T0 = TopicPartition("t", 0)
T1 = TopicPartition("t", 1)

NO_DELAY = GroupLimits(initial_delay_ms=0)


@attrs.define(eq=False)
class Room:
    """A driver with one group, in the words of the tests."""

    limits: GroupLimits = NO_DELAY
    driver: Driver[Groups] = attrs.field(init=False)
    _ids: int = 0

    def __attrs_post_init__(self) -> None:
        self.driver = Driver(lambda: Groups(self.limits))

    @property
    def phase(self) -> Phase:
        return self.driver.state.groups["g"].phase

    def join(
        self,
        member_id: str = "",
        *,
        instance: str | None = None,
        protocols: tuple[tuple[str, bytes], ...] = RANGE,
        session_ms: int = 10_000,
        rebalance_ms: int = 60_000,
        kind: str = "consumer",
        version: int = 9,
    ) -> Asked:
        self._ids += 1
        join = Join(
            member_id=member_id,
            instance_id=instance,
            client_id="client",
            client_host="/127.0.0.1",
            session_timeout_ms=session_ms,
            rebalance_timeout_ms=rebalance_ms,
            protocol_type=kind,
            protocols=protocols,
            requires_member_id=version >= 4 and instance is None,
            may_skip_assignment=version >= 9,
            new_member_id=f"{instance or 'm'}-{self._ids}",
        )
        return self.ask("join", "g", join)

    def sync(
        self,
        member_id: str,
        generation: int,
        assignments: Mapping[str, bytes] | None = None,
        instance: str | None = None,
        kind: str | None = "consumer",
        protocol: str | None = "range",
    ) -> Asked:
        return self.ask("sync", "g", Sync(member_id, instance, generation, kind, protocol, assignments or {}))

    def heartbeat(self, member_id: str, generation: int, instance: str | None = None) -> ErrorCode:
        return self.ask("heartbeat", "g", member_id, instance, generation).error

    def leave(self, *members: tuple[str, str | None]) -> list[ErrorCode]:
        reply = self.done(self.ask("leave", "g", [Leaving(*each) for each in members])).reply
        assert isinstance(reply, list)
        return reply

    def commit(
        self,
        offset: int,
        member_id: str = "",
        generation: int = -1,
        *,
        tp: TopicPartition = T0,
        instance: str | None = None,
        producer: Producer | None = None,
    ) -> ErrorCode:
        committed = Committed(offset, -1, "", self.driver.wall_ms)
        return self.done(
            self.ask("commit", "g", Commit(member_id, instance, generation, [(tp, committed)], producer))
        ).error

    def fetched(self, tp: TopicPartition = T0, *, stable: bool = False) -> int | None:
        """The committed offset; -1 without one, None where it is unstable."""
        reply = self.done(self.ask("fetch", "g", [tp], stable)).reply
        assert isinstance(reply, list)
        (found,) = reply
        assert isinstance(found, Fetched)
        if found.unstable:
            return None
        return -1 if found.committed is None else found.committed.offset

    def described(self) -> DescribedGroup:
        reply = self.done(self.ask("describe", "g")).reply
        assert isinstance(reply, DescribedGroup)
        return reply

    def ask(self, name: str, *args: object) -> Asked:
        return self.driver.ask(partial(getattr(self.driver.state, name), *args))

    def done(self, asked: Asked) -> Asked:
        """With everything replicated, it must be answered."""
        self.driver.replicate()
        assert asked.answered, "it waits"
        return asked

    def joined(self, asked: Asked) -> Joined:
        reply = self.done(asked).reply
        assert isinstance(reply, Joined), reply
        return reply

    def synced(self, asked: Asked) -> Synced:
        reply = self.done(asked).reply
        assert isinstance(reply, Synced), reply
        return reply

    # -- whole stories

    def member_id(self, **options: object) -> str:
        """A new dynamic member's id, given to it by its first JoinGroup."""
        joined = self.joined(self.join(**options))  # type: ignore[arg-type]
        assert joined.error is ErrorCode.MEMBER_ID_REQUIRED
        return joined.member_id

    def stable(self, members: int = 1) -> list[str]:
        """A stable group of dynamic members; the first leads, each has its own id as assignment."""
        ids = [self.member_id() for _ in range(members)]
        joining = [self.join(member_id) for member_id in ids]
        self.driver.advance(0)
        (generation,) = {self.joined(each).generation for each in joining}
        waiting = [self.sync(member_id, generation) for member_id in ids[1:]]
        self.sync(ids[0], generation, {member_id: member_id.encode() for member_id in ids})
        assert all(self.synced(each).error is ErrorCode.NONE for each in waiting)
        self.driver.replicate()
        assert self.phase is Phase.STABLE
        return ids


# -- joining ------------------------------------------------------------------------------------------------------


def test_a_dynamic_member_gets_its_id_first_and_then_a_generation() -> None:
    room = Room()
    first = room.joined(room.join())
    assert (first.error, first.member_id) == (ErrorCode.MEMBER_ID_REQUIRED, "m-1")
    asked = room.join("m-1")
    room.driver.advance(0)
    joined = room.joined(asked)
    assert (joined.error, joined.generation, joined.leader) == (ErrorCode.NONE, 1, "m-1")
    assert joined.members == (("m-1", None, b"v1"),)
    assert (joined.protocol_type, joined.protocol) == ("consumer", "range")
    synced = room.synced(room.sync("m-1", 1, {"m-1": b"all"}))
    assert (synced.error, synced.assignment) == (ErrorCode.NONE, b"all")
    assert room.phase is Phase.STABLE


def test_before_version_4_no_id_is_required() -> None:
    room = Room()
    asked = room.join(version=3)
    room.driver.advance(0)
    assert room.joined(asked).member_id == "m-1"


def test_only_the_leader_sees_the_members_and_all_get_their_share() -> None:
    room = Room()
    ids = [room.member_id() for _ in range(3)]
    joining = [room.join(member_id) for member_id in ids]
    room.driver.advance(0)
    answers = [room.joined(each) for each in joining]
    assert {each.leader for each in answers} == {ids[0]}
    assert [len(each.members) for each in answers] == [3, 0, 0]
    waiting = [room.sync(member_id, 1) for member_id in ids[1:]]
    assert not any(each.answered for each in waiting)
    assert room.synced(room.sync(ids[0], 1, {ids[1]: b"1"})).assignment == b""
    assert [room.synced(each).assignment for each in waiting] == [b"1", b""]


def test_a_first_rebalance_waits_for_more_members_and_longer_while_they_come() -> None:
    room = Room(GroupLimits(initial_delay_ms=3_000))
    first, second, third = (room.member_id() for _ in range(3))
    asked = [room.join(first, rebalance_ms=10_000)]
    room.driver.advance(2_000)
    asked.append(room.join(second, rebalance_ms=10_000))
    room.driver.advance(2_000)
    assert not asked[0].answered, "a newcomer prolongs the delay"
    asked.append(room.join(third, rebalance_ms=10_000))
    room.driver.advance(2_000)  # 6 s: prolonged again by the third
    assert not asked[0].answered
    room.driver.advance(3_000)  # 9 s: nobody came since
    assert [room.joined(each).generation for each in asked] == [1, 1, 1]


def test_the_delay_of_a_first_rebalance_ends_with_the_rebalance_timeout() -> None:
    room = Room(GroupLimits(initial_delay_ms=3_000))
    ids = [room.member_id() for _ in range(6)]
    asked = []
    for member_id in ids[:5]:
        asked.append(room.join(member_id, rebalance_ms=7_000))
        room.driver.advance(1_300)
    room.driver.advance(500)  # 7 s
    assert asked[0].answered


def test_members_that_do_not_join_again_in_time_are_dropped() -> None:
    room = Room()
    ids = room.stable(2)
    newcomer = room.join(version=3)
    assert room.heartbeat(ids[0], 1) is ErrorCode.REBALANCE_IN_PROGRESS
    again = room.join(ids[0])
    for _ in range(60):  # the other one lives, but does not join
        room.driver.advance(1_000)
        room.heartbeat(ids[1], 1)
    assert room.joined(again).generation == 2
    assert room.joined(newcomer).error is ErrorCode.NONE
    assert room.heartbeat(ids[1], 1) is ErrorCode.UNKNOWN_MEMBER_ID


def test_another_leader_is_found_when_the_leader_does_not_join_again() -> None:
    room = Room()
    leader, follower = room.stable(2)
    newcomer = room.join(version=3)
    again = room.join(follower)
    room.driver.advance(60_000)
    assert {room.joined(newcomer).leader, room.joined(again).leader} == {follower}
    assert leader not in {member[0] for member in room.joined(again).members}


def test_a_follower_that_joins_again_unchanged_disturbs_nobody_but_a_leader_does() -> None:
    room = Room()
    leader, follower = room.stable(2)
    joined = room.joined(room.join(follower))
    assert (joined.generation, joined.members, room.phase) == (1, (), Phase.STABLE)
    asked = room.join(leader)
    assert not asked.answered and room.phase is Phase.PREPARING


def test_changed_metadata_of_a_follower_means_a_rebalance() -> None:
    room = Room()
    _, follower = room.stable(2)
    room.join(follower, protocols=(("range", b"v2"),))
    assert room.phase is Phase.PREPARING


def test_a_lost_answer_to_a_join_is_given_again() -> None:
    room = Room()
    member_id = room.member_id()
    room.join(member_id)
    room.driver.advance(0)
    joined = room.joined(room.join(member_id))
    assert (joined.generation, len(joined.members), room.phase) == (1, 1, Phase.COMPLETING)


def test_the_protocol_most_members_prefer_of_those_all_know() -> None:
    room = Room()
    both = (("roundrobin", b"r"), ("range", b"v"))
    ids = [room.member_id(protocols=both) for _ in range(3)]
    asked = [
        room.join(ids[0], protocols=both),
        room.join(ids[1], protocols=(("range", b"v"), ("roundrobin", b"r"), ("odd", b"o"))),
        room.join(ids[2], protocols=both),
    ]
    room.driver.advance(0)
    assert {room.joined(each).protocol for each in asked} == {"roundrobin"}


def test_members_of_another_kind_or_without_a_common_protocol_are_refused() -> None:
    room = Room()
    room.stable()
    assert room.joined(room.join(kind="connect")).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert room.joined(room.join(protocols=(("odd", b""),))).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    empty = Room()
    assert empty.joined(empty.join(protocols=())).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert empty.joined(empty.join(kind="")).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL


def test_session_timeouts_out_of_bounds_unknown_members_and_full_groups() -> None:
    room = Room(GroupLimits(initial_delay_ms=0, max_size=1))
    assert room.joined(room.join(session_ms=5_999)).error is ErrorCode.INVALID_SESSION_TIMEOUT
    assert room.joined(room.join(session_ms=1_800_001)).error is ErrorCode.INVALID_SESSION_TIMEOUT
    assert room.joined(room.join("nobody")).error is ErrorCode.UNKNOWN_MEMBER_ID
    room.stable()
    full = room.joined(room.join(version=3))
    assert (full.error, full.member_id) == (ErrorCode.GROUP_MAX_SIZE_REACHED, "")


def test_a_group_that_nobody_joined_in_the_end_is_no_group() -> None:
    room = Room()
    room.member_id()
    assert "g" in room.driver.state.groups
    room.driver.advance(10_000)
    assert room.driver.state.groups == {}


def test_a_pending_member_holds_a_rebalance_up_until_it_joins_or_is_given_up() -> None:
    room = Room()
    member_id = room.stable()[0]
    pending = room.member_id()
    asked = room.join(member_id, protocols=(("range", b"v2"),))
    assert not asked.answered
    assert room.leave((pending, None)) == [ErrorCode.NONE]
    assert room.joined(asked).generation == 2


def test_a_new_member_whose_join_waits_too_long_is_dropped() -> None:
    room = Room()
    (member_id,) = room.stable()
    newcomer = room.join(version=3, rebalance_ms=600_000)
    for _ in range(300):
        room.driver.advance(1_000)
        room.heartbeat(member_id, 1)
    assert room.joined(newcomer).error is ErrorCode.UNKNOWN_MEMBER_ID


# -- staying and leaving ------------------------------------------------------------------------------------------


def test_a_silent_member_is_dropped_and_the_rest_rebalances() -> None:
    room = Room()
    ids = room.stable(2)
    for _ in range(3):
        room.driver.advance(4_000)
        room.heartbeat(ids[0], 1)
    assert room.phase is Phase.PREPARING
    asked = room.join(ids[0])
    assert room.joined(asked).generation == 2
    assert len(room.joined(asked).members) == 1


def test_commits_count_as_heartbeats() -> None:
    room = Room()
    (member_id,) = room.stable()
    for offset in range(5):
        room.driver.advance(9_000)
        assert room.commit(offset, member_id, 1) is ErrorCode.NONE
    room.driver.advance(10_000)
    assert room.phase is Phase.EMPTY


def test_who_waits_for_the_group_is_not_silent() -> None:
    room = Room()
    ids = room.stable(2)
    asked = room.join(ids[0])
    for _ in range(5):
        room.driver.advance(5_000)
        room.heartbeat(ids[1], 1)
    assert not asked.answered and ids[0] in room.driver.state.groups["g"].members
    room.join(ids[1])
    assert room.joined(asked).generation == 2


def test_the_last_member_leaves_an_empty_group_with_its_offsets() -> None:
    room = Room()
    (member_id,) = room.stable()
    room.commit(7, member_id, 1)
    assert room.leave((member_id, None)) == [ErrorCode.NONE]
    assert room.described() == DescribedGroup("Empty", "consumer")
    assert room.fetched() == 7
    assert room.heartbeat(member_id, 2) is ErrorCode.UNKNOWN_MEMBER_ID
    assert room.driver.rebuilt().durable() == room.driver.state.durable()


def test_who_syncs_too_late_is_dropped() -> None:
    room = Room()
    ids = [room.member_id() for _ in range(2)]
    joining = [room.join(member_id) for member_id in ids]
    room.driver.advance(0)
    for each in joining:
        room.joined(each)
    room.sync(ids[0], 1, {})
    for _ in range(60):
        room.driver.advance(1_000)
        room.heartbeat(ids[0], 1)
        room.heartbeat(ids[1], 1)
    assert list(room.driver.state.groups["g"].members) == [ids[0]]
    assert room.phase is Phase.PREPARING


def test_leaving_several_at_once_and_each_gets_its_answer() -> None:
    room = Room()
    ids = room.stable(2)
    assert room.leave((ids[0], None), ("nobody", None), (ids[1], None), ("", "no-instance")) == [
        ErrorCode.NONE,
        ErrorCode.UNKNOWN_MEMBER_ID,
        ErrorCode.NONE,
        ErrorCode.UNKNOWN_MEMBER_ID,
    ]
    assert room.phase is Phase.EMPTY


def test_generations_and_members_are_checked() -> None:
    room = Room()
    (member_id,) = room.stable()
    assert room.heartbeat(member_id, 0) is ErrorCode.ILLEGAL_GENERATION
    assert room.heartbeat("nobody", 1) is ErrorCode.UNKNOWN_MEMBER_ID
    assert room.commit(1, member_id, 0) is ErrorCode.ILLEGAL_GENERATION
    assert room.commit(1, "nobody", 1) is ErrorCode.UNKNOWN_MEMBER_ID
    assert room.commit(1) is ErrorCode.UNKNOWN_MEMBER_ID, "a group with members has no simple consumers"
    assert room.synced(room.sync(member_id, 2)).error is ErrorCode.ILLEGAL_GENERATION
    assert (
        room.synced(room.sync(member_id, 1, protocol="other")).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    )
    assert room.synced(room.sync(member_id, 1, kind="connect")).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert room.fetched() == -1


def test_nobody_commits_between_the_join_and_the_sync() -> None:
    room = Room()
    member_id = room.member_id()
    asked = room.join(member_id)
    room.driver.advance(0)
    assert room.joined(asked).generation == 1
    assert room.commit(1, member_id, 1) is ErrorCode.REBALANCE_IN_PROGRESS
    assert room.heartbeat(member_id, 1) is ErrorCode.NONE


# -- static members -----------------------------------------------------------------------------------------------


def static_pair(room: Room) -> tuple[str, str]:
    """A stable group of two static members, `a` leading."""
    asked = [room.join(instance="a"), room.join(instance="b")]
    room.driver.advance(0)
    first, second = (room.joined(each).member_id for each in asked)
    waiting = room.sync(second, 1, instance="b")
    room.sync(first, 1, {first: b"A", second: b"B"}, instance="a")
    assert room.synced(waiting).assignment == b"B"
    return first, second


def test_a_static_member_comes_back_under_a_new_id_without_a_rebalance() -> None:
    room = Room()
    leader, follower = static_pair(room)
    joined = room.joined(room.join(instance="b"))
    assert (joined.error, joined.generation, joined.leader) == (ErrorCode.NONE, 1, leader)
    assert joined.member_id != follower and room.phase is Phase.STABLE
    assert room.synced(room.sync(joined.member_id, 1, instance="b")).assignment == b"B"
    assert room.heartbeat(follower, 1, "b") is ErrorCode.FENCED_INSTANCE_ID
    assert room.heartbeat(follower, 1) is ErrorCode.UNKNOWN_MEMBER_ID
    assert room.commit(1, follower, 1, instance="b") is ErrorCode.FENCED_INSTANCE_ID
    assert room.synced(room.sync(follower, 1, instance="b")).error is ErrorCode.FENCED_INSTANCE_ID
    assert room.driver.rebuilt().durable() == room.driver.state.durable()


def test_a_static_leader_that_comes_back_is_told_to_skip_the_assignment() -> None:
    room = Room()
    leader, _ = static_pair(room)
    joined = room.joined(room.join(instance="a"))
    assert joined.skip_assignment and joined.leader == joined.member_id != leader
    assert len(joined.members) == 2


def test_an_old_static_leader_is_told_of_its_former_id_so_that_it_does_not_assign() -> None:
    room = Room()
    leader, _ = static_pair(room)
    joined = room.joined(room.join(instance="a", version=8))
    assert (joined.leader, joined.skip_assignment, joined.members) == (leader, False, ())


def test_a_static_member_with_another_wish_means_a_rebalance() -> None:
    room = Room()
    _, follower = static_pair(room)
    asked = room.join(instance="b", protocols=(("range", b"v"), ("odd", b"o")))
    assert room.joined(asked).generation == 1, "the same protocol would be chosen"
    both = (("odd", b"o"), ("range", b"v"))
    lone = Room()
    first = lone.join(instance="a", protocols=both)
    lone.driver.advance(0)
    member_id = lone.joined(first).member_id
    lone.sync(member_id, 1, {}, instance="a", protocol="odd")
    again = lone.join(instance="a", protocols=(("range", b"v"),))
    assert lone.joined(again).generation == 2
    assert follower


def test_a_static_member_that_comes_back_during_the_sync_fences_and_restarts_it() -> None:
    room = Room()
    asked = [room.join(instance="a"), room.join(instance="b")]
    room.driver.advance(0)
    first, second = (room.joined(each).member_id for each in asked)
    waiting = room.sync(second, 1, instance="b")
    again = room.join(instance="b")
    assert room.synced(waiting).error is ErrorCode.FENCED_INSTANCE_ID
    assert room.phase is Phase.PREPARING
    room.join(first, instance="a")
    assert room.joined(again).generation == 2


def test_a_static_member_that_comes_back_while_its_join_waits_fences_that() -> None:
    room = Room()
    static_pair(room)
    leader = next(iter(room.driver.state.groups["g"].members))
    waiting = room.join(leader, instance="a")
    again = room.join(instance="a")
    assert room.joined(waiting).error is ErrorCode.FENCED_INSTANCE_ID
    assert not again.answered


def test_static_members_stay_through_a_rebalance_they_missed_until_their_session_ends() -> None:
    room = Room()
    leader, follower = static_pair(room)
    room.driver.state.groups["g"].members[follower].rebalance_timeout_ms = 5_000
    asked = room.join(leader, instance="a", rebalance_ms=5_000)
    room.driver.advance(5_000)
    joined = room.joined(asked)
    assert (joined.generation, [member_id for member_id, _, _ in joined.members]) == (2, [leader, follower])
    assert room.heartbeat(follower, 1, "b") is ErrorCode.ILLEGAL_GENERATION
    room.synced(room.sync(leader, 2, {leader: b"A", follower: b"B"}, instance="a"))
    for _ in range(3):
        room.driver.advance(4_900)
        room.heartbeat(leader, 2, "a")
    assert [member.member_id for member in room.described().members] == [leader]


def test_an_administrator_removes_a_static_member_by_its_instance() -> None:
    room = Room()
    leader, follower = static_pair(room)
    assert room.leave(("", "b")) == [ErrorCode.NONE]
    assert room.heartbeat(follower, 1, "b") is ErrorCode.UNKNOWN_MEMBER_ID
    assert room.heartbeat(leader, 1, "a") is ErrorCode.REBALANCE_IN_PROGRESS
    assert room.leave((follower, "a")) == [ErrorCode.FENCED_INSTANCE_ID]


# -- a log that refuses -------------------------------------------------------------------------------------------


def test_an_assignment_that_cannot_be_stored_is_nobodys() -> None:
    room = Room()
    ids = [room.member_id() for _ in range(2)]
    for member_id in ids:
        room.join(member_id)
    room.driver.advance(0)
    waiting = room.sync(ids[1], 1)
    room.driver.refuse = ErrorCode.NOT_ENOUGH_REPLICAS
    asked = room.sync(ids[0], 1, {ids[1]: b"lost"})
    assert room.synced(asked).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert room.synced(waiting).error is ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert room.phase is Phase.PREPARING
    assert room.driver.rebuilt().durable() == room.driver.state.durable() == {}


def test_a_static_member_that_cannot_be_stored_keeps_its_old_id() -> None:
    room = Room()
    _, follower = static_pair(room)
    room.driver.refuse = ErrorCode.NOT_LEADER_OR_FOLLOWER
    joined = room.joined(room.join(instance="b"))
    assert (joined.error, joined.member_id) == (ErrorCode.NOT_COORDINATOR, "")
    assert room.heartbeat(follower, 1, "b") is ErrorCode.NONE


def test_a_commit_that_cannot_be_stored_is_not_there() -> None:
    room = Room()
    room.commit(1)
    room.driver.refuse = ErrorCode.KAFKA_STORAGE_ERROR
    assert room.commit(2) is ErrorCode.KAFKA_STORAGE_ERROR
    assert room.fetched() == 1


# -- offsets ------------------------------------------------------------------------------------------------------


def test_a_simple_consumer_needs_no_members() -> None:
    room = Room()
    assert room.commit(5) is ErrorCode.NONE
    assert room.fetched() == 5 and room.fetched(T1) == -1
    assert room.described() == DescribedGroup("Empty")
    room.driver.crash()
    assert room.fetched() == 5


def test_a_commit_of_a_former_member_is_refused_where_no_group_is() -> None:
    room = Room()
    assert room.commit(5, "m", 3) is ErrorCode.ILLEGAL_GENERATION
    assert room.commit(5, "m", 3, producer=Producer(1, 0)) is ErrorCode.UNKNOWN_MEMBER_ID


def test_offsets_of_a_transaction_count_when_it_commits() -> None:
    room = Room()
    room.commit(1)
    assert room.commit(5, producer=Producer(7, 0)) is ErrorCode.NONE
    assert room.fetched() == 1 and room.fetched(stable=True) is None
    room.driver.crash()
    assert room.fetched() == 1 and room.fetched(stable=True) is None
    room.driver.marker(7, commit=True)
    assert room.fetched(stable=True) == 5
    assert room.driver.rebuilt().durable() == room.driver.state.durable()


def test_offsets_of_an_aborted_transaction_never_count() -> None:
    room = Room()
    room.commit(5, producer=Producer(7, 0))
    room.driver.marker(7, commit=False)
    assert room.fetched(stable=True) == -1
    assert room.driver.state.groups == {}


def test_what_is_deleted_takes_along_what_open_transactions_hold() -> None:
    """Else the commit of the transaction would bring back what was deleted, or not: as the cleaner went by."""
    for delete in ("delete", "delete_offsets", "forget_partitions"):
        room = Room()
        room.commit(1)
        room.commit(2, producer=Producer(7, 0))
        room.commit(3, tp=T1, producer=Producer(7, 0))  # nothing else was ever committed for this one
        arguments = {"delete": ("g",), "delete_offsets": ("g", [T0, T1])}.get(
            delete, (frozenset({T0, T1}), ["g"])
        )
        room.done(room.ask(delete, *arguments))
        assert room.fetched() == -1 and room.fetched(T1) == -1, delete
        assert room.fetched(stable=True) == -1
        room.driver.marker(7, commit=True)
        assert room.fetched() == -1 and room.fetched(T1) == -1, delete
        assert not room.driver.state.groups, "the group went with the last of its offsets"
        assert room.driver.rebuilt().durable() == room.driver.state.durable()


def test_what_an_open_transaction_may_yet_commit_does_not_expire() -> None:
    room = Room(attrs.evolve(NO_DELAY, offset_retention_ms=1_000))
    room.commit(1)
    room.commit(2, producer=Producer(7, 0))
    room.driver.advance(1_000)
    assert room.done(room.ask("expire", ["g"])).reply == 0
    room.driver.marker(7, commit=True)
    assert room.fetched() == 2
    assert room.done(room.ask("expire", ["g"])).reply == 1


def test_of_a_plain_and_a_transactional_commit_the_later_in_the_log_wins() -> None:
    room = Room()
    room.commit(5, producer=Producer(7, 0))
    room.commit(9)
    room.driver.marker(7, commit=True)
    assert room.fetched() == 9
    room.commit(11, producer=Producer(8, 0))
    room.driver.marker(8, commit=True)
    assert room.fetched() == 11
    room.driver.crash()
    assert room.fetched() == 11


def subscription(*topics: str) -> tuple[tuple[str, bytes], ...]:
    return (("range", encode_versioned_data(ConsumerProtocolSubscription(topics=list(topics)), 1)),)


def stable_reader(room: Room, *topics: str) -> str:
    member_id = room.member_id(protocols=subscription(*topics))
    room.join(member_id, protocols=subscription(*topics))
    room.driver.advance(0)
    room.synced(room.sync(member_id, 1, {}))
    return member_id


def test_offsets_expire_when_nobody_reads_their_topic_any_more() -> None:
    room = Room(GroupLimits(initial_delay_ms=0, offset_retention_ms=1_000_000, session_timeout_max_ms=10**9))
    other = TopicPartition("other", 0)
    member_id = stable_reader(room, "t")
    room.commit(1, member_id, 1)
    room.commit(2, member_id, 1, tp=other)
    for _ in range(101):
        room.driver.advance(9_999)
        room.heartbeat(member_id, 1)
    assert room.done(room.ask("expire", ["g"])).reply == 1
    assert (room.fetched(), room.fetched(other)) == (1, -1)
    room.leave((member_id, None))
    room.driver.advance(999_999)
    assert room.done(room.ask("expire", ["g"])).reply == 0, "the time counts from when the group became empty"
    room.driver.advance(1)
    assert room.done(room.ask("expire", ["g"])).reply == 1
    assert room.driver.state.groups == {} == room.driver.rebuilt().durable()


def test_a_simple_consumers_offsets_expire_from_their_commit_or_as_it_asked() -> None:
    room = Room(GroupLimits(offset_retention_ms=1_000))
    room.commit(1)
    room.ask(
        "commit",
        "g",
        Commit("", None, -1, [(T1, Committed(2, -1, "", room.driver.wall_ms, room.driver.wall_ms + 5_000))]),
    )
    room.driver.advance(1_000)
    assert room.done(room.ask("expire", ["g"])).reply == 1
    assert (room.fetched(), room.fetched(T1)) == (-1, 2)
    room.driver.advance(4_000)
    assert room.done(room.ask("expire", ["g"])).reply == 1
    assert room.driver.state.groups == {}


def test_a_hundred_thousand_offsets_are_nothing_to_the_garbage_collector() -> None:
    """It stops the broker for as long as it takes to look at everything that could be part of a cycle."""
    offsets = Offsets()
    gc.collect()
    before = len(gc.get_objects())
    for number in range(100_000):
        offsets.apply("t", number, Committed(number, -1, "", 1), number, -1)
    gc.collect()
    assert len(offsets) == 100_000
    assert len(gc.get_objects()) - before < 1_000


def test_deleting_offsets() -> None:
    room = Room()
    missing = room.done(room.ask("delete_offsets", "g", [T0]))
    assert missing.error is ErrorCode.GROUP_ID_NOT_FOUND
    member_id = stable_reader(room, "t")
    other = TopicPartition("other", 0)
    room.commit(1, member_id, 1)
    room.commit(2, member_id, 1, tp=other)
    reply = room.done(room.ask("delete_offsets", "g", [T0, other])).reply
    assert reply == {T0: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, other: ErrorCode.NONE}
    assert (room.fetched(), room.fetched(other)) == (1, -1)
    room.leave((member_id, None))
    assert room.done(room.ask("delete_offsets", "g", [T0, other])).reply == {
        T0: ErrorCode.NONE,
        other: ErrorCode.NONE,
    }
    assert room.driver.state.groups == {} == room.driver.rebuilt().durable()


def test_offsets_of_other_kinds_of_groups_are_not_deleted_under_their_members() -> None:
    room = Room()
    member_id = room.member_id(kind="connect")
    room.join(member_id, kind="connect")
    room.driver.advance(0)
    asked = room.done(room.ask("delete_offsets", "g", [T0]))
    assert asked.error is ErrorCode.NON_EMPTY_GROUP


def test_deleted_topics_take_their_offsets_along() -> None:
    room = Room()
    room.commit(1)
    room.commit(2, tp=TopicPartition("kept", 0))
    assert room.done(room.ask("forget_partitions", frozenset({T0}), ["g"])).reply == 1
    assert room.fetched() == -1 and room.fetched(TopicPartition("kept", 0)) == 2
    assert room.driver.rebuilt().durable() == room.driver.state.durable()


def test_deleting_groups() -> None:
    room = Room()
    assert room.done(room.ask("delete", "g")).error is ErrorCode.GROUP_ID_NOT_FOUND
    (member_id,) = room.stable()
    room.commit(1, member_id, 1)
    assert room.done(room.ask("delete", "g")).error is ErrorCode.NON_EMPTY_GROUP
    room.leave((member_id, None))
    assert room.done(room.ask("delete", "g")).error is ErrorCode.NONE
    assert room.described() == DescribedGroup("Dead")
    assert room.driver.state.groups == {} == room.driver.rebuilt().durable()


def test_listing_and_describing() -> None:
    room = Room()
    (member_id,) = room.stable()
    room.ask("commit", "simple", Commit("", None, -1, [(T0, Committed(1, -1, "", 0))]))
    assert room.done(room.ask("list", frozenset())).reply == [
        ListedGroup("g", "consumer", "Stable"),
        ListedGroup("simple", "", "Empty"),
    ]
    assert room.done(room.ask("list", frozenset({"stable"}))).reply == [
        ListedGroup("g", "consumer", "Stable")
    ]
    found = room.described()
    assert (found.state, found.protocol_type, found.protocol) == ("Stable", "consumer", "range")
    (member,) = found.members
    assert (member.member_id, member.metadata, member.assignment) == (member_id, b"v1", member_id.encode())
    room.join(member_id)
    preparing = room.described()
    assert (preparing.state, preparing.protocol) == ("CompletingRebalance", "")
    assert preparing.members[0].metadata == b""


# -- failover -----------------------------------------------------------------------------------------------------


def test_a_stable_group_goes_on_after_a_failover() -> None:
    room = Room()
    leader, follower = room.stable(2)
    room.commit(3, leader, 1)
    room.driver.crash()
    assert room.heartbeat(leader, 1) is ErrorCode.NONE
    assert room.commit(4, follower, 1) is ErrorCode.NONE
    room.driver.advance(5_000)
    assert room.heartbeat(leader, 1) is ErrorCode.NONE
    room.driver.advance(5_000)
    assert room.phase is Phase.PREPARING, (
        "the silent follower's session began anew with the load, and has ended"
    )


def test_a_rebalance_under_way_begins_again_after_a_failover() -> None:
    room = Room()
    (member_id,) = room.stable()
    newcomer = room.join(version=3)
    room.driver.crash()
    assert newcomer.error is ErrorCode.NOT_COORDINATOR
    assert room.heartbeat(member_id, 1) is ErrorCode.NONE, "the generation of the log counts"


def test_an_answer_waits_for_the_replicas_and_is_lost_with_them() -> None:
    room = Room()
    room.commit(1)
    committed = Committed(2, -1, "", 0)
    asked = room.ask("commit", "g", Commit("", None, -1, [(T0, committed)]))
    shown = room.ask("fetch", "g", [T0], False)
    assert not asked.answered and not shown.answered, "a fetch that would show it must wait like its commit"
    room.driver.crash()
    assert asked.error is shown.error is ErrorCode.NOT_COORDINATOR
    assert room.fetched() == 1


def test_a_group_that_is_too_large_after_a_failover_sheds_members() -> None:
    room = Room()
    room.stable(3)
    room.limits = GroupLimits(initial_delay_ms=0, max_size=2)
    room.driver.crash()
    assert room.phase is Phase.PREPARING
