"""Every group request in every version, beside a Kafka 3.9 broker in ZooKeeper mode: the same answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from kazoo.client import KazooClient

from tests.interop.group_script import VERSIONS_TO_TRY, Script
from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.testing.cluster import open_cluster
from zkbroker.testing.servers import ZKBROKER, BrokerKind

pytestmark = pytest.mark.peers

Played = tuple[list[list[tuple[str, object]]], dict[str, bytes]]

DIFFERENT: frozenset[str] = frozenset()
"""Answers that differ on purpose; GAPS.md says why."""


def test_every_answer_is_kafkas(tmp_path: Path) -> None:
    ours, kept = trio.run(_play, ZKBROKER, tmp_path / "ours")
    theirs, kept_theirs = trio.run(_play, APACHE_KAFKA, tmp_path / "theirs")
    wrong = []
    for version, our_answers, their_answers in zip(VERSIONS_TO_TRY, ours, theirs, strict=True):
        assert [label for label, _ in our_answers] == [label for label, _ in their_answers]
        wrong += [
            f"{version}: {label}\n    ours   {answer}\n    theirs {theirs}"
            for (label, answer), (_, theirs) in zip(our_answers, their_answers, strict=True)
            if answer != theirs and label not in DIFFERENT
        ]
    assert not wrong, f"{len(wrong)} of {sum(map(len, ours))} answers differ:\n" + "\n".join(wrong)
    assert kept == kept_theirs and kept, "the offsets of version 0, in ZooKeeper"


async def _play(kind: BrokerKind, directory: Path) -> Played:
    """All versions against a broker of this kind; its answers, and what it keeps under /consumers."""
    async with open_cluster(
        directory, brokers=1, kinds={1: kind}, zookeeper=APACHE_ZOOKEEPER, offsets_topic_num_partitions=3
    ) as cluster:
        await cluster.create_topic("read", partitions=2)
        answers = []
        for version in VERSIONS_TO_TRY:
            script = Script(cluster.client, cluster.bootstrap, version)
            if version == min(VERSIONS_TO_TRY):
                await cluster.wait_until(script.has_coordinators, "there are coordinators")
            with trio.fail_after(120):
                await script.play()
            answers.append(script.answers)
        return answers, await trio.to_thread.run_sync(_consumers, cluster.zookeeper_connect)


def _consumers(connect: str) -> dict[str, bytes]:
    """Every znode below /consumers, with what is in it."""
    zookeeper = KazooClient(connect)
    zookeeper.start()
    try:
        found: dict[str, bytes] = {}
        left = ["/consumers"]
        while left:
            path = left.pop()
            found[path] = zookeeper.get(path)[0]
            left += [f"{path}/{child}" for child in zookeeper.get_children(path)]
        return found
    finally:
        zookeeper.stop()
        zookeeper.close()
