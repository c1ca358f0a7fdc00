"""The files of kafka-reassign-partitions: which replicas go where."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import attrs

from zkbroker.cli.json_files import is_number, partitions_of, place, read_json
from zkbroker.cli.options import BadOption
from zkbroker.model import TopicPartition

ANY_DIRECTORY = "any"


@attrs.frozen
class Plan:
    """Where partitions shall be: on which brokers, and where it matters in which directory of a broker."""

    partitions: tuple[tuple[TopicPartition, tuple[int, ...]], ...]  # as in the file; one may come twice
    log_dirs: Mapping[tuple[TopicPartition, int], str]

    @property
    def replicas(self) -> dict[TopicPartition, tuple[int, ...]]:
        return dict(self.partitions)


def read_plan(file: str) -> Plan:
    """Raises: BadOption."""
    found = read_json(file)
    _require_version(found, file)
    partitions = []
    log_dirs: dict[tuple[TopicPartition, int], str] = {}
    for entry in partitions_of(found, file):
        tp, replicas = place(entry), entry.get("replicas")
        if not isinstance(replicas, list) or not all(is_number(broker, 32) for broker in replicas):
            raise BadOption(f"{file}: partition {tp} needs replicas, a list of broker ids")
        partitions.append((tp, tuple(replicas)))
        directories = entry.get("log_dirs")
        if directories is None:
            continue
        if not isinstance(directories, list) or not all(isinstance(path, str) for path in directories):
            raise BadOption(f'{file}: log_dirs of partition {tp} must be a list of directories, or of "any"')
        if len(directories) != len(replicas):
            raise BadOption(
                f"Size of replicas list {replicas} is different from size of log dirs list {directories} for partition "
                f"{tp}"
            )
        for broker, directory in zip(replicas, directories, strict=True):
            if directory != ANY_DIRECTORY:
                log_dirs[tp, broker] = directory
    return Plan(tuple(partitions), log_dirs)


def _require_version(found: object, file: str) -> None:
    version = found.get("version", 1) if isinstance(found, dict) else 1
    if version != 1:
        raise BadOption(f"Not supported version field value {version}")


def require_sound(plan: Plan) -> None:
    """Raises: BadOption, if nothing is there, or something twice."""
    if not plan.partitions:
        raise BadOption("Partition reassignment list cannot be empty")
    if any(not replicas for _, replicas in plan.partitions):
        raise BadOption("Partition replica list cannot be empty")
    names = [tp for tp, _ in plan.partitions]
    twice = [str(tp) for tp in dict.fromkeys(names) if names.count(tp) > 1]
    if twice:
        raise BadOption(f"Partition reassignment contains duplicate topic partitions: {','.join(twice)}")
    doubled = [
        f"{tp} contains multiple entries for "
        + ",".join(str(broker) for broker in dict.fromkeys(replicas) if replicas.count(broker) > 1)
        for tp, replicas in plan.partitions
        if len(set(replicas)) != len(replicas)
    ]
    if doubled:
        raise BadOption(f"Partition replica lists may not contain duplicate entries: {'. '.join(doubled)}")


def read_topics(file: str) -> list[str]:
    """The topics of --topics-to-move-json-file. Raises: BadOption."""
    found = read_json(file)
    _require_version(found, file)
    entries = found.get("topics") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("topic"), str) for entry in entries
    ):
        raise BadOption(f'{file} needs "topics", a list of objects with "topic"')
    names = [str(entry["topic"]) for entry in entries]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise BadOption(f"List of topics to reassign contains duplicate entries: [{', '.join(twice)}]")
    return names


def distinct_numbers(text: str) -> list[int]:
    """`1,2,3`. Raises: BadOption."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise BadOption(f'For input string: "{next(part for part in parts if not part.isdecimal())}"')
    numbers = [int(part) for part in parts]
    twice = [number for number in dict.fromkeys(numbers) if numbers.count(number) > 1]
    if twice:
        raise BadOption(f"Broker list contains duplicate entries: {twice}")
    return numbers


def as_json(assignment: Mapping[TopicPartition, Sequence[int]]) -> str:
    """As --reassignment-json-file reads it, on one line."""
    partitions = [
        {
            "topic": tp.topic,
            "partition": tp.partition,
            "replicas": list(replicas),
            "log_dirs": [ANY_DIRECTORY] * len(replicas),
        }
        for tp, replicas in sorted(assignment.items())
    ]
    return json.dumps({"version": 1, "partitions": partitions}, separators=(",", ":"))
