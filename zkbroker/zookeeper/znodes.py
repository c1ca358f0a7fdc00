"""Every znode of Kafka's ZooKeeper mode: its path, what is written into it, how it is read.

Paths are relative to the chroot. `encode_*` gives the bytes Kafka 3.9.1 writes, key order included.
`decode_*` is as strictly typed as Kafka and raises Undecodable. What only the node's Stat says (partition
epoch, broker epoch) is an argument.

Source: kafka.zk.ZkData, 3.9.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote

import attrs

from zkbroker.model import (
    NO_TOPIC_ID,
    BrokerInfo,
    Endpoint,
    LeaderAndIsr,
    LeaderRecoveryState,
    ReplicaAssignment,
    SecurityProtocol,
    TopicAssignment,
    TopicId,
    TopicPartition,
    parse_topic_id,
    topic_id_text,
)
from zkbroker.zookeeper.strict_json import INT64, JsonObject, decimal, encode, parse
from zkbroker.zookeeper.strict_json import Undecodable as Undecodable

# ---------------------------------------------------------------------------------------------- paths

CLUSTER_ID: Final = "/cluster/id"
BROKER_IDS: Final = "/brokers/ids"
BROKER_SEQUENCE: Final = "/brokers/seqid"
TOPICS: Final = "/brokers/topics"
CONTROLLER: Final = "/controller"
CONTROLLER_EPOCH: Final = "/controller_epoch"
DELETE_TOPICS: Final = "/admin/delete_topics"
REASSIGN_PARTITIONS: Final = "/admin/reassign_partitions"
PREFERRED_REPLICA_ELECTION: Final = "/admin/preferred_replica_election"
CONFIG: Final = "/config"
CONFIG_CHANGES: Final = "/config/changes"
CONFIG_CHANGE_PREFIX: Final = "config_change_"
ISR_CHANGES: Final = "/isr_change_notification"
ISR_CHANGE_PREFIX: Final = "isr_change_"
LOG_DIR_EVENTS: Final = "/log_dir_event_notification"
LOG_DIR_EVENT_PREFIX: Final = "log_dir_event_"
PRODUCER_ID_BLOCK: Final = "/latest_producer_id_block"
FEATURE: Final = "/feature"
MIGRATION: Final = "/migration"
CONSUMERS: Final = "/consumers"
ELECTION: Final = "/zkbroker/election"
"""Ours alone: where kazoo's election recipe keeps its candidates. Kafka never looks there."""
UNCLEAN_ELECTIONS: Final = "/zkbroker/unclean_elections"
"""Ours alone: what unclean elections cost, a node a partition; see zkbroker/unclean_elections.py."""

ENTITY_TYPES: Final = ("topics", "clients", "users", "brokers", "ips")
DEFAULT_ENTITY: Final = "<default>"

TOP_LEVEL_PATHS: Final = (
    CONSUMERS,
    BROKER_IDS,
    TOPICS,
    CONFIG_CHANGES,
    DELETE_TOPICS,
    BROKER_SEQUENCE,
    ISR_CHANGES,
    PRODUCER_ID_BLOCK,
    LOG_DIR_EVENTS,
    *(f"{CONFIG}/{entity_type}" for entity_type in ENTITY_TYPES),
)
"""What every starting broker creates where it is missing: persistent, no data."""

_SENSITIVE: Final = ("/config/users", "/config/brokers", "/delegation_token/tokens")


def is_sensitive(path: str) -> bool:
    """Whether only the creator may read the node when `zookeeper.set.acl` is on. Kafka compares prefixes."""
    return path.startswith(_SENSITIVE)


def broker_path(broker_id: int) -> str:
    return f"{BROKER_IDS}/{broker_id}"


def topic_path(topic: str) -> str:
    return f"{TOPICS}/{topic}"


def partitions_path(topic: str) -> str:
    return f"{TOPICS}/{topic}/partitions"


def partition_path(tp: TopicPartition) -> str:
    return f"{TOPICS}/{tp.topic}/partitions/{tp.partition}"


def state_path(tp: TopicPartition) -> str:
    return f"{TOPICS}/{tp.topic}/partitions/{tp.partition}/state"


def partition_of_state(path: str) -> TopicPartition | None:
    """Whose state znode the path is, if it is one."""
    parts = path.split("/")
    if len(parts) == 7 and path.startswith(f"{TOPICS}/") and parts[4] == "partitions" and parts[6] == "state":
        return TopicPartition(parts[3], int(parts[5]))
    return None


def delete_topic_path(topic: str) -> str:
    return f"{DELETE_TOPICS}/{topic}"


def config_path(entity_path: str) -> str:
    """The config node of `topics/T`, `brokers/1`, `users/u/clients/<default>` ... (see `entity_path`)."""
    return f"{CONFIG}/{entity_path}"


def consumer_offset_path(group: str, tp: TopicPartition) -> str:
    """Where OffsetCommit version 0 keeps an offset."""
    return f"{CONSUMERS}/{group}/offsets/{tp.topic}/{tp.partition}"


def sequence_number(name: str) -> int:
    """The number ZooKeeper appended to a sequential node's name or path, -1 if it has none."""
    digits = name[-10:]
    return int(digits) if len(digits) == 10 and digits.isascii() and digits.isdecimal() else -1


# ------------------------------------------------------------------------------------------- entities


def sanitize(name: str) -> str:
    """A user or client name as part of a path, URL-encoded. Source: common.utils.Sanitizer."""
    return quote(name, safe="").replace("~", "%7E")


def is_node_name(sanitized: str) -> bool:
    """Whether a node can be called that: `.` and `..` are the two names that are left as they are and mean others."""
    return sanitized not in ("", ".", "..")


def desanitize(name: str) -> str:
    return unquote(name)


def entity_path(entity_type: str, name: str, sub_type: str | None = None, sub_name: str = "") -> str:
    """`topics/T` or, with a sub-entity, `users/u/clients/c`. Names as they stand in ZooKeeper (sanitized)."""
    path = f"{entity_type}/{name}"
    return path if sub_type is None else f"{path}/{sub_type}/{sub_name}"


# ---------------------------------------------------------------------------- cluster, brokers, controller


def encode_cluster_id(cluster_id: str) -> bytes:
    return encode({"version": "1", "id": cluster_id})  # the version really is a string


def decode_cluster_id(data: bytes) -> str:
    return parse(CLUSTER_ID, data).string("id")


_ENDPOINT = re.compile(r"(.*)://\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)")


def endpoint_text(endpoint: Endpoint) -> str:
    """`LISTENER://host:port`, IPv6 addresses in brackets. Source: kafka.cluster.EndPoint.connectionString."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{endpoint.listener}://{host}:{endpoint.port}"


def encode_broker(broker: BrokerInfo, wall_ms: int, *, jmx_port: int = -1) -> bytes:
    """The registration, version 5. Host and port: the first PLAINTEXT endpoint's, for old readers."""
    plaintext = next((e for e in broker.endpoints if e.security_protocol is SecurityProtocol.PLAINTEXT), None)
    return encode(
        {
            "features": {},  # any entry would be incompatible with every Kafka broker in ZooKeeper mode
            "listener_security_protocol_map": {
                e.listener: e.security_protocol.name for e in broker.endpoints
            },
            "endpoints": [endpoint_text(e) for e in broker.endpoints],
            **({} if broker.rack is None else {"rack": broker.rack}),
            "jmx_port": jmx_port,  # Kafka cannot read a registration without it
            "port": -1 if plaintext is None else plaintext.port,
            "host": None if plaintext is None else plaintext.host,
            "version": 5,
            "timestamp": str(wall_ms),
        }
    )


def decode_broker(broker_id: int, data: bytes, epoch: int) -> BrokerInfo:
    """A registration of version 1 to 5 (or later, read as 5). `epoch` is the node's czxid."""
    node = parse(broker_path(broker_id), data)
    version = node.int32("version")
    node.int32("jmx_port")
    if version < 1:
        node.fail(f"version {version} of a broker registration is unknown")
    if version == 1:
        listener = SecurityProtocol.PLAINTEXT
        endpoint = Endpoint(listener.name, listener, node.string("host"), node.int32("port"))
        return BrokerInfo(broker_id, (endpoint,), epoch)
    protocols = {name: name for name in SecurityProtocol.__members__}
    if "listener_security_protocol_map" in node:
        protocols = node.nested("listener_security_protocol_map").string_map()
    endpoints = tuple(_decode_endpoint(node, text, protocols) for text in node.strings("endpoints"))
    if node.present("features"):
        for feature in node.nested("features").members:
            levels = node.nested("features").nested(feature)
            levels.int32("min_version")
            levels.int32("max_version")
    return BrokerInfo(broker_id, endpoints, epoch, node.string("rack") if node.present("rack") else None)


def _decode_endpoint(node: JsonObject, text: str, protocols: Mapping[str, str]) -> Endpoint:
    match = _ENDPOINT.fullmatch(text)
    if match is None:
        node.fail(f"the endpoint {text!r} is not LISTENER://host:port")
    listener = match[1].upper()
    if listener not in protocols:
        node.fail(f"no security protocol is given for listener {listener}")
    protocol = protocols[listener].upper()
    if protocol not in SecurityProtocol.__members__:
        node.fail(f"{protocol} is no security protocol")
    return Endpoint(listener, SecurityProtocol[protocol], match[2], int(match[3]))


NO_KRAFT_EPOCH: Final = -1


@attrs.frozen
class ControllerNode:
    """Who holds `/controller`."""

    broker_id: int
    kraft_controller_epoch: int = NO_KRAFT_EPOCH  # > 0: a KRaft controller owns the cluster's metadata


def encode_controller(broker_id: int, wall_ms: int) -> bytes:
    node = {"version": 2, "brokerid": broker_id, "timestamp": str(wall_ms)}
    return encode({**node, "kraftControllerEpoch": NO_KRAFT_EPOCH})


def decode_controller(data: bytes) -> ControllerNode:
    node = parse(CONTROLLER, data)
    kraft = node.int32("kraftControllerEpoch") if "kraftControllerEpoch" in node else NO_KRAFT_EPOCH
    return ControllerNode(node.int32("brokerid"), kraft)


def encode_controller_epoch(epoch: int) -> bytes:
    return b"%d" % epoch  # bare text, no JSON


def decode_controller_epoch(data: bytes) -> int:
    return decimal(CONTROLLER_EPOCH, data.decode("utf-8", "replace"))


# ------------------------------------------------------------------------------------ topics, partitions


def encode_topic(topic: TopicAssignment) -> bytes:
    """The topic node, version 3. Without an id (NO_TOPIC_ID) the key is left out."""
    partitions = sorted(topic.partitions.items())
    return encode(
        {
            "partitions": {str(p): a.replicas for p, a in partitions},
            **({} if topic.topic_id == NO_TOPIC_ID else {"topic_id": topic_id_text(topic.topic_id)}),
            "adding_replicas": {str(p): a.adding for p, a in partitions if a.adding},
            "removing_replicas": {str(p): a.removing for p, a in partitions if a.removing},
            "version": 3,
        }
    )


def decode_topic(topic: str, data: bytes) -> TopicAssignment:
    """A topic node of any version; what legacy tools leave out (id, adding, removing) reads as nothing."""
    path = topic_path(topic)
    node = parse(path, data)
    topic_id: TopicId = NO_TOPIC_ID
    if "topic_id" in node:
        text = node.string("topic_id")
        try:
            topic_id = parse_topic_id(text)
        except ValueError as error:
            node.fail(f"topic_id: {error}")
    partitions = node.nested("partitions") if "partitions" in node else JsonObject(path, {})
    adding = node.nested("adding_replicas") if "adding_replicas" in node else JsonObject(path, {})
    removing = node.nested("removing_replicas") if "removing_replicas" in node else JsonObject(path, {})
    assignments = {}
    for key in partitions.members:
        partition = decimal(path, key, what="a partition")
        if partition < 0:
            node.fail(f"partition {partition} is negative")
        assignments[partition] = ReplicaAssignment(
            partitions.int32s(key),
            adding.int32s(key) if key in adding else (),
            removing.int32s(key) if key in removing else (),
        )
    return TopicAssignment(topic, topic_id, dict(sorted(assignments.items())))


def encode_state(state: LeaderAndIsr) -> bytes:
    """Leadership of a partition. The partition epoch is the node's version, so it is not written."""
    recovering = state.recovery_state is not LeaderRecoveryState.RECOVERED
    return encode(
        {
            "controller_epoch": state.controller_epoch,
            "leader": state.leader,
            "version": 1,
            **({"leader_recovery_state": int(state.recovery_state)} if recovering else {}),
            "leader_epoch": state.leader_epoch,
            "isr": state.isr,
        }
    )


def decode_state(tp: TopicPartition, data: bytes, version: int) -> LeaderAndIsr:
    """`version` is the node's, and becomes the partition epoch."""
    node = parse(state_path(tp), data)
    recovery = node.int32("leader_recovery_state") if "leader_recovery_state" in node else 0
    if recovery not in (0, 1):
        node.fail(f"{recovery} is no leader recovery state")
    return LeaderAndIsr(
        leader=node.int32("leader"),
        isr=node.int32s("isr"),
        leader_epoch=node.int32("leader_epoch"),
        partition_epoch=version,
        controller_epoch=node.int32("controller_epoch"),
        recovery_state=LeaderRecoveryState(recovery),
    )


# ------------------------------------------------------------------------------------------ admin requests


def encode_reassignments(replicas: Mapping[TopicPartition, Sequence[int]]) -> bytes:
    """What legacy tools write into `/admin/reassign_partitions`."""
    entries = [{"topic": tp.topic, "partition": tp.partition, "replicas": [*r]} for tp, r in replicas.items()]
    return encode({"version": 1, "partitions": entries})


def decode_reassignments(data: bytes) -> dict[TopicPartition, tuple[int, ...]]:
    """Kafka reads this node as a bean: an unknown key makes all of it unreadable."""
    node = parse(REASSIGN_PARTITIONS, data)
    node.require_only("version", "partitions")
    replicas = {}
    for entry in node.nested_list("partitions"):
        entry.require_only("topic", "partition", "replicas")
        replicas[TopicPartition(entry.string("topic"), entry.int32("partition"))] = entry.int32s("replicas")
    return replicas


def encode_preferred_election(partitions: Iterable[TopicPartition]) -> bytes:
    return _encode_partitions(partitions)


def decode_preferred_election(data: bytes) -> tuple[TopicPartition, ...]:
    return _decode_partitions(PREFERRED_REPLICA_ELECTION, data)


def _encode_partitions(partitions: Iterable[TopicPartition]) -> bytes:
    entries = [{"topic": tp.topic, "partition": tp.partition} for tp in partitions]
    return encode({"version": 1, "partitions": entries})


def _decode_partitions(path: str, data: bytes) -> tuple[TopicPartition, ...]:
    node = parse(path, data)
    return tuple(
        TopicPartition(e.string("topic"), e.int32("partition")) for e in node.nested_list("partitions")
    )


# ------------------------------------------------------------------------------- configs and notifications


def encode_entity_config(config: Mapping[str, str]) -> bytes:
    return encode({"version": 1, "config": dict(config)})


def decode_entity_config(path: str, data: bytes) -> dict[str, str]:
    """The configs of one entity. An empty node, or one without `config`, has none."""
    if not data:
        return {}
    node = parse(path, data)
    return node.nested("config").string_map() if node.present("config") else {}


def encode_config_change(changed_entity_path: str) -> bytes:
    return encode({"version": 2, "entity_path": changed_entity_path})


def decode_config_change(path: str, data: bytes) -> str:
    """The entity path to look at again. Version 1 named a type and a name."""
    node = parse(path, data)
    version = node.int32("version")
    if version == 1:
        entity_type = node.string("entity_type")
        if entity_type not in ("topics", "clients"):
            node.fail(f"version 1 of a config change knows no entity type {entity_type!r}")
        return entity_path(entity_type, node.string("entity_name"))
    if version != 2:
        node.fail(f"version {version} of a config change is unknown")
    changed = node.string("entity_path")
    entity_type, _, name = changed.partition("/")
    if not entity_type or not name:
        node.fail(f"entity_path {changed!r} names no entity")
    return changed


def encode_isr_change(partitions: Iterable[TopicPartition]) -> bytes:
    return _encode_partitions(partitions)


def decode_isr_change(name: str, data: bytes) -> tuple[TopicPartition, ...]:
    """What a leader of an old inter-broker protocol version says it changed itself."""
    return _decode_partitions(f"{ISR_CHANGES}/{name}", data)


def encode_log_dir_event(broker_id: int) -> bytes:
    return encode({"version": 1, "broker": broker_id, "event": 1})  # 1: a log directory failed


def decode_log_dir_event(name: str, data: bytes) -> int:
    """The id of the broker that lost a log directory."""
    return parse(f"{LOG_DIR_EVENTS}/{name}", data).int32("broker")


# ------------------------------------------------------------------------------------------------- others


@attrs.frozen
class ProducerIdBlock:
    """A run of producer ids given to one broker."""

    broker_id: int
    first: int
    last: int  # inclusive


def encode_producer_id_block(block: ProducerIdBlock) -> bytes:
    node = {"version": 1, "broker": block.broker_id, "block_start": str(block.first)}
    return encode({**node, "block_end": str(block.last)})


def decode_producer_id_block(data: bytes) -> ProducerIdBlock:
    node = parse(PRODUCER_ID_BLOCK, data)
    block = ProducerIdBlock(
        node.int32("broker"), node.int64_text("block_start"), node.int64_text("block_end")
    )
    if not 0 <= block.first <= block.last:
        node.fail(f"the block {block.first} to {block.last} is empty")
    return block


@attrs.frozen
class FeatureNode:
    """The finalized features of the cluster; in ZooKeeper mode there must be none."""

    enabled: bool
    max_version_levels: Mapping[str, int]
    version: int = 2


def encode_feature(node: FeatureNode) -> bytes:
    features = {name: {"max_version_level": level} for name, level in node.max_version_levels.items()}
    return encode({"features": features, "version": 2, "status": int(node.enabled)})


def decode_feature(data: bytes) -> FeatureNode:
    node = parse(FEATURE, data)
    version = node.int32("version")
    if version not in (1, 2):
        node.fail(f"version {version} of the feature node is unknown")
    features = node.nested("features")
    levels = {}
    for name in features.members:
        if version == 1:
            features.nested(name).int32("min_version_level")
        levels[name] = features.nested(name).int32("max_version_level")
    status = node.int32("status")
    if status not in (0, 1):
        node.fail(f"status {status} is unknown")
    return FeatureNode(bool(status), levels, version)


def encode_consumer_offset(offset: int) -> bytes:
    return b"%d" % offset


def decode_consumer_offset(path: str, data: bytes) -> int:
    return decimal(path, data.decode("utf-8", "replace"), INT64)
