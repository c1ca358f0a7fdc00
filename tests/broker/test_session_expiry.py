"""The controller's session expires before or after any one of its calls to ZooKeeper: the next reign finishes the work.

The story holds every operation of a controller. It is told once for each call and side of it, the session ends
for good there, and in the end ZooKeeper holds what it holds after the story without interruption.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import attrs
import trio

from tests.broker.controller_support import LIMIT_S, Standing, standing, world_of, zookeeper
from tests.zookeeper.sessions import expire
from zkbroker import admin_store
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from zkbroker.protocol.generated.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from zkbroker.protocol.generated.controlled_shutdown_request import ControlledShutdownRequest
from zkbroker.protocol.generated.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import SessionLost, ZkSession, ZooKeeperError

T = TypeVar("T")

CALLS = frozenset(
    {
        *("multi", "create", "create_path", "set", "delete", "sync"),
        *("get", "get_many", "get_and_watch", "get_many_and_watch", "exists", "exists_and_watch"),
        *("get_children", "get_children_many", "get_children_and_watch"),
    }
)
SHORT = 12  # interruptions without --long


@attrs.define(eq=False)
class Expiry:
    """Ends a session at the n-th call to ZooKeeper, counted over all sessions; once."""

    connect: str
    at: int  # -1: never
    after: bool  # else before the call
    calls: list[str] = attrs.field(factory=list)  # what was called, in order
    happened: bool = False

    async def end(self, session: ZkSession) -> NoReturn:
        self.happened = True
        await expire(self.connect, session)
        with trio.fail_after(LIMIT_S):
            await session.lost.wait()
        raise SessionLost("", "expired")


@attrs.define(eq=False)
class Mortal:
    """A session that expires where its `Expiry` says."""

    session: ZkSession
    expiry: Expiry

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.session, name)
        return self._counted(name, found) if name in CALLS else found

    def _counted(self, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def counted(*args: Any, **options: Any) -> Any:
            number = len(self.expiry.calls)
            self.expiry.calls.append(name)
            if number != self.expiry.at:
                return await call(*args, **options)
            if self.expiry.after:
                with suppress(ZooKeeperError):
                    await call(*args, **options)
            await self.expiry.end(self.session)

        return counted


# -- the story -----------------------------------------------------------------------------------------


async def asked(stands: Standing, call: Callable[[], Awaitable[T]]) -> T:
    """What a broker or administrator does: ask whoever is controller until one answers."""
    with trio.fail_after(LIMIT_S):
        while True:
            try:
                return await call()
            except KafkaError as error:
                if error.code not in (ErrorCode.NOT_CONTROLLER, ErrorCode.STALE_CONTROLLER_EPOCH):
                    raise
            while not stands.controller.has_taken_over:
                await stands.controller.changed.wait()


async def replicate(stands: Standing, topic: str, partition: int, isr: Collection[int]) -> None:
    """The leader proposes this ISR until it is so, as leaders do when a controller does not answer."""
    world = stands.world
    topic_id = znodes.decode_topic(topic, (await world.session.get(znodes.topic_path(topic))).data).topic_id

    async def propose() -> int:
        state = await world.state(topic, partition)
        if set(isr) <= set(state.isr):
            return ErrorCode.NONE
        proposed = PartitionData(
            partition_index=partition,
            leader_epoch=state.leader_epoch,
            new_isr_with_epochs=[BrokerState(broker_id=b) for b in {*state.isr, *isr}],
            partition_epoch=state.partition_epoch,
        )
        request = AlterPartitionRequest(
            broker_id=state.leader,
            broker_epoch=await world.epoch_of(state.leader),
            topics=[TopicData(topic_id=topic_id, partitions=[proposed])],
        )
        return (await stands.controller.alter_partition(request, 3)).topics[0].partitions[0].error_code

    with trio.fail_after(LIMIT_S):
        while await asked(stands, propose) != ErrorCode.NONE:
            with trio.move_on_after(0.05):  # the state moved, or the controller has not seen who is alive
                await stands.brokers.changed.wait()


async def tell(stands: Standing) -> None:
    """An unclean election, creation, growth, a death and a return, moves by API and by znode, one cancelled, elections,
    notices of brokers, a lost directory, features, a clean stop, deletion.
    """
    world, session = stands.world, stands.world.session
    await elect_uncleanly(stands)
    await asked(stands, lambda: world.create_topic("t", {0: (1, 2), 1: (2, 1)}))
    await asked(stands, lambda: world.create_topic("gone", {0: (1, 2)}))
    await world.wait_leader("t", 2, 1)
    await world.wait_leader("gone", 1)
    await admin_store.add_partitions(session, "t", 3, {1: None, 2: None, 3: None}, [(2, 1)])
    await world.wait_leader("t", 2, 2)

    await world.unregister(1)
    await world.wait_leader("t", 2, 0)
    await world.wait_leader("gone", 2)
    for partition in (1, 2):
        await world.wait_state("t", partition, lambda state: state.isr == (2,))
    await admin_store.delete_topic(session, "gone")  # waits for 1
    await world.register(1)
    await world.wait_gone(znodes.delete_topic_path("gone"))
    for partition in range(3):
        await replicate(stands, "t", partition, (1, 2))

    await reassign(stands, 1, [3, 2])
    await reassign(stands, 1, None)
    await reassign(stands, 0, [3, 1])
    await replicate(stands, "t", 0, (3,))
    await world.wait_leader("t", 3, 0)
    moves = znodes.encode_reassignments({TopicPartition("t", 2): (3, 2)})
    await session.create(znodes.REASSIGN_PARTITIONS, moves)
    await world.wait_state("t", 2, lambda state: state.leader_epoch > 0)
    await replicate(stands, "t", 2, (3,))
    await world.wait_gone(znodes.REASSIGN_PARTITIONS)

    wanted = znodes.encode_preferred_election([TopicPartition("t", 2)])
    await session.create(znodes.PREFERRED_REPLICA_ELECTION, wanted)
    await world.wait_gone(znodes.PREFERRED_REPLICA_ELECTION)
    preferred = (TopicPartition("t", 2),)
    await asked(stands, lambda: stands.controller.elect_leaders(preferred, unclean=False))
    await world.wait_leader("t", 3, 2)

    await session.create(znodes.ISR_CHANGES + "/isr_change_0000000001", b'{"version":1,"partitions":[]}')
    await world.wait_gone(znodes.ISR_CHANGES + "/isr_change_0000000001")
    lost = TopicPartition("t", 2)
    stands.brokers.refused[3, lost] = ErrorCode.KAFKA_STORAGE_ERROR
    await admin_store.report_log_dir_failure(session, 3)
    await world.wait_state("t", 2, lambda state: state.isr == (2,))
    strange = znodes.FeatureNode(True, {"strange": 3})
    version = (await session.get(znodes.FEATURE)).stat.version
    await session.set(znodes.FEATURE, znodes.encode_feature(strange), version)
    removal = FeatureUpdateKey(feature="strange", max_version_level=0, allow_downgrade=True)
    features = UpdateFeaturesRequest(feature_updates=[removal])
    await asked(stands, lambda: stands.controller.update_features(features))

    epoch = await world.epoch_of(3)
    await asked(stands, lambda: stands.controller.allocate_producer_ids(AllocateProducerIdsRequest(3, epoch)))
    shutdown = ControlledShutdownRequest(broker_id=3, broker_epoch=epoch)
    await asked(stands, lambda: stands.controller.controlled_shutdown(shutdown, 3))
    await world.wait_leader("t", 1, 0)
    await world.wait_leader("t", 2, 2)
    await world.unregister(3)
    await asked(stands, stands.settle)


async def elect_uncleanly(stands: Standing) -> None:
    """Who is in sync dies, the policy turns while another waits, and what was in sync returns."""
    world = stands.world
    await asked(stands, lambda: world.create_topic("u", {0: (1, 2)}))
    await world.wait_leader("u", 1)
    await world.unregister(2)
    await world.wait_state("u", 0, lambda state: state.isr == (1,))
    await world.unregister(1)
    await world.wait_leader("u", -1)
    await world.register(2)
    await asked(stands, stands.settle)
    assert (await world.state("u")).leader == -1
    allowed = {"unclean.leader.election.enable": "true"}
    await asked(stands, lambda: admin_store.change_config(world.session, "topics/u", allowed))
    stands.controller.unclean_election_enabled("u")  # a reign that begins later asks for the policy itself
    assert (await world.wait_leader("u", 2)).isr == (2,)
    await world.register(1)


async def reassign(stands: Standing, partition: int, replicas: Sequence[int] | None) -> None:
    """Ask once more where the answer was lost; that it is done then, or nothing is in progress, is fine."""
    asks_for = ReassignablePartition(partition_index=partition, replicas=replicas)
    request = AlterPartitionReassignmentsRequest(topics=[ReassignableTopic(name="t", partitions=[asks_for])])
    await asked(stands, lambda: stands.controller.alter_partition_reassignments(request))


async def outcome(stands: Standing) -> dict[str, object]:
    """What ZooKeeper holds of topics in the end, without epochs, which count the interruptions."""
    session = stands.world.session
    shown: dict[str, object] = {}
    for name in await admin_store.topic_names(session):
        for number, assignment in (
            (await admin_store.read_topics(session, [name])).topics[name].partitions.items()
        ):
            state = await stands.world.state(name, number)
            shown[f"{name}-{number}"] = (assignment, state.leader, set(state.isr))
    for parent in (znodes.DELETE_TOPICS, "/config/topics"):
        shown[parent] = await session.get_children(parent)
    for path in (znodes.REASSIGN_PARTITIONS, znodes.PREFERRED_REPLICA_ELECTION):
        shown[path] = await session.exists(path) is not None
    shown[znodes.FEATURE] = (await session.get(znodes.FEATURE)).data
    shown["notices"] = [
        await session.get_children(parent) for parent in (znodes.ISR_CHANGES, znodes.LOG_DIR_EVENTS)
    ]
    return shown


async def told(directory: Path, expiry_at: int, *, after: bool = False) -> tuple[dict[str, object], Expiry]:
    async with AsyncExitStack() as stack:
        connect = await stack.enter_async_context(zookeeper(directory))
        world = await stack.enter_async_context(world_of(connect))
        expiry = Expiry(connect, expiry_at, after)
        stands = await stack.enter_async_context(
            standing(connect, world, (1, 2, 3), wrap=lambda session: Mortal(session, expiry))
        )
        await tell(stands)
        return await outcome(stands), expiry


async def test_the_session_expires_at_any_call(tmp_path: Path, full_counts: bool, rng: random.Random) -> None:
    expected, undisturbed = await told(tmp_path / "undisturbed", -1)
    calls = len(undisturbed.calls)
    assert calls > 60 and {"multi", "get_many", "exists_and_watch"} <= set(undisturbed.calls)
    points = [(at, after) for at in range(calls) for after in (False, True)]
    reached = 0
    chosen = points if full_counts else rng.sample(points, SHORT)
    for at, after in chosen:
        where = f"{'after' if after else 'before'} call {at}, {undisturbed.calls[at]}"
        with trio.fail_after(4 * LIMIT_S):
            found, expiry = await told(tmp_path / f"{at}-{after}", at, after=after)
        assert found == expected, where
        reached += expiry.happened
    # What is read together depends on what arrives together, so the last calls may not be made every time.
    assert reached >= 0.9 * len(chosen)
