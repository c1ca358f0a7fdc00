"""Frames come out of a stream whole and in order, however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.protocol.framing import BUSY_BYTES, IDLE_BYTES, FrameBuffer, FrameTooLarge

FRAMES = [b"abc", b"", b"x" * 37, b"y", b"\x00\x00\x00\x01"]


def stream_of(frames: list[bytes]) -> bytes:
    return b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)


def feed(frames: FrameBuffer, pieces: list[bytes]) -> list[bytes]:
    """What comes out when the pieces arrive one by one, each in as many receives as its buffers need."""
    taken = []
    for piece in pieces:
        while piece:
            buffer = frames.get_buffer()
            count = min(len(buffer), len(piece))
            assert count > 0, "an empty buffer looks like the end of the stream"
            buffer[:count] = piece[:count]
            frames.received(count)
            piece = piece[count:]
            while (frame := frames.next_frame()) is not None:
                taken.append(bytes(frame))
    return taken


def test_every_split_in_three() -> None:
    stream = stream_of(FRAMES)
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            pieces = [stream[:first], stream[first:second], stream[second:]]
            assert feed(FrameBuffer(100), pieces) == FRAMES


def test_byte_by_byte() -> None:
    sent = [*FRAMES, b"z" * 3 * IDLE_BYTES, b"after"]
    assert feed(FrameBuffer(100_000), [bytes([byte]) for byte in stream_of(sent)]) == sent


@given(
    st.lists(st.integers(0, 2 * IDLE_BYTES).map(lambda n: bytes([n & 0xFF]) * n), max_size=6),
    st.lists(st.integers(1, IDLE_BYTES * 2), max_size=30),
)
def test_any_frames_in_any_pieces(sent: list[bytes], cuts: list[int]) -> None:
    stream = stream_of(sent)
    pieces = []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    assert feed(FrameBuffer(100_000), [*pieces, stream]) == sent


def test_many_small_frames_come_with_one_receive() -> None:
    frames = FrameBuffer(100)
    stream = stream_of([b"one", b"two", b"three"])
    frames.get_buffer()[: len(stream)] = stream
    frames.received(len(stream))
    assert [bytes(frames.next_frame() or b"") for _ in range(3)] == [b"one", b"two", b"three"]
    assert frames.next_frame() is None


def test_memory_is_taken_when_asked_for_and_given_back() -> None:
    frames = FrameBuffer(1_000_000)
    assert len(frames.get_buffer()) == IDLE_BYTES
    frames.get_buffer()[:6] = (500_000).to_bytes(4, "big") + b"ab"
    frames.received(6)
    assert frames.pending_frame_bytes == 0
    assert frames.next_frame() is None
    assert frames.pending_frame_bytes == 500_000  # the caller may now wait for its budget
    assert bytes(frames.pending_head) == b"ab"
    rest = frames.get_buffer()
    assert len(rest) == 500_000 - 2  # exactly: never a byte of the next frame
    rest[:] = b"c" * len(rest)
    frames.received(len(rest))
    frame = frames.next_frame()
    assert frame is not None
    assert bytes(frame) == b"ab" + b"c" * (500_000 - 2)
    assert not frame.readonly  # offsets are stamped into it
    assert frames.pending_frame_bytes == 0
    assert len(frames.get_buffer()) == IDLE_BYTES


@pytest.mark.parametrize("size", [101, 0x7FFFFFFF, -1, -(2**31)])
def test_a_size_over_the_limit_or_negative_is_refused_before_its_frame_is_buffered(size: int) -> None:
    frames = FrameBuffer(100)
    stream = stream_of([b"good"]) + size.to_bytes(4, "big", signed=True)
    frames.get_buffer()[: len(stream)] = stream
    frames.received(len(stream))
    assert bytes(frames.next_frame() or b"") == b"good"
    for _ in range(2):
        with pytest.raises(FrameTooLarge, match=str(size)) as caught:
            frames.next_frame()
        assert caught.value.size == size
    assert frames.pending_frame_bytes == 0


def test_the_limit_itself_passes_and_may_change_between_frames() -> None:
    frames = FrameBuffer(10)
    assert feed(frames, [stream_of([b"x" * 10])]) == [b"x" * 10]
    frames.max_frame_bytes = 11
    assert feed(frames, [stream_of([b"x" * 11])]) == [b"x" * 11]


def test_a_busy_connection_gets_several_frames_with_one_receive_and_shrinks_when_quiet() -> None:
    frames = FrameBuffer(1_000_000)
    sent = [bytes([n]) * 16_384 for n in range(40)]
    assert feed(frames, [stream_of(sent)]) == sent
    assert len(frames.get_buffer()) == BUSY_BYTES
    assert feed(frames, [stream_of(sent[:4])[:50_000], stream_of(sent[:4])[50_000:]]) == sent[:4]
    frames.shrink()
    assert len(frames.get_buffer()) == IDLE_BYTES
    assert feed(frames, [stream_of([b"small", sent[0]])]) == [b"small", sent[0]]


def test_it_does_not_shrink_in_the_middle_of_a_frame() -> None:
    frames = FrameBuffer(1_000_000)
    large = b"z" * 10_000
    feed(frames, [stream_of([large] * 20)])
    half = stream_of([large])
    assert feed(frames, [half[:5_000]]) == []
    frames.shrink()
    assert feed(frames, [half[5_000:]]) == [large]


@given(
    st.lists(st.integers(0, 2 * BUSY_BYTES), max_size=40), st.lists(st.integers(1, BUSY_BYTES), max_size=60)
)
def test_any_large_frames_in_any_pieces(sizes: list[int], cuts: list[int]) -> None:
    sent = [bytes([n & 0xFF]) * size for n, size in enumerate(sizes)]
    stream, pieces = stream_of(sent), []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    assert feed(FrameBuffer(1_000_000), [*pieces, stream]) == sent
