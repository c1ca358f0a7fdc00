"""Unmodified clients come in by every mechanism, do what they may and nothing else; and who may not come in is told."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from acl.__main__ import main
from acl.model import Operation, ResourceType, allow, literal, prefixed
from acl.stores.store import StoreError
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.interop.clients import (
    AioKafka,
    Beginning,
    Client,
    ConfluentKafka,
    Delivery,
    JavaClients,
    KafkaPython,
)
from tests.interop.logins import Login
from tests.interop.records import require_same
from tests.interop.secured import MECHANISMS, REAUTH_MS, SECRETS, Secured, open_secured
from tests.support.certificates import new_authority
from tests.support.peers import PRODUCER_PERFORMANCE, RECORD_CLIENT, JavaTools

COUNT = 20
CLIENTS = [
    pytest.param("confluent-kafka", marks=pytest.mark.clients("confluent_kafka")),
    pytest.param("kafka-python", marks=pytest.mark.clients("kafka")),
    pytest.param("aiokafka", marks=pytest.mark.clients("aiokafka")),
    pytest.param("java", marks=pytest.mark.peers),
]
TIDY_CLIENTS = [CLIENTS[0], *CLIENTS[2:]]
"""Without kafka-python, whose thread outlives a client that could not connect."""
WAYS = [
    ("TLS", None),
    *(("SASLTLS", mechanism) for mechanism in MECHANISMS),
    ("SASL", "SCRAM-SHA-256"),
]
CONFIG_COMMAND = "kafka.admin.ConfigCommand"
DORAS = "doras-own-7"
DELEGATION_TOKENS = "org.apache.kafka.tools.DelegationTokenCommand"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The cluster; alice may use topics that begin with her name."""
    with open_secured(tmp_path_factory.mktemp("secured")) as cluster:
        mine = prefixed(ResourceType.TOPIC, "alice-")
        access = ZooKeeperAccess(
            cluster.zookeeper_connect, auth=(("digest", f"kafka:{SECRETS['znodes']}"),), protect=True
        )
        with closing(ZooKeeperStore(access)) as store:
            store.change(
                add=[
                    allow("User:alice", operation, mine)
                    for operation in (Operation.READ, Operation.WRITE, Operation.CREATE)
                ]
                + [allow("User:alice", Operation.READ, literal(ResourceType.GROUP, "unused"))]  # librdkafka's
            )
        yield cluster


def client_of(name: str, login: Login, request: pytest.FixtureRequest) -> Client:
    if name == "java":
        tools: JavaTools = request.getfixturevalue("java_tools")
        return JavaClients(tools, login=login)
    if name == "confluent-kafka":
        return ConfluentKafka(login=login)
    return KafkaPython(login=login) if name == "kafka-python" else AioKafka(login=login)


def create_topic(secured: Secured, name: str) -> str:
    """A topic with a copy on each broker, so that its records go through both and between them."""
    from kafka.admin import KafkaAdminClient, NewTopic

    login = secured.login("admin", "SASL", "SCRAM-SHA-512")
    admin = KafkaAdminClient(bootstrap_servers=secured.bootstrap("SASL"), **login.kafka_python())
    try:
        admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=2)], wait_for_metadata=True)
    finally:
        admin.close()
    return name


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_by_every_mechanism(
    name: str, listener: str, mechanism: str | None, secured: Secured, request: pytest.FixtureRequest
) -> None:
    client = client_of(name, secured.login("alice", listener, mechanism), request)
    topic = create_topic(secured, f"alice-{name}-{listener}-{mechanism}")
    bootstrap = secured.bootstrap(listener)
    sent = client.sample(COUNT)
    client.produce(bootstrap, topic, sent, Delivery(acks="all", idempotent=True))
    require_same(sent, client.read(bootstrap, topic, Beginning(), COUNT))


# ------------------------------------------------------------------------------------------- who may not come in


def complaint(name: str, login: Login, bootstrap: str, request: pytest.FixtureRequest) -> str:
    """What a client says that cannot come in."""
    if name == "confluent-kafka":
        return _librdkafkas_complaint(login, bootstrap)
    if name == "aiokafka":
        return asyncio.run(_aiokafkas_complaint(login, bootstrap))
    tools: JavaTools = request.getfixturevalue("java_tools")
    words = [f"{key}={value}" for key, value in login.java().items()]
    found = tools.run(RECORD_CLIENT, "read", bootstrap, "alice-x", "beginning", "1", *words)
    assert found.exit_code != 0
    return found.errors


def _librdkafkas_complaint(login: Login, bootstrap: str) -> str:
    from confluent_kafka import KafkaException, Producer

    said: list[str] = []
    producer = Producer(
        {"bootstrap.servers": bootstrap, "error_cb": lambda error: said.append(str(error))}
        | login.librdkafka()
    )
    with pytest.raises(KafkaException):
        producer.list_topics(timeout=0.5)
    producer.poll(0)
    return "\n".join(said)


def _is_let_in(login: Login, bootstrap: str) -> bool:
    from confluent_kafka import KafkaException, Producer

    producer = Producer({"bootstrap.servers": bootstrap} | login.librdkafka())
    try:
        producer.list_topics(timeout=0.5)
    except KafkaException:
        return False
    return True


async def _aiokafkas_complaint(login: Login, bootstrap: str) -> str:
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import KafkaError

    talk = logging.getLogger("aiokafka")
    level = talk.level
    talk.setLevel(logging.CRITICAL)  # a record that is kept would keep the socket, too
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, **login.aiokafka())
    try:
        with pytest.raises(KafkaError) as raised:
            await producer.start()
        return repr(raised.value)
    finally:
        await producer.stop()
        talk.setLevel(level)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"])
@pytest.mark.parametrize("name", TIDY_CLIENTS)
def test_a_wrong_password_and_a_token_that_has_expired(
    name: str, mechanism: str, secured: Secured, request: pytest.FixtureRequest
) -> None:
    login = secured.login("alice", "SASLTLS", mechanism)
    login = attrs.evolve(login, password="wrong")
    logged = "wrong password, user 'alice'"
    if mechanism == "OAUTHBEARER":
        login = attrs.evolve(login, bearer=secured.bearer("alice", lifetime_s=-60))
        logged = "it expired 6"
    before = secured.mark()
    complaint(name, login, secured.bootstrap("SASLTLS"), request)
    line = secured.wait_line(logged, before)
    assert "INFO Failed authentication with 127.0.0.1" in line
    assert f"on SASLTLS ({mechanism})" in line


WHAT_IS_LOGGED = {
    "expired": "its certificate is not accepted: certificate has expired",
    "stranger": "its certificate is not accepted: self-signed certificate in certificate chain",
    "distrusting": "",  # how much a client says of it is its own affair
    "without": "it showed no certificate, and the listener requires one (ssl.client.auth=required)",
    "plain": "what it sent is not TLS; does it speak plain text?",
}
DISTRUSTING = {
    "confluent-kafka": "it does not know the authority that signed our certificate",
    "aiokafka": "the connection was closed in the middle of the TLS handshake",
    "java": "it does not accept our certificate",
}


FAILING = [
    pytest.param(name, wrong, marks=client.marks)
    for client in TIDY_CLIENTS
    for (name,) in (client.values,)
    for wrong in WHAT_IS_LOGGED
    if (name, wrong) != ("java", "plain")  # Java's consumer tries for ever and says nothing
]


@pytest.mark.parametrize(("name", "wrong"), FAILING)
def test_tls_that_fails(name: str, wrong: str, secured: Secured, request: pytest.FixtureRequest) -> None:
    login = secured.login("alice", "TLS")
    file = secured.directory / f"{wrong}.pem"
    if wrong == "expired":
        login = attrs.evolve(login, certificate=secured.authority.issue("alice", days=-1).write_pem(file))
    elif wrong == "stranger":
        login = attrs.evolve(login, certificate=new_authority("Strangers").issue("alice").write_pem(file))
    elif wrong == "distrusting":
        login = attrs.evolve(login, trusted=new_authority("Strangers").write_pem(file))
    elif wrong == "without":
        login = attrs.evolve(login, certificate=None)
    else:
        login = Login()
    before = secured.mark()
    complaint(name, login, secured.bootstrap("TLS"), request)
    logged = WHAT_IS_LOGGED[wrong] or DISTRUSTING[name]
    line = secured.wait_line(f" on TLS: {logged}", before)
    assert "INFO closing the connection of 127.0.0.1" in line


# ------------------------------------------------------------------------------------------- who may come in, and more


@pytest.mark.peers
def test_delegation_tokens(secured: Secured, java_tools: JavaTools) -> None:
    """Made, used by another client, renewed and expired with Kafka's own command; used on the other broker."""
    owner = secured.directory / "owner.properties"
    words = secured.login("alice", "SASLTLS", "SCRAM-SHA-512").java()
    owner.write_text("".join(f"{key}={value}\n" for key, value in words.items()))
    bootstrap = secured.bootstrap("SASLTLS")

    def command(*words: str) -> str:
        where = ("--bootstrap-server", bootstrap, "--command-config", str(owner))
        return java_tools.run(DELEGATION_TOKENS, *where, *words).require_success().output

    made = command("--create", "--max-life-time-period", "-1", "--renewer-principal", "User:renewer")
    token_id, hmac = made.splitlines()[-1].split()[:2]
    assert "User:alice" in made and "User:renewer" in made
    topic = create_topic(secured, "alice-by-token")
    for broker, mechanism in ((0, "SCRAM-SHA-256"), (1, "SCRAM-SHA-512")):
        login = Login(
            "SASL_SSL", mechanism, token_id, hmac, trusted=secured.trusted, by_delegation_token=True
        )
        client = JavaClients(java_tools, login=login)
        where = f"127.0.0.1:{secured.ports[broker]['SASLTLS']}"
        client.produce(where, topic, client.sample(5), Delivery())
        assert len(client.read(where, topic, Beginning(), 5)) == 5
    assert "Completed renew operation" in command("--renew", "--renew-time-period", "-1", "--hmac", hmac)
    assert token_id in command("--describe", "--owner-principal", "User:alice")
    assert "Completed expire operation" in command("--expire", "--expiry-time-period", "-1", "--hmac", hmac)
    refused = JavaClients(
        java_tools, login=Login("SASL_PLAINTEXT", "SCRAM-SHA-256", token_id, hmac, by_delegation_token=True)
    )
    before = secured.mark()
    with pytest.raises(AssertionError, match="SaslAuthenticationException"):
        refused.read(secured.bootstrap("SASL"), topic, Beginning(), 1)
    line = secured.wait_line("Failed authentication with", before)
    assert f"unknown token, token '{token_id}'" in line
    assert hmac not in secured.output()


@pytest.mark.peers
def test_users_through_the_admin_api(secured: Secured, java_tools: JavaTools) -> None:
    """Kafka's own kafka-configs gives a user a password, which counts on every broker, and takes it away again."""
    admin = secured.directory / "admin.properties"
    words = secured.login("admin", "SASLTLS", "SCRAM-SHA-512").java()
    admin.write_text("".join(f"{key}={value}\n" for key, value in words.items()))

    def configs(*words: str) -> str:
        where = ("--bootstrap-server", secured.bootstrap("SASLTLS"), "--command-config", str(admin))
        user = ("--entity-type", "users", "--entity-name", "dora")
        return java_tools.run(CONFIG_COMMAND, *where, *user, *words).require_success().output

    configs("--alter", "--add-config", f"SCRAM-SHA-512=[iterations=8192,password={DORAS}]")
    assert "SCRAM-SHA-512=iterations=8192" in configs("--describe")
    login = Login("SASL_PLAINTEXT", "SCRAM-SHA-512", "dora", DORAS)
    for ports in secured.ports:
        client = KafkaPython(login=login)
        from kafka.errors import TopicAuthorizationFailedError

        with pytest.raises(TopicAuthorizationFailedError):  # which is to be in, and to have no right
            client.produce(f"127.0.0.1:{ports['SASL']}", "alice-private", client.sample(1), Delivery())
    configs("--alter", "--delete-config", "SCRAM-SHA-512")
    before = secured.mark()
    deadline = time.monotonic() + 20
    while _is_let_in(login, secured.bootstrap("SASL")):  # until the broker has heard of it
        assert time.monotonic() < deadline
    secured.wait_line("unknown user, user 'dora'", before)


@pytest.mark.peers
def test_java_authenticates_anew_in_time(secured: Secured, java_tools: JavaTools) -> None:
    """KIP-368: connections that live longer than connections.max.reauth.ms go on without an error."""
    topic = create_topic(secured, "alice-anew")
    config = secured.directory / "anew.properties"
    words = secured.login("alice", "SASLTLS", "PLAIN").java()
    config.write_text("".join(f"{key}={value}\n" for key, value in words.items()))
    before = secured.mark()
    records = 10 * (3 * REAUTH_MS // 1000 + 1)
    result = java_tools.run(
        PRODUCER_PERFORMANCE,
        *("--topic", topic, "--num-records", str(records), "--record-size", "10", "--throughput", "10"),
        *("--producer-props", f"bootstrap.servers={secured.bootstrap('SASLTLS')}"),
        *("--producer.config", str(config)),
    ).require_success()
    assert result.output.splitlines()[-1].startswith(f"{records} records sent")
    secured.wait_line("authenticated anew as User:alice (PLAIN)", before)


def test_certificates_change_while_it_runs(secured: Secured) -> None:
    """A new store in the place of the old one: who connects from then on sees it, without a restart."""

    def shown() -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(secured.trusted)
        address = ("127.0.0.1", secured.ports[0]["SASLTLS"])
        with (
            socket.create_connection(address, timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            certificate = connection.getpeercert(binary_form=True)
            assert certificate is not None
            return certificate

    before, fresh = shown(), secured.authority.issue("broker-1")
    fresh.write_pkcs12(secured.directory / "broker-1.p12", SECRETS["key"])
    new = fresh.certificate.public_bytes(Encoding.DER)
    deadline = time.monotonic() + 60
    while (now := shown()) != new:
        assert now == before and time.monotonic() < deadline
        time.sleep(0.1)


def test_what_is_not_allowed_is_denied_and_logged(secured: Secured) -> None:
    """mallory proves who it is, and may nothing."""
    topic = create_topic(secured, "alice-private")
    client = KafkaPython(login=secured.login("mallory", "SASLTLS", "SCRAM-SHA-512"))
    from kafka.errors import TopicAuthorizationFailedError

    with pytest.raises(TopicAuthorizationFailedError):
        client.produce(secured.bootstrap("SASLTLS"), topic, client.sample(1), Delivery())
    line = secured.wait_line("Principal = User:mallory is Denied")
    assert f"on resource = Topic:LITERAL:{topic}" in line and "rule = " in line


@pytest.mark.parametrize(
    ("listener", "mechanism"),
    [("SASLTLS", "PLAIN"), ("SASL", "SCRAM-SHA-512"), ("SASLTLS", "OAUTHBEARER"), ("TLS", None)],
)
def test_the_acl_command_comes_in_as_javas_clients_do(
    listener: str, mechanism: str | None, secured: Secured, capsys: pytest.CaptureFixture[str]
) -> None:
    def acl(user: str, *words: str) -> int:
        config = secured.directory / f"acl-{user}-{listener}.properties"
        login = secured.login(user, listener, mechanism).java()
        config.write_text("".join(f"{key}={value}\n" for key, value in login.items()))
        where = ["--bootstrap-server", secured.bootstrap(listener), "--command-config", str(config)]
        return main([*words, *where])

    assert acl("admin", "list", "--principal", "User:alice", "--output", "csv") == 0
    assert "User:alice,Allow,Read,Group,LITERAL,unused,*" in capsys.readouterr().out
    assert acl("alice", "list") == 1
    assert "do not permit this: reading rules takes Describe" in capsys.readouterr().err


def test_the_znodes_are_protected(secured: Secured) -> None:
    """zookeeper.set.acl: who has no credential reads what everybody may, and changes nothing."""
    with closing(ZooKeeperStore(ZooKeeperAccess(secured.zookeeper_connect))) as stranger:
        with pytest.raises(StoreError, match="its nodes are protected"):
            stranger.change(add=[allow("User:mallory", Operation.ALL, literal(ResourceType.TOPIC, "*"))])
        assert len(stranger.read()) == 4


def test_nothing_secret_is_logged(secured: Secured) -> None:
    """After all that, at DEBUG. Runs last in this module."""
    output = secured.output()
    assert "DEBUG" in output and "Failed authentication" in output
    secrets = [*SECRETS.values(), DORAS, *(file.read_text() for file in secured.directory.glob("*.jwt"))]
    assert not [secret for secret in secrets if secret in output]
    signatures = [secret.rpartition(".")[2] for secret in secrets if secret.count(".") == 2]
    assert not [signature for signature in signatures if signature in output]
