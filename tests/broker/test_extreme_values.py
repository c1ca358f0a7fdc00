"""No value that fits into a request takes a coordinator down: its shard would lose everybody who waits in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio

from tests.broker.in_process import InProcess, Wire
from zkbroker.coordinator.groups import Groups
from zkbroker.coordinator.shard import Shard
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from zkbroker.protocol.generated.join_group_response import JoinGroupResponse
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.offset_commit_response import OffsetCommitResponse
from zkbroker.protocol.generated.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from zkbroker.protocol.generated.sync_group_response import SyncGroupResponse

LOWEST, HIGHEST = -(2**63), 2**63 - 1
LONGEST = "x" * 32_767

COMMITS: dict[str, tuple[int, dict[str, object], dict[str, object]]] = {
    "kept for ever": (2, {"retention_time_ms": HIGHEST}, {}),
    "gone at once": (2, {"retention_time_ms": LOWEST}, {}),
    "committed late": (1, {}, {"commit_timestamp": HIGHEST}),
    "committed early": (1, {}, {"commit_timestamp": LOWEST}),
    "the last offset": (8, {}, {"committed_offset": HIGHEST, "committed_leader_epoch": 2**31 - 1}),
    "the first offset": (8, {}, {"committed_offset": LOWEST, "committed_leader_epoch": -(2**31)}),
    "much metadata": (8, {}, {"committed_metadata": LONGEST}),
    "a long name": (8, {"group_id": LONGEST}, {}),
}


@pytest.fixture
async def cluster(in_process: Callable[..., object]) -> InProcess:
    found = await in_process(  # type: ignore[misc]
        offsets_topic_replication_factor="1",
        offsets_topic_num_partitions="1",
        offset_metadata_max_bytes="100000",
        group_initial_rebalance_delay_ms="0",
    )
    assert isinstance(found, InProcess)
    await found.create_topic("orders")
    wire = await found.wire()
    with trio.fail_after(20):
        while True:
            answer = await wire.ask(FindCoordinatorRequest(coordinator_keys=["g"]), 4)
            assert isinstance(answer, FindCoordinatorResponse)
            if not answer.coordinators[0].error_code and _shard(found).is_loaded:
                return found
            await found.wait_until(lambda: True)


def _shard(cluster: InProcess) -> Shard[Groups]:
    assert cluster.broker.services is not None
    found = cluster.broker.services.groups.shards.at(0)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMITS)
async def test_commits(cluster: InProcess, name: str) -> None:
    version, of_all, of_partition = COMMITS[name]
    before = _shard(cluster)
    partition = OffsetCommitRequestPartition(**{"partition_index": 0, "committed_offset": 1} | of_partition)  # type: ignore[arg-type]
    request = OffsetCommitRequest(
        **{"group_id": "g"} | of_all,  # type: ignore[arg-type]
        topics=[OffsetCommitRequestTopic(name="orders", partitions=[partition])],
    )
    answer = await (await cluster.wire()).ask(request, version)
    assert isinstance(answer, OffsetCommitResponse)
    assert answer.topics[0].partitions[0].error_code == ErrorCode.NONE
    assert _shard(cluster) is before and before.is_loaded


async def test_a_member_with_the_longest_of_names(cluster: InProcess) -> None:
    """Its id is made of its client's; the group with it is stored, and told."""
    before = _shard(cluster)
    wire = await cluster.wire()
    for static in (None, LONGEST):
        joined, synced = await _one_generation(wire, "dynamic" if static is None else "static", static)
        assert joined.error_code == synced.error_code == ErrorCode.NONE
        assert len(joined.member_id) <= 32_767
    assert _shard(cluster) is before and before.is_loaded


async def _one_generation(
    wire: Wire, group: str, static: str | None
) -> tuple[JoinGroupResponse, SyncGroupResponse]:
    protocol = JoinGroupRequestProtocol(name=LONGEST, metadata=b"")
    names = {} if static is None else {"group_instance_id": static}
    join = JoinGroupRequest(
        group_id=group,
        session_timeout_ms=10_000,
        rebalance_timeout_ms=10_000,
        protocol_type=LONGEST,
        protocols=[protocol],
        **names,
    )
    joined = await wire.ask(join, 3 if static is None else 5, client_id=LONGEST)
    assert isinstance(joined, JoinGroupResponse)
    sync = SyncGroupRequest(
        group_id=group,
        generation_id=joined.generation_id,
        member_id=joined.member_id,
        assignments=[SyncGroupRequestAssignment(member_id=joined.member_id, assignment=b"all")],
        **names,
    )
    synced = await wire.ask(sync, 2 if static is None else 3, client_id=LONGEST)
    assert isinstance(synced, SyncGroupResponse)
    return joined, synced
