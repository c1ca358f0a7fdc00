"""Deleting what lies before an offset. Source: KIP-107."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from zkbroker.client.cluster import MOVING, Cluster
from zkbroker.client.errors import refusal
from zkbroker.client.offsets import Found, leaders
from zkbroker.errors import KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.delete_records_request import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from zkbroker.protocol.generated.delete_records_response import DeleteRecordsResponse


def delete_before(cluster: Cluster, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, Found]:
    """The low watermark of each partition afterwards, or why not. Raises: CallFailed."""
    done: dict[TopicPartition, Found] = {}
    timeout_ms = int(cluster.settings.request_timeout_s * 1000)

    def attempt() -> None:
        moving: KafkaError | None = None
        for leader, partitions in leaders(cluster, [tp for tp in offsets if tp not in done], done).items():
            topics: dict[str, list[DeleteRecordsPartition]] = defaultdict(list)
            for tp in partitions:
                row = DeleteRecordsPartition(partition_index=tp.partition, offset=offsets[tp])
                topics[tp.topic].append(row)
            request = DeleteRecordsRequest(
                topics=[DeleteRecordsTopic(name=name, partitions=rows) for name, rows in topics.items()],
                timeout_ms=timeout_ms,
            )
            answer = leader.request(request, DeleteRecordsResponse, timeout_s=cluster.settings.api_timeout_s)
            for topic in answer.topics:
                for result in topic.partitions:
                    refused = refusal(result.error_code) if result.error_code else None
                    if refused is not None and refused.code in MOVING:
                        moving = refused
                        continue
                    tp = TopicPartition(topic.name, result.partition_index)
                    done[tp] = Found(result.low_watermark, refused=refused)
        if moving is not None:
            raise moving

    try:
        cluster.patiently(attempt)
    except KafkaError as error:
        done.update({tp: Found(refused=error) for tp in offsets if tp not in done})
    return done
