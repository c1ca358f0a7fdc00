"""What was changed while a broker was down, or before it ever ran, it has read when it starts."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.broker.dynamic_keys import ALL_BROKERS, THIS_BROKER, Place, now_ms, on_topic
from tests.broker.in_process import InProcess, Wire
from tests.broker.test_data_path import produce
from tests.broker.test_quotas import Quotas
from tests.broker.test_security_at_run_time import Door
from tests.support.certificates import PASSWORD, new_authority
from tests.support.peers import CONFIG_COMMAND, JavaTools
from tests.tools.parity import run_tool
from zkbroker.cli.commands import tool_named
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.storage.files import Files

Start = Callable[..., Awaitable[InProcess]]

LARGE = 5_000


class Meeting(Files):
    """Files that tell whether two threads opened logs at the same time."""

    def __init__(self) -> None:
        self.patience_s = 0.0
        self.met = False
        self._here = threading.Barrier(2)

    def open(self, path: Any, flags: int, *args: Any) -> int:  # type: ignore[override]
        if self.patience_s and not self.met and str(path).endswith(".log"):
            try:
                self._here.wait(self.patience_s)
                self.met = True
            except threading.BrokenBarrierError:
                self._here.reset()
        return Files.open(path, flags, *args)


async def test_threads_that_open_logs(in_process: Start) -> None:
    """num.recovery.threads.per.data.dir of all brokers counts for a directory that a kill has left."""
    key, files = "num.recovery.threads.per.data.dir", Meeting()
    cluster = await in_process(files=files)
    place = await Place.of(cluster)
    topics = ["a", "b"]
    await place.create({topic: {} for topic in topics})
    for topic in topics:
        await place.send(topic)

    async def opened_together(patience_s: float) -> bool:
        await cluster.stop_broker(1)
        await trio.Path(cluster.directory / "logs-1" / ".kafka_cleanshutdown").unlink()
        files.met, files.patience_s = False, patience_s
        await cluster.start_broker(1, {})
        files.patience_s = 0.0
        place.admin.wire = await cluster.wire()
        await cluster.wait_until(lambda: set(topics) <= place.services.metadata.snapshot.topics.keys())
        return files.met

    assert not await opened_together(0.1)
    await place.set(ALL_BROKERS, key, "2")
    assert await opened_together(20)
    await place.set(ALL_BROKERS, key, None)
    assert not await opened_together(0.1)


async def produced(wire: Wire, topic: str, size: int, client_id: str = "test") -> ProduceResponse:
    batch = build_batch([Record(0, now_ms(), None, bytes(size))])
    await wire.send(produce(topic, batch), 9, client_id)
    answer = (await wire.receive())[1]
    assert isinstance(answer, ProduceResponse)
    return answer


async def test_what_changed_while_a_broker_was_down(in_process: Start) -> None:
    """A topic's key, one of all brokers, and a quota, set at the other broker."""
    cluster = await in_process(brokers=2, quota_window_num="3")
    place = await Place.of(cluster)
    await place.create({"of-topic": {}, "of-all": {}}, replicas=(2,))
    for topic in ("of-topic", "of-all"):
        assert (await produced(await cluster.wire(2), topic, LARGE)).throttle_time_ms == 0
    await cluster.stop_broker(2)
    await place.set(on_topic("of-topic"), "max.message.bytes", "1000")
    await place.set(on_topic("of-topic"), "segment.bytes", "100000")
    await place.set(ALL_BROKERS, "message.max.bytes", "2000")
    quotas = Quotas(cluster, place.wire)
    assert await quotas.alter(("client-id", "greedy"), producer_byte_rate="10") is ErrorCode.NONE
    await cluster.start_broker(2, {"quota_window_num": "3"})
    for topic in ("of-topic", "of-all"):
        await cluster.wait_until(lambda: _leads(cluster, topic))  # noqa: B023
    wire = await cluster.wire(2)
    codes = {
        (topic, size): (await produced(wire, topic, size)).responses[0].partition_responses[0].error_code
        for topic in ("of-topic", "of-all")
        for size in (500, 1_500, LARGE)
    }
    assert {what for what, code in codes.items() if code == ErrorCode.MESSAGE_TOO_LARGE} == {
        ("of-topic", 1_500),
        ("of-topic", LARGE),
        ("of-all", LARGE),
    }
    assert (await produced(wire, "of-all", 500, "greedy")).throttle_time_ms > 0


def _leads(cluster: InProcess, topic: str) -> bool:
    services = cluster.brokers[2].services
    found = services.replicas.partitions.get(TopicPartition(topic, 0)) if services is not None else None
    return found is not None and found.is_leader


def ours(line: list[str]) -> None:
    said = run_tool(tool_named("kafka-configs"), line)
    assert said.exit_code == 0, said


async def _configured(
    in_process: Start, tmp_path: Path, configure: Callable[[list[str]], Awaitable[None]]
) -> None:
    """Give broker 1 and all brokers keys in ZooKeeper, a password among them, before any broker has run; start it."""
    cluster = await in_process(brokers=0)
    authority = new_authority()
    keys = authority.issue("broker").write_pkcs12(tmp_path / "keys.p12")
    prefix = "listener.name.secure.ssl.keystore"
    where = ["--zookeeper", f"127.0.0.1:{cluster.zookeeper.bound_port}", "--alter", "--entity-type"]
    store = f"{prefix}.location={keys},{prefix}.type=PKCS12,{prefix}.password={PASSWORD}"
    secret = "password.encoder.secret=sesame"
    await configure([*where, "brokers", "--entity-name", "1", "--add-config", f"{store},{secret}"])
    await configure([*where, "brokers", "--entity-default", "--add-config", "message.max.bytes=2000"])
    await cluster.start_broker(
        1,
        {
            "listeners": "PLAINTEXT://127.0.0.1:0,SECURE://127.0.0.1:0",
            "listener_security_protocol_map": "PLAINTEXT:PLAINTEXT,SECURE:SSL",
            "password_encoder_secret": "sesame",
        },
    )
    place = await Place.of(cluster)
    await place.create({"t": {}})
    assert await place.send("t", 1_500) is ErrorCode.NONE
    assert await place.send("t", LARGE) is ErrorCode.MESSAGE_TOO_LARGE
    door = Door(cluster, "SECURE", authority.write_pem(tmp_path / "trusted.pem"))
    assert (await door.enter()).certificate is not None
    assert place.services.zk.current is not None
    stored = (await place.services.zk.current.get("/config/brokers/1")).data
    assert b"encryptedPassword" in stored and b"sesame" not in stored and PASSWORD.encode() not in stored


async def test_our_tool_before_the_first_start(in_process: Start, tmp_path: Path) -> None:
    async def configure(line: list[str]) -> None:
        await trio.to_thread.run_sync(partial(ours, line))

    await _configured(in_process, tmp_path, configure)


async def test_our_tool_refuses_what_a_broker_could_not_use(
    in_process: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = await in_process(brokers=0)
    where = [
        "--zookeeper",
        f"127.0.0.1:{cluster.zookeeper.bound_port}",
        "--alter",
        "--entity-type",
        "brokers",
    ]
    for name, texts in (
        (["--entity-name", "1"], "num.partitions=5"),
        (["--entity-name", "1"], "log.retention.ms=soon"),
        (["--entity-name", "1"], "listener.name.secure.ssl.key.password=x"),  # encoded with what?
        (["--entity-default"], "listener.name.secure.ssl.keystore.location=/k"),
    ):
        said = await trio.to_thread.run_sync(
            partial(run_tool, tool_named("kafka-configs"), [*where, *name, "--add-config", texts])
        )
        assert said.exit_code == 1, texts


async def test_passwords_under_a_new_secret(in_process: Start, tmp_path: Path) -> None:
    """With the former one at hand they are encoded anew; without it the broker does not start."""
    authority = new_authority()
    keys = authority.issue("broker").write_pkcs12(tmp_path / "keys.p12")
    settings = {
        "listeners": "PLAINTEXT://127.0.0.1:0,SECURE://127.0.0.1:0",
        "listener_security_protocol_map": "PLAINTEXT:PLAINTEXT,SECURE:SSL",
        "listener_name_secure_ssl_keystore_type": "PKCS12",
        "listener_name_secure_ssl_keystore_location": str(keys),
    }
    key = "listener.name.secure.ssl.keystore.password"
    first = {**settings, "password_encoder_secret": "first", key: PASSWORD}
    cluster = await in_process(**first)
    place = await Place.of(cluster)
    await place.set(THIS_BROKER, key, PASSWORD)
    for secrets in ({"password_encoder_old_secret": "first"}, {}):
        await cluster.stop_broker(1)
        await cluster.start_broker(1, {**settings, "password_encoder_secret": "second", **secrets})
        door = Door(cluster, "SECURE", authority.write_pem(tmp_path / "trusted.pem"))
        assert (await door.enter()).certificate is not None


@pytest.mark.peers
async def test_kafkas_tool_before_the_first_start(
    in_process: Start, tmp_path: Path, java_tools: JavaTools
) -> None:
    async def configure(line: list[str]) -> None:
        (await java_tools.run_in_thread(CONFIG_COMMAND, *line)).require_success()

    await _configured(in_process, tmp_path, configure)
