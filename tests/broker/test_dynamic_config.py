"""DynamicConfig on a real ZooKeeper session over the embedded server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from zkbroker.config import BrokerConfig, Source, TopicConfig
from zkbroker.dynamic_config import CHANGES_KEPT_MS, DynamicConfig
from zkbroker.embedded_zookeeper import EmbeddedZooKeeper
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ANY_VERSION, ZkSession, ZooKeeper

DEFAULT = "brokers/<default>"


@attrs.define(eq=False)
class Administrator:
    """Writes configurations as any broker or tool would: the node first, then a notice."""

    session: ZkSession

    async def write(self, path: str, config: dict[str, str], *, notice: bool = True) -> None:
        await self.write_raw(path, znodes.encode_entity_config(config), notice=notice)

    async def write_raw(self, path: str, data: bytes, *, notice: bool = True) -> None:
        node = znodes.config_path(path)
        await self.session.create_path(node)
        await self.session.set(node, data, ANY_VERSION)
        if notice:
            await self.notice(znodes.encode_config_change(path))

    async def delete(self, path: str) -> None:
        await self.session.delete(znodes.config_path(path), ANY_VERSION)
        await self.notice(znodes.encode_config_change(path))

    async def notice(self, data: bytes) -> str:
        prefix = f"{znodes.CONFIG_CHANGES}/{znodes.CONFIG_CHANGE_PREFIX}"
        return await self.session.create(prefix, data, sequential=True)


@asynccontextmanager
async def administrator(tmp_path: Path) -> AsyncIterator[Administrator]:
    """A ZooKeeper of the test's own, with the paths every starting broker creates."""
    async with trio.open_nursery() as nursery:
        server = EmbeddedZooKeeper(tmp_path / "zookeeper", port=0, fsync=False)
        port = await nursery.start(server.run)
        slot = ZooKeeper(f"127.0.0.1:{port}")

        async def idle(session: ZkSession) -> None:
            await trio.sleep_forever()

        session = await nursery.start(slot.run, idle)
        for path in znodes.TOP_LEVEL_PATHS:
            await session.create_path(path)
        with trio.fail_after(20):
            yield Administrator(session)
        nursery.cancel_scope.cancel()


@attrs.define(eq=False)
class Followed:
    """A DynamicConfig and what it told."""

    config: DynamicConfig
    topics: list[str] = attrs.field(factory=list)
    keys: list[frozenset[str]] = attrs.field(factory=list)
    entities: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    defaults: int = 0

    def listen(self) -> Followed:
        self.config.on_topic_changed.append(self.topics.append)
        self.config.on_broker_changed.append(self.keys.append)
        self.config.on_entity_changed.append(lambda path, config: self.entities.append((path, dict(config))))
        self.config.on_topic_defaults_changed.append(self.count)
        return self

    def count(self) -> None:
        self.defaults += 1

    async def wait_changed(self) -> None:
        await self.config.changed.wait()


def new_config(broker_id: int = 1, wall_ms: Iterable[int] = (), **static: str) -> DynamicConfig:
    properties = {key.replace("_", "."): text for key, text in static.items()}
    broker = BrokerConfig.from_properties({"zookeeper.connect": "zk", **properties})
    if wall_ms:
        return DynamicConfig(broker, broker_id, wall_ms=iter(wall_ms).__next__)
    return DynamicConfig(broker, broker_id)


@asynccontextmanager
async def followed(zk: Administrator, **static: str) -> AsyncIterator[Followed]:
    found = Followed(new_config(1, (), **static)).listen()
    async with trio.open_nursery() as nursery:
        await nursery.start(found.config.follow, zk.session)
        yield found
        nursery.cancel_scope.cancel()


async def wait_until_seen(found: Followed, notices: int) -> None:
    """Wait until so many notices were handled, whatever they changed."""
    while found.config.statistics().changes_seen < notices:
        await found.config.caught_up.wait()


async def wait_children(session: ZkSession, path: str, wanted: list[str]) -> None:
    while True:
        names, moved = await session.get_children_and_watch(path)
        if sorted(names) == wanted:
            return
        await moved.wait()


async def test_everything_is_read_at_the_start(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk:
        await zk.write("topics/t", {"retention.ms": "5"})
        await zk.write("topics/plain", {})
        await zk.write(DEFAULT, {"log.segment.bytes": "1000"})
        await zk.write("brokers/1", {"log.retention.ms": "7"})
        await zk.write("brokers/2", {"log.retention.ms": "9"})
        await zk.write("users/u", {"producer_byte_rate": "1"})
        await zk.write("users/u/clients/c", {"producer_byte_rate": "2"})
        await zk.write("clients/<default>", {"consumer_byte_rate": "3"})
        await zk.write("ips/127.0.0.1", {"connection_creation_rate": "4"})
        async with followed(zk) as found:
            config = found.config
            assert config.topic("t") == TopicConfig(retention_ms=5, segment_bytes=1000)
            assert config.topic("plain") is config.topic("other") is config.broker.topic_defaults
            assert config.topic("plain") == TopicConfig(retention_ms=7, segment_bytes=1000)
            assert config.topic_overrides("t") == {"retention.ms": "5"}
            assert config.broker.origin_of("log.retention.ms").source is Source.DYNAMIC_BROKER
            assert config.broker.origin_of("log.segment.bytes").source is Source.DYNAMIC_DEFAULT
            assert config.entities == {
                "users/u": {"producer_byte_rate": "1"},
                "users/u/clients/c": {"producer_byte_rate": "2"},
                "clients/<default>": {"consumer_byte_rate": "3"},
                "ips/127.0.0.1": {"connection_creation_rate": "4"},
            }
            assert found.topics == ["t"]
            assert config.statistics().changes_seen == 0


async def test_a_notice_makes_a_topic_change(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk, followed(zk) as found:
        for overrides in ({"retention.ms": "5"}, {"retention.ms": "6"}, {}):
            before = found.config.topic("t")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(found.wait_changed)
                await zk.write("topics/t", overrides)
            assert found.config.topic_overrides("t") == overrides
            assert found.config.topic("t") != before
        assert found.topics == ["t", "t", "t"]
        assert found.config.topic("t") is found.config.broker.topic_defaults


async def test_a_topic_keeps_its_object_until_it_changes(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk:
        await zk.write("topics/t", {"retention.ms": "5"})
        async with followed(zk) as found:
            first = found.config.topic("t")
            await zk.notice(znodes.encode_config_change("topics/t"))
            await wait_until_seen(found, 1)
            assert found.config.topic("t") is first
            assert found.topics == ["t"]


async def test_the_brokers_own_configuration_goes_before_that_of_all(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk, followed(zk, log_retention_hours="1") as found:
        assert found.config.broker.log_retention_ms == 3_600_000
        await zk.write("brokers/1", {"log.retention.ms": "7"})
        await wait_until_seen(found, 1)
        await zk.write(DEFAULT, {"log.retention.ms": "8", "num.io.threads": "3"})
        await wait_until_seen(found, 2)
        assert found.config.broker.log_retention_ms == 7
        await zk.write("brokers/1", {})
        await wait_until_seen(found, 3)
        assert found.config.broker.log_retention_ms == 8
        assert found.config.topic("t").retention_ms == 8
        await zk.delete(DEFAULT)
        await wait_until_seen(found, 4)
        assert found.config.broker.log_retention_ms == 3_600_000
        assert found.keys[1] == {"num.io.threads"}
        assert found.defaults == 3  # not for the threads


async def test_other_brokers_do_not_concern_us(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk, followed(zk) as found:
        await zk.write("brokers/2", {"log.retention.ms": "7"})
        await wait_until_seen(found, 1)
        assert found.keys == []


async def test_users_clients_and_addresses(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk, followed(zk) as found:
        await zk.write("users/u/clients/c", {"producer_byte_rate": "2"})
        await wait_until_seen(found, 1)
        assert found.config.entity("users/u/clients/c") == {"producer_byte_rate": "2"}
        await zk.delete("users/u/clients/c")
        await wait_until_seen(found, 2)
        assert found.config.entity("users/u/clients/c") == {}
        assert found.entities == [
            ("users/u/clients/c", {"producer_byte_rate": "2"}),
            ("users/u/clients/c", {}),
        ]


async def test_what_cannot_be_used_is_ignored_key_by_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with administrator(tmp_path) as zk:
        await zk.write(
            DEFAULT,
            {
                "log.segment.bytes": "1000",
                "log.retention.ms": "a day",
                "num.partitions": "5",  # static only
                "listeners": "PLAINTEXT://h:1",  # one broker only
                "ssl.keystore.location": "/k",  # one listener only
                "my.plugin.secret": "hunter2",
            },
        )
        await zk.write("brokers/1", {"listener.name.plaintext.ssl.key.password": "hunter2"})
        await zk.write("topics/t", {"retention.ms": "x", "segment.ms": "5", "what": "1"})
        await zk.write("topics/lag", {"max.compaction.lag.ms": "5", "min.compaction.lag.ms": "6"})
        async with followed(zk, log_cleaner_min_compaction_lag_ms="3") as found:
            config = found.config
            assert config.topic("t") == TopicConfig(segment_ms=5, segment_bytes=1000, min_compaction_lag_ms=3)
            assert config.topic("lag").max_compaction_lag_ms == 5
            assert config.broker.log_segment_bytes == 1000
            assert config.broker.num_partitions == 1
    assert "hunter2" not in caplog.text
    for key in (
        "log.retention.ms",
        "num.partitions",
        "listeners",
        "ssl.keystore.location",
        "ssl.key.password",
    ):
        assert f"{key}=" in caplog.text


async def test_a_dynamic_configuration_that_does_not_fit_leaves_the_former_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with administrator(tmp_path) as zk, followed(zk) as found:
        await zk.write(DEFAULT, {"log.segment.bytes": "1000"})
        await wait_until_seen(found, 1)
        await zk.write(
            DEFAULT, {"log.cleaner.min.compaction.lag.ms": "2", "log.cleaner.max.compaction.lag.ms": "1"}
        )
        await wait_until_seen(found, 2)
        assert found.config.broker.log_segment_bytes == 1000
        assert "does not fit" in caplog.text


async def test_garbage_changes_nothing_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    async with administrator(tmp_path) as zk:
        await zk.write("topics/t", {"retention.ms": "-1"})
        async with followed(zk) as found:
            await zk.notice(b"not json")
            await zk.write_raw("topics/t", b'{"version":1,"config":{"retention.ms":5}}')  # not a string
            await zk.write_raw("topics/t", b"\xff")
            await zk.write("topics/other", {"retention.ms": "9"})
            await wait_until_seen(found, 4)
            assert found.config.topic("t").retention_ms == -1
            assert found.config.topic("other").retention_ms == 9
            assert found.config.statistics().undecodable == 2
            assert len([record for record in caplog.records if "cannot be read" in record.message]) == 2
            await zk.write("topics/t", {"retention.ms": "6"})
            await wait_until_seen(found, 5)
            assert found.config.topic("t").retention_ms == 6
            assert found.config.statistics().undecodable == 1


async def test_a_new_session_reads_everything_again(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk:
        config = new_config()
        found = Followed(config).listen()
        await zk.write("topics/gone", {"retention.ms": "1"})
        await zk.write("ips/10.0.0.1", {"connection_creation_rate": "1"})
        async with trio.open_nursery() as first:
            await first.start(config.follow, zk.session)
            first.cancel_scope.cancel()
        # Changes of a time without session, their notices long gone.
        await zk.session.delete(znodes.config_path("topics/gone"), ANY_VERSION)
        await zk.session.delete(znodes.config_path("ips/10.0.0.1"), ANY_VERSION)
        await zk.write("topics/new", {"retention.ms": "2"}, notice=False)
        async with trio.open_nursery() as second:
            await second.start(config.follow, zk.session)
            assert config.topic("gone") is config.broker.topic_defaults
            assert config.topic("new").retention_ms == 2
            assert config.entities == {}
            assert found.topics == ["gone", "gone", "new"]
            second.cancel_scope.cancel()


async def test_topics_about_to_be_hosted_are_read_without_a_notice(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk, followed(zk) as found:
        await zk.write("topics/t", {"retention.ms": "5"}, notice=False)
        await found.config.load_topics(zk.session, ["t", "none"])
        assert found.config.topic("t").retention_ms == 5
        found.config.forget_topic("t")
        assert found.config.topic("t") is found.config.broker.topic_defaults
        found.config.forget_topic("never")


async def test_the_brokers_configuration_can_be_read_before_logs_are_opened(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk:
        await zk.write("brokers/1007", {"log.retention.ms": "7"})
        config = new_config(broker_id=1007)
        await config.load_broker(zk.session)
        assert config.broker.log_retention_ms == 7
        assert config.broker.broker_id == 1007


async def test_notices_are_removed_when_everybody_had_time_to_see_them(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk:
        await zk.write("topics/a", {"retention.ms": "1"})
        await zk.write("topics/b", {"retention.ms": "2"})
        (first, second) = sorted(await zk.session.get_children(znodes.CONFIG_CHANGES))
        created = [
            (await zk.session.get(f"{znodes.CONFIG_CHANGES}/{name}")).stat.ctime_ms
            for name in (first, second)
        ]
        clock = [created[0] + CHANGES_KEPT_MS + 1, created[1] + CHANGES_KEPT_MS, *[created[1]] * 100]
        config = new_config(wall_ms=clock)
        async with trio.open_nursery() as nursery:
            await nursery.start(config.follow, zk.session)
            await wait_children(zk.session, znodes.CONFIG_CHANGES, [second])
            nursery.cancel_scope.cancel()


async def test_a_missing_parent_of_the_notices_is_made_again(tmp_path: Path) -> None:
    async with administrator(tmp_path) as zk:
        await zk.session.delete(znodes.CONFIG_CHANGES, ANY_VERSION)
        async with followed(zk) as found:
            stat, moved = await zk.session.exists_and_watch(znodes.CONFIG_CHANGES)
            if stat is None:
                await moved.wait()
            await zk.write("topics/t", {"retention.ms": "5"})
            await wait_until_seen(found, 1)
            assert found.config.topic("t").retention_ms == 5


async def test_ten_thousand_topics_are_cheap(tmp_path: Path) -> None:
    config = new_config()
    defaults = config.topic("topic-0")
    assert all(config.topic(f"topic-{number}") is defaults for number in range(10_000))
    assert config.statistics().topics_with_overrides == 0
