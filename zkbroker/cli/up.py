"""Runs the cluster of a plan: starts everything at once, reports what happens, stops it in order."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.cli.child import Child, how_it_ended
from zkbroker.cli.cluster_plan import ClusterPlan, PlannedProcess
from zkbroker.cli.failure import Failure
from zkbroker.cli.stopping import stop_on_signal
from zkbroker.cli.terminal import Terminal

STOP_S: Final = 15.0
"""How long the brokers together may take to stop one after the other, and how long ZooKeeper may."""

LAST_CALL_S: Final = 3.0
"""How long brokers have that did not stop in that time, before they are killed."""

TAKEN: Final = (errno.EADDRINUSE, errno.EACCES)

STOPPED: Final = (0, -signal.SIGTERM)
"""How a process ends that was asked to, in order or before it knew what to do about it."""

RESTART_S: Final = (1.0, 30.0)
"""The pause before a dead broker is started again, and what it grows to while it keeps dying."""

LIVED_S: Final = 60.0
"""A process that ran so long did not die of its start."""

ZOOKEEPER_ANSWERS_S: Final = 5.0


def run_cluster(plan: ClusterPlan, *, restart: bool) -> int:
    """Run it until a signal; the exit code. Raises: Failure."""
    with _locked(plan.data):
        for process in (plan.zookeeper, *plan.brokers):
            if process is not None:
                _require_free(process)
        for file, content in plan.files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        cluster = Cluster(plan, restart)
        trio.run(cluster.run)
    if cluster.failure is not None:
        raise Failure(cluster.failure)
    return 0


@attrs.define(eq=False)
class Cluster:
    """A running cluster. Owner of its processes, which end with `run`."""

    plan: ClusterPlan
    restart: bool
    failure: str | None = attrs.field(default=None, init=False)  # why it stopped by itself
    is_up: bool = attrs.field(default=False, init=False)  # everything was ready once
    zookeeper: Child | None = attrs.field(init=False)
    brokers: list[Child] = attrs.field(init=False)
    moved: Changed = attrs.field(factory=Changed, init=False)  # a process, or what is above
    _terminal: Terminal = attrs.field(factory=Terminal, init=False)
    _stopping: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        planned = self.plan.zookeeper
        self.zookeeper = None if planned is None else Child(planned, self.moved)
        self.brokers = [Child(planned, self.moved) for planned in self.plan.brokers]

    def stop(self) -> None:
        """Ask `run` to end in order."""
        self._stopping = True
        self.moved.notify()

    async def run(self) -> None:
        """Until a signal, or until nothing is left to run; `failure` then says why."""
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_on_signal, self.stop)
            if self.zookeeper is not None or await self._named_zookeeper_answers():
                for child in self._children:
                    nursery.start_soon(self._supervise, child)
                self._terminal = Terminal.open()  # only now: the processes can use the time rich takes
                await self._wait_up(began)
                while not self._stopping:
                    await self.moved.wait()
                await self._stop_in_order()
            nursery.cancel_scope.cancel()

    @property
    def _children(self) -> list[Child]:
        return self.brokers if self.zookeeper is None else [self.zookeeper, *self.brokers]

    async def _named_zookeeper_answers(self) -> bool:
        """Whether one of the hosts can be reached; `failure` is set if not."""
        for address in self.plan.zookeeper_hosts.split(","):
            host, colon, port = address.strip().rpartition(":")
            with trio.move_on_after(ZOOKEEPER_ANSWERS_S):
                try:
                    stream = await trio.open_tcp_stream(
                        (host if colon else port).strip("[]"), int(port) if colon else 2181
                    )
                except (OSError, ValueError):
                    continue
                await stream.aclose()
                return True
        self.failure = (
            f"no ZooKeeper answers at {self.plan.zookeeper_hosts}: "
            "start it, or leave out --zookeeper for an embedded one"
        )
        return False

    async def _wait_up(self, began: float) -> None:
        """Until every process is ready, or the cluster is about to stop."""
        for warning in self.plan.warnings:
            self._terminal.faint(warning)
        said: set[Child] = set()
        with self._terminal.waiting("starting …"):
            while not self._stopping:
                for child in self._children:
                    if child.is_ready and child not in said:
                        said.add(child)
                        self._say_ready(child)
                if len(said) == len(self._children):
                    break
                await self.moved.wait()
        if not self._stopping:
            self.is_up = True
            self.moved.notify()
            seconds = trio.current_time() - began
            self._terminal.important(f"bootstrap.servers={self.plan.bootstrap}")
            self._terminal.faint(
                f"Up in {seconds:.1f} s. Ctrl-C stops it; its data stays in {self.plan.data}"
            )

    def _say_ready(self, child: Child) -> None:
        self._terminal.good(f"{child.name} ready on {child.address} (process {child.pid})")

    async def _supervise(self, child: Child) -> None:
        """Run a process, and again if it died and that is wanted, until the cluster stops."""
        pause_s = RESTART_S[0]
        while True:
            began = trio.current_time()
            code = await child.run()
            if self._stopping:
                return
            if not self.is_up:
                self.failure = f"{child.name} did not start: {child.last_words()}"
                return self.stop()
            self._terminal.bad(f"{child.name} {how_it_ended(code)}: {child.last_words()}")
            if not self.restart:
                break
            if trio.current_time() - began > LIVED_S:
                pause_s = RESTART_S[0]
            await trio.sleep(pause_s)
            pause_s = min(2 * pause_s, RESTART_S[1])
            self._terminal.say(f"{child.name} is started again")
        if not any(broker.is_running for broker in self.brokers):
            self.failure = "no broker is left"
            self.stop()

    async def _stop_in_order(self) -> None:
        """Brokers one after the other, so that each hands its leaderships over; then ZooKeeper."""
        if self.is_up:
            self._terminal.say("stopping")
        running = [broker for broker in reversed(self.brokers) if broker.is_running]
        with trio.move_on_after(STOP_S):
            for broker in running:
                await self._stop_child(broker)
        late = [broker for broker in running if broker.is_running]
        for broker in late:
            broker.ask_to_stop()
        with trio.move_on_after(LAST_CALL_S):
            for broker in late:
                await self._stop_child(broker)
        for broker in late:
            self._kill_if_running(broker)
        if self.zookeeper is not None and self.zookeeper.is_running:
            with trio.move_on_after(STOP_S):
                await self._stop_child(self.zookeeper)
            self._kill_if_running(self.zookeeper)

    async def _stop_child(self, child: Child) -> None:
        child.ask_to_stop()
        await child.wait_ended()
        code = child.exit_code
        if code is not None and code not in STOPPED:
            self._did_not_stop(f"{child.name} {how_it_ended(code)}: {child.last_words()}")
        elif self.is_up:
            self._terminal.faint(f"{child.name} stopped")

    def _kill_if_running(self, child: Child) -> None:
        if child.is_running:
            self._did_not_stop(f"{child.name} did not stop in time and is killed")
            child.kill()

    def _did_not_stop(self, sentence: str) -> None:
        self._terminal.bad(sentence)
        if self.failure is None:
            self.failure = "the cluster did not stop in order"


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """The data directory, for this process alone. Raises: Failure."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Failure(f"--data {data} cannot be used: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            raise Failure(
                f"{data} is in use by another zkbroker up (process {holder}): choose another with --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _require_free(process: PlannedProcess) -> None:
    """Raises: Failure if the process could not listen on its address."""
    host, port = process.address
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise Failure(f"{host} is no name of this machine: {error.strerror}") from None
    for family, kind, protocol, _, address in found:
        try:
            probe = socket.socket(family, kind, protocol)
        except OSError:
            continue  # a machine without IPv6
        with probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno not in TAKEN:
                    continue  # an address this machine does not have: nobody can have taken it
                raise Failure(
                    f"port {port}, which {process.name} needs, cannot be listened on ({error.strerror}): "
                    f"choose another with {process.option}{process.hint}"
                ) from None
