"""Groups under any sequence of commands, refusals, time-outs, lagging replicas and crashes.

What must hold: the log rebuilds the state's durable part; no partition has two owners in a generation; what was
shown to anyone never goes back; a fenced member never gets through; and left in peace, the group becomes stable.
"""

from __future__ import annotations

from functools import partial

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pure.coordinator_model import Asked, Driver
from zkbroker.coordinator.group import Group
from zkbroker.coordinator.groups import Commit, Fetched, Groups, Leaving
from zkbroker.coordinator.members import GroupLimits, Join, Joined, Phase, Sync, Synced
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.records import Committed
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition

PARTITIONS = 5
TWIN = 3
TP = TopicPartition("t", 0)
LIMITS = GroupLimits(initial_delay_ms=1_000, offset_retention_ms=100_000)
REFUSALS = (
    ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.MESSAGE_TOO_LARGE,
    ErrorCode.KAFKA_STORAGE_ERROR,
)


@attrs.define(eq=False)
class Consumer:
    """A client that does what consumers do, one request at a time."""

    number: int
    instance: str | None
    member_id: str = ""
    generation: int = -1
    to_assign: Joined | None = None  # it leads: whom it has to assign to
    request: Asked | None = None
    kind: str = ""
    is_fenced: bool = False  # it asked when its id was fenced already

    @property
    def owner(self) -> str:
        """Who it is across restarts."""
        return self.instance or self.member_id


def _number(member_id: str) -> int:
    """Later ids have larger numbers."""
    return int(member_id.rpartition("-")[2])


@attrs.define(eq=False)
class World:
    """Consumers 0-1 are dynamic, 2-3 are two incarnations of one static member, 4 is another static one."""

    driver: Driver[Groups] = attrs.field(factory=lambda: Driver(lambda: Groups(LIMITS)))
    consumers: list[Consumer] = attrs.field(
        factory=lambda: [Consumer(i, instance) for i, instance in enumerate((None, None, "s", "s", "r"))]
    )
    owners: dict[tuple[object, int], dict[int, str]] = attrs.field(factory=dict)  # by life and generation
    lives: int = 0  # a group that is made anew begins with generation 1
    group: Group | None = None
    ids_of: dict[str, set[str]] = attrs.field(factory=dict)  # instance -> member ids it ever had
    dead_ids: set[str] = attrs.field(factory=set)
    frozen: set[int] = attrs.field(factory=set)  # consumers that do nothing for now
    next_offset: int = 0
    shown_offset: int = -1
    offsets_go_up: bool = True  # until something deletes them
    fetches: list[Asked] = attrs.field(factory=list)
    commits: list[tuple[Asked, int]] = attrs.field(factory=list)
    in_transactions: dict[int, set[int]] = attrs.field(factory=dict)  # producer id -> offsets not decided yet
    aborted: set[int] = attrs.field(factory=set)
    fenced_commits: list[Asked] = attrs.field(factory=list)
    _ids: int = 0

    def __attrs_post_init__(self) -> None:
        self.driver.mark = self._life

    def _life(self, state: Groups) -> int:
        """Which group of that name it is: after a crash the same one, made from the log."""
        group = state.groups.get("g")
        if group is not self.group:
            self.lives += 1
            self.group = group
        return self.lives

    def ask(self, name: str, *args: object) -> Asked:
        return self.driver.ask(partial(getattr(self.driver.state, name), *args))

    # -- what consumers do

    def step(self, consumer: Consumer) -> None:
        """Its next request, if it waits for no answer."""
        if consumer.request is not None:
            return
        if consumer.to_assign is not None or consumer.kind == "sync":
            self._sync(consumer)
        elif consumer.generation < 0:
            self._join(consumer)
        else:
            self._start(
                consumer,
                "heartbeat",
                self.ask("heartbeat", "g", consumer.member_id, consumer.instance, consumer.generation),
            )

    def _start(self, consumer: Consumer, kind: str, asked: Asked) -> None:
        consumer.kind, consumer.request = kind, asked
        consumer.is_fenced = consumer.member_id in self.dead_ids

    def _join(self, consumer: Consumer) -> None:
        self._ids += 1
        join = Join(
            member_id=consumer.member_id,
            instance_id=consumer.instance,
            client_id="c",
            client_host="/h",
            session_timeout_ms=10_000,
            rebalance_timeout_ms=5_000,  # less than a session: a static member may miss a rebalance
            protocol_type="consumer",
            protocols=(("range", b"%d" % (consumer.number % 2)),),
            requires_member_id=consumer.instance is None,
            may_skip_assignment=consumer.number % 2 == 0,
            new_member_id=f"{consumer.instance or 'm'}-{self._ids}",
        )
        self._start(consumer, "join", self.ask("join", "g", join))

    def _sync(self, consumer: Consumer) -> None:
        assignments = {}
        if consumer.to_assign is not None:
            ids = [member_id for member_id, _, _ in consumer.to_assign.members]
            shares: dict[str, list[str]] = {member_id: [] for member_id in ids}
            for partition in range(PARTITIONS):
                shares[ids[partition % len(ids)]].append(str(partition))
            assignments = {member_id: " ".join(share).encode() for member_id, share in shares.items()}
        sync = Sync(
            consumer.member_id, consumer.instance, consumer.generation, "consumer", "range", assignments
        )
        self._start(consumer, "sync", self.ask("sync", "g", sync))
        consumer.to_assign = None

    def hear(self) -> None:
        """Everybody takes note of the answers that have come, and the promises are checked."""
        for consumer in self.consumers:
            if consumer.request is not None and consumer.request.answered:
                asked, consumer.request = consumer.request, None
                self._heard(consumer, asked)
        for asked in [each for each in self.fetches if each.answered]:
            self.fetches.remove(asked)
            if isinstance(asked.reply, list):
                (found,) = asked.reply
                assert isinstance(found, Fetched)
                self._saw(-1 if found.committed is None else found.committed.offset)
        for asked in [each for each in self.fenced_commits if each.answered]:
            self.fenced_commits.remove(asked)
            assert asked.error is not ErrorCode.NONE, "a fenced member committed"
        for asked, offset in [each for each in self.commits if each[0].answered]:
            self.commits.remove((asked, offset))
            if asked.error is ErrorCode.NONE:
                self.shown_offset = max(self.shown_offset, offset)

    def _saw(self, offset: int) -> None:
        assert offset not in self.aborted, "an offset of an aborted transaction is shown"
        if self.offsets_go_up:
            assert offset >= self.shown_offset, "an offset that was shown has gone back"
        self.shown_offset = offset

    def _heard(self, consumer: Consumer, asked: Asked) -> None:
        kind, reply, error = consumer.kind, asked.reply, asked.error
        consumer.kind = ""
        if error is ErrorCode.NONE and kind != "join":
            assert not consumer.is_fenced, f"a fenced member got through with {kind}"
        if kind == "join":
            if isinstance(reply, Joined) and error in (ErrorCode.NONE, ErrorCode.MEMBER_ID_REQUIRED):
                consumer.member_id = reply.member_id
                self._remember_id(consumer)
            if isinstance(reply, Joined) and error is ErrorCode.NONE:
                consumer.generation = reply.generation
                consumer.kind = "sync"
                if reply.leader == reply.member_id and not reply.skip_assignment and reply.members:
                    consumer.to_assign = reply
                return
        elif kind == "sync" and error is ErrorCode.NONE:
            assert isinstance(reply, Synced)
            self._owns(consumer, reply.assignment, asked.when)
        if error in (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_INSTANCE_ID):
            consumer.member_id = ""
        if error not in (ErrorCode.NONE, ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE):
            consumer.generation = -1

    def _remember_id(self, consumer: Consumer) -> None:
        if consumer.instance is not None:
            self.ids_of.setdefault(consumer.instance, set()).add(consumer.member_id)

    def _owns(self, consumer: Consumer, assignment: bytes, life: object) -> None:
        owners = self.owners.setdefault((life, consumer.generation), {})
        for partition in map(int, assignment.split()):
            before = owners.setdefault(partition, consumer.owner)
            assert before == consumer.owner, (
                f"partition {partition} of generation {consumer.generation} belongs to {before} and {consumer.owner}"
            )
        if consumer.instance is not None:  # stored under this id: the ones before are fenced for good
            ids = self.ids_of[consumer.instance]
            self.dead_ids |= {each for each in ids if _number(each) < _number(consumer.member_id)}

    # -- everything that can happen

    def do(self, what: str, number: int) -> None:
        driver, consumer = self.driver, self.consumers[number % len(self.consumers)]
        if what == "step":
            self.step(consumer)
        elif what == "round":
            self._round()
        elif what == "peace":  # long enough for a generation, and a heartbeat or two, if nobody is away
            for _ in range(4 + number % 5):
                self._round()
                driver.replicate()
                driver.advance(400)
        elif what == "freeze":
            self.frozen ^= {consumer.number}
        elif what == "later":  # offsets expire meanwhile
            driver.advance(LIMITS.offset_retention_ms)
        elif what == "restart":  # without a word; its id is lost
            consumer.member_id, consumer.generation, consumer.to_assign = "", -1, None
            consumer.request, consumer.kind = None, ""
        elif what == "rejoin" and consumer.request is None:
            consumer.generation, consumer.to_assign, consumer.kind = -1, None, ""
        elif what == "late sync" and consumer.request is None and consumer.generation >= 0:
            self._sync(consumer)
        elif what == "leave" and consumer.request is None:
            self.ask("leave", "g", [Leaving(consumer.member_id, consumer.instance)])
        elif what == "remove":  # an administrator names static members by their instances alone
            self.ask("leave", "g", [Leaving("", "s"), Leaving("", "r"), Leaving("", "nobody")])
        elif what in ("commit", "pending commit"):
            self._commit(consumer, transactional=what != "commit", producer_id=number % 2)
        elif what == "marker":
            commit, decided = number % 3 != 0, self.in_transactions.pop(number % 2, set())
            driver.marker(number % 2, commit=commit)
            self.aborted |= set() if commit else decided
        elif what == "fetch":
            self.fetches.append(self.ask("fetch", "g", [TP], False))
        elif what == "advance":
            driver.advance(number * 500)
        elif what == "replicate":
            driver.replicate(number % 4 or None)
        elif what == "crash":
            driver.crash(keep=number % 4)
            self.group = driver.state.groups.get("g")
            self.aborted.clear()  # their markers may be lost, and be written otherwise
            self.in_transactions.clear()
        elif what == "refuse":
            driver.refuse = REFUSALS[number % len(REFUSALS)]
        elif what in DELETIONS:
            self.offsets_go_up = False
            if what == "expire":
                self.ask("expire", ["g"])
            elif what == "delete":
                self.ask("delete", "g")
            elif what == "delete offsets":
                self.ask("delete_offsets", "g", [TP, TopicPartition("t", 1)])
            else:
                self.ask("forget_partitions", frozenset({TP}), ["g"])

    def _round(self) -> None:
        """Everybody takes a step but the second incarnation, with which the first would have no peace."""
        for each in self.consumers:
            self.hear()
            if each.number != TWIN and each.number not in self.frozen:
                self.step(each)
        self.hear()

    def _commit(self, consumer: Consumer, *, transactional: bool, producer_id: int) -> None:
        self.next_offset += 1
        committed = Committed(self.next_offset, -1, "", self.driver.wall_ms)
        asked = self.ask(
            "commit",
            "g",
            Commit(
                consumer.member_id,
                consumer.instance,
                consumer.generation,
                [(TP, committed)],
                Producer(producer_id, 0) if transactional else None,
            ),
        )
        if transactional:
            self.in_transactions.setdefault(producer_id, set()).add(self.next_offset)
        else:
            self.commits.append((asked, self.next_offset))
        if consumer.generation >= 0 and consumer.member_id in self.dead_ids:
            self.fenced_commits.append(asked)

    def check(self) -> None:
        self.hear()
        assert self.driver.rebuilt().durable() == self.driver.state.durable()
        group = self.driver.state.groups.get("g")
        if self.driver.replicated == self.driver.end:  # what anybody would be shown now
            committed = None if group is None else group.offsets.get(TP)
            self._saw(-1 if committed is None else committed.offset)

    def settle(self) -> None:
        """Leave the group in peace: everybody joins, and everything has one owner."""
        self.driver.refuse = None
        self.driver.replicate()
        self.consumers[3].request = None
        self.consumers.pop(3)  # one of the twins is enough
        for _ in range(400):
            for consumer in self.consumers:
                self.driver.replicate()
                self.hear()
                self.step(consumer)
            self.driver.replicate()
            self.hear()
            self.driver.advance(500)
        group = self.driver.state.groups["g"]
        assert group.phase is Phase.STABLE
        assert {m.member_id for m in group.members.values()} == {c.member_id for c in self.consumers}
        shares = b" ".join(m.assignment for m in group.members.values())
        assert sorted(shares.split()) == [b"%d" % partition for partition in range(PARTITIONS)]
        assert {c.generation for c in self.consumers} == {group.generation}, "somebody does not know of it"
        self.check()


QUIET = (
    *("step", "step", "round", "round", "peace", "peace", "peace", "advance", "replicate"),
    *("rejoin", "late sync", "restart", "leave", "remove", "freeze", "freeze"),
)
OFFSETS = ("commit", "fetch")
FAULTS = ("crash", "refuse")
TRANSACTIONS = ("pending commit", "marker")
DELETIONS = ("expire", "delete", "delete offsets", "forget")


def happenings(*words: str) -> st.SearchStrategy[list[tuple[str, int]]]:
    # Without a least size hypothesis writes scripts of five lines, in which nothing comes together.
    return st.lists(st.tuples(st.sampled_from(words), st.integers(0, 30)), min_size=20, max_size=60)


@given(happenings(*QUIET, *FAULTS, *OFFSETS))
def test_nobody_shares_a_partition_and_nobody_fenced_gets_through(script: list[tuple[str, int]]) -> None:
    world = World()
    for what, number in script:
        world.do(what, number)
        world.check()


@given(happenings(*OFFSETS, *TRANSACTIONS, *FAULTS, "replicate"))
def test_no_offset_that_was_shown_goes_back(script: list[tuple[str, int]]) -> None:
    world = World()
    for what, number in script:
        world.do(what, number)
        world.check()


@given(happenings(*QUIET, *OFFSETS, *FAULTS, *TRANSACTIONS, *DELETIONS, "later"))
def test_replaying_the_log_rebuilds_the_group(script: list[tuple[str, int]]) -> None:
    world = World()
    for what, number in script:
        world.do(what, number)
        world.check()


@given(happenings(*OFFSETS, *TRANSACTIONS, *DELETIONS, *DELETIONS, "advance", "later", "leave", "peace"))
def test_a_cleaned_log_says_the_same(script: list[tuple[str, int]]) -> None:
    """So a failover after the cleaner was there brings nothing back and loses nothing."""
    world = World()
    for what, number in script:
        world.do(what, number)
        world.check()
        assert world.driver.compacted().durable() == world.driver.state.durable()


@settings(max_examples=50)
@given(happenings(*QUIET, *FAULTS, *OFFSETS))
def test_left_in_peace_a_group_becomes_stable(script: list[tuple[str, int]]) -> None:
    world = World()
    for what, number in script:
        world.do(what, number)
        world.check()
    world.settle()
