"""ConsumerGroupDescribeResponse, key 69, versions 0-0. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class TopicPartitions(Message):
        topic_id: TopicId = ZERO_UUID  # v0+
        topic_name: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class Assignment(Message):
        topic_partitions: Sequence[TopicPartitions] = ()  # v0+

    DEFAULT_Assignment: Final = Assignment()

    @frozen
    class Member(Message):
        member_id: str = ""  # v0+
        instance_id: str | None = None  # v0+, null in v0+
        rack_id: str | None = None  # v0+, null in v0+
        member_epoch: int = 0  # v0+
        client_id: str = ""  # v0+
        client_host: str = ""  # v0+
        subscribed_topic_names: Sequence[str] = ()  # v0+
        subscribed_topic_regex: str | None = None  # v0+, null in v0+
        assignment: Assignment = DEFAULT_Assignment  # v0+
        target_assignment: Assignment = DEFAULT_Assignment  # v0+

    @frozen
    class DescribedGroup(Message):
        error_code: int = 0  # v0+
        error_message: str | None = None  # v0+, null in v0+
        group_id: str = ""  # v0+
        group_state: str = ""  # v0+
        group_epoch: int = 0  # v0+
        assignment_epoch: int = 0  # v0+
        assignor_name: str = ""  # v0+
        members: Sequence[Member] = ()  # v0+
        authorized_operations: int = -2147483648  # v0+

    @frozen
    class ConsumerGroupDescribeResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_DESCRIBE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        groups: Sequence[DescribedGroup] = ()  # v0+

else:

    class TopicPartitions(Message):
        __slots__ = ("topic_id", "topic_name", "partitions")

        def __init__(self, topic_id=ZERO_UUID, topic_name="", partitions=()):
            self.topic_id = topic_id
            self.topic_name = topic_name
            self.partitions = partitions

    class Assignment(Message):
        __slots__ = ("topic_partitions",)

        def __init__(self, topic_partitions=()):
            self.topic_partitions = topic_partitions

    DEFAULT_Assignment: Final = Assignment()

    class Member(Message):
        __slots__ = ("member_id", "instance_id", "rack_id", "member_epoch", "client_id", "client_host", "subscribed_topic_names", "subscribed_topic_regex", "assignment", "target_assignment")

        def __init__(self, member_id="", instance_id=None, rack_id=None, member_epoch=0, client_id="", client_host="", subscribed_topic_names=(), subscribed_topic_regex=None, assignment=DEFAULT_Assignment, target_assignment=DEFAULT_Assignment):
            self.member_id = member_id
            self.instance_id = instance_id
            self.rack_id = rack_id
            self.member_epoch = member_epoch
            self.client_id = client_id
            self.client_host = client_host
            self.subscribed_topic_names = subscribed_topic_names
            self.subscribed_topic_regex = subscribed_topic_regex
            self.assignment = assignment
            self.target_assignment = target_assignment

    class DescribedGroup(Message):
        __slots__ = ("error_code", "error_message", "group_id", "group_state", "group_epoch", "assignment_epoch", "assignor_name", "members", "authorized_operations")

        def __init__(self, error_code=0, error_message=None, group_id="", group_state="", group_epoch=0, assignment_epoch=0, assignor_name="", members=(), authorized_operations=-2147483648):
            self.error_code = error_code
            self.error_message = error_message
            self.group_id = group_id
            self.group_state = group_state
            self.group_epoch = group_epoch
            self.assignment_epoch = assignment_epoch
            self.assignor_name = assignor_name
            self.members = members
            self.authorized_operations = authorized_operations

    class ConsumerGroupDescribeResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_DESCRIBE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "groups")

        def __init__(self, throttle_time_ms=0, groups=()):
            self.throttle_time_ms = throttle_time_ms
            self.groups = groups


_read_16sB = Struct(">16sB").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_iiB = Struct(">iiB").unpack_from
_write_16s = Struct(">16s").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_ix = Struct(">ix").pack
_write_xx = Struct(">xx").pack


def _decode_v0(data: bytes, at: int) -> tuple[ConsumerGroupDescribeResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ConsumerGroupDescribeResponse.groups", at)
        n -= 1
        room -= n * 480
        if room < 0 or n * 20 > len(data) - at:
            raise too_many("ConsumerGroupDescribeResponse.groups", n, at)
        items: list[DescribedGroup] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.group_state", at)
            end = at + n - 1
            group_state = data[at:end].decode()
            at = end
            group_epoch, assignment_epoch, n = _read_iiB(data, at)
            at += 9
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.assignor_name", at)
            end = at + n - 1
            assignor_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.members", at)
            n -= 1
            room -= n * 696
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("DescribedGroup.members", n, at)
            items_2: list[Member] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("Member.member_id", at)
                end = at + n - 1
                member_id = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
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
                member_epoch, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("Member.client_id", at)
                end = at + n - 1
                client_id = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("Member.client_host", at)
                end = at + n - 1
                client_host = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("Member.subscribed_topic_names", at)
                n -= 1
                room -= n * 58
                if room < 0 or n > len(data) - at:
                    raise too_many("Member.subscribed_topic_names", n, at)
                items_3: list[str] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("Member.subscribed_topic_names", at)
                    end = at + n - 1
                    subscribed_topic_names_2 = data[at:end].decode()
                    at = end
                    items_3.append(subscribed_topic_names_2)
                subscribed_topic_names = items_3
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                subscribed_topic_regex: str | None = None
                if n:
                    end = at + n - 1
                    subscribed_topic_regex = data[at:end].decode()
                    at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("Assignment.topic_partitions", at)
                n -= 1
                room -= n * 219
                if room < 0 or n * 19 > len(data) - at:
                    raise too_many("Assignment.topic_partitions", n, at)
                items_4: list[TopicPartitions] = []
                for _ in range(n):
                    topic_id, n = _read_16sB(data, at)
                    at += 17
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("TopicPartitions.topic_name", at)
                    end = at + n - 1
                    topic_name = data[at:end].decode()
                    at = end
                    n = data[at]
                    at += 1
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
                    items_4.append(TopicPartitions(topic_id, topic_name, partitions))
                topic_partitions = items_4
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                assignment = Assignment(topic_partitions)
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("Assignment.topic_partitions", at)
                n -= 1
                room -= n * 219
                if room < 0 or n * 19 > len(data) - at:
                    raise too_many("Assignment.topic_partitions", n, at)
                items_5: list[TopicPartitions] = []
                for _ in range(n):
                    topic_id_2, n = _read_16sB(data, at)
                    at += 17
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("TopicPartitions.topic_name", at)
                    end = at + n - 1
                    topic_name_2 = data[at:end].decode()
                    at = end
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("TopicPartitions.partitions", at)
                    n -= 1
                    room -= n * 36
                    if room < 0 or n * 4 > len(data) - at:
                        raise too_many("TopicPartitions.partitions", n, at)
                    partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                    at += n * 4
                    tags_3 = data[at]
                    at += 1
                    if tags_3:
                        at = skip_tags(data, at, tags_3)
                    items_5.append(TopicPartitions(topic_id_2, topic_name_2, partitions_2))
                topic_partitions_2 = items_5
                tags_4 = data[at]
                at += 1
                if tags_4:
                    at = skip_tags(data, at, tags_4)
                target_assignment = Assignment(topic_partitions_2)
                tags_5 = data[at]
                at += 1
                if tags_5:
                    at = skip_tags(data, at, tags_5)
                items_2.append(Member(member_id, instance_id, rack_id, member_epoch, client_id, client_host, subscribed_topic_names, subscribed_topic_regex, assignment, target_assignment))
            members = items_2
            authorized_operations, tags_6 = _read_iB(data, at)
            at += 5
            if tags_6:
                at = skip_tags(data, at, tags_6)
            items.append(DescribedGroup(error_code, error_message, group_id, group_state, group_epoch, assignment_epoch, assignor_name, members, authorized_operations))
        groups = items
        tags_7 = data[at]
        at += 1
        if tags_7:
            at = skip_tags(data, at, tags_7)
        return ConsumerGroupDescribeResponse(throttle_time_ms, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerGroupDescribeResponse v0", at, error) from None


def _encode_v0(m: ConsumerGroupDescribeResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            out += _write_h(each_of_groups.error_code)
            if each_of_groups.error_message is None:
                out.append(0)
            else:
                s = each_of_groups.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            s = each_of_groups.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.group_state.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.assignor_name.encode()
            out += _write_ii(each_of_groups.group_epoch, each_of_groups.assignment_epoch)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_groups.members) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_members in each_of_groups.members:
                s = each_of_members.member_id.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                if each_of_members.instance_id is None:
                    out.append(0)
                else:
                    s = each_of_members.instance_id.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                if each_of_members.rack_id is None:
                    out.append(0)
                else:
                    s = each_of_members.rack_id.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                s = each_of_members.client_id.encode()
                out += _write_i(each_of_members.member_epoch)
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_members.client_host.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                n = len(each_of_members.subscribed_topic_names) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_subscribed_topic_names in each_of_members.subscribed_topic_names:
                    s = each_of_subscribed_topic_names.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                if each_of_members.subscribed_topic_regex is None:
                    out.append(0)
                else:
                    s = each_of_members.subscribed_topic_regex.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                n = len(each_of_members.assignment.topic_partitions) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_topic_partitions in each_of_members.assignment.topic_partitions:
                    s = each_of_topic_partitions.topic_name.encode()
                    out += _write_16s(each_of_topic_partitions.topic_id)
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    numbers = each_of_topic_partitions.partitions
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                    else:
                        append_numbers(out, "i", numbers, True)
                    out.append(0)
                out.append(0)
                n = len(each_of_members.target_assignment.topic_partitions) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_topic_partitions_2 in each_of_members.target_assignment.topic_partitions:
                    s = each_of_topic_partitions_2.topic_name.encode()
                    out += _write_16s(each_of_topic_partitions_2.topic_id)
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    numbers = each_of_topic_partitions_2.partitions
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                    else:
                        append_numbers(out, "i", numbers, True)
                    out.append(0)
                out += _write_xx()
            out += _write_ix(each_of_groups.authorized_operations)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerGroupDescribeResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ConsumerGroupDescribeResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ConsumerGroupDescribeResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
