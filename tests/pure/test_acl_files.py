"""Rules in files: every form says exactly the rules, whatever their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acl.files import FORMATS, BadFile, is_for_kafka_acls, load_rules, write_rules
from acl.model import (
    CLUSTER_PATTERN,
    OPERATIONS,
    PATTERN_TYPES,
    PERMISSIONS,
    RESOURCE_TYPES,
    Binding,
    Entry,
    Operation,
    Pattern,
    ResourceType,
    allow,
    literal,
    prefixed,
)

TOPIC = ResourceType.TOPIC
NAMES = st.text(
    st.sampled_from("ab*-_. ,:;#'\"\\$`={}[]&!|>%@?é")
    | st.characters(codec="utf-8", exclude_categories=["Cc"]),
    min_size=1,
    max_size=6,
)
"""What brokers take, and shells, CSV and YAML give a meaning of their own."""

PATTERNS = st.one_of(
    st.builds(
        Pattern,
        st.sampled_from([kind for kind in RESOURCE_TYPES if kind != ResourceType.CLUSTER]),
        st.sampled_from(PATTERN_TYPES),
        NAMES,
    ),
    st.sampled_from([CLUSTER_PATTERN, prefixed(ResourceType.CLUSTER, "kafka-cluster")]),
)
ENTRIES = st.builds(
    Entry,
    st.builds(lambda kind, name: f"{kind}:{name}", st.sampled_from(["User", "Group"]), NAMES | st.just("*")),
    st.sampled_from(PERMISSIONS),
    st.sampled_from(OPERATIONS),
    st.sampled_from(["*", "10.0.0.1", "a host"]),
)


@pytest.mark.parametrize("form", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.lists(st.builds(Binding, PATTERNS, ENTRIES), max_size=4, unique=True))
def test_a_file_says_exactly_the_rules(form: str, tmp_path: Path, rules: list[Binding]) -> None:
    file = tmp_path / "rules"
    file.write_text(write_rules(rules, form), encoding="utf-8")
    wanted = {rule for rule in rules if form != "kafka-acls" or is_for_kafka_acls(rule)}
    assert load_rules(file, form).rules == wanted


def test_what_kafka_acls_refuses_is_a_comment() -> None:
    strange = allow("User:a", Operation.WRITE, literal(ResourceType.GROUP, "g"))
    text = write_rules([strange], "kafka-acls")
    assert text == "#!/bin/sh\n# kafka-acls does not add: Allow User:a Write group:g\n"


KSM = "KafkaPrincipal,ResourceType,PatternType,ResourceName,Operation,PermissionType,Host"
RULE = allow("User:CN=a,O=b", Operation.READ, literal(TOPIC, "t"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f'{KSM}\n"User:CN=a,O=b",Topic,LITERAL,t,Read,Allow,*\n', RULE),
        (f'{KSM}\r\n\r\n"User:CN=a,O=b",TOPIC,literal,t,read,ALLOW,*\r\n', RULE),
        (f"{KSM.replace(',', ';')}\nUser:CN=a,O=b;Topic;LITERAL;t;Read;Allow;*\n", RULE),
        (f"{KSM.replace(',', '|')}\nUser:CN=a,O=b|Topic|LITERAL|t|Read|Allow|*\n", RULE),
        (f'{KSM.replace(",PatternType", "")}\n"User:CN=a,O=b",Topic,t,Read,Allow,*\n', RULE),
        (f"{KSM}\n#User:x,Topic,LITERAL,t,Read,Allow,*\nUser:CN=a,Topic,LITERAL,t,Read,Allow,*\n", None),
        (f"{KSM}\nUser:a,Group,PREFIXED, g ,Read,Allow, *\n", None),
    ],
)
def test_files_of_kafka_security_manager(text: str, rule: Binding | None, tmp_path: Path) -> None:
    file = tmp_path / "acls.csv"
    file.write_text(text, newline="")
    (found,) = load_rules(file).rules
    if rule is not None:
        assert found == rule
    elif found.pattern.resource_type == TOPIC:
        assert found.entry.principal == "User:CN=a"
    else:
        assert (found.pattern.name, found.entry.host) == (" g ", "*")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            f"{KSM}\nUser:CN=a,O=b,Topic,LITERAL,t,Read,Allow,*\n",
            "Line 2 has 8 columns.*needs quotation marks",
        ),
        (f"{KSM}\nUser:a,Topic,LITERAL,t,Reed,Allow,*\n", "Line 2: 'Reed' is no operation"),
        (f"{KSM},Comment\n", "The first line must name the columns KafkaPrincipal,"),
        (f"{KSM},Host\n", "The first line must name the columns KafkaPrincipal,"),
        ("", "The first line must name the columns KafkaPrincipal,"),
    ],
)
def test_files_that_are_not(text: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "acls.csv"
    file.write_text(text)
    with pytest.raises(BadFile, match=sentence):
        load_rules(file)
