"""CreateTopics, DeleteTopics, and the automatic creation a Metadata request may ask for."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Sequence

import attrs
import trio

from acl.model import CLUSTER, Operation
from zkbroker import admin_store, replica_assignment
from zkbroker.apis.config_entries import Asked, topic_entries
from zkbroker.apis.context import RequestContext, Services
from zkbroker.config import validate_topic_config
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import ClusterSnapshot
from zkbroker.model import NO_LEADER, NO_TOPIC_ID, TopicId
from zkbroker.protocol.generated.create_topics_request import CreatableTopic, CreateTopicsRequest
from zkbroker.protocol.generated.create_topics_response import (
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsResponse,
)
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest
from zkbroker.protocol.generated.delete_topics_response import DeletableTopicResult, DeleteTopicsResponse
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.topic_names import require_no_collision, require_topic_name
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import SessionLost, ZkSession

GROUP_OFFSETS = "__consumer_offsets"
TRANSACTION_STATE = "__transaction_state"
INTERNAL_TOPICS = frozenset({GROUP_OFFSETS, TRANSACTION_STATE})
RESERVED_TOPIC = "__cluster_metadata"
USE_DEFAULT = -1
WRITTEN_TOGETHER = 50
NEWS_WITHIN_S = 2.0


@attrs.frozen
class NewTopic:
    """A topic that passed every check and can be written."""

    name: str
    assignment: dict[int, tuple[int, ...]]
    configs: dict[str, str]


# -- creating ---------------------------------------------------------------------------------------------------


async def create_topics(
    request: CreateTopicsRequest, ctx: RequestContext, broker: Services
) -> CreateTopicsResponse:
    """Versions 0-7. Checks CREATE on the cluster or the topics. Answers when every partition has a leader.

    Errors: NOT_CONTROLLER, INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED, TOPIC_ALREADY_EXISTS,
    INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT,
    INVALID_CONFIG, THROTTLING_QUOTA_EXCEEDED (from 6), REQUEST_TIMED_OUT (the topic exists all the same).
    Source: KIP-4, KIP-195, KIP-464, KIP-525, KIP-599.
    """
    if not broker.controller.is_active:
        return CreateTopicsResponse(
            topics=[_refused(t.name, KafkaError(ErrorCode.NOT_CONTROLLER)) for t in request.topics]
        )
    times_named = Counter(topic.name for topic in request.topics)
    changes = broker.changes(ctx, strict_since=6)
    may_create_any = broker.authorizer.allows(ctx, Operation.CREATE, CLUSTER, log=False)
    results: dict[str, CreatableTopicResult] = {}
    new: list[NewTopic] = []
    new_names: dict[str, list[str]] = {}  # by what they are called in metrics, where they must not collide
    deadline = trio.current_time() + request.timeout_ms / 1000
    for wanted in request.topics:
        if wanted.name in results:
            continue
        try:
            if times_named[wanted.name] > 1:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
            if wanted.name == RESERVED_TOPIC:
                raise KafkaError(
                    ErrorCode.INVALID_REQUEST, f"Creation of internal topic {RESERVED_TOPIC} is prohibited."
                )
            if not may_create_any:
                broker.authorizer.require(ctx, Operation.CREATE, topic_resource(wanted.name))
            topic = await check_new_topic(wanted, ctx.version, broker)
            alike = new_names.setdefault(topic.name.replace(".", "_"), [])
            require_no_collision(topic.name, alike)
            if not request.validate_only:
                changes.count(len(topic.assignment))
                new.append(topic)
                alike.append(topic.name)
            results[wanted.name] = _accepted(topic, NO_TOPIC_ID, ctx, broker)
        except KafkaError as error:
            results[wanted.name] = _refused(wanted.name, error)
    written = await _write_topics(new, broker)
    for name, outcome in written.items():
        if isinstance(outcome, KafkaError):
            results[name] = _refused(name, outcome)
        else:
            results[name] = attrs.evolve(results[name], topic_id=outcome)
    created = [name for name, outcome in written.items() if not isinstance(outcome, KafkaError)]
    late = await _wait_for(created, _is_spread, broker, deadline)
    for name in late:
        if results[name].error_code == ErrorCode.NONE:
            results[name] = _refused(
                name,
                KafkaError(
                    ErrorCode.REQUEST_TIMED_OUT, "The topic is created; not every leader is known yet."
                ),
            )
    ctx.throttle_ms = changes.rest_ms()
    return CreateTopicsResponse(topics=list(results.values()))


def _refused(name: str, error: KafkaError) -> CreatableTopicResult:
    return CreatableTopicResult(name=name, error_code=error.code, error_message=error.message)


def _accepted(
    topic: NewTopic, topic_id: TopicId, ctx: RequestContext, broker: Services
) -> CreatableTopicResult:
    shows_configs = broker.authorizer.allows(
        ctx, Operation.DESCRIBE_CONFIGS, topic_resource(topic.name), log=False
    )
    return CreatableTopicResult(
        name=topic.name,
        topic_id=topic_id,
        topic_config_error_code=0 if shows_configs else ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        num_partitions=len(topic.assignment) if shows_configs else -1,
        replication_factor=len(topic.assignment[0]) if shows_configs else -1,
        configs=_described(topic.configs, broker) if shows_configs and ctx.version >= 5 else (),
    )


def _described(overrides: dict[str, str], broker: Services) -> list[CreatableTopicConfigs]:
    return [
        CreatableTopicConfigs(name=entry.name, value=entry.value, config_source=entry.config_source)
        for entry in topic_entries(overrides, broker.config, Asked())
    ]


async def check_new_topic(wanted: CreatableTopic, version: int, broker: Services) -> NewTopic:
    """What would be written for this topic. Raises: KafkaError with the reason it cannot be created."""
    snapshot = broker.metadata.snapshot
    require_topic_name(wanted.name)
    if wanted.name in snapshot.topics:
        raise KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{wanted.name}' already exists.")
    require_no_collision(wanted.name, snapshot.topics)
    configs: dict[str, str | None] = {}
    for config in wanted.configs:
        configs[config.name] = config.value
    if wanted.assignments:
        if wanted.num_partitions != USE_DEFAULT or wanted.replication_factor != USE_DEFAULT:
            raise KafkaError(
                ErrorCode.INVALID_REQUEST,
                "Both numPartitions or replicationFactor and replicasAssignments were set. "
                "Both cannot be used at the same time.",
            )
        assignment = _manual_assignment(wanted)
    else:
        if wanted.replication_factor > len(snapshot.brokers):
            snapshot = await _with_registered_brokers(broker)
        assignment = _automatic_assignment(wanted, version, broker, snapshot)
    validate_topic_config(configs, broker.config.broker)
    return NewTopic(wanted.name, assignment, {k: v for k, v in configs.items() if v is not None})


async def _with_registered_brokers(broker: Services) -> ClusterSnapshot:
    """The metadata once it lists every registered broker, or soon: one may have started a moment ago."""
    with trio.move_on_after(NEWS_WITHIN_S), contextlib.suppress(SessionLost):
        registered = set(await (await broker.zk.session()).get_children(znodes.BROKER_IDS))
        while not registered <= {str(known) for known in broker.metadata.snapshot.brokers}:
            await broker.metadata.changed.wait()
    return broker.metadata.snapshot


def _manual_assignment(wanted: CreatableTopic) -> dict[int, tuple[int, ...]]:
    assignment = {a.partition_index: tuple(a.broker_ids) for a in wanted.assignments}
    if len(assignment) != len(wanted.assignments):
        raise KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, "A partition is assigned twice.")
    replica_assignment.require_valid_assignment(assignment)
    return assignment


def _automatic_assignment(
    wanted: CreatableTopic, version: int, broker: Services, snapshot: ClusterSnapshot
) -> dict[int, tuple[int, ...]]:
    config = broker.config.broker
    partitions, factor = wanted.num_partitions, wanted.replication_factor
    if partitions == USE_DEFAULT and version >= 4:
        partitions = config.num_partitions
    if factor == USE_DEFAULT and version >= 4:
        factor = config.default_replication_factor
    if partitions <= 0:
        raise KafkaError(ErrorCode.INVALID_PARTITIONS, "Number of partitions must be larger than 0.")
    if factor <= 0:
        raise KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, "Replication factor must be larger than 0.")
    if factor > len(snapshot.brokers):
        raise KafkaError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"Replication factor: {factor} larger than available brokers: {len(snapshot.brokers)}.",
        )
    brokers = {info.broker_id: info.rack for info in snapshot.brokers.values()}
    return replica_assignment.assign(
        brokers,
        partitions,
        factor,
        start=secrets.randbelow(len(brokers)),
        shift=secrets.randbelow(len(brokers)),
    )


async def write_topic(topic: NewTopic, broker: Services) -> TopicId:
    """Create the topic's znodes; the controller does the rest.

    Raises: TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, REQUEST_TIMED_OUT without ZooKeeper.
    """
    session = await current_session(broker)
    try:
        return await admin_store.create_topic(session, topic.name, topic.assignment, topic.configs)
    except SessionLost:
        raise KafkaError(ErrorCode.REQUEST_TIMED_OUT, "The ZooKeeper session ended; try again.") from None


async def _write_topics(topics: Sequence[NewTopic], broker: Services) -> dict[str, TopicId | KafkaError]:
    """Create several topics at once, so that their writes share ZooKeeper's syncs; the id of each, or why not."""
    outcomes: dict[str, TopicId | KafkaError] = {}
    together = trio.Semaphore(WRITTEN_TOGETHER)

    async def write(topic: NewTopic) -> None:
        async with together:
            try:
                outcomes[topic.name] = await write_topic(topic, broker)
            except KafkaError as error:
                outcomes[topic.name] = error.kept()

    async with trio.open_nursery() as nursery:
        for topic in topics:
            nursery.start_soon(write, topic)
    return outcomes


async def current_session(broker: Services) -> ZkSession:
    """The ZooKeeper session, if there is one within a few seconds. Raises: REQUEST_TIMED_OUT."""
    with trio.move_on_after(5):
        return await broker.zk.session()
    raise KafkaError(ErrorCode.REQUEST_TIMED_OUT, "ZooKeeper cannot be reached now.")


def _is_spread(name: str, snapshot: ClusterSnapshot) -> bool:
    """Whether this broker knows a leader of every partition."""
    partitions = snapshot.partitions(name)
    return bool(partitions) and all(p.leader != NO_LEADER for p in partitions.values())


async def _wait_for(
    names: list[str], is_done: Callable[[str, ClusterSnapshot], bool], broker: Services, deadline: float
) -> list[str]:
    """Wait until all of the names are done in the metadata cache, and the other brokers had the news too.

    Returns those that are not done by the deadline.
    """
    waiting = names
    with trio.move_on_at(deadline):
        while waiting:
            waiting = [name for name in waiting if not is_done(name, broker.metadata.snapshot)]
            if waiting:
                await broker.metadata.changed.wait()
        if names:
            await broker.controller.wait_told()
    return waiting


async def auto_create(name: str, broker: Services) -> None:
    """Begin to create a topic that somebody asked about; whichever broker was asked does it.

    Raises: UNKNOWN_TOPIC_OR_PARTITION when it is being created already, INVALID_TOPIC_EXCEPTION,
    INVALID_REPLICATION_FACTOR (COORDINATOR_NOT_AVAILABLE for internal topics).
    """
    config = broker.config.broker
    configs: dict[str, str] = {}
    partitions, factor = config.num_partitions, config.default_replication_factor
    if name == GROUP_OFFSETS:
        partitions, factor = config.offsets_topic_num_partitions, config.offsets_topic_replication_factor
        configs = {
            "cleanup.policy": "compact",
            "segment.bytes": str(config.offsets_topic_segment_bytes),
            "compression.type": "producer",
        }
    elif name == TRANSACTION_STATE:
        partitions = config.transaction_state_log_num_partitions
        factor = config.transaction_state_log_replication_factor
        configs = {
            "unclean.leader.election.enable": "false",
            "compression.type": "uncompressed",
            "cleanup.policy": "compact",
            "min.insync.replicas": str(config.transaction_state_log_min_isr),
            "segment.bytes": str(config.transaction_state_log_segment_bytes),
        }
    wanted = CreatableTopic(name=name, num_partitions=partitions, replication_factor=factor)
    try:
        topic = await check_new_topic(wanted, 7, broker)
        await write_topic(attrs.evolve(topic, configs=configs), broker)
    except KafkaError as error:
        if error.code is ErrorCode.TOPIC_ALREADY_EXISTS:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{name} is being created") from None
        raise


# -- deleting ---------------------------------------------------------------------------------------------------


async def delete_topics(
    request: DeleteTopicsRequest, ctx: RequestContext, broker: Services
) -> DeleteTopicsResponse:
    """Versions 0-6. Checks DELETE on the topics, and DESCRIBE on those given by id.

    Errors: NOT_CONTROLLER, TOPIC_DELETION_DISABLED, TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION,
    UNKNOWN_TOPIC_ID, INVALID_REQUEST, THROTTLING_QUOTA_EXCEEDED (from 5), REQUEST_TIMED_OUT (deletion goes on).
    Source: KIP-4, KIP-516, KIP-599.
    """
    asked = [(t.name, t.topic_id) for t in request.topics] or [(n, NO_TOPIC_ID) for n in request.topic_names]
    if not broker.controller.is_active:
        return _all(asked, ErrorCode.NOT_CONTROLLER)
    if not broker.config.broker.delete_topic_enable:
        code = ErrorCode.INVALID_REQUEST if ctx.version < 3 else ErrorCode.TOPIC_DELETION_DISABLED
        return _all(asked, code)
    deadline = trio.current_time() + request.timeout_ms / 1000
    snapshot = broker.metadata.snapshot
    changes = broker.changes(ctx, strict_since=5)
    results: list[DeletableTopicResult] = []
    deleting: dict[str, int] = {}
    for name, topic_id in asked:
        result = DeletableTopicResult(name=name, topic_id=topic_id)
        by_id = topic_id != NO_TOPIC_ID
        try:
            if by_id and name is not None:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Topic name and topic id are both given.")
            if by_id:
                name = snapshot.topic_names.get(topic_id)
                if name is None:
                    raise KafkaError(ErrorCode.UNKNOWN_TOPIC_ID, "This topic id does not exist.")
                broker.authorizer.require(ctx, Operation.DESCRIBE, topic_resource(name))
                result = attrs.evolve(result, name=name)
            if name is None:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Neither a topic name nor a topic id is given.")
            broker.authorizer.require(ctx, Operation.DELETE, topic_resource(name))
            if name not in snapshot.topics:
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This topic does not exist.")
            changes.count(len(snapshot.partitions(name)))
            try:
                await admin_store.delete_topic(await current_session(broker), name)
            except SessionLost:
                raise KafkaError(
                    ErrorCode.REQUEST_TIMED_OUT, "The ZooKeeper session ended; try again."
                ) from None
            result = attrs.evolve(result, topic_id=snapshot.topic_id(name))
            deleting[name] = len(results)
        except KafkaError as error:
            result = attrs.evolve(result, error_code=error.code, error_message=error.message)
        results.append(result)
    late = await _wait_for(list(deleting), lambda n, s: n not in s.topics, broker, deadline)
    for name in late:
        results[deleting[name]] = attrs.evolve(
            results[deleting[name]],
            error_code=ErrorCode.REQUEST_TIMED_OUT,
            error_message="The deletion goes on.",
        )
    ctx.throttle_ms = changes.rest_ms()
    return DeleteTopicsResponse(responses=results)


def _all(asked: list[tuple[str | None, TopicId]], code: ErrorCode) -> DeleteTopicsResponse:
    return DeleteTopicsResponse(
        responses=[
            DeletableTopicResult(name=name, topic_id=topic_id, error_code=code) for name, topic_id in asked
        ]
    )
