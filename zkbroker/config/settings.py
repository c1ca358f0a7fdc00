"""What somebody set, and where; and the error that says so. [pure]"""

from __future__ import annotations

from enum import Enum
from typing import Final

import attrs


class Source(Enum):
    """Kinds of places a value comes from, weakest first."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    OVERRIDE = "override"
    DYNAMIC_DEFAULT = "cluster-wide dynamic configuration"
    DYNAMIC_BROKER = "dynamic configuration of this broker"
    TOPIC = "topic configuration"


@attrs.frozen
class Origin:
    """Where a value was set; `place` is what a person needs to find it."""

    source: Source
    place: str

    def __str__(self) -> str:
        return self.place


DEFAULT_ORIGIN: Final = Origin(Source.DEFAULT, "default")


@attrs.frozen
class Setting:
    """One key with its text, as somebody wrote it."""

    key: str
    text: str
    origin: Origin


class ConfigError(Exception):
    """A configuration that cannot be used: one sentence with key, value, place and what is allowed."""

    def __init__(
        self, key: str, value: str | None, allowed: str, where: Origin | str = DEFAULT_ORIGIN
    ) -> None:
        super().__init__(key, value, allowed, where)
        self.key = key
        self.value = value
        self.allowed = allowed
        self.where = str(where)

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.key} is not set: {self.allowed}"
        return f"{self.key}={self.value} ({self.where}) is not allowed: {self.allowed}"
