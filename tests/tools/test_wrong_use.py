"""Every installed command used wrongly in every way: one sentence, Kafka's exit code, and nothing has changed.

The table is `wrong_use.py`. Each line goes to Kafka's class, too, on the same cluster; where the two differ, the table
says why.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.commands import zkbroker
from tests.support.peers import ToolResult, run_alone
from tests.tools.conftest import Place
from tests.tools.parity import Both, Said, normalised, run_tool, with_action
from tests.tools.wrong_use import (
    ABSENT,
    ANY,
    CANNOT_BE,
    EXPLAINED,
    FILES,
    KINDS,
    LINES,
    OWN,
    PROPERTY,
    SLOW,
    UNREADABLE,
)
from zkbroker.cli.commands import MODULES, tool_named
from zkbroker.cli.tool import Tool

ROOT = Path(__file__).parent.parent.parent
CELLS = [(command, kind) for command, lines in LINES.items() for kind in lines]
ENDS_ITS_JVM = ("kafka-cluster", "kafka-features", "kafka-verifiable-producer", "kafka-verifiable-consumer")
"""By System.exit, when argparse4j cannot read the line."""
SCRIPTS = ("kafka-server-stop", "zookeeper-server-stop")
"""Shell scripts of Kafka's, without a class."""
HINT = re.compile(r"^(\S+( \S+)? --help shows its options\.|Warning: .*)$")


def filled(line: str, place: Place, directory: Path, closed_port: int, me: str) -> list[str]:
    names = {
        "{b}": f"--bootstrap-server {place.bootstrap.split(',')[0]}",
        "{servers}": place.bootstrap.split(",")[0],
        "{zk}": place.zookeeper,
        "{nobody}": f"--bootstrap-server localhost:{closed_port}",
        "{nowhere}": f"localhost:{closed_port}",
        "{quick}": f"{directory}/quick",
        "{none}": f"{directory}/none",
        "{dir}": str(directory),
        "{me}": me,
    }
    for name, text in names.items():
        line = line.replace(name, text)
    return line.split()


def split(command: str, line: str) -> tuple[Tool, str]:
    """The command, or its action that the line begins with, and the rest."""
    tool = tool_named(command)
    first, _, rest = line.partition(" ")
    if tool.actions:
        return tool_named(f"{command} {first}"), rest
    return tool, line


def look(place: Place) -> list[str]:
    """What a command could have changed of what begins with ours."""

    def said(command: str, line: str) -> str:
        words = ["--bootstrap-server", place.bootstrap, *line.split()]
        return run_tool(tool_named(command), words).require_success().output

    groups = [name for name in said("kafka-consumer-groups", "--list").split() if name.startswith("ours-")]
    return [
        said("kafka-topics", "--describe --topic ours-.*"),
        said("kafka-get-offsets", "--topic ours-wrong"),
        *sorted(groups),
    ]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wrong-use")
    for name, text in FILES.items():
        if "{me}" in text:
            for me in ("java", "ours"):
                (made / f"{me}-{name}").write_text(text.replace("{me}", me).replace("{dir}", str(made)))
        else:
            (made / name).write_text(text.replace("{dir}", str(made)))
    return made


@pytest.fixture(scope="module")
def before(place: Place) -> list[str]:
    """A topic of each side, with a record in ours; what there is then."""
    for me in ("java", "ours"):
        place.create(f"{me}-wrong")
    words = ["--bootstrap-server", place.bootstrap, "--topic", "ours-wrong"]
    run_tool(tool_named("kafka-console-producer"), words, stdin="kept\n").require_success()
    return look(place)


def installed() -> Iterator[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    for line in config["options.entry_points"]["console_scripts"].strip().splitlines():
        yield line.partition(" = ")[0]


def test_no_installed_command_is_left_out() -> None:
    names = set(installed())
    plain = {name for name in names if not name.endswith(".sh")}
    assert {f"{name}.sh" for name in LINES} == names - plain
    assert plain == {*LINES, *(name.partition(" ")[0] for name in OWN)}
    assert {path.name for path in (ROOT / "scripts").glob("*.sh")} == names - plain
    assert set(MODULES) == set(LINES)


def test_no_kind_is_left_out() -> None:
    for command, lines in LINES.items():
        reasons = CANNOT_BE[command]
        assert set(lines) | set(reasons) == set(KINDS), command
        assert not set(lines) & set(reasons), command


def test_no_explanation_is_left_over() -> None:
    assert {cell for cell in EXPLAINED if cell[0] != ANY} <= set(CELLS)
    assert set(SLOW) <= set(CELLS)


def one_sentence(result: ToolResult, where: str) -> str:
    """What it says of the mistake, on the one stream or the other."""
    said = [line for line in result.errors.splitlines() if line.strip() and not HINT.match(line)]
    if not said:
        said = [line for line in result.output.splitlines() if line.strip()][-1:]
    assert len(said) == 1, where
    assert "Traceback" not in result.errors + result.output, where
    return said[0]


@pytest.mark.parametrize(("command", "kind"), CELLS, ids=[f"{command}: {kind}" for command, kind in CELLS])
@pytest.mark.peers
def test_as_kafka(
    both: Both,
    place: Place,
    before: list[str],
    directory: Path,
    closed_port: int,
    full_counts: bool,
    command: str,
    kind: str,
) -> None:
    tool, line = split(command, LINES[command][kind])
    found = run_tool(tool, filled(line, place, directory, closed_port, "ours"), stdin="lost\n")
    where = f"{tool.name} {line}: {found}"
    assert found.exit_code != 0, where
    sentence = one_sentence(found, where)
    assert look(place) == before, where
    if command in SCRIPTS:
        assert found.exit_code == 1, where  # as the script ends
        return
    differs = EXPLAINED.get((command, kind), EXPLAINED.get((ANY, kind)))
    assert differs is None or re.search(differs.ours, sentence), where
    if (command, kind) in SLOW and not full_counts:
        return
    theirs = kafkas(both, tool, filled(line, place, directory, closed_port, "java"))
    where = f"{where}\nKafka's: {theirs}"
    if differs is None:
        assert worded(normalised(found, "ours")) == worded(theirs), where
    code = found.exit_code if differs is None or differs.kafkas_code is None else differs.kafkas_code
    assert theirs.code == code, where


def kafkas(both: Both, tool: Tool, words: Sequence[str]) -> Said:
    words = with_action(tool, words)
    if tool.name.split()[0] in ENDS_ITS_JVM:
        return normalised(run_alone(tool.kafka_class, *words), "java")
    return normalised(both.java.run(tool.kafka_class, *words, stdin=b"lost\n"), "java")


def worded(said: Said) -> tuple[str, str]:
    """Without a stack trace on standard output, the class of an error, and how their test bed ends them."""
    lines = [
        line for line in said.lines if line.strip() and not re.match(r"[\w.$]+(Exception|Error)\b", line)
    ]
    lines = [line for line in lines if line != "Error while executing ACL command: exit 1"]
    return tuple(re.sub(r"[\w.]+\.\w+Exception: ", "", text) for text in ("\n".join(lines), said.sentence))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("command", "kind"), [(command, kind) for command, lines in OWN.items() for kind in lines]
)
def test_our_own(place: Place, directory: Path, closed_port: int, command: str, kind: str) -> None:
    program, *first = command.split()
    words = [*first, *filled(OWN[command][kind], place, directory, closed_port, "ours")]
    outcome = zkbroker(*words) if program == "zkbroker" else zkbroker(*words, module="acl")
    assert outcome.code == (1 if kind in (ABSENT, UNREADABLE, PROPERTY) else 2), outcome
    assert outcome.stderr, outcome
    assert outcome.stdout == ""
