"""Every API with the rights it needs, without each, and without any; nothing hidden shows in what is refused.

`--on kafka` asks the same of Apache Kafka 3.9.1: that proves the table of tests/interop/rights.py.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import attrs
import pytest
import trio

from acl.model import CLUSTER_PATTERN, Binding, Operation, ResourceType, allow, deny, literal, prefixed
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.interop.rights import (
    CASES,
    NOT_THERE,
    REFUSALS,
    THERE,
    Api,
    Case,
    Right,
    create_topics,
    find_coordinator,
    metadata,
    offset_commit,
)
from tests.support.peers import APACHE_KAFKA
from zkbroker.apis.table import API_TABLE
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import ApiKey, Message, RequestHeader, decode_response, encode_request
from zkbroker.testing.servers import ZKBROKER, new_broker

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
DENIALS = frozenset(REFUSALS.values())
PASSWORD = "p"


def principal(case: Case, which: str) -> str:
    """Whose rights are the case's: `all`, `none`, or all but one (`without0` …), or one in their place (`or0` …)."""
    return f"{case.name.replace('-', '_')}_{which}"


def who_may_what() -> Iterator[tuple[str, list[Right], str]]:
    """Principals, their rights, and the name these are about."""
    for case in CASES:
        yield principal(case, "none"), [], case.there
        yield principal(case, "all"), list(case.needs), case.there
        if len(case.needs) > 1:
            for number in range(len(case.needs)):
                others = [right for at, right in enumerate(case.needs) if at != number]
                yield principal(case, f"without{number}"), others, case.there
        for number, right in enumerate(case.alternatives):
            yield principal(case, f"or{number}"), [right], case.there


def more_rules() -> list[Binding]:
    """For what does not fit the table."""
    mine = literal(ResourceType.TOPIC, THERE)
    transaction = literal(ResourceType.TRANSACTIONAL_ID, THERE)
    group = literal(ResourceType.GROUP, THERE)
    return [
        allow("User:lists", Operation.DESCRIBE, mine),
        allow("User:lists", Operation.READ, mine),
        allow("User:lists", Operation.DESCRIBE, group),
        allow("User:lists", Operation.DESCRIBE, transaction),
        allow("User:overseer", Operation.DESCRIBE, CLUSTER_PATTERN),
        allow("User:maker", Operation.DESCRIBE, literal(ResourceType.TOPIC, "made")),
        allow("User:maker", Operation.CREATE, prefixed(ResourceType.TOPIC, "made")),
        allow("User:half_maker", Operation.DESCRIBE, literal(ResourceType.TOPIC, "unmade")),
        allow("User:blind_deleter", Operation.DELETE, literal(ResourceType.TOPIC, "orders-e")),
        deny("User:blind_deleter", Operation.DESCRIBE, literal(ResourceType.TOPIC, "orders-e")),
        allow("User:teller", Operation.DESCRIBE_TOKENS, literal(ResourceType.USER, "User:token_owner")),
    ]


MORE = (
    "lists",
    "nobody",
    "overseer",
    "maker",
    "half_maker",
    "blind_deleter",
    "token_owner",
    "teller",
    "renewer",
)


@attrs.define(eq=False)
class Conversation:
    """A connection that has logged in."""

    _stream: trio.SocketStream

    @classmethod
    async def open(cls, port: int, user: str) -> Conversation:
        ours = cls(await trio.open_tcp_stream("127.0.0.1", port))
        hello = await ours.ask(Api("sasl_handshake").SaslHandshakeRequest(mechanism="PLAIN"), 1)
        assert hello.error_code == 0, hello
        token = f"\0{user}\0{PASSWORD}".encode()
        answer = await ours.ask(Api("sasl_authenticate").SaslAuthenticateRequest(auth_bytes=token), 2)
        assert answer.error_code == 0, answer.error_message
        return ours

    async def ask(self, message: Message, version: int) -> Any:
        return decode_response(message.API_KEY, version, await self.ask_bytes(message, version))[1]

    async def ask_bytes(self, message: Message, version: int) -> memoryview:
        header = RequestHeader(ApiKey(message.API_KEY), version, 1, "test")
        await self._stream.send_all(b"".join(bytes(part) for part in encode_request(header, message)))
        (size,) = struct.unpack(">i", await self._exactly(4))
        return memoryview(await self._exactly(size))

    async def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            piece = await self._stream.receive_some(count - len(found))
            assert piece, "the broker closed the connection"
            found += piece
        return found

    async def aclose(self) -> None:
        await self._stream.aclose()


@attrs.define(eq=False)
class Guarded:
    """A broker whose every client says who it is."""

    port: int

    def ask(self, user: str, *asked: tuple[Message, int]) -> list[Any]:
        """The answers, on one connection."""

        async def main() -> list[Any]:
            with trio.fail_after(60):
                there = await Conversation.open(self.port, user)
                try:
                    return [await there.ask(message, version) for message, version in asked]
                finally:
                    await there.aclose()

        return trio.run(main)

    def ask_bytes(self, user: str, version: int, *messages: Message) -> list[bytes]:
        """The bare answers, on one connection."""

        async def main() -> list[bytes]:
            with trio.fail_after(60):
                there = await Conversation.open(self.port, user)
                try:
                    return [bytes(await there.ask_bytes(message, version)) for message in messages]
                finally:
                    await there.aclose()

        return trio.run(main)

    def until(self, user: str, message: Message, version: int, good: Callable[[Any], bool]) -> Any:
        """Ask again until the answer is good."""

        async def main() -> Any:
            with trio.fail_after(60):
                there = await Conversation.open(self.port, user)
                while not good(answer := await there.ask(message, version)):  # noqa: ASYNC110 (only asking tells)
                    await trio.sleep(0.05)
                await there.aclose()
                return answer

        return trio.run(main)


def codes(message: object) -> list[ErrorCode]:
    """Every error code in an answer."""
    found: list[ErrorCode] = []
    for name in getattr(type(message), "__slots__", ()):
        value = getattr(message, name)
        if name in ("error_code", "partition_error_code"):
            found.append(ErrorCode(value))
        elif isinstance(value, Message):
            found += codes(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                found += codes(item)
    return found


@pytest.fixture(scope="module")
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    from tests.interop.conftest import new_zookeeper_of

    directory = tmp_path_factory.mktemp("authorization")
    on_kafka = request.config.option.on == "kafka"
    zookeeper = new_zookeeper_of(directory, on_kafka=on_kafka)
    server = new_broker(directory, 1, f"{zookeeper.connect}/guarded", APACHE_KAFKA if on_kafka else ZKBROKER)
    names = [name for name, _, _ in who_may_what()] + [*MORE, "admin"]
    users = " ".join(f'user_{name}="{PASSWORD}"' for name in names)
    server.properties |= {
        "listeners": f"SASL://127.0.0.1:{server.port}",
        "listener.security.protocol.map": "SASL:SASL_PLAINTEXT",
        "inter.broker.listener.name": "SASL",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": (
            f'{PLAIN} required username="admin" password="{PASSWORD}" {users};'
        ),
        "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
        "super.users": "User:admin",
        "delegation.token.secret.key": "of the tokens",
        "auto.create.topics.enable": "true",
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.num.partitions": 1,
    }

    async def start() -> None:
        zookeeper.process.start()
        await zookeeper.process.wait_ready()
        await trio.to_thread.run_sync(add_rules, f"{zookeeper.connect}/guarded")
        server.start()
        await server.process.wait_ready()

    try:
        trio.run(start)
        found = Guarded(server.port)
        furnish(found)
        yield found
    finally:
        server.process.kill()
        zookeeper.process.kill()


def add_rules(connect: str) -> None:
    """Before the broker starts, so that none has to be waited for."""
    rules = more_rules()
    for name, rights, about in who_may_what():
        rules += [allow(f"User:{name}", right.operation, right.pattern(about)) for right in rights]
    with closing(ZooKeeperStore(ZooKeeperAccess(connect))) as store:
        store.change(add=rules)


def furnish(server: Guarded) -> None:
    """Topics, groups and a transactional id."""
    api = Api("create_topics")
    topics = [
        api.CreatableTopic(name=name, num_partitions=1, replication_factor=1)
        for name in (THERE, "orders-d", "orders-e")
    ]
    create = api.CreateTopicsRequest(topics=topics, timeout_ms=30_000)
    there = {ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS}
    server.until("admin", create, 7, lambda answer: set(codes(answer)) <= there)
    for topic in topics:
        known = metadata(topic.name)
        server.until("admin", known, 12, lambda answer: set(codes(answer)) == {ErrorCode.NONE})
    for kind in (0, 1):  # which creates the coordinators' topics
        found = find_coordinator(THERE, kind)
        server.until("admin", found, 4, lambda answer: set(codes(answer)) == {ErrorCode.NONE})
    for group in (THERE, "orders-g"):
        commit = offset_commit(group)
        if group != THERE:
            commit.topics[0].name = THERE  # type: ignore[attr-defined]
        server.until("admin", commit, 8, lambda answer: set(codes(answer)) == {ErrorCode.NONE})
    begin = Api("init_producer_id").InitProducerIdRequest(transactional_id=THERE, transaction_timeout_ms=9000)
    server.until("admin", begin, 4, lambda answer: answer.error_code == 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_api_asks_for_its_rights(case: Case, guarded: Guarded, request: pytest.FixtureRequest) -> None:
    if case.message(THERE).API_KEY not in API_TABLE and request.config.option.on != "kafka":
        return  # GAPS.md says so, and test_api_table.py that it does
    there, nowhere = case.message(case.there), case.message(_missing(case.there))
    nobody = principal(case, "none")
    refused, about_nothing = guarded.ask_bytes(nobody, case.version, there, nowhere)
    answer = decode_response(there.API_KEY, case.version, memoryview(refused))[1]
    assert case.denied in codes(answer), answer
    assert set(codes(answer)) <= {case.denied, ErrorCode.NONE}, answer
    renamed = about_nothing.replace(_missing(case.there).encode(), case.there.encode())
    # Kafka's own refusals tell the internals of a request, and when it came.
    tells_of_itself = request.config.option.on == "kafka" and b"Request(processor=" in refused
    assert renamed == refused or tells_of_itself, "what is hidden is told from what is not there"

    if len(case.needs) > 1:
        for number, lacking in enumerate(case.needs):
            (answer,) = guarded.ask(principal(case, f"without{number}"), (there, case.version))
            assert REFUSALS[lacking.kind] in codes(answer), (lacking, answer)
    allowed = ["all", *(f"or{number}" for number in range(len(case.alternatives)))]
    for which in allowed:
        (answer,) = guarded.ask(principal(case, which), (there, case.version))
        assert not DENIALS & set(codes(answer)), (which, answer)


def _missing(there: str) -> str:
    return there[:-1] + NOT_THERE[-1]


# --------------------------------------------------------------------------------- what does not fit the table


def test_listing_topics_leaves_out_what_is_hidden(guarded: Guarded) -> None:
    everything = Api("metadata").MetadataRequest(topics=None)
    for user, seen in (("lists", {THERE}), ("nobody", set())):
        (answer,) = guarded.ask(user, (everything, 12))
        assert {topic.name for topic in answer.topics} == seen
        assert set(codes(answer)) <= {ErrorCode.NONE}
    (answer,) = guarded.ask("admin", (everything, 12))
    assert {THERE, "orders-e"} <= {topic.name for topic in answer.topics}


def test_topics_by_id_have_no_name_for_who_may_not_see_them(guarded: Guarded) -> None:
    (known,) = guarded.ask("admin", (metadata(THERE), 12))
    topic_id = known.topics[0].topic_id
    api = Api("metadata")
    by_id = api.MetadataRequest(topics=[api.MetadataRequestTopic(topic_id=topic_id, name=None)])
    (answer,) = guarded.ask("nobody", (by_id, 12))
    assert codes(answer) == [ErrorCode.TOPIC_AUTHORIZATION_FAILED]
    assert answer.topics[0].name in (None, "")
    (answer,) = guarded.ask("lists", (by_id, 12))
    assert answer.topics[0].name == THERE


def test_creating_by_asking_needs_create(guarded: Guarded) -> None:
    (answer,) = guarded.ask("half_maker", (metadata("unmade", create=True), 12))
    assert codes(answer) == [ErrorCode.TOPIC_AUTHORIZATION_FAILED]
    made = guarded.until(
        "maker", metadata("made", create=True), 12, lambda it: codes(it)[0] == ErrorCode.NONE
    )
    assert made.topics[0].name == "made"
    (answer,) = guarded.ask("admin", (metadata("unmade"), 12))
    assert codes(answer) == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]


def test_the_configs_of_a_created_topic_are_for_who_may_see_them(guarded: Guarded) -> None:
    for user, code in (("maker", ErrorCode.TOPIC_AUTHORIZATION_FAILED), ("admin", ErrorCode.NONE)):
        (answer,) = guarded.ask(user, (create_topics("made-too"), 7))
        (topic,) = answer.topics
        assert (topic.error_code, topic.topic_config_error_code) == (0, code)
        assert bool(topic.configs) == (code == ErrorCode.NONE)
        assert topic.num_partitions == (-1 if code else 1)


def test_deleting_by_id_withholds_the_name(guarded: Guarded) -> None:
    (known,) = guarded.ask("admin", (metadata("orders-e"), 12))
    api = Api("delete_topics")
    by_id = api.DeleteTopicsRequest(
        topics=[api.DeleteTopicState(name=None, topic_id=known.topics[0].topic_id)], timeout_ms=9000
    )
    for user in ("nobody", "blind_deleter"):
        (answer,) = guarded.ask(user, (by_id, 6))
        assert (answer.responses[0].name, ErrorCode(answer.responses[0].error_code)) == (
            None,
            ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        ), user


def test_listing_groups(guarded: Guarded) -> None:
    groups = Api("list_groups").ListGroupsRequest()
    for user, seen in (("nobody", set()), ("lists", {THERE})):
        (answer,) = guarded.ask(user, (groups, 4))
        assert {group.group_id for group in answer.groups} == seen
        assert answer.error_code == 0
    (answer,) = guarded.ask("overseer", (groups, 4))
    assert THERE in {group.group_id for group in answer.groups}


def test_listing_transactions(guarded: Guarded) -> None:
    transactions = Api("list_transactions").ListTransactionsRequest()
    for user, seen in (("nobody", set()), ("overseer", set()), ("lists", {THERE})):
        (answer,) = guarded.ask(user, (transactions, 0))
        assert {it.transactional_id for it in answer.transaction_states} == seen, user


def test_who_asks_for_nothing_special_is_answered(guarded: Guarded) -> None:
    asked: Sequence[tuple[Message, int]] = (
        (Api("api_versions").ApiVersionsRequest(client_software_name="t", client_software_version="1"), 3),
        (Api("describe_cluster").DescribeClusterRequest(), 0),
    )
    for answer in guarded.ask("nobody", *asked):
        assert answer.error_code == 0


NONE_TOLD = -(2**31)


def test_which_operations_are_authorized(guarded: Guarded) -> None:
    """The bit fields of KIP-430: what one may do, and nothing where one may not look."""
    cluster = Api("describe_cluster").DescribeClusterRequest(include_cluster_authorized_operations=True)
    for user, bits in (("nobody", 0), ("overseer", 1 << Operation.DESCRIBE)):
        (answer,) = guarded.ask(user, (cluster, 0))
        told = answer.cluster_authorized_operations
        assert (0 if told == NONE_TOLD else told) == bits, user
    api = Api("metadata")
    topic = api.MetadataRequest(
        topics=[api.MetadataRequestTopic(name=THERE)], include_topic_authorized_operations=True
    )
    (answer,) = guarded.ask("lists", (topic, 12))
    assert answer.topics[0].topic_authorized_operations == 1 << Operation.DESCRIBE | 1 << Operation.READ
    (answer,) = guarded.ask("nobody", (topic, 12))
    assert answer.topics[0].topic_authorized_operations == NONE_TOLD
    groups = Api("describe_groups").DescribeGroupsRequest(groups=[THERE], include_authorized_operations=True)
    (answer,) = guarded.ask("lists", (groups, 5))
    assert answer.groups[0].authorized_operations == 1 << Operation.DESCRIBE
    (answer,) = guarded.ask("nobody", (groups, 5))
    assert answer.groups[0].authorized_operations == NONE_TOLD


def test_tokens_are_their_owners_and_renewers(guarded: Guarded) -> None:
    create = Api("create_delegation_token")
    renewer = create.CreatableRenewers(principal_type="User", principal_name="renewer")
    own = create.CreateDelegationTokenRequest(renewers=[renewer], max_lifetime_ms=-1)
    (token,) = guarded.ask("token_owner", (own, 3))
    assert token.error_code == 0, token
    everything = Api("describe_delegation_token").DescribeDelegationTokenRequest(owners=None)

    def seen(user: str) -> set[str]:
        (answer,) = guarded.ask(user, (everything, 3))
        assert answer.error_code == 0
        return {it.token_id for it in answer.tokens}

    for user in ("token_owner", "renewer", "teller"):
        guarded.until(user, everything, 3, lambda it: token.token_id in {one.token_id for one in it.tokens})
    assert seen("nobody") == set()

    def renew(hmac: bytes) -> Message:
        message: Message = Api("renew_delegation_token").RenewDelegationTokenRequest(
            hmac=hmac, renew_period_ms=-1
        )
        return message

    def expire(hmac: bytes) -> Message:
        message: Message = Api("expire_delegation_token").ExpireDelegationTokenRequest(
            hmac=hmac, expiry_time_period_ms=-1
        )
        return message

    for made in (renew, expire):
        (stranger,) = guarded.ask("nobody", (made(token.hmac), 2))
        (nothing,) = guarded.ask("nobody", (made(b"no such token"), 2))
        assert ErrorCode(stranger.error_code) == ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH
        assert ErrorCode(nothing.error_code) == ErrorCode.DELEGATION_TOKEN_NOT_FOUND
        (renewed,) = guarded.ask("renewer", (made(token.hmac), 2))
        assert renewed.error_code == 0
