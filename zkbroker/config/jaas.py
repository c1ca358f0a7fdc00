"""JAAS lines as Kafka's files have them: a login module, how it counts, its options. [pure]

`org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" user_alice="secret";`
Java loads the class a line names; here the name says which mechanism the options are for.

Source: org.apache.kafka.common.security.JaasConfig, com.sun.security.auth.login.ConfigFile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from zkbroker.config.settings import Origin, Setting

PLAIN_MODULE: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM_MODULE: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"
OAUTH_MODULE: Final = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
ZOOKEEPER_DIGEST_MODULE: Final = "org.apache.zookeeper.server.auth.DigestLoginModule"

MODULES: Final[Mapping[str, str]] = {
    "PLAIN": PLAIN_MODULE,
    "SCRAM-SHA-256": SCRAM_MODULE,
    "SCRAM-SHA-512": SCRAM_MODULE,
    "OAUTHBEARER": OAUTH_MODULE,
}
"""The login module of each mechanism that is served."""

_CONTROL_FLAGS: Final = ("required", "requisite", "sufficient", "optional")

_TOKEN: Final = re.compile(
    r"""\s+ | //[^\n]* | \#[^\n]* | /\*.*?\*/
    | "(?P<quoted>(?:\\.|[^"\\])*)"
    | (?P<mark>[=;{}])
    | (?P<word>[^\s=;{}"]+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED: Final[Mapping[str, str]] = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@attrs.frozen(repr=False)
class LoginModule:
    """One entry. Its options hold passwords, so it shows nothing of them."""

    name: str  # the class
    options: Mapping[str, str]

    def __repr__(self) -> str:
        return f"LoginModule({self.name})"

    @property
    def users(self) -> dict[str, str]:
        """The passwords of `user_NAME="password"` options."""
        return {
            key.removeprefix("user_"): value for key, value in self.options.items() if key.startswith("user_")
        }


def parse_jaas_line(text: str) -> LoginModule:
    """The one entry of a `sasl.jaas.config`.

    Raises: ValueError that says what is wrong; it shows nothing that may be a secret.
    """
    modules = list(_entries(_Tokens(text), end=None))
    if len(modules) != 1:
        raise ValueError(f"it must hold one login module, and holds {len(modules)}")
    return modules[0]


def parse_jaas_file(text: str) -> dict[str, list[LoginModule]]:
    """The entries of each section (`KafkaServer`, `Client` ...) of a JAAS file. Raises: ValueError."""
    tokens = _Tokens(text)
    sections: dict[str, list[LoginModule]] = {}
    while (name := tokens.next()) is not None:
        tokens.require("{", f"after {name[:40]}")
        sections[name] = list(_entries(tokens, end="}"))
        if tokens.peek() == ";":
            tokens.next()
    return sections


def settings_of_jaas_file(text: str, origin: Origin, listeners: Iterable[str]) -> list[Setting]:
    """What a file named by `java.security.auth.login.config` says, as the keys that say the same.

    A listener has a section `listener.KafkaServer` of its own, or shares `KafkaServer`; `Client` is for
    ZooKeeper. Raises: ValueError. Source: JaasContext.loadServerContext.
    """
    sections = parse_jaas_file(text)
    settings = [
        Setting(f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config", _line(module), origin)
        for listener in sorted({name.lower() for name in listeners})
        for module in sections.get(f"{listener}.KafkaServer", sections.get("KafkaServer", []))
        for mechanism, name in MODULES.items()
        if name == module.name
    ]
    for module in sections.get("Client", []):
        if module.name == ZOOKEEPER_DIGEST_MODULE:
            settings.append(Setting("zookeeper.sasl.jaas.config", _line(module), origin))
    return settings


def _line(module: LoginModule) -> str:
    def quoted(value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    options = "".join(f" {key}={quoted(value)}" for key, value in module.options.items())
    return f"{module.name} required{options};"


class _Tokens:
    """The words and marks of a text, in turn; a mark is a `_Mark`, so that a quoted ";" is none."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokenize(text))
        self._position = 0

    def peek(self) -> str | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def next(self) -> str | None:
        token = self.peek()
        self._position += 1
        return token

    def require(self, mark: str, where: str) -> None:
        token = self.next()
        if not (isinstance(token, _Mark) and token == mark):
            raise ValueError(f"there must be a {mark!r} {where}")

    def word(self, what: str) -> str:
        token = self.next()
        if token is None or isinstance(token, _Mark):
            raise ValueError(f"{what} is missing")
        return token


class _Mark(str):
    """Punctuation."""


def _tokenize(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError("a quotation is not closed")
        position = match.end()
        if match["quoted"] is not None:
            yield _ESCAPE.sub(_unescaped, match["quoted"])
        elif match["mark"]:
            yield _Mark(match["mark"])
        elif match["word"]:
            yield match["word"]


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code, 8)) if code[0] in "01234567" else _ESCAPED.get(code, code)


def _entries(tokens: _Tokens, end: str | None) -> Iterator[LoginModule]:
    while True:
        token = tokens.peek()
        if token is None and end is None:
            return
        if isinstance(token, _Mark) and token == end:
            tokens.next()
            return
        name = tokens.word("the class of a login module")
        flag = tokens.word(f"the control flag (required) after {name[:80]}")
        if flag.lower() not in _CONTROL_FLAGS:
            choices = ", ".join(_CONTROL_FLAGS)
            raise ValueError(f"after the login module's class there must be one of {choices}")
        options: dict[str, str] = {}
        while not (isinstance(tokens.peek(), _Mark) and tokens.peek() == ";"):
            if tokens.peek() is None:
                raise ValueError("it must end with a ';'")
            option = tokens.word("the name of an option")
            tokens.require("=", f"after the option {option[:40]}")
            options[option] = tokens.word(f"the value of the option {option[:40]}")
        tokens.next()
        yield LoginModule(name, options)
