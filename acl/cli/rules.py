"""`acl list`, `add`, `remove`, `rename-principal`, `copy-principal`, `watch`: the rules one by one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import attrs

from acl.cli.failure import Failure
from acl.cli.options import (
    PRINCIPAL,
    add_filter_options,
    add_rule_options,
    chosen_patterns,
    chosen_rules,
    connection,
    open_store,
    read_rules,
    rule_options,
)
from acl.cli.output import emit_changes, emit_rules, note, write
from acl.kafka_options import RuleOptions, WrongUse, added_rules, filters_with_entries
from acl.lint import Level, per_rule
from acl.model import Binding, BindingFilter, EntryFilter
from acl.sets import AclSet
from acl.stores.store import Store, wait_for
from acl.text import binding_text, counted, to_fields


def add_to(commands: Any) -> None:
    """The commands of this module."""
    _add_list(commands)
    _add_add(commands)
    _add_remove(commands)
    _add_principal_commands(commands)
    _add_watch(commands)


def confirm(question: str, arguments: argparse.Namespace) -> None:
    """Ask on the terminal unless the options have answered. Raises: Failure for any answer but y."""
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise Failure("Nothing was changed: there is no terminal to ask on; --yes answers beforehand.")
    sys.stderr.write(f"{question} (y/N) ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failure("Nothing was changed.")


def add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", "--force", action="store_true", help="do not ask")


# ---------------------------------------------------------------------------------------------- list


def _add_list(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "list",
        parents=[connection()],
        help="show rules",
        description="Show the rules that the options choose: all of them without any.",
    )
    add_filter_options(parser)
    parser.set_defaults(run=_list)


def _list(arguments: argparse.Namespace) -> int:
    with closing(open_store(arguments)) as store:
        rules = chosen_rules(read_rules(store), arguments)
    if not rules and arguments.output == "table":
        note("No rules.")
    emit_rules(arguments.output, rules)
    return 0


# ---------------------------------------------------------------------------------------------- add


def _add_add(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "add",
        parents=[connection()],
        help="add rules",
        description="Add rules, described with Kafka's own options. A rule that is there already stays.",
    )
    add_rule_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="only show what would be added")
    parser.add_argument(
        "--unchecked", action="store_true", help="also add rules that can never match what they seem to"
    )
    parser.set_defaults(run=_add)


def _add(arguments: argparse.Namespace) -> int:
    rules = _described(rule_options(arguments))
    if not arguments.unchecked:
        _refuse_pointless(rules)
    with closing(open_store(arguments)) as store:
        return add_rules(store, rules, arguments.output, dry_run=arguments.dry_run)


def _described(options: RuleOptions) -> list[Binding]:
    try:
        if options.producer or options.consumer:
            _require_role_resources(options)
        return added_rules(options)
    except WrongUse as error:
        raise Failure(str(error).strip(), 2) from None


def _require_role_resources(options: RuleOptions) -> None:
    if options.deny_principals or options.deny_hosts:
        raise Failure("--producer and --consumer allow: they take no --deny-principal and no --deny-host.", 2)
    if not options.topics:
        raise Failure("With --producer or --consumer name the --topic.", 2)
    if options.consumer and not options.groups:
        raise Failure("With --consumer name the --group.", 2)


def _refuse_pointless(rules: Sequence[Binding]) -> None:
    for finding in per_rule(AclSet(rules)):
        if finding.level == Level.ERROR:
            raise Failure(f"{finding.message} Nothing was added; --unchecked adds it all the same.")


def add_rules(store: Store, rules: Sequence[Binding], form: str, *, dry_run: bool) -> int:
    """Add what is missing, and say what was."""
    if dry_run:
        live = read_rules(store)
        added: Sequence[Binding] = [rule for rule in rules if rule not in live]
    else:
        added = store.change(add=rules).added
    already = len(set(rules)) - len(added)
    told = "would be added" if dry_run else "added"
    there = f", {already} {'was' if already == 1 else 'were'} there already" if already else ""
    lines = [*(f"+ {binding_text(rule)}" for rule in added), f"{counted(len(added), 'rule')} {told}{there}."]
    emit_changes(form, added=added, lines=lines)
    return 0


# ---------------------------------------------------------------------------------------------- remove


def _add_remove(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "remove",
        parents=[connection()],
        help="remove rules",
        description="Remove the rules that `acl list` shows for the same options. They are shown before.",
    )
    add_filter_options(parser)
    parser.add_argument(
        "--producer", action="store_true", help="what --producer adds for the principals and resources"
    )
    parser.add_argument(
        "--consumer", action="store_true", help="what --consumer adds for the principals and resources"
    )
    parser.add_argument("--idempotent", action="store_true", help="with --producer")
    parser.add_argument("--all", action="store_true", help="without other options: every rule of the cluster")
    parser.add_argument("--expect", type=int, metavar="N", help="remove only if it is exactly N rules")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be removed")
    add_yes(parser)
    parser.set_defaults(run=_remove)


def _remove(arguments: argparse.Namespace) -> int:
    with closing(open_store(arguments)) as store:
        live = read_rules(store)
        if arguments.producer or arguments.consumer:
            rules = _role_rules(live, arguments)
        else:
            _require_choice(arguments)
            rules = chosen_rules(live, arguments)
        return remove_rules(store, rules, arguments)


def _require_choice(arguments: argparse.Namespace) -> None:
    chooses = chosen_patterns(arguments) or any(
        (arguments.principal, arguments.operation, arguments.permission, arguments.host)
    )
    if not chooses and not arguments.all:
        raise Failure("Say which rules: without any option that chooses it takes --all.", 2)


def _role_rules(live: AclSet, arguments: argparse.Namespace) -> list[Binding]:
    """The rules that a role has given, as far as they are there."""
    if not arguments.principal or arguments.operation or arguments.permission:
        raise Failure(
            "With --producer or --consumer name the --principal, and no operation or permission.", 2
        )
    options = RuleOptions(
        topics=tuple(arguments.topic),
        groups=tuple(arguments.group),
        transactional_ids=tuple(arguments.transactional_id),
        pattern_type=arguments.resource_pattern_type,
        allow_principals=tuple(arguments.principal),
        allow_hosts=tuple(arguments.host),
        producer=arguments.producer,
        consumer=arguments.consumer,
        idempotent=arguments.idempotent,
    )
    _require_role_resources(options)
    try:
        wanted = filters_with_entries(options)
    except WrongUse as error:
        raise Failure(str(error).strip(), 2) from None
    found = {
        rule
        for chosen, entries in wanted.items()
        for entry in entries
        for rule in live.matching(BindingFilter(chosen, EntryFilter.exactly(entry)))
    }
    return sorted(found)


def remove_rules(store: Store, rules: Sequence[Binding], arguments: argparse.Namespace) -> int:
    """Show the rules, ask, and remove exactly them. Raises: Failure if there are none, or not the expected number."""
    form = arguments.output
    if not rules:
        raise Failure("No rule matches, so that nothing was removed.")
    shown = [f"- {binding_text(rule)}" for rule in rules]
    if arguments.expect is not None and len(rules) != arguments.expect:
        if form == "table":
            write("".join(f"{line}\n" for line in shown))
        raise Failure(f"{counted(len(rules), 'rule')} would go, not {arguments.expect}: nothing was removed.")
    if arguments.dry_run:
        told = f"{counted(len(rules), 'rule')} would be removed."
        emit_changes(form, removed=rules, lines=[*shown, told])
        return 0
    if form == "table":
        write("".join(f"{line}\n" for line in shown))
    if arguments.expect is None:
        confirm(f"Remove {'this rule' if len(rules) == 1 else f'these {len(rules)} rules'}?", arguments)
    removed = store.change(remove=rules).removed
    emit_changes(form, removed=removed, lines=[f"{counted(len(removed), 'rule')} removed."])
    if len(removed) != len(rules):
        raise Failure(f"{len(rules) - len(removed)} of the rules were gone already.")
    return 0


# ---------------------------------------------------------------------------------------------- principals


def _add_principal_commands(commands: Any) -> None:
    rename: argparse.ArgumentParser = commands.add_parser(
        "rename-principal",
        parents=[connection()],
        help="give a principal's rules to another name",
        description="Add each rule of OLD for NEW, see that all of them are there, and then remove OLD's.",
    )
    copy: argparse.ArgumentParser = commands.add_parser(
        "copy-principal",
        parents=[connection()],
        help="give a principal's rules to another one, too",
        description="Add each rule of OLD for NEW, and see that all of them are there.",
    )
    for parser in (rename, copy):
        parser.add_argument("old", type=PRINCIPAL, metavar="OLD")
        parser.add_argument("new", type=PRINCIPAL, metavar="NEW")
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    add_yes(rename)
    rename.set_defaults(run=_rename)
    copy.set_defaults(run=_copy)


def _rules_of(live: AclSet, old: str, new: str) -> tuple[list[Binding], list[Binding]]:
    if old == new:
        raise Failure(f"{old} has that name already.")
    rules = list(live.matching(BindingFilter(entry=EntryFilter(principal=old))))
    if not rules:
        raise Failure(f"No rule names {old}.")
    renamed = [attrs.evolve(rule, entry=attrs.evolve(rule.entry, principal=new)) for rule in rules]
    return rules, renamed


def _copy(arguments: argparse.Namespace) -> int:
    with closing(open_store(arguments)) as store:
        _, wanted = _rules_of(read_rules(store), arguments.old, arguments.new)
        code = add_rules(store, wanted, arguments.output, dry_run=arguments.dry_run)
        if not arguments.dry_run:
            wait_for(store, there=wanted)
        return code


def _rename(arguments: argparse.Namespace) -> int:
    form = arguments.output
    with closing(open_store(arguments)) as store:
        live = read_rules(store)
        old, new = _rules_of(live, arguments.old, arguments.new)
        missing = [rule for rule in new if rule not in live]
        lines = [
            *(f"+ {binding_text(rule)}" for rule in missing),
            *(f"- {binding_text(rule)}" for rule in old),
        ]
        if arguments.dry_run:
            emit_changes(form, added=missing, removed=old, lines=lines)
            return 0
        if form == "table":
            write("".join(f"{line}\n" for line in lines))
        confirm(f"Rename {arguments.old} to {arguments.new}?", arguments)
        added = store.change(add=new).added
        wait_for(store, there=new)
        removed = store.change(remove=old).removed
        wait_for(store, gone=old)
    told = f"{counted(len(added), 'rule')} added, all {len(new)} seen to be there, {len(removed)} removed."
    emit_changes(form, added=added, removed=removed, lines=[told])
    return 0


# ---------------------------------------------------------------------------------------------- watch


def _add_watch(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "watch",
        parents=[connection()],
        help="show changes as they happen",
        description="Show each rule that comes or goes, until Ctrl-C; as JSON, one object a line.",
    )
    parser.add_argument("--interval", type=float, default=1.0, metavar="S", help="look at least so often")
    parser.add_argument("--for", dest="seconds", type=float, metavar="S", help="end after so long")
    parser.add_argument("--changes", type=int, metavar="N", help="end after so many rules came or went")
    parser.set_defaults(run=_watch)


def _watch(arguments: argparse.Namespace) -> int:
    if arguments.output not in ("table", "json"):
        raise Failure(f"watch has no end that {arguments.output} could have: it shows a table or JSON.", 2)
    if arguments.interval <= 0:
        raise Failure("--interval must be more than 0 seconds.", 2)
    started = datetime.now()
    seen = 0
    with closing(open_store(arguments)) as store:
        changes = store.watch(arguments.interval)
        note(f"watching {store.place}")
        for change in changes:
            now = datetime.now()
            for sign, rules in (("+", change.added), ("-", change.removed)):
                for rule in rules:
                    _show_change(arguments.output, now, sign, rule)
                    seen += 1
            if arguments.changes is not None and seen >= arguments.changes:
                break
            if arguments.seconds is not None and (now - started).total_seconds() >= arguments.seconds:
                break
    return 0


def _show_change(form: str, now: datetime, sign: str, rule: Binding) -> None:
    if form == "json":
        change = {
            "time": now.isoformat(timespec="milliseconds"),
            "change": "added" if sign == "+" else "removed",
        }
        write(json.dumps({**change, **to_fields(rule)}, ensure_ascii=False) + "\n")
    else:
        write(f"{now:%H:%M:%S} {sign} {binding_text(rule)}\n")
