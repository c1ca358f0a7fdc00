"""What people see of a cluster at a terminal, and that programs get what they always got."""

from __future__ import annotations

import json

import pytest

from tests.cli.terminals import ESCAPE, on_terminal, piped, plain
from tests.tools.conftest import Place


def test_topics(place: Place) -> None:
    pytest.importorskip("rich")
    place.create("seen", "--partitions", "2")
    words = ("kafka-topics", "--bootstrap-server", place.bootstrap, "--describe", "--topic", "seen")
    shown = on_terminal(*words)
    assert ESCAPE in shown.terminal
    assert plain(shown.terminal) == piped(*words).stdout
    for form in ("json", "csv"):
        assert ESCAPE not in on_terminal(*words, "--output", form).terminal
    rows = json.loads(on_terminal(*words, "--output", "json").terminal)
    assert [row["partition"] for row in rows] == [0, 1]


def test_records_are_left_as_they_are(place: Place) -> None:
    place.create("spoken")
    at = ("--bootstrap-server", place.bootstrap, "--topic", "spoken")
    sent = ("kafka-verifiable-producer", *at, "--max-messages", "1")
    assert ESCAPE not in on_terminal(*sent).terminal
    read = ("kafka-console-consumer", *at, "--from-beginning", "--max-messages", "1")
    assert on_terminal(*read).terminal == "0\nProcessed a total of 1 messages\n"


def test_a_refusal_is_red(place: Place) -> None:
    pytest.importorskip("rich")
    words = ("kafka-topics", "--bootstrap-server", place.bootstrap, "--describe", "--topic", "nosuch")
    shown = on_terminal(*words)
    assert shown.terminal.startswith(ESCAPE + "1;31mError while executing topic command : Topic 'nosuch'")
    assert shown.code == 1
