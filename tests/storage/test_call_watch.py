"""Slow file calls are told of, and a directory that hangs is given up."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from tests.storage.support import Broken, Home, append
from zkbroker.storage import call_watch
from zkbroker.storage.call_watch import CallWatch
from zkbroker.storage.log_directory import LogDirectory


class Clock:
    """Monotonic time as a test sets it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(("took", "slow", "online"), [(0.9, 0, True), (1.1, 1, True), (31.0, 1, False)])
def test_a_call_is_judged_when_it_ends(
    tmp_path: Path, clock: Clock, took: float, slow: int, online: bool, caplog: pytest.LogCaptureFixture
) -> None:
    watch, directory = CallWatch(clock), LogDirectory(str(tmp_path))
    watch.begin(directory)
    clock.now += took
    watch.end()
    assert watch.slow_calls == slow
    assert directory.is_online == online
    assert (str(tmp_path) in caplog.text) == bool(slow)


def test_a_hanging_call_is_told_of_while_it_hangs(tmp_path: Path, clock: Clock) -> None:
    watch = CallWatch(clock)
    told = threading.Event()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "hangs" in record.getMessage():
                told.set()

    listener = Listener()
    call_watch.log.addHandler(listener)
    watch.start()
    try:
        watch.begin(LogDirectory(str(tmp_path)))
        clock.now += 2
        assert told.wait(5)
        watch.end()
    finally:
        watch.stop()
        call_watch.log.removeHandler(listener)
    assert watch.slow_calls == 1


def test_appends_reads_and_sendfiles_are_timed(tmp_path: Path, clock: Clock) -> None:
    broken = Broken()
    home = Home(tmp_path, broken)
    log = home.create()
    watch = home.setting.storage.watch
    watch.clock = clock

    def slow(call: str) -> None:
        clock.now += 1.5

    broken.fail = slow
    append(log, "a")
    assert watch.slow_calls == 1
    log.close()
    log = home.open()
    watch = home.setting.storage.watch
    watch.clock = clock
    assert watch.slow_calls == 0, "recovery is not the event loop's"
    log.read(0, 100, upper_offset=1).release()
    assert watch.slow_calls == 1
    log.close()
