"""Command-line options as Kafka's tools take them: `--name value`, `--name=value`, repeated where that makes sense.

Words that begin with no dash are left to the command, which mostly ignores them, as Kafka's do.
Source: joptsimple as org.apache.kafka.server.util.CommandLineUtils uses it, Kafka 3.9.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import attrs

T = TypeVar("T")


class WrongUse(Exception):
    """The options do not fit together."""


class BadOption(Exception):
    """An option or its value cannot be read, or what was asked cannot be."""


class Terse(BadOption):
    """The message needs no words of the command's around it."""


@attrs.frozen
class Option:
    """One option. `value` is what stands for its argument in the usage; None: it takes none."""

    name: str
    help: str
    value: str | None = None
    kind: Callable[[str], Any] = str
    default: Any = None
    many: bool = False  # may come more than once
    greedy: bool = False  # takes all words up to the next option
    optional: bool = False  # its argument may be left out
    required: bool = False
    choices: Sequence[str] = ()
    completes: str = ""  # "file", "topic", "group": what a shell offers

    def __str__(self) -> str:
        return f"[{self.name}]"

    @property
    def usage(self) -> str:
        dashes = "--" if len(self.name) > 1 else "-"
        if self.value is None:
            return f"{dashes}{self.name}"
        return (
            f"{dashes}{self.name} [{self.value}]" if self.optional else f"{dashes}{self.name} <{self.value}>"
        )


HELP: Final = Option("help", "Print usage information.")
VERSION: Final = Option("version", "Display the version of Kafka that this command follows.")

BOOTSTRAP: Final = Option(
    "bootstrap-server", "The brokers to connect to: host1:port1,host2:port2.", "server to connect to"
)
COMMAND_CONFIG: Final = Option(
    "command-config",
    "A file with the client's properties (security.protocol, sasl.jaas.config ...).",
    "command config property file",
    completes="file",
)
OUTPUT: Final = Option(
    "output",
    "How to print what was found: text as Kafka does (default), json or csv.",
    "text|json|csv",
    choices=("text", "json", "csv"),
    default="text",
)
ZOOKEEPER: Final = Option(
    "zookeeper",
    "DEPRECATED: ZooKeeper, as host:port[,host:port][/chroot], whose znodes are read or changed directly, as Kafka 2 "
    "did.",
    "hosts",
)
BROKER_LIST: Final = Option(
    "broker-list", "DEPRECATED: the same as --bootstrap-server.", "server to connect to"
)


@attrs.frozen
class Parsed:
    """What stood on the command line."""

    options: Mapping[str, Option]
    found: Mapping[str, Sequence[str]]
    words: Sequence[str] = ()
    order: Sequence[str] = ()  # the options' names as they came

    def has(self, name: str) -> bool:
        return name in self.found

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def texts(self, name: str) -> list[str]:
        """Every argument of an option."""
        return list(self.found.get(name, ()))

    def value(self, name: str) -> Any:
        """The argument of an option, converted; its default if it is not there.

        Raises: BadOption, if it cannot be converted or was given twice.
        """
        option = self.options[name]
        given = self.found.get(name, ())
        if not given:
            return option.default
        if len(given) > 1:
            raise BadOption(f"Found multiple arguments for option {name}, but you asked for only one")
        return self._converted(option, given[0])

    def text(self, name: str) -> str | None:
        found = self.value(name)
        return None if found is None else str(found)

    def number(self, name: str) -> int | None:
        found = self.value(name)
        return None if found is None else int(found)

    def values(self, name: str) -> list[Any]:
        """Every argument of an option, converted. Raises: BadOption."""
        return [self._converted(self.options[name], text) for text in self.found.get(name, ())]

    def read_all(self) -> None:
        """Raises: BadOption, if any argument cannot be converted."""
        for name in self.found:
            self.values(name)

    def _converted(self, option: Option, text: str) -> Any:
        if option.choices and option.kind is str and text not in option.choices:
            raise BadOption(f"Cannot parse argument '{text}' of option {option.name}")
        try:
            return option.kind(text)
        except ValueError:
            raise BadOption(f"Cannot parse argument '{text}' of option {option.name}") from None

    # ------------------------------------------------------------------ what fits together

    def require(self, *names: str) -> None:
        """Raises: WrongUse, if one is missing."""
        for name in names:
            if name not in self.found:
                raise WrongUse(f'Missing required argument "[{name}]"')

    def refuse(self, name: str, *others: str) -> None:
        """Raises: WrongUse, if `name` comes with one of the others."""
        if name in self.found:
            for other in others:
                if other in self.found:
                    raise WrongUse(f'Option "[{name}]" can\'t be used with option "[{other}]"')

    def one_of(self, names: Sequence[str], sentence: str) -> str:
        """The one of these that is there. Raises: WrongUse with the sentence, if it is not exactly one."""
        found = [name for name in names if name in self.found]
        if len(found) != 1:
            raise WrongUse(sentence)
        return found[0]


def whole(text: str) -> int:
    """Raises: ValueError, for what Java's Integer.parseInt refuses."""
    return _whole(text, 32)


def whole_long(text: str) -> int:
    """Raises: ValueError, for what Java's Long.parseLong refuses."""
    return _whole(text, 64)


def _whole(text: str, bits: int) -> int:
    if not text.lstrip("+-").isdecimal() or len(text) - len(text.lstrip("+-")) > 1:
        raise ValueError(text)
    number = int(text)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValueError(text)
    return number


def parse(options: Iterable[Option], words: Sequence[str], *, passes_on: bool = False) -> Parsed:
    """With `passes_on` the first word that is no option ends the options. Raises: BadOption."""
    known = {option.name: option for option in options}
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    order: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            rest += words[at:]
            break
        if not word.startswith("-") or word == "-":
            rest.append(word)
            if passes_on:
                rest += words[at:]
                break
            continue
        name, equals, value = word.lstrip("-").partition("=")
        option = known.get(name)
        if option is None:
            raise BadOption(f"{name} is not a recognized option")
        given = found.setdefault(name, [])
        order.append(name)
        if option.value is None:
            if equals:
                raise BadOption(f"Option {name} takes no argument")
        elif equals:
            given.append(value)
        elif option.greedy:
            while at < len(words) and not words[at].startswith("--"):
                given.append(words[at])
                at += 1
            if not given:
                raise BadOption(f"Option {name} requires an argument")
        elif option.optional:
            if at < len(words) and not words[at].startswith("-"):
                given.append(words[at])
                at += 1
        elif at >= len(words) or (words[at].lstrip("-") in known and words[at].startswith("--")):
            raise BadOption(f"Option {name} requires an argument")
        else:
            given.append(words[at])
            at += 1
    return Parsed(known, found, rest, order)


def key_values(texts: Iterable[str], *, empty: bool = True) -> dict[str, str]:
    """`key=value` arguments; a value may hold equals signs. Raises: BadOption for a key alone, unless `empty`."""
    pairs = {}
    for text in texts:
        key, _, value = text.partition("=")
        if not value and not empty:
            raise BadOption(f"Missing value for key {key}}}")  # the brace is Kafka's
        pairs[key] = value
    return pairs
