"""[pure] The rules of a cluster as one immutable set, indexed for the question asked at every request.

A check looks up the few (permission, operation, host) combinations that could match under the principal and
under `User:*`, and in each only the name, its prefixes and `*`: its cost does not grow with the number of rules.
Replacing one pattern's entries copies only the parts of the index they stand in, so that a set in use never
changes under its user.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from acl.model import (
    ANY_BINDING,
    PATTERN_TYPES,
    WILDCARD,
    Binding,
    BindingFilter,
    Entry,
    Operation,
    Pattern,
    PatternType,
    Permission,
    Resource,
    ResourceType,
    in_order,
)

NO_ENTRIES: Final[frozenset[Entry]] = frozenset()

# Under one principal and permission: rules by operation and host.
_Key = tuple[Operation, str]


@attrs.define(eq=False)
class _Names:
    """The patterns that carry one entry: the rules by name."""

    literal: dict[str, Binding]
    prefixed: dict[str, Binding]
    lengths: tuple[int, ...] = ()  # of the prefixes, longest first

    def copy(self) -> _Names:
        return _Names(dict(self.literal), dict(self.prefixed), self.lengths)

    def find(self, name: str) -> Binding | None:
        """The most specific rule that covers the name."""
        found = self.literal.get(name)
        if found is not None:
            return found
        if self.lengths:
            size, get = len(name), self.prefixed.get
            for length in self.lengths:
                if length <= size:
                    found = get(name[:length])
                    if found is not None:
                        return found
        return self.literal.get(WILDCARD)


@attrs.define(eq=False)
class _Rules:
    """What one principal's rules on one resource type say."""

    deny: dict[_Key, _Names]
    allow: dict[_Key, _Names]
    unknown: int = 0  # rules of an unknown permission

    def copy(self) -> _Rules:
        return _Rules(dict(self.deny), dict(self.allow), self.unknown)


@attrs.define(eq=False)
class _TypeIndex:
    """The rules on one resource type."""

    literal: dict[str, frozenset[Entry]]
    prefixed: dict[str, frozenset[Entry]]
    by_principal: dict[str, _Rules]
    lengths: tuple[int, ...] = ()  # of the prefixed patterns' names, longest first

    def copy(self) -> _TypeIndex:
        return _TypeIndex(dict(self.literal), dict(self.prefixed), dict(self.by_principal), self.lengths)

    def of(self, pattern_type: PatternType) -> dict[str, frozenset[Entry]]:
        return self.prefixed if pattern_type == PatternType.PREFIXED else self.literal

    def covering(self, name: str) -> Iterator[tuple[PatternType, str]]:
        """Type and name of the patterns that cover a resource name, the most specific first."""
        if name in self.literal and name != WILDCARD:
            yield PatternType.LITERAL, name
        for length in self.lengths:
            if length <= len(name) and name[:length] in self.prefixed:
                yield PatternType.PREFIXED, name[:length]
        if WILDCARD in self.literal:
            yield PatternType.LITERAL, WILDCARD


def by_pattern(bindings: Iterable[Binding]) -> dict[Pattern, set[Entry]]:
    """The entries of each pattern."""
    entries: dict[Pattern, set[Entry]] = {}
    for binding in bindings:
        entries.setdefault(binding.pattern, set()).add(binding.entry)
    return entries


class AclSet:
    """An immutable set of rules. Equal sets compare equal, whatever the order they were built in."""

    __slots__ = ("_count", "_types")

    def __init__(self, bindings: Iterable[Binding] = ()) -> None:
        """Raises: ValueError for a pattern that is neither literal nor prefixed."""
        self._types: dict[ResourceType, _TypeIndex] = {}
        self._count = 0
        self._edit(by_pattern(bindings))

    @classmethod
    def of_patterns(cls, entries: Mapping[Pattern, Iterable[Entry]]) -> AclSet:
        """The set with these entries on each pattern."""
        return cls().replace(entries)

    # ------------------------------------------------------------------ looking

    def __len__(self) -> int:
        """The number of rules."""
        return self._count

    def __iter__(self) -> Iterator[Binding]:
        """The rules, sorted by pattern."""
        for pattern in self.patterns():
            for entry in in_order(self.entries(pattern)):
                yield Binding(pattern, entry)

    def __contains__(self, binding: object) -> bool:
        return isinstance(binding, Binding) and binding.entry in self.entries(binding.pattern)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AclSet):
            return NotImplemented
        return self._count == other._count and self._content() == other._content()

    def __repr__(self) -> str:
        return f"AclSet({self._count} rules on {sum(1 for _ in self.patterns())} patterns)"

    def _content(self) -> dict[ResourceType, tuple[dict[str, frozenset[Entry]], dict[str, frozenset[Entry]]]]:
        return {
            kind: (index.literal, index.prefixed)
            for kind, index in self._types.items()
            if index.literal or index.prefixed
        }

    def patterns(self) -> Iterator[Pattern]:
        """The patterns that carry rules, sorted."""
        for kind in sorted(self._types):
            for how in PATTERN_TYPES:
                for name in sorted(self._types[kind].of(how)):
                    yield Pattern(kind, how, name)

    def entries(self, pattern: Pattern) -> frozenset[Entry]:
        """The entries of exactly this pattern."""
        index = self._types.get(pattern.resource_type)
        if index is None or pattern.pattern_type not in PATTERN_TYPES:
            return NO_ENTRIES
        return index.of(pattern.pattern_type).get(pattern.name, NO_ENTRIES)

    def principals(self) -> frozenset[str]:
        """Everybody a rule names."""
        return frozenset(principal for index in self._types.values() for principal in index.by_principal)

    def matching(self, chosen: BindingFilter = ANY_BINDING) -> Iterator[Binding]:
        """The rules that pass the filter, sorted by pattern."""
        matches = chosen.entry.matches
        for pattern in chosen.pattern.named_patterns() or self.patterns():
            if chosen.pattern.matches(pattern):
                for entry in in_order(each for each in self.entries(pattern) if matches(each)):
                    yield Binding(pattern, entry)

    def covers(self, resource: Resource) -> bool:
        """Whether any rule, of whomever, applies to the resource."""
        index = self._types.get(resource.resource_type)
        return index is not None and next(index.covering(resource.name), None) is not None

    def covering(self, resource: Resource) -> Iterator[Pattern]:
        """The patterns with rules that cover the resource, the most specific first."""
        index = self._types.get(resource.resource_type)
        if index is not None:
            for how, name in index.covering(resource.name):
                yield Pattern(resource.resource_type, how, name)

    def applicable(self, resource: Resource) -> Iterator[Binding]:
        """The rules on patterns that cover the resource, the most specific pattern first."""
        for pattern in self.covering(resource):
            for entry in in_order(self.entries(pattern)):
                yield Binding(pattern, entry)

    def find(
        self,
        permission: Permission,
        principals: tuple[str, ...],
        operations: tuple[Operation, ...],
        hosts: tuple[str, ...],
        resource: Resource,
    ) -> Binding | None:
        """A rule of this permission that names one of the principals, operations and hosts and covers the
        resource; the earlier principal, then operation, then host, then the more specific pattern is preferred.
        """
        index = self._types.get(resource.resource_type)
        if index is None:
            return None
        name = resource.name
        for principal in principals:
            rules = index.by_principal.get(principal)
            if rules is None:
                continue
            keyed = rules.deny if permission == Permission.DENY else rules.allow
            if not keyed:
                continue
            for operation in operations:
                for host in hosts:
                    names = keyed.get((operation, host))
                    if names is not None:
                        found = names.find(name)
                        if found is not None:
                            return found
        return None

    def names(
        self,
        permission: Permission,
        principals: tuple[str, ...],
        operations: tuple[Operation, ...],
        hosts: tuple[str, ...],
        resource_type: ResourceType,
    ) -> Iterator[tuple[Mapping[str, Binding], Mapping[str, Binding]]]:
        """Literal and prefixed names with their rules, for each such entry that stands on any pattern."""
        index = self._types.get(resource_type)
        if index is None:
            return
        for principal in principals:
            rules = index.by_principal.get(principal)
            if rules is None:
                continue
            keyed = rules.deny if permission == Permission.DENY else rules.allow
            for operation in operations:
                for host in hosts:
                    names = keyed.get((operation, host))
                    if names is not None:
                        yield names.literal, names.prefixed

    # ------------------------------------------------------------------ making others

    def replace(self, entries: Mapping[Pattern, Iterable[Entry]]) -> AclSet:
        """The set in which these patterns carry exactly these entries; none removes the pattern.

        Raises: ValueError for a pattern that is neither literal nor prefixed.
        """
        changed = AclSet.__new__(AclSet)
        changed._types = dict(self._types)
        changed._count = self._count
        changed._edit(entries)
        return changed

    def add(self, bindings: Iterable[Binding]) -> AclSet:
        """The set with these rules, too."""
        wanted = by_pattern(bindings)
        return self.replace({pattern: self.entries(pattern) | more for pattern, more in wanted.items()})

    def remove(self, bindings: Iterable[Binding]) -> AclSet:
        """The set without these rules."""
        unwanted = by_pattern(bindings)
        return self.replace({pattern: self.entries(pattern) - less for pattern, less in unwanted.items()})

    def _edit(self, changes: Mapping[Pattern, Iterable[Entry]]) -> None:
        """Apply the changes to this set, which nobody else has seen yet; shared parts are copied first."""
        edit = _Edit(self._types)
        for pattern, entries in changes.items():
            if pattern.pattern_type not in PATTERN_TYPES:
                raise ValueError(f"{pattern} is neither literal nor prefixed")
            new, old = frozenset(entries), self.entries(pattern)
            if new != old:
                edit.replace(pattern, old, new)
                self._count += len(new) - len(old)
        edit.finish()


class _Edit:
    """One round of changes; what it has copied once it may change."""

    def __init__(self, types: dict[ResourceType, _TypeIndex]) -> None:
        self._types = types
        self._own: set[int] = set()  # ids of the parts made in this round, which live as long as it does
        self._prefix_moved: dict[int, _TypeIndex | _Names] = {}

    def replace(self, pattern: Pattern, old: frozenset[Entry], new: frozenset[Entry]) -> None:
        index = self._type_index(pattern.resource_type)
        names = index.of(pattern.pattern_type)
        if new:
            names[pattern.name] = new
        else:
            names.pop(pattern.name, None)
        if pattern.pattern_type == PatternType.PREFIXED and bool(old) != bool(new):
            self._prefix_moved[id(index)] = index
        for entry in old - new:
            self._drop(index, pattern, entry)
        for entry in new - old:
            self._put(index, pattern, entry)

    def _type_index(self, kind: ResourceType) -> _TypeIndex:
        index = self._types.get(kind)
        if index is None or id(index) not in self._own:
            index = _TypeIndex({}, {}, {}) if index is None else index.copy()
            self._types[kind] = index
            self._own.add(id(index))
        return index

    def _rules(self, index: _TypeIndex, principal: str) -> _Rules:
        rules = index.by_principal.get(principal)
        if rules is None or id(rules) not in self._own:
            rules = _Rules({}, {}) if rules is None else rules.copy()
            index.by_principal[principal] = rules
            self._own.add(id(rules))
        return rules

    def _names(self, keyed: dict[_Key, _Names], key: _Key) -> _Names:
        names = keyed.get(key)
        if names is None or id(names) not in self._own:
            names = _Names({}, {}) if names is None else names.copy()
            keyed[key] = names
            self._own.add(id(names))
        return names

    def _put(self, index: _TypeIndex, pattern: Pattern, entry: Entry) -> None:
        rules = self._rules(index, entry.principal)
        keyed = _keyed(rules, entry.permission)
        if keyed is None:
            rules.unknown += 1
            return
        names = self._names(keyed, (entry.operation, entry.host))
        if pattern.pattern_type == PatternType.PREFIXED:
            names.prefixed[pattern.name] = Binding(pattern, entry)
            self._prefix_moved[id(names)] = names
        else:
            names.literal[pattern.name] = Binding(pattern, entry)

    def _drop(self, index: _TypeIndex, pattern: Pattern, entry: Entry) -> None:
        rules = self._rules(index, entry.principal)
        keyed = _keyed(rules, entry.permission)
        key = (entry.operation, entry.host)
        if keyed is None:
            rules.unknown -= 1
        else:
            names = self._names(keyed, key)
            if pattern.pattern_type == PatternType.PREFIXED:
                del names.prefixed[pattern.name]
                self._prefix_moved[id(names)] = names
            else:
                del names.literal[pattern.name]
            if not names.literal and not names.prefixed:
                del keyed[key]
        if not rules.allow and not rules.deny and not rules.unknown:
            del index.by_principal[entry.principal]

    def finish(self) -> None:
        """Bring the prefix lengths up to date: once for each part, not for each rule."""
        for part in self._prefix_moved.values():
            part.lengths = tuple(sorted({len(name) for name in part.prefixed if name}, reverse=True))


def _keyed(rules: _Rules, permission: Permission) -> dict[_Key, _Names] | None:
    """Rules of an unknown permission count as rules that exist, and neither allow nor deny."""
    if permission == Permission.DENY:
        return rules.deny
    return rules.allow if permission == Permission.ALLOW else None
