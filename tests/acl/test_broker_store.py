"""Rules through brokers: a real Kafka 3.9.1 with AclAuthorizer, and what is straight in ZooKeeper beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trio

from acl.model import (
    CLUSTER_PATTERN,
    EVERYBODY,
    BindingFilter,
    Operation,
    PatternFilter,
    PatternType,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.stores.brokers import BATCH, BrokerStore, client_options
from acl.stores.store import Change, StoreError, wait_for
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.acl.conftest import forget_rules, run_broker
from tests.support.peers import APACHE_KAFKA
from zkbroker.testing.processes import free_port
from zkbroker.testing.servers import BrokerServer, ZooKeeperServer, new_broker

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
ORDERS = literal(TOPIC, "orders")
READ = allow("User:alice", Operation.READ, ORDERS)
WRITE = allow("User:alice", Operation.WRITE, ORDERS)
PREFIX = deny(EVERYBODY, Operation.DELETE, prefixed(TOPIC, "pay-"), "10.0.0.1")


@pytest.fixture(scope="module", params=["zkbroker", pytest.param("kafka", marks=pytest.mark.peers)])
def broker(
    request: pytest.FixtureRequest,
    zookeeper_server: ZooKeeperServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BrokerServer]:
    """A broker with an authorizer, whose super user everybody is."""
    if request.param == "zkbroker":
        yield request.getfixturevalue("zkbroker_server")
    else:
        yield from run_broker(tmp_path_factory.mktemp("acl-kafka"), zookeeper_server, APACHE_KAFKA)


@pytest.fixture
def store(broker: BrokerServer) -> Iterator[BrokerStore]:
    """A store through the broker, without rules."""
    forget_rules(broker)
    with closing(BrokerStore(broker.bootstrap)) as found:
        yield found


@pytest.fixture
def beside(broker: BrokerServer) -> Iterator[ZooKeeperStore]:
    """The same rules straight in ZooKeeper."""
    with closing(ZooKeeperStore(ZooKeeperAccess(str(broker.properties["zookeeper.connect"])))) as found:
        yield found


def test_rules_come_and_go(store: BrokerStore, beside: ZooKeeperStore) -> None:
    rules = {
        READ,
        WRITE,
        PREFIX,
        allow("User:a", Operation.CREATE_TOKENS, literal(ResourceType.USER, "User:b")),
    }
    assert set(store.change(add=rules).added) == rules
    assert set(store.read()) == set(beside.read()) == rules
    assert store.change(add=[READ], remove=[WRITE]) == Change((), (WRITE,))
    assert store.change(add=[READ]).is_empty
    assert set(store.change(remove=rules).removed) == rules - {WRITE}
    assert len(beside.read()) == 0


def test_a_broker_follows_what_is_written_beside_it(store: BrokerStore, beside: ZooKeeperStore) -> None:
    rules = [READ, PREFIX, allow("User:ö", Operation.ALL, literal(GROUP, "größe 1"))]
    beside.change(add=rules)
    assert set(wait_for(store, there=rules)) == set(rules)
    beside.change(remove=[PREFIX])
    assert set(wait_for(store, gone=[PREFIX])) == {READ, rules[2]}


def test_filters_choose_as_the_broker_does(store: BrokerStore) -> None:
    rules = [READ, WRITE, PREFIX, allow("User:b", Operation.READ, literal(TOPIC, "*"))]
    store.change(add=rules)
    acls = AclSet(rules)
    for how in (PatternType.ANY, PatternType.MATCH, PatternType.LITERAL, PatternType.PREFIXED):
        for name in (None, "orders", "pay-1", "pay-", "*"):
            chosen = BindingFilter(PatternFilter(TOPIC, how, name))
            assert set(store.matching(chosen)) == set(acls.matching(chosen)), chosen
    chosen = BindingFilter(PatternFilter(TOPIC, PatternType.MATCH, "pay-1"))
    assert set(store.delete([chosen])) == {PREFIX, rules[3]}
    assert set(store.read()) == {READ, WRITE}


def test_large_changes_go_in_batches(store: BrokerStore, beside: ZooKeeperStore) -> None:
    """With the rules of a pattern together, so that the broker writes its node once."""
    rules = [
        allow(f"User:{n}", Operation.READ, literal(TOPIC, f"t{m}"))
        for m in range(3)
        for n in range(BATCH // 2)
    ]
    assert len(store.change(add=rules).added) == len(rules)
    assert set(beside.read()) == set(rules)
    nodes = beside._read_nodes(literal(TOPIC, f"t{m}") for m in range(3))
    assert [node.version for node in nodes.values()] == [0, 0, 0]
    assert len(store.change(remove=rules).removed) == len(rules)


def test_a_pattern_near_a_mebibyte_is_refused(zkbroker_server: BrokerServer) -> None:
    """In a sentence, the broker's own, with nothing of that request written."""
    rules = [allow(f"User:{'x' * 2_500}{n}", Operation.READ, literal(TOPIC, "big")) for n in range(500)]
    with closing(BrokerStore(zkbroker_server.bootstrap)) as store:
        with pytest.raises(StoreError, match=r"would take \d+ bytes, and ZooKeeper takes at most"):
            store.change(add=rules)
        store.change(add=[READ])
        store.change(remove=store.read())


def test_what_the_broker_refuses_is_told(store: BrokerStore) -> None:
    bad = allow("User:a", Operation.READ, literal(ResourceType.CLUSTER, "other"))
    good = allow("User:a", Operation.ALTER, CLUSTER_PATTERN)
    with pytest.raises(
        StoreError,
        match="The broker refused Allow User:a Read cluster:other: The only valid name for the CLUSTER resource",
    ):
        store.change(add=[bad, good])
    assert set(store.read()) == {good}


def test_the_cluster_and_what_is_in_it(store: BrokerStore, beside: ZooKeeperStore) -> None:
    assert store.cluster_id() == beside.cluster_id() != ""
    assert store.existing()[TOPIC] == beside.existing()[TOPIC]
    assert GROUP in store.existing()


def test_changes_are_seen(store: BrokerStore) -> None:
    changes = store.watch(0.01)
    store.change(add=[READ])
    assert next(changes) == Change((READ,), ())
    assert next(changes).is_empty


@pytest.mark.peers
def test_without_an_authorizer(zookeeper_server: ZooKeeperServer, tmp_path: Path) -> None:
    server = new_broker(tmp_path, 1, f"{zookeeper_server.connect}/acl-none", APACHE_KAFKA)
    try:
        server.start()
        trio.run(server.process.wait_ready)
        with (
            closing(BrokerStore(server.bootstrap)) as store,
            pytest.raises(
                StoreError, match=r"The brokers at .* have no authorizer \(authorizer.class.name\)"
            ),
        ):
            store.read()
    finally:
        server.process.kill()


def test_nobody_answers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "kafka")  # its records hold the exceptions, and those its sockets
    where = f"127.0.0.1:{free_port()}"
    with pytest.raises(StoreError, match=f"No broker of {where} could be reached"):
        BrokerStore(where, {"request.timeout.ms": "300"})


# ---------------------------------------------------------------------------------------------- configuration


def test_a_java_clients_configuration() -> None:
    options = client_options(
        {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.jaas.config": 'org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" '
            'password="a\\"b=c";',
            "client.id": "me",
            "bootstrap.servers": "x:1",
            "retries": "5",
        }
    )
    assert options["security_protocol"] == "SASL_PLAINTEXT"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("admin", 'a"b=c')
    assert options["client_id"] == "me"
    plain = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
    options = client_options(
        plain | {"sasl.jaas.config": "x.PlainLoginModule required username=me password=p-w;"}
    )
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("me", "p-w")


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"security.protocol": "SASL_SSL"}, "sasl.mechanism=GSSAPI is not served"),
        (
            {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"},
            "OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url=file:///PATH",
        ),
        (
            {
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url": "file:///no/token",
            },
            "The token file /no/token cannot be read",
        ),
        (
            {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"},
            "sasl.jaas.config needs username",
        ),
        (
            {"security.protocol": "SSL", "ssl.truststore.location": "/x.jks"},
            "ssl.truststore.type=JKS is not served",
        ),
        (
            {"security.protocol": "SSL", "ssl.keystore.type": "PKCS12", "ssl.keystore.location": "/x.p12"},
            "ssl.keystore.location=/x.p12 cannot be read",
        ),
        (
            {"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.location": "/no.pem"},
            "ssl.truststore.location=/no.pem cannot be read",
        ),
        (
            {
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "SCRAM-SHA-256",
                "sasl.jaas.config": 'X required username="id" password="hmac" tokenauth="true";',
            },
            "A delegation token \\(tokenauth\\) is not served here",
        ),
        ({"default.api.timeout.ms": "soon"}, "default.api.timeout.ms=soon is no number"),
        ({"request.timeout.ms": "soon"}, "request.timeout.ms=soon is no number"),
        ({"security.protocol": "TLS"}, "Invalid value TLS for configuration security.protocol"),
    ],
)
def test_configuration_that_cannot_be_used(properties: dict[str, str], sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        client_options(properties)
