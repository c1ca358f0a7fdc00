"""How fast replicas that catch up may be copied: by the leader that sends, by the follower that takes.

Only partitions that a topic names as throttled count, and only replicas that are not in sync wait: the ISR
must not shrink for a quota. Source: KIP-73; kafka.server.ReplicationQuotaManager, 3.9.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import attrs

from zkbroker.config import BrokerConfig, TopicConfig
from zkbroker.model import TopicPartition
from zkbroker.quotas.rates import Pace, Windows, share

ALL: Final[frozenset[int]] = frozenset()
"""Stands for every partition of a topic."""


@attrs.define(eq=False)
class ReplicationQuota:
    """One direction's quota. Sync; read by the fetches of followers, or by our own fetchers."""

    _limit: Callable[[], int]  # bytes a second
    _windows: Callable[[], Windows]
    _throttled: dict[str, frozenset[int]] = attrs.field(factory=dict, init=False)
    _pace: Pace | None = attrs.field(default=None, init=False)

    def __bool__(self) -> bool:
        """Whether any partition is throttled at all."""
        return bool(self._throttled)

    def throttles(self, tp: TopicPartition) -> bool:
        """Whether this partition counts."""
        if not self._throttled:
            return False
        partitions = self._throttled.get(tp.topic)
        return partitions is not None and (partitions is ALL or tp.partition in partitions)

    def rest_ms(self, now_ms: int) -> int:
        """For how long replicas that are behind have to wait; 0 if they may be copied now."""
        return 0 if self._pace is None else self._pace.rest_ms(self._limit(), now_ms)

    def most_at_once(self) -> int:
        """How much of the replicas that are behind may be copied in one piece."""
        return share(self._limit())

    def charge(self, size_bytes: int, now_ms: int) -> None:
        """Bytes of throttled partitions were sent, or taken; those of replicas in sync as well, which never wait."""
        if self._pace is None:
            # One window's worth at once. What replicas in sync take beyond the limit is forgotten as Kafka's windows
            # forget it, or those that are behind would wait for all of it.
            windows = self._windows()
            self._pace = Pace(Windows(2, windows.size_ms), max(windows.past_ms, windows.size_ms))
        self._pace.use(size_bytes, self._limit(), now_ms)

    def set_throttled(self, topic: str, replicas: Sequence[str], broker_id: int) -> None:
        """What a topic's `….replication.throttled.replicas` says: `*`, or items `partition:broker`."""
        if not replicas or list(replicas) == [""]:
            self._throttled.pop(topic, None)
        elif "".join(replicas) == "*":
            self._throttled[topic] = ALL
        else:
            ours = frozenset(
                int(partition)
                for partition, _, broker in (replica.partition(":") for replica in replicas if replica)
                if int(broker) == broker_id
            )
            if ours:
                self._throttled[topic] = ours
            else:
                self._throttled.pop(topic, None)


def log_moves_quota(config: Callable[[], BrokerConfig]) -> ReplicationQuota:
    """How fast replicas are copied from one log directory to another: all of them count. Source: KIP-113."""

    def windows() -> Windows:
        seconds = config().alter_log_dirs_replication_quota_window_size_seconds
        return Windows(config().alter_log_dirs_replication_quota_window_num, seconds * 1000)

    return ReplicationQuota(lambda: config().replica_alter_log_dirs_io_max_bytes_per_second, windows)


@attrs.define(eq=False)
class ReplicationQuotas:
    """Both directions. Follows `DynamicConfig.on_topic_changed`."""

    leader: ReplicationQuota
    follower: ReplicationQuota
    _broker_id: int
    _topic: Callable[[str], TopicConfig]

    @classmethod
    def of(
        cls, broker_id: int, config: Callable[[], BrokerConfig], topic: Callable[[str], TopicConfig]
    ) -> ReplicationQuotas:
        """The quotas of the configurations in force."""

        def windows() -> Windows:
            seconds = config().replication_quota_window_size_seconds
            return Windows(config().replication_quota_window_num, seconds * 1000)

        return cls(
            ReplicationQuota(lambda: config().leader_replication_throttled_rate, windows),
            ReplicationQuota(lambda: config().follower_replication_throttled_rate, windows),
            broker_id,
            topic,
        )

    def topic_changed(self, topic: str) -> None:
        """The topic's configuration is another one, or the topic is gone."""
        config = self._topic(topic)
        self.leader.set_throttled(topic, config.leader_replication_throttled_replicas, self._broker_id)
        self.follower.set_throttled(topic, config.follower_replication_throttled_replicas, self._broker_id)
