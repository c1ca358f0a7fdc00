"""The table of Kafka's commands: a name, and where it is: the module of a `TOOL`, or `module:NAME`, imported on demand.

`python -m zkbroker.cli.commands kafka-topics ...` runs one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from zkbroker.cli.tool import Tool

MODULES: Final = {
    "kafka-topics": "kafka_topics",
    "kafka-console-producer": "kafka_console_producer",
    "kafka-console-consumer": "kafka_console_consumer",
    "kafka-consumer-groups": "kafka_consumer_groups",
    "kafka-configs": "kafka_configs",
    "zookeeper-shell": "zookeeper_shell",
    "kafka-get-offsets": "kafka_get_offsets",
    "kafka-delete-records": "kafka_delete_records",
    "kafka-leader-election": "kafka_leader_election",
    "kafka-reassign-partitions": "kafka_reassign_partitions",
    "kafka-log-dirs": "kafka_log_dirs",
    "kafka-transactions": "kafka_transactions",
    "kafka-broker-api-versions": "kafka_broker_api_versions",
    "kafka-cluster": "kafka_cluster",
    "kafka-features": "kafka_features",
    "kafka-delegation-tokens": "kafka_delegation_tokens",
    "kafka-dump-log": "kafka_dump_log",
    "kafka-producer-perf-test": "kafka_producer_perf_test",
    "kafka-consumer-perf-test": "kafka_consumer_perf_test",
    "kafka-e2e-latency": "kafka_e2e_latency",
    "kafka-verifiable-producer": "kafka_verifiable_producer",
    "kafka-verifiable-consumer": "kafka_verifiable_consumer",
    "kafka-streams-application-reset": "kafka_streams_application_reset",
    "kafka-server-start": "kafka_server_start",
    "kafka-server-stop": "server_stop:KAFKA",
    "zookeeper-server-start": "zookeeper_server_start",
    "zookeeper-server-stop": "server_stop:ZOOKEEPER",
    "kafka-acls": "kafka_acls",
    "zookeeper-security-migration": "security_migration",
}
"""In the order of docs/commands.md."""


def tool_named(name: str) -> Tool:
    """A command, or with two words one of its actions. Raises: KeyError."""
    command, _, action = name.partition(" ")
    module, _, attribute = MODULES[command].partition(":")
    tool: Tool = getattr(import_module(f"zkbroker.cli.{module}"), attribute or "TOOL")
    if action:
        return {found.name: found for found in tool.actions}[name]
    return tool


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first word names; its exit code."""
    words = sys.argv[1:] if argv is None else argv
    name = words[0].removesuffix(".sh") if words else ""
    if name not in MODULES:
        sys.stderr.write(f"{name or 'nothing'} is no command; there are {', '.join(MODULES)}\n")
        return 1
    return tool_named(name).main(words[1:])


if __name__ == "__main__":
    sys.exit(main())
