"""`kafka-features`: finalized features, of which there are none in ZooKeeper mode. Source: FeatureCommand, 3.9.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, BadOption, Option, Parsed
from zkbroker.cli.tool import Tool, always, is_for_programs, open_cluster, say

CLASS: Final = "org.apache.kafka.tools.FeatureCommand"
UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE = 1, 2, 3
FEATURE: Final = Option("feature", "A feature and its level: metadata.version=5.", "FEATURE", many=True)
DRY_RUN: Final = Option("dry-run", "Only check.")
UNSAFE: Final = Option("unsafe", "Also if metadata may be lost for ever.")
METADATA: Final = Option("metadata", "The level of metadata.version: 3.3-IV3.", "METADATA")


def _describe(parsed: Parsed) -> int:
    parsed.require("bootstrap-server")
    with open_cluster(parsed) as cluster:
        features = cluster.any().features
    assert features is not None
    finalized = {row.name: row.max_version_level for row in features.finalized_features}
    epoch = str(features.finalized_features_epoch) if features.finalized_features_epoch >= 0 else "-"
    supported = sorted(features.supported_features, key=lambda row: row.name)
    if is_for_programs(parsed):
        from zkbroker.cli.output import print_rows

        rows = [
            {
                "feature": row.name,
                "supported_min_version": row.min_version,
                "supported_max_version": row.max_version,
                "finalized_version_level": finalized.get(row.name, 0),
            }
            for row in supported
        ]
        print_rows(rows, str(parsed.text("output")))
        return 0
    for row in supported:
        say(
            f"Feature: {row.name}\tSupportedMinVersion: {row.min_version}\tSupportedMaxVersion: {row.max_version}"
            f"\tFinalizedVersionLevel: {finalized.get(row.name, 0)}\tEpoch: {epoch}"
        )
    return 0


def _update(verb: str, upgrade_type: Callable[[Parsed], int]) -> Callable[[Parsed], int]:
    """What upgrade, downgrade and disable do."""

    def run(parsed: Parsed) -> int:
        from zkbroker.client.errors import require_success, sentence_of
        from zkbroker.protocol.generated.update_features_request import (
            FeatureUpdateKey,
            UpdateFeaturesRequest,
        )
        from zkbroker.protocol.generated.update_features_response import UpdateFeaturesResponse

        parsed.require("bootstrap-server")
        levels = _levels(parsed, verb)
        is_dry = "dry-run" in parsed
        updates = [
            FeatureUpdateKey(feature=name, max_version_level=level, upgrade_type=upgrade_type(parsed))
            for name, level in levels.items()
        ]
        with open_cluster(parsed) as cluster:
            request = UpdateFeaturesRequest(feature_updates=updates, validate_only=is_dry)
            answer = cluster.ask_controller(request, UpdateFeaturesResponse)
        if not answer.results:
            require_success(answer.error_code, answer.error_message)
        failures = 0
        could, can, did = ("Could not", "can be", "was") if not is_dry else ("Can not", "can be", "can be")
        for result in sorted(answer.results, key=lambda row: row.feature):
            what = result.feature if verb == "disable" else f"{result.feature} to {levels[result.feature]}"
            if result.error_code:
                failures += 1
                say(f"{could} {verb} {what}. {sentence_of(result.error_code, result.error_message)}")
            else:
                verbed = {"upgrade": "upgraded", "downgrade": "downgraded", "disable": "disabled"}[verb]
                name = result.feature
                level = "" if verb == "disable" else f" to {levels[name]}"
                say(f"{name} {can if is_dry else did} {verbed}{level}.")
        if failures:
            raise BadOption(f"{failures} out of {len(answer.results)} operation(s) failed.")
        return 0

    return run


def _levels(parsed: Parsed, verb: str) -> dict[str, int]:
    """Raises: BadOption."""
    found: dict[str, int] = {}
    if "metadata" in parsed.options and "metadata" in parsed:
        raise BadOption("metadata.version belongs to KRaft: a cluster in ZooKeeper mode has none.")
    for text in parsed.texts("feature"):
        name, equals, level = text.partition("=")
        if verb == "disable":
            found[name.strip()] = 0
            continue
        if not equals:
            raise BadOption(f"Can't parse feature=level string {text}: equals sign not found.")
        if not level.strip().lstrip("-").isdecimal():
            raise BadOption(
                f"Can't parse feature=level string {text}: unable to parse {level.strip()} as a short."
            )
        if name.strip() in found:
            raise BadOption(f"Feature {name.strip()} was specified more than once.")
        found[name.strip()] = int(level)
    if not found:
        raise BadOption(f"You must specify at least one feature to {verb}")
    return found


def _downgrade_type(parsed: Parsed) -> int:
    return UNSAFE_DOWNGRADE if "unsafe" in parsed else SAFE_DOWNGRADE


def _nothing(parsed: Parsed) -> int:
    raise AssertionError("an action runs")


_COMMON: Final = (BOOTSTRAP, COMMAND_CONFIG)

TOOL: Final = Tool(
    name="kafka-features",
    purpose="This tool manages feature flags in Kafka.",
    kafka_class=CLASS,
    run=_nothing,
    options=_COMMON,
    actions=(
        Tool(
            "kafka-features describe",
            "Show the features.",
            (*_COMMON, OUTPUT),
            _describe,
            CLASS,
            needs_words=False,
            is_long=always,
        ),
        Tool(
            "kafka-features upgrade",
            "Raise the levels of features.",
            (*_COMMON, METADATA, FEATURE, DRY_RUN),
            _update("upgrade", lambda parsed: UPGRADE),
            CLASS,
        ),
        Tool(
            "kafka-features downgrade",
            "Lower the levels of features.",
            (*_COMMON, METADATA, FEATURE, DRY_RUN, UNSAFE),
            _update("downgrade", _downgrade_type),
            CLASS,
        ),
        Tool(
            "kafka-features disable",
            "Set the levels of features to 0.",
            (*_COMMON, FEATURE, DRY_RUN, UNSAFE),
            _update("disable", _downgrade_type),
            CLASS,
        ),
    ),
)
