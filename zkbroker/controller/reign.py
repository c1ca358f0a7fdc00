"""One reign: a single loop takes one event at a time, drives its plan, and so owns the context.

The plans decide (planner.py), the writer writes behind its fence (writer.py), the senders deliver in order
(senders.py), the watches bring what happens in ZooKeeper (watches.py). While the session is suspended nothing
is written or sent; after it, nothing is until /controller and its epoch were found to be ours still.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from zkbroker.admin_store import new_topic_id
from zkbroker.changed import Changed
from zkbroker.controller.admin import with_policy
from zkbroker.controller.context import Context
from zkbroker.controller.events import (
    AlterPartitionCall,
    AlterPartitionsReceived,
    CachedTopic,
    DeletionAnswered,
    Event,
    LeaderAndIsrAnswered,
    RebalanceDue,
)
from zkbroker.controller.news import told
from zkbroker.controller.planner import plan
from zkbroker.controller.senders import Connect, Senders, SenderStatistics
from zkbroker.controller.steps import (
    ControllerMoved,
    ControlRequest,
    Create,
    Deleted,
    Deleting,
    Delivered,
    Done,
    Elected,
    Found,
    FreshTopicIds,
    Moved,
    News,
    Notice,
    Op,
    Outcome,
    Read,
    ReadTree,
    Reconnect,
    Reply,
    Report,
    Send,
    SetAside,
    SetData,
    Step,
    Write,
)
from zkbroker.controller.watches import Watches
from zkbroker.controller.writer import FencedWriter
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import (
    ControllerHandles,
    EventFeed,
    PartitionStateWritten,
    current_cause,
    set_cause,
)
from zkbroker.metadata import ClusterSnapshot, PartitionMetadata
from zkbroker.model import (
    BrokerInfo,
    LeaderAndIsr,
    LeaderRecoveryState,
    ReplicaAssignment,
    TopicId,
    TopicPartition,
)
from zkbroker.protocol.generated.leader_and_isr_request import LeaderAndIsrRequest
from zkbroker.protocol.generated.leader_and_isr_response import LeaderAndIsrResponse
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.protocol.generated.stop_replica_response import StopReplicaResponse
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import Reign as Election
from zkbroker.zookeeper.session import NoNode, ZkSession

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig
    from zkbroker.protocol.primitives import Message

log = logging.getLogger(__name__)

FIRST_REBALANCE_S: Final = 5.0
DELIVERY_S: Final = 0.5
"""How long brokers that do not answer may keep a new reign from reading every state."""

READ_TOGETHER: Final = 200
"""Znodes read in one burst, so that a broker that serves is not kept waiting by thousands of answers."""


@attrs.frozen
class ReignStatistics:
    """What the reigning controller knows and has to do."""

    controller_epoch: int
    brokers: int  # registered
    topics: int
    partitions: int
    leaderless_partitions: int  # those that should have a leader and have none that is online
    away_from_preferred: int  # partitions not led by their first replica
    reassigning: int
    deleting_topics: int
    set_aside: Mapping[str, str]  # topics left alone, and why
    unreadable: Mapping[str, str]  # other znodes that cannot be read, and why
    events_waiting: int
    events_handled: int
    unclean_elections: int
    senders: tuple[SenderStatistics, ...]


@attrs.define(eq=False)
class _Call:
    """An API call that waits for its reply."""

    answer: object = None
    answered: trio.Event = attrs.field(factory=trio.Event)

    def set(self, answer: object) -> None:
        self.answer = answer
        self.answered.set()


@attrs.define(eq=False)
class Reign:
    """One time as the controller, from the election to the end. Owner: the task in `run`."""

    session: ZkSession
    election: Election
    broker_id: int
    config: Callable[[], BrokerConfig]
    connect: Connect
    events: EventFeed | None = None
    cluster_snapshot: Callable[[], ClusterSnapshot] | None = None  # of this broker's metadata cache
    on_taken_over: Callable[[], None] = lambda: None
    elected_uncleanly: Callable[[TopicPartition, TopicId, LeaderAndIsr], None] = lambda _tp, _id, _state: None
    has_taken_over: bool = attrs.field(default=False, init=False)
    context: Context = attrs.field(init=False)  # replaced after each event; nobody else keeps it
    _inbox: deque[tuple[Event, str]] = attrs.field(factory=deque)  # each with what brought it here
    _arrived: Changed = attrs.field(factory=Changed)
    _calls: dict[int, _Call] = attrs.field(factory=dict)
    _ticket: int = 0
    _handled: int = 0
    _unclean_elections: int = 0
    _verified: int = -1  # the connection on which /controller was last found to be ours
    _senders: Senders | None = None
    _watches: Watches | None = None

    def __attrs_post_init__(self) -> None:
        self.context = Context(self.broker_id, self.election.controller_epoch)
        self._verified = self.session.connections

    async def run(self) -> None:
        """Take over, then handle events until another controller reigns; then return.

        Any other exception is a bug or a lost session, and is raised: a half-changed context is never used.
        """
        try:
            async with trio.open_nursery() as nursery:
                self._senders = Senders(
                    self.connect,
                    self._wait_allowed,
                    self._answered,
                    lambda: self.config().request_timeout_ms / 1000,
                    nursery,
                    self.events,
                )
                self._watches = Watches(self.session, self.put, nursery)
                seen = await self._watches.arm()
                await self._handle(attrs.evolve(seen, cached=self._cached()))
                self.has_taken_over = True
                self.on_taken_over()
                self._watches.follow()
                nursery.start_soon(self._rebalance_regularly)
                while True:
                    await self._handle(*await self._next_event())
        except* ControllerMoved as moved:
            log.warning("Broker %d stops being the controller: %s", self.broker_id, _leaf(moved))
        finally:
            self._refuse_calls()

    # -- the inbox ---------------------------------------------------------------------------------

    def put(self, event: Event) -> None:
        """Hand an event to the loop. Never waits."""
        self._inbox.append((event, current_cause()))
        self._arrived.notify()

    async def ask(self, event: Callable[[int], Event]) -> Any:
        """The reply to an API call; `event` gets the ticket. Cancelling drops the reply, not what was begun.

        Raises: KafkaError as the plan replied, or NOT_CONTROLLER if the reign ends first.
        """
        self._ticket += 1
        ticket = self._ticket
        call = self._calls[ticket] = _Call()
        try:
            self.put(event(ticket))
            await call.answered.wait()
        finally:
            self._calls.pop(ticket, None)
        if isinstance(call.answer, KafkaError):
            raise call.answer
        return call.answer

    async def _next_event(self) -> tuple[Event, str]:
        """The next event and what brought it here; AlterPartitions that wait in a row come as one."""
        while not self._inbox:
            await self._arrived.wait()
        event, origin = self._inbox.popleft()
        if isinstance(event, AlterPartitionsReceived):
            calls: list[AlterPartitionCall] = list(event.calls)
            origins = {origin: None}
            while self._inbox and isinstance(following := self._inbox[0][0], AlterPartitionsReceived):
                calls += following.calls
                origins[self._inbox.popleft()[1]] = None
            return AlterPartitionsReceived(tuple(calls)), "; ".join(origins)
        return event, origin

    def _refuse_calls(self) -> None:
        for call in self._calls.values():
            call.set(KafkaError(ErrorCode.NOT_CONTROLLER, "this broker is no longer the controller"))
        self._calls.clear()

    # -- one event ---------------------------------------------------------------------------------

    async def _handle(self, event: Event, origin: str = "") -> None:
        """Drive one plan to its end; only then is the context replaced."""
        config = self.config()
        context = with_policy(
            self.context,
            unclean=config.unclean_leader_election_enable,
            deletes_topics=config.delete_topic_enable,
            imbalance_percentage=config.leader_imbalance_per_broker_percentage,
        )
        kind, turn = type(event).__name__, self._handled + 1
        set_cause(origin)
        if self.events is not None:
            self.events.emit(ControllerHandles(kind, turn, len(self._inbox)))
        set_cause(f"{kind} #{turn}")
        steps = plan(context, event)
        answer: Any = None
        try:
            while True:
                step = steps.send(answer)
                answer = await self._do(step)
        except StopIteration as finished:
            self.context = finished.value
        finally:
            steps.close()
            set_cause("")
        self._handled += 1

    async def _do(self, step: Step) -> Any:
        """Carry out one step; its answer."""
        match step:
            case Read(paths):
                return await self._read(paths)
            case ReadTree(paths):
                return {path: await self._tree(path) for path in paths}
            case Write(groups):
                await self._wait_allowed()
                outcomes = await FencedWriter(self.session, self.election.epoch_version).write(groups)
                self._tell_states(groups, outcomes)
                return outcomes
            case Reconnect(brokers):
                assert self._senders is not None
                self._senders.reconnect(brokers)
            case Send(requests):
                assert self._senders is not None
                self._senders.send(requests)
            case Delivered():
                assert self._senders is not None
                with trio.move_on_after(DELIVERY_S):
                    await self._senders.wait_idle()
            case Reply(ticket, answer):
                call = self._calls.get(ticket)
                if call is not None:  # else the caller gave up
                    call.set(answer)
            case FreshTopicIds(count):
                return tuple(new_topic_id() for _ in range(count))
            case Report(news):
                self._report(news)
        return None

    async def _read(self, paths: Iterable[str]) -> dict[str, Found | None]:
        found: dict[str, Found | None] = {}
        left = list(paths)
        while left:
            together, left = left[:READ_TOGETHER], left[READ_TOGETHER:]
            for path, node in (await self.session.get_many(together)).items():
                found[path] = None if node is None else Found(node.data, node.stat.version)
        return found

    async def _tree(self, path: str) -> tuple[str, ...]:
        """All paths at and below it, level by level, the deepest first."""
        levels: list[list[str]] = []
        level = [path]
        while level:
            children = await self.session.get_children_many(level)
            levels.append([parent for parent in level if children[parent] is not None])
            level = [f"{parent}/{name}" for parent, names in children.items() for name in names or ()]
        return tuple(found for found_here in reversed(levels) for found in found_here)

    def _report(self, news: Iterable[News]) -> None:
        """Into the log, as far as people want to read it there, and to the feed."""
        for what in news:
            match what:
                case Notice(text, warning):
                    log.log(logging.WARNING if warning else logging.INFO, "Controller: %s", text)
                case SetAside(topic, reason):
                    log.error("Topic %s is left alone until its znode can be read: %s", topic, reason)
                case Moved(tp, stage, assignment):
                    log.info("Reassignment of %s %s: %s", tp, stage.value, _shown(assignment))
                case Deleted(topic, Deleting.HALTED, reason):
                    log.info("Deletion of topic %s waits: %s", topic, reason)
                case Elected(tp, topic_id, state, reason, unclean):
                    if unclean:
                        self._unclean_elections += 1
                        self.elected_uncleanly(tp, topic_id, state)
                        log.warning(
                            "Unclean election (%s): %s is led by %d, which is not in sync; epoch %d",
                            reason,
                            tp,
                            state.leader,
                            state.leader_epoch,
                        )
            if self.events is not None and self.events.is_heard:
                for event in told(what):
                    self.events.emit(event)

    def _tell_states(self, groups: Iterable[tuple[Op, ...]], outcomes: Mapping[str, Outcome]) -> None:
        """Tell the feed what the written state znodes say."""
        if self.events is None or not self.events.is_heard:
            return
        for op in (op for group in groups for op in group):
            outcome = outcomes[op.path]
            if isinstance(op, Create | SetData) and op.data is not None and isinstance(outcome, Done):
                tp = znodes.partition_of_state(op.path)
                if tp is not None:
                    state = znodes.decode_state(tp, op.data, outcome.version)
                    self.events.emit(
                        PartitionStateWritten(
                            tp,
                            state.leader,
                            state.isr,
                            state.leader_epoch,
                            state.partition_epoch,
                            state.recovery_state is LeaderRecoveryState.RECOVERING,
                        )
                    )

    def _cached(self) -> dict[str, CachedTopic]:
        """What our own metadata cache knows of the partitions' states, perhaps nothing."""
        if self.cluster_snapshot is None:
            return {}
        return {
            name: CachedTopic(topic.topic_id, {n: _cached_state(p) for n, p in topic.partitions.items()})
            for name, topic in self.cluster_snapshot().topics.items()
        }

    # -- may we act? -------------------------------------------------------------------------------

    async def _wait_allowed(self) -> None:
        """Wait until the session is connected and, after each new connection, the controllership is ours still.

        Raises: ControllerMoved.
        """
        while not (self.session.is_usable and self.session.connections == self._verified):
            await self.session.wait_connected()
            connection = self.session.connections
            await self._require_ours()
            self._verified = connection

    async def _require_ours(self) -> None:
        try:
            await self.session.sync(znodes.CONTROLLER)
            epoch = await self.session.get(znodes.CONTROLLER_EPOCH)
            controller = await self.session.get(znodes.CONTROLLER)
        except NoNode as missing:
            raise ControllerMoved(f"{missing.path} is gone") from None
        if epoch.stat.version != self.election.epoch_version:
            raise ControllerMoved("another controller was elected while we were disconnected")
        if controller.stat.ephemeral_owner != self.session.session_id:
            raise ControllerMoved(f"{znodes.CONTROLLER} is not ours any more")

    # -- what brokers answer -----------------------------------------------------------------------

    def _answered(self, broker: BrokerInfo, request: ControlRequest, response: Message) -> None:
        """Turn a broker's answer into an event. The plan that sent the request may not have ended yet."""
        if isinstance(request, LeaderAndIsrRequest) and isinstance(response, LeaderAndIsrResponse):
            self._leader_and_isr_answered(broker, request, response)
        elif isinstance(request, StopReplicaRequest) and isinstance(response, StopReplicaResponse):
            deleted = {
                TopicPartition(topic.topic_name, state.partition_index)
                for topic in request.topic_states
                for state in topic.partition_states
                if state.delete_partition
            }
            errors = {
                TopicPartition(error.topic_name, error.partition_index): error.error_code
                for error in response.partition_errors
            }
            if response.error_code != ErrorCode.NONE:
                errors = dict.fromkeys(deleted, response.error_code)
            answered = {tp: code for tp, code in errors.items() if tp in deleted}
            if answered:
                self.put(DeletionAnswered(broker.broker_id, broker.epoch, answered))

    def _leader_and_isr_answered(
        self, broker: BrokerInfo, request: LeaderAndIsrRequest, response: LeaderAndIsrResponse
    ) -> None:
        if response.error_code != ErrorCode.NONE:
            return
        names = {topic.topic_id: topic.topic_name for topic in request.topic_states}
        by_code: dict[int, set[TopicPartition]] = {}
        for topic in response.topics:
            name = names.get(topic.topic_id)
            if name is not None:
                for error in topic.partition_errors:
                    tp = TopicPartition(name, error.partition_index)
                    by_code.setdefault(error.error_code, set()).add(tp)
        offline = frozenset(by_code.get(ErrorCode.KAFKA_STORAGE_ERROR, ()))
        if offline or self.context.offline_replicas.get(broker.broker_id):
            accepted = frozenset(by_code.get(ErrorCode.NONE, ()))
            self.put(LeaderAndIsrAnswered(broker.broker_id, broker.epoch, offline, accepted))

    # -- time --------------------------------------------------------------------------------------

    async def _rebalance_regularly(self) -> None:
        set_cause("the regular look at preferred leaders")
        await trio.sleep(FIRST_REBALANCE_S)
        while True:
            config = self.config()
            if config.auto_leader_rebalance_enable:
                self.put(RebalanceDue())
            await trio.sleep(config.leader_imbalance_check_interval_seconds)

    async def wait_told(self) -> None:
        """Wait until every broker that can be reached has answered what it was sent before this call."""
        if self._senders is not None:
            await self._senders.wait_told()

    def statistics(self) -> ReignStatistics:
        context = self.context
        kept = list(context.kept_partitions())
        return ReignStatistics(
            controller_epoch=context.controller_epoch,
            brokers=len(context.brokers),
            topics=len(context.topics),
            partitions=sum(len(topic.partitions) for topic in context.topics.values()),
            leaderless_partitions=sum(not context.leader_is_online(partition) for partition in kept),
            away_from_preferred=sum(
                partition.state is not None and partition.state.leader != partition.replicas[0]
                for partition in kept
                if partition.replicas
            ),
            reassigning=len(context.reassigning),
            deleting_topics=len(context.deletions),
            set_aside=dict(context.set_aside),
            unreadable={} if self._watches is None else self._watches.unreadable(),
            events_waiting=len(self._inbox),
            events_handled=self._handled,
            unclean_elections=self._unclean_elections,
            senders=() if self._senders is None else self._senders.statistics(),
        )


def _shown(assignment: ReplicaAssignment) -> str:
    text = f"replicas {list(assignment.replicas)}"
    if assignment.adding or assignment.removing:
        text += f", adding {list(assignment.adding)}, removing {list(assignment.removing)}"
    return text


def _cached_state(partition: PartitionMetadata) -> LeaderAndIsr:
    return LeaderAndIsr(
        leader=partition.leader,
        isr=partition.isr,
        leader_epoch=partition.leader_epoch,
        partition_epoch=partition.partition_epoch,
        controller_epoch=partition.controller_epoch,
    )


def _leaf(error: BaseException) -> BaseException:
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
