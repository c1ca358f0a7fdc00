"""Consumer groups: finding their coordinator, being a member, describing, listing and deleting them.

Only the classic protocol: ZooKeeper mode has no other.
"""

from __future__ import annotations

from acl.model import CLUSTER, Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import GROUP_OFFSETS, TRANSACTION_STATE, auto_create
from zkbroker.coordinator.group_coordinator import new_member_id
from zkbroker.coordinator.groups import CLASSIC, Leaving
from zkbroker.coordinator.members import Join, Joined, Sync
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.consumer_group_describe_request import ConsumerGroupDescribeRequest
from zkbroker.protocol.generated.consumer_group_describe_response import (
    ConsumerGroupDescribeResponse,
)
from zkbroker.protocol.generated.consumer_group_describe_response import (
    DescribedGroup as DescribedConsumerGroup,
)
from zkbroker.protocol.generated.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from zkbroker.protocol.generated.consumer_group_heartbeat_response import ConsumerGroupHeartbeatResponse
from zkbroker.protocol.generated.delete_groups_request import DeleteGroupsRequest
from zkbroker.protocol.generated.delete_groups_response import DeletableGroupResult, DeleteGroupsResponse
from zkbroker.protocol.generated.describe_groups_request import DescribeGroupsRequest
from zkbroker.protocol.generated.describe_groups_response import (
    DescribedGroup,
    DescribedGroupMember,
    DescribeGroupsResponse,
)
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import Coordinator, FindCoordinatorResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.heartbeat_response import HeartbeatResponse
from zkbroker.protocol.generated.join_group_request import JoinGroupRequest
from zkbroker.protocol.generated.join_group_response import JoinGroupResponse, JoinGroupResponseMember
from zkbroker.protocol.generated.leave_group_request import LeaveGroupRequest
from zkbroker.protocol.generated.leave_group_response import LeaveGroupResponse, MemberResponse
from zkbroker.protocol.generated.list_groups_request import ListGroupsRequest
from zkbroker.protocol.generated.list_groups_response import ListedGroup, ListGroupsResponse
from zkbroker.protocol.generated.sync_group_request import SyncGroupRequest
from zkbroker.protocol.generated.sync_group_response import SyncGroupResponse
from zkbroker.security.authorizer import group as group_resource
from zkbroker.security.authorizer import transactional_id as transactional_id_resource

GROUP, TRANSACTION, SHARE = 0, 1, 2


# -- finding the coordinator --------------------------------------------------------------------------------------


async def find_coordinator(
    request: FindCoordinatorRequest, ctx: RequestContext, broker: Services
) -> FindCoordinatorResponse:
    """Versions 0-6. Checks DESCRIBE on the group or transactional id.

    Errors: GROUP_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST,
    COORDINATOR_NOT_AVAILABLE (its topic is being created, or has no leader now). Source: KIP-699, KIP-932.
    """
    keys = request.coordinator_keys if ctx.version >= 4 else [request.key]
    found = [await _coordinator(key, request.key_type, ctx, broker) for key in keys]
    if ctx.version >= 4:
        return FindCoordinatorResponse(coordinators=found)
    (only,) = found
    return FindCoordinatorResponse(
        error_code=only.error_code,
        error_message=only.error_message or "NONE",  # which Kafka says in these versions alone
        node_id=only.node_id,
        host=only.host,
        port=only.port,
    )


async def _coordinator(key: str, key_type: int, ctx: RequestContext, broker: Services) -> Coordinator:
    try:
        return await _find(key, key_type, ctx, broker)
    except KafkaError as error:
        return Coordinator(
            key=key, node_id=-1, host="", port=-1, error_code=error.code, error_message=error.message
        )


async def _find(key: str, key_type: int, ctx: RequestContext, broker: Services) -> Coordinator:
    if key_type == GROUP:
        broker.authorizer.require(ctx, Operation.DESCRIBE, group_resource(key))
        topic, tp = GROUP_OFFSETS, broker.groups.shards.partition_of(key)
    elif key_type == TRANSACTION:
        broker.authorizer.require(ctx, Operation.DESCRIBE, transactional_id_resource(key))
        topic, tp = TRANSACTION_STATE, broker.transactions.shards.partition_of(key)
    elif key_type == SHARE and ctx.version >= 6:
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION, CLUSTER)
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "ZooKeeper mode has no share groups.")
    else:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown coordinator type {key_type}.")
    snapshot = broker.metadata.snapshot
    if not snapshot.partitions(topic):
        try:
            await auto_create(topic, broker)
        except KafkaError as error:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, str(error)) from None
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, f"{topic} is being created.")
    known, endpoint = snapshot.partition(tp), snapshot.leader_endpoint(tp, ctx.listener)
    if known is None or endpoint is None:
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, f"{tp} has no leader now.")
    return Coordinator(
        key=key, node_id=known.leader, host=endpoint.host, port=endpoint.port, error_message=""
    )


# -- being a member -----------------------------------------------------------------------------------------------


async def join_group(request: JoinGroupRequest, ctx: RequestContext, broker: Services) -> JoinGroupResponse:
    """Versions 0-9. Checks READ on the group. Waits for the rest of the group.

    Errors: GROUP_AUTHORIZATION_FAILED, INVALID_GROUP_ID, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS,
    NOT_COORDINATOR, INVALID_SESSION_TIMEOUT, UNKNOWN_MEMBER_ID, MEMBER_ID_REQUIRED, GROUP_MAX_SIZE_REACHED,
    INCONSISTENT_GROUP_PROTOCOL, FENCED_INSTANCE_ID, REBALANCE_IN_PROGRESS.
    Source: KIP-62, KIP-134, KIP-345, KIP-389, KIP-394, KIP-559, KIP-800, KIP-814.
    """
    try:
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
        joined = await broker.groups.join(
            request.group_id,
            Join(
                member_id=request.member_id,
                instance_id=request.group_instance_id,
                client_id=ctx.client_id,
                client_host="/" + ctx.host,
                session_timeout_ms=request.session_timeout_ms,
                rebalance_timeout_ms=request.rebalance_timeout_ms
                if ctx.version
                else request.session_timeout_ms,
                protocol_type=request.protocol_type,
                protocols=tuple((protocol.name, protocol.metadata) for protocol in request.protocols),
                requires_member_id=ctx.version >= 4 and request.group_instance_id is None,  # KIP-394
                may_skip_assignment=ctx.version >= 9,  # KIP-814
                new_member_id=new_member_id(ctx.client_id, request.group_instance_id),
            ),
        )
    except KafkaError as error:
        joined = Joined(error.code, request.member_id)
    return JoinGroupResponse(
        error_code=joined.error,
        generation_id=joined.generation,
        protocol_type=joined.protocol_type,
        protocol_name=joined.protocol if joined.protocol is not None or ctx.version >= 7 else "",
        leader=joined.leader,
        skip_assignment=joined.skip_assignment,
        member_id=joined.member_id,
        members=[
            JoinGroupResponseMember(member_id=member_id, group_instance_id=instance_id, metadata=metadata)
            for member_id, instance_id, metadata in joined.members
        ]
        if ctx.version >= 5
        else [
            JoinGroupResponseMember(member_id=member_id, metadata=metadata)
            for member_id, _, metadata in joined.members
        ],
    )


async def sync_group(request: SyncGroupRequest, ctx: RequestContext, broker: Services) -> SyncGroupResponse:
    """Versions 0-5. Checks READ on the group. Waits for the leader's assignment.

    Errors: GROUP_AUTHORIZATION_FAILED, INVALID_GROUP_ID, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR,
    UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS (also while the group is loaded),
    INCONSISTENT_GROUP_PROTOCOL, FENCED_INSTANCE_ID, UNKNOWN_SERVER_ERROR (too large to be stored).
    Source: KIP-345, KIP-559.
    """
    try:
        if ctx.version >= 5 and (request.protocol_type is None or request.protocol_name is None):
            raise KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
        synced = await broker.groups.sync(
            request.group_id,
            Sync(
                member_id=request.member_id,
                instance_id=request.group_instance_id,
                generation=request.generation_id,
                protocol_type=request.protocol_type,
                protocol=request.protocol_name,
                assignments={each.member_id: each.assignment for each in request.assignments},
            ),
        )
    except KafkaError as error:
        return SyncGroupResponse(error_code=error.code)
    return SyncGroupResponse(
        error_code=synced.error,
        protocol_type=synced.protocol_type,
        protocol_name=synced.protocol,
        assignment=synced.assignment,
    )


async def heartbeat(request: HeartbeatRequest, ctx: RequestContext, broker: Services) -> HeartbeatResponse:
    """Versions 0-4. Checks READ on the group.

    Errors: GROUP_AUTHORIZATION_FAILED, INVALID_GROUP_ID, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR,
    UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, FENCED_INSTANCE_ID. Source: KIP-345.
    """
    try:
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
        code = await broker.groups.heartbeat(
            request.group_id, request.member_id, request.group_instance_id, request.generation_id
        )
    except KafkaError as error:
        code = error.code
    return HeartbeatResponse(error_code=code)


async def leave_group(
    request: LeaveGroupRequest, ctx: RequestContext, broker: Services
) -> LeaveGroupResponse:
    """Versions 0-5. Checks READ on the group.

    Errors, top (of the one member below 3): GROUP_AUTHORIZATION_FAILED, INVALID_GROUP_ID,
    COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR; per member: UNKNOWN_MEMBER_ID,
    FENCED_INSTANCE_ID. Source: KIP-345, KIP-800.
    """
    if ctx.version >= 3:
        leaving = [Leaving(member.member_id, member.group_instance_id) for member in request.members]
    else:
        leaving = [Leaving(request.member_id, None)]
    try:
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
        codes = await broker.groups.leave(request.group_id, leaving)
    except KafkaError as error:
        return LeaveGroupResponse(error_code=error.code)
    if ctx.version < 3:
        return LeaveGroupResponse(error_code=codes[0])
    return LeaveGroupResponse(
        members=[
            MemberResponse(member_id=each.member_id, group_instance_id=each.instance_id, error_code=code)
            for each, code in zip(leaving, codes, strict=True)
        ]
    )


# -- administration -----------------------------------------------------------------------------------------------


async def describe_groups(
    request: DescribeGroupsRequest, ctx: RequestContext, broker: Services
) -> DescribeGroupsResponse:
    """Versions 0-5. Checks DESCRIBE on each group. A group that does not exist is Dead, without an error.

    Errors per group: GROUP_AUTHORIZATION_FAILED, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS,
    NOT_COORDINATOR. Source: KIP-345, KIP-430.
    """
    return DescribeGroupsResponse(
        groups=[
            await _describe(group_id, request.include_authorized_operations, ctx, broker)
            for group_id in request.groups
        ]
    )


async def _describe(
    group_id: str, with_operations: bool, ctx: RequestContext, broker: Services
) -> DescribedGroup:
    resource = group_resource(group_id)
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE, resource)
        found = await broker.groups.describe(group_id)
    except KafkaError as error:
        return DescribedGroup(group_id=group_id, error_code=error.code)
    return DescribedGroup(
        group_id=group_id,
        group_state=found.state,
        protocol_type=found.protocol_type,
        protocol_data=found.protocol,
        members=[
            DescribedGroupMember(
                member_id=member.member_id,
                group_instance_id=member.instance_id if ctx.version >= 4 else None,
                client_id=member.client_id,
                client_host=member.client_host,
                member_metadata=member.metadata,
                member_assignment=member.assignment,
            )
            for member in found.members
        ],
        **{"authorized_operations": broker.authorizer.operations(ctx, resource)} if with_operations else {},
    )


async def list_groups(
    request: ListGroupsRequest, ctx: RequestContext, broker: Services
) -> ListGroupsResponse:
    """Versions 0-5. Checks DESCRIBE on the cluster, or else shows the groups with DESCRIBE.

    Errors: COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS (with the groups that are loaded).
    Source: KIP-518, KIP-848.
    """
    try:
        found, code = await broker.groups.list({state.lower() for state in request.states_filter})
    except KafkaError as error:
        return ListGroupsResponse(error_code=error.code)
    if request.types_filter and CLASSIC not in {kind.lower() for kind in request.types_filter}:
        found = []
    if not broker.authorizer.allows(ctx, Operation.DESCRIBE, CLUSTER, log=False):
        found = [
            each
            for each in found
            if broker.authorizer.allows(ctx, Operation.DESCRIBE, group_resource(each.group_id), log=False)
        ]
    return ListGroupsResponse(
        error_code=code,
        groups=[
            ListedGroup(
                group_id=each.group_id,
                protocol_type=each.protocol_type,
                group_state=each.state,
                group_type=CLASSIC,
            )
            for each in found
        ],
    )


async def delete_groups(
    request: DeleteGroupsRequest, ctx: RequestContext, broker: Services
) -> DeleteGroupsResponse:
    """Versions 0-2. Checks DELETE on each group.

    Errors per group: GROUP_AUTHORIZATION_FAILED, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS,
    NOT_COORDINATOR, GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP. Source: KIP-229.
    """
    return DeleteGroupsResponse(
        results=[await _delete(group_id, ctx, broker) for group_id in dict.fromkeys(request.groups_names)]
    )


async def _delete(group_id: str, ctx: RequestContext, broker: Services) -> DeletableGroupResult:
    try:
        broker.authorizer.require(ctx, Operation.DELETE, group_resource(group_id))
        await broker.groups.delete(group_id)
    except KafkaError as error:
        return DeletableGroupResult(group_id=group_id, error_code=error.code)
    return DeletableGroupResult(group_id=group_id)


# -- the protocol of KRaft mode -----------------------------------------------------------------------------------


async def consumer_group_heartbeat(
    request: ConsumerGroupHeartbeatRequest, ctx: RequestContext, broker: Services
) -> ConsumerGroupHeartbeatResponse:
    """Version 0. Advertised, and always UNSUPPORTED_VERSION, as of any broker in ZooKeeper mode. Source: KIP-848."""
    return ConsumerGroupHeartbeatResponse(error_code=ErrorCode.UNSUPPORTED_VERSION)


async def consumer_group_describe(
    request: ConsumerGroupDescribeRequest, ctx: RequestContext, broker: Services
) -> ConsumerGroupDescribeResponse:
    """Version 0. Advertised, and always UNSUPPORTED_VERSION, as of any broker in ZooKeeper mode. Source: KIP-848."""
    return consumer_describe_failed(request, ctx, ErrorCode.UNSUPPORTED_VERSION)


# -- when a handler fails as a whole ------------------------------------------------------------------------------


def find_failed(
    request: FindCoordinatorRequest, ctx: RequestContext, code: ErrorCode
) -> FindCoordinatorResponse:
    if ctx.version < 4:
        return FindCoordinatorResponse(error_code=code, node_id=-1, port=-1)
    return FindCoordinatorResponse(
        coordinators=[
            Coordinator(key=key, node_id=-1, port=-1, error_code=code) for key in request.coordinator_keys
        ]
    )


def join_failed(request: JoinGroupRequest, ctx: RequestContext, code: ErrorCode) -> JoinGroupResponse:
    return JoinGroupResponse(
        error_code=code, member_id=request.member_id, protocol_name=None if ctx.version >= 7 else ""
    )


def describe_failed(
    request: DescribeGroupsRequest, ctx: RequestContext, code: ErrorCode
) -> DescribeGroupsResponse:
    return DescribeGroupsResponse(
        groups=[DescribedGroup(group_id=group_id, error_code=code) for group_id in request.groups]
    )


def delete_failed(request: DeleteGroupsRequest, ctx: RequestContext, code: ErrorCode) -> DeleteGroupsResponse:
    return DeleteGroupsResponse(
        results=[
            DeletableGroupResult(group_id=group_id, error_code=code) for group_id in request.groups_names
        ]
    )


def consumer_describe_failed(
    request: ConsumerGroupDescribeRequest, ctx: RequestContext, code: ErrorCode
) -> ConsumerGroupDescribeResponse:
    return ConsumerGroupDescribeResponse(
        groups=[DescribedConsumerGroup(group_id=group_id, error_code=code) for group_id in request.group_ids]
    )
