"""Values that go with a log: where an append comes from, what became of it, what the log shows. [pure]"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from attrs import frozen as _value
else:
    from attrs import define as _value  # one is made per append: frozen would double its cost


class AppendOrigin(Enum):
    """Who sends the records, which decides what is checked."""

    CLIENT = "client"  # everything is checked
    COORDINATOR = "coordinator"  # no sequence checks, control batches allowed
    REPLICATION = "replication"  # the leader has checked; oddities are only logged


@_value
class LogAppendInfo:
    """What one append did."""

    first_offset: int
    last_offset: int  # inclusive
    max_timestamp: int
    log_append_time_ms: int  # -1 unless the topic's message.timestamp.type is LogAppendTime
    log_start_offset: int
    size_bytes: int  # written; 0 for a duplicate
    duplicate: bool = False  # nothing was written: the offsets are those of the batch stored earlier


@attrs.frozen
class AbortedTransaction:
    """A transaction index entry. Source: KIP-98, AbortedTxn."""

    producer_id: int
    first_offset: int
    last_offset: int  # offset of the abort marker
    last_stable_offset: int  # as it was when the marker was appended


@attrs.frozen
class ActiveProducer:
    """One producer as DescribeProducers shows it. Source: KIP-664."""

    producer_id: int
    producer_epoch: int
    last_sequence: int
    last_timestamp: int
    coordinator_epoch: int
    current_transaction_start_offset: int  # -1: none open


@attrs.frozen
class LogStatistics:
    """A log at a glance."""

    segments: int
    size_bytes: int
    log_start_offset: int
    log_end_offset: int
    high_watermark: int
    recovery_point: int
    producers: int
