"""What stands in ZooKeeper: Kafka's bytes, Kafka's paths, and what Kafka makes of anything else."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl import znodes
from acl.model import (
    CLUSTER_PATTERN,
    EVERYBODY,
    RESOURCE_TYPES,
    Entry,
    Operation,
    Pattern,
    PatternType,
    Permission,
    ResourceType,
    literal,
    prefixed,
)
from acl.znodes import NodeWrite, Undecodable, Unstorable
from tests.pure.acl_strategies import any_entries, any_word

TOPIC = ResourceType.TOPIC
ALICE = Entry("User:alice", Permission.ALLOW, Operation.READ)


def test_the_bytes_of_one_rule() -> None:
    assert znodes.encode_entries([ALICE]) == (
        b'{"acls":[{"principal":"User:alice","permissionType":"Allow","host":"*","operation":"Read"}],"version":1}'
    )


def test_the_order_of_rules_means_nothing() -> None:
    rules = [Entry(f"User:{n}", Permission.DENY, Operation.DESCRIBE_CONFIGS, "10.0.0.1") for n in range(9)]
    assert znodes.encode_entries(rules) == znodes.encode_entries(reversed(rules))


def test_characters_are_escaped_as_jackson_does() -> None:
    entry = Entry('User:"CN=Jürgen\\u001f\x1f\n', Permission.ALLOW, Operation.ALL)
    data = znodes.encode_entries([entry])
    assert '"principal":"User:\\"CN=Jürgen\\\\u001f\\u001F\\n"'.encode() in data
    assert znodes.decode_entries(data) == {entry}


@given(st.frozensets(any_entries, max_size=5))
def test_rules_round_trip(rules: frozenset[Entry]) -> None:
    data = znodes.encode_entries(rules)
    assert znodes.decode_entries(data) == rules
    assert json.loads(data)["version"] == 1


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (literal(TOPIC, "orders"), "/kafka-acl/Topic/orders"),
        (literal(TOPIC, "*"), "/kafka-acl/Topic/*"),
        (prefixed(TOPIC, "orders-"), "/kafka-acl-extended/prefixed/Topic/orders-"),
        (CLUSTER_PATTERN, "/kafka-acl/Cluster/kafka-cluster"),
        (literal(ResourceType.TRANSACTIONAL_ID, "a b"), "/kafka-acl/TransactionalId/a b"),
        (literal(ResourceType.DELEGATION_TOKEN, "x"), "/kafka-acl/DelegationToken/x"),
        (literal(ResourceType.USER, "User:bob"), "/kafka-acl/User/User:bob"),
        (literal(ResourceType.GROUP, "größe"), "/kafka-acl/Group/größe"),
    ],
)
def test_paths(pattern: Pattern, path: str) -> None:
    assert znodes.path(pattern) == path


@pytest.mark.parametrize(
    "name", ["a/b", "", ".", "..", "a\x00", "a\n", "a\x7f", "\ue000", "\ufff0", "\U0001f600"]
)
def test_names_without_a_node(name: str) -> None:
    with pytest.raises(Unstorable, match=r"\.$"):
        znodes.path(literal(ResourceType.GROUP, name))


def test_paths_a_broker_creates() -> None:
    assert len(znodes.PATHS) == 2 * (1 + len(RESOURCE_TYPES)) + 2
    assert "/kafka-acl-extended/prefixed/TransactionalId" in znodes.PATHS
    assert "/kafka-acl-extended-changes" in znodes.PATHS


# ---------------------------------------------------------------------------------------------- reading

RULE = {"principal": "User:a", "permissionType": "Allow", "operation": "Read", "host": "*"}


def node(**changes: object) -> bytes:
    return json.dumps({"version": 1, "acls": [RULE]} | changes).encode()


def rule(**changes: object) -> bytes:
    return node(acls=[RULE | changes])


@pytest.mark.parametrize(
    "data",
    [None, b"", b"{", b"no json", b"\xff\xfe\xff", b'{"version":1,"acls":NaN}', b'{"version":1,]'],
    ids=str,
)
def test_what_is_no_json_holds_no_rules(data: bytes | None) -> None:
    assert znodes.decode_entries(data) == frozenset()


@pytest.mark.parametrize(
    "data",
    [
        node(extra=1),
        node() + b" and more",
        b"  " + node() + b"\n",
        rule(more="x"),
        rule(operation="READ"),
        rule(operation="rEaD"),
        rule(permissionType="ALLOW"),
    ],
    ids=str,
)
def test_what_kafka_puts_up_with(data: bytes) -> None:
    assert znodes.decode_entries(data) == {Entry("User:a", Permission.ALLOW, Operation.READ)}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rule(operation="DESCRIBE_CONFIGS"), Entry("User:a", Permission.ALLOW, Operation.UNKNOWN)),
        (rule(operation="TwoPhaseCommit"), Entry("User:a", Permission.ALLOW, Operation.UNKNOWN)),
        (rule(operation="describeconfigs"), Entry("User:a", Permission.ALLOW, Operation.DESCRIBE_CONFIGS)),
        (rule(permissionType="Maybe"), Entry("User:a", Permission.UNKNOWN, Operation.READ)),
        (rule(principal="User:*"), Entry(EVERYBODY, Permission.ALLOW, Operation.READ)),
        (rule(principal=":"), Entry(":", Permission.ALLOW, Operation.READ)),
    ],
    ids=str,
)
def test_unknown_words_are_kept(data: bytes, expected: Entry) -> None:
    assert znodes.decode_entries(data) == {expected}


@pytest.mark.parametrize(
    "data",
    [
        b" ",
        b"null",
        b"[]",
        b"1",
        node(version=2),
        node(version="1"),
        node(version=1.0),
        node(version=True),
        b'{"acls":[]}',
        b'{"version":1}',
        node(acls={}),
        node(acls=[1]),
        rule(principal="alice"),
        rule(principal=""),
        rule(principal=None),
        rule(host=None),
        rule(host=1),
        rule(operation="Any"),
        rule(permissionType="ANY"),
        rule(operation=None),
    ],
    ids=str,
)
def test_what_kafka_fails_on(data: bytes) -> None:
    with pytest.raises(Undecodable):
        znodes.decode_entries(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    with suppress(Undecodable):
        assert isinstance(znodes.decode_entries(data), frozenset)


# ---------------------------------------------------------------------------------------------- changes


def test_change_notices() -> None:
    assert znodes.encode_change(literal(ResourceType.TRANSACTIONAL_ID, "a:b")) == b"TRANSACTIONAL_ID:a:b"
    assert znodes.encode_change(prefixed(TOPIC, "pre")) == (
        b'{"version":1,"resourceType":"TOPIC","name":"pre","patternType":"PREFIXED"}'
    )
    assert znodes.change_path(literal(TOPIC, "x")) == "/kafka-acl-changes/acl_changes_"
    assert znodes.change_path(prefixed(TOPIC, "x")) == "/kafka-acl-extended-changes/acl_changes_"


@given(st.sampled_from(RESOURCE_TYPES), st.booleans(), any_word)
def test_change_notices_round_trip(kind: ResourceType, is_prefixed: bool, name: str) -> None:
    pattern = prefixed(kind, name) if is_prefixed else literal(kind, name)
    decode = znodes.decode_extended_change if is_prefixed else znodes.decode_literal_change
    assert decode(znodes.encode_change(pattern)) == pattern


def test_strange_notices() -> None:
    assert znodes.decode_literal_change(b"topic:x") == literal(TOPIC, "x")
    assert znodes.decode_literal_change(b"TransactionalId:x").resource_type == ResourceType.UNKNOWN
    for data in (b"TOPIC", b"", b"ANY:x"):
        with pytest.raises(Undecodable):
            znodes.decode_literal_change(data)


@pytest.mark.parametrize(
    "changes",
    [{"version": 2}, {"extra": 1}, {"patternType": "MATCH"}, {"patternType": "prefixed"}, {"name": None}],
    ids=str,
)
def test_strange_extended_notices(changes: dict[str, object]) -> None:
    event = {"version": 1, "resourceType": "TOPIC", "name": "x", "patternType": "PREFIXED"} | changes
    with pytest.raises(Undecodable):
        znodes.decode_extended_change(json.dumps(event).encode())


@pytest.mark.parametrize(
    ("name", "number"), [("acl_changes_0000000012", 12), ("acl_changes_", None), ("other_0000000001", None)]
)
def test_change_numbers(name: str, number: int | None) -> None:
    assert znodes.change_number(name) == number


# ---------------------------------------------------------------------------------------------- writes


def test_writes() -> None:
    pattern, path = literal(TOPIC, "x"), "/kafka-acl/Topic/x"
    data = znodes.encode_entries([ALICE])
    assert znodes.write_of(pattern, frozenset({ALICE}), None) == NodeWrite(path, data, None)
    assert znodes.write_of(pattern, frozenset({ALICE}), 0) == NodeWrite(path, data, 0)
    assert znodes.write_of(pattern, frozenset(), 7) == NodeWrite(path, None, 7)
    assert znodes.write_of(pattern, frozenset(), None) is None


def test_a_node_near_a_mebibyte_is_refused_in_a_sentence() -> None:
    size = len(znodes.encode_entries([Entry("User:0000000", Permission.ALLOW, Operation.READ)])) - 24
    most = znodes.NODE_LIMIT_BYTES // (size + 1)
    rules = frozenset(Entry(f"User:{n:07}", Permission.ALLOW, Operation.READ) for n in range(most + 500))
    with pytest.raises(
        Unstorable, match=r"rules of Topic 'x' would take \d+ bytes, and ZooKeeper takes at most"
    ):
        znodes.write_of(literal(TOPIC, "x"), rules, None)
    fewer = frozenset(sorted(rules)[: most - 500])
    assert znodes.write_of(literal(TOPIC, "x"), fewer, None) is not None


def test_the_other_pattern_types_have_no_place() -> None:
    with pytest.raises(KeyError):
        znodes.path(Pattern(TOPIC, PatternType.MATCH, "x"))
