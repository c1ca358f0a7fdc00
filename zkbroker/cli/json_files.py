"""The JSON files that Kafka's commands read: partitions with what is wanted of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zkbroker.cli.options import BadOption
from zkbroker.model import TopicPartition


def read_json(file: str) -> Any:
    """Raises: BadOption, with the file and what is wrong."""
    try:
        return json.loads(Path(file).read_text())
    except OSError:
        raise BadOption(f"Unable to read file {file}") from None
    except ValueError as error:
        raise BadOption(f"{file} is not a valid JSON: {error}") from None


def partitions_of(found: Any, file: str) -> list[dict[str, Any]]:
    """The entries of `partitions`, each with a topic and a partition. Raises: BadOption."""
    entries = found.get("partitions") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise BadOption(f'{file} is missing the "partitions" field')
    for entry in entries:
        is_good = isinstance(entry, dict) and isinstance(entry.get("topic"), str)
        if not is_good or not is_number(entry.get("partition"), 32):
            raise BadOption(
                f"{file}: every partition needs a topic and a partition number, not {json.dumps(entry)}"
            )
    return entries


def is_number(found: object, bits: int) -> bool:
    """Whether it is a whole number that fits, as Java's int (32) or long (64)."""
    limit = 1 << bits - 1
    return isinstance(found, int) and not isinstance(found, bool) and -limit <= found < limit


def place(entry: dict[str, Any]) -> TopicPartition:
    return TopicPartition(entry["topic"], entry["partition"])


def require_distinct(partitions: Sequence[TopicPartition], sentence: str) -> None:
    """Raises: BadOption with the sentence and what comes twice."""
    twice = sorted({tp for tp in partitions if partitions.count(tp) > 1})
    if twice:
        raise BadOption(sentence.format(",".join(map(str, twice))))
