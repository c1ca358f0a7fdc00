"""`kafka-dump-log`: what is in the files of a log, and whether its indexes are right.

Source: kafka.tools.DumpLogSegments, 3.9.1.
"""

from __future__ import annotations

import io
import mmap
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from zkbroker.cli.dumped_records import (
    Decoder,
    LogDump,
    last_offset,
    max_timestamp_of_records,
    optional,
    walk,
)
from zkbroker.cli.failure import Failure
from zkbroker.cli.options import Option, Parsed, whole
from zkbroker.cli.progress import Advance, progress
from zkbroker.cli.tool import Tool, always, warn

_OFFSET_ENTRY = struct.Struct(">ii")
_TIME_ENTRY = struct.Struct(">qi")
_ABORTED_ENTRY = struct.Struct(">hqqqq")
_MAX_INT: Final = 2**31 - 1
_STRINGS: Final = "org.apache.kafka.tools.api.StringDecoder"
_DECODER_OPTIONS: Final = (
    "offsets-decoder",
    "transaction-log-decoder",
    "key-decoder-class",
    "value-decoder-class",
)


def run(parsed: Parsed) -> int:
    dump = _Dump(
        log=LogDump(
            sys.stdout.write,
            deep=any(name in parsed for name in ("deep-iteration", "print-data-log", *_DECODER_OPTIONS)),
            decoder=_decoder(parsed),
            without_metadata="skip-record-metadata" in parsed,
            max_bytes=None if parsed.value("max-bytes") == _MAX_INT else parsed.value("max-bytes"),
        ),
        sanity_only="index-sanity-check" in parsed,
        verify_only="verify-index-only" in parsed,
        max_message_bytes=parsed.value("max-message-size"),
    )
    for name in ("cluster-metadata-decoder", "remote-log-metadata-decoder"):
        if name in parsed:
            raise Failure(f"--{name} is for topics that a broker in ZooKeeper mode does not have.")
    files = (parsed.text("files") or "").split(",")
    if not any(files):
        raise Failure("--files names no file.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        for file in files:
            dump.file(file)
    except BrokenPipeError:  # whoever reads has seen enough
        raise
    except OSError as error:
        raise Failure(f"{error.filename or 'standard output'}: {error.strerror}") from error
    finally:
        dump.say_errors()
    return 0


def _decoder(parsed: Parsed) -> Decoder | None:
    from zkbroker.cli import dumped_contents

    if "offsets-decoder" in parsed:
        return dumped_contents.decode_offsets
    if "transaction-log-decoder" in parsed:
        return dumped_contents.decode_transactions
    decoder = dumped_contents.decoder_of_classes(
        parsed.text("key-decoder-class") or _STRINGS, parsed.text("value-decoder-class") or _STRINGS
    )
    wanted = ("print-data-log", "key-decoder-class", "value-decoder-class")
    return decoder if any(name in parsed for name in wanted) else None


@attrs.define(eq=False)
class _Dump:
    """Prints file after file, and keeps what is wrong for the end."""

    log: LogDump
    sanity_only: bool
    verify_only: bool
    max_message_bytes: int
    _mismatches: dict[str, list[tuple[int, int]]] = attrs.field(factory=dict)
    _wrong_times: dict[str, list[tuple[int, int]]] = attrs.field(factory=dict)
    _out_of_order: dict[str, list[tuple[int, int]]] = attrs.field(factory=dict)
    _not_found: dict[str, list[tuple[int, int]]] = attrs.field(factory=dict)
    _gaps: dict[str, list[tuple[int, int]]] = attrs.field(factory=dict)

    def file(self, path: str) -> None:
        """Raises: Failure, OSError."""
        self._say(f"Dumping {path}")
        kind = os.path.splitext(path)[1]
        work = {
            ".log": self._log,
            ".index": self._index,
            ".timeindex": self._time_index,
            ".snapshot": self._snapshot,
            ".txnindex": self._transaction_index,
        }.get(kind)
        if work is None:
            warn(f"Ignoring unknown file {path}")
        else:
            work(path)

    def _progress(self, path: str, total: int) -> AbstractContextManager[Advance]:
        return progress(f"Reading {os.path.basename(path)}", total, prints=not self.verify_only)

    def _say(self, line: str) -> None:
        self.log.say(f"{line}\n")

    def _log(self, path: str) -> None:
        self._say(f"Log starting offset: {_base_offset(path)}")
        with _content(path) as content, self._progress(path, len(content)) as advance:
            gaps = self.log.dump(path, content, advance)
        if gaps:
            self._gaps[os.path.abspath(path)] = gaps[::-1]

    def _index(self, path: str) -> None:
        base = _base_offset(path)
        with _content(_sibling(path, ".log")) as content:
            size = os.path.getsize(path)
            entries = _offset_entries(path, base)
            if not entries:
                self._say(f"{path} is empty.")
                return
            if self.sanity_only:
                _require_whole(path, size, _OFFSET_ENTRY.size)
                if entries[-1][0] < base:
                    raise Failure(
                        f"Corrupt index found, index file ({path}) has non-zero size but the last offset is "
                        f"{entries[-1][0]} which is less than the base offset {base}."
                    )
                self._say(f"{path} passed sanity check.")
                return
            with self._progress(path, len(entries)) as advance:
                self._index_entries(path, base, entries, content, advance)

    def _index_entries(
        self,
        path: str,
        base: int,
        entries: Sequence[tuple[int, int]],
        content: memoryview,
        advance: Advance,
    ) -> None:
        """Raises: Failure."""
        for number, (offset, position) in enumerate(entries):
            if offset == base and number:
                return  # what a killed broker left in front of its end
            found = next(walk(content[: position + self.max_message_bytes], path, position), None)
            if found is None:
                raise Failure(f"{path} leads to byte {position} of its log, where no batch begins.")
            if last_offset(found[1]) != offset:
                _note_first(self._mismatches, path, (offset, last_offset(found[1])))
            if not self.verify_only:
                self._say(f"offset: {offset} position: {position}")
            advance(1)

    def _time_index(self, path: str) -> None:
        base = _base_offset(path)
        with _content(_sibling(path, ".log")) as content:
            index = _sibling(path, ".index")
            offsets = _offset_entries(index, base) if os.path.exists(index) else []
            raw = Path(path).read_bytes()
            entries = [
                (timestamp, base + relative)
                for timestamp, relative in _TIME_ENTRY.iter_unpack(raw[: len(raw) // 12 * 12])
            ]
            if self.sanity_only:
                _require_whole(path, len(raw), _TIME_ENTRY.size)
                _require_grown(path, entries, base)
                self._say(f"{path} passed sanity check.")
                return
            previous = -1
            with self._progress(path, len(entries)) as advance:
                for number, (timestamp, offset) in enumerate(entries):
                    if offset == base and number:
                        return
                    self._check_time(path, content, offsets, timestamp, offset, previous)
                    if not self.verify_only:
                        self._say(f"timestamp: {timestamp} offset: {offset}")
                    previous = timestamp
                    advance(1)

    def _check_time(
        self,
        path: str,
        content: memoryview,
        offsets: Sequence[tuple[int, int]],
        timestamp: int,
        offset: int,
        previous: int,
    ) -> None:
        """Whether the log has that timestamp at that offset."""
        position = max((at for entry, at in offsets if entry <= offset), default=0)
        batch = next(
            (found for _, found in walk(content, path, position) if last_offset(found) >= offset), None
        )
        where = os.path.abspath(path)
        if batch is None or last_offset(batch) != offset:
            found_offset = -1 if batch is None else last_offset(batch)
            self._not_found.setdefault(path, []).append((offset, found_offset))
            return
        largest = max_timestamp_of_records(batch, path)
        if largest != timestamp:
            self._wrong_times.setdefault(where, []).append((timestamp, largest))
        if previous >= timestamp:
            self._out_of_order.setdefault(where, []).append((timestamp, previous))

    def _transaction_index(self, path: str) -> None:
        content = Path(path).read_bytes()
        whole_bytes = len(content) // _ABORTED_ENTRY.size * _ABORTED_ENTRY.size
        for version, producer_id, first, last, stable in _ABORTED_ENTRY.iter_unpack(content[:whole_bytes]):
            self._say(
                f"version: {version} producerId: {producer_id} firstOffset: {first} lastOffset: {last} "
                f"lastStableOffset: {stable}"
            )
        if whole_bytes != len(content):
            raise Failure(f"{path} ends in the middle of an entry.")

    def _snapshot(self, path: str) -> None:
        from zkbroker.storage.producer_state import decode_snapshot

        try:
            producers = decode_snapshot(Path(path).read_bytes())
        except ValueError as error:
            warn(str(error))
            return
        for each in producers:
            began = each.transaction_first_offset
            line = (
                f"producerId: {each.producer_id} producerEpoch: {each.epoch} "
                f"coordinatorEpoch: {each.coordinator_epoch} "
                f"currentTxnFirstOffset: {optional(None if began < 0 else began)} "
                f"lastTimestamp: {each.last_timestamp} "
            )
            for sequence, offset, delta, timestamp in each.batches:
                first = sequence - delta
                line += (
                    f"firstSequence: {first if first >= 0 else first + _MAX_INT + 1} lastSequence: {sequence} "
                    f"lastOffset: {offset} offsetDelta: {delta} timestamp: {timestamp}"
                )
            self._say(line)

    def say_errors(self) -> None:
        """What was wrong, on standard error."""
        for path, pairs in self._mismatches.items():
            warn(f"Mismatches in :{path}")
            for offset, in_log in pairs:
                warn(f"  Index offset: {offset}, log offset: {in_log}")
        for path, pairs in self._wrong_times.items():
            warn(f"Found timestamp mismatch in :{path}")
            for timestamp, in_log in pairs:
                warn(f"  Index timestamp: {timestamp}, log timestamp: {in_log}")
        for path, pairs in self._out_of_order.items():
            warn(f"Found out of order timestamp in :{path}")
            for timestamp, previous in pairs:
                warn(f"  Index timestamp: {timestamp}, Previously indexed timestamp: {previous}")
        for pairs in self._not_found.values():
            warn("The following indexed offsets are not found in the log.")
            for offset, in_log in pairs:
                warn(f"Indexed offset: {offset}, found log offset: {in_log}")
        for path, pairs in self._gaps.items():
            warn(f"Non-consecutive offsets in {path}")
            for first, second in pairs:
                warn(f"  {first} is followed by {second}")


def _base_offset(path: str) -> int:
    """Raises: Failure if the file's name does not begin with one."""
    name = os.path.basename(path).split(".")[0]
    if not name.isdigit():
        raise Failure(f"{path}: the name of a log's file begins with an offset, as {0:020d}.log does.")
    return int(name)


def _sibling(path: str, suffix: str) -> str:
    return os.path.join(os.path.dirname(path), os.path.basename(path).split(".")[0] + suffix)


@contextmanager
def _content(path: str) -> Iterator[memoryview]:
    """A file's bytes, read as they are looked at. Raises: OSError."""
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield memoryview(b"")
            return
        yield memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _offset_entries(path: str, base: int) -> list[tuple[int, int]]:
    """(offset, position) of each. Raises: OSError."""
    raw = Path(path).read_bytes()
    entries = _OFFSET_ENTRY.iter_unpack(raw[: len(raw) // 8 * 8])
    return [(base + relative, position) for relative, position in entries]


def _require_whole(path: str, size: int, entry_bytes: int) -> None:
    if size % entry_bytes:
        kind = "Index" if entry_bytes == _OFFSET_ENTRY.size else "Time index"
        raise Failure(
            f"{kind} file {path} is corrupt, found {size} bytes which is neither positive nor a multiple of "
            f"{entry_bytes}."
        )


def _require_grown(path: str, entries: Sequence[tuple[int, int]], base: int) -> None:
    """The last entry of a time index is not before the first."""
    if not entries:
        return
    (first, _), (last, offset) = entries[0], entries[-1]
    if last < first:
        raise Failure(
            f"Corrupt time index found, time index file ({path}) has non-zero size but the last timestamp is {last} "
            f"which is less than the first timestamp {first}"
        )
    if offset < base:
        raise Failure(
            f"Corrupt time index found, time index file ({path}) has non-zero size but the last offset is {offset} "
            f"which is less than the first offset {base}"
        )


def _note_first(found: dict[str, list[tuple[int, int]]], path: str, pair: tuple[int, int]) -> None:
    """Kafka lists the latest first."""
    found.setdefault(os.path.abspath(path), []).insert(0, pair)


TOOL: Final = Tool(
    name="kafka-dump-log",
    purpose="This tool helps to parse a log file and dump its contents to the console, useful for debugging a "
    "seemingly corrupt log segment.",
    kafka_class="kafka.tools.DumpLogSegments",
    run=run,
    is_long=always,
    options=(
        Option(
            "files",
            "REQUIRED: The files, separated by commas: .log, .index, .timeindex, .txnindex, .snapshot.",
            "file1, file2, ...",
            required=True,
            completes="file",
        ),
        Option("deep-iteration", "Show every record, not only the batches. --print-data-log implies it."),
        Option("print-data-log", "Show keys and values too. Any decoder implies it."),
        Option("offsets-decoder", "Show records of __consumer_offsets as what they say."),
        Option("transaction-log-decoder", "Show records of __transaction_state as what they say."),
        Option("index-sanity-check", "Only check whether a broker would accept the index at its start."),
        Option("verify-index-only", "Only compare the index with its log, and print nothing else."),
        Option("skip-record-metadata", "Show only what is in the records."),
        Option("max-bytes", "Look only at so many bytes of a .log file.", "size", whole, default=_MAX_INT),
        Option(
            "max-message-size",
            "Size of the largest batch an index leads to.",
            "size",
            whole,
            default=5 * 1024 * 1024,
        ),
        Option(
            "key-decoder-class",
            "How to show keys: StringDecoder, LongDecoder, IntegerDecoder or DefaultDecoder (hexadecimal) of "
            "org.apache.kafka.tools.api.",
            "String",
            optional=True,
        ),
        Option("value-decoder-class", "The same for values.", "String", optional=True),
        Option("cluster-metadata-decoder", "Refused: only KRaft clusters have such records."),
        Option("remote-log-metadata-decoder", "Refused: there is no tiered storage."),
    ),
    examples=("kafka-dump-log --files data/orders-0/00000000000000000000.log --print-data-log",),
)
