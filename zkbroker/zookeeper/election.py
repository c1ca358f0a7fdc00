"""Who may try to be the controller, and the write that makes one.

kazoo's election at /zkbroker/election only keeps our brokers from crowding: whoever holds this *office* may try.
Authority comes from one multi alone, which creates /controller and raises /controller_epoch. Brokers of Apache
Kafka take part in that multi without ever looking at the office.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NoReturn

import attrs
import trio
from kazoo.client import KazooClient
from kazoo.recipe.election import Election

from zkbroker.events import ControllerElected, ControllerResigned, EventFeed
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.bridge import ZkSession
from zkbroker.zookeeper.operations import (
    ANY_VERSION,
    BadVersion,
    Check,
    ConnectionLost,
    Create,
    Delete,
    MultiFailed,
    NodeExists,
    NoNode,
    SessionLost,
    SetData,
    Stat,
    Znode,
    ZooKeeperError,
)
from zkbroker.zookeeper.znodes import Undecodable

log = logging.getLogger(__name__)

_STEP_DOWN_S: Final = 2.0
"""How long giving back /controller may take; the end of the session does it otherwise."""
_LOUD: Final = 3, 60.0
"""This many reigns that ended by an error within so many seconds are worth an alarm."""


@attrs.frozen
class Reign:
    """One time as the controller; every write of it is fenced by the version of /controller_epoch."""

    controller_epoch: int
    epoch_version: int  # of the /controller_epoch node, for `Check(znodes.CONTROLLER_EPOCH, epoch_version)`


RunReign = Callable[[Reign], Awaitable[None]]


@attrs.frozen
class Backoff:
    """How long to keep out of the next campaign after a reign has ended, in seconds."""

    first_s: float = 1.0
    longest_s: float = 30.0
    stable_s: float = 60.0  # a reign of this length wipes out the past

    def after(self, former_s: float, reigned_s: float) -> float:
        """The next pause; `former_s` is the one before that reign, 0 if there was none."""
        if former_s == 0 or reigned_s >= self.stable_s:
            return self.first_s
        return min(former_s * 2, self.longest_s)


async def campaign(
    session: ZkSession,
    *,
    broker_id: int,
    reign: RunReign,
    backoff: Backoff | None = None,
    events: EventFeed | None = None,
) -> NoReturn:
    """Try to be the controller for as long as the session lives, and run `reign` whenever we are.

    `reign(Reign)` should return when it finds itself fenced; it is cancelled when /controller is deleted or
    changed by somebody else. However a reign ends (a bug in it included: that is logged, and the next one
    starts from nothing), /controller is given back if it is still ours, the office is released, and the next
    campaign waits its back-off. One campaign a session. Raises: SessionLost.
    """
    backoff = backoff or Backoff()
    pause_s = 0.0
    failed_at: deque[float] = deque(maxlen=_LOUD[0])
    while True:
        await _withdraw(session)
        await trio.sleep(pause_s)
        reigned_s = 0.0
        try:
            ended = await _campaign_once(session, broker_id, reign, events)
            reigned_s = ended.after_s
            if ended.failed:
                failed_at.append(trio.current_time())
                _report_failures(broker_id, failed_at)
        except SessionLost:
            raise
        except (ZooKeeperError, Undecodable) as error:
            log.warning("Broker %d cannot stand for controller now: %s", broker_id, error)
        pause_s = backoff.after(pause_s, reigned_s)


def _report_failures(broker_id: int, failed_at: deque[float]) -> None:
    count, within_s = _LOUD
    if len(failed_at) == count and failed_at[-1] - failed_at[0] <= within_s:
        log.critical(
            "The controller of broker %d has failed %d times within %d seconds, see the errors above. "
            "The broker goes on serving; another broker should become the controller.",
            broker_id,
            count,
            within_s,
        )


@attrs.frozen
class _Ended:
    """How a reign ended."""

    reason: str
    failed: bool = False  # by an exception, which is logged already
    after_s: float = 0.0


async def _campaign_once(
    session: ZkSession, broker_id: int, reign: RunReign, events: EventFeed | None
) -> _Ended:
    """From the wait for the office to the end of one reign."""
    office = await _win_office(session, str(broker_id))
    try:
        won = None
        while won is None:
            await wait_vacant(session, broker_id)
            won = await take_controllership(session, broker_id, time.time_ns() // 1_000_000)
        began = trio.current_time()
        log.info("Broker %d is the controller, epoch %d", broker_id, won.controller_epoch)
        if events is not None:
            events.emit(ControllerElected(broker_id, won.controller_epoch))
        ended = _Ended("it was cancelled")
        try:
            ended = await _rule(session, broker_id, won, reign)
        finally:
            reason = ended.reason
            if session.lost.is_set():
                reason = f"its session was lost: {session.loss_reason}"
            log.info("Broker %d is no longer the controller: %s", broker_id, reason)
            if events is not None:
                events.emit(ControllerResigned(broker_id, won.controller_epoch, reason))
            await step_down(session)
        return attrs.evolve(ended, after_s=trio.current_time() - began)
    finally:
        office.release()


# ------------------------------------------------------------------------------------------ the office


class Office:
    """One candidacy in kazoo's election, standing as soon as it is made. A thread of the session's does it.

    Not to be used twice: kazoo's cancelled Election stays cancelled.
    """

    def __init__(self, session: ZkSession, identifier: str) -> None:
        self.won = trio.Event()
        self._session = session
        self._identifier = identifier
        self._over = threading.Event()
        self._election: Election | None = None
        self.candidacy = session.start_recipe(self._stand, znodes.ELECTION)

    def _stand(self, client: KazooClient, path: str) -> None:
        self._election = Election(client, path, self._identifier)
        if not self._over.is_set():
            self._election.run(self._hold)

    def _hold(self) -> None:  # kazoo's lock is ours while this runs
        self._session.run_soon(self.won.set)
        self._over.wait()

    def release(self) -> None:
        """Give the office back, or stop standing for it. Returns at once; the thread does the rest."""
        self._over.set()
        if self._election is not None:
            self._election.cancel()


async def _win_office(session: ZkSession, identifier: str) -> Office:
    """Stand for the office until it is won.

    After each reconnection the candidacy is a new one, because kazoo's lock may be sleeping for up to a minute.
    """
    while True:
        await session.wait_connected()
        await _withdraw(session)
        office = Office(session, identifier)
        try:
            await _first_of(office.won.wait, office.candidacy.ended.wait, session.wait_disconnected)
        except BaseException:  # cancelled: the office may have been won at that very moment
            office.release()
            raise
        if office.won.is_set():
            return office
        office.release()
        if office.candidacy.ended.is_set():
            raise office.candidacy.error or ZooKeeperError(znodes.ELECTION, "the election ended by itself")


async def _withdraw(session: ZkSession) -> None:
    """Make sure that this session neither holds /controller nor stands in line, whatever happened before.

    What a disconnection kept from being cleaned up would stay as long as the session does: a controllership that
    nobody exercises, or (kazoo cleans up only once) a candidacy that everybody behind it waits for.
    """
    await session.wait_recipes_ended()
    await session.sync("/")
    names = (await session.get_children_many([znodes.ELECTION]))[znodes.ELECTION] or []
    candidacies = await session.get_many(f"{znodes.ELECTION}/{name}" for name in names)
    for path, node in candidacies.items():
        if node is not None and node.stat.ephemeral_owner == session.session_id:
            await _delete_for_certain(session, path)
    await _give_back(session)


async def _delete_for_certain(session: ZkSession, path: str) -> None:
    while True:
        try:
            return await session.delete(path, ANY_VERSION)
        except NoNode:
            return
        except ConnectionLost:
            continue


async def _first_of(*waits: Callable[[], Awaitable[object]]) -> None:
    """Return when the first of them does."""
    async with trio.open_nursery() as nursery:

        async def wait(one: Callable[[], Awaitable[object]]) -> None:
            await one()
            nursery.cancel_scope.cancel()

        for one in waits:
            nursery.start_soon(wait, one)


# ----------------------------------------------------------------------------------- the controllership


async def wait_vacant(session: ZkSession, broker_id: int) -> None:
    """Return when nobody holds /controller and no migration to KRaft is under way.

    What an earlier reign of ours left behind is deleted: its process is this one, or dead.
    """
    told = ""
    while True:
        migration, migration_changed = await session.exists_and_watch(znodes.MIGRATION)
        if migration is not None:
            told = _tell(told, f"{znodes.MIGRATION} exists: a migration to KRaft owns the controllership")
            await migration_changed.wait()
            continue
        stat, changed = await session.exists_and_watch(znodes.CONTROLLER)
        if stat is None:
            return
        try:
            holder = await session.get(znodes.CONTROLLER)
            node = znodes.decode_controller(holder.data)
        except NoNode:
            continue
        except Undecodable as error:
            told = _tell(told, f"somebody holds the controllership whom one cannot read: {error}")
            await changed.wait()
            continue
        if node.kraft_controller_epoch > 0:
            told = _tell(told, f"a KRaft controller ({node.broker_id}) owns the controllership")
        elif await _was_ours(session, broker_id, holder.stat):
            continue
        await changed.wait()


def _tell(told: str, line: str) -> str:
    """Log the line unless it was the last one said."""
    if line != told:
        log.warning("No election for controller: %s", line)
    return line


async def _was_ours(session: ZkSession, broker_id: int, stat: Stat) -> bool:
    """Delete /controller if it is a remainder of an earlier reign of ours; whether to look again."""
    if stat.ephemeral_owner not in {*session.former_sessions, session.session_id}:
        return False
    log.info("Broker %d deletes the /controller node that its own former reign left behind", broker_id)
    with suppress(NoNode, BadVersion, ConnectionLost):  # gone, changed, unknown: we look again in any case
        await session.delete(znodes.CONTROLLER, stat.version)
    return True


async def take_controllership(session: ZkSession, broker_id: int, wall_ms: int) -> Reign | None:
    """Try once to become the controller; None if somebody else did. Source: KafkaZkClient.

    Raises: Undecodable if /controller_epoch holds no number.
    """
    epoch, version = await _controller_epoch(session)
    try:
        results = await session.multi(
            [
                Create(znodes.CONTROLLER, znodes.encode_controller(broker_id, wall_ms), ephemeral=True),
                SetData(znodes.CONTROLLER_EPOCH, znodes.encode_controller_epoch(epoch + 1), version),
            ]
        )
    except MultiFailed as failed:
        if isinstance(failed.cause, NodeExists | BadVersion):
            return None
        raise failed.cause from None
    except ConnectionLost:
        return await _won_unknowingly(session, epoch + 1, version + 1)
    written = results[1]
    assert isinstance(written, Stat)
    return Reign(epoch + 1, written.version)


async def _controller_epoch(session: ZkSession) -> tuple[int, int]:
    """The epoch and the version of its node, which is created with epoch 0 where it is missing."""
    while True:
        try:
            node = await session.get(znodes.CONTROLLER_EPOCH)
            return znodes.decode_controller_epoch(node.data), node.stat.version
        except NoNode:
            try:
                await session.create(znodes.CONTROLLER_EPOCH, znodes.encode_controller_epoch(0))
            except (NodeExists, ConnectionLost):
                continue


async def _won_unknowingly(session: ZkSession, epoch: int, version: int) -> Reign | None:
    """Whether the multi whose answer was lost had been done: then the node is this session's."""
    await session.sync(znodes.CONTROLLER)
    found = await session.get_many([znodes.CONTROLLER, znodes.CONTROLLER_EPOCH])
    controller, written = found[znodes.CONTROLLER], found[znodes.CONTROLLER_EPOCH]
    if controller is None or written is None or controller.stat.ephemeral_owner != session.session_id:
        return None
    if written.stat.version != version or znodes.decode_controller_epoch(written.data) != epoch:
        return None
    return Reign(epoch, version)


async def _rule(session: ZkSession, broker_id: int, won: Reign, reign: RunReign) -> _Ended:
    """Run the reign until it ends or is ended. Raises: SessionLost."""
    reasons: list[str] = []
    try:
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def end_when_deposed() -> None:
                try:
                    reasons.append(await _wait_deposed(session, broker_id, won))
                except SessionLost:
                    reasons.append("its session was lost")
                nursery.cancel_scope.cancel()

            await reign(won)
            reasons.append("it gave up")
            nursery.cancel_scope.cancel()
    except Exception as error:  # a bug: never go on with a half-changed context, the next reign begins anew
        session.require_not_lost()  # the loss of the session is no bug, whatever it made the reign raise
        if isinstance(error, ExceptionGroup) and error.split(ZooKeeperError)[1] is None:
            log.warning("The controller of broker %d was interrupted: %s", broker_id, _leaf(error))
            return _Ended("it was interrupted")
        log.exception("The controller of broker %d failed in epoch %d", broker_id, won.controller_epoch)
        return _Ended("it failed", failed=True)
    session.require_not_lost()
    return _Ended(reasons[0])


def _leaf(error: Exception) -> Exception:
    return _leaf(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


async def _wait_deposed(session: ZkSession, broker_id: int, won: Reign) -> str:
    """Return, with the reason, once /controller is not ours any more. Looks again after a reconnection.

    The fence would not see a deletion by hand, and it sees another controller only at the next write.
    """
    while True:
        try:
            node, changed = await session.get_and_watch(znodes.CONTROLLER)
            epoch = await session.get(znodes.CONTROLLER_EPOCH)
        except NoNode as missing:
            return f"{missing.path} was deleted"
        if epoch.stat.version != won.epoch_version:
            return f"{znodes.CONTROLLER_EPOCH} was changed"
        if node.stat.ephemeral_owner != session.session_id or not _names(node, broker_id):
            return f"{znodes.CONTROLLER} was changed"
        await changed.wait()


def _names(controller: Znode, broker_id: int) -> bool:
    try:
        return znodes.decode_controller(controller.data).broker_id == broker_id
    except Undecodable:
        return False


async def step_down(session: ZkSession) -> None:
    """Give back /controller now, if that is possible. Shielded, and bounded in time: else it is done later."""
    if session.is_usable:
        with trio.move_on_after(_STEP_DOWN_S, shield=True), suppress(ZooKeeperError):
            await _give_back(session)


async def _give_back(session: ZkSession) -> None:
    """Delete /controller if this session holds it; the epoch fences us off from what another has created since."""
    while True:
        found = await session.get_many([znodes.CONTROLLER, znodes.CONTROLLER_EPOCH])
        node, epoch = found[znodes.CONTROLLER], found[znodes.CONTROLLER_EPOCH]
        if node is None or node.stat.ephemeral_owner != session.session_id:
            return
        fence = [] if epoch is None else [Check(znodes.CONTROLLER_EPOCH, epoch.stat.version)]
        try:
            await session.multi([*fence, Delete(znodes.CONTROLLER, node.stat.version)])
            return
        except ConnectionLost:
            continue
        except MultiFailed as failed:
            if not isinstance(failed.cause, NoNode | BadVersion):
                raise failed.cause from None
