"""The quickstart, as a user runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
import trio

from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.testing.servers import BrokerServer, new_broker, new_zookeeper
from zkbroker.testing.up import up

pytestmark = pytest.mark.clients("kafka", "rich")


@attrs.define(eq=False)
class KafkaCluster:
    """A stand-in of Apache Kafka brokers, which proves that the quickstart itself tells the truth."""

    brokers: dict[int, BrokerServer]

    @property
    def bootstrap(self) -> str:
        return ",".join(broker.bootstrap for broker in self.brokers.values())

    def kill(self, broker_id: int) -> int:
        pid = self.brokers[broker_id].process.pid
        self.brokers[broker_id].process.kill()
        return pid

    def restart(self, broker_id: int) -> None:
        self.brokers[broker_id].start()

    def wait(self) -> None:
        raise AssertionError("--check does not wait")


def kafka_in(directory: Path, count: int) -> Iterator[KafkaCluster]:
    zookeeper = new_zookeeper(directory, APACHE_ZOOKEEPER)
    brokers = {
        broker_id: new_broker(directory, broker_id, zookeeper.connect, APACHE_KAFKA)
        for broker_id in range(1, count + 1)
    }

    async def start() -> None:
        zookeeper.process.start()
        await zookeeper.process.wait_ready()
        for broker in brokers.values():
            broker.start()
        for broker in brokers.values():
            await broker.process.wait_ready()

    try:
        trio.run(start)
        yield KafkaCluster(brokers)
    finally:
        for process in (*(broker.process for broker in brokers.values()), zookeeper.process):
            process.kill()


@pytest.mark.usefixtures("usual_ports")
def test_the_quickstart_keeps_its_promise(
    request: pytest.FixtureRequest, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from zkbroker.testing import quickstart

    file = tmp_path / "lines.txt"
    file.write_bytes(b"".join(b"line %d\n" % number for number in range(9_000)))

    @contextmanager
    def kafka(brokers: int, on_line: Callable[[str], None]) -> Iterator[KafkaCluster]:
        yield from kafka_in(tmp_path, brokers)

    on_kafka = request.config.option.on == "kafka"
    code = quickstart.main(["--check", str(file)], kafka if on_kafka else up)
    said = capfd.readouterr().out
    assert code == 0, said
    assert "kill -9" in said and "read back 9,000 records: every line, once and in order" in said
