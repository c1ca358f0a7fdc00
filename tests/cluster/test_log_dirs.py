"""Log directories of real brokers: Kafka's own tools move replicas and delete records, and kill -9 in the middle."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.cluster.conftest import NewCluster
from tests.support.peers import APACHE_KAFKA, GET_OFFSETS, JavaTools, ToolResult
from tests.tools.parity import run_tool
from zkbroker.cli.commands import MODULES, tool_named
from zkbroker.protocol.generated.alter_replica_log_dirs_request import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from zkbroker.protocol.generated.alter_replica_log_dirs_response import AlterReplicaLogDirsResponse
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.servers import ZKBROKER

LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
DELETE_RECORDS = "org.apache.kafka.tools.DeleteRecordsCommand"
REASSIGN = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"


RunTool = Callable[..., Awaitable[ToolResult]]
"""Kafka's class with arguments, run as Kafka's program or as ours."""


async def run_ours(main_class: str, *args: str) -> ToolResult:
    """Our command in the place of Kafka's class."""
    tool = next(tool for tool in map(tool_named, MODULES) if tool.kafka_class == main_class)
    return await trio.to_thread.run_sync(run_tool, tool, args)


async def described(cluster: Cluster, tools: JavaTools) -> dict[tuple[int, str, str], dict[str, Any]]:
    """What kafka-log-dirs says: by broker, directory and partition."""
    brokers = ",".join(map(str, cluster.brokers))
    said = await tools.run_in_thread(
        LOG_DIRS, "--bootstrap-server", cluster.bootstrap, "--describe", "--broker-list", brokers
    )
    answer = json.loads(said.require_success().output.splitlines()[-1])
    assert {b["broker"] for b in answer["brokers"]} == set(cluster.brokers)
    for broker in answer["brokers"]:
        dirs = {Path(each["logDir"]): each["error"] for each in broker["logDirs"]}
        assert dirs == dict.fromkeys(cluster.brokers[broker["broker"]].log_dirs)
    return {
        (broker["broker"], each["logDir"], replica["partition"]): replica
        for broker in answer["brokers"]
        for each in broker["logDirs"]
        for replica in each["partitions"]
    }


@pytest.mark.peers
@pytest.mark.parametrize("whose", ["kafka", "ours"])
async def test_the_tools(new_cluster: NewCluster, java_tools: JavaTools, tmp_path: Path, whose: str) -> None:
    """Deletions and moves by Kafka's own tools, and by ours; Kafka's tell what came of it."""
    run: RunTool = java_tools.run_in_thread if whose == "kafka" else run_ours
    async with new_cluster(brokers=2, log_dirs=2) as cluster:
        topic = await cluster.create_topic(partitions=1, replication_factor=2)
        for number in range(100):
            await cluster.client.produce(topic, b"%d" % number + b"." * 1_000, acks=-1)
        found = await described(cluster, java_tools)
        replicas = {b: (d, each) for (b, d, name), each in found.items() if name == f"{topic}-0"}
        assert set(replicas) == {1, 2}
        assert all(
            not r["isFuture"] and not r["offsetLag"] and r["size"] > 100_000 for _, r in replicas.values()
        )

        file = tmp_path / "deletions.json"
        file.write_text(
            json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": 0, "offset": 40}]})
        )
        said = await run(
            DELETE_RECORDS, "--bootstrap-server", cluster.bootstrap, "--offset-json-file", str(file)
        )
        assert f"partition: {topic}-0\tlow_watermark: 40" in said.require_success().output
        earliest = await run(
            GET_OFFSETS, "--bootstrap-server", cluster.bootstrap, "--topic", topic, "--time", "earliest"
        )
        assert earliest.require_success().output.strip() == f"{topic}:0:40"

        # Both replicas to the other directory of their broker, by kafka-reassign-partitions.
        targets = {
            b: next(str(path) for path in cluster.brokers[b].log_dirs if str(path) != d)
            for b, (d, _) in replicas.items()
        }
        await _reassign(cluster, java_tools, run, tmp_path, topic, targets)
        # And one of them to a named directory of the broker that has the other: made there at once.
        alone = await cluster.create_topic(partitions=1, replication_factor=1)
        await cluster.client.produce(alone, b"kept", acks=-1)
        home = await cluster.leader_of(alone, 0)
        other = 3 - home
        await _reassign(
            cluster, java_tools, run, tmp_path, alone, {other: str(cluster.brokers[other].log_dirs[1])}
        )
        assert await cluster.client.fetch_one(alone, 0, 0) == b"kept"
        assert await cluster.client.produce(topic, b"on", acks=-1) == 100


async def _reassign(
    cluster: Cluster, tools: JavaTools, run: RunTool, tmp_path: Path, topic: str, targets: dict[int, str]
) -> None:
    """Execute and verify with a tool, and look where the replicas are then."""
    file = tmp_path / "moves.json"
    partition = {
        "topic": topic,
        "partition": 0,
        "replicas": list(targets),
        "log_dirs": list(targets.values()),
    }
    file.write_text(json.dumps({"version": 1, "partitions": [partition]}))
    common = ("--bootstrap-server", cluster.bootstrap, "--reassignment-json-file", str(file))
    throttle = ("--replica-alter-log-dirs-throttle", "50000000")
    executed = await run(REASSIGN, "--execute", *throttle, *common)
    assert "Successfully started" in executed.require_success().output
    for broker_id, target in targets.items():
        begun = f"Successfully started moving log directory to {target} for replica {topic}-0 with broker {broker_id}"
        assert begun in executed.output

    verified = ""

    async def is_done() -> bool:
        nonlocal verified
        verified = (await run(REASSIGN, "--verify", *common)).require_success().output
        return all(
            f"Reassignment of replica {topic}-0-{broker_id} completed successfully" in verified
            for broker_id in targets
        )

    try:
        await cluster.wait_until(is_done, f"{topic} is in {targets}", timeout_s=20)
    except AssertionError as error:
        raise AssertionError(f"{executed.output}\n{verified}") from error

    async def is_there_alone() -> bool:
        found = await described(cluster, tools)
        return {(b, d) for b, d, name in found if name == f"{topic}-0"} == set(targets.items())

    await cluster.wait_until(is_there_alone, f"{topic} is in {targets} and nowhere else")


async def move(cluster: Cluster, topic: str, broker_id: int, target: Path) -> int:
    wanted = AlterReplicaLogDirTopic(name=topic, partitions=[0])
    request = AlterReplicaLogDirsRequest(dirs=[AlterReplicaLogDir(path=str(target), topics=[wanted])])
    address = cluster.brokers[broker_id].bootstrap
    answer = await cluster.client.request(address, request, AlterReplicaLogDirsResponse)
    return answer.results[0].partitions[0].error_code


async def test_kill_minus_nine_while_a_replica_moves(
    new_cluster: NewCluster, rng: random.Random, full_counts: bool
) -> None:
    """A loaded broker is killed at random moments of moves to and fro; nothing acknowledged is lost or twice there."""
    from tests.cluster.streams import NumberedStream, run_in_thread

    kills, count = (40, 400_000) if full_counts else (3, 15_000)
    moved = 0
    async with new_cluster(brokers=1, log_dirs=2) as cluster:
        topic = await cluster.create_topic(partitions=1, segment_bytes=200_000)
        broker = cluster.brokers[1]
        stream = NumberedStream(cluster.bootstrap, topic, count)
        async with trio.open_nursery() as nursery:
            await nursery.start(run_in_thread, stream)
            for number in range(kills):
                stream.raise_limit(count * (number + 1) // kills)
                await stream.wait_acknowledged(count * number // kills + 1, cluster)
                (home,) = (path for path in broker.log_dirs if (path / f"{topic}-0").exists())
                (target,) = (path for path in broker.log_dirs if path != home)

                async def has_begun(target: Path = target) -> bool:
                    return await move(cluster, topic, 1, target) == 0

                await cluster.wait_until(has_begun, "the move has begun")
                await trio.sleep(rng.uniform(0, 0.4))  # the moment of death, from the seed
                await cluster.kill(1)
                moved += (target / f"{topic}-0").exists()
                await broker.restart()

                async def is_one(home: Path = home, target: Path = target) -> bool:
                    return (target / f"{topic}-0").exists() and not (home / f"{topic}-0").exists()

                await cluster.wait_until(is_one, "the move goes on after the start, and ends")
            await stream.wait_acknowledged(count, cluster)
        found = await cluster.client.read(topic, 0, 0, count)
        numbers = [int(record.value or b"-1") for record in found]
        assert numbers == list(range(count))
        assert all(found[offset].value == b"%d" % n for n, offset in stream.acknowledged.items())
        assert moved < kills or kills < 10, "no kill came before the end of its move"


@pytest.mark.peers
async def test_a_move_that_one_broker_began_another_ends(new_cluster: NewCluster) -> None:
    """Killed in the middle of a slow move, ours is followed by Apache Kafka on the same directories, and the other
    way round."""
    count = 3_000
    async with new_cluster(brokers=1, log_dirs=2) as cluster:
        broker = cluster.brokers[1]
        topic = await cluster.create_topic(partitions=1, segment_bytes=300_000)
        for first in range(0, count, 100):
            records = [Record(n, 0, None, b"%d" % (first + n) + b"." * 1_000) for n in range(100)]
            await cluster.client.produce_batch(topic, 0, build_batch(records))
        for kind in (APACHE_KAFKA, ZKBROKER):
            (home,) = (path for path in broker.log_dirs if (path / f"{topic}-0").exists())
            (target,) = (path for path in broker.log_dirs if path != home)
            await _limit_moves(cluster, 300_000)

            async def is_under_way(target: Path = target) -> bool:
                began = await move(cluster, topic, 1, target) == 0
                return began and _copied_bytes(target, topic) > 0

            await cluster.wait_until(is_under_way, "the copy has begun")
            await cluster.kill(1)
            assert (home / f"{topic}-0").exists() and _copied_bytes(target, topic) > 0
            await cluster.expire_session(1)  # else Kafka would not start beside its own former registration
            cluster.become(1, kind)
            await broker.restart()
            await cluster.wait_until(lambda: _leads(cluster, topic), f"{kind.name} leads")
            await _limit_moves(cluster, 1_000_000_000)

            async def has_moved(home: Path = home, target: Path = target) -> bool:
                return (target / f"{topic}-0").exists() and not (home / f"{topic}-0").exists()

            await cluster.wait_until(has_moved, f"{kind.name} ends the move")
            found = await cluster.client.read(topic, 0, 0, count)
            assert [int((record.value or b"").rstrip(b".")) for record in found] == list(range(count))


def _copied_bytes(target: Path, topic: str) -> int:
    return sum(file.stat().st_size for file in target.glob(f"{topic}-0.*-future/*.log"))


async def _leads(cluster: Cluster, topic: str) -> bool:
    return (await cluster.client.partition(topic, 0)).leader == 1


async def _limit_moves(cluster: Cluster, bytes_per_second: int) -> None:
    config = AlterableConfig(
        name="replica.alter.log.dirs.io.max.bytes.per.second", config_operation=0, value=str(bytes_per_second)
    )
    request = IncrementalAlterConfigsRequest(
        resources=[AlterConfigsResource(resource_type=4, resource_name="1", configs=[config])]
    )
    address = cluster.brokers[1].bootstrap
    answer = await cluster.client.request(address, request, IncrementalAlterConfigsResponse)
    assert not answer.responses[0].error_code, answer.responses[0].error_message
