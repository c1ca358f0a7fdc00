"""`kafka-consumer-groups`: list, describe and delete groups, reset and delete their offsets.

Source: org.apache.kafka.tools.consumer.group.ConsumerGroupCommand, 3.9.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, Option, Parsed, WrongUse, whole_long
from zkbroker.cli.progress import progress
from zkbroker.cli.tool import Tool, is_for_programs, open_cluster, say, warn, with_any

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.groups import Group, Member
    from zkbroker.model import TopicPartition

ACTIONS: Final = ("list", "describe", "delete", "reset-offsets", "delete-offsets")
SCENARIOS: Final = (
    "to-offset",
    "shift-by",
    "to-datetime",
    "by-duration",
    "to-earliest",
    "to-latest",
    "to-current",
    "from-file",
)
STATES: Final = (
    "PreparingRebalance",
    "CompletingRebalance",
    "Stable",
    "Dead",
    "Empty",
    "Assigning",
    "Reconciling",
)
TYPES: Final = ("Consumer", "Classic")
MISSING: Final = "-"
NO_EXECUTE: Final = (
    "WARN: No action will be performed as the --execute option is missing.In a future major release, the default "
    "behavior of this command will be to prompt the user before executing the reset rather than doing a dry run. You "
    "should add the --dry-run option explicitly if you are scripting this command and want to keep the current default "
    "behavior without prompting."
)


def run(parsed: Parsed) -> int:
    _require_fitting(parsed)
    action = parsed.one_of(
        ACTIONS,
        "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets",
    )
    doing: Callable[[Cluster, Parsed], int] = {
        "list": _list,
        "describe": _describe,
        "delete": _delete,
        "reset-offsets": _reset,
        "delete-offsets": _delete_offsets,
    }[action]
    timeout_ms = parsed.number("timeout") if "timeout" in parsed else None
    with open_cluster(parsed, timeout_ms=timeout_ms) as cluster:
        return doing(cluster, parsed)


def _require_fitting(parsed: Parsed) -> None:
    """Raises: WrongUse, in Kafka's order."""
    parsed.require("bootstrap-server")
    has = parsed.has
    for option in ("members", "verbose", "offsets"):
        if has(option) and not has("describe"):
            raise WrongUse(f"Option(s) [{option}] are unavailable given other options on the command line")
    if has("state") and not (has("describe") or has("list")):
        raise WrongUse("Option(s) [state] are unavailable given other options on the command line")
    if has("type") and not has("list"):
        raise WrongUse("Option(s) [type] are unavailable given other options on the command line")
    is_scoped = has("group") or has("all-groups")
    if has("describe"):
        if not is_scoped:
            raise WrongUse(
                "Option [describe] takes one of these options: [list], [describe], [delete], [reset-offsets]"
            )
        if sum(has(option) for option in ("members", "offsets", "state")) > 1:
            raise WrongUse(
                "Option [describe] takes at most one of these options: [members], [offsets], [state]"
            )
        if has("state") and parsed.texts("state"):
            raise WrongUse("Option [describe] does not take a value for [state]")
    if has("delete"):
        if not is_scoped:
            raise WrongUse("Option [delete] takes one of these options: [group], [all-groups]")
        if has("topic"):
            raise WrongUse(
                "The consumer does not support topic-specific offset deletion from a consumer group."
            )
    if has("delete-offsets") and not (has("group") and has("topic")):
        raise WrongUse("Option [delete-offsets] takes the following options: [group], [topic]")
    if has("reset-offsets"):
        if has("dry-run") and has("execute"):
            raise WrongUse("Option [reset-offsets] only accepts one of [execute] and [dry-run]")
        if not has("dry-run") and not has("execute"):
            warn(NO_EXECUTE)
        if not is_scoped:
            raise WrongUse("Option [reset-offsets] takes one of these options: [group], [all-groups]")
        for scenario in SCENARIOS:
            parsed.refuse(scenario, *(other for other in SCENARIOS if other != scenario))
    parsed.refuse("group", "all-groups")
    parsed.refuse("group", "list")
    parsed.refuse("topic", "list", "describe")


def _error(parsed: Parsed, sentence: str) -> None:
    """As Kafka prints an error between other lines, but not among what programs read."""
    (warn if is_for_programs(parsed) else say)(f"\nError: {sentence}")


def _group_ids(cluster: Cluster, parsed: Parsed) -> list[str]:
    from zkbroker.client import groups

    if "all-groups" in parsed:
        return [group.group_id for group in groups.list_groups(cluster)]
    return sorted(set(parsed.texts("group")))


# ---------------------------------------------------------------------------------------------- listing


def _list(cluster: Cluster, parsed: Parsed) -> int:
    from zkbroker.client import groups

    states = _words(parsed, "state", STATES, "state")
    types = _words(parsed, "type", TYPES, "type")
    found = groups.list_groups(cluster, states, types)
    shown = [name for name in ("type", "state") if name in parsed]
    form = str(parsed.text("output"))
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows(
            [{"group": row.group_id, "type": row.group_type, "state": row.state} for row in found], form
        )
    elif not shown:
        for row in found:
            say(row.group_id)
    else:
        width = max([15, *(len(row.group_id) for row in found)]) + 10
        say(f"{'GROUP':{width}}" + "".join(f" {name.upper():20}" for name in shown))
        for row in found:
            cells = {"type": row.group_type.capitalize() or "Unknown", "state": row.state or "Unknown"}
            say(f"{row.group_id:{width}}" + "".join(f" {cells[name]:20}" for name in shown))
    return 0


def _words(parsed: Parsed, option: str, known: Sequence[str], called: str) -> list[str]:
    """The states or types asked for, as Kafka spells them. Raises: WrongUse."""
    if not parsed.texts(option):
        return []
    text = parsed.texts(option)[0]
    spelled = {word.lower(): word for word in known}
    found = []
    for word in text.split(","):
        if word.strip().lower() not in spelled:
            plural = f"{called}s"
            said = plural if called == "type" else called  # as Kafka says it
            raise WrongUse(f"Invalid {said} list '{text}'. Valid {plural} are: {', '.join(known)}")
        found.append(spelled[word.strip().lower()])
    return found


# ---------------------------------------------------------------------------------------------- describing


def _describe(cluster: Cluster, parsed: Parsed) -> int:
    from zkbroker.client import groups

    group_ids = _group_ids(cluster, parsed)
    described = []
    with progress("Looking at groups", len(group_ids)) as advance:
        for group_id in group_ids:
            described.append(groups.describe(cluster, group_id))
            advance(1)
    form = str(parsed.text("output"))
    show = _show_offsets
    if "members" in parsed:
        show = _show_members
    elif "state" in parsed:
        show = _show_state
    code, rows = 0, []
    for group in described:
        if group.state == "Dead":
            _error(parsed, f"Consumer group '{group.group_id}' does not exist.")
            code = 1
            if show is not _show_members:
                continue
        elif group.state == "Empty":
            warn(f"\nConsumer group '{group.group_id}' has no active members.")
        elif group.state != "Stable":
            warn(f"\nWarning: Consumer group '{group.group_id}' is rebalancing.")
        rows += show(cluster, group, parsed, form == "text")
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows(rows, form)
    elif rows:
        say()
    return code


OFFSET_COLUMNS: Final = (
    "GROUP",
    "TOPIC",
    "PARTITION",
    "CURRENT-OFFSET",
    "LOG-END-OFFSET",
    "LAG",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
)


def _show_offsets(cluster: Cluster, group: Group, parsed: Parsed, as_text: bool) -> list[dict[str, Any]]:
    rows = offset_rows(cluster, group)
    if as_text and rows:
        widths = (
            *(_width(rows, column) for column in ("GROUP", "TOPIC")),
            *(10, 15, 15, 15),
            *(_width(rows, column) for column in ("CONSUMER-ID", "HOST")),
            0,
        )
        _print_table(OFFSET_COLUMNS, widths, rows)
    return [_named(row) for row in rows]


def offset_rows(cluster: Cluster, group: Group) -> list[dict[str, Any]]:
    """A row a partition: first those of members with many, then what is committed and assigned to nobody."""
    from zkbroker.client import groups, offsets

    committed = groups.committed(cluster, group.group_id)
    assigned: list[tuple[TopicPartition, Member | None]] = []
    for member in sorted(group.members, key=lambda member: -len(member.partitions)):
        assigned += [(tp, member) for tp in sorted(member.partitions)]
    held = {tp for tp, _ in assigned}
    assigned += [(tp, None) for tp in sorted(committed) if tp not in held]
    ends = offsets.find(cluster, dict.fromkeys((tp for tp, _ in assigned), offsets.LATEST))
    rows = []
    for tp, owner in assigned:
        offset = committed.get(tp)
        end = None if ends[tp].refused is not None else ends[tp].offset
        rows.append(
            {
                "GROUP": group.group_id,
                "TOPIC": tp.topic,
                "PARTITION": tp.partition,
                "CURRENT-OFFSET": offset,
                "LOG-END-OFFSET": end,
                "LAG": None if offset is None or end is None else end - offset,
                "CONSUMER-ID": owner.member_id if owner else None,
                "HOST": owner.host if owner else None,
                "CLIENT-ID": owner.client_id if owner else None,
            }
        )
    return rows


def _show_members(cluster: Cluster, group: Group, parsed: Parsed, as_text: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "GROUP": group.group_id,
            "CONSUMER-ID": member.member_id,
            "GROUP-INSTANCE-ID": member.instance_id,
            "HOST": member.host,
            "CLIENT-ID": member.client_id,
            "#PARTITIONS": len(member.partitions),
            "ASSIGNMENT": _assignment(member),
        }
        for member in group.members
    ]
    columns = ["GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS"]
    if not any(member.instance_id for member in group.members):
        columns.remove("GROUP-INSTANCE-ID")
    is_verbose = "verbose" in parsed
    if as_text:
        widths = [_width(rows, column, 17 if column == "GROUP-INSTANCE-ID" else 15) for column in columns]
        say()
        end = [" ASSIGNMENT"] if is_verbose else [" "]
        say(" ".join(f"{column:{width}}" for column, width in zip(columns, widths, strict=True)) + end[0])
        for row in rows:
            cells = " ".join(
                f"{row[column]!s:{width}}" for column, width in zip(columns, widths, strict=True)
            )
            say(f"{cells} {row['ASSIGNMENT'] if is_verbose else ''}")
        return []
    return [_named(row) for row in rows]


def _assignment(member: Member) -> str:
    from zkbroker.client.groups import by_topic

    lists = [
        ",".join(sorted(str(tp.partition) for tp in rows)) for rows in by_topic(member.partitions).values()
    ]
    return ", ".join(sorted(f"({numbers})" for numbers in lists)) or MISSING


def _show_state(cluster: Cluster, group: Group, parsed: Parsed, as_text: bool) -> list[dict[str, Any]]:
    coordinator = f"{group.coordinator}  ({group.coordinator_id})"
    row: dict[str, Any] = {
        "GROUP": group.group_id,
        "COORDINATOR (ID)": coordinator,
        "ASSIGNMENT-STRATEGY": group.assignor,
        "STATE": group.state,
        "#MEMBERS": len(group.members),
    }
    if as_text:
        _print_table(tuple(row), (max(25, len(coordinator)), 25, 20, 15, 0), [row])
        say()
        return []
    return [_named(row)]


def _width(rows: Iterable[dict[str, Any]], column: str, least: int = 15) -> int:
    return max([least, *(len(_cell(row[column])) for row in rows)])


def _cell(value: Any) -> str:
    return MISSING if value is None else str(value)


def _print_table(columns: Sequence[str], widths: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    import sys

    def line(cells: Iterable[str]) -> str:
        return "\n" + " ".join(f"{cell:{width or 1}}" for cell, width in zip(cells, widths, strict=True))

    sys.stdout.write(line(columns))
    for row in rows:
        sys.stdout.write(line(_cell(row[column]) for column in columns))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """The columns as keys for programs."""
    names = {"#PARTITIONS": "partitions", "#MEMBERS": "members", "COORDINATOR (ID)": "coordinator"}
    return {names.get(key, key.lower().replace("-", "_")): value for key, value in row.items()}


# ---------------------------------------------------------------------------------------------- deleting


def _delete(cluster: Cluster, parsed: Parsed) -> int:
    from zkbroker.client import groups
    from zkbroker.errors import KafkaError

    done, failed = [], {}
    for group_id in _group_ids(cluster, parsed):
        try:
            groups.delete(cluster, group_id)
            done.append(group_id)
        except KafkaError as error:
            failed[group_id] = error
    if not failed:
        say(f"Deletion of requested consumer groups ('{', '.join(done)}') was successful.")
        return 0
    _error(parsed, "Deletion of some consumer groups failed:")
    for group_id, refused in failed.items():
        say(f"* Group '{group_id}' could not be deleted due to: {refused.message}")
    if done:
        say(f"\nThese consumer groups were deleted successfully: '{', '.join(done)}'")
    return 1


def _delete_offsets(cluster: Cluster, parsed: Parsed) -> int:
    from zkbroker.client import groups
    from zkbroker.client.errors import sentence_of
    from zkbroker.errors import ErrorCode, KafkaError

    group_id, topics = str(parsed.text("group")), parsed.texts("topic")
    unknown: dict[TopicPartition, str] = {}
    partitions = _partitions_of(cluster, topics, unknown)
    answered: dict[TopicPartition, str | None] = {**unknown}
    code = ErrorCode.NONE
    try:
        found = groups.delete_offsets(cluster, group_id, partitions)
        answered |= {tp: sentence_of(each) if each else None for tp, each in found.items()}
        code = next((ErrorCode(each) for each in found.values() if each), ErrorCode.NONE)
    except KafkaError as error:
        code = error.code
        answered |= dict.fromkeys(partitions, error.message)
    sentences = {
        ErrorCode.INVALID_GROUP_ID: f"'{group_id}' is not valid.",
        ErrorCode.GROUP_ID_NOT_FOUND: f"'{group_id}' does not exist.",
        ErrorCode.GROUP_AUTHORIZATION_FAILED: f"Access to '{group_id}' is not authorized.",
        ErrorCode.NON_EMPTY_GROUP: f"Deleting offsets of a consumer group '{group_id}' is forbidden if the group "
        "is not empty.",
        **dict.fromkeys(
            (
                ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
                ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            ),
            "Encounter some partition level error, see the follow-up details:",
        ),
    }
    if code == ErrorCode.NONE:
        say(f"Request succeed for deleting offsets with topic {', '.join(topics)} group {group_id}")
    else:
        _error(parsed, sentences.get(code, f"Encounter some unknown error: {code.name}"))
    say(f"\n{'TOPIC':30} {'PARTITION':15} {'STATUS':15}")
    for tp in sorted(answered, key=lambda tp: f"{tp.topic}{tp.partition}"):
        status = "Successful" if answered[tp] is None else f"Error: :{answered[tp]}"
        number = str(tp.partition) if tp.partition >= 0 else "Not Provided"
        say(f"{tp.topic:30} {number:15} {status:15}")
    return 1 if code or unknown else 0


def _partitions_of(
    cluster: Cluster, arguments: Sequence[str], unknown: dict[TopicPartition, str] | None = None
) -> list[TopicPartition]:
    """`topic` or `topic:0,1,2`. Topics there are not go into `unknown`. Raises: WrongUse; KafkaError without it."""
    from zkbroker.client import topics
    from zkbroker.errors import KafkaError
    from zkbroker.model import TopicPartition

    found: list[TopicPartition] = []
    for argument in arguments:
        if ":" not in argument:
            continue
        name, _, numbers = argument.partition(":")
        if not name or not numbers or ":" in numbers:
            raise WrongUse(f"Invalid topic arg '{argument}', expected topic name and partitions")
        for number in numbers.split(","):
            if not number.lstrip("-").isdecimal():
                raise WrongUse(f"Invalid partition '{number}' specified in topic arg '{argument}''")
            found.append(TopicPartition(name, int(number)))
    for name in arguments:
        if ":" in name:
            continue
        try:
            (topic,) = topics.describe(cluster, [name])
            found += sorted(TopicPartition(name, row.partition_index) for row in topic.partitions)
        except KafkaError as error:
            if unknown is None:
                raise
            unknown[TopicPartition(name, -1)] = error.message or error.code.name
    return found


# ---------------------------------------------------------------------------------------------- resetting


def _reset(cluster: Cluster, parsed: Parsed) -> int:
    from zkbroker.cli import offset_resets
    from zkbroker.client import groups

    code = 0
    plans: dict[str, dict[TopicPartition, int]] = {}
    for group_id in _group_ids(cluster, parsed):
        state = groups.describe(cluster, group_id).state
        if state not in ("Empty", "Dead"):
            _error(
                parsed,
                f"Assignments can only be reset if the group '{group_id}' is inactive, but the current state is "
                f"{state}.",
            )
            plans[group_id] = {}
            code = 1
            continue
        try:
            plans[group_id] = offset_resets.plan(cluster, group_id, _scope(cluster, group_id, parsed), parsed)
        except offset_resets.NoPlan as missing:
            _error(parsed, str(missing))
            plans[group_id] = {}
            code = 1
            continue
        if "execute" in parsed and "dry-run" not in parsed:
            groups.commit(cluster, group_id, plans[group_id])
    _show_plans(plans, parsed)
    return code


def _scope(cluster: Cluster, group_id: str, parsed: Parsed) -> list[TopicPartition]:
    """Raises: WrongUse, KafkaError."""
    from zkbroker.client import groups

    if "all-topics" in parsed:
        return sorted(groups.committed(cluster, group_id))
    if "topic" in parsed:
        return _partitions_of(cluster, parsed.texts("topic"))
    if "from-file" not in parsed:
        raise WrongUse("One of the reset scopes should be defined: --all-topics, --topic.")
    return []


def _show_plans(plans: dict[str, dict[TopicPartition, int]], parsed: Parsed) -> None:
    rows = [(group, tp, offset) for group, plan in plans.items() for tp, offset in sorted(plan.items())]
    form = str(parsed.text("output"))
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows(
            [
                {"group": group, "topic": tp.topic, "partition": tp.partition, "new_offset": offset}
                for group, tp, offset in rows
            ],
            form,
        )
    elif "export" in parsed:
        is_single = len(parsed.texts("group")) == 1
        for group, tp, offset in rows:
            fields = [tp.topic, str(tp.partition), str(offset)]
            say(",".join(fields if is_single else [group, *fields]))
        say()
    else:
        if plans:
            say(f"\n{'GROUP':30} {'TOPIC':30} {'PARTITION':10} {'NEW-OFFSET':15}")
        for group, tp, offset in rows:
            say(f"{group:30} {tp.topic:30} {tp.partition!s:10} {offset!s:15}")


TOOL: Final = Tool(
    name="kafka-consumer-groups",
    purpose="This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or "
    "reset consumer group offsets.",
    kafka_class="org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    run=run,
    is_long=with_any("list", "describe"),
    failed="\nError: Executing consumer group command failed due to {}",
    fails_on_stdout=True,
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        OUTPUT,
        Option("list", "List the groups."),
        Option("describe", "Show groups: their partitions with offsets and lag, or --members, or --state."),
        Option("delete", "Delete groups without members."),
        Option(
            "reset-offsets",
            "Set offsets of groups without members, with --execute; --dry-run shows them only.",
        ),
        Option("delete-offsets", "Forget what a group has committed for topics."),
        Option("group", "The group.", "consumer group", many=True, completes="group"),
        Option("all-groups", "All groups."),
        Option(
            "topic",
            "A topic, or partitions of it as topic:0,1,2, whose offsets are to be reset or deleted.",
            "topic",
            many=True,
            completes="topic",
        ),
        Option("all-topics", "All topics that the group has committed offsets for."),
        Option("members", "With --describe: the members."),
        Option("offsets", "With --describe: partitions and offsets (the default)."),
        Option("verbose", "With --members: what each is assigned."),
        Option(
            "state",
            "With --describe: the group's state. With --list: show states, or list only groups in some: stable,empty.",
            "String",
            optional=True,
        ),
        Option(
            "type", "With --list: show types, or list only groups of some: classic.", "String", optional=True
        ),
        Option(
            "timeout",
            "How long the brokers may take; without it as default.api.timeout.ms says.",
            "timeout (ms)",
            whole_long,
        ),
        Option("dry-run", "Only show the new offsets."),
        Option("execute", "Set the new offsets."),
        Option("export", "Print the new offsets as CSV, as --from-file reads it."),
        Option("to-offset", "Reset to this offset.", "offset", whole_long),
        Option("from-file", "Reset as a CSV file says.", "path to CSV file", completes="file"),
        Option("to-datetime", "Reset to the first offset since then: 2026-01-31T23:59:59.000.", "datetime"),
        Option("by-duration", "Reset to the first offset of the last while: P1DT2H3M4S.", "duration"),
        Option("to-earliest", "Reset to the earliest offset there is."),
        Option("to-latest", "Reset to the end."),
        Option("to-current", "Reset to what is committed now; to the end where nothing is."),
        Option(
            "shift-by",
            "Reset by so many from what is committed now; may be negative.",
            "number-of-offsets",
            whole_long,
        ),
    ),
    examples=(
        "kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group billing",
        "kafka-consumer-groups --bootstrap-server localhost:9092 --group billing --topic orders --reset-offsets "
        "--to-earliest --dry-run",
    ),
)
