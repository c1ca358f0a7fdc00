"""The levels of this process's loggers, seen and changed at run time. Nothing is stored. Source: KIP-412.

The names are those in the log lines; `root` is the level of all that have none of their own.
"""

from __future__ import annotations

import logging
from typing import Final

from zkbroker.errors import ErrorCode, KafkaError

ROOT: Final = "root"
LEVELS: Final = {
    "TRACE": 5,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
}


def levels() -> dict[str, str]:
    """Every logger's name and the level in force for it, in Kafka's words."""
    found = {ROOT: _word(logging.getLogger().level)}
    for name, logger in sorted(logging.Logger.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger):
            found[name] = _word(logger.getEffectiveLevel())
    return found


def require_level(name: str, level: str | None) -> None:
    """Whether the logger could get this level; None stands for "no level of its own".

    Raises: INVALID_CONFIG, INVALID_REQUEST.
    """
    if name not in levels():
        raise KafkaError(ErrorCode.INVALID_CONFIG, f"Logger {name} does not exist!")
    if level is None:
        if name == ROOT:
            raise KafkaError(
                ErrorCode.INVALID_REQUEST, f"Removing the log level of the {ROOT} logger is not allowed"
            )
    elif level not in LEVELS:
        raise KafkaError(
            ErrorCode.INVALID_CONFIG,
            f"Cannot set the log level of {name} to {level} as it is not a supported log level. "
            f"Valid log levels are {', '.join(sorted(LEVELS))}",
        )


def set_level(name: str, level: str | None) -> None:
    """What `require_level` has let pass."""
    logger = logging.getLogger() if name == ROOT else logging.getLogger(name)
    logger.setLevel(logging.NOTSET if level is None else LEVELS[level])


def _word(level: int) -> str:
    """The nearest of Kafka's words at or below the level."""
    return max((number, word) for word, number in LEVELS.items() if number <= max(level, LEVELS["TRACE"]))[1]
