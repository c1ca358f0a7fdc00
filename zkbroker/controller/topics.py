"""Topics appear, grow and vanish. [pure]

Source: KafkaController.processTopicChange, processPartitionModifications, processTopicIds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from zkbroker.controller import deletion
from zkbroker.controller.context import Context, Partition, Topic, topic_from_node
from zkbroker.controller.events import DeletionMarkersSeen, TopicNodeSeen, TopicsSeen
from zkbroker.controller.partitions import bring_online, set_aside
from zkbroker.controller.steps import (
    Done,
    Found,
    Notice,
    Plan,
    SetData,
    fresh_topic_ids,
    read,
    report,
    write,
)
from zkbroker.model import NO_TOPIC_ID, TopicPartition
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import Undecodable


def topics_seen(context: Context, event: TopicsSeen) -> Plan[Context]:
    """Compare names with what was known. New topics are read now: the list may be older than our deletes."""
    vanished = context.topics.keys() - event.names
    if vanished:
        yield from report(Notice(f"topics are gone: {', '.join(sorted(vanished))}"))
        yield from deletion.delete_remainders(vanished & context.deletions.keys())
        context = context.without_topics(vanished)
    repaired = {name: why for name, why in context.set_aside.items() if name in event.names}
    if len(repaired) != len(context.set_aside):
        context = attrs.evolve(context, set_aside=repaired)
    new = sorted(event.names - context.topics.keys() - context.set_aside.keys())
    return (yield from appear(context, new)) if new else context


def appear(context: Context, names: Collection[str]) -> Plan[Context]:
    """Read new topics and put their partitions to work; those marked for deletion meanwhile are queued."""
    paths = {name: znodes.topic_path(name) for name in names}
    markers = {name: znodes.delete_topic_path(name) for name in names}
    found = yield from read(*paths.values(), *markers.values())
    nodes = {name: node for name, path in paths.items() if (node := found[path]) is not None}
    context, topics = yield from read_topics(context, nodes)
    if not topics:
        return context
    context = context.with_topics(topics)
    marked = frozenset(topic.name for topic in topics if found[markers[topic.name]] is not None)
    if marked:
        context = yield from deletion.markers_seen(context, DeletionMarkersSeen(marked))
    some = ", ".join(f"{topic.name} ({len(topic.partitions)} partitions)" for topic in topics[:5])
    yield from report(Notice(f"{len(topics)} new topics: {some}"))
    partitions = [
        partition.tp
        for topic in topics
        if context.is_kept(topic.name)
        for partition in topic.partitions.values()
    ]
    return (yield from bring_online(context, partitions, "topic creation"))


def read_topics(context: Context, nodes: Mapping[str, Found]) -> Plan[tuple[Context, list[Topic]]]:
    """Decode topic nodes. One without an id (legacy tools) gets one; unreadable ones are set aside."""
    topics: dict[str, Topic] = {}
    unreadable: dict[str, str] = {}
    for name, node in nodes.items():
        try:
            topics[name] = topic_from_node(znodes.decode_topic(name, node.data), node.version)
        except Undecodable as error:
            unreadable[name] = str(error)
    context = yield from set_aside(context, unreadable)
    nameless = [topic for topic in topics.values() if topic.topic_id == NO_TOPIC_ID]
    if nameless:
        ids = yield from fresh_topic_ids(len(nameless))
        identified = {
            topic.name: attrs.evolve(topic, topic_id=topic_id)
            for topic, topic_id in zip(nameless, ids, strict=True)
        }
        outcomes = yield from write(
            *(
                (SetData(znodes.topic_path(name), znodes.encode_topic(topic.node()), topic.node_version),)
                for name, topic in identified.items()
            )
        )
        for name, topic in identified.items():
            outcome = outcomes[znodes.topic_path(name)]
            if isinstance(outcome, Done):
                topics[name] = attrs.evolve(topic, node_version=outcome.version)
            else:  # somebody changed the node at this moment: its watch brings the topic again
                del topics[name]
    return context, list(topics.values())


def node_seen(context: Context, event: TopicNodeSeen) -> Plan[Context]:
    """A topic's node changed: partitions not known yet are new, the others keep their assignment."""
    name = event.topic
    topic = context.topics.get(name)
    if topic is None:
        return (yield from appear(context, (name,)))
    is_older = event.version <= topic.node_version  # than our own last write, if it is the same node
    try:
        node = znodes.decode_topic(name, event.data)
    except Undecodable as error:
        if is_older:
            return (yield from appear(context.without_topics((name,)), (name,)))
        return (yield from set_aside(context, {name: str(error)}))
    if node.topic_id not in (topic.topic_id, NO_TOPIC_ID):
        # deleted and created again by hand, unseen: the old one is gone, with all its states
        return (yield from appear(context.without_topics((name,)), (name,)))
    if is_older:
        return context
    added = {
        number: Partition(TopicPartition(name, number), assignment)
        for number, assignment in node.partitions.items()
        if number not in topic.partitions
    }
    if name in context.deletions:
        if added:
            return (yield from _restore(context, topic, event.version))
        return context.with_node_version(name, event.version)
    partitions = {**topic.partitions, **added}
    grown = attrs.evolve(topic, node_version=event.version, partitions=partitions)
    context = context.with_topics((grown,))
    if node.topic_id == NO_TOPIC_ID:
        context = yield from _identify_again(context, grown)
    if added:
        yield from report(Notice(f"topic {name} grew to {len(partitions)} partitions"))
    return (yield from bring_online(context, [p.tp for p in added.values()], "partitions added"))


def _identify_again(context: Context, topic: Topic) -> Plan[Context]:
    """A legacy tool rewrote the node without the topic's id, by which every replica on disk goes: put it back.

    The next controller would give the topic another id, and brokers would refuse it.
    """
    path = znodes.topic_path(topic.name)
    outcome = (yield from write((SetData(path, znodes.encode_topic(topic.node()), topic.node_version),)))[
        path
    ]
    if isinstance(outcome, Done):
        return context.with_node_version(topic.name, outcome.version)
    return context  # changed once more: its watch fires again


def _restore(context: Context, topic: Topic, version: int) -> Plan[Context]:
    """No partitions are added to a topic that is being deleted: write back what it had."""
    yield from report(Notice(f"topic {topic.name} is being deleted, its new partitions are refused"))
    path = znodes.topic_path(topic.name)
    outcome = (yield from write((SetData(path, znodes.encode_topic(topic.node()), version),)))[path]
    if isinstance(outcome, Done):
        return context.with_node_version(topic.name, outcome.version)
    return context  # changed once more: its watch fires again
