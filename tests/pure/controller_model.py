"""A cluster in memory for the controller's plans: a dictionary for ZooKeeper, brokers that remember what they heard.

`Cluster.handle(event)` drives one plan to its end, or to a chosen write, where it stops as a dying
controller would. `Cluster.take_over()` then begins the next reign from what was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from zkbroker.controller.context import Context, Policy
from zkbroker.controller.events import BrokersSeen, CachedTopic, Event, TookOver, TopicsSeen
from zkbroker.controller.planner import plan
from zkbroker.controller.steps import (
    ControlRequest,
    Create,
    Delete,
    Delivered,
    Done,
    Found,
    FreshTopicIds,
    News,
    Op,
    Outcome,
    Read,
    ReadTree,
    Reconnect,
    Refused,
    Reply,
    Report,
    Send,
    SetData,
    Write,
)
from zkbroker.errors import KafkaError
from zkbroker.model import (
    BrokerInfo,
    Endpoint,
    LeaderAndIsr,
    ReplicaAssignment,
    SecurityProtocol,
    TopicAssignment,
    TopicId,
    TopicPartition,
)
from zkbroker.protocol.generated.leader_and_isr_request import (
    LeaderAndIsrPartitionState,
    LeaderAndIsrRequest,
)
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.protocol.generated.update_metadata_request import (
    UpdateMetadataPartitionState,
    UpdateMetadataRequest,
)
from zkbroker.zookeeper import znodes

CONTROLLER_ID = 9


class Interrupted(Exception):
    """The controller died at a write."""


@attrs.define(eq=False)
class ZooKeeperModel:
    """A tree of persistent znodes with versions."""

    nodes: dict[str, Found] = attrs.field(factory=dict)

    def set(self, path: str, data: bytes) -> None:
        """Write unconditionally, as somebody else would."""
        known = self.nodes.get(path)
        self.nodes[path] = Found(data, 0 if known is None else known.version + 1)

    def delete(self, path: str) -> None:
        for below in self.tree(path):
            del self.nodes[below]

    def children(self, path: str) -> list[str]:
        prefix = path + "/"
        return sorted({p[len(prefix) :].split("/")[0] for p in self.nodes if p.startswith(prefix)})

    def tree(self, path: str) -> tuple[str, ...]:
        below = [p for p in self.nodes if p == path or p.startswith(path + "/")]
        return tuple(sorted(below, key=lambda p: (-p.count("/"), p)))

    def apply(self, op: Op) -> Outcome:
        known = self.nodes.get(op.path)
        match op:
            case Create(path, data, exist_ok):
                if known is not None:
                    return Done(known.version) if exist_ok else Refused(known)
                parent = path.rpartition("/")[0]
                if parent.startswith("/brokers/topics/") and parent not in self.nodes:
                    return Refused(None)
                self.nodes[path] = Found(data or b"", 0)
                return Done(0)
            case SetData(path, data, version):
                if known is None or known.version != version:
                    return Refused(known)
                self.nodes[path] = Found(data, version + 1)
                return Done(version + 1)
            case Delete(path):
                if self.children(path):
                    raise AssertionError(f"{path} is deleted before its children")
                self.nodes.pop(path, None)
                return Done(-1)


@attrs.define(eq=False)
class BrokerModel:
    """What one incarnation of a broker heard, in order, and what it made of it."""

    broker_id: int
    epoch: int
    heard: list[ControlRequest] = attrs.field(factory=list)
    leadership: dict[TopicPartition, LeaderAndIsrPartitionState] = attrs.field(factory=dict)
    metadata: dict[TopicPartition, UpdateMetadataPartitionState] = attrs.field(factory=dict)
    topic_ids: dict[str, TopicId] = attrs.field(factory=dict)
    live: tuple[int, ...] = ()
    deleted: list[TopicPartition] = attrs.field(factory=list)

    def hear(self, request: ControlRequest) -> None:
        assert request.broker_epoch == self.epoch, "a request for another incarnation"
        self.heard.append(request)
        if isinstance(request, LeaderAndIsrRequest):
            for topic in request.topic_states:
                for state in topic.partition_states:
                    tp = TopicPartition(topic.topic_name, state.partition_index)
                    known = self.leadership.get(tp)
                    if known is None or state.leader_epoch > known.leader_epoch:
                        self.leadership[tp] = state
        elif isinstance(request, UpdateMetadataRequest):
            self.live = tuple(broker.id for broker in request.live_brokers)
            for metadata_topic in request.topic_states:
                self.topic_ids[metadata_topic.topic_name] = metadata_topic.topic_id
                for metadata in metadata_topic.partition_states:
                    tp = TopicPartition(metadata_topic.topic_name, metadata.partition_index)
                    if metadata.leader == -2:
                        self.metadata.pop(tp, None)
                    else:
                        self.metadata[tp] = metadata
        else:
            for stopped_topic in request.topic_states:
                for stopped in stopped_topic.partition_states:
                    tp = TopicPartition(stopped_topic.topic_name, stopped.partition_index)
                    known = self.leadership.get(tp)
                    if known is not None and 0 <= stopped.leader_epoch < known.leader_epoch:
                        continue
                    if stopped.delete_partition:
                        self.leadership.pop(tp, None)
                        self.deleted.append(tp)


def cached_topics(model: BrokerModel | None) -> dict[str, CachedTopic]:
    """What a controller on that broker would have in its metadata cache."""
    states: dict[str, dict[int, LeaderAndIsr]] = {}
    for tp, m in (model.metadata if model is not None else {}).items():
        states.setdefault(tp.topic, {})[tp.partition] = LeaderAndIsr(
            m.leader, tuple(m.isr), m.leader_epoch, m.zk_version, m.controller_epoch
        )
    return {
        name: CachedTopic(model.topic_ids[name], known) for name, known in states.items() if model is not None
    }


def broker(broker_id: int, epoch: int) -> BrokerInfo:
    endpoint = Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, f"host{broker_id}", 9092)
    return BrokerInfo(broker_id, (endpoint,), epoch)


def topic_id(name: str, incarnation: int = 0) -> TopicId:
    return TopicId(hashlib.md5(f"{name}/{incarnation}".encode()).digest())


@attrs.define(eq=False)
class Cluster:
    """One controller, its ZooKeeper and the brokers."""

    zk: ZooKeeperModel = attrs.field(factory=ZooKeeperModel)
    context: Context = attrs.field(factory=lambda: Context(CONTROLLER_ID, 0))
    registered: dict[int, BrokerInfo] = attrs.field(factory=dict)
    brokers: dict[int, BrokerModel] = attrs.field(factory=dict)  # those with a sender
    replies: dict[int, Any] = attrs.field(factory=dict)
    news: list[News] = attrs.field(factory=list)
    writes: int = 0  # Write steps of the last plan
    groups_written: list[int] = attrs.field(factory=list)  # in each of them
    trail: list[str] = attrs.field(factory=list)  # the last plan's steps, as `Read 3` or `Send`
    on_write: Callable[[Op], None] = lambda op: None  # looks at each operation before it is tried
    before_write: Callable[[], None] = lambda: None  # somebody else writes first
    _zxid: int = 100
    _incarnation: int = 0

    # -- the world ---------------------------------------------------------------------------------

    def register(self, broker_id: int) -> BrokerInfo:
        """The broker starts, or starts again, with a new epoch."""
        self._zxid += 1
        self.registered[broker_id] = broker(broker_id, self._zxid)
        return self.registered[broker_id]

    def write_topic(self, name: str, replicas: Mapping[int, Sequence[int]], *, with_id: bool = True) -> None:
        """What CreateTopics writes."""
        self._incarnation += 1
        node = TopicAssignment(
            name,
            topic_id(name, self._incarnation) if with_id else TopicId(bytes(16)),
            {p: ReplicaAssignment(tuple(r)) for p, r in replicas.items()},
        )
        self.zk.set(f"/config/topics/{name}", znodes.encode_entity_config({}))
        self.zk.set(znodes.topic_path(name), znodes.encode_topic(node))

    def topic_node(self, name: str) -> TopicAssignment:
        return znodes.decode_topic(name, self.zk.nodes[znodes.topic_path(name)].data)

    def state(self, topic: str, partition: int) -> LeaderAndIsr:
        """The state as ZooKeeper has it."""
        tp = TopicPartition(topic, partition)
        node = self.zk.nodes[znodes.state_path(tp)]
        return znodes.decode_state(tp, node.data, node.version)

    def states(self) -> dict[TopicPartition, LeaderAndIsr]:
        return {
            TopicPartition(name, int(p)): self.state(name, int(p))
            for name in self.zk.children(znodes.TOPICS)
            for p in self.zk.children(znodes.partitions_path(name))
            if znodes.state_path(TopicPartition(name, int(p))) in self.zk.nodes
        }

    # -- the controller ----------------------------------------------------------------------------

    def take_over(
        self,
        *,
        policy: Policy | None = None,
        stop_at: tuple[int, int] | None = None,
        cached: Mapping[str, CachedTopic] | None = None,
    ) -> None:
        """A new reign begins, on a broker that has this in its metadata cache."""
        policy = policy or self.context.policy
        self.context = Context(CONTROLLER_ID, self.context.controller_epoch + 1, policy=policy)
        self.handle(
            TookOver(
                dict(self.registered),
                {
                    name: self.zk.nodes[znodes.topic_path(name)]
                    for name in self.zk.children(znodes.TOPICS)
                    if znodes.topic_path(name) in self.zk.nodes
                },
                frozenset(self.zk.children(znodes.DELETE_TOPICS)),
                cached=cached or {},
            ),
            stop_at=stop_at,
        )

    def see_brokers(self) -> None:
        self.handle(BrokersSeen(dict(self.registered)))

    def see_topics(self) -> None:
        names = [n for n in self.zk.children(znodes.TOPICS) if znodes.topic_path(n) in self.zk.nodes]
        self.handle(TopicsSeen(frozenset(names)))

    def handle(self, event: Event, *, stop_at: tuple[int, int] | None = None) -> None:
        """Drive one plan. `stop_at` (n, k): die in the n-th write after its first k groups."""
        self.writes = 0
        self.groups_written = []
        self.trail = []
        steps = plan(self.context, event)
        answer: Any = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as finished:
                self.context = finished.value
                return
            answer = None
            size = len(step.paths) if isinstance(step, Read) else ""
            self.trail.append(f"{type(step).__name__} {size}".strip())
            match step:
                case Read(paths):
                    answer = {path: self.zk.nodes.get(path) for path in paths}
                case ReadTree(paths):
                    answer = {path: self.zk.tree(path) for path in paths}
                case Write(groups):
                    answer = self._write(groups, stop_at)
                case FreshTopicIds(count):
                    answer = tuple(topic_id("fresh", self._zxid + i) for i in range(count))
                    self._zxid += count
                case Reconnect(brokers):
                    self._reconnect(brokers)
                case Send(requests):
                    for broker_id, told in requests.items():
                        for request in told:
                            self.brokers[broker_id].hear(request)
                case Delivered():
                    pass
                case Reply(ticket, result):
                    assert ticket not in self.replies, "two replies to one call"
                    self.replies[ticket] = result
                case Report(news):
                    self.news += news

    def _write(self, groups: Iterable[tuple[Op, ...]], stop_at: tuple[int, int] | None) -> dict[str, Outcome]:
        self.before_write()
        outcomes: dict[str, Outcome] = {}
        for number, group in enumerate(groups):
            if stop_at == (self.writes, number):
                raise Interrupted
            for op in group:
                self.on_write(op)
                outcomes[op.path] = self.zk.apply(op)
        self.writes += 1
        self.groups_written.append(len(tuple(groups)))
        if stop_at is not None and stop_at[0] < self.writes:
            raise Interrupted
        return outcomes

    def _reconnect(self, brokers: Mapping[int, BrokerInfo]) -> None:
        kept = {
            b: model for b, model in self.brokers.items() if b in brokers and brokers[b].epoch == model.epoch
        }
        self.brokers = {
            b: kept[b] if b in kept else BrokerModel(b, info.epoch) for b, info in brokers.items()
        }

    # -- looking -----------------------------------------------------------------------------------

    def heard(self) -> dict[int, list[ControlRequest]]:
        """What each broker heard since this was asked last."""
        heard = {b: model.heard for b, model in self.brokers.items() if model.heard}
        for model in self.brokers.values():
            model.heard = []
        return heard

    def reply(self, ticket: int) -> Any:
        result = self.replies.pop(ticket)
        if isinstance(result, KafkaError):
            raise result
        return result


def told(requests: Iterable[ControlRequest]) -> list[str]:
    """Requests in short: `LISR t-0:1@3[2,3] new`, `UMR t-0:2@1`, `UMR -`, `SR t-0 delete`."""
    lines = []
    for request in requests:
        if isinstance(request, LeaderAndIsrRequest):
            for topic in request.topic_states:
                for s in topic.partition_states:
                    new = " new" if s.is_new else ""
                    isr = ",".join(map(str, s.isr))
                    at = f"{s.leader}@{s.leader_epoch}/{s.partition_epoch}[{isr}]"
                    lines.append(f"LISR {topic.topic_name}-{s.partition_index}:{at}{new}")
        elif isinstance(request, UpdateMetadataRequest):
            entries = [
                f"{topic.topic_name}-{m.partition_index}:{m.leader}@{m.leader_epoch}"
                for topic in request.topic_states
                for m in topic.partition_states
            ]
            lines.append(f"UMR {' '.join(entries) or '-'}")
        else:
            assert isinstance(request, StopReplicaRequest)
            for stopped in request.topic_states:
                for replica in stopped.partition_states:
                    delete = " delete" if replica.delete_partition else ""
                    name = f"{stopped.topic_name}-{replica.partition_index}"
                    lines.append(f"SR {name}@{replica.leader_epoch}{delete}")
    return lines
