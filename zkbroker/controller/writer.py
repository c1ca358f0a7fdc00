"""Fenced writes: every multi first checks that /controller_epoch still has the version of our election.

A multi is all or nothing and names only its first failing operation. So that operation is dropped and the
rest sent again; at a further failure everything left is read in one pipelined pass, what cannot succeed is
sorted out, and the rest sent again. Each round loses at least one operation, so it ends.
Source: KafkaZkClient.retryRequestsUntilConnected, which sends one operation a multi.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs
import trio

from zkbroker.controller.steps import (
    ControllerMoved,
    Create,
    Delete,
    Done,
    Found,
    Op,
    Outcome,
    Refused,
    SetData,
)
from zkbroker.zookeeper import operations as zk
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ZkSession

MAX_OPERATIONS: Final = 200
"""Operations in one multi, the fence aside. One by one ZooKeeper takes a sixth as many a second."""

MAX_BYTES: Final = 512 * 1024
"""Size of one multi; a server's limit (jute.maxbuffer) is 1 MiB."""


@attrs.define(eq=False)
class FencedWriter:
    """Writes of one reign. Several multis may be in flight; no path may be written twice at once."""

    session: ZkSession
    epoch_version: int  # of /controller_epoch since our election

    async def write(self, groups: Iterable[Sequence[Op]]) -> dict[str, Outcome]:
        """Try every operation; the operations of a group in their order, groups in any.

        Cancelling leaves the outcome of what was in flight unknown.
        Raises: ControllerMoved if the fence failed (within an exception group if several multis were sent);
        SessionLost; other ZooKeeper errors that are no conflict.
        """
        outcomes: dict[str, Outcome] = {}
        multis = list(pack(groups))
        if len(multis) == 1:
            await self._write_multi(multis[0], outcomes)
        else:
            async with trio.open_nursery() as nursery:
                for operations in multis:
                    nursery.start_soon(self._write_multi, operations, outcomes)
        return outcomes

    async def _write_multi(self, operations: Sequence[Op], outcomes: dict[str, Outcome]) -> None:
        left = list(operations)
        refused: list[Op] = []
        failures = 0
        fence = zk.Check(znodes.CONTROLLER_EPOCH, self.epoch_version)
        while left:
            try:
                results = await self.session.multi([fence, *map(_operation, left)])
            except zk.MultiFailed as failed:
                if failed.index == 0:
                    raise ControllerMoved("another controller was elected: /controller_epoch moved") from None
                op = left.pop(failed.index - 1)
                if _is_satisfied(op, failed.cause):
                    outcomes[op.path] = Done(-1)
                elif isinstance(failed.cause, zk.BadVersion | zk.NodeExists | zk.NoNode | zk.NotEmpty):
                    refused.append(op)
                else:
                    raise failed.cause from None
                failures += 1
                if failures > 1:
                    left, hopeless = await self._sort_out(left, outcomes, after_loss=False)
                    refused += hopeless
            except zk.ConnectionLost:
                left, hopeless = await self._sort_out(left, outcomes, after_loss=True)
                refused += hopeless
            else:
                for op, result in zip(left, results[1:], strict=True):
                    outcomes[op.path] = Done(_version_after(op, result))
                left = []
        for path, node in (await self._read([op.path for op in refused])).items():
            outcomes[path] = Refused(node)

    async def _sort_out(
        self, operations: Sequence[Op], outcomes: dict[str, Outcome], *, after_loss: bool
    ) -> tuple[list[Op], list[Op]]:
        """Look at every node: gives what is still to be done, and what cannot be.

        `after_loss`: the answer to a multi was lost, so what has our content is our own write.
        """
        if after_loss and operations:
            await self.session.sync(operations[0].path)  # the next server may not have our write yet
        found = await self._read([op.path for op in operations])
        left: list[Op] = []
        hopeless: list[Op] = []
        for op in operations:
            node = found[op.path]
            if after_loss and _is_written(op, node):
                outcomes[op.path] = Done(-1 if node is None else node.version)
            elif _is_possible(op, node):
                left.append(op)
            elif isinstance(op, Create) and op.exist_ok:
                outcomes[op.path] = Done(-1 if node is None else node.version)
            elif isinstance(op, Delete):
                outcomes[op.path] = Done(-1)
            else:
                hopeless.append(op)
        return left, hopeless

    async def _read(self, paths: Sequence[str]) -> dict[str, Found | None]:
        nodes = await self.session.get_many(paths) if paths else {}
        return {
            path: None if node is None else Found(node.data, node.stat.version)
            for path, node in nodes.items()
        }


def pack(groups: Iterable[Sequence[Op]]) -> Iterator[list[Op]]:
    """Groups put together into multis; a group is never split, and one that is too large is sent alone."""
    multi: list[Op] = []
    size = 0
    for group in groups:
        group_size = zk.request_size([_operation(op) for op in group])
        if multi and (len(multi) + len(group) > MAX_OPERATIONS or size + group_size > MAX_BYTES):
            yield multi
            multi, size = [], 0
        multi.extend(group)
        size += group_size
    if multi:
        yield multi


def _operation(op: Op) -> zk.Operation:
    match op:
        case Create(path, data):
            return zk.Create(path, data)
        case SetData(path, data, version):
            return zk.SetData(path, data, version)
        case Delete(path):
            return zk.Delete(path, zk.ANY_VERSION)


def _is_satisfied(op: Op, cause: zk.ZooKeeperError) -> bool:
    """Whether the failure says that nothing is left to do."""
    if isinstance(op, Create):
        return op.exist_ok and isinstance(cause, zk.NodeExists)
    return isinstance(op, Delete) and isinstance(cause, zk.NoNode)


def _is_possible(op: Op, node: Found | None) -> bool:
    """Whether the operation would succeed on this node."""
    match op:
        case Create():
            return node is None
        case SetData(_, _, version):
            return node is not None and node.version == version
        case Delete():
            return node is not None


def _is_written(op: Op, node: Found | None) -> bool:
    """Whether the node is as the operation leaves it; partition states name our epoch, so they are ours."""
    match op:
        case Create(_, data):
            return node is not None and node.data == (data or b"")
        case SetData(_, data, version):
            return node is not None and node.version > version and node.data == data
        case Delete():
            return node is None


def _version_after(op: Op, result: zk.OperationResult) -> int:
    if isinstance(result, zk.Stat):
        return result.version
    return 0 if isinstance(op, Create) else -1
