#!/bin/sh
# scripts/kafka-dump-log.sh: Kafka's command out of this checkout, as kafka-dump-log is when zkbroker is installed.
set -eu
here=$(dirname "$0")
"$here/setup" cli
exec "$here/../.venv/bin/python" -m zkbroker.cli.commands kafka-dump-log "$@"
