"""Which cluster and which broker this is: what ZooKeeper, the configuration and the log directories say must agree."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

import attrs

from zkbroker import admin_store
from zkbroker.config import BrokerConfig
from zkbroker.registration import StartupRefused
from zkbroker.storage.checkpoints import MetaProperties, read_meta_properties, write_meta_properties
from zkbroker.zookeeper.session import ZkSession

log = logging.getLogger(__name__)


@attrs.frozen
class Identity:
    """Decided once, before anything is opened."""

    cluster_id: str
    broker_id: int


def read_stored(log_dirs: Sequence[str]) -> dict[str, MetaProperties]:
    """What the meta.properties of each directory says; directories without one, or that fail, are left out.

    Raises: StartupRefused for a file that is not a ZooKeeper-mode broker's.
    """
    stored = {}
    for directory in log_dirs:
        try:
            found = read_meta_properties(directory)
        except ValueError as error:
            raise StartupRefused(f"{error}. Give the broker another directory in log.dirs.") from None
        except OSError as error:
            log.error("cannot read %s: %s", os.path.join(directory, "meta.properties"), error)
            continue
        if found is not None:
            stored[directory] = found
    return stored


def decide(cluster_id: str, configured_id: int, stored: Mapping[str, MetaProperties]) -> int | None:
    """The broker id, or None where one must be generated. Pure.

    Raises: StartupRefused, naming both ids, the directory, and the safe ways out.
    """
    for directory, found in stored.items():
        if found.cluster_id != cluster_id:
            raise StartupRefused(
                f"The data in {directory} belongs to cluster {found.cluster_id}, but the ZooKeeper this broker "
                f"connects to has cluster {cluster_id}. Either set zookeeper.connect to the address and chroot of "
                f"{found.cluster_id}, or give this broker an empty directory in log.dirs; nothing was changed."
            )
    ids = {found.broker_id: directory for directory, found in stored.items()}
    if len(ids) > 1:
        told = ", ".join(f"{directory} says {broker_id}" for broker_id, directory in ids.items())
        raise StartupRefused(
            f"The log directories belong to different brokers ({told}): "
            "name in log.dirs only directories of one broker."
        )
    if ids:
        ((stored_id, directory),) = ids.items()
        if configured_id not in (-1, stored_id):
            raise StartupRefused(
                f"broker.id is {configured_id}, but the data in {directory} belongs to broker {stored_id}. Either set "
                f"broker.id={stored_id}, or give this broker an empty directory in log.dirs; nothing was changed."
            )
        return stored_id
    return configured_id if configured_id != -1 else None


async def establish(session: ZkSession, config: BrokerConfig) -> Identity:
    """Read or create the cluster id and settle on a broker id.

    Raises: StartupRefused, SessionLost.
    """
    cluster_id = await admin_store.cluster_id(session)
    broker_id = decide(cluster_id, config.broker_id, read_stored(config.log_dirs))
    if broker_id is None:
        if not config.broker_id_generation_enable:
            raise StartupRefused(
                "broker.id is not set and broker.id.generation.enable is false: set broker.id."
            )
        broker_id = await admin_store.next_broker_id(session, config.reserved_broker_max_id)
        log.info("this broker's id was generated: %d", broker_id)
    return Identity(cluster_id, broker_id)


def store(identity: Identity, log_dirs: Sequence[str]) -> None:
    """Write meta.properties where it is missing. Call it when the directories are locked."""
    properties = MetaProperties(identity.cluster_id, identity.broker_id)
    for directory in log_dirs:
        if read_meta_properties(directory) is None:
            write_meta_properties(directory, properties)
