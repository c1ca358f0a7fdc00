"""What can be wrong about a command line: a line of each kind for every installed command.

`{b}` is the bootstrap option, `{me}` begins the names of one side's things, `{nobody}` is where nobody listens,
`{quick}` a client's properties that do not wait long, `{none}` a file that is not there, `{dir}` the directory of
`FILES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

FLAG, MISSING, CONFLICT, TYPE = "unknown flag", "missing argument", "conflicting arguments", "wrong type"
ABSENT, UNREADABLE = "no broker listening", "unreadable file"
TOPIC, REPLICAS, PROPERTY = "unknown topic", "more replicas than brokers", "bad property"
KINDS: Final = (FLAG, MISSING, CONFLICT, TYPE, ABSENT, UNREADABLE, TOPIC, REPLICAS, PROPERTY)

FILES: Final = {
    "quick": "default.api.timeout.ms=300\nrequest.timeout.ms=300\n",
    "records": '{"partitions": [{"topic": "nosuch", "partition": 0, "offset": 0}], "version": 1}',
    "moves": '{"partitions": [{"topic": "{me}-wrong", "partition": 0, "replicas": [1, 2, 3, 4]}], "version": 1}',
    "nowhere": '{"partitions": [{"topic": "nosuch", "partition": 0, "replicas": [1]}], "version": 1}',
    "reset": "nosuch,0,0\n",
    "server": "zookeeper.connect=127.0.0.1:1\nzookeeper.connection.timeout.ms=300\nlisteners=PLAINTEXT://127.0.0.1:0\n"
    "broker.id=1\nlog.dirs={dir}/logs\n",
    "wrong-server": "zookeeper.connect=127.0.0.1:1\nnum.partitions=many\n",
    "zookeeper": "clientPort=0\n",
    "wrong-zookeeper": "dataDir={dir}/zk\nclientPort=many\n",
}

LINES: Final[Mapping[str, Mapping[str, str]]] = {
    "kafka-topics": {
        FLAG: "{b} --list --nosuch",
        MISSING: "{b} --create",
        CONFLICT: "{b} --list --create",
        TYPE: "{b} --create --topic {me}-x --partitions foo",
        ABSENT: "{nobody} --list --command-config {quick}",
        UNREADABLE: "{b} --list --command-config {none}",
        TOPIC: "{b} --describe --topic nosuch",
        REPLICAS: "{b} --create --topic {me}-x --replication-factor 4",
        PROPERTY: "{b} --create --topic {me}-x --config nosuch=1",
    },
    "kafka-console-producer": {
        FLAG: "{b} --topic {me}-x --nosuch",
        MISSING: "{b}",
        CONFLICT: "{b} --topic {me}-x --property parse.key=true --property null.marker=: --property key.separator=:",
        TYPE: "{b} --topic {me}-x --max-block-ms foo",
        ABSENT: "{nobody} --topic {me}-x --max-block-ms 300",
        UNREADABLE: "{b} --topic {me}-x --producer.config {none}",
        PROPERTY: "{b} --topic {me}-x --producer-property acks=7",
    },
    "kafka-console-consumer": {
        FLAG: "{b} --topic {me}-x --nosuch",
        MISSING: "{b}",
        CONFLICT: "{b} --topic {me}-x --include {me}-x",
        TYPE: "{b} --topic {me}-x --partition foo",
        ABSENT: "{nobody} --topic {me}-x --timeout-ms 300",
        UNREADABLE: "{b} --topic {me}-x --consumer.config {none}",
        PROPERTY: "{b} --topic {me}-x --isolation-level foo",
    },
    "kafka-consumer-groups": {
        FLAG: "{b} --list --nosuch",
        MISSING: "{b} --describe",
        CONFLICT: "{b} --list --describe --group g",
        TYPE: "{b} --list --timeout foo",
        ABSENT: "{nobody} --list --command-config {quick}",
        UNREADABLE: "{b} --list --command-config {none}",
        TOPIC: "{b} --group {me}-g --reset-offsets --to-earliest --topic nosuch --dry-run",
        PROPERTY: "{b} --list --state foo",
    },
    "kafka-configs": {
        FLAG: "{b} --describe --topic {me}-x --nosuch",
        MISSING: "{b} --alter --topic {me}-x",
        CONFLICT: "{b} --describe --entity-type topics --topic {me}-x",
        TYPE: "{b} --alter --client a --add-config producer_byte_rate=foo",
        ABSENT: "{nobody} --describe --topic {me}-x --command-config {quick}",
        UNREADABLE: "{b} --describe --topic {me}-x --command-config {none}",
        TOPIC: "{b} --alter --topic nosuch --add-config retention.ms=1",
        PROPERTY: "{b} --alter --topic {me}-wrong --add-config nosuch=1",
    },
    "zookeeper-shell": {
        FLAG: "-server {zk} -nosuch ls /",
        MISSING: "-server {zk} get",
        TYPE: "-server {zk} -timeout foo ls /",
        ABSENT: "-server {nowhere} -timeout 300 ls /",
        UNREADABLE: "-server {zk} -zk-tls-config-file {none} ls /",
        TOPIC: "-server {zk} get /brokers/topics/nosuch",
        PROPERTY: "-server {zk} set -v foo /brokers x",
    },
    "kafka-get-offsets": {
        FLAG: "{b} --nosuch",
        MISSING: "--topic {me}-x",
        CONFLICT: "{b} --topic-partitions {me}-x:0 --topic {me}-x",
        TYPE: "{b} --topic {me}-x --partitions foo",
        ABSENT: "{nobody} --topic {me}-x --command-config {quick}",
        UNREADABLE: "{b} --topic {me}-x --command-config {none}",
        TOPIC: "{b} --topic nosuch",
        PROPERTY: "{b} --topic {me}-wrong --time foo",
    },
    "kafka-delete-records": {
        FLAG: "{b} --nosuch",
        MISSING: "{b}",
        CONFLICT: "{b} --offset-json-file {dir}/records --offset-json-file {dir}/records",
        ABSENT: "{nobody} --offset-json-file {dir}/records --command-config {quick}",
        UNREADABLE: "{b} --offset-json-file {none}",
        TOPIC: "{b} --offset-json-file {dir}/records --command-config {quick}",
    },
    "kafka-leader-election": {
        FLAG: "{b} --nosuch",
        MISSING: "{b} --election-type preferred",
        CONFLICT: "{b} --election-type preferred --all-topic-partitions --topic {me}-x --partition 0",
        TYPE: "{b} --election-type preferred --topic {me}-x --partition foo",
        ABSENT: "{nobody} --election-type preferred --all-topic-partitions --admin.config {quick}",
        UNREADABLE: "{b} --election-type preferred --all-topic-partitions --admin.config {none}",
        TOPIC: "{b} --election-type preferred --topic nosuch --partition 0",
        PROPERTY: "{b} --election-type foo --topic {me}-x --partition 0",
    },
    "kafka-reassign-partitions": {
        FLAG: "{b} --nosuch",
        MISSING: "{b} --execute",
        CONFLICT: "{b} --list --execute",
        TYPE: "{b} --generate --topics-to-move-json-file {dir}/records --broker-list foo",
        ABSENT: "{nobody} --list --command-config {quick}",
        UNREADABLE: "{b} --execute --reassignment-json-file {none}",
        TOPIC: "{b} --execute --reassignment-json-file {dir}/nowhere",
        REPLICAS: "{b} --execute --reassignment-json-file {dir}/{me}-moves",
    },
    "kafka-log-dirs": {
        FLAG: "{b} --describe --nosuch",
        MISSING: "{b}",
        CONFLICT: "{b} --describe --broker-list 1 --broker-list 2",
        TYPE: "{b} --describe --broker-list foo",
        ABSENT: "{nobody} --describe --command-config {quick}",
        UNREADABLE: "{b} --describe --command-config {none}",
        PROPERTY: "{b} --describe --broker-list 9",
    },
    "kafka-transactions": {
        FLAG: "list {b} --nosuch",
        MISSING: "describe {b}",
        CONFLICT: "find-hanging {b} --broker-id 1 --partition 0",
        TYPE: "list {b} --duration-filter foo",
        ABSENT: "list {nobody} --command-config {quick}",
        UNREADABLE: "list {b} --command-config {none}",
        TOPIC: "describe-producers {b} --topic nosuch --partition 0 --command-config {quick}",
        PROPERTY: "describe {b} --transactional-id nosuch",
    },
    "kafka-broker-api-versions": {
        FLAG: "{b} --nosuch",
        MISSING: "--command-config {quick}",
        CONFLICT: "{b} {nobody}",
        ABSENT: "{nobody} --command-config {quick}",
        UNREADABLE: "{b} --command-config {none}",
    },
    "kafka-cluster": {
        FLAG: "cluster-id {b} --nosuch",
        MISSING: "unregister {b}",
        TYPE: "unregister {b} --id foo",
        ABSENT: "cluster-id {nobody} --config {quick}",
        UNREADABLE: "cluster-id {b} --config {none}",
    },
    "kafka-features": {
        FLAG: "describe {b} --nosuch",
        MISSING: "upgrade {b}",
        CONFLICT: "upgrade {b} --feature a=1 --feature a=2",
        TYPE: "upgrade {b} --feature metadata.version=foo",
        ABSENT: "describe {nobody} --command-config {quick}",
        UNREADABLE: "describe {b} --command-config {none}",
        PROPERTY: "upgrade {b} --feature metadata.version",
    },
    "kafka-delegation-tokens": {
        FLAG: "{b} --nosuch",
        MISSING: "{b} --command-config {quick} --create",
        CONFLICT: "{b} --command-config {quick} --describe --create",
        TYPE: "{b} --command-config {quick} --create --max-life-time-period foo",
        ABSENT: "{nobody} --command-config {quick} --describe",
        UNREADABLE: "{b} --command-config {none} --describe",
        PROPERTY: "{b} --command-config {quick} --describe --owner-principal foo",
    },
    "kafka-dump-log": {
        FLAG: "--nosuch",
        MISSING: "--print-data-log",
        CONFLICT: "--files x --files y",
        TYPE: "--files 00000000000000000000.log --max-message-size foo",
        UNREADABLE: "--files /nonexistent/00000000000000000000.log",
        PROPERTY: "--files some.log",
    },
    "kafka-producer-perf-test": {
        FLAG: "--topic {me}-x --num-records 1 --record-size 1 --throughput -1 --nosuch",
        MISSING: "--topic {me}-x --record-size 1 --throughput -1",
        CONFLICT: "--topic {me}-x --num-records 1 --record-size 1 --payload-file {quick} --throughput -1 "
        "--producer-props bootstrap.servers={servers}",
        TYPE: "--topic {me}-x --num-records foo --record-size 1 --throughput -1 --producer-props "
        "bootstrap.servers={servers}",
        ABSENT: "--topic {me}-x --num-records 1 --record-size 1 --throughput -1 --producer-props "
        "bootstrap.servers={nowhere} max.block.ms=300",
        UNREADABLE: "--topic {me}-x --num-records 1 --record-size 1 --throughput -1 --producer.config {none}",
        PROPERTY: "--topic {me}-x --num-records 1 --record-size 1 --throughput -1 --producer-props "
        "bootstrap.servers={servers} acks=7",
    },
    "kafka-consumer-perf-test": {
        FLAG: "{b} --topic {me}-x --messages 1 --nosuch",
        MISSING: "{b} --topic {me}-x",
        CONFLICT: "{b} --topic {me}-x --topic {me}-y --messages 1",
        TYPE: "{b} --topic {me}-wrong --messages foo",
        ABSENT: "{nobody} --topic {me}-x --messages 1 --timeout 300",
        UNREADABLE: "{b} --topic {me}-x --messages 1 --consumer.config {none}",
    },
    "kafka-e2e-latency": {
        FLAG: "{servers} {me}-x 1 all 1 --nosuch",
        MISSING: "{servers} {me}-x",
        TYPE: "{servers} {me}-x foo all 1",
        ABSENT: "{nowhere} {me}-x 1 all 1 {quick}",
        UNREADABLE: "{servers} {me}-x 1 all 1 {none}",
        PROPERTY: "{servers} {me}-x 1 7 1",
    },
    "kafka-verifiable-producer": {
        FLAG: "{b} --topic {me}-x --nosuch",
        MISSING: "{b} --max-messages 0",
        CONFLICT: "{b} --broker-list {servers} --topic {me}-x --max-messages 0",
        TYPE: "{b} --topic {me}-x --max-messages foo",
        UNREADABLE: "{b} --topic {me}-x --max-messages 0 --producer.config {none}",
        PROPERTY: "{b} --topic {me}-x --max-messages 0 --acks 7",
    },
    "kafka-verifiable-consumer": {
        FLAG: "{b} --topic {me}-x --group-id g --nosuch",
        MISSING: "{b} --topic {me}-x",
        CONFLICT: "{b} --broker-list {servers} --topic {me}-x --group-id g --max-messages 0",
        TYPE: "{b} --topic {me}-x --group-id g --max-messages foo",
        UNREADABLE: "{b} --topic {me}-x --group-id g --max-messages 0 --consumer.config {none}",
        PROPERTY: "{b} --topic {me}-x --group-id g --max-messages 0 --reset-policy foo",
    },
    "kafka-streams-application-reset": {
        FLAG: "{b} --application-id a --nosuch",
        MISSING: "{b}",
        CONFLICT: "{b} --application-id a --to-earliest --to-latest",
        TYPE: "{b} --application-id a --input-topics {me}-wrong --shift-by foo --dry-run",
        ABSENT: "{nobody} --application-id a --config-file {quick}",
        UNREADABLE: "{b} --application-id a --config-file {none}",
        TOPIC: "{b} --application-id a --input-topics nosuch --dry-run",
        PROPERTY: "{b} --application-id a --input-topics {me}-wrong --to-datetime foo --dry-run",
    },
    "kafka-acls": {
        FLAG: "{b} --list --nosuch",
        MISSING: "{b} --add --topic {me}-x",
        CONFLICT: "{b} --add --list",
        TYPE: "{b} --list --resource-pattern-type foo",
        ABSENT: "{nobody} --list --command-config {quick}",
        UNREADABLE: "{b} --list --command-config {none}",
        PROPERTY: "{b} --add --allow-principal User:a --operation Foo --topic {me}-x",
    },
    "zookeeper-security-migration": {
        FLAG: "--zookeeper.acl secure --nosuch",
        MISSING: "--zookeeper.connect {zk}",
        CONFLICT: "--zookeeper.acl secure --zookeeper.acl unsecure",
        TYPE: "--zookeeper.acl secure --zookeeper.session.timeout foo --zookeeper.connect {zk}",
        UNREADABLE: "--zookeeper.acl secure --zookeeper.connect {zk} --zk-tls-config-file {none}",
        PROPERTY: "--zookeeper.acl foo --zookeeper.connect {zk}",
    },
    "kafka-server-start": {
        FLAG: "{dir}/server --nosuch",
        MISSING: "-daemon",
        TYPE: "{dir}/wrong-server",
        ABSENT: "{dir}/server",
        UNREADABLE: "{none}",
        PROPERTY: "{dir}/server --override nosuch",
    },
    "kafka-server-stop": {
        FLAG: "--nosuch",
        TYPE: "--node-id foo",
        ABSENT: "--node-id 987654321",
        PROPERTY: "--process-role foo",
    },
    "zookeeper-server-start": {
        FLAG: "{dir}/zookeeper --nosuch",
        MISSING: "{dir}/zookeeper",
        TYPE: "{dir}/wrong-zookeeper",
        UNREADABLE: "{none}",
    },
    "zookeeper-server-stop": {
        FLAG: "--nosuch",
    },
}
"""Of every command of Kafka's."""

OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "zkbroker": {FLAG: "--nosuch", MISSING: "", TYPE: "nosuch"},
    "zkbroker up": {FLAG: "--nosuch", TYPE: "--brokers three", CONFLICT: "--override novalue"},
    "zkbroker broker": {
        FLAG: "{dir}/server --nosuch",
        TYPE: "{dir}/server --override novalue",
        ABSENT: "{dir}/server",
        UNREADABLE: "{none}",
        PROPERTY: "{dir}/wrong-server",
    },
    "zkbroker zookeeper": {FLAG: "--nosuch", TYPE: "--port 70000"},
    "zkbroker config": {FLAG: "--nosuch", MISSING: ""},
    "zkbroker config explain": {
        FLAG: "num.partitions --nosuch",
        UNREADABLE: "num.partitions {none}",
        PROPERTY: "nosuch.key",
    },
    "zkbroker user": {FLAG: "--nosuch", MISSING: ""},
    "zkbroker unclean-elections": {
        FLAG: "--nosuch",
        ABSENT: "--zookeeper {nowhere} --override zookeeper.connection.timeout.ms=300",
    },
    "zkbroker completion": {FLAG: "bash --nosuch", MISSING: "", TYPE: "csh"},
    "acl": {FLAG: "--nosuch", MISSING: ""},
    "acl list": {
        FLAG: "{b} --nosuch",
        MISSING: "",
        CONFLICT: "{b} --zookeeper {zk}",
        TYPE: "{b} --resource-pattern-type foo",
        ABSENT: "{nobody} --command-config {quick}",
        UNREADABLE: "{b} --command-config {none}",
    },
}
"""Of our own commands, which no class of Kafka's is beside: wrong usage ends with 2, what fails with 1."""

NO_REPLICAS = {REPLICAS: "it places no replicas"}
NO_TOPIC = {TOPIC: "it names no topic", **NO_REPLICAS}
CREATES = {TOPIC: "the topic is made, or is not there: tests/tools/test_verbatim.py has both", **NO_REPLICAS}
CANNOT_BE: Final[Mapping[str, Mapping[str, str]]] = {
    "kafka-topics": {},
    "kafka-console-producer": CREATES,
    "kafka-console-consumer": CREATES,
    "kafka-consumer-groups": NO_REPLICAS,
    "kafka-configs": NO_REPLICAS,
    "zookeeper-shell": NO_REPLICAS | {CONFLICT: "no two of its options exclude each other"},
    "kafka-get-offsets": NO_REPLICAS,
    "kafka-delete-records": NO_REPLICAS
    | {TYPE: "tests/tools/test_mistakes.py gives it files of every content", PROPERTY: "it has none"},
    "kafka-leader-election": NO_REPLICAS,
    "kafka-reassign-partitions": {PROPERTY: "it has none"},
    "kafka-log-dirs": NO_REPLICAS | {TOPIC: "it shows the partitions that are there, as Kafka's does"},
    "kafka-transactions": NO_REPLICAS,
    "kafka-broker-api-versions": NO_TOPIC | {TYPE: "it takes no number", PROPERTY: "it has none"},
    "kafka-cluster": NO_TOPIC
    | {CONFLICT: "no two of its options exclude each other", PROPERTY: "it has none"},
    "kafka-features": NO_TOPIC,
    "kafka-delegation-tokens": NO_TOPIC,
    "kafka-dump-log": NO_TOPIC | {ABSENT: "it reads files"},
    "kafka-producer-perf-test": CREATES,
    "kafka-consumer-perf-test": CREATES | {PROPERTY: "they come in a file: tests/tools/test_mistakes.py"},
    "kafka-e2e-latency": CREATES | {CONFLICT: "it has no options"},
    "kafka-verifiable-producer": CREATES | {ABSENT: "Kafka's goes on for ever; ours is in test_mistakes.py"},
    "kafka-verifiable-consumer": CREATES | {ABSENT: "Kafka's goes on for ever; ours is in test_mistakes.py"},
    "kafka-streams-application-reset": NO_REPLICAS,
    "kafka-acls": NO_REPLICAS | {TOPIC: "rules may be on what is not there yet"},
    "zookeeper-security-migration": NO_TOPIC
    | {ABSENT: "it must prove first who it is: tests/cli/test_zookeeper_secrets.py"},
    "kafka-server-start": NO_TOPIC | {CONFLICT: "no two of its options exclude each other"},
    "kafka-server-stop": NO_TOPIC
    | {
        MISSING: "it needs no argument",
        CONFLICT: "the id counts where role and id are given, as in Kafka's script",
        UNREADABLE: "it reads no file that is named",
    },
    "zookeeper-server-start": NO_TOPIC
    | {
        CONFLICT: "no two of its options exclude each other",
        ABSENT: "it is what others look for",
        PROPERTY: "what has no effect here is told and passed over: tests/tools/test_load_tools.py",
    },
    "zookeeper-server-stop": dict.fromkeys(
        (MISSING, CONFLICT, TYPE, UNREADABLE, TOPIC, REPLICAS, PROPERTY), "it takes no arguments"
    )
    | {ABSENT: "it would stop other tests' servers where there are some"},
}
"""Why a kind is not asked of a command."""


@attrs.frozen
class Differs:
    """A difference to Kafka's command, and why."""

    why: str
    ours: str  # a pattern of our sentence
    kafkas_code: int | None = None  # where it is not ours


ANY: Final = "*"
USAGE: Final = "argparse4j shows the usage before its sentence"
OWN_WORDS: Final = "Kafka's is a word of Java's"
ARGPARSE: Final = (
    *("kafka-transactions", "kafka-cluster", "kafka-features", "kafka-producer-perf-test"),
    *("kafka-verifiable-producer", "kafka-verifiable-consumer"),
)
NO_BROKER: Final = r"No broker answers at localhost:\d+ \(localhost:\d+: connection refused\)"
NEVER_0: Final = "Kafka's ends with 0, though it failed: no failure of ours does"

EXPLAINED: Final[Mapping[tuple[str, str], Differs]] = {
    (ANY, ABSENT): Differs("Kafka's client names the call that got no broker, or says nothing", NO_BROKER),
    (ANY, UNREADABLE): Differs(
        "Kafka's sentence is the file's name", "No such file or directory|Unable to read file .*/none"
    ),
    **{
        (command, kind): Differs(USAGE, pattern)
        for command in ARGPARSE
        for kind, pattern in (
            (FLAG, "^nosuch is not a recognized option$"),
            (MISSING, r"^Missing required argument"),
            (TYPE, "^Cannot parse argument 'foo' of option"),
        )
        if (command, kind) not in (("kafka-features", MISSING), ("kafka-features", TYPE))
    },
    **{
        ("zookeeper-security-migration", kind): Differs("Kafka's asks first how it is to log in", pattern)
        for kind, pattern in (
            (MISSING, "Missing required argument"),
            (CONFLICT, "Found multiple arguments for option zookeeper.acl"),
            (TYPE, "Cannot parse argument 'foo' of option zookeeper.session.timeout"),
            (PROPERTY, "Cannot parse argument 'foo' of option zookeeper.acl"),
        )
    },
    **{
        ("kafka-server-start", kind): Differs("Kafka's tells it in its log", pattern)
        for kind, pattern in (
            (FLAG, "^nosuch is not a recognized option"),
            (MISSING, "^USAGE: kafka-server-start"),
            (TYPE, r"num.partitions=many \(wrong-server, line 2\) is not allowed"),
            (ABSENT, "ZooKeeper at 127.0.0.1:1 cannot be reached"),
            (UNREADABLE, "/none cannot be read: No such file or directory"),
            (PROPERTY, "--override nosuch: write it as --override key=value"),
        )
    },
    ("kafka-topics", PROPERTY): Differs("the broker says what and why", "nosuch=1 .* is not allowed"),
    ("kafka-console-producer", ABSENT): Differs(NEVER_0, NO_BROKER, 0),
    ("kafka-console-consumer", ABSENT): Differs(NEVER_0, NO_BROKER, 0),
    ("kafka-console-consumer", PROPERTY): Differs(
        "Kafka's shows a stack trace",
        "Invalid value foo for configuration isolation.level: .* must be one of",
    ),
    ("kafka-consumer-groups", MISSING): Differs(
        "a hash table's order", "Option \\[describe\\] takes one of these"
    ),
    ("kafka-consumer-groups", TYPE): Differs(NEVER_0, "Cannot parse argument 'foo' of option timeout", 0),
    ("kafka-consumer-groups", ABSENT): Differs(NEVER_0, NO_BROKER, 0),
    ("kafka-consumer-groups", UNREADABLE): Differs(NEVER_0, "/none cannot be read", 0),
    ("kafka-consumer-groups", TOPIC): Differs(NEVER_0, "This server does not host this topic-partition", 0),
    ("zookeeper-shell", FLAG): Differs("Kafka's passes it over", "nosuch is not a recognized option", 0),
    ("zookeeper-shell", MISSING): Differs(
        "its -w is accepted here, and watches nothing", r"^get \[-s\] path$"
    ),
    ("zookeeper-shell", TYPE): Differs(OWN_WORDS, "Cannot parse argument 'foo' of option timeout"),
    ("zookeeper-shell", PROPERTY): Differs("Kafka's reads the line first", 'For input string: "foo"'),
    ("zookeeper-shell", ABSENT): Differs(OWN_WORDS, r"ZooKeeper at localhost:\d+ does not answer"),
    ("kafka-get-offsets", FLAG): Differs("without 'Error occurred: '", "^nosuch is not a recognized option"),
    ("kafka-delete-records", ABSENT): Differs(NEVER_0, NO_BROKER, 0),
    ("kafka-delete-records", TOPIC): Differs(
        "Kafka's asks again until its time is over, and ends with 0", "This server does not host", 0
    ),
    ("kafka-transactions", TOPIC): Differs(
        "Kafka's asks again until its time is over",
        "nosuch-0 .*: This server does not host this topic-partition",
    ),
    ("kafka-delegation-tokens", TYPE): Differs(
        OWN_WORDS, "Cannot parse argument 'foo' of option max-life-time-period"
    ),
    ("kafka-dump-log", TYPE): Differs("Kafka's begins before it reads it", "Cannot parse argument 'foo'"),
    ("kafka-dump-log", PROPERTY): Differs(
        OWN_WORDS, "some.log: the name of a log's file begins with an offset"
    ),
    ("kafka-producer-perf-test", CONFLICT): Differs(
        USAGE, "one of the arguments --record-size --payload-file"
    ),
    ("kafka-producer-perf-test", ABSENT): Differs(NEVER_0, NO_BROKER, 0),
    ("kafka-consumer-perf-test", CONFLICT): Differs(
        "Kafka's prints the heading first", "Found multiple arguments for option topic"
    ),
    ("kafka-consumer-perf-test", ABSENT): Differs(NEVER_0, NO_BROKER, 0),
    ("kafka-e2e-latency", FLAG): Differs("Kafka's takes it for a file", "nosuch is not a recognized option"),
    ("kafka-e2e-latency", MISSING): Differs("Kafka's names its class", "^USAGE: broker_list topic"),
    ("kafka-e2e-latency", TYPE): Differs(OWN_WORDS, "^USAGE: broker_list topic"),
    ("kafka-verifiable-producer", CONFLICT): Differs(USAGE, "can't be used with option"),
    ("kafka-verifiable-producer", PROPERTY): Differs(USAGE, "Cannot parse argument '7' of option acks"),
    ("kafka-verifiable-consumer", CONFLICT): Differs(USAGE, "can't be used with option"),
    ("kafka-verifiable-consumer", PROPERTY): Differs(
        "Kafka's shows a stack trace", "Cannot parse argument 'foo' of option reset-policy"
    ),
    ("kafka-streams-application-reset", PROPERTY): Differs(
        "Kafka's says no more than that it failed", "foo is no date and time: it must be as"
    ),
    ("kafka-acls", PROPERTY): Differs(
        "a hash table's order", "^ResourceType TOPIC only supports operations Read"
    ),
    ("zookeeper-server-start", FLAG): Differs(
        "Kafka's shows its usage", "^nosuch is not a recognized option"
    ),
    ("zookeeper-server-start", MISSING): Differs("Kafka's tells it in its log", "has no dataDir"),
    ("zookeeper-server-start", TYPE): Differs("Kafka's tells it in its log", "clientPort=many is no port"),
}
"""All there are; everything else is said in the same words, with the same code."""

SLOW: Final = {("kafka-streams-application-reset", ABSENT), ("kafka-consumer-groups", ABSENT)}
"""Kafka's takes many seconds whatever its properties say: it is asked with --long only."""
