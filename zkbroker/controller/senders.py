"""One ordered task per broker that delivers control requests, again and again until the broker leaves.

At most one request is in flight to a broker, so it hears everything in the order it was decided. The same
request may arrive twice; receivers know that.
Source: kafka.controller.ControllerChannelManager.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.controller.requests import LEADER_AND_ISR_VERSION, STOP_REPLICA_VERSION, UPDATE_METADATA_VERSION
from zkbroker.controller.steps import ControlRequest
from zkbroker.errors import ErrorCode
from zkbroker.events import (
    ControlRequestAnswered,
    ControlRequestSent,
    EventFeed,
    current_cause,
    set_cause,
)
from zkbroker.model import BrokerInfo
from zkbroker.protocol.generated.leader_and_isr_request import LeaderAndIsrRequest
from zkbroker.protocol.generated.update_metadata_request import (
    UpdateMetadataRequest,
    UpdateMetadataTopicState,
)

if TYPE_CHECKING:
    from zkbroker.protocol.primitives import Message

log = logging.getLogger(__name__)

RETRY_AFTER_S: Final = 0.1


class PeerLike(Protocol):
    """A connection to one broker, opened when first needed."""

    async def request(self, message: Message, version: int, *, timeout_s: float) -> Message:
        """Raises: OSError if the outcome is unknown."""

    async def aclose(self) -> None: ...


Connect = Callable[[BrokerInfo], PeerLike]
"""Raises: OSError if the broker has no listener for us."""

Answered = Callable[[BrokerInfo, ControlRequest, "Message"], None]


@attrs.frozen
class SenderStatistics:
    """One broker's queue."""

    broker_id: int
    broker_epoch: int
    queued: int  # requests that wait, the one in flight included
    sent: int  # requests answered since the broker was connected
    last_failure: str  # "" while requests get through


@attrs.define(eq=False)
class Senders:
    """The senders of one reign. Owner: the reign, whose nursery they live in."""

    connect: Connect
    may_send: Callable[[], Awaitable[None]]  # returns when the reign may act; raises when it is over
    answered: Answered
    request_timeout_s: Callable[[], float]
    nursery: trio.Nursery
    events: EventFeed | None = None
    delivered: Changed = attrs.field(factory=Changed, init=False)  # a broker answered, or left
    _senders: dict[int, _Sender] = attrs.field(factory=dict)

    def reconnect(self, brokers: Mapping[int, BrokerInfo]) -> None:
        """Exactly these brokers have a sender; one with a new epoch starts with an empty queue."""
        for broker_id, sender in list(self._senders.items()):
            if broker_id not in brokers or brokers[broker_id].epoch != sender.broker.epoch:
                sender.scope.cancel()
                del self._senders[broker_id]
                self.delivered.notify()
        for broker_id, broker in brokers.items():
            known = self._senders.get(broker_id)
            if known is None:
                sender = self._senders[broker_id] = _Sender(self, broker)
                self.nursery.start_soon(sender.run, name=f"controller to broker {broker_id}")
            elif known.broker != broker:
                known.move(broker)

    def send(self, requests: Mapping[int, tuple[ControlRequest, ...]]) -> None:
        """Queue requests, in order, for each broker."""
        for broker_id, queued in requests.items():
            sender = self._senders.get(broker_id)
            if sender is not None:
                cause = current_cause()
                sender.queue.extend((request, cause) for request in queued)
                sender.enqueued += len(queued)
                sender.queued.notify()

    async def wait_idle(self) -> None:
        """Wait until every broker has answered everything it was sent."""
        while any(sender.is_busy for sender in self._senders.values()):
            await self.delivered.wait()

    async def wait_told(self) -> None:
        """Wait until every broker that can be reached has answered everything it was sent before this call."""
        marks = {sender: sender.enqueued for sender in self._senders.values()}
        while any(self._is_to_answer(sender, mark) for sender, mark in marks.items()):
            await self.delivered.wait()

    def _is_to_answer(self, sender: _Sender, mark: int) -> bool:
        is_there = self._senders.get(sender.broker.broker_id) is sender
        return is_there and sender.is_reached and sender.done < mark

    def statistics(self) -> tuple[SenderStatistics, ...]:
        return tuple(sender.statistics() for _, sender in sorted(self._senders.items()))


@attrs.define(eq=False)
class _Sender:
    """Delivers to one incarnation of one broker."""

    senders: Senders
    broker: BrokerInfo
    queue: deque[tuple[ControlRequest, str]] = attrs.field(factory=deque)  # each with its cause
    queued: Changed = attrs.field(factory=Changed)
    enqueued: int = 0  # requests it was ever given
    done: int = 0  # … and how many of them, in order, are answered
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _peer: PeerLike | None = None
    _sent: int = 0
    _in_flight: int = 0
    _last_failure: str = ""
    _moved: bool = False  # its listeners changed: the connection of now goes to the old ones

    def move(self, broker: BrokerInfo) -> None:
        self.broker = broker
        self._moved = True

    @property
    def is_busy(self) -> bool:
        return bool(self.queue or self._in_flight)

    @property
    def is_reached(self) -> bool:
        return not self._last_failure

    async def run(self) -> None:
        with self.scope:
            try:
                while True:
                    while not self.queue:
                        await self.queued.wait()
                    request, cause = self._next()
                    set_cause(cause)
                    self._tell_sent(request)
                    began = trio.current_time()
                    response = await self._deliver(request)
                    self._answered(request, response, trio.current_time() - began)
            finally:
                await self._disconnect()

    def _next(self) -> tuple[ControlRequest, str]:
        """The next request and its cause; UpdateMetadata requests in a row become one, which means the same."""
        request, cause = self.queue.popleft()
        while isinstance(request, UpdateMetadataRequest) and self.queue:
            following, its_cause = self.queue[0]
            merged = merged_metadata(request, following) if isinstance(following, type(request)) else None
            if merged is None:
                break
            request = merged
            if its_cause not in cause:
                cause = f"{cause}; {its_cause}"
            self.queue.popleft()
        return request, cause

    def _tell_sent(self, request: ControlRequest) -> None:
        feed = self.senders.events
        if feed is not None and feed.is_heard:
            count = sum(len(topic.partition_states) for topic in request.topic_states)
            feed.emit(ControlRequestSent(_api(request), self.broker.broker_id, count))

    async def _deliver(self, request: ControlRequest) -> Message:
        """Send until there is an answer."""
        self._in_flight = 1
        while True:
            await self.senders.may_send()
            if self._moved:
                self._moved = False
                await self._disconnect()
            try:
                if self._peer is None:
                    self._peer = self.senders.connect(self.broker)
                version = _version(request)
                response = await self._peer.request(
                    request, version, timeout_s=self.senders.request_timeout_s()
                )
            except OSError as error:
                level = logging.DEBUG if self._last_failure else logging.WARNING
                self._last_failure = str(error) or type(error).__name__
                log.log(
                    level,
                    "Broker %d is not reached, trying again: %s",
                    self.broker.broker_id,
                    self._last_failure,
                )
                self.senders.delivered.notify()  # those who wait for the brokers that can be reached
                await self._disconnect()
                await trio.sleep(RETRY_AFTER_S)
            else:
                if self._last_failure:
                    log.info("Broker %d is reached again", self.broker.broker_id)
                self._last_failure = ""
                return response

    def _answered(self, request: ControlRequest, response: Message, after_s: float) -> None:
        self._in_flight = 0
        self._sent += 1
        self.done = self.enqueued - len(self.queue)
        code = ErrorCode(getattr(response, "error_code", 0))
        api = _api(request)
        if code is not ErrorCode.NONE:
            log.warning("Broker %d answered %s with %s", self.broker.broker_id, api, code.name)
        if self.senders.events is not None:
            answered = ControlRequestAnswered(api, self.broker.broker_id, code.name, int(after_s * 1000))
            self.senders.events.emit(answered)
        self.senders.answered(self.broker, request, response)
        self.senders.delivered.notify()

    async def _disconnect(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            with trio.CancelScope(shield=True):
                await peer.aclose()

    def statistics(self) -> SenderStatistics:
        return SenderStatistics(
            self.broker.broker_id,
            self.broker.epoch,
            len(self.queue) + self._in_flight,
            self._sent,
            self._last_failure,
        )


def _api(request: ControlRequest) -> str:
    return type(request).__name__.removesuffix("Request")


def _version(request: ControlRequest) -> int:
    if isinstance(request, LeaderAndIsrRequest):
        return LEADER_AND_ISR_VERSION
    return UPDATE_METADATA_VERSION if isinstance(request, UpdateMetadataRequest) else STOP_REPLICA_VERSION


def merged_metadata(
    first: UpdateMetadataRequest, second: UpdateMetadataRequest
) -> UpdateMetadataRequest | None:
    """One request that means the same as these two in a row; None if a topic was created anew in between."""
    topics = {topic.topic_name: topic for topic in first.topic_states}
    for topic in second.topic_states:
        known = topics.get(topic.topic_name)
        if known is None:
            topics[topic.topic_name] = topic
            continue
        if known.topic_id != topic.topic_id:
            return None
        states = {state.partition_index: state for state in known.partition_states}
        states |= {state.partition_index: state for state in topic.partition_states}
        topics[topic.topic_name] = UpdateMetadataTopicState(
            topic_name=topic.topic_name, topic_id=topic.topic_id, partition_states=list(states.values())
        )
    return attrs.evolve(second, topic_states=list(topics.values()))
