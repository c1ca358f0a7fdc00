"""Slices outlive the log's changes: the right bytes, or none."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.support import NOW, TP, Broken, Home, append, batch
from zkbroker.config import TopicConfig
from zkbroker.storage.call_watch import CallWatch
from zkbroker.storage.files import FILES
from zkbroker.storage.log import Log
from zkbroker.storage.slices import EMPTY_SLICE, LogSlice, OpenFiles, SliceInvalid


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def whole(log: Log) -> LogSlice:
    return log.read(log.log_start_offset, 1 << 30, upper_offset=log.log_end_offset)


def descriptors(path: Path) -> int:
    """How many descriptors of this process are open on files below a directory."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{name}").startswith(str(path))
        except FileNotFoundError:
            continue
    return found


def test_sendfile_piece_by_piece(home: Home, sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    log = home.create()
    for number in range(20):
        append(log, f"{number}" * 200)
    piece = whole(log)
    received, sent = b"", 0
    while sent < len(piece):
        sent += piece.sendfile_to(ours.fileno(), sent, 1000)
        received += theirs.recv(4000)
    while len(received) < sent:
        received += theirs.recv(4000)
    assert received == piece.read()
    assert piece.sendfile_to(ours.fileno(), sent, 1000) == 0
    piece.release()
    log.close()


def test_a_full_socket_says_so(home: Home, sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = sockets
    log = home.create()
    append(log, b"x" * 900_000)
    with whole(log) as piece, pytest.raises(BlockingIOError):
        sent = 0
        while True:
            sent += piece.sendfile_to(ours.fileno(), sent, 1 << 20)
    log.close()


def test_truncation_below_its_end_makes_a_slice_invalid(
    home: Home, sockets: tuple[socket.socket, socket.socket]
) -> None:
    log = home.create()
    append(log, "a")
    kept = whole(log)
    content = kept.read()
    append(log, "b")
    cut = whole(log)
    log.truncate_to(1)
    append(log, "c" * 500)  # the file is long enough again, with other bytes
    assert kept.is_valid
    assert kept.read() == content
    assert not cut.is_valid
    with pytest.raises(SliceInvalid):
        cut.sendfile_to(sockets[0].fileno(), 0, 100)
    with pytest.raises(OSError, match="truncated"):
        cut.read()
    kept.release()
    cut.release()
    cut.release()
    log.close()


@pytest.mark.parametrize("how", ["to", "fully"])
def test_truncating_whole_segments_makes_their_slices_invalid(home: Home, how: str) -> None:
    log = home.create()
    append(log, "a")
    log.roll(NOW)
    append(log, "b")
    with log.read(1, 1000, upper_offset=2) as piece:
        if how == "to":
            log.truncate_to(1)
        else:
            log.truncate_fully_and_start_at(7)
        assert not piece.is_valid
    log.close()


def test_a_slice_survives_roll_retention_and_deletion(home: Home) -> None:
    home.topic["retention_bytes"] = 0
    log = home.create()
    append(log, "a" * 1000)
    piece = whole(log)
    content = piece.read()
    log.roll(NOW)
    append(log, "b")
    log.update_high_watermark(2)
    assert log.delete_old_segments(NOW) == 2
    assert log.log_start_offset == 2
    log.close("deleted")
    assert piece.is_valid
    assert piece.read() == content
    assert descriptors(home.path) == 1
    piece.release()
    assert descriptors(home.path) == 0


def test_a_truncation_reaches_slices_taken_before_a_roll(home: Home) -> None:
    log = home.create()
    append(log, "a")
    append(log, "b")
    piece = whole(log)
    log.roll(NOW)
    append(log, "c")
    log.truncate_to(1)
    assert not piece.is_valid
    piece.release()
    log.close()


def test_a_released_slice_gives_nothing(home: Home) -> None:
    log = home.create()
    append(log, "a")
    piece = whole(log)
    piece.release()
    assert not piece.is_valid
    with pytest.raises(SliceInvalid):
        piece.read()
    with pytest.raises(SliceInvalid):
        piece.sendfile_to(0, 0, 10)
    log.close()


def test_the_empty_slice() -> None:
    assert len(EMPTY_SLICE) == 0
    assert EMPTY_SLICE.is_valid
    assert EMPTY_SLICE.read() == b""
    assert EMPTY_SLICE.is_cached()
    EMPTY_SLICE.release()
    EMPTY_SLICE.read_ahead()


def test_a_file_that_became_short_is_noticed(
    home: Home, sockets: tuple[socket.socket, socket.socket]
) -> None:
    log = home.create()
    append(log, "a" * 100)
    piece = whole(log)
    os.truncate(home.path / "topic-0" / "00000000000000000000.log", 10)
    assert piece.sendfile_to(sockets[0].fileno(), 0, 1000) == 10
    with pytest.raises(SliceInvalid):
        piece.sendfile_to(sockets[0].fileno(), 10, 1000)
    with pytest.raises(SliceInvalid):
        piece.read()
    piece.release()
    log.close()


def test_open_files_stay_near_their_limit(home: Home) -> None:
    home.setting.storage.open_files.limit = 4
    log = home.create()
    for number in range(20):
        append(log, f"{number}" * 10)
        log.roll(NOW)
    held = [log.read(offset, 1000, upper_offset=20) for offset in range(20)]
    assert home.setting.storage.open_files.count >= 20, "files with slices must stay open"
    contents = [piece.read() for piece in held]
    assert all(
        len(content) == len(batch("0" * 10)) + (10 if n > 9 else 0) for n, content in enumerate(contents)
    )
    for piece in held:
        piece.release()
    for offset in range(20):
        with log.read(offset, 1000, upper_offset=20) as piece:
            assert piece.read() == contents[offset]
        assert home.setting.storage.open_files.count <= 20
    append(log, "one more")
    log.roll(NOW)
    assert home.setting.storage.open_files.count <= 5
    assert descriptors(home.path) <= 5
    log.close()
    assert descriptors(home.path) == 0


def test_a_truncation_reaches_slices_of_files_closed_for_room(home: Home) -> None:
    """A file with slices is never closed to make room, so its marks are never lost."""
    home.setting.storage.open_files.limit = 2
    log = home.create()
    append(log, "a")
    append(log, "b")
    piece = whole(log)
    for _ in range(6):
        log.roll(NOW)
        append(log, "c")
    log.truncate_to(1)
    assert not piece.is_valid
    piece.release()
    log.close()


def test_a_reader_of_a_pool_sees_unused_files_go_first(tmp_path: Path) -> None:
    pool = OpenFiles(FILES, limit=3)
    paths = []
    for name in "abcd":
        path = tmp_path / name
        path.write_bytes(b"x")
        paths.append(str(path))
    a, b, c = (pool.open(path, CallWatch) for path in paths[:3])
    for file in (a, b, c):
        file.recently_used = False
    b.recently_used = True
    d = pool.open(paths[3], CallWatch)
    assert a.closing and c.closing
    assert not b.closing and not d.closing
    for file in (b, d):
        pool.close(file)
    assert pool.count == 0


def test_cached_and_read_ahead(home: Home) -> None:
    log = home.create()
    append(log, b"x" * 500_000)
    with whole(log) as piece:
        piece.read_ahead()
        assert piece.is_cached()
    log.close()


def test_config_is_what_the_log_says(home: Home) -> None:
    log = home.create()
    assert log.config == TopicConfig()
    assert log.directory == home.path / f"{TP}"
    log.close()


def test_a_process_out_of_descriptors_closes_unused_files(tmp_path: Path) -> None:
    broken = Broken()
    home = Home(tmp_path, broken)
    log = home.create()
    append(log, "a")
    log.roll(NOW)
    append(log, "b")
    log.segments.first.close()
    failing = iter([OSError(errno.EMFILE, "too many")])
    broken.fail = lambda call: next(failing, None) if call.startswith("open 0000") else None
    with log.read(0, 100, upper_offset=2) as piece:
        assert len(piece.read()) > 0
    log.close()
