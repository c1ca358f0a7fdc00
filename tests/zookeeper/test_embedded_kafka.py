"""Real users of ZooKeeper on the embedded one: an Apache Kafka broker and ZooKeeper's own shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.peers import (
    APACHE_KAFKA,
    CONSOLE_CONSUMER,
    TOPIC_COMMAND,
    VERIFIABLE_PRODUCER,
    ZOOKEEPER_SHELL,
    JavaTools,
)
from tests.zookeeper.embedded_support import RawClient, Reply, embedded_kind
from zkbroker.testing.servers import new_broker, open_zookeeper

pytestmark = pytest.mark.peers

RECORDS = [str(number) for number in range(100)]  # what Kafka's verifiable producer writes


async def test_a_kafka_broker_stays_content_across_a_kill(tmp_path: Path, java_tools: JavaTools) -> None:
    async with open_zookeeper(tmp_path, embedded_kind()) as zookeeper:
        broker = new_broker(tmp_path, 1, zookeeper.connect, APACHE_KAFKA)
        broker.start()
        try:
            await broker.process.wait_ready()
            for topic in ("kept", "doomed"):
                await java_tools.run_in_thread(
                    TOPIC_COMMAND, "--bootstrap-server", broker.bootstrap, "--create", "--topic", topic
                )
            await produce(java_tools, broker.bootstrap, "kept")
            assert await consume(java_tools, broker.bootstrap, "kept") == RECORDS
            registered = await read(zookeeper.port, "/brokers/ids/1")
            assert registered.stat().ephemeral_owner != 0

            # the broker is away while its ZooKeeper dies, comes back, and is changed by somebody else
            broker.process.pause()
            zookeeper.process.kill()
            await zookeeper.restart()
            administrator = await RawClient.connected(zookeeper.port)
            assert not (await administrator.create("/admin/delete_topics/doomed")).error
            broker.process.resume()

            # only a missed watch event (SetWatches) can tell its controller to delete the topic
            while not (await administrator.exists("/brokers/topics/doomed", watch=True)).error:
                await administrator.event()
            assert (await administrator.get("/brokers/ids/1")).stat() == registered.stat()  # the same session
            await administrator.close_session()
            await java_tools.run_in_thread(
                TOPIC_COMMAND, "--bootstrap-server", broker.bootstrap, "--create", "--topic", "new"
            )
            await produce(java_tools, broker.bootstrap, "new")
            assert await consume(java_tools, broker.bootstrap, "new") == RECORDS
            assert await broker.process.stop() in (0, 143)
            gone = await read(zookeeper.port, "/brokers/ids/1")
            assert gone.error == -101
        finally:
            broker.process.kill()


async def test_the_zookeeper_shell(tmp_path: Path, java_tools: JavaTools) -> None:
    async with open_zookeeper(tmp_path, embedded_kind()) as zookeeper:

        async def shell(*command: str) -> str:
            result = await java_tools.run_in_thread(
                ZOOKEEPER_SHELL, "-server", zookeeper.connect, *command, timeout_s=30
            )
            return result.output + result.errors

        assert "Created /shop" in await shell("create", "/shop", "open")
        assert "Created /shop/box" in await shell("create", "-c", "/shop/box")
        assert "Created /shop/item0000000001" in await shell("create", "-s", "/shop/item", "apple")
        assert "apple" in await shell("get", "-s", "/shop/item0000000001")
        assert "dataVersion = 1" in await shell("set", "-s", "/shop", "closed")
        assert "version No is not valid" in await shell("set", "-v", "7", "/shop", "burnt")
        assert "/shop/item0000000001" in await shell("ls", "-R", "/shop")
        assert "cversion = 2" in await shell("stat", "/shop")
        assert "2" in await shell("getAllChildrenNumber", "/shop")
        assert "'world,'anyone" in await shell("getAcl", "/shop")
        assert "ip" in await shell("whoami")
        assert "Node not empty" in await shell("delete", "/shop")
        await shell("deleteall", "/shop")
        assert (await read(zookeeper.port, "/shop")).error == -101


async def read(port: int, path: str) -> Reply:
    client = await RawClient.connected(port)
    reply = await client.get(path)
    await client.close_session()
    return reply


async def produce(tools: JavaTools, bootstrap: str, topic: str) -> None:
    result = await tools.run_in_thread(
        VERIFIABLE_PRODUCER,
        *("--bootstrap-server", bootstrap, "--topic", topic, "--max-messages", str(len(RECORDS))),
    )
    result.require_success()


async def consume(tools: JavaTools, bootstrap: str, topic: str) -> list[str]:
    result = await tools.run_in_thread(
        CONSOLE_CONSUMER,
        *("--bootstrap-server", bootstrap, "--topic", topic, "--from-beginning"),
        *("--max-messages", str(len(RECORDS)), "--timeout-ms", "20000"),
    )
    return [line for line in result.output.splitlines() if line.isdigit()]  # it also tells how it went
