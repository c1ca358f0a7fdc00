"""Single servers in processes: brokers and ZooKeepers of any make, with their properties, data and output."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from zkbroker.testing.processes import ManagedProcess, accepts_connections, free_port
from zkbroker.testing.proxy import TcpProxy
from zkbroker.testing.zookeeper_session import SessionObserver, is_serving_zookeeper

SESSION_TIMEOUT_MS = 6_000

Properties = Mapping[str, object]


@attrs.frozen
class BrokerKind:
    """A program that is a broker: `argv` is its command line for a properties file."""

    name: str
    argv: Callable[[Path], Sequence[str]]
    properties: Properties = attrs.field(factory=dict)


@attrs.frozen
class ZooKeeperKind:
    """A program that is a ZooKeeper server: `argv` is its command line for a data directory and a port."""

    name: str
    argv: Callable[[Path, int], Sequence[str]]


ZKBROKER = BrokerKind("zkbroker", lambda file: [sys.executable, "-m", "zkbroker", "broker", str(file)])
EMBEDDED_ZOOKEEPER = ZooKeeperKind(
    "embedded-zookeeper",
    lambda data, port: [
        sys.executable,
        "-m",
        "zkbroker",
        "zookeeper",
        "--port",
        str(port),
        "--data",
        str(data),
    ],
)


@attrs.define(eq=False)
class ZooKeeperServer:
    """One ZooKeeper server in a process."""

    process: ManagedProcess
    port: int

    @property
    def connect(self) -> str:
        """Its `host:port`."""
        return f"127.0.0.1:{self.port}"

    async def restart(self) -> None:
        """Start it again on the same data, after `process.stop` or `process.kill`, or end it first."""
        if self.process.is_running:
            await self.process.stop()
        self.process.start()
        await self.process.wait_ready()


@asynccontextmanager
async def open_zookeeper(
    directory: Path, kind: ZooKeeperKind = EMBEDDED_ZOOKEEPER, *, port: int | None = None
) -> AsyncIterator[ZooKeeperServer]:
    """A ZooKeeper server with its data and its output under `directory`, ended on exit."""
    server = new_zookeeper(directory, kind, port=port)
    try:
        server.process.start()
        await server.process.wait_ready()
        yield server
    finally:
        server.process.kill()


def new_zookeeper(directory: Path, kind: ZooKeeperKind, *, port: int | None = None) -> ZooKeeperServer:
    """The same, not started yet, and for the caller to end."""
    port = free_port() if port is None else port
    data = directory / "zookeeper"
    data.mkdir(parents=True, exist_ok=True)
    return ZooKeeperServer(
        ManagedProcess(
            name=kind.name,
            argv=kind.argv(data, port),
            log_path=directory / "zookeeper.log",
            ready=lambda: is_serving_zookeeper(port),
        ),
        port,
    )


@attrs.define(eq=False)
class BrokerServer:
    """One broker in a process."""

    broker_id: int
    kind: BrokerKind
    port: int
    directory: Path
    properties: dict[str, object]
    process: ManagedProcess
    zookeeper_session: SessionObserver = attrs.field(factory=SessionObserver)
    zookeeper_proxy: TcpProxy | None = None
    peer_proxy: TcpProxy | None = None  # what other brokers connect to, if they are to be parted

    @property
    def bootstrap(self) -> str:
        """Its `host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def log_dir(self) -> Path:
        """Its first log directory."""
        return Path(str(self.properties["log.dirs"]).split(",")[0])

    @property
    def log_dirs(self) -> list[Path]:
        """All its log directories."""
        return [Path(path) for path in str(self.properties["log.dirs"]).split(",")]

    def write_properties(self) -> None:
        """Write server.properties for the next start, with what `properties` holds now."""
        lines = (f"{key}={value}\n" for key, value in self.properties.items())
        (self.directory / "server.properties").write_text("".join(lines))

    def start(self) -> None:
        """Start the process with the present `properties`."""
        self.write_properties()
        self.process.start()

    async def restart(self) -> None:
        """Start it again on the same data and port, ending it first if it runs; wait for its port."""
        if self.process.is_running:
            await self.process.stop()
        self.start()
        await self.process.wait_ready()


def new_broker(
    directory: Path, broker_id: int, zookeeper_connect: str, kind: BrokerKind = ZKBROKER, **overrides: object
) -> BrokerServer:
    """A broker not started yet, for the caller to end; `overrides`: Kafka's keys, underscores for dots."""
    home, port = directory / f"broker-{broker_id}", free_port()
    home.mkdir(parents=True, exist_ok=True)
    properties: dict[str, object] = {
        "broker.id": broker_id,
        "listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "log.dirs": home / "data",
        "zookeeper.connect": zookeeper_connect,
        "zookeeper.session.timeout.ms": SESSION_TIMEOUT_MS,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        **kind.properties,
        **{key.replace("_", "."): value for key, value in overrides.items()},
    }
    file = home / "server.properties"
    process = ManagedProcess(
        name=f"{kind.name} {broker_id}",
        argv=kind.argv(file),
        log_path=directory / f"broker-{broker_id}.log",
        ready=lambda: accepts_connections(port),
    )
    return BrokerServer(broker_id, kind, port, home, properties, process)
