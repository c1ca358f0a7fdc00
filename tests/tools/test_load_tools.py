"""The load, latency and verification tools: their lines have Kafka's form, and the records are there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers import VERIFIABLE_CONSUMER, VERIFIABLE_PRODUCER, ToolResult, run_alone
from tests.tools.conftest import Place
from tests.tools.parity import Both, run_tool
from zkbroker.cli.commands import tool_named
from zkbroker.cli.daemon import broker_id_of, servers
from zkbroker.cli.failure import Failure
from zkbroker.cli.zookeeper_server_start import arguments

OFFSETS = "kafka-get-offsets"


def numberless(text: str) -> str:
    """Every number, date and random id is N."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}", "DATE", text)
    return re.sub(r"-?\d+(\.\d+)?(E-?\d+)?", "N", text)


def ours(place: Place, command: str, *words: str) -> ToolResult:
    return run_tool(tool_named(command), words)


@pytest.mark.peers
def test_producer_performance(both: Both, place: Place) -> None:
    for me in ("java", "ours"):
        place.create(f"{me}-load")
    both.same(
        "kafka-producer-perf-test",
        "--topic {me}-load --num-records 2000 --record-size 100 --throughput -1 --producer-props "
        "bootstrap.servers={servers} acks=all",
        normalise=numberless,
        code=0,
    )
    both.same(OFFSETS, "{b} --topic {me}-load", code=0)
    both.same(
        "kafka-consumer-perf-test",
        "{b} --topic {me}-load --messages 2000",
        normalise=numberless,
        code=0,
    )


def test_reading_a_topic_that_is_just_being_made(place: Place) -> None:
    """kafka-python may never have joined a group when it hears of a topic's leaders meanwhile, and the tool hung."""
    words = ["--bootstrap-server", place.bootstrap, "--messages", "1", "--timeout", "300", "--topic"]
    for number in range(3):
        result = ours(place, "kafka-consumer-perf-test", *words, f"just-made-{number}")
        assert result.exit_code == 0, result
        assert "WARNING: Exiting before consuming the expected number of messages" in result.output


def test_transactions_and_payloads(place: Place, tmp_path: Path) -> None:
    place.create("payloads")
    file = tmp_path / "payloads"
    file.write_text("one\ntwo\n")
    words = [
        "--topic",
        "payloads",
        "--num-records",
        "50",
        "--throughput",
        "1000",
        "--payload-file",
        str(file),
    ]
    words += ["--transactional-id", "perf-tx", "--producer-props", f"bootstrap.servers={place.bootstrap}"]
    result = ours(place, "kafka-producer-perf-test", *words)
    assert result.exit_code == 0, result
    assert result.output.splitlines()[1] == "Number of messages read: 2"
    read = [
        "--bootstrap-server",
        place.bootstrap,
        "--topic",
        "payloads",
        "--from-beginning",
        "--max-messages",
        "50",
    ]
    lines = ours(place, "kafka-console-consumer", *read, "--isolation-level", "read_committed").output.split()
    assert len(lines) == 50 and set(lines) <= {"one", "two"}


@pytest.mark.peers
def test_latency(both: Both, place: Place) -> None:
    for me in ("java", "ours"):
        place.create(f"{me}-latency")
    both.same("kafka-e2e-latency", "{servers} {me}-latency 20 all 100", normalise=numberless, code=0)
    both.same("kafka-e2e-latency", "{servers} {me}-latency 20 0 100", normalise=numberless, code=1)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.peers
def test_verifiable_clients(both: Both, place: Place) -> None:
    for me in ("java", "ours"):
        place.create(f"{me}-verified")
    line = "{b} --topic {me}-verified --max-messages 20 --acks -1 --value-prefix 7 --repeating-keys 3"
    mine = both.ours("kafka-verifiable-producer", line)
    theirs = run_alone(VERIFIABLE_PRODUCER, *both.fill(line, "java")).require_success()
    assert mine.code == 0, mine

    def timeless(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Java's keys come in another order, its rates differ, and its shutdown hook tells the end."""
        kept = [
            {k: v for k, v in event.items() if k not in ("timestamp", "avg_throughput")} for event in found
        ]
        return sorted(
            (e for e in kept if e["name"] != "shutdown_complete"), key=lambda e: json.dumps(e, sort_keys=True)
        )

    assert timeless(events(mine.output)) == timeless(events(theirs.output.replace("java-", "side-")))
    none = both.ours("kafka-verifiable-producer", "{b} --topic {me}-verified --max-messages 0")
    assert [event["name"] for event in events(none.output)] == [
        *("startup_complete", "shutdown_complete", "tool_data")
    ]
    line = "{b} --topic {me}-verified --group-id {me}-GROUP --max-messages 20"
    for group, more in (("verbose", "--verbose"), ("auto", "--enable-autocommit --reset-policy earliest")):
        words = f"{line.replace('GROUP', group)} {more}"
        read = consumption(events(both.ours("kafka-verifiable-consumer", words).output))
        told = run_alone(VERIFIABLE_CONSUMER, *both.fill(words, "java")).require_success()
        assert read == consumption(events(told.output.replace("java-", "side-"))), group
        if group == "verbose":
            assert [value for _, _, value in read["records"]] == [f"7.{each}" for each in range(20)]


def consumption(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What a verifiable consumer told: in which order, with which fields, of how many records."""
    order = [event["name"] for event in found]
    return {
        "order": [name for at, name in enumerate(order) if name not in order[:at]],
        "fields": {event["name"]: sorted(event) for event in found},
        "count": sum(event["count"] for event in found if event["name"] == "records_consumed"),
        "committed": [event["success"] for event in found if event["name"] == "offsets_committed"][-1:],
        "records": [
            (each["partition"], each["offset"], each["value"])
            for each in found
            if each["name"] == "record_data"
        ],
    }


@pytest.mark.peers
def test_streams_reset(both: Both, place: Place) -> None:
    for me in ("java", "ours"):
        place.create(f"{me}-in")
        place.create(f"{me}-app-store-changelog")
        place.create(f"{me}-app-other")
        both.ours("kafka-console-producer", f"{{b}} --topic {me}-in", stdin="1\n2\n")
        both.ours(
            "kafka-console-consumer",
            f"{{b}} --topic {me}-in --group {me}-app --from-beginning --max-messages 2",
        )

    reset = "{b} --application-id {me}-app --input-topics {me}-in,nosuch"
    both.same("kafka-streams-application-reset", reset + " --dry-run", code=1)
    both.same(
        "kafka-streams-application-reset",
        "{b} --application-id {me}-app --input-topics {me}-in",
        code=0,
    )
    both.same("kafka-consumer-groups", "{b} --describe --group {me}-app", code=0)
    both.same("kafka-topics", "{b} --list --topic {me}-app.*", code=0)


@pytest.mark.peers
def test_streams_reset_of_an_application_that_runs(both: Both, place: Place) -> None:
    """Refused while the group has a member, unless it is taken out by force."""
    for me in ("java", "ours"):
        place.create(f"{me}-running")
        join(both.bootstrap, f"{me}-runs")

    def nameless(text: str) -> str:
        text = re.sub(r"member-[0-9a-f-]{36}", "MEMBER", text)
        # Kafka says the class of the exception, and prints a member as Java prints an object.
        text = re.sub(r"\w+\.lang\.IllegalStateException: ", "", text)
        return re.sub(r"\[\(memberId=MEMBER,[^\]]*\]", "[MEMBER]", text)

    line = "{b} --application-id {me}-runs --input-topics {me}-running"
    refused = both.ours("kafka-streams-application-reset", line)
    theirs = both.kafka("kafka-streams-application-reset", line)
    assert refused.code == theirs.code == 1
    assert nameless(refused.sentence) == nameless(theirs.sentence), theirs
    assert "is still active and has following members" in refused.sentence
    both.same("kafka-streams-application-reset", line + " --force", normalise=nameless, code=0)
    both.same("kafka-consumer-groups", "{b} --describe --group {me}-runs --state", code=0)


def join(bootstrap: str, group: str) -> None:
    """Let somebody join the group and stay silent: it is a member for as long as its session lasts."""
    from zkbroker.client.cluster import Cluster, CoordinatorKind
    from zkbroker.client.settings import ClientSettings
    from zkbroker.protocol.generated.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
    from zkbroker.protocol.generated.join_group_response import JoinGroupResponse
    from zkbroker.protocol.generated.sync_group_request import SyncGroupRequest
    from zkbroker.protocol.generated.sync_group_response import SyncGroupResponse

    with Cluster(ClientSettings.of(bootstrap, {"client.id": "member"})) as cluster:
        coordinator = cluster.patiently(lambda: cluster.coordinator(group, CoordinatorKind.GROUP))

        def ask(member_id: str) -> JoinGroupResponse:
            request = JoinGroupRequest(
                group_id=group,
                session_timeout_ms=60_000,
                rebalance_timeout_ms=60_000,
                member_id=member_id,
                protocol_type="consumer",
                protocols=[JoinGroupRequestProtocol(name="range", metadata=b"")],
            )
            return coordinator.request(request, JoinGroupResponse)

        joined = ask(ask("").member_id)  # the first answer only gives the name
        assert joined.error_code == 0, joined
        sync = SyncGroupRequest(
            group_id=group,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            protocol_type="consumer",
            protocol_name="range",
        )
        assert coordinator.request(sync, SyncGroupResponse).error_code == 0


@pytest.mark.parametrize(
    ("command", "words", "code"),
    [
        ("kafka-producer-perf-test", (), 0),
        ("kafka-verifiable-producer", (), 0),
        ("kafka-verifiable-consumer", (), 0),
        ("kafka-consumer-perf-test", (), 1),
        ("kafka-verifiable-producer", ("--help",), 1),
        ("kafka-verifiable-producer", ("-h",), 1),
        ("kafka-topics", ("-h",), 1),
    ],
)
def test_help_ends_with_kafkas_codes(command: str, words: tuple[str, ...], code: int) -> None:
    result = run_tool(tool_named(command), words)
    assert result.exit_code == code
    assert result.errors.startswith(tool_named(command).purpose)


@pytest.mark.parametrize(
    ("command", "line", "sentence"),
    [
        (
            "kafka-producer-perf-test",
            "--topic t --num-records 1 --throughput 1 --record-size 1",
            "Either --producer-props",
        ),
        (
            "kafka-producer-perf-test",
            "--topic t --num-records 1 --throughput 1 --producer-props a=b",
            "one of the arg",
        ),
        (
            "kafka-consumer-perf-test",
            "--topic t --messages 1",
            "Missing required option(s) [bootstrap-server]",
        ),
        (
            "kafka-verifiable-producer",
            "--topic t",
            "one of the arguments --bootstrap-server --broker-list is required",
        ),
        ("kafka-verifiable-consumer", "--topic t --group-id g", "one of the arguments --bootstrap-server"),
    ],
)
def test_wrong_use_is_a_sentence(command: str, line: str, sentence: str) -> None:
    result = run_tool(tool_named(command), line.split())
    assert result.exit_code == 1
    assert result.errors.startswith(sentence), result


def test_the_properties_of_zookeeper(tmp_path: Path) -> None:
    file = tmp_path / "zookeeper.properties"
    file.write_text("dataDir=/tmp/zk\nclientPort=2182\nmaxClientCnxns=0\nadmin.enableServer=false\n")
    assert arguments(str(file)) == ["zookeeper", "--data", "/tmp/zk", "--port", "2182"]
    file.write_text("dataDir=/d\nserver.1=a:1:2\nserver.2=b:1:2\n")
    with pytest.raises(Failure, match="an ensemble needs Apache ZooKeeper"):
        arguments(str(file))


def test_which_processes_are_stopped() -> None:
    listed = """\
      1     0 /sbin/init
     10  1000 /v/bin/python -m zkbroker broker server.properties
     11  1000 /v/bin/python /v/bin/zkbroker broker server.properties
     12  1000 /v/bin/python /v/bin/kafka-server-start.sh server.properties
     13  1001 /v/bin/python -m zkbroker broker of.another.user
     14  1000 /v/bin/python -m zkbroker zookeeper
     15  1000 vi zkbroker/broker.py
     16  1000 /v/bin/python -m zkbroker up
"""
    assert servers(listed, "broker", 1000) == {pid: ["server.properties"] for pid in (10, 11, 12)}
    assert servers(listed, "zookeeper", 1000) == {14: []}


def test_which_broker_a_process_is(tmp_path: Path) -> None:
    """kafka-server-stop --node-id stops that one alone."""
    (tmp_path / "server.properties").write_text("broker.id=2\n")
    (tmp_path / "kraft.properties").write_text("node.id = 7\n")
    (tmp_path / "generated.properties").write_text("log.dirs=/x\n")
    for line, wanted in (
        ("server.properties", 2),
        (f"{tmp_path}/server.properties --stop-with-parent", 2),
        ("server.properties --override broker.id=5", 5),
        ("--override=broker.id=5 server.properties", 5),
        ("kraft.properties", 7),
        ("generated.properties", None),
        ("gone.properties", None),
    ):
        assert broker_id_of(line.split(), tmp_path) == wanted, line


@pytest.mark.parametrize(
    ("command", "line", "signal", "sentence"),
    [
        ("kafka-server-stop", "--node-id 987654321", "TERM", "No kafka server to stop"),
        ("kafka-server-stop", "--process-role controller", "TERM", "No kafka server to stop: "),
        ("kafka-server-stop", "--node-id one", "TERM", "Cannot parse argument 'one' of option node-id"),
        ("kafka-server-stop", "", "NOSUCH", "SIGNAL=NOSUCH is no signal"),
        ("zookeeper-server-stop", "", "999", "SIGNAL=999 is no signal"),
    ],
)
def test_nothing_is_stopped(
    monkeypatch: pytest.MonkeyPatch, command: str, line: str, signal: str, sentence: str
) -> None:
    monkeypatch.setenv("SIGNAL", signal)
    result = run_tool(tool_named(command), line.split())
    assert result.exit_code == 1
    assert (result.output + result.errors).startswith(sentence), result
