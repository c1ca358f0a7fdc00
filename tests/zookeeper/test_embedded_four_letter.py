"""Four-letter words: what operators' tools ask, in the format they read."""

from __future__ import annotations

import re
from pathlib import Path

import trio

from tests.zookeeper.embedded_support import PATIENCE_S, RawClient, number_body, serving
from zkbroker.embedded_zookeeper.protocol import OpCode


async def ask(port: int, word: bytes) -> str:
    """The answer to a word, read to the end as `nc` does."""
    answer = b""
    with trio.fail_after(PATIENCE_S):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(word)
            await stream.send_eof()
            while piece := await stream.receive_some():
                answer += piece
    return answer.decode()


async def test_every_word(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.create("/mine", b"data", 1)
        await client.get("/mine", watch=True)
        await client.call(OpCode.ADD_WATCH, number_body("/", 1))
        port, session = server.bound_port, f"{client.session_id:#x}"

        assert await ask(port, b"ruok") == "imok"
        assert await ask(port, b"isro") == "rw"
        srvr = await ask(port, b"srvr")
        assert re.match(r"Zookeeper version: 3\.8\.4-\S+, built on", srvr)
        assert "\nMode: standalone\nNode count: 5\n" in srvr
        assert f"\nZxid: {server.last_zxid:#x}\n" in srvr
        stat = await ask(port, b"stat")
        assert re.search(
            r"Clients:\n( /127\.0\.0\.1:\d+\[1\]\(queued=\d+,recved=\d+,sent=\d+\)\n){2}\n", stat
        )
        assert f"sid={session},lop=ADD_WATCH" in await ask(port, b"cons")
        monitor = dict(line.split("\t") for line in (await ask(port, b"mntr")).splitlines())
        assert monitor["zk_server_state"] == "standalone"
        assert (monitor["zk_znode_count"], monitor["zk_ephemerals_count"]) == ("5", "1")
        assert (monitor["zk_watch_count"], monitor["zk_global_sessions"]) == ("3", "1")
        conf = await ask(port, b"conf")
        assert f"clientPort={port}\n" in conf and "minSessionTimeout=4000\n" in conf
        assert f"{session}:\n\t/mine\n" in await ask(port, b"dump")
        assert "zookeeper.version=3.8.4" in await ask(port, b"envi")
        assert re.fullmatch(r"datadir_size: \d+\nlogdir_size: \d+\n", await ask(port, b"dirs"))
        assert await ask(port, b"wchs") == "1 connections watching 2 paths\nTotal watches:3\n"
        assert await ask(port, b"wchp") == f"/mine\n\t{session}\n/\n\t{session}\n\n"
        assert await ask(port, b"wchc") == f"{session}\n\t/mine\n\t/\n\n"
        await client.aclose()


async def test_words_are_only_words_at_the_beginning(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.stream.send_all(b"ruok")  # here a length, and too long a one
        assert await client.is_closed_by_server()
        await client.aclose()
        assert await ask(server.bound_port, b"kill") == ""
        assert await ask(server.bound_port, b"ruok") == "imok"
