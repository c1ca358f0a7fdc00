"""Access rules: what an uncached check costs, and 20,000 rules on three brokers: start-up, 10,000 more, agreement."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import trio
from measure import Figures, say, say_machine

from acl.evaluate import NO_POLICY, decide
from acl.model import (
    Binding,
    BindingFilter,
    Operation,
    Resource,
    ResourceType,
    allow,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.stores.brokers import BrokerStore
from acl.stores.store import Store
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.support.peers import APACHE_ZOOKEEPER
from zkbroker.testing.cluster import open_cluster
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, ZooKeeperKind, open_zookeeper

TOPIC = ResourceType.TOPIC
PRINCIPALS, TOPICS = 10_000, 1_000
AUTHORIZER = "kafka.security.authorizer.AclAuthorizer"
LAST = allow("User:last", Operation.READ, literal(TOPIC, "topic-0"))
READ_IN = r"(\d+) access rules on (\d+) patterns are known, read in ([\d.]+) s"


def rules(operation: Operation) -> list[Binding]:
    """10,000 principals, each with a rule on one of 1,000 topics."""
    return [allow(f"User:p{n}", operation, literal(TOPIC, f"topic-{n % TOPICS}")) for n in range(PRINCIPALS)]


# ------------------------------------------------------------------------------------------------- one check


def checks(matching: int, runs: int) -> None:
    """An uncached decision among 20,000 rules of which `matching` prefixed patterns cover the topic."""
    name = "x" * matching
    patterns = [
        allow(f"User:other{n}", Operation.READ, prefixed(TOPIC, name[: n + 1])) for n in range(matching)
    ]
    acls = AclSet([*patterns, *rules(Operation.READ), *rules(Operation.WRITE)])
    resource = Resource(TOPIC, name)
    for who, principal in (("denied by all", "User:nobody"), ("allowed by the last", "User:other0")):
        figures = []
        for _ in range(runs + 1):
            began_ns = time.perf_counter_ns()
            for _ in range(1_000):
                decide(acls, principal, Operation.READ, resource, "10.0.0.1", NO_POLICY)
            figures.append((time.perf_counter_ns() - began_ns) / 1_000_000)
        say(f"  {who:20} {matching} matching prefixed patterns: {Figures(figures[1:])} us a check")


# ------------------------------------------------------------------------------------------------- the cluster


def timed(what: str, act: Callable[[], object]) -> None:
    began_s = time.monotonic()
    act()
    say(f"  {what:44} {time.monotonic() - began_s:6.2f} s")


def write(store: Store, add: Iterable[Binding] = (), remove: Iterable[Binding] = ()) -> None:
    with closing(store):
        store.change(add=add, remove=remove)


def agreement_s(store: Store, addresses: Sequence[str], expected: AclSet) -> float:
    """One more rule: from its write until every broker tells it, and with it all that was written before."""
    chosen = BindingFilter.exactly(LAST)
    stores = [BrokerStore(address) for address in addresses]
    try:
        for one in (store, *stores):  # connected before the clock runs
            one.matching(chosen)
        store.change(add=[LAST])
        began_s = time.monotonic()
        waiting = stores
        while waiting:
            waiting = [one for one in waiting if LAST not in one.matching(chosen)]
        took_s = time.monotonic() - began_s
        for one in stores:
            assert one.read() == AclSet([*expected, LAST]), one.place
        store.change(remove=[LAST])
        return took_s
    finally:
        for one in (store, *stores):
            one.close()


async def cluster(directory: Path, kind: ZooKeeperKind) -> None:
    before, more = rules(Operation.READ), rules(Operation.WRITE)
    async with open_zookeeper(directory, kind) as zookeeper:
        connect = ZooKeeperAccess(zookeeper.connect)
        said = f"{PRINCIPALS} rules, {TOPICS} patterns"
        await trio.to_thread.run_sync(
            timed, f"{said}, written on the znodes", lambda: write(ZooKeeperStore(connect), before)
        )
        async with open_cluster(
            directory,
            zookeeper=zookeeper,
            brokers=3,
            authorizer_class_name=AUTHORIZER,
            super_users="User:ANONYMOUS",
        ) as brokers:
            addresses = [broker.bootstrap for broker in brokers.brokers.values()]
            ways: dict[str, Callable[[], Store]] = {
                "through a broker": lambda: BrokerStore(addresses[0]),
                "on the znodes": lambda: ZooKeeperStore(connect),
            }
            for name, store in ways.items():
                await trio.to_thread.run_sync(
                    timed, f"10,000 more, {name}", lambda store=store: write(store(), more)
                )
                took_s = await trio.to_thread.run_sync(
                    agreement_s, store(), addresses, AclSet([*before, *more])
                )
                say(f"  {'one more: all brokers agree after':44} {took_s:6.2f} s")
                if name == "through a broker":
                    await trio.to_thread.run_sync(write, ZooKeeperStore(connect), (), more)
            broker = brokers.brokers[1]
            await broker.restart()
            found = await broker.process.wait_for_line(READ_IN)
            say(
                f"  {f'{found[1]} rules on {found[2]} patterns, read at a start':44} {float(found[3]):6.2f} s"
            )


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="of the check, after one discarded")
    parser.add_argument(
        "--apache", action="store_true", help="on Apache's ZooKeeper, not on the embedded one"
    )
    parsed = parser.parse_args(argv)
    say_machine()
    checks(100, parsed.runs)
    with tempfile.TemporaryDirectory(prefix="zkbroker-bench-") as directory:
        trio.run(cluster, Path(directory), APACHE_ZOOKEEPER if parsed.apache else EMBEDDED_ZOOKEEPER)
    return 0
