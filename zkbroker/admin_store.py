"""The znode writes that any broker may do, as Kafka's admin path does them: topics, configs, ids, events.

Nothing here is fenced by the controller's epoch. Entity configs are fenced by /controller's version instead:
while nobody, or a KRaft controller, holds it, they are refused. Where an answer is lost the write is looked up
and repeated as needed, so that callers see ConnectionLost nowhere.

Source: kafka.zk.AdminZkClient, kafka.zk.KafkaZkClient, kafka.server.ZkAdminManager, 3.9.1.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import attrs

from zkbroker import replica_assignment
from zkbroker.config.dynamic import Passwords, is_password
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import (
    BrokerInfo,
    ReplicaAssignment,
    TopicAssignment,
    TopicId,
    TopicPartition,
    topic_id_text,
)
from zkbroker.topic_names import require_no_collision as require_no_collision
from zkbroker.topic_names import require_topic_name as require_topic_name
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import (
    ANY_VERSION,
    BadVersion,
    Check,
    ConnectionLost,
    MultiFailed,
    NodeExists,
    NoNode,
    NotEmpty,
    SetData,
    ZkSession,
)
from zkbroker.zookeeper.znodes import ProducerIdBlock, Undecodable

PRODUCER_ID_BLOCK_SIZE: Final = 1000
_LAST_PRODUCER_ID: Final = 2**63 - 1

# ------------------------------------------------------------------------------------------ the cluster


async def create_top_level_paths(session: ZkSession) -> None:
    """Create what every starting broker finds or creates: empty persistent nodes."""
    found = await session.get_many(znodes.TOP_LEVEL_PATHS)
    for path, node in found.items():
        if node is None:
            await session.create_path(path)


async def cluster_id(session: ZkSession, proposed: str | None = None) -> str:
    """The cluster's id; the first broker makes it (`proposed`, or a random one). Raises: Undecodable."""
    proposed = proposed or topic_id_text(new_topic_id())  # 22 characters of URL-safe base64, as a topic id
    while True:
        try:
            return znodes.decode_cluster_id((await session.get(znodes.CLUSTER_ID)).data)
        except NoNode:
            await session.create_path(znodes.CLUSTER_ID.rpartition("/")[0])
            with suppress(NodeExists, ConnectionLost):
                await session.create(znodes.CLUSTER_ID, znodes.encode_cluster_id(proposed))


async def next_broker_id(session: ZkSession, reserved_max_id: int = 1000) -> int:
    """An id nobody was given before, above `reserved.broker.max.id`."""
    while True:
        try:
            stat = await session.set(znodes.BROKER_SEQUENCE, b"", ANY_VERSION)
            return stat.version + reserved_max_id
        except NoNode:
            await session.create_path(znodes.BROKER_SEQUENCE)
        except ConnectionLost:
            continue  # at worst an id is skipped


@attrs.frozen
class BrokersRead:
    """The registrations, and those that cannot be read."""

    brokers: Mapping[int, BrokerInfo]  # by id; epoch is the czxid
    undecodable: tuple[Undecodable, ...] = ()


async def read_brokers(session: ZkSession, names: Iterable[str] | None = None) -> BrokersRead:
    """The registered brokers; `names` are the children of /brokers/ids if they have been read already."""
    if names is None:
        names = (await session.get_children_many([znodes.BROKER_IDS]))[znodes.BROKER_IDS] or []
    ids = sorted(int(name) for name in names if name.isascii() and name.isdecimal())
    found = await session.get_many(znodes.broker_path(broker_id) for broker_id in ids)
    brokers: dict[int, BrokerInfo] = {}
    undecodable = []
    for broker_id, node in zip(ids, found.values(), strict=True):
        if node is not None:
            try:
                brokers[broker_id] = znodes.decode_broker(broker_id, node.data, node.stat.czxid)
            except Undecodable as error:
                undecodable.append(error)
    return BrokersRead(brokers, tuple(undecodable))


# ---------------------------------------------------------------------------------------------- topics


def new_topic_id() -> TopicId:
    """A random id; never one that starts with "-", which command lines would take for an option."""
    while True:
        topic_id = TopicId(uuid.uuid4().bytes)
        if not topic_id_text(topic_id).startswith("-"):
            return topic_id


async def require_new_topic(session: ZkSession, name: str, assignment: Mapping[int, Sequence[int]]) -> None:
    """Check that the topic could be created. Its configs are the caller's to check.

    Raises: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_REPLICA_ASSIGNMENT.
    """
    require_topic_name(name)
    marker, topic = znodes.delete_topic_path(name), znodes.topic_path(name)
    found = await session.get_many([marker, topic])
    if found[marker] is not None:
        raise KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' is marked for deletion.")
    if found[topic] is not None:
        raise _exists(name)
    require_no_collision(name, await topic_names(session))
    replica_assignment.require_valid_assignment(assignment)


def _exists(name: str) -> KafkaError:
    return KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")


async def create_topic(
    session: ZkSession,
    name: str,
    assignment: Mapping[int, Sequence[int]],
    configs: Mapping[str, str],
    topic_id: TopicId | None = None,
) -> TopicId:
    """Write a new topic's configs, then the topic itself, which the controller watches for. Returns its id.

    Raises: as require_new_topic; STALE_CONTROLLER_EPOCH if configs may not be written now.
    """
    await require_new_topic(session, name, assignment)
    topic_id = topic_id or new_topic_id()
    await _write_config(session, znodes.entity_path("topics", name), configs)
    partitions = {partition: ReplicaAssignment(tuple(replicas)) for partition, replicas in assignment.items()}
    data = znodes.encode_topic(TopicAssignment(name, topic_id, partitions))
    path = znodes.topic_path(name)
    while True:
        try:
            await session.create(path, data)
            return topic_id
        except ConnectionLost:
            node = (await session.get_many([path]))[path]
            if node is not None and node.data == data:  # our random id is in it
                return topic_id
        except NodeExists:
            raise _exists(name) from None
        except NoNode:
            await session.create_path(znodes.TOPICS)


async def topic_names(session: ZkSession) -> list[str]:
    """All topics, those being deleted included."""
    return (await session.get_children_many([znodes.TOPICS]))[znodes.TOPICS] or []


@attrs.frozen
class TopicsRead:
    """The topic nodes, and those that cannot be read."""

    topics: Mapping[str, TopicAssignment]
    undecodable: tuple[Undecodable, ...] = ()


async def read_topics(session: ZkSession, names: Iterable[str] | None = None) -> TopicsRead:
    """The assignments of all topics, or of those named; one that does not exist is left out."""
    wanted = sorted(await topic_names(session) if names is None else names)
    found = await session.get_many(znodes.topic_path(name) for name in wanted)
    topics: dict[str, TopicAssignment] = {}
    undecodable = []
    for name, node in zip(wanted, found.values(), strict=True):
        if node is not None:
            try:
                topics[name] = znodes.decode_topic(name, node.data)
            except Undecodable as error:
                undecodable.append(error)
    return TopicsRead(topics, tuple(undecodable))


async def delete_topic(session: ZkSession, name: str) -> None:
    """Mark the topic for deletion, which is the controller's work; marking it twice is fine.

    Raises: UNKNOWN_TOPIC_OR_PARTITION.
    """
    marker = znodes.delete_topic_path(name)
    while True:
        if await session.exists(znodes.topic_path(name)) is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Topic `{name}` to delete does not exist")
        try:
            await session.create(marker, None)
            return
        except NodeExists:
            return
        except NoNode:
            await session.create_path(znodes.DELETE_TOPICS)
        except ConnectionLost:
            if await session.exists(marker) is not None:
                return


async def add_partitions(
    session: ZkSession,
    name: str,
    new_count: int,
    brokers: replica_assignment.Racks,
    assignments: Sequence[Sequence[int]] | None = None,
    *,
    validate_only: bool = False,
) -> dict[int, tuple[int, ...]]:
    """Let a topic grow to `new_count` partitions; returns the replicas of the new ones.

    `brokers` are the live ones with their racks; `assignments`, if given, are the new partitions' replicas in
    order. Written against the version read, so that two of them cannot undo each other.
    Raises: UNKNOWN_TOPIC_OR_PARTITION, REASSIGNMENT_IN_PROGRESS, INVALID_PARTITIONS,
    INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT; UNKNOWN_SERVER_ERROR if the node cannot be read.
    """
    path = znodes.topic_path(name)
    written: bytes | None = None
    added: dict[int, tuple[int, ...]] = {}
    while True:
        found = await session.get_many([path, znodes.delete_topic_path(name)])
        node = found[path]
        if node is None or found[znodes.delete_topic_path(name)] is not None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.")
        if node.data == written:
            return added  # its answer had been lost
        try:
            topic = znodes.decode_topic(name, node.data)
        except Undecodable as error:
            raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)) from None
        if any(partition.is_being_reassigned for partition in topic.partitions.values()):
            raise KafkaError(
                ErrorCode.REASSIGNMENT_IN_PROGRESS,
                f"A partition reassignment is in progress for the topic '{name}'",
            )
        existing = {number: partition.replicas for number, partition in topic.partitions.items()}
        if assignments is None:
            added = replica_assignment.assign_more(existing, brokers, new_count)
        else:
            added = replica_assignment.require_valid_growth(existing, new_count, assignments, brokers.keys())
        if validate_only:
            return added
        new = {number: ReplicaAssignment(replicas) for number, replicas in added.items()}
        grown = attrs.evolve(topic, partitions={**topic.partitions, **new})
        written = znodes.encode_topic(grown)
        try:
            await session.set(path, written, node.stat.version)
            return added
        except (BadVersion, ConnectionLost, NoNode):
            continue


# --------------------------------------------------------------------------------------------- configs


async def read_config(session: ZkSession, entity_path: str) -> dict[str, str]:
    """The stored configs of one entity, as `topics/T`; none if it has no node. Raises: Undecodable."""
    path = znodes.config_path(entity_path)
    node = (await session.get_many([path]))[path]
    return {} if node is None else znodes.decode_entity_config(path, node.data)


@attrs.frozen
class ConfigsRead:
    """Stored configs by entity path, and the nodes that cannot be read."""

    configs: Mapping[str, Mapping[str, str]]
    undecodable: tuple[Undecodable, ...] = ()


async def read_configs(session: ZkSession, entity_type: str, sub_type: str | None = None) -> ConfigsRead:
    """The stored configs of all entities of a type: `topics`, or of pairs: `users` with `clients`."""
    root = znodes.config_path(entity_type)
    names = sorted((await session.get_children_many([root]))[root] or [])
    entities = [znodes.entity_path(entity_type, name) for name in names]
    if sub_type is not None:
        parents = [f"{entity}/{sub_type}" for entity in entities]
        found = await session.get_children_many(znodes.config_path(parent) for parent in parents)
        entities = [
            f"{parent}/{child}"
            for parent, children in zip(parents, found.values(), strict=True)
            for child in sorted(children or [])
        ]
    nodes = await session.get_many(znodes.config_path(entity) for entity in entities)
    configs: dict[str, Mapping[str, str]] = {}
    undecodable = []
    for entity, (path, node) in zip(entities, nodes.items(), strict=True):
        if node is not None:
            try:
                configs[entity] = znodes.decode_entity_config(path, node.data)
            except Undecodable as error:
                undecodable.append(error)
    return ConfigsRead(configs, tuple(undecodable))


async def change_config(
    session: ZkSession, entity_path: str, configs: Mapping[str, str], *, fenced: bool = True
) -> None:
    """Replace the stored configs of an entity and tell every broker. The configs are the caller's to check.

    An entity of quotas that has none left loses its node. `fenced=False` is for tools that go straight to
    ZooKeeper, also before there is any controller. Raises: STALE_CONTROLLER_EPOCH.
    """
    quotas = entity_path.startswith(("users/", "clients/", "ips/"))
    if configs or not quotas or not await _clean_up(session, entity_path):
        await _write_config(session, entity_path, configs, fenced=fenced)
    await notify_config_change(session, entity_path)


async def encode_passwords_anew(
    session: ZkSession, entity_path: str, former: Passwords, now: Passwords
) -> None:
    """Passwords that were stored with a former secret are stored with the present one."""
    held = await read_config(session, entity_path)
    renewed: dict[str, str] = {}
    for key, text in held.items():
        if is_password(key) and not _decodes(now, text) and _decodes(former, text):
            renewed[key] = now.encode(former.decode(text))
    if renewed:
        await change_config(session, entity_path, held | renewed, fenced=False)


def _decodes(passwords: Passwords, text: str) -> bool:
    try:
        passwords.decode(text)
    except ValueError:
        return False
    return True


async def notify_config_change(session: ZkSession, entity_path: str) -> None:
    """Make every broker read the configs of that entity again. A lost answer may make it two notices."""
    data = znodes.encode_config_change(entity_path)
    prefix = f"{znodes.CONFIG_CHANGES}/{znodes.CONFIG_CHANGE_PREFIX}"
    await _create_sequential(session, prefix, data)


async def _write_config(
    session: ZkSession, entity_path: str, configs: Mapping[str, str], *, fenced: bool = True
) -> None:
    """Write all of an entity's configs, fenced by the version of /controller where the node exists."""
    path, data = znodes.config_path(entity_path), znodes.encode_entity_config(configs)
    while True:
        fence: list[Check] = []
        if fenced:
            fence.append(Check(znodes.CONTROLLER, await _controller_version(session, entity_path)))
        try:
            await session.multi([*fence, SetData(path, data, ANY_VERSION)])
            return
        except ConnectionLost:
            continue
        except MultiFailed as failed:
            if fence and failed.index == 0:  # the controller has moved: by whom, and may we still?
                continue
            if not isinstance(failed.cause, NoNode):
                raise failed.cause from None
        await session.create_path(path.rpartition("/")[0])
        try:
            await session.create(path, data)
            return
        except (NodeExists, NoNode, ConnectionLost):
            continue


async def _controller_version(session: ZkSession, entity_path: str) -> int:
    """The version of /controller, if its holder lets configs be written. Raises: STALE_CONTROLLER_EPOCH."""
    node = (await session.get_many([znodes.CONTROLLER]))[znodes.CONTROLLER]
    if node is None:
        raise KafkaError(
            ErrorCode.STALE_CONTROLLER_EPOCH,
            f"Cannot set entity configs for {entity_path} when there is no controller.",
        )
    try:
        controller = znodes.decode_controller(node.data)
    except Undecodable as error:
        raise KafkaError(ErrorCode.STALE_CONTROLLER_EPOCH, str(error)) from None
    if controller.kraft_controller_epoch > 0:
        raise KafkaError(
            ErrorCode.STALE_CONTROLLER_EPOCH,
            f"Cannot set entity configs for {entity_path} directly when there is a KRaft controller.",
        )
    return node.stat.version


async def _clean_up(session: ZkSession, entity_path: str) -> bool:
    """Delete the node of an entity that has no quotas left and no children; whether it is gone.

    With the last client of a user goes the `clients` node, and then a user without quotas of its own.
    """
    path = znodes.config_path(entity_path)
    if (await session.get_children_many([path]))[path]:
        return False
    words = entity_path.split("/")  # users/u/clients/c
    if len(words) == 4:
        clients, user = path.rpartition("/")[0], znodes.config_path("/".join(words[:2]))
        children = await session.get_children_many([clients, user])
        if children[clients] == [words[3]]:
            own = await read_config(session, "/".join(words[:2]))
            doomed = [path, clients, user] if not own and children[user] == [words[2]] else [path, clients]
            await _delete_all(session, doomed)
            return True
    await _delete_all(session, [path])
    return True


async def _delete_all(session: ZkSession, paths: Sequence[str]) -> None:
    """Delete the nodes, deepest first; stop at one that got a child meanwhile."""
    for path in paths:
        while True:
            try:
                await session.delete(path, ANY_VERSION)
            except NoNode:
                pass
            except NotEmpty:
                return
            except ConnectionLost:
                continue
            break


# ------------------------------------------------------------------------------------- ids and events


async def next_producer_id_block(session: ZkSession, broker_id: int) -> ProducerIdBlock:
    """Give the broker the next thousand producer ids, by compare and set on the one node.

    Raises: Undecodable; UNKNOWN_SERVER_ERROR when there are none left.
    """
    path = znodes.PRODUCER_ID_BLOCK
    while True:
        try:
            node = await session.get(path)
        except NoNode:
            await session.create_path(path)
            continue
        first = znodes.decode_producer_id_block(node.data).last + 1 if node.data else 0
        last = first + PRODUCER_ID_BLOCK_SIZE - 1
        if last > _LAST_PRODUCER_ID:
            raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, "All producer ids have been given away.")
        block = ProducerIdBlock(broker_id, first, last)
        try:
            await session.set(path, znodes.encode_producer_id_block(block), node.stat.version)
            return block
        except (BadVersion, NoNode, ConnectionLost):
            continue  # after a lost answer a block may be skipped: ids are many


async def report_log_dir_failure(session: ZkSession, broker_id: int) -> None:
    """Tell the controller that this broker lost a log directory; it then asks which partitions were on it."""
    prefix = f"{znodes.LOG_DIR_EVENTS}/{znodes.LOG_DIR_EVENT_PREFIX}"
    await _create_sequential(session, prefix, znodes.encode_log_dir_event(broker_id))


async def read_consumer_offset(session: ZkSession, group: str, tp: TopicPartition) -> int | None:
    """What OffsetFetch version 0 answers; None if nothing is stored.

    Raises: Undecodable; KafkaError UNKNOWN_SERVER_ERROR for a group that no znode can be named after.
    """
    path = _consumer_offset_path(group, tp)
    node = (await session.get_many([path]))[path]
    return None if node is None else znodes.decode_consumer_offset(path, node.data)


async def write_consumer_offset(session: ZkSession, group: str, tp: TopicPartition, offset: int) -> None:
    """What OffsetCommit version 0 does. Raises: as `read_consumer_offset`."""
    path, data = _consumer_offset_path(group, tp), znodes.encode_consumer_offset(offset)
    while True:
        try:
            await session.set(path, data, ANY_VERSION)
            return
        except NoNode:
            await session.create_path(path)
        except ConnectionLost:
            continue


def _consumer_offset_path(group: str, tp: TopicPartition) -> str:
    """A group may have slashes in its name, as in Kafka, but kazoo would make `//` one and move the node."""
    if any(part in ("", ".", "..") for part in group.split("/")):
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, f"no znode can be named after the group {group!r}")
    return znodes.consumer_offset_path(group, tp)


async def _create_sequential(session: ZkSession, prefix: str, data: bytes) -> None:
    """A notification; one too many does no harm."""
    while True:
        try:
            await session.create(prefix, data, sequential=True)
            return
        except NoNode:
            await session.create_path(prefix.rpartition("/")[0])
        except ConnectionLost:
            continue
