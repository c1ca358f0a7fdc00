"""kafka-console-producer and kafka-console-consumer beside Kafka's ConsoleProducer and ConsoleConsumer."""

from __future__ import annotations

import re

import pytest

from tests.tools.conftest import Place
from tests.tools.parity import Both, run_tool
from zkbroker.cli.commands import tool_named

PRODUCER, CONSUMER, TOPICS = "kafka-console-producer", "kafka-console-consumer", "kafka-topics"


def timeless(text: str) -> str:
    return re.sub(r"(CreateTime|LogAppendTime):\d+", r"\1:T", text)


@pytest.mark.peers
def test_keys_values_and_headers(both: Both) -> None:
    """Each maker's producer into a topic of its own, each maker's consumer reads both."""
    both.same(TOPICS, "{b} --create --topic {me}-console --partitions 1", code=0)
    both.same(
        PRODUCER,
        "{b} --topic {me}-console --property parse.key=true --property key.separator=: --property null.marker=NIL",
        stdin="a:1\nb:2:3\n:4\nc:\nNIL:n\nk:NIL\nü:ö\n",
        code=0,
    )
    both.same(
        PRODUCER,
        "--broker-list {servers} --topic {me}-console --producer-property acks=all --property parse.headers=true "
        "--property parse.key=true --compression-codec",
        stdin="h1:v1,h2:v2\tk\tv\n",
        code=0,
    )
    both.same(PRODUCER, "{b} --topic {me}-console --sync --producer-property acks=1", stdin="s\r\nt", code=0)
    everything = " ".join(
        f"--property print.{part}=true" for part in ("key", "timestamp", "partition", "offset", "headers")
    )
    for side in ("java", "ours"):  # who wrote
        said = both.same(
            CONSUMER,
            f"{{b}} --topic {side}-console --partition 0 --offset earliest --max-messages 10 {everything} "
            "--property key.separator=:",
            normalise=timeless,
            code=0,
        )
        assert said.lines[:2] == [
            "CreateTime:T:Partition:0:Offset:0:NO_HEADERS:a:1",
            "CreateTime:T:Partition:0:Offset:1:NO_HEADERS:b:2:3",
        ]
        assert said.sentence == "Processed a total of 10 messages"
        both.same(
            CONSUMER,
            f"{{b}} --topic {side}-console --partition 0 --offset 4 --max-messages 3 --property print.key=true "
            "--property print.value=false --property null.literal=- --property line.separator=;",
            code=0,
        )
        both.same(
            CONSUMER,
            f"{{b}} --topic {side}-console --partition 0 --offset 0 --max-messages 2 --property print.value=false",
        )


@pytest.mark.peers
def test_groups_and_time_outs(both: Both) -> None:
    both.same(TOPICS, "{b} --create --topic {me}-grouped --partitions 1", code=0)
    both.same(PRODUCER, "{b} --topic {me}-grouped", stdin="1\n2\n3\n", code=0)
    reading = "{b} --group {me}-g --from-beginning"
    assert both.same(CONSUMER, reading + " --topic {me}-grouped --max-messages 2").lines == ["1", "2"]
    assert both.same(CONSUMER, reading + " --include {me}-group.* --max-messages 1").lines == ["3"]
    assert both.kafka(CONSUMER, "{b} --topic {me}-grouped --partition 0 --timeout-ms 300").code == 0
    quiet = both.ours(CONSUMER, "{b} --topic {me}-grouped --partition 0 --timeout-ms 300")
    assert (quiet.code, quiet.output) == (0, "")


@pytest.mark.long
@pytest.mark.peers
def test_committed_offsets(both: Both) -> None:
    """The brokers' own topic, all that the groups of both sides have committed, in the old form and in 3.9's."""
    for me in ("java", "ours"):
        both.ours(TOPICS, f"{{b}} --create --topic {me}-grouped2")
        both.ours(PRODUCER, f"{{b}} --topic {me}-grouped2", stdin="1\n2\n3\n")
        both.ours(CONSUMER, f"{{b}} --group {me}-g2 --from-beginning --topic {me}-grouped2 --max-messages 3")
    reading = "{b} --topic __consumer_offsets --from-beginning --timeout-ms 4000 --formatter "
    line = r"\[\w+-g2,\w+-grouped2,0\]::OffsetAndMetadata\(offset=3, leaderEpoch=\d, metadata=, commitTime"
    json = (
        r'"group":"\w+-g2","topic":"\w+-grouped2","partition":0\}\},'
        r'"value":\{"version":3,"data":\{"offset":3,"leader'
    )
    for formatter, pattern in (
        ("kafka.coordinator.group.GroupMetadataManager\\$OffsetsMessageFormatter", line),
        ("org.apache.kafka.tools.consumer.OffsetsMessageFormatter", json),
    ):
        said = [side(CONSUMER, reading + formatter).output for side in (both.ours, both.kafka)]
        assert [len(set(re.findall(pattern, output))) for output in said] == [2, 2]


@pytest.mark.peers
@pytest.mark.parametrize(
    ("command", "line"),
    [
        (PRODUCER, "{b} --topic {me}-x --property parse.key=true"),
        (PRODUCER, "{b} --topic {me}-x --property parse.headers=true --property headers.delimiter=,"),
        (
            PRODUCER,
            "{b} --topic {me}-x --property parse.key=true --property null.marker=x --property key.separator=x",
        ),
        (PRODUCER, "{b} --topic {me}-x --compression-codec foo"),
        (PRODUCER, "--topic x"),
        (PRODUCER, "{b} --topic"),
        (PRODUCER, "--version"),
        (CONSUMER, "{b} --topic x --offset 3"),
        (CONSUMER, "{b} --partition 3 --include x"),
        (CONSUMER, "{b} --topic x --partition 0 --offset foo"),
        (CONSUMER, "{b} --topic x --partition 0 --offset -4"),
        (CONSUMER, "{b} --topic x --partition 0 --offset 4 --from-beginning"),
        (CONSUMER, "{b} --topic x --partition 0 --group g"),
        (CONSUMER, "{b} --topic x --group g --consumer-property group.id=h"),
        (CONSUMER, "{b} --topic x --from-beginning --consumer-property auto.offset.reset=latest"),
        (CONSUMER, "--topic x"),
    ],
)
def test_errors(both: Both, command: str, line: str) -> None:
    both.same(command, line, stdin="line\n", code=0 if line == "--version" else 1)


def test_records_go_round_robin(place: Place) -> None:
    servers = ["--bootstrap-server", place.bootstrap]
    producer, consumer = tool_named(PRODUCER), tool_named(CONSUMER)
    place.create("robin", "--partitions", "3")
    chosen = "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner"
    words = [*servers, "--topic", "robin", "--producer-property", chosen]
    assert run_tool(producer, words, stdin="".join(f"{number}\n" for number in range(9))).exit_code == 0
    words = [*servers, "--topic", "robin", "--from-beginning", "--max-messages", "9"]
    lines = run_tool(consumer, [*words, "--property", "print.partition=true"]).output.splitlines()
    counts = [sum(line.startswith(f"Partition:{number}\t") for line in lines) for number in range(3)]
    assert sum(counts) == 9 and min(counts) >= 2, (
        counts
    )  # a batch that was begun anew may take a turn, as in Kafka


def test_a_record_that_cannot_be_sent_is_told(place: Place) -> None:
    words = ["--bootstrap-server", place.bootstrap, "--topic", "bad/name", "--max-block-ms", "1000"]
    result = run_tool(tool_named(PRODUCER), words, stdin="x\n")
    assert result.exit_code == 1
    assert result.errors.startswith(
        "Error when sending message to topic bad/name with key: null, value: 1 bytes with error: "
    )
    assert result.errors.count("\n") == 1
