"""`zookeeper-server-start`: the embedded ZooKeeper with a zookeeper.properties."""

from __future__ import annotations

from typing import Final

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import Option, Parsed, WrongUse
from zkbroker.cli.tool import Tool, warn

USAGE: Final = "USAGE: zookeeper-server-start [-daemon] zookeeper.properties"
WRONG_CONFIG: Final = 2
"""The exit code of ZooKeeper's server for a command line or a file that it cannot go by."""

SILENT: Final = ("maxClientCnxns", "admin.enableServer", "admin.serverPort", "tickTime", "dataLogDir")


def run(parsed: Parsed) -> int:
    from zkbroker.cli.daemon import start

    if not parsed.words:
        raise WrongUse(USAGE)
    return start(arguments(parsed.words[0]), in_background="daemon" in parsed, log="zookeeper.out")


def arguments(file: str) -> list[str]:
    """The command line of `zkbroker zookeeper` for the file. Raises: Failure."""
    from zkbroker.client.errors import CallFailed
    from zkbroker.client.settings import read_properties

    try:
        found = read_properties(file)
    except CallFailed as error:
        raise Failure(str(error), WRONG_CONFIG) from None
    if "dataDir" not in found:
        raise Failure(f"{file} has no dataDir: where shall the data be?", WRONG_CONFIG)
    servers = [key for key in found if key.startswith("server.")]
    if len(servers) > 1:
        raise Failure(
            f"{file} names an ensemble ({', '.join(servers)}); the embedded ZooKeeper is one node, an ensemble needs "
            "Apache ZooKeeper",
            WRONG_CONFIG,
        )
    if "secureClientPort" in found:
        raise Failure(
            f"{file} asks for TLS (secureClientPort), which the embedded ZooKeeper does not serve here",
            WRONG_CONFIG,
        )
    port = found.get("clientPort", "2181")
    if not port.isdecimal() or int(port) > 65535:
        raise Failure(f"{file}: clientPort={port} is no port from 0 to 65535", WRONG_CONFIG)
    words = ["zookeeper", "--data", found["dataDir"], "--port", port]
    if "clientPortAddress" in found:
        words += ["--host", found["clientPortAddress"]]
    known = ("dataDir", "clientPort", "clientPortAddress", *SILENT)
    for key in found:
        if key not in known and key not in servers:
            warn(f"{key} has no effect on the embedded ZooKeeper")
    return words


TOOL: Final = Tool(
    name="zookeeper-server-start",
    purpose="Run the embedded ZooKeeper with a zookeeper.properties: dataDir, clientPort and clientPortAddress count.",
    kafka_class="org.apache.zookeeper.server.quorum.QuorumPeerMain",
    run=run,
    prints_records=True,
    refused_with=WRONG_CONFIG,
    words="zookeeper.properties",
    options=(
        Option("daemon", "In the background; what it says goes to logs/zookeeper.out (LOG_DIR=logs)."),
        Option("name", "Accepted for Kafka's sake.", "name"),
        Option("loggc", "Accepted for Kafka's sake."),
    ),
)
