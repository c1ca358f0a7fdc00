"""Records of the coordinators' topics: Kafka's bytes, older versions, and what survives a round trip."""

from __future__ import annotations

import contextlib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.coordinator.records import (
    Committed,
    GroupMember,
    GroupMetadata,
    GroupRecord,
    OffsetRecord,
    TransactionMetadata,
    TransactionRecord,
    TransactionStatus,
    UnknownKey,
    decode_group_record,
    decode_transaction_record,
    subscribed_topics,
)
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import MalformedMessage, encode_versioned_data
from zkbroker.protocol.generated.consumer_protocol_subscription import ConsumerProtocolSubscription
from zkbroker.protocol.generated.group_metadata_value import GroupMetadataValue, MemberMetadata
from zkbroker.protocol.generated.offset_commit_value import OffsetCommitValue

WALL_MS = 1_700_000_000_000

names = st.text(min_size=1, max_size=12)
texts = st.text(max_size=20)
offsets = st.integers(min_value=0, max_value=2**62)
epochs = st.integers(min_value=-1, max_value=2**31 - 1)
times = st.integers(min_value=0, max_value=2**45)
contents = st.binary(max_size=30)
partitions = st.integers(min_value=0, max_value=2**31 - 1)

committed = st.builds(Committed, offsets, epochs, texts, times)
offset_records = st.builds(OffsetRecord, names, names, partitions, st.none() | committed)
members = st.builds(
    GroupMember,
    member_id=names,
    instance_id=st.none() | names,
    client_id=texts,
    client_host=texts,
    session_timeout_ms=st.integers(0, 2**31 - 1),
    rebalance_timeout_ms=st.integers(0, 2**31 - 1),
    protocols=st.just((("range", b"subscription"),)),
    assignment=contents,
)
metadata = st.builds(
    GroupMetadata,
    protocol_type=texts,
    generation=st.integers(0, 2**31 - 1),
    protocol=st.just("range"),
    leader=st.none() | names,
    changed_ms=times,
    members=st.lists(members, max_size=3).map(tuple),
)
group_records = st.builds(GroupRecord, names, st.none() | metadata)


def test_the_golden_bytes_of_an_offset() -> None:
    record = OffsetRecord("g", "t", 0, Committed(42, -1, "", WALL_MS))
    key, content = record.encode()
    assert key.hex() == "000100016700017400000000"
    assert content is not None
    assert content.hex() == "0003000000000000002affffffff00000000018bcfe56800"
    assert decode_group_record(key, content) == record


def test_the_golden_bytes_of_an_empty_group() -> None:
    record = GroupRecord("g", GroupMetadata("consumer", 0, None, None, WALL_MS))
    key, content = record.encode()
    assert key.hex() == "0002000167"
    assert content is not None
    assert content.hex() == "00030008636f6e73756d657200000000ffffffff0000018bcfe5680000000000"
    assert decode_group_record(key, content) == record


def test_the_golden_bytes_of_a_transactional_id() -> None:
    now = TransactionMetadata(7, 0, 60_000, TransactionStatus.EMPTY, updated_ms=WALL_MS)
    record = TransactionRecord("tx", now)
    key, content = record.encode()
    assert key.hex() == "000000027478"
    assert content is not None
    assert content.hex() == ("0000000000000000000700000000ea6000ffffffff0000018bcfe56800ffffffffffffffff")
    assert decode_transaction_record(key, content) == record


def test_only_an_empty_transactional_id_has_no_partitions_at_all() -> None:
    """Complete ones have an empty list: so Kafka writes them."""
    complete = TransactionMetadata(7, 0, 60_000, TransactionStatus.COMPLETE_COMMIT)
    _, content = TransactionRecord("tx", complete).encode()
    assert content is not None and content[17:21] == b"\0\0\0\0"


@given(offset_records | group_records)
def test_what_is_stored_of_a_group_comes_back(record: OffsetRecord | GroupRecord) -> None:
    assert decode_group_record(*record.encode()) == record


@given(
    st.builds(
        TransactionMetadata,
        producer_id=offsets,
        producer_epoch=st.integers(0, 2**15 - 1),
        timeout_ms=st.integers(0, 2**31 - 1),
        status=st.sampled_from(list(TransactionStatus)[1:]),
        partitions=st.frozensets(st.builds(TopicPartition, names, partitions), max_size=4),
        updated_ms=times,
        started_ms=times,
        previous_producer_id=offsets,
        previous_producer_epoch=st.integers(-1, 2**15 - 1),
    )
)
def test_what_is_stored_of_a_transaction_comes_back(now: TransactionMetadata) -> None:
    record = TransactionRecord("tx", now)
    assert decode_transaction_record(*record.encode()) == attrs.evolve(record, metadata=now.stored())


def test_a_retention_of_the_clients_own_is_kept_in_the_old_format() -> None:
    record = OffsetRecord("g", "t", 3, Committed(5, -1, "m", WALL_MS, WALL_MS + 1000))
    key, content = record.encode()
    assert content is not None and content[:2] == b"\x00\x01"
    assert decode_group_record(key, content) == record


@pytest.mark.parametrize("version", range(5))
def test_every_version_of_an_offset_is_read(version: int) -> None:
    key, _ = OffsetRecord("g", "t", 0, None).encode()
    value = OffsetCommitValue(
        offset=9,
        metadata="m",
        commit_timestamp=WALL_MS,
        leader_epoch=4 if version >= 3 else -1,
        expire_timestamp=WALL_MS + 1 if version == 1 else -1,
    )
    for first in (b"\0\0", b"\0\1"):
        found = decode_group_record(first + key[2:], encode_versioned_data(value, version))
        assert isinstance(found, OffsetRecord) and found.committed is not None
        assert (found.committed.offset, found.committed.metadata) == (9, "m")
        assert found.committed.leader_epoch == (4 if version >= 3 else -1)
        assert found.committed.expire_ms == (WALL_MS + 1 if version == 1 else -1)


@pytest.mark.parametrize("version", range(5))
def test_every_version_of_a_group_is_read(version: int) -> None:
    key, _ = GroupRecord("g", None).encode()
    member = MemberMetadata(
        member_id="m",
        client_id="c",
        client_host="/h",
        session_timeout=10,
        rebalance_timeout=20 if version else -1,
        group_instance_id="i" if version >= 3 else None,
        subscription=b"s",
        assignment=b"a",
    )
    value = GroupMetadataValue(
        protocol_type="consumer",
        generation=2,
        protocol="range",
        leader="m",
        current_state_timestamp=WALL_MS if version >= 2 else -1,
        members=[member],
    )
    found = decode_group_record(key, encode_versioned_data(value, version))
    assert isinstance(found, GroupRecord) and found.metadata is not None
    (read,) = found.metadata.members
    assert read.rebalance_timeout_ms == (20 if version else 10), "version 0 knows one time-out only"
    assert read.instance_id == ("i" if version >= 3 else None)
    assert (read.metadata("range"), read.assignment) == (b"s", b"a")


def test_unknown_keys_are_told_from_broken_ones() -> None:
    with pytest.raises(UnknownKey):
        decode_group_record(b"\x00\x05\x00\x01g", b"")
    with pytest.raises(UnknownKey):
        decode_transaction_record(b"\x00\x01\x00\x01x", b"")
    for broken in (b"", b"\x00\x01\x00\x09g", b"\x00\x01\x00\x01g\x00\x01t\x00"):
        with pytest.raises(MalformedMessage):
            decode_group_record(broken, None)
    with pytest.raises(MalformedMessage):
        decode_group_record(GroupRecord("g", None).encode()[0], b"\x00\x63\x00")


@pytest.mark.parametrize("version", range(4))
def test_the_topics_of_a_subscription_are_found_in_every_version(version: int) -> None:
    subscription = encode_versioned_data(
        ConsumerProtocolSubscription(topics=["a", "b"], user_data=b"more"), version
    )
    assert subscribed_topics(subscription) == {"a", "b"}
    assert subscribed_topics(b"\x00\x09" + subscription[2:] + b"of a later version") == {"a", "b"}


@given(st.binary(max_size=40))
def test_any_bytes_are_a_subscription_or_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedMessage):
        subscribed_topics(data)
