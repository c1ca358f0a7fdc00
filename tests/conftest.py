"""Options, markers and fixtures of every test."""

from __future__ import annotations

import fcntl
import importlib.util
import logging
import random
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import peers
from tests.support.leaks import no_leaks
from zkbroker.testing import processes

hypothesis.settings.register_profile("short", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=5_000, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the full counts of the long proofs")
    parser.addoption(
        "--seed", type=int, default=None, help="the seed of everything random; printed at the start"
    )
    parser.addoption(
        "--on",
        choices=("zkbroker", "kafka"),
        default="zkbroker",
        help="what the tests of clients and clusters run on; on Apache Kafka they prove themselves",
    )
    parser.addoption(
        "--older-kafka",
        type=Path,
        metavar="LIBS",
        help="jars of Apache Kafka 3.6, 3.7 or 3.8: its brokers are those of the mixed cluster then",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.seed is None:
        config.option.seed = random.SystemRandom().randrange(1 << 32) if config.option.long else 1
    hypothesis.settings.load_profile("long" if config.option.long else "short")
    signal.signal(signal.SIGTERM, _as_interrupt)  # so that `timeout` lets fixtures end what they started


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt("SIGTERM")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.long:  # setup.cfg's limit is for the short form
        for item in items:
            item.add_marker(pytest.mark.timeout(7200))


def pytest_report_header(config: pytest.Config) -> list[str]:
    reason = peers.missing()
    return [
        f"seed: {config.option.seed}" + (", full counts" if config.option.long else ""),
        "peers: Apache Kafka 3.9.1 and ZooKeeper" if reason is None else f"peers: skipped, {reason}",
    ]


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_started_before] = processes.mark()
    if item.get_closest_marker("long") and not item.config.option.long:
        pytest.skip("only with --long")
    if item.get_closest_marker("peers") and (reason := peers.missing()):
        _skip_or_fail(reason)
    for marker in item.iter_markers("clients"):
        for module in marker.args:
            if importlib.util.find_spec(module) is None:
                _skip_or_fail(f"{module} is not installed")


def _skip_or_fail(reason: str) -> None:
    """Nothing is skipped in CI: there a missing peer is a failure."""
    if peers.in_ci():
        pytest.fail(f"{reason}, and CI skips nothing", pytrace=False)
    pytest.skip(reason)


_started_before = pytest.StashKey[int]()
LOG_LINES = 60


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the last output of every server process with the test that failed."""
    report = yield
    if report.failed:
        for process in processes.of_interest(item.stash.get(_started_before, 0)):
            end = "" if process.died_with is None else f" (it ended by itself, with {process.died_with})"
            report.sections.append((f"{process.name}{end}: {process.log_path}", process.tail(LOG_LINES)))
    return report


@pytest.fixture(autouse=True)
def leave_nothing_behind() -> Iterator[None]:
    """Every test: no thread, socket or file of its own outlives it."""
    with no_leaks():
        yield


@pytest.fixture(autouse=True)
def levels_as_before() -> Iterator[None]:
    """A command that runs inside a test may quieten the log; the next test reads it."""
    loggers = [logging.getLogger(name) for name in ("zkbroker", "kazoo", "kafka")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
def usual_ports() -> Iterator[None]:
    """Alone with Kafka's and ZooKeeper's usual ports: no test of another process takes them meanwhile."""
    with (Path(tempfile.gettempdir()) / "zkbroker-usual-ports.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The run's seed (--seed)."""
    value: int = request.config.option.seed
    return value


@pytest.fixture
def rng(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Randomness that repeats with the same --seed, and differs between tests."""
    return random.Random(f"{seed} {request.node.nodeid}")


@pytest.fixture
def full_counts(request: pytest.FixtureRequest) -> bool:
    """Whether long proofs run their full counts (--long)."""
    return bool(request.config.option.long)


@pytest.fixture(scope="session")
def java_tools() -> Iterator[peers.JavaTools]:
    """Kafka's and ZooKeeper's command-line tools in one JVM; for tests marked `peers`."""
    with peers.java_tools() as tools:
        yield tools
