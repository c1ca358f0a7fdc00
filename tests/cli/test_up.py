"""`zkbroker up`: what it plans, and how it runs the processes of a plan. The processes are stand-ins."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from tests.cli.commands import clean_environment, zkbroker
from zkbroker.cli import up
from zkbroker.cli.child import how_it_ended
from zkbroker.cli.cluster_plan import ClusterPlan, PlannedProcess, plan_cluster
from zkbroker.cli.failure import Failure
from zkbroker.cli.up import Cluster, run_cluster
from zkbroker.config import BrokerConfig, parse_properties
from zkbroker.testing.processes import free_port

# ------------------------------------------------------------------------------------------------ the plan


def plan(data: Path, **options: Any) -> ClusterPlan:
    defaults: dict[str, Any] = {
        "brokers": 3,
        "first_port": 9092,
        "host": "localhost",
        "data": data,
        "zookeeper": None,
        "zookeeper_port": 2181,
        "chroot": None,
        "overrides": [],
        "events": None,
        "environment": {},
    }
    return plan_cluster(**defaults | options)


def properties_of(planned: ClusterPlan, broker: int) -> dict[str, str]:
    text = planned.files[planned.data / f"broker-{broker}" / "server.properties"]
    return {found.key: found.value for found in parse_properties(text)}


def test_three_brokers_and_a_zookeeper_by_default(tmp_path: Path) -> None:
    planned = plan(tmp_path)
    assert planned.bootstrap == "localhost:9092,localhost:9093,localhost:9094"
    assert [process.address for process in planned.brokers] == [
        ("localhost", 9092),
        ("localhost", 9093),
        ("localhost", 9094),
    ]
    assert planned.zookeeper is not None
    assert planned.zookeeper.address == ("localhost", 2181)
    properties = properties_of(planned, 2)
    assert properties["broker.id"] == "2"
    assert properties["listeners"] == properties["advertised.listeners"] == "PLAINTEXT://localhost:9093"
    assert properties["zookeeper.connect"] == "localhost:2181"
    assert properties["log.dirs"] == str(tmp_path / "broker-2" / "logs")
    assert BrokerConfig.from_properties(properties).warnings == ()


@pytest.mark.parametrize(("brokers", "replicas", "min_isr"), [(1, "1", "1"), (2, "2", "2"), (5, "3", "2")])
def test_internal_topics_fit_the_cluster(tmp_path: Path, brokers: int, replicas: str, min_isr: str) -> None:
    properties = properties_of(plan(tmp_path, brokers=brokers), 1)
    assert properties["offsets.topic.replication.factor"] == replicas
    assert properties["transaction.state.log.replication.factor"] == replicas
    assert properties["transaction.state.log.min.isr"] == min_isr


def test_a_zookeeper_and_a_chroot_may_be_named(tmp_path: Path) -> None:
    planned = plan(tmp_path, zookeeper="zk1:2181,zk2:2181/kafka")
    assert planned.zookeeper is None
    assert planned.zookeeper_hosts == "zk1:2181,zk2:2181"
    assert properties_of(planned, 1)["zookeeper.connect"] == "zk1:2181,zk2:2181/kafka"
    for chroot in ("/a", "a", "/a/"):
        assert properties_of(plan(tmp_path, chroot=chroot), 1)["zookeeper.connect"] == "localhost:2181/a"
    with pytest.raises(Failure, match="has a chroot already"):
        plan(tmp_path, zookeeper="zk/a", chroot="/b")


def test_another_host_means_all_interfaces(tmp_path: Path) -> None:
    planned = plan(tmp_path, host="kafka.example.org")
    assert properties_of(planned, 1)["listeners"] == "PLAINTEXT://:9092"
    assert properties_of(planned, 1)["advertised.listeners"] == "PLAINTEXT://kafka.example.org:9092"
    assert planned.brokers[0].address == ("", 9092)
    assert plan(tmp_path, host="::1", brokers=1).bootstrap == "[::1]:9092"


def test_overrides_and_events_reach_every_broker(tmp_path: Path) -> None:
    planned = plan(tmp_path, overrides=["num.partitions=3", "num.io.threads=1"], events=tmp_path / "e")
    for process in planned.brokers:
        assert process.argv[-6:] == (
            *("--override", "num.partitions=3", "--override", "num.io.threads=1"),
            *("--events", str(tmp_path / "e")),
        )
    assert planned.warnings == (
        "num.io.threads=1 (--override) has no effect here: one event loop does the work of Kafka's thread pools",
    )


@pytest.mark.parametrize(
    ("options", "sentence", "code"),
    [
        ({"overrides": ["num.partitions=x"]}, "num.partitions=x (--override) is not allowed", 1),
        ({"overrides": ["authorizer.class.name=org.acme.A"]}, "authorizer.class.name=org.acme.A", 1),
        ({"overrides": ["broker.id=5"]}, "broker.id (--override) differs between brokers: use --brokers", 2),
        ({"overrides": ["log.dirs=/x"]}, "use --data", 2),
        ({"overrides": ["x"]}, "write it as --override key=value", 2),
        ({"environment": {"KAFKA_LISTENERS": "PLAINTEXT://:1"}}, "use --host and --port", 2),
        ({"first_port": 65534}, "leaves no ports for 3 brokers", 2),
        ({"host": "0.0.0.0"}, "clients cannot connect to 0.0.0.0", 1),
        ({"zookeeper": "a b"}, "it must be HOST:PORT", 1),
    ],
)
def test_what_cannot_work_is_said_before_anything_starts(
    tmp_path: Path, options: dict[str, Any], sentence: str, code: int
) -> None:
    with pytest.raises(Failure) as failure:
        plan(tmp_path, **options)
    assert sentence in str(failure.value)
    assert failure.value.exit_code == code
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------- running a plan


@attrs.define(eq=False)
class Stage:
    """A cluster of stand-ins, and the journal they write."""

    cluster: Cluster
    journal_file: Path

    @property
    def journal(self) -> list[str]:
        return self.journal_file.read_text().splitlines() if self.journal_file.exists() else []

    async def run(self) -> None:
        with trio.fail_after(30):
            await self.cluster.run()

    async def until_up(self) -> None:
        await self.until(lambda: self.cluster.is_up)

    async def until(self, holds: Any) -> None:
        while not holds():
            await self.cluster.moved.wait()


def stage(tmp_path: Path, *behaviours: str, zookeeper: str = "", restart: bool = False) -> Stage:
    """A broker for each behaviour ("" is the good one), and a ZooKeeper."""
    journal = tmp_path / "journal"

    def process(name: str, port: int, behaviour: str) -> PlannedProcess:
        argv = [sys.executable, "-m", "tests.cli.standin", name, f"localhost:{port}", str(journal), behaviour]
        return PlannedProcess(name, tuple(argv), tmp_path / "logs" / name, ("localhost", port), "--port")

    brokers = [process(f"broker {n}", n, behaviour) for n, behaviour in enumerate(behaviours, start=1)]
    planned = ClusterPlan(
        data=tmp_path / "data",
        zookeeper=process("zookeeper", 9, zookeeper),
        zookeeper_hosts="localhost:9",
        brokers=tuple(brokers),
        files={},
        bootstrap="localhost:1",
        warnings=("a warning",),
    )
    return Stage(Cluster(planned, restart), journal)


async def test_it_starts_everything_says_so_and_stops_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = stage(tmp_path, "", "", "")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await found.until_up()
        pids = {child.name: child.pid for child in found.cluster.brokers}
        found.cluster.stop()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a warning"
    assert sorted(lines[1:5]) == [
        *(f"broker {n} ready on localhost:{n} (process {pids[f'broker {n}']})" for n in (1, 2, 3)),
        next(line for line in lines if line.startswith("zookeeper ready on localhost:9 (process ")),
    ]
    assert lines[5] == "bootstrap.servers=localhost:1"
    assert lines[7:] == [
        "stopping",
        *(f"broker {n} stopped" for n in (3, 2, 1)),
        "zookeeper stopped",
    ]
    assert found.journal[4:] == [
        f"{name} stopped" for name in ("broker 3", "broker 2", "broker 1", "zookeeper")
    ]
    assert found.cluster.failure is None


async def test_a_broker_that_does_not_start_stops_all_with_its_sentence(tmp_path: Path) -> None:
    found = stage(tmp_path, "", "refuses", "slow")
    await found.run()
    assert found.cluster.failure == "broker 2 did not start: the disk is full"
    assert not any(child.is_running for child in found.cluster.brokers)


async def test_a_stop_before_it_is_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = stage(tmp_path, "", "slow")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await found.until(lambda: found.cluster.brokers[0].is_ready)
        found.cluster.stop()
    assert found.cluster.failure is None
    assert "bootstrap.servers" not in capsys.readouterr().out


async def test_a_broker_that_dies_is_reported_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = stage(tmp_path, "", "")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await found.until_up()
        first, second = found.cluster.brokers
        os.kill(second.pid, signal.SIGKILL)
        await found.until(lambda: not second.is_running)
        assert first.is_running
        found.cluster.stop()
    output = capsys.readouterr().out
    assert f"broker 2 was killed by SIGKILL: its log is {second.planned.log_file}" in output
    assert "started again" not in output
    assert found.cluster.failure is None


async def test_the_end_of_the_last_broker_is_the_end_of_the_cluster(tmp_path: Path) -> None:
    found = stage(tmp_path, "")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await found.until_up()
        os.kill(found.cluster.brokers[0].pid, signal.SIGKILL)
    assert found.cluster.failure == "no broker is left"
    assert found.journal[-1] == "zookeeper stopped"


async def test_restart_starts_a_dead_broker_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "RESTART_S", (0.01, 0.02))
    found = stage(tmp_path, "", restart=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await found.until_up()
        broker = found.cluster.brokers[0]
        for _ in range(3):
            former = broker.pid
            os.kill(former, signal.SIGKILL)
            await found.until(lambda former=former: broker.is_ready and broker.pid != former)
        found.cluster.stop()
    assert capsys.readouterr().out.count("broker 1 is started again") == 3
    assert found.journal.count("broker 1 started") == 4


async def test_a_broker_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "STOP_S", 0.5)
    monkeypatch.setattr(up, "LAST_CALL_S", 0.5)
    found = stage(tmp_path, "", "deaf")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await found.until_up()
        found.cluster.stop()
    assert found.journal[-2:] == ["broker 1 stopped", "zookeeper stopped"]
    assert found.cluster.failure == "the cluster did not stop in order"


async def test_a_log_is_kept_from_the_cluster_before(tmp_path: Path) -> None:
    for run in ("first", "second"):
        found = stage(tmp_path, "refuses")
        log_file = found.cluster.brokers[0].planned.log_file
        if run == "second":
            log_file.write_text("of the first\n")
        await found.run()
    assert log_file.with_name("broker 1.1").read_text() == "of the first\n"
    assert "the disk is full" in log_file.read_text()


def test_exit_codes_in_words() -> None:
    assert how_it_ended(1) == "ended with exit code 1"
    assert how_it_ended(-9) == "was killed by SIGKILL"
    assert how_it_ended(-99) == "was killed by signal 99"


# ------------------------------------------------------------------------------------------ what is in the way


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_broker_port_names_the_option(tmp_path: Path) -> None:
    with listening() as port:
        ports = ["--port", str(port), "--zookeeper-port", str(free_port())]
        outcome = zkbroker("up", "--brokers", "1", *ports, "--data", str(tmp_path))
    assert outcome.code == 1
    assert outcome.sentence.startswith(f"zkbroker: port {port}, which broker 1 needs, cannot be listened on")
    assert outcome.sentence.endswith("choose another with --port")


def test_a_taken_zookeeper_port_names_both_ways_out(tmp_path: Path) -> None:
    with listening() as port:
        outcome = zkbroker("up", "--zookeeper-port", str(port), "--data", str(tmp_path))
    assert outcome.code == 1
    assert outcome.sentence.endswith(
        f"choose another with --zookeeper-port, or use the ZooKeeper that listens there with "
        f"--zookeeper localhost:{port}"
    )


def test_a_named_zookeeper_that_is_not_there(tmp_path: Path) -> None:
    with listening() as port:
        pass
    outcome = zkbroker("up", "--zookeeper", f"127.0.0.1:{port}", "--data", str(tmp_path), "--port", "20092")
    assert outcome.code == 1
    assert outcome.sentence.startswith(f"zkbroker: no ZooKeeper answers at 127.0.0.1:{port}: start it")


def test_a_data_directory_in_use_is_refused(tmp_path: Path) -> None:
    with up._locked(tmp_path):
        outcome = zkbroker("up", "--data", str(tmp_path))
    assert outcome.code == 1
    assert outcome.sentence == (
        f"zkbroker: {tmp_path} is in use by another zkbroker up (process {os.getpid()}): choose another with --data"
    )


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = zkbroker("up", "--data", str(tmp_path / "file"))
    assert outcome.code == 1
    assert "file cannot be used: " in outcome.sentence


def test_the_lock_goes_with_the_run(tmp_path: Path) -> None:
    planned = attrs.evolve(stage(tmp_path, "refuses").cluster.plan, zookeeper=None, zookeeper_hosts="")
    with listening() as port:
        for _ in range(2):
            with pytest.raises(Failure, match="the disk is full"):
                run_cluster(attrs.evolve(planned, zookeeper_hosts=f"127.0.0.1:{port}"), restart=False)


# ------------------------------------------------------------------------------------------- the end of `up`


async def test_its_processes_end_with_it_even_when_it_is_killed(tmp_path: Path) -> None:
    """A process that holds a stand-in as `up` does is killed with -9; the stand-in notices."""
    journal = tmp_path / "journal"
    argv = [sys.executable, "-m", "tests.cli.standin", "broker 1", "localhost:1", str(journal)]
    holder = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)\n"
        "time.sleep(60)\n"
    )
    process = await trio.lowlevel.open_process(
        [sys.executable, "-c", holder, *argv], stdout=subprocess.PIPE, env=clean_environment()
    )
    assert process.stdout is not None
    with trio.fail_after(30):
        assert b"ready" in await process.stdout.receive_some()
        process.kill()
        await process.wait()
        async for _ in process.stdout:  # its end: the stand-in has ended too
            pass
        await process.stdout.aclose()
    assert journal.read_text().splitlines() == ["broker 1 started", "broker 1 orphaned"]
