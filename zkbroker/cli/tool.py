"""What Kafka's commands have in common: help, version, one sentence and an exit code for what goes wrong."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import HELP, VERSION, BadOption, Option, Parsed, Terse, WrongUse, parse
from zkbroker.cli.results import BAD, as_shown, in_colour, shown
from zkbroker.cli.standard_output import printing

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster

KAFKA_VERSION: Final = "3.9.1"
LIBRARIES: Final = {"kafka": "kafka-python", "confluent_kafka": "confluent-kafka"}
LEFT: Final = 40
WIDTH: Final = 110


def never(parsed: Parsed) -> bool:
    """Of `Tool.is_long`: what it prints is no list to read."""
    return False


def always(parsed: Parsed) -> bool:
    """Of `Tool.is_long`."""
    return True


def with_any(*options: str) -> Callable[[Parsed], bool]:
    """Of `Tool.is_long`: where one of these options is given."""
    return lambda parsed: any(name in parsed for name in options)


@attrs.frozen
class Tool:
    """One command. `failed` is the sentence around what went wrong, on the stream where Kafka's command puts it."""

    name: str  # kafka-topics
    purpose: str
    options: Sequence[Option]
    run: Callable[[Parsed], int | None]
    kafka_class: str  # whose place it takes
    failed: str = "{}"
    fails_on_stdout: bool = False
    needs_words: bool = True  # with nothing at all on the command line it explains itself
    explained_with: int = 1  # exit code of that
    passes_on: bool = False  # what begins with the first plain word is the tool's own to read
    words: str = ""  # what stands beside the options, as `COMMAND [ARGUMENT...]`
    actions: Sequence[Tool] = ()  # kafka-cluster cluster-id
    examples: Sequence[str] = ()
    refused_with: int = 1  # exit code for a wrong command line
    reads_all: bool = (
        False  # whether every value is read, needed or not, as argparse4j does and joptsimple does not
    )
    prints_records: bool = False  # or a dialogue: then nothing is coloured on a terminal
    is_long: Callable[[Parsed], bool] = never  # whether what it prints may need a pager

    @property
    def all_options(self) -> list[Option]:
        return sorted({HELP, VERSION, *self.options}, key=lambda option: option.name)

    def usage(self) -> str:
        """What --help prints."""
        lines = []
        if self.actions:
            lines += [f"Usage: {self.name} ACTION [OPTION...]", "", "Actions:"]
            lines += [f"  {action.name:24} {action.purpose}" for action in self.actions]
            lines.append("")
        elif self.words:
            lines += [f"Usage: {self.name} [OPTION...] {self.words}", ""]
        lines += [f"{'Option':{LEFT}} Description", f"{'------':{LEFT}} -----------"]
        for option in self.all_options:
            lines += _two_columns(option.usage, explained(option))
        if self.examples:
            lines += ["", "Examples:", *(f"  {example}" for example in self.examples)]
        return "\n".join(lines) + "\n"

    def main(self, argv: Sequence[str] | None = None) -> int:
        """Run it; its exit code."""
        words = list(sys.argv[1:] if argv is None else argv)
        try:
            return printing(self.name, lambda: self._main(words))
        except KeyboardInterrupt:
            return 130

    def _main(self, words: Sequence[str]) -> int:
        for action in self.actions:
            at = self._where(action, words)
            if at is not None:
                return action.main([*words[:at], *words[at + 1 :]])
        try:
            if "-h" in words[:1]:
                words = ["--help"]
            parsed = parse(self.all_options, words, passes_on=self.passes_on)
            if "help" in parsed or (not words and self.needs_words):
                _show_long(f"{self.purpose}\n{self.usage()}")
                return 1 if words else self.explained_with
            if "version" in parsed:
                sys.stdout.write(f"{KAFKA_VERSION}\n")
                return 0
            if self.actions:
                names = ", ".join(action.name.split()[-1] for action in self.actions)
                given = parsed.words[0] if parsed.words else "Nothing"
                raise WrongUse(f"{given} is no action of {self.name}: there are {names}")
            for option in self.options:
                if option.required and option.name not in parsed:
                    raise WrongUse(f'Missing required argument "[{option.name}]"')
            if self.reads_all:
                parsed.read_all()
        except (BadOption, WrongUse) as wrong:
            return self._refuse(wrong)
        return self._run(parsed)

    def _where(self, action: Tool, words: Sequence[str]) -> int | None:
        """Where a word names the action: the first, or one behind options and their arguments."""
        takes = {f"--{option.name}" for option in self.options if option.value is not None}
        for at, word in enumerate(words):
            if word == action.name.split()[-1] and (at == 0 or words[at - 1] not in takes):
                return at
        return None

    def _run(self, parsed: Parsed) -> int:
        from zkbroker.client.errors import CallFailed
        from zkbroker.errors import KafkaError

        around = self.failed
        try:
            if self.prints_records:
                return self.run(parsed) or 0
            with shown(paged=self.is_long(parsed) and _is_text(parsed), coloured=_is_text(parsed)):
                return self.run(parsed) or 0
            return 0  # nobody wanted to read to the end
        except WrongUse as wrong:
            return self._refuse(wrong)
        except Failure as failure:
            sys.stdout.flush()
            sys.stderr.write(in_colour(sys.stderr, str(failure), BAD) + "\n")
            return failure.exit_code
        except KafkaError as refused:
            sentence = refused.message or refused.code.name
        except (BadOption, CallFailed) as failed:
            sentence = str(failed)
            if isinstance(failed, Terse):
                around = "{}"
        except ModuleNotFoundError as missing:
            if missing.name not in LIBRARIES:
                raise
            sentence = (
                f"{self.name} needs the Python package {LIBRARIES[missing.name]}: pip install 'zkbroker[cli]'"
            )
        except BrokenPipeError:
            raise
        except OSError as failed:  # the connection broke, the disk is full ...
            where = f"{failed.filename}: " if failed.filename else ""
            sentence = f"{where}{failed.strerror or failed}."
        sys.stdout.flush()
        stream = sys.stdout if self.fails_on_stdout and not is_for_programs(parsed) else sys.stderr
        stream.write(in_colour(stream, around.format(sentence), BAD) + "\n")
        return 1

    def _refuse(self, wrong: Exception) -> int:
        sys.stdout.flush()
        sys.stderr.write(in_colour(sys.stderr, str(wrong), BAD) + "\n")
        if isinstance(wrong, WrongUse):
            sys.stderr.write(f"{self.name} --help shows its options.\n")
        return self.refused_with


def is_for_programs(parsed: Parsed) -> bool:
    """Whether standard output holds JSON or CSV, and nothing else."""
    return any(form in ("json", "csv") for form in parsed.texts("output"))


def _is_text(parsed: Parsed) -> bool:
    """Whether people read it: not with --output json or csv."""
    return "output" not in parsed.options or parsed.text("output") == "text"


def explained(option: Option) -> str:
    """An option's help, with its default."""
    if option.default is None or option.value is None or option.default == "":
        return option.help
    return f"{option.help} (default: {option.default})"


def _show_long(text: str) -> None:
    """On standard error as Kafka does; on a terminal that is too small, through the pager."""
    if sys.stderr.isatty() and sys.stdout.isatty() and sys.stdin.isatty():
        import shutil

        if text.count("\n") >= shutil.get_terminal_size().lines:
            import pydoc

            pydoc.pager(text)
            return
    sys.stderr.write(text)


def _two_columns(left: str, right: str) -> list[str]:
    wrapped = textwrap.wrap(right, WIDTH - LEFT - 1) or [""]
    if len(left) > LEFT:
        return [left, *(f"{'':{LEFT}} {line}" for line in wrapped)]
    return [f"{left:{LEFT}} {wrapped[0]}", *(f"{'':{LEFT}} {line}" for line in wrapped[1:])]


def open_cluster(
    parsed: Parsed,
    *,
    bootstrap: str | None = None,
    config: str | None = "command-config",
    timeout_ms: int | None = None,
) -> Cluster:
    """The cluster that --bootstrap-server names, reached as --command-config says. Raises: CallFailed.

    `timeout_ms`: what an option gives for default.api.timeout.ms.
    """
    from zkbroker.cli.progress import progress
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    file = parsed.text(config) if config is not None and config in parsed.options else None
    properties = read_properties(file) if file is not None else {}
    if timeout_ms is not None:
        properties["default.api.timeout.ms"] = str(timeout_ms)
    if bootstrap is None and "bootstrap-server" in parsed:
        bootstrap = parsed.text("bootstrap-server")
    return Cluster(ClientSettings.of(bootstrap, properties), progress)


def say(text: str = "") -> None:
    """A line on standard output."""
    sys.stdout.write(f"{text}\n")


def warn(text: str) -> None:
    """A line on standard error."""
    sys.stdout.flush()
    sys.stderr.write(as_shown(sys.stderr, text) + "\n")


def say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
