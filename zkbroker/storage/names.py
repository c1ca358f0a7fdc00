"""Names of the files and directories of a log. [pure]

Source: org.apache.kafka.storage.internals.log.LogFileUtils, kafka.log.UnifiedLog.
"""

from __future__ import annotations

import re
from typing import Final

from zkbroker.model import TopicPartition

LOG: Final = ".log"
OFFSET_INDEX: Final = ".index"
TIME_INDEX: Final = ".timeindex"
TRANSACTION_INDEX: Final = ".txnindex"
SNAPSHOT: Final = ".snapshot"
SEGMENT_SUFFIXES: Final = (LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX)

DELETED: Final = ".deleted"  # renamed, waiting for file.delete.delay.ms
CLEANED: Final = ".cleaned"  # the cleaner is still writing it
SWAP: Final = ".swap"  # complete, about to replace its originals

DELETE: Final = "-delete"  # directory of a deleted log
FUTURE: Final = "-future"  # directory of a replica that moves here from another log directory
STRAY: Final = "-stray"  # directory of a replica nobody assigned to this broker

LEADER_EPOCHS: Final = "leader-epoch-checkpoint"
PARTITION_METADATA: Final = "partition.metadata"
RECOVERY_POINTS: Final = "recovery-point-offset-checkpoint"
HIGH_WATERMARKS: Final = "replication-offset-checkpoint"
LOG_STARTS: Final = "log-start-offset-checkpoint"
CLEANER_OFFSETS: Final = "cleaner-offset-checkpoint"
META_PROPERTIES: Final = "meta.properties"
LOCK: Final = ".lock"
CLEAN_SHUTDOWN: Final = ".kafka_cleanshutdown"
BOOT_ID: Final = ".boot-id"  # ours: what the system called its run when the broker began to write here
REMOTE_INDEX_CACHE: Final = "remote-log-index-cache"

MAX_NAME_LENGTH: Final = 255

_LOG_DIRECTORY = re.compile(r"(?P<topic>[a-zA-Z0-9._-]{1,249})-(?P<partition>[0-9]+)")
_MARKED_DIRECTORY = re.compile(
    r"(?P<topic>[a-zA-Z0-9._-]{1,249})-(?P<partition>[0-9]+)\.(?P<unique>[a-zA-Z0-9]+)-(delete|future|stray)"
)
_OFFSET_FILE = re.compile(r"(?P<offset>[0-9]{20})(?P<suffix>\.(?:log|index|timeindex|txnindex|snapshot))")


def offset_name(offset: int, suffix: str) -> str:
    """`00000000000000000042.log`: what Kafka calls the file that begins at an offset."""
    return f"{offset:020d}{suffix}"


def parse_offset_name(name: str) -> tuple[int, str] | None:
    """Offset and suffix of a segment or snapshot file, or None for any other name."""
    match = _OFFSET_FILE.fullmatch(name)
    return (int(match["offset"]), match["suffix"]) if match else None


def directory_name(tp: TopicPartition) -> str:
    """`topic-3`."""
    return f"{tp.topic}-{tp.partition}"


def parse_directory_name(name: str) -> TopicPartition | None:
    """The partition a live log directory belongs to, or None for any other name."""
    if name.endswith((DELETE, FUTURE, STRAY)) and _MARKED_DIRECTORY.fullmatch(name):
        return None
    match = _LOG_DIRECTORY.fullmatch(name)
    return TopicPartition(match["topic"], int(match["partition"])) if match else None


def marked_directory_name(tp: TopicPartition, unique: str, mark: str) -> str:
    """`topic-3.<32 hex digits>-delete` (or -future, -stray); a long topic name is cut to fit 255 characters."""
    suffix = f"-{tp.partition}.{unique}{mark}"
    return tp.topic[: MAX_NAME_LENGTH - len(suffix)] + suffix


def parse_marked_directory_name(name: str, mark: str) -> TopicPartition | None:
    """The partition a -delete, -future or -stray directory belongs to (its topic name may be cut), or None."""
    match = _MARKED_DIRECTORY.fullmatch(name) if name.endswith(mark) else None
    return TopicPartition(match["topic"], int(match["partition"])) if match else None
