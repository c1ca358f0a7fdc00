"""The response of an API whose handler failed as a whole: the code in every place the version has for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from zkbroker.apis.context import RequestContext
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import ApiKey, Message
from zkbroker.protocol.generated.alter_client_quotas_request import AlterClientQuotasRequest
from zkbroker.protocol.generated.alter_client_quotas_response import (
    AlterClientQuotasResponse,
    EntityData,
    EntryData,
)
from zkbroker.protocol.generated.alter_configs_request import AlterConfigsRequest
from zkbroker.protocol.generated.alter_configs_response import (
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)
from zkbroker.protocol.generated.create_partitions_request import CreatePartitionsRequest
from zkbroker.protocol.generated.create_partitions_response import (
    CreatePartitionsResponse,
    CreatePartitionsTopicResult,
)
from zkbroker.protocol.generated.create_topics_request import CreateTopicsRequest
from zkbroker.protocol.generated.create_topics_response import CreatableTopicResult, CreateTopicsResponse
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest
from zkbroker.protocol.generated.delete_topics_response import DeletableTopicResult, DeleteTopicsResponse
from zkbroker.protocol.generated.describe_configs_request import DescribeConfigsRequest
from zkbroker.protocol.generated.describe_configs_response import (
    DescribeConfigsResponse,
    DescribeConfigsResult,
)
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest
from zkbroker.protocol.generated.elect_leaders_response import (
    ElectLeadersResponse,
    PartitionResult,
    ReplicaElectionResult,
)
from zkbroker.protocol.generated.incremental_alter_configs_request import IncrementalAlterConfigsRequest
from zkbroker.protocol.generated.incremental_alter_configs_response import (
    AlterConfigsResourceResponse as IncrementalAlterConfigsResourceResponse,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.generated.list_offsets_request import ListOffsetsRequest
from zkbroker.protocol.generated.list_offsets_response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from zkbroker.protocol.generated.metadata_request import MetadataRequest
from zkbroker.protocol.generated.metadata_response import MetadataResponse, MetadataResponseTopic
from zkbroker.protocol.generated.offset_for_leader_epoch_request import OffsetForLeaderEpochRequest
from zkbroker.protocol.generated.offset_for_leader_epoch_response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)
from zkbroker.protocol.generated.produce_request import ProduceRequest
from zkbroker.protocol.generated.produce_response import (
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)


def top_level(key: ApiKey) -> Callable[[Any, RequestContext, ErrorCode], Message]:
    """For responses with an error code of their own."""
    name = key.name.lower() + "_response"

    def failed(request: Message, ctx: RequestContext, code: ErrorCode) -> Message:
        module = import_module(f"zkbroker.protocol.generated.{name}")
        response: Message = getattr(module, type(request).__name__.removesuffix("Request") + "Response")(
            error_code=code
        )
        return response

    return failed


def produce(request: ProduceRequest, ctx: RequestContext, code: ErrorCode) -> ProduceResponse:
    return ProduceResponse(
        responses=[
            TopicProduceResponse(
                name=topic.name,
                partition_responses=[
                    PartitionProduceResponse(index=p.index, error_code=code, base_offset=-1)
                    for p in topic.partition_data
                ],
            )
            for topic in request.topic_data
        ]
    )


def list_offsets(request: ListOffsetsRequest, ctx: RequestContext, code: ErrorCode) -> ListOffsetsResponse:
    return ListOffsetsResponse(
        topics=[
            ListOffsetsTopicResponse(
                name=topic.name,
                partitions=[
                    ListOffsetsPartitionResponse(partition_index=p.partition_index, error_code=code)
                    for p in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def metadata(request: MetadataRequest, ctx: RequestContext, code: ErrorCode) -> MetadataResponse:
    return MetadataResponse(
        topics=[
            MetadataResponseTopic(
                error_code=code,
                name=topic.name if topic.name is not None or ctx.version >= 12 else "",
                topic_id=topic.topic_id,
            )
            for topic in request.topics or ()
        ]
    )


def offset_for_leader_epoch(
    request: OffsetForLeaderEpochRequest, ctx: RequestContext, code: ErrorCode
) -> OffsetForLeaderEpochResponse:
    return OffsetForLeaderEpochResponse(
        topics=[
            OffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=[EpochEndOffset(error_code=code, partition=p.partition) for p in topic.partitions],
            )
            for topic in request.topics
        ]
    )


def create_topics(request: CreateTopicsRequest, ctx: RequestContext, code: ErrorCode) -> CreateTopicsResponse:
    return CreateTopicsResponse(
        topics=[CreatableTopicResult(name=topic.name, error_code=code) for topic in request.topics]
    )


def delete_topics(request: DeleteTopicsRequest, ctx: RequestContext, code: ErrorCode) -> DeleteTopicsResponse:
    named = [DeletableTopicResult(name=name, error_code=code) for name in request.topic_names]
    states = [DeletableTopicResult(name=t.name, topic_id=t.topic_id, error_code=code) for t in request.topics]
    return DeleteTopicsResponse(responses=named + states)


def describe_configs(
    request: DescribeConfigsRequest, ctx: RequestContext, code: ErrorCode
) -> DescribeConfigsResponse:
    return DescribeConfigsResponse(
        results=[
            DescribeConfigsResult(
                error_code=code, resource_type=r.resource_type, resource_name=r.resource_name
            )
            for r in request.resources
        ]
    )


def alter_configs(request: AlterConfigsRequest, ctx: RequestContext, code: ErrorCode) -> AlterConfigsResponse:
    return AlterConfigsResponse(
        responses=[
            AlterConfigsResourceResponse(
                error_code=code, resource_type=r.resource_type, resource_name=r.resource_name
            )
            for r in request.resources
        ]
    )


def incremental_alter_configs(
    request: IncrementalAlterConfigsRequest, ctx: RequestContext, code: ErrorCode
) -> IncrementalAlterConfigsResponse:
    return IncrementalAlterConfigsResponse(
        responses=[
            IncrementalAlterConfigsResourceResponse(
                error_code=code, resource_type=r.resource_type, resource_name=r.resource_name
            )
            for r in request.resources
        ]
    )


def create_partitions(
    request: CreatePartitionsRequest, ctx: RequestContext, code: ErrorCode
) -> CreatePartitionsResponse:
    return CreatePartitionsResponse(
        results=[CreatePartitionsTopicResult(name=topic.name, error_code=code) for topic in request.topics]
    )


def elect_leaders(request: ElectLeadersRequest, ctx: RequestContext, code: ErrorCode) -> ElectLeadersResponse:
    return ElectLeadersResponse(
        error_code=code if ctx.version >= 1 else ErrorCode.NONE,
        replica_election_results=[
            ReplicaElectionResult(
                topic=topic.topic,
                partition_result=[PartitionResult(partition_id=p, error_code=code) for p in topic.partitions],
            )
            for topic in request.topic_partitions or ()
        ],
    )


def alter_client_quotas(
    request: AlterClientQuotasRequest, ctx: RequestContext, code: ErrorCode
) -> AlterClientQuotasResponse:
    return AlterClientQuotasResponse(
        entries=[
            EntryData(
                error_code=code,
                entity=[
                    EntityData(entity_type=part.entity_type, entity_name=part.entity_name)
                    for part in entry.entity
                ],
            )
            for entry in request.entries
        ]
    )
