"""The same command line given to Kafka's class and to our command, on the same cluster; what they say is compared.

Kafka's output is compared after a normalisation that drops what nobody reads on purpose: log lines, stack traces, a
repetition of the arguments, the usage behind a refused option. `Optional[x]` and `Set(x)` are x, a topic id is ID; and
each runs on things of its own, whose names begin with `ours` or `java`.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import islice
from unittest.mock import patch

import attrs

from tests.support.peers import JavaTools, ToolResult
from zkbroker.cli.commands import tool_named
from zkbroker.cli.tool import Tool

_LOG_LINE = re.compile(r"^\[\d{4}-\d\d-\d\d [\d:,]+\] |^WARN |^log4j:|^SLF4J")
_TRACE = re.compile(
    r"^\tat |^Caused by: |^\t?\.\.\. \d+ more|^Suppressed: |^exit \d+$|^ \([\w.$]+\)$|^ToolRunner"
    r"|^Error while executing config command with args"
)
_THROWN = re.compile(r"^[\w.$]+(Exception|Error)\b(: .*)?$")
_TOPIC_ID = re.compile(r"TopicId: \S{22}")

Normalise = Callable[[str], str]


@attrs.frozen
class Said:
    """What a command said, normalised."""

    code: int
    output: str
    sentence: str  # the first line on standard error

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


@attrs.define(eq=False)
class Both:
    """Runs both. In a command line `{b}` is the bootstrap option and `{me}` the prefix of what belongs to one side."""

    bootstrap: str
    zookeeper: str
    java: JavaTools

    def fill(self, line: str, me: str) -> list[str]:
        return shlex.split(
            line.replace("{b}", f"--bootstrap-server {self.bootstrap}")
            .replace("{servers}", self.bootstrap)
            .replace("{zk}", self.zookeeper)
            .replace("{me}", me)
        )

    def kafka(self, command: str, line: str, *, stdin: str = "") -> Said:
        tool = tool_named(command)
        words = with_action(tool, self.fill(line, "java"))
        result = self.java.run(tool.kafka_class, *words, stdin=stdin.encode())
        return normalised(result, "java")

    def ours(self, command: str, line: str, *, stdin: str = "") -> Said:
        return normalised(run_tool(tool_named(command), self.fill(line, "ours"), stdin=stdin), "ours")

    def same(
        self,
        command: str,
        line: str,
        *,
        stdin: str = "",
        code: int | None = None,
        fails: bool = False,
        normalise: Normalise = lambda text: text,
    ) -> Said:
        """Both say the same and end with the same code; what ours said.

        `fails`: what they say is a failure. Some of Kafka's commands then end with 0 all the same; ours never do.
        """
        theirs = self.kafka(command, line, stdin=stdin)
        mine = self.ours(command, line, stdin=stdin)
        theirs, mine = (attrs.evolve(said, output=normalise(said.output)) for said in (theirs, mine))
        assert mine.output == theirs.output, f"{command} {line}\nours: {mine}\nKafka's: {theirs}"
        assert mine.sentence == theirs.sentence, f"{command} {line}\nours: {mine}\nKafka's: {theirs}"
        if fails:
            assert mine.code == 1, f"{command} {line}\nours: {mine}\nKafka's: {theirs}"
        else:
            assert mine.code == theirs.code, f"{command} {line}\nours: {mine}\nKafka's: {theirs}"
        assert code is None or mine.code == code, mine
        return mine


def with_action(tool: Tool, words: Sequence[str]) -> list[str]:
    """As argparse4j wants it: the options that all actions share, the action, its own options."""
    name, _, action = tool.name.partition(" ")
    if not action:
        return list(words)
    shared = [f"--{option.name}" for option in tool_named(name).options]
    first: list[str] = []
    own: list[str] = []
    left = iter(words)
    for word in left:
        if word in shared:
            first += [word, *islice(left, 1)]
        else:
            own.append(word)
    return [*first, action, *own]


def run_tool(tool: Tool, words: Sequence[str], *, stdin: str = "") -> ToolResult:
    """Run one of our commands in this process."""
    output, errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    with redirect_stdout(output), redirect_stderr(errors), patch.object(sys, "stdin", given):
        code = tool.main(words)
    output.flush()
    assert isinstance(output.buffer, io.BytesIO)
    return ToolResult(code, output.buffer.getvalue().decode(), errors.getvalue())


def normalised(result: ToolResult, me: str) -> Said:
    sentences = list(_sentences(result.errors))
    output = "".join(f"{line}\n" for line in _said(result.output))
    return Said(result.exit_code, _neutral(output, me), _neutral(sentences[0] if sentences else "", me))


def _said(text: str) -> Iterator[str]:
    """The lines without the log's."""
    for line in text.splitlines():
        if not _LOG_LINE.match(line) and not _TRACE.match(line):
            yield line


def _sentences(text: str) -> Iterator[str]:
    """The lines that say something; of an exception its message."""
    for line in _said(text):
        said = line
        while thrown := _THROWN.match(said):
            said = (thrown[2] or "").removeprefix(": ")
        if said.strip():
            yield said


def _neutral(text: str, me: str) -> str:
    text = re.sub(r"Optional\[([^\]]*)\]", r"\1", text)
    text = _TOPIC_ID.sub("TopicId: ID", text)
    text = re.sub(r"Set\(([^)]*)\)", r"\1", text)
    return re.sub(rf"\b{me}", "side", text)


def sorted_lines(text: str) -> str:
    """For what comes out of a hash table on their side."""
    return "\n".join(sorted(text.splitlines()))
