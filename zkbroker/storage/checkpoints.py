"""The small text files beside the segments: offset checkpoints, partition.metadata, meta.properties.

Each is replaced as a whole, so a reader finds the old content or the new. A damaged offset checkpoint is reported and
taken as empty: what it would have said is then found out again, at the price of a longer start.
Source: OffsetCheckpointFile, PartitionMetadataFile, MetaProperties of Kafka 3.9.
"""

from __future__ import annotations

import datetime
import logging
import os
import threading
from collections.abc import Mapping
from typing import Final

import attrs

from zkbroker.config import parse_properties
from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition, parse_topic_id, topic_id_text
from zkbroker.storage import names
from zkbroker.storage.files import FILES, Files, read_fully, replace_file

log = logging.getLogger(__name__)

META_PROPERTIES_VERSION: Final = 0  # ZooKeeper mode


def encode_offsets(offsets: Mapping[TopicPartition, int]) -> bytes:
    """The text of an offset checkpoint."""
    lines = ["0", str(len(offsets))]
    lines += [f"{tp.topic} {tp.partition} {offset}" for tp, offset in offsets.items()]
    return ("\n".join(lines) + "\n").encode()


def decode_offsets(content: bytes) -> dict[TopicPartition, int]:
    """Raises: ValueError saying what is wrong with the file."""
    lines = content.decode("ascii").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if len(lines) < 2 or lines[0] != "0":
        raise ValueError("an offset checkpoint begins with its version 0 and a count")
    count = int(lines[1])
    if count != len(lines) - 2:
        raise ValueError(f"it announces {count} entries and has {len(lines) - 2}")
    offsets = {}
    for line in lines[2:]:
        topic, partition, offset = line.split(" ")
        offsets[TopicPartition(topic, int(partition))] = int(offset)
    return offsets


def read_offsets(files: Files, path: str) -> dict[TopicPartition, int]:
    """Offsets by partition; empty if the file is missing or damaged. Raises: OSError."""
    try:
        return decode_offsets(read_fully(files, path))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        log.warning("%s is damaged and ignored: %s", path, error)
        return {}


def write_offsets(files: Files, path: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Durably. Raises: OSError."""
    replace_file(files, path, encode_offsets(offsets), sync=True)


@attrs.define(eq=False)
class OffsetsFile:
    """One offset checkpoint of a log directory. Threads write it, and now and then the event loop: one at a time.

    What was taken last stands: a writer whose offsets are older than those in the file leaves it alone.
    `take`, `written`, `found` and `may_hold` are the event loop's.
    """

    files: Files
    path: str
    _writing: threading.Lock = attrs.field(factory=threading.Lock)
    _taken: int = 0  # how often offsets were taken to be written
    _written: int = 0  # the last of them that is in the file
    _may_hold: set[TopicPartition] = attrs.field(factory=set)  # partitions

    def found(self, offsets: Mapping[TopicPartition, int]) -> None:
        """What the file held at the start."""
        self._may_hold |= offsets.keys()

    def may_hold(self, tp: TopicPartition) -> bool:
        """Whether the file has an offset of that partition, or is about to."""
        return tp in self._may_hold

    def take(self, offsets: Mapping[TopicPartition, int]) -> int:
        """These offsets, as they are now, are to be written; returns what `write` and `written` need to know."""
        self._taken += 1
        self._may_hold |= offsets.keys()
        return self._taken

    def write(self, taken: int, offsets: Mapping[TopicPartition, int]) -> None:
        """Durably. Any thread. Raises: OSError."""
        with self._writing:
            if taken > self._written:
                write_offsets(self.files, self.path, offsets)
                self._written = taken

    def written(self, taken: int, offsets: Mapping[TopicPartition, int]) -> None:
        """The write has ended well."""
        if taken == self._taken:
            self._may_hold = set(offsets)


def write_partition_metadata(files: Files, directory: str, topic_id: TopicId) -> None:
    """Not synced here: the log's next flush does that. Raises: OSError."""
    content = f"version: 0\ntopic_id: {topic_id_text(topic_id)}"
    replace_file(files, os.path.join(directory, names.PARTITION_METADATA), content.encode(), sync=False)


def read_partition_metadata(files: Files, directory: str) -> TopicId:
    """The topic id a log belongs to, NO_TOPIC_ID if the file is missing or damaged. Raises: OSError."""
    path = os.path.join(directory, names.PARTITION_METADATA)
    try:
        lines = read_fully(files, path).decode("ascii").split("\n")
        fields = dict(line.split(": ", 1) for line in lines if line)
        if fields["version"] != "0":
            raise ValueError(f"version {fields['version']}")
        return parse_topic_id(fields["topic_id"])
    except FileNotFoundError:
        return NO_TOPIC_ID
    except (ValueError, KeyError) as error:
        log.warning("%s is damaged and ignored: %s", path, error)
        return NO_TOPIC_ID


@attrs.frozen
class MetaProperties:
    """Which cluster and broker a log directory belongs to. Source: KIP-78, meta.properties version 0."""

    cluster_id: str
    broker_id: int


def read_meta_properties(directory: str, files: Files = FILES) -> MetaProperties | None:
    """What a log directory's meta.properties says, None if there is none.

    Raises: ValueError if it is not one that a broker in ZooKeeper mode wrote; OSError.
    """
    path = os.path.join(directory, names.META_PROPERTIES)
    try:
        text = read_fully(files, path).decode("latin-1")
    except FileNotFoundError:
        return None
    values = {entry.key: entry.value for entry in parse_properties(text)}
    version = values.get("version", "0")
    if version != str(META_PROPERTIES_VERSION):
        raise ValueError(f"{path} has version {version}; a broker in ZooKeeper mode has 0")
    cluster_id, broker_id = values.get("cluster.id"), values.get("broker.id")
    if not cluster_id or broker_id is None or not broker_id.isdigit():
        raise ValueError(f"{path} must name a cluster.id and a broker.id")
    return MetaProperties(cluster_id, int(broker_id))


def write_meta_properties(directory: str, properties: MetaProperties, files: Files = FILES) -> None:
    """Durably, in the form Java writes. Raises: OSError."""
    now = datetime.datetime.now(datetime.UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    content = (
        f"#\n#{now}\nversion={META_PROPERTIES_VERSION}\n"
        f"cluster.id={_escape(properties.cluster_id)}\nbroker.id={properties.broker_id}\n"
    )
    path = os.path.join(directory, names.META_PROPERTIES)
    replace_file(files, path, content.encode("latin-1"), sync=True)


def _escape(value: str) -> str:
    return "".join("\\" + char if char in "=:#!\\" else char for char in value)
