"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from acl.cli.failure import Failure
from acl.cli.output import FORMS, note
from acl.evaluate import Policy
from acl.files import load_rules, read_text
from acl.kafka_options import RuleOptions
from acl.lint import Level, per_rule
from acl.model import (
    ANY_ENTRY,
    CLUSTER_PATTERN,
    Binding,
    BindingFilter,
    EntryFilter,
    Operation,
    PatternFilter,
    PatternType,
    Permission,
    ResourceType,
)
from acl.properties import parse_properties
from acl.sets import AclSet
from acl.stores.store import Store
from acl.text import (
    BadWord,
    binding_text,
    parse_host,
    parse_operation,
    parse_operations,
    parse_pattern_type,
    parse_permission,
    parse_principal,
    parse_resource,
)

_Word = TypeVar("_Word")

NO_STORE: Final = (
    "Say where the rules are: --bootstrap-server HOST:PORT, --zookeeper HOST:PORT[/chroot] or --acls FILE "
    "(or set ACL_BOOTSTRAP_SERVER or ACL_ZOOKEEPER)."
)


class Parser(argparse.ArgumentParser):
    """Wrong use ends with one sentence and exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            2,
            f"acl: {message[:1].upper()}{message[1:]}. ({self.prog} --help says more.)\n".replace("..", "."),
        )


def word(parse: Callable[[str], _Word]) -> Callable[[str], _Word]:
    """An argument's type from a parser of words: what it refuses is wrong use."""

    def parsed(text: str) -> _Word:
        try:
            return parse(text)
        except BadWord as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return parsed


PRINCIPAL: Final = word(parse_principal)
OPERATION: Final = word(parse_operation)
OPERATIONS: Final = word(parse_operations)
RESOURCE: Final = word(parse_resource)
HOST: Final = word(parse_host)


# ---------------------------------------------------------------------------------------------- where the rules are


def connection() -> argparse.ArgumentParser:
    """The options that name a store, and the form of the output."""
    options = argparse.ArgumentParser(add_help=False)
    group = options.add_argument_group("where the rules are")
    group.add_argument(
        "--bootstrap-server", metavar="HOST:PORT,...", help="brokers of the cluster ($ACL_BOOTSTRAP_SERVER)"
    )
    group.add_argument(
        "--command-config",
        type=Path,
        metavar="FILE",
        help="a Java client's properties: security.protocol, sasl.jaas.config ... ($ACL_COMMAND_CONFIG)",
    )
    group.add_argument(
        "--zookeeper", metavar="HOST:PORT,.../chroot", help="the cluster's ZooKeeper ($ACL_ZOOKEEPER)"
    )
    group.add_argument(
        "--zookeeper-auth",
        action="append",
        default=[],
        metavar="SCHEME:CREDENTIAL",
        help="a credential for protected nodes, such as digest:admin:secret",
    )
    group.add_argument(
        "--zookeeper-set-acl", action="store_true", help="new nodes may be changed by their creator only"
    )
    group.add_argument(
        "--zk-tls-config-file",
        type=Path,
        metavar="FILE",
        help="Kafka's zookeeper.ssl.* settings, stores as PEM",
    )
    group.add_argument(
        "--acls",
        type=Path,
        metavar="FILE",
        help="a file of rules (YAML, JSON, CSV or a kafka-acls script); read only",
    )
    add_output(options)
    return options


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", choices=FORMS, default="table", help="the form of the answer")


class FileStore:
    """The rules of a file, to ask questions of."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        loaded = load_rules(path)
        self.problems = loaded.notes
        self._rules = AclSet(loaded.rules)

    def read(self) -> AclSet:
        return self._rules

    def matching(self, chosen: BindingFilter) -> list[Binding]:
        return list(self._rules.matching(chosen))

    def change(self, add: Any = (), remove: Any = ()) -> NoReturn:
        raise Failure(f"{self.place} is a file: it is changed with an editor.")

    def delete(self, filters: Any) -> NoReturn:
        self.change()

    def cluster_id(self) -> str:
        return ""

    def existing(self) -> Mapping[ResourceType, frozenset[str]]:
        return {}

    def watch(self, interval_s: float) -> NoReturn:
        raise Failure(f"{self.place} is a file: there is nothing to watch.")

    def close(self) -> None: ...


def place_words(arguments: argparse.Namespace) -> list[str]:
    """The options that name the same store in another call, as far as they were given; no credentials."""
    named = (
        ("--bootstrap-server", arguments.bootstrap_server),
        ("--command-config", arguments.command_config if arguments.bootstrap_server else None),
        ("--zookeeper", arguments.zookeeper),
        ("--zk-tls-config-file", arguments.zk_tls_config_file),
    )
    return [part for option, value in named if value is not None for part in (option, str(value))]


def named_place(arguments: argparse.Namespace) -> tuple[str | None, str | None]:
    """The brokers or the ZooKeeper that the options, else the environment, name. Raises: Failure for both."""
    bootstrap, zookeeper = arguments.bootstrap_server, arguments.zookeeper
    if not bootstrap and not zookeeper:
        bootstrap, zookeeper = os.environ.get("ACL_BOOTSTRAP_SERVER"), os.environ.get("ACL_ZOOKEEPER")
        if bootstrap and zookeeper:
            raise Failure("ACL_BOOTSTRAP_SERVER and ACL_ZOOKEEPER name two places: name one by an option.", 2)
    return bootstrap, zookeeper


def named_config(arguments: argparse.Namespace) -> Path | None:
    """The client's properties that the options, else the environment, name."""
    config: Path | None = arguments.command_config
    named = os.environ.get("ACL_COMMAND_CONFIG")
    return Path(named) if config is None and named else config


def open_store(arguments: argparse.Namespace) -> Store:
    """The store that the options, else the environment, name. Raises: Failure, StoreError, BadFile."""
    named = [
        option
        for option, given in (
            ("--bootstrap-server", arguments.bootstrap_server),
            ("--zookeeper", arguments.zookeeper),
            ("--acls", arguments.acls),
        )
        if given
    ]
    if len(named) > 1:
        raise Failure(f"{named[0]} and {named[1]} name two places: name one.", 2)
    if arguments.acls is not None:
        return FileStore(arguments.acls)
    bootstrap, zookeeper = named_place(arguments)
    if bootstrap:
        return _broker_store(bootstrap, named_config(arguments))
    if zookeeper:
        return _zookeeper_store(zookeeper, arguments)
    raise Failure(NO_STORE, 2)


def _broker_store(bootstrap: str, config: Path | None) -> Store:
    try:
        from acl.stores.brokers import BrokerStore
    except ImportError as error:
        if error.name is None or not error.name.startswith("kafka"):
            raise
        raise Failure(
            "Talking to brokers needs the Python package kafka-python (pip install 'zkbroker[cli]')."
        ) from None
    return BrokerStore(bootstrap, {} if config is None else parse_properties(read_text(config)))


def _zookeeper_store(connect: str, arguments: argparse.Namespace) -> Store:
    from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore, tls_access

    auth = []
    for text in arguments.zookeeper_auth:
        scheme, colon, credential = text.partition(":")
        if not colon:
            raise Failure(f"--zookeeper-auth {text} has no colon: write SCHEME:CREDENTIAL.", 2)
        auth.append((scheme, credential))
    access = ZooKeeperAccess(connect, auth=tuple(auth), protect=arguments.zookeeper_set_acl)
    if arguments.zk_tls_config_file is not None:
        access = tls_access(access, parse_properties(read_text(arguments.zk_tls_config_file)))
    return ZooKeeperStore(access)


def read_rules(store: Store) -> AclSet:
    """All rules; what could not be read is noted."""
    rules = store.read()
    for problem in store.problems:
        note(problem)
    return rules


def pointless(rules: Iterable[Binding]) -> Iterator[str]:
    """Sentences on rules that can never do what they seem to; brokers take them all the same."""
    for finding in per_rule(AclSet(rules)):
        if finding.level == Level.ERROR:
            yield f"{binding_text(finding.rule)}: {finding.message}"


# ---------------------------------------------------------------------------------------------- policy


def policy_options() -> argparse.ArgumentParser:
    """What brokers are configured with and no store tells."""
    options = argparse.ArgumentParser(add_help=False)
    group = options.add_argument_group("what the brokers' configuration says")
    group.add_argument(
        "--super-user",
        action="append",
        type=PRINCIPAL,
        default=[],
        metavar="PRINCIPAL",
        help="of super.users",
    )
    group.add_argument(
        "--allow-everyone-if-no-acl-found", action="store_true", help="allow.everyone.if.no.acl.found is true"
    )
    group.add_argument(
        "--broker-config", type=Path, metavar="FILE", help="a server.properties that says both"
    )
    return options


def policy(arguments: argparse.Namespace) -> Policy:
    """Raises: Failure."""
    users, allow_everyone = frozenset(arguments.super_user), arguments.allow_everyone_if_no_acl_found
    if arguments.broker_config is None:
        return Policy(users, allow_everyone)
    settings = parse_properties(read_text(arguments.broker_config))
    try:
        configured = Policy.of_settings(
            settings.get("super.users"), settings.get("allow.everyone.if.no.acl.found")
        )
    except ValueError as error:
        raise Failure(f"{arguments.broker_config}: super.users: {error}.") from None
    return Policy(configured.super_users | users, allow_everyone or configured.allow_everyone_if_no_rule)


# ---------------------------------------------------------------------------------------------- which rules


def add_resource_options(parser: argparse.ArgumentParser) -> None:
    """Kafka's options that name resources."""
    group = parser.add_argument_group("on which resources")
    for option in ("topic", "group", "transactional-id", "delegation-token", "user-principal"):
        group.add_argument(f"--{option}", action="append", default=[], metavar="NAME")
    group.add_argument("--cluster", action="store_true")
    group.add_argument(
        "--resource-pattern-type",
        type=word(parse_pattern_type),
        default=PatternType.LITERAL,
        metavar="TYPE",
        help="literal (default) or prefixed; to choose rules also any, or match for all that apply to the name",
    )


def chosen_patterns(arguments: argparse.Namespace) -> list[PatternFilter]:
    """The named resources as filters; none if none is named."""
    how = arguments.resource_pattern_type
    named = (
        (ResourceType.TOPIC, arguments.topic),
        (ResourceType.GROUP, arguments.group),
        (ResourceType.TRANSACTIONAL_ID, arguments.transactional_id),
        (ResourceType.DELEGATION_TOKEN, arguments.delegation_token),
        (ResourceType.USER, arguments.user_principal),
    )
    found = [PatternFilter(kind, how, name) for kind, names in named for name in names]
    if arguments.cluster:
        found.append(PatternFilter(ResourceType.CLUSTER, how, CLUSTER_PATTERN.name))
    return found


def add_filter_options(parser: argparse.ArgumentParser) -> None:
    """Options that choose among the rules there are."""
    add_resource_options(parser)
    group = parser.add_argument_group("which of their rules")
    group.add_argument("--principal", action="append", type=PRINCIPAL, default=[], metavar="PRINCIPAL")
    group.add_argument("--operation", action="append", type=OPERATION, default=[], metavar="OPERATION")
    group.add_argument("--permission", type=word(parse_permission), metavar="allow|deny")
    group.add_argument("--host", action="append", default=[], metavar="ADDRESS")


def chosen_rules(acls: AclSet, arguments: argparse.Namespace) -> list[Binding]:
    """The rules that the options of add_filter_options choose: all if there are none."""
    patterns: Sequence[PatternFilter] = chosen_patterns(arguments) or [PatternFilter()]
    entries = [
        EntryFilter(principal, arguments.permission or Permission.ANY, operation, host)
        for principal in arguments.principal or [ANY_ENTRY.principal]
        for operation in arguments.operation or [Operation.ANY]
        for host in arguments.host or [ANY_ENTRY.host]
    ]
    found = {
        rule
        for pattern in patterns
        for entry in entries
        for rule in acls.matching(BindingFilter(pattern, entry))
    }
    return sorted(found, key=by_principal)


def by_principal(rule: Binding) -> tuple[str, Binding]:
    return rule.entry.principal, rule


def add_rule_options(parser: argparse.ArgumentParser) -> None:
    """Kafka's options that describe rules to add."""
    add_resource_options(parser)
    group = parser.add_argument_group("who may or may not do what")
    for verb in ("allow", "deny"):
        group.add_argument(
            f"--{verb}-principal", action="append", type=PRINCIPAL, default=[], metavar="PRINCIPAL"
        )
        group.add_argument(f"--{verb}-host", action="append", default=[], metavar="ADDRESS")
    group.add_argument(
        "--operation",
        action="append",
        type=OPERATIONS,
        default=[],
        metavar="OPERATION,...",
        help="All if it is not given",
    )
    group.add_argument(
        "--producer",
        action="store_true",
        help="Write, Describe and Create on topics, Write and Describe on ids",
    )
    group.add_argument("--consumer", action="store_true", help="Read and Describe on topics, Read on groups")
    group.add_argument(
        "--idempotent", action="store_true", help="with --producer: also IdempotentWrite on the cluster"
    )


def rule_options(arguments: argparse.Namespace) -> RuleOptions:
    """What the options of add_rule_options say. Raises: Failure."""
    if arguments.operation and (arguments.producer or arguments.consumer):
        raise Failure("--producer and --consumer say which operations: they take no --operation.", 2)
    operations = tuple(operation for several in arguments.operation for operation in several)
    return RuleOptions(
        topics=tuple(arguments.topic),
        groups=tuple(arguments.group),
        transactional_ids=tuple(arguments.transactional_id),
        delegation_tokens=tuple(arguments.delegation_token),
        user_principals=tuple(arguments.user_principal),
        cluster=arguments.cluster,
        pattern_type=arguments.resource_pattern_type,
        operations=operations or (Operation.ALL,),
        allow_principals=tuple(arguments.allow_principal),
        deny_principals=tuple(arguments.deny_principal),
        allow_hosts=tuple(arguments.allow_host),
        deny_hosts=tuple(arguments.deny_host),
        producer=arguments.producer,
        consumer=arguments.consumer,
        idempotent=arguments.idempotent,
    )
