"""docs/acl.md taken apart: the files it shows, and its commands with what they answered."""

from __future__ import annotations

import io
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import attrs
import pytest

from acl.__main__ import main as acl
from zkbroker.cli import kafka_acls

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "acl.md"

_FILE = re.compile(r"^`(?P<name>[\w.-]+)`:\n\n```\w*\n(?P<text>.*?)^```$", re.M | re.S)
_CONSOLE = re.compile(r"^```console\n(?P<text>.*?)^```$", re.M | re.S)
_CODE = '; echo "exit code $?"'


@attrs.frozen
class File:
    """A file that the reader is to have."""

    name: str
    text: str


@attrs.frozen
class Call:
    """A command line, and what the page says it answers."""

    line: str
    answer: str


def steps(document: str) -> list[File | Call]:
    """What a reader does, from the top to the end."""
    found: list[tuple[int, File | Call]] = [
        (at.start(), File(at["name"], at["text"])) for at in _FILE.finditer(document)
    ]
    for block in _CONSOLE.finditer(document):
        found += [(block.start(), call) for call in _calls(block["text"])]
    return [step for _, step in sorted(found, key=lambda pair: pair[0])]


def _calls(text: str) -> Iterator[Call]:
    for piece in re.split(r"^\$ ", text, flags=re.M)[1:]:
        line, _, answer = piece.partition("\n")
        yield Call(line, answer)


def with_answers(document: str, answers: Sequence[str]) -> str:
    """The page with these answers in the place of its own."""
    left = iter(answers)

    def block(found: re.Match[str]) -> str:
        calls = "".join(f"$ {call.line}\n{next(left)}" for call in _calls(found["text"]))
        return f"```console\n{calls}```"

    return _CONSOLE.sub(block, document)


@attrs.define(eq=False)
class Reader:
    """Does what the page says, in a directory, and notes what is answered."""

    directory: Path
    kafka_acls_at: Sequence[str]  # what stands for `--bootstrap-server localhost:9092`
    _watching: subprocess.Popen[str] | None = None

    def do(self, line: str) -> str:
        """The answer of one command line."""
        if line.endswith(" &"):
            self._watch(line.removesuffix(" &"))
            return ""
        tell_code = line.endswith(_CODE)
        words = shlex.split(line.removesuffix(_CODE))
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = self._run(words)
        answer = re.sub(r"^Warning: support for ACL configuration directly .*\n", "", out.getvalue())
        if tell_code:
            answer += f"exit code {code}\n"
        else:
            assert code == 0, f"{line}: exit code {code}\n{answer}"
        if self._watching is not None:
            watched, errors = self._watching.communicate(timeout=60)
            assert self._watching.returncode == 0, errors
            self._watching = None
            answer += re.sub(r"^\d\d:\d\d:\d\d", "12:00:00", watched)
        return answer

    def _run(self, words: list[str]) -> int:
        if words[0] == "acl":
            return acl(words[1:])
        if words[0] == "kafka-acls":
            assert words[1:3] == ["--bootstrap-server", "localhost:9092"]
            return kafka_acls.TOOL.main([*self.kafka_acls_at, *words[3:]])
        if words[0] == "cat":
            sys.stdout.write((self.directory / words[1]).read_text())
            return 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", words)
            with pytest.raises(SystemExit) as end:
                runpy.run_path(str(ROOT / words[0]), run_name="__main__")
        return int(end.value.code or 0)

    def _watch(self, line: str) -> None:
        words = shlex.split(line)
        assert words[0] == "acl"
        self._watching = subprocess.Popen(
            [sys.executable, "-m", "acl", *words[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._watching.stderr is not None
        assert "watching" in self._watching.stderr.readline()

    def close(self) -> None:
        """End what still runs."""
        if self._watching is not None:
            self._watching.kill()
            self._watching.communicate()
