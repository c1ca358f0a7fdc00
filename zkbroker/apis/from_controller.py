"""What the controller tells this broker: LeaderAndIsr, UpdateMetadata, StopReplica.

Each is applied in one sync step, so requests take effect whole and in the order they arrive.
"""

from __future__ import annotations

import logging

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import ControlRequestApplied, ControlRequestRefused
from zkbroker.metadata import update
from zkbroker.model import TopicId, TopicPartition
from zkbroker.protocol.generated.leader_and_isr_request import LeaderAndIsrRequest
from zkbroker.protocol.generated.leader_and_isr_response import (
    LeaderAndIsrPartitionError,
    LeaderAndIsrResponse,
    LeaderAndIsrTopicError,
)
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.protocol.generated.stop_replica_response import StopReplicaPartitionError, StopReplicaResponse
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest
from zkbroker.protocol.generated.update_metadata_response import UpdateMetadataResponse
from zkbroker.zookeeper.session import SessionLost

log = logging.getLogger(__name__)


def _require_current(
    request: LeaderAndIsrRequest | UpdateMetadataRequest | StopReplicaRequest,
    ctx: RequestContext,
    broker: Services,
) -> None:
    """Whether the sender reigns, and means this registration of ours and not a former one.

    Raises: CLUSTER_AUTHORIZATION_FAILED, STALE_BROKER_EPOCH, STALE_CONTROLLER_EPOCH, INVALID_REQUEST.
    """
    broker.authorizer.require(ctx, Operation.CLUSTER_ACTION)
    if request.is_kraft_controller:
        raise KafkaError(
            ErrorCode.INVALID_REQUEST, "a KRaft controller has no say here: migration is not enabled"
        )
    own = broker.broker_epoch()
    # The controller may learn of a new registration before we do: a greater epoch is fine.
    if -1 < request.broker_epoch < own:
        raise KafkaError(
            ErrorCode.STALE_BROKER_EPOCH,
            f"meant for our registration {request.broker_epoch}, now it is {own}",
        )
    broker.replicas.take_controller_epoch(request.controller_epoch)


def _tell_refused(
    api: str,
    request: LeaderAndIsrRequest | UpdateMetadataRequest | StopReplicaRequest,
    error: KafkaError,
    broker: Services,
) -> None:
    log.warning("%s of controller %d refused: %s", api, request.controller_id, error)
    broker.events.emit(
        ControlRequestRefused(api, request.controller_id, request.controller_epoch, error.code.name)
    )


async def _load_configs(request: LeaderAndIsrRequest, broker: Services) -> None:
    """Read the configuration of topics that get their first partition here: no notice tells of a creation.

    Without it a new leader would begin with the defaults, and acknowledge below the topic's min.insync.replicas.
    """
    hosted = {tp.topic for tp in broker.replicas.partitions}
    named = {topic.topic_name for topic in request.topic_states}
    named |= {state.topic_name for state in request.ungrouped_partition_states}
    new = named - hosted
    while new:
        session = await broker.zk.session()
        try:
            await broker.config.load_topics(session, new)
            return
        except SessionLost:
            continue


async def leader_and_isr(
    request: LeaderAndIsrRequest, ctx: RequestContext, broker: Services
) -> LeaderAndIsrResponse:
    """Versions 0-7. Checks CLUSTER_ACTION.

    Errors, top: STALE_BROKER_EPOCH, STALE_CONTROLLER_EPOCH; per partition: STALE_CONTROLLER_EPOCH (leader epoch
    not newer), KAFKA_STORAGE_ERROR, INCONSISTENT_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION.
    """
    async with broker.control_order:
        try:
            _require_current(request, ctx, broker)
            await _load_configs(request, broker)
            _require_current(request, ctx, broker)
        except KafkaError as error:
            _tell_refused("LeaderAndIsr", request, error, broker)
            return LeaderAndIsrResponse(error_code=error.code)
        roles = broker.replicas.apply_leader_and_isr(request)
        broker.roles_moved(roles)
    if ctx.version < 5:
        return LeaderAndIsrResponse(
            partition_errors=[
                LeaderAndIsrPartitionError(topic_name=tp.topic, partition_index=tp.partition, error_code=code)
                for tp, code in roles.errors.items()
            ]
        )
    topics: dict[TopicId, list[LeaderAndIsrPartitionError]] = {}
    for tp, code in roles.errors.items():
        topics.setdefault(roles.topic_ids[tp.topic], []).append(
            LeaderAndIsrPartitionError(partition_index=tp.partition, error_code=code)
        )
    return LeaderAndIsrResponse(
        topics=[
            LeaderAndIsrTopicError(topic_id=topic_id, partition_errors=errors)
            for topic_id, errors in topics.items()
        ]
    )


async def update_metadata(
    request: UpdateMetadataRequest, ctx: RequestContext, broker: Services
) -> UpdateMetadataResponse:
    """Versions 0-8. Checks CLUSTER_ACTION. Errors: STALE_BROKER_EPOCH, STALE_CONTROLLER_EPOCH."""
    async with broker.control_order:
        try:
            _require_current(request, ctx, broker)
        except KafkaError as error:
            _tell_refused("UpdateMetadata", request, error, broker)
            return UpdateMetadataResponse(error_code=error.code)
        updated = update(broker.metadata.snapshot, request)
        broker.metadata.replace(updated.snapshot)
        broker.replicas.brokers_moved()  # a follower may have come alive in our eyes just now
        if updated.deleted:
            broker.partitions_deleted(updated.deleted)
    if broker.events.is_heard:
        named = sum(len(topic.partition_states) for topic in request.topic_states)
        named += len(request.ungrouped_partition_states)
        broker.events.emit(
            ControlRequestApplied("UpdateMetadata", request.controller_id, request.controller_epoch, named)
        )
    return UpdateMetadataResponse()


async def stop_replica(
    request: StopReplicaRequest, ctx: RequestContext, broker: Services
) -> StopReplicaResponse:
    """Versions 0-4. Checks CLUSTER_ACTION.

    Errors, top: STALE_BROKER_EPOCH, STALE_CONTROLLER_EPOCH; per partition: FENCED_LEADER_EPOCH,
    KAFKA_STORAGE_ERROR.
    """
    async with broker.control_order:
        try:
            _require_current(request, ctx, broker)
        except KafkaError as error:
            _tell_refused("StopReplica", request, error, broker)
            return StopReplicaResponse(error_code=error.code)
        roles = broker.replicas.stop_replica(request)
        broker.roles_moved(roles)
    return StopReplicaResponse(partition_errors=[_stop_error(tp, code) for tp, code in roles.errors.items()])


def _stop_error(tp: TopicPartition, code: ErrorCode) -> StopReplicaPartitionError:
    return StopReplicaPartitionError(topic_name=tp.topic, partition_index=tp.partition, error_code=code)
