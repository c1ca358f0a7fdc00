"""`acl explain`, `who-can`, `can`, `test`: who may do what, and why."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from acl.access import Access, Grant, can, who_can
from acl.assertions import Assertion, Result, check, parse_assertion
from acl.authorizer_log import Logged, parse_lines
from acl.cli.failure import Failure
from acl.cli.options import (
    HOST,
    OPERATION,
    PRINCIPAL,
    RESOURCE,
    connection,
    open_store,
    place_words,
    policy,
    policy_options,
    read_rules,
)
from acl.cli.output import emit, place_text, table
from acl.evaluate import Decision, Policy
from acl.explain import Explanation, Question, explain, reason_text
from acl.files import BadFile, load_plain, read_text
from acl.model import EVERYBODY, Binding, Operation, label
from acl.text import (
    BadWord,
    add_arguments,
    binding_text,
    command_text,
    counted,
    pattern_text,
    remove_arguments,
    require_asked,
    resource_text,
    to_fields,
)

ANSWER_COLUMNS = ("principal", "operation", "resource", "host", "allowed", "reason", "rule")


def add_to(commands: Any) -> None:
    """The commands of this module."""
    _add_explain(commands)
    _add_who_can(commands)
    _add_can(commands)
    _add_test(commands)


def answer_fields(question: Question, decision: Decision) -> dict[str, object]:
    """A question and its answer as plain data."""
    return {
        "principal": question.principal,
        "operation": label(question.operation),
        "resource": resource_text(question.resource),
        "host": question.host,
        "allowed": decision.allowed,
        "reason": decision.reason.value,
        "rule": None if decision.rule is None else to_fields(decision.rule),
    }


def answer_row(question: Question, decision: Decision) -> dict[str, object]:
    """The same for CSV."""
    rule = "" if decision.rule is None else binding_text(decision.rule)
    allowed = "true" if decision.allowed else "false"
    return {
        **answer_fields(question, decision),
        "rule": rule,
        "allowed": allowed,
        "host": question.host or "",
    }


def verdict(question: Question, decision: Decision) -> str:
    """The answer in one sentence."""
    verb = "may" if decision.allowed else "may not"
    what = f"{label(question.operation)} {resource_text(question.resource)}{place_text(question.host)}"
    word = "ALLOWED" if decision.allowed else "DENIED"
    return f"{word}: {question.principal} {verb} {what}, because {reason_text(decision)}."


# ---------------------------------------------------------------------------------------------- explain


def _add_explain(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain",
        parents=[connection(), policy_options()],
        help="why somebody may or may not do something",
        description="Say whether the principal may do that and by which rule, which rules nearly made it otherwise, "
        "and what would. With --log: the same for each denial in an authorizer's log.",
        usage="acl explain PRINCIPAL OPERATION RESOURCE [--host ADDRESS] | --log FILE",
    )
    parser.add_argument(
        "principal", nargs="?", type=PRINCIPAL, metavar="PRINCIPAL", help="User:alice, or alice"
    )
    parser.add_argument(
        "operation", nargs="?", type=OPERATION, metavar="OPERATION", help="read, Describe ..."
    )
    parser.add_argument(
        "resource", nargs="?", type=RESOURCE, metavar="RESOURCE", help="topic:orders, group:g, cluster ..."
    )
    parser.add_argument(
        "--host", type=HOST, metavar="ADDRESS", help="the client's address; else one that no rule names"
    )
    parser.add_argument("--misses", type=int, default=5, metavar="N", help="near misses to show (5)")
    parser.add_argument("--log", metavar="FILE", help="lines of an authorizer's log; - is standard input")
    parser.set_defaults(run=_explain)


def _explain(arguments: argparse.Namespace) -> int:
    words = (arguments.principal, arguments.operation, arguments.resource)
    if arguments.log is not None:
        if any(word is not None for word in words):
            raise Failure("--log brings its own questions: name no principal with it.", 2)
        return _explain_log(arguments)
    if None in words:
        raise Failure("Name PRINCIPAL, OPERATION and RESOURCE, or a --log.", 2)
    require_asked(arguments.operation, arguments.resource)
    question = Question(*words, host=arguments.host)
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
    found = explain(acls, question, policy(arguments), misses=arguments.misses)
    emit(
        arguments.output,
        _explanation_fields(found, place_words(arguments)),
        lines=_explanation_lines(found, place_words(arguments)),
        rows=[answer_row(question, found.decision)],
        columns=ANSWER_COLUMNS,
    )
    return 0


def read_log(name: str) -> list[Logged]:
    """The decisions in a log. Raises: BadFile; Failure if there are none."""
    text = sys.stdin.read() if name == "-" else read_text(Path(name))
    found = list(parse_lines(text.splitlines()))
    if not found:
        raise Failure(f"{'The input' if name == '-' else name} has no line of an authorizer's log.")
    return found


def _explain_log(arguments: argparse.Namespace) -> int:
    logged = read_log(arguments.log)
    denied = [line for line in logged if not line.allowed and not line.by_type] or logged
    counts: dict[Question, int] = {}
    for line in denied:
        counts[line.question] = counts.get(line.question, 0) + 1
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
    rules, place = policy(arguments), place_words(arguments)
    found = [(explain(acls, question, rules, misses=arguments.misses), n) for question, n in counts.items()]
    emit(
        arguments.output,
        [{"logged": times, **_explanation_fields(explanation, place)} for explanation, times in found],
        lines=_log_lines(found, place),
        rows=[{"logged": times, **answer_row(it.question, it.decision)} for it, times in found],
        columns=("logged", *ANSWER_COLUMNS),
    )
    return 0


def _log_lines(found: Sequence[tuple[Explanation, int]], place: Sequence[str]) -> Iterator[str]:
    for number, (explanation, times) in enumerate(found):
        if number:
            yield ""
        yield f"{'Once' if times == 1 else f'{times} times'} in the log. With today's rules:"
        yield from _explanation_lines(explanation, place)


def _explanation_lines(found: Explanation, place: Sequence[str]) -> Iterator[str]:
    yield verdict(found.question, found.decision)
    if found.decision.rule is not None:
        yield f"  rule: {binding_text(found.decision.rule)}"
    for host, other in found.other_hosts:
        verb = "allowed" if other.allowed else "denied"
        yield f"  from {host} it is {verb}" + (f" by {binding_text(other.rule)}" if other.rule else "")
    for rule in found.denials[1:]:
        yield f"  also denied by: {binding_text(rule)}"
    if found.near_misses:
        yield "Near misses:"
        yield from (f"  {binding_text(miss.rule)}: {miss.why}" for miss in found.near_misses)
    yield from _remedy(found, place)


def _remedy(found: Explanation, place: Sequence[str]) -> Iterator[str]:
    commands = fixing_commands(found, place)
    if not commands:
        return
    yield "To allow it:"
    yield from (f"  {command}" for command in commands)
    if found.denials and found.otherwise is not None and found.otherwise.rule is not None:
        yield f"Then it is allowed by {binding_text(found.otherwise.rule)}."


def fixing_commands(found: Explanation, place: Sequence[str] = ()) -> list[str]:
    """What to type so that it is allowed; nothing if it is. `place`: the options that name the store."""
    commands = [command_text(["acl", "remove", *place, *remove_arguments(rule)]) for rule in found.denials]
    if found.missing is not None:
        commands.append(command_text(["acl", "add", *place, *add_arguments(found.missing)]))
    return commands


def _explanation_fields(found: Explanation, place: Sequence[str]) -> dict[str, object]:
    return {
        **answer_fields(found.question, found.decision),
        "denied_by": [to_fields(rule) for rule in found.denials],
        "near_misses": [{**to_fields(miss.rule), "why": miss.why} for miss in found.near_misses],
        "other_hosts": [
            {"host": host, "allowed": other.allowed, "rule": to_fields(other.rule) if other.rule else None}
            for host, other in found.other_hosts
        ],
        "to_allow": fixing_commands(found, place),
    }


# ---------------------------------------------------------------------------------------------- who-can


def _add_who_can(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "who-can",
        parents=[connection(), policy_options()],
        help="who may do something",
        description="Say for every principal a rule names, for super users and for everybody else, whether they may.",
    )
    parser.add_argument("operation", type=OPERATION, metavar="OPERATION")
    parser.add_argument("resource", type=RESOURCE, metavar="RESOURCE")
    parser.add_argument(
        "--host",
        type=HOST,
        metavar="ADDRESS",
        help="from there; else from anywhere, with what holds elsewhere",
    )
    parser.add_argument("--denied", action="store_true", help="also show who may not")
    parser.set_defaults(run=_who_can)


def _who_can(arguments: argparse.Namespace) -> int:
    operation, resource, host = arguments.operation, arguments.resource, arguments.host
    require_asked(operation, resource)
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
    everyone = who_can(acls, operation, resource, host, policy(arguments))
    everywhere = {access.principal for access in everyone if access.host is None and access.decision.allowed}
    shown = [
        access
        for access in everyone
        if access.decision.allowed or access.principal in everywhere or arguments.denied
    ]
    asked = [
        (Question(access.principal, operation, resource, access.host or host), access.decision)
        for access in shown
    ]
    what = f"{label(operation)} {resource_text(resource)}{place_text(host)}"
    lines = (
        table(("principal", "may", "because"), map(_access_cells, shown))
        if shown
        else [f"Nobody may {what}."]
    )
    emit(
        arguments.output,
        [answer_fields(question, decision) for question, decision in asked],
        lines=lines,
        rows=[answer_row(question, decision) for question, decision in asked],
        columns=ANSWER_COLUMNS,
    )
    return 0


def _access_cells(access: Access) -> tuple[str, str, str]:
    who = "everybody else" if access.principal == EVERYBODY else access.principal
    decision = access.decision
    because = reason_text(decision) if decision.rule is None else binding_text(decision.rule)
    may = "yes" if decision.allowed else "no"
    if access.host is not None:
        may = f"{'' if decision.allowed else 'not '}from {access.host}"
    return who, may, because


# ---------------------------------------------------------------------------------------------- can


def _add_can(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "can",
        parents=[connection(), policy_options()],
        help="all that a principal may do",
        description="Show what the principal may do, by its own rules and by those of everybody, with what rules "
        "take away again.",
    )
    parser.add_argument("principal", type=PRINCIPAL, metavar="PRINCIPAL")
    parser.add_argument(
        "--host",
        type=HOST,
        metavar="ADDRESS",
        help="from there; else from anywhere, with what holds elsewhere",
    )
    parser.set_defaults(run=_can)


def _can(arguments: argparse.Namespace) -> int:
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
    rules, principal = policy(arguments), arguments.principal
    is_super = principal in rules.super_users
    grants = [] if is_super else can(acls, principal, arguments.host)
    emit(
        arguments.output,
        {
            "principal": principal,
            "super_user": is_super,
            "everything_without_rules": rules.allow_everyone_if_no_rule,
            "grants": [_grant_fields(grant) for grant in grants],
        },
        lines=_can_lines(principal, grants, rules, is_super),
        rows=[_grant_row(principal, grant) for grant in grants],
        columns=("principal", "resource", "host", "operations", "denied", "except_on"),
    )
    return 0


def _can_lines(principal: str, grants: Sequence[Grant], rules: Policy, is_super: bool) -> Iterator[str]:
    if is_super:
        yield f"{principal} is a super user and may everything."
        return
    if rules.allow_everyone_if_no_rule:
        yield "Everything on resources to which no rule applies (allow.everyone.if.no.acl.found)."
    if not grants:
        yield f"No rule allows {principal} anything."
    yield from table(("resource", "may", "denied", "except"), map(_grant_cells, grants))


def _operations(operations: Sequence[Operation]) -> str:
    return ", ".join(map(label, operations)) or "-"


def _grant_cells(grant: Grant) -> tuple[str, str, str, str]:
    return (
        f"{pattern_text(grant.pattern)}{place_text(grant.host)}",
        _operations(grant.operations),
        _operations(grant.denied),
        "; ".join(map(_exception, grant.except_on)) or "-",
    )


def _exception(rule: Binding) -> str:
    return f"{label(rule.entry.operation)} {pattern_text(rule.pattern)}"


def _grant_fields(grant: Grant) -> dict[str, object]:
    return {
        "resource": pattern_text(grant.pattern),
        "host": grant.host,
        "operations": [label(operation) for operation in grant.operations],
        "denied": [label(operation) for operation in grant.denied],
        "except_on": [to_fields(rule) for rule in grant.except_on],
        "rules": [to_fields(rule) for rule in grant.rules],
    }


def _grant_row(principal: str, grant: Grant) -> dict[str, object]:
    _, operations, denied, except_on = _grant_cells(grant)
    return {
        "principal": principal,
        "resource": pattern_text(grant.pattern),
        "host": grant.host or "",
        "operations": operations,
        "denied": denied,
        "except_on": except_on,
    }


# ---------------------------------------------------------------------------------------------- test


def _add_test(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "test",
        parents=[connection(), policy_options()],
        help="check assertions: exit code 1 if one does not hold",
        description="Check sentences such as 'alice may read topic:orders', 'bob may not write,delete topic:orders "
        "from 10.0.0.1', 'only alice and bob may read group:billing', 'nobody may delete topic:audit': one a line, "
        "or a YAML list. Without an address 'may' is about one that no rule names, and 'may not', 'only' and "
        "'nobody' about all of them.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.set_defaults(run=_test)


def _test(arguments: argparse.Namespace) -> int:
    assertions = _read_assertions(arguments.file)
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
    rules = policy(arguments)
    results = [check(acls, assertion, rules) for assertion in assertions]
    failed = sum(bool(result.failures) for result in results)
    emit(
        arguments.output,
        [_result_fields(result) for result in results],
        lines=_result_lines(results, failed),
        rows=[{**_result_fields(it), "failures": "; ".join(map(str, it.failures))} for it in results],
        columns=("assertion", "holds", "failures"),
    )
    return 1 if failed else 0


def _read_assertions(path: Path) -> list[Assertion]:
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        content = load_plain(path)
        if not isinstance(content, list) or not all(isinstance(text, str) for text in content):
            raise BadFile(f"{path} must be a list of sentences.")
        sentences = list(enumerate(content, start=1))
        numbered = "sentence"
    else:
        numbered = "line"
        lines = enumerate(read_text(path).splitlines(), start=1)
        sentences = [(n, text) for n, line in lines if (text := line.partition("#")[0].strip())]
    found: list[Assertion] = []
    for number, text in sentences:
        try:
            found.append(parse_assertion(text))
        except BadWord as error:
            raise BadFile(f"{path}, {numbered} {number}: {error}") from None
    if not found:
        raise BadFile(f"{path} asserts nothing.")
    return found


def _result_fields(result: Result) -> dict[str, object]:
    failures = [
        answer_fields(Question(it.principal, it.operation, it.resource, it.host), it.decision)
        for it in result.failures
    ]
    return {"assertion": result.assertion.text, "holds": not failures, "failures": failures}


def _result_lines(results: Sequence[Result], failed: int) -> Iterator[str]:
    for result in results:
        yield f"{'FAILED' if result.failures else 'ok    '}  {result.assertion.text}"
        for failure in result.failures:
            rule = failure.decision.rule
            because = reason_text(failure.decision) if rule is None else binding_text(rule)
            yield f"        {failure}: {because}"
    yield f"{counted(len(results), 'assertion')}, {failed} failed."
