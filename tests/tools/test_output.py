"""--output json and csv of every command that knows them: standard output holds that and nothing else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.peers import ToolResult
from tests.tools.conftest import Place
from tests.tools.parity import run_tool
from zkbroker.cli.commands import MODULES, tool_named

FOUND = {
    "kafka-topics": "--describe --topic shown",
    "kafka-consumer-groups": "--describe --group shown",
    "kafka-configs": "--describe --topic shown --all",
    "kafka-get-offsets": "--topic shown",
    "kafka-delete-records": "--offset-json-file {dir}/records",
    "kafka-reassign-partitions": "--list",
    "kafka-log-dirs": "--describe --topic-list shown",
    "kafka-transactions list": "",
    "kafka-transactions describe-producers": "--topic shown --partition 0",
    "kafka-transactions find-hanging": "--topic shown",
    "kafka-broker-api-versions": "",
    "kafka-cluster cluster-id": "",
    "kafka-features describe": "",
}
"""A line of each that finds something, or nothing, and does not fail."""

FAILS = {
    "kafka-topics": "--describe --topic nosuch",
    "kafka-consumer-groups": "--describe --group nosuch",
    "kafka-configs": "--describe --topic nosuch",
    "kafka-get-offsets": "--topic nosuch",
    "kafka-delete-records": "--offset-json-file {dir}/nowhere",
    "kafka-reassign-partitions": "--list --timeout 3",
    "kafka-log-dirs": "--describe --broker-list 9",
    "kafka-transactions describe": "--transactional-id nosuch",
    "kafka-transactions abort": "--topic shown --partition 0 --start-offset 7",
    "kafka-delegation-tokens": "--describe --command-config {dir}/empty",
    "kafka-acls": "--list",  # there is no authorizer
}
FORMS = ("json", "csv")


@pytest.fixture(scope="module")
def directory(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place.create("shown")
    words = ["--bootstrap-server", place.bootstrap, "--topic", "shown"]
    run_tool(tool_named("kafka-console-producer"), words, stdin="a\nb\n").require_success()
    reading = [*words, "--group", "shown", "--from-beginning", "--max-messages", "2"]
    run_tool(tool_named("kafka-console-consumer"), reading).require_success()
    made = tmp_path_factory.mktemp("output")
    (made / "empty").touch()
    for name, topic in (("records", "shown"), ("nowhere", "nosuch")):
        partitions = [{"topic": topic, "partition": 0, "offset": 1}]
        (made / name).write_text(json.dumps({"partitions": partitions, "version": 1}))
    return made


def run(place: Place, directory: Path, command: str, line: str, form: str) -> ToolResult:
    words = [
        "--bootstrap-server",
        place.bootstrap.split(",")[0],
        *line.replace("{dir}", str(directory)).split(),
    ]
    return run_tool(tool_named(command), [*words, "--output", form])


def that_know_it() -> Iterator[str]:
    for name in MODULES:
        tool = tool_named(name)
        for each in tool.actions or (tool,):
            if any(option.name == "output" for option in each.options):
                yield each.name


def test_no_command_is_left_out() -> None:
    assert set(that_know_it()) == {*FOUND, *FAILS}


@pytest.mark.parametrize("command", FOUND)
def test_what_is_found(place: Place, directory: Path, command: str) -> None:
    found = {form: run(place, directory, command, FOUND[command], form) for form in FORMS}
    for result in found.values():
        assert (
            result.exit_code,
            result.errors.replace("Consumer group 'shown' has no active members.", "").strip(),
        ) == (
            0,
            "",
        ), result
    rows = json.loads(found["json"].output)
    heading, *cells = csv.reader(io.StringIO(found["csv"].output)) if rows else ([],)
    assert list(heading) == list(dict.fromkeys(key for row in rows for key in row))
    assert len(cells) == len(rows)
    if command not in (
        "kafka-transactions list",
        "kafka-transactions find-hanging",
        "kafka-reassign-partitions",
    ):
        assert rows or command.startswith(("kafka-features", "kafka-transactions"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", FAILS)
def test_a_failure_is_not_among_it(place: Place, directory: Path, command: str, form: str) -> None:
    result = run(place, directory, command, FAILS[command], form)
    assert result.exit_code == 1, result
    is_a_row = command == "kafka-delete-records"
    assert bool(result.errors.strip()) != is_a_row, result
    if form == "json" and result.output:
        json.loads(result.output)
    assert "rror" not in result.output or is_a_row, result


@pytest.mark.parametrize("command", sorted({*FOUND, *FAILS}))
def test_another_form_is_refused(place: Place, directory: Path, command: str) -> None:
    result = run(place, directory, command, FOUND.get(command) or FAILS.get(command) or "", "xml")
    assert result.exit_code == 1
    assert "Cannot parse argument 'xml' of option output" in result.errors + result.output, result
