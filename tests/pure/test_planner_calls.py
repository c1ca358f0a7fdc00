"""What the controller answers: AlterPartition's checks in their order, elections, moves, ids, features."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

from tests.pure.controller_model import Cluster, told
from zkbroker.controller.admin import PRODUCER_ID_BLOCK_SIZE
from zkbroker.controller.context import Policy
from zkbroker.controller.events import (
    AlterPartitionCall,
    AlterPartitionsReceived,
    BrokersSeen,
    ControlledShutdownReceived,
    DeletionAnswered,
    DeletionMarkersSeen,
    ElectionRequested,
    FeatureUpdatesRequested,
    IsrChangesNotified,
    LeaderAndIsrAnswered,
    ProducerIdsRequested,
    ReassignmentsListed,
    ReassignmentsRequested,
    RebalanceDue,
    TopicNodeSeen,
    TopicsSeen,
    UncleanElectionEnabled,
)
from zkbroker.controller.steps import Deleted, Moved, Notice, SetAside
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import (
    LeaderAndIsr,
    LeaderRecoveryState,
    ReplicaAssignment,
    TopicId,
    TopicPartition,
)
from zkbroker.protocol.generated.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from zkbroker.protocol.generated.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import ProducerIdBlock

T0 = TopicPartition("t", 0)


@pytest.fixture
def cluster() -> Cluster:
    """Brokers 1 to 4; t-0 on 1, 2, 3, led by 1, in its third version."""
    cluster = Cluster()
    for broker_id in (1, 2, 3, 4):
        cluster.register(broker_id)
    cluster.take_over()
    cluster.write_topic("t", {0: (1, 2, 3)})
    cluster.see_topics()
    for isr in ((1, 2), (1, 2, 3)):
        assert alter(cluster, isr=isr).error_code == 0
    cluster.heard()
    return cluster


def call(
    cluster: Cluster,
    ticket: int = 1,
    *,
    isr: Sequence[int] = (1, 2),
    broker_id: int = 1,
    broker_epoch: int | None = None,
    leader_epoch: int | None = None,
    partition_epoch: int | None = None,
    recovery: int = 0,
    version: int = 3,
    topic_id: TopicId | None = None,
    partition: int = 0,
) -> AlterPartitionCall:
    state = cluster.state("t", 0)
    asked = PartitionData(
        partition_index=partition,
        leader_epoch=state.leader_epoch if leader_epoch is None else leader_epoch,
        new_isr=list(isr) if version < 3 else [],
        new_isr_with_epochs=[BrokerState(broker_id=b) for b in isr] if version >= 3 else [],
        leader_recovery_state=recovery,
        partition_epoch=state.partition_epoch if partition_epoch is None else partition_epoch,
    )
    known = cluster.topic_node("t").topic_id if topic_id is None else topic_id
    topic = TopicData(topic_name="t", topic_id=known, partitions=[asked])
    epoch = cluster.registered[broker_id].epoch if broker_epoch is None else broker_epoch
    request = AlterPartitionRequest(broker_id=broker_id, broker_epoch=epoch, topics=[topic])
    return AlterPartitionCall(ticket, version, request)


def alter(cluster: Cluster, **options: Any) -> Any:
    """The answer for the one partition."""
    cluster.handle(AlterPartitionsReceived((call(cluster, **options),)))
    return cluster.reply(1).topics[0].partitions[0]


def test_an_isr_change_is_written_and_told_without_a_new_leader_epoch(cluster: Cluster) -> None:
    answer = alter(cluster, isr=(2, 1))
    assert (answer.leader_id, tuple(answer.isr), answer.leader_epoch, answer.partition_epoch) == (
        1,
        (2, 1),
        0,
        3,
    )
    assert cluster.state("t", 0) == LeaderAndIsr(1, (2, 1), 0, 3, 1)
    assert {b: told(requests) for b, requests in cluster.heard().items()} == {
        b: ["UMR t-0:1@0"] for b in (1, 2, 3, 4)
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"partition_epoch": 9}, ErrorCode.NOT_CONTROLLER),
        ({"leader_epoch": 1}, ErrorCode.NOT_CONTROLLER),
        ({"leader_epoch": -1, "isr": (1, 2, 3)}, ErrorCode.FENCED_LEADER_EPOCH),
        ({"partition_epoch": 1}, ErrorCode.INVALID_UPDATE_VERSION),
        ({"partition_epoch": 1, "isr": (1, 3, 2)}, ErrorCode.INVALID_UPDATE_VERSION),  # the order counts
        ({"recovery": 1}, ErrorCode.INVALID_REQUEST),
        ({"recovery": 1, "isr": (1,)}, ErrorCode.INVALID_REQUEST),
        ({"isr": (1, 2, 8)}, ErrorCode.INELIGIBLE_REPLICA),
        ({"isr": (1, 2, 8), "version": 1}, ErrorCode.OPERATION_NOT_ATTEMPTED),
        ({"partition": 5}, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ({"topic_id": TopicId(b"x" * 16)}, ErrorCode.UNKNOWN_TOPIC_ID),
        ({"topic_id": TopicId(b"x" * 16), "version": 1}, ErrorCode.NONE),  # by name
        ({"version": 0}, ErrorCode.NONE),
        ({"version": 2}, ErrorCode.NONE),
    ],
    ids=str,
)
def test_the_checks_of_an_isr_change(cluster: Cluster, options: dict[str, Any], expected: ErrorCode) -> None:
    before = cluster.state("t", 0)
    assert alter(cluster, **options).error_code == expected
    assert (cluster.state("t", 0) == before) == (expected is not ErrorCode.NONE)


def test_a_repeated_isr_change_succeeds_with_what_is_there(cluster: Cluster) -> None:
    for age in (0, 1, 2):
        answer = alter(cluster, isr=(1, 2, 3), partition_epoch=2 - age)
        assert (answer.error_code, answer.partition_epoch) == (0, 2)
    assert cluster.state("t", 0).partition_epoch == 2


@pytest.mark.parametrize(("broker_id", "epoch"), [(1, 5), (1, 10_000), (7, 1)])
def test_only_the_incarnation_that_is_registered_is_heard(
    cluster: Cluster, broker_id: int, epoch: int
) -> None:
    cluster.handle(AlterPartitionsReceived((call(cluster, broker_id=broker_id, broker_epoch=epoch),)))
    with pytest.raises(KafkaError, match="STALE_BROKER_EPOCH"):
        cluster.reply(1)


def test_a_recovering_leader_may_finish_but_not_grow_first(cluster: Cluster) -> None:
    state = attrs.evolve(cluster.state("t", 0), isr=(1,), recovery_state=LeaderRecoveryState.RECOVERING)
    cluster.zk.set(znodes.state_path(T0), znodes.encode_state(state))
    cluster.take_over()
    assert alter(cluster, isr=(1, 2), recovery=1).error_code == ErrorCode.INVALID_REQUEST
    assert alter(cluster, isr=(1, 2), recovery=0).error_code == ErrorCode.NONE
    assert cluster.state("t", 0).recovery_state is LeaderRecoveryState.RECOVERED


def test_isr_changes_that_wait_together_are_written_together(cluster: Cluster) -> None:
    cluster.write_topic("u", dict.fromkeys(range(5), (2, 1)))
    cluster.see_topics()
    calls = []
    for p in range(5):
        asked = PartitionData(
            partition_index=p,
            leader_epoch=0,
            new_isr_with_epochs=[BrokerState(broker_id=2)],
            partition_epoch=0,
        )
        topic = TopicData(topic_id=cluster.topic_node("u").topic_id, partitions=[asked])
        request = AlterPartitionRequest(broker_id=2, broker_epoch=cluster.registered[2].epoch, topics=[topic])
        calls.append(AlterPartitionCall(p, 3, request))
    cluster.handle(AlterPartitionsReceived(tuple(calls)))
    assert cluster.trail.count("Write") == 1
    assert [cluster.reply(p).topics[0].partitions[0].error_code for p in range(5)] == [0] * 5


def test_two_changes_of_one_partition_come_one_after_the_other(cluster: Cluster) -> None:
    calls = (call(cluster, 1, isr=(1, 2)), call(cluster, 2, isr=(1, 3)))
    cluster.handle(AlterPartitionsReceived(calls))
    codes = [cluster.reply(t).topics[0].partitions[0].error_code for t in (1, 2)]
    assert codes == [ErrorCode.NONE, ErrorCode.INVALID_UPDATE_VERSION]


def test_a_state_that_moved_unseen_refuses_the_change_and_is_taken_over(cluster: Cluster) -> None:
    moved = attrs.evolve(cluster.state("t", 0), isr=(1,))
    asked = call(cluster, isr=(1, 2))
    cluster.zk.set(znodes.state_path(T0), znodes.encode_state(moved))
    cluster.handle(AlterPartitionsReceived((asked,)))
    assert cluster.reply(1).topics[0].partitions[0].error_code == ErrorCode.INVALID_UPDATE_VERSION
    assert cluster.context.state(T0) == cluster.state("t", 0)


# -- elections -----------------------------------------------------------------------------------------


def elect(cluster: Cluster, partitions: Sequence[TopicPartition] | None, *, unclean: bool = False) -> Any:
    asked = None if partitions is None else tuple(partitions)
    cluster.handle(ElectionRequested(1, asked, unclean))
    return {
        str(tp): result.code if isinstance(result, KafkaError) else result
        for tp, result in cluster.reply(1).items()
    }


def test_what_elect_leaders_answers(cluster: Cluster) -> None:
    unknown = TopicPartition("nothing", 0)
    assert elect(cluster, [T0, unknown]) == {
        "t-0": ErrorCode.ELECTION_NOT_NEEDED,
        "nothing-0": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    assert elect(cluster, None) == {}  # those that need none are left out
    assert elect(cluster, [T0], unclean=True) == {"t-0": ErrorCode.ELECTION_NOT_NEEDED}
    del cluster.registered[1]
    cluster.see_brokers()
    assert elect(cluster, [T0]) == {"t-0": ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE}
    for broker_id in (2, 3):
        del cluster.registered[broker_id]
        cluster.see_brokers()
    assert cluster.state("t", 0).leader == -1
    assert elect(cluster, [T0], unclean=True) == {"t-0": ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE}
    cluster.register(2)
    cluster.see_brokers()
    assert cluster.state("t", 0).leader == -1, "2 is not in sync"
    assert elect(cluster, [T0], unclean=True) == {"t-0": 2}
    assert cluster.state("t", 0).recovery_state is LeaderRecoveryState.RECOVERING
    cluster.zk.set(znodes.delete_topic_path("t"), b"")
    cluster.handle(DeletionMarkersSeen(frozenset({"t"})))
    assert elect(cluster, [T0]) == {"t-0": ErrorCode.INVALID_TOPIC_EXCEPTION}


def test_the_rebalance_waits_until_the_imbalance_is_worth_it(cluster: Cluster) -> None:
    cluster.write_topic("u", dict.fromkeys(range(9), (1, 2)))
    cluster.see_topics()
    moved = attrs.evolve(cluster.state("u", 0), leader=2, leader_epoch=1)
    cluster.zk.set(znodes.state_path(TopicPartition("u", 0)), znodes.encode_state(moved))
    cluster.take_over(policy=Policy(imbalance_percentage=10))
    cluster.handle(RebalanceDue())
    assert cluster.state("u", 0).leader == 2  # one of ten is not more than 10 %
    cluster.take_over(policy=Policy(imbalance_percentage=9))
    cluster.handle(RebalanceDue())
    assert cluster.state("u", 0).leader == 1


def test_a_policy_that_turns_unclean_acts_on_its_topic_alone(cluster: Cluster) -> None:
    cluster.write_topic("u", {0: (1, 2)})
    cluster.see_topics()
    for name in ("t", "u"):
        state = attrs.evolve(cluster.state(name, 0), isr=(1,))
        cluster.zk.set(znodes.state_path(TopicPartition(name, 0)), znodes.encode_state(state))
    cluster.take_over()
    del cluster.registered[1]
    cluster.see_brokers()
    allowed = znodes.encode_entity_config({"unclean.leader.election.enable": "true"})
    for name in ("t", "u"):
        cluster.zk.set(f"/config/topics/{name}", allowed)
    cluster.handle(UncleanElectionEnabled("u"))
    assert (cluster.state("t", 0).leader, cluster.state("u", 0).leader) == (-1, 2)
    cluster.zk.set("/config/topics/t", b"garbage")
    cluster.handle(UncleanElectionEnabled(None))
    assert cluster.state("t", 0).leader == -1, "a policy that cannot be read allows nothing"
    cluster.zk.delete("/config/topics/t")
    cluster.context = attrs.evolve(cluster.context, policy=Policy(unclean_election=True))
    cluster.handle(UncleanElectionEnabled(None))
    assert cluster.state("t", 0).leader == 2


# -- reassignment --------------------------------------------------------------------------------------


def reassign(cluster: Cluster, replicas: tuple[int, ...] | None, tp: TopicPartition = T0) -> ErrorCode:
    cluster.handle(ReassignmentsRequested(1, {tp: replicas}))
    error = cluster.reply(1)[tp]
    return ErrorCode.NONE if error is None else error.code


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        ((), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ((2, 2), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ((-1, 2), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ((2, 8), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (None, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS),
        ((4, 2), ErrorCode.NONE),
        ((3, 2, 1), ErrorCode.NONE),
    ],
    ids=str,
)
def test_what_reassignments_are_accepted(
    cluster: Cluster, replicas: tuple[int, ...] | None, expected: ErrorCode
) -> None:
    assert reassign(cluster, replicas) is expected
    assert reassign(cluster, (1,), TopicPartition("t", 9)) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_a_move_goes_through_its_phases(cluster: Cluster) -> None:
    assert reassign(cluster, (4, 2)) is ErrorCode.NONE
    moving = ReplicaAssignment((4, 2, 1, 3), adding=(4,), removing=(1, 3))
    assert cluster.topic_node("t").partitions[0] == moving
    cluster.handle(ReassignmentsListed(2, None))
    assert cluster.reply(2) == {T0: moving}
    heard = cluster.heard()
    assert "LISR t-0:1@1/3[1,2,3]" in told(heard[1]) and "LISR t-0:1@1/3[1,2,3] new" in told(heard[4])

    alter(cluster, isr=(1, 2, 3, 4))
    assert cluster.topic_node("t").partitions[0] == ReplicaAssignment((4, 2))
    # one election and two members less: three leader epochs, one write
    assert cluster.state("t", 0) == LeaderAndIsr(4, (2, 4), 4, 5, 1)
    heard = cluster.heard()
    assert told(heard[1])[-2:] == ["SR t-0@4 delete", "UMR t-0:4@4"]
    assert "LISR t-0:4@4/5[2,4]" in told(heard[2])
    cluster.handle(ReassignmentsListed(2, (T0,)))
    assert cluster.reply(2) == {}


def test_a_move_can_be_cancelled_or_replaced(cluster: Cluster) -> None:
    assert reassign(cluster, (4, 2)) is ErrorCode.NONE
    cluster.heard()
    assert reassign(cluster, None) is ErrorCode.NONE
    assert set(cluster.topic_node("t").partitions[0].replicas) == {1, 2, 3}
    assert cluster.context.reassigning == frozenset()
    assert "SR t-0@1 delete" in told(cluster.heard()[4])

    assert reassign(cluster, (4, 2)) is ErrorCode.NONE
    del cluster.registered[4]
    cluster.see_brokers()
    assert reassign(cluster, (1, 2)) is ErrorCode.NONE  # towards where it is already in sync
    assert cluster.topic_node("t").partitions[0] == ReplicaAssignment((1, 2))


def test_the_stages_of_moves_are_told(cluster: Cluster) -> None:
    reassign(cluster, (4, 2))
    reassign(cluster, None)
    reassign(cluster, (4, 2))
    reassign(cluster, (2, 1))  # in sync already; 3 and what was being added go
    reassign(cluster, (1, 2))  # another order
    moved = [news for news in cluster.news if isinstance(news, Moved)]
    assert [(news.stage.value, news.assignment.replicas) for news in moved] == [
        ("begun", (4, 2, 1, 3)),
        ("cancelled", (2, 1, 3)),
        ("begun", (4, 2, 1, 3)),
        ("begun", (2, 1, 3)),
        ("completed", (2, 1)),
        ("begun", (1, 2)),
        ("completed", (1, 2)),
    ]


def test_what_a_deletion_waits_for_is_told(cluster: Cluster) -> None:
    def told_since(act: Callable[[], object]) -> list[tuple[str, str]]:
        before = len(cluster.news)
        act()
        since = cluster.news[before:]
        return [(news.stage.value, news.reason) for news in since if isinstance(news, Deleted)]

    def mark() -> None:
        cluster.zk.set(znodes.delete_topic_path("t"), b"")
        cluster.handle(DeletionMarkersSeen(frozenset({"t"})))

    def answer(broker_id: int, code: int) -> None:
        deleted = dict.fromkeys(cluster.states(), code)
        cluster.handle(DeletionAnswered(broker_id, cluster.registered[broker_id].epoch, deleted))

    reassign(cluster, (4, 2))
    assert told_since(mark) == [("halted", "it is being reassigned")]
    assert told_since(lambda: alter(cluster, isr=(1, 2, 3, 4))) == [("begun", "")]
    refused = ("halted", "broker 4 answered KAFKA_STORAGE_ERROR")
    assert told_since(lambda: answer(4, ErrorCode.KAFKA_STORAGE_ERROR)) == [refused]
    away = ("halted", "replicas are offline, on brokers 2")
    del cluster.registered[2]
    assert told_since(cluster.see_brokers) == [away]
    assert told_since(cluster.take_over) == [away]
    cluster.register(2)
    assert told_since(cluster.see_brokers) == [("begun", "")]
    assert told_since(lambda: answer(4, ErrorCode.NONE)) == []
    assert told_since(lambda: answer(2, ErrorCode.NONE)) == [("done", "")]


def test_the_only_copy_is_not_thrown_away(cluster: Cluster) -> None:
    assert reassign(cluster, (4, 2)) is ErrorCode.NONE
    state = attrs.evolve(cluster.state("t", 0), leader=4, isr=(4,), leader_epoch=9)
    cluster.zk.set(znodes.state_path(T0), znodes.encode_state(state))
    cluster.handle(IsrChangesNotified((), frozenset({T0})))
    assert reassign(cluster, None) is ErrorCode.INVALID_REPLICA_ASSIGNMENT


# -- producer ids, features, shutdown ------------------------------------------------------------------


def test_producer_ids_come_in_blocks_that_never_repeat(cluster: Cluster) -> None:
    epoch = cluster.registered[2].epoch
    given = []
    for _ in range(3):
        cluster.handle(ProducerIdsRequested(1, 2, epoch))
        given.append(cluster.reply(1))
    assert [block.first for block in given] == [0, 1000, 2000]
    written = znodes.decode_producer_id_block(cluster.zk.nodes[znodes.PRODUCER_ID_BLOCK].data)
    assert written == given[-1] == ProducerIdBlock(2, 2000, 2999)
    last = ProducerIdBlock(2, 2**63 - PRODUCER_ID_BLOCK_SIZE, 2**63 - 1)
    cluster.zk.set(znodes.PRODUCER_ID_BLOCK, znodes.encode_producer_id_block(last))
    cluster.handle(ProducerIdsRequested(1, 2, epoch))
    with pytest.raises(KafkaError, match="used up"):
        cluster.reply(1)
    cluster.zk.set(znodes.PRODUCER_ID_BLOCK, b"garbage")
    cluster.handle(ProducerIdsRequested(1, 2, epoch))
    with pytest.raises(KafkaError, match="UNKNOWN_SERVER_ERROR"):
        cluster.reply(1)


def features(cluster: Cluster, *updates: FeatureUpdateKey, validate_only: bool = False) -> Any:
    request = UpdateFeaturesRequest(feature_updates=list(updates), validate_only=validate_only)
    cluster.handle(FeatureUpdatesRequested(1, request))
    return {name: None if error is None else error.message for name, error in cluster.reply(1).items()}


def test_no_feature_can_be_finalized_and_a_strange_one_can_be_removed(cluster: Cluster) -> None:
    node = znodes.decode_feature(cluster.zk.nodes[znodes.FEATURE].data)
    assert (node.enabled, node.max_version_levels) == (True, {})
    answers = features(
        cluster,
        FeatureUpdateKey(feature="metadata.version", max_version_level=3),
        FeatureUpdateKey(feature="gone", max_version_level=0, upgrade_type=2),
        FeatureUpdateKey(feature="", max_version_level=1),
    )
    assert "not supported" in answers["metadata.version"]
    assert "non-existing" in answers["gone"]
    assert "empty" in answers[""]
    strange = znodes.FeatureNode(True, {"strange": 1})
    cluster.zk.set(znodes.FEATURE, znodes.encode_feature(strange))
    removal = FeatureUpdateKey(feature="strange", max_version_level=0, upgrade_type=2)
    assert features(cluster, removal, validate_only=True) == {"strange": None}
    assert znodes.decode_feature(cluster.zk.nodes[znodes.FEATURE].data) == strange
    assert features(cluster, removal) == {"strange": None}
    assert znodes.decode_feature(cluster.zk.nodes[znodes.FEATURE].data).max_version_levels == {}


def test_a_broker_that_stops_is_told_what_it_still_leads(cluster: Cluster) -> None:
    cluster.write_topic("alone", {0: (1,)})
    cluster.write_topic("u", {0: (1, 4)})
    cluster.see_topics()
    del cluster.registered[4]
    cluster.see_brokers()
    cluster.handle(ControlledShutdownReceived(1, 1, -1))
    assert cluster.reply(1) == {
        TopicPartition("u", 0)
    }  # nobody else is in sync; a single replica does not count
    assert cluster.state("t", 0) == LeaderAndIsr(2, (2, 3), 1, 3, 1)
    cluster.handle(ControlledShutdownReceived(1, 8, -1))
    with pytest.raises(KafkaError, match="BROKER_NOT_AVAILABLE"):
        cluster.reply(1)


# -- znodes and brokers --------------------------------------------------------------------------------


def test_new_listeners_are_told_to_everybody(cluster: Cluster) -> None:
    moved = attrs.evolve(
        cluster.registered[2], endpoints=(attrs.evolve(cluster.registered[2].endpoints[0], port=9999),)
    )
    cluster.registered[2] = moved
    cluster.see_brokers()
    heard = cluster.heard()
    assert {b: told(requests) for b, requests in heard.items()} == {b: ["UMR -"] for b in (1, 2, 3, 4)}
    request = heard[1][0]
    assert isinstance(request, UpdateMetadataRequest)
    assert request.live_brokers[1].endpoints[0].port == 9999


def test_a_registration_that_becomes_unreadable_leaves_the_broker_as_it_was(cluster: Cluster) -> None:
    readable = {b: info for b, info in cluster.registered.items() if b != 2}
    cluster.handle(BrokersSeen(readable, frozenset({2, 17})))
    assert cluster.context.brokers.keys() == {1, 2, 3, 4}
    assert cluster.heard() == {}
    cluster.handle(BrokersSeen(readable))
    assert cluster.context.brokers.keys() == {1, 3, 4}


def test_an_answer_of_an_earlier_incarnation_counts_for_nothing(cluster: Cluster) -> None:
    old = cluster.registered[1].epoch
    cluster.register(1)
    cluster.see_brokers()
    cluster.handle(LeaderAndIsrAnswered(1, old, frozenset({T0}), frozenset()))
    assert cluster.context.offline_replicas == {}
    cluster.handle(LeaderAndIsrAnswered(1, cluster.registered[1].epoch, frozenset({T0}), frozenset()))
    assert cluster.context.offline_replicas == {1: {T0}}
    cluster.handle(LeaderAndIsrAnswered(1, cluster.registered[1].epoch, frozenset(), frozenset({T0})))
    assert cluster.context.offline_replicas == {}


def test_a_topic_created_and_deleted_again_at_once_is_deleted(cluster: Cluster) -> None:
    cluster.write_topic("brief", {0: (1, 2)})
    cluster.zk.set(znodes.delete_topic_path("brief"), b"")
    cluster.handle(DeletionMarkersSeen(frozenset({"brief"})))  # before the topic is seen
    assert znodes.delete_topic_path("brief") in cluster.zk.nodes
    cluster.see_topics()
    assert "brief" in cluster.context.deletions
    assert znodes.state_path(TopicPartition("brief", 0)) not in cluster.zk.nodes
    assert {"SR brief-0@-2 delete"} <= set(told(cluster.heard()[1]))


def test_a_marker_of_nothing_is_removed(cluster: Cluster) -> None:
    cluster.zk.set(znodes.delete_topic_path("nothing"), b"")
    cluster.handle(DeletionMarkersSeen(frozenset({"nothing"})))
    assert znodes.delete_topic_path("nothing") not in cluster.zk.nodes


def test_a_deletion_that_stopped_after_the_topics_own_nodes_is_finished(cluster: Cluster) -> None:
    cluster.zk.set("/config/topics/gone", b'{"version":1,"config":{"retention.ms":"1"}}')
    cluster.zk.set(znodes.delete_topic_path("gone"), b"")
    cluster.handle(DeletionMarkersSeen(frozenset({"gone"})))
    assert "/config/topics/gone" not in cluster.zk.nodes, "the next topic of that name would inherit it"
    assert znodes.delete_topic_path("gone") not in cluster.zk.nodes


def test_with_deletion_turned_off_only_the_marker_goes(cluster: Cluster) -> None:
    cluster.context = attrs.evolve(cluster.context, policy=Policy(deletes_topics=False))
    cluster.zk.set(znodes.delete_topic_path("t"), b"")
    cluster.handle(DeletionMarkersSeen(frozenset({"t"})))
    assert znodes.delete_topic_path("t") not in cluster.zk.nodes
    assert cluster.context.deletions == {} and "t" in cluster.context.topics


def test_partitions_added_to_a_topic_that_is_being_deleted_are_taken_back(cluster: Cluster) -> None:
    del cluster.registered[3]
    cluster.see_brokers()
    cluster.zk.set(znodes.delete_topic_path("t"), b"")
    cluster.handle(DeletionMarkersSeen(frozenset({"t"})))
    before = cluster.topic_node("t")
    grown = attrs.evolve(before, partitions={**before.partitions, 1: ReplicaAssignment((1, 2))})
    cluster.zk.set(znodes.topic_path("t"), znodes.encode_topic(grown))
    found = cluster.zk.nodes[znodes.topic_path("t")]
    cluster.handle(TopicNodeSeen("t", found.data, found.version))
    assert cluster.topic_node("t") == before
    assert TopicPartition("t", 1) not in cluster.states()


def test_a_legacy_tool_that_adds_partitions_does_not_take_the_topics_id(cluster: Cluster) -> None:
    path, before = znodes.topic_path("t"), cluster.topic_node("t")
    assignments = {str(n): list(assignment.replicas) for n, assignment in before.partitions.items()}
    number = len(assignments)
    written = {"version": 1, "partitions": {**assignments, str(number): [1, 2]}}
    cluster.zk.set(path, json.dumps(written).encode())
    for _ in range(2):  # the second time it sees its own write, which is no news
        found = cluster.zk.nodes[path]
        cluster.handle(TopicNodeSeen("t", found.data, found.version))
        after = cluster.topic_node("t")
        assert after.topic_id == before.topic_id and set(after.partitions) == set(range(number + 1))
        assert cluster.states()[TopicPartition("t", number)].leader == 1


@pytest.mark.parametrize("writes", (0, 3))  # afterwards: a new node begins with version 0 again
def test_a_topic_created_anew_unseen_is_taken_for_what_it_is(cluster: Cluster, writes: int) -> None:
    path = znodes.topic_path("t")
    cluster.zk.delete(path)
    cluster.write_topic("t", {0: (4, 2)})
    for _ in range(writes):
        cluster.zk.set(path, cluster.zk.nodes[path].data)
    found = cluster.zk.nodes[path]
    cluster.handle(TopicNodeSeen("t", found.data, found.version))
    assert cluster.state("t", 0).isr == (4, 2)
    assert "LISR t-0:4@0/0[4,2] new" in told(cluster.heard()[4])


@pytest.mark.parametrize("is_repaired", (False, True))
def test_a_topic_created_anew_unseen_as_garbage_is_looked_at_again(
    cluster: Cluster, is_repaired: bool
) -> None:
    path, before = znodes.topic_path("t"), cluster.topic_node("t")
    cluster.zk.delete(path)
    cluster.zk.set(path, b"garbage")
    seen = TopicNodeSeen("t", b"garbage", 0)
    if is_repaired:
        cluster.zk.set(path, znodes.encode_topic(before))
    cluster.handle(seen)
    assert ("t" in cluster.context.topics, "t" in cluster.context.set_aside) == (is_repaired, not is_repaired)


def test_a_topic_list_older_than_our_own_deletion_brings_nothing_back(cluster: Cluster) -> None:
    cluster.zk.delete(znodes.topic_path("t"))
    cluster.see_topics()
    cluster.handle(TopicsSeen(frozenset({"t"})))
    assert cluster.context.topics == {}
    assert not any(isinstance(news, SetAside) for news in cluster.news)


def test_a_partition_whose_state_is_gone_is_not_begun_anew(cluster: Cluster) -> None:
    del cluster.zk.nodes[znodes.state_path(T0)]
    del cluster.registered[1]
    cluster.see_brokers()
    assert znodes.state_path(T0) not in cluster.zk.nodes  # else its leader epoch would begin at 0 again
    assert any(isinstance(news, Notice) and "are gone" in news.text for news in cluster.news)


def test_what_was_made_half_by_a_dead_controller_is_adopted(cluster: Cluster) -> None:
    cluster.write_topic("u", {0: (3, 2), 1: (3, 2)})
    known = LeaderAndIsr(2, (2,), 4, 0, 1)
    cluster.zk.set(znodes.partitions_path("u"), b"")
    cluster.zk.set(znodes.partition_path(TopicPartition("u", 0)), b"")
    cluster.zk.set(znodes.state_path(TopicPartition("u", 0)), znodes.encode_state(known))
    cluster.see_topics()
    assert cluster.state("u", 0) == known
    assert cluster.state("u", 1).leader == 3
    heard = told(cluster.heard()[2])
    assert "LISR u-0:2@4/0[2]" in heard and "LISR u-1:3@0/0[3,2] new" in heard


def test_registrations_that_are_as_before_change_nothing(cluster: Cluster) -> None:
    moved_rack = {b: attrs.evolve(info, rack="r") for b, info in cluster.registered.items()}
    cluster.handle(BrokersSeen(moved_rack))  # Kafka does not look at the rack either
    assert cluster.heard() == {} and cluster.trail == []
