"""What each API asks for, as a table: the request, the rights it needs, and the error of who lacks them.

Each request is built for a name that stands for its topic, group and transactional id alike, so that what is answered
about something hidden can be held against what is answered about nothing at all.

Source: KafkaApis.scala, AclApis.scala, ConfigHelper.scala, DelegationTokenManager.scala of Kafka 3.9.1.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import attrs

from acl.model import CLUSTER_PATTERN, Operation, Pattern, ResourceType, literal
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import Message
from zkbroker.protocol.records import Record, build_batch

GROUP, TOPIC, TXN = ResourceType.GROUP, ResourceType.TOPIC, ResourceType.TRANSACTIONAL_ID
CREATE, READ, WRITE, DESCRIBE = Operation.CREATE, Operation.READ, Operation.WRITE, Operation.DESCRIBE
ALTER, DELETE, CLUSTER_ACTION = Operation.ALTER, Operation.DELETE, Operation.CLUSTER_ACTION
DESCRIBE_CONFIGS, ALTER_CONFIGS = Operation.DESCRIBE_CONFIGS, Operation.ALTER_CONFIGS

THERE = "orders-a"  # a topic, a group and a transactional id that exist
NOT_THERE = "orders-z"

REFUSALS = {
    TOPIC: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    GROUP: ErrorCode.GROUP_AUTHORIZATION_FAILED,
    TXN: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    ResourceType.CLUSTER: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    ResourceType.USER: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
    ResourceType.DELEGATION_TOKEN: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
}


@attrs.frozen
class Right:
    """One operation on one kind of resource; a name of None is the case's own."""

    operation: Operation
    kind: ResourceType
    name: str | None = None

    def pattern(self, name: str) -> Pattern:
        return CLUSTER_PATTERN if self.kind == ResourceType.CLUSTER else literal(self.kind, self.name or name)


def on_cluster(operation: Operation) -> Right:
    return Right(operation, ResourceType.CLUSTER)


@attrs.frozen
class Case:
    """One request. All of `needs` are needed, or one of `alternatives` in their place."""

    name: str
    message: Callable[[str], Message]
    version: int
    needs: tuple[Right, ...]
    denied: ErrorCode = attrs.field()  # without any right
    alternatives: tuple[Right, ...] = ()
    there: str = THERE

    @denied.default
    def _of_the_first(self) -> ErrorCode:
        return REFUSALS[self.needs[0].kind]


class Api:
    """The classes of one request: `Api("delete_groups").DeleteGroupsRequest(…)`."""

    def __init__(self, name: str) -> None:
        self._module = importlib.import_module(f"zkbroker.protocol.generated.{name}_request")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _records(transactional: bool = False) -> bytearray:
    record = Record(offset=0, timestamp=int(time.time() * 1000), key=None, value=b"x")
    if not transactional:
        return build_batch([record])
    return build_batch([record], producer_id=1, producer_epoch=0, base_sequence=0, is_transactional=True)


def produce(name: str, *, transactional: bool = False) -> Message:
    api = Api("produce")
    data = api.PartitionProduceData(index=0, records=_records(transactional))
    topics = [api.TopicProduceData(name=name, partition_data=[data])]
    owner = name if transactional else None
    message: Message = api.ProduceRequest(transactional_id=owner, acks=1, timeout_ms=5000, topic_data=topics)
    return message


def fetch(name: str, replica_id: int = -1) -> Message:
    api = Api("fetch")
    topics = [api.FetchTopic(topic=name, partitions=[api.FetchPartition(partition_max_bytes=1000)])]
    message: Message = api.FetchRequest(replica_id=replica_id, max_wait_ms=1, topics=topics)
    return message


def list_offsets(name: str) -> Message:
    api = Api("list_offsets")
    topics = [api.ListOffsetsTopic(name=name, partitions=[api.ListOffsetsPartition(timestamp=-1)])]
    message: Message = api.ListOffsetsRequest(replica_id=-1, topics=topics)
    return message


def metadata(name: str, *, create: bool = False) -> Message:
    api = Api("metadata")
    message: Message = api.MetadataRequest(
        topics=[api.MetadataRequestTopic(name=name)], allow_auto_topic_creation=create
    )
    return message


def offset_for_leader_epoch(name: str) -> Message:
    api = Api("offset_for_leader_epoch")
    topics = [api.OffsetForLeaderTopic(topic=name, partitions=[api.OffsetForLeaderPartition()])]
    message: Message = api.OffsetForLeaderEpochRequest(topics=topics)
    return message


def add_partitions(name: str, version: int) -> Message:
    api = Api("add_partitions_to_txn")
    topics = [api.AddPartitionsToTxnTopic(name=name, partitions=[0])]
    message: Message
    if version < 4:
        message = api.AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=name, v3_and_below_producer_id=1, v3_and_below_topics=topics
        )
    else:
        one = api.AddPartitionsToTxnTransaction(
            transactional_id=name, producer_id=1, verify_only=True, topics=topics
        )
        message = api.AddPartitionsToTxnRequest(transactions=[one])
    return message


def write_txn_markers(name: str) -> Message:
    api = Api("write_txn_markers")
    topics = [api.WritableTxnMarkerTopic(name=name, partition_indexes=[0])]
    message: Message = api.WriteTxnMarkersRequest(
        markers=[api.WritableTxnMarker(producer_id=1, topics=topics)]
    )
    return message


def offset_commit(name: str) -> Message:
    api = Api("offset_commit")
    partitions = [api.OffsetCommitRequestPartition(committed_offset=1)]
    topics = [api.OffsetCommitRequestTopic(name=name, partitions=partitions)]
    message: Message = api.OffsetCommitRequest(group_id=name, topics=topics)
    return message


def txn_offset_commit(name: str) -> Message:
    api = Api("txn_offset_commit")
    partitions = [api.TxnOffsetCommitRequestPartition(committed_offset=1)]
    topics = [api.TxnOffsetCommitRequestTopic(name=name, partitions=partitions)]
    message: Message = api.TxnOffsetCommitRequest(
        transactional_id=name, group_id=name, producer_id=1, topics=topics
    )
    return message


def offset_fetch(name: str) -> Message:
    api = Api("offset_fetch")
    topics = [api.OffsetFetchRequestTopics(name=name, partition_indexes=[0])]
    message: Message = api.OffsetFetchRequest(
        groups=[api.OffsetFetchRequestGroup(group_id=name, topics=topics)]
    )
    return message


def find_coordinator(name: str, kind: int) -> Message:
    message: Message = Api("find_coordinator").FindCoordinatorRequest(key_type=kind, coordinator_keys=[name])
    return message


def join_group(name: str) -> Message:
    api = Api("join_group")
    protocols = [api.JoinGroupRequestProtocol(name="range", metadata=b"")]
    message: Message = api.JoinGroupRequest(
        group_id=name,
        session_timeout_ms=10_000,
        rebalance_timeout_ms=10_000,
        protocol_type="consumer",
        protocols=protocols,
    )
    return message


def leave_group(name: str) -> Message:
    api = Api("leave_group")
    message: Message = api.LeaveGroupRequest(group_id=name, members=[api.MemberIdentity(member_id="m")])
    return message


def offset_delete(name: str) -> Message:
    api = Api("offset_delete")
    topics = [
        api.OffsetDeleteRequestTopic(
            name=name, partitions=[api.OffsetDeleteRequestPartition(partition_index=9)]
        )
    ]
    message: Message = api.OffsetDeleteRequest(group_id=name, topics=topics)
    return message


def create_topics(name: str) -> Message:
    api = Api("create_topics")
    topics = [api.CreatableTopic(name=name, num_partitions=1, replication_factor=1)]
    message: Message = api.CreateTopicsRequest(topics=topics, validate_only=True)
    return message


def delete_topics(name: str) -> Message:
    api = Api("delete_topics")
    message: Message = api.DeleteTopicsRequest(topics=[api.DeleteTopicState(name=name)], timeout_ms=9000)
    return message


def create_partitions(name: str) -> Message:
    api = Api("create_partitions")
    topics = [api.CreatePartitionsTopic(name=name, count=3, assignments=None)]
    message: Message = api.CreatePartitionsRequest(topics=topics, timeout_ms=9000, validate_only=True)
    return message


def delete_records(name: str) -> Message:
    api = Api("delete_records")
    topics = [api.DeleteRecordsTopic(name=name, partitions=[api.DeleteRecordsPartition(offset=0)])]
    message: Message = api.DeleteRecordsRequest(topics=topics, timeout_ms=9000)
    return message


BROKER_CONFIGS, TOPIC_CONFIGS = 4, 2


def describe_configs(name: str, kind: int) -> Message:
    api = Api("describe_configs")
    one = api.DescribeConfigsResource(
        resource_type=kind, resource_name=name, configuration_keys=["retention.ms"]
    )
    message: Message = api.DescribeConfigsRequest(resources=[one])
    return message


def alter_configs(name: str, kind: int, *, incremental: bool) -> Message:
    api = Api("incremental_alter_configs" if incremental else "alter_configs")
    key, value = ("retention.ms", "1000") if kind == TOPIC_CONFIGS else ("log.retention.ms", "1000")
    one = api.AlterConfigsResource(
        resource_type=kind, resource_name=name, configs=[api.AlterableConfig(name=key, value=value)]
    )
    kind_of_request = api.IncrementalAlterConfigsRequest if incremental else api.AlterConfigsRequest
    message: Message = kind_of_request(resources=[one], validate_only=True)
    return message


_ACL = {
    "resource_name": "elsewhere",
    "principal": "User:nobody",
    "host": "*",
    "operation": 3,
    "permission_type": 3,
}


def describe_acls(_: str) -> Message:
    message: Message = Api("describe_acls").DescribeAclsRequest(
        resource_type_filter=1, resource_name_filter=None, pattern_type_filter=1, principal_filter=None,
        host_filter=None, operation=1, permission_type=1,
    )  # fmt: skip
    return message


def create_acls(_: str) -> Message:
    api = Api("create_acls")
    message: Message = api.CreateAclsRequest(creations=[api.AclCreation(resource_type=2, **_ACL)])
    return message


def delete_acls(_: str) -> Message:
    api = Api("delete_acls")
    one = api.DeleteAclsFilter(
        resource_type_filter=2, resource_name_filter="elsewhere", principal_filter="User:nobody", host_filter="*",
        operation=3, permission_type=3,
    )  # fmt: skip
    message: Message = api.DeleteAclsRequest(filters=[one])
    return message


def alter_replica_log_dirs(name: str) -> Message:
    api = Api("alter_replica_log_dirs")
    topics = [api.AlterReplicaLogDirTopic(name=name, partitions=[0])]
    message: Message = api.AlterReplicaLogDirsRequest(
        dirs=[api.AlterReplicaLogDir(path="/nowhere", topics=topics)]
    )
    return message


def describe_log_dirs(name: str) -> Message:
    api = Api("describe_log_dirs")
    message: Message = api.DescribeLogDirsRequest(
        topics=[api.DescribableLogDirTopic(topic=name, partitions=[0])]
    )
    return message


def elect_leaders(name: str) -> Message:
    api = Api("elect_leaders")
    message: Message = api.ElectLeadersRequest(
        topic_partitions=[api.TopicPartitions(topic=name, partitions=[0])]
    )
    return message


def reassign(name: str) -> Message:
    api = Api("alter_partition_reassignments")
    topics = [api.ReassignableTopic(name=name, partitions=[api.ReassignablePartition()])]
    message: Message = api.AlterPartitionReassignmentsRequest(topics=topics)
    return message


def update_features(_: str) -> Message:
    api = Api("update_features")
    one = api.FeatureUpdateKey(feature="x", max_version_level=1)
    message: Message = api.UpdateFeaturesRequest(feature_updates=[one], validate_only=True)
    return message


def alter_client_quotas(_: str) -> Message:
    api = Api("alter_client_quotas")
    entity = [api.EntityData(entity_type="user", entity_name="nobody")]
    entry = api.EntryData(entity=entity, ops=[api.OpData(key="producer_byte_rate", value=1.0)])
    message: Message = api.AlterClientQuotasRequest(entries=[entry], validate_only=True)
    return message


def describe_scram(_: str) -> Message:
    api = Api("describe_user_scram_credentials")
    message: Message = api.DescribeUserScramCredentialsRequest(users=[api.UserName(name="nobody")])
    return message


def alter_scram(_: str) -> Message:
    api = Api("alter_user_scram_credentials")
    message: Message = api.AlterUserScramCredentialsRequest(
        deletions=[api.ScramCredentialDeletion(name="nobody", mechanism=1)]
    )
    return message


def token_for(owner: str) -> Message:
    message: Message = Api("create_delegation_token").CreateDelegationTokenRequest(
        owner_principal_type="User", owner_principal_name=owner, max_lifetime_ms=-1
    )
    return message


def describe_producers(name: str) -> Message:
    api = Api("describe_producers")
    message: Message = api.DescribeProducersRequest(
        topics=[api.TopicRequest(name=name, partition_indexes=[0])]
    )
    return message


def _message(api: str, request: str, **fields: object) -> Callable[[str], Message]:
    """A request whose fields hold the case's name where they hold "{}"."""

    def made(name: str) -> Message:
        filled = {
            key: name if value == "{}" else [name] if value == ["{}"] else value
            for key, value in fields.items()
        }
        message: Message = getattr(Api(api), request)(**filled)
        return message

    return made


WRITE_TOPIC, READ_TOPIC, DESCRIBE_TOPIC = Right(WRITE, TOPIC), Right(READ, TOPIC), Right(DESCRIBE, TOPIC)
READ_GROUP, DESCRIBE_GROUP = Right(READ, GROUP), Right(DESCRIBE, GROUP)
WRITE_TXN, DESCRIBE_TXN = Right(WRITE, TXN), Right(DESCRIBE, TXN)
ACTION = on_cluster(CLUSTER_ACTION)

CASES = (
    # -- records
    Case("produce", produce, 9, (WRITE_TOPIC,)),
    Case("produce-transactional", lambda n: produce(n, transactional=True), 9, (WRITE_TXN, WRITE_TOPIC)),
    Case("fetch", fetch, 12, (READ_TOPIC,)),
    Case("fetch-of-a-follower", lambda n: fetch(n, 7), 12, (ACTION,), ErrorCode.TOPIC_AUTHORIZATION_FAILED),
    Case("list-offsets", list_offsets, 7, (DESCRIBE_TOPIC,)),
    Case("metadata", metadata, 12, (DESCRIBE_TOPIC,)),
    Case("offset-for-leader-epoch", offset_for_leader_epoch, 4, (DESCRIBE_TOPIC,), alternatives=(ACTION,)),
    Case("describe-producers", describe_producers, 0, (READ_TOPIC,)),
    # -- between brokers
    Case("leader-and-isr", _message("leader_and_isr", "LeaderAndIsrRequest"), 5, (ACTION,)),
    Case("stop-replica", _message("stop_replica", "StopReplicaRequest"), 3, (ACTION,)),
    Case("update-metadata", _message("update_metadata", "UpdateMetadataRequest"), 7, (ACTION,)),
    Case(
        "controlled-shutdown",
        _message("controlled_shutdown", "ControlledShutdownRequest", broker_id=77),
        3,
        (ACTION,),
    ),
    Case("alter-partition", _message("alter_partition", "AlterPartitionRequest", broker_id=77), 3, (ACTION,)),
    Case(
        "allocate-producer-ids",
        _message("allocate_producer_ids", "AllocateProducerIdsRequest", broker_id=77),
        0,
        (ACTION,),
    ),
    Case("write-txn-markers", write_txn_markers, 1, (ACTION,), alternatives=(on_cluster(ALTER),)),
    Case("add-partitions-4", lambda n: add_partitions(n, 4), 4, (ACTION,)),
    # -- groups
    Case("offset-commit", offset_commit, 8, (READ_GROUP, READ_TOPIC)),
    Case("offset-fetch", offset_fetch, 8, (DESCRIBE_GROUP, DESCRIBE_TOPIC)),
    Case("find-group", lambda n: find_coordinator(n, 0), 4, (DESCRIBE_GROUP,)),
    Case("join-group", join_group, 7, (READ_GROUP,)),
    Case(
        "sync-group",
        _message(
            "sync_group",
            "SyncGroupRequest",
            group_id="{}",
            member_id="m",
            protocol_type="consumer",
            protocol_name="range",
        ),
        5,
        (READ_GROUP,),
    ),
    Case(
        "heartbeat", _message("heartbeat", "HeartbeatRequest", group_id="{}", member_id="m"), 4, (READ_GROUP,)
    ),
    Case("leave-group", leave_group, 4, (READ_GROUP,)),
    Case(
        "describe-groups",
        _message("describe_groups", "DescribeGroupsRequest", groups=["{}"]),
        5,
        (DESCRIBE_GROUP,),
    ),
    Case(
        "delete-groups",
        _message("delete_groups", "DeleteGroupsRequest", groups_names=["{}"]),
        2,
        (Right(DELETE, GROUP),),
        there="orders-g",
    ),
    Case("offset-delete", offset_delete, 0, (Right(DELETE, GROUP), READ_TOPIC)),
    # -- transactions
    Case("find-transaction", lambda n: find_coordinator(n, 1), 4, (DESCRIBE_TXN,)),
    Case(
        "init-producer-id",
        _message(
            "init_producer_id", "InitProducerIdRequest", transactional_id="{}", transaction_timeout_ms=9000
        ),
        4,
        (WRITE_TXN,),
        there="orders-i",
    ),
    Case(
        "init-producer-id-idempotent",
        _message("init_producer_id", "InitProducerIdRequest", transactional_id=None),
        4,
        (on_cluster(Operation.IDEMPOTENT_WRITE),),
        alternatives=(WRITE_TOPIC,),
    ),
    Case("add-partitions", lambda n: add_partitions(n, 3), 3, (WRITE_TXN, WRITE_TOPIC)),
    Case(
        "add-offsets",
        _message(
            "add_offsets_to_txn",
            "AddOffsetsToTxnRequest",
            transactional_id="{}",
            producer_id=1,
            group_id="{}",
        ),
        3,
        (WRITE_TXN, READ_GROUP),
    ),
    Case(
        "end-txn", _message("end_txn", "EndTxnRequest", transactional_id="{}", producer_id=1), 3, (WRITE_TXN,)
    ),
    Case("txn-offset-commit", txn_offset_commit, 3, (WRITE_TXN, READ_GROUP, READ_TOPIC)),
    Case(
        "describe-transactions",
        _message("describe_transactions", "DescribeTransactionsRequest", transactional_ids=["{}"]),
        0,
        (DESCRIBE_TXN,),
    ),
    # -- topics
    Case(
        "create-topics",
        create_topics,
        7,
        (Right(CREATE, TOPIC),),
        alternatives=(on_cluster(CREATE),),
        there="orders-n",
    ),
    Case("delete-topics", delete_topics, 6, (Right(DELETE, TOPIC),), there="orders-d"),
    Case("create-partitions", create_partitions, 3, (Right(ALTER, TOPIC),)),
    Case("delete-records", delete_records, 2, (Right(DELETE, TOPIC),)),
    Case("elect-leaders", elect_leaders, 2, (on_cluster(ALTER),)),
    Case("reassign", reassign, 0, (on_cluster(ALTER),)),
    Case(
        "list-reassignments",
        _message("list_partition_reassignments", "ListPartitionReassignmentsRequest"),
        0,
        (on_cluster(DESCRIBE),),
    ),
    Case("alter-replica-log-dirs", alter_replica_log_dirs, 2, (on_cluster(ALTER),)),
    Case("describe-log-dirs", describe_log_dirs, 4, (on_cluster(DESCRIBE),)),
    # -- configurations, quotas, features
    Case(
        "describe-topic-configs",
        lambda n: describe_configs(n, TOPIC_CONFIGS),
        4,
        (Right(DESCRIBE_CONFIGS, TOPIC),),
    ),
    Case(
        "describe-broker-configs",
        lambda _: describe_configs("1", BROKER_CONFIGS),
        4,
        (on_cluster(DESCRIBE_CONFIGS),),
    ),
    Case(
        "alter-topic-configs",
        lambda n: alter_configs(n, TOPIC_CONFIGS, incremental=False),
        2,
        (Right(ALTER_CONFIGS, TOPIC),),
    ),
    Case(
        "alter-broker-configs",
        lambda _: alter_configs("1", BROKER_CONFIGS, incremental=False),
        2,
        (on_cluster(ALTER_CONFIGS),),
    ),
    Case(
        "incremental-topic-configs",
        lambda n: alter_configs(n, TOPIC_CONFIGS, incremental=True),
        1,
        (Right(ALTER_CONFIGS, TOPIC),),
    ),
    Case(
        "incremental-broker-configs",
        lambda _: alter_configs("1", BROKER_CONFIGS, incremental=True),
        1,
        (on_cluster(ALTER_CONFIGS),),
    ),
    Case(
        "describe-quotas",
        _message("describe_client_quotas", "DescribeClientQuotasRequest"),
        1,
        (on_cluster(DESCRIBE_CONFIGS),),
    ),
    Case("alter-quotas", alter_client_quotas, 1, (on_cluster(ALTER_CONFIGS),)),
    Case("update-features", update_features, 1, (on_cluster(ALTER),)),
    # -- access
    Case("describe-acls", describe_acls, 3, (on_cluster(DESCRIBE),)),
    Case("create-acls", create_acls, 3, (on_cluster(ALTER),)),
    Case("delete-acls", delete_acls, 3, (on_cluster(ALTER),)),
    Case("describe-scram", describe_scram, 0, (on_cluster(DESCRIBE),)),
    Case("alter-scram", alter_scram, 0, (on_cluster(ALTER),)),
    Case(
        "token-for-another",
        token_for,
        3,
        (Right(Operation.CREATE_TOKENS, ResourceType.USER, f"User:{THERE}"),),
        there=THERE,
    ),
)
