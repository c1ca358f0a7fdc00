"""A cluster as a client sees it: any broker, the controller, leaders, coordinators; patience with what moves."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from enum import IntEnum
from typing import Any, Final, TypeVar

from zkbroker.client.connection import Connection, ConnectionFailed
from zkbroker.client.errors import CallFailed, NoBroker, refusal, require_success
from zkbroker.client.settings import Address, ClientSettings
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.codec import ApiKey, Message
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.metadata_response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponseTopic,
)

M = TypeVar("M", bound=Message)
T = TypeVar("T")

NOTICE_S: Final = 1.0
RETRY_S: Final = 0.1

MOVING: Final = frozenset(
    {
        ErrorCode.LEADER_NOT_AVAILABLE,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.NOT_CONTROLLER,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        ErrorCode.NOT_COORDINATOR,
        ErrorCode.FENCED_LEADER_EPOCH,
        ErrorCode.UNKNOWN_LEADER_EPOCH,
        ErrorCode.OFFSET_NOT_AVAILABLE,
        ErrorCode.UNSTABLE_OFFSET_COMMIT,
    }
)
"""What passes by itself, and by looking again where to ask."""


Waiting = Callable[[str], AbstractContextManager[object]]


def _unseen(what: str) -> AbstractContextManager[object]:
    return nullcontext()


class CoordinatorKind(IntEnum):
    """What FindCoordinator finds."""

    GROUP = 0
    TRANSACTION = 1


class Cluster:
    """Owner of its connections; a context manager that closes them.

    `waiting` is entered, with what is waited for, around all that may last: whoever looks on can be told.
    """

    def __init__(self, settings: ClientSettings, waiting: Waiting = _unseen) -> None:
        self.settings = settings
        self._waiting = waiting
        self._connections: dict[Address, Connection] = {}
        self._brokers: dict[int, Address] = {}

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    # ------------------------------------------------------------------ whom to ask

    def any(self) -> Connection:
        """A connection to some broker. Raises: NoBroker after a while; CallFailed."""
        for known in self._connections.values():
            return known
        began = time.monotonic()
        patience_s = self.settings.absent_s
        said = False
        while True:
            reasons: list[str] = []
            for address in (*self.settings.bootstrap, *self._brokers.values()):
                try:
                    return self.at(address)
                except ConnectionFailed as failed:
                    reasons.append(str(failed))
            waited_s = time.monotonic() - began
            where = ",".join(map(str, self.settings.bootstrap))
            why = "; ".join(dict.fromkeys(reasons))
            if waited_s >= patience_s or "is not known" in why:
                raise NoBroker(f"No broker answers at {where} ({why}).")
            if not said and waited_s >= NOTICE_S:
                said = True
                sys.stderr.write(
                    f"No broker answers at {where} yet ({why}); trying for {patience_s:.0f} s.\n"
                )
                sys.stderr.flush()
            time.sleep(RETRY_S)

    def at(self, address: Address) -> Connection:
        """Raises: ConnectionFailed, CallFailed."""
        found = self._connections.get(address)
        if found is None:
            found = self._connections[address] = Connection(address, self.settings)
        return found

    def broker(self, broker_id: int) -> Connection:
        """Raises: ConnectionFailed; KafkaError BROKER_NOT_AVAILABLE, if there is none of that id."""
        if broker_id not in self._brokers:
            self.metadata(())
        if broker_id not in self._brokers:
            raise KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, f"There is no broker {broker_id}.")
        return self.at(self._brokers[broker_id])

    def controller(self) -> Connection:
        """Raises: KafkaError NOT_CONTROLLER while there is none."""
        found = self.metadata(()).controller_id
        if found < 0:
            raise refusal(ErrorCode.NOT_CONTROLLER)
        return self.broker(found)

    def coordinator(self, key: str, kind: CoordinatorKind) -> Connection:
        """Raises: KafkaError as answered."""
        from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
        from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse

        connection = self.any()
        version = connection.highest(ApiKey.FIND_COORDINATOR)
        many = version >= 4  # KIP-699
        request = FindCoordinatorRequest(
            key="" if many else key, key_type=kind, coordinator_keys=[key] if many else ()
        )
        answer = connection.request(request, FindCoordinatorResponse, version=version)
        found: Any = answer.coordinators[0] if many else answer
        require_success(found.error_code, found.error_message)
        self._brokers[found.node_id] = Address(found.host, found.port)
        return self.broker(found.node_id)

    # ------------------------------------------------------------------ asking

    def ask(self, whom: Callable[[], Connection], message: Message, answer: type[M], **how: Any) -> M:
        """One request, at whoever is found; again, if the connection breaks.

        Raises: NoBroker, KafkaError from finding.
        """

        def once() -> M:
            return whom().request(message, answer, **how)

        return self.patiently(once)

    def ask_controller(self, message: Message, answer: type[M]) -> M:
        """Raises: NoBroker, KafkaError."""
        return self.ask(self.controller, message, answer, timeout_s=self.settings.api_timeout_s)

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Try until it works, as long as errors are of the passing kind or connections break.

        Raises: KafkaError; CallFailed.
        """
        where = ",".join(map(str, self.settings.bootstrap))
        with self._waiting(f"Waiting for the brokers at {where}"):
            return self._until_settled(attempt)

    def _until_settled(self, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + self.settings.api_timeout_s
        while True:
            try:
                return attempt()
            except KafkaError as error:
                if error.code not in MOVING or time.monotonic() > deadline:
                    raise
            except ConnectionFailed as failed:
                self.close()  # nothing is trusted after a failure: connect and look again
                if time.monotonic() > deadline:
                    raise CallFailed(f"{failed}.") from None
            time.sleep(RETRY_S)

    # ------------------------------------------------------------------ metadata

    def metadata(self, topics: Iterable[str] | None = None, *, create: bool = False) -> MetadataResponse:
        """What one broker knows of these topics (None: of all) and of all brokers. Raises: NoBroker."""
        named = None if topics is None else [MetadataRequestTopic(name=name) for name in topics]
        answer = self.ask(
            self.any, MetadataRequest(topics=named, allow_auto_topic_creation=create), MetadataResponse
        )
        self._brokers.update({row.node_id: Address(row.host, row.port) for row in answer.brokers})
        return answer

    def brokers(self) -> list[MetadataResponseBroker]:
        """Every live broker, in order of id."""
        return sorted(self.metadata(()).brokers, key=lambda row: row.node_id)

    def topics(self, names: Iterable[str] | None = None) -> list[MetadataResponseTopic]:
        """What is known of topics, also of those with an error, in order of name."""
        return sorted(self.metadata(names).topics, key=lambda row: row.name or "")
