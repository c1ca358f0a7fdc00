"""The indexed set against plain sets: built in any order, changed in any way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl.model import (
    ANY_BINDING,
    Binding,
    BindingFilter,
    Entry,
    EntryFilter,
    Operation,
    Pattern,
    PatternFilter,
    PatternType,
    Permission,
    Resource,
    ResourceType,
    allow,
    literal,
    prefixed,
)
from acl.sets import AclSet, by_pattern
from tests.pure.acl_strategies import (
    HOSTS,
    NAMES,
    PRINCIPALS,
    TYPES,
    bindings,
    entry_filters,
    odd_bindings,
    pattern_filters,
    questions,
)

TOPIC = ResourceType.TOPIC

changes = st.lists(st.tuples(st.booleans(), st.lists(odd_bindings, max_size=4)), max_size=6)


@given(st.lists(odd_bindings, max_size=10))
def test_it_holds_what_it_was_made_of(rules: list[Binding]) -> None:
    acls = AclSet(rules)
    assert set(acls) == set(rules)
    assert len(acls) == len(set(rules))
    assert all(rule in acls for rule in rules)
    assert acls == AclSet(reversed(rules)) == AclSet.of_patterns(by_pattern(rules))
    assert list(acls) == sorted(acls)


@given(st.lists(odd_bindings, max_size=6), changes, questions)
def test_changes_leave_the_sets_before_alone(
    rules: list[Binding], steps: list[tuple[bool, list[Binding]]], asked: object
) -> None:
    """After any additions and removals: the same content and index as one made at once; all before unchanged."""
    history: list[tuple[AclSet, set[Binding]]] = [(AclSet(rules), set(rules))]
    for is_addition, several in steps:
        acls, plain = history[-1]
        if is_addition:
            history.append((acls.add(several), plain | set(several)))
        else:
            history.append((acls.remove(several), plain - set(several)))
    for acls, plain in history:
        fresh = AclSet(plain)
        assert set(acls) == plain
        assert acls == fresh
        assert acls.principals() == fresh.principals()
        for resource in (Resource(kind, name) for kind in TYPES for name in ("a", "ab", "abc", "b", "c")):
            assert list(acls.applicable(resource)) == list(fresh.applicable(resource))
            assert acls.covers(resource) == fresh.covers(resource)
            for permission in (Permission.ALLOW, Permission.DENY):
                for principal in PRINCIPALS:
                    for host in HOSTS:
                        where = ((principal,), (Operation.READ, Operation.ALL), (host,), resource)
                        assert acls.find(permission, *where) == fresh.find(permission, *where)


@given(st.lists(odd_bindings))
def test_rules_come_sorted(rules: list[Binding]) -> None:
    acls = AclSet(rules)
    assert list(acls) == sorted(set(rules)) == list(acls.matching())


def test_whoever_is_named_by_a_rule_of_an_unknown_permission_stays_known() -> None:
    pattern = literal(ResourceType.TOPIC, "a")
    known = Binding(pattern, Entry("User:bob", Permission.DENY, Operation.ALL))
    unknown = Binding(pattern, Entry("User:bob", Permission.UNKNOWN, Operation.ALL))
    acls = AclSet([known, unknown]).remove([known])
    assert acls == AclSet([unknown])
    assert acls.principals() == {"User:bob"}
    assert acls.remove([unknown]).principals() == frozenset()


def test_unchanged_parts_are_shared() -> None:
    """Replacing one pattern of many copies little: the other principals' rules are the very same objects."""
    many = AclSet(allow(f"User:{n}", Operation.READ, literal(TOPIC, f"t{n}")) for n in range(1000))
    more = many.add([allow("User:new", Operation.READ, literal(TOPIC, "t1"))])
    old, new = many._types[TOPIC].by_principal, more._types[TOPIC].by_principal
    assert sum(new.get(name) is rules for name, rules in old.items()) == 1000


def test_only_specific_patterns_are_kept() -> None:
    for how in (PatternType.ANY, PatternType.MATCH, PatternType.UNKNOWN):
        with pytest.raises(ValueError, match="neither literal nor prefixed"):
            AclSet([allow("User:a", Operation.READ, Pattern(TOPIC, how, "x"))])


@given(st.lists(bindings, max_size=12), pattern_filters, entry_filters)
def test_filters_choose_the_same_from_the_set_as_one_by_one(
    rules: list[Binding], patterns: PatternFilter, entries: EntryFilter
) -> None:
    chosen = BindingFilter(patterns, entries)
    assert list(AclSet(rules).matching(chosen)) == sorted({rule for rule in rules if chosen.matches(rule)})
    assert list(AclSet(rules).matching(ANY_BINDING)) == sorted(set(rules))


@given(bindings, bindings)
def test_an_exact_filter_passes_one_rule(one: Binding, other: Binding) -> None:
    assert BindingFilter.exactly(one).matches(other) == (one == other)


@pytest.mark.parametrize(
    ("how", "name", "passed"),
    [
        (PatternType.LITERAL, "orders", {"orders"}),
        (PatternType.PREFIXED, "orders", {"orders*"}),
        (PatternType.ANY, "orders", {"orders", "orders*"}),
        (PatternType.MATCH, "orders", {"orders", "orders*", "o*", "*"}),
        (PatternType.MATCH, "orders-2", {"orders*", "o*", "*"}),
        (PatternType.ANY, None, {"orders", "orders*", "o*", "*", "other"}),
    ],
)
def test_pattern_filters(how: PatternType, name: str | None, passed: set[str]) -> None:
    patterns = {
        "orders": literal(TOPIC, "orders"),
        "orders*": prefixed(TOPIC, "orders"),
        "o*": prefixed(TOPIC, "o"),
        "*": literal(TOPIC, "*"),
        "other": literal(TOPIC, "other"),
    }
    chosen = PatternFilter(TOPIC, how, name)
    assert {text for text, pattern in patterns.items() if chosen.matches(pattern)} == passed


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.booleans(), st.booleans())
def test_a_wider_pattern_covers_what_the_narrower_does(
    one: str, other: str, one_is_prefix: bool, other_is_prefix: bool
) -> None:
    wide = prefixed(TOPIC, one) if one_is_prefix else literal(TOPIC, one)
    narrow = prefixed(TOPIC, other) if other_is_prefix else literal(TOPIC, other)
    world = [
        Resource(TOPIC, name) for name in ("a", "ab", "abc", "abcd", "b", "ba", "bab", "c", "*", "*x", "zz")
    ]
    covered = all(wide.covers(resource) for resource in world if narrow.covers(resource))
    assert wide.covers_pattern(narrow) == covered


def test_entries_of_a_pattern() -> None:
    pattern = literal(TOPIC, "orders")
    acls = AclSet([allow("User:a", Operation.READ, pattern)])
    assert acls.entries(pattern) == {Entry("User:a", Permission.ALLOW, Operation.READ)}
    assert acls.entries(prefixed(TOPIC, "orders")) == frozenset()
    assert list(acls.replace({pattern: ()}).patterns()) == []
    assert repr(acls) == "AclSet(1 rules on 1 patterns)"
