"""A broker: the only place that constructs its parts and wires them. The nursery tree is `Broker.run`.

What survives a ZooKeeper session: logs, listeners, leadership. What does not: the registration, the reign.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import attrs
import trio

from zkbroker import admin_store, registration
from zkbroker.apis.context import Services
from zkbroker.apis.fetch_sessions import FetchSessions
from zkbroker.apis.session import ClientSession
from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig
from zkbroker.config.dynamic import Passwords
from zkbroker.controller.controller import Controller
from zkbroker.controller_channel import ControllerChannel
from zkbroker.coordinator.coordinators import build_coordinators
from zkbroker.coordinator.producer_ids import ProducerIds
from zkbroker.coordinator.shard import Clocks
from zkbroker.dynamic_config import DynamicConfig
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import BrokerRegistered, EndpointsChanged, EventFeed, LogDirectoryFailed
from zkbroker.identity import Identity, establish, store
from zkbroker.metadata import MetadataCache
from zkbroker.model import BrokerInfo, Endpoint
from zkbroker.network.listeners import sweep
from zkbroker.network.memory import RequestMemory
from zkbroker.network.peer import Peer, PeerError
from zkbroker.open_listeners import OpenListeners
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
from zkbroker.protocol.generated.alter_partition_request import AlterPartitionRequest
from zkbroker.protocol.generated.alter_partition_response import AlterPartitionResponse
from zkbroker.protocol.generated.controlled_shutdown_request import ControlledShutdownRequest
from zkbroker.protocol.generated.controlled_shutdown_response import ControlledShutdownResponse
from zkbroker.quotas.clients import ClientQuotas
from zkbroker.quotas.replication import ReplicationQuotas, log_moves_quota
from zkbroker.replication.fetch_session import FetchLimits
from zkbroker.replication.fetcher import FetcherSettings, ReplicaFetchers
from zkbroker.replication.isr_proposals import IsrProposals
from zkbroker.replication.log_moves import LogMoves
from zkbroker.replication.replica_manager import ReplicaManager
from zkbroker.replication.surroundings import Surroundings
from zkbroker.security.guard import Guard, new_guard
from zkbroker.security.zookeeper_login import zookeeper_credentials
from zkbroker.storage.files import FILES, Files
from zkbroker.storage.log_manager import LogManager
from zkbroker.unclean_elections import UncleanElections
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ConnectionLost, NoNode, SessionLost, ZkSession, ZooKeeper

T = TypeVar("T")

log = logging.getLogger(__name__)

ALTER_PARTITION_VERSION = 3
CONTROLLED_SHUTDOWN_VERSION = 3
CLOSE_LOGS_S = 60.0
KNOWN_WITHIN_S = 10.0
DRAIN_S = 1.0
"""How long open connections may finish what they are answering when the broker stops."""


def now_ms() -> int:
    """Monotonic: timeouts, lags, quotas."""
    return time.monotonic_ns() // 1_000_000


def wall_ms() -> int:
    """Wall time: record timestamps, retention, expiry kept in logs."""
    return time.time_ns() // 1_000_000


@attrs.define(eq=False)
class Broker:
    """One broker. `run` is its lifetime; `stop` asks it to end in order."""

    config: BrokerConfig
    events: EventFeed = attrs.field(factory=EventFeed)
    files: Files = FILES  # a test's disk that fills up or fails
    broker_id: int = -1  # known once running, where it is generated
    services: Services | None = None  # while running
    guard: Guard | None = None  # while running
    _dynamic: DynamicConfig | None = None
    listeners: OpenListeners | None = None  # while running
    _users_known: trio.Event = attrs.field(factory=trio.Event)  # nobody is refused for want of having looked
    _epoch: int = -1  # czxid of the current registration
    _registered: trio.Event = attrs.field(factory=trio.Event)
    _ready_to_register: trio.Event = attrs.field(factory=trio.Event)
    _stop_requested: trio.Event = attrs.field(factory=trio.Event)
    _feature_epoch: int = -1
    _dir_failures: Changed = attrs.field(factory=Changed)
    _channels: list[ControllerChannel] = attrs.field(factory=list)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What clients are told, with the ports really bound; nothing before they are."""
        return () if self.listeners is None else self.listeners.advertised

    def stop(self) -> None:
        """Ask `run` to stop in order and return. Safe to call twice."""
        self._stop_requested.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until `stop` (or cancellation). Started = logs loaded, listeners bound, registered.

        Raises: ConfigError, StartupRefused, CannotListen, Unreachable, LogDirectoryError: sentences for a person.
        """
        _raise_descriptor_limit()
        zk = self._zookeeper()
        async with trio.open_nursery() as sessions:
            session = await sessions.start(zk.run, self._on_session)
            identity = await self._settle(zk, session)
            self.broker_id = identity.broker_id
            dynamic = DynamicConfig(
                self.config, identity.broker_id, passwords=_passwords(self.config), events=self.events
            )
            self._dynamic = dynamic
            await self._encode_passwords_anew(zk)
            await _with_session(zk, dynamic.load_broker)
            if dynamic.broker.incomplete is not None:
                raise dynamic.broker.incomplete
            self.guard = new_guard(self._config_in_force, self._entity)
            logs = LogManager(
                lambda: dynamic.broker, dynamic.topic, self.files, on_dir_offline=self._dir_offline
            )
            await logs.load()
            try:
                # Nobody else can hold these directories now: sessions noted in them were ours, and are dead.
                former = registration.remembered_sessions(logs.online_dirs)
                zk.former_sessions |= former
                session.former_sessions |= former
                store(identity, [str(directory) for directory in logs.online_dirs])
                listeners = self.listeners = OpenListeners(self._config_in_force, self.guard)
                listeners.open_all()
                dynamic.on_broker_changed.append(listeners.configuration_changed)
                try:
                    self.services = self._build(identity, zk, dynamic, logs)
                    await self._serve(self.services, listeners, task_status)
                finally:
                    for channel in self._channels:
                        channel.close()
                    listeners.close()
            finally:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_LOGS_S):
                    await logs.close()
            sessions.cancel_scope.cancel()
        log.info("broker %d has stopped", self.broker_id)

    # -- starting ----------------------------------------------------------------------------------------------

    def _config_in_force(self) -> BrokerConfig:
        return self.config if self._dynamic is None else self._dynamic.broker

    def _entity(self, path: str) -> Mapping[str, str]:
        return {} if self._dynamic is None else self._dynamic.entity(path)

    def _zookeeper(self) -> ZooKeeper:
        config = self.config
        return ZooKeeper(
            config.zookeeper_connect,
            session_timeout_ms=config.zookeeper_session_timeout_ms,
            connection_timeout_ms=config.zookeeper_connection_timeout_ms,
            credentials=zookeeper_credentials(config),
            set_acl=config.zookeeper_set_acl,
            events=self.events,
        )

    async def _settle(self, zk: ZooKeeper, session: ZkSession) -> Identity:
        """Create the top-level znodes and find out who we are."""
        await _with_session(zk, admin_store.create_top_level_paths)
        return await _with_session(zk, lambda s: establish(s, self.config))

    async def _encode_passwords_anew(self, zk: ZooKeeper) -> None:
        """password.encoder.old.secret is for the first start with another secret."""
        if self.config.password_encoder_secret is None or self.config.password_encoder_old_secret is None:
            return
        from zkbroker.security.password_encoder import encoder_of

        now, former = encoder_of(self.config), encoder_of(self.config, old=True)
        assert now is not None and former is not None
        path = znodes.entity_path("brokers", str(self.broker_id))
        await _with_session(zk, lambda s: admin_store.encode_passwords_anew(s, path, former, now))

    def _build(self, identity: Identity, zk: ZooKeeper, dynamic: DynamicConfig, logs: LogManager) -> Services:
        """Construct every part and hand each what it needs."""
        guard = self.guard
        assert guard is not None
        metadata = MetadataCache()
        inter_broker = self.config.inter_broker_listener_name
        control_plane = self.config.control_plane_listener_name or inter_broker

        def connect(broker: BrokerInfo, client_id: str, listener: str = inter_broker) -> Peer:
            endpoint = broker.endpoint(listener)
            if endpoint is None:
                raise PeerError(f"broker {broker.broker_id} has no listener {listener}")
            return Peer(endpoint, client_id, guard.login.connect)

        unclean_elections = UncleanElections(identity.broker_id, zk.session, wall_ms)
        controller = Controller(
            broker_id=identity.broker_id,
            config=lambda: dynamic.broker,
            connect=lambda broker: connect(broker, str(identity.broker_id), control_plane),
            events=self.events,
            cluster_snapshot=lambda: metadata.snapshot,
            elected_uncleanly=unclean_elections.elected,
        )

        async def ask_own_controller(message: Message, version: int) -> Message:
            if isinstance(message, AlterPartitionRequest):
                return await controller.alter_partition(message, version)
            if isinstance(message, AllocateProducerIdsRequest):
                return await controller.allocate_producer_ids(message)
            assert isinstance(message, ControlledShutdownRequest)
            return await controller.controlled_shutdown(message, version)

        def channel(purpose: str) -> ControllerChannel:
            made = ControllerChannel(
                identity.broker_id,
                purpose,
                metadata,
                lambda broker, client_id: connect(broker, client_id, control_plane),
                ask_own_controller,
            )
            self._channels.append(made)
            return made

        to_alter_partition = channel("alter-partition")

        async def alter_partition(request: AlterPartitionRequest) -> AlterPartitionResponse:
            response = await to_alter_partition.ask(request, ALTER_PARTITION_VERSION)
            assert isinstance(response, AlterPartitionResponse)
            return response

        proposals = IsrProposals(
            identity.broker_id, lambda: self._epoch, lambda tp: replicas.partitions.get(tp), alter_partition
        )
        replication_quotas = ReplicationQuotas.of(identity.broker_id, lambda: dynamic.broker, dynamic.topic)
        fetchers = ReplicaFetchers(
            FetcherSettings(
                limits=lambda: FetchLimits(
                    identity.broker_id,
                    self._epoch,
                    dynamic.broker.replica_fetch_wait_max_ms,
                    dynamic.broker.replica_fetch_min_bytes,
                    dynamic.broker.replica_fetch_response_max_bytes,
                    dynamic.broker.replica_fetch_max_bytes,
                ),
                backoff_s=lambda: dynamic.broker.replica_fetch_backoff_ms / 1000,
                broker=lambda broker_id: metadata.snapshot.brokers.get(broker_id),
                metadata_changed=metadata.changed,
                connect=connect,
                quota=replication_quotas.follower,
                sync=lambda partition: replicas.wait_synced(partition),
                now_ms=now_ms,
                between_brokers=self.config.inter_broker_protocol_version,
            )
        )
        replicas = ReplicaManager(
            logs=logs,
            fetchers=fetchers,
            topic_config=dynamic.topic,
            here=Surroundings(
                broker_id=identity.broker_id,
                is_alive=metadata.is_alive,
                propose_isr=proposals.propose,
                now_ms=now_ms,
                wall_ms=wall_ms,
                max_lag_ms=lambda: dynamic.broker.replica_lag_time_max_ms,
                events=self.events,
                leads_uncleanly=unclean_elections.leads,
                recovered=unclean_elections.recovered,
                truncated=unclean_elections.truncated,
                restarted=unclean_elections.restarted,
            ),
        )
        replicas.load_high_watermarks()
        logs.on_start_moved = replicas.log_start_moved
        log_moves = LogMoves(
            logs=logs,
            quota=log_moves_quota(lambda: dynamic.broker),
            now_ms=now_ms,
            threads=lambda: self.config.num_replica_alter_log_dirs_threads or len(logs.log_dirs),
            moved=replicas.log_moved,
            wall_ms=wall_ms,
        )
        dynamic.on_topic_changed.append(lambda topic: _reconfigure(logs, dynamic, topic))
        dynamic.on_topic_defaults_changed.append(lambda: _reconfigure(logs, dynamic, None))
        dynamic.on_topic_changed.append(replication_quotas.topic_changed)
        dynamic.on_broker_changed.append(lambda _: logs.reconfigured())
        dynamic.on_broker_changed.append(lambda _: guard.reconfigured())
        quotas = ClientQuotas(lambda: dynamic.broker)
        dynamic.on_entity_changed.append(quotas.entity_changed)
        _tell_of_unclean_policy(dynamic, controller)
        producer_ids = ProducerIds(identity.broker_id, lambda: self._epoch, channel("producer-ids"))
        return Services(
            broker_id=identity.broker_id,
            cluster_id=identity.cluster_id,
            rack=self.config.broker_rack,
            config=dynamic,
            metadata=metadata,
            logs=logs,
            replicas=replicas,
            log_moves=log_moves,
            isr_proposals=proposals,
            unclean_elections=unclean_elections,
            fetch_sessions=FetchSessions(lambda: dynamic.broker.max_incremental_fetch_session_cache_slots),
            producer_ids=producer_ids,
            coordinators=build_coordinators(
                identity.broker_id,
                self.config,
                Clocks(now_ms, wall_ms),
                metadata,
                replicas,
                producer_ids,
                connect,
            ),
            controller=controller,
            shutdown_channel=channel("controlled-shutdown"),
            zk=zk,
            authorizer=guard.authorizer,
            guard=guard,
            quotas=quotas,
            replication_quotas=replication_quotas,
            events=self.events,
            broker_epoch=lambda: self._epoch,
            feature_epoch=lambda: self._feature_epoch,
            now_ms=now_ms,
            wall_ms=wall_ms,
        )

    # -- one ZooKeeper session ---------------------------------------------------------------------------------

    async def _on_session(self, session: ZkSession) -> None:
        """What lives as long as a session: the registration, the watchers, the campaign and the reign."""
        await self._ready_to_register.wait()
        services = self.services
        assert services is not None
        async with trio.open_nursery() as nursery:
            await nursery.start(services.config.follow, session)
            await nursery.start(services.guard.follow, session)
            self._users_known.set()
            for directory in services.logs.online_dirs:
                registration.remember_session(directory, session)
            info = BrokerInfo(self.broker_id, self.endpoints, rack=self.config.broker_rack)
            self._epoch = await registration.register(session, info)
            self.events.emit(BrokerRegistered(self.broker_id, self._epoch))
            self._registered.set()
            nursery.start_soon(self._follow_endpoints, session, info)
            nursery.start_soon(self._follow_features, session)
            nursery.start_soon(self._report_failed_dirs, session, services)
            nursery.start_soon(services.controller.run, session)
            nursery.start_soon(
                services.guard.tokens.remove_expired, session, lambda: services.controller.is_active
            )

    async def _follow_endpoints(self, session: ZkSession, registered: BrokerInfo) -> None:
        """Write listeners that changed into our registration; the controller tells everybody."""
        assert self.listeners is not None
        while True:
            if registered.endpoints == self.endpoints:
                await self.listeners.changed.wait()
                continue
            registered = attrs.evolve(registered, endpoints=self.endpoints)
            try:
                await registration.update(session, registered)
                self.events.emit(EndpointsChanged(tuple(map(str, registered.endpoints))))
            except NoNode as missing:
                log.error("the new listeners cannot be made known: %s", missing)

    async def _follow_features(self, session: ZkSession) -> None:
        """The epoch ApiVersions shows: the version of /feature, which the controller writes."""
        while True:
            stat, moved = await session.exists_and_watch(znodes.FEATURE)
            self._feature_epoch = stat.version if stat is not None else -1
            await moved.wait()

    async def _report_failed_dirs(self, session: ZkSession, services: Services) -> None:
        """Tell the controller of directories that failed; it asks by LeaderAndIsr which partitions they held."""
        reported = 0
        while True:
            offline = len(services.logs.offline_dirs)
            if offline > reported:
                await admin_store.report_log_dir_failure(session, self.broker_id)
                reported = offline
            await self._dir_failures.wait()

    # -- serving -----------------------------------------------------------------------------------------------

    async def _serve(
        self, services: Services, listeners: OpenListeners, task_status: trio.TaskStatus[None]
    ) -> None:
        """Acceptors inside, connections outside, so that what was accepted may finish when accepting ends."""
        config = services.config
        guard = self.guard
        assert guard is not None
        memory = RequestMemory(self.config.queued_max_request_bytes)
        async with trio.open_nursery() as background:
            await background.start(services.logs.run)
            await background.start(services.replicas.fetchers.run)
            await background.start(services.log_moves.run)
            background.start_soon(services.replicas.watch_isrs)
            background.start_soon(
                services.replicas.keep_checkpoints,
                lambda: config.broker.replica_high_watermark_checkpoint_interval_ms,
            )
            background.start_soon(services.isr_proposals.run)
            background.start_soon(services.unclean_elections.run)
            background.start_soon(services.producer_ids.run)
            await background.start(services.coordinators.run)
            background.start_soon(sweep, listeners.listeners, self.config.connections_max_idle_ms)
            background.start_soon(guard.run)
            async with trio.open_nursery() as connections:
                async with trio.open_nursery() as acceptors:
                    self._ready_to_register.set()
                    await self._users_known.wait()
                    acceptors.start_soon(
                        listeners.accept,
                        connections,
                        lambda connection: ClientSession(connection, services),
                        memory,
                        self.config.socket_request_max_bytes,
                    )
                    await self._registered.wait()
                    await self._wait_known(services)
                    log.info("broker %d serves %s", self.broker_id, ", ".join(str(e) for e in self.endpoints))
                    task_status.started()
                    await self._stop_requested.wait()
                    await self._controlled_shutdown(services)
                    acceptors.cancel_scope.cancel()
                listeners.close()
                for listener in listeners.listeners:
                    listener.close_quiet()
                connections.cancel_scope.deadline = trio.current_time() + DRAIN_S
            background.cancel_scope.cancel()
        await services.replicas.checkpoint_high_watermarks()

    async def _wait_known(self, services: Services) -> None:
        """Ready is who would be told to clients: the controller has heard of us, and we of it."""
        with trio.move_on_after(KNOWN_WITHIN_S) as waiting:
            while not services.metadata.is_alive(self.broker_id):
                await services.metadata.changed.wait()
        if waiting.cancelled_caught:
            log.warning("no controller has told of this broker in %g s; serving all the same", KNOWN_WITHIN_S)

    async def _controlled_shutdown(self, services: Services) -> None:
        """Hand leadership over before we go, as far as others can take it. Source: KIP-143, KafkaServer.scala."""
        config = services.config.broker
        if not config.controlled_shutdown_enable:
            return
        for attempt in range(config.controlled_shutdown_max_retries):
            if set(services.metadata.snapshot.brokers) <= {self.broker_id}:
                return  # nobody is left to take anything
            request = ControlledShutdownRequest(broker_id=self.broker_id, broker_epoch=self._epoch)
            remaining = None
            with trio.move_on_after(config.controlled_shutdown_retry_backoff_ms / 1000):
                try:
                    response = await services.shutdown_channel.ask(request, CONTROLLED_SHUTDOWN_VERSION)
                except KafkaError as error:
                    log.warning("controlled shutdown was refused: %s", error)
                else:
                    assert isinstance(response, ControlledShutdownResponse)
                    if response.error_code == ErrorCode.NONE:
                        remaining = len(response.remaining_partitions)
                        if not remaining:
                            return
                # What stands in the way may change: a replica catches up, another broker goes.
                await services.metadata.changed.wait()
            log.info(
                "controlled shutdown, attempt %d: %s",
                attempt + 1,
                "no answer" if remaining is None else f"{remaining} partitions have no other leader yet",
            )

    # -- what parts report -------------------------------------------------------------------------------------

    def _dir_offline(self, directory: Path) -> None:
        """A log directory failed: its partitions are given up, the controller hears of it."""
        services = self.services
        if services is None:
            return
        lost = services.replicas.dir_failed(directory)
        services.coordinators.lost(lost)
        log.error("%d partitions are offline with %s", len(lost), directory)
        self.events.emit(LogDirectoryFailed(str(directory), len(lost)))
        if not services.logs.online_dirs:
            log.error("no log directory is left: broker %d stops", self.broker_id)
            self.stop()
        self._dir_failures.notify()


async def _with_session(zk: ZooKeeper, use: Callable[[ZkSession], Awaitable[T]]) -> T:
    """Use the current session; with the next one again if it is lost in the middle (`use` may be repeated)."""
    while True:
        session = await zk.session()
        try:
            return await use(session)
        except (SessionLost, ConnectionLost) as error:
            log.info("ZooKeeper was lost while starting (%s): again with the next session", error)


def _passwords(config: BrokerConfig) -> Passwords | None:
    """How passwords in ZooKeeper are read and written, if that is configured at all."""
    if config.password_encoder_secret is None:
        return None
    from zkbroker.security.password_encoder import encoder_of  # cryptography: for those who need it

    return encoder_of(config)


def _reconfigure(logs: LogManager, dynamic: DynamicConfig, topic: str | None) -> None:
    """Hand logs their topic's configuration, of one topic or of all."""
    for opened in logs.all_logs():
        if topic is None or opened.tp.topic == topic:
            config = dynamic.topic(opened.tp.topic)
            if config is not opened.config:
                opened.update_config(config)


def _tell_of_unclean_policy(dynamic: DynamicConfig, controller: Controller) -> None:
    """Partitions that wait for a leader are elected at once when their policy turns."""

    def topic_changed(topic: str) -> None:
        if dynamic.topic(topic).unclean_leader_election_enable:
            controller.unclean_election_enabled(topic)

    def broker_changed(keys: frozenset[str]) -> None:
        key = "unclean.leader.election.enable"
        if key in keys and dynamic.broker.unclean_leader_election_enable:
            controller.unclean_election_enabled(None)

    dynamic.on_topic_changed.append(topic_changed)
    dynamic.on_broker_changed.append(broker_changed)


def _raise_descriptor_limit() -> None:
    """Every connection and open segment takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # a hard limit the kernel itself does not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
