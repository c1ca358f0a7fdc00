"""`kafka-server-start`: one broker, as `zkbroker broker` runs it."""

from __future__ import annotations

from typing import Final

from zkbroker.cli.options import Option, Parsed, WrongUse
from zkbroker.cli.tool import Tool

USAGE: Final = "USAGE: kafka-server-start [-daemon] server.properties [--override property=value]*"


def run(parsed: Parsed) -> int:
    from zkbroker.cli.daemon import start

    if not parsed.words:
        raise WrongUse(USAGE)
    words = ["broker", parsed.words[0]]
    words += [part for pair in parsed.texts("override") for part in ("--override", pair)]
    return start(words, in_background="daemon" in parsed, log="kafkaServer.out")


TOOL: Final = Tool(
    name="kafka-server-start",
    purpose="Run one broker with Kafka's server.properties.",
    kafka_class="kafka.Kafka",
    run=run,
    prints_records=True,
    words="server.properties",
    options=(
        Option("daemon", "In the background; what it says goes to logs/kafkaServer.out (LOG_DIR=logs)."),
        Option("override", "A key that counts before the file.", "property=value", many=True),
        Option("name", "Accepted for Kafka's sake.", "name"),
        Option("loggc", "Accepted for Kafka's sake."),
    ),
)
