"""Consumer groups of real clients in processes, what their coordinator says of them, and what must hold of both."""

from __future__ import annotations

import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from tests.support.peers import GROUP_MEMBER, compile_classes, java_argv
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.describe_groups_request import DescribeGroupsRequest
from zkbroker.protocol.generated.describe_groups_response import DescribedGroup, DescribeGroupsResponse
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.leave_group_request import LeaveGroupRequest, MemberIdentity
from zkbroker.protocol.generated.leave_group_response import LeaveGroupResponse
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.offset_commit_response import OffsetCommitResponse
from zkbroker.protocol.generated.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from zkbroker.protocol.generated.offset_delete_response import OffsetDeleteResponse
from zkbroker.protocol.generated.offset_fetch_request import OffsetFetchRequest, OffsetFetchRequestGroup
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.processes import ManagedProcess

MEMBER: Final = Path(__file__).parent.parent / "support" / "group_member.py"
SETTLE_S: Final = 90.0  # a first JVM on a busy machine, a session timeout, a rebalance

HANGING_S: Final = 0.5
SESSION_TIMEOUT_MS: Final = 6_000

Event = Mapping[str, Any]


@attrs.define(eq=False)
class Member:
    """One client, in a process that can be killed, frozen and started again."""

    process: ManagedProcess
    library: str
    may_fail: bool = False  # its end by itself is what a test waits for
    _earlier: list[Event] = attrs.field(factory=list)  # of former runs

    @property
    def events(self) -> list[Event]:
        """What it told, over all its runs."""
        return self._earlier + self._of_this_run()

    @property
    def owned(self) -> set[int]:
        """The partitions that are its own now, as far as it told."""
        owned: set[int] = set()
        if self.process.is_running:
            for event in self._of_this_run():
                owned |= set(event.get("assigned", ()))
                owned -= set(event.get("revoked", ())) | set(event.get("lost", ()))
        return owned

    @property
    def rebalances(self) -> list[Event]:
        """Everything it was told of partitions that became its own, or no longer are."""
        return [event for event in self.events if {"assigned", "revoked", "lost"} & event.keys()]

    @property
    def commits_since(self) -> float | None:
        """Since when it waits for the answer to a commit; None if it does not."""
        last = self.events[-1]
        return last["at"] if "read" in last else None

    @property
    def is_fenced(self) -> bool:
        """Whether it was told that another one took its place: an error that ends it, or that it ought to heed."""
        return re.search("[Ff]enced|UnknownError", self.process.output()) is not None  # the latter: aiokafka

    def start(self) -> None:
        """Start it, or start it again."""
        self._earlier = self.events if self._earlier or self.process.log_path.exists() else []
        self.process.start()

    def _of_this_run(self) -> list[Event]:
        lines = self.process.output().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}\n")]


@attrs.define(eq=False)
class ConsumerGroup:
    """A group that reads one topic, and everything it was ever seen to do."""

    cluster: Cluster
    group_id: str
    topic: str
    partitions: int
    members: list[Member] = attrs.field(factory=list)
    shown: dict[int, int] = attrs.field(factory=dict)  # partition -> offset that the coordinator told last
    went_back: list[str] = attrs.field(factory=list)
    is_fed: bool = True

    # --- members

    def add(
        self,
        library: str,
        strategy: str = "eager",
        instance: str | None = None,
        session_ms: int = SESSION_TIMEOUT_MS,
    ) -> Member:
        """Start one more member."""
        number = len(self.members)
        if library == "java":
            compile_classes()
            argv = java_argv(
                GROUP_MEMBER,
                *(self.cluster.bootstrap, self.group_id, self.topic, strategy, instance or "-"),
                str(session_ms),
            )
        else:
            options = {
                "bootstrap": self.cluster.bootstrap,
                "group": self.group_id,
                "topic": self.topic,
                "strategy": strategy,
                "instance": instance,
                "session_ms": session_ms,
            }
            argv = [sys.executable, str(MEMBER), library, json.dumps(options)]
        log_path = self.cluster.directory / f"{self.group_id}-{number}-{library}.log"
        member = Member(ManagedProcess(f"{self.group_id} {number} {library}", argv, log_path), library)
        self.members.append(member)
        member.start()
        return member

    async def wait_shared(self, *members: Member, what: str) -> None:
        """Wait until these members, and nobody else, own every partition once, and each has some."""

        async def is_so() -> bool:
            shares = [member.owned for member in members]
            everything = sorted(partition for share in shares for partition in share)
            others = [member for member in self.members if member not in members and member.owned]
            return everything == list(range(self.partitions)) and all(shares) and not others

        await self._wait(is_so, f"{what}: the members share the partitions")

    async def wait_read_on(self, *, what: str) -> None:
        """Wait until everything that is in the topic by now is read and committed."""
        ends = await self.ends()

        async def is_so() -> bool:
            return all(self.shown.get(partition, 0) >= end for partition, end in ends.items())

        await self._wait(is_so, f"{what}: all is committed up to {ends}")

    async def wait_one_fenced(self, *twins: Member) -> Member:
        """Wait until one of two with the same instance id is told so, end it, and return the other one."""
        for twin in twins:
            twin.may_fail = True

        async def is_so() -> bool:
            return any(twin.is_fenced for twin in twins)

        await self._wait(is_so, "one of the twins is fenced")
        fenced = next(twin for twin in twins if twin.is_fenced)
        fenced.process.kill()
        (left,) = (twin for twin in twins if twin is not fenced)
        return left

    async def wait_commits_hang(self, *members: Member) -> None:
        """Wait until each of these has waited for the answer to a commit for a while."""

        async def is_so() -> bool:
            now = time.monotonic()
            return all((since := m.commits_since) is not None and now - since > HANGING_S for m in members)

        await self._wait(is_so, "commits hang")

    async def _wait(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        async def is_so() -> bool:
            broken = [m.process.name for m in self.members if m.process.exit_code == 1 and not m.may_fail]
            assert not broken, f"{broken} ended by themselves, before {what}"
            return await holds()

        try:
            await self.cluster.wait_until(is_so, what, timeout_s=SETTLE_S)
        except AssertionError as error:
            told = "\n".join(
                f"---- {member.process.name}, owns {sorted(member.owned)}\n{member.process.tail(12)}"
                for member in self.members
            )
            raise AssertionError(f"{error}\ncommitted: {self.shown}\n{told}") from None

    def end(self) -> None:
        """Kill every member that still runs."""
        for member in self.members:
            member.process.kill()

    # --- records

    async def feed(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write to every partition, one record at a time, until `is_fed` is False."""
        async with trio.open_nursery() as nursery:
            for partition in range(self.partitions):
                nursery.start_soon(self._feed_one, partition)
            task_status.started()

    async def _feed_one(self, partition: int) -> None:
        while self.is_fed:
            await self.cluster.client.produce(self.topic, b"record", partition=partition)

    async def ends(self) -> dict[int, int]:
        """The end of every partition."""
        client = self.cluster.client
        return {each: await client.list_offset(self.topic, each) for each in range(self.partitions)}

    # --- the coordinator

    async def coordinator(self) -> int:
        """The broker that runs and says it coordinates the group, waiting while there is none."""
        found = -1

        async def is_found() -> bool:
            nonlocal found
            message = FindCoordinatorRequest(coordinator_keys=[self.group_id])
            answer = await self.cluster.client.request_anyone(message, FindCoordinatorResponse)
            (only,) = answer.coordinators
            found = only.node_id
            return only.error_code == 0 and found in self.cluster.running

        await self.cluster.wait_until(is_found, f"{self.group_id} has a coordinator", timeout_s=SETTLE_S)
        return found

    async def describe(self) -> DescribedGroup:
        """The group as its coordinator describes it."""
        address = self.cluster.brokers[await self.coordinator()].bootstrap
        answer = await self.cluster.client.request(
            address, DescribeGroupsRequest(groups=[self.group_id]), DescribeGroupsResponse
        )
        (only,) = answer.groups
        return only

    async def wait_state(self, state: str) -> DescribedGroup:
        """Wait until the coordinator has the group in this state."""
        found = DescribedGroup()

        async def is_so() -> bool:
            nonlocal found
            found = await self.describe()
            return found.error_code == 0 and found.group_state == state

        await self._wait(is_so, f"{self.group_id} is {state}")
        return found

    async def wait_members(self, count: int) -> None:
        """Wait until the coordinator counts so many members."""

        async def is_so() -> bool:
            found = await self.describe()
            return found.error_code == 0 and len(found.members) == count

        await self._wait(is_so, f"{self.group_id} has {count} members")

    async def remove_static(self, instance: str) -> None:
        """As an administrator: a static member leaves, whoever it is now."""
        address = self.cluster.brokers[await self.coordinator()].bootstrap
        leaving = MemberIdentity(member_id="", group_instance_id=instance)
        message = LeaveGroupRequest(group_id=self.group_id, members=[leaving])
        answer = await self.cluster.client.request(address, message, LeaveGroupResponse)
        assert [answer.error_code, *(each.error_code for each in answer.members)] == [0, 0]

    async def watch(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Ask for the committed offsets again and again, and note any that went back."""
        task_status.started()
        while True:
            try:
                for partition, offset in (await self.committed()).items():
                    before = self.shown.get(partition, -1)
                    if offset < before:
                        self.went_back.append(f"partition {partition}: {before}, then {offset}")
                    self.shown[partition] = offset
            except OSError:
                pass  # the coordinator is gone; the next is soon found
            await trio.sleep(0.05)

    async def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """As a simple consumer, a member of no group: commit by topic and partition."""
        topics = [
            OffsetCommitRequestTopic(
                name=topic,
                partitions=[
                    OffsetCommitRequestPartition(partition_index=partition, committed_offset=offset)
                    for (name, partition), offset in offsets.items()
                    if name == topic
                ],
            )
            for topic in dict.fromkeys(name for name, _ in offsets)
        ]
        message = OffsetCommitRequest(group_id=self.group_id, topics=topics)

        async def is_done() -> bool:
            address = self.cluster.brokers[await self.coordinator()].bootstrap
            answer = await self.cluster.client.request(address, message, OffsetCommitResponse)
            codes = {ErrorCode(each.error_code) for topic in answer.topics for each in topic.partitions}
            assert all(code.retriable for code in codes - {ErrorCode.NONE}), codes
            return codes == {ErrorCode.NONE}

        await self.cluster.wait_until(is_done, f"{self.group_id} commits {offsets}")

    async def delete_offsets(self, topic: str, *partitions: int) -> None:
        """As an administrator: the group has committed nothing for these."""
        wanted = [OffsetDeleteRequestPartition(partition_index=each) for each in partitions]
        message = OffsetDeleteRequest(
            group_id=self.group_id, topics=[OffsetDeleteRequestTopic(name=topic, partitions=wanted)]
        )
        address = self.cluster.brokers[await self.coordinator()].bootstrap
        answer = await self.cluster.client.request(address, message, OffsetDeleteResponse)
        codes = [each.error_code for topic in answer.topics for each in topic.partitions]
        assert [answer.error_code, *codes] == [0] * (1 + len(partitions)), answer

    async def wait_committed(self, offsets: Mapping[int, int]) -> None:
        """Wait until the coordinator answers with these offsets."""

        async def is_so() -> bool:
            return await self.committed() == offsets

        await self._wait(is_so, f"{offsets} are committed")

    async def committed(self) -> dict[int, int]:
        """The group's offsets of its topic, as the coordinator answers; empty while it refuses."""
        found = await self.all_committed()
        return {partition: offset for (topic, partition), offset in found.items() if topic == self.topic}

    async def all_committed(self) -> dict[tuple[str, int], int]:
        """The same by topic and partition, of every topic."""
        address = self.cluster.brokers[await self.coordinator()].bootstrap
        message = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=self.group_id, topics=None)])
        (group,) = (await self.cluster.client.request(address, message, OffsetFetchResponse)).groups
        if group.error_code:
            assert ErrorCode(group.error_code).retriable, ErrorCode(group.error_code)
            return {}
        return {
            (topic.name, each.partition_index): each.committed_offset
            for topic in group.topics
            for each in topic.partitions
        }

    # --- what must hold

    def require_offsets_never_went_back(self) -> None:
        """Neither as the coordinator told them, nor as members took up reading."""
        assert not self.went_back, self.went_back
        commits: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for member in self.members:
            for event in member.events:
                for partition, offset in event.get("committed", {}).items():
                    commits[int(partition)].append((event["at"], offset))
        taken_up = 0
        for member in self.members:
            assigned_at: dict[int, float] = {}
            for event in member.events:
                assigned_at |= dict.fromkeys(event.get("assigned", ()), event["at"])
                if "first" not in event:
                    continue
                taken_up += 1
                partition, offset = event["first"], event["offset"]
                at = assigned_at[partition]
                before = max((each for when, each in commits[partition] if when < at), default=0)
                assert offset >= before, (
                    f"{member.process.name} began partition {partition} at {offset}; {before} was committed"
                )
        assert taken_up, "nobody read anything"

    def require_all_read(self, ends: Mapping[int, int]) -> None:
        """Every record was read by somebody."""
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for member in self.members:
            began: dict[int, int] = {}
            for event in member.events:
                if "first" in event:
                    began[event["first"]] = event["offset"]
                elif "read" in event:
                    spans[event["read"]].append((began[event["read"]], event["to"]))
        for partition, end in ends.items():
            reached = 0
            for first, last in sorted(spans[partition]):
                assert first <= reached, f"partition {partition}: nobody read {reached} to {first}"
                reached = max(reached, last)
            assert reached >= end, f"partition {partition}: nobody read {reached} to {end}"


def refusals(members: Sequence[Member]) -> list[str]:
    """Every commit that was refused, as the clients told."""
    return [event["refused"] for member in members for event in member.events if "refused" in event]
