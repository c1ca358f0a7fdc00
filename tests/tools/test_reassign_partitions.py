"""kafka-reassign-partitions beside Kafka's ReassignPartitionsCommand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.tools.conftest import Place
from tests.tools.parity import Both

REASSIGN, TOPICS, CONFIGS = "kafka-reassign-partitions", "kafka-topics", "kafka-configs"


def write_plan(directory: Path, name: str, replicas: list[list[int]]) -> None:
    """A file of each side."""
    for me in ("java", "ours"):
        partitions = [
            {"topic": f"{me}-moved", "partition": number, "replicas": brokers}
            for number, brokers in enumerate(replicas)
        ]
        (directory / f"{me}-{name}").write_text(json.dumps({"partitions": partitions, "version": 1}))


def random_placement(text: str) -> str:
    """A proposal begins at a random broker."""
    return re.sub(r'"replicas":\[[\d,]*\]', '"replicas":[]', text)


@pytest.mark.peers
def test_a_move(both: Both, place: Place, tmp_path: Path) -> None:
    for me in ("java", "ours"):
        place.create(f"{me}-moved", "--replica-assignment", "1:2,2:1")
        (tmp_path / f"{me}-topics").write_text(
            json.dumps({"topics": [{"topic": f"{me}-moved"}], "version": 1})
        )
    where = f"--topics-to-move-json-file {tmp_path}/{{me}}-topics"
    both.same(REASSIGN, f"{{b}} --generate {where} --broker-list 1,2,3", normalise=random_placement, code=0)
    write_plan(tmp_path, "plan", [[2, 3], [3, 1]])
    file = f"--reassignment-json-file {tmp_path}/{{me}}-plan"
    # Each is done before the other begins: without --additional there may be only one.
    for me, side in (("java", both.kafka), ("ours", both.ours)):
        said = side(REASSIGN, f"{{b}} --execute {file.format(me=me)} --throttle 10000000")
        assert said.code == 0
        assert said.lines[-2:] == [
            "The inter-broker throttle limit was set to 10000000 B/s",
            "Successfully started partition reassignments for side-moved-0,side-moved-1",
        ]
        assert said.lines[0] == "Current partition replica assignment"
        waited = both.ours(REASSIGN, f"{{b}} --verify --wait --preserve-throttles {file.format(me=me)}")
        assert waited.code == 0
        name = "side" if me == "ours" else me
        for partition in (0, 1):
            assert f"Reassignment of partition {name}-moved-{partition} is completed." in waited.output, (
                waited
            )
    throttled = both.same(CONFIGS, "{b} --describe --topic {me}-moved", code=0).output
    assert "leader.replication.throttled.replicas=0:1,0:2,1:1,1:2" in throttled
    both.same(REASSIGN, f"{{b}} --verify {file}", code=0)
    both.same(CONFIGS, "{b} --describe --topic {me}-moved", code=0)
    both.same(REASSIGN, f"{{b}} --cancel --preserve-throttles {file}", code=0)
    both.same(REASSIGN, "{b} --list", code=0)
    write_plan(tmp_path, "other", [[1, 2], [1, 2]])
    both.same(REASSIGN, f"{{b}} --verify --reassignment-json-file {tmp_path}/{{me}}-other", code=0)


@pytest.mark.peers
@pytest.mark.parametrize(
    "replicas",
    [[[1, 1]], [[]], [], [[9]]],
)
def test_plans_that_cannot_be(both: Both, tmp_path: Path, replicas: list[list[int]]) -> None:
    write_plan(tmp_path, "plan", replicas)

    def first_line(text: str) -> str:
        """Behind it Kafka's has a stack trace on standard output, and in it the class of an error."""
        return re.sub(r"org\.apache\.kafka\.\S+Exception: ", "", text.splitlines()[0])

    both.same(
        REASSIGN,
        f"{{b}} --execute --reassignment-json-file {tmp_path}/{{me}}-plan",
        normalise=first_line,
        code=1,
    )


@pytest.mark.peers
@pytest.mark.parametrize(
    "line",
    [
        "{b}",
        "{b} --generate",
        "{b} --verify",
        "{b} --list --additional",
        "{b} --execute --reassignment-json-file x --preserve-throttles",
        "--list",
        "--version",
    ],
)
def test_wrong_use(both: Both, line: str) -> None:
    both.same(REASSIGN, line, code=0 if line == "--version" else 1)
