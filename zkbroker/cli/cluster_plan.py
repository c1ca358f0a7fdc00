"""What `zkbroker up` is going to start: names, ports, directories, properties. Decided before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.cli.sources import read_settings
from zkbroker.config import BrokerConfig, ConfigError, Origin, Setting, Source
from zkbroker.config.properties import format_properties

DECIDED_HERE: Final = {
    "broker.id": "--brokers",
    "node.id": "--brokers",
    "listeners": "--host and --port",
    "advertised.listeners": "--host and --port",
    "log.dir": "--data",
    "log.dirs": "--data",
    "zookeeper.connect": "--zookeeper and --chroot",
}
"""Keys that differ between the brokers of a cluster, and the options that decide them."""

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

SESSION_TIMEOUT_MS: Final = 6000
"""A broker that dies is noticed after that; Kafka's 18 s allow for pauses of Java's garbage collector."""


@attrs.frozen
class PlannedProcess:
    """One process: how to call it, where its output goes, and the address that must be free before."""

    name: str  # "broker 1", "zookeeper"
    argv: tuple[str, ...]
    log_file: Path
    address: tuple[str, int]
    option: str  # the option that chooses another address
    hint: str = ""  # what else could be done about a taken port


@attrs.frozen
class ClusterPlan:
    """A cluster to run. Nothing of it exists yet."""

    data: Path
    zookeeper: PlannedProcess | None  # None: one that runs already is named
    zookeeper_hosts: str  # HOST:PORT,…
    brokers: tuple[PlannedProcess, ...]
    files: Mapping[Path, str]  # what to write before the start
    bootstrap: str
    warnings: tuple[str, ...]


def plan_cluster(
    *,
    brokers: int,
    first_port: int,
    host: str,
    data: Path,
    zookeeper: str | None,
    zookeeper_port: int,
    chroot: str | None,
    overrides: Sequence[str],
    events: Path | None,
    environment: Mapping[str, str],
) -> ClusterPlan:
    """Raises: Failure for what cannot work."""
    data = data.absolute()
    if first_port + brokers - 1 > 65535:
        raise Failure(f"--port {first_port} leaves no ports for {brokers} brokers: choose a lower one", 2)
    hosts, path = _zookeeper_address(zookeeper, zookeeper_port, chroot)
    common, strangers = read_settings(None, environment, overrides)
    for setting in common:
        if setting.key in DECIDED_HERE:
            option = DECIDED_HERE[setting.key]
            raise Failure(f"{setting.key} ({setting.origin}) differs between brokers: use {option}", 2)
    files: dict[Path, str] = {}
    planned = []
    warnings: tuple[str, ...] = ()
    for broker_id in range(1, brokers + 1):
        port = first_port + broker_id - 1
        directory = data / f"broker-{broker_id}"
        properties = _properties(broker_id, brokers, host, port, directory, hosts + path)
        warnings = _check(properties, common)
        file = directory / "server.properties"
        files[file] = _as_file(properties)
        argv = [sys.executable, "-m", "zkbroker", "broker", str(file), "--stop-with-parent"]
        for override in overrides:
            argv += ["--override", override]
        if events is not None:
            argv += ["--events", str(events.absolute())]
        log_file = data / "logs" / f"broker-{broker_id}.log"
        planned.append(
            PlannedProcess(f"broker {broker_id}", tuple(argv), log_file, (_bind_host(host), port), "--port")
        )
    if strangers:
        warnings += (f"environment variables that name no key are ignored: {', '.join(strangers)}",)
    return ClusterPlan(
        data=data,
        zookeeper=None if zookeeper else _plan_zookeeper(data, zookeeper_port),
        zookeeper_hosts=hosts,
        brokers=tuple(planned),
        files=files,
        bootstrap=",".join(f"{_bracketed(host)}:{first_port + index}" for index in range(brokers)),
        warnings=warnings,
    )


def _zookeeper_address(zookeeper: str | None, port: int, chroot: str | None) -> tuple[str, str]:
    """Hosts and chroot ("" for none)."""
    hosts, slash, named = (zookeeper or f"localhost:{port}").partition("/")
    path = slash + named if named else ""
    if chroot is not None:
        if path:
            raise Failure(
                f"--zookeeper {zookeeper} has a chroot already: leave it out or leave out --chroot", 2
            )
        path = chroot if chroot.startswith("/") else f"/{chroot}"
    return hosts, path.rstrip("/")


def _properties(
    broker_id: int, brokers: int, host: str, port: int, directory: Path, zookeeper_connect: str
) -> dict[str, str]:
    """A broker's own settings; internal topics fit the number of brokers."""
    replicas = min(3, brokers)
    listening = host if host in LOOPBACK else ""
    return {
        "broker.id": str(broker_id),
        "listeners": f"PLAINTEXT://{_bracketed(listening)}:{port}",
        "advertised.listeners": f"PLAINTEXT://{_bracketed(host)}:{port}",
        "log.dirs": str(directory / "logs"),
        "zookeeper.connect": zookeeper_connect,
        "zookeeper.session.timeout.ms": str(SESSION_TIMEOUT_MS),
        "offsets.topic.replication.factor": str(replicas),
        "transaction.state.log.replication.factor": str(replicas),
        "transaction.state.log.min.isr": str(min(2, replicas)),
        "group.initial.rebalance.delay.ms": "0",
        "controlled.shutdown.retry.backoff.ms": "500",
    }


def _check(properties: Mapping[str, str], common: Sequence[Setting]) -> tuple[str, ...]:
    """Find here what would stop every broker; the warnings. Raises: Failure."""
    own = Origin(Source.FILE, "zkbroker up")
    try:
        config = BrokerConfig([*(Setting(key, text, own) for key, text in properties.items()), *common])
    except ConfigError as error:
        raise Failure(str(error)) from None
    return config.warnings


def _as_file(properties: Mapping[str, str]) -> str:
    comment = "# Written anew by each `zkbroker up`; for other settings use its --override.\n"
    return comment + format_properties(properties)


def _plan_zookeeper(data: Path, port: int) -> PlannedProcess:
    argv = [sys.executable, "-m", "zkbroker", "zookeeper", "--host", "localhost", "--port", str(port)]
    argv += ["--data", str(data / "zookeeper"), "--stop-with-parent"]
    log_file = data / "logs" / "zookeeper.log"
    hint = f", or use the ZooKeeper that listens there with --zookeeper localhost:{port}"
    return PlannedProcess("zookeeper", tuple(argv), log_file, ("localhost", port), "--zookeeper-port", hint)


def _bind_host(host: str) -> str:
    return host if host in LOOPBACK else ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
