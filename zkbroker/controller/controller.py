"""The controller as the rest of the broker sees it: a campaign for each session, and the API while it reigns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.controller.events import (
    AlterPartitionCall,
    AlterPartitionsReceived,
    ControlledShutdownReceived,
    ElectionRequested,
    Event,
    FeatureUpdatesRequested,
    ProducerIdsRequested,
    ReassignmentsListed,
    ReassignmentsRequested,
    UncleanElectionEnabled,
)
from zkbroker.controller.reign import Reign, ReignStatistics
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import EventFeed
from zkbroker.model import LeaderAndIsr, ReplicaAssignment, TopicId, TopicPartition
from zkbroker.protocol.generated.allocate_producer_ids_response import AllocateProducerIdsResponse
from zkbroker.protocol.generated.alter_partition_reassignments_response import (
    AlterPartitionReassignmentsResponse,
    ReassignablePartitionResponse,
    ReassignableTopicResponse,
)
from zkbroker.protocol.generated.alter_partition_response import AlterPartitionResponse
from zkbroker.protocol.generated.controlled_shutdown_response import (
    ControlledShutdownResponse,
    RemainingPartition,
)
from zkbroker.protocol.generated.list_partition_reassignments_response import (
    ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment,
    OngoingTopicReassignment,
)
from zkbroker.protocol.generated.update_features_response import (
    UpdatableFeatureResult,
    UpdateFeaturesResponse,
)
from zkbroker.zookeeper.election import Backoff, campaign
from zkbroker.zookeeper.election import Reign as Election
from zkbroker.zookeeper.znodes import ProducerIdBlock

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig
    from zkbroker.controller.admin import ElectionResults
    from zkbroker.controller.senders import Connect
    from zkbroker.metadata import ClusterSnapshot
    from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
    from zkbroker.protocol.generated.alter_partition_reassignments_request import (
        AlterPartitionReassignmentsRequest,
    )
    from zkbroker.protocol.generated.alter_partition_request import AlterPartitionRequest
    from zkbroker.protocol.generated.controlled_shutdown_request import ControlledShutdownRequest
    from zkbroker.protocol.generated.list_partition_reassignments_request import (
        ListPartitionReassignmentsRequest,
    )
    from zkbroker.protocol.generated.update_features_request import UpdateFeaturesRequest
    from zkbroker.zookeeper.session import ZkSession

NO_CONTROLLER_EPOCH: Final = 0
TOLD_WITHIN_S: Final = 1.0


def _nobody_notes(tp: TopicPartition, topic_id: TopicId, state: LeaderAndIsr) -> None:
    pass


@attrs.define(eq=False, kw_only=True)
class Controller:
    """This broker's controller: most of the time it waits for its turn, now and then it reigns.

    API calls raise KafkaError(NOT_CONTROLLER) unless it reigns, and also when its reign ends before the reply.
    """

    broker_id: int
    config: Callable[[], BrokerConfig]
    connect: Connect  # opens a connection to a broker's control plane listener
    events: EventFeed | None = None
    cluster_snapshot: Callable[[], ClusterSnapshot] | None = None
    """This broker's metadata cache, from which a new reign elects before it has read every partition state."""
    elected_uncleanly: Callable[[TopicPartition, TopicId, LeaderAndIsr], None] = _nobody_notes
    backoff: Backoff = attrs.field(factory=Backoff)
    changed: Changed = attrs.field(factory=Changed, init=False)  # a reign begins, has taken over, or ends
    _reign: Reign | None = None

    async def run(self, session: ZkSession) -> None:
        """Campaign, and reign when elected, for as long as the session lives. Raises: SessionLost."""
        rule = partial(self._rule, session)
        await campaign(
            session, broker_id=self.broker_id, reign=rule, backoff=self.backoff, events=self.events
        )

    async def _rule(self, session: ZkSession, election: Election) -> None:
        reign = self._reign = Reign(
            session,
            election,
            self.broker_id,
            self.config,
            self.connect,
            self.events,
            self.cluster_snapshot,
            on_taken_over=self.changed.notify,
            elected_uncleanly=self.elected_uncleanly,
        )
        self.changed.notify()
        try:
            await reign.run()
        finally:
            self._reign = None
            self.changed.notify()

    @property
    def is_active(self) -> bool:
        """Whether this broker is the controller now."""
        return self._reign is not None

    @property
    def has_taken_over(self) -> bool:
        """Whether it reigns and the cluster is in order; until then calls wait."""
        return self._reign is not None and self._reign.has_taken_over

    @property
    def controller_epoch(self) -> int:
        """The epoch of this reign, 0 if it does not reign."""
        return NO_CONTROLLER_EPOCH if self._reign is None else self._reign.election.controller_epoch

    def statistics(self) -> ReignStatistics | None:
        """None unless it reigns."""
        return None if self._reign is None else self._reign.statistics()

    def is_being_deleted(self, topic: str) -> bool:
        """Whether the topic is queued for deletion; only the reigning controller knows."""
        return self._reign is not None and topic in self._reign.context.deletions

    def unclean_election_enabled(self, topic: str | None) -> None:
        """The policy of a topic, or the default of all (None), has just been set to allow unclean elections."""
        if self._reign is not None:
            self._reign.put(UncleanElectionEnabled(topic))

    async def wait_told(self) -> None:
        """Wait until every broker that can be reached knows what this controller has decided so far, at most a second.

        A client that created a topic may ask any broker next. Kafka's controller answers earlier, when it knows
        the topic itself, and the next broker may answer that there is no such topic.
        """
        if self._reign is not None:
            with trio.move_on_after(TOLD_WITHIN_S):
                await self._reign.wait_told()

    async def _ask(self, event: Callable[[int], Event]) -> Any:
        if self._reign is None:
            raise KafkaError(ErrorCode.NOT_CONTROLLER, "this broker is not the controller")
        return await self._reign.ask(event)

    # -- what brokers ask --------------------------------------------------------------------------

    async def alter_partition(self, request: AlterPartitionRequest, version: int) -> AlterPartitionResponse:
        """Raises: STALE_BROKER_EPOCH; other errors stand in the response, a partition each."""
        response: AlterPartitionResponse = await self._ask(
            lambda ticket: AlterPartitionsReceived((AlterPartitionCall(ticket, version, request),))
        )
        return response

    async def controlled_shutdown(
        self, request: ControlledShutdownRequest, version: int
    ) -> ControlledShutdownResponse:
        """Raises: STALE_BROKER_EPOCH, BROKER_NOT_AVAILABLE; STALE_CONTROLLER_EPOCH where others say NOT_CONTROLLER."""
        try:
            remaining: frozenset[TopicPartition] = await self._ask(
                lambda ticket: ControlledShutdownReceived(ticket, request.broker_id, request.broker_epoch)
            )
        except KafkaError as error:
            if error.code is ErrorCode.NOT_CONTROLLER:
                raise KafkaError(ErrorCode.STALE_CONTROLLER_EPOCH, error.message) from error
            raise
        return ControlledShutdownResponse(
            remaining_partitions=[
                RemainingPartition(topic_name=tp.topic, partition_index=tp.partition)
                for tp in sorted(remaining)
            ]
        )

    async def allocate_producer_ids(self, request: AllocateProducerIdsRequest) -> AllocateProducerIdsResponse:
        """Raises: BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH, UNKNOWN_SERVER_ERROR."""
        block: ProducerIdBlock = await self._ask(
            lambda ticket: ProducerIdsRequested(ticket, request.broker_id, request.broker_epoch)
        )
        return AllocateProducerIdsResponse(
            producer_id_start=block.first, producer_id_len=block.last - block.first + 1
        )

    # -- what administrators ask -------------------------------------------------------------------

    async def elect_leaders(
        self, partitions: Iterable[TopicPartition] | None, *, unclean: bool
    ) -> ElectionResults:
        """Elect preferred leaders, or any for partitions without one; None means all partitions.

        The result is written, but brokers may not have heard of it: the caller waits for its own metadata.
        """
        asked = None if partitions is None else tuple(partitions)
        results: ElectionResults = await self._ask(lambda ticket: ElectionRequested(ticket, asked, unclean))
        return results

    async def alter_partition_reassignments(
        self, request: AlterPartitionReassignmentsRequest
    ) -> AlterPartitionReassignmentsResponse:
        """Begin, replace or cancel reassignments; errors stand in the response, a partition each."""
        targets = {
            TopicPartition(topic.name, partition.partition_index): (
                None if partition.replicas is None else tuple(partition.replicas)
            )
            for topic in request.topics
            for partition in topic.partitions
        }
        errors: dict[TopicPartition, KafkaError | None] = await self._ask(
            lambda ticket: ReassignmentsRequested(ticket, targets)
        )
        return AlterPartitionReassignmentsResponse(
            responses=[
                ReassignableTopicResponse(
                    name=topic.name,
                    partitions=[
                        _reassignable(
                            p.partition_index, errors[TopicPartition(topic.name, p.partition_index)]
                        )
                        for p in topic.partitions
                    ],
                )
                for topic in request.topics
            ]
        )

    async def list_partition_reassignments(
        self, request: ListPartitionReassignmentsRequest
    ) -> ListPartitionReassignmentsResponse:
        """The reassignments in progress, of the partitions asked for or of all."""
        asked = (
            None
            if request.topics is None
            else tuple(
                TopicPartition(topic.name, index)
                for topic in request.topics
                for index in topic.partition_indexes
            )
        )
        found: dict[TopicPartition, ReplicaAssignment] = await self._ask(
            lambda ticket: ReassignmentsListed(ticket, asked)
        )
        by_topic: dict[str, list[OngoingPartitionReassignment]] = {}
        for tp, assignment in sorted(found.items()):
            by_topic.setdefault(tp.topic, []).append(
                OngoingPartitionReassignment(
                    partition_index=tp.partition,
                    replicas=assignment.replicas,
                    adding_replicas=assignment.adding,
                    removing_replicas=assignment.removing,
                )
            )
        return ListPartitionReassignmentsResponse(
            topics=[
                OngoingTopicReassignment(name=name, partitions=ongoing) for name, ongoing in by_topic.items()
            ]
        )

    async def update_features(self, request: UpdateFeaturesRequest) -> UpdateFeaturesResponse:
        """No feature exists in ZooKeeper mode, so all that can be done is to remove one."""
        errors: dict[str, KafkaError | None] = await self._ask(
            lambda ticket: FeatureUpdatesRequested(ticket, request)
        )
        return UpdateFeaturesResponse(
            results=[
                UpdatableFeatureResult(
                    feature=feature,
                    error_code=ErrorCode.NONE if error is None else error.code,
                    error_message=None if error is None else error.message,
                )
                for feature, error in errors.items()
            ]
        )


def _reassignable(index: int, error: KafkaError | None) -> ReassignablePartitionResponse:
    return ReassignablePartitionResponse(
        partition_index=index,
        error_code=ErrorCode.NONE if error is None else error.code,
        error_message=None if error is None else error.message,
    )
