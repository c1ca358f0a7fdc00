"""`zkbroker broker`, `zookeeper` and `up` as processes: ready lines, signals, exit codes, what stays behind."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from tests.cli.commands import command, zkbroker
from zkbroker.testing.processes import ManagedProcess, free_port
from zkbroker.testing.servers import ZooKeeperServer, open_zookeeper

READY = r"broker (\d+) ready on (\S+)"


@contextmanager
def process(directory: Path, name: str, *arguments: str) -> Iterator[ManagedProcess]:
    found = ManagedProcess(name, command(*arguments), directory / f"{name}.log")
    found.start()
    try:
        yield found
    finally:
        found.kill()


def server_properties(directory: Path, zookeeper: ZooKeeperServer, **properties: str) -> str:
    file = directory / "server.properties"
    given = {
        "broker.id": "4",
        "zookeeper.connect": f"{zookeeper.connect}/kafka",
        "listeners": "PLAINTEXT://127.0.0.1:0",
        "log.dirs": str(directory / "logs"),
    } | {key.replace("_", "."): text for key, text in properties.items()}
    file.write_text("".join(f"{key}={text}\n" for key, text in given.items()))
    return str(file)


async def test_a_broker_says_when_it_is_ready_and_stops_at_a_signal(tmp_path: Path) -> None:
    async with open_zookeeper(tmp_path) as zookeeper:
        events = tmp_path / "events.jsonl"
        file = server_properties(tmp_path, zookeeper, num_io_threads="9", my_secret="hunter2")
        for number in (signal.SIGTERM, signal.SIGINT):
            with process(tmp_path, "broker", "broker", file, "--events", str(events)) as broker:
                ready = await broker.wait_for_line(READY)
                assert ready[1] == "4"
                assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", ready[2])
                broker.send_signal(number)
                with trio.fail_after(20):
                    assert await broker.wait() == 0
                output = broker.output()
        assert output.count("num.io.threads=9 (server.properties, line 5) has no effect here") == 1
        assert "my.secret (server.properties, line 6) is unknown and ignored" in output
        assert "hunter2" not in output
        assert re.search(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] INFO ", output, re.MULTILINE)
        lines = [json.loads(line) for line in events.read_text().splitlines()]
        assert {line["broker"] for line in lines} == {4}
        assert {"SessionMoved", "ZnodeWritten"} <= {line["event"] for line in lines}


async def test_a_generated_id_is_in_every_event_once_it_is_known(tmp_path: Path) -> None:
    async with open_zookeeper(tmp_path) as zookeeper:
        events = tmp_path / "events.jsonl"
        file = server_properties(tmp_path, zookeeper, broker_id="-1")
        with process(tmp_path, "broker", "broker", file, "--events", str(events)) as broker:
            assert (await broker.wait_for_line(READY))[1] == "1001"
            await broker.stop()
        assert json.loads(events.read_text().splitlines()[-1])["broker"] == 1001


async def test_a_broker_without_zookeeper_says_so(tmp_path: Path) -> None:
    outcome = await trio.to_thread.run_sync(
        lambda: zkbroker(
            "broker",
            *("--override", f"zookeeper.connect=127.0.0.1:{free_port()}"),
            *("--override", "zookeeper.connection.timeout.ms=300"),
            *("--override", "listeners=PLAINTEXT://127.0.0.1:0"),
            *("--override", f"log.dirs={tmp_path}"),
        )
    )
    assert outcome.code == 1
    assert "cannot be reached" in outcome.sentence


async def test_an_unreachable_advertised_listener_stops_the_start(tmp_path: Path) -> None:
    async with open_zookeeper(tmp_path) as zookeeper:
        file = server_properties(
            tmp_path, zookeeper, advertised_listeners="PLAINTEXT://no.such.host.invalid:9092"
        )
        outcome = await trio.to_thread.run_sync(zkbroker, "broker", file)
    assert outcome.code == 1
    assert "no.such.host.invalid" in outcome.sentence


async def test_the_embedded_zookeeper_stops_at_a_signal_and_keeps_its_data(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        with process(
            tmp_path, "zookeeper", "zookeeper", "--port", str(port), "--data", str(tmp_path / "data")
        ) as zookeeper:
            ready = await zookeeper.wait_for_line(r"zookeeper ready on (\S+)")
            assert ready[1] == f"127.0.0.1:{port}"
            assert await zookeeper.stop() == 0


def up_arguments(data: Path, port: int, zookeeper_port: int) -> tuple[str, ...]:
    return (
        *("up", "--brokers", "1", "--data", str(data)),
        *("--port", str(port), "--zookeeper-port", str(zookeeper_port)),
    )


async def test_a_cluster_comes_up_refuses_another_and_resumes(tmp_path: Path) -> None:
    port, zookeeper_port = free_port(), free_port()
    data = tmp_path / "data"
    arguments = up_arguments(data, port, zookeeper_port)
    identities = []
    for _ in range(2):
        with process(tmp_path, "up", *arguments) as up:
            found = await up.wait_for_line(r"^bootstrap\.servers=(\S+)$")
            assert found[1] == f"localhost:{port}"
            outcome = await trio.to_thread.run_sync(zkbroker, *arguments)
            assert outcome.code == 1
            assert f"{data} is in use by another zkbroker up (process {up.pid})" in outcome.sentence
            assert await up.stop() == 0
            assert up.output().splitlines()[-3:] == ["stopping", "broker 1 stopped", "zookeeper stopped"]
        identities.append((data / "broker-1" / "logs" / "meta.properties").read_text().splitlines()[2:])
    assert identities[0] == identities[1]


async def test_kill_9_of_up_leaves_no_process_behind(tmp_path: Path) -> None:
    arguments = up_arguments(tmp_path / "data", free_port(), free_port())
    with process(tmp_path, "up", *arguments) as up:
        await up.wait_for_line(r"^bootstrap\.servers=")
        pids = [int(pid) for pid in re.findall(r"\(process (\d+)\)", up.output())]
        assert len(pids) == 2
        descriptors = [os.pidfd_open(pid) for pid in pids]
        try:
            up.kill()
            with trio.fail_after(30):
                for descriptor in descriptors:
                    await trio.lowlevel.wait_readable(descriptor)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
    log = (tmp_path / "data" / "logs" / "broker-1.log").read_text()
    assert "broker 1 has stopped" in log


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_named_zookeeper_and_a_chroot(tmp_path: Path, host: str) -> None:
    async with open_zookeeper(tmp_path) as zookeeper:
        with process(
            tmp_path,
            "up",
            *(
                "up",
                "--brokers",
                "1",
                "--port",
                str(free_port()),
                "--data",
                str(tmp_path / "data"),
            ),
            *("--zookeeper", f"{host}:{zookeeper.port}", "--chroot", "/lesson"),
        ) as up:
            await up.wait_for_line(r"^bootstrap\.servers=")
            assert "zookeeper ready" not in up.output()
            assert await up.stop() == 0
    assert "/lesson" in (tmp_path / "data" / "broker-1" / "server.properties").read_text()
