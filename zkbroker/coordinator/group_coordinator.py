"""The group coordinator of this broker: finds the shard of a group, asks it, and says it in Kafka's errors.

Source: GroupCoordinator, GroupMetadataManager of Kafka 3.9.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import Any, Final

import attrs
import trio

from zkbroker.coordinator.groups import (
    Commit,
    DescribedGroup,
    Fetched,
    Groups,
    Leaving,
    ListedGroup,
    MemberFailed,
)
from zkbroker.coordinator.members import Join, Joined, Sync, Synced, stored_error
from zkbroker.coordinator.outcome import Outcome, Token
from zkbroker.coordinator.shard import Command, Shard
from zkbroker.coordinator.shards import Shards
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition

log = logging.getLogger(__name__)

OFFSETS_AT_A_TIME = 2_000
"""Offsets, about, that a look for expired ones goes through in one piece: a tombstone for each is some 10 ms."""


LONGEST_MEMBER_NAME: Final = 2**15 - 1 - 37
"""Bytes of a client's or an instance's name that a member id has room for, before the dash and the UUID."""


@attrs.define(eq=False)
class GroupCoordinator:
    """Answers for the groups whose partition of __consumer_offsets this broker leads."""

    shards: Shards[Groups]
    commit_timeout_ms: int
    retention_check_interval_ms: int

    def __attrs_post_init__(self) -> None:
        self.shards.on_effect = _member_failed

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.shards.run)
            task_status.started()
            while True:
                await trio.sleep(self.retention_check_interval_ms / 1000)
                await self._expire_offsets()

    # -- members -----------------------------------------------------------------------------------------------

    async def join(self, group_id: str, join: Join) -> Joined:
        """Waits until the rest of the group has joined.

        Raises: INVALID_GROUP_ID, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR.
        """
        joined: Joined = await self._ask_members(
            group_id, lambda groups: partial(groups.join, group_id, join)
        )
        return joined

    async def sync(self, group_id: str, sync: Sync) -> Synced:
        """Waits for the leader's assignment.

        Raises: as `join`, but REBALANCE_IN_PROGRESS while the group is loaded: its rebalance is lost.
        """
        try:
            synced: Synced = await self._ask_members(
                group_id, lambda groups: partial(groups.sync, group_id, sync)
            )
        except KafkaError as error:
            raise _instead(error, _WHILE_LOADING_SYNC) from None
        return synced

    async def heartbeat(
        self, group_id: str, member_id: str, instance_id: str | None, generation: int
    ) -> ErrorCode:
        """A group being loaded says NONE: its members' sessions begin when it is. Raises: as `join`."""
        try:
            code: ErrorCode = await self._ask_members(
                group_id,
                lambda groups: partial(groups.heartbeat, group_id, member_id, instance_id, generation),
            )
        except KafkaError as error:
            if error.code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
                return ErrorCode.NONE
            raise
        return code

    async def leave(self, group_id: str, leaving: Sequence[Leaving]) -> list[ErrorCode]:
        """One error for each of `leaving`. Raises: as `join`."""
        errors: list[ErrorCode] = await self._ask_members(
            group_id, lambda groups: partial(groups.leave, group_id, leaving)
        )
        return errors

    async def _ask_members(self, group_id: str, command: Callable[[Groups], Command]) -> Any:
        require_group_id(group_id)
        shard = self.shards.of(group_id)
        try:
            return await shard.ask(
                command(shard.state), depends_on="members of " + group_id, timeout_s=self._timeout_s
            )
        except KafkaError as error:
            raise KafkaError(stored_error(error.code), error.message) from None

    # -- offsets -----------------------------------------------------------------------------------------------

    async def commit(self, group_id: str, commit: Commit) -> None:
        """Returns when the offsets are replicated.

        Raises: INVALID_GROUP_ID, COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR,
        ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, REBALANCE_IN_PROGRESS,
        INVALID_COMMIT_OFFSET_SIZE, REQUEST_TIMED_OUT.
        """
        if commit.producer is not None:
            require_group_id(group_id)
        shard = self.shards.of(group_id)
        try:
            await shard.ask(
                partial(shard.state.commit, group_id, commit),
                depends_on="members of " + group_id,
                timeout_s=self._timeout_s,
            )
        except KafkaError as error:
            raise _instead(error, _COMMIT_ERRORS) from None

    async def fetch(
        self, group_id: str, partitions: Sequence[TopicPartition] | None, *, require_stable: bool
    ) -> list[Fetched]:
        """Raises: COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR."""
        shard = self.shards.of(group_id)
        try:
            found: list[Fetched] = await shard.ask(
                partial(shard.state.fetch, group_id, partitions, require_stable),
                depends_on="offsets of " + group_id,
                timeout_s=self._timeout_s,
            )
        except KafkaError as error:
            raise _instead(error, _READ_ERRORS) from None
        return found

    async def delete_offsets(
        self, group_id: str, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, ErrorCode]:
        """Raises: INVALID_GROUP_ID, GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP, and as `fetch`."""
        require_group_id(group_id)
        shard = self.shards.of(group_id)
        try:
            errors: Mapping[TopicPartition, ErrorCode] = await shard.ask(
                partial(shard.state.delete_offsets, group_id, partitions), timeout_s=self._timeout_s
            )
        except KafkaError as error:
            raise _instead(error, _COMMIT_ERRORS) from None
        return errors

    async def forget_partitions(self, partitions: Set[TopicPartition]) -> None:
        """Their topic was deleted: what groups committed for them goes with it."""
        for shard in self.shards.loaded():
            await _in_pieces(shard, partial(shard.state.forget_partitions, partitions))

    async def _expire_offsets(self) -> None:
        for shard in self.shards.loaded():
            count = await _in_pieces(shard, shard.state.expire)
            if count:
                log.info("%s: %d offsets expired", shard.partition.tp, count)

    # -- administration ----------------------------------------------------------------------------------------

    async def describe(self, group_id: str) -> DescribedGroup:
        """Raises: as `fetch`."""
        shard = self.shards.of(group_id)
        try:
            found: DescribedGroup = await shard.ask(
                partial(shard.state.describe, group_id),
                depends_on="members of " + group_id,
                timeout_s=self._timeout_s,
            )
        except KafkaError as error:
            raise _instead(error, _READ_ERRORS) from None
        return found

    async def list(self, states: Set[str]) -> tuple[list[ListedGroup], ErrorCode]:
        """Every group of this broker; COORDINATOR_LOAD_IN_PROGRESS if some are not loaded yet.

        Raises: COORDINATOR_NOT_AVAILABLE.
        """
        if not self.shards.is_running:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "this broker is starting or stopping")
        error = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if self.shards.is_loading else ErrorCode.NONE
        found: list[ListedGroup] = []
        for shard in self.shards.loaded():
            try:
                found += await shard.ask(partial(shard.state.list, states), timeout_s=self._timeout_s)
            except KafkaError as moved:
                log.debug("%s is left out of a list: %s", shard.partition.tp, moved)
        return found, error

    async def delete(self, group_id: str) -> None:
        """Raises: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP, and as `fetch`."""
        shard = self.shards.of(group_id)
        try:
            await shard.ask(partial(shard.state.delete, group_id), timeout_s=self._timeout_s)
        except KafkaError as error:
            raise _instead(error, _COMMIT_ERRORS) from None

    @property
    def _timeout_s(self) -> float:
        return self.commit_timeout_ms / 1000


def new_member_id(client_id: str, instance_id: str | None) -> str:
    """An id nobody has, and which fits into a message. Source: GroupMetadata.generateMemberId."""
    name = client_id if instance_id is None else instance_id
    if len(name) > LONGEST_MEMBER_NAME // 4:  # a character takes four bytes at most
        name = name.encode()[:LONGEST_MEMBER_NAME].decode(errors="ignore")
    return f"{name}-{uuid.uuid4()}"


def require_group_id(group_id: str) -> None:
    """Raises: INVALID_GROUP_ID for the empty one, which only simple commits may use."""
    if not group_id:
        raise KafkaError(ErrorCode.INVALID_GROUP_ID, "the group id is empty")


async def _in_pieces(
    shard: Shard[Groups], command: Callable[[Sequence[str], Token, int, int], Outcome]
) -> int:
    """Run a command over all groups of a shard, some at a time; the sum of its answers."""
    total = 0
    try:
        for piece in _pieces(shard.state):
            total += await shard.ask(partial(command, piece))
    except KafkaError as error:
        log.info("%s: left unfinished: %s", shard.partition.tp, error)
    return total


def _pieces(state: Groups) -> list[list[str]]:
    """The groups there are now, so many together that they have about OFFSETS_AT_A_TIME offsets."""
    pieces: list[list[str]] = []
    weight = OFFSETS_AT_A_TIME
    for group_id, group in state.groups.items():
        if weight >= OFFSETS_AT_A_TIME:
            pieces.append([])
            weight = 0
        pieces[-1].append(group_id)
        weight += 1 + len(group.offsets)
    return pieces


def _member_failed(shard: Shard[Groups], effect: object) -> None:
    if isinstance(effect, MemberFailed):
        log.info(
            "%s: group %r: member %r was silent for its session timeout, it is dropped",
            shard.partition.tp,
            effect.group_id,
            effect.member_id,
        )


def _instead(error: KafkaError, errors: Mapping[ErrorCode, ErrorCode]) -> KafkaError:
    return KafkaError(errors.get(error.code, error.code), error.message)


_LOG_ERRORS: Final = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
}
_COMMIT_ERRORS: Final = {
    **_LOG_ERRORS,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
    ErrorCode.RECORD_LIST_TOO_LARGE: ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
    ErrorCode.INVALID_FETCH_SIZE: ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
    ErrorCode.NETWORK_EXCEPTION: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
}
_READ_ERRORS: Final = {**_LOG_ERRORS, ErrorCode.REQUEST_TIMED_OUT: ErrorCode.COORDINATOR_NOT_AVAILABLE}
_WHILE_LOADING_SYNC: Final = {ErrorCode.COORDINATOR_LOAD_IN_PROGRESS: ErrorCode.REBALANCE_IN_PROGRESS}
