"""`kafka-verifiable-producer`: numbers as records, and a JSON line for each. Source: VerifiableProducer, 3.9.1."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any, Final

from zkbroker.cli.options import BOOTSTRAP, BROKER_LIST, Option, Parsed, WrongUse, whole, whole_long
from zkbroker.cli.tool import Tool


def emit(name: str, **data: Any) -> None:
    """One event, as Kafka's system tests read it."""
    sys.stdout.write(
        json.dumps({"timestamp": int(time.time() * 1000), "name": name, **data}, separators=(",", ":")) + "\n"
    )
    sys.stdout.flush()


def run(parsed: Parsed) -> int:
    from zkbroker.cli.perf_clients import Pace, open_sender
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    parsed.refuse("broker-list", "bootstrap-server")
    servers = parsed.text("bootstrap-server") or parsed.text("broker-list")
    if servers is None:
        raise WrongUse("one of the arguments --bootstrap-server --broker-list is required")
    topic = str(parsed.text("topic"))
    file = parsed.text("producer.config")
    properties = (read_properties(file) if file is not None else {}) | {"acks": str(parsed.number("acks"))}
    if properties["acks"] == "-1":
        properties["acks"] = "all"
    settings = ClientSettings.of(servers, properties)
    with Cluster(settings) as cluster:
        cluster.any()
    sender = open_sender(settings)
    most, prefix = int(parsed.value("max-messages")), parsed.number("value-prefix")
    keys = parsed.number("repeating-keys")
    began_s = time.monotonic()
    throughput = int(parsed.value("throughput"))
    pace = Pace(float(throughput), began_s)
    acked = 0
    lock = threading.Lock()

    def send(number: int) -> None:
        value = str(number) if prefix is None else f"{prefix}.{number}"
        key = None if keys is None else str(number % keys if keys > 0 else number)

        def acknowledged(error: BaseException | None, partition: int, offset: int) -> None:
            nonlocal acked
            with lock:
                if error is None:
                    acked += 1
                    place = {"topic": topic, "partition": partition, "offset": offset}
                    emit("producer_send_success", key=key, value=value, **place)
                else:
                    emit(
                        "producer_send_error",
                        key=key,
                        value=value,
                        topic=topic,
                        exception=type(error).__name__,
                        message=str(error),
                    )

        sender.send(topic, value.encode(), None if key is None else key.encode(), acknowledged)

    emit("startup_complete")
    sent = 0
    try:
        while most < 0 or sent < most:
            send(sent)
            sent += 1
            wait_s = pace.wait_s(sent, time.monotonic())
            if wait_s > 0.001:
                time.sleep(wait_s)
    except KeyboardInterrupt:
        pass
    sender.close()
    emit("shutdown_complete")
    average = 1000 * (acked / max((time.monotonic() - began_s) * 1000, 1e-9))
    emit("tool_data", sent=sent, acked=acked, target_throughput=throughput, avg_throughput=average)
    return 0 if acked == sent else 1


TOOL: Final = Tool(
    name="kafka-verifiable-producer",
    purpose="This tool produces increasing integers to the specified topic and prints JSON metadata to stdout on each "
    '"send" request, making externally visible which messages have been acked and which have not.',
    kafka_class="org.apache.kafka.tools.VerifiableProducer",
    run=run,
    prints_records=True,
    explained_with=0,
    reads_all=True,
    options=(
        BOOTSTRAP,
        BROKER_LIST,
        Option("topic", "The topic to write to.", "TOPIC", required=True, completes="topic"),
        Option("max-messages", "How many; -1: until it is stopped.", "MAX-MESSAGES", whole, -1),
        Option("throughput", "Records a second at most; -1: as fast as it goes.", "THROUGHPUT", whole, -1),
        Option(
            "acks",
            "Acknowledgements wanted: 0, 1 or -1, which is all.",
            "ACKS",
            default="-1",
            choices=("0", "1", "-1"),
        ),
        Option("producer.config", "A file with properties of the producer.", "CONFIG_FILE", completes="file"),
        Option("message-create-time", "Accepted: the first record's time.", "CREATETIME", whole_long, -1),
        Option("value-prefix", "A number and a point in front of each value.", "VALUE-PREFIX", whole),
        Option("repeating-keys", "Keys 0 to this, over and over.", "REPEATING-KEYS", whole),
    ),
)
