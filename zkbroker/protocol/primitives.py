"""What the generated codecs stand on: the message class, number layouts, varints, tags, the decoding error.

Decoders run over `data`, a whole frame, and carry `at`, the byte they have reached. They do not look whether
a string or a byte array ends inside the frame: a slice is clipped, `at` goes past the end, the next fixed
field then fails, and whoever asked for the message compares `at` with the length of the frame. Counts of
arrays are checked before anything is built from them, so a hostile count costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

import attrs

from zkbroker.model import TopicId

Buffer: TypeAlias = bytes | bytearray | memoryview


Records: TypeAlias = Any
"""Record batches, still encoded. Decoded: a memoryview of the frame, not copied. To be encoded: anything with
a length in bytes, a slice of a log file, too; it is handed on untouched, as an element of the buffers."""


@attrs.frozen
class VersionRange:
    """The versions a message has, both ends inclusive."""

    lowest: int
    highest: int
    flexible_from: int | None  # None: no flexible version

    def __contains__(self, version: int) -> bool:
        return self.lowest <= version <= self.highest

    def is_flexible(self, version: int) -> bool:
        """Whether that version has compact lengths and tag sections. Source: KIP-482."""
        return self.flexible_from is not None and version >= self.flexible_from


class MalformedMessage(ValueError):
    """Bytes that are no message; says what was wrong, and at which byte of the frame."""


class _AttrsOnDemand:
    """What attrs.evolve and attrs.asdict look for in a class, made when they first do."""

    def __get__(self, instance: object, owner: type) -> Any:
        names, defaults = owner.__dict__["__slots__"], owner.__dict__["__init__"].__defaults__
        fields = {name: attrs.field(default=value) for name, value in zip(names, defaults, strict=True)}
        made = attrs.fields(attrs.make_class(owner.__name__, fields))
        type.__setattr__(owner, "__attrs_attrs__", made)
        return made


class Message:
    """A wire message or a struct in one: keyword arguments, Kafka's defaults, never changed once made.

    To the type checker the subclasses are frozen attrs classes. At run time they are plain, with the methods
    written out: all together they import in 16 ms, with attrs it would be 130 at every start. What
    attrs.evolve needs is made when it asks. Equality compares array fields by content: a tuple equals a list.
    """

    __slots__: tuple[str, ...] = ()
    __attrs_attrs__: ClassVar[Any] = _AttrsOnDemand()
    API_KEY: ClassVar[int]  # of requests and responses
    VERSIONS: ClassVar[VersionRange]  # of messages; nested structs have none

    if not TYPE_CHECKING:
        __hash__ = None

        def __eq__(self, other: object) -> bool:
            if other.__class__ is not self.__class__:
                return NotImplemented
            for name in self.__slots__:
                mine, theirs = getattr(self, name), getattr(other, name)
                if mine != theirs and not (
                    _is_array(mine) and _is_array(theirs) and list(mine) == list(theirs)
                ):
                    return False
            return True

        def __repr__(self) -> str:
            """The fields that differ from their defaults; long byte strings by their length."""
            fields = zip(self.__slots__, self.__init__.__defaults__ or (), strict=True)
            values = ((name, getattr(self, name), default) for name, default in fields)
            shown = (f"{name}={_show(value)}" for name, value, default in values if value != default)
            return f"{type(self).__name__}({', '.join(shown)})"


def _is_array(value: object) -> bool:
    return isinstance(value, (list, tuple))


def _show(value: object) -> str:
    if isinstance(value, (bytes, bytearray)) and len(value) <= 64:
        return repr(value)
    if isinstance(value, (str, int, float, list, tuple, Message)) or value is None:
        return repr(value)
    return f"<{len(value)} bytes>" if hasattr(value, "__len__") else repr(value)


# ---- layouts

ZERO_UUID: Final = TopicId(bytes(16))

MAX_DECODED_BYTES: Final = 256 * 1024 * 1024
"""About what the arrays of one message may take in memory. The smallest elements are fifty times larger there than
on the wire; the largest honest message, UpdateMetadata of 200,000 partitions, takes half of this."""

FEW: Final = 16
"""Arrays of fewer numbers than this have a ready-made layout."""

UnpackNumbers: TypeAlias = Callable[[Buffer, int], tuple[int, ...]]
UNPACK_INT32S: Final[Sequence[UnpackNumbers]] = [Struct(f">{n}i").unpack_from for n in range(FEW)]
UNPACK_INT64S: Final[Sequence[UnpackNumbers]] = [Struct(f">{n}q").unpack_from for n in range(FEW)]
# a count, then the numbers; the count is one larger than n in the compact form
PACK_INT32S: Final = [Struct(f">i{n}i").pack for n in range(FEW)]
PACK_INT64S: Final = [Struct(f">i{n}q").pack for n in range(FEW)]
PACK_COMPACT_INT32S: Final = [Struct(f">B{n}i").pack for n in range(FEW)]
PACK_COMPACT_INT64S: Final = [Struct(f">B{n}q").pack for n in range(FEW)]

_LONGEST_STRING: Final = 0x7FFF


def append_numbers(out: bytearray, code: str, numbers: Sequence[int], compact: bool) -> None:
    """A long array of numbers, `code` being their struct letter."""
    n = len(numbers)
    if compact:
        append_uvarint(out, n + 1)
        out += Struct(f">{n}{code}").pack(*numbers)
    else:
        out += Struct(f">i{n}{code}").pack(n, *numbers)


# ---- unsigned varints: lengths (one larger than the thing's, 0 is null) and tags


def long_uvarint(data: Buffer, at: int, first: int) -> tuple[int, int]:
    """The value of a varint whose first byte was over 127, and where it ends. `at` is after that byte."""
    value = first & 0x7F
    for shift in (7, 14, 21, 28):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise MalformedMessage(f"a varint of more than 5 bytes at byte {at - 5}")


def long_length(data: Buffer, at: int, first: int) -> tuple[int, int]:
    """The same for a length. A null never takes more than one byte."""
    n, end = long_uvarint(data, at, first)
    if not n:
        raise MalformedMessage(f"a null in {end - at + 1} bytes at byte {at - 1}")
    return n, end


def long_string_length(data: Buffer, at: int, first: int) -> tuple[int, int]:
    """The same for the length of a string, which has its own limit."""
    n, end = long_length(data, at, first)
    if n - 1 > _LONGEST_STRING:
        raise MalformedMessage(f"a string of {n - 1} bytes at byte {at - 1}")
    return n, end


def uvarint(data: Buffer, at: int) -> tuple[int, int]:
    """The varint at that byte, and where it ends."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    return long_uvarint(data, at + 1, first)


def append_uvarint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def append_string_length(out: bytearray, value: int) -> None:
    """The length of a compact string of more than 126 bytes."""
    if value - 1 > _LONGEST_STRING:
        raise ValueError(f"a string of {value - 1} bytes does not fit into a message")
    append_uvarint(out, value)


# ---- tag sections


def skip_tags(data: Buffer, at: int, count: int) -> int:
    """Where a tag section ends of which no tag is known. `count` is its first byte, `at` the next."""
    if count > 0x7F:
        count, at = long_uvarint(data, at, count)
    last = -1
    for _ in range(count):
        last, at, end = tag_header(data, at, last)
        at = end
    return at


def tag_header(data: Buffer, at: int, last: int) -> tuple[int, int, int]:
    """The next tag, where its value begins and where it ends; `last` is the tag before it, or -1."""
    tag, at = uvarint(data, at)
    if tag <= last:
        raise MalformedMessage(f"tag {tag} after tag {last} at byte {at}")
    size, at = uvarint(data, at)
    if size > len(data) - at:
        raise MalformedMessage(f"tag {tag} of {size} bytes at byte {at}, {len(data) - at} are left")
    return tag, at, at + size


def append_tag(out: bytearray, tag: int, value: bytearray) -> None:
    append_uvarint(out, tag)
    append_uvarint(out, len(value))
    out += value


# ---- what the generated code raises


def is_null(field: str, at: int) -> MalformedMessage:
    return MalformedMessage(f"{field} must not be null, before byte {at}")


def too_many(field: str, count: int, at: int) -> MalformedMessage:
    return MalformedMessage(f"{field} cannot have {count} elements, at byte {at}")


def too_long(field: str, size: int, at: int) -> MalformedMessage:
    return MalformedMessage(f"{field} of {size} bytes does not fit into the frame, at byte {at}")


def wrong_tag_size(message: str, tag: int, at: int, end: int) -> MalformedMessage:
    return MalformedMessage(f"tag {tag} of {message} should end at byte {end} and ends at byte {at}")


def undecodable(layout: str, at: int, error: Exception) -> MalformedMessage:
    """`layout` is the message and its versions."""
    if isinstance(error, UnicodeDecodeError):
        return MalformedMessage(f"a string of {layout} is not UTF-8, after byte {at}")
    return MalformedMessage(f"{layout} is cut short, after byte {at}")


def unencodable(layout: str, error: Exception) -> ValueError:
    return ValueError(f"cannot encode {layout}: {error}")


def not_in_version(field: str, layout: str) -> ValueError:
    return ValueError(f"{field} is set, and {layout} cannot carry it")


def null_not_in_version(field: str, layout: str) -> ValueError:
    return ValueError(f"{field} is null, and {layout} has no null there")
