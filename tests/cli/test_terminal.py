"""What a person sees: colour where there is a terminal and rich, the same words where there is not."""

from __future__ import annotations

import sys

import pytest

from zkbroker.cli.terminal import Terminal


def speak(terminal: Terminal) -> None:
    with terminal.waiting("starting …"):
        terminal.good("broker 1 ready [not markup]")
    terminal.bad("broker 1 ended")
    terminal.important("bootstrap.servers=localhost:9092")
    terminal.faint("a hint")
    terminal.say("stopping")


WORDS = [
    "broker 1 ready [not markup]",
    "broker 1 ended",
    "bootstrap.servers=localhost:9092",
    "a hint",
    "stopping",
]


def test_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    speak(Terminal.open())
    assert capsys.readouterr().out.splitlines() == WORDS


def test_plain_lines_where_there_is_no_rich(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    speak(Terminal.open())
    assert capsys.readouterr().out.splitlines() == WORDS


def test_a_terminal_gets_colour_and_the_same_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    speak(Terminal.open())
    output = capsys.readouterr().out
    assert "\x1b[" in output
    for words in WORDS:
        assert words in output


def test_a_dumb_terminal_gets_plain_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    speak(Terminal.open())
    assert capsys.readouterr().out.splitlines() == WORDS
