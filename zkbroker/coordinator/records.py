"""The records of the coordinators' topics, as values and as Kafka's bytes. [pure]

A record is the next state of one thing: a group, one committed offset, a transactional id; `None` is its tombstone.
What Kafka's formats have no room for travels with the live record and is gone when it is read from the log again.
Source: GroupMetadataManager, TransactionLog of Kafka 3.9; OffsetCommitValue, GroupMetadataValue, TransactionLogValue.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from struct import error as StructError
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import MalformedMessage, decode_versioned_data, encode_versioned_data
from zkbroker.protocol.generated.group_metadata_value import GroupMetadataValue, MemberMetadata
from zkbroker.protocol.generated.offset_commit_value import OffsetCommitValue
from zkbroker.protocol.generated.transaction_log_value import PartitionsSchema, TransactionLogValue

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import (
        define as value,
    )  # one is made for each offset committed or loaded: frozen costs five times

GROUP_KEY_VERSION: Final = 2
TRANSACTION_KEY_VERSION: Final = 0
OFFSET_VALUE_VERSION: Final = 3
EXPIRING_OFFSET_VALUE_VERSION: Final = 1
GROUP_VALUE_VERSION: Final = 3
TRANSACTION_VALUE_VERSION: Final = 0

NO_TIMESTAMP: Final = -1
NO_PRODUCER_ID: Final = -1
NO_PRODUCER_EPOCH: Final = -1

Protocols = tuple[tuple[str, bytes], ...]
"""(name, metadata) in the member's order of preference."""

_hh = Struct(">hh")
_h = Struct(">h")
_i = Struct(">i")
_offset_head = Struct(">hqih")
_q = Struct(">q")


class UnknownKey(ValueError):
    """A record of a kind, or a version of its key, that is not ours: skipped, as Kafka does."""


# ---- __consumer_offsets


@value
class Committed:
    """One committed offset."""

    offset: int
    leader_epoch: int  # of the last record consumed, -1 unknown
    metadata: str
    commit_ms: int  # wall clock
    expire_ms: int = (
        NO_TIMESTAMP  # only where the client asked for a retention of its own (OffsetCommit v2-4)
    )


@value
class OffsetRecord:
    """What a group committed for one partition."""

    group: str
    topic: str
    partition: int
    committed: Committed | None

    @property
    def subject(self) -> str:
        return "offsets of " + self.group

    def encode(self) -> tuple[bytes, bytes | None]:
        """Key and value. Raises: ValueError for a name longer than 32,767 bytes."""
        group, topic = self.group.encode(), self.topic.encode()
        try:
            key = b"".join(
                (_hh.pack(1, len(group)), group, _h.pack(len(topic)), topic, _i.pack(self.partition))
            )
        except StructError:
            raise ValueError(f"group {self.group[:40]!r} or its topic has too long a name") from None
        kept = self.committed
        if kept is None:
            return key, None
        if kept.expire_ms != NO_TIMESTAMP:
            old = OffsetCommitValue(
                offset=kept.offset,
                metadata=kept.metadata,
                commit_timestamp=kept.commit_ms,
                expire_timestamp=kept.expire_ms,
            )
            return key, encode_versioned_data(old, EXPIRING_OFFSET_VALUE_VERSION)
        metadata = kept.metadata.encode()
        head = _offset_head.pack(OFFSET_VALUE_VERSION, kept.offset, kept.leader_epoch, len(metadata))
        return key, b"".join((head, metadata, _q.pack(kept.commit_ms)))


def metadata_for(protocol: str | None, protocols: Protocols) -> bytes:
    """What a member said of itself for that protocol; empty for one it does not know."""
    for name, metadata in protocols:
        if name == protocol:
            return metadata
    return b""


@attrs.frozen
class GroupMember:
    """One member as a generation has it."""

    member_id: str
    instance_id: str | None  # group.instance.id of a static member. Source: KIP-345
    client_id: str
    client_host: str  # as Java prints an address: "/127.0.0.1"
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocols: Protocols  # only the generation's protocol is stored
    assignment: bytes = b""

    def metadata(self, protocol: str | None) -> bytes:
        """What the member said of itself for that protocol; empty for one it does not know."""
        return metadata_for(protocol, self.protocols)


@attrs.frozen
class GroupMetadata:
    """One generation of a group, complete with its assignment; without members: an empty group."""

    protocol_type: str
    generation: int
    protocol: str | None
    leader: str | None
    changed_ms: int  # wall clock, -1 unknown
    members: tuple[GroupMember, ...] = ()

    def stored(self) -> GroupMetadata:
        """As it comes back from the log: of each member's protocols only the chosen one."""
        protocol = self.protocol
        if protocol is None:
            return self
        members = tuple(
            attrs.evolve(member, protocols=((protocol, member.metadata(protocol)),))
            for member in self.members
        )
        return attrs.evolve(self, members=members)


@attrs.frozen
class GroupRecord:
    """The state of a group."""

    group: str
    metadata: GroupMetadata | None

    @property
    def subject(self) -> str:
        return "members of " + self.group

    def encode(self) -> tuple[bytes, bytes | None]:
        """Key and value. Raises: ValueError for a name longer than 32,767 bytes."""
        group = self.group.encode()
        try:
            key = _hh.pack(GROUP_KEY_VERSION, len(group)) + group
        except StructError:
            raise ValueError(f"group {self.group[:40]!r} has too long a name") from None
        now = self.metadata
        if now is None:
            return key, None
        message = GroupMetadataValue(
            protocol_type=now.protocol_type,
            generation=now.generation,
            protocol=now.protocol,
            leader=now.leader,
            current_state_timestamp=now.changed_ms,
            members=[
                MemberMetadata(
                    member_id=member.member_id,
                    group_instance_id=member.instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    rebalance_timeout=member.rebalance_timeout_ms,
                    session_timeout=member.session_timeout_ms,
                    subscription=member.metadata(now.protocol),
                    assignment=member.assignment,
                )
                for member in now.members
            ],
        )
        return key, encode_versioned_data(message, GROUP_VALUE_VERSION)


def decode_group_record(key: bytes, content: bytes | None) -> OffsetRecord | GroupRecord:
    """One record of __consumer_offsets. Raises: UnknownKey, MalformedMessage."""
    try:
        version, n = _hh.unpack_from(key)
        if 0 <= version <= 1:
            at = 4 + n
            group = key[4:at].decode()
            (n,) = _h.unpack_from(key, at)
            at += 2 + n
            topic = key[at - n : at].decode()
            (partition,) = _i.unpack_from(key, at)
            return OffsetRecord(group, topic, partition, _committed(content))
        if version == GROUP_KEY_VERSION:
            group = key[4 : 4 + n].decode()
            return GroupRecord(group, None if content is None else _group_metadata(content))
    except (StructError, UnicodeDecodeError) as error:
        raise MalformedMessage(f"no key of __consumer_offsets: {key[:60]!r}: {error}") from None
    raise UnknownKey(f"key version {version}")


def _committed(content: bytes | None) -> Committed | None:
    if content is None:
        return None
    if content[:2] == b"\x00\x03":
        _, offset, leader_epoch, n = _offset_head.unpack_from(content)
        at = 16 + n
        (commit_ms,) = _q.unpack_from(content, at)
        return Committed(offset, leader_epoch, content[16:at].decode() if n else "", commit_ms)
    _, old = decode_versioned_data(OffsetCommitValue, content)
    return Committed(old.offset, old.leader_epoch, old.metadata, old.commit_timestamp, old.expire_timestamp)


def _group_metadata(content: bytes) -> GroupMetadata:
    version, now = decode_versioned_data(GroupMetadataValue, content)
    return GroupMetadata(
        protocol_type=now.protocol_type,
        generation=now.generation,
        protocol=now.protocol,
        leader=now.leader,
        changed_ms=now.current_state_timestamp,
        members=tuple(
            GroupMember(
                member_id=member.member_id,
                instance_id=member.group_instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                session_timeout_ms=member.session_timeout,
                rebalance_timeout_ms=member.rebalance_timeout if version else member.session_timeout,
                protocols=((now.protocol or "", member.subscription),),
                assignment=member.assignment,
            )
            for member in now.members
        ),
    )


def subscribed_topics(subscription: bytes) -> frozenset[str]:
    """The topics in a consumer's subscription, whatever version it is: what follows them is left alone.

    Raises: MalformedMessage. Source: ConsumerProtocolSubscription.json.
    """
    topics = set()
    try:
        version, count = Struct(">hi").unpack_from(subscription)
        if version < 0 or count < 0 or count > len(subscription):
            raise MalformedMessage(f"a subscription of version {version} with {count} topics")
        at = 6
        for _ in range(count):
            (n,) = _h.unpack_from(subscription, at)
            if n < 0 or at + 2 + n > len(subscription):
                raise MalformedMessage(f"a topic name of {n} bytes in a subscription")
            topics.add(subscription[at + 2 : at + 2 + n].decode())
            at += 2 + n
    except (StructError, UnicodeDecodeError) as error:
        raise MalformedMessage(f"no subscription: {error}") from None
    return frozenset(topics)


# ---- __transaction_state


class TransactionStatus(IntEnum):
    """Where a transaction stands; the number is what the log has."""

    EMPTY = 0
    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5

    @property
    def shown(self) -> str:
        """The name DescribeTransactions and ListTransactions have for it."""
        return self.name.title().replace("_", "")

    @property
    def is_prepared(self) -> bool:
        """Decided, and its markers are being written."""
        return self in (TransactionStatus.PREPARE_COMMIT, TransactionStatus.PREPARE_ABORT)

    @property
    def is_over(self) -> bool:
        """Nothing is open: a new transaction may begin, the id may expire."""
        return not self.is_prepared and self is not TransactionStatus.ONGOING


@attrs.frozen
class TransactionMetadata:
    """The state of one transactional id."""

    producer_id: int
    producer_epoch: int
    timeout_ms: int
    status: TransactionStatus
    partitions: frozenset[TopicPartition] = frozenset()
    updated_ms: int = NO_TIMESTAMP  # wall clock
    started_ms: int = NO_TIMESTAMP  # wall clock; of the transaction, -1 where there is none
    previous_producer_id: int = (
        NO_PRODUCER_ID  # these two are not stored: a retry may name them. Source: KIP-360
    )
    previous_producer_epoch: int = NO_PRODUCER_EPOCH

    def stored(self) -> TransactionMetadata:
        """As it comes back from the log."""
        return attrs.evolve(
            self, previous_producer_id=NO_PRODUCER_ID, previous_producer_epoch=NO_PRODUCER_EPOCH
        )


@attrs.frozen
class TransactionRecord:
    """The state of one transactional id."""

    transactional_id: str
    metadata: TransactionMetadata | None

    @property
    def subject(self) -> str:
        return self.transactional_id

    def encode(self) -> tuple[bytes, bytes | None]:
        """Key and value. Raises: ValueError for an id longer than 32,767 bytes."""
        name = self.transactional_id.encode()
        try:
            key = _hh.pack(TRANSACTION_KEY_VERSION, len(name)) + name
        except StructError:
            raise ValueError(f"transactional id {self.transactional_id[:40]!r} is too long") from None
        now = self.metadata
        if now is None:
            return key, None
        topics: dict[str, list[int]] = {}
        for tp in sorted(now.partitions):
            topics.setdefault(tp.topic, []).append(tp.partition)
        message = TransactionLogValue(
            producer_id=now.producer_id,
            producer_epoch=now.producer_epoch,
            transaction_timeout_ms=now.timeout_ms,
            transaction_status=now.status,
            transaction_partitions=None
            if now.status is TransactionStatus.EMPTY
            else [PartitionsSchema(topic=topic, partition_ids=ids) for topic, ids in topics.items()],
            transaction_last_update_timestamp_ms=now.updated_ms,
            transaction_start_timestamp_ms=now.started_ms,
        )
        return key, encode_versioned_data(message, TRANSACTION_VALUE_VERSION)


def decode_transaction_record(key: bytes, content: bytes | None) -> TransactionRecord:
    """One record of __transaction_state. Raises: UnknownKey, MalformedMessage."""
    try:
        version, n = _hh.unpack_from(key)
        if version != TRANSACTION_KEY_VERSION:
            raise UnknownKey(f"key version {version}")
        name = key[4 : 4 + n].decode()
    except (StructError, UnicodeDecodeError) as error:
        raise MalformedMessage(f"no key of __transaction_state: {key[:60]!r}: {error}") from None
    if content is None:
        return TransactionRecord(name, None)
    _, now = decode_versioned_data(TransactionLogValue, content)
    try:
        status = TransactionStatus(now.transaction_status)
    except ValueError:
        raise MalformedMessage(f"transactional id {name!r} has status {now.transaction_status}") from None
    return TransactionRecord(
        name,
        TransactionMetadata(
            producer_id=now.producer_id,
            producer_epoch=now.producer_epoch,
            timeout_ms=now.transaction_timeout_ms,
            status=status,
            partitions=frozenset(
                TopicPartition(topic.topic, partition)
                for topic in now.transaction_partitions or ()
                for partition in topic.partition_ids
            ),
            updated_ms=now.transaction_last_update_timestamp_ms,
            started_ms=now.transaction_start_timestamp_ms,
        ),
    )
