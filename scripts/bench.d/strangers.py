"""What strangers at the door cost a client inside: its p99 at 200 records/s alone, and with each kind of stranger.

1,000 connections that never speak; 1,000 that stop in the middle of the TLS handshake; and, ten a second each, plain
text on the TLS port, wrong passwords, expired certificates and those of another authority: each in its own process.
"""

from __future__ import annotations

import argparse
import re
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs
import trio
from measure import Figures, say, say_machine, usage

from tests.support.certificates import new_authority
from zkbroker.network.listeners import AUTHENTICATION_S
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.processes import die_with_parent, free_port

MANY = 1_000
PER_S = 10
RATE = 200
CROWDS = ("silent", "half a handshake")
TO_THE_END_S = AUTHENTICATION_S + 8
LOGGED = {
    "silent": "it did not say who it is within",
    "half a handshake": "it did not say who it is within",
    "plain text": "what it sent is not TLS; does it speak plain text?",
    "wrong password": "wrong password, user 'alice'",
    "expired": "its certificate is not accepted: certificate has expired",
    "another authority": "its certificate is not accepted: self-signed certificate in certificate chain",
}


# ------------------------------------------------------------------------------------------------- the strangers


def client_hello() -> bytes:
    written = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = context.wrap_bio(ssl.MemoryBIO(), written, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return written.read()


def crowd(port: int, says: bytes) -> None:
    """A thousand connections, each with the same first words, held as long as this process lives."""
    held = []
    for _ in range(MANY):
        held.append(socket.create_connection(("127.0.0.1", port)))
        if says:
            held[-1].sendall(says)
    say("here")
    time.sleep(3600)


def one_by_one(attempt: Callable[[], None]) -> None:
    """Ten a second."""
    say("here")
    next_s = time.monotonic()
    while True:
        with suppress(OSError):  # as it should be
            attempt()
        next_s += 1 / PER_S
        time.sleep(max(0.0, next_s - time.monotonic()))


def knock(port: int, says: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(says)
        while connection.recv(1000):
            pass


def show(port: int, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate.with_name("trusted.pem"))
    context.load_cert_chain(certificate)
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.recv(1)


def guess(port: int) -> None:
    handshake = b"\0\x11\0\x01\0\0\0\x01\0\x01x\0\x05PLAIN"
    token = b"\0alice\0guess"
    authenticate = b"\0\x24\0\0\0\0\0\x02\0\x01x" + len(token).to_bytes(4, "big") + token
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for request in (handshake, authenticate):
            connection.sendall(len(request).to_bytes(4, "big") + request)
            connection.recv(1000)


def be(kind: str, tls_port: int, sasl_port: int, directory: Path) -> None:
    """Be that stranger until killed."""
    hello = b"\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff"
    if kind == "silent":
        crowd(tls_port, b"")
    elif kind == "half a handshake":
        crowd(tls_port, client_hello())
    elif kind == "plain text":
        one_by_one(lambda: knock(tls_port, hello))
    elif kind == "wrong password":
        one_by_one(lambda: guess(sasl_port))
    else:
        one_by_one(lambda: show(tls_port, directory / f"{kind}.pem"))


@contextmanager
def stranger(kind: str, tls_port: int, sasl_port: int, directory: Path) -> Iterator[None]:
    """That stranger, in a process of its own."""
    words = ["--be", kind, "--ports", str(tls_port), str(sasl_port), "--directory", str(directory)]
    argv = [sys.executable, str(Path(__file__).with_name("run.py")), "strangers", *words]
    process = subprocess.Popen([*die_with_parent(), *argv], stdout=subprocess.PIPE, text=True)
    try:
        yield  # it comes while the client is measured
        assert process.stdout is not None and process.poll() is None, "the strangers went away"
        assert process.stdout.readline() == "here\n"
    finally:
        process.kill()
        process.communicate()


# ------------------------------------------------------------------------------------------------- the client


@attrs.frozen
class Run:
    """What the client saw, and what the broker paid."""

    p99_ms: float
    cpu_percent: float  # of one core


async def run_client(cluster: Cluster, topic: str, seconds: float) -> Run:
    """Single records with acks=1, each timed from the moment it was due."""
    pid = cluster.brokers[1].process.pid
    before, began = usage(pid).cpu_s, trio.current_time()
    batch = build_batch([Record(offset=0, timestamp=int(time.time() * 1000), key=None, value=bytes(100))])
    address = cluster.brokers[1].bootstrap
    took: list[float] = []
    due = trio.current_time()
    for _ in range(int(RATE * seconds)):
        await trio.sleep_until(due)
        await cluster.client.produce_batch(topic, 0, batch, acks=1, address=address)
        took.append((trio.current_time() - due) * 1000)
        due += 1 / RATE
    used_s = usage(pid).cpu_s - before
    return Run(statistics.quantiles(took, n=100)[98], used_s / (trio.current_time() - began) * 100)


async def measure(directory: Path, runs: int, seconds: float) -> None:
    authority = new_authority()
    authority.write_pem(directory / "trusted.pem")
    authority.issue("broker").write_pem(directory / "broker.pem")
    authority.issue("alice", days=-1).write_pem(directory / "expired.pem")
    new_authority("Others").issue("alice").write_pem(directory / "another authority.pem")
    tls_port, sasl_port = free_port(), free_port()
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    async with open_cluster(directory / "cluster", brokers=1) as cluster:
        broker = cluster.brokers[1]
        port = broker.port
        await cluster.stop(1)
        broker.properties |= {
            "listeners": f"PLAINTEXT://127.0.0.1:{port},TLS://127.0.0.1:{tls_port},SASL://127.0.0.1:{sasl_port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT",
            "ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": directory / "broker.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": directory / "trusted.pem",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl.plain.sasl.jaas.config": f'{module} required user_alice="secret";',
        }
        await cluster.restart(1)
        topic = await cluster.create_topic()
        await run_client(cluster, topic, 2.0)  # a warm-up
        for kind, logged in LOGGED.items():
            alone, beside = [], []
            for _ in range(1 if kind in CROWDS else runs):
                alone.append(await run_client(cluster, topic, TO_THE_END_S if kind in CROWDS else seconds))
                with stranger(kind, tls_port, sasl_port, directory):
                    # A crowd is seen to its end, when the broker has closed all of it.
                    beside.append(
                        await run_client(cluster, topic, TO_THE_END_S if kind in CROWDS else seconds)
                    )
            what = f"{MANY:,} x" if kind in CROWDS else f"{PER_S}/s"
            p99s, ours = Figures([run.p99_ms for run in beside]), Figures([run.p99_ms for run in alone])
            cpu = Figures([run.cpu_percent for run in beside])
            own_cpu = Figures([run.cpu_percent for run in alone])
            say(f"{what} {kind}: p99 {p99s} ms, alone {ours} ms, ratio {p99s.median / ours.median:.2f}")
            say(f"    the broker's CPU {cpu} % of a core, alone {own_cpu} %")
            lines = len(re.findall(re.escape(logged), broker.process.output()))
            say(f"    {lines} log lines so far: ... {logged} ...")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each kind, and alone before each")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--be", choices=LOGGED, help=argparse.SUPPRESS)
    parser.add_argument("--ports", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    parsed = parser.parse_args(argv)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if parsed.be is not None:
        tls_port, sasl_port = parsed.ports
        be(parsed.be, tls_port, sasl_port, parsed.directory)
        return 0
    say_machine()
    with tempfile.TemporaryDirectory(prefix="zkbroker-bench-") as directory:
        trio.run(measure, Path(directory), parsed.runs, parsed.seconds)
    return 0
