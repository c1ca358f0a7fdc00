"""Access rules in a running cluster: every broker follows the znodes, whoever writes them, and misses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest
import trio

from acl.model import (
    CLUSTER_PATTERN,
    EVERYBODY,
    Binding,
    Operation,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.cluster.conftest import NewCluster
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.create_acls_request import AclCreation, CreateAclsRequest
from zkbroker.protocol.generated.create_acls_response import CreateAclsResponse
from zkbroker.protocol.generated.describe_acls_request import DescribeAclsRequest
from zkbroker.protocol.generated.describe_acls_response import DescribeAclsResponse
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.servers import ZooKeeperServer

TOPIC = ResourceType.TOPIC
ME = "User:ANONYMOUS"
AUTHORIZER = {
    "authorizer_class_name": "kafka.security.authorizer.AclAuthorizer",
    "super_users": "User:admin",
}
ALWAYS = [
    allow(ME, operation, CLUSTER_PATTERN)
    for operation in (Operation.CLUSTER_ACTION, Operation.DESCRIBE, Operation.ALTER)
]
"""So that brokers may talk, and the tests may look and change."""


async def change(cluster: Cluster, add: Sequence[Binding] = (), remove: Sequence[Binding] = ()) -> None:
    """Straight on the znodes."""

    def write() -> None:
        with closing(ZooKeeperStore(ZooKeeperAccess(cluster.zookeeper_connect))) as store:
            store.change(add=add, remove=remove)

    await trio.to_thread.run_sync(write)


async def code_of(cluster: Cluster, topic: str, broker_id: int) -> ErrorCode:
    """What a broker says about a topic that is not there, if one may know."""
    found = await cluster.client.metadata([topic], cluster.brokers[broker_id].bootstrap)
    return ErrorCode(found.topics[0].error_code)


async def rules_told(cluster: Cluster, broker_id: int) -> int:
    anything = DescribeAclsRequest(
        resource_type_filter=1,
        resource_name_filter=None,
        pattern_type_filter=1,
        principal_filter=None,
        host_filter=None,
        operation=1,
        permission_type=1,
    )
    address = cluster.brokers[broker_id].bootstrap
    answer = await cluster.client.request(address, anything, DescribeAclsResponse)
    assert answer.error_code == 0, answer.error_message
    return sum(len(resource.acls) for resource in answer.resources)


async def everywhere(cluster: Cluster, topic: str, code: ErrorCode) -> None:
    async def is_so() -> bool:
        return all([await code_of(cluster, topic, broker_id) == code for broker_id in cluster.running])

    await cluster.wait_until(is_so, f"every broker says {code.name} about {topic}")


MAY_KNOW, MAY_NOT = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.TOPIC_AUTHORIZATION_FAILED


async def test_every_broker_follows_the_rules(new_cluster: NewCluster, zookeeper: ZooKeeperServer) -> None:
    await trio.to_thread.run_sync(prepare, zookeeper.connect)
    async with new_cluster(brokers=3, **AUTHORIZER) as cluster:
        await everywhere(cluster, "orders", MAY_NOT)
        read = allow(ME, Operation.READ, literal(TOPIC, "orders"))
        await change(cluster, add=[read])
        await everywhere(cluster, "orders", MAY_KNOW)
        await change(cluster, add=[deny(EVERYBODY, Operation.DESCRIBE, prefixed(TOPIC, "ord"))])
        await everywhere(cluster, "orders", MAY_NOT)
        await change(cluster, remove=[deny(EVERYBODY, Operation.DESCRIBE, prefixed(TOPIC, "ord")), read])
        await everywhere(cluster, "orders", MAY_NOT)

        creation = AclCreation(
            resource_type=2, resource_name="pay", resource_pattern_type=4, principal=ME, host="*", operation=3,
            permission_type=3,
        )  # fmt: skip
        request = CreateAclsRequest(creations=[creation])
        made = await cluster.client.request(cluster.brokers[2].bootstrap, request, CreateAclsResponse)
        assert made.results[0].error_code == 0
        assert await code_of(cluster, "payments", 2) == MAY_KNOW, "who was asked knows at once"
        await everywhere(cluster, "payments", MAY_KNOW)


async def test_what_was_missed_is_made_up_for(new_cluster: NewCluster, zookeeper: ZooKeeperServer) -> None:
    """A broker that was away from ZooKeeper, and one whose session expired, read everything again."""
    await trio.to_thread.run_sync(prepare, zookeeper.connect)
    async with new_cluster(brokers=2, **AUTHORIZER) as cluster:
        cluster.part_from_zookeeper(1)
        await change(cluster, add=[allow(ME, Operation.READ, literal(TOPIC, "one"))])
        await cluster.wait_until(
            lambda: _is(cluster, "one", 2, MAY_KNOW), "broker 2 follows while broker 1 is cut off"
        )
        assert await code_of(cluster, "one", 1) == MAY_NOT
        cluster.heal()
        await everywhere(cluster, "one", MAY_KNOW)
        await cluster.expire_session(1)
        await change(cluster, add=[allow(ME, Operation.READ, literal(TOPIC, "two"))])
        await everywhere(cluster, "two", MAY_KNOW)


async def _is(cluster: Cluster, topic: str, broker_id: int, code: ErrorCode) -> bool:
    return await code_of(cluster, topic, broker_id) == code


def prepare(connect: str, rules: Sequence[Binding] = ALWAYS) -> None:
    """Before the brokers start."""
    with closing(ZooKeeperStore(ZooKeeperAccess(connect))) as store:
        store.change(add=rules)


@pytest.mark.parametrize(
    ("principals", "topics"), [(500, 50), pytest.param(10_000, 1_000, marks=pytest.mark.long)]
)
async def test_many_rules(
    new_cluster: NewCluster, zookeeper: ZooKeeperServer, principals: int, topics: int
) -> None:
    """Read at the start, as many again added while running, and every broker tells all of them."""
    before, more = (
        [allow(f"User:p{n}", operation, literal(TOPIC, f"t{n % topics}")) for n in range(principals)]
        for operation in (Operation.READ, Operation.WRITE)
    )

    await trio.to_thread.run_sync(prepare, zookeeper.connect, [*ALWAYS, *before])
    async with new_cluster(brokers=3, **AUTHORIZER) as cluster:
        for broker_id in cluster.brokers:
            assert await rules_told(cluster, broker_id) == len(before) + len(ALWAYS)
        await change(cluster, add=more)
        total = len(AclSet([*before, *more, *ALWAYS]))

        async def all_know() -> bool:
            return all([await rules_told(cluster, broker_id) == total for broker_id in cluster.running])

        await cluster.wait_until(all_know, f"every broker tells {total} rules")
