"""`kafka-leader-election`: preferred and unclean leader elections. Source: LeaderElectionCommand, 3.9.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from zkbroker.cli.options import BOOTSTRAP, BadOption, Option, Parsed, whole
from zkbroker.cli.tool import Tool, open_cluster, say

if TYPE_CHECKING:
    from zkbroker.model import TopicPartition

TYPES: Final = {"preferred": 0, "unclean": 1}


def _election(text: str) -> str:
    """Raises: ValueError."""
    if text.lower() not in TYPES:
        raise ValueError(text)
    return text.lower()


def run(parsed: Parsed) -> int:
    from zkbroker.client.partitions import elect
    from zkbroker.errors import ErrorCode, KafkaError

    kind, partitions = _require_fitting(parsed), _partitions(parsed)
    with open_cluster(parsed, config="admin.config") as cluster:
        try:
            results = elect(cluster, TYPES[kind], partitions)
        except KafkaError as error:
            if error.code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED:
                raise BadOption("Not authorized to perform leader election") from None
            raise
    done = [tp for tp, code in results.items() if not code[0]]
    needless = [tp for tp, code in results.items() if code[0] == ErrorCode.ELECTION_NOT_NEEDED]
    failed = {tp: code for tp, code in results.items() if tp not in done and tp not in needless}
    if done:
        say(
            f"Successfully completed leader election ({kind.upper()}) for partitions "
            f"{', '.join(map(str, sorted(done)))}"
        )
    if needless:
        say(f"Valid replica already elected for partitions {', '.join(map(str, sorted(needless)))}")
    for tp, (_, message) in sorted(failed.items()):
        say(f"Error completing leader election ({kind.upper()}) for partition: {tp}: {message}")
    if failed:
        raise BadOption(f"{len(failed)} replica(s) could not be elected")
    return 0


def _require_fitting(parsed: Parsed) -> str:
    """The election's type. Raises: BadOption."""
    missing = [name for name in ("bootstrap-server", "election-type") if name not in parsed]
    if missing:
        raise BadOption(f"Missing required option(s): {', '.join(missing)}")
    scopes = ("topic", "all-topic-partitions", "path-to-json-file")
    if sum(name in parsed for name in scopes) != 1:
        raise BadOption(f"One and only one of the following options is required: {', '.join(scopes)}")
    if "topic" in parsed and "partition" not in parsed:
        raise BadOption("Missing required option(s): partition")
    if "partition" in parsed and "topic" not in parsed:
        raise BadOption("Option partition is only allowed if topic is used")
    return str(parsed.text("election-type"))


def _partitions(parsed: Parsed) -> Sequence[TopicPartition] | None:
    """None: all of them. Raises: BadOption."""
    from zkbroker.cli.json_files import partitions_of, place, read_json, require_distinct
    from zkbroker.model import TopicPartition

    if "topic" in parsed:
        return [TopicPartition(str(parsed.text("topic")), int(parsed.number("partition") or 0))]
    if "path-to-json-file" not in parsed:
        return None
    file = str(parsed.text("path-to-json-file"))
    found = [place(entry) for entry in partitions_of(read_json(file), file)]
    require_distinct(found, "Replica election data contains duplicate partitions: [{}]")
    return found


TOOL: Final = Tool(
    name="kafka-leader-election",
    purpose="This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported "
    "are preferred replicas and unclean replicas.",
    kafka_class="org.apache.kafka.tools.LeaderElectionCommand",
    run=run,
    options=(
        BOOTSTRAP,
        Option("admin.config", "A file with the client's properties.", "config file", completes="file"),
        Option(
            "election-type",
            "REQUIRED: preferred lets the first replica of the assignment lead again; unclean lets a replica lead that "
            "is not in sync, where there is no leader: records are lost.",
            "election type",
            _election,
        ),
        Option("topic", "The topic, together with --partition.", "topic name", completes="topic"),
        Option("partition", "The partition.", "partition id", whole),
        Option("all-topic-partitions", "All partitions."),
        Option(
            "path-to-json-file",
            'A file as {"partitions": [{"topic": "foo", "partition": 1}]}.',
            "Path to JSON file",
            completes="file",
        ),
    ),
)
