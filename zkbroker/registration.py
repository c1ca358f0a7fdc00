"""How a broker makes itself known: its ephemeral node under /brokers/ids, and what stands in its way.

A node of our own that a former session left behind is deleted where that session was ours for certain, and
waited for where it only names our own host and port. A foreign one stops the start with one sentence.
Source: KafkaZkClient.registerBroker, KafkaServer.createBrokerInfo, 3.9.1.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import trio

from zkbroker import admin_store
from zkbroker.model import BrokerInfo, Endpoint
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import (
    BadVersion,
    ConnectionLost,
    Create,
    MultiFailed,
    NodeExists,
    NoNode,
    SetData,
    Stat,
    ZkSession,
    Znode,
)
from zkbroker.zookeeper.znodes import Undecodable

log = logging.getLogger(__name__)

_SPARE_S: Final = 3.0
"""How much longer than a session timeout a dead session's node may stay (servers expire by ticks)."""
_SESSION_FILE: Final = ".zookeeper-session"


class StartupRefused(Exception):
    """The broker must not start as it is configured. The message is one or two sentences for a person."""


# ------------------------------------------------------------------------------------ before anything else


def check_endpoints(endpoints: Iterable[Endpoint]) -> None:
    """Check that clients could connect to what we would advertise; names are resolved, which may block.

    Raises: StartupRefused.
    """
    for endpoint in endpoints:
        shown = znodes.endpoint_text(endpoint)
        if endpoint.host in ("", "0.0.0.0", "::", "[::]"):
            raise StartupRefused(
                f"advertised.listeners has {shown}, and nobody can connect to that address: "
                "advertise a host name or an address of this machine."
            )
        if not 0 < endpoint.port < 65536:
            raise StartupRefused(f"advertised.listeners has {shown}: {endpoint.port} is no TCP port.")
        try:
            socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no host name"
            raise StartupRefused(
                f"advertised.listeners has {shown}, and the name {endpoint.host} cannot be resolved "
                f"({reason}): advertise a name or address that clients and the other brokers can reach."
            ) from None


def remember_session(log_dir: Path, session: ZkSession) -> None:
    """Keep the session's id in a log directory that we have locked, for the start after a kill -9."""
    (log_dir / _SESSION_FILE).write_text(f"{session.session_id}\n")


def remembered_sessions(log_dirs: Iterable[Path]) -> set[int]:
    """Sessions of ours for certain: whoever holds the lock of these directories now, their process is dead."""
    sessions = set()
    for log_dir in log_dirs:
        try:
            sessions.add(int((log_dir / _SESSION_FILE).read_text()))
        except (OSError, ValueError):  # none was kept, or only half of it
            continue
    return sessions


# ------------------------------------------------------------------------------------------ registering


async def register(session: ZkSession, broker: BrokerInfo, *, jmx_port: int = -1) -> int:
    """Create /brokers/ids/N for this session and return the broker epoch, which is the node's czxid.

    Cancel or lose the session and nothing is left. Raises: StartupRefused if the id belongs to another
    broker, or another one advertises one of our addresses; SessionLost.
    """
    path = znodes.broker_path(broker.broker_id)
    data = znodes.encode_broker(broker, _wall_ms(), jmx_port=jmx_port)
    await _require_free_addresses(session, broker)
    give_up_at: float | None = None
    while True:
        try:
            results = await session.multi([Create(path, None, ephemeral=True), SetData(path, data, 0)])
        except ConnectionLost:
            pass  # it may have been done: then the node is this session's
        except MultiFailed as failed:
            if isinstance(failed.cause, NoNode):
                await session.create_path(znodes.BROKER_IDS)
                continue
            if not isinstance(failed.cause, NodeExists):
                raise failed.cause from None
        else:
            written = results[1]
            assert isinstance(written, Stat)
            return _registered(broker, written)
        try:
            node, changed = await session.get_and_watch(path)
        except NoNode:
            continue
        if node.stat.ephemeral_owner == session.session_id:
            if node.data == data:
                return _registered(broker, node.stat)
            return _registered(broker, await update(session, broker, jmx_port=jmx_port))
        if node.stat.ephemeral_owner in session.former_sessions:
            log.info("Broker %d deletes the registration of its own former session", broker.broker_id)
            await _delete(session, path, node.stat.version)
            continue
        _require_ours(broker, node)
        if give_up_at is None:
            patience_s = session.timeout_ms / 1000 * 1.5 + _SPARE_S
            give_up_at = trio.current_time() + patience_s
            log.warning(
                "Broker %d is still registered with our own address %s; waiting up to %d s for ZooKeeper to "
                "expire the session of the process that did so",
                broker.broker_id,
                _addresses(broker),
                round(patience_s),
            )
        with trio.move_on_at(give_up_at) as waiting:
            await changed.wait()
        if waiting.cancelled_caught:
            raise StartupRefused(
                f"Broker id {broker.broker_id} is held by a process that advertises the same address "
                f"{_addresses(broker)} and keeps its ZooKeeper session alive: end that process, or give this "
                "broker another broker.id and address."
            )


async def update(session: ZkSession, broker: BrokerInfo, *, jmx_port: int = -1) -> Stat:
    """Write other endpoints into our registration; the broker epoch stays as it is.

    Raises: NoNode if we are not registered by this session.
    """
    path = znodes.broker_path(broker.broker_id)
    data = znodes.encode_broker(broker, _wall_ms(), jmx_port=jmx_port)
    while True:
        node = await session.get(path)
        if node.stat.ephemeral_owner != session.session_id:
            raise NoNode(path, "the registration is not this session's")
        if node.data == data:
            return node.stat
        try:
            return await session.set(path, data, node.stat.version)
        except (BadVersion, ConnectionLost):
            continue


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _registered(broker: BrokerInfo, stat: Stat) -> int:
    log.info(
        "Broker %d is registered as %s, broker epoch %d", broker.broker_id, _addresses(broker), stat.czxid
    )
    return stat.czxid


async def _delete(session: ZkSession, path: str, version: int) -> None:
    try:
        await session.delete(path, version)
    except (NoNode, BadVersion, ConnectionLost):
        return  # gone, changed or unknown: the caller looks again


def _addresses(broker: BrokerInfo) -> str:
    return ", ".join(sorted({f"{endpoint.host}:{endpoint.port}" for endpoint in broker.endpoints}))


def _shared(one: BrokerInfo, other: BrokerInfo) -> str | None:
    """An address both advertise, if there is one."""
    of_one = {(endpoint.host, endpoint.port) for endpoint in one.endpoints}
    for endpoint in other.endpoints:
        if (endpoint.host, endpoint.port) in of_one:
            return f"{endpoint.host}:{endpoint.port}"
    return None


def _require_ours(broker: BrokerInfo, node: Znode) -> None:
    """Raises: StartupRefused unless the node under our id names one of our own addresses."""
    broker_id = broker.broker_id
    try:
        holder = znodes.decode_broker(broker_id, node.data, node.stat.czxid)
    except Undecodable as error:
        raise StartupRefused(
            f"Broker id {broker_id} is taken by a registration that cannot be read ({error}): if no broker "
            "made it, delete that znode, else give this broker another broker.id."
        ) from None
    if _shared(holder, broker) is None:
        raise StartupRefused(
            f"Broker id {broker_id} is taken by the broker at {_addresses(holder)} (we are "
            f"{_addresses(broker)}): give this broker another broker.id, or stop the other one; if it was "
            "killed, it is gone from ZooKeeper after its session timeout."
        )
    if node.stat.ephemeral_owner == 0:
        raise StartupRefused(
            f"The znode {znodes.broker_path(broker_id)} is not ephemeral, so no broker made it: delete it."
        )


async def _require_free_addresses(session: ZkSession, broker: BrokerInfo) -> None:
    """Raises: StartupRefused if a broker with another id advertises an address of ours."""
    found = await admin_store.read_brokers(session)
    for error in found.undecodable:
        log.warning("A registration cannot be read and is left out of account: %s", error)
    for broker_id, other in found.brokers.items():
        address = _shared(broker, other)
        if broker_id != broker.broker_id and address is not None:
            raise StartupRefused(
                f"Broker {broker_id} already advertises {address}, which broker {broker.broker_id} would "
                "advertise too: give each broker its own port or host in listeners and advertised.listeners; "
                "a broker that was killed is gone from ZooKeeper after its session timeout."
            )
