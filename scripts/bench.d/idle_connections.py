"""How much memory a broker needs to hold many connections that say nothing after their first request."""

from __future__ import annotations

import argparse
import resource
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

import trio
from measure import MIB, say, say_machine, usage

from zkbroker.protocol.codec import ApiKey, RequestHeader, encode_request
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.testing.cluster import open_cluster


async def measure(connections: int) -> None:
    hello = b"".join(
        bytes(buffer)
        for buffer in encode_request(RequestHeader(ApiKey.API_VERSIONS, 0, 1, "idle"), ApiVersionsRequest())
    )
    with tempfile.TemporaryDirectory(prefix="zkbroker-bench-") as directory:
        async with open_cluster(Path(directory), brokers=1, connections_max_idle_ms=3_600_000) as cluster:
            broker = cluster.brokers[1]
            before = usage(broker.process.pid)
            opened: list[socket.socket] = []
            try:
                for number in range(connections):
                    connection = socket.create_connection(("127.0.0.1", broker.port))
                    connection.sendall(hello)
                    opened.append(connection)
                    if number % 100 == 99:
                        for answered in opened[-100:]:  # so that no backlog overflows
                            assert await trio.to_thread.run_sync(answered.recv, 1 << 16), "refused"
                after = usage(broker.process.pid)
            finally:
                for connection in opened:
                    connection.close()
    grown = after.resident_bytes - before.resident_bytes
    say(
        f"{connections:,} connections: {after.resident_bytes / MIB:.0f} MiB resident, "
        f"{before.resident_bytes / MIB:.0f} before, {grown / connections / 1024:.1f} KiB each"
    )


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=10_000)
    parsed = parser.parse_args(argv)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = parsed.connections + 200
    if soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            say(f"at most {hard:,} files may be open here (ulimit -Hn), {wanted:,} are needed")
            return 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    say_machine()
    trio.run(measure, parsed.connections)
    return 0
