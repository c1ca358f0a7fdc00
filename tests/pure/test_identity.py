"""What ZooKeeper, the configuration and the directories say of a broker must agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkbroker.identity import Identity, decide, read_stored, store
from zkbroker.registration import StartupRefused
from zkbroker.storage.checkpoints import MetaProperties


def test_the_broker_id_comes_from_the_configuration_or_the_directory() -> None:
    here = {"/a": MetaProperties("C", 3), "/b": MetaProperties("C", 3)}
    assert decide("C", 3, {}) == 3
    assert decide("C", -1, here) == 3
    assert decide("C", 3, here) == 3
    assert decide("C", -1, {}) is None, "one must be generated"


def test_another_clusters_data_is_refused_with_both_ids_the_directory_and_the_ways_out() -> None:
    with pytest.raises(StartupRefused) as refused:
        decide("NEW", 1, {"/data/one": MetaProperties("OLD", 1)})
    told = str(refused.value)
    for part in ("NEW", "OLD", "/data/one", "zookeeper.connect", "log.dirs"):
        assert part in told


def test_another_brokers_data_is_refused() -> None:
    with pytest.raises(StartupRefused, match=r"broker\.id is 2, but the data in /a belongs to broker 1"):
        decide("C", 2, {"/a": MetaProperties("C", 1)})
    with pytest.raises(StartupRefused, match="different brokers"):
        decide("C", -1, {"/a": MetaProperties("C", 1), "/b": MetaProperties("C", 2)})


def test_what_is_stored_is_read_back_and_never_written_over(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    store(Identity("C-1_x", 7), [str(old)])
    before = (old / "meta.properties").read_bytes()
    store(Identity("C-1_x", 7), [str(old), str(new)])
    assert (old / "meta.properties").read_bytes() == before
    assert read_stored([str(old), str(new), str(tmp_path / "none")]) == {
        str(old): MetaProperties("C-1_x", 7),
        str(new): MetaProperties("C-1_x", 7),
    }


def test_a_kraft_brokers_directory_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "meta.properties").write_text("version=1\ncluster.id=C\nnode.id=1\n")
    with pytest.raises(StartupRefused, match=r"version 1.*log\.dirs"):
        read_stored([str(tmp_path)])
