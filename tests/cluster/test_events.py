"""The event file of a real cluster tells a failover step by step, each step with its cause."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.cluster.conftest import NewCluster
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.processes import free_port, is_free
from zkbroker.testing.servers import BrokerKind
from zkbroker.testing.up import up

WITH_EVENTS = BrokerKind(
    "zkbroker",
    lambda file: [
        *(sys.executable, "-m", "zkbroker", "broker", str(file)),
        *("--events", str(file.parent.parent / "events.jsonl")),
    ],
)
Line = dict[str, Any]


def lines_of(cluster: Cluster) -> list[Line]:
    return [json.loads(line) for line in (cluster.directory / "events.jsonl").read_text().splitlines()]


def first(lines: list[Line], event: str, after: Line | None = None, **fields: object) -> Line:
    """The first such event, of those that came later in the same broker or in any."""
    wanted = {"event": event, **fields}
    since = 0 if after is None else lines.index(after) + 1
    for line in lines[since:]:
        if wanted.items() <= line.items():
            return line
    raise AssertionError(f"no {wanted} after {after}")


def test_up_writes_the_events_of_all_brokers_into_one_file(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    port = free_port()
    while not is_free(port + 1):
        port = free_port()
    ports = ("--port", str(port), "--zookeeper-port", str(free_port()))
    with up(2, arguments=("--events", str(file), *ports)):
        pass
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    registered = {
        line["broker"]: line["broker_epoch"] for line in lines if line["event"] == "BrokerRegistered"
    }
    assert registered.keys() == {line["broker"] for line in lines} and len(registered) == 2
    (elected,) = [
        line for line in lines if line["event"] == "ControllerElected" and line["controller_epoch"] == 1
    ]
    assert elected["broker"] == elected["broker_id"]
    first(lines, "ControllerHandles", elected, broker=elected["broker"], kind="TookOver", turn=1)
    stopped = first(lines, "ControllerHandles", elected, kind="ControlledShutdownReceived")
    first(lines, "SessionMoved", stopped, state="lost")
    resigned = first(lines, "ControllerResigned", elected, broker=elected["broker"])
    assert (resigned["controller_epoch"], bool(resigned["reason"])) == (1, True)


async def test_a_failover_is_told_step_by_step(new_cluster: NewCluster) -> None:
    async with new_cluster(
        kinds=dict.fromkeys((1, 2, 3), WITH_EVENTS), auto_leader_rebalance_enable="false"
    ) as cluster:
        await cluster.create_topic("t", partitions=3, replication_factor=3)
        controller = (await cluster.client.metadata([])).controller_id
        leaders = {n: await cluster.leader_of("t", n) for n in range(3)}
        partition, victim = next((n, b) for n, b in leaders.items() if b != controller)
        tp: dict[str, object] = {"topic": "t", "partition": partition}
        await cluster.client.produce("t", b"before", partition=partition)
        before = lines_of(cluster)[-1]
        await cluster.kill(victim)
        await cluster.wait_gone(victim)
        leader = await cluster.leader_of("t", partition)
        await cluster.client.produce("t", b"after", partition=partition)
        await cluster.restart(victim)
        await cluster.wait_for_isr("t", partition, {1, 2, 3})
        await cluster.client.delete_topic("t")

        async def all_is_told() -> bool:
            told = [e["broker"] for e in lines_of(cluster) if e["event"] == "ReplicaStopped" and e["deleted"]]
            return sorted(told) == sorted([1, 2, 3] * 3)

        await cluster.wait_until(all_is_told, "the last step is in the file")
        lines = lines_of(cluster)

    # the controller: a watch, an event of the reign, the write, the election, the requests
    fired = first(lines, "WatchFired", before, broker=controller, path="/brokers/ids")
    handled = first(lines, "ControllerHandles", fired, broker=controller, kind="BrokersSeen")
    cause = f"BrokersSeen #{handled['turn']}"
    said = first(lines, "ControllerSays", handled, cause=cause)
    assert f"dead: {victim}" in said["text"]
    znode = first(
        lines,
        "ZnodeWritten",
        said,
        cause=cause,
        operation="set",
        path=f"/brokers/topics/t/partitions/{partition}/state",
    )
    state = first(lines, "PartitionStateWritten", znode, cause=cause, **tp)
    assert (state["leader"], state["partition_epoch"]) == (leader, znode["version"])
    elected = first(lines, "PartitionElected", state, cause=cause, **tp)
    assert (elected["leader"], elected["leader_epoch"]) == (leader, state["leader_epoch"])
    assert victim not in elected["isr"] and elected["reason"] == "broker failure"
    sent = first(lines, "ControlRequestSent", elected, api="LeaderAndIsr", to_broker=leader)
    assert cause in sent["cause"]
    # the new leader obeys, and says so
    obeyed = {"cause": f"LeaderAndIsr of client '{controller}'", "broker": leader}
    taken = first(lines, "LeadershipTaken", sent, **tp, **obeyed)
    assert (taken["leader_epoch"], taken["unclean"]) == (elected["leader_epoch"], False)
    assert taken["log_end_offset"] == 1
    applied = first(lines, "ControlRequestApplied", taken, api="LeaderAndIsr", **obeyed)
    assert applied["from_controller"] == controller
    answered = first(lines, "ControlRequestAnswered", sent, api="LeaderAndIsr", to_broker=leader)
    assert answered["error"] == "NONE" and answered["cause"] == sent["cause"]
    # records are committed again
    moved = first(lines, "HighWatermarkMoved", taken, broker=leader, leads=True, from_offset=1, **tp)
    assert moved["to_offset"] == 2 and moved["cause"].startswith(("Fetch of client", "Produce of client"))
    # the old leader is back: it registers, follows, catches up, and is taken in again
    registered = first(lines, "BrokerRegistered", taken, broker=victim)
    follows = first(lines, "FollowingBegun", registered, broker=victim, **tp)
    assert (follows["leader"], follows["log_end_offset"]) == (leader, 1)
    heard = first(lines, "HighWatermarkMoved", follows, broker=victim, leads=False, **tp)
    assert heard["cause"] == f"fetching from broker {leader}"
    proposed = first(lines, "IsrProposed", follows, broker=leader, **tp)
    assert sorted(proposed["isr"]) == [1, 2, 3]
    first(lines, "ControllerHandles", follows, broker=controller, kind="AlterPartitionsReceived")
    changed = first(lines, "IsrChanged", proposed, broker=leader, **tp)
    assert changed["isr"] == proposed["isr"]
    assert changed["partition_epoch"] == proposed["partition_epoch"] + 1
    # the topic is deleted: every replica is stopped, and its log goes
    sent = first(lines, "ControlRequestSent", changed, api="StopReplica", to_broker=victim)
    stopped = first(lines, "ReplicaStopped", sent, broker=victim, deleted=True, **tp)
    first(lines, "ControlRequestApplied", stopped, broker=victim, api="StopReplica")
    # each broker's events are in order and numbered without a gap
    for broker_id in (1, 2, 3):
        numbers = [line["number"] for line in lines if line["broker"] == broker_id]
        starts = [index for index, number in enumerate(numbers) if number == 1]
        assert len(starts) == (2 if broker_id == victim else 1)
        for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
            assert numbers[start:end] == list(range(1, end - start + 1))
