"""What results look like on a terminal: a real one, with a pager of our own; and that elsewhere nothing is added."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminals import ESCAPE, on_terminal, piped, plain
from zkbroker.cli.results import BAD, FAINT, GOOD, HEADING, NAME, WARNED, pieces
from zkbroker.protocol.records import Record, build_batch


def log_file(directory: Path, name: str, batches: int) -> Path:
    """A .log file of so many batches with one record each."""
    file = directory / name
    record = Record(0, 1, None, b"Error: a value")
    file.write_bytes(b"".join(build_batch([record], base_offset=number) for number in range(batches)))
    return file


@pytest.fixture
def dump(tmp_path: Path) -> tuple[str, ...]:
    return ("kafka-dump-log", "--files", str(log_file(tmp_path, f"{0:020}.log", 3)), "--print-data-log")


def test_colour_on_a_terminal_and_the_same_words(dump: tuple[str, ...]) -> None:
    pytest.importorskip("rich")
    shown, unseen = on_terminal(*dump), piped(*dump)
    assert ESCAPE in shown.terminal and ESCAPE not in unseen.stdout
    assert plain(shown.terminal) == unseen.stdout
    assert (shown.code, unseen.returncode) == (0, 0)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_it_is_not_wanted(dump: tuple[str, ...], environment: dict[str, str]) -> None:
    assert on_terminal(*dump, environment=environment).terminal == piped(*dump).stdout


def pager(directory: Path) -> tuple[str, Path]:
    """A pager that keeps what it was given, and the file that it keeps it in."""
    kept, script = directory / "kept", directory / "pager"
    script.write_text(f"#!/bin/sh\necho paged\nexec cat > {kept}\n")
    script.chmod(0o755)
    return str(script), kept


def test_a_pager_where_the_screen_is_too_small(tmp_path: Path) -> None:
    program, kept = pager(tmp_path)
    many = ("kafka-dump-log", "--files", str(log_file(tmp_path, f"{0:020}.log", 300)))
    shown = on_terminal(*many, environment={"PAGER": program, "NO_COLOR": "1"})
    assert (shown.code, shown.terminal) == (0, "paged\n")
    assert kept.read_text() == piped(*many).stdout


def test_no_pager_where_the_screen_is_enough(tmp_path: Path) -> None:
    program, kept = pager(tmp_path)
    log_file(tmp_path, f"{0:020}.log", 0)
    few = ("kafka-dump-log", "--files", str(tmp_path / f"{0:020}.log"))
    assert "Log starting offset: 0" in on_terminal(*few, environment={"PAGER": program}).terminal
    assert not kept.exists()


def test_who_leaves_the_pager_has_seen_enough(tmp_path: Path) -> None:
    script = tmp_path / "impatient"
    script.write_text("#!/bin/sh\nread line\necho $line\n")
    script.chmod(0o755)
    many = ("kafka-dump-log", "--files", str(log_file(tmp_path, f"{0:020}.log", 3000)))
    shown = on_terminal(*many, environment={"PAGER": str(script), "NO_COLOR": "1"})
    assert (shown.code, shown.terminal) == (0, f"Dumping {tmp_path / f'{0:020}.log'}\n")


@pytest.fixture
def silent() -> Iterator[str]:
    """Somebody who listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def asking(silent: str, directory: Path) -> tuple[str, ...]:
    file = directory / "client"
    file.write_text("default.api.timeout.ms=1500\nrequest.timeout.ms=1500\n")
    return ("kafka-topics", "--bootstrap-server", silent, "--command-config", str(file), "--list")


def test_progress_of_what_lasts(silent: str, tmp_path: Path) -> None:
    pytest.importorskip("rich")
    shown = on_terminal(*asking(silent, tmp_path), output_too=False)
    assert f"Waiting for the brokers at {silent}" in plain(shown.terminal)
    assert shown.code == 1


def test_no_progress_where_nobody_looks(silent: str, tmp_path: Path) -> None:
    shown = on_terminal(*asking(silent, tmp_path), errors_too=False)
    assert "Waiting for" not in shown.terminal + shown.errors


@pytest.mark.parametrize(
    ("line", "styles"),
    [
        ("Error: Consumer group 'g' does not exist.", {BAD}),
        ("WARNING: Due to limitations", {WARNED}),
        ("Reassignment of partition t-0 is still in progress.", {WARNED}),
        ("Reassignment of partition t-0 is completed.", {GOOD}),
        ("Created topic t.", {GOOD}),
        ("GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG", {HEADING}),
        (
            "GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS",
            {HEADING},
        ),
        ("TransactionalId\tCoordinator\tProducerId\tTransactionState\t", {HEADING}),
        ("\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2", {FAINT, NAME, ""}),
        ("\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1", {FAINT, NAME, WARNED, ""}),
        ("\tTopic: t\tPartition: 0\tLeader: none\tReplicas: 1\tIsr: 1", {FAINT, NAME, BAD, ""}),
        ("  retention.ms=1000 sensitive=false synonyms={}", {HEADING, FAINT, ""}),
        ('{"version":1,"partitions":[{"topic":"t"}]}', {NAME, ""}),
        ("| offset: 0 CreateTime: 1 key: a: b payload: c: d", {FAINT, ""}),
        ("orders", {""}),
        ("ORDERS", {""}),
        ("Error-log", {""}),
        ("", {""}),
    ],
)
def test_what_is_coloured(line: str, styles: set[str]) -> None:
    found = list(pieces(line))
    assert "".join(text for text, _ in found) == line
    assert {style for text, style in found if text or not line} == styles
    assert not [text for text, style in found if style and re.search(r"key: a|: d", text)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    """However little or much there was to print."""
    for batches in (1, 300):
        log_file(tmp_path, f"{0:020}.log", batches)
        words = ("kafka-dump-log", "--files", str(tmp_path / f"{0:020}.log"))
        with open("/dev/full", "wb") as full:
            done = piped(*words, stdout=full)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1 and "No space left on device" in done.stderr, done


def test_zkbrokers_own_commands_too() -> None:
    command = [sys.executable, "-m", "zkbroker", "config", "explain", "log."]
    if Path("/dev/full").exists():
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (1, "zkbroker: standard output: No space left on device\n")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_who_leaves_a_pipe_has_seen_enough(tmp_path: Path) -> None:
    log_file(tmp_path, f"{0:020}.log", 3000)
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        done = piped("kafka-dump-log", "--files", str(tmp_path / f"{0:020}.log"), stdout=pipe)
    assert (done.returncode, done.stderr) == (0, "")
