"""Small worlds of rules and requests, in which rules often meet the request."""

from __future__ import annotations

from hypothesis import strategies as st

from acl.explain import Question
from acl.model import (
    EVERYBODY,
    OPERATIONS,
    PATTERN_TYPES,
    PERMISSIONS,
    WILDCARD,
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
)

PRINCIPALS = ("User:alice", "User:bob", "Group:alice", EVERYBODY)
HOSTS = ("10.0.0.1", "10.0.0.2", WILDCARD)
NAMES = ("a", "ab", "abc", "b", "ba", WILDCARD)
TYPES = (ResourceType.TOPIC, ResourceType.GROUP)
OPERATIONS_MET = (
    Operation.ALL,
    Operation.READ,
    Operation.WRITE,
    Operation.DELETE,
    Operation.ALTER,
    Operation.DESCRIBE,
    Operation.DESCRIBE_CONFIGS,
    Operation.ALTER_CONFIGS,
)

patterns = st.builds(Pattern, st.sampled_from(TYPES), st.sampled_from(PATTERN_TYPES), st.sampled_from(NAMES))
entries = st.builds(
    Entry,
    st.sampled_from(PRINCIPALS),
    st.sampled_from(PERMISSIONS),
    st.sampled_from(OPERATIONS_MET),
    st.sampled_from(HOSTS),
)
bindings = st.builds(Binding, patterns, entries)
odd_entries = st.builds(
    Entry,
    st.sampled_from(PRINCIPALS),
    st.sampled_from((*PERMISSIONS, Permission.UNKNOWN)),
    st.sampled_from((*OPERATIONS_MET, Operation.UNKNOWN)),
    st.sampled_from(HOSTS),
)
odd_bindings = st.builds(Binding, patterns, odd_entries)
questions = st.builds(
    Question,
    st.sampled_from(PRINCIPALS[:3]),
    st.sampled_from(OPERATIONS_MET[1:]),
    st.builds(Resource, st.sampled_from(TYPES), st.sampled_from(("a", "ab", "abc", "abcd", "b", "c"))),
    st.sampled_from(HOSTS[:2]),
)
pattern_filters = st.builds(
    PatternFilter,
    st.sampled_from((ResourceType.ANY, *TYPES)),
    st.sampled_from((PatternType.ANY, PatternType.MATCH, PatternType.LITERAL, PatternType.PREFIXED)),
    st.sampled_from((None, *NAMES)),
)
entry_filters = st.builds(
    EntryFilter,
    st.sampled_from((None, *PRINCIPALS)),
    st.sampled_from((Permission.ANY, Permission.ALLOW, Permission.DENY)),
    st.sampled_from((Operation.ANY, Operation.READ, Operation.ALL)),
    st.sampled_from((None, *HOSTS)),
)
binding_filters = st.builds(BindingFilter, pattern_filters, entry_filters)
any_word = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=8)
any_entries = st.builds(
    Entry,
    st.builds("{}:{}".format, any_word.filter(lambda text: ":" not in text), any_word),
    st.sampled_from(PERMISSIONS),
    st.sampled_from(OPERATIONS),
    any_word,
)
