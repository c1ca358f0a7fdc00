"""Two brokers with every kind of secured listener, protected znodes and an authorizer; and everybody's way in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio

from tests.interop.bearer import Signing
from tests.interop.logins import Login
from tests.support.certificates import Authority, new_authority
from zkbroker.testing.processes import ManagedProcess, free_port
from zkbroker.testing.servers import (
    EMBEDDED_ZOOKEEPER,
    BrokerKind,
    BrokerServer,
    ZooKeeperServer,
    new_broker,
    new_zookeeper,
)

SECRETS = {
    "broker": "between-brokers-7",
    "admin": "admins-own-7",
    "alice": "alices-own-7",
    "mallory": "mallorys-own-7",
    "znodes": "of-the-znodes-7",
    "tokens": "of-the-tokens-7",
    "key": "of-the-key-7",
}
"""Each password and key phrase once: none of them may show in any log."""

LISTENERS = {"BROKERS": "SASL_SSL", "TLS": "SSL", "SASL": "SASL_PLAINTEXT", "SASLTLS": "SASL_SSL"}
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
REAUTH_MS = 1_500  # of PLAIN on SASLTLS

_TALKATIVE = """
import functools, logging, sys
from zkbroker.cli import logs
logs.set_up_logging = functools.partial(logs.set_up_logging, logging.DEBUG)
from zkbroker.__main__ import main
sys.exit(main())
"""
TALKATIVE = BrokerKind("zkbroker", lambda file: [sys.executable, "-c", _TALKATIVE, "broker", str(file)])
"""A broker that logs all it has to say: secrets show at DEBUG first."""

_JAAS = "org.apache.kafka.common.security"


@attrs.define(eq=False)
class Secured:
    """The running cluster."""

    directory: Path
    authority: Authority
    signing: Signing
    zookeeper: ZooKeeperServer
    brokers: list[BrokerServer]
    ports: list[dict[str, int]]  # of each broker, by listener

    @property
    def trusted(self) -> Path:
        return self.directory / "trusted.pem"

    @property
    def zookeeper_connect(self) -> str:
        return f"{self.zookeeper.connect}/secured"

    def bootstrap(self, listener: str) -> str:
        """`host:port` of the first broker."""
        return f"127.0.0.1:{self.ports[0][listener]}"

    def login(self, user: str, listener: str, mechanism: str | None = None) -> Login:
        """How that user comes in."""
        protocol = LISTENERS[listener]
        trusted = self.trusted if protocol.endswith("SSL") else None
        if mechanism is None:
            file = self.directory / f"{user}.pem"
            if not file.exists():
                self.authority.issue(user).write_pem(file)
            return Login(protocol, trusted=trusted, certificate=file)
        if mechanism == "OAUTHBEARER":
            return Login(protocol, mechanism, bearer=self.bearer(user), trusted=trusted)
        return Login(protocol, mechanism, user, SECRETS[user], trusted=trusted)

    def bearer(self, user: str, lifetime_s: float = 3600) -> Path:
        """A file with a signed token."""
        file = self.directory / f"{user}-{lifetime_s}.jwt"
        file.write_text(self.signing.token(user, time.time(), lifetime_s))
        return file

    def output(self) -> str:
        """What both brokers and ZooKeeper have logged."""
        return "".join(process.output() for process in self.processes)

    @property
    def processes(self) -> list[ManagedProcess]:
        return [self.zookeeper.process, *(broker.process for broker in self.brokers)]

    def wait_line(self, part: str, since: Sequence[int] = (0, 0), within_s: float = 20.0) -> str:
        """The first line of a broker's log that has this, waiting for it; `since` is a `mark`."""
        deadline = time.monotonic() + within_s
        while True:
            for broker, start in zip(self.brokers, since, strict=True):
                for line in broker.process.output()[start:].splitlines():
                    if part in line:
                        return line
            assert time.monotonic() < deadline, f"no line with {part!r} within {within_s} s"
            time.sleep(0.02)

    def mark(self) -> list[int]:
        """A place in the brokers' logs, for `wait_line`."""
        return [len(broker.process.output()) for broker in self.brokers]


def properties(directory: Path, broker_id: int, ports: Mapping[str, int]) -> dict[str, object]:
    """What makes a broker a secured one."""
    listeners = ",".join(f"{name}://127.0.0.1:{ports[name]}" for name in LISTENERS)
    broker, admin = SECRETS["broker"], SECRETS["admin"]
    plain = " ".join(f'user_{user}="{SECRETS[user]}"' for user in ("admin", "alice", "mallory"))
    scram = f'{_JAAS}.scram.ScramLoginModule required username="broker" password="{broker}";'
    found: dict[str, object] = {
        "listeners": listeners,
        "listener.security.protocol.map": ",".join(f"{name}:{how}" for name, how in LISTENERS.items()),
        "inter.broker.listener.name": "BROKERS",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.brokers.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.brokers.scram-sha-512.sasl.jaas.config": scram,
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": directory / f"broker-{broker_id}.p12",
        "ssl.keystore.password": SECRETS["key"],
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": directory / "trusted.pem",
        "listener.name.tls.ssl.client.auth": "required",
        "listener.name.tls.ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/",
        "connection.failed.authentication.delay.ms": 0,
        "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
        "super.users": "User:broker;User:admin",
        "zookeeper.set.acl": "true",
        "zookeeper.digest": f"kafka:{SECRETS['znodes']}",
        "delegation.token.secret.key": SECRETS["tokens"],
        "sasl.oauthbearer.jwks.endpoint.url": (directory / "keys.json").as_uri(),
        "sasl.oauthbearer.expected.audience": "kafka",
        "listener.name.sasltls.plain.connections.max.reauth.ms": REAUTH_MS,
    }
    for listener in ("sasl", "sasltls"):
        own = f"listener.name.{listener}"
        found |= {
            f"{own}.sasl.enabled.mechanisms": ",".join(MECHANISMS),
            f"{own}.plain.sasl.jaas.config": (
                f'{_JAAS}.plain.PlainLoginModule required username="admin" password="{admin}" {plain};'
            ),
            f"{own}.scram-sha-256.sasl.jaas.config": f"{_JAAS}.scram.ScramLoginModule required;",
            f"{own}.scram-sha-512.sasl.jaas.config": f"{_JAAS}.scram.ScramLoginModule required;",
            f"{own}.oauthbearer.sasl.jaas.config": (f"{_JAAS}.oauthbearer.OAuthBearerLoginModule required;"),
            f"{own}.oauthbearer.sasl.server.callback.handler.class": (
                f"{_JAAS}.oauthbearer.OAuthBearerValidatorCallbackHandler"
            ),
        }
    return found


def add_users(directory: Path, zookeeper_connect: str) -> None:
    """SCRAM credentials, before there is any broker."""
    access = directory / "zookeeper.properties"
    digest = f"kafka:{SECRETS['znodes']}"
    access.write_text(
        f"zookeeper.connect={zookeeper_connect}\nzookeeper.digest={digest}\nzookeeper.set.acl=true\n"
    )
    for user in ("broker", "admin", "alice", "mallory"):
        argv = [sys.executable, "-m", "zkbroker", "user", "add", user, "--config", str(access)]
        done = subprocess.run(argv, input=SECRETS[user], text=True, capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout == f"{user}: SCRAM-SHA-256, SCRAM-SHA-512\n"


def new_secured(directory: Path) -> Secured:
    """Not started yet."""
    authority, signing = new_authority(), Signing.new()
    authority.write_pem(directory / "trusted.pem")
    (directory / "keys.json").write_text(signing.key_set())
    zookeeper = new_zookeeper(directory, EMBEDDED_ZOOKEEPER)
    secured = Secured(directory, authority, signing, zookeeper, [], [])
    for broker_id in (1, 2):
        authority.issue(f"broker-{broker_id}").write_pkcs12(
            directory / f"broker-{broker_id}.p12", SECRETS["key"]
        )
        server = new_broker(directory, broker_id, secured.zookeeper_connect, TALKATIVE)
        ports = {"BROKERS": server.port} | {name: free_port() for name in list(LISTENERS)[1:]}
        server.properties |= properties(directory, broker_id, ports)
        secured.brokers.append(server)
        secured.ports.append(ports)
    return secured


async def _start(secured: Secured) -> None:
    secured.zookeeper.process.start()
    await secured.zookeeper.process.wait_ready()
    add_users(secured.directory, secured.zookeeper_connect)
    for server in secured.brokers:
        server.start()
    for server in secured.brokers:
        await server.process.wait_for_line(r"broker \d+ ready on")


async def _stop(secured: Secured) -> None:
    for process in reversed(secured.processes):
        await process.stop(grace_s=20)


@contextmanager
def open_secured(directory: Path) -> Iterator[Secured]:
    """The cluster, until the end of the block."""
    secured = new_secured(directory)
    try:
        trio.run(_start, secured)
        yield secured
        trio.run(_stop, secured)
    finally:
        for process in secured.processes:
            process.kill()
