"""What each broker key that is not a topic's default does when it changes at run time; and keys of listeners, users,
clients and addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Final

import trio
import trio.testing

from tests.broker import (
    test_cleaner_at_run_time,
    test_listeners_at_run_time,
    test_log_dirs,
    test_quotas,
    test_restarts_with_dynamic_keys,
    test_security_at_run_time,
)
from tests.broker.dynamic_keys import Acts, Elsewhere, Place, Refused, Row, See, Tuning, now_ms
from tests.broker.test_data_path import result
from zkbroker.config.dynamic import NEED_LISTENER_PREFIX
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse
from zkbroker.protocol.generated.metadata_request import MetadataRequest
from zkbroker.protocol.generated.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from zkbroker.protocol.records import Record, build_batch
from zkbroker.quotas.replication import ReplicationQuota

_numbers = count(1_000)


async def one_more_comes_in(place: Place, topic: str) -> bool:
    """Whether another connection is served; where it is not, it is closed or waits in the kernel's queue."""
    wire = await place.cluster.wire()
    try:
        await wire.send(MetadataRequest(topics=[]), 9)
        await trio.testing.wait_all_tasks_blocked(0.01)
        with trio.move_on_after(0.2):
            await wire.receive()
            return True
    except (EOFError, trio.BrokenResourceError):
        pass
    finally:
        await trio.aclose_forcefully(wire.stream)
    return False


async def the_acceptor_has_to_pause(place: Place, topic: str) -> bool:
    """What it is told about three connections at once."""
    guard = place.cluster.broker.guard
    assert guard is not None
    now = trio.current_time()
    return max(guard.admission.pause_s("PLAINTEXT", now) for _ in range(3)) > 0


async def a_producer_is_forgotten(place: Place, topic: str) -> bool:
    """A batch sent twice is stored twice when its producer was forgotten in between."""
    batch = build_batch(
        [Record(0, now_ms() - 5_000, None, b"x")],
        producer_id=next(_numbers),
        producer_epoch=0,
        base_sequence=0,
    )
    log = place.log(topic)
    assert await place.append(topic, batch) is ErrorCode.NONE
    end = log.log_end_offset
    await place.services.logs.periodic.expire_producers()
    assert await place.append(topic, batch) is ErrorCode.NONE
    return log.log_end_offset > end


async def a_partition_outside_the_transaction(place: Place, topic: str) -> ErrorCode:
    """What a producer hears that never added the partition to its transaction."""
    name = f"payments-{next(_numbers)}"
    with trio.fail_after(20):
        while True:
            # Makes the coordinator's topic where there is none yet.
            where = FindCoordinatorRequest(key_type=1, coordinator_keys=[name])
            await place.wire.ask(where, 4)
            begin = InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=60_000)
            known = await place.wire.ask(begin, 4)
            assert isinstance(known, InitProducerIdResponse)
            if not known.error_code:
                break
    batch = build_batch(
        [Record(0, now_ms(), None, b"x")],
        producer_id=known.producer_id,
        producer_epoch=known.producer_epoch,
        base_sequence=0,
        is_transactional=True,
    )
    data = PartitionProduceData(index=0, records=bytes(batch))
    request = ProduceRequest(
        transactional_id=name,
        acks=-1,
        timeout_ms=10_000,
        topic_data=[TopicProduceData(name=topic, partition_data=[data])],
    )
    return ErrorCode(result(await place.wire.ask(request, 9)).error_code)


def has_to_wait(side: str) -> See:
    """What a fetch between replicas is told after a megabyte."""

    async def see(place: Place, topic: str) -> bool:
        quota: ReplicationQuota = getattr(place.services.replication_quotas, side)
        now = place.services.now_ms()
        quota.charge(1_000_000, now)
        return quota.rest_ms(now) > 0

    return see


LISTENER_LIMITS: Final[Mapping[str, Acts]] = {
    "max.connections": Acts("1", "1000", True, False, one_more_comes_in),
    "max.connection.creation.rate": Acts("1", "100000", False, True, the_acceptor_has_to_pause),
}

TLS: Final = Elsewhere((test_security_at_run_time.test_stores_of_a_listener,))
TLS_TEXTS: Final = Elsewhere((test_security_at_run_time.test_stores_in_the_configuration_itself,))
TLS_SETTINGS: Final = Elsewhere((test_security_at_run_time.test_tls_settings_of_every_listener,))
SASL: Final = Elsewhere((test_security_at_run_time.test_sasl,))
LISTENERS: Final = Elsewhere((test_listeners_at_run_time.test_a_listener_comes_moves_and_goes,))
CLEANER: Final = test_cleaner_at_run_time

LISTENER_ROWS: Final[Mapping[str, Row]] = {
    **LISTENER_LIMITS,
    "num.network.threads": Tuning("4"),
    **{f"ssl.keystore.{part}": TLS for part in ("type", "location", "password")},
    **{f"ssl.truststore.{part}": TLS for part in ("type", "location", "password")},
    **{f"ssl.{part}": TLS_TEXTS for part in ("keystore.key", "keystore.certificate.chain", "key.password")},
    "ssl.truststore.certificates": TLS_TEXTS,
}
"""With the prefix listener.name.LISTENER, on a listener that is open."""

BROKER_ROWS: Final[Mapping[str, Row]] = {
    # Listeners and connections
    "listeners": LISTENERS,
    "advertised.listeners": LISTENERS,
    "listener.security.protocol.map": Elsewhere(
        (test_listeners_at_run_time.test_a_listener_of_a_name_that_is_new_too,)
    ),
    **LISTENER_LIMITS,
    "max.connections.per.ip": Acts("1", "1000", True, False, one_more_comes_in),
    "max.connections.per.ip.overrides": Acts("127.0.0.1:1", "10.0.0.1:1", True, False, one_more_comes_in),
    # Log and replication
    "producer.id.expiration.ms": Acts("1000", "86400000", False, True, a_producer_is_forgotten),
    "transaction.partition.verification.enable": Acts(
        "false", "true", ErrorCode.INVALID_TXN_STATE, ErrorCode.NONE, a_partition_outside_the_transaction
    ),
    "num.recovery.threads.per.data.dir": Elsewhere(
        (test_restarts_with_dynamic_keys.test_threads_that_open_logs,)
    ),
    "log.cleaner.threads": Elsewhere((CLEANER.test_threads_and_their_limit,)),
    "log.cleaner.io.max.bytes.per.second": Elsewhere((CLEANER.test_threads_and_their_limit,)),
    "log.cleaner.backoff.ms": Elsewhere((CLEANER.test_backoff,)),
    "log.cleaner.dedupe.buffer.size": Elsewhere((CLEANER.test_memory,)),
    **{
        f"{side}.replication.throttled.rate": Acts(
            "1",
            "1000000000000",
            False,
            True,
            has_to_wait(side),
            further=(test_quotas.test_a_replica_that_catches_up_keeps_to_the_throttle,),
        )
        for side in ("leader", "follower")
    },
    "replica.alter.log.dirs.io.max.bytes.per.second": Elsewhere(
        (test_log_dirs.test_moves_keep_to_their_quota_which_changes_at_run_time,)
    ),
    # TLS; key stores and trust stores change with a listener's prefix only
    **{key: row for key, row in LISTENER_ROWS.items() if key in NEED_LISTENER_PREFIX},
    "ssl.client.auth": TLS_SETTINGS,
    "ssl.enabled.protocols": TLS_SETTINGS,
    "ssl.cipher.suites": TLS_SETTINGS,
    "ssl.endpoint.identification.algorithm": TLS_SETTINGS,
    "ssl.protocol": Tuning("TLSv1.2"),
    "ssl.keymanager.algorithm": Tuning("PKIX"),
    "ssl.trustmanager.algorithm": Tuning("SunX509"),
    "ssl.secure.random.implementation": Tuning("SHA1PRNG"),
    "ssl.provider": Refused("BC"),
    "ssl.engine.factory.class": Refused("com.example.Engine"),
    "principal.builder.class": Refused("com.example.Principals"),
    # SASL
    "sasl.enabled.mechanisms": SASL,
    "sasl.jaas.config": SASL,
    "sasl.mechanism.inter.broker.protocol": SASL,
    "sasl.kerberos.service.name": Tuning("kafka"),
    "sasl.kerberos.kinit.cmd": Tuning("/bin/kinit"),
    "sasl.kerberos.ticket.renew.window.factor": Tuning("0.7"),
    "sasl.kerberos.ticket.renew.jitter": Tuning("0.1"),
    "sasl.kerberos.min.time.before.relogin": Tuning("1000"),
    "sasl.kerberos.principal.to.local.rules": Tuning("RULE:[1:$1]"),
    "sasl.login.refresh.buffer.seconds": Tuning("200"),
    "sasl.login.refresh.min.period.seconds": Tuning("50"),
    "sasl.login.refresh.window.factor": Tuning("0.7"),
    "sasl.login.refresh.window.jitter": Tuning("0.1"),
    # What Kafka's threads, buffers, metrics and tiers need
    "background.threads": Tuning("12"),
    "num.io.threads": Tuning("9"),
    "num.network.threads": Tuning("4"),
    "num.replica.fetchers": Tuning("2"),
    "log.cleaner.io.buffer.size": Tuning("1000000"),
    "log.cleaner.io.buffer.load.factor": Tuning("0.8"),
    "metric.reporters": Tuning("com.example.Reporter"),
    "log.local.retention.bytes": Tuning("1000000"),
    "log.local.retention.ms": Tuning("1000000"),
    "remote.fetch.max.wait.ms": Tuning("100"),
    "remote.log.index.file.cache.total.size.bytes": Tuning("1000000"),
    "remote.log.manager.copy.max.bytes.per.second": Tuning("1000000"),
    "remote.log.manager.fetch.max.bytes.per.second": Tuning("1000000"),
}

USER_RATES: Final[Mapping[str, Row]] = {
    "producer_byte_rate": Elsewhere(
        (
            test_quotas.test_a_producer_over_its_quota_is_told_and_rests,
            test_quotas.test_a_producer_that_waits_for_replicas_rests_while_it_waits,
        )
    ),
    "consumer_byte_rate": Elsewhere(
        (test_quotas.test_a_consumer_far_over_its_quota_gets_nothing_and_then_the_same,)
    ),
    "request_percentage": Elsewhere((test_quotas.test_the_time_of_the_broker_is_limited,)),
    "controller_mutation_rate": Elsewhere((test_quotas.test_creating_and_deleting_is_limited,)),
}
ENTITY_ROWS: Final[Mapping[tuple[str, str], Row]] = {
    **{("users", key): row for key, row in USER_RATES.items()},
    **{("clients", key): row for key, row in USER_RATES.items()},
    ("users", "SCRAM-SHA-256"): SASL,
    ("users", "SCRAM-SHA-512"): SASL,
    ("ips", "connection_creation_rate"): Elsewhere(
        (test_quotas.test_an_address_that_connects_too_often_is_kept_waiting,)
    ),
}
