"""`kafka-configs`: configurations of topics and brokers, quotas, SCRAM users. Source: ConfigCommand.scala, 3.9.1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, ZOOKEEPER, Option, Parsed
from zkbroker.cli.tool import Tool, open_cluster, say, with_any

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.configs import ResourceType
    from zkbroker.protocol.generated.describe_configs_response import DescribeConfigsResourceResult

TOPICS, BROKERS, LOGGERS, USERS, CLIENTS, IPS, METRICS = (
    "topics",
    "brokers",
    "broker-loggers",
    "users",
    "clients",
    "ips",
    "client-metrics",
)
BY_BROKERS: Final = (TOPICS, CLIENTS, USERS, BROKERS, IPS, LOGGERS, METRICS)
BY_ZOOKEEPER: Final = (USERS, BROKERS)
BY_ZOOKEEPER_IN_KAFKA_2: Final = (TOPICS, CLIENTS, USERS, BROKERS, IPS)
NAMED: Final = {
    "topic": TOPICS,
    "client": CLIENTS,
    "user": USERS,
    "broker": BROKERS,
    "broker-logger": LOGGERS,
    "ip": IPS,
}
DEFAULTS: Final = {
    "client-defaults": CLIENTS,
    "user-defaults": USERS,
    "broker-defaults": BROKERS,
    "ip-defaults": IPS,
}
QUOTA_TYPES: Final = {USERS: "user", CLIENTS: "client-id", IPS: "ip"}
QUOTAS: Final = frozenset(
    {"producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate"}
)
IP_QUOTAS: Final = frozenset({"connection_creation_rate"})
SCRAM: Final = ("SCRAM-SHA-256", "SCRAM-SHA-512")
MIN_ITERATIONS: Final = 4096
_COMMAS: Final = re.compile(r",(?=[^\]]*(?:\[|$))")
_EQUALS: Final = re.compile(r"\s*=\s*(?=[^\]]*(?:\[|$))")
_CREDENTIAL: Final = re.compile(r"(?:iterations=(-?[0-9]*),)?password=(.*)", re.DOTALL)


@attrs.frozen
class Entities:
    """Whose configuration: types, and a name for each, "" for the default; or fewer names when describing."""

    types: Sequence[str]
    names: Sequence[str]

    @property
    def head(self) -> str:
        return self.types[0]


def run(parsed: Parsed) -> int:
    entities = _entities(parsed)
    _require_fitting(entities, parsed)
    if "zookeeper" in parsed:
        from zkbroker.cli import configs_in_zookeeper

        return configs_in_zookeeper.run(entities, parsed)
    if "alter" in parsed and len(entities.types) != len(entities.names):
        raise Failure("An entity name must be specified for every entity type")
    if entities.head == METRICS:
        raise Failure("client-metrics are not served in ZooKeeper mode")
    with open_cluster(parsed) as cluster:
        if "alter" in parsed:
            _alter(cluster, entities, parsed)
        else:
            _describe(cluster, entities, parsed)
    return 0


# ---------------------------------------------------------------------------------------------- options


def _entities(parsed: Parsed) -> Entities:
    types = [*parsed.texts("entity-type")]
    types += [kind for option, kind in {**NAMED, **DEFAULTS}.items() if option in parsed]
    given = iter(parsed.texts("entity-name"))
    names = [
        next(given) if option == "entity-name" else ""
        for option in parsed.order
        if option in ("entity-name", "entity-default")
    ]
    names += [str(parsed.text(option)) for option in NAMED if option in parsed]
    names += ["" for option in DEFAULTS if option in parsed]
    return Entities(types, names)


def _require_fitting(entities: Entities, parsed: Parsed) -> None:
    """Raises: WrongUse, Failure; in Kafka's order."""
    has, types = parsed.has, entities.types
    parsed.one_of(("alter", "describe"), "Command must include exactly one action: --describe, --alter")
    parsed.refuse("describe", "add-config", "delete-config")
    twice = [kind for kind in dict.fromkeys(types) if types.count(kind) > 1]
    if twice:
        raise Failure(f"Duplicate entity type(s) specified: {','.join(twice)}")
    allowed: Sequence[str] = BY_BROKERS
    where = "--bootstrap-server or --bootstrap-controller"
    if not has("bootstrap-server"):
        allowed = BY_ZOOKEEPER_IN_KAFKA_2 if has("zookeeper") else BY_ZOOKEEPER
        where = "--zookeeper"
    for kind in types:
        if kind not in allowed:
            raise Failure(
                f"Invalid entity type {kind}, the entity type must be one of {', '.join(allowed)} with a {where} "
                "argument"
            )
    if not types:
        raise Failure("At least one entity type must be specified")
    if len(types) > 1 and set(types) != {USERS, CLIENTS}:
        raise Failure(f"Only '{USERS}' and '{CLIENTS}' entity types may be specified together")
    if any(has(option) for option in ("entity-name", "entity-type", "entity-default")) and any(
        has(option) for option in (*NAMED, *DEFAULTS)
    ):
        raise Failure(
            "--entity-{type,name,default} should not be used in conjunction with specific entity flags"
        )
    if not has("bootstrap-server") and not has("zookeeper"):
        raise Failure(
            "One of the required --bootstrap-server, --boostrap-controller, or --zookeeper arguments must be specified"
        )
    if has("bootstrap-server") and has("zookeeper"):
        raise Failure(
            "Only one of --bootstrap-server, --boostrap-controller, and --zookeeper can be specified"
        )
    if has("all") and has("zookeeper"):
        raise Failure("--bootstrap-server must be specified for --all")
    if has("zk-tls-config-file") and not has("zookeeper"):
        raise Failure("Only the --zookeeper option can be used with the --zk-tls-config-file option.")
    _require_names(entities, parsed)


def _require_names(entities: Entities, parsed: Parsed) -> None:
    has, types = parsed.has, entities.types
    named = [name for name in entities.names if name]
    if BROKERS in types or LOGGERS in types:
        for name in named:
            if not name.lstrip("-").isdecimal():
                raise Failure(
                    f"The entity name for {entities.head} must be a valid integer broker id, but it is: {name}"
                )
    if has("describe") and LOGGERS in types and not named:
        raise Failure(f"an entity name must be specified with --describe of {','.join(types)}")
    if not has("alter"):
        return
    if {USERS, CLIENTS, BROKERS, IPS} & set(types):
        if not entities.names:
            raise Failure(
                "an entity-name or default entity must be specified with --alter of users, clients, brokers or ips"
            )
    elif not named:
        raise Failure(f"an entity name must be specified with --alter of {','.join(types)}")
    if has("add-config") and has("add-config-file"):
        raise Failure("Only one of --add-config or --add-config-file must be specified")
    if not (has("add-config") or has("add-config-file") or has("delete-config")):
        raise Failure(
            "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter"
        )


def parse_added(text: str) -> dict[str, str]:
    """`k1=v1,k2=[v1,v2],k3=`. Raises: Failure."""
    found = {}
    for part in _COMMAS.split(text):
        pair = _EQUALS.split(part)
        if len(pair) != 2:
            raise Failure(
                "requirement failed: Invalid entity config: all configs to be added must be in the format "
                '"key=val".'
            )
        found[pair[0].strip()] = pair[1].replace("[", "").replace("]", "").strip()
    return found


def added(parsed: Parsed) -> dict[str, str]:
    """What is to be set. Raises: Failure, CallFailed."""
    from zkbroker.client.settings import read_properties

    file = parsed.text("add-config-file")
    found = read_properties(file) if file is not None else {}
    if "add-config" in parsed:
        found |= parse_added(str(parsed.text("add-config")))
    for key in found:
        if not re.fullmatch(r"[a-zA-Z0-9._-]*", key):
            raise Failure(f"Invalid character found for config key: {key}")
    return found


def deleted(parsed: Parsed) -> list[str]:
    """What is to be taken away."""
    return [key.strip() for text in parsed.texts("delete-config") for key in text.split(",")]


def credential(mechanism: str, text: str) -> tuple[int, str]:
    """`[iterations=8192,]password=secret`. Raises: Failure."""
    found = _CREDENTIAL.fullmatch(text)
    if found is None:
        raise Failure(f"Invalid credential property {mechanism.replace('-', '_')}={text}")
    iterations = int(found[1]) if found[1] not in (None, "", "-1") else MIN_ITERATIONS
    if iterations < MIN_ITERATIONS:
        raise Failure(
            f"Iterations {iterations} is less than the minimum {MIN_ITERATIONS} required for {mechanism}"
        )
    return iterations, found[2]


# ---------------------------------------------------------------------------------------------- altering


def _alter(cluster: Cluster, entities: Entities, parsed: Parsed) -> None:
    wanted, unwanted = added(parsed), deleted(parsed)
    if entities.head in (TOPICS, BROKERS, LOGGERS):
        _alter_resource(cluster, entities, wanted, unwanted)
    elif entities.head == IPS:
        strange = [key for key in (*wanted, *unwanted) if key not in IP_QUOTAS]
        if strange:
            raise Failure(
                f"Only connection quota configs can be added for '{IPS}' using --bootstrap-server. Unexpected config "
                f"names: {','.join(strange)}"
            )
        _alter_quotas(cluster, entities, wanted, unwanted)
    else:
        _alter_clients(cluster, entities, wanted, unwanted)
    name = entities.names[0]
    if name:
        say(f"Completed updating config for {entities.head[:-1]} {name}.")
    else:
        say(f"Completed updating default config for {entities.head} in the cluster.")


def _alter_resource(
    cluster: Cluster, entities: Entities, wanted: Mapping[str, str], unwanted: Sequence[str]
) -> None:
    from zkbroker.client.configs import Change, KeyChange, alter

    name = entities.names[0]
    known = {entry.name for entry in _entries(cluster, entities.head, name, everything=False)}
    strange = [key for key in unwanted if key not in known]
    if entities.head == LOGGERS:
        strange += [key for key in wanted if key not in known]
    if strange:
        what = "broker logger" if entities.head == LOGGERS else "config"
        raise Failure(f"Invalid {what}(s): {','.join(strange)}")
    changes = [KeyChange(key, Change.SET, value) for key, value in wanted.items()]
    changes += [KeyChange(key, Change.DELETE, "") for key in unwanted]
    alter(cluster, _resource_type(entities.head), name, changes)


def _alter_clients(
    cluster: Cluster, entities: Entities, wanted: Mapping[str, str], unwanted: Sequence[str]
) -> None:
    """Quotas of users and clients, or credentials of a user. Raises: Failure."""
    from zkbroker.client import quotas

    is_of_client = entities.head == CLIENTS or len(entities.types) == 2
    allowed = QUOTAS if is_of_client else QUOTAS | set(SCRAM)
    called = "quota" if is_of_client else "quota and SCRAM credential"
    for keys, verb in ((wanted, "added"), (unwanted, "deleted")):
        strange = [key for key in keys if key not in allowed]
        if strange:
            raise Failure(
                f"Only {called} configs can be {verb} for '{CLIENTS if is_of_client else USERS}' using "
                f"--bootstrap-server. Unexpected config names: {','.join(strange)}"
            )
    scram = [key for key in (*wanted, *unwanted) if key in SCRAM]
    if not scram:
        _alter_quotas(cluster, entities, wanted, unwanted)
        return
    if "" in entities.names:
        raise Failure(
            "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using "
            "--bootstrap-server."
        )
    if any(key in QUOTAS for key in (*wanted, *unwanted)):
        raise Failure(
            f"Cannot alter both quota and SCRAM credential configs simultaneously for '{USERS}' using "
            "--bootstrap-server."
        )
    passwords = {mechanism: credential(mechanism, text) for mechanism, text in wanted.items()}
    quotas.alter_credentials(cluster, entities.names[0], passwords, unwanted)


def _alter_quotas(
    cluster: Cluster, entities: Entities, wanted: Mapping[str, str], unwanted: Sequence[str]
) -> None:
    from zkbroker.client import quotas

    found = quotas.describe(cluster, _sought(entities))
    held = found[0].values if found else {}
    strange = [key for key in unwanted if key not in held]
    if strange:
        raise Failure(f"Invalid config(s): {','.join(strange)}")
    values: dict[str, float | None] = {}
    for key, text in wanted.items():
        try:
            values[key] = float(text)
        except ValueError:
            raise Failure(f"Cannot parse quota configuration value for {key}: {text}") from None
    values |= dict.fromkeys(unwanted)
    entity = {
        QUOTA_TYPES[kind]: name or None for kind, name in zip(entities.types, entities.names, strict=True)
    }
    quotas.alter(cluster, entity, values)


# ---------------------------------------------------------------------------------------------- describing


def _describe(cluster: Cluster, entities: Entities, parsed: Parsed) -> None:
    rows: list[dict[str, Any]] = []
    as_text = parsed.text("output") == "text"
    if entities.head in (TOPICS, BROKERS, LOGGERS):
        rows = _describe_resources(cluster, entities, "all" in parsed, as_text)
    else:
        if len(entities.names) > len(entities.types):
            raise Failure("More entity names specified than entity types")
        rows = _describe_quotas(cluster, entities, as_text)
        if IPS not in entities.types and CLIENTS not in entities.types and "" not in entities.names:
            rows += _describe_credentials(cluster, entities, as_text)
    if not as_text:
        from zkbroker.cli.output import print_rows

        print_rows(rows, str(parsed.text("output")))


def _describe_resources(
    cluster: Cluster, entities: Entities, everything: bool, as_text: bool
) -> list[dict[str, Any]]:
    from zkbroker.client.configs import ConfigSource

    names = list(entities.names[:1])
    if not names and entities.head == TOPICS:
        names = [topic.name or "" for topic in cluster.topics()]
    elif not names:
        names = [*(str(broker.node_id) for broker in cluster.brokers()), ""]
    rows = []
    for name in names:
        if as_text and name:
            say(f"{'All' if everything else 'Dynamic'} configs for {entities.head[:-1]} {name} are:")
        elif as_text:
            say(f"Default configs for {entities.head} in the cluster are:")
        for entry in _entries(cluster, entities.head, name, everything=everything, synonyms=True):
            synonyms = [f"{_source(each.source)}:{each.name}={_shown(each.value)}" for each in entry.synonyms]
            if as_text:
                say(
                    f"  {entry.name}={_shown(entry.value)} sensitive={str(entry.is_sensitive).lower()} "
                    f"synonyms={{{', '.join(synonyms)}}}"
                )
            rows.append(
                {
                    "entity_type": entities.head[:-1],
                    "entity_name": name,
                    "key": entry.name,
                    "value": entry.value,
                    "source": ConfigSource(entry.config_source).name,
                    "sensitive": entry.is_sensitive,
                    "synonyms": synonyms,
                }
            )
    return rows


def _entries(
    cluster: Cluster, kind: str, name: str, *, everything: bool, synonyms: bool = False
) -> list[DescribeConfigsResourceResult]:
    """The keys of a resource by name, unless `everything` only those set for it. Raises: KafkaError, Failure."""
    from zkbroker.client.configs import ConfigSource, describe

    wanted = {
        TOPICS: ConfigSource.DYNAMIC_TOPIC_CONFIG,
        BROKERS: ConfigSource.DYNAMIC_BROKER_CONFIG if name else ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
    }.get(kind)
    found = describe(cluster, _resource_type(kind), [name], synonyms=synonyms)[name]
    kept = [entry for entry in found if everything or wanted is None or entry.config_source == wanted]
    return sorted(kept, key=lambda entry: entry.name)


def _resource_type(kind: str) -> ResourceType:
    from zkbroker.client.configs import ResourceType

    return {TOPICS: ResourceType.TOPIC, BROKERS: ResourceType.BROKER, LOGGERS: ResourceType.BROKER_LOGGER}[
        kind
    ]


def _source(number: int) -> str:
    from zkbroker.client.configs import ConfigSource

    return ConfigSource(number).name


def _shown(value: str | None) -> str:
    return "null" if value is None else value


def _sought(entities: Entities) -> list[Any]:
    from zkbroker.client.quotas import Sought

    names = [*entities.names, *([None] * (len(entities.types) - len(entities.names)))]
    return [
        Sought(QUOTA_TYPES[kind], name or None, name == "")
        for kind, name in zip(entities.types, names, strict=True)
    ]


def _describe_quotas(cluster: Cluster, entities: Entities, as_text: bool) -> list[dict[str, Any]]:
    from zkbroker.client import quotas

    called = {"user": "user-principal", "client-id": "client-id", "ip": "ip"}
    rows = []
    for found in quotas.describe(cluster, _sought(entities)):
        parts = [
            f"{called[kind]} '{found.entity[kind]}'" if found.entity[kind] else f"the default {called[kind]}"
            for kind in called
            if kind in found.entity
        ]
        values = ", ".join(f"{key}={value}" for key, value in found.values.items())
        if as_text:
            say(f"Quota configs for {', '.join(parts)} are {values}")
        rows.append({**found.entity, "quotas": dict(found.values)})
    return rows


def _describe_credentials(cluster: Cluster, entities: Entities, as_text: bool) -> list[dict[str, Any]]:
    from zkbroker.client import quotas

    mechanisms = {number: name for name, number in quotas.MECHANISMS.items()}
    rows = []
    for found in quotas.describe_credentials(cluster, entities.names or None):
        held = {mechanisms.get(info.mechanism, "UNKNOWN"): info.iterations for info in found.credential_infos}
        if as_text:
            text = ", ".join(f"{mechanism}=iterations={count}" for mechanism, count in held.items())
            say(f"SCRAM credential configs for user-principal '{found.user}' are {text}")
        rows.append({"user": found.user, "scram": held})
    return rows


TOOL: Final = Tool(
    name="kafka-configs",
    purpose="This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip or "
    "client-metrics",
    kafka_class="kafka.admin.ConfigCommand",
    run=run,
    is_long=with_any("describe"),
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        ZOOKEEPER,
        OUTPUT,
        Option("alter", "Change configurations."),
        Option("describe", "Show configurations."),
        Option("all", "With --describe: every key, also those nobody set."),
        Option(
            "entity-type",
            "Whose: topics, clients, users, brokers, broker-loggers or ips; users and clients together.",
            "String",
            many=True,
            choices=(),
        ),
        Option(
            "entity-name", "The name of the topic, client, user, broker (its id) or ip.", "String", many=True
        ),
        Option("entity-default", "The default of clients, users, brokers or ips.", many=True),
        Option("topic", "The topic.", "String", completes="topic"),
        Option("client", "The client's id.", "String"),
        Option("client-defaults", "The default of all clients."),
        Option("user", "The user's principal name.", "String"),
        Option("user-defaults", "The default of all users."),
        Option("broker", "The broker's id.", "String"),
        Option("broker-defaults", "The default of all brokers."),
        Option("broker-logger", "The id of the broker whose loggers are meant.", "String"),
        Option("ip", "The IP address.", "String"),
        Option("ip-defaults", "The default of all addresses."),
        Option(
            "add-config",
            "Keys to set: k1=v1,k2=[v1,v2]. `zkbroker config explain KEY` says what a key does. Quotas: "
            "producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate; of ips "
            "connection_creation_rate. Users: SCRAM-SHA-256=[iterations=8192,password=secret].",
            "String",
        ),
        Option("add-config-file", "A properties file with keys to set.", "String", completes="file"),
        Option("delete-config", "Keys to take away: k1,k2.", "String", many=True),
        Option("force", "Accepted: nothing is asked."),
        Option(
            "zk-tls-config-file",
            "With --zookeeper: a file with its zookeeper.ssl.* keys.",
            "ZooKeeper TLS configuration",
            completes="file",
        ),
    ),
    examples=(
        "kafka-configs --bootstrap-server localhost:9092 --alter --topic orders --add-config retention.ms=86400000",
        "kafka-configs --bootstrap-server localhost:9092 --describe --entity-type brokers --entity-name 1 --all",
    ),
)
