"""Requests of all kinds in flight on one connection, against a serial model: the order of answers and of records.

Besides what test_data_path mixes: first batches of transactions, which wait for their coordinator before they are
appended; a client over its quota, which rests; logging in again; and a leader that moves meanwhile.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
import trio

from tests.broker.in_process import InProcess, Wire
from tests.broker.test_data_path import batch, fetch, fetched, produce, result, values
from zkbroker.config.jaas import PLAIN_MODULE
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
)
from zkbroker.protocol.generated.add_partitions_to_txn_response import AddPartitionsToTxnResponse
from zkbroker.protocol.generated.alter_client_quotas_request import (
    AlterClientQuotasRequest,
    EntityData,
    EntryData,
    OpData,
)
from zkbroker.protocol.generated.alter_client_quotas_response import AlterClientQuotasResponse
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest, TopicPartitions
from zkbroker.protocol.generated.elect_leaders_response import ElectLeadersResponse
from zkbroker.protocol.generated.end_txn_request import EndTxnRequest
from zkbroker.protocol.generated.end_txn_response import EndTxnResponse
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.metadata_response import MetadataResponse
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse

Start = Callable[..., Awaitable[InProcess]]
M = TypeVar("M", bound=Message)

USERS = f'{PLAIN_MODULE} required username="admin" password="x" user_admin="x" user_alice="a";'
GREEDY, RATE, TOO_MUCH = "greedy", 20_000, 45_000
"""A client with a quota (bytes a second, over windows of one second), and one batch that goes beyond it."""

IN_FLIGHT, ROUNDS = 5, 4


async def ask(wire: Wire, request: Message, kind: type[M], version: int) -> M:
    answer = await wire.ask(request, version)
    assert isinstance(answer, kind)
    return answer


async def log_in(wire: Wire) -> None:
    handshake = await ask(wire, SaslHandshakeRequest(mechanism="PLAIN"), SaslHandshakeResponse, 1)
    assert handshake.error_code == 0
    token = SaslAuthenticateRequest(auth_bytes=b"\0alice\0a")
    assert (await ask(wire, token, SaslAuthenticateResponse, 2)).error_code == 0


@attrs.define(eq=False)
class Transactions:
    """Transactions of one producer each, at their coordinator."""

    cluster: InProcess
    _number: int = 0

    async def begin(self, topic: str) -> tuple[Wire, str, int, int]:
        """A transaction that contains the topic's partition: coordinator, transactional id, producer id, epoch."""
        self._number += 1
        transactional_id = f"transaction-{self._number}"
        coordinator = await self._coordinator(transactional_id)
        producer = await ask(
            coordinator,
            InitProducerIdRequest(transactional_id=transactional_id, transaction_timeout_ms=30_000),
            InitProducerIdResponse,
            4,
        )
        assert producer.error_code == 0
        added = await ask(
            coordinator,
            AddPartitionsToTxnRequest(
                v3_and_below_transactional_id=transactional_id,
                v3_and_below_producer_id=producer.producer_id,
                v3_and_below_producer_epoch=producer.producer_epoch,
                v3_and_below_topics=[AddPartitionsToTxnTopic(name=topic, partitions=[0])],
            ),
            AddPartitionsToTxnResponse,
            3,
        )
        assert added.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code == 0
        return coordinator, transactional_id, producer.producer_id, producer.producer_epoch

    async def _coordinator(self, transactional_id: str) -> Wire:
        request = FindCoordinatorRequest(key=transactional_id, key_type=1)
        with trio.fail_after(30):
            while True:
                found = await ask(await self.cluster.wire(), request, FindCoordinatorResponse, 3)
                if not found.error_code:
                    break
                await trio.sleep(0.05)  # __transaction_state is being created
        wire = await self.cluster.wire(found.node_id)
        with trio.fail_after(30):
            while True:  # until the coordinator has loaded
                probe = InitProducerIdRequest(
                    transactional_id=transactional_id, transaction_timeout_ms=30_000
                )
                if not (await ask(wire, probe, InitProducerIdResponse, 4)).error_code:
                    return wire
                await trio.sleep(0.05)


async def started(in_process: Start) -> InProcess:
    cluster = await in_process(
        brokers=2,
        listeners="PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0",
        sasl_enabled_mechanisms="PLAIN",
        sasl_jaas_config=USERS,
        connections_max_reauth_ms="600000",
        replica_lag_time_max_ms="20000",
        quota_window_num="2",
        transaction_state_log_replication_factor="1",
        transaction_state_log_min_isr="1",
        transaction_state_log_num_partitions="1",
    )
    await cluster.create_topic("t", replication_factor=2)
    entry = EntryData(
        entity=[EntityData(entity_type="client-id", entity_name=GREEDY)],
        ops=[OpData(key="producer_byte_rate", value=float(RATE), remove=False)],
    )
    answer = await ask(
        await cluster.wire(), AlterClientQuotasRequest(entries=[entry]), AlterClientQuotasResponse, 1
    )
    assert answer.entries[0].error_code == 0
    for broker in cluster.brokers.values():
        services = broker.services
        assert services is not None
        quotas = services.quotas
        await cluster.wait_until(lambda quotas=quotas: quotas.produce is not None)
    return cluster


async def logged_in(cluster: InProcess, broker_id: int) -> Wire:
    endpoint = cluster.brokers[broker_id].endpoints[1]
    wire = Wire(await trio.open_tcp_stream(endpoint.host, endpoint.port))
    await log_in(wire)
    return wire


async def test_all_kinds_in_flight(in_process: Start, rng: random.Random) -> None:
    cluster = await started(in_process)
    transactions = Transactions(cluster)
    leader = cluster.leader("t")
    log = cluster.partition("t", broker_id=leader).log
    wire = await logged_in(cluster, leader)
    throttled = 0
    async with wire.stream:
        for _ in range(ROUNDS):
            coordinator, transactional_id, producer_id, epoch = await transactions.begin("t")
            start = end = log.log_end_offset
            kinds = ["first batch of a transaction", "over its quota", "log in"]
            kinds += rng.choices(
                ["all", "one", "none", "refused", "fetch", "metadata"], k=rng.randrange(4, 9)
            )
            rng.shuffle(kinds)
            expected: list[tuple[int, str, int]] = []  # correlation id, kind, offset
            written: list[bytes] = []
            for n, kind in enumerate(kinds):
                value, version, client_id = b"%s %d" % (kind.encode(), n), 11, "test"
                requests: list[Message]
                match kind:
                    case "first batch of a transaction":
                        records = batch(
                            value,
                            producer_id=producer_id,
                            producer_epoch=epoch,
                            base_sequence=0,
                            is_transactional=True,
                        )
                        requests = [
                            attrs.evolve(produce("t", records, acks=-1), transactional_id=transactional_id)
                        ]
                    case "over its quota":
                        value += bytes(TOO_MUCH)
                        requests, client_id = [produce("t", batch(value))], GREEDY
                    case "all" | "one" | "none":
                        acks = {"all": -1, "one": 1, "none": 0}[kind]
                        requests = [produce("t", batch(value), acks=acks)]
                    case "refused":
                        requests = [produce("t", b"garbage")]
                    case "fetch":
                        requests, version = [fetch("t", start)], 12
                    case "metadata":
                        requests, version = [MetadataRequest(topics=[MetadataRequestTopic(name="t")])], 12
                    case _:
                        requests = [
                            SaslHandshakeRequest(mechanism="PLAIN"),
                            SaslAuthenticateRequest(auth_bytes=b"\0alice\0a"),
                        ]
                for request in requests:
                    if isinstance(request, SaslHandshakeRequest):
                        version = 1
                    elif isinstance(request, SaslAuthenticateRequest):
                        version = 2
                    correlation_id = await wire.send(request, version, client_id)
                    if kind != "none":
                        expected.append((correlation_id, kind, end))
                if kind in ("first batch of a transaction", "over its quota", "all", "one", "none"):
                    end += 1
                    written.append(value)
            for correlation_id, kind, offset in expected:
                with trio.fail_after(30):
                    answered, response = await wire.receive()
                assert answered == correlation_id, "answers come in the order of the requests"
                match response:
                    case ProduceResponse() if kind == "refused":
                        assert ErrorCode(result(response).error_code) is ErrorCode.CORRUPT_MESSAGE
                    case ProduceResponse():
                        assert (kind, result(response).error_code, result(response).base_offset) == (
                            kind,
                            0,
                            offset,
                        )
                        throttled += response.throttle_time_ms > 0
                        assert kind == "over its quota" or response.throttle_time_ms == 0
                    case MetadataResponse():
                        assert response.topics[0].error_code == 0
                    case SaslHandshakeResponse() | SaslAuthenticateResponse():
                        assert response.error_code == 0
                    case _:
                        assert fetched(response)[0].error_code == 0
            assert log.log_end_offset == end
            reader = await cluster.wire(leader)
            read = await reader.ask(fetch("t", start, max_wait_ms=20_000, min_bytes=1), 12)
            assert values(fetched(read)[0]) == written, "records lie in the order of the requests"
            over = EndTxnRequest(
                transactional_id=transactional_id,
                producer_id=producer_id,
                producer_epoch=epoch,
                committed=True,
            )
            assert (await ask(coordinator, over, EndTxnResponse, 3)).error_code == 0
            await cluster.wait_until(lambda end=end: log.log_end_offset == end + 1)  # its marker
            await cluster.wait_until(lambda: log.last_stable_offset == log.log_end_offset)
    assert throttled == ROUNDS


async def test_the_leader_moves_with_five_in_flight(in_process: Start) -> None:
    """Nothing that was acknowledged is lost; those that wait are told, in order; what comes after is refused."""
    cluster = await started(in_process)
    leader = cluster.leader("t")
    follower = 3 - leader
    old = cluster.partition("t", broker_id=leader)
    wire = await logged_in(cluster, leader)
    async with wire.stream:
        assert result(await wire.ask(produce("t", batch(b"before"), acks=-1), 11)).error_code == 0
        await cluster.wait_until(lambda: cluster.partition("t", broker_id=follower).log.log_end_offset == 1)
        services = cluster.brokers[follower].services
        assert services is not None
        await prefer(cluster, follower)
        services.replicas.fetchers.stop(TopicPartition("t", 0))  # what follows is not replicated
        waiting = [
            await wire.send(produce("t", batch(b"lost %d" % n), acks=-1), 11) for n in range(IN_FLIGHT)
        ]
        await cluster.wait_until(lambda: old.log.log_end_offset == 1 + IN_FLIGHT)
        await elect(cluster)
        await cluster.wait_until(lambda: cluster.partition("t", broker_id=follower).is_leader)
        after = [
            await wire.send(produce("t", batch(b"after"), acks=1), 11),
            await wire.send(MetadataRequest(topics=[MetadataRequestTopic(name="t")]), 12),
        ]
        for correlation_id in [*waiting, after[0]]:
            with trio.fail_after(30):
                answered, response = await wire.receive()
            assert answered == correlation_id
            assert ErrorCode(result(response).error_code) is ErrorCode.NOT_LEADER_OR_FOLLOWER
        answered, response = await wire.receive()
        assert answered == after[1]
        assert isinstance(response, MetadataResponse)
        assert response.topics[0].partitions[0].leader_id == follower
    await cluster.wait_until(lambda: old.log.log_end_offset == 1)  # the old leader dropped them
    reader = await cluster.wire(follower)
    assert result(await reader.ask(produce("t", batch(b"new"), acks=-1), 11)).base_offset == 1
    assert values(fetched(await reader.ask(fetch("t", 0), 12))[0]) == [b"before", b"new"]


async def controller(cluster: InProcess) -> Wire:
    return await cluster.wire(
        next(
            broker_id
            for broker_id, broker in cluster.brokers.items()
            if broker.services and broker.services.controller.is_active
        )
    )


async def prefer(cluster: InProcess, broker_id: int) -> None:
    """Make this replica the preferred one; it does not lead yet."""
    partition = ReassignablePartition(partition_index=0, replicas=[broker_id, 3 - broker_id])
    request = AlterPartitionReassignmentsRequest(topics=[ReassignableTopic(name="t", partitions=[partition])])
    await (await controller(cluster)).ask(request, 0)
    await cluster.wait_until(
        lambda: cluster.partition("t", broker_id=3 - broker_id).assignment.replicas[0] == broker_id
    )


async def elect(cluster: InProcess) -> None:
    """Let the preferred replica lead."""
    request = ElectLeadersRequest(
        topic_partitions=[TopicPartitions(topic="t", partitions=[0])], timeout_ms=10_000
    )
    elected = await ask(await controller(cluster), request, ElectLeadersResponse, 2)
    assert elected.replica_election_results[0].partition_result[0].error_code == 0
