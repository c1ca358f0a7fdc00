"""`acl export`, `import`, `plan`, `apply`, `drift`: the rules as a file says them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from acl.cli.failure import Failure
from acl.cli.options import (
    add_filter_options,
    chosen_rules,
    connection,
    named_config,
    named_place,
    open_store,
    pointless,
    read_rules,
)
from acl.cli.output import emit, emit_changes, note, write
from acl.cli.rules import add_rules, add_yes, confirm
from acl.document import Document
from acl.files import FORMATS, dump_json, is_for_kafka_acls, load_plain, load_rules, write_rules
from acl.model import Binding
from acl.plan import Plan, SavedPlan, fingerprint, is_saved_plan, lines, load, make_plan, save, summary
from acl.stores.store import Store, wait_for
from acl.text import FIELDS, binding_text, counted, to_fields

DRIFT = 3
"""The exit code that says the cluster is not as declared."""


def add_to(commands: Any) -> None:
    """The commands of this module."""
    _add_export(commands)
    _add_import(commands)
    _add_plan(commands)
    _add_apply(commands)
    _add_drift(commands)


def _load(path: Path, form: str | None = None) -> Document:
    """A file of rules; what is strange about it is noted."""
    loaded = load_rules(path, form)
    for remark in (*loaded.notes, *pointless(loaded.rules)):
        note(remark)
    return loaded.document


# ---------------------------------------------------------------------------------------------- export, import


def _add_export(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        parents=[connection()],
        help="write rules as a file",
        description="Write the chosen rules as a file that `acl import` and `acl plan` read. With --acls it "
        "converts one format into another.",
    )
    add_filter_options(parser)
    parser.add_argument(
        "--format", choices=FORMATS, default="yaml", help="csv: Kafka Security Manager's columns"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="write there, not to standard output")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    with closing(open_store(arguments)) as store:
        rules = chosen_rules(read_rules(store), arguments)
    unknown = sum(rule.is_unknown for rule in rules)
    if unknown:
        note(f"{counted(unknown, 'rule')} with words that no file can hold left out.")
    if arguments.format == "kafka-acls":
        refused = sum(not rule.is_unknown and not is_for_kafka_acls(rule) for rule in rules)
        if refused:
            note(f"{counted(refused, 'rule')} that kafka-acls does not add left as comments.")
    text = write_rules(rules, arguments.format, connection=_kafka_acls_place(arguments))
    if arguments.to is None:
        write(text)
    else:
        _write_file(arguments.to, text)
    return 0


def _kafka_acls_place(arguments: argparse.Namespace) -> list[str]:
    """How a kafka-acls call reaches the same cluster."""
    bootstrap, zookeeper = named_place(arguments)
    if zookeeper:
        tls = arguments.zk_tls_config_file
        words = ["--authorizer-properties", f"zookeeper.connect={zookeeper}"]
        return [*words, *([] if tls is None else ["--zk-tls-config-file", str(tls)])]
    config = named_config(arguments)
    words = ["--bootstrap-server", bootstrap or "localhost:9092"]
    return [*words, *([] if config is None else ["--command-config", str(config)])]


def _write_file(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.") from None


def _add_import(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "import",
        parents=[connection()],
        help="add the rules of a file",
        description="Add the rules of a YAML declaration, a JSON list, a CSV in Kafka Security Manager's columns or "
        "a script of kafka-acls calls. Nothing is removed.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=FORMATS, help="where name and content do not tell")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be added")
    parser.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    rules = sorted(_load(arguments.file, arguments.format).rules)
    with closing(open_store(arguments)) as store:
        return add_rules(store, rules, arguments.output, dry_run=arguments.dry_run)


# ---------------------------------------------------------------------------------------------- plan


def _add_plan(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "plan",
        parents=[connection()],
        help="show what a declaration would change",
        description="Show what brings the cluster to the declaration: + is added, - removed, ~ would be removed "
        "with --delete. Only what the file owns is ever removed.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    _add_delete(parser)
    parser.add_argument("--out", type=Path, metavar="PLAN", help="save the plan for `acl apply PLAN`")
    parser.set_defaults(run=_plan)


def _add_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--delete", action="store_true", help="also remove what the file owns and does not declare"
    )


def _plan(arguments: argparse.Namespace) -> int:
    document = _load(arguments.file)
    with closing(open_store(arguments)) as store:
        live = read_rules(store)
        plan = make_plan(live, document, deletes=arguments.delete)
        if arguments.out is not None:
            saved = SavedPlan(plan, store.cluster_id(), fingerprint(live))
            _write_file(arguments.out, dump_json(save(saved)))
    _emit_plan(arguments.output, plan)
    return 0


def _emit_plan(form: str, plan: Plan) -> None:
    content = {
        "add": [to_fields(rule) for rule in plan.add],
        "remove": [to_fields(rule) for rule in plan.remove],
        "spared": [to_fields(rule) for rule in plan.spared],
        "as_declared": plan.kept,
        "not_owned": plan.strangers,
    }
    rows = [
        {"change": change, **to_fields(rule)}
        for change, rules in (("add", plan.add), ("remove", plan.remove), ("spared", plan.spared))
        for rule in rules
    ]
    emit(form, content, lines=[*lines(plan), summary(plan)], rows=rows, columns=("change", *FIELDS))


# ---------------------------------------------------------------------------------------------- apply


def _add_apply(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "apply",
        parents=[connection()],
        help="bring the cluster to a declaration",
        description="Carry out a saved plan, unless the cluster has changed since; or plan a declaration, show it, "
        "ask, and carry it out. What was done is read back.",
    )
    parser.add_argument("file", type=Path, metavar="PLAN|FILE")
    _add_delete(parser)
    add_yes(parser)
    parser.set_defaults(run=_apply)


def _apply(arguments: argparse.Namespace) -> int:
    content = None if arguments.file.suffix in (".csv", ".sh") else load_plain(arguments.file)
    if is_saved_plan(content) and isinstance(content, Mapping):
        if arguments.delete:
            raise Failure("A saved plan has its removals or has none: --delete belongs to `acl plan`.", 2)
        saved = load(content)
        with closing(open_store(arguments)) as store:
            saved.require_current(store.cluster_id(), read_rules(store))
            return _carry_out(store, saved.plan, arguments.output)
    document = _load(arguments.file)
    with closing(open_store(arguments)) as store:
        plan = make_plan(read_rules(store), document, deletes=arguments.delete)
        if arguments.output == "table":
            _emit_plan("table", plan)
        if plan.is_empty:
            if arguments.output != "table":
                emit_changes(arguments.output)
            return 0
        confirm("Carry it out?", arguments)
        return _carry_out(store, plan, arguments.output)


def _carry_out(store: Store, plan: Plan, form: str) -> int:
    change = store.change(add=plan.add, remove=plan.remove)
    wait_for(store, there=plan.add, gone=plan.remove)
    told = f"{counted(len(change.added), 'rule')} added, {len(change.removed)} removed, and read back."
    emit_changes(form, added=change.added, removed=change.removed, lines=[told])
    return 0


# ---------------------------------------------------------------------------------------------- drift


def _add_drift(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "drift",
        parents=[connection()],
        help=f"whether the cluster is as declared: exit code {DRIFT} if not",
        description="Compare the cluster with a declaration: what is missing, and what stands undeclared in what "
        f"the file owns. The exit code is {DRIFT} if there is anything, for use in CI.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.set_defaults(run=_drift)


def _drift(arguments: argparse.Namespace) -> int:
    document = _load(arguments.file)
    with closing(open_store(arguments)) as store:
        plan = make_plan(read_rules(store), document, deletes=True)
    missing, extra = plan.add, plan.remove
    content = {
        "missing": [to_fields(rule) for rule in missing],
        "undeclared": [to_fields(rule) for rule in extra],
    }
    rows = [
        {"drift": drift, **to_fields(rule)}
        for drift, rules in (("missing", missing), ("undeclared", extra))
        for rule in rules
    ]
    told = (
        f"{counted(len(missing), 'declared rule')} missing, {len(extra)} undeclared."
        if plan.has_drift
        else f"No drift: {counted(plan.kept, 'rule')} as declared."
    )
    shown = [*_marked("missing   ", missing), *_marked("undeclared", extra), told]
    emit(arguments.output, content, lines=shown, rows=rows, columns=("drift", *FIELDS))
    return DRIFT if plan.has_drift else 0


def _marked(mark: str, rules: tuple[Binding, ...]) -> list[str]:
    return [f"{mark}  {binding_text(rule)}" for rule in rules]
