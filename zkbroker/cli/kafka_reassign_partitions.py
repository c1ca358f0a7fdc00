"""`kafka-reassign-partitions`: move replicas elsewhere. Source: ReassignPartitionsCommand, 3.9.1."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.cli.options import (
    BOOTSTRAP,
    COMMAND_CONFIG,
    OUTPUT,
    ZOOKEEPER,
    BadOption,
    Option,
    Parsed,
    Terse,
    WrongUse,
    whole_long,
)
from zkbroker.cli.progress import progress
from zkbroker.cli.tool import Tool, is_for_programs, open_cluster, say, say_all, warn, with_any

if TYPE_CHECKING:
    from zkbroker.cli.reassignment_plans import Plan
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.topics import Reassignment
    from zkbroker.model import TopicPartition
    from zkbroker.protocol.generated.metadata_response import MetadataResponseTopic

ACTIONS: Final = ("generate", "execute", "verify", "cancel", "list")
REQUIRED: Final = {
    "verify": ("reassignment-json-file",),
    "generate": ("topics-to-move-json-file", "broker-list"),
    "execute": ("reassignment-json-file",),
    "cancel": ("reassignment-json-file",),
    "list": (),
}
PERMITTED: Final = {
    "verify": ("preserve-throttles", "wait"),
    "generate": ("disable-rack-aware",),
    "execute": ("additional", "throttle", "replica-alter-log-dirs-throttle", "timeout"),
    "cancel": ("preserve-throttles", "timeout"),
    "list": ("output",),
}
EXISTING: Final = (
    "Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a "
    "new partition assignment in addition to the existing one. The --additional flag can also be used to change the "
    "throttle by resubmitting the current reassignment."
)
VERIFY: Final = (
    "Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is "
    "removed."
)
RETRY_S: Final = 0.1


def run(parsed: Parsed) -> int:
    action = parsed.one_of(
        ACTIONS, f"Command must include exactly one action: {', '.join(f'--{name}' for name in ACTIONS)}"
    )
    if "zookeeper" in parsed:
        from zkbroker.cli.zookeeper_access import brokers_of

        warn(
            "Warning: --zookeeper is deprecated: it only says where the brokers are; use --bootstrap-server."
        )
        servers = brokers_of(str(parsed.text("zookeeper")))
    elif "bootstrap-server" not in parsed:
        raise WrongUse("Please specify --bootstrap-server")
    else:
        servers = str(parsed.text("bootstrap-server"))
    parsed.require(*REQUIRED[action])
    allowed = (
        action,
        "bootstrap-server",
        "command-config",
        "zookeeper",
        *REQUIRED[action],
        *PERMITTED[action],
    )
    for option in parsed.order:
        if option not in allowed:
            raise WrongUse(f'Option "[{option}]" can\'t be used with action "[{action}]"')
    doing: dict[str, Callable[[Cluster, Parsed], None]] = {
        "generate": _generate,
        "execute": _execute,
        "verify": _verify,
        "cancel": _cancel,
        "list": _list,
    }
    with open_cluster(parsed, bootstrap=servers) as cluster:
        doing[action](cluster, parsed)
    return 0


def _plan(parsed: Parsed) -> Plan:
    """Raises: BadOption."""
    from zkbroker.cli.reassignment_plans import read_plan

    return read_plan(str(parsed.text("reassignment-json-file")))


# ---------------------------------------------------------------------------------------------- actions


def _list(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client.topics import list_reassignments

    moving = list_reassignments(cluster)
    if is_for_programs(parsed):
        from zkbroker.cli.output import print_rows

        rows = [
            {
                "topic": tp.topic,
                "partition": tp.partition,
                "replicas": list(found.replicas),
                "adding_replicas": list(found.adding),
                "removing_replicas": list(found.removing),
            }
            for tp, found in sorted(moving.items())
        ]
        print_rows(rows, str(parsed.text("output")))
        return
    if not moving:
        say("No partition reassignments found.")
        return
    say("Current partition reassignments:")
    for tp, found in sorted(moving.items()):
        line = f"{tp}: replicas: {_commas(found.replicas)}."
        line += f" adding: {_commas(found.adding)}." if found.adding else ""
        say(line + (f" removing: {_commas(found.removing)}." if found.removing else ""))


def _generate(cluster: Cluster, parsed: Parsed) -> None:
    import secrets

    from zkbroker import replica_assignment
    from zkbroker.cli.reassignment_plans import as_json, distinct_numbers, read_topics
    from zkbroker.model import TopicPartition

    brokers = distinct_numbers(str(parsed.text("broker-list")))
    names = read_topics(str(parsed.text("topics-to-move-json-file")))
    current: dict[TopicPartition, list[int]] = {}
    for topic in _described(cluster, names):
        for row in topic.partitions:
            current[TopicPartition(topic.name or "", row.partition_index)] = list(row.replica_nodes)
    racks = {broker.node_id: broker.rack for broker in cluster.brokers() if broker.node_id in brokers}
    if "disable-rack-aware" in parsed:
        racks = dict.fromkeys(racks)
    known = [rack for rack in racks.values() if rack is not None]
    if known and len(known) != len(racks):
        raise BadOption(
            "Not all brokers have rack information. Add --disable-rack-aware in command line to make replica "
            "assignment without rack information."
        )
    proposed: dict[TopicPartition, list[int]] = {}
    for name in names:
        rows = sorted(tp for tp in current if tp.topic == name)
        factor = len(current[rows[0]])
        if factor > len(racks):
            raise BadOption(f"Replication factor: {factor} larger than available brokers: {len(racks)}.")
        placed = replica_assignment.assign(
            racks,
            len(rows),
            factor,
            start=secrets.randbelow(len(racks)),
            shift=secrets.randbelow(len(racks)),
        )
        proposed |= {TopicPartition(name, number): list(replicas) for number, replicas in placed.items()}
    say(f"Current partition replica assignment\n{as_json(current)}\n")
    say(f"Proposed partition reassignment configuration\n{as_json(proposed)}")


def _described(cluster: Cluster, names: Sequence[str]) -> list[MetadataResponseTopic]:
    """Raises: BadOption, if a topic is not there."""
    from zkbroker.client import topics
    from zkbroker.errors import ErrorCode, KafkaError

    found = []
    for name in names:
        try:
            found += topics.describe(cluster, [name])
        except KafkaError as error:
            if error.code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                raise BadOption(f"Topic {name} not found.") from None
            raise
    return found


def _current(cluster: Cluster, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, list[int]]:
    """The replicas of each now. Raises: BadOption, if one is not there."""
    from zkbroker.model import TopicPartition

    found = {}
    for topic in _described(cluster, sorted({tp.topic for tp in partitions})):
        for row in topic.partitions:
            tp = TopicPartition(topic.name or "", row.partition_index)
            if tp in partitions:
                found[tp] = list(row.replica_nodes)
    missing = [tp for tp in partitions if tp not in found]
    if missing:
        raise BadOption(f"Unable to find partition: {', '.join(map(str, missing))}")
    return found


def _execute(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.cli import replication_throttles
    from zkbroker.cli.reassignment_plans import as_json, require_sound
    from zkbroker.client.partitions import reassign
    from zkbroker.client.topics import list_reassignments

    plan = _plan(parsed)
    require_sound(plan)
    ongoing = list_reassignments(cluster)
    if ongoing and "additional" not in parsed:
        raise Terse(EXISTING)
    live = [broker.node_id for broker in cluster.brokers()]
    for replicas in plan.replicas.values():
        for broker in replicas:
            if broker not in live:
                raise BadOption(f"Unknown broker id {broker}")
    current = _current(cluster, list(plan.replicas))
    say(
        f"Current partition replica assignment\n\n{as_json(current)}\n\nSave this to use as the "
        "--reassignment-json-file option during rollback"
    )
    throttle, dir_throttle = parsed.number("throttle"), parsed.number("replica-alter-log-dirs-throttle")
    if (throttle or -1) >= 0 or (dir_throttle or -1) >= 0:
        say(VERIFY)
    if throttle is not None and throttle >= 0:
        moves = replication_throttles.moves(ongoing, plan.replicas, current)
        replication_throttles.set_between_brokers(cluster, moves, throttle)
        say(f"The inter-broker throttle limit was set to {throttle} B/s")
    if dir_throttle is not None and dir_throttle >= 0:
        replication_throttles.set_between_directories(
            cluster, {broker for _, broker in plan.log_dirs}, dir_throttle
        )
        say(f"The replica-alter-dir throttle limit was set to {dir_throttle} B/s")
    answers = reassign(cluster, plan.replicas)
    refused = [f"{tp}: {message}" for tp, (code, message) in sorted(answers.items()) if code]
    if refused:
        raise Terse("Error reassigning partition(s):\n" + "\n".join(refused))
    say(
        f"Successfully started partition reassignment{_s(plan.replicas)} for "
        f"{','.join(map(str, sorted(plan.replicas)))}"
    )
    if plan.log_dirs:
        _move(cluster, plan.log_dirs, int(parsed.number("timeout") or 0) / 1000)


def _move(cluster: Cluster, wanted: Mapping[tuple[TopicPartition, int], str], timeout_s: float) -> None:
    """Until every move has begun: a replica that is only coming to its broker cannot move yet. Raises: BadOption."""
    from zkbroker.client.partitions import move_log_dirs

    pending, begun = dict(wanted), []
    deadline_s = time.monotonic() + timeout_s
    with progress("Waiting for moves between log directories to begin", len(pending)) as advance:
        while True:
            for replica, code in sorted(move_log_dirs(cluster, pending).items(), key=_by_broker):
                if not code:
                    tp, broker = replica
                    begun.append(
                        f"Successfully started moving log directory to {pending.pop(replica)} for replica {tp} with "
                        f"broker {broker} "
                    )
                    advance(1)
            if not pending or time.monotonic() >= deadline_s:
                break
            time.sleep(RETRY_S)
    say_all(begun)
    if pending:
        raise Terse(
            f"Timed out before log directory move{_s(pending)} could be started for: "
            + ",".join(f"{tp}-{broker}" for tp, broker in sorted(pending))
        )


def _by_broker(item: tuple[tuple[TopicPartition, int], object]) -> tuple[int, TopicPartition]:
    (tp, broker), _ = item
    return broker, tp


def _verify(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.cli import replication_throttles
    from zkbroker.client.topics import list_reassignments

    plan = _plan(parsed)
    if "wait" in parsed:
        _wait_done(cluster, plan)
    ongoing = list_reassignments(cluster)
    say("Status of partition reassignment:")
    with progress("Looking at partitions", len(plan.replicas)) as advance:
        said = []
        for tp, target in sorted(plan.replicas.items()):
            said.append(_status(cluster, tp, target, ongoing))
            advance(1)
    say_all(said)
    dirs_done = _show_moves(cluster, plan.log_dirs)
    if not ongoing and dirs_done and "preserve-throttles" not in parsed:
        replication_throttles.clear(cluster, plan.replicas)


def _wait_done(cluster: Cluster, plan: Plan) -> None:
    """Until none of the plan's partitions moves any more, however long that takes: whoever waits has Ctrl-C."""
    from zkbroker.client.partitions import replica_places
    from zkbroker.client.topics import list_reassignments

    remaining = len(plan.replicas) + len(plan.log_dirs)
    with progress("Waiting for replicas to be moved", remaining) as advance:
        while remaining:
            moving = sum(tp in plan.replicas for tp in list_reassignments(cluster))
            if plan.log_dirs:
                places = replica_places(cluster, plan.log_dirs)
                moving += sum(place.future is not None for place in places.values())
            if moving < remaining:
                advance(remaining - moving)
                remaining = moving
            if remaining:
                time.sleep(RETRY_S)


def _status(
    cluster: Cluster,
    tp: TopicPartition,
    target: Sequence[int],
    ongoing: Mapping[TopicPartition, Reassignment],
) -> str:
    if tp in ongoing:
        return f"Reassignment of partition {tp} is still in progress."
    try:
        current = _current(cluster, [tp])[tp]
    except BadOption:
        current = []
    if list(target) == current:
        return f"Reassignment of partition {tp} is completed."
    return (
        f"There is no active reassignment of partition {tp}, but replica set is {_commas(current)} rather than "
        f"{_commas(target)}."
    )


def _show_moves(cluster: Cluster, wanted: Mapping[tuple[TopicPartition, int], str]) -> bool:
    """Say how far moves between directories are; whether all are done."""
    from zkbroker.client.partitions import ReplicaPlace, replica_places

    found = replica_places(cluster, wanted) if wanted else {}
    is_done = True
    if not wanted:
        say()
    for replica, target in sorted(wanted.items(), key=_by_broker):
        (tp, broker), place = replica, found.get(replica, ReplicaPlace())
        if place.current is None and place.future is None:
            say(f"Partition {tp} cannot be found in any live log directory on broker {broker}.")
        elif place.future is not None and place.future == target:
            is_done = False
            say(f"Reassignment of replica {tp}-{broker} is still in progress.")
        elif place.future is not None:
            is_done = False
            say(
                f"Partition {tp} on broker {broker} is being moved to log dir {place.future} instead of {target}."
            )
        elif place.current == target:
            say(f"Reassignment of replica {tp}-{broker} completed successfully.")
        else:
            say(
                f"Partition {tp} on broker {broker} is not being moved from log dir {place.current} to {target}."
            )
    return is_done


def _cancel(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.cli import replication_throttles
    from zkbroker.client.partitions import reassign, replica_places
    from zkbroker.client.topics import list_reassignments

    plan = _plan(parsed)
    active = sorted(tp for tp in list_reassignments(cluster) if tp in plan.replicas)
    if active:
        answers = reassign(cluster, dict.fromkeys(active))
        refused = [f"{tp}: {message}" for tp, (code, message) in sorted(answers.items()) if code]
        if refused:
            raise Terse(f"Error cancelling partition reassignment{_s(refused)} for:\n" + "\n".join(refused))
        say(f"Successfully cancelled partition reassignment{_s(active)} for: {','.join(map(str, active))}")
    else:
        say("None of the specified partition reassignments are active.")
    places = replica_places(cluster, plan.log_dirs) if plan.log_dirs else {}
    moving = {replica: place.current for replica, place in places.items() if place.future and place.current}
    if moving:
        _move(cluster, moving, int(parsed.number("timeout") or 0) / 1000)
    else:
        say("None of the specified partition moves are active.")
    if "preserve-throttles" not in parsed:
        replication_throttles.clear(cluster, plan.replicas)


def _commas(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _s(
    many: Sequence[object] | Mapping[TopicPartition, object] | Mapping[tuple[TopicPartition, int], str],
) -> str:
    return "" if len(many) == 1 else "s"


TOOL: Final = Tool(
    name="kafka-reassign-partitions",
    purpose="This tool helps to move topic partitions between replicas.",
    kafka_class="org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    run=run,
    is_long=with_any("list", "verify"),
    failed="Error: {}",
    fails_on_stdout=True,
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        ZOOKEEPER,
        attrs.evolve(OUTPUT, help="With --list: text as Kafka does (default), json or csv."),
        Option("generate", "Propose where the partitions of topics could go; nothing is moved."),
        Option("execute", "Begin to move, as a file says."),
        Option("verify", "Say how far it is; when all is done, throttles are taken away."),
        Option("cancel", "Stop moves that a file names."),
        Option("list", "List what is being moved."),
        Option(
            "reassignment-json-file",
            'A file as {"partitions": [{"topic": "foo", "partition": 1, "replicas": [1,2,3], "log_dirs": ["any","any",'
            '"/dir"]}], "version": 1}; log_dirs may be left out.',
            "manual assignment json file path",
            completes="file",
        ),
        Option(
            "topics-to-move-json-file",
            'For --generate: a file as {"topics": [{"topic": "foo"}], "version": 1}.',
            "topics to reassign json file path",
            completes="file",
        ),
        Option(
            "broker-list", "For --generate: the brokers that shall have the replicas: 1,2,3.", "brokerlist"
        ),
        Option("disable-rack-aware", "For --generate: racks do not count."),
        Option("throttle", "Bytes a second between brokers.", "throttle", whole_long),
        Option(
            "replica-alter-log-dirs-throttle",
            "Bytes a second between directories of a broker.",
            "replicaAlterLogDirsThrottle",
            whole_long,
        ),
        Option(
            "timeout",
            "How long to wait for moves between directories to begin, in ms.",
            "timeout",
            whole_long,
            10000,
        ),
        Option("additional", "Also while others are under way; throttles may be changed so."),
        Option("preserve-throttles", "Leave throttles as they are."),
        Option("wait", "With --verify, beyond Kafka: only when nothing that the file names moves any more."),
    ),
)
