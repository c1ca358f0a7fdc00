"""The small files beside the segments: Kafka's text, replaced whole, damage survived."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.support import TOPIC_ID, Broken, full_disk
from zkbroker.model import NO_TOPIC_ID, TopicPartition
from zkbroker.storage.checkpoints import (
    MetaProperties,
    OffsetsFile,
    decode_offsets,
    encode_offsets,
    read_meta_properties,
    read_offsets,
    read_partition_metadata,
    write_meta_properties,
    write_offsets,
    write_partition_metadata,
)
from zkbroker.storage.files import FILES, replace_file

OFFSETS = {TopicPartition("a.b", 0): 5, TopicPartition("c", 12): 2**40}


def test_offset_checkpoints_are_kafkas(tmp_path: Path) -> None:
    path = str(tmp_path / "recovery-point-offset-checkpoint")
    assert read_offsets(FILES, path) == {}
    write_offsets(FILES, path, OFFSETS)
    assert Path(path).read_text() == "0\n2\na.b 0 5\nc 12 1099511627776\n"
    assert read_offsets(FILES, path) == OFFSETS
    assert [child.name for child in tmp_path.iterdir()] == ["recovery-point-offset-checkpoint"]


@given(
    st.dictionaries(
        st.builds(TopicPartition, st.text("ab.-_9", min_size=1), st.integers(0, 9)), st.integers(0, 2**63 - 1)
    )
)
def test_offsets_round_trip(offsets: dict[TopicPartition, int]) -> None:
    assert decode_offsets(encode_offsets(offsets)) == offsets


@pytest.mark.parametrize(
    "content",
    [b"", b"0", b"1\n0\n", b"0\n2\na 0 1\n", b"0\n1\na 0\n", b"0\n1\na 0 x\n", b"\xff\xfe", bytes(50)],
)
def test_damage_is_taken_as_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(content)
    assert read_offsets(FILES, str(path)) == {}
    (tmp_path / "partition.metadata").write_bytes(content)
    assert read_partition_metadata(FILES, str(tmp_path)) == NO_TOPIC_ID


def test_what_was_taken_last_stands_whoever_writes_first(tmp_path: Path) -> None:
    tp = TopicPartition("a", 0)
    checkpoint = OffsetsFile(FILES, str(tmp_path / "log-start-offset-checkpoint"))
    older, newer = checkpoint.take({tp: 7}), checkpoint.take({})
    assert checkpoint.may_hold(tp)
    checkpoint.write(newer, {})
    checkpoint.written(newer, {})
    assert not checkpoint.may_hold(tp)
    checkpoint.write(older, {tp: 7})
    checkpoint.written(older, {tp: 7})
    assert read_offsets(FILES, checkpoint.path) == {} and not checkpoint.may_hold(tp)
    with ThreadPoolExecutor(4) as threads:  # two at a time would rename each other's file away
        list(
            threads.map(
                lambda taken: checkpoint.write(taken, {tp: taken}),
                [checkpoint.take({tp: 0}) for _ in range(100)],
            )
        )
    assert read_offsets(FILES, checkpoint.path) == {tp: 102}
    assert [child.name for child in tmp_path.iterdir()] == ["log-start-offset-checkpoint"]


def test_a_failed_replacement_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    broken = Broken()
    for failing in ("pwrite", "fsync", "replace file"):
        broken.fail = lambda call, failing=failing: full_disk() if call == failing else None  # type: ignore[misc]
        with pytest.raises(OSError, match="No space"):
            replace_file(broken, str(path), b"new", sync=True)
        assert path.read_bytes() == b"old"


def test_partition_metadata_is_kafkas(tmp_path: Path) -> None:
    assert read_partition_metadata(FILES, str(tmp_path)) == NO_TOPIC_ID
    write_partition_metadata(FILES, str(tmp_path), TOPIC_ID)
    content = (tmp_path / "partition.metadata").read_text()
    assert content == "version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw"
    assert read_partition_metadata(FILES, str(tmp_path)) == TOPIC_ID


def test_meta_properties(tmp_path: Path) -> None:
    assert read_meta_properties(str(tmp_path)) is None
    written = MetaProperties("mN0-4=:x", 7)
    write_meta_properties(str(tmp_path), written)
    assert read_meta_properties(str(tmp_path)) == written
    lines = (tmp_path / "meta.properties").read_text().splitlines()
    assert lines[0].startswith("#")
    assert set(lines[2:]) == {"version=0", r"cluster.id=mN0-4\=\:x", "broker.id=7"}


def test_meta_properties_as_kafka_writes_them(tmp_path: Path) -> None:
    (tmp_path / "meta.properties").write_text(
        "#\n#Fri Nov 21 04:20:00 UTC 2025\ncluster.id=AnMrwpu9SHq0tFoR3fUPBw\nversion=0\nbroker.id=1001\n"
    )
    assert read_meta_properties(str(tmp_path)) == MetaProperties("AnMrwpu9SHq0tFoR3fUPBw", 1001)


@pytest.mark.parametrize(
    "content",
    [
        "version=1\ncluster.id=x\nnode.id=1\n",
        "version=0\nbroker.id=1\n",
        "version=0\ncluster.id=x\nbroker.id=-1\n",
    ],
)
def test_other_meta_properties_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "meta.properties").write_text(content)
    with pytest.raises(ValueError, match=r"meta\.properties"):
        read_meta_properties(str(tmp_path))
