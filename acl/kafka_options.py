"""[pure] The options of Kafka's kafka-acls: read from words as its parser does, and what rules they stand for.

Source: kafka.admin.AclCommand, 3.9.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

import attrs

from acl.document import CONSUMER, PRODUCER
from acl.model import (
    CLUSTER_PATTERN,
    OPERATIONS,
    PATTERN_TYPES,
    SUPPORTED_OPERATIONS,
    WILDCARD,
    Binding,
    Entry,
    Operation,
    Pattern,
    PatternFilter,
    PatternType,
    Permission,
    ResourceType,
    label,
    split_principal,
)


class WrongUse(ValueError):
    """The options do not fit together; the message is Kafka's."""


class BadOption(ValueError):
    """An option or its argument is not understood; the message is that of Kafka's parser."""


class Takes(Enum):
    """Whether an option has an argument."""

    NOTHING = 0
    ONE = 1
    PERHAPS_ONE = 2


OPTIONS: Final[Mapping[str, Takes]] = {
    **dict.fromkeys(
        (
            "add",
            "remove",
            "list",
            "cluster",
            "idempotent",
            "producer",
            "consumer",
            "force",
            "help",
            "version",
        ),
        Takes.NOTHING,
    ),
    **dict.fromkeys(
        (
            "bootstrap-server",
            "authorizer",
            "authorizer-properties",
            "zk-tls-config-file",
            "topic",
            "group",
            "transactional-id",
            "delegation-token",
            "user-principal",
            "resource-pattern-type",
            "operation",
            "allow-principal",
            "deny-principal",
            "allow-host",
            "deny-host",
        ),
        Takes.ONE,
    ),
    "command-config": Takes.PERHAPS_ONE,
    "principal": Takes.PERHAPS_ONE,
}


def parse_words(words: Sequence[str]) -> dict[str, list[str]]:
    """The options with their arguments, in order; an option without argument has an empty list.

    Words that are no options are passed over, as Kafka does.
    Raises: BadOption.
    """
    found: dict[str, list[str]] = {}
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            continue
        name, equals, argument = word.removeprefix("--").partition("=")
        takes = OPTIONS.get(name) if word.startswith("--") else None
        if takes is None:
            raise BadOption(f"{name if word.startswith('--') else word[1]} is not a recognized option")
        arguments = found.setdefault(name, [])
        if takes == Takes.NOTHING:
            continue  # an argument behind = is passed over
        if equals and argument:
            arguments.append(argument)
        elif takes == Takes.ONE:
            if at == len(words):
                raise BadOption(f"Option {name} requires an argument")
            arguments.append(words[at])
            at += 1
        elif at < len(words) and not words[at].startswith("-"):
            arguments.append(words[at])
            at += 1
    return found


@attrs.frozen
class RuleOptions:
    """The options that say which rules are meant."""

    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    transactional_ids: tuple[str, ...] = ()
    delegation_tokens: tuple[str, ...] = ()
    user_principals: tuple[str, ...] = ()
    cluster: bool = False
    pattern_type: PatternType = PatternType.LITERAL
    operations: tuple[Operation, ...] = (Operation.ALL,)
    allow_principals: tuple[str, ...] = ()
    deny_principals: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    deny_hosts: tuple[str, ...] = ()
    producer: bool = False
    consumer: bool = False
    idempotent: bool = False

    @classmethod
    def of_words(cls, found: Mapping[str, Sequence[str]]) -> RuleOptions:
        """From parse_words. Raises: ValueError, with Kafka's message, for an argument that is not understood."""
        given = {name: tuple(argument.strip() for argument in found.get(name, ())) for name in OPTIONS}
        principals = (*given["allow-principal"], *given["deny-principal"])
        for principal in principals:
            split_principal(principal)
        return cls(
            topics=given["topic"],
            groups=given["group"],
            transactional_ids=tuple(found.get("transactional-id", ())),
            delegation_tokens=given["delegation-token"],
            user_principals=given["user-principal"],
            cluster="cluster" in found,
            pattern_type=_pattern_type(given["resource-pattern-type"]),
            operations=tuple(_operation(word) for word in given["operation"] or ("All",)),
            allow_principals=given["allow-principal"],
            deny_principals=given["deny-principal"],
            allow_hosts=given["allow-host"],
            deny_hosts=given["deny-host"],
            producer="producer" in found,
            consumer="consumer" in found,
            idempotent="idempotent" in found,
        )


def _pattern_type(arguments: Sequence[str]) -> PatternType:
    if not arguments:
        return PatternType.LITERAL
    option = "resource-pattern-type"
    if len(arguments) > 1:
        raise ValueError(f"Found multiple arguments for option {option}, but you asked for only one")
    how = PatternType.__members__.get(arguments[0].upper(), PatternType.UNKNOWN)
    if how == PatternType.UNKNOWN:
        raise ValueError(f"Cannot parse argument '{arguments[0]}' of option {option}")
    return how


_OPERATIONS: Final = {label(operation).upper(): operation for operation in OPERATIONS}


def _operation(text: str) -> Operation:
    return _OPERATIONS.get(text.upper(), Operation.UNKNOWN)


# ---------------------------------------------------------------------------------------------- what they mean


def resource_filters(options: RuleOptions, *, required: bool = True) -> list[PatternFilter]:
    """The named resources as filters. Raises: WrongUse if none is named and one is required."""
    named = (
        (ResourceType.TOPIC, options.topics),
        (ResourceType.GROUP, options.groups),
        (ResourceType.TRANSACTIONAL_ID, options.transactional_ids),
        (ResourceType.DELEGATION_TOKEN, options.delegation_tokens),
        (ResourceType.USER, options.user_principals),
    )
    found = [PatternFilter(kind, options.pattern_type, name) for kind, names in named for name in names]
    if options.pattern_type == PatternType.LITERAL and (options.cluster or options.idempotent):
        found.append(CLUSTER_FILTER)
    if not found and required:
        raise WrongUse(
            "You must provide at least one resource: --topic <topic> or --cluster or --group <group> "
            "or --delegation-token <Delegation Token ID>"
        )
    return list(dict.fromkeys(found))


CLUSTER_FILTER: Final = PatternFilter(
    CLUSTER_PATTERN.resource_type, CLUSTER_PATTERN.pattern_type, CLUSTER_PATTERN.name
)


def entries(options: RuleOptions, operations: Iterable[Operation]) -> tuple[Entry, ...]:
    """The entries for these operations; none if no principal is named."""
    wanted = tuple(operations)
    both = (
        (Permission.ALLOW, options.allow_principals, options.allow_hosts),
        (Permission.DENY, options.deny_principals, options.deny_hosts),
    )
    return tuple(
        dict.fromkeys(
            Entry(principal, permission, operation, host)
            for permission, principals, hosts in both
            for principal in principals
            for operation in wanted
            for host in hosts or (WILDCARD,)
        )
    )


def filters_with_entries(options: RuleOptions) -> dict[PatternFilter, tuple[Entry, ...]]:
    """What is to be added to or removed from each resource; no entries: all of them.

    Raises: WrongUse.
    """
    filters = resource_filters(options)
    found: dict[PatternFilter, tuple[Entry, ...]] = {}
    if options.producer:
        for chosen in filters:
            if chosen.resource_type in (ResourceType.TOPIC, ResourceType.TRANSACTIONAL_ID):
                found[chosen] = entries(options, PRODUCER[chosen.resource_type])
        if options.idempotent:
            found[CLUSTER_FILTER] = entries(options, PRODUCER[ResourceType.CLUSTER])
    if options.consumer:
        for chosen in filters:
            if chosen.resource_type in CONSUMER:
                more = entries(options, CONSUMER[chosen.resource_type])
                found[chosen] = tuple(dict.fromkeys((*found.get(chosen, ()), *more)))
    if not options.producer and not options.consumer:
        found = dict.fromkeys(filters, entries(options, options.operations))
    for chosen, wanted in found.items():
        supported = (*SUPPORTED_OPERATIONS[chosen.resource_type], Operation.ALL)
        if any(entry.operation not in supported for entry in wanted):
            raise WrongUse(
                f"ResourceType {chosen.resource_type.name} only supports operations "
                f"{', '.join(map(label, supported))}"
            )
    return found


def additions(options: RuleOptions) -> dict[Pattern, tuple[Entry, ...]]:
    """The entries to add to each pattern. Raises: WrongUse."""
    if options.pattern_type not in PATTERN_TYPES:
        raise WrongUse(
            f"A '--resource-pattern-type' value of '{options.pattern_type.name}' is not valid when adding acls."
        )
    found = {
        Pattern(chosen.resource_type, chosen.pattern_type, chosen.name or ""): wanted
        for chosen, wanted in filters_with_entries(options).items()
    }
    if not all(found.values()):
        raise WrongUse(
            "You must specify one of: --allow-principal, --deny-principal when trying to add ACLs."
        )
    return found


def added_rules(options: RuleOptions) -> list[Binding]:
    """The rules that --add makes. Raises: WrongUse."""
    return [Binding(pattern, entry) for pattern, wanted in additions(options).items() for entry in wanted]


def require_fitting(found: Mapping[str, Sequence[str]]) -> None:
    """Kafka's checks of which options go together. Raises: WrongUse."""
    has = found.__contains__
    if sum(map(has, ("add", "remove", "list"))) != 1:
        raise WrongUse("Command must include exactly one action: --list, --add, --remove. ")
    principals = ("allow-host", "allow-principal", "deny-host", "deny-principal")
    _refuse_together(found, "list", ("producer", "consumer", *principals))
    for role in ("producer", "consumer"):
        _refuse_together(found, role, ("operation", "deny-principal", "deny-host"))
    if has("principal") and not has("list"):
        raise WrongUse("The --principal option is only available if --list is set")
    if has("producer") and not has("topic"):
        raise WrongUse("With --producer you must specify a --topic")
    if has("idempotent") and not has("producer"):
        raise WrongUse("The --idempotent option is only available if --producer is set")
    is_consumer_alone = has("consumer") and not has("producer")
    if has("consumer") and (
        not has("topic")
        or not has("group")
        or (is_consumer_alone and (has("cluster") or has("transactional-id")))
    ):
        raise WrongUse(
            "With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id "
            "option should be specified."
        )


def _refuse_together(found: Mapping[str, Sequence[str]], option: str, others: Sequence[str]) -> None:
    for other in others:
        if option in found and other in found:
            raise WrongUse(f'Option "[{option}]" can\'t be used with option "[{other}]"')
