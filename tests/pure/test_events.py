"""docs/events.md describes every event, and an event costs nothing while nobody listens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import attrs
import trio

from zkbroker.cli.event_log import as_line
from zkbroker.controller import events as controller_events
from zkbroker.events import Event, EventFeed, Stamped, WatchFired, current_cause, set_cause

DOCUMENT = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
TYPES = get_args(Event)
HEAD = {"broker", "number", "wall_ms", "monotonic_ns", "cause", "event"}


def test_every_event_stands_in_the_document_with_all_its_keys() -> None:
    rows = {
        cells[1].strip("` "): cells
        for line in DOCUMENT.splitlines()
        if line.startswith("| `") and len(cells := line.split("|")) == 6
    }
    assert rows.keys() == {kind.__name__ for kind in TYPES}
    for kind in TYPES:
        told = {key.strip(" `") for key in rows[kind.__name__][3].split(",")}
        assert told == {field.name for field in attrs.fields(kind)} - {"tp"}, kind


def test_every_kind_of_controller_event_stands_in_the_document() -> None:
    kinds = {kind.__name__ for kind in get_args(controller_events.Event)}
    missing = {kind for kind in kinds if f"`{kind}`" not in DOCUMENT}
    assert not missing


def test_no_key_of_an_event_hides_one_that_every_line_has() -> None:
    for kind in TYPES:
        assert HEAD.isdisjoint(field.name for field in attrs.fields(kind)), kind
        assert {"topic", "partition"}.isdisjoint(f.name for f in attrs.fields(kind)) or not any(
            field.name == "tp" for field in attrs.fields(kind)
        )


async def test_a_cause_belongs_to_its_task_and_those_it_starts() -> None:
    feed, seen = EventFeed(), list[Stamped]()

    async def child(path: str) -> None:
        feed.emit(WatchFired(path))

    async def task(cause: str) -> None:
        set_cause(cause)
        await trio.lowlevel.checkpoint()
        feed.emit(WatchFired(f"/{cause}"))
        async with trio.open_nursery() as inner:
            inner.start_soon(child, f"/{cause}/child")

    with feed.sink(seen.append):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(task, "one")
            nursery.start_soon(task, "two")
    assert current_cause() == ""
    assert {
        stamped.event.path: stamped.cause for stamped in seen if isinstance(stamped.event, WatchFired)
    } == {
        "/one": "one",
        "/one/child": "one",
        "/two": "two",
        "/two/child": "two",
    }
    assert [stamped.number for stamped in seen] == [1, 2, 3, 4]


def test_nobody_listens_nothing_is_counted() -> None:
    feed, seen = EventFeed(), list[Stamped]()
    feed.emit(WatchFired("/unheard"))
    assert not feed.is_heard
    with feed.sink(seen.append):
        assert feed.is_heard
        feed.emit(WatchFired("/heard"))
    assert [(stamped.number, stamped.event) for stamped in seen] == [(1, WatchFired("/heard"))]
    assert json.loads(as_line(seen[0], 7))["path"] == "/heard"
