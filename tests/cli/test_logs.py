"""Log lines in Kafka's layout, and events as JSON lines."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from pathlib import Path

import pytest

from zkbroker.cli.event_log import EventLines, event_log
from zkbroker.cli.failure import Failure
from zkbroker.cli.logs import KafkaFormatter
from zkbroker.events import ControllerElected, EventFeed, IsrChanged, Stamped, set_cause
from zkbroker.model import TopicPartition


def test_a_line_looks_like_kafkas() -> None:
    record = logging.LogRecord("zkbroker.broker", logging.WARNING, __file__, 1, "%d left", (3,), None)
    line = KafkaFormatter().format(record)
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] WARN 3 left \(zkbroker\.broker\)", line), (
        line
    )


def test_a_traceback_follows() -> None:
    try:
        raise ValueError("what")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    lines = KafkaFormatter().format(record).splitlines()
    assert lines[0].endswith("ERROR failed (x)")
    assert lines[-1] == "ValueError: what"


def test_events_are_lines_of_json(tmp_path: Path) -> None:
    feed = EventFeed()
    file = tmp_path / "events.jsonl"
    with event_log(feed, file, lambda: 1), event_log(feed, file, lambda: 2):
        feed.emit(ControllerElected(1, 7))
        set_cause("a follower fell behind")
        feed.emit(IsrChanged(TopicPartition("t", 3), (1, 2), 4, 5))
        set_cause("")
    feed.emit(ControllerElected(1, 8))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["broker"], line["number"], line["event"]) for line in lines] == [
        (1, 1, "ControllerElected"),
        (2, 1, "ControllerElected"),
        (1, 2, "IsrChanged"),
        (2, 2, "IsrChanged"),
    ]
    assert lines[0]["controller_epoch"] == 7
    assert lines[2] | {"topic": "t", "partition": 3, "isr": [1, 2], "leader_epoch": 4} == lines[2]
    assert lines[2]["cause"] == "a follower fell behind"
    assert lines[2]["monotonic_ns"] >= lines[0]["monotonic_ns"] > 0


def test_without_a_file_nobody_listens() -> None:
    feed = EventFeed()
    with event_log(feed, None, lambda: 1):
        feed.emit(ControllerElected(1, 7))


def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    with (
        pytest.raises(Failure, match=r"--events .*nowhere.* cannot be written: No such file"),
        event_log(EventFeed(), tmp_path / "nowhere" / "events", lambda: 1),
    ):
        pass


def test_a_full_disk_silences_the_file_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        lines = EventLines(descriptor, lambda: 1)
        for number in range(3):
            lines.write(Stamped(number, 0, 0, "", ControllerElected(1, 7)))
    finally:
        os.close(descriptor)
    assert [record.message for record in caplog.records] == [
        "Events are no longer written: No space left on device"
    ]
