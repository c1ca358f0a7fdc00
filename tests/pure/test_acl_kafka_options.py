"""Kafka's options, scripts of its calls, and Java's properties."""

from __future__ import annotations

import pytest

from acl.kafka_options import (
    BadOption,
    RuleOptions,
    WrongUse,
    added_rules,
    filters_with_entries,
    parse_words,
    require_fitting,
)
from acl.model import (
    CLUSTER_PATTERN,
    Entry,
    Operation,
    PatternFilter,
    PatternType,
    Permission,
    ResourceType,
    allow,
    deny,
    literal,
    prefixed,
)
from acl.properties import parse_properties
from acl.scripts import BadScript, read_script
from acl.text import binding_text

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP


def rules_of(line: str) -> list[str]:
    return [binding_text(rule) for rule in added_rules(RuleOptions.of_words(parse_words(line.split())))]


def test_words() -> None:
    words = [
        "--add",
        "--topic",
        "a",
        "--topic=b",
        "--operation",
        "Read",
        "stray",
        "--principal",
        "--list",
        "--command-config",
        "f",
        "--producer=x",
    ]
    assert parse_words(words) == {
        "add": [],
        "topic": ["a", "b"],
        "operation": ["Read"],
        "principal": [],
        "list": [],
        "command-config": ["f"],
        "producer": [],
    }
    assert parse_words(["--topic", "--add"]) == {"topic": ["--add"]}
    assert parse_words(["--add", "--", "--topic"]) == {"add": []}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--tpoic", "x"], "tpoic is not a recognized option"),
        (["-topic", "x"], "t is not a recognized option"),
        (["--top", "x"], "top is not a recognized option"),
        (["--topic"], "requires an argument"),
    ],
)
def test_words_that_are_no_options(words: list[str], sentence: str) -> None:
    with pytest.raises(BadOption, match=sentence):
        parse_words(words)


def test_principals_operations_hosts_and_resources_multiply() -> None:
    found = rules_of(
        "--allow-principal User:a --allow-principal User:b --allow-host 10.0.0.1 --allow-host 10.0.0.2 "
        "--deny-principal User:c --operation Read --operation write --topic t --topic u"
    )
    assert len(found) == 2 * (2 * 2 * 2 + 2)
    assert "Allow User:b Write topic:u from 10.0.0.2" in found
    assert "Deny User:c Read topic:t" in found


def test_roles() -> None:
    assert rules_of(
        "--producer --allow-principal User:a --topic t --transactional-id x --idempotent --group g"
    ) == [
        "Allow User:a Write topic:t",
        "Allow User:a Describe topic:t",
        "Allow User:a Create topic:t",
        "Allow User:a Write transactional-id:x",
        "Allow User:a Describe transactional-id:x",
        "Allow User:a IdempotentWrite cluster",
    ]
    both = rules_of("--producer --consumer --allow-principal User:a --topic t --group g")
    assert set(both) == {
        *(f"Allow User:a {it} topic:t" for it in ("Write", "Describe", "Create", "Read")),
        "Allow User:a Read group:g",
    }


def test_a_prefix_and_the_default_operation() -> None:
    assert rules_of("--allow-principal User:a --topic t- --resource-pattern-type PREFIXED --cluster") == [
        "Allow User:a All topic:t-*"
    ]


def test_removals_without_principals_mean_all_rules() -> None:
    options = RuleOptions.of_words(parse_words(["--topic", "t", "--resource-pattern-type", "match"]))
    assert filters_with_entries(options) == {PatternFilter(TOPIC, PatternType.MATCH, "t"): ()}


def test_removals_with_principals_mean_exact_rules() -> None:
    options = RuleOptions.of_words(parse_words(["--topic", "t", "--allow-principal", "User:a"]))
    entry = Entry("User:a", Permission.ALLOW, Operation.ALL)
    assert filters_with_entries(options) == {PatternFilter(TOPIC, PatternType.LITERAL, "t"): (entry,)}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--allow-principal User:a", "at least one resource"),
        ("--topic t", "You must specify one of: --allow-principal"),
        ("--topic t --allow-principal User:a --resource-pattern-type any", "value of 'ANY' is not valid"),
        ("--topic t --allow-principal User:a --operation ClusterAction", "TOPIC only supports operations"),
        ("--group g --allow-principal User:a --operation Nonsense", "GROUP only supports operations Read"),
    ],
)
def test_what_cannot_be_added(line: str, sentence: str) -> None:
    with pytest.raises(WrongUse, match=sentence):
        rules_of(line)


def test_principals_need_a_type_and_pattern_types_a_name() -> None:
    with pytest.raises(ValueError, match="principalType:principalName but got alice"):
        rules_of("--topic t --allow-principal alice")
    for line in ("--resource-pattern-type glob", "--resource-pattern-type unknown"):
        with pytest.raises(ValueError, match="Cannot parse argument"):
            rules_of(f"--topic t --allow-principal User:a {line}")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--topic t", "exactly one action"),
        ("--add --list", "exactly one action"),
        ("--list --producer", r'"\[list\]" can\'t be used with option "\[producer\]"'),
        ("--list --allow-principal User:a", "can't be used"),
        ("--add --producer --operation Read", "can't be used"),
        ("--add --consumer --deny-host x", "can't be used"),
        ("--add --principal User:a", "only available if --list"),
        ("--add --producer", "With --producer you must specify a --topic"),
        ("--add --idempotent", "only available if --producer"),
        ("--add --consumer --topic t", "With --consumer you must specify"),
        ("--add --consumer --topic t --group g --cluster", "With --consumer you must specify"),
    ],
)
def test_options_that_do_not_fit(line: str, sentence: str) -> None:
    with pytest.raises(WrongUse, match=sentence):
        require_fitting(parse_words(line.split()))


def test_options_that_fit() -> None:
    for line in (
        "--list --topic t --principal",
        "--add --producer --consumer --topic t --group g --transactional-id x",
    ):
        require_fitting(parse_words(line.split()))


# ---------------------------------------------------------------------------------------------- scripts

SCRIPT = r"""#!/bin/bash -e
# our ACLs, do not touch!
BS="--bootstrap-server broker:9092"   # where
export OWNER='User:CN=bob, O=Acme' TOPIC=orders
TOOL=$KAFKA_HOME/bin/kafka-acls.sh
echo "adding"; date

$KAFKA_HOME/bin/kafka-acls.sh $BS --add --allow-principal "$OWNER" --operation Read \
    --operation Write --topic ${TOPIC}-in   # both
kafka-acls --authorizer-properties zookeeper.connect=z:2181 --add --allow-principal User:a --consumer \
    --topic "pay-" --group 'g 1' --resource-pattern-type prefixed && docker exec k kafka-acls.sh --remove --topic x
if true; then sudo /opt/kafka/bin/kafka-acls.sh --add --deny-principal User:\* --operation All --cluster; fi
kafka-acls.sh --list
"""


def test_a_script() -> None:
    script = read_script(SCRIPT)
    owner = "User:CN=bob, O=Acme"
    assert set(script.rules) == {
        allow(owner, Operation.READ, literal(TOPIC, "orders-in")),
        allow(owner, Operation.WRITE, literal(TOPIC, "orders-in")),
        allow("User:a", Operation.READ, prefixed(TOPIC, "pay-")),
        allow("User:a", Operation.DESCRIBE, prefixed(TOPIC, "pay-")),
        allow("User:a", Operation.READ, prefixed(GROUP, "g 1")),
        deny("User:*", Operation.ALL, CLUSTER_PATTERN),
    }
    assert script.removals == (11,)
    assert script.calls == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kafka-acls --add --topic $T --allow-principal User:a", r"Line 1: what '\$T' stands for"),
        ('x=1\n\nkafka-acls --add --topic "$(cat f)" --allow-principal User:a', "Line 3: what"),
        ("kafka-acls --add --topic `cat f` --allow-principal User:a", "Line 1: what"),
        ("kafka-acls --add --topic t", "Line 1: You must specify one of"),
        ("kafka-acls --add --tpoic t", "Line 1: tpoic is not a recognized option"),
        ("kafka-acls --add --topic t --allow-principal alice", "Line 1: expected a string in format"),
        ("kafka-acls --add --topic 't", "a quotation mark is not closed"),
    ],
)
def test_calls_that_are_not_understood(text: str, sentence: str) -> None:
    with pytest.raises(BadScript, match=sentence):
        read_script(text)


ADD = "--add --allow-principal User:a --operation Read --topic"


@pytest.mark.parametrize(
    "text",
    [
        f"TOOL=kafka-acls.sh\n$TOOL {ADD} t",
        f'ACLS="/opt/kafka/bin/kafka-acls.sh --authorizer-properties zookeeper.connect=z:2181"\n$ACLS {ADD} t',
        f"$KAFKA_HOME/bin/kafka-acls.sh --bootstrap-server $BROKERS --command-config ${{CONFIG}} {ADD} t",
        f"kafka-acls --authorizer-properties zookeeper.connect=$ZK {ADD} t",
        f"kafka-acls --bootstrap-server=$BROKERS {ADD} t",
        f"(kafka-acls {ADD} t)",
        f"OUT=$(kafka-acls {ADD} t) || exit 1",
        f"kafka-acls {ADD} t >> $LOG 2>&1",
        f"readonly T=t\nkafka-acls {ADD} $T",
        f"add_all() {{\n  kafka-acls {ADD} t\n}}\nadd_all",
        f"echo kafka-acls {ADD} x\nkafka-acls {ADD} t",
        f"for x in t; do\n  kafka-acls {ADD} $x\ndone",
    ],
)
def test_calls_in_many_clothes(text: str) -> None:
    assert read_script(text).rules == (allow("User:a", Operation.READ, literal(TOPIC, "t")),)


def test_loops_over_plain_words() -> None:
    script = read_script(
        """TOPICS="orders bills"
for user in anna 'CN=bob, O=Acme'; do
  for topic in $TOPICS carts
  do
    kafka-acls.sh --add --allow-principal "User:$user" --operation Read --topic "$topic"   # each
  done; if true; then kafka-acls.sh --add --deny-principal "User:$user" --operation All --cluster; fi
done < /dev/null
kafka-acls.sh --add --allow-principal User:c --operation Read --topic last
"""
    )
    names = ("anna", "CN=bob, O=Acme")
    assert set(script.rules) == {
        *(
            allow(f"User:{name}", Operation.READ, literal(TOPIC, topic))
            for name in names
            for topic in ("orders", "bills", "carts")
        ),
        *(deny(f"User:{name}", Operation.ALL, CLUSTER_PATTERN) for name in names),
        allow("User:c", Operation.READ, literal(TOPIC, "last")),
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"$TOOL {ADD} t", "Line 1: it seems to add rules in a way that is not understood"),
        (f"\nbash -c 'kafka-acls {ADD} t'", "Line 2: it seems"),
        (f'ssh broker "kafka-acls {ADD} t"', "Line 1: it seems"),
        (f'acls() {{ kafka-acls "$@"; }}\nacls {ADD} t', r"Line 1: what '\$@' stands for"),
        (f'WORDS="{ADD} t"\nrun_tool $WORDS', "Line 2: it seems"),
        (f"while read t; do kafka-acls {ADD} $t; done < topics", r"Line 1: what '\$t' stands for"),
        (f"t=x\nread t\nkafka-acls {ADD} $t", r"Line 3: what '\$t' stands for"),
        (f"for t in $(cat topics); do kafka-acls {ADD} $t; done", r"Line 1: what '\$t' stands for"),
        (f"T=(a b)\nkafka-acls {ADD} $T", r"Line 2: what '\$T' stands for"),
        (f"kafka-acls {ADD} {{a,b}}", r"Line 1: what '\{a,b\}' stands for"),
        (f"kafka-acls $MORE {ADD} t", r"Line 1: what '\$MORE' stands for"),
        (f"for t in a; do kafka-acls {ADD} $t", "Line 1: the loop has no end"),
    ],
)
def test_nothing_that_adds_rules_is_quietly_left_out(text: str, sentence: str) -> None:
    with pytest.raises(BadScript, match=sentence):
        read_script(text)


def test_quotes_keep_dollars() -> None:
    script = read_script(
        r"""kafka-acls --add --group '$x' --allow-principal User:a\ b --operation Read --topic "a\$b\\c" """
    )
    assert {rule.pattern.name for rule in script.rules} == {"$x", r"a$b\c"}
    assert {rule.entry.principal for rule in script.rules} == {"User:a b"}


# ---------------------------------------------------------------------------------------------- properties


def test_properties() -> None:
    text = (
        "# comment\n! another\n\nsecurity.protocol=SASL_SSL\n  a.b : c d \nspaced   value\nempty=\nalone\n"
        'sasl.jaas.config=org.apache.X required \\\n    username="a\\\\b" \\\n    password="p=w";\n'
        "escaped\\ key\\:x=\\u00e4\\t.\nlast=1\nlast=2"
    )
    assert parse_properties(text) == {
        "security.protocol": "SASL_SSL",
        "a.b": "c d ",
        "spaced": "value",
        "empty": "",
        "alone": "",
        "sasl.jaas.config": 'org.apache.X required username="a\\b" password="p=w";',
        "escaped key:x": "ä\t.",
        "last": "2",
    }
