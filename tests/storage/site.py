"""A broker's log directories in a test, managed again and again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio

from tests.storage.support import NOW
from zkbroker.config import BrokerConfig, TopicConfig
from zkbroker.model import NO_TOPIC_ID, TopicPartition
from zkbroker.storage.checkpoints import decode_offsets
from zkbroker.storage.files import FILES, Files
from zkbroker.storage.log import Log
from zkbroker.storage.log_manager import LogManager


@attrs.define(eq=False)
class Site:
    """A broker's directories, managed again and again."""

    paths: list[Path]
    files: Files = FILES
    properties: dict[str, str] = attrs.field(factory=dict)
    topic: dict[str, Any] = attrs.field(factory=dict)
    now_ms: int = NOW
    offline: list[Path] = attrs.field(factory=list)
    topics: dict[str, TopicConfig] = attrs.field(factory=dict)  # those that differ
    broker: BrokerConfig = attrs.field(init=False)

    def manager(self) -> LogManager:
        self.set()
        return LogManager(
            lambda: self.broker,
            lambda topic: self.topics.get(topic, self.config),
            files=self.files,
            wall_ms=lambda: self.now_ms,
            on_dir_offline=self.offline.append,
        )

    def set(self, **properties: str) -> None:
        """Change the broker's configuration; keys have underscores for dots."""
        self.properties |= {key.replace("_", "."): value for key, value in properties.items()}
        paths = ",".join(map(str, self.paths))
        self.broker = BrokerConfig.from_properties(
            {"zookeeper.connect": "localhost:1", "log.dirs": paths, **self.properties}
        )

    @property
    def config(self) -> TopicConfig:
        """Of topics that have none of their own."""
        return TopicConfig(**self.topic)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LogManager]:
        """A broker's whole life with its logs; it stops cleanly."""
        manager = self.manager()
        await manager.load()
        async with trio.open_nursery() as nursery:
            await nursery.start(manager.run)
            yield manager
            nursery.cancel_scope.cancel()
        await manager.close()

    @asynccontextmanager
    async def killed(self) -> AsyncIterator[LogManager]:
        """The same, but what a clean stop does is not done."""
        manager = self.manager()
        await manager.load()
        async with trio.open_nursery() as nursery:
            await nursery.start(manager.run)
            yield manager
            nursery.cancel_scope.cancel()
        for log in manager.logs.values():
            log.close()
        for log_dir in manager.log_dirs:
            log_dir.unlock()

    def create(self, manager: LogManager, tp: TopicPartition, *, is_new: bool = True) -> Log:
        config = self.topics.get(tp.topic, self.config)
        return manager.get_or_create(tp, NO_TOPIC_ID, config, is_new=is_new)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or task does."""
    with trio.fail_after(30):
        while not condition():  # noqa: ASYNC110 (threads do it, and files change; nothing tells of it)
            await trio.sleep(0.005)


def checkpoint(path: Path, name: str) -> dict[TopicPartition, int]:
    return decode_offsets((path / f"{name}-checkpoint").read_bytes())
