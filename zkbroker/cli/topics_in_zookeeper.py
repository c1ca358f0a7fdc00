"""`kafka-topics --zookeeper`: the znodes themselves, as Kafka 2 did it; the controller does the rest.

Source: kafka.admin.TopicCommand.ZookeeperTopicService, 2.8.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.cli.kafka_topics import COLLIDE, chosen_topics, counts, parse_configs, placed
from zkbroker.cli.options import BadOption, Parsed, WrongUse
from zkbroker.cli.tool import say, warn

if TYPE_CHECKING:
    from zkbroker.model import LeaderAndIsr, TopicAssignment, TopicPartition
    from zkbroker.zookeeper.session import ZkSession

DEPRECATED: Final = (
    "Warning: --zookeeper is deprecated: it goes behind the brokers' backs; use --bootstrap-server."
)
GROWN: Final = (
    "WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the messages "
    "will be affected"
)


def run(action: str, parsed: Parsed) -> int:
    """Raises: WrongUse, BadOption, KafkaError, Failure."""
    from zkbroker.cli.zookeeper_access import read_config, run_tool_with_session
    from zkbroker.config import validate_topic_config

    if "bootstrap-server" in parsed:
        raise WrongUse("Only one of --bootstrap-server or --zookeeper must be specified")
    if action not in ("list", "describe"):
        parsed.require("topic")
    if action == "create":
        parsed.refuse("replica-assignment", "partitions", "replication-factor")
        if "replica-assignment" not in parsed:
            parsed.require("partitions", "replication-factor")
    warn(DEPRECATED)
    doing = {"create": _create, "list": _list, "alter": _alter, "describe": _describe, "delete": _delete}[
        action
    ]

    async def use(session: ZkSession) -> None:
        await doing(session, parsed)

    config = read_config(None, parsed.text("zookeeper"))
    validate_topic_config(
        parse_configs(parsed.texts("config")), config
    )  # no broker looks before they are written
    run_tool_with_session(config, use)
    return 0


async def _create(session: ZkSession, parsed: Parsed) -> None:
    from zkbroker import admin_store, replica_assignment
    from zkbroker.errors import ErrorCode, KafkaError

    name = str(parsed.text("topic"))
    assignment, configs = placed(parsed), parse_configs(parsed.texts("config"))
    if "." in name or "_" in name:
        say(COLLIDE)
    partitions, factor = counts(parsed)
    chosen = {partition: tuple(replicas) for partition, replicas in assignment.items()}
    if not chosen:
        assert partitions is not None and factor is not None
        brokers = (await admin_store.read_brokers(session)).brokers
        racks = {broker.broker_id: broker.rack for broker in brokers.values()}
        if factor > len(racks):
            raise KafkaError(
                ErrorCode.INVALID_REPLICATION_FACTOR,
                f"Replication factor: {factor} larger than available brokers: {len(racks)}.",
            )
        chosen = replica_assignment.assign(
            racks,
            partitions,
            factor,
            start=secrets.randbelow(len(racks)),
            shift=secrets.randbelow(len(racks)),
        )
    try:
        await admin_store.create_topic(session, name, chosen, configs)
    except KafkaError as error:
        if error.code != ErrorCode.TOPIC_ALREADY_EXISTS or "if-not-exists" not in parsed:
            raise
        return
    say(f"Created topic {name}.")


async def _matching(session: ZkSession, parsed: Parsed, *, must_exist: bool) -> list[str]:
    """Raises: BadOption."""
    from zkbroker import admin_store

    pattern = parsed.text("topic")
    names = sorted(await admin_store.topic_names(session))
    found = chosen_topics(names, pattern, exclude_internal="exclude-internal" in parsed)
    if pattern and must_exist and not found:
        raise BadOption(f"Topic '{pattern}' does not exist as expected")
    return found


async def _doomed(session: ZkSession, names: Sequence[str]) -> set[str]:
    """The topics that are marked for deletion."""
    from zkbroker.zookeeper import znodes

    found = await session.get_many([znodes.delete_topic_path(name) for name in names])
    return {name for name in names if found[znodes.delete_topic_path(name)] is not None}


async def _list(session: ZkSession, parsed: Parsed) -> None:
    names = await _matching(session, parsed, must_exist=False)
    doomed = await _doomed(session, names)
    for name in names:
        say(f"{name} - marked for deletion" if name in doomed else name)


async def _alter(session: ZkSession, parsed: Parsed) -> None:
    from zkbroker import admin_store
    from zkbroker.zookeeper import znodes

    names = await _matching(session, parsed, must_exist="if-exists" not in parsed)
    configs, unwanted = parse_configs(parsed.texts("config")), parsed.texts("delete-config")
    for name in names:
        if configs or unwanted:
            path = znodes.entity_path("topics", name)
            held = await admin_store.read_config(session, path)
            kept = {key: value for key, value in held.items() if key not in unwanted}
            await admin_store.change_config(session, path, kept | configs)
            say(f"Updated config for topic {name}.")
        count = parsed.number("partitions")
        if count is not None:
            say(GROWN)
            topic = (await admin_store.read_topics(session, [name])).topics[name]
            brokers = (await admin_store.read_brokers(session)).brokers
            racks = {broker.broker_id: broker.rack for broker in brokers.values()}
            replicas = list(placed(parsed).values())[len(topic.partitions) :]
            await admin_store.add_partitions(session, name, count, racks, replicas or None)
            say("Adding partitions succeeded!")


async def _delete(session: ZkSession, parsed: Parsed) -> None:
    from zkbroker import admin_store
    from zkbroker.cli.kafka_topics import INTERNAL

    for name in await _matching(session, parsed, must_exist="if-exists" not in parsed):
        if name in INTERNAL:
            raise BadOption(
                f"Topic {name} is a kafka internal topic and is not allowed to be marked for deletion."
            )
        await admin_store.delete_topic(session, name)
        say(f"Topic {name} is marked for deletion.")
        say("Note: This will have no impact if delete.topic.enable is not set to true.")


@attrs.frozen
class _Partition:
    number: int
    replicas: tuple[int, ...]
    state: LeaderAndIsr | None

    @property
    def isr(self) -> tuple[int, ...]:
        return () if self.state is None else tuple(self.state.isr)

    @property
    def leader(self) -> int:
        return -1 if self.state is None else self.state.leader

    def is_reported(self, report: str, minimum_isr: int, live: frozenset[int]) -> bool:
        if report == "under-replicated-partitions":
            return len(self.isr) < len(self.replicas)
        if report == "under-min-isr-partitions":
            return self.leader < 0 or len(self.isr) < minimum_isr
        if report == "at-min-isr-partitions":
            return len(self.isr) == minimum_isr
        return self.leader not in live


async def _describe(session: ZkSession, parsed: Parsed) -> None:
    from zkbroker import admin_store
    from zkbroker.cli.kafka_topics import REPORTS
    from zkbroker.zookeeper import znodes

    names = await _matching(session, parsed, must_exist="if-exists" not in parsed)
    doomed = await _doomed(session, names)
    topics = (await admin_store.read_topics(session, names)).topics
    live = frozenset((await admin_store.read_brokers(session)).brokers)
    reports = [report for report in REPORTS if report in parsed]
    for name, topic in topics.items():
        configs = await admin_store.read_config(session, znodes.entity_path("topics", name))
        if "topics-with-overrides" in parsed and not configs:
            continue
        partitions = await _partitions(session, topic)
        mark = "\tMarkedForDeletion: true" if name in doomed else ""
        if not reports and partitions:
            shown = ",".join(f"{key}={value}" for key, value in configs.items())
            say(
                f"Topic: {name}\tPartitionCount: {len(partitions)}"
                f"\tReplicationFactor: {len(partitions[0].replicas)}\tConfigs: {shown}{mark}"
            )
        minimum = int(configs.get("min.insync.replicas", 1))
        if "topics-with-overrides" in parsed:
            continue
        for row in partitions:
            if not reports or any(row.is_reported(report, minimum, live) for report in reports):
                leader = "none" if row.leader < 0 else row.leader
                replicas, isr = (",".join(map(str, ids)) for ids in (row.replicas, row.isr))
                say(
                    f"\tTopic: {name}\tPartition: {row.number}\tLeader: {leader}\tReplicas: {replicas}"
                    f"\tIsr: {isr}{mark}"
                )


async def _partitions(session: ZkSession, topic: TopicAssignment) -> list[_Partition]:
    from zkbroker.model import TopicPartition
    from zkbroker.zookeeper import znodes

    all_of_them: list[TopicPartition] = [
        TopicPartition(topic.topic, number) for number in sorted(topic.partitions)
    ]
    nodes = await session.get_many([znodes.state_path(tp) for tp in all_of_them])
    found = []
    for tp in all_of_them:
        node = nodes[znodes.state_path(tp)]
        state = None if node is None else znodes.decode_state(tp, node.data, node.stat.version)
        found.append(_Partition(tp.partition, topic.partitions[tp.partition].replicas, state))
    return found
