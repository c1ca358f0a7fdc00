"""The words every layer shares: partitions, brokers, leadership. Values only, no behaviour that acts.

Source: reference layouts of Kafka 3.9 in ZooKeeper mode (kafka.cluster, kafka.api.LeaderAndIsr).
"""

from __future__ import annotations

import base64
from enum import IntEnum
from typing import Final, NamedTuple, NewType

import attrs

TopicId = NewType("TopicId", bytes)
"""A topic id: the 16 bytes of a UUID, most significant first, as it travels on the wire."""

NO_TOPIC_ID: Final = TopicId(bytes(16))
"""All zeros: "this topic has no id", or "the sender did not know it"."""

LONGEST_REMEMBERED: Final = 255
"""Of clients' names, what is remembered of which is bounded by their number: nobody fills our memory with long ones."""

NO_LEADER: Final = -1
LEADER_DURING_DELETION: Final = -2
"""In UpdateMetadata: the partition is being deleted, drop it from the cache."""

NO_EPOCH: Final = -1
EPOCH_DURING_DELETION: Final = -2
"""In StopReplica: the topic is being deleted, stop whatever the epoch."""


def topic_id_text(topic_id: TopicId) -> str:
    """The 22 characters Kafka prints: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(topic_id).rstrip(b"=").decode()


def parse_topic_id(text: str) -> TopicId:
    """Raises: ValueError if the text is not 16 bytes of URL-safe base64."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(raw) != 16:
        raise ValueError(f"topic id {text!r} is {len(raw)} bytes, not 16")
    return TopicId(raw)


class TopicPartition(NamedTuple):
    """One partition. A tuple, because it is a dictionary key on every hot path."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class SecurityProtocol(IntEnum):
    """How a listener speaks; the value is the id UpdateMetadata carries."""

    PLAINTEXT = 0
    SSL = 1
    SASL_PLAINTEXT = 2
    SASL_SSL = 3


@attrs.frozen
class Endpoint:
    """Where a broker listens, or tells its clients to come."""

    listener: str  # listener name, upper case
    security_protocol: SecurityProtocol
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.listener}://{self.host}:{self.port}"


@attrs.frozen
class BrokerInfo:
    """A registered broker, as its znode says."""

    broker_id: int
    endpoints: tuple[Endpoint, ...]
    epoch: int = NO_EPOCH  # czxid of the registration, -1 where unknown
    rack: str | None = None

    def endpoint(self, listener: str) -> Endpoint | None:
        """The endpoint of that listener name, or None."""
        for endpoint in self.endpoints:
            if endpoint.listener == listener:
                return endpoint
        return None


class LeaderRecoveryState(IntEnum):
    """Whether the leader was elected from outside the ISR and has not confirmed since. Source: KIP-704."""

    RECOVERED = 0
    RECOVERING = 1


@attrs.frozen
class LeaderAndIsr:
    """Leadership of one partition, as stored in its state znode. Source: KIP-497, kafka.api.LeaderAndIsr."""

    leader: int  # broker id, -1 if none
    isr: tuple[int, ...]  # in-sync replicas
    leader_epoch: int  # +1 at every election
    partition_epoch: int  # version of the state znode; 0 is a real version
    controller_epoch: int  # epoch of the controller that wrote it
    recovery_state: LeaderRecoveryState = LeaderRecoveryState.RECOVERED

    # Spelled out, because attrs.evolve takes ten times as long and a failover changes thousands of states.

    def under(self, controller_epoch: int) -> LeaderAndIsr:
        """The same, as this controller writes it."""
        return LeaderAndIsr(
            self.leader,
            self.isr,
            self.leader_epoch,
            self.partition_epoch,
            controller_epoch,
            self.recovery_state,
        )

    def at_version(self, partition_epoch: int) -> LeaderAndIsr:
        """The same, as the znode has it after a write."""
        return LeaderAndIsr(
            self.leader,
            self.isr,
            self.leader_epoch,
            partition_epoch,
            self.controller_epoch,
            self.recovery_state,
        )


@attrs.frozen
class ReplicaAssignment:
    """Which brokers hold a partition; while reassigning, target replicas first, then the old ones."""

    replicas: tuple[int, ...]
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()

    @property
    def is_being_reassigned(self) -> bool:
        return bool(self.adding or self.removing)


@attrs.frozen
class TopicAssignment:
    """A topic node: its id and the replicas of each partition."""

    topic: str
    topic_id: TopicId  # NO_TOPIC_ID where a legacy tool wrote the node
    partitions: dict[int, ReplicaAssignment] = attrs.field(factory=dict)  # never changed after construction
