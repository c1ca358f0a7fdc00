"""Four-letter words: plain questions an operator's tools ask a ZooKeeper server over its client port.

Those of ZooKeeper 3.8.4 that only read are answered, in its format. Nothing here changes any state.
"""

from __future__ import annotations

import os
import platform
import socket
import sys
from typing import TYPE_CHECKING

import zkbroker

if TYPE_CHECKING:
    from zkbroker.embedded_zookeeper.connection import Connection
    from zkbroker.embedded_zookeeper.server import EmbeddedZooKeeper

# the protocol is that of 3.8.4, and clients choose what to send by this number
VERSION = f"3.8.4-zkbroker-{zkbroker.__version__}, built on the fly"

_WORDS = frozenset(
    (
        *(b"conf", b"cons", b"dirs", b"dump", b"envi", b"isro", b"mntr", b"ruok", b"srvr", b"stat"),
        *(b"wchc", b"wchp", b"wchs"),
    )
)


def is_known(word: bytes) -> bool:
    """Whether the first four bytes of a connection are a question and not a length."""
    return word in _WORDS


def answer(word: bytes, server: EmbeddedZooKeeper, asking: Connection) -> bytes:
    """The text that answers a known word."""
    match word:
        case b"ruok":
            text = "imok"
        case b"isro":
            text = "rw"
        case b"srvr":
            text = _server(server)
        case b"stat":
            clients = "".join(_client(c, brief=True) + "\n" for c in server.connections)
            text = f"Zookeeper version: {VERSION}\nClients:\n{clients}\n" + _server(server).split("\n", 1)[1]
        case b"cons":
            text = "".join(_client(c, brief=False) + "\n" for c in server.connections) + "\n"
        case b"mntr":
            text = _monitor(server)
        case b"conf":
            text = _configuration(server)
        case b"dump":
            text = _dump(server)
        case b"envi":
            text = _environment()
        case b"dirs":
            size = sum(path.stat().st_size for path in server.data_dir.glob("version-2/*"))
            text = f"datadir_size: {size}\nlogdir_size: {size}\n"
        case b"wchs":
            summary = server.database.watches.summary()
            text = (
                f"{summary.connections} connections watching {summary.paths} paths\n"
                f"Total watches:{summary.watches}\n"
            )
        case b"wchp" | b"wchc":
            text = _watches(server, by_path=word == b"wchp")
        case _:
            text = ""
    return text.encode()


def _server(server: EmbeddedZooKeeper) -> str:
    now = server.statistics()
    return (
        f"Zookeeper version: {VERSION}\n"
        f"Latency min/avg/max: {now.min_latency_ms}/{now.avg_latency_ms:.1f}/{now.max_latency_ms}\n"
        f"Received: {now.packets_received}\n"
        f"Sent: {now.packets_sent}\n"
        f"Connections: {now.connections}\n"
        f"Outstanding: {now.outstanding}\n"
        f"Zxid: {now.last_zxid:#x}\n"
        "Mode: standalone\n"
        f"Node count: {now.znodes}\n"
    )


def _client(connection: Connection, *, brief: bool) -> str:
    counters = connection.counters
    text = (
        f" /{connection.peer}[1](queued={connection.queued},recved={counters.received},sent={counters.sent}"
    )
    if not brief and connection.session is not None:
        average = counters.total_latency_ms // counters.answered if counters.answered else 0
        cxid = f",lcxid={counters.last_cxid:#x}" if counters.last_cxid >= 0 else ""
        text += (
            f",sid={connection.session.id:#x},lop={counters.last_op},est={counters.established_ms}"
            f",to={connection.session.timeout_ms}{cxid},lzxid={counters.last_zxid:#x}"
            f",llat={counters.last_latency_ms},minlat={counters.min_latency_ms},avglat={average}"
            f",maxlat={counters.max_latency_ms}"
        )
    return text + ")"


def _monitor(server: EmbeddedZooKeeper) -> str:
    now = server.statistics()
    values = {
        "version": VERSION,
        "server_state": "standalone",
        "avg_latency": f"{now.avg_latency_ms:.1f}",
        "max_latency": now.max_latency_ms,
        "min_latency": now.min_latency_ms,
        "packets_received": now.packets_received,
        "packets_sent": now.packets_sent,
        "num_alive_connections": now.connections,
        "outstanding_requests": now.outstanding,
        "znode_count": now.znodes,
        "watch_count": now.watches,
        "ephemerals_count": now.ephemerals,
        "global_sessions": now.sessions,
        "approximate_data_size": now.data_bytes,
        "uptime": now.uptime_ms,
        "snapshots_written": now.snapshots,
        "log_groups_written": now.log_groups,
        "log_bytes_written": now.log_bytes,
    }
    return "".join(f"zk_{name}\t{value}\n" for name, value in values.items())


def _configuration(server: EmbeddedZooKeeper) -> str:
    return (
        f"clientPort={server.bound_port}\n"
        f"dataDir={server.data_dir / 'version-2'}\n"
        f"dataLogDir={server.data_dir / 'version-2'}\n"
        f"tickTime={server.tick_ms}\n"
        f"minSessionTimeout={server.sessions.min_timeout_ms}\n"
        f"maxSessionTimeout={server.sessions.max_timeout_ms}\n"
        f"jute.maxbuffer={server.max_request_bytes}\n"
        f"forceSync={'yes' if server.fsync else 'no'}\n"
        "serverId=0\n"
    )


def _dump(server: EmbeddedZooKeeper) -> str:
    owners = server.database.tree.ephemerals
    lines = [f"Sessions ({len(server.sessions.by_id)}):"]
    lines += [f"\t{session_id:#x}" for session_id in server.sessions.by_id]
    lines.append(f"ephemeral nodes dump:\nSessions with Ephemerals ({len(owners)}):")
    for session_id, paths in owners.items():
        lines.append(f"{session_id:#x}:")
        lines += [f"\t{path}" for path in paths]
    lines.append(f"Connections dump:\nConnections ({len(server.connections)}):")
    lines += [
        f"\tip: /{connection.peer} sessionId: {connection.session_id:#x}" for connection in server.connections
    ]
    return "\n".join(lines) + "\n"


def _environment() -> str:
    values = {
        "zookeeper.version": VERSION,
        "host.name": socket.gethostname(),
        "python.version": platform.python_version(),
        "python.executable": sys.executable,
        "os.name": platform.system(),
        "os.arch": platform.machine(),
        "os.version": platform.release(),
        "user.dir": os.getcwd(),
    }
    return "Environment:\n" + "".join(f"{name}={value}\n" for name, value in values.items())


def _watches(server: EmbeddedZooKeeper, *, by_path: bool) -> str:
    watches = server.database.watches
    found: dict[str, list[str]] = {}
    for table in (watches.data, watches.child):
        for path, watchers in table.by_path.items():
            for client in watchers:
                session = f"{client.session_id:#x}"
                key, value = (path, session) if by_path else (session, path)
                values = found.setdefault(key, [])
                if value not in values:
                    values.append(value)
    return (
        "".join(f"{key}\n" + "".join(f"\t{value}\n" for value in values) for key, values in found.items())
        + "\n"
    )
