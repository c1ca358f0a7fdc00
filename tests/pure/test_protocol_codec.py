"""Headers, the special cases of ApiVersions, what encoders refuse, what decoders survive."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress
from importlib import import_module
from struct import pack
from typing import Any

import attrs
import pytest

from zkbroker.errors import ErrorCode
from zkbroker.model import NO_TOPIC_ID, TopicId
from zkbroker.protocol import spec as specs
from zkbroker.protocol.codec import (
    VERSIONS,
    ApiKey,
    MalformedMessage,
    Message,
    RequestHeader,
    UnsupportedApi,
    decode_data,
    decode_request,
    decode_request_header,
    decode_response,
    decode_versioned_data,
    encode_data,
    encode_request,
    encode_response,
    encode_versioned_data,
)
from zkbroker.protocol.generate import SPEC
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.protocol.generated.api_versions_response import ApiVersion, ApiVersionsResponse
from zkbroker.protocol.generated.consumer_protocol_subscription import ConsumerProtocolSubscription
from zkbroker.protocol.generated.controlled_shutdown_request import ControlledShutdownRequest
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic, ReplicaState
from zkbroker.protocol.generated.fetch_response import (
    EpochEndOffset,
    FetchableTopicResponse,
    FetchResponse,
    LeaderIdAndEpoch,
    PartitionData,
)
from zkbroker.protocol.generated.group_metadata_key import GroupMetadataKey
from zkbroker.protocol.generated.group_metadata_value import GroupMetadataValue
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.heartbeat_response import HeartbeatResponse
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.metadata_response import MetadataResponse, MetadataResponseTopic
from zkbroker.protocol.generated.offset_commit_key import OffsetCommitKey
from zkbroker.protocol.generated.offset_commit_value import OffsetCommitValue
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.transaction_log_key import TransactionLogKey
from zkbroker.protocol.generated.transaction_log_value import TransactionLogValue

TOPIC_ID = TopicId(bytes(range(16)))
MESSAGES = specs.parse(SPEC.read_text())


def frame_of(buffers: list[Any]) -> memoryview:
    """What arrives when the buffers are sent, without its size, which must be right."""
    stream = b"".join(bytes(buffer) for buffer in buffers)
    assert int.from_bytes(stream[:4], "big") == len(stream) - 4
    return memoryview(stream)[4:]


def decoded(frame: memoryview | bytes) -> Message:
    frame = memoryview(frame)
    header, offset = decode_request_header(frame)
    return decode_request(header, frame, offset)


def request_frame(message: Message, version: int) -> memoryview:
    return frame_of(encode_request(RequestHeader(message.API_KEY, version, 1, "c"), message))


def body_of(frame: memoryview) -> bytes:
    _, offset = decode_request_header(frame)
    return bytes(frame[offset:])


# ---- golden vectors


def test_api_versions_request() -> None:
    request = ApiVersionsRequest(client_software_name="x", client_software_version="1")
    buffers = encode_request(RequestHeader(ApiKey.API_VERSIONS, 3, 1, "c"), request)
    assert b"".join(buffers).hex() == "000000110012000300000001000163000278023100"


def test_answer_to_an_unsupported_version_of_api_versions() -> None:
    answer = ApiVersionsResponse(
        error_code=ErrorCode.UNSUPPORTED_VERSION,
        api_keys=[ApiVersion(api_key=ApiKey.API_VERSIONS, min_version=0, max_version=4)],
    )
    buffers = encode_response(ApiKey.API_VERSIONS, 0, 1, answer)
    assert b"".join(buffers).hex() == "0000001000000001002300000001001200000004"
    assert decode_response(ApiKey.API_VERSIONS, 4, frame_of(buffers)) == (1, answer)


@pytest.mark.parametrize(
    ("message", "version", "golden"),
    [
        (OffsetCommitKey(group="g", topic="t", partition=0), 1, "000100016700017400000000"),
        (
            OffsetCommitValue(offset=42, leader_epoch=-1, metadata="", commit_timestamp=1700000000000),
            3,
            "0003000000000000002affffffff00000000018bcfe56800",
        ),
        (GroupMetadataKey(group="g"), 2, "0002000167"),
        (
            GroupMetadataValue(
                protocol_type="consumer",
                generation=0,
                protocol=None,
                leader=None,
                current_state_timestamp=1700000000000,
            ),
            3,
            "00030008636f6e73756d657200000000ffffffff0000018bcfe5680000000000",
        ),
        (TransactionLogKey(transactional_id="tx"), 0, "000000027478"),
        (
            TransactionLogValue(
                producer_id=7,
                producer_epoch=0,
                transaction_timeout_ms=60000,
                transaction_status=0,
                transaction_partitions=None,
                transaction_last_update_timestamp_ms=1700000000000,
                transaction_start_timestamp_ms=-1,
            ),
            0,
            "0000000000000000000700000000ea6000ffffffff0000018bcfe56800ffffffffffffffff",
        ),
    ],
)
def test_keys_and_values_of_kafkas_own_topics(message: Message, version: int, golden: str) -> None:
    written = encode_versioned_data(message, version)
    assert written.hex() == golden
    assert encode_data(message, version) == written[2:]
    assert decode_versioned_data(type(message), written) == (version, message)
    assert decode_data(type(message), version, memoryview(written)[2:]) == message


def test_unsigned_varint_of_two_bytes() -> None:
    name = "x" * 299  # its length, one larger: ac 02
    request = ApiVersionsRequest(client_software_name=name)
    assert body_of(request_frame(request, 3))[:3].hex() == "ac0278"
    assert decoded(request_frame(request, 3)) == request


# ---- data messages


def test_a_version_the_data_message_does_not_have() -> None:
    with pytest.raises(MalformedMessage, match="GroupMetadataKey has no version 3"):
        decode_versioned_data(GroupMetadataKey, b"\0\3\0\1g")


@pytest.mark.parametrize("junk", [b"", b"\0", b"\0\1", b"\xff\xff"])
def test_data_that_is_cut_short(junk: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_versioned_data(OffsetCommitKey, junk)


def test_a_newer_subscription_is_read_as_the_newest_known() -> None:
    subscription = ConsumerProtocolSubscription(topics=["t"], user_data=None, rack_id="r")
    newer = (9).to_bytes(2, "big") + encode_data(subscription, 3) + b"what version 9 has"
    assert decode_versioned_data(ConsumerProtocolSubscription, newer, newer=True) == (9, subscription)
    with pytest.raises(MalformedMessage, match="no version 9"):
        decode_versioned_data(ConsumerProtocolSubscription, newer)
    with pytest.raises(MalformedMessage, match="18 bytes follow"):
        decode_data(ConsumerProtocolSubscription, 3, newer[2:])


# ---- request headers


def test_unknown_api_keys_carry_what_could_be_read() -> None:
    for key in (52, 71, 88, -1, 32767):
        frame = memoryview(pack(">hhih", key, 5, 77, -1))
        with pytest.raises(UnsupportedApi) as caught:
            decode_request_header(frame)
        assert caught.value.header == RequestHeader(key, 5, 77, None)
        assert not caught.value.is_answerable


@pytest.mark.parametrize("version", [5, 99, 32767, -1])
def test_an_unsupported_version_of_api_versions_can_be_answered(version: int) -> None:
    frame = memoryview(pack(">hhih", 18, version, 77, 1) + b"c" + b"a body of another age")
    with pytest.raises(UnsupportedApi) as caught:
        decode_request_header(frame)
    assert caught.value.header == RequestHeader(18, version, 77, "c")
    assert caught.value.is_answerable


def test_an_unsupported_version_of_anything_else_cannot() -> None:
    for key, versions in VERSIONS.items():
        for version in (versions.lowest - 1, versions.highest + 1):
            with pytest.raises(UnsupportedApi) as caught:
                decode_request_header(memoryview(pack(">hhih", key, version, 1, -1)))
            assert caught.value.is_answerable == (key is ApiKey.API_VERSIONS)


def test_controlled_shutdown_0_has_no_client_id() -> None:
    request = ControlledShutdownRequest(broker_id=3)
    buffers = encode_request(RequestHeader(ApiKey.CONTROLLED_SHUTDOWN, 0, 9, None), request)
    assert b"".join(buffers).hex() == "0000000c000700000000000900000003"
    frame = frame_of(buffers)
    assert decode_request_header(frame) == (RequestHeader(7, 0, 9, None), 8)
    assert decoded(frame) == request


def test_a_client_id_that_is_not_utf8_is_no_reason_to_close() -> None:
    frame = memoryview(pack(">hhih", 12, 0, 1, 3) + b"a\xffb")
    header, offset = decode_request_header(frame)
    assert header.client_id == "a\ufffdb"
    assert offset == 13


@pytest.mark.parametrize("size", range(17))
def test_a_header_cut_short(size: int) -> None:
    whole = pack(">hhih", 12, 4, 1, 5) + b"abcde" + b"\1" + b"\5\1"  # one tag, whose value is missing
    with pytest.raises(MalformedMessage):
        decode_request_header(memoryview(whole[:size]))


def test_tags_in_a_header_are_skipped() -> None:
    request = HeartbeatRequest(group_id="g", generation_id=1, member_id="m")
    body = body_of(request_frame(request, 4))
    frame = memoryview(pack(">hhih", 12, 4, 1, -1) + b"\2\0\1x\5\2yz" + body)
    assert decoded(frame) == request


# ---- responses


def test_response_headers_have_tags_where_the_version_is_flexible() -> None:
    heartbeat = HeartbeatResponse(error_code=ErrorCode.REBALANCE_IN_PROGRESS)
    assert b"".join(encode_response(12, 3, 1, heartbeat)).hex() == "0000000a0000000100000000001b"
    flexible = encode_response(12, 4, 1, heartbeat)
    assert b"".join(flexible).hex() == "0000000c000000010000000000001b00"
    body = b"\0\0\0\1" + b"\1\7\2xy" + b"\0\0\0\0" + b"\0\x1b" + b"\0"
    assert decode_response(12, 4, memoryview(body)) == (1, heartbeat)


def test_api_versions_responses_never_have_tags_in_the_header() -> None:
    buffers = encode_response(ApiKey.API_VERSIONS, 4, 1, ApiVersionsResponse())
    assert b"".join(buffers).hex() == "0000000c000000010000010000000000"


@pytest.mark.parametrize("frame", [b"", b"\0\0\0", b"\0\0\0\1", b"\0\0\0\1\0\0\0\0\0\0", b"\0\0\0\1\1"])
def test_responses_cut_short(frame: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_response(ApiKey.HEARTBEAT, 4, memoryview(frame))


# ---- records


class FileSlice:
    def __len__(self) -> int:
        return 70_000


def test_records_are_handed_on_untouched() -> None:
    piece = FileSlice()
    partitions = [
        PartitionData(partition_index=0, records=piece),
        PartitionData(partition_index=1, records=b""),
        PartitionData(partition_index=2, records=None),
        PartitionData(partition_index=3, records=memoryview(b"batch")),
    ]
    response = FetchResponse(responses=[FetchableTopicResponse(topic_id=TOPIC_ID, partitions=partitions)])
    for version in (4, 11, 13, 17):
        buffers = encode_response(ApiKey.FETCH, version, 1, response)
        assert buffers[1] is piece
        assert buffers[3] is partitions[3].records
        assert int.from_bytes(buffers[0][:4], "big") + 4 == sum(map(len, buffers))
        assert len(buffers) == (5 if version >= 12 else 4)  # flexible: tags follow the last records


def test_records_are_views_of_the_frame() -> None:
    request = ProduceRequest(
        acks=-1,
        timeout_ms=1000,
        topic_data=[
            TopicProduceData(
                name="t",
                partition_data=[
                    PartitionProduceData(index=0, records=memoryview(b"r" * 300)),
                    PartitionProduceData(index=1, records=None),
                ],
            )
        ],
    )
    for version in range(12):
        frame = memoryview(bytearray(request_frame(request, version)))
        received = decoded(frame)
        assert received == request
        assert isinstance(received, ProduceRequest)
        records: Any = received.topic_data[0].partition_data[0].records
        records[0:1] = b"R"  # as the log stamps its offset
        assert b"R" + b"r" * 299 in bytes(frame)


# ---- what versions cannot say


def test_a_field_its_version_lacks_is_dropped_if_ignorable_and_else_refused() -> None:
    topic = FetchTopic(topic="t", topic_id=TOPIC_ID, partitions=[FetchPartition(log_start_offset=7)])
    old = decoded(request_frame(FetchRequest(topics=[topic], rack_id="r"), 4))
    assert old == FetchRequest(topics=[FetchTopic(topic="t", partitions=[FetchPartition()])])
    with pytest.raises(ValueError, match=r"FetchRequest\.replica_state is set, and FetchRequest v12 cannot"):
        request_frame(FetchRequest(replica_state=ReplicaState(replica_id=1)), 12)
    with pytest.raises(ValueError, match=r"FetchPartition\.last_fetched_epoch is set"):
        partition = FetchPartition(last_fetched_epoch=3)
        request_frame(FetchRequest(topics=[FetchTopic(partitions=[partition])]), 11)
    with pytest.raises(ValueError, match=r"PartitionData\.diverging_epoch is set"):
        partition_data = PartitionData(diverging_epoch=EpochEndOffset(epoch=1, end_offset=2))
        topics = [FetchableTopicResponse(partitions=[partition_data])]
        encode_response(ApiKey.FETCH, 11, 1, FetchResponse(responses=topics))


def test_null_where_the_version_has_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"m\.topics is null, and MetadataRequest v0 has no null there"):
        request_frame(MetadataRequest(topics=None), 0)
    nameless = MetadataResponse(topics=[MetadataResponseTopic(name=None, topic_id=TOPIC_ID)])
    assert encode_response(ApiKey.METADATA, 12, 1, nameless)
    with pytest.raises(ValueError, match="is null"):
        encode_response(ApiKey.METADATA, 11, 1, nameless)


@pytest.mark.parametrize(
    ("wrong", "version"),
    [
        ({"group_id": None}, 0),
        ({"generation_id": 2**31}, 0),
        ({"generation_id": "1"}, 4),
        ({"member_id": "x" * 32768}, 3),
        ({"member_id": "x" * 32768}, 4),
        ({"member_id": "\ud800"}, 4),
    ],
)
def test_a_message_that_cannot_be_written_is_a_value_error(wrong: dict[str, Any], version: int) -> None:
    with pytest.raises(ValueError):
        request_frame(HeartbeatRequest(**wrong), version)


def test_defaults_of_tagged_fields_are_not_written() -> None:
    written = b"".join(
        encode_response(
            ApiKey.FETCH,
            17,
            1,
            FetchResponse(
                responses=[
                    FetchableTopicResponse(partitions=[PartitionData(current_leader=LeaderIdAndEpoch())])
                ]
            ),
        )
    )
    assert written.endswith(b"\0\0\0")  # no tags on the partition, its topic, the message


# ---- what bytes cannot say


def test_null_where_there_is_none() -> None:
    with pytest.raises(MalformedMessage, match=r"HeartbeatRequest\.group_id must not be null"):
        decoded(pack(">hhihh", 12, 0, 1, -1, -1))
    with pytest.raises(MalformedMessage, match=r"HeartbeatRequest\.group_id must not be null"):
        decoded(pack(">hhih", 12, 4, 1, -1) + b"\0\0")
    with pytest.raises(MalformedMessage, match=r"MetadataRequest\.topics must not be null"):
        decoded(pack(">hhihi", 3, 0, 1, -1, -1))
    assert decoded(pack(">hhihi", 3, 1, 1, -1, -1)) == MetadataRequest(topics=None)


def test_bytes_after_a_request_are_ignored_as_kafka_does() -> None:
    request = HeartbeatRequest(group_id="g", generation_id=1, member_id="m")
    assert decoded(bytes(request_frame(request, 4)) + b"more") == request


def test_unknown_tags_are_skipped_and_must_ascend() -> None:
    request = HeartbeatRequest(group_id="g", generation_id=1, member_id="m")
    frame = bytes(request_frame(request, 4))
    assert frame[-1:] == b"\0"
    tagged = frame[:-1] + b"\3" + b"\0\1x" + b"\7\0" + b"\xff\xff\xff\xff\x07\2yz"
    assert decoded(tagged) == request
    for wrong in (b"\2\1\0\1\0", b"\2\2\0\1\0", b"\1\0\5x", b"\x7f", b"\xff\xff\xff\xff\x0f"):
        with pytest.raises(MalformedMessage):
            decoded(frame[:-1] + wrong)


def test_unknown_tags_between_known_ones() -> None:
    request = FetchRequest(cluster_id="c", replica_state=ReplicaState(replica_id=1, replica_epoch=2))
    frame = bytes(request_frame(request, 17))
    section = b"\2" + b"\0\2\2c" + b"\1\x0d" + pack(">iqb", 1, 2, 0)
    assert frame.endswith(section)
    assert decoded(frame[: -len(section)] + b"\3" + section[1:] + b"\5\3abc") == request
    with pytest.raises(MalformedMessage, match="tag 1 of FetchRequest should end at byte"):
        decoded(frame[: -len(section)] + b"\1" + b"\1\x0e" + pack(">iqb", 1, 2, 0) + b"\0")
    with pytest.raises(MalformedMessage, match="tag 0 after tag 1"):
        decoded(frame[: -len(section)] + b"\2" + section[5:] + section[1:5])


def test_strings_that_are_not_utf8_or_too_long() -> None:
    head = pack(">hhih", 12, 4, 1, -1) + b"\0"
    with pytest.raises(MalformedMessage, match="not UTF-8"):
        decoded(head + b"\2\xff" + b"\0\0\0\1" + b"\2m" + b"\0" + b"\0")
    with pytest.raises(MalformedMessage, match="a string of 32768 bytes"):
        decoded(head + b"\x81\x80\x02" + b"x" * 32768 + b"\0\0\0\1" + b"\2m" + b"\0" + b"\0")


def test_varints_that_are_too_long() -> None:
    head = pack(">hhih", 12, 4, 1, -1) + b"\0"
    for varint in (b"\x80\x80\x80\x80\x80\x01", b"\xff" * 6, b"\x80\x00"):
        with pytest.raises(MalformedMessage):
            decoded(head + varint + b"x" * 100)


def samples() -> list[tuple[int, int, bytes]]:
    """A frame of each request at its first and last version, every field away from its default, arrays of two."""
    found = []
    for message in MESSAGES:
        if message.kind != "request":
            continue
        assert message.key is not None
        for version in {message.versions.lowest, message.versions.highest}:
            request = _filled(message, message.body, version)
            found.append((message.key, version, bytes(request_frame(request, version))))
    return found


def _filled(message: specs.MessageSpec, struct: specs.Struct, version: int) -> Message:
    values = {}
    for field in struct.fields:
        if version in field.versions:
            one: Any = {
                "string": "s" * 3,
                "bytes": b"b" * 3,
                "records": b"r" * 3,
                "uuid": TOPIC_ID,
                "bool": True,
            }.get(field.type, 1.5 if field.type == "float64" else 2)
            if field.is_struct:
                one = _filled(message, message.structs[field.type], version)
            values[field.attribute] = [one, one] if field.is_array else one
    module = import_module(f"zkbroker.protocol.generated.{specs.snake_case(message.name)}")
    made: Message = getattr(module, struct.name)(**values)
    return made


def test_requests_cut_at_every_byte() -> None:
    for key, version, frame in samples():
        whole = decoded(frame)
        assert decoded(frame) == whole
        for end in range(len(frame)):
            with pytest.raises(MalformedMessage):
                decoded(frame[:end])
                pytest.fail(f"{ApiKey(key).name} v{version} cut at {end} of {len(frame)} was read")


def survives(frame: bytes) -> None:
    with suppress(MalformedMessage, UnsupportedApi):
        decoded(frame)


def test_requests_with_damaged_bytes() -> None:
    pick = random.Random(1)
    for _, _, frame in samples():
        for at in range(10, len(frame)):
            for byte in (0, 0x7F, 0x80, 0xFF):
                survives(frame[:at] + bytes([byte]) + frame[at + 1 :])
            survives(frame[:at] + pick.randbytes(5) + frame[at + 5 :])


def test_random_bytes_after_any_header() -> None:
    pick = random.Random(2)
    for key, versions in VERSIONS.items():
        for version in range(versions.lowest, versions.highest + 1):
            for size in (1, 10, 100):
                head = pack(">hhih", key, version, 1, -1)
                survives(head + pick.randbytes(size))
                survives(head + b"\0" + bytes(pick.choices((0, 1, 2, 0x7F, 0xFF), k=size)))


@pytest.mark.parametrize("count", [b"\x7f\xff\xff\xff", b"\x00\xff\xff\xff"])
def test_a_hostile_count_allocates_nothing(count: bytes) -> None:
    """In every place where the samples have a count of two, and where it may be taken for one."""
    compact = b"\xff\xff\xff\xff\x07"
    frames = []
    for _, _, frame in samples():
        frames += [frame[:at] + count + frame[at + 4 :] for at in range(10, len(frame) - 4)]
        frames += [
            frame[:at] + compact + frame[at + 1 :] for at in range(10, len(frame) - 1) if frame[at] == 3
        ]
    for frame in frames[::50]:
        survives(frame)  # imports what is needed
    tracemalloc.start()
    try:
        for frame in frames:
            survives(frame)
        assert tracemalloc.get_traced_memory()[1] < 256 * 1024
    finally:
        tracemalloc.stop()


def test_many_tiny_elements_are_refused_before_they_fill_the_memory() -> None:
    """Two bytes a topic on the wire, fifty times as much in memory."""
    topics = 6_000_000
    frame = pack(">hhih", 3, 9, 1, -1) + b"\0" + b"\x81\x9b\xee\x02" + b"\1\0" * topics + b"\0\0\0\0"
    tracemalloc.start()
    try:
        with pytest.raises(MalformedMessage, match=r"MetadataRequest\.topics cannot have 6000000 elements"):
            decoded(frame)
        assert tracemalloc.get_traced_memory()[1] < 1.1 * len(frame)
    finally:
        tracemalloc.stop()


# ---- messages as values


def test_messages_are_compared_by_content() -> None:
    one: Message = MetadataRequest(topics=[MetadataRequestTopic(name="t")])
    assert one == MetadataRequest(topics=(MetadataRequestTopic(name="t"),))
    assert one != MetadataRequest(topics=(MetadataRequestTopic(name="u"),))
    assert one != MetadataRequest(topics=None)
    assert one.__eq__("another class") is NotImplemented
    with pytest.raises(TypeError):
        hash(one)


def test_attrs_functions_work_on_messages() -> None:
    topic = MetadataRequestTopic(name="t", topic_id=TOPIC_ID)
    assert attrs.evolve(topic, topic_id=NO_TOPIC_ID) == MetadataRequestTopic(name="t")
    assert attrs.asdict(MetadataRequest(topics=[topic]))["topics"] == [{"topic_id": TOPIC_ID, "name": "t"}]


def test_a_message_shows_what_is_not_its_default() -> None:
    request = FetchRequest(max_wait_ms=500, topics=[FetchTopic(topic="t")])
    assert repr(request) == "FetchRequest(max_wait_ms=500, topics=[FetchTopic(topic='t')])"
    assert repr(PartitionData(records=memoryview(bytes(100)))) == "PartitionData(records=<100 bytes>)"
