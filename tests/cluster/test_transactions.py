"""Transactions as an administrator and as every age of client sees them."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
import trio

from tests.cluster.conftest import NewCluster
from tests.support.peers import DUMP_LOG, JavaTools, ToolResult
from tests.tools.parity import run_tool
from zkbroker.cli.commands import tool_named
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import VERSIONS, ApiKey
from zkbroker.protocol.generated.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from zkbroker.protocol.generated.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from zkbroker.protocol.generated.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from zkbroker.protocol.generated.add_partitions_to_txn_response import AddPartitionsToTxnResponse
from zkbroker.protocol.generated.end_txn_request import EndTxnRequest
from zkbroker.protocol.generated.end_txn_response import EndTxnResponse
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic
from zkbroker.protocol.generated.fetch_response import FetchResponse
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse
from zkbroker.protocol.generated.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.generated.txn_offset_commit_request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.txn_offset_commit_response import TxnOffsetCommitResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster

TRANSACTIONS_COMMAND = "org.apache.kafka.tools.TransactionsCommand"
WAIT_S = 60


def batch(value: bytes, producer_id: int, epoch: int, sequence: int) -> bytes:
    return bytes(
        build_batch(
            [Record(0, 0, None, value)],
            producer_id=producer_id,
            producer_epoch=epoch,
            base_sequence=sequence,
            is_transactional=True,
        )
    )


async def produce(cluster: Cluster, topic: str, name: str, records: bytes) -> ErrorCode:
    data = PartitionProduceData(index=0, records=memoryview(records))
    request = ProduceRequest(
        transactional_id=name, acks=-1, timeout_ms=30_000, topic_data=[TopicProduceData(topic, [data])]
    )
    response = await cluster.client.request(cluster.bootstrap, request, ProduceResponse)
    return ErrorCode(response.responses[0].partition_responses[0].error_code)


async def coordinated(cluster: Cluster, name: str) -> None:
    """Wait until the transactional id and the group of that name have their coordinator."""

    async def is_so() -> bool:
        answers = [
            await cluster.client.request(
                cluster.bootstrap,
                FindCoordinatorRequest(key_type=kind, coordinator_keys=[name]),
                FindCoordinatorResponse,
            )
            for kind in (0, 1)
        ]
        return all(answer.coordinators[0].error_code == 0 for answer in answers)

    await cluster.wait_until(is_so, f"a coordinator of {name}")


async def until_done(ask: Any, code_of: Any) -> Any:
    """Ask again while the answer is "try again"; the last answer."""
    again = (
        ErrorCode.CONCURRENT_TRANSACTIONS,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        ErrorCode.NOT_COORDINATOR,
    )
    with trio.fail_after(WAIT_S):
        while True:
            answer = await ask()
            if ErrorCode(code_of(answer)) not in again:
                return answer
            await trio.sleep(0.02)


async def committed_values(cluster: Cluster, topic: str) -> list[bytes]:
    """What a read_committed consumer is shown: the fetched records without those listed as aborted."""
    from confluent_kafka import Consumer, TopicPartition

    def read() -> list[bytes]:
        consumer = Consumer(
            {
                "bootstrap.servers": cluster.bootstrap,
                "group.id": "unused",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
            }
        )
        try:
            consumer.assign([TopicPartition(topic, 0, 0)])
            values: list[bytes] = []
            while True:
                message = consumer.poll(WAIT_S)
                assert message is not None
                if message.error() is not None:
                    return values
                values.append(message.value() or b"")
        finally:
            consumer.close()

    return await trio.to_thread.run_sync(read)


@pytest.mark.clients("confluent_kafka")
async def test_every_version_of_every_request_of_a_transaction(new_cluster: NewCluster) -> None:
    """Each runs a whole transaction; every second one is aborted, with its offset."""
    async with new_cluster(
        brokers=1, offsets_topic_num_partitions=1, transaction_state_log_num_partitions=1
    ) as cluster:
        topic, name, ask = await cluster.create_topic("t"), "payments", cluster.client.request
        await coordinated(cluster, name)
        steps = (
            ApiKey.INIT_PRODUCER_ID,
            ApiKey.ADD_PARTITIONS_TO_TXN,
            ApiKey.ADD_OFFSETS_TO_TXN,
            ApiKey.TXN_OFFSET_COMMIT,
            ApiKey.END_TXN,
        )
        versions = {key: range(VERSIONS[key].lowest, VERSIONS[key].highest + 1) for key in steps}
        count = max(len(each) for each in versions.values())
        kept: list[bytes] = []
        expected_offset = -1
        for turn in range(count):
            v = {key: each[min(turn, len(each) - 1)] for key, each in versions.items()}
            commit, value = turn % 2 == 0, b"turn %d" % turn
            begun = await until_done(
                lambda v=v: ask(
                    cluster.bootstrap,
                    InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=60_000),
                    InitProducerIdResponse,
                    version=v[ApiKey.INIT_PRODUCER_ID],
                ),
                lambda answer: answer.error_code,
            )
            assert begun.error_code == 0 and begun.producer_epoch == turn
            producer_id, epoch = begun.producer_id, begun.producer_epoch
            if turn:  # a late record of the producer before does not begin a transaction that nobody ends
                late = batch(b"late", producer_id, epoch - 1, 1)
                assert await produce(cluster, topic, name, late) is ErrorCode.INVALID_PRODUCER_EPOCH
            topics = [AddPartitionsToTxnTopic(name=topic, partitions=[0])]
            if v[ApiKey.ADD_PARTITIONS_TO_TXN] >= 4:
                added = AddPartitionsToTxnRequest(
                    transactions=[
                        AddPartitionsToTxnTransaction(
                            transactional_id=name,
                            producer_id=producer_id,
                            producer_epoch=epoch,
                            topics=topics,
                        )
                    ]
                )
            else:
                added = AddPartitionsToTxnRequest(
                    v3_and_below_transactional_id=name,
                    v3_and_below_producer_id=producer_id,
                    v3_and_below_producer_epoch=epoch,
                    v3_and_below_topics=topics,
                )

            def added_code(answer: AddPartitionsToTxnResponse) -> int:
                results = (
                    answer.results_by_transaction[0].topic_results
                    if answer.results_by_transaction
                    else answer.results_by_topic_v3_and_below
                )
                return results[0].results_by_partition[0].partition_error_code

            answer = await until_done(
                lambda v=v, added=added: ask(
                    cluster.bootstrap,
                    added,
                    AddPartitionsToTxnResponse,
                    version=v[ApiKey.ADD_PARTITIONS_TO_TXN],
                ),
                added_code,
            )
            assert added_code(answer) == 0
            assert await produce(cluster, topic, name, batch(value, producer_id, epoch, 0)) == ErrorCode.NONE
            response: Any = await ask(
                cluster.bootstrap,
                AddOffsetsToTxnRequest(
                    transactional_id=name, producer_id=producer_id, producer_epoch=epoch, group_id=name
                ),
                AddOffsetsToTxnResponse,
                version=v[ApiKey.ADD_OFFSETS_TO_TXN],
            )
            assert response.error_code == 0
            partition = TxnOffsetCommitRequestPartition(partition_index=0, committed_offset=100 + turn)
            response = await until_done(
                lambda v=v, partition=partition, producer_id=producer_id, epoch=epoch: ask(
                    cluster.bootstrap,
                    TxnOffsetCommitRequest(
                        transactional_id=name,
                        group_id=name,
                        producer_id=producer_id,
                        producer_epoch=epoch,
                        topics=[TxnOffsetCommitRequestTopic(name=topic, partitions=[partition])],
                    ),
                    TxnOffsetCommitResponse,
                    version=v[ApiKey.TXN_OFFSET_COMMIT],
                ),
                lambda answer: answer.topics[0].partitions[0].error_code,
            )
            assert response.topics[0].partitions[0].error_code == 0
            response = await ask(
                cluster.bootstrap,
                EndTxnRequest(
                    transactional_id=name, producer_id=producer_id, producer_epoch=epoch, committed=commit
                ),
                EndTxnResponse,
                version=v[ApiKey.END_TXN],
            )
            assert response.error_code == 0
            if commit:
                kept.append(value)
                expected_offset = 100 + turn

        assert await committed_values(cluster, topic) == kept
        answer = await until_done(
            lambda: ask(
                cluster.bootstrap,
                OffsetFetchRequest(
                    require_stable=True,
                    groups=[
                        OffsetFetchRequestGroup(
                            group_id=name,
                            topics=[OffsetFetchRequestTopics(name=topic, partition_indexes=[0])],
                        )
                    ],
                ),
                OffsetFetchResponse,
            ),
            lambda found: found.groups[0].topics[0].partitions[0].error_code or found.groups[0].error_code,
        )
        assert answer.groups[0].topics[0].partitions[0].committed_offset == expected_offset


@pytest.mark.clients("confluent_kafka")
async def test_a_transaction_that_is_open_for_too_long_is_aborted_and_its_producer_fenced(
    new_cluster: NewCluster,
) -> None:
    from confluent_kafka import KafkaException, Producer

    async with new_cluster(
        brokers=1,
        transaction_state_log_num_partitions=1,
        transaction_abort_timed_out_transaction_cleanup_interval_ms=100,
    ) as cluster:
        topic = await cluster.create_topic("t")

        def begin() -> Producer:
            producer = Producer(
                {
                    "bootstrap.servers": cluster.bootstrap,
                    "transactional.id": "slow",
                    "transaction.timeout.ms": 1000,
                    "message.timeout.ms": 1000,
                    "log_level": 0,
                }
            )
            producer.init_transactions(WAIT_S)
            producer.begin_transaction()
            producer.produce(topic, b"never seen", partition=0)
            assert producer.flush(WAIT_S) == 0
            return producer

        producer = await trio.to_thread.run_sync(begin)

        async def is_aborted() -> bool:
            wanted = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
            request = FetchRequest(
                max_wait_ms=0,
                min_bytes=0,
                isolation_level=1,
                topics=[FetchTopic(topic=topic, partitions=[wanted])],
            )
            response = await cluster.client.request(cluster.bootstrap, request, FetchResponse, version=12)
            return response.responses[0].partitions[0].last_stable_offset == 2  # the record and its marker

        await cluster.wait_until(is_aborted, "the abort")
        with pytest.raises(KafkaException) as raised:
            await trio.to_thread.run_sync(producer.commit_transaction, WAIT_S)
        assert raised.value.args[0].fatal() and raised.value.args[0].name() == "_FENCED"
        assert await committed_values(cluster, topic) == []


def table_of(result: ToolResult) -> list[dict[str, str]]:
    """The printed table, a row as its cells by heading."""
    lines = [re.split(r"\s*\t\s*", line.strip()) for line in result.require_success().output.splitlines()]
    return [dict(itertools.zip_longest(lines[0], row, fillvalue="")) for row in lines[1:]]


@pytest.mark.peers
@pytest.mark.clients("confluent_kafka")
async def test_kafkas_transactions_command(new_cluster: NewCluster, java_tools: JavaTools) -> None:
    """It lists, describes, finds a hanging transaction and aborts it; Kafka reads our __transaction_state."""
    async with new_cluster(
        brokers=1,
        transaction_state_log_num_partitions=1,
        transaction_partition_verification_enable=False,  # else none could hang
    ) as cluster:
        topic, hanging = await cluster.create_topic("t"), await cluster.create_topic("hanging")
        hanging_too = await cluster.create_topic("hanging-too")
        name = "payments"
        await coordinated(cluster, name)

        async def command(*args: str) -> list[dict[str, str]]:
            """The printed table, a row as its cells by heading."""
            result = await java_tools.run_in_thread(
                TRANSACTIONS_COMMAND, "--bootstrap-server", cluster.bootstrap, *args
            )
            theirs = table_of(result)
            mine = table_of(await ours(*args))
            for row in (*mine, *theirs):  # which grow between the two
                row.pop("Duration(min)", None), row.pop("TransactionDurationMs", None)
            assert mine == theirs
            return theirs

        async def ours(*args: str) -> ToolResult:
            tool = tool_named(f"kafka-transactions {args[0]}")
            words = ["--bootstrap-server", cluster.bootstrap, *args[1:]]
            return await trio.to_thread.run_sync(run_tool, tool, words)

        ask = cluster.client.request
        init = InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=60_000)
        begun = await until_done(
            lambda: ask(cluster.bootstrap, init, InitProducerIdResponse), lambda answer: answer.error_code
        )
        added = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=name,
            v3_and_below_producer_id=begun.producer_id,
            v3_and_below_producer_epoch=begun.producer_epoch,
            v3_and_below_topics=[AddPartitionsToTxnTopic(name=topic, partitions=[0])],
        )
        await ask(cluster.bootstrap, added, AddPartitionsToTxnResponse, version=3)
        records = batch(b"kept", begun.producer_id, begun.producer_epoch, 0)
        assert await produce(cluster, topic, name, records) is ErrorCode.NONE

        (listed,) = await command("list")
        producer_id = str(begun.producer_id)
        assert listed == {
            "TransactionalId": name,
            "Coordinator": "1",
            "ProducerId": producer_id,
            "TransactionState": "Ongoing",
        }
        (described,) = await command("describe", "--transactional-id", name)
        assert described["TransactionState"] == "Ongoing"
        assert described["TopicPartitions"] == "t-0"
        assert (described["ProducerId"], described["TransactionTimeoutMs"]) == (producer_id, "60000")
        (producer,) = await command("describe-producers", "--topic", topic, "--partition", "0")
        assert (producer["ProducerId"], producer["ProducerEpoch"]) == (producer_id, "0")
        assert (producer["LastSequence"], producer["CurrentTransactionStartOffset"]) == ("0", "0")

        # A record of a transaction that its coordinator does not know of.
        records = batch(b"hangs", 7_000, 3, 0)
        assert await produce(cluster, hanging, name, records) is ErrorCode.NONE
        await cluster.client.produce(hanging, b"after", acks=-1)
        assert await produce(cluster, hanging_too, name, records) is ErrorCode.NONE
        await cluster.client.produce(hanging_too, b"after", acks=-1)

        async def found() -> list[dict[str, str]]:
            return await command("find-hanging", "--broker-id", "1", "--max-transaction-timeout", "0")

        (hang,) = [row for row in await found() if row["Topic"] == hanging]
        assert (hang["ProducerId"], hang["ProducerEpoch"], hang["StartOffset"]) == ("7000", "3", "0")
        assert await committed_values(cluster, hanging) == []
        result = await java_tools.run_in_thread(
            TRANSACTIONS_COMMAND,
            *("--bootstrap-server", cluster.bootstrap, "abort"),
            *("--topic", hanging, "--partition", "0", "--start-offset", "0"),
        )
        result.require_success()
        assert not [row for row in await found() if row["Topic"] == hanging]
        assert await committed_values(cluster, hanging) == [b"after"]
        # And by ours, which found it too.
        assert await committed_values(cluster, hanging_too) == []
        where = ("--topic", hanging_too, "--partition", "0", "--start-offset", "0")
        assert (await ours("abort", *where)).exit_code == 0
        assert await found() == []
        assert await committed_values(cluster, hanging_too) == [b"after"]

        end = EndTxnRequest(
            transactional_id=name,
            producer_id=begun.producer_id,
            producer_epoch=begun.producer_epoch,
            committed=True,
        )
        assert (await ask(cluster.bootstrap, end, EndTxnResponse)).error_code == 0

        async def is_complete() -> bool:
            return (await command("describe", "--transactional-id", name))[0][
                "TransactionState"
            ] == "CompleteCommit"

        await cluster.wait_until(is_complete, "the transaction is complete")
        assert await committed_values(cluster, topic) == [b"kept"]

        await cluster.stop(1)
        (segment,) = cluster.replica_directory(1, "__transaction_state", 0).glob("*.log")
        dumped = await java_tools.run_in_thread(
            DUMP_LOG, "--files", str(segment), "--transaction-log-decoder", "--print-data-log"
        )
        said = dumped.require_success().output
        for state in ("Empty", "Ongoing", "PrepareCommit", "CompleteCommit"):
            assert re.search(rf"transactionalId=payments.*producerId:{producer_id}.*state={state}", said), (
                said
            )
