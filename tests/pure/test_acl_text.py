"""Words as people type and read them."""

from __future__ import annotations

import shlex

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from acl import model
from acl.__main__ import parser
from acl.cli.options import chosen_rules, rule_options
from acl.kafka_options import RuleOptions, added_rules, parse_words
from acl.model import (
    CLUSTER,
    CLUSTER_PATTERN,
    OPERATIONS,
    PATTERN_TYPES,
    PERMISSIONS,
    RESOURCE_TYPES,
    Binding,
    Operation,
    Pattern,
    Permission,
    Resource,
    ResourceType,
    deny,
    host_of_address,
    label,
    literal,
    prefixed,
)
from acl.sets import AclSet
from acl.text import (
    BadWord,
    add_arguments,
    binding_text,
    command_text,
    from_fields,
    parse_host,
    parse_operation,
    parse_pattern,
    parse_principal,
    parse_resource,
    pattern_text,
    quoted,
    remove_arguments,
    require_asked,
    resource_text,
    to_fields,
)
from tests.pure.acl_strategies import any_entries, any_word

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP

any_patterns = st.one_of(
    st.just(CLUSTER_PATTERN),
    st.builds(literal, st.sampled_from([kind for kind in RESOURCE_TYPES if kind != 4]), any_word),
    st.builds(prefixed, st.sampled_from([kind for kind in RESOURCE_TYPES if kind != 4]), any_word),
    st.sampled_from([prefixed(ResourceType.CLUSTER, name) for name in ("k", "kafka-cluster", "*")]),
    st.builds(
        Pattern,
        st.sampled_from([kind for kind in RESOURCE_TYPES if kind != 4]),
        st.sampled_from(PATTERN_TYPES),
        st.text(st.sampled_from("a*- :"), min_size=1, max_size=4),
    ),
)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("orders", literal(TOPIC, "orders")),
        ("topic:orders", literal(TOPIC, "orders")),
        ("Topic:orders-*", prefixed(TOPIC, "orders-")),
        ("topic:*", literal(TOPIC, "*")),
        ("group:a:b", literal(GROUP, "a:b")),
        ("prefixed:group:*", prefixed(GROUP, "*")),
        ("literal:group:x*", literal(GROUP, "x*")),
        ("cluster", CLUSTER_PATTERN),
        ("cluster:kafka-cluster", CLUSTER_PATTERN),
        ("transactional-id:t*", prefixed(ResourceType.TRANSACTIONAL_ID, "t")),
        ("TRANSACTIONAL_ID:t", literal(ResourceType.TRANSACTIONAL_ID, "t")),
        ("user:User:bob", literal(ResourceType.USER, "User:bob")),
    ],
)
def test_patterns(text: str, pattern: Pattern) -> None:
    assert parse_pattern(text) == pattern


@given(any_patterns)
def test_patterns_are_read_as_they_are_shown(pattern: Pattern) -> None:
    assert parse_pattern(pattern_text(pattern)) == pattern


@pytest.mark.parametrize("text", ["", "topic:", "table:x", "topic:a*b", "cluster:other:x:"])
def test_no_patterns(text: str) -> None:
    if text.startswith("cluster"):
        assert parse_resource(text) == Resource(ResourceType.CLUSTER, "other:x:")
        return
    with pytest.raises(BadWord, match=r"[.:]"):
        parse_pattern(text)


def test_resources() -> None:
    assert parse_resource("x") == Resource(TOPIC, "x")
    assert parse_resource("cluster") == CLUSTER
    assert resource_text(CLUSTER) == "cluster"
    assert parse_resource("topic:x*") == Resource(TOPIC, "x*")


@pytest.mark.parametrize(
    ("text", "principal"),
    [
        ("alice", "User:alice"),
        ("User:alice", "User:alice"),
        ("Group:x:y", "Group:x:y"),
        ("everybody", "User:*"),
        ("*", "User:*"),
        (" CN=bob,O=Acme ", "User:CN=bob,O=Acme"),
        ("User:a ", "User:a "),
    ],
)
def test_principals(text: str, principal: str) -> None:
    assert parse_principal(text) == principal


@pytest.mark.parametrize("text", ["", "  ", ":x"])
def test_no_principals(text: str) -> None:
    with pytest.raises(BadWord):
        parse_principal(text)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_in_any_spelling(operation: Operation) -> None:
    for text in (
        operation.name,
        label(operation),
        operation.name.lower().replace("_", "-"),
        label(operation).upper(),
    ):
        assert parse_operation(text) == operation
    for text in ("any", "unknown", "", "reed"):
        with pytest.raises(BadWord, match="is no operation"):
            parse_operation(text)


def test_labels_of_different_kinds_are_not_mixed_up() -> None:
    """They are equal as numbers: 3 is Read, Group, Allow and Literal."""
    assert [
        label(word)
        for word in (Operation.READ, ResourceType.GROUP, Permission.ALLOW, model.PatternType.LITERAL)
    ] == [
        "Read",
        "Group",
        "Allow",
        "Literal",
    ]
    assert label(Operation.IDEMPOTENT_WRITE) == "IdempotentWrite"
    assert label(ResourceType.TRANSACTIONAL_ID) == "TransactionalId"


def test_rules_in_words() -> None:
    rule = deny("User:bob", Operation.WRITE, prefixed(TOPIC, "pay-"), "10.0.0.7")
    assert binding_text(rule) == "Deny User:bob Write topic:pay-* from 10.0.0.7"


@given(st.builds(Binding, any_patterns, any_entries))
def test_rules_as_plain_data_and_back(rule: Binding) -> None:
    assert from_fields(to_fields(rule)) == rule


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"principal": "User:a", "permission": "Allow", "operation": "Read", "resource_type": "Topic"},
        {
            "principal": "User:a",
            "permission": "Allow",
            "operation": "Reed",
            "resource_type": "Topic",
            "name": "x",
        },
        {
            "principal": "User:a",
            "permission": "Allow",
            "operation": "Read",
            "resource_type": "Topic",
            "name": 5,
        },
        {
            "principal": "User:a",
            "permission": "Allow",
            "operation": "Read",
            "resource_type": "Topic",
            "name": "x",
            "pattern_type": "MATCH",
        },
    ],
    ids=str,
)
def test_no_rules(fields: dict[str, object]) -> None:
    with pytest.raises(BadWord):
        from_fields(fields)


@given(st.builds(Binding, any_patterns, any_entries))
def test_the_shown_command_makes_the_rule(rule: Binding) -> None:
    """`acl add` and `kafka-acls --add` take the same options."""
    trimmed = (rule.entry.principal, rule.entry.host, rule.pattern.name)
    assume(all(text == text.strip() for text in trimmed))  # Kafka's own tool cannot name others
    assume(rule.entry.operation in (*model.SUPPORTED_OPERATIONS[rule.pattern.resource_type], Operation.ALL))
    assume(
        rule.pattern.resource_type != ResourceType.CLUSTER or rule.pattern == CLUSTER_PATTERN
    )  # nor another
    words = shlex.split(command_text(add_arguments(rule)))
    assert added_rules(RuleOptions.of_words(parse_words(words))) == [rule]


@pytest.mark.parametrize("name", ["-", "--topic", "-1", "a b", "$x", "it's", "*"])
def test_acl_takes_the_command_it_shows(name: str) -> None:
    rule = deny("User:a b", Operation.READ, prefixed(GROUP, name), "10.0.0.1")
    added = parser().parse_args(shlex.split(command_text(["acl", "add", *add_arguments(rule)]))[1:])
    assert added_rules(rule_options(added)) == [rule]
    removed = parser().parse_args(shlex.split(command_text(["acl", "remove", *remove_arguments(rule)]))[1:])
    others = [prefixed(GROUP, f"{name}x"), literal(GROUP, name), prefixed(TOPIC, name)]
    everything = AclSet([rule, *(attrs.evolve(rule, pattern=other) for other in others)])
    assert chosen_rules(everything, removed) == [rule]


@given(st.text(max_size=12).filter(lambda text: "\x00" not in text))
def test_quoting(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("2001:db8::ff", "2001:db8:0:0:0:0:0:ff"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80:0:0:0:0:0:0:1%eth0"),
    ],
)
def test_hosts_as_java_writes_them(address: str, host: str) -> None:
    assert host_of_address(address) == host
    assert parse_host(address) == host


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.0/8", "10.0.0"])
def test_no_hosts(text: str) -> None:
    with pytest.raises(BadWord, match="is no IP address"):
        parse_host(text)


def test_what_no_broker_asks() -> None:
    require_asked(Operation.ALL, CLUSTER)
    require_asked(Operation.READ, Resource(TOPIC, "x"))
    with pytest.raises(BadWord, match="No request asks for Read on a cluster: only for Create"):
        require_asked(Operation.READ, CLUSTER)
    with pytest.raises(BadWord, match="There is no cluster 'x': the only one is written 'cluster'"):
        require_asked(Operation.ALTER, Resource(ResourceType.CLUSTER, "x"))


def test_codes_of_a_later_kafka() -> None:
    assert model.operation_of_code(15) == Operation.UNKNOWN
    assert model.operation_of_code(3) == Operation.READ
    assert model.resource_type_of_code(99) == ResourceType.UNKNOWN
    assert model.pattern_type_of_code(-1) == model.PatternType.UNKNOWN
    assert model.permission_of_code(2) == Permission.DENY
    assert {model.permission_of_code(int(it)) for it in PERMISSIONS} == set(PERMISSIONS)
