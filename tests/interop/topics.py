"""Topics for clients that cannot make them."""

from __future__ import annotations

import itertools
import os

_numbers = itertools.count()


def create_topic(
    bootstrap: str, *, partitions: int = 1, replication_factor: int = 1, **configs: object
) -> str:
    """A topic of a name never used before, made through kafka-python's admin client, ready for writers."""
    from kafka.admin import KafkaAdminClient, NewTopic

    name = f"interop-{os.getpid()}-{next(_numbers)}"
    overrides = {key.replace("_", "."): str(value) for key, value in configs.items()}
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        topic = NewTopic(
            name, num_partitions=partitions, replication_factor=replication_factor, topic_configs=overrides
        )
        admin.create_topics([topic], wait_for_metadata=True)
    finally:
        admin.close()
    return name
