"""Kafka's own load and console tools, unmodified."""

from __future__ import annotations

import json

import pytest

from tests.interop.clients import Beginning, JavaClients
from tests.interop.topics import create_topic
from tests.support.peers import (
    CONSOLE_CONSUMER,
    CONSOLE_PRODUCER,
    PRODUCER_PERFORMANCE,
    VERIFIABLE_PRODUCER,
    JavaTools,
    run_alone,
)

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_producer_performance(bootstrap: str, java_tools: JavaTools, acks: str) -> None:
    topic = create_topic(bootstrap)
    idempotence = str(acks == "all").lower()
    result = java_tools.run(
        PRODUCER_PERFORMANCE,
        *("--topic", topic, "--num-records", "20000", "--record-size", "100", "--throughput", "-1"),
        *("--producer-props", f"bootstrap.servers={bootstrap}", f"acks={acks}"),
        f"enable.idempotence={idempotence}",
    ).require_success()
    assert result.output.splitlines()[-1].startswith("20000 records sent")
    read = JavaClients(java_tools).read(
        bootstrap, topic, Beginning(), 20_000
    )  # with acks=0 the last may be on their way
    assert [record.offset for record in read] == list(range(20_000))
    assert {len(record.value or b"") for record in read} == {100}


def test_verifiable_producer(bootstrap: str, java_tools: JavaTools) -> None:
    topic = create_topic(bootstrap)
    result = run_alone(
        VERIFIABLE_PRODUCER,
        *("--bootstrap-server", bootstrap, "--topic", topic, "--max-messages", "500", "--acks", "-1"),
        *("--value-prefix", "7", "--repeating-keys", "10"),
    ).require_success()
    said = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    sent = [event for event in said if event["name"] == "producer_send_success"]
    assert [event["offset"] for event in sent] == list(range(500))
    (summary,) = [event for event in said if event["name"] == "tool_data"]
    assert (summary["sent"], summary["acked"]) == (500, 500)
    read = JavaClients(java_tools).read(bootstrap, topic, Beginning(), 500)
    assert [record.value for record in read] == [f"7.{number}".encode() for number in range(500)]
    assert [record.key for record in read] == [str(number % 10).encode() for number in range(500)]


def test_console_consumer_with_an_assigned_partition(bootstrap: str, java_tools: JavaTools) -> None:
    topic = create_topic(bootstrap)
    lines = b"".join(b"origin:console\tk%d\tv%d\n" % (number, number) for number in range(20))
    java_tools.run(
        CONSOLE_PRODUCER,
        *("--bootstrap-server", bootstrap, "--topic", topic),
        *("--property", "parse.key=true", "--property", "parse.headers=true"),
        stdin=lines,
    ).require_success()
    result = java_tools.run(
        CONSOLE_CONSUMER,
        *("--bootstrap-server", bootstrap, "--topic", topic, "--partition", "0", "--offset", "15"),
        *("--max-messages", "5", "--timeout-ms", "20000"),
        *(
            "--property",
            "print.key=true",
            "--property",
            "print.headers=true",
            "--property",
            "print.offset=true",
        ),
    ).require_success()
    expected = [f"Offset:{number}\torigin:console\tk{number}\tv{number}" for number in range(15, 20)]
    assert result.output.splitlines() == expected
