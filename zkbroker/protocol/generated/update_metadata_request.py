"""UpdateMetadataRequest, key 6, versions 0-8. Generated from messages.spec, do not edit."""

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
    append_tag,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    long_uvarint,
    not_in_version,
    skip_tags,
    tag_header,
    too_many,
    undecodable,
    unencodable,
    wrong_tag_size,
)

if TYPE_CHECKING:

    @frozen
    class UpdateMetadataPartitionState(Message):
        topic_name: str = ""  # v0-4
        partition_index: int = 0  # v0+
        controller_epoch: int = 0  # v0+
        leader: int = 0  # v0+
        leader_epoch: int = 0  # v0+
        isr: Sequence[int] = ()  # v0+
        zk_version: int = 0  # v0+
        replicas: Sequence[int] = ()  # v0+
        offline_replicas: Sequence[int] = ()  # v4+

    @frozen
    class UpdateMetadataTopicState(Message):
        topic_name: str = ""  # v5+
        topic_id: TopicId = ZERO_UUID  # v7+
        partition_states: Sequence[UpdateMetadataPartitionState] = ()  # v5+

    @frozen
    class UpdateMetadataEndpoint(Message):
        port: int = 0  # v1+
        host: str = ""  # v1+
        listener: str = ""  # v3+
        security_protocol: int = 0  # v1+

    @frozen
    class UpdateMetadataBroker(Message):
        id: int = 0  # v0+
        v0_host: str = ""  # v0
        v0_port: int = 0  # v0
        endpoints: Sequence[UpdateMetadataEndpoint] = ()  # v1+
        rack: str | None = ""  # v2+, null in v0+

    @frozen
    class UpdateMetadataRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 8, 6)
        controller_id: int = 0  # v0+
        is_kraft_controller: bool = False  # v8+
        type: int = 0  # v8+
        controller_epoch: int = 0  # v0+
        broker_epoch: int = -1  # v5+
        ungrouped_partition_states: Sequence[UpdateMetadataPartitionState] = ()  # v0-4
        topic_states: Sequence[UpdateMetadataTopicState] = ()  # v5+
        live_brokers: Sequence[UpdateMetadataBroker] = ()  # v0+

else:

    class UpdateMetadataPartitionState(Message):
        __slots__ = ("topic_name", "partition_index", "controller_epoch", "leader", "leader_epoch", "isr", "zk_version", "replicas", "offline_replicas")

        def __init__(self, topic_name="", partition_index=0, controller_epoch=0, leader=0, leader_epoch=0, isr=(), zk_version=0, replicas=(), offline_replicas=()):
            self.topic_name = topic_name
            self.partition_index = partition_index
            self.controller_epoch = controller_epoch
            self.leader = leader
            self.leader_epoch = leader_epoch
            self.isr = isr
            self.zk_version = zk_version
            self.replicas = replicas
            self.offline_replicas = offline_replicas

    class UpdateMetadataTopicState(Message):
        __slots__ = ("topic_name", "topic_id", "partition_states")

        def __init__(self, topic_name="", topic_id=ZERO_UUID, partition_states=()):
            self.topic_name = topic_name
            self.topic_id = topic_id
            self.partition_states = partition_states

    class UpdateMetadataEndpoint(Message):
        __slots__ = ("port", "host", "listener", "security_protocol")

        def __init__(self, port=0, host="", listener="", security_protocol=0):
            self.port = port
            self.host = host
            self.listener = listener
            self.security_protocol = security_protocol

    class UpdateMetadataBroker(Message):
        __slots__ = ("id", "v0_host", "v0_port", "endpoints", "rack")

        def __init__(self, id=0, v0_host="", v0_port=0, endpoints=(), rack=""):
            self.id = id
            self.v0_host = v0_host
            self.v0_port = v0_port
            self.endpoints = endpoints
            self.rack = rack

    class UpdateMetadataRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 8, 6)
        __slots__ = ("controller_id", "is_kraft_controller", "type", "controller_epoch", "broker_epoch", "ungrouped_partition_states", "topic_states", "live_brokers")

        def __init__(self, controller_id=0, is_kraft_controller=False, type=0, controller_epoch=0, broker_epoch=-1, ungrouped_partition_states=(), topic_states=(), live_brokers=()):
            self.controller_id = controller_id
            self.is_kraft_controller = is_kraft_controller
            self.type = type
            self.controller_epoch = controller_epoch
            self.broker_epoch = broker_epoch
            self.ungrouped_partition_states = ungrouped_partition_states
            self.topic_states = topic_states
            self.live_brokers = live_brokers


_read_16sB = Struct(">16sB").unpack_from
_read_b = Struct(">b").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iii = Struct(">iii").unpack_from
_read_iiiiB = Struct(">iiiiB").unpack_from
_read_iiiii = Struct(">iiiii").unpack_from
_read_iiqB = Struct(">iiqB").unpack_from
_read_iiqi = Struct(">iiqi").unpack_from
_read_ioiqB = Struct(">i?iqB").unpack_from
_write_16s = Struct(">16s").pack
_write_b = Struct(">b").pack
_write_h = Struct(">h").pack
_write_hx = Struct(">hx").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ii = Struct(">ii").pack
_write_iii = Struct(">iii").pack
_write_iiii = Struct(">iiii").pack
_write_iiq = Struct(">iiq").pack
_write_iiqi = Struct(">iiqi").pack
_write_ioiq = Struct(">i?iq").pack


def _decode_v0(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("UpdateMetadataRequest.ungrouped_partition_states", at)
        room -= n * 414
        if room < 0 or n * 30 > len(data) - at:
            raise too_many("UpdateMetadataRequest.ungrouped_partition_states", n, at)
        items: list[UpdateMetadataPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            zk_version, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(UpdateMetadataPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        room -= n * 186
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_2: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("UpdateMetadataBroker.v0_host", at)
            end = at + n
            v0_host = data[at:end].decode()
            at = end
            v0_port, = _read_i(data, at)
            at += 4
            items_2.append(UpdateMetadataBroker(id, v0_host, v0_port))
        live_brokers = items_2
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, -1, ungrouped_partition_states, (), live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v0", at, error) from None


def _encode_v0(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v0")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v0")
        if m.topic_states:
            raise not_in_version("UpdateMetadataRequest.topic_states", "UpdateMetadataRequest v0")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
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
            out += _write_i(each_of_ungrouped_partition_states.zk_version)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_brokers))
        for each_of_live_brokers in m.live_brokers:
            s = each_of_live_brokers.v0_host.encode()
            out += _write_ih(each_of_live_brokers.id, len(s))
            out += s
            out += _write_i(each_of_live_brokers.v0_port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("UpdateMetadataRequest.ungrouped_partition_states", at)
        room -= n * 414
        if room < 0 or n * 30 > len(data) - at:
            raise too_many("UpdateMetadataRequest.ungrouped_partition_states", n, at)
        items: list[UpdateMetadataPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            zk_version, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(UpdateMetadataPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        room -= n * 164
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_2: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            room -= n * 178
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_3: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_ih(data, at)
                at += 6
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                security_protocol, = _read_h(data, at)
                at += 2
                items_3.append(UpdateMetadataEndpoint(port, host, "", security_protocol))
            endpoints = items_3
            items_2.append(UpdateMetadataBroker(id, "", 0, endpoints))
        live_brokers = items_2
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, -1, ungrouped_partition_states, (), live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v1", at, error) from None


def _encode_v1(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v1")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v1")
        if m.topic_states:
            raise not_in_version("UpdateMetadataRequest.topic_states", "UpdateMetadataRequest v1")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
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
            out += _write_i(each_of_ungrouped_partition_states.zk_version)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_brokers))
        for each_of_live_brokers in m.live_brokers:
            out += _write_ii(each_of_live_brokers.id, len(each_of_live_brokers.endpoints))
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_ih(each_of_endpoints.port, len(s))
                out += s
                out += _write_h(each_of_endpoints.security_protocol)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("UpdateMetadataRequest.ungrouped_partition_states", at)
        room -= n * 414
        if room < 0 or n * 30 > len(data) - at:
            raise too_many("UpdateMetadataRequest.ungrouped_partition_states", n, at)
        items: list[UpdateMetadataPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            zk_version, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(UpdateMetadataPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        room -= n * 214
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_2: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            room -= n * 178
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_3: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_ih(data, at)
                at += 6
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                security_protocol, = _read_h(data, at)
                at += 2
                items_3.append(UpdateMetadataEndpoint(port, host, "", security_protocol))
            endpoints = items_3
            n, = _read_h(data, at)
            at += 2
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items_2.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_2
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, -1, ungrouped_partition_states, (), live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v2", at, error) from None


def _encode_v2(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v2")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v2")
        if m.topic_states:
            raise not_in_version("UpdateMetadataRequest.topic_states", "UpdateMetadataRequest v2")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
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
            out += _write_i(each_of_ungrouped_partition_states.zk_version)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_brokers))
        for each_of_live_brokers in m.live_brokers:
            out += _write_ii(each_of_live_brokers.id, len(each_of_live_brokers.endpoints))
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_ih(each_of_endpoints.port, len(s))
                out += s
                out += _write_h(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_live_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("UpdateMetadataRequest.ungrouped_partition_states", at)
        room -= n * 414
        if room < 0 or n * 30 > len(data) - at:
            raise too_many("UpdateMetadataRequest.ungrouped_partition_states", n, at)
        items: list[UpdateMetadataPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            zk_version, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(UpdateMetadataPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        room -= n * 214
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_2: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            room -= n * 228
            if room < 0 or n * 10 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_3: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_ih(data, at)
                at += 6
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.listener", at)
                end = at + n
                listener = data[at:end].decode()
                at = end
                security_protocol, = _read_h(data, at)
                at += 2
                items_3.append(UpdateMetadataEndpoint(port, host, listener, security_protocol))
            endpoints = items_3
            n, = _read_h(data, at)
            at += 2
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items_2.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_2
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, -1, ungrouped_partition_states, (), live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v3", at, error) from None


def _encode_v3(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v3")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v3")
        if m.topic_states:
            raise not_in_version("UpdateMetadataRequest.topic_states", "UpdateMetadataRequest v3")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
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
            out += _write_i(each_of_ungrouped_partition_states.zk_version)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_brokers))
        for each_of_live_brokers in m.live_brokers:
            out += _write_ii(each_of_live_brokers.id, len(each_of_live_brokers.endpoints))
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_ih(each_of_endpoints.port, len(s))
                out += s
                s = each_of_endpoints.listener.encode()
                out += _write_h(len(s))
                out += s
                out += _write_h(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_live_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, n = _read_iii(data, at)
        at += 12
        if n < 0:
            raise is_null("UpdateMetadataRequest.ungrouped_partition_states", at)
        room -= n * 470
        if room < 0 or n * 34 > len(data) - at:
            raise too_many("UpdateMetadataRequest.ungrouped_partition_states", n, at)
        items: list[UpdateMetadataPartitionState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
            at += 20
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.isr", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.isr", n, at)
            isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            zk_version, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.replicas", n, at)
            replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("UpdateMetadataPartitionState.offline_replicas", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("UpdateMetadataPartitionState.offline_replicas", n, at)
            offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(UpdateMetadataPartitionState(topic_name, partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas, offline_replicas))
        ungrouped_partition_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        room -= n * 214
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_2: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            room -= n * 228
            if room < 0 or n * 10 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_3: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_ih(data, at)
                at += 6
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.listener", at)
                end = at + n
                listener = data[at:end].decode()
                at = end
                security_protocol, = _read_h(data, at)
                at += 2
                items_3.append(UpdateMetadataEndpoint(port, host, listener, security_protocol))
            endpoints = items_3
            n, = _read_h(data, at)
            at += 2
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items_2.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_2
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, -1, ungrouped_partition_states, (), live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v4", at, error) from None


def _encode_v4(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v4")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v4")
        if m.topic_states:
            raise not_in_version("UpdateMetadataRequest.topic_states", "UpdateMetadataRequest v4")
        out += _write_iii(m.controller_id, m.controller_epoch, len(m.ungrouped_partition_states))
        for each_of_ungrouped_partition_states in m.ungrouped_partition_states:
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
            out += _write_i(each_of_ungrouped_partition_states.zk_version)
            numbers = each_of_ungrouped_partition_states.replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
            numbers = each_of_ungrouped_partition_states.offline_replicas
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_brokers))
        for each_of_live_brokers in m.live_brokers:
            out += _write_ii(each_of_live_brokers.id, len(each_of_live_brokers.endpoints))
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_ih(each_of_endpoints.port, len(s))
                out += s
                s = each_of_endpoints.listener.encode()
                out += _write_h(len(s))
                out += s
                out += _write_h(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_live_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqi(data, at)
        at += 20
        if n < 0:
            raise is_null("UpdateMetadataRequest.topic_states", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("UpdateMetadataRequest.topic_states", n, at)
        items: list[UpdateMetadataTopicState] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("UpdateMetadataTopicState.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("UpdateMetadataTopicState.partition_states", at)
            room -= n * 420
            if room < 0 or n * 32 > len(data) - at:
                raise too_many("UpdateMetadataTopicState.partition_states", n, at)
            items_2: list[UpdateMetadataPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiii(data, at)
                at += 20
                if n < 0:
                    raise is_null("UpdateMetadataPartitionState.isr", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                zk_version, n = _read_ii(data, at)
                at += 8
                if n < 0:
                    raise is_null("UpdateMetadataPartitionState.replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("UpdateMetadataPartitionState.offline_replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_2.append(UpdateMetadataPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas, offline_replicas))
            partition_states = items_2
            items.append(UpdateMetadataTopicState(topic_name, ZERO_UUID, partition_states))
        topic_states = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        room -= n * 214
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_3: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            room -= n * 228
            if room < 0 or n * 10 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_4: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_ih(data, at)
                at += 6
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("UpdateMetadataEndpoint.listener", at)
                end = at + n
                listener = data[at:end].decode()
                at = end
                security_protocol, = _read_h(data, at)
                at += 2
                items_4.append(UpdateMetadataEndpoint(port, host, listener, security_protocol))
            endpoints = items_4
            n, = _read_h(data, at)
            at += 2
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items_3.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_3
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, broker_epoch, (), topic_states, live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v5", at, error) from None


def _encode_v5(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v5")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v5")
        if m.ungrouped_partition_states:
            raise not_in_version("UpdateMetadataRequest.ungrouped_partition_states", "UpdateMetadataRequest v5")
        out += _write_iiqi(m.controller_id, m.controller_epoch, m.broker_epoch, len(m.topic_states))
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topic_states.partition_states))
            for each_of_partition_states in each_of_topic_states.partition_states:
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                out += _write_i(each_of_partition_states.zk_version)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partition_states.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
        out += _write_i(len(m.live_brokers))
        for each_of_live_brokers in m.live_brokers:
            out += _write_ii(each_of_live_brokers.id, len(each_of_live_brokers.endpoints))
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_ih(each_of_endpoints.port, len(s))
                out += s
                s = each_of_endpoints.listener.encode()
                out += _write_h(len(s))
                out += s
                out += _write_h(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_live_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqB(data, at)
        at += 17
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateMetadataRequest.topic_states", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("UpdateMetadataRequest.topic_states", n, at)
        items: list[UpdateMetadataTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataTopicState.partition_states", at)
            n -= 1
            room -= n * 420
            if room < 0 or n * 24 > len(data) - at:
                raise too_many("UpdateMetadataTopicState.partition_states", n, at)
            items_2: list[UpdateMetadataPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                zk_version, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(UpdateMetadataPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas, offline_replicas))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(UpdateMetadataTopicState(topic_name, ZERO_UUID, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        n -= 1
        room -= n * 214
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_3: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            n -= 1
            room -= n * 228
            if room < 0 or n * 9 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_4: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n - 1
                host = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataEndpoint.listener", at)
                end = at + n - 1
                listener = data[at:end].decode()
                at = end
                security_protocol, tags_3 = _read_hB(data, at)
                at += 3
                if tags_3:
                    at = skip_tags(data, at, tags_3)
                items_4.append(UpdateMetadataEndpoint(port, host, listener, security_protocol))
            endpoints = items_4
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags_4 = data[at]
            at += 1
            if tags_4:
                at = skip_tags(data, at, tags_4)
            items_3.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_3
        tags_5 = data[at]
        at += 1
        if tags_5:
            at = skip_tags(data, at, tags_5)
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, broker_epoch, (), topic_states, live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v6", at, error) from None


def _encode_v6(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v6")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v6")
        if m.ungrouped_partition_states:
            raise not_in_version("UpdateMetadataRequest.ungrouped_partition_states", "UpdateMetadataRequest v6")
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
                out += _write_iiii(each_of_partition_states.partition_index, each_of_partition_states.controller_epoch, each_of_partition_states.leader, each_of_partition_states.leader_epoch)
                numbers = each_of_partition_states.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_i(each_of_partition_states.zk_version)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        n = len(m.live_brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_brokers in m.live_brokers:
            out += _write_i(each_of_live_brokers.id)
            n = len(each_of_live_brokers.endpoints) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_i(each_of_endpoints.port)
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_endpoints.listener.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out += _write_hx(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_live_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqB(data, at)
        at += 17
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateMetadataRequest.topic_states", at)
        n -= 1
        room -= n * 219
        if room < 0 or n * 19 > len(data) - at:
            raise too_many("UpdateMetadataRequest.topic_states", n, at)
        items: list[UpdateMetadataTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataTopicState.partition_states", at)
            n -= 1
            room -= n * 420
            if room < 0 or n * 24 > len(data) - at:
                raise too_many("UpdateMetadataTopicState.partition_states", n, at)
            items_2: list[UpdateMetadataPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                zk_version, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(UpdateMetadataPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas, offline_replicas))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(UpdateMetadataTopicState(topic_name, topic_id, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        n -= 1
        room -= n * 214
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_3: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            n -= 1
            room -= n * 228
            if room < 0 or n * 9 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_4: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n - 1
                host = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataEndpoint.listener", at)
                end = at + n - 1
                listener = data[at:end].decode()
                at = end
                security_protocol, tags_3 = _read_hB(data, at)
                at += 3
                if tags_3:
                    at = skip_tags(data, at, tags_3)
                items_4.append(UpdateMetadataEndpoint(port, host, listener, security_protocol))
            endpoints = items_4
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags_4 = data[at]
            at += 1
            if tags_4:
                at = skip_tags(data, at, tags_4)
            items_3.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_3
        tags_5 = data[at]
        at += 1
        if tags_5:
            at = skip_tags(data, at, tags_5)
        return UpdateMetadataRequest(controller_id, False, 0, controller_epoch, broker_epoch, (), topic_states, live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v7", at, error) from None


def _encode_v7(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("UpdateMetadataRequest.is_kraft_controller", "UpdateMetadataRequest v7")
        if m.type != 0:
            raise not_in_version("UpdateMetadataRequest.type", "UpdateMetadataRequest v7")
        if m.ungrouped_partition_states:
            raise not_in_version("UpdateMetadataRequest.ungrouped_partition_states", "UpdateMetadataRequest v7")
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
                out += _write_i(each_of_partition_states.zk_version)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        n = len(m.live_brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_brokers in m.live_brokers:
            out += _write_i(each_of_live_brokers.id)
            n = len(each_of_live_brokers.endpoints) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_i(each_of_endpoints.port)
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_endpoints.listener.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out += _write_hx(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_live_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[UpdateMetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, is_kraft_controller, controller_epoch, broker_epoch, n = _read_ioiqB(data, at)
        at += 18
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateMetadataRequest.topic_states", at)
        n -= 1
        room -= n * 219
        if room < 0 or n * 19 > len(data) - at:
            raise too_many("UpdateMetadataRequest.topic_states", n, at)
        items: list[UpdateMetadataTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataTopicState.partition_states", at)
            n -= 1
            room -= n * 420
            if room < 0 or n * 24 > len(data) - at:
                raise too_many("UpdateMetadataTopicState.partition_states", n, at)
            items_2: list[UpdateMetadataPartitionState] = []
            for _ in range(n):
                partition_index, controller_epoch_2, leader, leader_epoch, n = _read_iiiiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                zk_version, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataPartitionState.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("UpdateMetadataPartitionState.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(UpdateMetadataPartitionState("", partition_index, controller_epoch_2, leader, leader_epoch, isr, zk_version, replicas, offline_replicas))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(UpdateMetadataTopicState(topic_name, topic_id, partition_states))
        topic_states = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateMetadataRequest.live_brokers", at)
        n -= 1
        room -= n * 214
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("UpdateMetadataRequest.live_brokers", n, at)
        items_3: list[UpdateMetadataBroker] = []
        for _ in range(n):
            id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("UpdateMetadataBroker.endpoints", at)
            n -= 1
            room -= n * 228
            if room < 0 or n * 9 > len(data) - at:
                raise too_many("UpdateMetadataBroker.endpoints", n, at)
            items_4: list[UpdateMetadataEndpoint] = []
            for _ in range(n):
                port, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataEndpoint.host", at)
                end = at + n - 1
                host = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UpdateMetadataEndpoint.listener", at)
                end = at + n - 1
                listener = data[at:end].decode()
                at = end
                security_protocol, tags_3 = _read_hB(data, at)
                at += 3
                if tags_3:
                    at = skip_tags(data, at, tags_3)
                items_4.append(UpdateMetadataEndpoint(port, host, listener, security_protocol))
            endpoints = items_4
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags_4 = data[at]
            at += 1
            if tags_4:
                at = skip_tags(data, at, tags_4)
            items_3.append(UpdateMetadataBroker(id, "", 0, endpoints, rack))
        live_brokers = items_3
        type: int = 0
        tags_5 = data[at]
        at += 1
        if tags_5:
            if tags_5 > 127:
                tags_5, at = long_uvarint(data, at, tags_5)
            last = -1
            for _ in range(tags_5):
                tag, at, end_of_tag = tag_header(data, at, last)
                last = tag
                if tag == 0:
                    type, = _read_b(data, at)
                    at += 1
                else:
                    at = end_of_tag
                if at != end_of_tag:
                    raise wrong_tag_size("UpdateMetadataRequest", tag, at, end_of_tag)
        return UpdateMetadataRequest(controller_id, is_kraft_controller, type, controller_epoch, broker_epoch, (), topic_states, live_brokers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataRequest v8", at, error) from None


def _encode_v8(m: UpdateMetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.ungrouped_partition_states:
            raise not_in_version("UpdateMetadataRequest.ungrouped_partition_states", "UpdateMetadataRequest v8")
        out += _write_ioiq(m.controller_id, m.is_kraft_controller, m.controller_epoch, m.broker_epoch)
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
                out += _write_i(each_of_partition_states.zk_version)
                numbers = each_of_partition_states.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partition_states.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        n = len(m.live_brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_live_brokers in m.live_brokers:
            out += _write_i(each_of_live_brokers.id)
            n = len(each_of_live_brokers.endpoints) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_endpoints in each_of_live_brokers.endpoints:
                s = each_of_endpoints.host.encode()
                out += _write_i(each_of_endpoints.port)
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_endpoints.listener.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out += _write_hx(each_of_endpoints.security_protocol)
            if each_of_live_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_live_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        if m.type != 0:
            count = 0
            section = bytearray()
            if m.type != 0:
                count += 1
                tag = bytearray()
                tag += _write_b(m.type)
                append_tag(section, 0, tag)
            append_uvarint(out, count)
            out += section
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataRequest v8", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[UpdateMetadataRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
    6: _decode_v6,
    7: _decode_v7,
    8: _decode_v8,
}

ENCODERS: Final[Mapping[int, Callable[[UpdateMetadataRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
    6: _encode_v6,
    7: _encode_v7,
    8: _encode_v8,
}
