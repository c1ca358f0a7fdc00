"""File, environment and command line, weakest first."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkbroker.cli.failure import Failure
from zkbroker.cli.sources import parse_override, read_settings
from zkbroker.config import BrokerConfig


def test_each_source_goes_before_the_weaker_ones(tmp_path: Path) -> None:
    file = tmp_path / "server.properties"
    file.write_text("zookeeper.connect=zk\nnum.partitions=1\ndefault.replication.factor=1\nbroker.id=1\n")
    settings, strangers = read_settings(
        file,
        {
            "KAFKA_NUM_PARTITIONS": "2",
            "KAFKA_DEFAULT_REPLICATION_FACTOR": "2",
            "KAFKA_WHAT": "x",
            "HOME": "/",
        },
        ["num.partitions = 3"],
    )
    config = BrokerConfig(settings)
    assert (config.broker_id, config.default_replication_factor, config.num_partitions) == (1, 2, 3)
    assert str(config.origin_of("broker.id")) == "server.properties, line 4"
    assert str(config.origin_of("default.replication.factor")).endswith("KAFKA_DEFAULT_REPLICATION_FACTOR")
    assert str(config.origin_of("num.partitions")) == "--override"
    assert strangers == ["KAFKA_WHAT"]


def test_listeners_of_the_file_help_to_read_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "server.properties"
    file.write_text("listeners=IN_SIDE://:9092\n")
    settings, _ = read_settings(file, {"KAFKA_LISTENER_NAME_IN___SIDE_MAX_CONNECTIONS": "1"}, [])
    assert settings[-1].key == "listener.name.in_side.max.connections"


def test_utf_8_and_javas_latin_1_are_both_read(tmp_path: Path) -> None:
    file = tmp_path / "server.properties"
    for encoding in ("utf-8", "latin-1"):
        file.write_bytes("broker.rack=Zürich\n".encode(encoding))
        settings, _ = read_settings(file, {}, [])
        assert settings[0].text == "Zürich"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read: Is a directory"):
        read_settings(tmp_path, {}, [])


def test_overrides() -> None:
    assert parse_override("a=b=c").text == "b=c"
    assert parse_override("a=").text == ""
    with pytest.raises(Failure, match="--override key=value") as failure:
        parse_override("a")
    assert failure.value.exit_code == 2
