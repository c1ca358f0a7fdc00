"""From a broker to whoever is controller: asked again until one answers, and not held up by one that is gone."""

from __future__ import annotations

from typing import Any

import attrs
import trio
import trio.testing

from zkbroker.controller_channel import ControllerChannel
from zkbroker.errors import ErrorCode
from zkbroker.metadata import ClusterSnapshot, MetadataCache
from zkbroker.model import BrokerInfo, Endpoint, SecurityProtocol
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.alter_partition_request import AlterPartitionRequest
from zkbroker.protocol.generated.alter_partition_response import AlterPartitionResponse

FROZEN, LIVELY, FORMER = 2, 3, 4


@attrs.define(eq=False)
class Peer:
    """A controller of a certain temper."""

    broker_id: int
    asked: list[int]

    async def request(self, message: Message, version: int, *, timeout_s: float) -> Message:
        self.asked.append(self.broker_id)
        if self.broker_id == FROZEN:
            await trio.sleep(timeout_s)
            raise TimeoutError
        await trio.lowlevel.checkpoint()
        if self.broker_id == FORMER:
            return AlterPartitionResponse(error_code=ErrorCode.NOT_CONTROLLER)
        return AlterPartitionResponse()

    def close(self) -> None:
        return None


async def no_controller_here(message: Message, version: int) -> Message:
    raise AssertionError("it is not the controller")


def reigns(metadata: MetadataCache, controller: int) -> None:
    endpoint = Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "host", 1)
    brokers = {b: BrokerInfo(b, (endpoint,)) for b in (1, FROZEN, LIVELY, FORMER)}
    metadata.replace(ClusterSnapshot(controller_id=controller, brokers=brokers))


def channel(asked: list[int]) -> tuple[ControllerChannel, MetadataCache]:
    metadata = MetadataCache()
    connect: Any = lambda broker, client_id: Peer(broker.broker_id, asked)  # noqa: E731
    return ControllerChannel(1, "test", metadata, connect, no_controller_here), metadata


async def test_a_frozen_controller_is_left_as_soon_as_another_reigns(
    autojump_clock: trio.testing.MockClock,
) -> None:
    asked: list[int] = []
    to_controller, metadata = channel(asked)
    reigns(metadata, FROZEN)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def elect_another() -> None:
            await trio.sleep(5)
            reigns(metadata, FROZEN)  # other news
            await trio.sleep(1)
            reigns(metadata, LIVELY)

        answer = await to_controller.ask(AlterPartitionRequest(), 3)
    assert isinstance(answer, AlterPartitionResponse)
    assert asked == [FROZEN, LIVELY]
    assert trio.current_time() < 7


async def test_whoever_is_not_the_controller_any_more_is_asked_until_another_is_known(
    autojump_clock: trio.testing.MockClock,
) -> None:
    asked: list[int] = []
    to_controller, metadata = channel(asked)
    reigns(metadata, FORMER)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def elect_another() -> None:
            await trio.sleep(0.25)
            reigns(metadata, LIVELY)

        await to_controller.ask(AlterPartitionRequest(), 3)
    assert asked == [FORMER, FORMER, FORMER, LIVELY]
