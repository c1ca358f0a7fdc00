"""The partitions of one coordinator topic that this broker leads, each a shard with a task of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import attrs
import trio

from zkbroker.coordinator.placement import partition_for
from zkbroker.coordinator.shard import Clocks, Shard, State
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.compression import Codec
from zkbroker.replication.partition import Partition
from zkbroker.replication.replica_manager import RolesApplied

log = logging.getLogger(__name__)

S = TypeVar("S", bound=State)

AGAIN_AFTER_S = 1.0
"""How long a shard that broke stays down before its log is loaded anew."""


@attrs.define(eq=False)
class Shards(Generic[S]):
    """Only mutators: `roles_moved`, `lost`. Nothing is served before `run`."""

    topic: str
    _new_state: Callable[[], S]
    _known_partitions: Callable[[], int]  # of the topic, as the metadata cache has it; 0 unknown
    _default_partitions: int  # what the topic will have when it is created
    _clocks: Clocks
    codec: Codec = Codec.NONE
    on_effect: Callable[[Shard[S], object], None] = lambda shard, effect: None
    on_loaded: Callable[[Shard[S]], None] = lambda shard: None
    _shards: dict[int, Shard[S]] = attrs.field(factory=dict)
    _scopes: dict[int, trio.CancelScope] = attrs.field(factory=dict)
    _nursery: trio.Nursery | None = None
    _loading: trio.Lock = attrs.field(factory=trio.Lock)  # one log at a time
    _partitions: int = 0  # once known it stays: another number would look for every key elsewhere

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve what this broker leads, until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None
            self._shards.clear()
            self._scopes.clear()

    # -- leadership --------------------------------------------------------------------------------------------

    def roles_moved(self, roles: RolesApplied) -> None:
        """Lead what is led now, drop what is not. A newer epoch of the same leadership changes nothing."""
        for partition in roles.leaders:
            if partition.tp.topic == self.topic:
                self._lead(partition)
        self.lost(partition.tp for partition in roles.followers)
        self.lost(roles.stopped)

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        """These are led here no longer."""
        for tp in partitions:
            if tp.topic == self.topic and tp.partition in self._scopes:
                log.info("%s: no longer led here", tp)
                self._scopes.pop(tp.partition).cancel()
                self._shards.pop(tp.partition, None)

    def _lead(self, partition: Partition) -> None:
        number = partition.tp.partition
        shard = self._shards.get(number)
        if shard is not None and shard.partition is partition and shard.term == partition.term:
            return
        self.lost([partition.tp])
        if self._nursery is None:
            return
        self._scopes[number] = trio.CancelScope()
        self._shards[number] = self._new_shard(partition)
        self._nursery.start_soon(self._keep, self._shards[number], self._scopes[number])

    def _new_shard(self, partition: Partition) -> Shard[S]:
        return Shard(partition, self._new_state(), self._clocks, self.codec, self.on_effect, self.on_loaded)

    async def _keep(self, shard: Shard[S], scope: trio.CancelScope) -> None:
        """Run a shard as long as the leadership lasts; one that breaks is loaded anew."""
        with scope:
            while True:
                try:
                    await shard.run(self._loading)
                except Exception:  # a bug, or a broken log: it costs this shard its state, not the broker
                    log.exception("%s: the coordinator broke; its log is loaded anew", shard.partition.tp)
                await trio.sleep(AGAIN_AFTER_S)
                partition = shard.partition
                if not partition.is_leader or partition.term != shard.term:
                    return
                shard = self._shards[shard.number] = self._new_shard(partition)

    # -- finding -----------------------------------------------------------------------------------------------

    @property
    def partitions(self) -> int:
        """How many the topic has, or will have."""
        known = self._known_partitions()
        if not self._partitions:
            self._partitions = known
        elif known not in (0, self._partitions):
            log.error(
                "%s has %d partitions now; this broker goes on with %d, others may not",
                self.topic,
                known,
                self._partitions,
            )
        return self._partitions or self._default_partitions

    def partition_of(self, key: str) -> TopicPartition:
        """Where a group or a transactional id is kept."""
        return TopicPartition(self.topic, partition_for(key, self.partitions))

    def of(self, key: str) -> Shard[S]:
        """The shard that keeps `key`.

        Raises: COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR.
        """
        if self._nursery is None:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "this broker is starting or stopping")
        number = partition_for(key, self.partitions)
        shard = self._shards.get(number)
        if shard is None:
            raise KafkaError(
                ErrorCode.NOT_COORDINATOR, f"{self.topic}-{number}, which keeps {key!r}, is not led here"
            )
        if not shard.is_loaded:
            raise KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, f"{self.topic}-{number} is being loaded")
        return shard

    def at(self, number: int) -> Shard[S] | None:
        """The shard of a partition, loaded or not."""
        return self._shards.get(number)

    def loaded(self) -> list[Shard[S]]:
        return [shard for shard in self._shards.values() if shard.is_loaded]

    @property
    def is_running(self) -> bool:
        return self._nursery is not None

    @property
    def is_loading(self) -> bool:
        return any(not shard.is_loaded for shard in self._shards.values())
