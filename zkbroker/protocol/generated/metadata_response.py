"""MetadataResponse, key 3, versions 0-12. Generated from messages.spec, do not edit."""

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
    null_not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class MetadataResponseBroker(Message):
        node_id: int = 0  # v0+
        host: str = ""  # v0+
        port: int = 0  # v0+
        rack: str | None = None  # v1+, null in v1+

    @frozen
    class MetadataResponsePartition(Message):
        error_code: int = 0  # v0+
        partition_index: int = 0  # v0+
        leader_id: int = 0  # v0+
        leader_epoch: int = -1  # v7+
        replica_nodes: Sequence[int] = ()  # v0+
        isr_nodes: Sequence[int] = ()  # v0+
        offline_replicas: Sequence[int] = ()  # v5+

    @frozen
    class MetadataResponseTopic(Message):
        error_code: int = 0  # v0+
        name: str | None = ""  # v0+, null in v12+
        topic_id: TopicId = ZERO_UUID  # v10+
        is_internal: bool = False  # v1+
        partitions: Sequence[MetadataResponsePartition] = ()  # v0+
        topic_authorized_operations: int = -2147483648  # v8+

    @frozen
    class MetadataResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 12, 9)
        throttle_time_ms: int = 0  # v3+
        brokers: Sequence[MetadataResponseBroker] = ()  # v0+
        cluster_id: str | None = None  # v2+, null in v2+
        controller_id: int = -1  # v1+
        topics: Sequence[MetadataResponseTopic] = ()  # v0+
        cluster_authorized_operations: int = -2147483648  # v8-10

else:

    class MetadataResponseBroker(Message):
        __slots__ = ("node_id", "host", "port", "rack")

        def __init__(self, node_id=0, host="", port=0, rack=None):
            self.node_id = node_id
            self.host = host
            self.port = port
            self.rack = rack

    class MetadataResponsePartition(Message):
        __slots__ = ("error_code", "partition_index", "leader_id", "leader_epoch", "replica_nodes", "isr_nodes", "offline_replicas")

        def __init__(self, error_code=0, partition_index=0, leader_id=0, leader_epoch=-1, replica_nodes=(), isr_nodes=(), offline_replicas=()):
            self.error_code = error_code
            self.partition_index = partition_index
            self.leader_id = leader_id
            self.leader_epoch = leader_epoch
            self.replica_nodes = replica_nodes
            self.isr_nodes = isr_nodes
            self.offline_replicas = offline_replicas

    class MetadataResponseTopic(Message):
        __slots__ = ("error_code", "name", "topic_id", "is_internal", "partitions", "topic_authorized_operations")

        def __init__(self, error_code=0, name="", topic_id=ZERO_UUID, is_internal=False, partitions=(), topic_authorized_operations=-2147483648):
            self.error_code = error_code
            self.name = name
            self.topic_id = topic_id
            self.is_internal = is_internal
            self.partitions = partitions
            self.topic_authorized_operations = topic_authorized_operations

    class MetadataResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 12, 9)
        __slots__ = ("throttle_time_ms", "brokers", "cluster_id", "controller_id", "topics", "cluster_authorized_operations")

        def __init__(self, throttle_time_ms=0, brokers=(), cluster_id=None, controller_id=-1, topics=(), cluster_authorized_operations=-2147483648):
            self.throttle_time_ms = throttle_time_ms
            self.brokers = brokers
            self.cluster_id = cluster_id
            self.controller_id = controller_id
            self.topics = topics
            self.cluster_authorized_operations = cluster_authorized_operations


_read_16soB = Struct(">16s?B").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_hiii = Struct(">hiii").unpack_from
_read_hiiiB = Struct(">hiiiB").unpack_from
_read_hiiii = Struct(">hiiii").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_oB = Struct(">?B").unpack_from
_read_oi = Struct(">?i").unpack_from
_write_16so = Struct(">16s?").pack
_write_h = Struct(">h").pack
_write_hh = Struct(">hh").pack
_write_hii = Struct(">hii").pack
_write_hiii = Struct(">hiii").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ii = Struct(">ii").pack
_write_ix = Struct(">ix").pack
_write_o = Struct(">?").pack
_write_oi = Struct(">?i").pack


def _decode_v0(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 178
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, = _read_i(data, at)
            at += 4
            items.append(MetadataResponseBroker(node_id, host, port))
        brokers = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 222
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 292
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, n = _read_hiii(data, at)
                at += 14
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, -1, replica_nodes, isr_nodes))
            partitions = items_3
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, False, partitions))
        topics = items_2
        return MetadataResponse(0, brokers, None, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v0", at, error) from None


def _encode_v0(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v0")
        out += _write_i(len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.topic_authorized_operations != -2147483648:
                raise not_in_version("MetadataResponseTopic.topic_authorized_operations", "MetadataResponse v0")
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v0")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 228
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, n = _read_ih(data, at)
            at += 6
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        controller_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 222
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oi(data, at)
            at += 5
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 292
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, n = _read_hiii(data, at)
                at += 14
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, -1, replica_nodes, isr_nodes))
            partitions = items_3
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions))
        topics = items_2
        return MetadataResponse(0, brokers, None, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v1", at, error) from None


def _encode_v1(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v1")
        out += _write_i(len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
        out += _write_ii(m.controller_id, len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.topic_authorized_operations != -2147483648:
                raise not_in_version("MetadataResponseTopic.topic_authorized_operations", "MetadataResponse v1")
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v1")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_oi(each_of_topics.is_internal, len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 228
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, n = _read_ih(data, at)
            at += 6
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n, = _read_h(data, at)
        at += 2
        cluster_id: str | None = None
        if n >= 0:
            end = at + n
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 222
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oi(data, at)
            at += 5
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 292
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, n = _read_hiii(data, at)
                at += 14
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, -1, replica_nodes, isr_nodes))
            partitions = items_3
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions))
        topics = items_2
        return MetadataResponse(0, brokers, cluster_id, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v2", at, error) from None


def _encode_v2(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v2")
        out += _write_i(len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
        if m.cluster_id is None:
            out += b"\xff" * 2
        else:
            s = m.cluster_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_ii(m.controller_id, len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.topic_authorized_operations != -2147483648:
                raise not_in_version("MetadataResponseTopic.topic_authorized_operations", "MetadataResponse v2")
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v2")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_oi(each_of_topics.is_internal, len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 228
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, n = _read_ih(data, at)
            at += 6
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n, = _read_h(data, at)
        at += 2
        cluster_id: str | None = None
        if n >= 0:
            end = at + n
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 222
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oi(data, at)
            at += 5
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 292
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, n = _read_hiii(data, at)
                at += 14
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, -1, replica_nodes, isr_nodes))
            partitions = items_3
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions))
        topics = items_2
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v3-4", at, error) from None


def _encode_v3(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v3-4")
        out += _write_ii(m.throttle_time_ms, len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
        if m.cluster_id is None:
            out += b"\xff" * 2
        else:
            s = m.cluster_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_ii(m.controller_id, len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.topic_authorized_operations != -2147483648:
                raise not_in_version("MetadataResponseTopic.topic_authorized_operations", "MetadataResponse v3-4")
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v3-4")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_oi(each_of_topics.is_internal, len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v3-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 228
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, n = _read_ih(data, at)
            at += 6
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n, = _read_h(data, at)
        at += 2
        cluster_id: str | None = None
        if n >= 0:
            end = at + n
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 222
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oi(data, at)
            at += 5
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 348
            if room < 0 or n * 22 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, n = _read_hiii(data, at)
                at += 14
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, -1, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions))
        topics = items_2
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v5-6", at, error) from None


def _encode_v5(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v5-6")
        out += _write_ii(m.throttle_time_ms, len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
        if m.cluster_id is None:
            out += b"\xff" * 2
        else:
            s = m.cluster_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_ii(m.controller_id, len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.topic_authorized_operations != -2147483648:
                raise not_in_version("MetadataResponseTopic.topic_authorized_operations", "MetadataResponse v5-6")
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v5-6")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_oi(each_of_topics.is_internal, len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v5-6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 228
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, n = _read_ih(data, at)
            at += 6
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n, = _read_h(data, at)
        at += 2
        cluster_id: str | None = None
        if n >= 0:
            end = at + n
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 222
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oi(data, at)
            at += 5
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 376
            if room < 0 or n * 26 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, leader_epoch, n = _read_hiiii(data, at)
                at += 18
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions))
        topics = items_2
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v7", at, error) from None


def _encode_v7(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v7")
        out += _write_ii(m.throttle_time_ms, len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
        if m.cluster_id is None:
            out += b"\xff" * 2
        else:
            s = m.cluster_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_ii(m.controller_id, len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.topic_authorized_operations != -2147483648:
                raise not_in_version("MetadataResponseTopic.topic_authorized_operations", "MetadataResponse v7")
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v7")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_oi(each_of_topics.is_internal, len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.brokers", at)
        room -= n * 228
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_ih(data, at)
            at += 6
            if n < 0:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            port, n = _read_ih(data, at)
            at += 6
            rack: str | None = None
            if n >= 0:
                end = at + n
                rack = data[at:end].decode()
                at = end
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n, = _read_h(data, at)
        at += 2
        cluster_id: str | None = None
        if n >= 0:
            end = at + n
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("MetadataResponse.topics", at)
        room -= n * 250
        if room < 0 or n * 13 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oi(data, at)
            at += 5
            if n < 0:
                raise is_null("MetadataResponseTopic.partitions", at)
            room -= n * 376
            if room < 0 or n * 26 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, leader_epoch, n = _read_hiiii(data, at)
                at += 18
                if n < 0:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            topic_authorized_operations, = _read_i(data, at)
            at += 4
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions, topic_authorized_operations))
        topics = items_2
        cluster_authorized_operations, = _read_i(data, at)
        at += 4
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics, cluster_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v8", at, error) from None


def _encode_v8(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.brokers))
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_ih(each_of_brokers.node_id, len(s))
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out += b"\xff" * 2
            else:
                s = each_of_brokers.rack.encode()
                out += _write_h(len(s))
                out += s
        if m.cluster_id is None:
            out += b"\xff" * 2
        else:
            s = m.cluster_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_ii(m.controller_id, len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v8")
            s = each_of_topics.name.encode()
            out += _write_hh(each_of_topics.error_code, len(s))
            out += s
            out += _write_oi(each_of_topics.is_internal, len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
            out += _write_i(each_of_topics.topic_authorized_operations)
        out += _write_i(m.cluster_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v8", error) from error


def _decode_v9(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.brokers", at)
        n -= 1
        room -= n * 228
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        cluster_id: str | None = None
        if n:
            end = at + n - 1
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.topics", at)
        n -= 1
        room -= n * 250
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            is_internal, n = _read_oB(data, at)
            at += 2
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.partitions", at)
            n -= 1
            room -= n * 376
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, leader_epoch, n = _read_hiiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            topic_authorized_operations, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_2.append(MetadataResponseTopic(error_code, name, ZERO_UUID, is_internal, partitions, topic_authorized_operations))
        topics = items_2
        cluster_authorized_operations, tags_4 = _read_iB(data, at)
        at += 5
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics, cluster_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v9", at, error) from None


def _encode_v9(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_i(each_of_brokers.node_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        if m.cluster_id is None:
            out.append(0)
        else:
            s = m.cluster_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_i(m.controller_id)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v9")
            s = each_of_topics.name.encode()
            out += _write_h(each_of_topics.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_o(each_of_topics.is_internal)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out += _write_ix(each_of_topics.topic_authorized_operations)
        out += _write_ix(m.cluster_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v9", error) from error


def _decode_v10(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.brokers", at)
        n -= 1
        room -= n * 228
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        cluster_id: str | None = None
        if n:
            end = at + n - 1
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.topics", at)
        n -= 1
        room -= n * 299
        if room < 0 or n * 26 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            topic_id, is_internal, n = _read_16soB(data, at)
            at += 18
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.partitions", at)
            n -= 1
            room -= n * 376
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, leader_epoch, n = _read_hiiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            topic_authorized_operations, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_2.append(MetadataResponseTopic(error_code, name, topic_id, is_internal, partitions, topic_authorized_operations))
        topics = items_2
        cluster_authorized_operations, tags_4 = _read_iB(data, at)
        at += 5
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics, cluster_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v10", at, error) from None


def _encode_v10(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_i(each_of_brokers.node_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        if m.cluster_id is None:
            out.append(0)
        else:
            s = m.cluster_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_i(m.controller_id)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v10")
            s = each_of_topics.name.encode()
            out += _write_h(each_of_topics.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_16so(each_of_topics.topic_id, each_of_topics.is_internal)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out += _write_ix(each_of_topics.topic_authorized_operations)
        out += _write_ix(m.cluster_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v10", error) from error


def _decode_v11(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.brokers", at)
        n -= 1
        room -= n * 228
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        cluster_id: str | None = None
        if n:
            end = at + n - 1
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.topics", at)
        n -= 1
        room -= n * 299
        if room < 0 or n * 26 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            topic_id, is_internal, n = _read_16soB(data, at)
            at += 18
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.partitions", at)
            n -= 1
            room -= n * 376
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, leader_epoch, n = _read_hiiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            topic_authorized_operations, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_2.append(MetadataResponseTopic(error_code, name, topic_id, is_internal, partitions, topic_authorized_operations))
        topics = items_2
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v11", at, error) from None


def _encode_v11(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v11")
        out += _write_i(m.throttle_time_ms)
        n = len(m.brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_i(each_of_brokers.node_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        if m.cluster_id is None:
            out.append(0)
        else:
            s = m.cluster_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_i(m.controller_id)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataResponse v11")
            s = each_of_topics.name.encode()
            out += _write_h(each_of_topics.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_16so(each_of_topics.topic_id, each_of_topics.is_internal)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out += _write_ix(each_of_topics.topic_authorized_operations)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v11", error) from error


def _decode_v12(data: bytes, at: int) -> tuple[MetadataResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.brokers", at)
        n -= 1
        room -= n * 228
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("MetadataResponse.brokers", n, at)
        items: list[MetadataResponseBroker] = []
        for _ in range(n):
            node_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseBroker.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MetadataResponseBroker(node_id, host, port, rack))
        brokers = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        cluster_id: str | None = None
        if n:
            end = at + n - 1
            cluster_id = data[at:end].decode()
            at = end
        controller_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("MetadataResponse.topics", at)
        n -= 1
        room -= n * 299
        if room < 0 or n * 26 > len(data) - at:
            raise too_many("MetadataResponse.topics", n, at)
        items_2: list[MetadataResponseTopic] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            name: str | None = None
            if n:
                end = at + n - 1
                name = data[at:end].decode()
                at = end
            topic_id, is_internal, n = _read_16soB(data, at)
            at += 18
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("MetadataResponseTopic.partitions", at)
            n -= 1
            room -= n * 376
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataResponseTopic.partitions", n, at)
            items_3: list[MetadataResponsePartition] = []
            for _ in range(n):
                error_code_2, partition_index, leader_id, leader_epoch, n = _read_hiiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.replica_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.replica_nodes", n, at)
                replica_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.isr_nodes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.isr_nodes", n, at)
                isr_nodes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("MetadataResponsePartition.offline_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("MetadataResponsePartition.offline_replicas", n, at)
                offline_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_3.append(MetadataResponsePartition(error_code_2, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas))
            partitions = items_3
            topic_authorized_operations, tags_3 = _read_iB(data, at)
            at += 5
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_2.append(MetadataResponseTopic(error_code, name, topic_id, is_internal, partitions, topic_authorized_operations))
        topics = items_2
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return MetadataResponse(throttle_time_ms, brokers, cluster_id, controller_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataResponse v12", at, error) from None


def _encode_v12(m: MetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.cluster_authorized_operations != -2147483648:
            raise not_in_version("MetadataResponse.cluster_authorized_operations", "MetadataResponse v12")
        out += _write_i(m.throttle_time_ms)
        n = len(m.brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_i(each_of_brokers.node_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        if m.cluster_id is None:
            out.append(0)
        else:
            s = m.cluster_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_i(m.controller_id)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            out += _write_h(each_of_topics.error_code)
            if each_of_topics.name is None:
                out.append(0)
            else:
                s = each_of_topics.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_16so(each_of_topics.topic_id, each_of_topics.is_internal)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiii(each_of_partitions.error_code, each_of_partitions.partition_index, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.replica_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.isr_nodes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.offline_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out += _write_ix(each_of_topics.topic_authorized_operations)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataResponse v12", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[MetadataResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v3,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v7,
    8: _decode_v8,
    9: _decode_v9,
    10: _decode_v10,
    11: _decode_v11,
    12: _decode_v12,
}

ENCODERS: Final[Mapping[int, Callable[[MetadataResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v3,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v7,
    8: _encode_v8,
    9: _encode_v9,
    10: _encode_v10,
    11: _encode_v11,
    12: _encode_v12,
}
