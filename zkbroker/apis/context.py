"""What a handler gets: who asks (RequestContext) and what the broker can do for it (Services)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import trio

from zkbroker.apis.fetch_sessions import FetchSessions
from zkbroker.controller.controller import Controller
from zkbroker.controller_channel import ControllerChannel
from zkbroker.coordinator.coordinators import Coordinators
from zkbroker.coordinator.group_coordinator import GroupCoordinator
from zkbroker.coordinator.producer_ids import ProducerIds
from zkbroker.coordinator.transaction_coordinator import TransactionCoordinator
from zkbroker.dynamic_config import DynamicConfig
from zkbroker.events import EventFeed
from zkbroker.metadata import MetadataCache
from zkbroker.model import TopicPartition
from zkbroker.quotas.clients import Changes, ClientQuotas
from zkbroker.quotas.replication import ReplicationQuotas
from zkbroker.replication.isr_proposals import IsrProposals
from zkbroker.replication.log_moves import LogMoves
from zkbroker.replication.replica_manager import ReplicaManager, RolesApplied
from zkbroker.security.authorizer import ANONYMOUS, Authorizer, Principal
from zkbroker.security.guard import Guard
from zkbroker.storage.log_manager import LogManager
from zkbroker.unclean_elections import UncleanElections
from zkbroker.zookeeper.session import ZooKeeper


@attrs.define(eq=False)
class RequestContext:
    """One request's sender and circumstances. Never changed by a handler, except to report a throttle."""

    api_key: int
    version: int
    client_id: str
    listener: str  # listener name the request came in on
    host: str  # the client's address
    principal: Principal = ANONYMOUS
    request_bytes: int = 0  # size of the frame
    throttle_ms: int = 0  # set by the handler: the client is over a quota
    fetch_session_ids: set[int] = attrs.field(factory=set)  # opened on this connection: they end with it


@attrs.define(eq=False)
class Services:
    """The parts of a running broker, as handlers see them. Built once, by broker.py."""

    broker_id: int
    cluster_id: str
    rack: str | None
    config: DynamicConfig
    metadata: MetadataCache
    logs: LogManager
    replicas: ReplicaManager
    fetch_sessions: FetchSessions
    producer_ids: ProducerIds
    coordinators: Coordinators
    log_moves: LogMoves
    isr_proposals: IsrProposals
    unclean_elections: UncleanElections
    controller: Controller
    shutdown_channel: ControllerChannel
    zk: ZooKeeper
    authorizer: Authorizer
    guard: Guard
    quotas: ClientQuotas
    replication_quotas: ReplicationQuotas
    events: EventFeed
    broker_epoch: Callable[[], int]
    feature_epoch: Callable[[], int]
    now_ms: Callable[[], int]  # monotonic
    wall_ms: Callable[[], int]
    control_order: trio.Lock = attrs.field(factory=trio.Lock)
    """Control requests are applied whole and in the order they arrive, though one may have to read configs first."""

    @property
    def groups(self) -> GroupCoordinator:
        return self.coordinators.groups

    @property
    def transactions(self) -> TransactionCoordinator:
        return self.coordinators.transactions

    def changes(self, ctx: RequestContext, *, strict_since: int) -> Changes:
        """The quota of a request that changes topics: it refuses from that version on, and only delays before."""
        strict = ctx.version >= strict_since
        return self.quotas.changes(ctx.principal.name, ctx.client_id, self.now_ms, strict=strict)

    def roles_moved(self, roles: RolesApplied) -> None:
        """Partitions began or ceased to be led or followed here."""
        self.coordinators.roles_moved(roles)

    def partitions_deleted(self, partitions: Sequence[TopicPartition]) -> None:
        """Partitions left the cluster with their topic."""
        self.coordinators.partitions_deleted(partitions)
        for topic in {tp.topic for tp in partitions}:
            if topic not in self.metadata.snapshot.topics:
                self.config.forget_topic(topic)
                self.replication_quotas.topic_changed(topic)
