"""The versions `inter.broker.protocol.version` and `message.format.version` may name. [pure]

Source: org.apache.kafka.server.common.MetadataVersion.
"""

from __future__ import annotations

from typing import Final, NamedTuple

# Release -> how many internal versions (IV0, IV1, ...) it has; 0: it has none.
RELEASES: Final[dict[str, int]] = {
    "0.8.0": 0, "0.8.1": 0, "0.8.2": 0, "0.9.0": 0, "0.10.0": 2, "0.10.1": 3, "0.10.2": 1, "0.11.0": 3,
    "1.0": 1, "1.1": 1, "2.0": 2, "2.1": 3, "2.2": 2, "2.3": 2, "2.4": 2, "2.5": 1, "2.6": 1, "2.7": 3,
    "2.8": 2, "3.0": 2, "3.1": 1, "3.2": 1, "3.3": 4, "3.4": 1, "3.5": 3, "3.6": 3, "3.7": 5, "3.8": 1,
    "3.9": 1,
}  # fmt: skip


class ProtocolVersion(NamedTuple):
    """A release and its internal version; ordered as released."""

    release: tuple[int, ...]
    internal: int

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.release))}-IV{self.internal}"


LATEST: Final = ProtocolVersion((3, 9), 0)
LOWEST_BETWEEN_BROKERS: Final = ProtocolVersion((3, 6), 0)


def fetch_version(between_brokers: ProtocolVersion) -> int:
    """The version of Fetch that followers send, which a leader of an older release must know, too."""
    if between_brokers >= ProtocolVersion((3, 9), 0):
        return 17
    return 16 if between_brokers >= ProtocolVersion((3, 7), 4) else 15


def list_offsets_version(between_brokers: ProtocolVersion) -> int:
    """The version of ListOffsets that followers send."""
    return 9 if between_brokers >= ProtocolVersion((3, 9), 0) else 8


def parse_protocol_version(text: str) -> ProtocolVersion:
    """`3.6`, `3.6.2` (the latest of that release) and `3.6-IV1` are understood.

    Raises: ValueError if Kafka 3.9 knows no such version.
    """
    segments = text.split(".")
    wanted = 3 if text.startswith("0.") else 2
    named = text if len(segments) <= wanted else ".".join(segments[:wanted])
    release, dash, internal = named.partition("-IV")
    if release in RELEASES:
        number = tuple(map(int, release.split(".")))
        count = RELEASES[release]
        if not dash:
            return ProtocolVersion(number, max(0, count - 1))
        if internal.isascii() and internal.isdecimal() and int(internal) < count:
            return ProtocolVersion(number, int(internal))
    raise ValueError(f"{text!r} is no version between 0.8.0 and {LATEST}")
