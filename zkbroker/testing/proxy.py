"""TCP proxies that a test can cut and that see what passes: network faults without touching either end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.testing.processes import free_port

CHUNK_BYTES = 64 * 1024


class Direction(Enum):
    """Which way bytes travel through a proxy."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


@attrs.frozen
class Connection:
    """One connection through a proxy: its number since the proxy's start, and the client's TCP port."""

    number: int
    client_port: int


@attrs.define(eq=False)
class TcpProxy:
    """Forwards connections on `port` to `target_port` of 127.0.0.1.

    `holds(connection)` is asked before every piece is passed on: while it is True nothing passes in either
    direction and nothing is lost, as on a network that drops packets; call `look_again` when its answer may
    have changed.
    `observe` is shown every piece as it passes.
    """

    target_port: int
    port: int = attrs.field(factory=free_port)
    holds: Callable[[Connection], bool] = lambda connection: False
    observe: Callable[[Connection, Direction, bytes], None] | None = None
    _changed: Changed = attrs.field(factory=Changed, init=False)
    _connections: int = attrs.field(default=0, init=False)
    _open: set[trio.CancelScope] = attrs.field(factory=set, init=False)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept and forward until cancelled; started once the port is open."""
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(trio.serve_tcp, self._serve, self.port, host="127.0.0.1"))
            task_status.started()

    def look_again(self) -> None:
        """Ask `holds` again for everything that is held."""
        self._changed.notify()

    def reset_connections(self) -> None:
        """Close every connection that is open now, at both ends."""
        for scope in self._open:
            scope.cancel()

    async def _serve(self, client: trio.SocketStream) -> None:
        self._connections += 1
        connection = Connection(self._connections, client.socket.getpeername()[1])
        with trio.CancelScope() as scope:
            self._open.add(scope)
            try:
                await self._wait_let_through(connection)
                server = await trio.open_tcp_stream("127.0.0.1", self.target_port)
                async with server, trio.open_nursery() as nursery:
                    nursery.start_soon(self._forward, connection, Direction.TO_SERVER, client, server)
                    await self._forward(connection, Direction.TO_CLIENT, server, client)
                    nursery.cancel_scope.cancel()
            except OSError:
                pass  # nobody at the target: the client's connection closes, as a refused one would
            finally:
                self._open.discard(scope)

    async def _forward(
        self,
        connection: Connection,
        direction: Direction,
        source: trio.SocketStream,
        target: trio.SocketStream,
    ) -> None:
        try:
            while piece := bytes(await source.receive_some(CHUNK_BYTES)):
                await self._wait_let_through(connection)
                if self.observe is not None:
                    self.observe(connection, direction, piece)
                await target.send_all(piece)
            await target.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            await source.aclose()
            await target.aclose()

    async def _wait_let_through(self, connection: Connection) -> None:
        while self.holds(connection):
            await self._changed.wait()


def owner_of_port(client_port: int, server_port: int, candidates: Collection[int]) -> int | None:
    """Which of the processes `candidates` holds the client's end of a connection on 127.0.0.1, if any.

    Linux only: it reads /proc.
    """
    for table in ("tcp", "tcp6"):  # Java speaks IPv4 through IPv6 sockets
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f"0100007F:{client_port:04X}") and fields[2].endswith(
                f"0100007F:{server_port:04X}"
            ):
                inode = f"socket:[{fields[9]}]"
                return next((pid for pid in candidates if inode in _open_files(pid)), None)
    return None


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):  # the process has ended
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed while we looked
                yield str(link.readlink())
