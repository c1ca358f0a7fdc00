"""Offsets through the brokers: where partitions begin and end, at a time; and deleting what lies before an offset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from zkbroker.client.cluster import Cluster
from zkbroker.client.connection import Connection, ConnectionFailed
from zkbroker.client.errors import refusal
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import ApiKey
from zkbroker.protocol.generated.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from zkbroker.protocol.generated.list_offsets_response import ListOffsetsResponse

LATEST: Final = -1
EARLIEST: Final = -2
MAX_TIMESTAMP: Final = -3
EARLIEST_LOCAL: Final = -4
LATEST_TIERED: Final = -5
UNKNOWN: Final = -1

VERSIONS: Final = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9}
"""The first version that understands a timestamp that stands for a place. Source: KIP-734, KIP-405, KIP-1005."""


@attrs.frozen
class Found:
    """Where a timestamp is; offset -1: nowhere. Or why that is not known."""

    offset: int = UNKNOWN
    timestamp: int = UNKNOWN
    leader_epoch: int = UNKNOWN
    refused: KafkaError | None = None


def find(
    cluster: Cluster, wanted: Mapping[TopicPartition, int], *, read_committed: bool = False
) -> dict[TopicPartition, Found]:
    """For each partition the first offset at or after a timestamp in ms, or the place that stands for.

    A leader that moves is found again; other refusals are in the answer. Raises: CallFailed.
    """
    found: dict[TopicPartition, Found] = {}

    def attempt() -> None:
        moving: KafkaError | None = None
        for leader, partitions in leaders(cluster, [tp for tp in wanted if tp not in found], found).items():
            answers = _ask(leader, {tp: wanted[tp] for tp in partitions}, read_committed)
            for tp, answer in answers.items():
                if answer.refused is not None and answer.refused.code in _MOVED:
                    moving = answer.refused
                else:
                    found[tp] = answer
        if moving is not None:
            raise moving

    try:
        cluster.patiently(attempt)
    except KafkaError as error:
        found.update({tp: Found(refused=error) for tp in wanted if tp not in found})
    return {tp: found[tp] for tp in wanted if tp in found}


_MOVED: Final = (
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.LEADER_NOT_AVAILABLE,
    ErrorCode.FENCED_LEADER_EPOCH,
    ErrorCode.UNKNOWN_LEADER_EPOCH,
    ErrorCode.OFFSET_NOT_AVAILABLE,
)


def leaders(
    cluster: Cluster, partitions: Iterable[TopicPartition], refused: dict[TopicPartition, Found]
) -> dict[Connection, list[TopicPartition]]:
    """Partitions by the broker that leads them; those there are not go into `refused`.

    Raises: KafkaError LEADER_NOT_AVAILABLE, ConnectionFailed.
    """
    wanted = list(partitions)
    by_leader: dict[int, list[TopicPartition]] = defaultdict(list)
    known: dict[TopicPartition, int] = {}
    for topic in cluster.topics({tp.topic for tp in wanted}):
        for row in topic.partitions:
            known[TopicPartition(topic.name or "", row.partition_index)] = row.leader_id
    for tp in wanted:
        if tp not in known:
            refused[tp] = Found(refused=refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
        elif known[tp] < 0:
            raise refusal(ErrorCode.LEADER_NOT_AVAILABLE)
        else:
            by_leader[known[tp]].append(tp)
    return {cluster.broker(leader): led for leader, led in by_leader.items()}


def _ask(
    leader: Connection, wanted: Mapping[TopicPartition, int], read_committed: bool
) -> dict[TopicPartition, Found]:
    version = leader.highest(ApiKey.LIST_OFFSETS)
    least = max((VERSIONS.get(timestamp, 0) for timestamp in wanted.values()), default=0)
    if version < least:
        unsupported = refusal(
            ErrorCode.UNSUPPORTED_VERSION, f"{leader.address} does not know this kind of offset."
        )
        return {tp: Found(refused=unsupported) for tp in wanted}
    topics: dict[str, list[ListOffsetsPartition]] = defaultdict(list)
    for tp, timestamp in wanted.items():
        topics[tp.topic].append(ListOffsetsPartition(partition_index=tp.partition, timestamp=timestamp))
    request = ListOffsetsRequest(
        replica_id=-1,
        isolation_level=int(read_committed),
        topics=[ListOffsetsTopic(name=name, partitions=rows) for name, rows in topics.items()],
    )
    found = {}
    for topic in leader.request(request, ListOffsetsResponse, version=version).topics:
        for row in topic.partitions:
            refused = refusal(row.error_code) if row.error_code else None
            offset = row.old_style_offsets[0] if version == 0 and row.old_style_offsets else row.offset
            answer = Found(offset, row.timestamp, row.leader_epoch, refused)
            found[TopicPartition(topic.name, row.partition_index)] = answer
    if missing := wanted.keys() - found.keys():
        raise ConnectionFailed(f"{leader.address} did not answer for {min(missing)}")
    return found
