"""How long each task has kept the event loop busy: what Kafka measures on its threads. Source: KIP-124."""

from __future__ import annotations

import time

import attrs
import trio


@attrs.define(eq=False)
class TaskTimes(trio.abc.Instrument):
    """Adds up the steps of the tasks it was asked about. It costs some on every step: only while it is needed."""

    _busy_ns: dict[trio.lowlevel.Task, int] = attrs.field(factory=dict, init=False)
    _since_ns: int = attrs.field(default=0, init=False)
    _is_on: bool = attrs.field(default=False, init=False)

    def switch(self, on: bool) -> None:
        """Begin or end to measure. Only inside trio."""
        if on and not self._is_on:
            trio.lowlevel.add_instrument(self)
        elif not on and self._is_on:
            trio.lowlevel.remove_instrument(self)
            self._busy_ns.clear()
        self._is_on = on

    def take_ns(self) -> int:
        """How long this task was busy since it last asked; 0 the first time."""
        task, now_ns = trio.lowlevel.current_task(), time.perf_counter_ns()
        busy_ns = self._busy_ns.get(task)
        self._busy_ns[task] = 0
        taken = 0 if busy_ns is None else busy_ns + now_ns - self._since_ns
        self._since_ns = now_ns
        return taken

    def forget(self) -> None:
        """This task will not ask again."""
        self._busy_ns.pop(trio.lowlevel.current_task(), None)

    # What trio calls.

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._since_ns = time.perf_counter_ns()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        busy_ns = self._busy_ns.get(task)
        if busy_ns is not None:
            self._busy_ns[task] = busy_ns + time.perf_counter_ns() - self._since_ns
