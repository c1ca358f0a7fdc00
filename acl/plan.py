"""[pure] What it takes to bring a cluster to a declaration: computed, shown, saved, and valid only for the cluster
it was made for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from acl.document import Document
from acl.model import Binding
from acl.sets import AclSet
from acl.text import BadWord, binding_text, counted, from_fields, to_fields

FORMAT: Final = "acl-plan"


class BadPlan(ValueError):
    """A saved plan that cannot be applied. The message is a sentence."""


@attrs.frozen
class Plan:
    """Additions and removals, and what stays as it is."""

    add: tuple[Binding, ...]
    remove: tuple[Binding, ...]
    spared: tuple[Binding, ...] = ()  # owned and not declared, but removals were not asked for
    kept: int = 0  # declared and there
    strangers: int = 0  # neither declared nor owned: not touched

    @property
    def is_empty(self) -> bool:
        return not self.add and not self.remove

    @property
    def has_drift(self) -> bool:
        """Whether the cluster differs from the declaration."""
        return bool(self.add or self.remove or self.spared)

    def applied_to(self, live: AclSet) -> AclSet:
        return live.add(self.add).remove(self.remove)


def make_plan(live: AclSet, document: Document, *, deletes: bool = False) -> Plan:
    """What brings the live rules to the declaration; without `deletes` nothing is removed.

    Rules with words of a later Kafka are never touched.
    """
    there = frozenset(live)
    extra = sorted(rule for rule in there - document.rules if not rule.is_unknown and rule in document.owned)
    return Plan(
        add=tuple(sorted(document.rules - there)),
        remove=tuple(extra) if deletes else (),
        spared=() if deletes else tuple(extra),
        kept=len(there & document.rules),
        strangers=len(there - document.rules) - len(extra),
    )


def fingerprint(live: AclSet) -> str:
    """A digest of all rules of a cluster: equal if and only if the rules are."""
    digest = hashlib.sha256()
    for rule in live:
        digest.update("\x00".join(to_fields(rule).values()).encode() + b"\x01")
    return digest.hexdigest()


def summary(plan: Plan) -> str:
    """The plan in one sentence."""
    if plan.is_empty and not plan.spared:
        text = "Nothing to do: the cluster is as declared"
    else:
        text = f"{counted(len(plan.add), 'rule')} to add, {len(plan.remove)} to remove"
    notes = [f"{plan.kept} as declared"] if plan.kept else []
    if plan.spared:
        notes.append(f"{len(plan.spared)} undeclared but spared without --delete")
    if plan.strangers:
        notes.append(f"{plan.strangers} outside of what the file owns")
    return f"{text} ({', '.join(notes)})." if notes else f"{text}."


def lines(plan: Plan) -> list[str]:
    """The plan rule by rule."""
    return [
        *(f"+ {binding_text(rule)}" for rule in plan.add),
        *(f"- {binding_text(rule)}" for rule in plan.remove),
        *(f"~ {binding_text(rule)}" for rule in plan.spared),
    ]


# ---------------------------------------------------------------------------------------------- saved


@attrs.frozen
class SavedPlan:
    """A plan with the state it was made for."""

    plan: Plan
    cluster: str  # the cluster's id; "" if it has none
    fingerprint: str

    def require_current(self, cluster: str, live: AclSet) -> None:
        """Raises: BadPlan if this is another cluster, or its rules have changed since."""
        if cluster != self.cluster:
            raise BadPlan(
                f"The plan was made for cluster {self.cluster or '(without id)'}, and this is "
                f"{cluster or 'a cluster without id'}."
            )
        if fingerprint(live) != self.fingerprint:
            raise BadPlan("The rules of the cluster have changed since the plan was made: make a new one.")


def save(saved: SavedPlan) -> dict[str, object]:
    """A plan as plain data for a file."""
    return {
        "format": FORMAT,
        "version": 1,
        "cluster": saved.cluster,
        "fingerprint": saved.fingerprint,
        "add": [to_fields(rule) for rule in saved.plan.add],
        "remove": [to_fields(rule) for rule in saved.plan.remove],
    }


def is_saved_plan(content: object) -> bool:
    """Whether plain data is a plan, of whatever version."""
    return isinstance(content, Mapping) and content.get("format") == FORMAT


def load(content: Mapping[str, object]) -> SavedPlan:
    """Raises: BadPlan."""
    if content.get("version") != 1:
        raise BadPlan(f"The plan has version {content.get('version')!r}, and only 1 is known.")
    cluster, digest = content.get("cluster"), content.get("fingerprint")
    if not isinstance(cluster, str) or not isinstance(digest, str):
        raise BadPlan("The plan does not say for which cluster and rules it was made.")
    plan = Plan(add=tuple(_rules(content, "add")), remove=tuple(_rules(content, "remove")))
    return SavedPlan(plan, cluster, digest)


def _rules(content: Mapping[str, object], key: str) -> Iterable[Binding]:
    items = content.get(key, [])
    if not isinstance(items, list):
        raise BadPlan(f"The plan's {key!r} is no list.")
    for item in items:
        try:
            yield from_fields(item if isinstance(item, dict) else {})
        except BadWord as error:
            raise BadPlan(f"The plan's {key!r} holds no rule: {error}") from None
