"""Clients of Kafka before 0.11, who speak in message sets: records are stored as batches and converted on the way.

Conversion takes each record in hand, so more than a little of it happens in a thread.
Source: LogValidator, LazyDownConversionRecords of Kafka 3.9; KIP-31, KIP-32, KIP-283.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Final

import trio

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.produce_request import ProduceRequest
from zkbroker.protocol.legacy import CorruptRecords, UnsupportedCodec, convert_down, convert_up
from zkbroker.protocol.records import CURRENT_MAGIC, HEADER_BYTES, MAGIC_POSITION, MalformedRecords
from zkbroker.storage.slices import LogSlice

OLDEST_PRODUCE_OF_BATCHES: Final = 3
OLDEST_FETCH_OF_BATCHES: Final = 4
OLDEST_FETCH_OF_ZSTD: Final = 10
_LITTLE_BYTES: Final = 16 * 1024
_OVERFLOW: Final = Struct(">qi")


def is_message_set(records: memoryview) -> bool:
    """Whether a producer's records are of an old format."""
    return len(records) > MAGIC_POSITION and records[MAGIC_POSITION] < CURRENT_MAGIC


Converted = Mapping[TopicPartition, memoryview | KafkaError]


async def convert_produce(request: ProduceRequest) -> Converted:
    """Every message set as a record batch, or why it cannot be."""
    converted: dict[TopicPartition, memoryview | KafkaError] = {}
    for topic in request.topic_data:
        for data in topic.partition_data:
            if data.records is not None and is_message_set(data.records):
                tp = TopicPartition(topic.name, data.index)
                try:
                    converted[tp] = memoryview(await _convert_up(data.records))
                except KafkaError as error:
                    converted[tp] = error.kept()
    return converted


async def _convert_up(records: memoryview) -> bytearray:
    """Raises: CORRUPT_MESSAGE, INVALID_RECORD."""
    try:
        if len(records) <= _LITTLE_BYTES:
            return convert_up(records)
        return await trio.to_thread.run_sync(convert_up, records)
    except CorruptRecords as error:
        raise KafkaError(ErrorCode.CORRUPT_MESSAGE, str(error)) from error
    except MalformedRecords as error:
        raise KafkaError(ErrorCode.INVALID_RECORD, str(error)) from error


def fetch_magic(version: int) -> int | None:
    """The newest format a client of that Fetch version reads; None if it is ours."""
    if version >= OLDEST_FETCH_OF_BATCHES:
        return None
    return 0 if version < 2 else 1


async def convert_fetched(records: LogSlice, magic: int, first_offset: int) -> bytes:
    """A slice as a message set.

    Raises: UNSUPPORTED_COMPRESSION_TYPE for zstd, CORRUPT_MESSAGE, KAFKA_STORAGE_ERROR.
    """

    def convert() -> bytes:
        return convert_down(records.read(), magic, first_offset=first_offset)

    try:
        if len(records) <= _LITTLE_BYTES:
            return convert()
        return await trio.to_thread.run_sync(convert)
    except UnsupportedCodec as error:
        raise KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, str(error)) from error
    except MalformedRecords as error:
        raise KafkaError(ErrorCode.CORRUPT_MESSAGE, str(error)) from error
    except OSError as error:  # truncated meanwhile, or the disk
        raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, str(error)) from error


def too_large_for(max_bytes: int) -> bytes:
    """What tells an old client that its limit is too small: the beginning of an entry that goes on beyond it."""
    return _OVERFLOW.pack(-1, max(max_bytes + 1, HEADER_BYTES))
