"""Rules in words: what people type and what they are shown.

A resource is written `topic:orders` (or only `orders`), a pattern also `topic:orders-*` for all names that begin
with `orders-`, and `topic:*` for all topics. A name that itself holds a `*` needs `literal:` or `prefixed:` in
front. A principal without a type is a `User`. Behind the colon blanks count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from acl.model import (
    CLUSTER_NAME,
    EVERYBODY,
    OPERATIONS,
    PERMISSIONS,
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
    Word,
    host_of_address,
    label,
)


class BadWord(ValueError):
    """Something that was typed is not understood. The message is a sentence that says what would be."""


KIND_WORDS: Final = {
    ResourceType.TOPIC: "topic",
    ResourceType.GROUP: "group",
    ResourceType.CLUSTER: "cluster",
    ResourceType.TRANSACTIONAL_ID: "transactional-id",
    ResourceType.DELEGATION_TOKEN: "delegation-token",
    ResourceType.USER: "user",
}
PATTERN_WORDS: Final = {PatternType.LITERAL: "literal", PatternType.PREFIXED: "prefixed"}


def _squeezed(text: str) -> str:
    return re.sub(r"[-_ ]", "", text).lower()


def _spellings(words: Iterable[Word]) -> dict[str, Word]:
    return {_squeezed(word.name): word for word in words}


_OPERATIONS: Final = _spellings(OPERATIONS)
_KINDS: Final = _spellings(RESOURCE_TYPES)
_PATTERN_TYPES: Final = _spellings((*PATTERN_WORDS, PatternType.ANY, PatternType.MATCH))
_PERMISSIONS: Final = _spellings(PERMISSIONS)


def _word(spellings: dict[str, Word], text: str, what: str) -> int:
    word = spellings.get(_squeezed(text))
    if word is None:
        known = ", ".join(label(word) for word in spellings.values())
        raise BadWord(f"{text!r} is no {what}: it must be one of {known}.")
    return word


def parse_operation(text: str) -> Operation:
    """In any capitals, with or without hyphens. Raises: BadWord."""
    return Operation(_word(_OPERATIONS, text, "operation"))


def parse_operations(text: str) -> tuple[Operation, ...]:
    """Several with commas between. Raises: BadWord."""
    return tuple(parse_operation(part) for part in text.split(","))


def parse_resource_type(text: str) -> ResourceType:
    """Raises: BadWord."""
    return ResourceType(_word(_KINDS, text, "resource type"))


def parse_pattern_type(text: str) -> PatternType:
    """Also ANY and MATCH. Raises: BadWord."""
    return PatternType(_word(_PATTERN_TYPES, text, "pattern type"))


def parse_specific_pattern_type(text: str) -> PatternType:
    """Only what a rule may have. Raises: BadWord."""
    found = parse_pattern_type(text)
    if found not in PATTERN_WORDS:
        raise BadWord(f"{text!r} is for filters: a rule's pattern is literal or prefixed.")
    return found


def parse_permission(text: str) -> Permission:
    """Raises: BadWord."""
    return Permission(_word(_PERMISSIONS, text, "permission"))


def parse_principal(text: str) -> str:
    """`Type:name`; without a colon a User, `everybody` is User:*. Raises: BadWord."""
    kind, colon, name = text.partition(":")
    kind = kind.strip()
    if not colon:
        if not kind:
            raise BadWord("A principal is missing: write User:name.")
        return EVERYBODY if kind in ("everybody", WILDCARD) else f"User:{kind}"
    if not kind:
        raise BadWord(f"{text!r} has no principal type: write User:{name}.")
    return f"{kind}:{name}"


def parse_host(text: str) -> str:
    """A client's address as brokers write it and compare it with a rule's. Raises: BadWord."""
    try:
        return host_of_address(text)
    except ValueError:
        raise BadWord(
            f"{text!r} is no IP address, and brokers compare a rule's host with nothing else: no name, no range."
        ) from None


def parse_resource(text: str) -> Resource:
    """`kind:name`, `cluster`, or only a topic's name. Raises: BadWord."""
    kind, colon, name = text.partition(":")
    if _squeezed(kind.strip()) == "cluster" and name in ("", CLUSTER_NAME):
        return Resource(ResourceType.CLUSTER, CLUSTER_NAME)
    if not colon:
        kind, name = "topic", kind.strip()
    if not name:
        raise BadWord(f"{text!r} names no resource: write topic:NAME, group:NAME, cluster or the like.")
    return Resource(parse_resource_type(kind.strip()), name)


def require_asked(operation: Operation, resource: Resource) -> None:
    """Refuse what no broker ever asks. Raises: BadWord."""
    if resource.resource_type == ResourceType.CLUSTER and resource.name != CLUSTER_NAME:
        raise BadWord(f"There is no cluster {resource.name!r}: the only one is written 'cluster'.")
    sentence = never_asked(operation, resource.resource_type)
    if sentence is not None:
        raise BadWord(sentence)


def never_asked(operation: Operation, resource_type: ResourceType) -> str | None:
    """A sentence for an operation that means nothing on the type of resource."""
    supported = SUPPORTED_OPERATIONS.get(resource_type, ())
    if operation in (Operation.ALL, Operation.UNKNOWN, *supported):
        return None
    known = ", ".join(map(label, supported))
    return f"No request asks for {label(operation)} on a {kind_text(resource_type)}: only for {known}."


def parse_pattern(text: str) -> Pattern:
    """As parse_resource, and with a `*` at its end a prefix. Raises: BadWord."""
    word, _, rest = text.partition(":")
    for how, spelling in PATTERN_WORDS.items():
        if word.strip() == spelling and ":" in rest:
            resource = parse_resource(rest)
            return Pattern(resource.resource_type, how, resource.name)
    resource = parse_resource(text)
    if resource.name == WILDCARD or not resource.name.endswith(WILDCARD):
        if resource.resource_type == ResourceType.TOPIC and WILDCARD in resource.name[1:-1]:
            raise BadWord(f"{text!r}: a * stands only at the end of a pattern, or alone for all.")
        return Pattern(resource.resource_type, PatternType.LITERAL, resource.name)
    return Pattern(resource.resource_type, PatternType.PREFIXED, resource.name.removesuffix(WILDCARD))


def resource_text(resource: Resource) -> str:
    if resource.resource_type == ResourceType.CLUSTER and resource.name == CLUSTER_NAME:
        return "cluster"
    return f"{kind_text(resource.resource_type)}:{resource.name}"


def kind_text(resource_type: ResourceType) -> str:
    return KIND_WORDS.get(resource_type, label(resource_type).lower())


def pattern_text(pattern: Pattern) -> str:
    """What parse_pattern reads back."""
    plain = f"{kind_text(pattern.resource_type)}:{pattern.name}"
    if pattern.pattern_type == PatternType.PREFIXED:
        return f"prefixed:{plain}" if pattern.name in ("", WILDCARD) else f"{plain}*"
    if WILDCARD in pattern.name and pattern.name != WILDCARD:
        return f"literal:{plain}"
    return resource_text(Resource(pattern.resource_type, pattern.name))


def binding_text(binding: Binding) -> str:
    """`Allow User:alice Read topic:orders`, with the host where one is named."""
    entry = binding.entry
    place = "" if entry.host == WILDCARD else f" from {entry.host}"
    return (
        f"{label(entry.permission)} {entry.principal} {label(entry.operation)} "
        f"{pattern_text(binding.pattern)}{place}"
    )


_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def quoted(argument: str) -> str:
    """An argument as a POSIX shell takes it."""
    return argument if _PLAIN.fullmatch(argument) else "'" + argument.replace("'", "'\\''") + "'"


def command_text(arguments: Iterable[str]) -> str:
    return " ".join(map(quoted, arguments))


def pattern_arguments(pattern: Pattern) -> list[str]:
    """The options of `acl` and of Kafka's kafka-acls that name a pattern; of the cluster they know one name."""
    option = (
        "user-principal" if pattern.resource_type == ResourceType.USER else kind_text(pattern.resource_type)
    )
    if pattern.resource_type == ResourceType.CLUSTER:
        named = ["--cluster"]
    elif pattern.name.startswith("-"):  # else it would be taken for an option
        named = [f"--{option}={pattern.name}"]
    else:
        named = [f"--{option}", pattern.name]
    is_prefixed = pattern.pattern_type == PatternType.PREFIXED
    return [*named, "--resource-pattern-type", "prefixed"] if is_prefixed else named


def add_arguments(binding: Binding, operations: Sequence[Operation] = ()) -> list[str]:
    """The options of `acl add` and `kafka-acls --add` that make this rule, or it for several operations."""
    entry = binding.entry
    word = "allow" if entry.permission == Permission.ALLOW else "deny"
    arguments = [f"--{word}-principal", entry.principal]
    if entry.host != WILDCARD:
        arguments += [f"--{word}-host", entry.host]
    for operation in operations or (entry.operation,):
        arguments += ["--operation", label(operation)]
    return arguments + pattern_arguments(binding.pattern)


def remove_arguments(binding: Binding) -> list[str]:
    """The options of `acl remove` that choose exactly this rule."""
    entry = binding.entry
    return [
        *("--principal", entry.principal),
        *("--permission", label(entry.permission)),
        *("--operation", label(entry.operation)),
        *("--host", entry.host),
        *pattern_arguments(binding.pattern),
    ]


def counted(number: int, what: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


FIELDS: Final = (
    "principal",
    "permission",
    "operation",
    "resource_type",
    "pattern_type",
    "name",
    "host",
)
"""A rule as plain data: the keys of JSON and YAML, the columns of tables."""


def to_fields(binding: Binding) -> dict[str, str]:
    """A rule as plain data, in Kafka's spellings."""
    pattern, entry = binding.pattern, binding.entry
    return {
        "principal": entry.principal,
        "permission": label(entry.permission),
        "operation": label(entry.operation),
        "resource_type": label(pattern.resource_type),
        "pattern_type": pattern.pattern_type.name,
        "name": pattern.name,
        "host": entry.host,
    }


def from_fields(fields: Mapping[str, object]) -> Binding:
    """The rule that plain data describes. Raises: BadWord."""
    missing = [key for key in FIELDS[:4] + FIELDS[5:6] if not isinstance(fields.get(key), str)]
    if missing:
        raise BadWord(f"A rule needs {missing[0]!r} as text, and {dict(fields)!r} has none.")
    words = {key: str(fields.get(key, default)) for key, default in _FIELD_DEFAULTS.items()}
    pattern = Pattern(
        parse_resource_type(words["resource_type"]),
        parse_specific_pattern_type(words["pattern_type"]),
        words["name"],
    )
    entry = Entry(
        words["principal"] if ":" in words["principal"] else parse_principal(words["principal"]),
        parse_permission(words["permission"]),
        parse_operation(words["operation"]),
        words["host"],
    )
    return Binding(pattern, entry)


_FIELD_DEFAULTS: Final = {**dict.fromkeys(FIELDS, ""), "pattern_type": "LITERAL", "host": WILDCARD}
