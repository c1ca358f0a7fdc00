"""What every store of rules can do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import attrs

from acl.model import Binding, BindingFilter, ResourceType
from acl.sets import AclSet
from acl.text import binding_text, counted


class StoreError(Exception):
    """The store cannot do what was asked. The message is a sentence for the person who asked."""


@attrs.frozen
class Change:
    """What really changed, sorted."""

    added: tuple[Binding, ...] = ()
    removed: tuple[Binding, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.added and not self.removed

    @classmethod
    def between(cls, before: AclSet, after: AclSet) -> Change:
        """What turns one set into the other."""
        old, new = frozenset(before), frozenset(after)
        return cls(tuple(sorted(new - old)), tuple(sorted(old - new)))


class Store(Protocol):
    """The rules of one cluster. Every call blocks; a failure raises StoreError."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences on what the last read could not understand."""

    def read(self) -> AclSet:
        """All rules."""

    def matching(self, chosen: BindingFilter) -> list[Binding]:
        """The rules that pass the filter."""

    def delete(self, filters: Sequence[BindingFilter]) -> list[Binding]:
        """Remove what passes any of the filters at that moment; the rules that are gone."""

    def change(self, add: Iterable[Binding] = (), remove: Iterable[Binding] = ()) -> Change:
        """Add and remove rules; what is there, or not there, already is left alone."""

    def cluster_id(self) -> str:
        """What tells this cluster from others; "" if it has nothing of the kind."""

    def existing(self) -> Mapping[ResourceType, frozenset[str]]:
        """The names of the resources there are, for the types this store knows of."""

    def watch(self, interval_s: float) -> Iterator[Change]:
        """Changes after this call, noticed within `interval_s`; an empty one for each interval without any."""

    def close(self) -> None:
        """Give up the connection; a second time does nothing."""


def wait_for(
    store: Store, *, there: Iterable[Binding] = (), gone: Iterable[Binding] = (), timeout_s: float = 15.0
) -> AclSet:
    """Read until the store shows a change, which brokers learn of one after the other; then all rules.

    Raises: StoreError if it does not within `timeout_s`.
    """
    there, gone = frozenset(there), frozenset(gone)
    deadline, pause_s = time.monotonic() + timeout_s, 0.05
    while True:
        live = store.read()
        missing = [rule for rule in sorted(there) if rule not in live]
        left = [rule for rule in sorted(gone) if rule in live]
        if not missing and not left:
            return live
        if time.monotonic() > deadline:
            count, what = (len(missing), "is not there") if missing else (len(left), "is still there")
            raise StoreError(
                f"{timeout_s:.0f} s after the change {binding_text((missing or left)[0])} {what} "
                f"({counted(count, 'rule')} in all), and {store.place} reported no failure."
            )
        time.sleep(pause_s)
        pause_s = min(1.0, pause_s * 2)


def require_known(rules: Iterable[Binding]) -> None:
    """Raises: StoreError for a rule that no broker would take."""
    for rule in rules:
        if rule.is_unknown:
            raise StoreError(f"{binding_text(rule)} holds a word that no broker takes in a rule.")
