"""docs/commands.md, completions, installed programs and speed of Kafka's commands."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zkbroker.cli import command_docs
from zkbroker.cli.commands import MODULES, main, tool_named

ROOT = Path(__file__).parent.parent.parent
HELP_S = 0.3


def test_the_page_is_of_the_tables() -> None:
    """`python -m zkbroker.cli.command_docs > docs/commands.md` writes it."""
    assert (ROOT / "docs" / "commands.md").read_text() == command_docs.page()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_parses(shell: str, tmp_path: Path) -> None:
    script = command_docs.completion(shell)
    assert all(name in script for name in MODULES)
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "completion").write_text(script)
    subprocess.run([program, "-n", str(tmp_path / "completion")], check=True)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("kafka-topics --top", "--topic --topic-id --topics-with-overrides"),
        ("kafka-topics.sh --describe --output ''", "text json csv"),
        ("kafka-transactions --bootstrap-server h:1 d", "describe describe-producers"),
        ("kafka-transactions find-hanging --br", "--broker-id"),
        ("kafka-acls --res", "--resource-pattern-type"),
        ("zkbroker u", "up user unclean-elections"),
        ("zkbroker up --zoo", "--zookeeper --zookeeper-port"),
        ("zkbroker config ''", "explain"),
        ("zkbroker config explain --ov", "--override"),
        ("acl w", "watch who-can"),
        ("acl list --bo", "--bootstrap-server"),
    ],
)
def test_bash_completes(words: str, offered: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    ask = f'COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _zkbroker_complete; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        [bash, "-uc", f"{command_docs.completion('bash')}\n{ask}"], check=True, capture_output=True, text=True
    )
    assert (done.stdout.split(), done.stderr) == (offered.split(), "")


def test_every_program_completes() -> None:
    """Each that is installed, in each shell."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    programs = config["options.entry_points"]["console_scripts"].split("\n")
    names = {program.partition(" = ")[0] for program in programs if program}
    (bash,) = (
        line for line in command_docs.completion("bash").splitlines() if line.startswith("complete -F")
    )
    assert set(bash.split()[3:]) == names
    zsh = [line.split() for line in command_docs.completion("zsh").splitlines() if line.startswith("compdef")]
    assert {name for words in zsh for name in words[2:]} == names
    fish = command_docs.completion("fish").splitlines()[1:]
    assert {line.split()[2] for line in fish} == names
    assert all(shlex.split(line.replace("\\'", "")) for line in fish)  # its quotes may hold \\'


@pytest.mark.parametrize("name", MODULES)
def test_every_command_is_installed_and_in_scripts(name: str) -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    programs = config["options.entry_points"]["console_scripts"]
    for program in (name, f"{name}.sh"):
        module, _, attribute = MODULES[name].partition(":")
        assert f"\n{program} = zkbroker.cli.{module}:{attribute or 'TOOL'}.main" in programs
    assert (ROOT / "scripts" / f"{name}.sh").exists()
    assert os.access(ROOT / "scripts" / f"{name}.sh", os.X_OK)


@pytest.mark.parametrize("name", MODULES)
def test_help_names_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    tool = tool_named(name)
    assert tool.main(["--help"]) in (0, 1)
    shown = capsys.readouterr()
    assert all(f"-{option.name}" in shown.err + shown.out for option in tool.options)


def test_no_such_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nosuch"]) == 1
    assert capsys.readouterr().err.startswith("nosuch is no command")


def test_help_needs_little() -> None:
    """A tenth of a second of processor time, of which most is the interpreter's start: 0.3 s on an idle machine."""
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "zkbroker.cli.commands", "kafka-topics", "--help"], capture_output=True
    )
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < HELP_S


def test_a_missing_library_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "kafka", None)
    assert tool_named("kafka-e2e-latency").main(["localhost:9092", "t", "1", "1", "1"]) == 1
    assert capsys.readouterr().err == (
        "kafka-e2e-latency needs the Python package kafka-python: pip install 'zkbroker[cli]'\n"
    )
