"""The batches of a leader's answer, checked for the follower. [pure]"""

from __future__ import annotations

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.records import LOG_OVERHEAD, MAGIC_POSITION
from zkbroker.storage.headers import (
    LEGACY_LEAST_BYTES,
    BatchHeader,
    TornBatch,
    is_intact,
    least_bytes,
    parse_header,
)


def incoming_batches(records: memoryview, name: str) -> list[BatchHeader]:
    """Headers of the whole batches, whose `position` is that in `records`; a torn last batch is left out.

    Every checksum is verified. Raises: CORRUPT_MESSAGE.
    """
    batches: list[BatchHeader] = []
    position, end = 0, len(records)
    next_offset = -1
    while position + LOG_OVERHEAD <= end:
        size = LOG_OVERHEAD + int.from_bytes(
            records[position + 8 : position + LOG_OVERHEAD], "big", signed=True
        )
        if size > end - position:
            break
        try:
            if size < LEGACY_LEAST_BYTES or size < least_bytes(records[position + MAGIC_POSITION]):
                raise TornBatch(position, f"a batch of {size} bytes")
            header = parse_header(records, position, position)
            if not is_intact(records[position : position + size]):
                raise TornBatch(position, "a batch that does not match its checksum")
            if header.base_offset < next_offset or header.last_offset < header.base_offset:
                raise TornBatch(
                    position, f"offsets {header.base_offset} to {header.last_offset} out of order"
                )
        except TornBatch as error:
            raise KafkaError(ErrorCode.CORRUPT_MESSAGE, f"{name}: the leader sent {error}") from error
        batches.append(header)
        next_offset = header.last_offset + 1
        position += size
    return batches
