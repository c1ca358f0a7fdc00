"""Declarations, plans and assertions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl.assertions import check, parse_assertion
from acl.document import BadDocument, Document, Owned, read_document, write_document
from acl.evaluate import Policy
from acl.model import (
    CLUSTER_PATTERN,
    EVERYBODY,
    Binding,
    Operation,
    Permission,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.plan import BadPlan, SavedPlan, fingerprint, is_saved_plan, lines, load, make_plan, save, summary
from acl.sets import AclSet
from acl.text import BadWord
from tests.pure.acl_strategies import bindings

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
ORDERS = literal(TOPIC, "orders")


def declared(*items: object, **top: object) -> Document:
    return read_document({"acls": list(items), **top})


def test_everything_an_entry_can_say() -> None:
    document = declared(
        {
            "principals": ["alice", "User:bob"],
            "permission": "deny",
            "operations": ["read", "DESCRIBE_CONFIGS"],
            "resources": ["topic:orders", "topic:pay-*"],
            "hosts": ["10.0.0.1", "10.0.0.2"],
        }
    )
    assert document.rules == {
        deny(principal, operation, pattern, host)
        for principal in ("User:alice", "User:bob")
        for operation in (Operation.READ, Operation.DESCRIBE_CONFIGS)
        for pattern in (ORDERS, prefixed(TOPIC, "pay-"))
        for host in ("10.0.0.1", "10.0.0.2")
    }


def test_one_of_each_needs_no_list() -> None:
    document = declared({"principal": "alice", "operation": "Read", "resource": "orders", "host": "10.0.0.1"})
    assert document.rules == {allow("User:alice", Operation.READ, ORDERS, "10.0.0.1")}


def test_built_in_roles_are_kafkas() -> None:
    document = declared(
        {"principal": "a", "role": "producer", "resources": ["topic:t", "transactional-id:x", "cluster"]},
        {"principal": "b", "role": "consumer", "resources": ["topic:t", "group:g"]},
    )
    t, x, g = literal(TOPIC, "t"), literal(ResourceType.TRANSACTIONAL_ID, "x"), literal(GROUP, "g")
    assert document.rules == {
        *(allow("User:a", it, t) for it in (Operation.WRITE, Operation.DESCRIBE, Operation.CREATE)),
        *(allow("User:a", it, x) for it in (Operation.WRITE, Operation.DESCRIBE)),
        allow("User:a", Operation.IDEMPOTENT_WRITE, CLUSTER_PATTERN),
        *(allow("User:b", it, t) for it in (Operation.READ, Operation.DESCRIBE)),
        allow("User:b", Operation.READ, g),
    }


def test_roles_of_ones_own_and_operations_beside_them() -> None:
    document = declared(
        {"principal": "a", "roles": ["auditor", "consumer"], "operations": ["Alter"], "resource": "topic:t"},
        roles={"auditor": {"topic": ["Read", "DescribeConfigs"], "group": "Describe"}},
    )
    operations = {rule.entry.operation for rule in document.rules}
    assert operations == {Operation.READ, Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS, Operation.ALTER}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "the file: must be a mapping"),
        ({"version": 2}, "version: 2 is not known"),
        ({"rules": []}, "the file: 'rules' is not one of version, owns, roles, acls"),
        ({"acls": {}}, "acls: must be a list"),
        ({"acls": [5]}, r"acls\[0\]: must be a mapping, is 5"),
        ({"acls": [{}]}, r"acls\[0\]: it names no principal"),
        ({"acls": [{"principal": "a"}]}, "it names no resource"),
        ({"acls": [{"principal": "a", "resource": "t"}]}, "neither operations nor a role"),
        ({"acls": [{"principal": "a", "resource": "t", "operation": "reed"}]}, "'reed' is no operation"),
        (
            {"acls": [{"principal": "a", "resource": "t", "role": "x"}]},
            "no role 'x'; there are consumer, producer",
        ),
        (
            {"acls": [{"principal": "a", "resource": "group:g", "role": "producer"}]},
            "says nothing about a group",
        ),
        ({"acls": [{"principal": "a", "principals": ["b"]}]}, "write principal or principals, not both"),
        ({"acls": [{"principal": 5}]}, r"acls\[0\].principal: must be text"),
        ({"acls": [{"principal": "a", "colour": "red"}]}, "'colour' is not one of"),
        (
            {"acls": [{"principal": "a", "resource": "t", "operation": "read", "permission": 1}]},
            "1 must be text",
        ),
        ({"roles": {"x": {"table": ["Read"]}}}, "roles.x: 'table' is no resource type"),
        ({"owns": {"topics": []}}, "owns: 'topics' is not one of resources, principals"),
        ({"owns": "all"}, "owns: must be a mapping"),
    ],
)
def test_mistakes_are_told_with_their_place(content: object, sentence: str) -> None:
    with pytest.raises(BadDocument, match=sentence):
        read_document(content)


def test_rules_that_never_matter_are_doubted_not_refused() -> None:
    document = declared(
        {"principal": "a", "operation": "Write", "resource": "group:g"},
        {"principal": "a", "operation": "Alter", "resource": "cluster:other"},
    )
    assert len(document.rules) == 2
    assert [doubt.partition(":")[0] for doubt in document.doubts] == ["acls[0]", "acls[1]"]


@given(st.lists(bindings, max_size=14))
def test_an_export_says_exactly_the_rules(rules: list[Binding]) -> None:
    assert read_document(write_document(rules)).rules == set(rules)


def test_an_export_says_things_once() -> None:
    rules = [
        allow(principal, operation, pattern)
        for principal in ("User:a", "User:b")
        for operation in (Operation.READ, Operation.DESCRIBE)
        for pattern in (ORDERS, literal(TOPIC, "x"))
    ]
    assert write_document(rules)["acls"] == [
        {
            "principals": ["User:a", "User:b"],
            "operations": ["Read", "Describe"],
            "resources": ["topic:orders", "topic:x"],
        }
    ]


# ---------------------------------------------------------------------------------------------- owned


@pytest.mark.parametrize(
    ("owned", "rule", "expected"),
    [
        ({"resources": ["topic:pay-*"]}, allow("User:a", Operation.READ, literal(TOPIC, "pay-in")), True),
        ({"resources": ["topic:pay-*"]}, allow("User:a", Operation.READ, prefixed(TOPIC, "pay-x")), True),
        ({"resources": ["topic:pay-*"]}, allow("User:a", Operation.READ, prefixed(TOPIC, "pay")), False),
        ({"resources": ["topic:pay-*"]}, allow("User:a", Operation.READ, literal(GROUP, "pay-in")), False),
        ({"resources": ["topic:orders"]}, allow("User:a", Operation.READ, ORDERS), True),
        ({"resources": ["topic:*"]}, allow("User:a", Operation.READ, prefixed(TOPIC, "x")), True),
        ({"principals": ["User:pay-*"]}, allow("User:pay-app", Operation.READ, ORDERS), True),
        ({"principals": ["User:pay"]}, allow("User:pay-app", Operation.READ, ORDERS), False),
        ("everything", allow("User:pay-app", Operation.READ, ORDERS), True),
        (None, allow("User:pay-app", Operation.READ, ORDERS), False),
    ],
)
def test_what_a_file_owns(owned: object, rule: Binding, expected: bool) -> None:
    assert (rule in declared(owns=owned).owned) == expected


# ---------------------------------------------------------------------------------------------- plans


@given(st.lists(bindings, max_size=10), st.lists(bindings, max_size=10))
def test_a_plan_with_deletes_of_all_that_is_owned_makes_the_cluster_as_declared(
    live: list[Binding], wanted: list[Binding]
) -> None:
    document = Document(frozenset(wanted), Owned(everything=True))
    plan = make_plan(AclSet(live), document, deletes=True)
    after = plan.applied_to(AclSet(live))
    assert set(after) == set(wanted)
    assert make_plan(after, document, deletes=True).is_empty


@given(st.lists(bindings, max_size=10), st.lists(bindings, max_size=10))
def test_a_plan_without_deletes_removes_nothing(live: list[Binding], wanted: list[Binding]) -> None:
    document = Document(frozenset(wanted), Owned(everything=True))
    after = make_plan(AclSet(live), document).applied_to(AclSet(live))
    assert set(after) == set(live) | set(wanted)


@given(st.lists(bindings, max_size=10))
def test_the_first_plan_after_an_export_has_nothing_to_do(live: list[Binding]) -> None:
    document = read_document(write_document(live) | {"owns": "everything"})
    plan = make_plan(AclSet(live), document, deletes=True)
    assert plan.is_empty
    assert not plan.has_drift
    assert summary(plan).startswith("Nothing to do: the cluster is as declared")


def test_what_is_not_owned_is_never_removed() -> None:
    mine, others = allow("User:pay", Operation.READ, ORDERS), allow("User:b", Operation.READ, ORDERS)
    document = declared(owns={"principals": ["User:pay"]})
    plan = make_plan(AclSet([mine, others]), document, deletes=True)
    assert plan.remove == (mine,)
    assert plan.strangers == 1
    spared = make_plan(AclSet([mine, others]), document)
    assert spared.spared == (mine,)
    assert spared.has_drift
    assert lines(spared) == ["~ Allow User:pay Read topic:orders"]
    assert summary(spared) == (
        "0 rules to add, 0 to remove (1 undeclared but spared without --delete, 1 outside of what the file owns)."
    )


def test_rules_of_a_later_kafka_are_not_touched() -> None:
    strange = allow("User:a", Operation.UNKNOWN, ORDERS)
    plan = make_plan(AclSet([strange]), declared(owns="everything"), deletes=True)
    assert plan.is_empty
    assert plan.strangers == 1


@given(st.lists(bindings, max_size=6), st.lists(bindings, max_size=6))
def test_fingerprints_are_equal_where_the_rules_are(one: list[Binding], other: list[Binding]) -> None:
    same = set(one) == set(other)
    assert (fingerprint(AclSet(one)) == fingerprint(AclSet(other))) == same


def test_a_saved_plan_is_for_the_cluster_as_it_was() -> None:
    live = AclSet([allow("User:a", Operation.READ, ORDERS)])
    plan = make_plan(live, declared({"principal": "b", "operation": "Read", "resource": "orders"}))
    content = save(SavedPlan(plan, "id-1", fingerprint(live)))
    assert is_saved_plan(content)
    saved = load(content)
    assert saved.plan.add == plan.add
    saved.require_current("id-1", live)
    with pytest.raises(BadPlan, match="made for cluster id-1, and this is id-2"):
        saved.require_current("id-2", live)
    with pytest.raises(BadPlan, match="have changed since"):
        saved.require_current("id-1", plan.applied_to(live))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"cluster": 5},
        {"fingerprint": None},
        {"add": 5},
        {"remove": [5]},
        {"add": [{"name": "x"}]},
    ],
    ids=str,
)
def test_broken_plans_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadPlan, match=r"\."):
        load(
            {"format": "acl-plan", "version": 1, "cluster": "", "fingerprint": "x", "add": [], "remove": []}
            | changes
        )


# ---------------------------------------------------------------------------------------------- assertions

LIVE = AclSet(
    [
        allow("User:alice", Operation.READ, ORDERS),
        allow("User:bob", Operation.ALL, prefixed(TOPIC, "or")),
        deny("User:bob", Operation.DELETE, ORDERS),
        allow("User:CN=carol,O=Acme", Operation.READ, literal(GROUP, "g"), "10.0.0.1"),
        allow(EVERYBODY, Operation.DESCRIBE, literal(TOPIC, "public")),
        allow("User:dan", Operation.READ, literal(TOPIC, "guarded")),
        deny(EVERYBODY, Operation.READ, literal(TOPIC, "guarded"), "10.0.0.9"),
        deny(EVERYBODY, Operation.READ, literal(TOPIC, "guarded"), "0:0:0:0:0:0:0:1"),
    ]
)


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        ("alice may read orders", True),
        ("User:alice can read,describe topic:orders", True),
        ("alice may write orders", False),
        ("alice may read, write orders", False),
        ("alice may not write,delete topic:orders", True),
        ("alice cannot read orders", False),
        ("bob may write orders", True),
        ("bob may delete orders", False),
        ("bob must not delete orders", True),
        ("alice and bob may read orders", True),
        ("only alice and bob may read orders", True),
        ("only alice may read orders", False),
        ("only bob may read orders", False),
        ("nobody may delete orders", True),
        ("nobody may read orders", False),
        ("everybody may describe public", True),
        ("dave may describe topic:public", True),
        ("only alice may describe public", False),
        ("CN=carol,O=Acme may read group:g from 10.0.0.1", True),
        ("CN=carol,O=Acme may read group:g", False),
        ("CN=carol,O=Acme may not read group:g from 10.0.0.2", True),
        ("CN=carol,O=Acme may not read group:g", False),  # from one address it may
        ("nobody may read group:g", False),
        ("only dave may read group:g", False),
        ("nobody may read group:g from 10.0.0.2", True),
        ("dan may read topic:guarded", True),
        ("dan may read topic:guarded from 10.0.0.9", False),
        ("dan may read topic:guarded from ::9", True),
        ("dan may read topic:guarded from ::1", False),
        ("admin may alter cluster", True),
        ("nobody may alter cluster", True),
    ],
)
def test_assertions(sentence: str, holds: bool) -> None:
    result = check(LIVE, parse_assertion(sentence), Policy(frozenset({"User:admin"})))
    assert (not result.failures) == holds, result.failures


@pytest.mark.parametrize(
    "sentence",
    [
        "alice orders",
        "alice may read",
        "alice may reed orders",
        "alice may read orders from localhost",
        "alice may read cluster",
        "alice may write group:g",
        "only alice may not read orders",
        "nobody may not read orders",
        "",
    ],
)
def test_no_assertions(sentence: str) -> None:
    with pytest.raises(BadWord):
        parse_assertion(sentence)


def test_a_failure_says_who_and_why() -> None:
    (failure,) = check(LIVE, parse_assertion("only alice may read orders")).failures
    assert str(failure) == "User:bob may Read topic:orders"
    (failure,) = check(LIVE, parse_assertion("nobody may read group:g")).failures
    assert str(failure) == "User:CN=carol,O=Acme may Read group:g from 10.0.0.1"
    assert failure.decision.rule is not None
    assert failure.decision.rule.entry.permission == Permission.ALLOW
