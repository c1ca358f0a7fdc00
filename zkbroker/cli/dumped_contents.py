"""Keys and values of records as `kafka-dump-log` shows them: texts, numbers, the coordinators' topics.

Source: kafka.tools.DumpLogSegments and its decoders, 3.9.1.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from zkbroker.cli.dumped_records import Decoder
from zkbroker.cli.failure import Failure
from zkbroker.coordinator.records import TransactionStatus
from zkbroker.protocol.codec import MalformedMessage, Message, decode_versioned_data
from zkbroker.protocol.generated.consumer_protocol_assignment import ConsumerProtocolAssignment
from zkbroker.protocol.generated.consumer_protocol_subscription import ConsumerProtocolSubscription
from zkbroker.protocol.generated.group_metadata_key import GroupMetadataKey
from zkbroker.protocol.generated.group_metadata_value import GroupMetadataValue
from zkbroker.protocol.generated.offset_commit_value import OffsetCommitValue
from zkbroker.protocol.generated.transaction_log_key import TransactionLogKey
from zkbroker.protocol.generated.transaction_log_value import TransactionLogValue
from zkbroker.protocol.records import Record

DELETED: Final = "<DELETE>"
GROUP_KEY: Final = 2
OFFSET_KEYS: Final = (0, 1)
CONSUMER: Final = "consumer"

# ---- texts and numbers


def decoder_of_classes(key_class: str, value_class: str) -> Decoder:
    """Raises: Failure for a class that is not one of Kafka's own."""
    of_key, of_value = _text_of(key_class), _text_of(value_class)

    def decode(record: Record) -> tuple[str | None, str | None]:
        return (
            None if record.key is None else of_key(record.key),
            None if record.value is None else of_value(record.value),
        )

    return decode


def _text_of(java_class: str) -> Callable[[bytes], str]:
    package, _, name = java_class.rpartition(".")
    if package in ("org.apache.kafka.tools.api", "kafka.serializer") and name in _DECODERS:
        return _DECODERS[name]
    raise Failure(
        f"{java_class} is a Java class that cannot be loaded here; there are {', '.join(_DECODERS)} "
        "of org.apache.kafka.tools.api."
    )


def _string(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _number(size: int) -> Callable[[bytes], str]:
    def decode(content: bytes) -> str:
        if len(content) < size:
            raise Failure(f"{content!r} is no number of {size} bytes")
        return str(int.from_bytes(content[:size], "big", signed=True))

    return decode


_DECODERS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "StringDecoder": _string,
    "LongDecoder": _number(8),
    "IntegerDecoder": _number(4),
    "DefaultDecoder": bytes.hex,  # Kafka prints where the bytes are in its memory
}

# ---- __consumer_offsets


def decode_offsets(record: Record) -> tuple[str | None, str | None]:
    """A record of __consumer_offsets as JSON. Raises: Failure for one without a key."""
    if record.key is None:
        raise Failure(
            f"Failed to decode message at offset {record.offset} using offset topic decoder "
            "(message had a missing key)"
        )
    try:
        kind = _version(record.key)
        if kind in OFFSET_KEYS:
            key, value = _offset_key(record.key), None
            if record.value is not None:
                value = _offset_value(record.value)
        elif kind == GROUP_KEY:
            _, group = decode_versioned_data(GroupMetadataKey, record.key)
            key, value = {"group": group.group}, None
            if record.value is not None:
                value = _group_value(record.value)
        else:
            return f"Unknown record type {kind} at offset {record.offset}, skipping.", None
    except (MalformedMessage, UnicodeDecodeError) as error:
        return f"Error at offset {record.offset}, skipping. {error}", None
    return _json({"type": str(kind), "data": key}), DELETED if value is None else _json(value)


def _version(content: bytes) -> int:
    if len(content) < 2:
        raise MalformedMessage("Could not read version from key's buffer.")
    return int.from_bytes(content[:2], "big", signed=True)


def _offset_key(content: bytes) -> dict[str, Any]:
    group, at = _short_text(content, 2)
    topic, at = _short_text(content, at)
    if len(content) < at + 4:
        raise MalformedMessage("an offset's key that ends before its partition")
    return {
        "group": group,
        "topic": topic,
        "partition": int.from_bytes(content[at : at + 4], "big", signed=True),
    }


def _short_text(content: bytes, at: int) -> tuple[str, int]:
    size = int.from_bytes(content[at : at + 2], "big", signed=True)
    end = at + 2 + size
    if size < 0 or end > len(content):
        raise MalformedMessage(f"a string of {size} bytes in a key of {len(content)} bytes")
    return content[at + 2 : end].decode(), end


def _offset_value(content: bytes) -> dict[str, Any]:
    version, value = decode_versioned_data(OffsetCommitValue, content)
    fields = (
        ("offset", True),
        ("leader_epoch", version >= 3),
        ("metadata", True),
        ("commit_timestamp", True),
        ("expire_timestamp", version == 1),
    )
    return {"version": str(version), "data": _fields(value, fields)}


def _group_value(content: bytes) -> dict[str, Any]:
    version, value = decode_versioned_data(GroupMetadataValue, content)
    fields = (
        ("protocol_type", True),
        ("generation", True),
        ("protocol", True),
        ("leader", True),
        ("current_state_timestamp", version >= 2),
    )
    of_members = (
        ("member_id", True),
        ("group_instance_id", version >= 3),
        ("client_id", True),
        ("client_host", True),
        ("rebalance_timeout", version >= 1),
        ("session_timeout", True),
    )
    members = []
    for member in value.members:
        shown = _fields(member, of_members)
        subscription, assignment = _base64(member.subscription), _base64(member.assignment)
        if value.protocol_type == CONSUMER:
            subscription = _subscription(member.subscription) or subscription
            assignment = _assignment(member.assignment) or assignment
        members.append({**shown, "subscription": subscription, "assignment": assignment})
    return {"version": str(version), "data": {**_fields(value, fields), "members": members}}


def _subscription(content: bytes) -> Any:
    """None if it cannot be read: then its bytes are shown."""
    try:
        version, found = decode_versioned_data(ConsumerProtocolSubscription, content)
    except MalformedMessage:
        return None
    shown: dict[str, Any] = {"topics": list(found.topics), "userData": _base64(found.user_data)}
    if version >= 1:
        shown["ownedPartitions"] = _partitions(found.owned_partitions)
    if version >= 2:
        shown["generationId"] = found.generation_id
    if version >= 3:
        shown["rackId"] = found.rack_id
    return shown


def _assignment(content: bytes) -> Any:
    """None if it cannot be read: then its bytes are shown."""
    try:
        _, found = decode_versioned_data(ConsumerProtocolAssignment, content)
    except MalformedMessage:
        return None
    return {
        "assignedPartitions": _partitions(found.assigned_partitions),
        "userData": _base64(found.user_data),
    }


def _partitions(found: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"topic": each.topic, "partitions": list(each.partitions)} for each in found]


def _fields(message: Message, names: Iterable[tuple[str, bool]]) -> dict[str, Any]:
    """Those that the version has, with Kafka's names."""
    return {_camel(name): getattr(message, name) for name, is_there in names if is_there}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _base64(content: bytes | None) -> Any:
    return None if content is None else b64encode(content).decode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- __transaction_state

_SMALL: Final = 4  # larger sets are hash sets themselves, and are added without a look at the table's size


def decode_transactions(record: Record) -> tuple[str | None, str | None]:
    """A record of __transaction_state. Raises: Failure for one that cannot be read."""
    try:
        version = _version(record.key or b"")
        if version not in range(TransactionLogKey.VERSIONS.highest + 1):
            return f"unknown::version={version}", None
        _, key = decode_versioned_data(TransactionLogKey, record.key or b"")
        shown = f"transaction_metadata::transactionalId={key.transactional_id}"
        if record.value is None:
            return shown, DELETED
        _, value = decode_versioned_data(TransactionLogValue, record.value)
        status = TransactionStatus(value.transaction_status).shown
    except ValueError as error:
        raise Failure(
            f"the record at offset {record.offset} is none of __transaction_state: {error}"
        ) from error
    topics = [(each.topic, list(each.partition_ids)) for each in value.transaction_partitions or ()]
    partitions = ",".join(f"{topic}-{partition}" for topic, partition in in_scala_order(topics))
    return shown, (
        f"producerId:{value.producer_id},producerEpoch:{value.producer_epoch},state={status},"
        f"partitions=[{partitions}],txnLastUpdateTimestamp={value.transaction_last_update_timestamp_ms},"
        f"txnTimeoutMs={value.transaction_timeout_ms}"
    )


def in_scala_order(topics: Iterable[tuple[str, list[int]]]) -> list[tuple[str, int]]:
    """The partitions in the order of a hash set of Scala 2.13: Kafka prints them so, and then so do we."""
    table_size = 16
    hashed: dict[tuple[str, int], int] = {}
    for topic, partitions in topics:
        wanted = int((len(set(partitions)) + 1) / 0.75)
        table_size = max(table_size, 1 << max(wanted - 1, 4).bit_length())
        for partition in partitions:
            if len(set(partitions)) <= _SMALL and len(hashed) + 1 >= int(table_size * 0.75):
                table_size *= 2
            hashed[topic, partition] = _scala_hash(topic, partition)
    return sorted(hashed, key=lambda each: (hashed[each] & (table_size - 1), _signed(hashed[each])))


def _scala_hash(topic: str, partition: int) -> int:
    """Of a TopicPartition, 32 bits without a sign, as Scala's hash tables improve it."""
    of_topic = 0
    for unit in memoryview(topic.encode("utf-16-le")).cast("H"):
        of_topic = (31 * of_topic + unit) & 0xFFFFFFFF
    found = (31 * (31 + partition) + of_topic) & 0xFFFFFFFF
    return found ^ found >> 16


def _signed(number: int) -> int:
    return number - (1 << 32) if number >> 31 else number
