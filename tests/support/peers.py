"""Apache Kafka 3.9.1 and its ZooKeeper, run from the jars of tests/peers: what we are compared with."""

from __future__ import annotations

import base64
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio

from zkbroker.testing.processes import die_with_parent
from zkbroker.testing.servers import BrokerKind, ZooKeeperKind

PEERS = Path(__file__).parent.parent / "peers"
LIBS = PEERS / "libs"
CLASSES = PEERS / "target"  # our own few Java classes, compiled

# A short-lived, small JVM: quick to start, one collector thread, no optimising compiler that eats the cores.
FRUGAL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

PRODUCER_PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance"
CONSUMER_PERFORMANCE = "org.apache.kafka.tools.ConsumerPerformance"
VERIFIABLE_PRODUCER = "org.apache.kafka.tools.VerifiableProducer"
VERIFIABLE_CONSUMER = "org.apache.kafka.tools.VerifiableConsumer"
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
CONSOLE_PRODUCER = "kafka.tools.ConsoleProducer"
TOPIC_COMMAND = "org.apache.kafka.tools.TopicCommand"
CONFIG_COMMAND = "kafka.admin.ConfigCommand"
REASSIGN_PARTITIONS = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
LEADER_ELECTION = "org.apache.kafka.tools.LeaderElectionCommand"
CONSUMER_GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
RECORD_CLIENT = "RecordClient"  # ours: tests/peers/RecordClient.java
GROUP_MEMBER = "GroupMember"  # ours: tests/peers/GroupMember.java
GET_OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
DUMP_LOG = "kafka.tools.DumpLogSegments"
ZOOKEEPER_SHELL = "org.apache.zookeeper.ZooKeeperMain"


# As kafka-server-start.sh runs a broker, for measurements.
SERVER = (
    "-server",
    "-Xms1g",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
)

APACHE_KAFKA = BrokerKind(
    "apache-kafka",
    lambda file: java_argv("kafka.Kafka", str(file), heap="512m"),
    {"num.network.threads": 2, "num.io.threads": 4, "log.cleaner.dedupe.buffer.size": 4 << 20},
)
APACHE_KAFKA_AS_SHIPPED = BrokerKind(
    "apache-kafka",
    lambda file: java_argv("kafka.Kafka", str(file), heap="1g", flags=SERVER),
    {"num.network.threads": 3, "num.io.threads": 8},
)


def older_kafka(libs: Path) -> BrokerKind:
    """Brokers of another release, from its jars."""
    return attrs.evolve(
        APACHE_KAFKA,
        name="older-kafka",
        argv=lambda file: java_argv("kafka.Kafka", str(file), heap="512m", libs=libs),
    )


APACHE_ZOOKEEPER = ZooKeeperKind("apache-zookeeper", lambda data, port: _zookeeper_argv(data, port))


def _zookeeper_argv(data: Path, port: int) -> list[str]:
    """The command line of a server; writes its zoo.cfg beside its data."""
    config = data / "zoo.cfg"
    settings = {
        "tickTime": 500,  # ms: so that sessions of a second are allowed
        "maxSessionTimeout": 60_000,
        "dataDir": data,
        "clientPort": port,
        "clientPortAddress": "127.0.0.1",
        "maxClientCnxns": 0,
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "*",
    }
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return java_argv("org.apache.zookeeper.server.quorum.QuorumPeerMain", str(config))


class ToolTimedOut(Exception):
    """A Java tool did not end in its time; its JVM was ended."""


def missing() -> str | None:
    """Why the Java peers cannot be run here, in a few words; None if they can."""
    if shutil.which("javac") is None:
        return "Java (a JDK) is not installed"
    if not (LIBS / ".fetched-for").exists():
        return "Apache Kafka's jars are not in tests/peers/libs (scripts/test fetches them where Maven is)"
    return None


def java_argv(
    main_class: str,
    *args: str,
    heap: str = "256m",
    log4j: str = "log4j.properties",
    flags: Sequence[str] = FRUGAL,
    libs: Path = LIBS,
) -> list[str]:
    """The command line that runs a class of the peers in a JVM of its own."""
    log4j_url = (PEERS / "etc" / log4j).as_uri()
    class_path = f"{libs}/*:{CLASSES}:{PEERS}/etc"
    return [
        "java",
        *flags,
        f"-Xmx{heap}",
        f"-Dlog4j.configuration={log4j_url}",
        "-cp",
        class_path,
        main_class,
        *args,
    ]


def compile_classes() -> None:
    """Compile tests/peers/*.java where that has not been done since they changed."""
    stamp = CLASSES / ".compiled"
    sources = sorted(PEERS.glob("*.java"))
    if not stamp.exists() or any(source.stat().st_mtime > stamp.stat().st_mtime for source in sources):
        argv = ["javac", "-nowarn", "-d", str(CLASSES), "-cp", f"{LIBS}/*", *map(str, sources)]
        subprocess.run(argv, check=True)
        stamp.touch()


@attrs.frozen
class ToolResult:
    """What a command-line tool answered."""

    exit_code: int
    output: str
    errors: str

    def require_success(self) -> ToolResult:
        """Self, if the tool ended with 0. Raises: AssertionError with all it said."""
        assert self.exit_code == 0, f"exit code {self.exit_code}\n{self.output}\n{self.errors}"
        return self


@attrs.define(eq=False)
class JavaTools:
    """Kafka's and ZooKeeper's command-line tools, one at a time, in one JVM (tests/peers/ToolRunner.java).

    A tool blocks the calling thread: from async code use `run_in_thread`.
    """

    _jvm: subprocess.Popen[bytes] | None = attrs.field(default=None, init=False)

    def run(self, main_class: str, *args: str, stdin: bytes = b"", timeout_s: float = 60.0) -> ToolResult:
        """Run one tool to its end. Raises: ToolTimedOut; the next call starts a new JVM."""
        self.warm_up()
        jvm = self._jvm
        assert jvm is not None and jvm.stdin is not None
        words = [main_class.encode(), stdin, *(arg.encode() for arg in args)]
        jvm.stdin.write(b" ".join(base64.b64encode(word) or b"-" for word in words) + b"\n")
        jvm.stdin.flush()
        answer = self._read_answer(jvm, main_class, args, time.monotonic() + timeout_s)
        code, output, errors = answer.decode().split()
        return ToolResult(
            int(code), *(base64.b64decode(w).decode() if w != "-" else "" for w in (output, errors))
        )

    async def run_in_thread(
        self, main_class: str, *args: str, stdin: bytes = b"", timeout_s: float = 60.0
    ) -> ToolResult:
        """As run, while other tasks go on."""
        self.warm_up()  # in this thread: the JVM ends with the thread that started it, and a worker's ends when idle
        return await trio.to_thread.run_sync(
            lambda: self.run(main_class, *args, stdin=stdin, timeout_s=timeout_s)
        )

    def warm_up(self) -> None:
        """Start the JVM now, so that the first tool does not wait for it."""
        if self._jvm is None or self._jvm.poll() is not None:
            self._start()

    def close(self) -> None:
        """End the JVM."""
        if self._jvm is not None:
            self._jvm.kill()
            self._jvm.communicate()
            self._jvm = None

    def _start(self) -> None:
        self.close()
        compile_classes()
        argv = java_argv("ToolRunner", log4j="tools-log4j.properties")
        self._jvm = subprocess.Popen(
            [*die_with_parent(), *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    def _read_answer(
        self, jvm: subprocess.Popen[bytes], main_class: str, args: Sequence[str], deadline: float
    ) -> bytes:
        assert jvm.stdout is not None
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(jvm.stdout, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.close()
                    raise ToolTimedOut(f"{main_class} {' '.join(args)}")
                piece = os.read(jvm.stdout.fileno(), 1 << 16)
                if not piece:
                    self.close()
                    raise AssertionError(
                        f"the JVM ended in {main_class} {' '.join(args)}; its messages stand above"
                    )
                answer += piece
        return bytes(answer)


@contextmanager
def java_tools() -> Iterator[JavaTools]:
    """A JVM for command-line tools, ended on exit."""
    tools = JavaTools()
    try:
        yield tools
    finally:
        tools.close()


def run_alone(main_class: str, *args: str, stdin: bytes = b"", timeout_s: float = 60.0) -> ToolResult:
    """Run one tool in a JVM of its own, which takes a second to start: for those that leave threads behind,
    or do their work when the JVM ends.
    """
    argv = java_argv(main_class, *args, log4j="tools-log4j.properties")
    done = subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout_s)
    return ToolResult(done.returncode, done.stdout.decode(), done.stderr.decode())


def in_ci() -> bool:
    """Whether this is the automatic run, where nothing may be skipped for want of a peer."""
    return os.environ.get("CI", "") not in ("", "0", "false")


if __name__ == "__main__":  # python -m tests.support.peers CLASS ARGUMENT...: run one tool by hand
    os.execvp("java", java_argv(*sys.argv[1:], log4j="tools-log4j.properties"))
