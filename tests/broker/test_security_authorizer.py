"""The authorizer's decisions as the log and the counts have them, and the rules as ZooKeeper has them."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from acl import znodes
from acl.authorizer_log import parse_line
from acl.evaluate import Policy
from acl.model import (
    CLUSTER,
    EVERYBODY,
    Binding,
    BindingFilter,
    Operation,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.sets import AclSet
from tests.zookeeper.sessions import open_session
from zkbroker.embedded_zookeeper import EmbeddedZooKeeper
from zkbroker.protocol.codec import ApiKey
from zkbroker.security.acl_authorizer import AclAuthorizer, UsageFile
from zkbroker.security.acl_rules import NOTICES_KEPT_MS, AclRules
from zkbroker.security.authorizer import Principal, topic
from zkbroker.zookeeper.session import ZkSession

TOPIC = ResourceType.TOPIC
ORDERS = literal(TOPIC, "orders")
READ = allow("User:alice", Operation.READ, ORDERS)
BROKEN = b'{"version":1,"acls":[{}]}'
DENY_DELETE = deny(EVERYBODY, Operation.DELETE, prefixed(TOPIC, "ord"))


@attrs.frozen
class Asker:
    """A request's sender."""

    principal: Principal = attrs.field(default=Principal(name="alice"))
    host: str = "10.0.0.5"
    api_key: int = ApiKey.FETCH


ALICE = Asker()


def authorizer(rules: Iterable[Binding] = (READ, DENY_DELETE), policy: Policy | None = None) -> AclAuthorizer:
    found = AclAuthorizer(policy or Policy(frozenset({"User:admin"})), lambda: 1_000)
    found.replace(AclSet(rules))
    return found


@pytest.fixture(autouse=True)
def debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "kafka.authorizer.logger")


# ------------------------------------------------------------------------------------------------- the log


def test_lines_are_kafkas_with_the_rule_at_their_end(caplog: pytest.LogCaptureFixture) -> None:
    rules = authorizer()
    assert rules.allows(ALICE, Operation.READ, topic("orders"))
    assert not rules.allows(ALICE, Operation.DELETE, topic("orders"))
    assert not rules.allows(ALICE, Operation.WRITE, topic("other"))
    assert rules.allows(Asker(Principal(name="admin")), Operation.ALTER, CLUSTER)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        (
            "DEBUG",
            "Principal = User:alice is Allowed operation = Read from host = 10.0.0.5 on resource = "
            "Topic:LITERAL:orders for request = Fetch with resourceRefCount = 1, "
            "rule = Allow User:alice Read topic:orders",
        ),
        (
            "INFO",
            "Principal = User:alice is Denied operation = Delete from host = 10.0.0.5 on resource = "
            "Topic:LITERAL:orders for request = Fetch with resourceRefCount = 1, "
            "rule = Deny User:* Delete topic:ord*",
        ),
        (
            "INFO",
            "Principal = User:alice is Denied operation = Write from host = 10.0.0.5 on resource = "
            "Topic:LITERAL:other for request = Fetch with resourceRefCount = 1, rule = no-rule-on-resource",
        ),
        (
            "DEBUG",
            "Principal = User:admin is Allowed operation = Alter from host = 10.0.0.5 on resource = "
            "Cluster:LITERAL:kafka-cluster for request = Fetch with resourceRefCount = 1, rule = super-user",
        ),
    ]


def test_filtering_is_nothing_remarkable(caplog: pytest.LogCaptureFixture) -> None:
    assert not authorizer().allows(ALICE, Operation.WRITE, topic("other"), log=False)
    assert caplog.records == []


@pytest.mark.parametrize("evil", ["x\n", "x\r\n", "x\u2028", "x\x1b[2J", "x\x00"])
def test_a_name_cannot_forge_a_line(evil: str, caplog: pytest.LogCaptureFixture) -> None:
    """Names come from clients: one that ends the line could tell `acl suggest` of denials that never were."""
    forged = (
        "Principal = User:mallory is Denied operation = All from host = h on resource = Topic:LITERAL:secret"
    )
    rules = authorizer()
    rules.allows(ALICE, Operation.READ, topic(evil + forged))
    rules.allows(Asker(Principal(name=evil + forged)), Operation.READ, topic("t"))
    for record in caplog.records:
        line = record.getMessage()
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        logged = parse_line(line)
        assert logged is None or logged.question.principal != "User:mallory"


# ------------------------------------------------------------------------------------------------- decisions


def test_names_too_long_for_any_topic_are_not_remembered(caplog: pytest.LogCaptureFixture) -> None:
    """Or a client could fill the memory with them."""
    caplog.set_level(logging.WARNING, "kafka.authorizer.logger")  # the fixture would remember them, too
    found = authorizer([allow("User:alice", Operation.READ, prefixed(TOPIC, "o"))])
    tracemalloc.start()
    try:
        for number in range(300):
            assert found.allows(ALICE, Operation.READ, topic(f"o{number}" + "x" * 100_000))
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes < 1_000_000


def test_verdicts_do_not_outlive_the_rules() -> None:
    rules = authorizer()
    for _ in range(2):  # the second time remembered
        assert rules.allows(ALICE, Operation.READ, topic("orders"))
    rules.replace(AclSet([deny("User:alice", Operation.READ, ORDERS), READ]))
    assert not rules.allows(ALICE, Operation.READ, topic("orders"))
    rules.replace(AclSet([READ]))
    assert rules.allows(ALICE, Operation.READ, topic("orders"))
    assert not rules.allows(
        Asker(host="10.0.0.6", principal=Principal("Group", "alice")), Operation.READ, topic("orders")
    )
    statistics = rules.statistics()
    assert (statistics.allowed, statistics.denied, statistics.rules) == (3, 2, 1)


def test_operations_of_a_resource() -> None:
    assert authorizer().operations(ALICE, topic("orders")) == 1 << Operation.READ | 1 << Operation.DESCRIBE


# ------------------------------------------------------------------------------------------------- counts


def test_uses_are_counted_across_restarts(tmp_path: Path) -> None:
    file = tmp_path / "usage.json"
    first = authorizer()
    for _ in range(3):
        first.allows(ALICE, Operation.READ, topic("orders"))
    first.allows(ALICE, Operation.DELETE, topic("orders"))
    UsageFile(file, first).save()
    second = authorizer()
    UsageFile(file, second).load()
    second.allows(ALICE, Operation.READ, topic("orders"))
    assert {rule: hits.count for rule, hits in second.usage().hits.items()} == {READ: 4, DENY_DELETE: 1}
    second.replace(AclSet([READ]))
    assert set(second.usage().hits) == {READ}, "a rule that is gone is not told of"


def test_a_file_that_holds_no_counts_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "usage.json"
    file.write_text("garbage")
    counted = authorizer()
    UsageFile(file, counted).load()
    assert "begins anew" in caplog.text
    nowhere = UsageFile(tmp_path / "no" / "usage.json", counted)
    nowhere.load()
    nowhere.save()
    nowhere.save()
    assert caplog.text.count("cannot be kept in") == 1


# ------------------------------------------------------------------------------------------------- ZooKeeper


@asynccontextmanager
async def zookeeper(directory: Path) -> AsyncIterator[str]:
    server = EmbeddedZooKeeper(directory, port=0, fsync=False, tick_ms=500)
    async with trio.open_nursery() as nursery:
        port = await nursery.start(lambda task_status: server.run(task_status=task_status))
        with trio.fail_after(30):
            yield f"127.0.0.1:{port}/chroot"
        nursery.cancel_scope.cancel()


@attrs.define(eq=False)
class Following:
    """Rules that follow a session, and what became of them."""

    rules: AclRules
    session: ZkSession
    moved: trio.Event = attrs.field(factory=trio.Event)

    async def until(self, *rules: Binding) -> None:
        """Until exactly these are known."""
        while set(self.rules.acls) != set(rules):
            await self.moved.wait()

    def tell(self, acls: AclSet) -> None:
        moved, self.moved = self.moved, trio.Event()
        moved.set()


@asynccontextmanager
async def following(connect: str, wall_ms: int | None = None) -> AsyncIterator[Following]:
    async with open_session(connect) as session, trio.open_nursery() as nursery:
        found: list[Following] = []
        rules = AclRules(lambda acls: found[0].tell(acls) if found else None)
        if wall_ms is not None:
            rules._wall_ms = lambda: wall_ms
        found.append(Following(rules, session))
        await nursery.start(rules.follow, session)
        yield found[0]
        nursery.cancel_scope.cancel()


async def test_two_brokers_lose_nothing_of_each_other(tmp_path: Path) -> None:
    async with zookeeper(tmp_path) as connect, following(connect) as one, following(connect) as other:
        ours = [allow(f"User:a{n}", Operation.READ, ORDERS) for n in range(20)]
        theirs = [allow(f"User:b{n}", Operation.READ, ORDERS) for n in range(20)]
        async with trio.open_nursery() as nursery:
            for rule in ours:
                nursery.start_soon(one.rules.create, one.session, [rule])
            for rule in theirs:
                nursery.start_soon(other.rules.create, other.session, [rule])
        await one.until(*ours, *theirs)
        await other.until(*ours, *theirs)
        everything = BindingFilter()
        removed = await one.rules.delete(one.session, [everything])
        assert {rule for rule, failure in removed[0] if failure is None} == {*ours, *theirs}
        await other.until()


async def test_a_node_that_cannot_be_read_lets_nobody_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with zookeeper(tmp_path) as connect:
        async with open_session(connect) as session:
            for path in (*znodes.PATHS, znodes.path(READ.pattern)):
                await session.create_path(path)
            await session.set(znodes.path(READ.pattern), BROKEN, -1)
        async with following(connect) as here:
            (closed,) = here.rules.acls
            assert closed == deny(EVERYBODY, Operation.ALL, ORDERS)
            assert "Nobody but super users may use what it covers" in caplog.text
            assert here.rules.statistics().unreadable == 1
            failed = await here.rules.create(here.session, [READ])
            assert failed[READ] is not None, "what cannot be read is not overwritten"
            await here.session.set(znodes.path(READ.pattern), znodes.encode_entries([READ.entry]), -1)
            await here.session.create(
                znodes.change_path(ORDERS), znodes.encode_change(ORDERS), sequential=True
            )
            await here.until(READ)
            await here.session.set(znodes.path(READ.pattern), BROKEN, -1)
            before = here.rules.statistics().changes_seen
            await here.session.create(
                znodes.change_path(ORDERS), znodes.encode_change(ORDERS), sequential=True
            )
            while (  # noqa: ASYNC110 (logging tells nobody)
                here.rules.statistics().changes_seen == before or "What was known" not in caplog.text
            ):
                await trio.sleep(0.01)
            assert set(here.rules.acls) == {READ}, "what was known of it stays"


async def test_notices_of_garbage_are_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with zookeeper(tmp_path) as connect, following(connect) as here, following(connect) as other:
        await here.session.create(f"{znodes.change_path(ORDERS)}", b"garbage", sequential=True)
        assert await other.rules.create(other.session, [READ, DENY_DELETE]) == {READ: None, DENY_DELETE: None}
        await here.until(READ, DENY_DELETE)
        assert "is passed over" in caplog.text


async def test_old_notices_are_removed(tmp_path: Path) -> None:
    async with zookeeper(tmp_path) as connect:
        async with following(connect) as here:
            await here.rules.create(here.session, [READ])
        far_future_ms = 10**15 + NOTICES_KEPT_MS
        async with following(connect, far_future_ms) as later:
            await later.rules.create(later.session, [allow("User:b", Operation.READ, ORDERS)])
            changes = znodes.CHANGES[ORDERS.pattern_type]
            while await later.session.get_children(changes):  # noqa: ASYNC110 (only asking tells)
                await trio.sleep(0.01)
            assert len(later.rules.acls) == 2


async def test_a_directory_of_notices_that_is_made_anew(tmp_path: Path) -> None:
    """Its numbers begin again at 0, and were taken for old ones: the rules stood still until the session ended."""
    async with zookeeper(tmp_path) as connect, following(connect) as one, following(connect) as other:
        for number in range(3):
            await other.rules.create(other.session, [allow(f"User:{number}", Operation.READ, ORDERS)])
        before = [allow(f"User:{number}", Operation.READ, ORDERS) for number in range(3)]
        await one.until(*before)
        changes = znodes.CHANGES[ORDERS.pattern_type]
        for name in await one.session.get_children(changes):
            await one.session.delete(f"{changes}/{name}", -1)
        await one.session.delete(changes, -1)
        for rules, rule in (
            (one, READ),
            (other, DENY_DELETE),
            (other, allow("User:x", Operation.READ, ORDERS)),
        ):
            assert await rules.rules.create(rules.session, [rule]) == {rule: None}
            before.append(rule)
            await one.until(*before)
            await other.until(*before)


async def test_own_notices_are_not_read_and_others_are(tmp_path: Path) -> None:
    async with zookeeper(tmp_path) as connect, following(connect) as one, following(connect) as other:
        mine = [allow(f"User:{number}", Operation.READ, literal(TOPIC, f"t{number}")) for number in range(50)]
        await one.rules.create(one.session, mine)
        await other.until(*mine)
        theirs = deny("User:0", Operation.READ, literal(TOPIC, "t0"))
        await other.rules.create(other.session, [theirs])
        await one.until(*mine, theirs)
        await one.rules.delete(one.session, [BindingFilter.exactly(theirs)])
        await other.until(*mine)
        await one.until(*mine)
        while any(one.rules._own_notices.values()):  # noqa: ASYNC110 (each is forgotten when it has come)
            await trio.sleep(0.01)
