"""Explanations, effective access, findings and suggestions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl.access import Grant, can, who_can
from acl.authorizer_log import Logged, parse_line, parse_lines
from acl.evaluate import NO_POLICY, Policy, Reason, decide
from acl.explain import Question, explain, reason_text
from acl.lint import CODES, Level, lint
from acl.model import (
    CLUSTER,
    CLUSTER_PATTERN,
    EVERYBODY,
    SUPPORTED_OPERATIONS,
    Binding,
    Operation,
    Pattern,
    Permission,
    Resource,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.suggest import suggest
from acl.text import binding_text
from acl.usage import BadUsage, Hits, Usage, decode_usage, encode_usage, together
from tests.pure.acl_strategies import NAMES, bindings, questions

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
ORDERS = literal(TOPIC, "orders")
READ_ORDERS = Question("User:alice", Operation.READ, Resource(TOPIC, "orders"))


# ---------------------------------------------------------------------------------------------- explain


@given(st.lists(bindings, max_size=8), questions)
def test_what_explain_says_would_allow_does(rules: list[Binding], asked: Question) -> None:
    acls = AclSet(rules)
    found = explain(acls, asked)
    host = asked.host or ""
    assert found.decision == decide(acls, asked.principal, asked.operation, asked.resource, host)
    if found.decision.allowed:
        assert not found.denials
        assert found.missing is None
        return
    after = acls.remove(found.denials)
    if found.missing is not None:
        assert not decide(after, asked.principal, asked.operation, asked.resource, host).allowed
        after = after.add([found.missing])
    assert decide(after, asked.principal, asked.operation, asked.resource, host).allowed


@given(st.lists(bindings, max_size=8), questions)
def test_without_a_host_the_answer_is_that_of_most_hosts(rules: list[Binding], asked: Question) -> None:
    acls = AclSet(rules)
    anywhere = Question(asked.principal, asked.operation, asked.resource)
    found = explain(acls, anywhere)
    usual = decide(acls, asked.principal, asked.operation, asked.resource, "192.0.2.1")
    assert found.decision.allowed == usual.allowed
    other = dict(found.other_hosts)
    for host in ("10.0.0.1", "10.0.0.2"):
        there = decide(acls, asked.principal, asked.operation, asked.resource, host)
        assert (host in other) == (there.allowed != usual.allowed)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (allow("User:alice", Operation.WRITE, ORDERS), "it allows Write, not Read"),
        (allow("User:alice", Operation.READ, ORDERS, "10.0.0.9"), "it allows this from 10.0.0.9 only"),
        (allow("User:Alice", Operation.READ, ORDERS), "it names User:Alice: capitals count"),
        (allow("Group:alice", Operation.READ, ORDERS), "it names a Group, not a User"),
        (allow("User:CN=alice,O=Acme", Operation.READ, ORDERS), "another principal than User:alice"),
        (allow("User:alice", Operation.READ, prefixed(TOPIC, "*")), "literal * covers all"),
        (
            allow("User:alice", Operation.READ, literal(TOPIC, "ord*")),
            "it is literal, so it covers only the name",
        ),
        (
            allow("User:alice", Operation.READ, literal(TOPIC, "ord")),
            "it is literal, so it covers only 'ord'",
        ),
        (allow("User:alice", Operation.READ, literal(TOPIC, "Orders")), "is in other capitals"),
        (allow("User:alice", Operation.READ, prefixed(TOPIC, "ORD")), "is in other capitals"),
        (
            allow("User:alice", Operation.READ, literal(TOPIC, "order")),
            "it is literal, so it covers only 'order'",
        ),
        (allow("User:alice", Operation.READ, literal(TOPIC, "oders")), "differ in one character"),
        (
            allow("User:alice", Operation.READ, literal(GROUP, "orders")),
            "about the group of that name, not the topic",
        ),
    ],
    ids=lambda it: binding_text(it) if isinstance(it, Binding) else "",
)
def test_near_misses(rule: Binding, why: str) -> None:
    far = [
        allow("User:zoe", Operation.READ, ORDERS),
        allow("User:alice", Operation.READ, literal(TOPIC, "payments")),
        allow("User:zoe", Operation.WRITE, ORDERS),
        deny("User:zoe", Operation.READ, ORDERS),
    ]
    (miss,) = explain(AclSet([*far, rule]), READ_ORDERS).near_misses
    assert miss.rule == rule
    assert why in miss.why


def test_names_that_differ_in_a_separator() -> None:
    acls = AclSet([allow("User:alice", Operation.READ, literal(TOPIC, "my_orders"))])
    asked = Question("User:alice", Operation.READ, Resource(TOPIC, "my-orders"))
    (miss,) = explain(acls, asked).near_misses
    assert "differ in a separator" in miss.why


def test_the_nearest_come_first_and_there_is_a_limit() -> None:
    rules = [allow("User:alice", Operation.READ, ORDERS, f"10.0.0.{n}") for n in range(9)]
    rules += [allow("User:alice", Operation.WRITE, ORDERS)]
    found = explain(AclSet(rules), READ_ORDERS, misses=3)
    assert [miss.rule.entry.host for miss in found.near_misses] == ["10.0.0.0", "10.0.0.1", "10.0.0.2"]


def test_every_denial_is_shown_and_what_is_under_them() -> None:
    denials = [
        deny("User:alice", Operation.READ, ORDERS),
        deny(EVERYBODY, Operation.ALL, literal(TOPIC, "*")),
    ]
    grant = allow("User:alice", Operation.READ, prefixed(TOPIC, "ord"))
    found = explain(AclSet([*denials, grant]), READ_ORDERS)
    assert found.denials == tuple(denials)
    assert found.otherwise is not None
    assert found.otherwise.rule == grant
    assert found.missing is None


def test_reasons_in_words() -> None:
    nothing = AclSet()
    assert reason_text(explain(nothing, READ_ORDERS).decision) == "no rule applies to the resource"
    open_to_all = Policy(allow_everyone_if_no_rule=True)
    assert "is true" in reason_text(explain(nothing, READ_ORDERS, open_to_all).decision)
    assert "super user" in reason_text(
        explain(nothing, READ_ORDERS, Policy(frozenset({"User:alice"}))).decision
    )


# ---------------------------------------------------------------------------------------------- access


@given(st.lists(bindings, max_size=8), questions)
def test_who_can_names_all_who_may(rules: list[Binding], asked: Question) -> None:
    acls = AclSet(rules)
    found = {it.principal: it.decision for it in who_can(acls, asked.operation, asked.resource, asked.host)}
    assert EVERYBODY in found
    for principal in ("User:alice", "User:bob", "Group:alice", "User:nobody"):
        direct = decide(acls, principal, asked.operation, asked.resource, asked.host or "")
        told = found.get(principal, found[EVERYBODY])
        assert direct.allowed == told.allowed


@given(st.lists(bindings, max_size=8), questions)
def test_who_can_tells_of_addresses_where_it_is_different(rules: list[Binding], asked: Question) -> None:
    acls = AclSet(rules)
    found = who_can(acls, asked.operation, asked.resource)
    told = {(it.principal, it.host): it.decision.allowed for it in found}
    for principal in ("User:alice", "User:bob", "Group:alice", "User:nobody"):
        name = principal if (principal, None) in told else EVERYBODY
        for host in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
            direct = decide(acls, principal, asked.operation, asked.resource, host)
            assert direct.allowed == told.get((name, host), told[name, None])


@given(st.lists(bindings, max_size=8), st.sampled_from(("User:alice", "User:bob")))
def test_can_tells_of_addresses_where_it_is_different(rules: list[Binding], principal: str) -> None:
    acls = AclSet(rules)
    grants = can(acls, principal)
    for host in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        there = {grant.pattern: grant for grant in grants if grant.host is None}
        there |= {grant.pattern: grant for grant in grants if grant.host == host}
        for kind in (TOPIC, GROUP):
            for name in ("a", "ab", "abc", "abcd", "b", "ba", "c"):
                for operation in SUPPORTED_OPERATIONS[kind]:
                    resource = Resource(kind, name)
                    told = any(_gives(grant, operation, resource) for grant in there.values())
                    assert told == decide(acls, principal, operation, resource, host).allowed


def test_an_address_alone_is_not_nobody() -> None:
    """An auditor who asks who may read must hear of the one who may from one machine."""
    acls = AclSet([allow("User:a", Operation.READ, ORDERS, "10.0.0.5")])
    found = who_can(acls, Operation.READ, Resource(TOPIC, "orders"))
    assert [(it.principal, it.host) for it in found if it.decision.allowed] == [("User:a", "10.0.0.5")]
    (grant,) = can(acls, "User:a")
    assert (grant.host, grant.operations) == ("10.0.0.5", (Operation.READ, Operation.DESCRIBE))


@given(st.lists(bindings, max_size=8), st.sampled_from(("User:alice", "User:bob")))
def test_can_tells_what_is_allowed_name_by_name(rules: list[Binding], principal: str) -> None:
    """For each name, the grants with their exceptions say what a decision says."""
    acls, host = AclSet(rules), "10.0.0.1"
    grants = can(acls, principal, host)
    for kind in (TOPIC, GROUP):
        for name in ("a", "ab", "abc", "abcd", "b", "ba", "c"):
            resource = Resource(kind, name)
            for operation in SUPPORTED_OPERATIONS[kind]:
                told = any(_gives(grant, operation, resource) for grant in grants)
                assert told == decide(acls, principal, operation, resource, host).allowed


def _gives(grant: Grant, operation: Operation, resource: Resource) -> bool:
    excepted = any(
        rule.pattern.covers(resource) and rule.entry.operation in (operation, Operation.ALL)
        for rule in grant.except_on
    )
    return grant.pattern.covers(resource) and operation in grant.operations and not excepted


# ---------------------------------------------------------------------------------------------- lint


def codes(*rules: Binding, **more: object) -> list[str]:
    return [finding.code for finding in lint(AclSet(rules), **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (allow("User:a", Operation.READ, prefixed(TOPIC, "*")), "prefixed-star"),
        (allow("User:a", Operation.READ, literal(TOPIC, "orders-*")), "literal-star"),
        (allow("User:a", Operation.READ, ORDERS, "10.0.0.0/8"), "bad-host"),
        (allow("User:a", Operation.READ, ORDERS, "app.example.com"), "bad-host"),
        (allow("User:a", Operation.READ, ORDERS, "::1"), "bad-host"),
        (allow("User:team-*", Operation.READ, ORDERS), "principal-star"),
        (allow("Group:*", Operation.READ, ORDERS), "principal-star"),
        (allow("User:", Operation.READ, ORDERS), "no-such-principal"),
        (allow("User:a", Operation.READ, literal(TOPIC, "a b")), "no-such-resource"),
        (allow("User:a", Operation.READ, literal(TOPIC, "x" * 250)), "no-such-resource"),
        (allow("User:a", Operation.ALTER, literal(ResourceType.CLUSTER, "c")), "no-such-resource"),
        (allow("User:a", Operation.WRITE, literal(GROUP, "g")), "no-such-operation"),
        (allow("User:a", Operation.UNKNOWN, ORDERS), "unknown-word"),
        (
            Binding(
                ORDERS,
                allow("User:a", Operation.READ, ORDERS).entry.__class__(
                    "User:a", Permission.UNKNOWN, Operation.READ
                ),
            ),
            "unknown-word",
        ),
        (allow(EVERYBODY, Operation.WRITE, ORDERS), "over-wide"),
        (allow(EVERYBODY, Operation.READ, literal(TOPIC, "*")), "over-wide"),
        (allow("User:a", Operation.ALL, CLUSTER_PATTERN), "over-wide"),
        (allow("User:a", Operation.ALL, literal(TOPIC, "*")), "over-wide"),
        (allow("User:a", Operation.READ, prefixed(TOPIC, "a")), "over-wide"),
    ],
)
def test_one_rule_alone(rule: Binding, code: str) -> None:
    assert codes(rule) == [code]


@pytest.mark.parametrize(
    "rule",
    [
        allow("User:a", Operation.READ, ORDERS, "0:0:0:0:0:0:0:1"),
        allow("User:a", Operation.ALL, ORDERS),
        allow(EVERYBODY, Operation.DESCRIBE, ORDERS),
        allow("User:a", Operation.READ, literal(TOPIC, "*")),
        allow("User:a", Operation.READ, prefixed(GROUP, "any thing")),
        deny(EVERYBODY, Operation.ALL, literal(TOPIC, "*")),
        allow("User:a", Operation.ALTER, CLUSTER_PATTERN),
    ],
    ids=binding_text,
)
def test_nothing_wrong(rule: Binding) -> None:
    assert codes(rule) == []


@given(st.lists(bindings, max_size=8))
def test_a_shadowed_rule_can_go_without_changing_any_answer(rules: list[Binding]) -> None:
    acls = AclSet(rules)
    for finding in lint(acls):
        if finding.code not in ("shadowed", "implied"):
            continue
        assert finding.because is not None
        assert finding.because in acls
        less = acls.remove([finding.rule])
        for kind in (TOPIC, GROUP):
            for name in (*NAMES[:-1], "abcd", "zz"):
                for operation in SUPPORTED_OPERATIONS[kind]:
                    for principal in ("User:alice", "User:bob", "Group:alice"):
                        for host in ("10.0.0.1", "10.0.0.2"):
                            asked = (principal, operation, Resource(kind, name), host)
                            assert decide(acls, *asked).allowed == decide(less, *asked).allowed


def test_shadows_and_contradictions() -> None:
    narrow = allow("User:a", Operation.READ, ORDERS, "10.0.0.1")
    for wide in (
        allow("User:a", Operation.READ, ORDERS),
        allow(EVERYBODY, Operation.READ, ORDERS, "10.0.0.1"),
        allow("User:a", Operation.ALL, ORDERS),
        allow("User:a", Operation.READ, prefixed(TOPIC, "ord")),
        allow("User:a", Operation.READ, literal(TOPIC, "*")),
    ):
        assert ("shadowed", wide) in [(it.code, it.because) for it in lint(AclSet([narrow, wide]))]
    for denial in (
        deny("User:a", Operation.READ, ORDERS),
        deny(EVERYBODY, Operation.ALL, prefixed(TOPIC, "o")),
        deny("User:a", Operation.READ, literal(TOPIC, "*"), "10.0.0.1"),
    ):
        assert ("contradicted", denial) in [(it.code, it.because) for it in lint(AclSet([narrow, denial]))]
    assert "contradicted" not in codes(narrow, deny("User:a", Operation.READ, ORDERS, "10.0.0.2"))
    assert "contradicted" not in codes(narrow, deny("User:a", Operation.WRITE, ORDERS))


def test_what_a_role_brings_is_a_note_not_a_warning() -> None:
    found = lint(
        AclSet([allow("User:a", Operation.READ, ORDERS), allow("User:a", Operation.DESCRIBE, ORDERS)])
    )
    assert [(it.code, it.level) for it in found] == [("implied", Level.NOTE)]


def test_a_contradicted_read_still_implies_describe() -> None:
    found = lint(AclSet([allow("User:a", Operation.READ, ORDERS), deny("User:a", Operation.READ, ORDERS)]))
    assert [it.message for it in found] == [
        "Deny User:a Read topic:orders takes it away; only Describe, which it implies, is left of it."
    ]


def test_detached() -> None:
    existing = {TOPIC: frozenset({"orders", "pay-in", "zz"})}
    rules = [
        allow("User:a", Operation.READ, ORDERS),
        allow("User:a", Operation.READ, literal(TOPIC, "gone")),
        allow("User:a", Operation.READ, literal(TOPIC, "*")),
        allow("User:a", Operation.READ, prefixed(TOPIC, "pay-")),
        allow("User:a", Operation.READ, prefixed(TOPIC, "pay-x")),
        allow("User:a", Operation.READ, prefixed(TOPIC, "zzz")),
        allow("User:a", Operation.READ, literal(GROUP, "who-knows")),
    ]
    found = lint(AclSet(rules), existing=existing)
    assert {it.rule.pattern.name for it in found if it.code == "detached"} == {"gone", "pay-x", "zzz"}


def test_unused() -> None:
    used, once, never = (allow("User:a", Operation.READ, literal(TOPIC, name)) for name in ("x", "y", "z"))
    usage = Usage(1_000, 9_000, {used: Hits(5, 8_000), once: Hits(1, 2_000)})
    acls = AclSet([used, once, never])

    def unused(since_ms: int | None) -> set[Binding]:
        found = lint(acls, usage=usage, unused_since_ms=since_ms)
        return {it.rule for it in found if it.code == "unused"}

    assert unused(None) == {never}
    assert unused(5_000) == {once, never}
    assert unused(500) == set()  # nobody counted then


def test_findings_are_known_and_the_worst_come_first() -> None:
    rules = [
        allow("User:a", Operation.READ, prefixed(TOPIC, "*")),
        allow(EVERYBODY, Operation.WRITE, ORDERS),
        allow("User:a", Operation.DESCRIBE, ORDERS),
    ]
    found = lint(AclSet(rules))
    assert [it.level for it in found] == sorted((it.level for it in found), reverse=True)
    assert {it.code for it in found} <= CODES.keys()
    assert all(it.message.endswith(".") for it in found)


# ---------------------------------------------------------------------------------------------- usage


@given(st.dictionaries(bindings, st.builds(Hits, st.integers(0, 9), st.integers(0, 9)), max_size=5))
def test_usage_round_trips(hits: dict[Binding, Hits]) -> None:
    usage = Usage(1, 2, hits)
    assert decode_usage(encode_usage(usage)) == usage


def test_brokers_counts_together() -> None:
    rule = allow("User:a", Operation.READ, ORDERS)
    found = together([Usage(1, 10, {rule: Hits(2, 5)}), Usage(3, 9, {rule: Hits(1, 7)})])
    assert found == Usage(3, 9, {rule: Hits(3, 7)})
    with pytest.raises(BadUsage):
        together([])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"format":"acl-usage","version":2}',
        b'{"format":"acl-usage","version":1,"since_ms":0,"until_ms":0}',
        b'{"format":"acl-usage","version":1,"since_ms":-1,"until_ms":0,"rules":[]}',
        b'{"format":"acl-usage","version":1,"since_ms":0,"until_ms":0,"rules":[{}]}',
    ],
)
def test_no_usage(data: bytes) -> None:
    with pytest.raises(BadUsage, match=r"\."):
        decode_usage(data)


# ---------------------------------------------------------------------------------------------- logs

KAFKA_LINE = (
    "[2024-05-01 12:00:00,123] INFO Principal = User:CN=alice, O=Acme is Denied Operation = Write from host = "
    "10.0.0.1 on resource = Topic:LITERAL:orders for request = Produce with resourceRefCount = 1 "
    "(kafka.authorizer.logger)"
)


def test_a_line_of_kafka() -> None:
    assert parse_line(KAFKA_LINE) == Logged(
        Question("User:CN=alice, O=Acme", Operation.WRITE, Resource(TOPIC, "orders"), "10.0.0.1"),
        allowed=False,
        request="Produce",
        time="2024-05-01 12:00:00,123",
    )


@pytest.mark.parametrize(
    ("line", "operation", "name", "allowed", "rule"),
    [
        (
            "Principal = User:a is Allowed operation = DESCRIBE_CONFIGS from host = ::1 on resource = "
            "Topic:LITERAL:x for request = DescribeConfigs with resourceRefCount = 1 based on rule DefaultDeny",
            Operation.DESCRIBE_CONFIGS,
            "x",
            True,
            "DefaultDeny",
        ),
        (
            "Principal = User:a is Denied Operation = Read from host = 1.2.3.4 on resource = Group:LITERAL:a b:c "
            "for request = JoinGroup with resourceRefCount = 1, rule = Deny User:a Read group:a",
            Operation.READ,
            "a b:c",
            False,
            "Deny User:a Read group:a",
        ),
        (
            "Principal = User:a is Denied Operation = Describe from host = 1.2.3.4 on resource = Topic:x "
            "(kafka.authorizer.logger)",
            Operation.DESCRIBE,
            "x",
            False,
            "",
        ),
    ],
)
def test_other_lines(line: str, operation: Operation, name: str, allowed: bool, rule: str) -> None:
    found = parse_line(line)
    assert found is not None
    assert (found.question.operation, found.question.resource.name) == (operation, name)
    assert (found.allowed, found.rule) == (allowed, rule)


@pytest.mark.parametrize(
    "line", ["", "[2024] INFO something else", "Principal = x", KAFKA_LINE.replace("Topic", "Tonic")]
)
def test_lines_about_something_else(line: str) -> None:
    assert parse_line(line) is None


def log_line(
    principal: str, operation: str, resource: str, host: str = "10.0.0.1", request: str = "X"
) -> str:
    return (
        f"Principal = {principal} is Denied Operation = {operation} from host = {host} on resource = {resource} "
        f"for request = {request} with resourceRefCount = 1 (kafka.authorizer.logger)"
    )


def suggested(*lines: str, rules: tuple[Binding, ...] = (), **more: object) -> dict[Binding, int]:
    found = suggest(AclSet(rules), parse_lines(lines), NO_POLICY, **more)  # type: ignore[arg-type]
    return {it.rule: it.denials for it in found.add}


def test_the_least_rules() -> None:
    lines = [
        log_line("User:a", "Describe", "Topic:LITERAL:orders", request="Metadata"),
        log_line("User:a", "Write", "Topic:LITERAL:orders", request="Produce"),
        log_line("User:a", "Write", "Topic:LITERAL:orders", "10.0.0.2"),
        log_line("User:b", "Describe", "Topic:LITERAL:orders"),
    ]
    assert suggested(*lines) == {
        allow("User:a", Operation.WRITE, ORDERS): 3,
        allow("User:b", Operation.DESCRIBE, ORDERS): 1,
    }
    by_host = suggested(*lines, by_host=True)
    assert by_host[allow("User:a", Operation.WRITE, ORDERS, "10.0.0.2")] == 1
    assert by_host[allow("User:a", Operation.WRITE, ORDERS, "10.0.0.1")] == 2


def test_one_rule_for_a_prefix() -> None:
    lines = [log_line("User:a", "Read", f"Topic:LITERAL:pay-{n}") for n in range(3)]
    assert suggested(*lines, prefixes=["pay-", "p"]) == {
        allow("User:a", Operation.READ, prefixed(TOPIC, "pay-")): 3
    }


def test_what_is_allowed_now_or_denied_by_a_rule_is_not_suggested() -> None:
    denial = deny("User:b", Operation.READ, ORDERS)
    rules = (allow("User:a", Operation.READ, ORDERS), denial)
    lines = [
        log_line("User:a", "Read", "Topic:LITERAL:orders"),
        log_line("User:b", "Read", "Topic:LITERAL:orders"),
        log_line("User:c", "Write", "Topic:UNKNOWN:NONE", request="InitProducerId"),
        KAFKA_LINE.replace("Denied", "Allowed"),
    ]
    found = suggest(AclSet(rules), parse_lines(lines))
    assert not found.add
    assert found.already_allowed == 1
    assert [it.rule for it in found.unanswered] == [denial, None]


@given(st.lists(bindings, max_size=6), st.lists(questions, max_size=6))
def test_after_the_suggestions_the_log_would_be_empty(rules: list[Binding], asked: list[Question]) -> None:
    acls = AclSet(rules)
    found = suggest(acls, [Logged(question, allowed=False) for question in asked])
    after = acls.add([it.rule for it in found.add])
    forbidden = {it.logged.question for it in found.unanswered}
    for question in asked:
        answer = decide(after, question.principal, question.operation, question.resource, question.host or "")
        assert answer.allowed != (question in forbidden)
        if question in forbidden:
            assert answer.reason == Reason.DENIED_BY_RULE
    before = sum(
        not decide(acls, it.principal, it.operation, it.resource, it.host or "").allowed for it in set(asked)
    )
    assert len(found.add) <= before


def test_the_cluster_has_no_prefix() -> None:
    line = log_line("User:a", "Create", "Cluster:LITERAL:kafka-cluster")
    assert suggested(line, prefixes=["k"]) == {allow("User:a", Operation.CREATE, CLUSTER_PATTERN): 1}
    assert Pattern(CLUSTER.resource_type, CLUSTER_PATTERN.pattern_type, CLUSTER.name) == CLUSTER_PATTERN
