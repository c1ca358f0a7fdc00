"""Where `kafka-consumer-groups --reset-offsets` sets offsets to. Source: ConsumerGroupCommand.prepareOffsetsToReset."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zkbroker.cli.options import BadOption, Parsed, WrongUse, whole, whole_long
from zkbroker.cli.tool import say, warn

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster
    from zkbroker.model import TopicPartition

_DURATION: Final = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<days>[-+]?\d+)D)?"
    r"(?:T(?:(?P<hours>[-+]?\d+)H)?(?:(?P<minutes>[-+]?\d+)M)?(?:(?P<seconds>[-+]?\d+(?:[.,]\d{1,9})?)S)?)?",
    re.IGNORECASE,
)


class NoPlan(Exception):
    """The file says nothing of a group."""


def plan(
    cluster: Cluster,
    group_id: str,
    partitions: Sequence[TopicPartition],
    parsed: Parsed,
    group_ids: Sequence[str] = (),
) -> dict[TopicPartition, int]:
    """The new offset of each partition; `group_ids`, else --group, are whom a file may speak of.

    Raises: WrongUse, BadOption, KafkaError, NoPlan.
    """
    from zkbroker.client import groups
    from zkbroker.client.offsets import EARLIEST, LATEST

    if "to-offset" in parsed:
        return _in_range(cluster, dict.fromkeys(partitions, int(parsed.number("to-offset") or 0)))
    if "to-earliest" in parsed:
        return known(cluster, partitions, EARLIEST)
    if "to-latest" in parsed:
        return known(cluster, partitions, LATEST)
    if "shift-by" in parsed:
        shift = int(parsed.number("shift-by") or 0)
        held = groups.committed(cluster, group_id)
        for tp in partitions:
            if tp not in held:
                raise WrongUse(
                    f"Cannot shift offset for partition {tp} since there is no current committed offset"
                )
        return _in_range(cluster, {tp: held[tp] + shift for tp in partitions})
    if "to-datetime" in parsed:
        return _since(cluster, partitions, parse_datetime_ms(str(parsed.text("to-datetime"))))
    if "by-duration" in parsed:
        duration_ms = parse_duration_ms(str(parsed.text("by-duration")))
        return _since(cluster, partitions, int(time.time() * 1000) - duration_ms)
    if "from-file" in parsed:
        plans = parse_plans(str(parsed.text("from-file")), group_ids or parsed.texts("group"))
        if group_id not in plans:
            raise NoPlan(f"No reset plan for group {group_id} found")
        return _in_range(cluster, plans[group_id])
    if "to-current" in parsed:
        held = groups.committed(cluster, group_id)
        current = {tp: held[tp] for tp in partitions if tp in held}
        others = [tp for tp in partitions if tp not in held]
        return current | known(cluster, others, LATEST)
    scenarios = (
        "[to-datetime], [by-duration], [to-earliest], [to-latest], [shift-by], [from-file], [to-current], "
        "[to-offset]"
    )
    raise WrongUse(f"Option '[reset-offsets]' requires one of the following scenarios: [{scenarios}]")


def known(
    cluster: Cluster, partitions: Sequence[TopicPartition], timestamp: int
) -> dict[TopicPartition, int]:
    """The offset of a timestamp in each partition. Raises: KafkaError, if one of them is not known."""
    from zkbroker.client import offsets

    found = offsets.find(cluster, dict.fromkeys(partitions, timestamp))
    for answer in found.values():
        if answer.refused is not None:
            raise answer.refused
    return {tp: answer.offset for tp, answer in found.items()}


def _since(
    cluster: Cluster, partitions: Sequence[TopicPartition], timestamp: int
) -> dict[TopicPartition, int]:
    from zkbroker.client.offsets import LATEST, UNKNOWN

    found = known(cluster, partitions, timestamp)
    empty = [tp for tp, offset in found.items() if offset == UNKNOWN]
    for tp in empty:
        say(
            f"\nWarn: Partition {tp.partition} from topic {tp.topic} is empty. Falling back to latest known offset."
        )
    return found | known(cluster, empty, LATEST)


def _in_range(cluster: Cluster, wanted: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """No offset before the beginning or after the end of its partition."""
    from zkbroker.client.offsets import EARLIEST, LATEST

    starts = known(cluster, list(wanted), EARLIEST)
    ends = known(cluster, list(wanted), LATEST)
    found = {}
    for tp, offset in wanted.items():
        fitting = max(starts[tp], min(offset, ends[tp]))
        if fitting != offset:
            side = "higher than latest" if offset > fitting else "lower than earliest"
            warn(
                f"WARN New offset ({offset}) is {side} offset for topic partition {tp}. Value will be set to "
                f"{fitting}"
            )
        found[tp] = fitting
    return found


def parse_datetime_ms(text: str) -> int:
    """`YYYY-MM-DDTHH:mm:SS.sss`, with a zone or in UTC. Raises: BadOption."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadOption(f"{text} is no date and time: it must be as 2026-01-31T23:59:59.000") from None
    if "T" not in text:
        raise BadOption(f"{text} is no date and time: it must be as 2026-01-31T23:59:59.000")
    zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)


def parse_duration_ms(text: str) -> int:
    """`PnDTnHnMnS`. Raises: BadOption. Source: java.time.Duration.parse."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found[unit] for unit in ("days", "hours", "minutes", "seconds")):
        raise BadOption("Text cannot be parsed to a Duration")
    seconds = float((found["seconds"] or "0").replace(",", "."))
    seconds += (
        86400 * int(found["days"] or 0) + 3600 * int(found["hours"] or 0) + 60 * int(found["minutes"] or 0)
    )
    return round(seconds * 1000) * (-1 if found["sign"] == "-" else 1)


def parse_plans(file: str, group_ids: Sequence[str]) -> dict[str, dict[TopicPartition, int]]:
    """The CSV of --export: topic,partition,offset; the group in front where there are several. Raises: BadOption."""
    from zkbroker.model import TopicPartition

    try:
        lines = Path(file).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BadOption(f"Unable to read file {file}: {reason}") from None
    plans: dict[str, dict[TopicPartition, int]] = {}
    for number, fields in _fields(lines):
        group = group_ids[0] if len(fields) == 3 and len(group_ids) == 1 else fields[0]
        rest = fields if len(fields) == 3 else fields[1:]
        try:
            name, partition, offset = rest
            plans.setdefault(group, {})[TopicPartition(name, whole(partition))] = whole_long(offset)
        except ValueError:
            raise BadOption(f"{file}, line {number}: it must be [group,]topic,partition,offset") from None
    return plans


def _fields(lines: Sequence[str]) -> Iterable[tuple[int, list[str]]]:
    import csv

    for number, fields in enumerate(csv.reader(lines), start=1):
        if fields:
            yield number, [field.strip() for field in fields]
