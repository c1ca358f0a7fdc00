"""Frames recorded from real clients and brokers are read, and written again byte for byte.

To add some, put lines `API version request|response hex` (frames without their size) into a file under recorded/.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from zkbroker.protocol.codec import (
    ApiKey,
    decode_request,
    decode_request_header,
    decode_response,
    encode_request,
    encode_response,
)
from zkbroker.protocol.generated.fetch_response import FetchResponse
from zkbroker.protocol.generated.produce_request import ProduceRequest
from zkbroker.protocol.records import read_batches

RECORDED = Path(__file__).parent / "recorded"
FRAMES = [
    (ApiKey[api], int(version), direction, bytes.fromhex(frame))
    for path in sorted(RECORDED.glob("*.txt"))
    if path.name != "java_records.txt"
    for api, version, direction, frame in (
        line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")
    )
]


@pytest.mark.parametrize(
    ("api", "version", "direction", "frame"),
    FRAMES,
    ids=[f"{api.name}-{version}-{direction}" for api, version, direction, _ in FRAMES],
)
def test_a_recorded_frame_is_read_and_written_alike(
    api: ApiKey, version: int, direction: str, frame: bytes
) -> None:
    view = memoryview(frame)
    if direction == "request":
        header, offset = decode_request_header(view)
        assert (header.api_key, header.api_version) == (api, version)
        message = decode_request(header, view, offset)
        written = encode_request(header, message)
    else:
        correlation_id, message = decode_response(api, version, view)
        written = encode_response(api, version, correlation_id, message)
    assert b"".join(bytes(buffer) for buffer in written) == len(frame).to_bytes(4, "big") + frame
    partitions = []
    if isinstance(message, ProduceRequest):
        partitions = [data.records for topic in message.topic_data for data in topic.partition_data]
    if isinstance(message, FetchResponse):
        partitions = [data.records for topic in message.responses for data in topic.partitions]
    for records in partitions:
        for batch in read_batches(records or b"", torn_tail=True):
            assert batch.crc_is_valid()
            assert len(list(batch.records())) == batch.record_count


def test_there_are_recordings_of_every_client() -> None:
    names = b"".join(frame for _, _, _, frame in FRAMES)
    for client in (b"kafka-python", b"aiokafka", b"confluent-kafka", b"kcat", b"java-consumer", b"broker-1"):
        assert client in names
