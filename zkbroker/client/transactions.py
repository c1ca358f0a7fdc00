"""Transactions and producers through the brokers. Source: KIP-664."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import attrs

from zkbroker.client.cluster import Cluster, CoordinatorKind
from zkbroker.client.errors import require_success
from zkbroker.client.offsets import Found, leaders
from zkbroker.errors import KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import ApiKey
from zkbroker.protocol.generated.describe_producers_request import DescribeProducersRequest, TopicRequest
from zkbroker.protocol.generated.describe_producers_response import DescribeProducersResponse, ProducerState
from zkbroker.protocol.generated.describe_transactions_request import DescribeTransactionsRequest
from zkbroker.protocol.generated.describe_transactions_response import (
    DescribeTransactionsResponse,
    TransactionState,
)
from zkbroker.protocol.generated.list_transactions_request import ListTransactionsRequest
from zkbroker.protocol.generated.list_transactions_response import ListTransactionsResponse
from zkbroker.protocol.generated.list_transactions_response import TransactionState as ListedState
from zkbroker.protocol.generated.write_txn_markers_request import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from zkbroker.protocol.generated.write_txn_markers_response import WriteTxnMarkersResponse


@attrs.frozen
class Listed:
    """A transactional id at its coordinator."""

    coordinator: int
    state: ListedState


def list_all(cluster: Cluster, *, producer_ids: Sequence[int] = (), longer_than_ms: int = -1) -> list[Listed]:
    """Of every broker, by transactional id. Raises: KafkaError, CallFailed."""
    found = []
    for broker in cluster.brokers():

        def attempt(broker_id: int = broker.node_id) -> ListTransactionsResponse:
            connection = cluster.broker(broker_id)
            knows_duration = connection.highest(ApiKey.LIST_TRANSACTIONS) >= 1
            request = ListTransactionsRequest(
                producer_id_filters=producer_ids, duration_filter=longer_than_ms if knows_duration else -1
            )
            answer = connection.request(request, ListTransactionsResponse)
            require_success(answer.error_code)
            return answer

        states = cluster.patiently(attempt).transaction_states
        found += [Listed(broker.node_id, state) for state in states]
    return sorted(found, key=lambda row: row.state.transactional_id)


def describe(cluster: Cluster, transactional_id: str) -> tuple[int, TransactionState]:
    """Its coordinator and its state. Raises: KafkaError."""

    def attempt() -> tuple[int, TransactionState]:
        connection = cluster.coordinator(transactional_id, CoordinatorKind.TRANSACTION)
        request = DescribeTransactionsRequest(transactional_ids=[transactional_id])
        (state,) = connection.request(request, DescribeTransactionsResponse).transaction_states
        require_success(state.error_code)
        place = connection.address.host, connection.address.port
        ids = [broker.node_id for broker in cluster.brokers() if (broker.host, broker.port) == place]
        return (ids or [-1])[0], state

    return cluster.patiently(attempt)


def producers(
    cluster: Cluster, partitions: Iterable[TopicPartition], broker_id: int | None = None
) -> dict[TopicPartition, Sequence[ProducerState] | KafkaError]:
    """The producers that a replica knows of each partition, the leader's or a given broker's; or why not."""
    wanted = list(partitions)
    found: dict[TopicPartition, Sequence[ProducerState] | KafkaError] = {}

    def attempt() -> None:
        missing: dict[TopicPartition, Found] = {}
        by_leader = broker_id is None
        places = leaders(cluster, wanted, missing) if by_leader else {cluster.broker(broker_id or 0): wanted}
        found.update({tp: each.refused for tp, each in missing.items() if each.refused is not None})
        for connection, rows in places.items():
            topics: dict[str, list[int]] = defaultdict(list)
            for tp in rows:
                topics[tp.topic].append(tp.partition)
            request = DescribeProducersRequest(
                topics=[
                    TopicRequest(name=name, partition_indexes=numbers) for name, numbers in topics.items()
                ]
            )
            for topic in connection.request(request, DescribeProducersResponse).topics:
                for row in topic.partitions:
                    tp = TopicPartition(topic.name, row.partition_index)
                    try:
                        require_success(row.error_code, row.error_message)
                        found[tp] = row.active_producers
                    except KafkaError as error:
                        found[tp] = error

    cluster.patiently(attempt)
    return found


def abort(
    cluster: Cluster, tp: TopicPartition, producer_id: int, producer_epoch: int, coordinator_epoch: int
) -> None:
    """Write an abort marker of an open transaction into one partition. Raises: KafkaError."""
    marker = WritableTxnMarker(
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        transaction_result=False,
        topics=[WritableTxnMarkerTopic(name=tp.topic, partition_indexes=[tp.partition])],
        coordinator_epoch=coordinator_epoch,
    )

    def attempt() -> None:
        missing: dict[TopicPartition, Found] = {}
        found = leaders(cluster, [tp], missing)
        for each in missing.values():
            if each.refused is not None:
                raise each.refused
        for connection in found:
            answer = connection.request(WriteTxnMarkersRequest(markers=[marker]), WriteTxnMarkersResponse)
            for result in answer.markers:
                for topic in result.topics:
                    for row in topic.partitions:
                        require_success(row.error_code)

    cluster.patiently(attempt)
