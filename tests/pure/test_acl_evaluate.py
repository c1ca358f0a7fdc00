"""Decisions against an independent reading of Kafka's rules, and what must hold of any of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl.evaluate import NO_POLICY, Decision, Policy, Reason, decide, decide_by_type
from acl.explain import Question
from acl.model import (
    CLUSTER,
    CLUSTER_PATTERN,
    EVERYBODY,
    IMPLIED_BY,
    OPERATIONS,
    Binding,
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
from tests.pure.acl_strategies import OPERATIONS_MET, bindings, odd_bindings, questions

TOPIC = ResourceType.TOPIC
ORDERS = Resource(TOPIC, "orders")
HERE = "10.0.0.1"

policies = st.builds(Policy, st.sampled_from((frozenset[str](), frozenset({"User:bob"}))), st.booleans())


def decided(acls: AclSet, asked: Question, policy: Policy = NO_POLICY) -> Decision:
    assert asked.host is not None
    return decide(acls, asked.principal, asked.operation, asked.resource, asked.host, policy)


# ---------------------------------------------------------------------------------------------- the plain reading


def plainly_applies(rule: Binding, resource: Resource) -> bool:
    pattern = rule.pattern
    if pattern.resource_type != resource.resource_type:
        return False
    if pattern.pattern_type == PatternType.PREFIXED:
        return resource.name.startswith(pattern.name)
    return pattern.name == resource.name or pattern.name == "*"


def plainly_matches(rule: Binding, principal: str, host: str) -> bool:
    return rule.entry.principal in (principal, "User:*") and rule.entry.host in (host, "*")


def plain_verdict(rules: list[Binding], asked: Question, policy: Policy) -> bool:
    """The paragraph of Kafka's documentation, rule by rule, without any index."""
    if asked.principal in policy.super_users:
        return True
    applying = [rule for rule in rules if plainly_applies(rule, asked.resource)]
    if not applying:
        return policy.allow_everyone_if_no_rule
    matching = [rule for rule in applying if plainly_matches(rule, asked.principal, asked.host or "")]
    for rule in matching:
        if rule.entry.permission == Permission.DENY and rule.entry.operation in (
            asked.operation,
            Operation.ALL,
        ):
            return False
    also = IMPLIED_BY.get(asked.operation, ())
    return any(
        rule.entry.permission == Permission.ALLOW
        and rule.entry.operation in (asked.operation, Operation.ALL, *also)
        for rule in matching
    )


def plain_verdict_by_type(
    rules: list[Binding], principal: str, operation: Operation, kind: ResourceType, host: str, policy: Policy
) -> bool:
    """KIP-679, by trying every pattern."""
    if principal in policy.super_users:
        return True
    matching = [
        rule
        for rule in rules
        if rule.pattern.resource_type == kind
        and plainly_matches(rule, principal, host)
        and rule.entry.operation in (operation, Operation.ALL)
    ]
    denied = [rule.pattern for rule in matching if rule.entry.permission == Permission.DENY]
    if literal(kind, "*") in denied:
        return False
    if policy.allow_everyone_if_no_rule:
        return True
    for rule in matching:
        if rule.entry.permission != Permission.ALLOW:
            continue
        pattern = rule.pattern
        if pattern == literal(kind, "*"):
            return True
        by_prefix = any(
            other.pattern_type == PatternType.PREFIXED and pattern.name.startswith(other.name)
            for other in denied
        )
        if not by_prefix and not (pattern.pattern_type == PatternType.LITERAL and pattern in denied):
            return True
    return False


@given(st.lists(odd_bindings, max_size=12), questions, policies)
def test_the_index_answers_as_the_plain_reading(
    rules: list[Binding], asked: Question, policy: Policy
) -> None:
    assert decided(AclSet(rules), asked, policy).allowed == plain_verdict(rules, asked, policy)


@given(
    st.lists(odd_bindings, max_size=10),
    st.sampled_from(("User:alice", "User:bob", "Group:alice")),
    st.sampled_from(OPERATIONS_MET[1:]),
    st.sampled_from(("10.0.0.1", "10.0.0.2")),
    policies,
)
def test_by_type_answers_as_the_plain_reading(
    rules: list[Binding], principal: str, operation: Operation, host: str, policy: Policy
) -> None:
    found = decide_by_type(AclSet(rules), principal, operation, TOPIC, host, policy)
    assert found.allowed == plain_verdict_by_type(rules, principal, operation, TOPIC, host, policy)


# ---------------------------------------------------------------------------------------------- what must hold


@given(st.lists(bindings, max_size=8), bindings, questions)
def test_adding_a_deny_never_grants(rules: list[Binding], more: Binding, asked: Question) -> None:
    denial = Binding(more.pattern, deny(more.entry.principal, more.entry.operation, more.pattern).entry)
    if decided(AclSet([*rules, denial]), asked).allowed:
        assert decided(AclSet(rules), asked).allowed


@given(st.lists(bindings, max_size=8), bindings, questions)
def test_adding_an_allow_never_denies(rules: list[Binding], more: Binding, asked: Question) -> None:
    grant = Binding(more.pattern, allow(more.entry.principal, more.entry.operation, more.pattern).entry)
    if decided(AclSet(rules), asked).allowed:
        assert decided(AclSet([*rules, grant]), asked).allowed


@given(st.lists(bindings, max_size=8), questions)
def test_a_matching_deny_wins(rules: list[Binding], asked: Question) -> None:
    denial = deny(
        asked.principal, asked.operation, literal(asked.resource.resource_type, asked.resource.name)
    )
    found = decided(AclSet([*rules, denial]), asked)
    assert not found.allowed
    assert found.reason == Reason.DENIED_BY_RULE


@given(st.lists(bindings, max_size=8), questions, st.randoms(use_true_random=False))
def test_order_means_nothing(rules: list[Binding], asked: Question, rng: object) -> None:
    shuffled = list(rules)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decided(AclSet(shuffled), asked) == decided(AclSet(rules), asked)


@given(st.lists(bindings, max_size=8), questions, policies)
def test_the_rule_that_decided_decides_alone(rules: list[Binding], asked: Question, policy: Policy) -> None:
    found = decided(AclSet(rules), asked, policy)
    if found.rule is None:
        assert found.reason not in (Reason.DENIED_BY_RULE, Reason.ALLOWED_BY_RULE)
        return
    assert found.rule in rules
    assert found.allowed == (found.rule.entry.permission == Permission.ALLOW)
    assert decided(AclSet([found.rule]), asked, policy).rule == found.rule


@given(st.lists(bindings, max_size=8), questions)
def test_without_the_deciding_rule_the_answer_may_change_only_its_way(
    rules: list[Binding], asked: Question
) -> None:
    acls = AclSet(rules)
    found = decided(acls, asked)
    if found.rule is not None and not found.allowed:
        return
    if found.rule is not None:
        less = decided(acls.remove([found.rule]), asked)
        assert less.reason != Reason.DENIED_BY_RULE


# ---------------------------------------------------------------------------------------------- case by case


@pytest.mark.parametrize("asked", OPERATIONS)
@pytest.mark.parametrize("given_operation", OPERATIONS)
def test_which_operation_answers_which(given_operation: Operation, asked: Operation) -> None:
    """Every pair: an Allow implies, a Deny does not."""
    allows = decide(
        AclSet([allow("User:alice", given_operation, literal(TOPIC, "orders"))]),
        "User:alice",
        asked,
        ORDERS,
        HERE,
    )
    denies = decide(
        AclSet(
            [
                allow("User:alice", Operation.ALL, literal(TOPIC, "orders")),
                deny("User:alice", given_operation, literal(TOPIC, "orders")),
            ]
        ),
        "User:alice",
        asked,
        ORDERS,
        HERE,
    )
    same = given_operation in (asked, Operation.ALL)
    implied = {
        Operation.DESCRIBE: {Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER},
        Operation.DESCRIBE_CONFIGS: {Operation.ALTER_CONFIGS},
    }
    assert allows.allowed == (same or given_operation in implied.get(asked, set()))
    assert denies.allowed == (not same)


def test_the_most_specific_rule_is_named() -> None:
    everywhere, by_prefix, exactly = (
        allow("User:alice", Operation.READ, pattern)
        for pattern in (literal(TOPIC, "*"), prefixed(TOPIC, "ord"), literal(TOPIC, "orders"))
    )
    for rules, best in (
        ([everywhere, by_prefix, exactly], exactly),
        ([everywhere, by_prefix], by_prefix),
        ([everywhere], everywhere),
    ):
        assert decide(AclSet(rules), "User:alice", Operation.READ, ORDERS, HERE).rule == best


def test_a_longer_prefix_is_named_before_a_shorter() -> None:
    rules = [allow("User:alice", Operation.READ, prefixed(TOPIC, "orders"[:size])) for size in (1, 6, 3)]
    found = decide(AclSet(rules), "User:alice", Operation.READ, ORDERS, HERE).rule
    assert found is not None
    assert found.pattern.name == "orders"


def test_everybody_is_every_type_of_principal() -> None:
    acls = AclSet([allow(EVERYBODY, Operation.READ, literal(TOPIC, "orders"))])
    assert decide(acls, "Group:x", Operation.READ, ORDERS, HERE).allowed
    assert not decide(
        AclSet([allow("Group:*", Operation.READ, literal(TOPIC, "orders"))]),
        "Group:x",
        Operation.READ,
        ORDERS,
        HERE,
    ).allowed


def test_capitals_count_in_principals() -> None:
    acls = AclSet([allow("User:alice", Operation.READ, literal(TOPIC, "orders"))])
    assert not decide(acls, "User:Alice", Operation.READ, ORDERS, HERE).allowed


def test_a_range_of_addresses_is_only_text() -> None:
    acls = AclSet([allow("User:alice", Operation.READ, literal(TOPIC, "orders"), "10.0.0.0/8")])
    assert not decide(acls, "User:alice", Operation.READ, ORDERS, HERE).allowed


def test_prefixed_star_is_no_wildcard() -> None:
    acls = AclSet([allow("User:alice", Operation.READ, prefixed(TOPIC, "*"))])
    assert not decide(acls, "User:alice", Operation.READ, ORDERS, HERE).allowed
    assert decide(acls, "User:alice", Operation.READ, Resource(TOPIC, "*x"), HERE).allowed


def test_no_rule_on_the_resource_is_told_from_none_that_allows() -> None:
    acls = AclSet([allow("User:bob", Operation.READ, literal(TOPIC, "orders"))])
    assert decide(acls, "User:alice", Operation.READ, ORDERS, HERE).reason == Reason.NO_RULE_ALLOWS
    other = Resource(TOPIC, "other")
    open_to_all = Policy(allow_everyone_if_no_rule=True)
    assert decide(acls, "User:alice", Operation.READ, other, HERE).reason == Reason.NO_RULE_ON_RESOURCE
    assert decide(acls, "User:alice", Operation.READ, other, HERE, open_to_all) == Decision(
        True, Reason.NO_RULE_ON_RESOURCE
    )
    assert not decide(acls, "User:alice", Operation.READ, ORDERS, HERE, open_to_all).allowed


def test_a_super_user_is_denied_nothing() -> None:
    acls = AclSet([deny(EVERYBODY, Operation.ALL, CLUSTER_PATTERN)])
    policy = Policy.of_settings("User:admin; User:CN=root,O=Acme;", None)
    for name in ("User:admin", "User:CN=root,O=Acme"):
        assert decide(acls, name, Operation.ALTER, CLUSTER, HERE, policy).reason == Reason.SUPER_USER
    assert not decide(acls, "User:alice", Operation.ALTER, CLUSTER, HERE, policy).allowed


@pytest.mark.parametrize(
    ("users", "everyone", "expected"),
    [
        (None, None, Policy()),
        ("", "", Policy()),
        ("User:a", "TRUE", Policy(frozenset({"User:a"}), True)),
        ("User:a:b;Group:c", " true ", Policy(frozenset({"User:a:b", "Group:c"}), True)),
        ("User:a;;", "yes", Policy(frozenset({"User:a"}), False)),
    ],
)
def test_policy_of_settings(users: str | None, everyone: str | None, expected: Policy) -> None:
    assert Policy.of_settings(users, everyone) == expected


@pytest.mark.parametrize("users", ["admin", "User:a;b", ";User:a"])
def test_a_super_user_without_type_is_refused(users: str) -> None:
    with pytest.raises(ValueError, match="principalType:principalName"):
        Policy.of_settings(users, None)


def patterns_of(*names: str) -> list[Pattern]:
    return [prefixed(TOPIC, name[:-1]) if name.endswith("*") else literal(TOPIC, name) for name in names]


@pytest.mark.parametrize(
    ("allowed", "denied", "expected"),
    [
        (["orders"], [], True),
        (["orders"], ["orders"], False),
        (["orders"], ["ord*"], False),
        (["orders"], ["orders-2"], True),
        (["ord*"], ["orders"], True),
        (["ord*"], ["ord*"], False),
        (["ord*"], ["o*"], False),
        (["ord*"], ["orders*"], True),
        ([], [], False),
    ],
)
def test_by_type_case_by_case(allowed: list[str], denied: list[str], expected: bool) -> None:
    rules = [allow("User:alice", Operation.WRITE, pattern) for pattern in patterns_of(*allowed)]
    rules += [deny("User:alice", Operation.WRITE, pattern) for pattern in patterns_of(*denied)]
    found = decide_by_type(AclSet(rules), "User:alice", Operation.WRITE, TOPIC, HERE)
    assert found.allowed == expected
    if not expected and denied:
        assert found.reason == Reason.DENIED_BY_RULE


def test_by_type_and_the_literal_star() -> None:
    everything = allow("User:alice", Operation.WRITE, literal(TOPIC, "*"))
    nothing = deny("User:alice", Operation.WRITE, literal(TOPIC, "*"))
    some = deny("User:alice", Operation.WRITE, prefixed(TOPIC, "a"))
    for rules, expected in (([everything], True), ([everything, some], True), ([everything, nothing], False)):
        assert decide_by_type(AclSet(rules), "User:alice", Operation.WRITE, TOPIC, HERE).allowed == expected
    open_to_all = Policy(allow_everyone_if_no_rule=True)
    assert decide_by_type(AclSet([some]), "User:alice", Operation.WRITE, TOPIC, HERE, open_to_all).allowed
    assert not decide_by_type(
        AclSet([nothing]), "User:alice", Operation.WRITE, TOPIC, HERE, open_to_all
    ).allowed


def test_by_type_implies_nothing() -> None:
    acls = AclSet([allow("User:alice", Operation.READ, literal(TOPIC, "orders"))])
    assert not decide_by_type(acls, "User:alice", Operation.DESCRIBE, TOPIC, HERE).allowed
