"""The senders: in order, one at a time, again and again, and only to the incarnation that was meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio
import trio.testing

from tests.broker.controller_support import Brokers
from tests.pure.controller_model import broker, topic_id
from zkbroker.changed import Changed
from zkbroker.controller.requests import LEADER_AND_ISR_VERSION, STOP_REPLICA_VERSION, UPDATE_METADATA_VERSION
from zkbroker.controller.senders import RETRY_AFTER_S, Senders, merged_metadata
from zkbroker.controller.steps import ControlRequest
from zkbroker.events import ControlRequestAnswered, ControlRequestSent, EventFeed, Stamped, set_cause
from zkbroker.model import BrokerInfo
from zkbroker.protocol.generated.leader_and_isr_request import (
    LeaderAndIsrPartitionState,
    LeaderAndIsrRequest,
    LeaderAndIsrTopicState,
)
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.protocol.generated.update_metadata_request import (
    UpdateMetadataBroker,
    UpdateMetadataPartitionState,
    UpdateMetadataRequest,
    UpdateMetadataTopicState,
)


def leadership(partition: int) -> LeaderAndIsrRequest:
    state = LeaderAndIsrPartitionState(partition_index=partition, leader=1, isr=[1])
    topic = LeaderAndIsrTopicState(topic_name="t", topic_id=topic_id("t"), partition_states=[state])
    return LeaderAndIsrRequest(topic_states=[topic])


def metadata(
    *leaders: tuple[int, int], incarnation: int = 0, live: tuple[int, ...] = ()
) -> UpdateMetadataRequest:
    """(partition, leader) of topic t."""
    states = [UpdateMetadataPartitionState(partition_index=p, leader=leader) for p, leader in leaders]
    topics = [
        UpdateMetadataTopicState(topic_name="t", topic_id=topic_id("t", incarnation), partition_states=states)
    ]
    return UpdateMetadataRequest(
        topic_states=topics if leaders else [], live_brokers=[UpdateMetadataBroker(id=b) for b in live]
    )


@attrs.define(eq=False)
class Controls:
    """What the test turns while the senders run."""

    senders: Senders
    brokers: Brokers
    answers: list[tuple[int, int, str]]  # broker, its epoch, request
    paused: bool = False
    resumed: Changed = attrs.field(factory=Changed)


@asynccontextmanager
async def running() -> AsyncIterator[Controls]:
    brokers, answers, events = Brokers(), [], EventFeed()
    controls: Controls

    async def may_send() -> None:
        while controls.paused:
            await controls.resumed.wait()

    def answered(to: BrokerInfo, request: ControlRequest, response: Any) -> None:
        answers.append((to.broker_id, to.epoch, type(request).__name__))

    async with trio.open_nursery() as nursery:
        senders = Senders(brokers.connect, may_send, answered, lambda: 30.0, nursery, events)
        controls = Controls(senders, brokers, answers)
        try:
            yield controls
        finally:
            nursery.cancel_scope.cancel()
    assert brokers.open_connections == 0


async def test_requests_arrive_in_order_with_kafkas_versions() -> None:
    async with running() as c:
        c.senders.reconnect({1: broker(1, 10), 2: broker(2, 20)})
        sent: tuple[ControlRequest, ...] = (
            leadership(0),
            metadata((0, 1)),
            StopReplicaRequest(),
            leadership(1),
        )
        c.senders.send({1: sent, 3: sent})  # nobody is 3
        await trio.testing.wait_all_tasks_blocked()
        assert [request for _, request in c.brokers.received] == list(sent)
        assert {to for to, _ in c.brokers.received} == {1}
        assert c.brokers.versions == {
            ("LeaderAndIsrRequest", LEADER_AND_ISR_VERSION),
            ("UpdateMetadataRequest", UPDATE_METADATA_VERSION),
            ("StopReplicaRequest", STOP_REPLICA_VERSION),
        }
        assert [answer[:2] for answer in c.answers] == [(1, 10)] * 4
        assert [(s.broker_id, s.queued, s.sent) for s in c.senders.statistics()] == [(1, 0, 4), (2, 0, 0)]


async def test_a_request_is_sent_until_it_is_answered(autojump_clock: trio.testing.MockClock) -> None:
    async with running() as c:
        c.brokers.unreachable.add(1)
        c.senders.reconnect({1: broker(1, 10)})
        c.senders.send({1: (leadership(0), metadata((0, 1)))})
        began = trio.current_time()
        await trio.sleep(RETRY_AFTER_S * 5.5)
        assert c.brokers.received == []
        (statistics,) = c.senders.statistics()
        assert statistics.queued == 2 and "refuses" in statistics.last_failure
        c.brokers.unreachable.clear()
        await c.brokers.wait_received(2)
        assert trio.current_time() - began < RETRY_AFTER_S * 7
        assert c.brokers.told(1) == ["LISR t-0:1@0/0[1]", "UMR t-0:1@0"]
        await trio.testing.wait_all_tasks_blocked()
        assert c.senders.statistics()[0].last_failure == ""


async def test_a_broker_that_went_away_mid_request_hears_it_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with running() as c:
        c.senders.reconnect({1: broker(1, 10)})
        c.senders.send({1: (metadata((0, 1)),)})
        await c.brokers.wait_received(1)
        await trio.testing.wait_all_tasks_blocked()
        c.brokers.unreachable.add(1)
        c.senders.send({1: (leadership(0),)})
        await trio.sleep(RETRY_AFTER_S * 3.5)
        assert len(c.brokers.received) == 1
        c.brokers.unreachable.clear()
        await c.brokers.wait_received(2)
        assert c.brokers.told(1)[-1] == "LISR t-0:1@0/0[1]"


async def test_at_most_one_request_is_in_flight_and_one_broker_does_not_hold_up_another() -> None:
    async with running() as c:
        c.brokers.silent.add(1)
        c.senders.reconnect({1: broker(1, 10), 2: broker(2, 20)})
        both = (leadership(0), leadership(1))
        c.senders.send({1: both, 2: both})
        await trio.testing.wait_all_tasks_blocked()
        assert c.brokers.told(1) == ["LISR t-0:1@0/0[1]"]
        assert c.brokers.told(2) == ["LISR t-0:1@0/0[1]", "LISR t-1:1@0/0[1]"]


async def test_who_waits_until_brokers_are_told_waits_for_those_it_can_reach(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with running() as c:
        c.brokers.silent.add(1)
        c.brokers.unreachable.add(3)
        c.senders.reconnect({1: broker(1, 10), 2: broker(2, 20), 3: broker(3, 30)})
        everyone: dict[int, tuple[ControlRequest, ...]] = {b: (metadata((0, 1)),) for b in (1, 2, 3)}
        c.senders.send(everyone)
        with trio.move_on_after(60) as waited:
            await c.senders.wait_told()
        assert waited.cancelled_caught  # 1 has not answered
        c.senders.reconnect({2: broker(2, 20), 3: broker(3, 30)})
        with trio.fail_after(60):
            await c.senders.wait_told()
        c.brokers.silent.add(2)
        with trio.fail_after(60):
            await c.senders.wait_told()  # it has answered what it was sent
        c.senders.send(everyone)
        with trio.move_on_after(60) as waited:
            await c.senders.wait_told()
        assert waited.cancelled_caught


async def test_requests_that_became_one_are_all_told() -> None:
    async with running() as c:
        c.paused = True
        c.senders.reconnect({1: broker(1, 10)})
        c.senders.send({1: (leadership(0), metadata((0, 1)))})
        c.senders.send({1: (metadata((1, 1)), metadata((2, 1)))})
        c.paused = False
        c.resumed.notify()
        with trio.fail_after(10):
            await c.senders.wait_told()
        assert len(c.brokers.received) == 2


async def test_a_broker_that_left_or_restarted_gets_nothing_of_what_was_queued() -> None:
    async with running() as c:
        c.brokers.silent.update((1, 2))
        c.senders.reconnect({1: broker(1, 10), 2: broker(2, 20)})
        c.senders.send({1: (leadership(0), leadership(1)), 2: (leadership(0), leadership(1))})
        await trio.testing.wait_all_tasks_blocked()
        c.brokers.silent.clear()
        c.brokers.forget()
        c.senders.reconnect({2: broker(2, 21)})
        c.senders.send({2: (leadership(5),)})
        await trio.testing.wait_all_tasks_blocked()
        assert [(to, request) for to, request in c.brokers.received] == [(2, leadership(5))]
        assert c.answers == [(2, 21, "LeaderAndIsrRequest")]
        assert c.brokers.open_connections == 1


async def test_new_listeners_mean_a_new_connection_for_the_same_queue() -> None:
    async with running() as c:
        c.senders.reconnect({1: broker(1, 10)})
        c.senders.send({1: (leadership(0),)})
        await trio.testing.wait_all_tasks_blocked()
        line = c.senders._senders[1]._peer
        moved = attrs.evolve(broker(1, 10), rack="moved")
        c.senders.reconnect({1: moved})
        c.senders.send({1: (leadership(1),)})
        await trio.testing.wait_all_tasks_blocked()
        assert c.senders._senders[1]._peer is not line
        assert c.brokers.open_connections == 1
        assert len(c.brokers.received) == 2


async def test_nothing_is_sent_while_the_reign_is_paused() -> None:
    async with running() as c:
        c.paused = True
        c.senders.reconnect({1: broker(1, 10)})
        c.senders.send({1: (leadership(0), leadership(1))})
        await trio.testing.wait_all_tasks_blocked()
        assert c.brokers.received == [] and c.brokers.open_connections == 0
        c.paused = False
        c.resumed.notify()
        await trio.testing.wait_all_tasks_blocked()
        assert len(c.brokers.received) == 2


async def test_metadata_in_a_row_becomes_one_request() -> None:
    async with running() as c:
        c.brokers.silent.add(1)
        c.senders.reconnect({1: broker(1, 10)})
        queued = (
            leadership(0),
            metadata((0, 1), (1, 1), live=(1,)),
            metadata((1, 2), live=(1, 2)),
            leadership(1),
            metadata((0, 3)),
            metadata((0, -2), live=(3,)),
            metadata((0, 1), incarnation=1),
        )
        c.senders.send({1: queued})
        await trio.testing.wait_all_tasks_blocked()
        c.brokers.silent.clear()
        c.senders.reconnect({})
        c.senders.reconnect({1: broker(1, 10)})
        c.brokers.forget()
        c.paused = True  # so that all of it waits together
        c.senders.send({1: queued})
        await trio.testing.wait_all_tasks_blocked()
        c.paused = False
        c.resumed.notify()
        await trio.testing.wait_all_tasks_blocked()
        assert c.brokers.told(1) == [
            "LISR t-0:1@0/0[1]",
            "UMR t-0:1@0 t-1:2@0",
            "LISR t-1:1@0/0[1]",
            "UMR t-0:-2@0",
            "UMR t-0:1@0",  # the topic was created anew: another id
        ]
        merged = c.brokers.received[1][1]
        assert isinstance(merged, UpdateMetadataRequest)
        assert [b.id for b in merged.live_brokers] == [1, 2]


def test_merging_keeps_topics_apart() -> None:
    other = UpdateMetadataRequest(
        topic_states=[
            UpdateMetadataTopicState(
                topic_name="u",
                topic_id=topic_id("u"),
                partition_states=[UpdateMetadataPartitionState(partition_index=0, leader=4)],
            )
        ]
    )
    merged = merged_metadata(metadata((0, 1)), other)
    assert merged is not None
    assert [topic.topic_name for topic in merged.topic_states] == ["t", "u"]


async def test_what_was_sent_goes_to_the_feed() -> None:
    async with running() as c:
        seen: list[Stamped] = []
        assert c.senders.events is not None
        with c.senders.events.sink(seen.append):
            c.senders.reconnect({1: broker(1, 10)})
            set_cause("a test")
            c.senders.send({1: (leadership(0),)})
            set_cause("")
            await trio.testing.wait_all_tasks_blocked()
        assert [s.event for s in seen] == [
            ControlRequestSent("LeaderAndIsr", 1, 1),
            ControlRequestAnswered("LeaderAndIsr", 1, "NONE", 0),
        ]
        assert {s.cause for s in seen} == {"a test"}, "the cause travels with what is queued"
