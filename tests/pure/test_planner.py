"""The controller's plans under random histories, dying at any write of any of them.

What must hold: a leader is live when it is elected; without an unclean election it comes from the ISR; leader
epochs never fall; after every plan the context holds what ZooKeeper holds and every broker heard what concerns
it; and whatever was interrupted, the next reigns arrive at the same, quiet end.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.controller_model import BrokerModel, Cluster, Interrupted, cached_topics
from zkbroker.controller.context import Policy
from zkbroker.controller.events import (
    AlterPartitionCall,
    AlterPartitionsReceived,
    CachedTopic,
    ControlledShutdownReceived,
    DeletionAnswered,
    DeletionMarkersSeen,
    ElectionRequested,
    Event,
    IsrChangesNotified,
    LeaderAndIsrAnswered,
    LogDirFailuresNotified,
    PreferredElectionZnodeCreated,
    ReassignmentsRequested,
    ReassignmentZnodeCreated,
    RebalanceDue,
    TopicNodeSeen,
    UncleanElectionEnabled,
)
from zkbroker.controller.steps import Create, Op, SetData
from zkbroker.errors import ErrorCode
from zkbroker.model import NO_LEADER, ReplicaAssignment, TopicPartition
from zkbroker.protocol.generated.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from zkbroker.zookeeper import znodes

BROKERS = (1, 2, 3, 4)
TOPICS = ("a", "b")
PARTITIONS = (0, 1)

brokers = st.sampled_from(BROKERS)
topics = st.sampled_from(TOPICS)
partitions = st.builds(TopicPartition, topics, st.sampled_from(PARTITIONS))
replicas = st.permutations(BROKERS).flatmap(lambda p: st.integers(1, 3).map(lambda n: tuple(p[:n])))
codes = st.sampled_from((ErrorCode.NONE, ErrorCode.NONE, ErrorCode.KAFKA_STORAGE_ERROR))
commands = st.one_of(
    st.tuples(st.just("create"), topics, st.lists(replicas, min_size=1, max_size=2)),
    st.tuples(st.just("grow"), topics, replicas),
    st.tuples(st.just("delete"), topics),
    st.tuples(st.just("kill"), brokers),
    st.tuples(st.just("start"), brokers),
    st.tuples(st.just("bounce"), brokers),
    st.tuples(st.just("bounce_two"), brokers, brokers),
    st.tuples(st.just("shut_down"), brokers),
    st.tuples(st.just("lose_directory"), brokers, partitions),
    st.tuples(st.just("answer_deletions"), brokers, codes),
    st.tuples(st.just("change_isr"), partitions, st.permutations(BROKERS), st.integers(0, 2)),
    st.tuples(st.just("change_isr_directly"), partitions),
    st.tuples(st.just("reassign"), partitions, st.none() | replicas),
    st.tuples(st.just("reassign_by_znode"), partitions, replicas),
    st.tuples(st.just("rebalance")),
    st.tuples(st.just("elect"), st.booleans()),
    st.tuples(st.just("elect_by_znode"), partitions),
    st.tuples(st.just("allow_unclean"), st.none() | topics),
    st.tuples(st.just("take_over")),
)
deaths = st.none() | st.none() | st.tuples(st.integers(0, 3), st.integers(0, 2))
meddlings = st.none() | st.none() | partitions
histories = st.lists(st.tuples(commands, deaths, meddlings), min_size=8, max_size=30)
beginnings = st.fixed_dictionaries({topic: st.lists(replicas, min_size=2, max_size=2) for topic in TOPICS})


@attrs.define(eq=False)
class World:
    """A cluster, what is true outside the controller, and the invariants."""

    cluster: Cluster = attrs.field(factory=Cluster)
    unclean: set[str | None] = attrs.field(factory=set)  # topics; None: all
    forced: bool = False
    stopping: set[int] = attrs.field(factory=set)
    died: bool = False
    retired: list[BrokerModel] = attrs.field(factory=list)  # brokers that heard nothing since they were lost
    ticket: int = 0

    def __attrs_post_init__(self) -> None:
        self.cluster.on_write = self.check_write
        for broker_id in BROKERS:
            self.cluster.register(broker_id)
        self.cluster.take_over(policy=Policy(imbalance_percentage=0))

    # -- invariants --------------------------------------------------------------------------------

    def check_write(self, op: Op) -> None:
        """Looks at each write of a partition state that is going to succeed."""
        known = self.cluster.zk.nodes.get(op.path)
        if not op.path.endswith("/state") or not isinstance(op, Create | SetData):
            return
        tp = TopicPartition(op.path.split("/")[3], int(op.path.split("/")[5]))
        new = znodes.decode_state(tp, op.data or b"", 0)
        assert new.isr
        assert new.controller_epoch == self.cluster.context.controller_epoch
        live = self.cluster.registered.keys() - self.stopping
        if isinstance(op, Create):
            if known is None:
                assert new.leader in live and new.leader_epoch == 0 and set(new.isr) <= live
            return
        if known is None or known.version != op.version:
            return
        old = znodes.decode_state(tp, known.data, known.version)
        if new.leader == old.leader and new.leader_epoch == old.leader_epoch:
            return  # AlterPartition
        assert new.leader_epoch > old.leader_epoch
        if new.leader not in (NO_LEADER, old.leader):
            assert new.leader in live
            if new.leader not in old.isr:
                assert self.forced or not self.unclean.isdisjoint((tp.topic, None)), "an unclean election"

    def check(self) -> None:
        """What must hold between two plans."""
        context, zk = self.cluster.context, self.cluster.zk
        for name, topic in context.topics.items():
            assert topic.node() == self.cluster.topic_node(name)
            assert topic.node_version == zk.nodes[znodes.topic_path(name)].version
            assert context.topic_names[topic.topic_id] == name
        states = self.cluster.states()
        assert {p.tp: p.state for p in context.partitions() if p.state is not None} == states
        assert context.reassigning == {p.tp for p in context.partitions() if p.assignment.is_being_reassigned}
        for partition in context.kept_partitions():
            state, tp = partition.state, partition.tp
            if state is None:
                assert not context.online(partition), f"{tp} stays new"
                continue
            assert set(state.isr) <= set(partition.replicas)
            for broker_id, heard in self.cluster.brokers.items():
                metadata = heard.metadata.get(tp)
                if tp.topic not in context.deletions:
                    assert metadata is not None
                    assert (metadata.leader, metadata.leader_epoch) == (state.leader, state.leader_epoch)
                    assert (tuple(metadata.isr), metadata.zk_version) == (state.isr, state.partition_epoch)
                if context.is_online(broker_id, tp) and broker_id in partition.replicas:
                    told = heard.leadership[tp]
                    assert (told.leader, told.leader_epoch) == (state.leader, state.leader_epoch)
                    assert told.partition_epoch <= state.partition_epoch
        for broker_id, heard in self.cluster.brokers.items():
            assert heard.live == tuple(sorted(self.cluster.registered)), "somebody does not know who is there"
            if self.died:
                continue  # as with Kafka, nobody knows of a StopReplica that was never sent
            for tp in heard.leadership:
                known = context.partition(tp)
                if tp.topic not in context.deletions and context.is_live(broker_id):
                    assert known is not None and broker_id in known.replicas, f"{tp} is left on {broker_id}"
        assert context.brokers == self.cluster.registered

    # -- history -----------------------------------------------------------------------------------

    def run(
        self,
        command: tuple[Any, ...],
        death: tuple[int, int] | None = None,
        meddled: TopicPartition | None = None,
    ) -> None:
        """One command. `death`: the controller dies in it. `meddled`: somebody else writes that state first."""
        if command == ("take_over",):
            self.take_over(death)
            return
        action: Callable[..., Event | None] = getattr(self, command[0])
        event = action(*command[1:])
        self.forced = isinstance(event, ElectionRequested) and event.unclean
        if event is None:
            return
        if meddled is not None:
            self.cluster.before_write = lambda: self.meddle(meddled)
        try:
            self.cluster.handle(event, stop_at=death)
        except Interrupted:
            self.died = True
            self.stopping.clear()
            self.forced = False
            try:
                self.cluster.take_over(stop_at=death, cached=self.cache())  # the next one dies as well
            except Interrupted:
                self.cluster.take_over(cached=self.cache())
        self.cluster.before_write = lambda: None
        if meddled is not None:
            self.cluster.handle(IsrChangesNotified((), frozenset({meddled})))
        self.check()

    def meddle(self, tp: TopicPartition) -> None:
        """A leader of an old inter-broker protocol shrinks its ISR while the controller is about to write."""
        self.cluster.before_write = lambda: None
        known = self.cluster.states().get(tp)
        if known is not None and known.leader in known.isr:
            written = znodes.encode_state(attrs.evolve(known, isr=(known.leader,)))
            self.cluster.zk.set(znodes.state_path(tp), written)

    def next_ticket(self) -> int:
        self.ticket += 1
        return self.ticket

    def exists(self, topic: str) -> bool:
        return znodes.topic_path(topic) in self.cluster.zk.nodes

    def seen_brokers(self) -> Event:
        from zkbroker.controller.events import BrokersSeen

        return BrokersSeen(dict(self.cluster.registered))

    def create(self, topic: str, assigned: list[tuple[int, ...]]) -> Event | None:
        from zkbroker.controller.events import TopicsSeen

        if self.exists(topic) or znodes.delete_topic_path(topic) in self.cluster.zk.nodes:
            return None
        self.cluster.write_topic(topic, dict(enumerate(assigned)), with_id=len(assigned) > 1)
        return TopicsSeen(
            frozenset(t for t in TOPICS if self.exists(t)) | frozenset(self.cluster.context.topics)
        )

    def grow(self, topic: str, assigned: tuple[int, ...]) -> Event | None:
        if not self.exists(topic):
            return None
        path = znodes.topic_path(topic)
        node = self.cluster.topic_node(topic)
        if len(node.partitions) > 3 or any(a.is_being_reassigned for a in node.partitions.values()):
            return None
        grown = {**node.partitions, len(node.partitions): ReplicaAssignment(assigned)}
        self.cluster.zk.set(path, znodes.encode_topic(attrs.evolve(node, partitions=grown)))
        found = self.cluster.zk.nodes[path]
        return TopicNodeSeen(topic, found.data, found.version)

    def delete(self, topic: str) -> Event | None:
        self.cluster.zk.set(znodes.delete_topic_path(topic), b"")
        return DeletionMarkersSeen(frozenset(self.cluster.zk.children(znodes.DELETE_TOPICS)))

    def kill(self, broker_id: int) -> Event:
        if broker_id in self.cluster.brokers:
            self.retired.append(self.cluster.brokers[broker_id])
        self.cluster.registered.pop(broker_id, None)
        self.stopping.discard(broker_id)
        return self.seen_brokers()

    def start(self, broker_id: int) -> Event | None:
        return None if broker_id in self.cluster.registered else self.bounce(broker_id)

    def bounce(self, broker_id: int) -> Event:
        self.cluster.register(broker_id)
        self.stopping.discard(broker_id)
        return self.seen_brokers()

    def bounce_two(self, one: int, other: int) -> Event:
        self.bounce(one)
        self.kill(other)
        return self.bounce(other)

    def shut_down(self, broker_id: int) -> Event | None:
        if broker_id not in self.cluster.registered:
            return None
        self.stopping.add(broker_id)
        epoch = self.cluster.registered[broker_id].epoch
        return ControlledShutdownReceived(self.next_ticket(), broker_id, epoch)

    def lose_directory(self, broker_id: int, tp: TopicPartition) -> Event | None:
        if broker_id not in self.cluster.registered:
            return None
        self.cluster.handle(LogDirFailuresNotified(("log_dir_event_0",), frozenset({broker_id})))
        epoch = self.cluster.registered[broker_id].epoch
        return LeaderAndIsrAnswered(broker_id, epoch, frozenset({tp}), frozenset())

    def answer_deletions(self, broker_id: int, code: ErrorCode) -> Event | None:
        model = self.cluster.brokers.get(broker_id)
        if model is None or not model.deleted:
            return None
        errors = dict.fromkeys(model.deleted, int(code))
        model.deleted = []
        return DeletionAnswered(broker_id, model.epoch, errors)

    def change_isr(self, tp: TopicPartition, order: list[int], age: int) -> Event | None:
        state = self.cluster.context.state(tp)
        if state is None or state.leader == NO_LEADER or state.leader not in self.cluster.registered:
            return None
        known = self.cluster.context.partition(tp)
        assert known is not None
        isr = [replica for replica in order if replica in known.replicas]
        asked = PartitionData(
            partition_index=tp.partition,
            leader_epoch=state.leader_epoch,
            new_isr_with_epochs=[BrokerState(broker_id=replica) for replica in isr],
            partition_epoch=state.partition_epoch - age + 1 if age else state.partition_epoch,
        )
        request = AlterPartitionRequest(
            broker_id=state.leader,
            broker_epoch=self.cluster.registered[state.leader].epoch,
            topics=[TopicData(topic_id=self.cluster.topic_node(tp.topic).topic_id, partitions=[asked])],
        )
        calls = (
            AlterPartitionCall(self.next_ticket(), 3, request),
            AlterPartitionCall(self.next_ticket(), 3, request),
        )
        return AlterPartitionsReceived(calls)

    def change_isr_directly(self, tp: TopicPartition) -> Event | None:
        """A leader of an old inter-broker protocol writes the state itself."""
        state = self.cluster.context.state(tp)
        if state is None or len(state.isr) < 2 or state.leader == NO_LEADER:
            return None
        written = attrs.evolve(state, isr=(state.leader,))
        self.cluster.zk.set(znodes.state_path(tp), znodes.encode_state(written))
        return IsrChangesNotified(("isr_change_0",), frozenset({tp}))

    def reassign(self, tp: TopicPartition, target: tuple[int, ...] | None) -> Event:
        return ReassignmentsRequested(self.next_ticket(), {tp: target})

    def reassign_by_znode(self, tp: TopicPartition, target: tuple[int, ...]) -> Event:
        self.cluster.zk.set(znodes.REASSIGN_PARTITIONS, znodes.encode_reassignments({tp: target}))
        return ReassignmentZnodeCreated()

    def rebalance(self) -> Event:
        return RebalanceDue()

    def elect(self, unclean: bool) -> Event:
        return ElectionRequested(self.next_ticket(), None, unclean)

    def elect_by_znode(self, tp: TopicPartition) -> Event:
        self.cluster.zk.set(znodes.PREFERRED_REPLICA_ELECTION, znodes.encode_preferred_election((tp,)))
        return PreferredElectionZnodeCreated()

    def allow_unclean(self, topic: str | None) -> Event:
        self.unclean.add(topic)
        if topic is None:
            policy = attrs.evolve(self.cluster.context.policy, unclean_election=True)
            self.cluster.context = attrs.evolve(self.cluster.context, policy=policy)
        else:
            config = znodes.encode_entity_config({"unclean.leader.election.enable": "true"})
            self.cluster.zk.set(f"/config/topics/{topic}", config)
        return UncleanElectionEnabled(topic)

    def take_over(self, death: tuple[int, int] | None = None) -> None:
        self.stopping.clear()
        self.forced = False
        try:
            self.cluster.take_over(stop_at=death, cached=self.cache())
        except Interrupted:
            self.died = True
            self.cluster.take_over(cached=self.cache())
        self.check()

    def cache(self) -> dict[str, CachedTopic]:
        """The metadata of the broker that is elected: of one that has seen less and less, too."""
        self.ticket += 1
        models = [*self.cluster.brokers.values(), *self.retired, None]
        return cached_topics(models[self.ticket % len(models)])


def settle(world: World) -> None:
    """Everybody is back and answers; the work that waited is done."""
    for broker_id in BROKERS:
        world.run(("bounce", broker_id))
    for tp in sorted(world.cluster.context.reassigning):
        world.run(("change_isr", tp, list(BROKERS), 0))
    for _ in range(3):
        for broker_id in BROKERS:
            world.run(("answer_deletions", broker_id, ErrorCode.NONE))


def check_quiet_end(world: World) -> None:
    """Once everybody is back nothing is left to do, and another controller finds nothing to change."""
    settle(world)
    context = world.cluster.context
    assert not context.deletions, "a topic that nobody can hold up is not deleted"
    for partition in context.partitions():
        assert context.leader_is_online(partition), f"{partition} has no leader though all brokers are there"
    before = world.cluster.states()
    world.take_over()
    world.take_over()
    assert not context.reassigning, "a reassignment whose replicas are all in sync is not finished"
    assert world.cluster.states() == before, "taking over a healthy cluster changes it"
    assert world.cluster.context.topics == context.topics


@given(beginnings, histories)
def test_no_history_and_no_death_of_a_controller_breaks_the_cluster(
    beginning: dict[str, list[tuple[int, ...]]],
    history: list[tuple[tuple[Any, ...], tuple[int, int] | None, TopicPartition | None]],
) -> None:
    world = World()
    for topic, assigned in beginning.items():
        world.run(("create", topic, assigned))
    for command, death, meddled in history:
        world.run(command, death, meddled)
    check_quiet_end(world)


@given(beginnings, st.lists(commands, max_size=8), commands)
def test_a_death_at_each_write_of_a_plan_in_turn_is_made_good(
    beginning: dict[str, list[tuple[int, ...]]],
    history: list[tuple[Any, ...]],
    command: tuple[Any, ...],
) -> None:
    """Not a chosen write but every one, and every group of it: before the first, between, after the last."""
    world = World()
    for topic, assigned in beginning.items():
        world.run(("create", topic, assigned))
    for earlier in history:
        world.run(earlier)
    undisturbed = copy.deepcopy(world)
    undisturbed.cluster.groups_written = []
    undisturbed.run(command)
    for write, groups in enumerate(undisturbed.cluster.groups_written):
        for group in range(groups + 1):
            another = copy.deepcopy(world)
            another.run(command, (write, group))
            assert another.died
            check_quiet_end(another)
