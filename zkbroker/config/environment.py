"""Keys from environment variables, as container images pass them. [pure]

The apache/kafka image writes `_` for `.`, `__` for `_` and `___` for `-` after `KAFKA_`; Confluent's writes
`__` for `-` and `___` for `_`; Bitnami's puts `KAFKA_CFG_` before the name. Known keys decide which one was
meant, the first of these that names one.
Source: kafka.docker.KafkaDockerWrapper.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from zkbroker.config.broker import split_listener_key
from zkbroker.config.broker_keys import BROKER_KEYS
from zkbroker.config.listeners import split_csv
from zkbroker.config.settings import Origin, Setting, Source

PREFIX: Final = "KAFKA_"

NOT_KEYS: Final = frozenset(
    {
        "KAFKA_VERSION",
        "KAFKA_HEAP_OPTS",
        "KAFKA_LOG4J_OPTS",
        "KAFKA_OPTS",
        "KAFKA_JMX_OPTS",
        "KAFKA_JMX_PORT",
        "KAFKA_JVM_PERFORMANCE_OPTS",
        "KAFKA_GC_LOG_OPTS",
        "KAFKA_LOG4J_ROOT_LOGLEVEL",
        "KAFKA_LOG4J_LOGGERS",
        "KAFKA_TOOLS_LOG4J_LOGLEVEL",
        "KAFKA_JMX_HOSTNAME",
        "KAFKA_HOME",
    }
)
"""Variables that configure Kafka's JVM, its images or its scripts."""

UNDERSCORES: Final = re.compile("_+")
BY_ALPHABETICAL_CASE: Final[Mapping[str, str]] = {key.lower(): key for key in BROKER_KEYS}

# What one, two and three underscores stand for.
APACHE: Final = (".", "_", "-")
CONFLUENT: Final = (".", "-", "_")


def settings_from_environment(
    environment: Mapping[str, str], listeners: Iterable[str] = ()
) -> tuple[list[Setting], list[str]]:
    """The settings, and the names of `KAFKA_…` variables that name no key.

    `listeners` are the listener names a file has configured; those of the environment are added. They tell
    apart `listener.name.a-b.…` and `listener.name.a_b.…`.
    """
    variables = {
        name: text
        for name, text in sorted(environment.items())
        if name.startswith(PREFIX) and name not in NOT_KEYS
    }
    known_listeners = {name.lower() for name in listeners}
    known_listeners |= {
        entry.partition("://")[0].lower()
        for name in ("KAFKA_LISTENERS", "KAFKA_CFG_LISTENERS")
        for entry in split_csv(variables.get(name, ""))
    }
    settings = []
    strangers = []
    for name, text in variables.items():
        key = _key_of(name, known_listeners)
        if key is None:
            strangers.append(name)
        else:
            settings.append(Setting(key, text, Origin(Source.ENVIRONMENT, f"environment variable {name}")))
    return settings, strangers


def _key_of(variable: str, listeners: Collection[str]) -> str | None:
    spellings = [variable.removeprefix(PREFIX)]
    if spellings[0].startswith("CFG_"):
        spellings.append(spellings[0].removeprefix("CFG_"))
    candidates = [_spell(name, rule) for name in spellings for rule in (APACHE, CONFLUENT)]
    for candidate in candidates:
        if candidate in BY_ALPHABETICAL_CASE:
            return BY_ALPHABETICAL_CASE[candidate]
    prefixed = [(candidate, parts) for c in candidates if (parts := split_listener_key(candidate := c))]
    for candidate, parts in prefixed:
        if parts.listener in listeners:
            return candidate
    return prefixed[0][0] if prefixed else None


def _spell(name: str, rule: tuple[str, str, str]) -> str:
    """The key a variable's name spells; three underscores are taken first, as long as there are three."""

    def replace(match: re.Match[str]) -> str:
        threes, rest = divmod(len(match[0]), 3)
        return rule[2] * threes + (rule[rest - 1] if rest else "")

    return UNDERSCORES.sub(replace, name.lower())
