"""`kafka-acls`: Kafka's command, with its options and its output, on the acl package.

Source: kafka.admin.AclCommand, 3.9.1.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Final

import attrs

from acl import kafka_options
from acl.kafka_options import (
    OPTIONS,
    RuleOptions,
    Takes,
    additions,
    filters_with_entries,
    require_fitting,
    resource_filters,
)
from acl.model import ANY_ENTRY, ANY_PATTERN, Binding, BindingFilter, Entry, EntryFilter, PatternFilter
from acl.sets import by_pattern
from acl.stores.store import Store, StoreError
from zkbroker.cli.options import OUTPUT, BadOption, Option, Parsed, WrongUse
from zkbroker.cli.tool import Tool, with_any

AUTHORIZER: Final = "kafka.security.authorizer.AclAuthorizer"
DEPRECATED: Final = (
    "Warning: support for ACL configuration directly through the authorizer is deprecated and will be removed in a "
    "future release. Please use --bootstrap-server instead to set ACLs through the admin client."
)

HELP: Final[Mapping[str, str]] = {
    "add": "Add rules.",
    "allow-host": "Where the principals of --allow-principal may come from: an IP address; * (every host) by default.",
    "allow-principal": "Whom to allow, as Type:name; User:'*' is everybody.",
    "authorizer": f"DEPRECATED: the authorizer's class, which can only be {AUTHORIZER}.",
    "authorizer-properties": "DEPRECATED: key=value for going straight to ZooKeeper: zookeeper.connect=localhost:2181.",
    "bootstrap-server": "Brokers to connect to: host1:port1,host2:port2.",
    "cluster": "The cluster itself as the resource.",
    "command-config": "A file with the client's properties (security.protocol ...).",
    "consumer": "The rules of a consumer: Read and Describe on topics, Read on groups.",
    "delegation-token": "A delegation token as the resource; * for all.",
    "deny-host": "Where the principals of --deny-principal may not come from; * (every host) by default.",
    "deny-principal": "Whom to deny, as Type:name. A Deny counts more than any Allow.",
    "force": "Do not ask.",
    "group": "A consumer group as the resource; * for all.",
    "idempotent": "With --producer: also IdempotentWrite on the cluster.",
    "list": "List rules, those of the resources named if any are.",
    "operation": "What is allowed or denied; All by default.",
    "principal": "With --list: only the rules of this principal.",
    "producer": "The rules of a producer: Write, Describe and Create on topics.",
    "remove": "Remove rules.",
    "resource-pattern-type": "literal (default) or prefixed; to list and remove also any (either, of exactly this "
    "name) and match (all that apply to the name).",
    "topic": "A topic as the resource; * for all.",
    "transactional-id": "A transactional id as the resource; * for all.",
    "user-principal": "A user as the resource, for CreateTokens and DescribeTokens.",
    "zk-tls-config-file": "DEPRECATED: ZooKeeper's TLS settings (zookeeper.ssl.*), stores as PEM.",
}


def run(parsed: Parsed) -> int:
    logging.basicConfig(level=logging.CRITICAL)
    parsed.text("output")  # which is none of Kafka's
    found = {name: parsed.texts(name) for name in parsed.found}
    try:
        return _run(found)
    except kafka_options.WrongUse as error:
        raise WrongUse(str(error)) from None
    except (kafka_options.BadOption, StoreError, ValueError) as error:
        raise BadOption(str(error)) from None


def _run(found: Mapping[str, Sequence[str]]) -> int:
    _require_connection(found)
    require_fitting(found)
    options = RuleOptions.of_words(found)
    if "add" in found:
        wanted = additions(options)
        with closing(_open(found)) as store:
            _add(store, {Binding(pattern, entry) for pattern in wanted for entry in wanted[pattern]})
    elif "remove" in found:
        unwanted = filters_with_entries(options)
        with closing(_open(found)) as store:
            for chosen, entries in unwanted.items():
                if "force" in found or _confirmed(chosen, entries):
                    _remove(store, chosen, entries)
    else:
        filters = resource_filters(options, required=False)
        with closing(_open(found)) as store:
            principals = tuple(dict.fromkeys(found.get("principal", ())))
            form = (found.get("output") or ["text"])[-1]
            if form == "text":
                _list(store, filters, principals)
            else:
                _print_rows(store, filters, principals, form)
    return 0


def _require_connection(found: Mapping[str, Sequence[str]]) -> None:
    """Raises: WrongUse, with Kafka's messages in Kafka's order."""
    has = found.__contains__
    if has("bootstrap-server") and has("authorizer"):
        raise WrongUse("Only one of --bootstrap-server or --authorizer must be specified")
    if not has("bootstrap-server"):
        if not has("authorizer-properties"):
            raise WrongUse('Missing required argument "[authorizer-properties]"')
        sys.stderr.write(f"{DEPRECATED}\n")
    if has("command-config") and not has("bootstrap-server"):
        raise WrongUse("The --command-config option can only be used with --bootstrap-server option")
    if has("authorizer-properties") and has("bootstrap-server"):
        raise WrongUse("The --authorizer-properties option can only be used with --authorizer option")


# ---------------------------------------------------------------------------------------------- where


def _open(found: Mapping[str, Sequence[str]]) -> Store:
    """Raises: StoreError, CallFailed."""
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    if "bootstrap-server" in found:
        from acl.stores.brokers import BrokerStore

        config = found.get("command-config")
        properties = read_properties(config[0]) if config else {}
        servers = found["bootstrap-server"][-1]
        with Cluster(ClientSettings.of(servers, properties)) as cluster:
            cluster.any()  # the sentence for a broker that is not there is ours
        return BrokerStore(servers, properties)
    from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore, tls_access

    authorizer = found.get("authorizer", [AUTHORIZER])[-1]
    if authorizer != AUTHORIZER:
        raise StoreError(f"The authorizer {authorizer} is not served, only {AUTHORIZER} is.")
    settings = _key_values(found["authorizer-properties"])
    connect = settings.get("authorizer.zookeeper.url") or settings.get("zookeeper.connect")
    if connect is None:
        raise StoreError('Missing required configuration "zookeeper.connect" which has no default value.')
    access = ZooKeeperAccess(connect, protect=settings.get("zookeeper.set.acl", "").lower() == "true")
    if "zk-tls-config-file" in found:
        settings |= read_properties(found["zk-tls-config-file"][-1])
    if any("zookeeper.ssl." in key for key in settings):
        access = tls_access(access, settings)
    return ZooKeeperStore(access)


def _key_values(arguments: Iterable[str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for argument in arguments:
        key, _, value = argument.partition("=")
        if not value:
            raise ValueError(f"Missing value for key {key}}}")  # the brace is Kafka's
        settings[key] = value
    return settings


# ---------------------------------------------------------------------------------------------- what


def _add(store: Store, rules: Iterable[Binding]) -> None:
    for pattern, entries in by_pattern(rules).items():
        _say(f"Adding ACLs for resource `{pattern}`: \n {_shown(entries)} \n")
        store.change(add=[Binding(pattern, entry) for entry in entries])


def _confirmed(chosen: PatternFilter, entries: Sequence[Entry]) -> bool:
    if entries:
        _say(
            f"Are you sure you want to remove ACLs: \n {_shown(entries)} \n from resource filter `{chosen}`? (y/n)"
        )
    else:
        _say(f"Are you sure you want to delete all ACLs for resource filter `{chosen}`? (y/n)")
    return sys.stdin.readline().strip().lower() == "y"


def _remove(store: Store, chosen: PatternFilter, entries: Sequence[Entry]) -> None:
    filters = [BindingFilter(chosen, it) for it in map(EntryFilter.exactly, entries)] or [
        BindingFilter(chosen, ANY_ENTRY)
    ]
    store.delete(filters)


def _list(store: Store, filters: Sequence[PatternFilter], principals: Sequence[str]) -> None:
    rules = {rule for it in filters or [ANY_PATTERN] for rule in store.matching(BindingFilter(it))}
    if not principals:
        _show(rules)
    for principal in principals:
        _say(f"ACLs for principal `{principal}`")
        _show({rule for rule in rules if rule.entry.principal == principal})


def _print_rows(store: Store, filters: Sequence[PatternFilter], principals: Sequence[str], form: str) -> None:
    """As _list, for programs."""
    from zkbroker.cli.output import print_rows

    rules = {rule for it in filters or [ANY_PATTERN] for rule in store.matching(BindingFilter(it))}
    rows = [
        {
            "resource_type": pattern.resource_type.name,
            "name": pattern.name,
            "pattern_type": pattern.pattern_type.name,
            "principal": entry.principal,
            "host": entry.host,
            "operation": entry.operation.name,
            "permission_type": entry.permission.name,
        }
        for pattern, entries in sorted(by_pattern(rules).items())
        for entry in sorted(entries)
        if not principals or entry.principal in principals
    ]
    print_rows(rows, form)


def _show(rules: Iterable[Binding]) -> None:
    for pattern, entries in sorted(by_pattern(rules).items()):
        _say(f"Current ACLs for resource `{pattern}`: \n {_shown(entries)} \n")


def _shown(entries: Iterable[Entry]) -> str:
    return "\n".join(f"\t{entry}" for entry in sorted(entries))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _option(name: str) -> Option:
    """As the table of Kafka's options has it."""
    takes = OPTIONS[name]
    value = None if takes is Takes.NOTHING else name
    return Option(
        name,
        HELP[name],
        value,
        many=True,
        optional=takes is Takes.PERHAPS_ONE,
        completes={"topic": "topic", "group": "group", "command-config": "file"}.get(name, ""),
    )


TOOL: Final = Tool(
    name="kafka-acls",
    purpose="This tool helps to manage acls on kafka.",
    kafka_class="kafka.admin.AclCommand",
    run=run,
    failed="Error while executing ACL command: {}",
    fails_on_stdout=True,
    is_long=with_any("list"),
    options=(
        *(_option(name) for name in HELP),
        attrs.evolve(OUTPUT, help="With --list: text as Kafka does (default), json or csv."),
    ),
    examples=(
        "kafka-acls --bootstrap-server localhost:9092 --add --allow-principal User:alice --consumer --topic orders "
        "--group billing",
        "kafka-acls --bootstrap-server localhost:9092 --list --topic orders",
    ),
)
