"""What coordinators keep in __consumer_offsets: Kafka's tools read it, Kafka's coordinator goes on from it, what
expires leaves tombstones, and nobody is told anything while it is read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import pytest
import trio

from tests.cluster.conftest import NewCluster
from tests.cluster.consumer_groups import ConsumerGroup
from tests.support.peers import APACHE_KAFKA, CONSOLE_CONSUMER, DUMP_LOG, JavaTools
from zkbroker.coordinator.records import Committed, GroupRecord, OffsetRecord, decode_group_record
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.delete_groups_request import DeleteGroupsRequest
from zkbroker.protocol.generated.delete_groups_response import DeleteGroupsResponse
from zkbroker.protocol.generated.describe_groups_request import DescribeGroupsRequest
from zkbroker.protocol.generated.describe_groups_response import DescribeGroupsResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.heartbeat_response import HeartbeatResponse
from zkbroker.protocol.generated.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from zkbroker.protocol.generated.join_group_response import JoinGroupResponse
from zkbroker.protocol.generated.leave_group_request import LeaveGroupRequest, MemberIdentity
from zkbroker.protocol.generated.leave_group_response import LeaveGroupResponse
from zkbroker.protocol.generated.list_groups_request import ListGroupsRequest
from zkbroker.protocol.generated.list_groups_response import ListGroupsResponse
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.offset_commit_response import OffsetCommitResponse
from zkbroker.protocol.generated.offset_delete_request import OffsetDeleteRequest
from zkbroker.protocol.generated.offset_delete_response import OffsetDeleteResponse
from zkbroker.protocol.generated.offset_fetch_request import OffsetFetchRequest, OffsetFetchRequestGroup
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse
from zkbroker.protocol.generated.sync_group_request import SyncGroupRequest
from zkbroker.protocol.generated.sync_group_response import SyncGroupResponse
from zkbroker.protocol.records import BatchBuilder
from zkbroker.testing.client import LATEST, open_client
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.servers import ZKBROKER

LOG = "__consumer_offsets"


async def read_log(cluster: Cluster) -> list[OffsetRecord | GroupRecord]:
    """Every record of the log's only partition."""
    end = await cluster.client.list_offset(LOG, 0, LATEST)
    records = await cluster.client.read(LOG, 0, 0, end)
    return [
        decode_group_record(bytes(record.key or b""), None if record.value is None else bytes(record.value))
        for record in records
    ]


@pytest.mark.peers
async def test_kafkas_tools_read_it(new_cluster: NewCluster, java_tools: JavaTools) -> None:
    async with new_cluster(brokers=1, offsets_topic_num_partitions=1) as cluster:
        topic = await cluster.create_topic("read", partitions=2)
        for partition in range(2):
            await cluster.client.produce(topic, b"record", partition=partition)
        group = ConsumerGroup(cluster, "tools", topic, 2)
        try:
            member = group.add("kafka_python", instance="static")
            await group.wait_shared(member, what="one member")
            await group.wait_committed({0: 1, 1: 1})
        finally:
            group.end()
        simple = ConsumerGroup(cluster, "simple", topic, 2)
        await simple.commit({(topic, 0): 77, (topic, 1): 0})
        await simple.delete_offsets(topic, 1)

        end = await cluster.client.list_offset(LOG, 0, LATEST)

        async def consume(formatter: str) -> str:
            result = await java_tools.run_in_thread(
                CONSOLE_CONSUMER,
                *("--bootstrap-server", cluster.bootstrap, "--topic", LOG, "--partition", "0"),
                *("--offset", "earliest", "--max-messages", str(end), "--timeout-ms", "30000"),
                *("--formatter", f"org.apache.kafka.tools.consumer.{formatter}"),
            )
            return result.require_success().output

        offsets = await consume("OffsetsMessageFormatter")
        assert re.search(r'"group":"simple","topic":"read","partition":0.*"offset":77', offsets), offsets
        assert re.search(r'"group":"tools","topic":"read","partition":1.*"offset":1,', offsets), offsets
        assert re.search(r'"group":"simple","topic":"read","partition":1.*"value":null', offsets), offsets
        groups = await consume("GroupMetadataMessageFormatter")
        assert re.search(r'"group":"tools".*"protocolType":"consumer".*"groupInstanceId":"static"', groups), (
            groups
        )
        assert '"simple"' not in groups

        assert await cluster.stop(1) == 0
        (segment,) = cluster.replica_directory(1, LOG, 0).glob("*.log")
        dumped = await java_tools.run_in_thread(
            DUMP_LOG, "--files", str(segment), "--offsets-decoder", "--print-data-log"
        )
        said = dumped.require_success().output
        assert re.search(r'"group":"simple","topic":"read","partition":0.*"offset":77', said), said
        assert re.search(r'"group":"tools".*"memberId":"static-', said.replace("\\", "")), said
        assert "isvalid: false" not in said and "Error" not in said, said


@pytest.mark.long
@pytest.mark.peers
async def test_kafkas_coordinator_goes_on_from_ours_and_ours_from_kafkas(new_cluster: NewCluster) -> None:
    """A static member that is silent meanwhile is still a member of the same generation."""
    kinds = {1: ZKBROKER, 2: APACHE_KAFKA}
    async with new_cluster(
        brokers=2, kinds=kinds, offsets_topic_num_partitions=1, offsets_topic_replication_factor=2
    ) as cluster:
        topic = await cluster.create_topic("read", partitions=2, replication_factor=2)
        group = ConsumerGroup(cluster, "moving", topic, 2)
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(group.feed)
                await nursery.start(group.watch)
                first, second = group.add("confluent_kafka"), group.add("confluent_kafka")
                await group.wait_shared(first, second, what="two members")
                led: set[int] = set()
                while led != set(kinds):
                    leader = await group.coordinator()
                    led.add(leader)
                    await cluster.kill(leader)
                    await group.wait_read_on(what=f"without broker {leader}")
                    await group.wait_shared(first, second, what="the same two members")
                    await cluster.wait_gone(leader)
                    await cluster.restart(leader)
                    for each in (topic, LOG):
                        await cluster.wait_for_isr(each, 0, {1, 2})
                group.is_fed = False
                await group.wait_read_on(what="at the end")
                nursery.cancel_scope.cancel()
            group.require_offsets_never_went_back()
        finally:
            group.end()


async def test_what_expires_leaves_tombstones(new_cluster: NewCluster) -> None:
    async with new_cluster(
        brokers=1, offsets_topic_num_partitions=1, offsets_retention_check_interval_ms=100
    ) as cluster:
        topic = await cluster.create_topic("read", partitions=2)
        group = ConsumerGroup(cluster, "old", topic, 2)
        await group.commit({(topic, 0): 5})
        message = OffsetCommitRequest(
            group_id="old",
            retention_time_ms=1,  # which clients could ask for before Kafka 2.1
            topics=[
                OffsetCommitRequestTopic(
                    name=topic,
                    partitions=[OffsetCommitRequestPartition(partition_index=1, committed_offset=6)],
                )
            ],
        )
        address = cluster.brokers[1].bootstrap
        answer = await cluster.client.request(address, message, OffsetCommitResponse, version=2)
        assert answer.topics[0].partitions[0].error_code == 0
        await group.wait_committed({0: 5})
        about = [record for record in await read_log(cluster) if isinstance(record, OffsetRecord)]
        assert [(r.partition, None if r.committed is None else r.committed.offset) for r in about] == [
            (0, 5),
            (1, 6),
            (1, None),
        ]


async def test_a_deleted_topic_takes_its_offsets_along(new_cluster: NewCluster) -> None:
    async with new_cluster(brokers=2, offsets_topic_num_partitions=1) as cluster:
        kept = await cluster.create_topic("kept", partitions=1)
        gone = await cluster.create_topic("gone", partitions=1)
        group = ConsumerGroup(cluster, "reader", kept, 1)
        await group.commit({(kept, 0): 3, (gone, 0): 4})
        await cluster.client.delete_topic(gone)

        async def is_so() -> bool:
            return await group.all_committed() == {(kept, 0): 3}

        await cluster.wait_until(is_so, "the offsets of the deleted topic are gone")
        tombstones = [
            TopicPartition(record.topic, record.partition)
            for record in await read_log(cluster)
            if isinstance(record, OffsetRecord) and record.committed is None
        ]
        assert tombstones == [TopicPartition(gone, 0)]


# -- loading ------------------------------------------------------------------------------------------------------

RECORDS = 150_000  # take long enough to be read that everything can be asked meanwhile
GROUPS = 100
WHILE_LOADING: Sequence[tuple[Message, type[Message], ErrorCode]] = (
    (
        JoinGroupRequest(
            group_id="group-1",
            session_timeout_ms=10_000,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol(name="range")],
        ),
        JoinGroupResponse,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
    (
        SyncGroupRequest(group_id="group-1", member_id="m", protocol_type="consumer", protocol_name="range"),
        SyncGroupResponse,
        ErrorCode.REBALANCE_IN_PROGRESS,
    ),
    (HeartbeatRequest(group_id="group-1", member_id="m"), HeartbeatResponse, ErrorCode.NONE),
    (
        LeaveGroupRequest(group_id="group-1", members=[MemberIdentity(member_id="m")]),
        LeaveGroupResponse,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
    (ListGroupsRequest(), ListGroupsResponse, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
    (OffsetDeleteRequest(group_id="group-1"), OffsetDeleteResponse, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
    (
        DescribeGroupsRequest(groups=["group-1"]),
        DescribeGroupsResponse,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
    (
        DeleteGroupsRequest(groups_names=["group-1"]),
        DeleteGroupsResponse,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
    (
        OffsetCommitRequest(
            group_id="group-1",
            topics=[
                OffsetCommitRequestTopic(
                    name="read",
                    partitions=[OffsetCommitRequestPartition(partition_index=0, committed_offset=1)],
                )
            ],
        ),
        OffsetCommitResponse,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
    (
        OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id="group-1", topics=None)]),
        OffsetFetchResponse,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
)


def code_of(answer: Message) -> ErrorCode:
    """The first error code in an answer, at its top or in the first thing it lists."""
    code = getattr(answer, "error_code", 0)
    for name in ("groups", "results", "topics", "partitions"):
        listed = getattr(answer, name, ())
        if not code and listed:
            return code_of(listed[0])
    return ErrorCode(code)


async def test_while_it_is_read_nobody_is_told_anything_wrong_and_others_go_on(
    new_cluster: NewCluster,
) -> None:
    async with new_cluster(brokers=1, offsets_topic_num_partitions=1) as cluster:
        topic = await cluster.create_topic("read", partitions=1)
        group = ConsumerGroup(cluster, "group-1", topic, 1)
        address = cluster.brokers[1].bootstrap
        await group.coordinator()
        async with open_client([address]) as admin:
            admin.client_id = "__admin_client"  # only an administrator writes there
            wall_ms = int(time.time() * 1000)
            for start in range(0, RECORDS, 10_000):
                builder = BatchBuilder()
                for number in range(start, start + 10_000):
                    record = OffsetRecord(
                        f"group-{number % GROUPS}", topic, 0, Committed(number, -1, "", wall_ms)
                    )
                    builder.append(*record.encode(), wall_ms)
                await admin.produce_batch(LOG, 0, builder.build())
        last = RECORDS - GROUPS + 1  # of group-1

        others: list[float] = []  # when somebody else wrote a record and read it again
        loading: list[float] = []
        await cluster.stop(1)
        cluster.brokers[1].start()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_write_and_read, cluster, topic, others)
            asked = 0
            with trio.fail_after(60):
                while True:
                    question, kind, wanted = WHILE_LOADING[asked % len(WHILE_LOADING)]
                    try:
                        found = (await group.all_committed()).get((topic, 0))
                        if found is not None:
                            break
                        code = code_of(await cluster.client.request(address, question, kind))
                    except OSError:
                        continue  # it is starting
                    if code in (ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE):
                        continue
                    if code is wanted:
                        loading.append(trio.current_time())
                        asked += 1
                    else:  # it was loaded between two questions
                        assert await group.all_committed(), (question, code)
            assert found == last
            nursery.cancel_scope.cancel()
        assert asked >= len(WHILE_LOADING), f"only {asked} questions were asked while it was loading"
        meanwhile = [when for when in others if loading[0] < when < loading[-1]]
        assert len(meanwhile) >= 10, (
            f"somebody else got {len(meanwhile)} turns in {loading[-1] - loading[0]:.2f} s"
        )


async def _write_and_read(cluster: Cluster, topic: str, done: list[float]) -> None:
    while True:
        offset = await cluster.client.produce(topic, b"x", acks=1)
        await cluster.client.fetch(topic, 0, offset)
        done.append(trio.current_time())
