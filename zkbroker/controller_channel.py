"""From this broker to whoever is controller: named by the last UpdateMetadata, asked again until one answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs
import trio

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import MetadataCache
from zkbroker.model import BrokerInfo
from zkbroker.protocol.codec import Message

log = logging.getLogger(__name__)

RETRY_AFTER_S = 0.1
TIMEOUT_S = 30.0


class PeerLike(Protocol):
    async def request(self, message: Message, version: int, *, timeout_s: float) -> Message: ...

    def close(self) -> None: ...


Local = Callable[[Message, int], Awaitable[Message]]
"""Asks this broker's own controller. Raises: KafkaError(NOT_CONTROLLER) when it does not reign."""


@attrs.define(eq=False)
class ControllerChannel:
    """One line to the controller. Owner: one task at a time; each purpose has its own channel."""

    broker_id: int
    purpose: str  # for the log, and part of the client id
    _metadata: MetadataCache
    _connect: Callable[[BrokerInfo, str], PeerLike]
    _local: Local
    _peer: PeerLike | None = None
    _peer_broker: BrokerInfo | None = None

    async def ask(self, message: Message, version: int) -> Message:
        """The controller's answer. Waits and tries again while there is none, it cannot be reached, or it moves.

        Bound it with a cancel scope. An answer that says NOT_CONTROLLER at its top level is not an answer.
        """
        while True:
            try:
                response = await self._ask_once(message, version)
            except (OSError, KafkaError) as error:
                if isinstance(error, KafkaError) and error.code is not ErrorCode.NOT_CONTROLLER:
                    raise
                log.debug("%s: the controller was not reached: %s", self.purpose, error)
                response = None
            if response is not None and getattr(response, "error_code", 0) != ErrorCode.NOT_CONTROLLER:
                return response
            with trio.move_on_after(RETRY_AFTER_S):
                await self._metadata.changed.wait()

    async def _ask_once(self, message: Message, version: int) -> Message | None:
        """None where nobody can be asked now. Raises: OSError, KafkaError."""
        snapshot = self._metadata.snapshot
        if snapshot.controller_id == self.broker_id:
            return await self._local(message, version)
        broker = snapshot.brokers.get(snapshot.controller_id)
        if broker is None:
            return None
        if self._peer is None or broker != self._peer_broker:
            self.close()
            self._peer, self._peer_broker = self._connect(broker, f"{self.broker_id}-{self.purpose}"), broker
        return await self._answer_of(self._peer, broker.broker_id, message, version)

    async def _answer_of(
        self, peer: PeerLike, controller: int, message: Message, version: int
    ) -> Message | None:
        """None if another controller is elected first: one that is frozen would not answer for a long time."""
        answer: Message | None = None
        failure: OSError | None = None
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def give_up_when_replaced() -> None:
                while self._metadata.snapshot.controller_id == controller:
                    await self._metadata.changed.wait()
                nursery.cancel_scope.cancel()

            try:
                answer = await peer.request(message, version, timeout_s=TIMEOUT_S)
            except OSError as error:
                failure = error
            nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure
        return answer

    def close(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None
