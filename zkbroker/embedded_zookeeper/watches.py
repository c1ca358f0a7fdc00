"""[pure] Who waits for what: one-shot, persistent and persistent-recursive watches on data and on children.

As in ZooKeeper there are two tables: data watches (getData, exists) hear of creation, deletion and new data
of their path; child watches (getChildren) of its deletion and of a changed list of children. addWatch puts
a watch into both. Source: DataTree.addWatch, WatchManager of ZooKeeper 3.8.4; that different kinds of watch
on one path do not replace each other is from 3.9 (ZOOKEEPER-4466).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from enum import IntEnum
from typing import Generic, TypeVar

import attrs

from zkbroker.embedded_zookeeper.paths import ROOT, parent_of
from zkbroker.embedded_zookeeper.protocol import Code, EventType, RequestError

W = TypeVar("W", bound=Hashable)

ONCE, PERSISTENT, RECURSIVE = 1, 2, 4  # bits: one watcher may have all three on one path


class WatcherType(IntEnum):
    """Which watches checkWatches and removeWatches mean."""

    CHILDREN = 1
    DATA = 2
    ANY = 3


class AddWatchMode(IntEnum):
    PERSISTENT = 0
    PERSISTENT_RECURSIVE = 1


@attrs.define(eq=False)
class WatchTable(Generic[W]):
    """Watchers by path, and paths by watcher."""

    by_path: dict[str, dict[W, int]] = attrs.field(factory=dict)
    by_watcher: dict[W, dict[str, None]] = attrs.field(factory=dict)
    _recursive: int = 0  # so that parents are looked at only while somebody watches recursively

    def __len__(self) -> int:
        return sum(len(paths) for paths in self.by_watcher.values())

    def add(self, path: str, watcher: W, kind: int) -> None:
        watchers = self.by_path.setdefault(path, {})
        before = watchers.get(watcher, 0)
        watchers[watcher] = before | kind
        if kind & RECURSIVE and not before & RECURSIVE:
            self._recursive += 1
        self.by_watcher.setdefault(watcher, {})[path] = None

    def holds(self, path: str, watcher: W) -> bool:
        return watcher in self.by_path.get(path, ())

    def remove(self, path: str, watcher: W, kinds: int = ONCE | PERSISTENT | RECURSIVE) -> bool:
        """Take away these kinds of watch; returns whether the watcher had any watch there."""
        watchers = self.by_path.get(path)
        if watchers is None or watcher not in watchers:
            return False
        before = watchers[watcher]
        left = before & ~kinds
        if before & RECURSIVE and not left & RECURSIVE:
            self._recursive -= 1
        if left:
            watchers[watcher] = left
            return True
        del watchers[watcher]
        if not watchers:
            del self.by_path[path]
        paths = self.by_watcher[watcher]
        del paths[path]
        if not paths:
            del self.by_watcher[watcher]
        return True

    def forget(self, watcher: W) -> None:
        """The watcher is gone, and all its watches."""
        for path in tuple(self.by_watcher.get(watcher, ())):
            self.remove(path, watcher)

    def trigger(self, path: str, event: EventType) -> dict[W, None]:
        """The watchers to tell; their one-shot watches are used up."""
        told: dict[W, None] = {}
        here = self.by_path.get(path)
        for watcher, kinds in tuple(here.items()) if here else ():
            if kinds & (ONCE | PERSISTENT) or event is not EventType.NODE_CHILDREN_CHANGED:
                told[watcher] = None
            if kinds & ONCE:
                self.remove(path, watcher, ONCE)
        if self._recursive and event is not EventType.NODE_CHILDREN_CHANGED:
            for above in _above(path):
                for watcher, kinds in self.by_path.get(above, {}).items():
                    if kinds & RECURSIVE:
                        told[watcher] = None
        return told


@attrs.frozen
class WatchSummary:
    connections: int
    paths: int
    watches: int


@attrs.define(eq=False)
class Watches(Generic[W]):
    """All watches of a server. Owner: the database."""

    data: WatchTable[W] = attrs.field(factory=WatchTable)
    child: WatchTable[W] = attrs.field(factory=WatchTable)

    def trigger(self, event: EventType, path: str) -> Collection[W]:
        """Those to be told of an event, each once; their one-shot watches are used up."""
        if event is EventType.NODE_CHILDREN_CHANGED:
            return self.child.trigger(path, event)
        told = self.data.trigger(path, event)
        if event is EventType.NODE_DELETED:
            told.update(self.child.trigger(path, event))
        return told

    def add(self, path: str, watcher: W, mode: AddWatchMode) -> None:
        kind = RECURSIVE if mode is AddWatchMode.PERSISTENT_RECURSIVE else PERSISTENT
        self.data.add(path, watcher, kind)
        self.child.add(path, watcher, kind)

    def require(self, path: str, watcher: W, kind: WatcherType) -> None:
        """Raises: NO_WATCHER if the watcher has no such watch."""
        if not any(table.holds(path, watcher) for table in self._tables(kind)):
            raise RequestError(Code.NO_WATCHER, path)

    def remove(self, path: str, watcher: W, kind: WatcherType) -> None:
        """Raises: NO_WATCHER if the watcher has no such watch."""
        removed = [table.remove(path, watcher) for table in self._tables(kind)]
        if not any(removed):
            raise RequestError(Code.NO_WATCHER, path)

    def forget(self, watcher: W) -> None:
        self.data.forget(watcher)
        self.child.forget(watcher)

    def summary(self) -> WatchSummary:
        watchers = self.data.by_watcher.keys() | self.child.by_watcher.keys()
        watched = self.data.by_path.keys() | self.child.by_path.keys()
        return WatchSummary(len(watchers), len(watched), len(self.data) + len(self.child))

    def _tables(self, kind: WatcherType) -> tuple[WatchTable[W], ...]:
        match kind:
            case WatcherType.CHILDREN:
                return (self.child,)
            case WatcherType.DATA:
                return (self.data,)
            case WatcherType.ANY:
                return (self.data, self.child)


def _above(path: str) -> Iterator[str]:
    while path != ROOT:
        path = parent_of(path)
        yield path
