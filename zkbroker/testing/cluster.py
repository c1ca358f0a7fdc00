"""Real clusters in processes, with faults on demand.

    async with open_cluster(directory, brokers=3) as cluster:
        topic = await cluster.create_topic(partitions=1, replication_factor=3, min_insync_replicas=2)
        offset = await cluster.client.produce(topic, b"kept", acks=-1)
        cluster.kill(await cluster.leader_of(topic, 0))
        assert await cluster.client.fetch_one(topic, 0, offset) == b"kept"

Every broker reaches ZooKeeper through a proxy of its own, so that its session can be made to expire and the
two can be parted; with `proxied=True` brokers reach each other through proxies too. Conditions are awaited by
asking for metadata until they hold, within `WAIT_S`.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import trio

from zkbroker.testing.client import Client, open_client
from zkbroker.testing.processes import free_port
from zkbroker.testing.proxy import Connection, TcpProxy, owner_of_port
from zkbroker.testing.servers import (
    EMBEDDED_ZOOKEEPER,
    ZKBROKER,
    BrokerKind,
    BrokerServer,
    ZooKeeperKind,
    ZooKeeperServer,
    new_broker,
    open_zookeeper,
)
from zkbroker.testing.zookeeper_session import close_session

WAIT_S = 60.0


@attrs.define(eq=False)
class Cluster:
    """Brokers in processes over one ZooKeeper, and a client of theirs. Made by `open_cluster`.

    Faults are plain calls: they take effect at once and do not wait for the cluster to notice.
    """

    directory: Path
    zookeeper: ZooKeeperServer
    chroot: str
    brokers: dict[int, BrokerServer]
    client: Client
    _parted: set[int] = attrs.field(factory=set, init=False)
    _parted_from_zookeeper: set[int] = attrs.field(factory=set, init=False)
    _callers: dict[tuple[int, int], int | None] = attrs.field(factory=dict, init=False)
    _topics: int = attrs.field(default=0, init=False)

    # --- what it is

    @property
    def bootstrap(self) -> str:
        """`host:port` of every broker, separated by commas."""
        return ",".join(broker.bootstrap for broker in self.brokers.values())

    @property
    def zookeeper_connect(self) -> str:
        """`host:port/chroot` of the ZooKeeper itself, past the proxies."""
        return self.zookeeper.connect + self.chroot

    @property
    def running(self) -> set[int]:
        """Ids of the brokers whose processes run."""
        return {broker_id for broker_id, broker in self.brokers.items() if broker.process.is_running}

    def replica_directory(self, broker_id: int, topic: str, partition: int) -> Path:
        """Where a broker keeps the log of one partition."""
        return self.brokers[broker_id].log_dir / f"{topic}-{partition}"

    # --- faults and their ends

    async def stop(self, broker_id: int) -> int:
        """Stop a broker in good order (SIGTERM); its exit code."""
        return await self.brokers[broker_id].process.stop()

    async def kill(self, broker_id: int) -> None:
        """kill -9 a broker; the cluster has not noticed yet."""
        self.brokers[broker_id].process.send_signal(signal.SIGKILL)
        await self.brokers[broker_id].process.wait()

    def pause(self, broker_id: int) -> None:
        """Freeze a broker: its connections stay open, it answers nothing."""
        self.brokers[broker_id].process.pause()

    def resume(self, broker_id: int) -> None:
        """Let a frozen broker go on."""
        self.brokers[broker_id].process.resume()

    async def restart(self, broker_id: int) -> None:
        """Start a stopped or killed broker again (or bounce it) and wait until the cluster counts it in."""
        await self.brokers[broker_id].restart()
        await self.wait_for_brokers({broker_id})

    def become(self, broker_id: int, kind: BrokerKind) -> None:
        """Let a stopped broker be another program from its next start on: same id, port and data."""
        broker = self.brokers[broker_id]
        broker.kind = kind
        broker.properties |= kind.properties
        broker.process.argv = kind.argv(broker.directory / "server.properties")
        broker.process.name = f"{kind.name} {broker_id}"

    async def expire_session(self, broker_id: int) -> None:
        """End a broker's ZooKeeper session for good: a second client with the same session id closes it."""
        session = self.brokers[broker_id].zookeeper_session.last
        assert session is not None, f"broker {broker_id} has no ZooKeeper session yet"
        self.part_from_zookeeper(broker_id)  # so that the broker does not take the session back first
        try:
            await close_session(self.zookeeper.port, session)
        finally:
            self._parted_from_zookeeper.discard(broker_id)
            self._look_again()

    def partition(self, broker_id: int) -> None:
        """Part a broker from its peers and from ZooKeeper; clients still reach it. Needs `proxied=True`."""
        assert self.brokers[broker_id].peer_proxy is not None, "open_cluster(..., proxied=True) can partition"
        self._parted.add(broker_id)
        self.part_from_zookeeper(broker_id)

    def part_from_zookeeper(self, broker_id: int) -> None:
        """Part a broker from ZooKeeper only."""
        self._parted_from_zookeeper.add(broker_id)
        self._look_again()

    def heal(self) -> None:
        """End every partition; what was held on the network arrives."""
        self._parted.clear()
        self._parted_from_zookeeper.clear()
        self._look_again()

    # --- topics and conditions

    async def create_topic(
        self, name: str | None = None, *, partitions: int = 1, replication_factor: int = 1, **configs: object
    ) -> str:
        """Create a topic, wait until every partition has a leader and a full ISR, and return its name.

        `configs` are Kafka's topic keys with underscores for dots.
        """
        self._topics += 1
        name = f"topic-{self._topics}" if name is None else name
        overrides = {key.replace("_", "."): str(value) for key, value in configs.items()}
        await self.client.create_topic(name, partitions, replication_factor, overrides)
        for partition in range(partitions):
            await self.wait_for_isr_size(name, partition, replication_factor)
        return name

    async def leader_of(self, topic: str, partition: int) -> int:
        """The broker that leads a partition; waits while there is none, or one whose process does not run."""
        found = -1

        async def has_leader() -> bool:
            nonlocal found
            found = (await self.client.partition(topic, partition)).leader
            return found in self.running

        await self.wait_until(has_leader, f"{topic}-{partition} has a leader that runs")
        return found

    async def isr_of(self, topic: str, partition: int) -> set[int]:
        """The in-sync replicas as the brokers' metadata has them now."""
        return set((await self.client.partition(topic, partition)).isr)

    async def wait_for_isr(self, topic: str, partition: int, isr: Iterable[int]) -> None:
        """Wait until exactly these replicas are in sync."""
        wanted = set(isr)

        async def is_so() -> bool:
            return await self.isr_of(topic, partition) == wanted

        await self.wait_until(is_so, f"{topic}-{partition} has the ISR {sorted(wanted)}")

    async def wait_for_isr_size(self, topic: str, partition: int, size: int) -> None:
        """Wait until so many replicas are in sync and one of them leads."""

        async def is_so() -> bool:
            found = await self.client.partition(topic, partition)
            return found.leader >= 0 and len(found.isr) == size

        await self.wait_until(is_so, f"{topic}-{partition} has {size} in-sync replicas")

    async def wait_for_brokers(self, broker_ids: Iterable[int], among: Iterable[int] | None = None) -> None:
        """Wait until the metadata of every running broker (or those of `among`) lists these brokers."""
        wanted = set(broker_ids)
        asked = set(self.running if among is None else among)

        async def is_so() -> bool:
            return all([wanted <= await self.client.live_brokers(self.brokers[b].bootstrap) for b in asked])

        await self.wait_until(is_so, f"the brokers {sorted(asked)} know the brokers {sorted(wanted)}")

    async def wait_gone(self, broker_id: int) -> None:
        """Wait until no running broker's metadata lists this one any more."""
        asked = self.running - {broker_id}

        async def is_so() -> bool:
            return not any(
                [broker_id in await self.client.live_brokers(self.brokers[b].bootstrap) for b in asked]
            )

        await self.wait_until(is_so, f"brokers {sorted(asked)} have noticed that {broker_id} is gone")

    async def wait_until(
        self, holds: Callable[[], Awaitable[bool]], what: str, timeout_s: float = WAIT_S
    ) -> None:
        """Ask `holds` until it answers True. Raises: AssertionError, saying `what`, after `timeout_s`."""
        with trio.move_on_after(timeout_s):
            while True:
                try:
                    if await holds():
                        return
                except OSError:
                    pass  # nobody to ask just now
                await trio.sleep(0.05)
        raise AssertionError(f"not within {timeout_s:.0f} s: {what}\n{self.report()}")

    def report(self, lines: int = 25) -> str:
        """The last output of every process, for the message of a failed test."""
        processes = [self.zookeeper.process, *(broker.process for broker in self.brokers.values())]
        return "\n".join(
            f"---- {process.name}: {process.log_path}\n{process.tail(lines)}" for process in processes
        )

    # --- proxies

    def _look_again(self) -> None:
        for broker in self.brokers.values():
            for proxy in (broker.zookeeper_proxy, broker.peer_proxy):
                if proxy is not None:
                    proxy.look_again()

    def _holds_peer(self, broker_id: int, proxy: TcpProxy, connection: Connection) -> bool:
        """Whether the network between this broker and whoever opened the connection is cut."""
        key = (broker_id, connection.number)
        if key not in self._callers:
            pids = {b.process.pid: b.broker_id for b in self.brokers.values() if b.process.is_running}
            owner = owner_of_port(connection.client_port, proxy.port, pids)
            self._callers[key] = None if owner is None else pids[owner]
        return bool(self._parted & {broker_id, self._callers[key]}) and self._callers[key] != broker_id

    async def _start_proxies(self, nursery: trio.Nursery, broker: BrokerServer, proxied: bool) -> None:
        """Put a proxy between the broker and ZooKeeper, and, if asked, one between its peers and it."""
        broker_id = broker.broker_id
        broker.zookeeper_proxy = TcpProxy(
            self.zookeeper.port,
            holds=lambda _connection: broker_id in self._parted_from_zookeeper,
            observe=broker.zookeeper_session.observe,
        )
        broker.properties["zookeeper.connect"] = f"127.0.0.1:{broker.zookeeper_proxy.port}{self.chroot}"
        await nursery.start(broker.zookeeper_proxy.run)
        if proxied:
            peer_port = free_port()
            proxy = TcpProxy(peer_port)
            proxy.holds = lambda connection: self._holds_peer(broker_id, proxy, connection)
            broker.peer_proxy = proxy
            client_listener = f"PLAINTEXT://{broker.bootstrap}"
            broker.properties |= {
                "listeners": f"{client_listener},PEERS://127.0.0.1:{peer_port}",
                "advertised.listeners": f"{client_listener},PEERS://127.0.0.1:{proxy.port}",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PEERS:PLAINTEXT",
                "inter.broker.listener.name": "PEERS",
            }
            await nursery.start(proxy.run)


@asynccontextmanager
async def open_cluster(
    directory: Path,
    *,
    brokers: int = 3,
    kinds: Mapping[int, BrokerKind] | None = None,
    zookeeper: ZooKeeperServer | ZooKeeperKind = EMBEDDED_ZOOKEEPER,
    chroot: str = "",
    proxied: bool = False,
    control_plane: bool = False,
    log_dirs: int = 1,
    **overrides: object,
) -> AsyncIterator[Cluster]:
    """A cluster of brokers 1 … `brokers`, ready for clients; everything it started ends on exit.

    `kinds` names the program of single brokers, where it is not our own. `zookeeper` is a running server (it
    stays) or the kind to start. `overrides` are broker keys with underscores for dots, `log_dirs` is how many
    log directories each broker has. With `control_plane` (and not `proxied`) every broker has a listener for the
    controller alone. Data and output stay under `directory`.
    """
    replicas = min(3, brokers)
    defaults = {
        "offsets_topic_replication_factor": replicas,
        "transaction_state_log_replication_factor": replicas,
        "transaction_state_log_min_isr": min(2, replicas),
    }
    async with AsyncExitStack() as stack:
        if isinstance(zookeeper, ZooKeeperKind):
            zookeeper = await stack.enter_async_context(open_zookeeper(directory, zookeeper))
        servers = {
            broker_id: new_broker(
                directory, broker_id, "", (kinds or {}).get(broker_id, ZKBROKER), **{**defaults, **overrides}
            )
            for broker_id in range(1, brokers + 1)
        }
        for server in servers.values():
            more = [f"{server.log_dir}-{number}" for number in range(2, log_dirs + 1)]
            server.properties["log.dirs"] = ",".join([str(server.log_dir), *more])
        client = await stack.enter_async_context(
            open_client([server.bootstrap for server in servers.values()])
        )
        cluster = Cluster(directory, zookeeper, chroot, servers, client)
        async with trio.open_nursery() as nursery:
            try:
                for server in servers.values():
                    if control_plane:
                        _add_control_plane(server)
                    await cluster._start_proxies(nursery, server, proxied)
                    server.start()
                for server in servers.values():
                    await server.process.wait_ready()
                await cluster.wait_for_brokers(servers)
                yield cluster
            finally:
                for server in servers.values():
                    server.process.kill()
                nursery.cancel_scope.cancel()


def _add_control_plane(server: BrokerServer) -> None:
    server.properties |= {
        "listeners": f"PLAINTEXT://{server.bootstrap},CONTROL://127.0.0.1:0",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROL:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "control.plane.listener.name": "CONTROL",
    }
