"""Rules straight in ZooKeeper: what is written, what is told, and what happens when others write, too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest
from kazoo.client import KazooClient
from kazoo.security import CREATOR_ALL_ACL, READ_ACL_UNSAFE

from acl import znodes
from acl.model import (
    CLUSTER_PATTERN,
    EVERYBODY,
    RESOURCE_TYPES,
    Binding,
    Operation,
    Pattern,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.stores.store import Change, StoreError, wait_for
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore, tls_access
from tests.acl.conftest import Open
from zkbroker.testing.processes import free_port

TOPIC = ResourceType.TOPIC
ORDERS = literal(TOPIC, "orders")
READ = allow("User:alice", Operation.READ, ORDERS)
WRITE = allow("User:alice", Operation.WRITE, ORDERS)
PREFIX = deny(EVERYBODY, Operation.DELETE, prefixed(TOPIC, "pay-"))


@pytest.fixture
def root(connect: str) -> str:
    """The chroot's path for a client without one."""
    return connect[connect.index("/") :]


def notices(kazoo: KazooClient, root: str) -> list[bytes]:
    """All change notices in their order, literal ones first."""
    return [
        kazoo.get(f"{root}{changes}/{name}")[0]
        for changes in znodes.CHANGES.values()
        for name in sorted(kazoo.get_children(root + changes))
    ]


def test_rules_come_and_go(store: ZooKeeperStore) -> None:
    assert store.change(add=[READ, WRITE, PREFIX]) == Change((READ, WRITE, PREFIX))
    assert set(store.read()) == {READ, WRITE, PREFIX}
    assert store.change(add=[READ], remove=[WRITE]) == Change((), (WRITE,))
    assert store.change(add=[READ]).is_empty
    assert store.change(remove=[WRITE, READ, PREFIX]) == Change((), (READ, PREFIX))
    assert len(store.read()) == 0


def test_every_kind_of_resource(store: ZooKeeperStore) -> None:
    rules = {
        allow(
            "User:a", Operation.ALL, CLUSTER_PATTERN if kind == ResourceType.CLUSTER else make(kind, "ä b:*")
        )
        for kind in RESOURCE_TYPES
        for make in (literal, prefixed)
    }
    store.change(add=rules)
    assert set(store.read()) == rules


def test_one_write_and_one_notice_for_each_pattern_and_change(
    store: ZooKeeperStore, kazoo: KazooClient, root: str
) -> None:
    many = [allow(f"User:{n}", Operation.READ, ORDERS) for n in range(50)]
    store.change(add=[*many, PREFIX])
    assert notices(kazoo, root) == [znodes.encode_change(ORDERS), znodes.encode_change(PREFIX.pattern)]
    path = root + znodes.path(ORDERS)
    assert kazoo.get(path)[1].version == 0
    store.change(add=[WRITE], remove=many[:20])
    assert kazoo.get(path)[1].version == 1
    assert len(notices(kazoo, root)) == 3
    store.change(add=[WRITE])
    assert kazoo.get(path)[1].version == 1
    assert len(notices(kazoo, root)) == 3


def test_a_pattern_without_rules_has_no_node(store: ZooKeeperStore, kazoo: KazooClient, root: str) -> None:
    store.change(add=[READ])
    store.change(remove=[READ])
    assert kazoo.exists(root + znodes.path(ORDERS)) is None
    assert notices(kazoo, root) == [znodes.encode_change(ORDERS)] * 2


def test_a_missing_chroot_is_told_by_reading_and_made_by_writing(
    store: ZooKeeperStore, kazoo: KazooClient, root: str
) -> None:
    with pytest.raises(StoreError, match=f"There is no {root} in ZooKeeper at "):
        store.read()
    assert store.change(remove=[READ]).is_empty
    assert kazoo.exists(root) is None
    store.change(add=[READ])
    assert all(kazoo.exists(root + path) is not None for path in znodes.PATHS)


def test_a_chroot_without_rules(store: ZooKeeperStore, kazoo: KazooClient, root: str) -> None:
    kazoo.ensure_path(root)
    assert len(store.read()) == 0
    assert store.cluster_id() == ""
    assert store.existing() == {}


def test_the_cluster_and_its_topics(store: ZooKeeperStore, kazoo: KazooClient, root: str) -> None:
    kazoo.create(f"{root}/cluster/id", b'{"version":"1","id":"abc"}', makepath=True)
    kazoo.create(f"{root}/brokers/topics/orders", b"", makepath=True)
    assert store.cluster_id() == "abc"
    assert store.existing() == {TOPIC: frozenset({"orders"})}


# ---------------------------------------------------------------------------------------------- others write, too


def test_many_writers_lose_nothing(store: ZooKeeperStore, open_store: Open) -> None:
    store.change(add=[READ])
    writers, rounds = 4, 8
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        mine = open_store()
        try:
            for number in range(rounds):
                mine.change(add=[allow(f"User:{writer}-{number}", Operation.READ, ORDERS)])
                mine.change(remove=[allow(f"User:{writer}-{number - 1}", Operation.READ, ORDERS)])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert set(store.read()) == {
        READ,
        *(allow(f"User:{writer}-{rounds - 1}", Operation.READ, ORDERS) for writer in range(writers)),
    }


class Disturbed(ZooKeeperStore):
    """A store in whose writes something happens."""

    disturb: Callable[[], object]
    after_the_write = False
    times = 1

    def _send(self, writes: Mapping[Pattern, znodes.NodeWrite]) -> tuple[set[Pattern], set[Pattern]]:
        if self.times == 0:
            return super()._send(writes)
        self.times -= 1
        if self.after_the_write:
            assert super()._send(writes) == (set(), set())
            return set(), set(writes)  # the answers were lost
        self.disturb()
        return super()._send(writes)


@pytest.fixture
def disturbed(connect: str) -> Iterator[Disturbed]:
    with closing(Disturbed(ZooKeeperAccess(connect))) as found:
        yield found


OTHER = allow("User:other", Operation.READ, ORDERS)


@pytest.mark.parametrize("before", [[], [OTHER], [READ, OTHER]], ids=["no node", "a node", "already there"])
def test_what_another_wrote_meanwhile_stays(
    store: ZooKeeperStore, disturbed: Disturbed, before: list[Binding]
) -> None:
    more = allow("User:more", Operation.READ, ORDERS)
    store.change(add=[*before, PREFIX])
    disturbed.disturb = lambda: store.change(add=[more])
    found = disturbed.change(add=[READ, WRITE])
    assert set(store.read()) == {*before, more, READ, WRITE, PREFIX}
    assert set(found.added) == {READ, WRITE} - set(before)


def test_another_removes_the_node_meanwhile(store: ZooKeeperStore, disturbed: Disturbed) -> None:
    store.change(add=[OTHER])
    disturbed.disturb = lambda: store.change(remove=[OTHER])
    assert disturbed.change(add=[READ]).added == (READ,)
    assert set(store.read()) == {READ}


def test_a_writer_gives_up_with_a_sentence(store: ZooKeeperStore, disturbed: Disturbed) -> None:
    numbers = iter(range(100))

    def interfere() -> None:
        store.change(add=[allow(f"User:{next(numbers)}", Operation.READ, ORDERS)])

    store.change(add=[READ])
    disturbed.disturb = interfere
    disturbed.times = 100
    with pytest.raises(StoreError, match="Topic 'orders' could not be written in 11 attempts"):
        disturbed.change(add=[WRITE])


def test_a_lost_answer_is_looked_after(
    store: ZooKeeperStore, disturbed: Disturbed, kazoo: KazooClient, root: str
) -> None:
    """The write had happened: it is told as done, and neither it nor its notice is repeated."""
    store.change(add=[OTHER])
    disturbed.after_the_write = True
    assert disturbed.change(add=[READ], remove=[OTHER]) == Change((READ,), (OTHER,))
    assert set(store.read()) == {READ}
    assert len(notices(kazoo, root)) == 2


# ---------------------------------------------------------------------------------------------- limits


def test_a_node_near_a_mebibyte_is_refused_and_nothing_is_written(store: ZooKeeperStore) -> None:
    store.change(add=[PREFIX])
    too_many = [allow(f"User:somebody-with-a-long-name-{n}", Operation.READ, ORDERS) for n in range(10_000)]
    with pytest.raises(
        StoreError, match=r"The 10000 rules of Topic 'orders' would take \d+ bytes.*Nothing was changed"
    ):
        store.change(add=[*too_many, allow("User:a", Operation.READ, literal(TOPIC, "aaa"))])
    assert set(store.read()) == {PREFIX}
    fitting = too_many[:9_000]
    assert len(store.change(add=fitting).added) == 9_000


@pytest.mark.parametrize("name", ["a/b", "..", "a\x01", ""])
def test_names_that_no_node_can_have(store: ZooKeeperStore, name: str) -> None:
    with pytest.raises(StoreError, match="Nothing was changed"):
        store.change(add=[allow("User:a", Operation.READ, literal(ResourceType.GROUP, name))])


def test_unknown_words_are_not_written(store: ZooKeeperStore) -> None:
    with pytest.raises(StoreError, match="no broker takes"):
        store.change(add=[allow("User:a", Operation.UNKNOWN, ORDERS)])


def test_a_node_that_cannot_be_read_is_told_and_not_overwritten(
    store: ZooKeeperStore, kazoo: KazooClient, root: str
) -> None:
    store.change(add=[READ, PREFIX])
    kazoo.set(root + znodes.path(ORDERS), b'{"version":7}')
    assert set(store.read()) == {PREFIX}
    (problem,) = store.problems
    assert problem.startswith(f"The node {root}/kafka-acl/Topic/orders cannot be read, by brokers neither")
    with pytest.raises(StoreError, match="cannot be read"):
        store.change(add=[WRITE])
    store.change(add=[allow("User:a", Operation.READ, literal(TOPIC, "other"))])
    assert len(store.read()) == 2


@pytest.mark.parametrize("patterns", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_ten_thousand_more_on_ten_thousand(store: ZooKeeperStore, patterns: int) -> None:
    before = [allow(f"User:{n}", Operation.READ, literal(TOPIC, f"t{n % patterns}")) for n in range(10_000)]
    more = [allow(f"User:{n}", Operation.WRITE, literal(TOPIC, f"t{n % patterns}")) for n in range(10_000)]
    store.change(add=before)
    assert len(store.change(add=more).added) == 10_000
    assert store.read() == AclSet([*before, *more])


# ---------------------------------------------------------------------------------------------- access


def test_nobody_answers() -> None:
    with pytest.raises(StoreError, match="No ZooKeeper answered at "):
        ZooKeeperStore(ZooKeeperAccess(f"127.0.0.1:{free_port()}", timeout_s=0.3))


@pytest.mark.parametrize("connect_string", ["", "/kafka", "  "])
def test_no_host(connect_string: str) -> None:
    with pytest.raises(StoreError, match="names no ZooKeeper"):
        ZooKeeperStore(ZooKeeperAccess(connect_string))


def test_protected_nodes(open_store: Open, kazoo: KazooClient, root: str) -> None:
    mine = open_store(auth=(("digest", "admin:secret"),), protect=True)
    mine.change(add=[READ])
    acl, _ = kazoo.get_acls(root + znodes.path(ORDERS))
    assert {it.id.scheme for it in acl} == {"digest", "world"}
    assert len(acl) == len([*CREATOR_ALL_ACL, *READ_ACL_UNSAFE])
    stranger = open_store()
    assert set(stranger.read()) == {READ}
    with pytest.raises(StoreError, match=r"does not permit this.*--zookeeper-auth"):
        stranger.change(add=[WRITE])
    again = open_store(auth=(("digest", "admin:secret"),))
    assert again.change(add=[WRITE]).added == (WRITE,)


def test_kafkas_tls_settings() -> None:
    access = tls_access(
        ZooKeeperAccess("h:1"),
        {
            "zookeeper.ssl.client.enable": "true",
            "authorizer.zookeeper.ssl.truststore.location": "/ca.pem",
            "zookeeper.ssl.keystore.location": "/me.pem",
            "zookeeper.ssl.keystore.type": "PEM",
            "zookeeper.ssl.endpoint.identification.algorithm": "",
        },
    )
    assert (access.use_tls, access.verify_host) == (True, False)
    assert (access.ca_file, access.certificate_file, access.key_file) == ("/ca.pem", "/me.pem", "/me.pem")
    with pytest.raises(StoreError, match=r"zookeeper.ssl.truststore.type=JKS is not served"):
        tls_access(ZooKeeperAccess("h:1"), {"zookeeper.ssl.truststore.location": "/x.jks"})


# ---------------------------------------------------------------------------------------------- watching


def test_changes_are_seen_as_they_happen(
    store: ZooKeeperStore, open_store: Open, kazoo: KazooClient, root: str
) -> None:
    writer = open_store()
    writer.change(add=[READ])
    changes = store.watch(3600.0)  # longer than a test may take: only a watch that fires is in time
    writer.change(add=[WRITE, PREFIX])
    seen = next(changes)
    while len(seen.added) < 2:  # one notice for each of the two patterns
        more = next(changes)
        seen = Change((*seen.added, *more.added), (*seen.removed, *more.removed))
    assert (set(seen.added), seen.removed) == ({WRITE, PREFIX}, ())
    kazoo.create(root + znodes.change_path(ORDERS), b"garbage", sequence=True)
    assert next(changes).is_empty
    writer.change(remove=[READ])
    assert next(changes) == Change((), (READ,))


def test_without_changes_the_watch_reports_nothing_each_interval(store: ZooKeeperStore) -> None:
    store.change(add=[READ])
    changes = store.watch(0.01)
    assert [next(changes).is_empty for _ in range(3)] == [True] * 3


def test_waiting_for_a_change_to_show(store: ZooKeeperStore) -> None:
    store.change(add=[READ])
    assert READ in wait_for(store, there=[READ], gone=[WRITE])
    with pytest.raises(StoreError, match="Allow User:alice Write topic:orders is not there"):
        wait_for(store, there=[WRITE], timeout_s=0.0)
    with pytest.raises(StoreError, match="Allow User:alice Read topic:orders is still there"):
        wait_for(store, gone=[READ], timeout_s=0.0)
