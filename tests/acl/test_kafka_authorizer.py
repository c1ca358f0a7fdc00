"""Kafka's AclAuthorizer and we give the same verdicts, and read what the other wrote."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
from kazoo.client import KazooClient

from acl import znodes
from acl.evaluate import Policy, decide, decide_by_type
from acl.explain import Question
from acl.model import (
    CLUSTER,
    CLUSTER_PATTERN,
    EVERYBODY,
    PATTERN_TYPES,
    RESOURCE_TYPES,
    SUPPORTED_OPERATIONS,
    WILDCARD,
    Binding,
    Entry,
    Operation,
    Pattern,
    PatternType,
    Permission,
    Resource,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.acl.oracle import Script, entries_of, pattern_of, rules_of
from tests.support.peers import JavaTools

pytestmark = pytest.mark.peers

PRINCIPALS = ("User:alice", "User:bob", "Group:alice", "User:CN=carol,O=Acme")
HOSTS = ("10.0.0.1", "10.0.0.2", "0:0:0:0:0:0:0:1")
STEMS = ("a", "ab", "abc", "abd", "b", "größe")


def generated_rules(rng: random.Random) -> set[Binding]:
    """A set in which rules often meet: few names, many of them prefixes of others."""
    return {Binding(_pattern(rng), _entry(rng)) for _ in range(rng.choice((0, 1, 2, 4, 8, 16, 24)))}


def _pattern(rng: random.Random) -> Pattern:
    kind = rng.choice((ResourceType.TOPIC, ResourceType.TOPIC, ResourceType.TOPIC, *RESOURCE_TYPES))
    if kind == ResourceType.CLUSTER:
        return CLUSTER_PATTERN
    name = rng.choice((*STEMS, *STEMS, WILDCARD))
    return Pattern(kind, rng.choice(PATTERN_TYPES), name)


def _entry(rng: random.Random) -> Entry:
    return Entry(
        rng.choice((*PRINCIPALS, EVERYBODY)),
        rng.choice((Permission.ALLOW, Permission.ALLOW, Permission.DENY)),
        rng.choice((Operation.ALL, *SUPPORTED_OPERATIONS[ResourceType.TOPIC])),
        rng.choice((*HOSTS, WILDCARD, WILDCARD)),
    )


def generated_question(rng: random.Random, rules: set[Binding]) -> Question:
    kinds = sorted({rule.pattern.resource_type for rule in rules}) or [ResourceType.TOPIC]
    kind = rng.choice(kinds)
    resource = CLUSTER if kind == ResourceType.CLUSTER else Resource(kind, rng.choice((*STEMS, "abcd", "c")))
    operation = rng.choice((*SUPPORTED_OPERATIONS[kind], Operation.DESCRIBE))
    return Question(rng.choice((*PRINCIPALS, "User:dave")), operation, resource, rng.choice(HOSTS))


POLICIES = (
    ("", False, Policy()),
    ("", True, Policy(allow_everyone_if_no_rule=True)),
    ("User:bob;Group:alice", False, Policy(frozenset({"User:bob", "Group:alice"}))),
)


def test_the_same_verdicts(
    connect: str, kazoo: KazooClient, java_tools: JavaTools, seed: int, full_counts: bool
) -> None:
    """Sets written by us and by Kafka in turn, under a chroot each; 2,000 requests and by-type checks with --long."""
    rng = random.Random(seed)
    sets, asked_of_each = (100, 20) if full_counts else (12, 20)
    script = Script()
    expected: list[tuple[int, bool, str]] = []
    made: list[tuple[str, set[Binding], int, int | None]] = []
    for number in range(sets):
        rules = generated_rules(rng)
        super_users, allow_everyone, policy = rng.choice(POLICIES)
        chroot = f"{connect}/{number}"
        acls = AclSet(rules)
        is_ours = number % 2 == 0 and bool(rules)  # there is nothing to write for none
        if is_ours:
            store = ZooKeeperStore(ZooKeeperAccess(chroot))
            try:
                store.change(add=rules)
                assert store.read() == acls
            finally:
                store.close()
        script.open(chroot, super_users, allow_everyone)
        created = None if is_ours else script.create(rules)
        made.append((chroot, rules, script.listed(), created))
        for _ in range(asked_of_each):
            asked = generated_question(rng, rules)
            ours = decide(acls, asked.principal, asked.operation, asked.resource, asked.host or "", policy)
            expected.append((script.ask(asked), ours.allowed, f"set {number}: {asked}, {sorted(rules)}"))
        for _ in range(asked_of_each // 4):
            asked = generated_question(rng, rules)
            words = (asked.principal, asked.operation, asked.resource.resource_type, asked.host or "")
            ours = decide_by_type(acls, *words, policy)
            line = script.ask_type(words[0], words[3], words[1], words[2])
            expected.append((line, ours.allowed, f"set {number}: by type {asked}, {sorted(rules)}"))
    answers = script.run(java_tools)
    wrong = [
        what for line, allowed, what in expected if answers[line] != ("ALLOWED" if allowed else "DENIED")
    ]
    assert not wrong
    assert {answers[line] for line, _, _ in expected} == {"ALLOWED", "DENIED"}
    for chroot, rules, listed, created in made:
        assert rules_of(answers[listed]) == rules, f"Kafka reads {chroot}"
        if created is not None:
            assert answers[created] == "ok"
            assert _read(chroot) == rules, f"we read {chroot}"
            _require_our_bytes(kazoo, chroot, rules)


def _read(chroot: str) -> set[Binding]:
    store = ZooKeeperStore(ZooKeeperAccess(chroot))
    try:
        return set(store.read())
    finally:
        store.close()


def _require_our_bytes(kazoo: KazooClient, chroot: str, rules: set[Binding]) -> None:
    """What Kafka wrote is, but for the order of the rules, what we would write, notices included."""
    root = chroot[chroot.index("/") :]
    by_path: dict[str, set[Entry]] = {}
    for rule in rules:
        by_path.setdefault(znodes.path(rule.pattern), set()).add(rule.entry)
    for path, entries in by_path.items():
        data, _ = kazoo.get(root + path)
        assert sorted(_pieces(data)) == sorted(_pieces(znodes.encode_entries(entries)))
    patterns = {rule.pattern for rule in rules}
    notices = sorted(data for changes in znodes.CHANGES.values() for data in _children(kazoo, root + changes))
    assert notices == sorted(znodes.encode_change(pattern) for pattern in patterns)
    for path in znodes.PATHS:
        assert kazoo.exists(root + path) is not None


def _pieces(data: bytes) -> list[bytes]:
    """A node's bytes with the rules apart, so that their order does not count."""
    return data.replace(b"},{", b"}\n{").replace(b"[{", b"[\n{").replace(b"}]", b"}\n]").split(b"\n")


def _children(kazoo: KazooClient, path: str) -> Iterator[bytes]:
    for name in kazoo.get_children(path):
        assert znodes.change_number(name) is not None
        yield kazoo.get(f"{path}/{name}")[0]


def test_one_rule_is_the_same_bytes(connect: str, kazoo: KazooClient, java_tools: JavaTools) -> None:
    rules = {
        allow(
            'User:"q\\uote"\x1f\x7f\u2028ü',
            Operation.DESCRIBE_CONFIGS,
            literal(ResourceType.TRANSACTIONAL_ID, "größe*"),
        ),
        deny(EVERYBODY, Operation.IDEMPOTENT_WRITE, CLUSTER_PATTERN, "10.0.0.1"),
        allow("User::", Operation.ALL, prefixed(ResourceType.DELEGATION_TOKEN, 'a "b" \\c')),
    }
    script = Script()
    script.open(connect)
    script.create(rules)
    assert script.run(java_tools) == ["ok"]
    root = connect[connect.index("/") :]
    for rule in rules:
        assert kazoo.get(root + znodes.path(rule.pattern))[0] == znodes.encode_entries([rule.entry])
        notices = list(_children(kazoo, root + znodes.CHANGES[rule.pattern.pattern_type]))
        assert znodes.encode_change(rule.pattern) in notices


RULE = {"principal": "User:a", "permissionType": "Allow", "operation": "Read", "host": "*"}


def _nodes(rng: random.Random, count: int) -> Iterator[bytes]:
    """Nodes right and wrong: each part replaced by each oddity, and bytes cut out or changed at random."""
    good = json.dumps({"version": 1, "acls": [RULE, RULE | {"operation": "Write"}]}).encode()
    yield from (
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b"1",
        good,
        good + b"x",
        b"\xef\xbb\xbf" + good,
        good.decode().encode("utf-16"),
    )
    oddities: tuple[object, ...] = (
        None,
        1,
        1.0,
        "1",
        "",
        [],
        {},
        True,
        "ANY",
        "Any",
        "any",
        "all",
        "ALL",
        "x",
        "User",
        ":",
    )
    oddities += ("DESCRIBE_CONFIGS", "describeConfigs", "Unknown", "UNKNOWN", "deny", "User:x", 2**31, 10**30)
    for oddity in oddities:
        yield json.dumps({"version": oddity, "acls": [RULE]}).encode()
        yield json.dumps({"version": 1, "acls": oddity}).encode()
        yield json.dumps({"version": 1, "acls": [RULE, oddity]}).encode()
        for key in RULE:
            yield json.dumps({"version": 1, "acls": [RULE | {key: oddity}]}).encode()
    for key in RULE:
        yield json.dumps({"version": 1, "acls": [{k: v for k, v in RULE.items() if k != key}]}).encode()
    yield b'{"version":1,"version":1,"acls":[]}'
    yield b'{"acls":[' + json.dumps(RULE).encode() + b'],"version":1,"other":{}}'
    for _ in range(count):
        at, size = rng.randrange(len(good)), rng.randrange(4)
        yield good[:at] + rng.choice((b"", b'"', b"{", b"\x00", "ü".encode(), b"1", b",")) + good[at + size :]


def test_strange_nodes_are_read_alike(java_tools: JavaTools, seed: int, full_counts: bool) -> None:
    nodes = list(_nodes(random.Random(seed), 2_000 if full_counts else 200))
    script = Script()
    lines = [script.decode(data) for data in nodes]
    answers = script.run(java_tools)
    for data, line in zip(nodes, lines, strict=True):
        try:
            ours: frozenset[Entry] | None = znodes.decode_entries(data)
        except znodes.Undecodable:
            ours = None
        assert ours == entries_of(answers[line]), data


def test_strange_notices_are_read_alike(java_tools: JavaTools) -> None:
    event: dict[str, object] = {"version": 1, "resourceType": "TOPIC", "name": "x", "patternType": "PREFIXED"}
    extended = [json.dumps(event | {key: value}).encode() for key, value in (
        ("version", 0), ("version", 2), ("name", ""), ("name", None), ("resourceType", "Topic"),
        ("resourceType", "TransactionalId"), ("resourceType", "ANY"), ("patternType", "LITERAL"),
        ("patternType", "ANY"), ("patternType", "MATCH"), ("extra", 1),
    )]  # fmt: skip
    extended += [json.dumps(event).encode(), b"", b"[]", b"TOPIC:x", json.dumps(event).encode()[:-3]]
    literals = [
        b"TOPIC:x",
        b"topic:x:y",
        b"TransactionalId:x",
        b"TRANSACTIONAL_ID:x",
        b"x",
        b"",
        b":",
        b"ANY:x",
        b"TOPIC:",
    ]
    script = Script()
    cases = [(data, literal, script.decode_change(data, literal=literal)) for literal, several in (
        (True, literals), (False, extended)
    ) for data in several]  # fmt: skip
    answers = script.run(java_tools)
    for data, is_literal, line in cases:
        try:
            decode = znodes.decode_literal_change if is_literal else znodes.decode_extended_change
            ours: Pattern | None = decode(data)
        except znodes.Undecodable:
            ours = None
        theirs = pattern_of(answers[line])
        if theirs is not None and theirs.pattern_type == PatternType.UNKNOWN:
            theirs = None  # Kafka fails one step later, for there is no such store
        assert ours == theirs, data
