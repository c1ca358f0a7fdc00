"""Both halves of a fetch session against each other: the leader's memory equals what the follower wants."""

from __future__ import annotations

import random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.apis.fetch_sessions import FetchEntry, FetchSession, FetchSessions, unresolved_name
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.protocol.generated.fetch_request import FetchRequest
from zkbroker.replication.fetch_session import FetchFrom, FetchLimits, FetchSessionClient

LIMITS = FetchLimits(1, 77, 500, 1, 1000, 100)


def topic_id(n: int) -> TopicId:
    return TopicId(bytes(15) + bytes([n]))


def wanted(topic: int, offset: int) -> FetchFrom:
    return FetchFrom(topic_id(topic), offset, 5, 4, 0)


def entry(id_: TopicId, offset: int) -> FetchEntry:
    return FetchEntry(id_, offset, 100, 5, 4, 0)


def serve(sessions: FetchSessions, request: FetchRequest, version: int, rng: random.Random) -> FetchSession:
    """The leader's side of one request, as apis.fetch does it."""
    with_ids = version >= 13
    if request.session_epoch == 0:
        sessions.close(request.session_id)
        session = sessions.create(
            size=1,
            uses_topic_ids=with_ids,
            is_follower=True,
            now_ms=0,
            random_id=lambda: rng.randrange(1, 1000),
        )
        assert session is not None
    else:
        session = sessions.take(request.session_id, request.session_epoch, uses_topic_ids=with_ids, now_ms=0)
    for forgotten in request.forgotten_topics_data:
        for p in forgotten.partitions:
            session.forget(TopicPartition(forgotten.topic or f"t{forgotten.topic_id[-1]}", p))
    for topic in request.topics:
        for part in topic.partitions:
            name = topic.topic or f"t{topic.topic_id[-1]}"
            session.put(TopicPartition(name, part.partition), entry(topic.topic_id, part.fetch_offset))
    return session


steps = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.integers(1, 3), st.integers(0, 2), st.integers(0, 9)),
        st.tuples(st.just("drop"), st.integers(1, 3), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("fetch"), st.just(0), st.just(0), st.just(0)),
        st.tuples(st.just("break"), st.just(0), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(steps, st.randoms(use_true_random=False))
def test_after_every_fetch_the_leader_remembers_what_the_follower_wants(
    script: list[tuple[str, int, int, int]], rng: random.Random
) -> None:
    client, sessions = FetchSessionClient(17), FetchSessions(lambda: 10)
    for step, topic, partition, offset in [*script, ("fetch", 0, 0, 0)]:
        tp = TopicPartition(f"t{topic}", partition)
        if step == "want":
            client.want(tp, wanted(topic, offset))
        elif step == "drop":
            client.drop(tp)
        elif step == "break":
            client.reset()
        elif client.wanted:
            request, version = client.next_request(LIMITS)
            session = serve(sessions, request, version, rng)
            client.accepted(session.session_id)
            assert {t: e.offset for t, e in session.entries.items()} == {
                t: f.offset for t, f in client.wanted.items()
            }


def test_only_what_changed_is_sent_again() -> None:
    client = FetchSessionClient(17)
    for n in range(3):
        client.want(TopicPartition("t1", n), wanted(1, 0))
    first, version = client.next_request(LIMITS)
    assert (version, first.session_id, first.session_epoch) == (17, 0, 0)
    assert len(first.topics[0].partitions) == 3 and first.replica_state.replica_epoch == 77
    client.accepted(9)
    client.want(TopicPartition("t1", 1), wanted(1, 5))
    client.want(TopicPartition("t1", 0), wanted(1, 0))
    client.drop(TopicPartition("t1", 2))
    second, _ = client.next_request(LIMITS)
    assert (second.session_id, second.session_epoch) == (9, 1)
    assert [p.partition for t in second.topics for p in t.partitions] == [1]
    assert [list(t.partitions) for t in second.forgotten_topics_data] == [[2]]


def test_a_topic_without_an_id_makes_the_session_one_by_name() -> None:
    client = FetchSessionClient(17)
    client.want(TopicPartition("t1", 0), wanted(1, 0))
    client.next_request(LIMITS)
    client.accepted(9)
    client.want(TopicPartition("old", 0), FetchFrom(NO_TOPIC_ID, 0, 0, -1, 0))
    request, version = client.next_request(LIMITS)
    assert (version, request.session_epoch, request.replica_id) == (12, 0, 1)
    assert {t.topic for t in request.topics} == {"t1", "old"}


def test_epochs_wrap_to_one() -> None:
    client = FetchSessionClient(17, session_id=5, epoch=0x7FFFFFFF)
    client.accepted(5)
    assert client.epoch == 1
    sessions = FetchSessions(lambda: 1)
    session = sessions.create(size=1, uses_topic_ids=True, is_follower=False, now_ms=0, random_id=lambda: 5)
    assert session is not None
    session.next_epoch = 0x7FFFFFFF
    sessions.take(5, 0x7FFFFFFF, uses_topic_ids=True, now_ms=0)
    assert session.next_epoch == 1


@pytest.mark.parametrize(
    ("session_id", "epoch", "ids", "code"),
    [
        (6, 1, True, ErrorCode.FETCH_SESSION_ID_NOT_FOUND),
        (5, 2, True, ErrorCode.INVALID_FETCH_SESSION_EPOCH),
        (5, 1, False, ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR),
    ],
)
def test_a_wrong_session_is_refused(session_id: int, epoch: int, ids: bool, code: ErrorCode) -> None:
    sessions = FetchSessions(lambda: 1)
    sessions.create(size=1, uses_topic_ids=True, is_follower=False, now_ms=0, random_id=lambda: 5)
    with pytest.raises(KafkaError) as refused:
        sessions.take(session_id, epoch, uses_topic_ids=ids, now_ms=0)
    assert refused.value.code is code


def test_slots_go_to_followers_and_larger_sessions_but_not_at_once() -> None:
    sessions, ids = FetchSessions(lambda: 2), iter(range(1, 99))

    def create(size: int, follower: bool, now_ms: int) -> FetchSession | None:
        made = sessions.create(
            size=size, uses_topic_ids=True, is_follower=follower, now_ms=now_ms, random_id=lambda: next(ids)
        )
        for n in range(size if made is not None else 0):
            assert made is not None
            made.put(TopicPartition("t", n), entry(topic_id(1), 0))
        return made

    small, large = create(1, False, 0), create(5, False, 0)
    assert small is not None and large is not None
    assert create(9, True, 1000) is None, "both are young"
    small.last_used_ms = large.last_used_ms = 100_000
    follower = create(2, True, 121_000)
    assert follower is not None and sessions.statistics().evictions == 1
    with pytest.raises(KafkaError):
        sessions.take(small.session_id, 1, uses_topic_ids=True, now_ms=0)
    assert create(1, False, 122_000) is None, "smaller than the one it would replace"
    assert create(1, False, 230_001) is not None, "the other has been idle for two minutes"


def test_a_topic_id_that_becomes_known_gets_its_name() -> None:
    session = FetchSession(1, True, False, 0, 0)
    stand_in = TopicPartition(unresolved_name(topic_id(4)), 2)
    session.put(stand_in, entry(topic_id(4), 11))
    session.resolve(lambda _: None)
    assert set(session.entries) == {stand_in}
    session.resolve({topic_id(4): "four"}.get)
    assert session.entries[TopicPartition("four", 2)].offset == 11 and not session.unresolved
    assert TopicPartition("four", 2) in session.interest.dirty


@pytest.mark.parametrize("with_topic_ids", [15, 16, 17])
def test_requests_have_the_version_that_the_inter_broker_protocol_implies(with_topic_ids: int) -> None:
    client = FetchSessionClient(with_topic_ids)
    client.want(TopicPartition("t1", 0), wanted(1, 0))
    request, version = client.next_request(LIMITS)
    assert (version, request.replica_id, request.replica_state.replica_epoch) == (with_topic_ids, -1, 77)
    client.want(TopicPartition("old", 0), attrs.evolve(wanted(1, 0), topic_id=NO_TOPIC_ID))
    assert client.next_request(LIMITS)[1] == 12, "a topic without an id can only be named"
