"""How kafka-console-consumer prints a record. [pure] Source: DefaultMessageFormatter and its neighbours, 3.9.1."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import attrs

if TYPE_CHECKING:
    from zkbroker.protocol.generated.offset_commit_key import OffsetCommitKey
    from zkbroker.protocol.generated.offset_commit_value import OffsetCommitValue

TIMESTAMP_TYPES: Final = {0: b"CreateTime", 1: b"LogAppendTime"}


class Record(Protocol):
    """A record as it was consumed."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


_UUID: Final = re.compile(r"[0-9a-f]{1,8}(-[0-9a-f]{1,4}){3}-[0-9a-f]{1,12}")

Format = Callable[[Record], bytes]
Deserialize = Callable[[bytes], bytes]


class UnknownClass(ValueError):
    """A Java class that is not known here."""


def _number(layout: str) -> Deserialize:
    def read(data: bytes) -> bytes:
        try:
            return str(struct.unpack(layout, data)[0]).encode()
        except struct.error:
            raise ValueError(f"{len(data)} bytes are no number of {struct.calcsize(layout)} bytes") from None

    return read


def _uuid(data: bytes) -> bytes:
    text = data.decode("ascii", "replace").lower()
    if not _UUID.fullmatch(text):
        raise ValueError(f"{text} is no UUID")
    return text.encode()


def _text(data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode()


DESERIALIZERS: Final[Mapping[str, Deserialize]] = {
    "StringDeserializer": _text,
    "BytesDeserializer": bytes,
    "ByteArrayDeserializer": bytes,
    "LongDeserializer": _number(">q"),
    "IntegerDeserializer": _number(">i"),
    "ShortDeserializer": _number(">h"),
    "DoubleDeserializer": _number(">d"),
    "FloatDeserializer": _number(">f"),
    "BooleanDeserializer": lambda data: b"true" if data == b"\x01" else b"false",
    "UUIDDeserializer": _uuid,
    "VoidDeserializer": lambda data: b"null",
}


@attrs.frozen
class Formatter:
    """Prints the parts that were asked for, with separators between."""

    print_timestamp: bool = False
    print_partition: bool = False
    print_offset: bool = False
    print_headers: bool = False
    print_key: bool = False
    print_value: bool = True
    key_separator: bytes = b"\t"
    line_separator: bytes = b"\n"
    headers_separator: bytes = b","
    null_literal: bytes = b"null"
    key_deserializer: Deserialize = bytes
    value_deserializer: Deserialize = bytes
    headers_deserializer: Deserialize = bytes

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> Formatter:
        """Raises: UnknownClass."""

        def is_true(key: str, default: str = "") -> bool:
            return properties.get(key, default).strip().lower() == "true"

        def deserializer(key: str) -> Deserialize:
            name = properties.get(key)
            if name is None:
                return bytes
            found = DESERIALIZERS.get(name.rpartition(".")[2])
            if found is None:
                raise UnknownClass(
                    f"{key}={name} is a class of Java's; there are {', '.join(DESERIALIZERS)}."
                )
            return found

        return cls(
            is_true("print.timestamp"),
            is_true("print.partition"),
            is_true("print.offset"),
            is_true("print.headers"),
            is_true("print.key"),
            is_true("print.value", "true"),
            properties.get("key.separator", "\t").encode(),
            properties.get("line.separator", "\n").encode(),
            properties.get("headers.separator", ",").encode(),
            properties.get("null.literal", "null").encode(),
            deserializer("key.deserializer"),
            deserializer("value.deserializer"),
            deserializer("headers.deserializer"),
        )

    def format(self, record: Record) -> bytes:
        parts: list[bytes] = []
        if self.print_timestamp:
            kind = TIMESTAMP_TYPES.get(record.timestamp_type)
            parts.append(b"NO_TIMESTAMP" if kind is None else kind + b":%d" % record.timestamp)
        if self.print_partition:
            parts.append(b"Partition:%d" % record.partition)
        if self.print_offset:
            parts.append(b"Offset:%d" % record.offset)
        if self.print_headers:
            headers = [
                key.encode() + b":" + self._shown(self.headers_deserializer, value)
                for key, value in record.headers
            ]
            parts.append(self.headers_separator.join(headers) or b"NO_HEADERS")
        if self.print_key:
            parts.append(self._shown(self.key_deserializer, record.key))
        if self.print_value:
            parts.append(self._shown(self.value_deserializer, record.value))
        return self.key_separator.join(parts) + self.line_separator if parts else b""

    def _shown(self, deserialize: Deserialize, data: bytes | None) -> bytes:
        return deserialize(self.null_literal if data is None else data)


def formatter(name: str, properties: Mapping[str, str]) -> Format:
    """The formatter of Java's class name, whose package does not count. Raises: UnknownClass."""
    short = name.rpartition(".")[2].rpartition("$")[2]
    if short in ("DefaultMessageFormatter", "LoggingMessageFormatter"):  # whose log lines nobody sees
        return Formatter.of(properties).format
    if short == "NoOpMessageFormatter":
        return lambda record: b""
    if short == "OffsetsMessageFormatter":
        return committed_offset_json if name.startswith("org.apache.kafka.tools.") else committed_offset
    raise UnknownClass(
        f"--formatter {name} is a class of Java's; there are DefaultMessageFormatter, LoggingMessageFormatter, "
        "NoOpMessageFormatter and OffsetsMessageFormatter."
    )


def _offset_commit(record: Record) -> tuple[int, OffsetCommitKey, int, OffsetCommitValue | None] | None:
    """A record of __consumer_offsets with the versions of its key and value; None if it is no committed offset."""
    from zkbroker.protocol.codec import decode_versioned_data
    from zkbroker.protocol.generated.offset_commit_key import OffsetCommitKey
    from zkbroker.protocol.generated.offset_commit_value import OffsetCommitValue

    if record.key is None or int.from_bytes(record.key[:2], "big") not in OffsetCommitKey.VERSIONS:
        return None
    version, key = decode_versioned_data(OffsetCommitKey, record.key)
    if record.value is None:
        return version, key, 0, None
    return version, key, *decode_versioned_data(OffsetCommitValue, record.value)


def committed_offset_json(record: Record) -> bytes:
    """Kafka 3.9's form of a committed offset: JSON, and no end of line."""
    import json

    found = _offset_commit(record)
    if found is None:
        return b""
    key_version, key, version, value = found
    data: dict[str, object] | None = None
    if value is not None:
        data = {"offset": value.offset}
        if version >= 3:
            data["leaderEpoch"] = value.leader_epoch
        data |= {"metadata": value.metadata, "commitTimestamp": value.commit_timestamp}
        if version == 1:
            data["expireTimestamp"] = value.expire_timestamp
    place = {"group": key.group, "topic": key.topic, "partition": key.partition}
    shown = {
        "key": {"version": key_version, "data": place},
        "value": None if data is None else {"version": version, "data": data},
    }
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False).encode()


def committed_offset(record: Record) -> bytes:
    """The older form of a committed offset, a line; other records are left out."""
    found = _offset_commit(record)
    if found is None:
        return b""
    _, key, _, value = found
    shown = "NULL"
    if value is not None:
        epoch = "Optional.empty" if value.leader_epoch < 0 else f"Optional[{value.leader_epoch}]"
        expires = "None" if value.expire_timestamp < 0 else f"Some({value.expire_timestamp})"
        shown = (
            f"OffsetAndMetadata(offset={value.offset}, leaderEpoch={epoch}, metadata={value.metadata}, "
            f"commitTimestamp={value.commit_timestamp}, expireTimestamp={expires})"
        )
    return f"[{key.group},{key.topic},{key.partition}]::{shown}\n".encode()
