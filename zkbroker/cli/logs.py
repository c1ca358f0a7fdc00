"""Log lines as Kafka lays them out: `[2024-06-10 12:00:00,123] INFO message (logger)`, on stderr."""

from __future__ import annotations

import logging
import time

KAFKA_LEVELS = {logging.WARNING: "WARN", logging.CRITICAL: "FATAL"}


class KafkaFormatter(logging.Formatter):
    """Kafka's layout. A traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        level = KAFKA_LEVELS.get(record.levelno, record.levelname)
        line = f"[{when},{int(record.msecs):03d}] {level} {record.getMessage()} ({record.name})"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up_logging(level: int = logging.INFO) -> None:
    """Log to stderr. kazoo speaks only of trouble."""
    handler = logging.StreamHandler()
    handler.setFormatter(KafkaFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("kazoo").setLevel(logging.WARNING)
