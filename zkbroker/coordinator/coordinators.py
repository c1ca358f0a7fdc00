"""Both coordinators of a broker with what they share: built together, told together who leads what."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig
from zkbroker.coordinator.group_coordinator import GroupCoordinator
from zkbroker.coordinator.groups import Groups
from zkbroker.coordinator.markers import MarkerSenders, MarkerWriter, PeerLike
from zkbroker.coordinator.members import GroupLimits
from zkbroker.coordinator.producer_ids import ProducerIds
from zkbroker.coordinator.shard import Clocks
from zkbroker.coordinator.shards import Shards
from zkbroker.coordinator.transaction import TransactionLimits, Transactions
from zkbroker.coordinator.transaction_coordinator import TransactionCoordinator
from zkbroker.coordinator.verification import Verifier
from zkbroker.metadata import MetadataCache
from zkbroker.model import BrokerInfo, TopicPartition
from zkbroker.protocol.compression import Codec
from zkbroker.replication.replica_manager import ReplicaManager, RolesApplied

GROUP_OFFSETS = "__consumer_offsets"
TRANSACTION_STATE = "__transaction_state"


@attrs.define(eq=False)
class Coordinators:
    """Made by `build_coordinators`; `run` is their lifetime."""

    groups: GroupCoordinator
    transactions: TransactionCoordinator
    marker_writer: MarkerWriter
    verifier: Verifier
    _deleted: set[TopicPartition] = attrs.field(factory=set)
    _some_deleted: Changed = attrs.field(factory=Changed)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.groups.run)
            await nursery.start(self.transactions.run)
            await nursery.start(self.verifier.run)
            nursery.start_soon(self._forget_deleted)
            task_status.started()

    def roles_moved(self, roles: RolesApplied) -> None:
        """Partitions began or ceased to be led here."""
        self.groups.shards.roles_moved(roles)
        self.transactions.shards.roles_moved(roles)

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        """Partitions are led here no longer, because their directory failed."""
        gone = tuple(partitions)
        self.groups.shards.lost(gone)
        self.transactions.shards.lost(gone)

    def partitions_deleted(self, partitions: Iterable[TopicPartition]) -> None:
        """What groups committed for them is to be forgotten."""
        self._deleted.update(partitions)
        self._some_deleted.notify()

    async def _forget_deleted(self) -> None:
        while True:
            while not self._deleted:
                await self._some_deleted.wait()
            gone, self._deleted = frozenset(self._deleted), set()
            await self.groups.forget_partitions(gone)


def build_coordinators(
    broker_id: int,
    config: BrokerConfig,
    clocks: Clocks,
    metadata: MetadataCache,
    replicas: ReplicaManager,
    producer_ids: ProducerIds,
    connect: Callable[[BrokerInfo, str], PeerLike],
) -> Coordinators:
    """`config` is read once: Kafka changes none of these keys at run time."""
    group_shards: Shards[Groups] = Shards(
        GROUP_OFFSETS,
        lambda: Groups(_group_limits(config)),
        lambda: len(metadata.snapshot.partitions(GROUP_OFFSETS)),
        config.offsets_topic_num_partitions,
        clocks,
        Codec(config.offsets_topic_compression_codec),
    )
    groups = GroupCoordinator(
        group_shards, config.offsets_commit_timeout_ms, config.offsets_retention_check_interval_ms
    )
    writer = MarkerWriter(replicas, group_shards, clocks.wall_ms, config.request_timeout_ms)
    transactions = TransactionCoordinator(
        Shards(
            TRANSACTION_STATE,
            lambda: Transactions(
                TransactionLimits(config.transaction_max_timeout_ms, config.transactional_id_expiration_ms)
            ),
            lambda: len(metadata.snapshot.partitions(TRANSACTION_STATE)),
            config.transaction_state_log_num_partitions,
            clocks,
        ),
        MarkerSenders(broker_id, metadata, connect, writer.write),
        producer_ids,
        config.request_timeout_ms,
        config.transaction_abort_timed_out_transaction_cleanup_interval_ms,
        config.transaction_remove_expired_transaction_cleanup_interval_ms,
    )
    verifier = Verifier(
        broker_id,
        metadata,
        transactions.shards.partition_of,
        connect,
        transactions.verify_partitions,
    )
    return Coordinators(groups, transactions, writer, verifier)


def _group_limits(config: BrokerConfig) -> GroupLimits:
    return GroupLimits(
        session_timeout_min_ms=config.group_min_session_timeout_ms,
        session_timeout_max_ms=config.group_max_session_timeout_ms,
        initial_delay_ms=config.group_initial_rebalance_delay_ms,
        max_size=config.group_max_size,
        offset_retention_ms=config.offsets_retention_minutes * 60_000,
    )
