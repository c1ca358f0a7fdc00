"""ConsumerGroupHeartbeatRequest, key 68, versions 0-0. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.model import TopicId
from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT32S,
    UNPACK_INT32S,
    ZERO_UUID,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_numbers,
    append_string_length,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    null_not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class TopicPartitions(Message):
        topic_id: TopicId = ZERO_UUID  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class ConsumerGroupHeartbeatRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        group_id: str = ""  # v0+
        member_id: str = ""  # v0+
        member_epoch: int = 0  # v0+
        instance_id: str | None = None  # v0+, null in v0+
        rack_id: str | None = None  # v0+, null in v0+
        rebalance_timeout_ms: int = -1  # v0+
        subscribed_topic_names: Sequence[str] | None = None  # v0+, null in v0+
        server_assignor: str | None = None  # v0+, null in v0+
        topic_partitions: Sequence[TopicPartitions] | None = None  # v0+, null in v0+

else:

    class TopicPartitions(Message):
        __slots__ = ("topic_id", "partitions")

        def __init__(self, topic_id=ZERO_UUID, partitions=()):
            self.topic_id = topic_id
            self.partitions = partitions

    class ConsumerGroupHeartbeatRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("group_id", "member_id", "member_epoch", "instance_id", "rack_id", "rebalance_timeout_ms", "subscribed_topic_names", "server_assignor", "topic_partitions")

        def __init__(self, group_id="", member_id="", member_epoch=0, instance_id=None, rack_id=None, rebalance_timeout_ms=-1, subscribed_topic_names=None, server_assignor=None, topic_partitions=None):
            self.group_id = group_id
            self.member_id = member_id
            self.member_epoch = member_epoch
            self.instance_id = instance_id
            self.rack_id = rack_id
            self.rebalance_timeout_ms = rebalance_timeout_ms
            self.subscribed_topic_names = subscribed_topic_names
            self.server_assignor = server_assignor
            self.topic_partitions = topic_partitions


_read_16sB = Struct(">16sB").unpack_from
_read_iB = Struct(">iB").unpack_from
_write_16s = Struct(">16s").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[ConsumerGroupHeartbeatRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("ConsumerGroupHeartbeatRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("ConsumerGroupHeartbeatRequest.member_id", at)
        end = at + n - 1
        member_id = data[at:end].decode()
        at = end
        member_epoch, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        instance_id: str | None = None
        if n:
            end = at + n - 1
            instance_id = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        rack_id: str | None = None
        if n:
            end = at + n - 1
            rack_id = data[at:end].decode()
            at = end
        rebalance_timeout_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        subscribed_topic_names: list[str] | None
        if n:
            n -= 1
            room -= n * 58
            if room < 0 or n > len(data) - at:
                raise too_many("ConsumerGroupHeartbeatRequest.subscribed_topic_names", n, at)
            items: list[str] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("ConsumerGroupHeartbeatRequest.subscribed_topic_names", at)
                end = at + n - 1
                subscribed_topic_names_2 = data[at:end].decode()
                at = end
                items.append(subscribed_topic_names_2)
            subscribed_topic_names = items
        else:
            subscribed_topic_names = None
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        server_assignor: str | None = None
        if n:
            end = at + n - 1
            server_assignor = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topic_partitions: list[TopicPartitions] | None
        if n:
            n -= 1
            room -= n * 161
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("ConsumerGroupHeartbeatRequest.topic_partitions", n, at)
            items_2: list[TopicPartitions] = []
            for _ in range(n):
                topic_id, n = _read_16sB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("TopicPartitions.partitions", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("TopicPartitions.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(TopicPartitions(topic_id, partitions))
            topic_partitions = items_2
        else:
            topic_partitions = None
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ConsumerGroupHeartbeatRequest(group_id, member_id, member_epoch, instance_id, rack_id, rebalance_timeout_ms, subscribed_topic_names, server_assignor, topic_partitions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerGroupHeartbeatRequest v0", at, error) from None


def _encode_v0(m: ConsumerGroupHeartbeatRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_i(m.member_epoch)
        if m.instance_id is None:
            out.append(0)
        else:
            s = m.instance_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.rack_id is None:
            out.append(0)
        else:
            s = m.rack_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_i(m.rebalance_timeout_ms)
        if m.subscribed_topic_names is None:
            out.append(0)
        else:
            n = len(m.subscribed_topic_names) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_subscribed_topic_names in m.subscribed_topic_names:
                if each_of_subscribed_topic_names is None:
                    raise null_not_in_version("each_of_subscribed_topic_names", "ConsumerGroupHeartbeatRequest v0")
                s = each_of_subscribed_topic_names.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
        if m.server_assignor is None:
            out.append(0)
        else:
            s = m.server_assignor.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.topic_partitions is None:
            out.append(0)
        else:
            n = len(m.topic_partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topic_partitions in m.topic_partitions:
                out += _write_16s(each_of_topic_partitions.topic_id)
                numbers = each_of_topic_partitions.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerGroupHeartbeatRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ConsumerGroupHeartbeatRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ConsumerGroupHeartbeatRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
