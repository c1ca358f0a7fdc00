"""Commands about partitions and the cluster, each beside Kafka's class."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.tools.conftest import WAIT_S, Place
from tests.tools.parity import Both, Said, sorted_lines

OFFSETS, RECORDS, ELECTION = "kafka-get-offsets", "kafka-delete-records", "kafka-leader-election"
DIRS, TRANSACTIONS, VERSIONS = "kafka-log-dirs", "kafka-transactions", "kafka-broker-api-versions"
CLUSTER, FEATURES, TOKENS = "kafka-cluster", "kafka-features", "kafka-delegation-tokens"
PRODUCER = "kafka-console-producer"


def both_sides(place: Place, both: Both, topic: str, *words: str, lines: str = "") -> None:
    """A topic of each side, with the same records."""
    for me in ("java", "ours"):
        place.create(f"{me}-{topic}", *words)
        if lines:
            assert both.ours(PRODUCER, f"{{b}} --topic {me}-{topic}", stdin=lines).code == 0


def without_classes(text: str) -> str:
    """Kafka puts the class of an error before its message."""
    return re.sub(r"(org\.apache\.kafka|java)\.\S+Exception: ", "", text)


@pytest.mark.peers
def test_offsets(both: Both, place: Place) -> None:
    both_sides(place, both, "offsets", lines="1\n2\n3\n")
    for line in (
        "--topic {me}-offsets",
        "--topic {me}-off.* --time earliest",
        "--topic {me}-offsets --time -1",
        "--topic {me}-offsets --time 1000",
        "--topic {me}-offsets --time 99999999999999",
        "--topic {me}-offsets --partitions 0",
        "--topic-partitions {me}-offsets:0",
        "--topic-partitions {me}-offsets:0-1,{me}-off.*:7-",
        "--exclude-internal-topics --topic {me}-offsets",
    ):
        both.same(OFFSETS, "{b} " + line, code=0)
    both.same(OFFSETS, "--broker-list {servers} --topic {me}-offsets", code=0)
    both_sides(place, both, "single", lines="1\n")  # of several, two may be of the same millisecond
    both.same(OFFSETS, "{b} --topic {me}-single --time max-timestamp", code=0)


@pytest.mark.peers
def test_deleting_records(both: Both, place: Place, tmp_path: Path) -> None:
    both_sides(place, both, "purge", lines="1\n2\n3\n")
    for me in ("java", "ours"):
        partitions = [{"topic": f"{me}-purge", "partition": 0, "offset": 2}]
        (tmp_path / me).write_text(json.dumps({"partitions": partitions, "version": 1}))
        everything = [{"topic": f"{me}-purge", "partition": 0, "offset": -1}]
        (tmp_path / f"{me}-all").write_text(json.dumps({"partitions": everything}))
        (tmp_path / f"{me}-twice").write_text(json.dumps({"partitions": everything * 2}))
    both.same(RECORDS, f"{{b}} --offset-json-file {tmp_path}/{{me}}", code=0)
    both.same(OFFSETS, "{b} --topic {me}-purge --time earliest", code=0)
    both.same(RECORDS, f"{{b}} --offset-json-file {tmp_path}/{{me}}-all", code=0)
    both.same(OFFSETS, "{b} --topic {me}-purge --time earliest", code=0)
    both.same(RECORDS, f"{{b}} --offset-json-file {tmp_path}/{{me}}-twice", code=1)


@pytest.mark.peers
def test_elections(both: Both, place: Place, tmp_path: Path) -> None:
    both_sides(place, both, "elected", "--replica-assignment", "1:2,2:3")
    for me in ("java", "ours"):
        partitions = [{"topic": f"{me}-elected", "partition": partition} for partition in (0, 1)]
        (tmp_path / me).write_text(json.dumps({"partitions": partitions}))
        (tmp_path / f"{me}-twice").write_text(json.dumps({"partitions": partitions * 2}))

    def any_order(text: str) -> str:
        return re.sub(r"partitions (.*)", lambda found: str(sorted(found[1].split(", "))), text)

    both.same(ELECTION, "{b} --election-type preferred --topic {me}-elected --partition 0", code=0)
    both.same(ELECTION, "{b} --election-type UNCLEAN --topic {me}-elected --partition 0", code=0)
    both.same(
        ELECTION,
        f"{{b}} --election-type preferred --path-to-json-file {tmp_path}/{{me}}",
        normalise=any_order,
        code=0,
    )
    both.same(ELECTION, "{b} --election-type preferred --all-topic-partitions", code=0)
    both.same(
        ELECTION,
        "{b} --election-type preferred --topic nosuch --partition 0",
        normalise=without_classes,
        code=1,
    )


@pytest.mark.peers
def test_log_dirs(both: Both, place: Place) -> None:
    both_sides(place, both, "dirs", "--replica-assignment", "1:2", lines="1\n")

    def document(text: str) -> str:
        """The JSON with its lists in order."""
        *said, last = text.splitlines()
        found = json.loads(last)
        for broker in found["brokers"]:
            for directory in broker["logDirs"]:
                directory["partitions"].sort(key=lambda row: row["partition"])
        found["brokers"].sort(key=lambda broker: broker["broker"])
        return "\n".join([*said, json.dumps(found, sort_keys=True)])

    both.same(DIRS, "{b} --describe --topic-list {me}-dirs", normalise=document, code=0)
    both.same(
        DIRS, "{b} --describe --broker-list 2 --topic-list {me}-dirs,nosuch", normalise=document, code=0
    )
    both.same(DIRS, "{b} --describe", normalise=lambda text: document(text)[:60], code=0)


@pytest.mark.peers
def test_transactions(both: Both, place: Place) -> None:
    from confluent_kafka import Producer

    both.ours("kafka-topics", "{b} --create --topic transacted")
    producer = Producer({"bootstrap.servers": both.bootstrap, "transactional.id": "tx-shown"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce("transacted", b"x", partition=0)
    producer.flush(30)

    def timeless(text: str) -> str:
        """Without how long it lasts, which grows meanwhile, and the widths that come of it."""
        return re.sub(r"\b\d{1,6}\b(?= *\ttransacted)", "D", text).replace(" ", "")

    for line in (
        "list",
        "list --duration-filter 100000000",
        "describe --transactional-id tx-shown",
        "describe-producers --topic transacted --partition 0",
        "describe-producers --topic transacted --partition 0 --broker-id {leader}",
        "find-hanging --topic transacted",
        "find-hanging --topic transacted --max-transaction-timeout 0",
    ):
        action, _, rest = line.partition(" ")
        described = both.ours("kafka-topics", "{b} --describe --topic transacted").output
        leader = re.search(r"Leader: (\d)", described)
        assert leader
        rest = rest.replace("{leader}", leader[1])
        # Kafka lists broker by broker in no order; another test's producer may have an id at another broker.
        normalise = (lambda text: sorted_lines(timeless(text))) if action == "list" else timeless
        both.same(f"{TRANSACTIONS} {action}", "{b} " + rest, normalise=normalise, code=0)
    producer.abort_transaction(30)
    # It is answered before the leaders have its marker.
    deadline_s = time.monotonic() + WAIT_S
    looks = (f"{TRANSACTIONS} describe-producers", "{b} --topic transacted --partition 0")
    while not both.ours(*looks).output.split("\n")[1].rstrip().endswith("None"):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    both.same(f"{TRANSACTIONS} abort", "{b} --topic transacted --partition 0 --start-offset 0", code=1)


@pytest.mark.peers
def test_versions(both: Both) -> None:
    def by_broker(text: str) -> str:
        return "".join(sorted(re.split(r"(?m)^(?=\S+:\d+ \(id)", text)))

    both.same(VERSIONS, "{b}", normalise=by_broker, code=0)


@pytest.mark.peers
def test_the_cluster(both: Both) -> None:
    both.same(f"{CLUSTER} cluster-id", "{b}", code=0)
    both.same(f"{CLUSTER} unregister", "{b} --id 1", code=0)
    both.same(f"{FEATURES} upgrade", "{b} --feature metadata.version=17", code=1)


@pytest.mark.peers
@pytest.mark.parametrize(
    ("command", "line"),
    [
        (RECORDS, "--offset-json-file x"),
        (ELECTION, "{b}"),
        (ELECTION, "{b} --election-type preferred --topic z"),
        (ELECTION, "{b} --election-type preferred --all-topic-partitions --partition 0"),
        (DIRS, "--describe"),
        (f"{TRANSACTIONS} find-hanging", "{b}"),
        (f"{TRANSACTIONS} abort", "{b} --topic z --partition 0"),
        (f"{TRANSACTIONS} abort", "{b} --topic z --partition 0 --producer-id 7"),
        (VERSIONS, "--version"),
        (TOKENS, "{b}"),
        (TOKENS, "{b} --describe"),
        (TOKENS, "{b} --describe --create"),
        (TOKENS, "{b} --create --max-life-time-period -1"),
    ],
)
def test_errors(both: Both, command: str, line: str) -> None:
    both.same(command, line, code=0 if line == "--version" else 1)


@pytest.mark.peers
@pytest.mark.parametrize(
    "line",
    [
        "--create --max-life-time-period -1",
        "--describe",
        "--describe --owner-principal User:a",
        "--renew --renew-time-period -1 --hmac YWJj",
        "--expire --expiry-time-period -1 --hmac YWJj",
        "--renew",
        "--create",
        "--expire --hmac YWJj",
        "--describe --hmac YWJj",
    ],
)
def test_tokens_where_nobody_is_known(both: Both, tmp_path: Path, line: str) -> None:
    (tmp_path / "client.properties").touch()
    both.same(TOKENS, f"{{b}} --command-config {tmp_path}/client.properties {line}", code=1)


@pytest.mark.parametrize("command", [CLUSTER, FEATURES, TRANSACTIONS])
@pytest.mark.parametrize("line", ["{b} nosuch", "{b}", "nosuch", "--foo"])
def test_no_such_action(place: Place, command: str, line: str) -> None:
    both = Both(place.bootstrap, place.zookeeper, None)  # type: ignore[arg-type]  # theirs end the JVM
    said: Said = both.ours(command, line)
    assert said.code == 1 and said.output == "" and said.sentence


def test_sorted_lines() -> None:
    assert sorted_lines("b\na\n") == "a\nb"
