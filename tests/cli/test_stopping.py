"""Signals: the first one asks, the second one ends the process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import trio

SCRIPT = """
import sys, trio, trio.testing
from zkbroker.cli.stopping import stop_on_signal, wait_parent_gone

async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_on_signal, lambda: print("asked", flush=True))
        if sys.argv[1:] == ["parent"]:
            await wait_parent_gone()
            print("orphaned", flush=True)
            nursery.cancel_scope.cancel()
        await trio.testing.wait_all_tasks_blocked()
        print("ready", flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def heed_hangups() -> None:
    """The tests may themselves run under nohup, and children inherit what is ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


async def start(*arguments: str) -> trio.Process:
    return await trio.lowlevel.open_process(
        [sys.executable, "-c", SCRIPT, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=heed_hangups,
    )


async def said(process: trio.Process) -> bytes:
    """The next line."""
    assert process.stdout is not None
    line = b""
    while not line.endswith(b"\n"):
        byte = await process.stdout.receive_some(1)
        assert byte, f"it ended after {line!r}"
        line += byte
    return line


async def end(process: trio.Process) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdin.aclose()
    await process.stdout.aclose()
    return await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_the_second_signal_ends_the_process(number: signal.Signals) -> None:
    process = await start()
    try:
        with trio.fail_after(20):
            assert await said(process) == b"ready\n"
            process.send_signal(number)
            assert await said(process) == b"asked\n"
            process.send_signal(signal.SIGINT)
            assert await end(process) == -signal.SIGINT
    finally:
        process.kill()


async def test_nohup_is_heeded() -> None:
    process = await trio.lowlevel.open_process(
        ["nohup", sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        with trio.fail_after(20):
            assert await said(process) == b"ready\n"
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            assert await said(process) == b"asked\n"
            process.send_signal(signal.SIGHUP)  # asks for nothing
            process.send_signal(signal.SIGTERM)
            assert await end(process) == -signal.SIGTERM
    finally:
        process.kill()


async def test_the_end_of_the_parent_is_noticed() -> None:
    process = await start("parent")
    try:
        with trio.fail_after(20):
            assert process.stdin is not None
            await process.stdin.send_all(b"whatever")
            await process.stdin.aclose()
            assert await said(process) == b"orphaned\n"
            assert await end(process) == 0
    finally:
        process.kill()
