"""LeaderAndIsrRequest, key 4, versions 0-7. Generated from messages.spec, do not edit."""

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
    PACK_INT32S,
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
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class LeaderAndIsrPartitionState(Message):
        topic_name: str = ""  # v0-1
        partition_index: int = 0  # v0+
        controller_epoch: int = 0  # v0+
        leader: int = 0  # v0+
        leader_epoch: int = 0  # v0+
        isr: Sequence[int] = ()  # v0+
        partition_epoch: int = 0  # v0+
        replicas: Sequence[int] = ()  # v0+
        adding_replicas: Sequence[int] = ()  # v3+
        removing_replicas: Sequence[int] = ()  # v3+
        is_new: bool = False  # v1+
        leader_recovery_state: int = 0  # v6+

    @frozen
    class LeaderAndIsrTopicState(Message):
        topic_name: str = ""  # v2+
        topic_id: TopicId = ZERO_UUID  # v5+
        partition_states: Sequence[LeaderAndIsrPartitionState] = ()  # v2+

    @frozen
    class LeaderAndIsrLiveLeader(Message):
        broker_id: int = 0  # v0+
        host_name: str = ""  # v0+
        port: int = 0  # v0+

    @frozen
    class LeaderAndIsrRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LEADER_AND_ISR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 4)
        controller_id: int = 0  # v0+
        is_kraft_controller: bool = False  # v7+
        controller_epoch: int = 0  # v0+
        broker_epoch: int = -1  # v2+
        type: int = 0  # v5+
        ungrouped_partition_states: Sequence[LeaderAndIsrPartitionState] = ()  # v0-1
        topic_states: Sequence[LeaderAndIsrTopicState] = ()  # v2+
        live_leaders: Sequence[LeaderAndIsrLiveLeader] = ()  # v0+

else:

    class LeaderAndIsrPartitionState(Message):
        __slots__ = ("topic_name", "partition_index", "controller_epoch", "leader", "leader_epoch", "isr", "partition_epoch", "replicas", "adding_replicas", "removing_replicas", "is_new", "leader_recovery_state")

        def __init__(self, topic_name="", partition_index=0, controller_epoch=0, leader=0, leader_epoch=0, isr=(), partition_epoch=0, replicas=(), adding_replicas=(), removing_replicas=(), is_new=False, leader_recovery_state=0):
            self.topic_name = topic_name
            self.partition_index = partition_index
            self.controller_epoch = controller_epoch
            self.leader = leader
            self.leader_epoch = leader_epoch
            self.isr = isr
            self.partition_epoch = partition_epoch
            self.replicas = replicas
            self.adding_replicas = adding_replicas
            self.removing_replicas = removing_replicas
            self.is_new = is_new
            self.leader_recovery_state = leader_recovery_state

    class LeaderAndIsrTopicState(Message):
        __slots__ = ("topic_name", "topic_id", "partition_states")

        def __init__(self, topic_name="", topic_id=ZERO_UUID, partition_states=()):
            self.topic_name = topic_name
            self.topic_id = topic_id
            self.partition_states = partition_states

    class LeaderAndIsrLiveLeader(Message):
        __slots__ = ("broker_id", "host_name", "port")

        def __init__(self, broker_id=0, host_name="", port=0):
            self.broker_id = broker_id
            self.host_name = host_name
            self.port = port

    class LeaderAndIsrRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LEADER_AND_ISR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 4)
        __slots__ = ("controller_id", "is_kraft_controller", "controller_epoch", "broker_epoch", "type", "ungrouped_partition_states", "topic_states", "live_leaders")

        def __init__(self, controller_id=0, is_kraft_controller=False, controller_epoch=0, broker_epoch=-1, type=0, ungrouped_partition_states=(), topic_states=(), live_leaders=()):
            self.controller_id = controller_id
            self.is_kraft_controller = is_kraft_controller
            self.controller_epoch = controller_epoch
            self.broker_epoch = broker_epoch
            self.type = type
            self.ungrouped_partition_states = ungrouped_partition_states
            self.topic_states = topic_states
            self.live_leaders = live_leaders


_read_16sB = Struct(">16sB").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iii = Struct(">iii").unpack_from
_read_iiiiB = Struct(">iiiiB").unpack_from
_read_iiiii = Struct(">iiiii").unpack_from
_read_iiqB = Struct(">iiqB").unpack_from
_read_iiqbB = Struct(">iiqbB").unpack_from
_read_iiqi = Struct(">iiqi").unpack_from
_read_ioiqbB = Struct(">i?iqbB").unpack_from
_read_o = Struct(">?").unpack_from
_read_oB = Struct(">?B").unpack_from
_read_obB = Struct(">?bB").unpack_from
_write_16s = Struct(">16s").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_iii = Struct(">iii").pack
_write_iiii = Struct(">iiii").pack
_write_iiq = Struct(">iiq").pack
_write_iiqb = Struct(">iiqb").pack
_write_iiqi = Struct(">iiqi").pack
_write_ioiqb = Struct(">i?iqb").pack
_write_ix = Struct(">ix").pack
_write_o = Struct(">?").pack
_write_obx = Struct(">?bx").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("LeaderAndIsrRequest.ungrouped_partition_states", at)
        room -= n * 438
        if room < 0 or n * 30 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.ungrouped_partition_states", n, at)
        items: list[LeaderAndIsrPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("LeaderAndIsrPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("LeaderAndIsrPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("LeaderAndIsrPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            partition_epoch, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("LeaderAndIsrPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(LeaderAndIsrPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_2: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n
            host_name = data[at:end].decode()
            at = end
            port, = _read_i(data, at)
            at += 4
            items_2.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_2
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, -1, 0, ungrouped_partition_states, (), live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v0", at, error) from None


def _encode_v0(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v0")
        if m.type != 0:
            raise not_in_version("LeaderAndIsrRequest.type", "LeaderAndIsrRequest v0")
        if m.topic_states:
            raise not_in_version("LeaderAndIsrRequest.topic_states", "LeaderAndIsrRequest v0")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
            if each_of_ungrouped_partition_states.leader_recovery_state != 0:
                raise not_in_version("LeaderAndIsrPartitionState.leader_recovery_state", "LeaderAndIsrRequest v0")
            s = each_of_ungrouped_partition_states.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_iiii(each_of_ungrouped_partition_states.partition_index, each_of_ungrouped_partition_states.controller_epoch, each_of_ungrouped_partition_states.leader, each_of_ungrouped_partition_states.leader_epoch)
            numbers = each_of_ungrouped_partition_states.isr
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
            out += _write_i(each_of_ungrouped_partition_states.partition_epoch)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_leaders))
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_ih(each_of_live_leaders.broker_id, len(s))
            out += s
            out += _write_i(each_of_live_leaders.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("LeaderAndIsrRequest.ungrouped_partition_states", at)
        room -= n * 438
        if room < 0 or n * 31 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.ungrouped_partition_states", n, at)
        items: list[LeaderAndIsrPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("LeaderAndIsrPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("LeaderAndIsrPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("LeaderAndIsrPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            partition_epoch, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("LeaderAndIsrPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            is_new, = _read_o(data, at)
            at += 1
            items.append(LeaderAndIsrPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, (), (), is_new))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_2: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n
            host_name = data[at:end].decode()
            at = end
            port, = _read_i(data, at)
            at += 4
            items_2.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_2
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, -1, 0, ungrouped_partition_states, (), live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v1", at, error) from None


def _encode_v1(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v1")
        if m.type != 0:
            raise not_in_version("LeaderAndIsrRequest.type", "LeaderAndIsrRequest v1")
        if m.topic_states:
            raise not_in_version("LeaderAndIsrRequest.topic_states", "LeaderAndIsrRequest v1")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
            if each_of_ungrouped_partition_states.leader_recovery_state != 0:
                raise not_in_version("LeaderAndIsrPartitionState.leader_recovery_state", "LeaderAndIsrRequest v1")
            s = each_of_ungrouped_partition_states.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_iiii(each_of_ungrouped_partition_states.partition_index, each_of_ungrouped_partition_states.controller_epoch, each_of_ungrouped_partition_states.leader, each_of_ungrouped_partition_states.leader_epoch)
            numbers = each_of_ungrouped_partition_states.isr
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
            out += _write_i(each_of_ungrouped_partition_states.partition_epoch)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
            out += _write_o(each_of_ungrouped_partition_states.is_new)
        out += _write_i(len(m.live_leaders))
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_ih(each_of_live_leaders.broker_id, len(s))
            out += s
            out += _write_i(each_of_live_leaders.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqi(data, at)
        at += 20
        if n < 0:
            raise is_null("LeaderAndIsrRequest.topic_states", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.topic_states", n, at)
        items: list[LeaderAndIsrTopicState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("LeaderAndIsrTopicState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("LeaderAndIsrTopicState.partition_states", at)
            room -= n * 388
            if room < 0 or n * 29 > len(data) - at:
                raise too_many("LeaderAndIsrTopicState.partition_states", n, at)
            items_2: list[LeaderAndIsrPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
                at += 20
                if n < 0:
                    raise is_null("LeaderAndIsrPartitionState.isr", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, n = _read_ii(data, at)
                at += 8
                if n < 0:
                    raise is_null("LeaderAndIsrPartitionState.replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                is_new, = _read_o(data, at)
                at += 1
                items_2.append(LeaderAndIsrPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, (), (), is_new))
            partition_states = items_2
            items.append(LeaderAndIsrTopicState(topic_name, ZERO_UUID, partition_states))
        topic_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_3: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n
            host_name = data[at:end].decode()
            at = end
            port, = _read_i(data, at)
            at += 4
            items_3.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_3
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, broker_epoch, 0, (), topic_states, live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v2", at, error) from None


def _encode_v2(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v2")
        if m.type != 0:
            raise not_in_version("LeaderAndIsrRequest.type", "LeaderAndIsrRequest v2")
        if m.ungrouped_partition_states:
            raise not_in_version("LeaderAndIsrRequest.ungrouped_partition_states", "LeaderAndIsrRequest v2")
        out += _write_iiqi(m.controller_id, m.controller_epoch, m.broker_epoch, len(m.topic_states))
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topic_states.partition_states))
            for each_of_partition_states in each_of_topic_states.partition_states:
                if each_of_partition_states.leader_recovery_state != 0:
                    raise not_in_version("LeaderAndIsrPartitionState.leader_recovery_state", "LeaderAndIsrRequest v2")
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                out += _write_i(each_of_partition_states.partition_epoch)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                out += _write_o(each_of_partition_states.is_new)
        out += _write_i(len(m.live_leaders))
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_ih(each_of_live_leaders.broker_id, len(s))
            out += s
            out += _write_i(each_of_live_leaders.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqi(data, at)
        at += 20
        if n < 0:
            raise is_null("LeaderAndIsrRequest.topic_states", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.topic_states", n, at)
        items: list[LeaderAndIsrTopicState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("LeaderAndIsrTopicState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("LeaderAndIsrTopicState.partition_states", at)
            room -= n * 500
            if room < 0 or n * 37 > len(data) - at:
                raise too_many("LeaderAndIsrTopicState.partition_states", n, at)
            items_2: list[LeaderAndIsrPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
                at += 20
                if n < 0:
                    raise is_null("LeaderAndIsrPartitionState.isr", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, n = _read_ii(data, at)
                at += 8
                if n < 0:
                    raise is_null("LeaderAndIsrPartitionState.replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("LeaderAndIsrPartitionState.adding_replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.adding_replicas", n, at)
                adding_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("LeaderAndIsrPartitionState.removing_replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.removing_replicas", n, at)
                removing_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                is_new, = _read_o(data, at)
                at += 1
                items_2.append(LeaderAndIsrPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, adding_replicas, removing_replicas, is_new))
            partition_states = items_2
            items.append(LeaderAndIsrTopicState(topic_name, ZERO_UUID, partition_states))
        topic_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_3: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n
            host_name = data[at:end].decode()
            at = end
            port, = _read_i(data, at)
            at += 4
            items_3.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_3
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, broker_epoch, 0, (), topic_states, live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v3", at, error) from None


def _encode_v3(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v3")
        if m.type != 0:
            raise not_in_version("LeaderAndIsrRequest.type", "LeaderAndIsrRequest v3")
        if m.ungrouped_partition_states:
            raise not_in_version("LeaderAndIsrRequest.ungrouped_partition_states", "LeaderAndIsrRequest v3")
        out += _write_iiqi(m.controller_id, m.controller_epoch, m.broker_epoch, len(m.topic_states))
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topic_states.partition_states))
            for each_of_partition_states in each_of_topic_states.partition_states:
                if each_of_partition_states.leader_recovery_state != 0:
                    raise not_in_version("LeaderAndIsrPartitionState.leader_recovery_state", "LeaderAndIsrRequest v3")
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                out += _write_i(each_of_partition_states.partition_epoch)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partition_states.adding_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partition_states.removing_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                out += _write_o(each_of_partition_states.is_new)
        out += _write_i(len(m.live_leaders))
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_ih(each_of_live_leaders.broker_id, len(s))
            out += s
            out += _write_i(each_of_live_leaders.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqB(data, at)
        at += 17
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.topic_states", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.topic_states", n, at)
        items: list[LeaderAndIsrTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.partition_states", at)
            n -= 1
            room -= n * 500
            if room < 0 or n * 26 > len(data) - at:
                raise too_many("LeaderAndIsrTopicState.partition_states", n, at)
            items_2: list[LeaderAndIsrPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.adding_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.adding_replicas", n, at)
                adding_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.removing_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.removing_replicas", n, at)
                removing_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                is_new, tags = _read_oB(data, at)
                at += 2
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(LeaderAndIsrPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, adding_replicas, removing_replicas, is_new))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(LeaderAndIsrTopicState(topic_name, ZERO_UUID, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_3: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n - 1
            host_name = data[at:end].decode()
            at = end
            port, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_3
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, broker_epoch, 0, (), topic_states, live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v4", at, error) from None


def _encode_v4(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v4")
        if m.type != 0:
            raise not_in_version("LeaderAndIsrRequest.type", "LeaderAndIsrRequest v4")
        if m.ungrouped_partition_states:
            raise not_in_version("LeaderAndIsrRequest.ungrouped_partition_states", "LeaderAndIsrRequest v4")
        out += _write_iiq(m.controller_id, m.controller_epoch, m.broker_epoch)
        n = len(m.topic_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_topic_states.partition_states) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_states in each_of_topic_states.partition_states:
                if each_of_partition_states.leader_recovery_state != 0:
                    raise not_in_version("LeaderAndIsrPartitionState.leader_recovery_state", "LeaderAndIsrRequest v4")
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_i(each_of_partition_states.partition_epoch)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.adding_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.removing_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_ox(each_of_partition_states.is_new)
            out.append(0)
        n = len(m.live_leaders) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_i(each_of_live_leaders.broker_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ix(each_of_live_leaders.port)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, type, n = _read_iiqbB(data, at)
        at += 18
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.topic_states", at)
        n -= 1
        room -= n * 219
        if room < 0 or n * 19 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.topic_states", n, at)
        items: list[LeaderAndIsrTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.partition_states", at)
            n -= 1
            room -= n * 500
            if room < 0 or n * 26 > len(data) - at:
                raise too_many("LeaderAndIsrTopicState.partition_states", n, at)
            items_2: list[LeaderAndIsrPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.adding_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.adding_replicas", n, at)
                adding_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.removing_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.removing_replicas", n, at)
                removing_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                is_new, tags = _read_oB(data, at)
                at += 2
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(LeaderAndIsrPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, adding_replicas, removing_replicas, is_new))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(LeaderAndIsrTopicState(topic_name, topic_id, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_3: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n - 1
            host_name = data[at:end].decode()
            at = end
            port, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_3
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, broker_epoch, type, (), topic_states, live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v5", at, error) from None


def _encode_v5(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v5")
        if m.ungrouped_partition_states:
            raise not_in_version("LeaderAndIsrRequest.ungrouped_partition_states", "LeaderAndIsrRequest v5")
        out += _write_iiqb(m.controller_id, m.controller_epoch, m.broker_epoch, m.type)
        n = len(m.topic_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_16s(each_of_topic_states.topic_id)
            n = len(each_of_topic_states.partition_states) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_states in each_of_topic_states.partition_states:
                if each_of_partition_states.leader_recovery_state != 0:
                    raise not_in_version("LeaderAndIsrPartitionState.leader_recovery_state", "LeaderAndIsrRequest v5")
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_i(each_of_partition_states.partition_epoch)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.adding_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.removing_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_ox(each_of_partition_states.is_new)
            out.append(0)
        n = len(m.live_leaders) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_i(each_of_live_leaders.broker_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ix(each_of_live_leaders.port)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, type, n = _read_iiqbB(data, at)
        at += 18
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.topic_states", at)
        n -= 1
        room -= n * 219
        if room < 0 or n * 19 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.topic_states", n, at)
        items: list[LeaderAndIsrTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.partition_states", at)
            n -= 1
            room -= n * 500
            if room < 0 or n * 27 > len(data) - at:
                raise too_many("LeaderAndIsrTopicState.partition_states", n, at)
            items_2: list[LeaderAndIsrPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.adding_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.adding_replicas", n, at)
                adding_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.removing_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.removing_replicas", n, at)
                removing_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                is_new, leader_recovery_state, tags = _read_obB(data, at)
                at += 3
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(LeaderAndIsrPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, adding_replicas, removing_replicas, is_new, leader_recovery_state))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(LeaderAndIsrTopicState(topic_name, topic_id, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_3: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n - 1
            host_name = data[at:end].decode()
            at = end
            port, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_3
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return LeaderAndIsrRequest(controller_id, False, controller_epoch, broker_epoch, type, (), topic_states, live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v6", at, error) from None


def _encode_v6(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("LeaderAndIsrRequest.is_kraft_controller", "LeaderAndIsrRequest v6")
        if m.ungrouped_partition_states:
            raise not_in_version("LeaderAndIsrRequest.ungrouped_partition_states", "LeaderAndIsrRequest v6")
        out += _write_iiqb(m.controller_id, m.controller_epoch, m.broker_epoch, m.type)
        n = len(m.topic_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_16s(each_of_topic_states.topic_id)
            n = len(each_of_topic_states.partition_states) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_states in each_of_topic_states.partition_states:
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_i(each_of_partition_states.partition_epoch)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.adding_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.removing_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_obx(each_of_partition_states.is_new, each_of_partition_states.leader_recovery_state)
            out.append(0)
        n = len(m.live_leaders) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_i(each_of_live_leaders.broker_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ix(each_of_live_leaders.port)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[LeaderAndIsrRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, is_kraft_controller, controller_epoch, broker_epoch, type, n = _read_ioiqbB(data, at)
        at += 19
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.topic_states", at)
        n -= 1
        room -= n * 219
        if room < 0 or n * 19 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.topic_states", n, at)
        items: list[LeaderAndIsrTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicState.partition_states", at)
            n -= 1
            room -= n * 500
            if room < 0 or n * 27 > len(data) - at:
                raise too_many("LeaderAndIsrTopicState.partition_states", n, at)
            items_2: list[LeaderAndIsrPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.adding_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.adding_replicas", n, at)
                adding_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("LeaderAndIsrPartitionState.removing_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("LeaderAndIsrPartitionState.removing_replicas", n, at)
                removing_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                is_new, leader_recovery_state, tags = _read_obB(data, at)
                at += 3
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(LeaderAndIsrPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, partition_epoch, replicas, adding_replicas, removing_replicas, is_new, leader_recovery_state))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(LeaderAndIsrTopicState(topic_name, topic_id, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrRequest.live_leaders", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("LeaderAndIsrRequest.live_leaders", n, at)
        items_3: list[LeaderAndIsrLiveLeader] = []
        for _ in range(n):
            broker_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrLiveLeader.host_name", at)
            end = at + n - 1
            host_name = data[at:end].decode()
            at = end
            port, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(LeaderAndIsrLiveLeader(broker_id, host_name, port))
        live_leaders = items_3
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return LeaderAndIsrRequest(controller_id, is_kraft_controller, controller_epoch, broker_epoch, type, (), topic_states, live_leaders), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrRequest v7", at, error) from None


def _encode_v7(m: LeaderAndIsrRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.ungrouped_partition_states:
            raise not_in_version("LeaderAndIsrRequest.ungrouped_partition_states", "LeaderAndIsrRequest v7")
        out += _write_ioiqb(m.controller_id, m.is_kraft_controller, m.controller_epoch, m.broker_epoch, m.type)
        n = len(m.topic_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_16s(each_of_topic_states.topic_id)
            n = len(each_of_topic_states.partition_states) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_states in each_of_topic_states.partition_states:
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_i(each_of_partition_states.partition_epoch)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.adding_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.removing_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_obx(each_of_partition_states.is_new, each_of_partition_states.leader_recovery_state)
            out.append(0)
        n = len(m.live_leaders) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_leaders in m.live_leaders:
            s = each_of_live_leaders.host_name.encode()
            out += _write_i(each_of_live_leaders.broker_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ix(each_of_live_leaders.port)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrRequest v7", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[LeaderAndIsrRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
    6: _decode_v6,
    7: _decode_v7,
}

ENCODERS: Final[Mapping[int, Callable[[LeaderAndIsrRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
    6: _encode_v6,
    7: _encode_v7,
}
