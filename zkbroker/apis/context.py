"""What a handler gets: who asks (RequestContext) and what the broker can do for it (Services)."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from zkbroker.apis.fetch_sessions import FetchSessions
from zkbroker.controller.controller import Controller
from zkbroker.controller_channel import ControllerChannel
from zkbroker.coordinator.producer_ids import ProducerIds
from zkbroker.dynamic_config import DynamicConfig
from zkbroker.events import EventFeed
from zkbroker.metadata import MetadataCache
from zkbroker.replication.replica_manager import ReplicaManager
from zkbroker.security.authorizer import ANONYMOUS, Authorizer, Principal
from zkbroker.storage.log_manager import LogManager
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
    controller: Controller
    controller_channel: ControllerChannel
    zk: ZooKeeper
    authorizer: Authorizer
    events: EventFeed
    broker_epoch: Callable[[], int]
    now_ms: Callable[[], int]  # monotonic
    wall_ms: Callable[[], int]
