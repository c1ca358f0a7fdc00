"""`kafka-delete-records`: delete what lies before an offset. Source: DeleteRecordsCommand, 3.9.1."""

from __future__ import annotations

from typing import Final

from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, BadOption, Option, Parsed
from zkbroker.cli.tool import Tool, is_for_programs, open_cluster, say


def run(parsed: Parsed) -> int:
    from zkbroker.cli.json_files import is_number, partitions_of, place, read_json, require_distinct
    from zkbroker.client.records import delete_before

    parsed.require("bootstrap-server", "offset-json-file")
    file = str(parsed.text("offset-json-file"))
    found = read_json(file)
    if isinstance(found, dict) and found.get("version", 1) != 1:
        raise BadOption(f"Not supported version field value {found['version']}")
    entries = partitions_of(found, file)
    require_distinct(
        [place(entry) for entry in entries], "Offset json file contains duplicate topic partitions: {}"
    )
    for entry in entries:
        if not is_number(entry.get("offset"), 64):
            raise BadOption(f"{file}: partition {place(entry)} has no offset")
    with open_cluster(parsed) as cluster:
        cluster.any()
        if not is_for_programs(parsed):
            say("Executing records delete operation")
        done = delete_before(cluster, {place(entry): entry["offset"] for entry in entries})
    code = 1 if any(answer.refused for answer in done.values()) else 0
    if is_for_programs(parsed):
        from zkbroker.cli.output import print_rows

        rows = [
            {
                "topic": tp.topic,
                "partition": tp.partition,
                "low_watermark": None if answer.refused else answer.offset,
                "error": None
                if answer.refused is None
                else answer.refused.message or answer.refused.code.name,
            }
            for tp, answer in sorted(done.items())
        ]
        print_rows(rows, str(parsed.text("output")))
        return code
    say("Records delete operation completed:")
    for tp, answer in sorted(done.items()):
        if answer.refused is None:
            say(f"partition: {tp}\tlow_watermark: {answer.offset}")
        else:
            say(f"partition: {tp}\terror: {answer.refused.message or answer.refused.code.name}")
    return code


TOOL: Final = Tool(
    name="kafka-delete-records",
    purpose="This tool helps to delete records of the given partitions down to the specified offset.",
    kafka_class="org.apache.kafka.tools.DeleteRecordsCommand",
    run=run,
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        OUTPUT,
        Option(
            "offset-json-file",
            'REQUIRED: a file as {"partitions": [{"topic": "foo", "partition": 1, "offset": 5}], "version": 1}; offset '
            "-1 is the high watermark: everything.",
            "Offset json file path",
            completes="file",
        ),
    ),
)
