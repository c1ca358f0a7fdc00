"""`acl suggest`, `lint`: what to add, and what to look at again."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from acl.cli.failure import Failure
from acl.cli.options import connection, open_store, place_words, policy, policy_options, read_rules
from acl.cli.output import emit, note
from acl.cli.questions import read_log
from acl.document import write_document
from acl.files import BadFile
from acl.lint import CODES, Finding, Level, lint
from acl.model import Operation, Pattern, ResourceType
from acl.suggest import Suggestion, Suggestions, suggest
from acl.text import FIELDS, add_arguments, binding_text, command_text, counted, to_fields
from acl.usage import Usage, decode_usage, together


def add_to(commands: Any) -> None:
    """The commands of this module."""
    _add_suggest(commands)
    _add_lint(commands)


# ---------------------------------------------------------------------------------------------- suggest


def _add_suggest(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "suggest",
        parents=[connection(), policy_options()],
        help="the least rules that a log of denials asks for",
        description="Read an authorizer's log and show the least rules that would have allowed what it denied; as "
        "YAML, the entries of a declaration. What today's rules allow is left out, and what a Deny forbids only told.",
    )
    parser.add_argument("--log", required=True, metavar="FILE", help="the log; - is standard input")
    parser.add_argument("--by-host", action="store_true", help="allow from the logged addresses only")
    parser.add_argument(
        "--prefix", action="append", default=[], metavar="TEXT", help="one rule for all names that begin so"
    )
    parser.set_defaults(run=_suggest)


def _suggest(arguments: argparse.Namespace) -> int:
    log = read_log(arguments.log)
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
    found = suggest(acls, log, policy(arguments), by_host=arguments.by_host, prefixes=arguments.prefix)
    fields = [
        {**to_fields(it.rule), "denials": it.denials, "hosts": list(it.hosts), "requests": list(it.requests)}
        for it in found.add
    ]
    content: object = {
        "add": fields,
        "unanswered": [
            {"question": str(it.logged.question), "denials": it.denials, "why": it.why}
            for it in found.unanswered
        ],
        "already_allowed": found.already_allowed,
    }
    if arguments.output == "yaml":
        content = write_document([it.rule for it in found.add])
    rows = [
        {**row, "hosts": " ".join(it.hosts), "requests": " ".join(it.requests)}
        for row, it in zip(fields, found.add, strict=True)
    ]
    emit(
        arguments.output,
        content,
        lines=_suggest_lines(found, place_words(arguments)),
        rows=rows,
        columns=(*FIELDS, "denials", "hosts", "requests"),
    )
    return 0


def _suggest_lines(found: Suggestions, place: Sequence[str]) -> Iterator[str]:
    for several in _together(found.add):
        operations: list[Operation] = [it.rule.entry.operation for it in several]
        denials = sum(it.denials for it in several)
        yield (
            command_text(["acl", "add", *place, *add_arguments(several[0].rule, operations)])
            + f"  # {counted(denials, 'denial')}"
        )
    for it in found.unanswered:
        by = "" if it.rule is None else f": {binding_text(it.rule)}"
        yield f"# {counted(it.denials, 'denial')} of {it.logged.question} not answered, {it.why}{by}"
    if found.already_allowed:
        yield f"# {counted(found.already_allowed, 'denial')} would be allowed by today's rules"
    if not found.add and not found.unanswered and not found.already_allowed:
        yield "# The log has no denial."


def _together(suggestions: Sequence[Suggestion]) -> list[list[Suggestion]]:
    """Those that one command makes."""
    found: dict[tuple[str, Pattern, str], list[Suggestion]] = {}
    for it in suggestions:
        key = it.rule.entry.principal, it.rule.pattern, it.rule.entry.host
        found.setdefault(key, []).append(it)
    return list(found.values())


# ---------------------------------------------------------------------------------------------- lint


def _add_lint(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "lint",
        parents=[connection()],
        help="rules that are wrong, pointless or dangerous: exit code 1 if there are any",
        description="Find rules that are wrong, pointless or dangerous. The exit code is 1 for a finding of --fail-on "
        "or worse.",
        epilog="\n".join(f"  {code:18} {meaning}" for code, meaning in CODES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--usage",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="brokers' counts of decisions per rule",
    )
    parser.add_argument(
        "--unused-since", metavar="T", help="30d, 12h or 2024-05-01: not used since then (with --usage)"
    )
    parser.add_argument(
        "--topics", type=Path, metavar="FILE", help="names of the topics there are, one a line"
    )
    parser.add_argument(
        "--only", action="append", choices=sorted(CODES), default=[], help="only these findings"
    )
    parser.add_argument(
        "--ignore", action="append", choices=sorted(CODES), default=[], help="all findings but these"
    )
    parser.add_argument(
        "--fail-on", choices=("error", "warning", "note", "never"), default="warning", help="(warning)"
    )
    parser.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    since_ms = None
    if arguments.unused_since is not None:
        if not arguments.usage:
            raise Failure("--unused-since needs --usage: only brokers know what was used.", 2)
        since_ms = parse_since(arguments.unused_since, int(time.time() * 1000))
    usage = _read_usage(arguments.usage)
    if usage is not None and since_ms is not None and usage.since_ms > since_ms:
        began = datetime.fromtimestamp(usage.since_ms / 1000).isoformat(" ", "minutes")
        note(f"brokers count only since {began}: what was not used before that, nobody knows.")
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
        existing = dict(store.existing())
    if arguments.topics is not None:
        existing[ResourceType.TOPIC] = frozenset(_read_names(arguments.topics))
    found = [
        finding
        for finding in lint(acls, existing=existing, usage=usage, unused_since_ms=since_ms)
        if finding.code not in arguments.ignore and finding.code in (arguments.only or CODES)
    ]
    fields = [
        {
            "level": it.level.name.lower(),
            "code": it.code,
            "message": it.message,
            **to_fields(it.rule),
            "because": None if it.because is None else to_fields(it.because),
        }
        for it in found
    ]
    rows = [{**it, "because": ""} for it in fields]
    columns = ("level", "code", "message", *FIELDS)
    emit(arguments.output, fields, lines=_lint_lines(found, len(acls)), rows=rows, columns=columns)
    worst = max((finding.level for finding in found), default=0)
    limits = {"note": Level.NOTE, "warning": Level.WARNING, "error": Level.ERROR, "never": Level.ERROR + 1}
    return 1 if worst >= limits[arguments.fail_on] else 0


def _lint_lines(found: Sequence[Finding], rules: int) -> Iterator[str]:
    for it in found:
        yield f"{it.level.name.lower():7}  {it.code:17}  {binding_text(it.rule)}"
        yield f"         {it.message}"
    yield f"{counted(len(found), 'finding')} in {counted(rules, 'rule')}."


def _read_usage(paths: Sequence[Path]) -> Usage | None:
    """Raises: BadFile, BadUsage."""
    if not paths:
        return None
    usages = []
    for path in paths:
        try:
            usages.append(decode_usage(path.read_bytes()))
        except OSError as error:
            raise BadFile(f"{path} cannot be read: {error.strerror}.") from None
    return together(usages)


def _read_names(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}.") from None
    yield from (line.strip() for line in lines if line.strip())


_UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}


def parse_since(text: str, wall_ms: int) -> int:
    """A moment as wall ms: `30d` before now, or a date or time in ISO's spelling. Raises: Failure."""
    found = re.fullmatch(r"(\d+)([smhdw])", text)
    if found:
        return wall_ms - int(found[1]) * _UNITS_MS[found[2]]
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        raise Failure(f"{text!r} is no time: write 30d, 12h or 2024-05-01.", 2) from None
