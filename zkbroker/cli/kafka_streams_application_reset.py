"""`kafka-streams-application-reset`: what a Streams application has in the cluster, back to the beginning.

The state on the machines of the application is its own cleanUp()'s business. Source: StreamsResetter, 3.9.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import BOOTSTRAP, BadOption, Option, Parsed, WrongUse, whole_long
from zkbroker.cli.tool import Tool, open_cluster, say

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster
    from zkbroker.model import TopicPartition

SCENARIOS: Final = (
    *("to-offset", "to-datetime", "by-duration", "to-earliest"),
    *("to-latest", "from-file", "shift-by"),
)
_INTERNAL: Final = re.compile(
    r".*-(?:changelog|repartition|subscription-registration-topic|subscription-response-topic"
    r"|KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-\d+-topic|KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-\d+-topic)"
)


def run(parsed: Parsed) -> int:
    from zkbroker.client import groups

    if "application-id" not in parsed:
        raise WrongUse("Missing required option(s) [application-id]")
    for scenario in SCENARIOS:
        parsed.refuse(scenario, *(other for other in SCENARIOS if other != scenario))
    application = str(parsed.text("application-id"))
    servers = parsed.text("bootstrap-server") or parsed.text("bootstrap-servers") or "localhost:9092"
    with open_cluster(parsed, bootstrap=servers, config="config-file") as cluster:
        members = [member.member_id for member in groups.describe(cluster, application).members]
        if members and "force" in parsed:
            say(f"Force deleting all active members in the group: {application}")
            groups.remove_members(cluster, application, members)
        elif members:
            raise Failure(
                f"ERROR: Consumer group '{application}' is still active and has following members: "
                f"[{', '.join(members)}]. Make sure to stop all running application instances before running the reset "
                "tool. You can use option '--force' to remove active members from the group."
            )
        existing = [topic.name or "" for topic in cluster.topics()]
        if "dry-run" in parsed:
            say(
                "----Dry run displays the actions which will be performed when running Streams Reset Tool----"
            )
        code = _reset(cluster, application, existing, parsed)
        _delete(cluster, application, existing, parsed)
    return code


def _names(parsed: Parsed, option: str) -> list[str]:
    return [name for text in parsed.texts(option) for name in text.split(",") if name]


def _shown(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"


def _reset(cluster: Cluster, application: str, existing: Sequence[str], parsed: Parsed) -> int:
    """Set the group's offsets; 1 if a topic is not there."""
    from zkbroker.client import groups
    from zkbroker.client.offsets import LATEST, find

    inputs, between = _names(parsed, "input-topics"), _names(parsed, "intermediate-topics")
    if not inputs and not between:
        say("No input or intermediate topics specified. Skipping seek.")
        return 0
    if inputs:
        say(f"Reset-offsets for input topics {_shown(inputs)}")
    if between:
        say(f"Seek-to-end for intermediate topics {_shown(between)}")
    code = 0
    for called, topics, space in (("input", inputs, " "), ("intermediate", between, "")):
        missing = [name for name in topics if name not in existing]
        if missing:
            say(f"Following {called} topics are not found, skipping them")
            for name in missing:
                say(f"Topic:{space}{name}")
            code = 1
    plan: dict[TopicPartition, int] = {}
    ends = _partitions(cluster, [name for name in between if name in existing])
    if ends:
        say(f"Following intermediate topics offsets will be reset to end (for consumer group {application})")
        for tp in ends:
            say(f"Topic: {tp.topic}")
        plan |= {tp: found.offset for tp, found in find(cluster, dict.fromkeys(ends, LATEST)).items()}
    starts = _partitions(cluster, [name for name in inputs if name in existing])
    if starts:
        say(f"Following input topics offsets will be reset to (for consumer group {application})")
        wanted = _offsets(cluster, application, starts, parsed)
        for tp in starts:
            say(f"Topic: {tp.topic} Partition: {tp.partition} Offset: {wanted[tp]}")
        plan |= wanted
    if not plan:
        return code
    if "dry-run" not in parsed:
        groups.commit(cluster, application, plan)
    say("Done.")
    return code


def _partitions(cluster: Cluster, names: Sequence[str]) -> list[TopicPartition]:
    from zkbroker.model import TopicPartition

    if not names:
        return []
    return sorted(
        TopicPartition(topic.name or "", row.partition_index)
        for topic in cluster.topics(names)
        for row in topic.partitions
    )


def _offsets(
    cluster: Cluster, application: str, partitions: Sequence[TopicPartition], parsed: Parsed
) -> dict[TopicPartition, int]:
    """Raises: WrongUse, BadOption, KafkaError."""
    from zkbroker.cli import offset_resets
    from zkbroker.client.offsets import EARLIEST

    if not any(scenario in parsed for scenario in SCENARIOS):
        return offset_resets.known(cluster, partitions, EARLIEST)
    try:
        found = offset_resets.plan(cluster, application, partitions, parsed, [application])
    except offset_resets.NoPlan as missing:
        raise BadOption(str(missing)) from None
    silent = [str(tp) for tp in partitions if tp not in found]
    if silent:
        raise BadOption(f"The file says nothing of {', '.join(silent)}")
    return {tp: found[tp] for tp in partitions}


def is_internal(topic: str, application: str) -> bool:
    """Whether Streams made it for the application."""
    return topic.startswith(f"{application}-") and _INTERNAL.fullmatch(topic) is not None


def _delete(cluster: Cluster, application: str, existing: Sequence[str], parsed: Parsed) -> None:
    """Raises: BadOption, KafkaError."""
    from zkbroker.client import topics

    inferred = [name for name in existing if is_internal(name, application)]
    chosen = _names(parsed, "internal-topics")
    if not set(chosen) <= set(inferred):
        raise BadOption(
            "Invalid topic specified in the --internal-topics option. Ensure that the topics specified are all "
            "internal topics. Do a dry run without the --internal-topics option to see the list of all internal "
            "topics that can be deleted."
        )
    doomed = chosen or inferred
    say(f"Deleting {'specified' if chosen else 'inferred'} internal topics {_shown(doomed)}")
    if "dry-run" not in parsed:
        topics.delete(cluster, doomed)
    say("Done.")


TOOL: Final = Tool(
    name="kafka-streams-application-reset",
    purpose="Let a Streams application begin again: its input topics' offsets are reset, its internal topics deleted. "
    "Stop it before, and call cleanUp() in it before it starts again.",
    kafka_class="org.apache.kafka.tools.StreamsResetter",
    run=run,
    failed="ERROR: {}",
    options=(
        BOOTSTRAP,
        Option("bootstrap-servers", "DEPRECATED: the same.", "urls"),
        Option("application-id", "REQUIRED: The application's id, which is its group's.", "id"),
        Option("input-topics", "Topics whose offsets are reset: a,b.", "list", many=True, completes="topic"),
        Option("intermediate-topics", "Topics that it is to read from their ends.", "list", many=True),
        Option("internal-topics", "Internal topics to delete; all by default.", "list", many=True),
        Option("to-offset", "Reset to this offset.", "Long", whole_long),
        Option("to-datetime", "Reset to the first offset since then.", "String"),
        Option("by-duration", "Reset to the first offset of the last while: PT1H.", "urls"),
        Option("to-earliest", "Reset to the earliest offset (the default)."),
        Option("to-latest", "Reset to the end."),
        Option("from-file", "Reset as a CSV file says.", "urls", completes="file"),
        Option("shift-by", "Reset by so many from what is committed.", "number-of-offsets", whole_long),
        Option("config-file", "A file with the client's properties.", "file name", completes="file"),
        Option("force", "Take members out of the group that are still in it."),
        Option("dry-run", "Only say what would be done."),
    ),
)
