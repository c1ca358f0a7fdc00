"""Which replica a consumer should read from: one in its own rack where there is one. Source: KIP-392."""

from __future__ import annotations

from collections.abc import Mapping

from zkbroker.model import BrokerInfo
from zkbroker.replication.partition import Partition


def choose_replica(
    partition: Partition,
    offset: int,
    rack: str,
    broker_id: int,
    brokers: Mapping[int, BrokerInfo],
    now_ms: int,
) -> int:
    """The broker id to read from: the leader in that rack, else its most caught-up in-sync replica there.

    Only replicas whose log covers `offset` count; of equals, the one that caught up last. Without any, the leader.
    """
    leader = brokers.get(broker_id)
    if leader is not None and leader.rack == rack:
        return broker_id
    best, best_key = broker_id, (-1, -1)
    for candidate, progress in partition.followers.items():
        broker = brokers.get(candidate)
        if broker is None or broker.rack != rack or candidate not in partition.isr.committed:
            continue
        if not max(progress.log_start_offset, 0) <= offset <= progress.log_end_offset:
            continue
        key = (progress.log_end_offset, progress.last_caught_up_ms - now_ms)
        if best == broker_id or key > best_key:
            best, best_key = candidate, key
    return best
