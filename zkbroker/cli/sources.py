"""Where a broker's configuration comes from: file, environment, command line, weakest first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from zkbroker.cli.failure import Failure
from zkbroker.config.jaas import settings_of_jaas_file
from zkbroker.config.listeners import split_csv
from zkbroker.config.properties import parse_properties
from zkbroker.config.settings import Origin, Setting, Source

_JAAS_FILE: Final = re.compile(r"-Djava\.security\.auth\.login\.config==?(?:[\"']([^\"']+)[\"']|(\S+))")


def read_settings(
    file: Path | None, environment: Mapping[str, str], overrides: Sequence[str]
) -> tuple[list[Setting], list[str]]:
    """Settings in the order in which later ones count, and the `KAFKA_…` variables that name no key.

    Raises: Failure.
    """
    settings = [] if file is None else read_file(file)
    names = [
        entry.partition("://")[0]
        for setting in settings
        if setting.key == "listeners"
        for entry in split_csv(setting.text)
    ]
    settings = read_jaas_file(environment, names) + settings
    if any(name.startswith("KAFKA_") for name in environment):
        # Imported here: most starts have no such variables.
        from zkbroker.config.environment import settings_from_environment

        from_environment, strangers = settings_from_environment(environment, names)
        settings += from_environment
    else:
        strangers = []
    return settings + [parse_override(override) for override in overrides], strangers


def read_jaas_file(environment: Mapping[str, str], listeners: Sequence[str]) -> list[Setting]:
    """What the JAAS file says that KAFKA_OPTS names, as Kafka's scripts hand it to Java. Raises: Failure."""
    found = _JAAS_FILE.search(environment.get("KAFKA_OPTS", ""))
    if found is None:
        return []
    file = Path(found[1] or found[2])
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}, which KAFKA_OPTS names, cannot be read: {error}") from None
    try:
        return settings_of_jaas_file(text, Origin(Source.ENVIRONMENT, f"{file}, by KAFKA_OPTS"), listeners)
    except ValueError as error:
        raise Failure(f"{file}, which KAFKA_OPTS names: {error}") from None


def read_file(file: Path) -> list[Setting]:
    """Raises: Failure."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # what Java takes every properties file for
    try:
        properties = parse_properties(text)
    except ValueError as error:
        raise Failure(f"{file}, {error}") from None
    return [
        Setting(found.key, found.value, Origin(Source.FILE, f"{file.name}, line {found.line}"))
        for found in properties
    ]


def parse_override(override: str) -> Setting:
    """`key=value` of an `--override`. Raises: Failure."""
    key, equals, value = override.partition("=")
    if not equals or not key.strip():
        raise Failure(f"--override {override}: write it as --override key=value", exit_code=2)
    return Setting(key.strip(), value, Origin(Source.OVERRIDE, "--override"))
