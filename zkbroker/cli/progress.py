"""How far a command is: on standard error, only on a terminal, only where it lasts, and gone when it is done."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.cli.results import Results, is_screen

if TYPE_CHECKING:
    from rich.progress import Progress

SHOWN_AFTER_S: Final = 0.7
"""What takes less long is not worth a look."""

Advance = Callable[[int], None]


@attrs.define(eq=False)
class _Bar:
    """One bar, or without a total a spinner. It appears by a timer, for whoever is waited for may block."""

    text: str
    total: int | None
    _done: int = attrs.field(default=0, init=False)
    _shown: Progress | None = attrs.field(default=None, init=False)

    def show(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}", markup=False)]
        if self.total is not None:
            columns += [BarColumn(), TaskProgressColumn()]
        shown = Progress(
            *columns,
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
        )
        shown.add_task(self.text, total=self.total, completed=self._done)
        shown.start()
        self._shown = shown

    def advance(self, count: int) -> None:
        self._done += count
        if self._shown is not None:
            self._shown.update(self._shown.task_ids[0], completed=self._done)

    def hide(self) -> None:
        if self._shown is not None:
            self._shown.stop()


_is_shown = False


@contextmanager
def progress(text: str, total: int | None = None, *, prints: bool = False) -> Iterator[Advance]:
    """Shows that the block goes on; what it yields is told how much more of the total is done.

    Inside another block nothing is shown: the outer one says more. A block that `prints` its results meanwhile shows
    none either where those go to the terminal.
    """
    global _is_shown
    if _is_shown or not _may_show() or (prints and is_screen(sys.stdout)):
        yield _ignored
        return
    bar = _Bar(text, total)
    timer = threading.Timer(SHOWN_AFTER_S, bar.show)
    timer.daemon = True
    timer.start()
    _is_shown = True
    try:
        yield bar.advance
    finally:
        _is_shown = False
        timer.cancel()
        timer.join()
        bar.hide()


def _ignored(count: int) -> None:
    """Nobody looks."""


def _may_show() -> bool:
    """On a terminal that nobody else writes to: not while a pager has the screen."""
    if isinstance(sys.stdout, Results) and sys.stdout.is_paged:
        return False
    return is_screen(sys.stderr) and find_spec("rich") is not None
