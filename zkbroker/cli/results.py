"""Results on a terminal: coloured, and through a pager where they are longer than the screen.

Elsewhere (a file, a pipe, --output json or csv, TERM=dumb) what a command prints is exactly what Kafka's prints.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO, Final, TextIO

Piece = tuple[str, str]
"""A part of a line and its style, "" for none."""

GOOD, BAD, WARNED, HEADING, FAINT, NAME = "green", "bold red", "yellow", "bold", "dim", "cyan"

_WHOLE: Final = (
    (re.compile(r"\s*(Error: |Error while |ERROR: |\* Group .* could not be |partition: .*\terror: )"), BAD),
    (re.compile(r"\s*(WARN|WARNING|Warn|Warning):? "), WARNED),
    (re.compile(r".* (is still in progress\.|is being moved to |There is no active reassignment )"), WARNED),
    (
        re.compile(
            r"(Created topic|Completed|Successfully|Deletion of requested|Reassignment of .* complete)"
        ),
        GOOD,
    ),
)
_HEADING_CELL: Final = re.compile(r"#?[A-Z][A-Za-z-]*(\((min|ID)\))?")
_LABELLED: Final = re.compile(r"\t?[A-Z]\w*: [^\t]*(\t[A-Z][\w ]*: [^\t]*)*$")
_LABEL: Final = re.compile(r"(?:^\t?|\t)[A-Z][\w ]*: ")
_CONFIG: Final = re.compile(r"(  [\w.-]+)(=.*?)( sensitive=\w+ synonyms=.*)")
_BATCH: Final = re.compile(r"(\| )?(baseOffset|offset): \d")
_BATCH_LABEL: Final = re.compile(r"\b\w+: ")
_CONTENTS: Final = re.compile(r" (key|payload): ")
_JSON: Final = re.compile(r"[{\[].*[}\]]$")
_JSON_KEY: Final = re.compile(r'"[^"\\]*"(?=\s*:)')


def pieces(line: str) -> Iterator[Piece]:
    """The line in parts, each with its style; joined they are the line."""
    for whole, style in _WHOLE:
        if whole.match(line):
            yield line, style
            return
    if _is_heading(line):
        yield line, HEADING
    elif _LABELLED.match(line):
        yield from _labelled(line)
    elif config := _CONFIG.fullmatch(line):
        yield from ((config[1], HEADING), (config[2], ""), (config[3], FAINT))
    elif _BATCH.match(line):
        contents = _CONTENTS.search(line)
        end = len(line) if contents is None else contents.start()
        yield from _marked(line[:end], _BATCH_LABEL, FAINT)
        yield line[end:], ""
    elif _JSON.match(line):
        yield from _marked(line, _JSON_KEY, NAME)
    else:
        yield line, ""


def _is_heading(line: str) -> bool:
    """`GROUP           TOPIC ...`: names of columns, of which there are at least two."""
    cells = [cell for cell in re.split(r"\t|  +", line.replace(" (ID)", "")) if cell.strip()]
    many = cells[0].split() if len(cells) == 1 and line.isupper() else cells
    return len(many) > 1 and all(_HEADING_CELL.fullmatch(cell.strip()) for cell in many)


def _labelled(line: str) -> Iterator[Piece]:
    """`Topic: t<tab>Partition: 0<tab>Leader: none ...`: what is wrong with a partition is seen at once."""
    values = {
        label.strip(): value
        for label, _, value in (part.partition(": ") for part in line.split("\t") if part)
    }
    behind = len(_commas(values.get("Isr", ""))) < len(_commas(values.get("Replicas", "")))
    for text, style in _marked(line, _LABEL, FAINT):
        if style or not text:
            yield text, style
        elif text == "none" and values.get("Leader") == "none":
            yield text, BAD
        elif behind and text == values.get("Isr"):
            yield text, WARNED
        else:
            yield text, NAME if text == values.get("Topic") else ""


def _commas(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _marked(text: str, pattern: re.Pattern[str], style: str) -> Iterator[Piece]:
    """What the pattern finds in this style, the rest in none."""
    at = 0
    for found in pattern.finditer(text):
        yield text[at : found.start()], ""
        yield found[0], style
        at = found.end()
    yield text[at:], ""


def rendered(line: str) -> str:
    """The line as a terminal takes it. Only where rich is installed."""
    return "".join(styled(text, style) if style and text else text for text, style in pieces(line))


def styled(text: str, style: str) -> str:
    """Only where rich is installed."""
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


class Results(io.TextIOBase):
    """Standard output of a command at a terminal: lines are coloured; what is longer than the screen goes to a pager.

    Until it is known whether the screen is enough, lines for a pager are held back. Owner of the pager.
    """

    def __init__(
        self, terminal: TextIO, *, coloured: bool, pager: Sequence[str], size: os.terminal_size
    ) -> None:
        """An empty `pager` is none: then nothing is held back."""
        self._terminal = terminal
        self._coloured = coloured
        self._pager = pager
        self._size = size
        self._begun = ""  # a line without its end
        self._held: list[str] = []
        self._rows = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def is_paged(self) -> bool:
        """The screen is the pager's."""
        return self._process is not None

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._put(line, f"{line}\n")
        return len(text)

    def flush(self) -> None:
        """What can be shown is; a line without its end too."""
        if not self._pager:
            self._end_line()
        self._stream().flush()

    def finish(self) -> None:
        """Show what is left, and wait until it was read."""
        self._end_line()
        if self._process is None:
            self._terminal.writelines(self._held)
            self._terminal.flush()
            self._held.clear()
            return
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's now
        try:
            assert self._process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # the pager was ended first
                self._process.stdin.close()
            self._process.wait()
        finally:
            signal.signal(signal.SIGINT, before)

    def _end_line(self) -> None:
        begun, self._begun = self._begun, ""
        if begun:
            self._put(begun, begun)

    def _put(self, line: str, text: str) -> None:
        shown = text.replace(line, rendered(line), 1) if self._coloured else text
        if self._pager and self._process is None:
            self._held.append(shown)
            self._rows += 1 + max(0, len(line) - 1) // max(1, self._size.columns)
            if self._rows < self._size.lines:
                return
            self._process = subprocess.Popen(
                self._pager, stdin=subprocess.PIPE, text=True, env={"LESS": "FRX", **os.environ}
            )
            shown = "".join(self._held)
        self._stream().write(shown)

    def _stream(self) -> IO[str]:
        if self._process is None:
            return self._terminal
        assert self._process.stdin is not None
        return self._process.stdin


@contextmanager
def shown(*, coloured: bool, paged: bool) -> Iterator[None]:
    """What the block prints on standard output are results: on a terminal coloured and paged, where that is wanted."""
    terminal = sys.stdout
    if not is_screen(terminal):
        yield
        return
    results = Results(
        terminal,
        coloured=coloured and wants_colour(),
        pager=_pager() if paged else (),
        size=shutil.get_terminal_size(),
    )
    sys.stdout = results
    try:
        yield
    except BrokenPipeError:
        if not results.is_paged:
            raise
        # Whoever reads has seen enough.
    finally:
        sys.stdout = terminal
        results.finish()


def is_screen(stream: TextIO) -> bool:
    """Whether a person looks at it, on a terminal that can do more than print."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def as_shown(stream: TextIO, text: str) -> str:
    """The text as it goes to the stream: on a terminal with its colours."""
    if not is_screen(stream) or not wants_colour():
        return text
    return "\n".join(map(rendered, text.split("\n")))


def in_colour(stream: TextIO, text: str, style: str) -> str:
    """The text as it goes to the stream: in this style on a terminal."""
    return styled(text, style) if is_screen(stream) and wants_colour() else text


def wants_colour() -> bool:
    """With rich, and unless NO_COLOR says otherwise. Source: no-color.org."""
    return not os.environ.get("NO_COLOR") and find_spec("rich") is not None


def _pager() -> Sequence[str]:
    """PAGER, or less, which is told (LESS=FRX, unless that is set) to end by itself where the screen is enough."""
    words = shlex.split(os.environ.get("PAGER", "less"))
    return words if words and shutil.which(words[0]) else ()
