"""The bridge between kazoo's threads and trio: one ZooKeeper session as an object with async calls.

kazoo runs three threads. Requests go to them through its `*_async` calls; an answer, a watch or a change of
state comes back by `run_sync_soon`, which sets an event and nothing else. A session here is one kazoo client:
when it is lost the client ends, so that nothing queued for one session can ever be sent in another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

import attrs
import trio
from kazoo import exceptions
from kazoo.client import KazooClient
from kazoo.protocol.states import EventType, KazooState, KeeperState, WatchedEvent
from kazoo.security import OPEN_ACL_UNSAFE

from zkbroker.changed import Changed
from zkbroker.events import EventFeed, SessionMoved, WatchFired, ZnodeWritten
from zkbroker.zookeeper.client import Credentials, creation_acl, end_client, new_client
from zkbroker.zookeeper.operations import (
    ConnectionLost,
    Create,
    Delete,
    MultiFailed,
    NodeExists,
    NoNode,
    Operation,
    OperationResult,
    RequestTooLarge,
    SessionLost,
    SessionState,
    SetData,
    Stat,
    Znode,
    ZooKeeperError,
    request_size,
)
from zkbroker.zookeeper.recipes import Recipe, Recipes
from zkbroker.zookeeper.translation import as_stat, as_znode, first_failure, transaction_of, translated

_PIPELINE: Final = 500
"""Reads in flight at once in the `*_many` calls."""


@attrs.frozen
class SessionStatistics:
    """What a session has done so far."""

    session_id: int
    state: SessionState
    timeout_ms: int
    requests: int
    connection_losses: int
    watches: int  # armed now


@attrs.define(eq=False)
class _Watch:
    """One armed watch, shared by everybody who looks at that path; kazoo's callback and our event."""

    path: str
    event: trio.Event
    callback: Callable[[WatchedEvent], None]


class ZkSession:
    """One ZooKeeper session. Made, watched over and ended by `ZooKeeper`; used from the trio thread only.

    Every call waits while the session is SUSPENDED (bound it with a cancel scope) and raises SessionLost once
    it is LOST. Cancelling a call stops the wait, not the request: its outcome is then unknown. Reads repeat
    themselves after a connection loss; writes raise ConnectionLost, and the caller reads again.
    Versions are explicit; 0 is a real version. Paths are relative to the chroot.
    """

    def __init__(
        self,
        hosts: str,
        chroot: str,
        timeout_ms: int,
        credentials: Credentials,
        *,
        set_acl: bool,
        max_request_bytes: int,
        events: EventFeed | None,
        former_sessions: Iterable[int] = (),
    ) -> None:
        self.session_id = 0
        self.session_password = b""  # with the id, all one needs to take the session over, or to end it
        self.state = SessionState.SUSPENDED
        self.connections = 0  # times it was connected; what was watched in one connection is not in the next
        self.state_changed = Changed()
        self.lost = trio.Event()
        self.loss_reason = ""
        self.credentials_refused = False
        self.former_sessions: set[int] = set(former_sessions)
        """Ids of sessions that were ours for certain; what they still own may be deleted."""
        self._requested_timeout_ms = timeout_ms
        self._chroot = chroot
        self._set_acl = set_acl
        self._max_request_bytes = max_request_bytes
        self._events = events
        self._token = trio.lowlevel.current_trio_token()
        self._refused = False  # set on kazoo's thread as soon as it says LOST
        self._in_flight: set[trio.Event] = set()
        self._watches: dict[tuple[str, str], _Watch] = {}
        self._recipes = Recipes(self.run_soon)
        self._requests = 0
        self._connection_losses = 0
        self._kazoo, self._wire = new_client(hosts, timeout_ms, credentials, set_acl=set_acl)
        self._kazoo.add_listener(self._kazoo_moved)

    # ------------------------------------------------------------------------------------- reading

    async def get(self, path: str) -> Znode:
        """Raises: NoNode."""
        return as_znode(await self._read(path, lambda: self._kazoo.get_async(self._full(path))))

    async def get_and_watch(self, path: str) -> tuple[Znode, trio.Event]:
        """The node, and an event that is set when it is set or deleted, and on any disconnection.

        Raises: NoNode, and then nothing is watched: use exists_and_watch to wait for a node.
        """
        watch, read = self._watched("data", path, self._kazoo.get_async)
        return as_znode(await self._read(path, read)), watch.event

    async def exists(self, path: str) -> Stat | None:
        stat = await self._read(path, lambda: self._kazoo.exists_async(self._full(path)))
        return None if stat is None else as_stat(stat)

    async def exists_and_watch(self, path: str) -> tuple[Stat | None, trio.Event]:
        """The event is set when the node is created, set or deleted, and on any disconnection."""
        watch, read = self._watched("data", path, self._kazoo.exists_async)
        stat = await self._read(path, read)
        return (None if stat is None else as_stat(stat)), watch.event

    async def get_children(self, path: str) -> list[str]:
        """Names, in no order. Raises: NoNode."""
        children: list[str] = await self._read(path, lambda: self._kazoo.get_children_async(self._full(path)))
        return children

    async def get_children_and_watch(self, path: str) -> tuple[list[str], trio.Event]:
        """The event is set when a child comes or goes, the node is deleted, and on any disconnection."""
        watch, read = self._watched("child", path, self._kazoo.get_children_async)
        children: list[str] = await self._read(path, read)
        return children, watch.event

    async def get_many(self, paths: Iterable[str]) -> dict[str, Znode | None]:
        """Many nodes, pipelined; None for those that do not exist."""
        found = await self._read_many(paths, lambda path: self._kazoo.get_async(self._full(path)))
        return {path: None if result is None else as_znode(result) for path, result in found.items()}

    async def get_many_and_watch(self, paths: Iterable[str]) -> dict[str, tuple[Znode | None, trio.Event]]:
        """As get_many, each with its event as in get_and_watch; a missing node is not watched."""
        watches: dict[str, trio.Event] = {}

        def read(path: str) -> Any:
            watch, send = self._watched("data", path, self._kazoo.get_async)
            watches[path] = watch.event
            return send()

        found = await self._read_many(paths, read)
        return {path: (None if r is None else as_znode(r), watches[path]) for path, r in found.items()}

    async def get_children_many(self, paths: Iterable[str]) -> dict[str, list[str] | None]:
        """The children of many nodes, pipelined; None for nodes that do not exist."""
        return await self._read_many(paths, lambda path: self._kazoo.get_children_async(self._full(path)))

    async def sync(self, path: str) -> None:
        """Let the server we are connected to catch up with its leader before the next read."""
        await self._read(path, lambda: self._kazoo.sync_async(self._full(path)))

    # ------------------------------------------------------------------------------------- writing

    async def create(
        self, path: str, data: bytes | None = b"", *, ephemeral: bool = False, sequential: bool = False
    ) -> str:
        """Create a node; returns its path, which a sequential one learns from ZooKeeper.

        Raises: NodeExists; NoNode if the parent is missing; ConnectionLost.
        """
        self._require_size(path, [Create(path, data, ephemeral)])
        created = await self._write(
            path,
            lambda: self._kazoo.create_async(
                self._full(path), data, acl=self._acl(path), ephemeral=ephemeral, sequence=sequential
            ),
        )
        actual = self._relative(created)
        self._wrote(actual, "create", 0)
        return actual

    async def create_path(self, path: str) -> None:
        """Make sure of a persistent node without data and of all its parents. Repeats itself as needed."""
        while True:
            try:
                if await self.exists(path) is None:
                    await self.create(path, None)
                return
            except NodeExists:
                return
            except NoNode:
                await self.create_path(path.rpartition("/")[0] or "/")
            except ConnectionLost:
                continue

    async def set(self, path: str, data: bytes, version: int) -> Stat:
        """Raises: NoNode, BadVersion, ConnectionLost."""
        self._require_size(path, [SetData(path, data, version)])
        full = self._full(path)
        stat = as_stat(await self._write(path, lambda: self._kazoo.set_async(full, data, version)))
        self._wrote(path, "set", stat.version)
        return stat

    async def delete(self, path: str, version: int) -> None:
        """Raises: NoNode, BadVersion, NotEmpty, ConnectionLost."""
        await self._write(path, lambda: self._kazoo.delete_async(self._full(path), version))
        self._wrote(path, "delete", -1)

    async def set_acl(self, path: str, *, secure: bool) -> None:
        """Protect a node as `zookeeper.set.acl` does one that is created, or open it to everybody.

        Raises: NoNode, NoAuth, ConnectionLost.
        """
        acl = creation_acl(path) if secure else OPEN_ACL_UNSAFE
        await self._write(path, lambda: self._kazoo.set_acls_async(self._full(path), acl))

    async def multi(self, operations: Sequence[Operation]) -> list[OperationResult]:
        """All of the operations or none; one result each. Raises: MultiFailed, ConnectionLost."""
        if not operations:
            return []
        first = operations[0].path
        self._require_size(first, operations)
        results: list[Any] = await self._write(
            first, lambda: transaction_of(self._kazoo, operations, self._full, self._acl).commit_async()
        )
        failure = first_failure(results)
        if failure is not None:
            index, cause = failure
            raise MultiFailed(index, translated(cause, operations[index].path))
        if len(results) != len(operations) or any(isinstance(result, Exception) for result in results):
            raise ZooKeeperError(first, f"a multi of {len(operations)} operations was answered by {results}")
        answers: list[OperationResult] = []
        for operation, result in zip(operations, results, strict=True):
            if isinstance(operation, Create):
                created = self._relative(result)
                answers.append(created)
                self._wrote(created, "create", 0)
            elif isinstance(operation, SetData):
                stat = as_stat(result)
                answers.append(stat)
                self._wrote(operation.path, "set", stat.version)
            else:
                answers.append(None)
                if isinstance(operation, Delete):
                    self._wrote(operation.path, "delete", -1)
        return answers

    # ------------------------------------------------------------------------------------ the state

    @property
    def timeout_ms(self) -> int:
        """The session timeout the server granted (before that, the one we ask for)."""
        return self._wire.negotiated_timeout_ms or self._requested_timeout_ms

    @property
    def is_usable(self) -> bool:
        """Whether a request would be sent now."""
        return self.state is SessionState.CONNECTED and not self._refused

    async def wait_connected(self) -> None:
        """Raises: SessionLost."""
        while not self.is_usable:
            self.require_not_lost()
            await self.state_changed.wait()

    async def wait_disconnected(self) -> None:
        """Return once the connection of now is gone, even if there is another already."""
        connection = self.connections
        while self.is_usable and self.connections == connection:
            await self.state_changed.wait()

    def statistics(self) -> SessionStatistics:
        return SessionStatistics(
            session_id=self.session_id,
            state=self.state,
            timeout_ms=self.timeout_ms,
            requests=self._requests,
            connection_losses=self._connection_losses,
            watches=len(self._watches),
        )

    def __str__(self) -> str:
        return f"0x{self.session_id & (2**64 - 1):x}"

    def require_not_lost(self, path: str = "") -> None:
        if self._refused:
            raise SessionLost(path, f"the ZooKeeper session {self} is over: {self.loss_reason or 'it ended'}")

    # ------------------------------------------------------------------------- requests and answers

    def _full(self, path: str) -> str:
        return (self._chroot + path).rstrip("/") or "/"

    def _relative(self, path: str) -> str:
        return path[len(self._chroot) :] or "/"

    def _acl(self, path: str) -> Any:
        return creation_acl(path) if self._set_acl else OPEN_ACL_UNSAFE

    def _require_size(self, path: str, operations: Sequence[Operation]) -> None:
        size = request_size(operations)
        if size > self._max_request_bytes:
            raise RequestTooLarge(
                path, f"a request of {size} bytes would pass ZooKeeper's limit of {self._max_request_bytes}"
            )

    async def _read(self, path: str, send: Callable[[], Any]) -> Any:
        """Send until there is an answer: a read may be repeated."""
        while True:
            try:
                return await self._request(path, send)
            except ConnectionLost:
                continue

    async def _write(self, path: str, send: Callable[[], Any]) -> Any:
        return await self._request(path, send)

    async def _request(self, path: str, send: Callable[[], Any]) -> Any:
        await self.wait_connected()
        self._requests += 1
        result = send()
        await self._answered(result)
        return self._outcome(result, path)

    def _outcome(self, result: Any, path: str) -> Any:
        if not result.ready():  # the session was declared lost before the answer came
            self.require_not_lost(path)
        try:
            return result.get_nowait()
        except exceptions.KazooException as error:
            ours = translated(error, path)
            if isinstance(ours, ConnectionLost):
                self._connection_losses += 1
            raise ours from None

    async def _answered(self, result: Any) -> None:
        """Return when the answer is there, or the session is lost."""
        answered = trio.Event()
        self._in_flight.add(answered)
        try:
            result.rawlink(
                lambda _: self.run_soon(answered.set)
            )  # kazoo's thread: set the event, nothing else
            await answered.wait()
        finally:
            self._in_flight.discard(answered)

    async def _read_many(self, paths: Iterable[str], send: Callable[[str], Any]) -> dict[str, Any]:
        """Results by path, None for NoNode, in the order of the paths."""
        wanted = list(paths)
        found: dict[str, Any] = dict.fromkeys(wanted)
        for start in range(0, len(wanted), _PIPELINE):
            missing = wanted[start : start + _PIPELINE]
            while missing:
                await self.wait_connected()
                self._requests += len(missing)
                results = [(path, send(path)) for path in missing]
                missing = []
                for _, result in reversed(results):  # answers come in order, so the last one is waited for
                    if not result.ready():
                        await self._answered(result)
                for path, result in results:
                    try:
                        found[path] = self._outcome(result, path)
                    except NoNode:
                        found[path] = None
                    except ConnectionLost:
                        missing.append(path)
        return found

    def _wrote(self, path: str, operation: str, version: int) -> None:
        if self._events is not None:
            self._events.emit(ZnodeWritten(path, operation, version))

    # ---------------------------------------------------------------------------------- watches

    def _watched(self, kind: str, path: str, call: Callable[..., Any]) -> tuple[_Watch, Callable[[], Any]]:
        """The armed or new watch on a path, and the read that arms it.

        Shared per path as ZooKeeper shares them, so that looking again before it fires costs nothing.
        """
        key = kind, path
        watch = self._watches.get(key)
        if watch is None:
            event = trio.Event()

            def on_kazoo_event(happened: WatchedEvent) -> None:  # kazoo's callback thread
                self.run_soon(self._fire, key, event, happened.type != EventType.NONE)

            watch = self._watches[key] = _Watch(path, event, on_kazoo_event)
        callback = watch.callback
        return watch, lambda: call(self._full(path), watch=callback)

    def _fire(self, key: tuple[str, str], event: trio.Event, by_server: bool) -> None:
        watch = self._watches.get(key)
        if watch is not None and watch.event is event:
            del self._watches[key]
            if by_server and self._events is not None:
                self._events.emit(WatchFired(watch.path))
        event.set()

    def _fire_all(self) -> None:
        """kazoo drops every watch when the connection breaks: whoever waits must look again."""
        watches, self._watches = self._watches, {}
        for watch in watches.values():
            watch.event.set()

    # ---------------------------------------------------------------------- state, as kazoo tells it

    def run_soon(self, function: Callable[..., object], *args: object) -> None:
        """From any thread: run it on the trio thread, unless trio has ended."""
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(lambda: function(*args))

    def _kazoo_moved(self, state: str) -> None:
        """kazoo's connection thread."""
        if state == KazooState.LOST:
            self._refused = True
            self._wire.cut()  # before kazoo opens a session of its own
        self.run_soon(self._moved, state, self._kazoo.client_state, self._kazoo.client_id)

    def _moved(self, state: str, detail: str, client_id: tuple[int, bytes] | None) -> None:
        if self.lost.is_set():
            return
        if state == KazooState.CONNECTED:
            if client_id is not None:
                self.session_id, self.session_password = client_id
            self.connections += 1
            self._enter(SessionState.CONNECTED)
        elif state == KazooState.SUSPENDED:
            self._enter(SessionState.SUSPENDED)
            self._fire_all()
        else:
            self.credentials_refused = detail == KeeperState.AUTH_FAILED
            if self.credentials_refused:
                self._lose("ZooKeeper refused our credentials")
            elif detail == KeeperState.EXPIRED_SESSION:
                self._lose("ZooKeeper says that it has expired")
            else:
                self._lose("the client was stopped")

    def _enter(self, state: SessionState) -> None:
        if self.state is not state:
            self.state = state
            self.state_changed.notify()
            if self._events is not None:
                self._events.emit(SessionMoved(self.session_id, state.value))

    def _lose(self, reason: str) -> None:
        """The session is over: nothing more is sent, everybody who waits is told."""
        self._refused = True
        if self.lost.is_set():
            return
        self._wire.cut()
        self.loss_reason = reason
        self.lost.set()
        self._enter(SessionState.LOST)
        self._fire_all()
        for answered in self._in_flight:
            answered.set()

    # --------------------------------------------------------------- lifetime (the business of ZooKeeper)

    def start(self) -> None:
        """Begin to connect; kazoo's three threads start."""
        self._kazoo.start_async()

    async def ensure_chroot(self) -> None:
        """Make sure of the chroot. It asks the server in any case: it returns only if we are let in."""
        if await self.exists("/") is None:
            names = self._chroot.split("/")
            for depth in range(2, len(names) + 1):
                full = "/".join(names[:depth])
                with suppress(NodeExists):
                    await self._read(full, partial(self._kazoo.create_async, full, None, acl=self._acl("/")))

    @property
    def last_failure(self) -> str:
        """Why the last attempt to connect failed, in a few words."""
        return self._wire.last_failure

    async def declare_lost_when_silent(self) -> None:
        """Lose the session one session timeout after ZooKeeper's last answer, by our own clock.

        kazoo says LOST only when a server says so: cut off, it would stay SUSPENDED for ever.
        """
        while not self.lost.is_set():
            left_s = self._wire.last_answer + self.timeout_ms / 1000 - time.monotonic()
            if left_s <= 0:
                return self._lose(
                    f"ZooKeeper has not answered for the session timeout of {self.timeout_ms} ms"
                )
            await trio.sleep(left_s)

    def start_recipe(self, recipe: Callable[[KazooClient, str], None], path: str) -> Recipe:
        """Run one of kazoo's blocking recipes in a thread of its own; it gets the client and the full path."""
        self.require_not_lost(path)
        return self._recipes.start(partial(recipe, self._kazoo, self._full(path)), path)

    async def wait_recipes_ended(self) -> None:
        """Return when no recipe of this session runs any more."""
        await self._recipes.wait_ended()

    async def aclose(self) -> None:
        """End the session and every thread of it. Shielded from cancellation; takes a few seconds at most."""
        close_session = self.is_usable
        self._refused = True
        await end_client(self._kazoo, self._wire, close_session=close_session)
        self._lose("it was closed")
        await self._recipes.join(str(self))
