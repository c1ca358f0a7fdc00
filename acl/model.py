"""The words of access control: operations, resources, patterns, rules and filters. Values only.

Source: org.apache.kafka.common.acl and .resource; the numbers are those of the wire.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from operator import attrgetter
from typing import Final

import attrs


class Operation(IntEnum):
    """What somebody wants to do. The value is the wire code, and the bit of authorized-operations fields."""

    UNKNOWN = 0
    ANY = 1
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12
    CREATE_TOKENS = 13
    DESCRIBE_TOKENS = 14


class ResourceType(IntEnum):
    """What kind of thing has the name."""

    UNKNOWN = 0
    ANY = 1
    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5
    DELEGATION_TOKEN = 6
    USER = 7


class PatternType(IntEnum):
    """How a pattern's name covers resources. ANY and MATCH are for filters. Source: KIP-290."""

    UNKNOWN = 0
    ANY = 1  # literal and prefixed patterns of exactly this name
    MATCH = 2  # every pattern that covers the resource of this name
    LITERAL = 3
    PREFIXED = 4


class Permission(IntEnum):
    """Whether a rule gives or takes."""

    UNKNOWN = 0
    ANY = 1
    DENY = 2
    ALLOW = 3


Word = Operation | ResourceType | PatternType | Permission

WILDCARD: Final = "*"  # as a literal name every resource of the type, as a host every host
EVERYBODY: Final = "User:*"  # as a rule's principal: every principal, of whatever type
CLUSTER_NAME: Final = "kafka-cluster"

RESOURCE_TYPES: Final = tuple(kind for kind in ResourceType if kind > ResourceType.ANY)
OPERATIONS: Final = tuple(operation for operation in Operation if operation > Operation.ANY)
PATTERN_TYPES: Final = (PatternType.LITERAL, PatternType.PREFIXED)
PERMISSIONS: Final = (Permission.DENY, Permission.ALLOW)

# The operations that mean something for a resource type, in the order of their codes. Source: AclEntry.java.
SUPPORTED_OPERATIONS: dict[ResourceType, tuple[Operation, ...]] = {
    ResourceType.TOPIC: (
        Operation.READ,
        Operation.WRITE,
        Operation.CREATE,
        Operation.DELETE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    ),
    ResourceType.GROUP: (Operation.READ, Operation.DELETE, Operation.DESCRIBE),
    ResourceType.CLUSTER: (
        Operation.CREATE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.CLUSTER_ACTION,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
        Operation.IDEMPOTENT_WRITE,
    ),
    ResourceType.TRANSACTIONAL_ID: (Operation.WRITE, Operation.DESCRIBE),
    ResourceType.DELEGATION_TOKEN: (Operation.DESCRIBE,),
    ResourceType.USER: (Operation.CREATE_TOKENS, Operation.DESCRIBE_TOKENS),
}

# What else an allowing rule for one of these operations answers; a denying rule implies nothing. Source: KIP-11.
IMPLIED_BY: Final[dict[Operation, tuple[Operation, ...]]] = {
    Operation.DESCRIBE: (Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER),
    Operation.DESCRIBE_CONFIGS: (Operation.ALTER_CONFIGS,),
}


@lru_cache(maxsize=None, typed=True)  # typed: words of different kinds are equal as numbers
def label(word: Word) -> str:
    """The spelling of znodes, tools and logs: DescribeConfigs, TransactionalId, Allow."""
    return "".join(part.capitalize() for part in word.name.split("_"))


def operation_of_code(code: int) -> Operation:
    """UNKNOWN for a code of a later Kafka."""
    return Operation(code) if code in Operation._value2member_map_ else Operation.UNKNOWN


def resource_type_of_code(code: int) -> ResourceType:
    """UNKNOWN for a code of a later Kafka."""
    return ResourceType(code) if code in ResourceType._value2member_map_ else ResourceType.UNKNOWN


def pattern_type_of_code(code: int) -> PatternType:
    """UNKNOWN for a code of a later Kafka."""
    return PatternType(code) if code in PatternType._value2member_map_ else PatternType.UNKNOWN


def permission_of_code(code: int) -> Permission:
    """UNKNOWN for a code of a later Kafka."""
    return Permission(code) if code in Permission._value2member_map_ else Permission.UNKNOWN


def split_principal(text: str) -> tuple[str, str]:
    """Type and name of `Type:name`; the name may hold colons.

    Raises: ValueError, with Kafka's sentence.
    """
    kind, colon, name = text.partition(":")
    if not colon:
        raise ValueError(f"expected a string in format principalType:principalName but got {text}")
    return kind, name


def host_of_address(address: str) -> str:
    """A peer's address as Java writes it, which is what a rule's host is compared with.

    IPv6 stands uncompressed (0:0:0:0:0:0:0:1), an IPv4 address mapped into IPv6 as IPv4.
    Raises: ValueError if it is no IP address.
    """
    bare, percent, scope = address.partition("%")
    parsed = ip_address(bare)
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    groups = (f"{int(group, 16):x}" for group in parsed.exploded.split(":"))
    return ":".join(groups) + percent + scope


@attrs.frozen(order=True)
class Resource:
    """One thing with a name, not a pattern."""

    resource_type: ResourceType
    name: str


CLUSTER = Resource(ResourceType.CLUSTER, CLUSTER_NAME)


@attrs.frozen(order=True, cache_hash=True)
class Pattern:
    """The resources a rule is about. LITERAL `*` covers all of the type; PREFIXED `*` only names that begin so."""

    resource_type: ResourceType
    pattern_type: PatternType
    name: str

    def covers(self, resource: Resource) -> bool:
        """Whether rules of this pattern apply to the resource."""
        if resource.resource_type != self.resource_type:
            return False
        if self.pattern_type == PatternType.PREFIXED:
            return self.name != "" and resource.name.startswith(self.name)
        return self.pattern_type == PatternType.LITERAL and self.name in (resource.name, WILDCARD)

    def covers_pattern(self, other: Pattern) -> bool:
        """Whether this covers every resource that the other covers."""
        if other.resource_type != self.resource_type:
            return False
        if self.pattern_type == PatternType.LITERAL and self.name == WILDCARD:
            return True
        if self.pattern_type == PatternType.LITERAL:
            return self == other
        is_all = other.pattern_type == PatternType.LITERAL and other.name == WILDCARD
        return not is_all and self.name != "" and other.name.startswith(self.name)

    def __str__(self) -> str:
        """As Java prints it."""
        kind, how = self.resource_type.name, self.pattern_type.name
        return f"ResourcePattern(resourceType={kind}, name={self.name}, patternType={how})"


def literal(resource_type: ResourceType, name: str) -> Pattern:
    return Pattern(resource_type, PatternType.LITERAL, name)


def prefixed(resource_type: ResourceType, name: str) -> Pattern:
    return Pattern(resource_type, PatternType.PREFIXED, name)


CLUSTER_PATTERN = literal(ResourceType.CLUSTER, CLUSTER_NAME)


@attrs.frozen(order=True, cache_hash=True)
class Entry:
    """Who may or may not do what, from where; the half of a rule that a pattern's znode lists."""

    principal: str  # Type:name; User:* is everybody
    permission: Permission
    operation: Operation  # ALL stands for every operation
    host: str = WILDCARD  # an IP address in Java's spelling, or * for every host; nothing else ever matches

    def __str__(self) -> str:
        """As Java prints it."""
        return (
            f"(principal={self.principal}, host={self.host}, operation={self.operation.name}, "
            f"permissionType={self.permission.name})"
        )


_ORDER: Final = attrgetter("principal", "permission", "operation", "host")


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Sorted as entries compare, at a tenth of the cost."""
    return sorted(entries, key=_ORDER)


@attrs.frozen(order=True, cache_hash=True)
class Binding:
    """One rule: an entry on a pattern. What Kafka calls an ACL binding."""

    pattern: Pattern
    entry: Entry

    @property
    def is_unknown(self) -> bool:
        """Whether it holds a word that this version does not know, or that is only for filters."""
        words = (self.pattern.resource_type, self.entry.operation, self.entry.permission)
        return any(word <= 1 for word in words) or self.pattern.pattern_type not in PATTERN_TYPES


def allow(principal: str, operation: Operation, pattern: Pattern, host: str = WILDCARD) -> Binding:
    return Binding(pattern, Entry(principal, Permission.ALLOW, operation, host))


def deny(principal: str, operation: Operation, pattern: Pattern, host: str = WILDCARD) -> Binding:
    return Binding(pattern, Entry(principal, Permission.DENY, operation, host))


@attrs.frozen
class PatternFilter:
    """Chooses patterns. Source: ResourcePatternFilter.java."""

    resource_type: ResourceType = ResourceType.ANY
    pattern_type: PatternType = PatternType.ANY
    name: str | None = None  # None: whatever the name

    def matches(self, pattern: Pattern) -> bool:
        if self.resource_type not in (ResourceType.ANY, pattern.resource_type):
            return False
        if self.pattern_type not in (PatternType.ANY, PatternType.MATCH, pattern.pattern_type):
            return False
        if self.name is None:
            return True
        if self.pattern_type != PatternType.MATCH:
            return self.name == pattern.name
        if pattern.pattern_type == PatternType.PREFIXED:
            return self.name.startswith(pattern.name)
        return pattern.name in (self.name, WILDCARD)

    @property
    def names_its_patterns(self) -> bool:
        """Whether the patterns it can match follow from it alone. Source: matchesAtMostOne."""
        return (
            self.resource_type > ResourceType.ANY
            and self.name is not None
            and self.pattern_type in (PatternType.ANY, *PATTERN_TYPES)
        )

    def named_patterns(self) -> tuple[Pattern, ...]:
        """The patterns it can match; empty if they do not follow from it alone."""
        if not self.names_its_patterns or self.name is None:
            return ()
        kinds = PATTERN_TYPES if self.pattern_type == PatternType.ANY else (self.pattern_type,)
        return tuple(Pattern(self.resource_type, kind, self.name) for kind in kinds)

    def __str__(self) -> str:
        """As Java prints it."""
        name = "<any>" if self.name is None else self.name
        kind, how = self.resource_type.name, self.pattern_type.name
        return f"ResourcePattern(resourceType={kind}, name={name}, patternType={how})"


@attrs.frozen
class EntryFilter:
    """Chooses entries; None and ANY choose all. Source: AccessControlEntryFilter.java."""

    principal: str | None = None
    permission: Permission = Permission.ANY
    operation: Operation = Operation.ANY
    host: str | None = None

    def matches(self, entry: Entry) -> bool:
        return (
            self.principal in (None, entry.principal)
            and self.host in (None, entry.host)
            and self.operation in (Operation.ANY, entry.operation)
            and self.permission in (Permission.ANY, entry.permission)
        )

    @classmethod
    def exactly(cls, entry: Entry) -> EntryFilter:
        """The filter that only this entry passes."""
        return cls(entry.principal, entry.permission, entry.operation, entry.host)


ANY_PATTERN: Final = PatternFilter()
ANY_ENTRY: Final = EntryFilter()


@attrs.frozen
class BindingFilter:
    """Chooses rules: what DescribeAcls and DeleteAcls carry."""

    pattern: PatternFilter = ANY_PATTERN
    entry: EntryFilter = ANY_ENTRY

    def matches(self, binding: Binding) -> bool:
        return self.pattern.matches(binding.pattern) and self.entry.matches(binding.entry)

    @property
    def is_unknown(self) -> bool:
        """Whether it holds a word that this version does not know."""
        pattern, entry = self.pattern, self.entry
        return 0 in (pattern.resource_type, pattern.pattern_type, entry.operation, entry.permission)

    @classmethod
    def exactly(cls, binding: Binding) -> BindingFilter:
        """The filter that only this rule passes."""
        pattern = binding.pattern
        return cls(
            PatternFilter(pattern.resource_type, pattern.pattern_type, pattern.name),
            EntryFilter.exactly(binding.entry),
        )


ANY_BINDING: Final = BindingFilter()
