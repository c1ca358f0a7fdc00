"""Where a broker's configuration comes from: file, environment, command line, weakest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zkbroker.cli.failure import Failure
from zkbroker.config.properties import parse_properties
from zkbroker.config.settings import Origin, Setting, Source


def read_settings(
    file: Path | None, environment: Mapping[str, str], overrides: Sequence[str]
) -> tuple[list[Setting], list[str]]:
    """Settings in the order in which later ones count, and the `KAFKA_…` variables that name no key.

    Raises: Failure.
    """
    settings = [] if file is None else read_file(file)
    if any(name.startswith("KAFKA_") for name in environment):
        # Imported here: most starts have no such variables.
        from zkbroker.config.environment import settings_from_environment
        from zkbroker.config.listeners import split_csv

        listeners = [
            entry.partition("://")[0]
            for setting in settings
            if setting.key == "listeners"
            for entry in split_csv(setting.text)
        ]
        from_environment, strangers = settings_from_environment(environment, listeners)
        settings += from_environment
    else:
        strangers = []
    return settings + [parse_override(override) for override in overrides], strangers


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
