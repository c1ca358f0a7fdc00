"""Producer ids, handed out from blocks that the controller allots. Source: KIP-730, ProducerIdManager.scala."""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.controller_channel import ControllerChannel
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
from zkbroker.protocol.generated.allocate_producer_ids_response import AllocateProducerIdsResponse

log = logging.getLogger(__name__)

PREFETCH_AT = 0.9
"""Share of a block after which the next one is asked for."""

WAIT_S = 5.0
RETRY_AFTER_S = 0.1


@attrs.define(eq=False)
class ProducerIds:
    """The block in use and the one after it. `take` is sync; `run` keeps blocks coming."""

    broker_id: int
    broker_epoch: Callable[[], int]
    _channel: ControllerChannel
    _next: int = 0
    _end: int = 0  # exclusive
    _prefetch_at: int = 0
    _following: tuple[int, int] | None = None  # (first, end) of the next block
    _wanted: bool = False
    _moved: Changed = attrs.field(factory=Changed)

    async def next(self) -> int:
        """A producer id nobody had before.

        Raises: COORDINATOR_LOAD_IN_PROGRESS when no block arrives in time; the client tries again.
        """
        with trio.move_on_after(WAIT_S):
            while True:
                found = self._take()
                if found is not None:
                    return found
                await self._moved.wait()
        raise KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, "no producer ids from the controller yet")

    def _take(self) -> int | None:
        if self._next >= self._end and self._following is not None:
            (self._next, self._end), self._following = self._following, None
            self._prefetch_at = self._next + int((self._end - self._next) * PREFETCH_AT)
        found = None
        if self._next < self._end:
            found = self._next
            self._next += 1
        if self._following is None and self._next >= self._prefetch_at and not self._wanted:
            self._wanted = True
            self._moved.notify()
        return found

    async def run(self) -> None:
        """Ask the controller for a block whenever one is wanted, for ever."""
        while True:
            while not self._wanted:
                await self._moved.wait()
            request = AllocateProducerIdsRequest(broker_id=self.broker_id, broker_epoch=self.broker_epoch())
            try:
                response = await self._channel.ask(request, 0)
            except KafkaError as error:
                log.warning("no producer ids: %s", error)
                await trio.sleep(RETRY_AFTER_S)
                continue
            assert isinstance(response, AllocateProducerIdsResponse)
            if response.error_code != ErrorCode.NONE:
                log.warning("no producer ids: %s", ErrorCode(response.error_code).name)
                await trio.sleep(RETRY_AFTER_S)
                continue
            first = response.producer_id_start
            self._following = (first, first + response.producer_id_len)
            self._wanted = False
            self._moved.notify()
