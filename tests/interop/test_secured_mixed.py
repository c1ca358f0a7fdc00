"""A zkbroker and an Apache Kafka broker in one secured cluster: they log in at each other and obey the same rules."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import attrs
import pytest
import trio

from acl.model import Operation, ResourceType, allow, deny, literal
from acl.stores.brokers import BrokerStore
from acl.stores.store import wait_for
from tests.interop.clients import Beginning, Delivery, JavaClients, KafkaPython
from tests.interop.logins import Login
from tests.interop.records import require_same
from tests.interop.secured import LISTENERS, SECRETS, TALKATIVE, properties
from tests.support.certificates import new_authority
from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER, JavaTools
from zkbroker.testing.processes import free_port
from zkbroker.testing.servers import BrokerServer, new_broker, new_zookeeper

pytestmark = [pytest.mark.long, pytest.mark.peers, pytest.mark.clients("kafka")]

DELEGATION_TOKENS = "org.apache.kafka.tools.DelegationTokenCommand"
DESCRIBE = ("--describe", "--owner-principal", "User:admin")
NOT_KAFKAS = ("zookeeper.digest", "zookeeper.set.acl")
COUNT = 20


@attrs.frozen
class Mixed:
    """Broker 1 is ours, broker 2 is Kafka's."""

    brokers: dict[int, BrokerServer]
    ports: dict[int, dict[str, int]]

    def at(self, broker_id: int) -> str:
        return f"127.0.0.1:{self.ports[broker_id]['SASL']}"


def scram(user: str) -> Login:
    return Login("SASL_PLAINTEXT", "SCRAM-SHA-512", user, SECRETS[user])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    directory = tmp_path_factory.mktemp("mixed")
    authority = new_authority()
    authority.write_pem(directory / "trusted.pem")
    zookeeper = new_zookeeper(directory, APACHE_ZOOKEEPER)
    found = Mixed({}, {})

    async def start() -> None:
        zookeeper.process.start()
        await zookeeper.process.wait_ready()
        for user in ("broker", "admin", "alice"):
            argv = [sys.executable, "-m", "zkbroker", "user", "add", user, "--zookeeper", zookeeper.connect]
            await trio.run_process(argv, stdin=SECRETS[user].encode(), stdout=subprocess.DEVNULL)
        for broker_id, kind in ((1, TALKATIVE), (2, APACHE_KAFKA)):
            keys = directory / f"broker-{broker_id}.p12"
            authority.issue(f"broker-{broker_id}").write_pkcs12(keys, SECRETS["key"])
            server = new_broker(directory, broker_id, zookeeper.connect, kind, default_replication_factor=2)
            ports = {"BROKERS": server.port} | {name: free_port() for name in list(LISTENERS)[1:]}
            found.brokers[broker_id], found.ports[broker_id] = server, ports
            settings = properties(directory, broker_id, ports)
            server.properties |= {
                key: value
                for key, value in settings.items()
                if key not in NOT_KAFKAS and "oauthbearer" not in key
            }
            for listener in ("sasl", "sasltls"):
                own = f"listener.name.{listener}.sasl.enabled.mechanisms"
                server.properties[own] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
            server.start()
        for server in found.brokers.values():
            await server.process.wait_ready()

    try:
        trio.run(start)
        yield found
    finally:
        for process in (*(server.process for server in found.brokers.values()), zookeeper.process):
            process.kill()


def led_by(mixed: Mixed, name: str, leader: int) -> None:
    """A topic on both brokers, led by one."""
    from kafka.admin import KafkaAdminClient, NewTopic

    admin = KafkaAdminClient(bootstrap_servers=[mixed.at(1), mixed.at(2)], **scram("admin").kafka_python())
    try:
        topic = NewTopic(name, replica_assignments={0: [leader, 3 - leader]})
        admin.create_topics([topic], wait_for_metadata=True)
    finally:
        admin.close()


def test_records_go_both_ways_and_the_rules_are_the_same(mixed: Mixed) -> None:
    client = KafkaPython(login=scram("alice"))
    stores = {
        broker_id: BrokerStore(mixed.at(broker_id), scram("admin").java()) for broker_id in mixed.brokers
    }
    with closing(stores[1]), closing(stores[2]):
        for leader in mixed.brokers:
            topic = f"led-by-{leader}"
            led_by(mixed, topic, leader)
            rules = [
                allow("User:alice", operation, literal(ResourceType.TOPIC, topic))
                for operation in (Operation.READ, Operation.WRITE)
            ]
            # The rules are given at the one broker, and obeyed by the other.
            stores[3 - leader].change(add=rules)
            wait_for(stores[leader], there=rules)
            sent = client.sample(COUNT)
            client.produce(mixed.at(leader), topic, sent, Delivery(acks="all", idempotent=True))
            require_same(sent, client.read(mixed.at(3 - leader), topic, Beginning(), COUNT))

            from kafka.errors import TopicAuthorizationFailedError

            no_more = deny("User:alice", Operation.WRITE, literal(ResourceType.TOPIC, topic))
            stores[3 - leader].change(add=[no_more])
            wait_for(stores[leader], there=[no_more])
            with pytest.raises(TopicAuthorizationFailedError):
                client.produce(mixed.at(leader), topic, sent, Delivery(acks="all"))


def test_a_token_of_one_is_good_at_the_other(mixed: Mixed, java_tools: JavaTools, tmp_path: Path) -> None:
    owner = tmp_path / "owner.properties"
    owner.write_text("".join(f"{key}={value}\n" for key, value in scram("admin").java().items()))
    topic = "by-token"
    led_by(mixed, topic, 1)
    for maker in mixed.brokers:
        made = command(java_tools, mixed.at(maker), owner, "--create", "--max-life-time-period", "-1")
        token_id, hmac = made.splitlines()[-1].split()[:2]
        login = Login("SASL_PLAINTEXT", "SCRAM-SHA-256", token_id, hmac, by_delegation_token=True)
        client = JavaClients(java_tools, login=login)
        for other in mixed.brokers:
            deadline = time.monotonic() + 20  # a broker learns of it when the notice comes
            while token_id not in command(java_tools, mixed.at(other), owner, *DESCRIBE):
                assert time.monotonic() < deadline, f"broker {other} never knew the token of {maker}"
            client.produce(mixed.at(other), topic, client.sample(2), Delivery())


def command(tools: JavaTools, bootstrap: str, config: Path, *words: str) -> str:
    """Kafka's own command for delegation tokens; its output."""
    where = ("--bootstrap-server", bootstrap, "--command-config", str(config))
    return tools.run(DELEGATION_TOKENS, *where, *words).require_success().output
