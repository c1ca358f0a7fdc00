"""DescribeConfigs, AlterConfigs and IncrementalAlterConfigs on a broker; what they change takes effect at once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator

import attrs
import pytest

from tests.broker.in_process import InProcess, Wire
from zkbroker.apis.configs import Change, ResourceType
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated import alter_configs_request as legacy
from zkbroker.protocol.generated import incremental_alter_configs_request as incremental
from zkbroker.protocol.generated.alter_configs_response import AlterConfigsResponse
from zkbroker.protocol.generated.describe_configs_request import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from zkbroker.protocol.generated.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse

TOPIC, BROKER, LOGGER = ResourceType.TOPIC, ResourceType.BROKER, ResourceType.BROKER_LOGGER
SET, DELETE, APPEND, SUBTRACT = Change.SET, Change.DELETE, Change.APPEND, Change.SUBTRACT

Start = Callable[..., Awaitable[InProcess]]
Op = tuple[str, int, str | None]


@attrs.define
class Administrator:
    """Asks one broker, and waits until it has seen what it wrote."""

    cluster: InProcess
    wire: Wire

    async def describe(
        self, kind: int, name: str, *keys: str, version: int = 4, documentation: bool = False
    ) -> DescribeConfigsResult:
        resource = DescribeConfigsResource(
            resource_type=kind, resource_name=name, configuration_keys=list(keys) or None
        )
        request = DescribeConfigsRequest(
            resources=[resource],
            include_synonyms=version >= 1,
            include_documentation=documentation,
        )
        answer = await self.wire.ask(request, version)
        assert isinstance(answer, DescribeConfigsResponse)
        (result,) = answer.results
        return result

    async def entry(self, kind: int, name: str, key: str) -> DescribeConfigsResourceResult:
        result = await self.describe(kind, name, key)
        assert result.error_code == ErrorCode.NONE, result.error_message
        (entry,) = result.configs
        return entry

    async def alter(self, kind: int, name: str, *ops: Op, validate_only: bool = False) -> ErrorCode:
        resource = incremental.AlterConfigsResource(
            resource_type=kind,
            resource_name=name,
            configs=[
                incremental.AlterableConfig(name=key, config_operation=change, value=value)
                for key, change, value in ops
            ],
        )
        request = incremental.IncrementalAlterConfigsRequest(
            resources=[resource], validate_only=validate_only
        )
        seen = self.seen()
        answer = await self.wire.ask(request, 1)
        assert isinstance(answer, IncrementalAlterConfigsResponse)
        code = ErrorCode(answer.responses[0].error_code)
        if code is ErrorCode.NONE and not validate_only and kind != LOGGER:
            await self.cluster.wait_until(lambda: self.seen() > seen)
        return code

    async def replace(self, kind: int, name: str, **texts: str) -> ErrorCode:
        configs = [
            legacy.AlterableConfig(name=key.replace("_", "."), value=value) for key, value in texts.items()
        ]
        resource = legacy.AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)
        seen = self.seen()
        answer = await self.wire.ask(legacy.AlterConfigsRequest(resources=[resource]), 2)
        assert isinstance(answer, AlterConfigsResponse)
        code = ErrorCode(answer.responses[0].error_code)
        if code is ErrorCode.NONE:
            await self.cluster.wait_until(lambda: self.seen() > seen)
        return code

    def seen(self) -> int:
        services = self.cluster.brokers[1].services
        assert services is not None
        return services.config.statistics().changes_seen


async def administrator(in_process: Start, **overrides: str) -> Administrator:
    cluster = await in_process(**overrides)
    await cluster.create_topic("t", retention_ms="5000")
    return Administrator(cluster, await cluster.wire())


def synonyms(entry: DescribeConfigsResourceResult) -> list[tuple[str, str | None, int]]:
    return [(s.name, s.value, s.source) for s in entry.synonyms]


async def test_a_topics_keys_with_every_place_they_are_set_in(in_process: Start) -> None:
    admin = await administrator(in_process, log_retention_hours="2", log_cleanup_policy="compact")
    result = await admin.describe(TOPIC, "t")
    assert len(result.configs) == 36
    assert result.error_message is None
    retention = await admin.entry(TOPIC, "t", "retention.ms")
    assert (retention.value, retention.config_source, retention.config_type) == ("5000", 1, 5)
    assert synonyms(retention) == [("retention.ms", "5000", 1)]
    policy = await admin.entry(TOPIC, "t", "cleanup.policy")
    assert (policy.value, policy.config_source, policy.read_only) == ("compact", 4, False)
    assert synonyms(policy) == [("log.cleanup.policy", "compact", 4), ("log.cleanup.policy", "delete", 5)]
    assert await admin.alter(BROKER, "", ("log.retention.ms", SET, "7000")) is ErrorCode.NONE
    assert await admin.alter(BROKER, "1", ("log.retention.ms", SET, "6000")) is ErrorCode.NONE
    assert synonyms(await admin.entry(TOPIC, "t", "retention.ms")) == [
        ("retention.ms", "5000", 1),
        ("log.retention.ms", "6000", 2),
        ("log.retention.ms", "7000", 3),
        ("log.retention.hours", "2", 4),
        ("log.retention.hours", "168", 5),
    ]


async def test_a_brokers_keys(in_process: Start) -> None:
    admin = await administrator(
        in_process, super_users="User:a", sasl_jaas_config="x", my_own_key="1", node_id="1"
    )
    result = await admin.describe(BROKER, "1", documentation=True)
    entries = {entry.name: entry for entry in result.configs}
    assert entries["broker.id"].read_only and not entries["log.retention.ms"].read_only
    assert entries["num.partitions"].documentation
    assert (entries["log.retention.ms"].value, entries["log.retention.hours"].value) == (None, "168")
    # Secret, and of unknown type: shown without their values.
    assert (entries["sasl.jaas.config"].value, entries["sasl.jaas.config"].is_sensitive) == (None, True)
    for name in ("my.own.key", "super.users"):
        entry = entries[name]
        assert (entry.value, entry.is_sensitive, entry.config_type, entry.config_source) == (None, True, 0, 4)
    assert "leader.replication.throttled.rate" not in entries  # only where it is set
    assert not (await admin.describe(BROKER, "")).configs


async def test_version_0_says_what_is_a_default(in_process: Start) -> None:
    admin = await administrator(in_process)
    result = await admin.describe(TOPIC, "t", version=0)
    assert {entry.name for entry in result.configs if not entry.is_default} == {"retention.ms"}


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        (TOPIC, "missing", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (TOPIC, "no good", ErrorCode.INVALID_TOPIC_EXCEPTION),
        (BROKER, "2", ErrorCode.INVALID_REQUEST),
        (BROKER, "x", ErrorCode.INVALID_REQUEST),
        (LOGGER, "", ErrorCode.INVALID_REQUEST),
        (3, "1", ErrorCode.INVALID_REQUEST),
    ],
)
async def test_what_cannot_be_described(in_process: Start, kind: int, name: str, code: ErrorCode) -> None:
    admin = await administrator(in_process)
    result = await admin.describe(kind, name)
    assert (result.error_code, len(result.configs)) == (code, 0)


async def test_single_keys_are_set_unset_and_added_to(in_process: Start) -> None:
    admin = await administrator(in_process)
    assert await admin.alter(TOPIC, "t", ("cleanup.policy", APPEND, "compact")) is ErrorCode.NONE
    assert (await admin.entry(TOPIC, "t", "cleanup.policy")).value == "delete,compact"
    assert await admin.alter(TOPIC, "t", ("cleanup.policy", SUBTRACT, "delete")) is ErrorCode.NONE
    assert (await admin.entry(TOPIC, "t", "cleanup.policy")).value == "compact"
    assert (await admin.entry(TOPIC, "t", "retention.ms")).value == "5000"
    assert await admin.alter(TOPIC, "t", ("retention.ms", DELETE, None)) is ErrorCode.NONE
    assert (await admin.entry(TOPIC, "t", "retention.ms")).value == "604800000"
    assert await admin.replace(TOPIC, "t", segment_bytes="3000") is ErrorCode.NONE
    changed = {e.name: e.value for e in (await admin.describe(TOPIC, "t")).configs if e.config_source == 1}
    assert changed == {"segment.bytes": "3000"}


@pytest.mark.parametrize(
    ("kind", "name", "ops", "code"),
    [
        (TOPIC, "t", [("retention.ms", SET, "soon")], ErrorCode.INVALID_CONFIG),
        (TOPIC, "t", [("no.such.key", SET, "1")], ErrorCode.INVALID_CONFIG),
        (TOPIC, "t", [("retention.ms", APPEND, "1")], ErrorCode.INVALID_CONFIG),
        (TOPIC, "t", [("retention.ms", SET, None)], ErrorCode.INVALID_REQUEST),
        (TOPIC, "t", [("retention.ms", 9, "1")], ErrorCode.INVALID_REQUEST),
        (
            TOPIC,
            "t",
            [("retention.ms", SET, "1"), ("retention.ms", DELETE, None)],
            ErrorCode.INVALID_REQUEST,
        ),
        (TOPIC, "", [("retention.ms", SET, "1")], ErrorCode.INVALID_REQUEST),
        (TOPIC, "missing", [("retention.ms", SET, "1")], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (BROKER, "2", [("log.retention.ms", SET, "1")], ErrorCode.INVALID_REQUEST),
        (BROKER, "1", [("broker.id", SET, "3")], ErrorCode.INVALID_REQUEST),
        (BROKER, "1", [("log.retention.ms", SET, "soon")], ErrorCode.INVALID_REQUEST),
        (BROKER, "1", [("ssl.keystore.password", SET, "x")], ErrorCode.INVALID_REQUEST),
        (BROKER, "", [("listeners", SET, "PLAINTEXT://:1")], ErrorCode.INVALID_REQUEST),
        (BROKER, "1", [("num.io.threads", SET, "800")], ErrorCode.INVALID_REQUEST),
        # There is no password.encoder.secret.
        (BROKER, "1", [("listener.name.l.ssl.keystore.password", SET, "x")], ErrorCode.INVALID_REQUEST),
        (LOGGER, "1", [("root", SET, "LOUD")], ErrorCode.INVALID_CONFIG),
        (LOGGER, "1", [("no.such.logger", SET, "INFO")], ErrorCode.INVALID_CONFIG),
        (LOGGER, "1", [("root", DELETE, None)], ErrorCode.INVALID_REQUEST),
        (16, "m", [("a", SET, "b")], ErrorCode.INVALID_REQUEST),
    ],
)
async def test_what_cannot_be_altered(
    in_process: Start, kind: int, name: str, ops: list[Op], code: ErrorCode
) -> None:
    admin = await administrator(in_process)
    assert await admin.alter(kind, name, *ops) is code


async def test_a_resource_is_named_once(in_process: Start) -> None:
    admin = await administrator(in_process)
    twice = [incremental.AlterConfigsResource(resource_type=TOPIC, resource_name="t")] * 2
    answer = await admin.wire.ask(incremental.IncrementalAlterConfigsRequest(resources=twice), 1)
    assert isinstance(answer, IncrementalAlterConfigsResponse)
    assert [r.error_code for r in answer.responses] == [ErrorCode.INVALID_REQUEST] * 2


async def test_only_validating_changes_nothing(in_process: Start) -> None:
    admin = await administrator(in_process)
    assert await admin.alter(TOPIC, "t", ("retention.ms", SET, "1"), validate_only=True) is ErrorCode.NONE
    assert (
        await admin.alter(BROKER, "1", ("log.retention.ms", SET, "1"), validate_only=True) is ErrorCode.NONE
    )
    assert (await admin.entry(TOPIC, "t", "retention.ms")).value == "5000"
    assert (await admin.entry(BROKER, "1", "log.retention.ms")).value is None


async def test_open_logs_follow_topic_broker_and_cluster(in_process: Start) -> None:
    admin = await administrator(in_process)
    log = admin.cluster.partition("t").log
    assert await admin.alter(TOPIC, "t", ("segment.bytes", SET, "4000")) is ErrorCode.NONE
    assert log.config.segment_bytes == 4000
    assert await admin.alter(TOPIC, "t", ("segment.bytes", DELETE, None)) is ErrorCode.NONE
    assert await admin.alter(BROKER, "", ("log.segment.bytes", SET, "5000")) is ErrorCode.NONE
    assert log.config.segment_bytes == 5000
    assert await admin.alter(BROKER, "1", ("log.segment.bytes", SET, "6000")) is ErrorCode.NONE
    assert log.config.segment_bytes == 6000
    assert await admin.alter(BROKER, "1", ("log.segment.bytes", DELETE, None)) is ErrorCode.NONE
    assert log.config.segment_bytes == 5000


async def test_every_broker_hears_of_a_topics_change(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    admin = Administrator(cluster, await cluster.wire(1))
    assert await admin.alter(TOPIC, "t", ("min.insync.replicas", SET, "2")) is ErrorCode.NONE
    await cluster.wait_until(
        lambda: all(cluster.partition("t", 0, b).log.config.min_insync_replicas == 2 for b in (1, 2))
    )


async def test_passwords_are_stored_as_kafka_stores_them(in_process: Start) -> None:
    admin = await administrator(in_process, password_encoder_secret="sesame")
    key = "listener.name.other.ssl.keystore.password"
    assert await admin.alter(BROKER, "1", (key, SET, "hunter2")) is ErrorCode.NONE
    services = admin.cluster.brokers[1].services
    assert services is not None
    stored = await services.zk.current.get("/config/brokers/1") if services.zk.current else None
    assert stored is not None and b"encryptedPassword:" in stored.data and b"hunter2" not in stored.data
    entry = await admin.entry(BROKER, "1", key)
    assert (entry.value, entry.is_sensitive, entry.config_source) == (None, True, 2)
    assert [value for _, value, _ in synonyms(entry)] == [None]
    assert services.config.texts_of_this_broker == {key: "hunter2"}
    # Another change leaves the stored text as it is: a new one would look like a new password.
    assert await admin.alter(BROKER, "1", ("log.retention.ms", SET, "9")) is ErrorCode.NONE
    assert services.zk.current is not None
    again = await services.zk.current.get("/config/brokers/1")
    assert stored.data[stored.data.index(b"encryptedPassword:") :][:40] in again.data


async def test_what_no_table_knows_is_kept_for_whoever_put_it_there(in_process: Start) -> None:
    admin = await administrator(in_process)
    assert await admin.alter(BROKER, "", ("their.plugin.key", SET, "1")) is ErrorCode.NONE
    assert await admin.alter(BROKER, "", ("log.retention.ms", SET, "9")) is ErrorCode.NONE
    names = {entry.name for entry in (await admin.describe(BROKER, "")).configs}
    assert names == {"their.plugin.key", "log.retention.ms"}


@pytest.fixture
def a_logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("zkbroker.test_configs")
    yield logger
    logger.setLevel(logging.NOTSET)


async def test_log_levels(in_process: Start, a_logger: logging.Logger) -> None:
    admin = await administrator(in_process)
    assert await admin.alter(LOGGER, "1", (a_logger.name, SET, "ERROR")) is ErrorCode.NONE
    assert a_logger.level == logging.ERROR
    entry = await admin.entry(LOGGER, "1", a_logger.name)
    assert (entry.value, entry.config_source, entry.is_sensitive) == ("ERROR", 6, False)
    assert await admin.alter(LOGGER, "1", (a_logger.name, DELETE, None)) is ErrorCode.NONE
    assert a_logger.level == logging.NOTSET


async def test_a_change_survives_the_broker(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t")
    admin = Administrator(cluster, await cluster.wire(1))
    assert await admin.alter(BROKER, "1", ("message.max.bytes", SET, "4321")) is ErrorCode.NONE
    await cluster.stop_broker(1)
    broker = await cluster.start_broker(1, {})
    assert broker.services is not None
    assert broker.services.config.broker.message_max_bytes == 4321
