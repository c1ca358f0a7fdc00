"""kafka-consumer-groups beside Kafka's ConsumerGroupCommand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.tools.conftest import Place
from tests.tools.parity import Both, run_tool, sorted_lines
from zkbroker.cli.commands import tool_named

GROUPS, TOPICS, PRODUCER, CONSUMER = (
    "kafka-consumer-groups",
    "kafka-topics",
    "kafka-console-producer",
    "kafka-console-consumer",
)


def resets(text: str) -> str:
    """The rows of a plan: Kafka 3.9.1 prints them all on one line, in the order of a hash table."""
    kept = [line for line in text.splitlines() if line.startswith(("\nWarn", "Warn", "Error"))]
    return "\n".join(sorted(kept + re.findall(r"side-\S+ +\S+ +\d+ +\d+", text)))


def statuses(text: str) -> str:
    """As `resets`, of deleted offsets. Kafka names the class of an error before its message."""
    text = re.sub(r"org\.apache\.kafka\.\S+Exception: ", "", text)
    return re.sub(r"STATUS +(?=\S)", "STATUS\n", text).replace(" ", "").replace("\n\n", "\n").strip()


def without_classes(text: str) -> str:
    return re.sub(r"(java|side|org\.apache\.kafka)\.\S+Exception: ", "", text)


def of_both(text: str) -> str:
    """A list in which both sides' things stand."""
    return sorted_lines(re.sub(r"(?m)^(java|ours)", "side", text))


@pytest.fixture
def prepared(both: Both) -> Both:
    """Each side has a topic of two partitions and a group that read two of its four records."""
    if "side-resets" not in both.ours(TOPICS, "{b} --list").lines:
        both.same(TOPICS, "{b} --create --topic {me}-resets --partitions 1", code=0)
        both.same(PRODUCER, "{b} --topic {me}-resets", stdin="1\n2\n3\n4\n", code=0)
        both.same(
            CONSUMER, "{b} --topic {me}-resets --group {me}-reset --from-beginning --max-messages 2", code=0
        )
    return both


@pytest.mark.peers
def test_a_group_without_members(prepared: Both) -> None:
    both = prepared
    both.same(GROUPS, "{b} --describe --group {me}-reset", code=0)
    both.same(GROUPS, "{b} --describe --group {me}-reset --offsets --verbose", code=0)
    both.same(GROUPS, "{b} --describe --group {me}-reset --members", code=0)
    both.same(GROUPS, "{b} --describe --group {me}-reset --state", code=0)
    both.same(GROUPS, "{b} --describe --group nosuch", fails=True)
    both.same(GROUPS, "{b} --describe --group nosuch --state", fails=True)
    both.same(GROUPS, "{b} --list", normalise=of_both)
    both.same(GROUPS, "{b} --list --state", normalise=of_both)
    both.same(GROUPS, "{b} --list --state Empty,stable --type", normalise=of_both)


@pytest.mark.peers
def test_resets(prepared: Both, tmp_path: Path) -> None:
    both = prepared
    reset = "{b} --group {me}-reset --reset-offsets"

    def plan(line: str, *offsets: int) -> None:
        said = both.same(GROUPS, f"{reset} {line}", normalise=resets, code=0)
        assert [int(row.split()[-1]) for row in said.lines if row.startswith("side")] == list(offsets)

    plan("--to-earliest --topic {me}-resets --dry-run", 0)
    plan("--to-latest --topic {me}-resets:0", 4)
    plan("--to-current --all-topics --dry-run", 2)
    plan("--to-offset 99 --topic {me}-resets --dry-run", 4)
    plan("--shift-by 1 --topic {me}-resets --dry-run", 3)
    plan("--shift-by -7 --topic {me}-resets --dry-run", 0)
    plan("--to-datetime 2020-01-01T00:00:00.000 --topic {me}-resets --dry-run", 0)
    plan("--to-datetime 2020-01-01T00:00:00.000+02:00 --topic {me}-resets --dry-run", 0)
    plan("--to-datetime 2099-01-01T00:00:00.000Z --topic {me}-resets --dry-run", 4)
    plan("--by-duration P1DT1H --topic {me}-resets --dry-run", 0)
    both.same(GROUPS, "{b} --describe --group {me}-reset", code=0)  # nothing has changed
    plan("--to-offset 3 --topic {me}-resets --execute", 3)
    both.same(GROUPS, "{b} --describe --group {me}-reset", code=0)
    both.same(GROUPS, f"{reset} --to-earliest --topic {{me}}-resets --export --dry-run", code=0)
    both.same(
        GROUPS,
        f"{reset} --group {{me}}-other --to-latest --topic {{me}}-resets --export",
        normalise=sorted_lines,
    )
    for me in ("java", "ours"):
        (tmp_path / me).write_text(f"{me}-resets,0,1\n")
    plan(f"--from-file {tmp_path}/{{me}} --execute", 1)
    both.same(GROUPS, "{b} --describe --group {me}-reset", code=0)


@pytest.mark.peers
def test_deleting(prepared: Both) -> None:
    both = prepared
    for me in ("java", "ours"):
        set_up = f"--group {me}-gone --reset-offsets --to-latest --topic {me}-resets --execute"
        assert both.ours(GROUPS, "{b} " + set_up).code == 0
    both.same(
        GROUPS, "{b} --group {me}-gone --delete-offsets --topic {me}-resets:0", normalise=statuses, code=0
    )
    both.same(
        GROUPS, "{b} --group nosuch --delete-offsets --topic {me}-resets:0", normalise=statuses, fails=True
    )
    both.same(
        GROUPS, "{b} --group {me}-reset --delete-offsets --topic nosuch", normalise=statuses, fails=True
    )
    for me in ("java", "ours"):
        both.ours(
            GROUPS, f"{{b}} --group {me}-gone --reset-offsets --to-latest --topic {me}-resets --execute"
        )
    both.same(GROUPS, "{b} --delete --group {me}-gone", code=0)
    both.same(GROUPS, "{b} --delete --group {me}-gone", normalise=without_classes, fails=True)


@pytest.mark.peers
@pytest.mark.parametrize(
    "line",
    [
        "{b} --list --type foo",
        "{b} --describe --group g --members --state",
        "{b} --describe --group g --state stable",
        "{b} --describe --group g --all-groups",
        "{b} --group g --reset-offsets --to-earliest --dry-run --execute",
        "{b} --group g --reset-offsets --to-earliest --to-latest --topic z --dry-run",
        "{b} --group g --reset-offsets --to-earliest --topic z:a --dry-run",
        "{b} --group g --reset-offsets --to-earliest --topic z:1:2 --dry-run",
        "{b} --group g --reset-offsets --to-earliest",
        "{b} --group g --reset-offsets --shift-by 1 --topic __consumer_offsets:0 --dry-run",
        "{b} --delete --group g --topic x",
        "{b} --members",
        "{b} --list --group x",
        "{b} --describe --group x --topic y",
        "{b} --list --offsets",
        "{b}",
        "--list",
        "--version",
    ],
)
def test_wrong_use(both: Both, line: str) -> None:
    def sentence_only(text: str) -> str:
        return "" if "failed due to exit 1" in text else text  # the way out of their test bed shows in some

    both.same(GROUPS, line, normalise=sentence_only, fails=line != "--version")


@pytest.mark.peers
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--to-earliest --topic nosuch", "This server does not host this topic-partition."),
        ("--by-duration foo --topic {me}-resets", "Text cannot be parsed to a Duration"),
        (
            "--to-datetime foo --topic {me}-resets",
            "foo is no date and time: it must be as 2026-01-31T23:59:59.000",
        ),
        ("--from-file /nonexistent", "Unable to read file /nonexistent: "),
    ],
)
def test_failures(prepared: Both, line: str, sentence: str) -> None:
    """Kafka's sentence is around the name of a Java class, and it ends with 0."""
    said = prepared.ours(GROUPS, "{b} --group {me}-reset --reset-offsets --dry-run " + line)
    theirs = prepared.kafka(GROUPS, "{b} --group {me}-reset --reset-offsets --dry-run " + line)
    start = "\nError: Executing consumer group command failed due to "
    assert said.code == 1
    assert said.output.startswith(start + sentence)
    assert theirs.output.startswith(start)


@contextmanager
def member(bootstrap: str, topic: str, group: str) -> Iterator[None]:
    """A living consumer that has its partitions."""
    from kafka import KafkaConsumer

    stop = threading.Event()
    ready = threading.Event()

    def read() -> None:
        consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, client_id="alive")
        with closing(consumer):
            while not stop.is_set():
                consumer.poll(timeout_ms=5000)  # see PATIENCE_S of zkbroker.cli.java_clients
                if consumer.assignment():
                    ready.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        assert ready.wait(60)
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive(), "kafka-python's consumer does not close"


@pytest.mark.peers
def test_a_group_with_a_member(prepared: Both, place: Place) -> None:
    """Both look at the same living group."""
    both = prepared
    both.ours(TOPICS, "{b} --create --topic lively --partitions 3")
    with member(both.bootstrap, "lively", "alive"):
        both.same(GROUPS, "{b} --describe --group alive --members", code=0)
        both.same(GROUPS, "{b} --describe --group alive --members --verbose", code=0)
        both.same(GROUPS, "{b} --describe --group alive --state", code=0)
        both.same(GROUPS, "{b} --describe --group alive", normalise=sorted_lines, code=0)
        both.same(GROUPS, "{b} --delete --group alive", normalise=without_classes, fails=True)
        inactive = both.ours(GROUPS, "{b} --reset-offsets --group alive --to-latest --all-topics --dry-run")
        assert (inactive.code, inactive.sentence) == (1, "")
        sentence = (
            "Assignments can only be reset if the group 'alive' is inactive, but the current state is Stable."
        )
        assert f"Error: {sentence}" in inactive.lines
        words = ["--bootstrap-server", place.bootstrap, "--describe", "--group", "alive", "--output", "json"]
        rows = json.loads(run_tool(tool_named(GROUPS), words).output)
        assert [(row["topic"], row["partition"], row["client_id"]) for row in rows] == [
            ("lively", partition, "alive") for partition in range(3)
        ]
