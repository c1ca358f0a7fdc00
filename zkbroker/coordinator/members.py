"""What members say and hear, and what a group knows of each. [pure]

Source: MemberMetadata, JoinGroupResult, SyncGroupResult of Kafka 3.9.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Final

import attrs

from zkbroker.coordinator.outcome import Token
from zkbroker.coordinator.records import GroupMember, Protocols, metadata_for
from zkbroker.errors import ErrorCode

NO_GENERATION: Final = -1
NO_MEMBER: Final = ""


class Phase(Enum):
    """The value is the name that DescribeGroups shows."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


DEAD: Final = "Dead"  # what DescribeGroups shows of a group that does not exist


@attrs.frozen
class GroupLimits:
    """What the broker's configuration allows."""

    session_timeout_min_ms: int = 6_000
    session_timeout_max_ms: int = 1_800_000
    initial_delay_ms: int = 3_000
    max_size: int = 2**31 - 1
    offset_retention_ms: int = 10_080 * 60_000


@attrs.frozen
class Join:
    """A JoinGroup request."""

    member_id: str  # empty: a new member
    instance_id: str | None
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocol_type: str
    protocols: Protocols
    requires_member_id: bool  # a new dynamic member must come again with the id it gets. Source: KIP-394
    may_skip_assignment: bool  # understands skip_assignment
    new_member_id: str  # used where one must be made

    @property
    def is_new(self) -> bool:
        return self.member_id == NO_MEMBER


@attrs.frozen
class Joined:
    """The answer to a JoinGroup."""

    error: ErrorCode
    member_id: str
    generation: int = NO_GENERATION
    protocol_type: str | None = None
    protocol: str | None = None
    leader: str = ""
    skip_assignment: bool = False
    members: tuple[
        tuple[str, str | None, bytes], ...
    ] = ()  # (member id, instance id, metadata), for the leader


@attrs.frozen
class Sync:
    """A SyncGroup request."""

    member_id: str
    instance_id: str | None
    generation: int
    protocol_type: str | None  # None: not said
    protocol: str | None
    assignments: Mapping[str, bytes]  # from the leader; empty from others


@attrs.frozen
class Synced:
    """The answer to a SyncGroup."""

    error: ErrorCode
    protocol_type: str | None = None
    protocol: str | None = None
    assignment: bytes = b""


@attrs.define(eq=False)
class Member:
    """A member as it is now. What it waits for is not in the log."""

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocols: Protocols
    assignment: bytes = b""
    joining: Token | None = None  # its JoinGroup waits for the generation
    syncing: Token | None = None  # its SyncGroup waits for the leader's
    is_new: bool = False  # until its first generation: then its session may end though it waits

    @property
    def is_static(self) -> bool:
        return self.instance_id is not None

    def metadata(self, protocol: str | None) -> bytes:
        return metadata_for(protocol, self.protocols)

    def as_stored(self, assignment: bytes | None = None) -> GroupMember:
        return GroupMember(
            member_id=self.member_id,
            instance_id=self.instance_id,
            client_id=self.client_id,
            client_host=self.client_host,
            session_timeout_ms=self.session_timeout_ms,
            rebalance_timeout_ms=self.rebalance_timeout_ms,
            protocols=self.protocols,
            assignment=self.assignment if assignment is None else assignment,
        )


def member_of(stored: GroupMember) -> Member:
    """A member as the log has it: it waits for nothing."""
    return Member(
        stored.member_id,
        stored.instance_id,
        stored.client_id,
        stored.client_host,
        stored.session_timeout_ms,
        stored.rebalance_timeout_ms,
        stored.protocols,
        stored.assignment,
    )


def selected_protocol(protocols: list[Protocols]) -> str | None:
    """Of the protocols that all members know, the one most of them prefer; of equals, the earlier joined one's."""
    common = set.intersection(*({name for name, _ in known} for known in protocols))
    votes = Counter(
        vote for known in protocols if (vote := next((name for name, _ in known if name in common), None))
    )
    return max(votes, key=votes.__getitem__, default=None)


_STORED_ERRORS = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.REQUEST_TIMED_OUT: ErrorCode.REBALANCE_IN_PROGRESS,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.RECORD_LIST_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.INVALID_FETCH_SIZE: ErrorCode.UNKNOWN_SERVER_ERROR,
}


def stored_error(code: ErrorCode) -> ErrorCode:
    """What a member hears when its group could not be stored."""
    return _STORED_ERRORS.get(code, code)
