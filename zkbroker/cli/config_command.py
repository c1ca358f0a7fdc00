"""`zkbroker config explain`: what a key is, what it does here, what it is set to, and where."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkbroker.cli.failure import Failure

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig, Key

DESCRIPTION = """\
Say what a configuration key does, what it is set to, and where that was set.

KEY is a broker or topic key of Kafka's, or a part of one: then the keys that hold it are listed.
"""


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser("config", help="explain configuration keys")
    actions = command.add_subparsers(metavar="ACTION", required=True)
    explain: argparse.ArgumentParser = actions.add_parser(
        "explain",
        help="say what a key does and where it is set",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument("key", metavar="KEY")
    explain.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a broker's server.properties")
    explain.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a key that counts before all others",
    )
    explain.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from zkbroker.config import BROKER_KEYS, TOPIC_KEYS

    key = arguments.key
    if key not in BROKER_KEYS and key not in TOPIC_KEYS:
        return _list(key)
    paragraphs = []
    if key in BROKER_KEYS:
        paragraphs.append(_explain_broker_key(BROKER_KEYS[key], _config(arguments)))
    if key in TOPIC_KEYS:
        paragraphs.append(_explain_topic_key(TOPIC_KEYS[key], _config(arguments)))
    sys.stdout.write("\n".join(paragraphs))
    return 0


def _list(part: str) -> int:
    """The keys that hold a part of a name."""
    from zkbroker.config import BROKER_KEYS, TOPIC_KEYS

    broker = sorted(name for name in BROKER_KEYS if part.lower() in name.lower())
    topic = sorted(name for name in TOPIC_KEYS if part.lower() in name.lower())
    if not broker and not topic:
        raise Failure(f"{part} is no configuration key, nor a part of one")
    for kind, names in (("broker", broker), ("topic", topic)):
        for name in names:
            sys.stdout.write(f"{kind:7}{name}\n")
    return 0


def _config(arguments: argparse.Namespace) -> BrokerConfig:
    """Raises: Failure."""
    from zkbroker.cli.sources import read_settings
    from zkbroker.config import BrokerConfig, ConfigError, Origin, Setting, Source

    settings, _ = read_settings(arguments.file, os.environ, arguments.override)
    # A key can be explained without a whole configuration.
    nowhere = Setting("zookeeper.connect", "localhost:2181", Origin(Source.DEFAULT, "not set"))
    try:
        return BrokerConfig([nowhere, *settings])
    except ConfigError as error:
        raise Failure(str(error)) from None


def _explain_broker_key(key: Key[Any], config: BrokerConfig) -> str:
    from zkbroker.config import TOPIC_SYNONYMS, Update
    from zkbroker.config.broker_keys import DYNAMIC_ONLY, SYNONYMS

    value, origin = config.text_of(key.name), str(config.origin_of(key.name))
    changes = {
        Update.READ_ONLY: "at a restart",
        Update.PER_BROKER: "at run time, for one broker (kafka-configs --entity-type brokers --entity-name ID)",
        Update.CLUSTER_WIDE: "at run time, for one broker or all of them (kafka-configs --entity-type brokers)",
    }[Update.CLUSTER_WIDE if key.name in DYNAMIC_ONLY else key.update]
    lines = [f"{key.name}={_shown(value)}  ({origin})", *_facts(key)]
    lines.append(f"  changes    {changes}")
    effect = "served" if key.tuning is None else f"accepted, without effect here: {key.tuning}"
    if key.refusal is not None:
        harmless = " or ".join(
            "nothing" if value in ("", ()) else str(value).lower() for value in key.refusal.unless
        )
        effect = f"refused unless it is {harmless}: {key.refusal.reason}"
    lines.append(f"  here       {effect}")
    group = next((group for group in SYNONYMS.values() if key.name in group), ())
    if group:
        deciding = config.deciding_key(group[0])
        in_force = getattr(config, group[0].replace(".", "_"))
        lines.append(f"  in force   {in_force}  ({deciding}, {config.origin_of(deciding)})")
        lines.append(f"  synonyms   the first that is set counts: {', '.join(group)}")
    topic_keys = [topic for topic, broker in TOPIC_SYNONYMS.items() if broker == key.name]
    if topic_keys:
        lines.append(f"  topics     {', '.join(topic_keys)} overrides it for one topic")
    return "\n".join(lines) + "\n"


def _explain_topic_key(key: Key[Any], config: BrokerConfig) -> str:
    from zkbroker.config import TOPIC_SYNONYMS
    from zkbroker.config.keys import as_text

    value = as_text(getattr(config.topic_defaults, key.attribute))
    synonym = TOPIC_SYNONYMS.get(key.name)
    origin = "default"
    if synonym is not None:
        deciding = config.deciding_key(synonym)
        origin = f"broker key {deciding}, {config.origin_of(deciding)}"
    lines = [f"{key.name}={_shown(value)}  (a topic that does not set it: {origin})", *_facts(key)]
    lines.append("  changes    at run time (kafka-configs --entity-type topics)")
    if key.refusal is not None:
        lines.append(f"  here       refused if true: {key.refusal.reason}")
    return "\n".join(lines) + "\n"


def _facts(key: Key[Any]) -> list[str]:
    from zkbroker.config.documentation import documentation_of
    from zkbroker.config.keys import as_text

    return [
        f"  what       {documentation_of(key.name)}",
        f"  type       {key.kind.name.lower()}, {key.allowed}",
        f"  default    {_shown(as_text(key.default))}",
    ]


def _shown(text: str | None) -> str:
    return "null" if text is None else text or '""'
