"""What transactional records must pass before their append: the right to the id, and the coordinator's word."""

from __future__ import annotations

from collections.abc import Iterable

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.coordinator.outcome import Producer
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.produce_request import ProduceRequest
from zkbroker.protocol.records import CURRENT_MAGIC, HEADER_BYTES, MAGIC_POSITION, TRANSACTIONAL, RecordBatch
from zkbroker.security.authorizer import transactional_id as transactional_id_resource
from zkbroker.storage.producer_state import MUST_BE_OPEN, Verification

_ATTRIBUTES_LOW_BYTE = 22

Verified = dict[TopicPartition, Verification | KafkaError]
"""What to append each transactional batch with, or why not to."""

_TRY_AGAIN = frozenset(
    {
        ErrorCode.CONCURRENT_TRANSACTIONS,
        ErrorCode.NETWORK_EXCEPTION,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        ErrorCode.NOT_COORDINATOR,
    }
)


def is_transactional(records: memoryview | None) -> bool:
    """Whether a partition's records are part of a transaction, as their header says."""
    return (
        records is not None
        and len(records) >= HEADER_BYTES
        and records[MAGIC_POSITION] == CURRENT_MAGIC
        and records[_ATTRIBUTES_LOW_BYTE] & TRANSACTIONAL != 0
    )


async def verify_produce(request: ProduceRequest, ctx: RequestContext, broker: Services) -> Verified:
    """The word of the coordinator on each transactional batch; nothing for the others.

    Raises: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_PRODUCER_ID_MAPPING (several producers in one request).
    """
    batches = {
        TopicPartition(topic.name, data.index): RecordBatch(data.records)
        for topic in request.topic_data
        for data in topic.partition_data
        if isinstance(data.records, memoryview) and is_transactional(data.records)
    }
    if not batches:
        return {}
    name = request.transactional_id
    if name is None or not broker.authorizer.allows(ctx, Operation.WRITE, transactional_id_resource(name)):
        raise KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    producers = {Producer(batch.producer_id, batch.producer_epoch) for batch in batches.values()}
    if len(producers) > 1:
        raise KafkaError(
            ErrorCode.INVALID_PRODUCER_ID_MAPPING, "Transactional records of more than one producer."
        )
    (producer,) = producers
    sequences = ((tp, batch.base_sequence) for tp, batch in batches.items())
    found = await verify_partitions(name, producer, sequences, broker)
    return {
        tp: _refusal(tp, word, knows_abortable=ctx.version >= 11) if isinstance(word, ErrorCode) else word
        for tp, word in found.items()
    }


async def verify_partitions(
    transactional_id: str,
    producer: Producer,
    sequences: Iterable[tuple[TopicPartition, int]],
    broker: Services,
) -> dict[TopicPartition, Verification | ErrorCode]:
    """What to append with, for each partition and the first sequence that is to be appended there; or why not.

    Only partitions where the transaction is not open yet are asked about.
    """
    if not broker.config.broker.transaction_partition_verification_enable:
        return {}
    verified: dict[TopicPartition, Verification | ErrorCode] = {}
    unknown: dict[TopicPartition, Verification] = {}
    for tp, base_sequence in sequences:
        partition = broker.replicas.partitions.get(tp)
        if partition is None or not partition.is_leader:
            continue  # the append says so itself
        begun = partition.begin_verification(producer.producer_id, producer.producer_epoch, base_sequence)
        if begun is None:
            verified[tp] = MUST_BE_OPEN
        else:
            unknown[tp] = begun
    if unknown:
        codes = await broker.coordinators.verifier.verify(transactional_id, producer, frozenset(unknown))
        for tp, begun in unknown.items():
            verified[tp] = begun if codes[tp] is ErrorCode.NONE else codes[tp]
    return verified


def _refusal(tp: TopicPartition, code: ErrorCode, *, knows_abortable: bool) -> KafkaError:
    if code in _TRY_AGAIN:  # old producers try again after this one, and do not look for another leader
        return KafkaError(
            ErrorCode.NOT_ENOUGH_REPLICAS,
            f"Unable to verify that {tp} was added to the transaction: {code.name}",
        )
    if code is ErrorCode.TRANSACTION_ABORTABLE and not knows_abortable:
        code = ErrorCode.INVALID_TXN_STATE
    return KafkaError(code, f"{tp} was not added to the transaction")
