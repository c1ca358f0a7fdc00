"""What a command says to the person who started it: plain lines, with colour and a spinner on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from rich.console import Console


@attrs.define(eq=False)
class Terminal:
    """Lines on stdout. Without a terminal, or without rich, they are plain."""

    _console: Console | None = None

    @classmethod
    def open(cls) -> Terminal:
        """rich where there is a terminal and it is installed."""
        if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
            return cls()
        try:
            from rich.console import Console
        except ImportError:
            return cls()
        return cls(Console(highlight=False, soft_wrap=True))

    def say(self, text: str) -> None:
        self._line(text, "", "")

    def good(self, text: str) -> None:
        self._line(text, "✓ ", "green")

    def bad(self, text: str) -> None:
        self._line(text, "✗ ", "red")

    def important(self, text: str) -> None:
        self._line(text, "", "bold")

    def faint(self, text: str) -> None:
        self._line(text, "", "dim")

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A spinner with this text while the block runs; nothing at all where there is no terminal."""
        if self._console is None:
            yield
        else:
            with self._console.status(text):
                yield

    def _line(self, text: str, mark: str, style: str) -> None:
        if self._console is None:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        else:
            self._console.print(f"{mark}{text}", style=style or None, markup=False)
