"""[pure] Which of many filters choose a rule, without asking each of them about each rule.

A DeleteAcls may name hundreds of rules where there are tens of thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from acl.model import BindingFilter, Entry, Pattern, PatternFilter


class Filters:
    """Filters by what they can choose. Of several that choose a rule, the first counts."""

    def __init__(self, filters: Sequence[BindingFilter]) -> None:
        self._filters = filters
        self._named: dict[Pattern, list[int]] = {}  # of filters whose patterns follow from them alone
        self._others: dict[PatternFilter, list[int]] = {}
        for index, chosen in enumerate(filters):
            named = chosen.pattern.named_patterns()
            for pattern in named:
                self._named.setdefault(pattern, []).append(index)
            if not named:
                self._others.setdefault(chosen.pattern, []).append(index)

    def patterns(self, existing: Iterable[Pattern]) -> set[Pattern]:
        """The patterns that are named, and those of the existing ones that are chosen otherwise."""
        found = set(self._named)
        if self._others:
            found.update(
                pattern for pattern in existing if any(other.matches(pattern) for other in self._others)
            )
        return found

    def on(self, pattern: Pattern) -> Callable[[Entry], int | None]:
        """What gives, for an entry of the pattern, the number of the first filter that chooses it."""
        indexes = list(self._named.get(pattern, ()))
        for other, more in self._others.items():
            if other.matches(pattern):
                indexes += more
        by_principal: dict[str | None, list[int]] = {}
        for index in sorted(indexes):
            by_principal.setdefault(self._filters[index].entry.principal, []).append(index)
        of_anybody = by_principal.get(None, [])

        def first(entry: Entry) -> int | None:
            own = by_principal.get(entry.principal, [])
            found = [
                next((each for each in some if self._filters[each].entry.matches(entry)), None)
                for some in (own, of_anybody)
            ]
            return min((each for each in found if each is not None), default=None)

        return first
