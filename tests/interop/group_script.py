"""What a consumer group can be asked, in one version of every request: a script to be run against two brokers.

Each step sends one message and notes the answer, with the ids that a broker makes up replaced by stable names and
everything whose order means nothing in order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

import attrs
import trio

from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import VERSIONS, ApiKey, Message
from zkbroker.protocol.generated.consumer_group_describe_request import ConsumerGroupDescribeRequest
from zkbroker.protocol.generated.consumer_group_describe_response import ConsumerGroupDescribeResponse
from zkbroker.protocol.generated.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from zkbroker.protocol.generated.consumer_group_heartbeat_response import ConsumerGroupHeartbeatResponse
from zkbroker.protocol.generated.delete_groups_request import DeleteGroupsRequest
from zkbroker.protocol.generated.delete_groups_response import DeleteGroupsResponse
from zkbroker.protocol.generated.describe_groups_request import DescribeGroupsRequest
from zkbroker.protocol.generated.describe_groups_response import DescribeGroupsResponse
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.heartbeat_response import HeartbeatResponse
from zkbroker.protocol.generated.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from zkbroker.protocol.generated.join_group_response import JoinGroupResponse
from zkbroker.protocol.generated.leave_group_request import LeaveGroupRequest, MemberIdentity
from zkbroker.protocol.generated.leave_group_response import LeaveGroupResponse
from zkbroker.protocol.generated.list_groups_request import ListGroupsRequest
from zkbroker.protocol.generated.list_groups_response import ListGroupsResponse
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
from zkbroker.protocol.generated.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse
from zkbroker.protocol.generated.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from zkbroker.protocol.generated.sync_group_response import SyncGroupResponse
from zkbroker.testing.client import Client

M = TypeVar("M", bound=Message)

VERSIONS_TO_TRY = range(10)  # the highest of any of these requests is 9
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SUBSCRIPTION = b"\0\0\0\0\0\1\0\4read\0\0\0\0"  # a consumer's, version 0, of the topic "read"
ASSIGNMENT = b"\0\0\0\0\0\1\0\4read\0\0\0\1\0\0\0\0\0\0\0\0"
LONG_MS = 600_000


@attrs.define(eq=False)
class Script:
    """Plays everything against one broker, whose topic "read" has two partitions; `answers` is what came of it."""

    client: Client
    address: str
    version: int
    answers: list[tuple[str, object]] = attrs.field(factory=list)
    _ids: dict[str, str] = attrs.field(factory=dict)
    _counts: defaultdict[str, int] = attrs.field(factory=lambda: defaultdict(int))

    async def ask(self, label: str, message: Message, answer: type[M]) -> M:
        key = ApiKey(message.API_KEY)
        version = max(VERSIONS[key].lowest, min(self.version, VERSIONS[key].highest))
        got = await self.client.request(self.address, message, answer, version=version)
        self.answers.append((f"{label} ({type(message).__name__} {version})", self.normal(got)))
        return got

    def since(self, version: int, **fields: Any) -> dict[str, Any]:
        """These fields, if requests have them in the version that is played."""
        return fields if self.version >= version else {}

    def normal(self, value: Any) -> object:
        """The answer as plain values, comparable between brokers."""
        if isinstance(value, Message):
            ignored = {"port"}
            if getattr(value, "error_code", 0):
                ignored.add("error_message")  # ours say more
            return {
                name: self.normal(getattr(value, name)) for name in value.__slots__ if name not in ignored
            }
        if isinstance(value, str):
            return UUID.sub(lambda match: self._stable(value, match[0]), value)
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).hex()
        if isinstance(value, Sequence):
            return sorted((self.normal(each) for each in value), key=repr)
        return value

    def _stable(self, text: str, made_up: str) -> str:
        if made_up not in self._ids:
            owner = text.split(made_up)[0]
            self._counts[owner] += 1
            self._ids[made_up] = f"#{self._counts[owner]}"
        return self._ids[made_up]

    # -- messages

    async def join(
        self,
        label: str,
        group: str,
        member_id: str = "",
        *,
        instance: str | None = None,
        session_ms: int = LONG_MS,
        kind: str = "consumer",
        protocols: Sequence[tuple[str, bytes]] = (("range", SUBSCRIPTION),),
        client_id: str = "",
    ) -> JoinGroupResponse:
        message = JoinGroupRequest(
            group_id=group,
            session_timeout_ms=session_ms,
            **self.since(1, rebalance_timeout_ms=LONG_MS),
            member_id=member_id,
            **self.since(5, group_instance_id=instance),
            protocol_type=kind,
            protocols=[
                JoinGroupRequestProtocol(name=name, metadata=metadata) for name, metadata in protocols
            ],
        )
        return await self.ask(label, message, JoinGroupResponse)

    async def join_as_new(self, label: str, group: str, **options: Any) -> JoinGroupResponse:
        """Join, and once more where an id is given out first."""
        joined = await self.join(label, group, **options)
        if joined.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            joined = await self.join(f"{label}, with its id", group, joined.member_id, **options)
        return joined

    async def sync(
        self,
        label: str,
        group: str,
        member_id: str,
        generation: int,
        assign: Sequence[str] = (),
        *,
        instance: str | None = None,
        kind: str | None = "consumer",
        protocol: str | None = "range",
    ) -> SyncGroupResponse:
        message = SyncGroupRequest(
            group_id=group,
            generation_id=generation,
            member_id=member_id,
            **self.since(3, group_instance_id=instance),
            **self.since(5, protocol_type=kind, protocol_name=protocol),
            assignments=[
                SyncGroupRequestAssignment(member_id=each, assignment=ASSIGNMENT) for each in assign
            ],
        )
        return await self.ask(label, message, SyncGroupResponse)

    async def heartbeat(
        self, label: str, group: str, member_id: str, generation: int, instance: str | None = None
    ) -> None:
        static = self.since(3, group_instance_id=instance)
        message = HeartbeatRequest(group_id=group, generation_id=generation, member_id=member_id, **static)
        await self.ask(label, message, HeartbeatResponse)

    async def leave(self, label: str, group: str, *members: tuple[str, str | None]) -> None:
        if self.version >= 3:
            leaving = [
                MemberIdentity(member_id=member, group_instance_id=static) for member, static in members
            ]
            message = LeaveGroupRequest(group_id=group, members=leaving)
        else:
            message = LeaveGroupRequest(group_id=group, member_id=members[0][0])
        await self.ask(label, message, LeaveGroupResponse)

    async def commit(
        self,
        label: str,
        group: str,
        offset: int,
        member_id: str = "",
        generation: int = -1,
        *,
        topic: str = "read",
        partitions: Sequence[int] = (0,),
        metadata: str | None = "said",
        instance: str | None = None,
    ) -> None:
        message = OffsetCommitRequest(
            group_id=group,
            **self.since(1, generation_id_or_member_epoch=generation, member_id=member_id),
            **self.since(7, group_instance_id=instance),
            topics=[
                OffsetCommitRequestTopic(
                    name=topic,
                    partitions=[
                        OffsetCommitRequestPartition(
                            partition_index=each,
                            committed_offset=offset,
                            **self.since(6, committed_leader_epoch=3),
                            committed_metadata=metadata,
                        )
                        for each in partitions
                    ],
                )
            ],
        )
        await self.ask(label, message, OffsetCommitResponse)

    async def fetch(
        self,
        label: str,
        *groups: str,
        topics: Sequence[tuple[str, Sequence[int]]] | None = (("read", (0, 1)),),
    ) -> None:
        stable = self.since(7, require_stable=True)
        if self.version >= 8:
            wanted = None
            if topics is not None:
                wanted = [
                    OffsetFetchRequestTopics(name=name, partition_indexes=each) for name, each in topics
                ]
            message = OffsetFetchRequest(
                groups=[OffsetFetchRequestGroup(group_id=group, topics=wanted) for group in groups], **stable
            )
            await self.ask(label, message, OffsetFetchResponse)
            return
        for group in groups:
            old = None
            if topics is not None:
                old = [OffsetFetchRequestTopic(name=name, partition_indexes=each) for name, each in topics]
            elif self.version < 2:
                continue  # those versions cannot ask for all
            message = OffsetFetchRequest(group_id=group, topics=old, **stable)
            await self.ask(label, message, OffsetFetchResponse)

    async def describe(self, label: str, *groups: str) -> None:
        message = DescribeGroupsRequest(groups=groups, include_authorized_operations=self.version >= 3)
        await self.ask(label, message, DescribeGroupsResponse)

    async def list(self, label: str, states: Sequence[str] = (), kinds: Sequence[str] = ()) -> None:
        filters = self.since(4, states_filter=states) | self.since(5, types_filter=kinds)
        await self.ask(label, ListGroupsRequest(**filters), ListGroupsResponse)

    async def delete(self, label: str, *groups: str) -> None:
        await self.ask(label, DeleteGroupsRequest(groups_names=groups), DeleteGroupsResponse)

    async def delete_offsets(self, label: str, group: str, topic: str, *partitions: int) -> None:
        wanted = [OffsetDeleteRequestPartition(partition_index=each) for each in partitions]
        topics = [OffsetDeleteRequestTopic(name=topic, partitions=wanted)]
        await self.ask(label, OffsetDeleteRequest(group_id=group, topics=topics), OffsetDeleteResponse)

    # -- what is played

    async def play(self) -> None:
        await self._find()
        await self._nobody()
        await self._life()
        await self._two()
        if self.version >= 5:
            await self._static()
        await self._simple()
        await self._new_protocol()

    async def has_coordinators(self) -> bool:
        """Whether the topics that keep groups and transactions are there by now."""
        codes = set()
        for kind in (0, 1):
            message = FindCoordinatorRequest(key_type=kind, coordinator_keys=["any"])
            answer = await self.client.request(self.address, message, FindCoordinatorResponse)
            codes |= {each.error_code for each in answer.coordinators}
        message_of_all = OffsetFetchRequest(
            groups=[OffsetFetchRequestGroup(group_id=f"any-{n}", topics=None) for n in range(20)]
        )
        fetched = await self.client.request(self.address, message_of_all, OffsetFetchResponse)
        return codes | {each.error_code for each in fetched.groups} == {0}

    async def _find(self) -> None:
        for kind in (0, 1, 2, 7) if self.version >= 1 else (0,):
            named = self.since(1, key_type=kind)
            named |= {"coordinator_keys": ["a", "b"]} if self.version >= 4 else {"key": "a"}
            await self.ask(f"find {kind}", FindCoordinatorRequest(**named), FindCoordinatorResponse)

    async def _nobody(self) -> None:
        """Everything, of a group that does not exist, and of one without a name."""
        for group in ("refused", ""):  # of a refused one Kafka has an empty group for a while, we never have
            await self.join("a member id that nobody gave", group, "stranger")
            await self.join("a session too short", group, session_ms=10)
            await self.join("a session too long", group, session_ms=2**31 - 1)
            await self.join("no kind", group, kind="")
            await self.join("no protocols", group, protocols=())
        await self.client.request(
            self.address, DeleteGroupsRequest(groups_names=["refused"]), DeleteGroupsResponse
        )
        for group in ("nobody", ""):
            await self.sync("sync", group, "stranger", 1)
            await self.heartbeat("heartbeat", group, "stranger", 1)
            await self.leave(
                "leave", group, ("stranger", None), ("", "static") if self.version >= 3 else ("", None)
            )
            await self.commit("commit of a member", group, 1, "stranger", 1)
            await self.fetch("fetch", group)
            await self.fetch("fetch all", group, topics=None)
            await self.describe("describe", group)
            await self.delete("delete", group)
            await self.delete_offsets("delete offsets", group, "read", 0)
        await self.list("nothing")

    async def _life(self) -> None:
        """One member, from its first word to its last."""
        joined = await self.join_as_new("first", "life")
        me, generation = joined.member_id, joined.generation_id
        await self.describe("joined", "life")
        await self.heartbeat("between", "life", me, generation)
        await self.commit("between", "life", 1, me, generation)
        await self.sync("an older generation", "life", me, generation - 1, [me])
        await self.sync("another protocol", "life", me, generation, [me], protocol="other")
        await self.sync("another kind", "life", me, generation, [me], kind="other")
        await self.sync("a stranger", "life", "stranger", generation)
        await self.sync("without names", "life", me, generation, [me], kind=None, protocol=None)
        await self.sync("sync", "life", me, generation, [me])
        await self.sync("sync again", "life", me, generation, [me])
        await self.describe("stable", "life", "nobody")
        for states in ((), ("Stable",), ("stable", "Empty"), ("PreparingRebalance",), ("nonsense",)):
            await self.list(f"states {states}", states)
        for kinds in (("classic",), ("Consumer",), ("consumer", "classic"), ("nonsense",)):
            await self.list(f"types {kinds}", (), kinds)
        await self.heartbeat("alive", "life", me, generation)
        await self.heartbeat("an older generation", "life", me, generation - 1)
        await self.heartbeat("a stranger", "life", "stranger", generation)
        await self.commit("commit", "life", 7, me, generation, partitions=(0, 1))
        await self.commit("without metadata", "life", 8, me, generation, metadata=None)
        await self.commit("too much metadata", "life", 9, me, generation, metadata="x" * 5_000)
        await self.commit("an older generation", "life", 9, me, generation - 1)
        await self.commit("a stranger", "life", 9, "stranger", generation)
        await self.commit("no member", "life", 9)
        await self.commit("no such partition", "life", 9, me, generation, partitions=(0, 5))
        await self.commit("no such topic", "life", 9, me, generation, topic="unread")
        await self.fetch("fetch", "life")
        await self.fetch("fetch what is not there", "life", topics=[("read", (1, 5)), ("unread", (0,))])
        await self.fetch("fetch nothing", "life", topics=[])
        await self.fetch("fetch all", "life", topics=None)
        await self.fetch("fetch of two groups", "life", "nobody")
        await self.join("another kind", "life", kind="other")
        await self.join("another protocol", "life", protocols=[("other", b"")])
        await self.join("a stranger", "life", "stranger")
        await self.delete("with a member", "life", "nobody")
        await self.delete_offsets("of a topic it reads", "life", "read", 0)
        await self.delete_offsets("of no such topic", "life", "unread", 0)
        again = await self.join("again", "life", me)
        await self.sync("again", "life", me, again.generation_id, [me])
        await self.leave("a stranger", "life", ("stranger", None))
        await self.leave("leave", "life", (me, None))
        await self.leave("leave again", "life", (me, None))
        await self.describe("empty", "life")
        await self.sync("too late", "life", me, again.generation_id, [me])
        await self.heartbeat("too late", "life", me, again.generation_id)
        await self.commit("too late", "life", 9, me, again.generation_id)
        await self.commit("no member any more", "life", 10)
        await self.fetch("still there", "life")
        await self.delete_offsets("of one partition", "life", "read", 1, 5)
        await self.fetch("one is left", "life")
        await self.delete("delete", "life")
        await self.describe("deleted", "life")
        await self.fetch("deleted", "life")
        await self.list("deleted")

    async def _two(self) -> None:
        """A second member comes while the first is there."""
        wide = (("range", SUBSCRIPTION), ("sticky", SUBSCRIPTION))
        narrow = (("sticky", SUBSCRIPTION), ("other", b""))
        joined = await self.join_as_new("first", "two", protocols=wide)
        first, generation = joined.member_id, joined.generation_id
        await self.sync("alone", "two", first, generation, [first])
        second = ""
        if self.version >= 4:  # an id is given out first
            second = (await self.join("second", "two", protocols=narrow)).member_id
            await self.describe("one is pending", "two")
            await self.heartbeat("one is pending", "two", first, generation)
        async with trio.open_nursery() as nursery:
            quiet = attrs.evolve(self, answers=[])  # which of two answers comes first means nothing
            quiet._ids, quiet._counts = self._ids, self._counts
            results: list[JoinGroupResponse] = []

            async def join_second() -> None:
                results.append(await quiet.join("second", "two", second, protocols=narrow))

            nursery.start_soon(join_second)
            await self._until_rebalancing("two", first, generation)
            await self.describe_state("rebalancing", "two")
            await self.commit("rebalancing", "two", 3, first, generation)
            await self.sync("rebalancing", "two", first, generation, [first])
            mine = await self.join("first again", "two", first, protocols=wide)
        self.answers += quiet.answers
        (theirs,) = results
        async with trio.open_nursery() as nursery:
            quiet = attrs.evolve(self, answers=[])
            quiet._ids, quiet._counts = self._ids, self._counts

            async def sync_second() -> None:
                await quiet.sync("second", "two", theirs.member_id, theirs.generation_id, protocol="sticky")

            nursery.start_soon(sync_second)
            both = [first, theirs.member_id]
            await self.sync("first", "two", first, mine.generation_id, both, protocol="sticky")
        self.answers += quiet.answers
        await self.describe("both", "two")
        await self.leave("both", "two", (first, None), (theirs.member_id, None), ("stranger", None))
        if self.version < 3:
            await self.heartbeat("left alone", "two", theirs.member_id, theirs.generation_id)
            await self.leave("the other", "two", (theirs.member_id, None))
        await self.describe("empty", "two")
        await self.delete("delete", "two")

    async def _until_rebalancing(self, group: str, member_id: str, generation: int) -> None:
        """Heartbeats, of which only the last counts: it says that the other one has come."""
        message = HeartbeatRequest(group_id=group, generation_id=generation, member_id=member_id)
        with trio.fail_after(30):
            while True:
                answer = await self.client.request(self.address, message, HeartbeatResponse, version=0)
                if answer.error_code == ErrorCode.REBALANCE_IN_PROGRESS:
                    return
                await trio.sleep(0.01)

    async def describe_state(self, label: str, group: str) -> None:
        message = DescribeGroupsRequest(groups=[group])
        answer = await self.client.request(self.address, message, DescribeGroupsResponse)
        (found,) = answer.groups
        self.answers.append((label, (found.group_state, found.protocol_type, len(found.members))))

    async def _static(self) -> None:
        """A static member goes away and comes back, and somebody takes its place."""
        joined = await self.join("static", "fixed", instance="i")
        first, generation = joined.member_id, joined.generation_id
        await self.sync("static", "fixed", first, generation, [first], instance="i")
        await self.describe("static", "fixed")
        await self.join("an unknown id", "fixed", "stranger", instance="i")
        await self.join("an unknown instance", "fixed", first, instance="j")
        back = await self.join("back", "fixed", instance="i")
        await self.describe("back", "fixed")
        if back.generation_id != generation:
            await self.sync(
                "back", "fixed", back.member_id, back.generation_id, [back.member_id], instance="i"
            )
        generation = back.generation_id
        await self.heartbeat("fenced", "fixed", first, generation, "i")
        await self.sync("fenced", "fixed", first, generation, instance="i")
        await self.commit("fenced", "fixed", 5, first, generation, instance="i")
        await self.leave("fenced", "fixed", (first, "i"))
        await self.heartbeat("not fenced", "fixed", back.member_id, generation, "i")
        await self.heartbeat("without its instance", "fixed", back.member_id, generation)
        await self.commit("not fenced", "fixed", 5, back.member_id, generation, instance="i")
        changed = (("range", SUBSCRIPTION + b"\1"),)
        other = await self.join("back with another wish", "fixed", instance="i", protocols=changed)
        await self.sync(
            "again", "fixed", other.member_id, other.generation_id, [other.member_id], instance="i"
        )
        await self.leave("by an administrator", "fixed", ("", "i"), ("", "j"))
        await self.describe("empty", "fixed")
        await self.delete("delete", "fixed")

    async def _simple(self) -> None:
        """Offsets without members."""
        await self.commit("commit", "simple", 1, partitions=(0, 1))
        await self.commit("as a stranger", "simple", 2, "stranger")
        await self.commit("of a generation", "simple", 3, "", 1)
        await self.commit("without a group", "", 4)
        await self.fetch("fetch", "simple", "")
        await self.describe("describe", "simple", "")
        await self.list("list")
        await self.delete_offsets("delete offsets", "simple", "read", 0)
        await self.delete_offsets("delete them all", "simple", "read", 1)
        await self.describe("nothing is left", "simple")
        await self.commit("commit again", "simple", 1)
        await self.delete("delete", "simple", "", "simple")
        await self.list("deleted")

    async def _new_protocol(self) -> None:
        """What ZooKeeper mode does not have."""
        beat = ConsumerGroupHeartbeatRequest(
            group_id="new", subscribed_topic_names=["read"], topic_partitions=[]
        )
        await self.ask("heartbeat", beat, ConsumerGroupHeartbeatResponse)
        describe = ConsumerGroupDescribeRequest(
            group_ids=["new", "nobody"], include_authorized_operations=True
        )
        await self.ask("describe", describe, ConsumerGroupDescribeResponse)
