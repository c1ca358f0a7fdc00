"""Rules through the brokers of any cluster that serves DescribeAcls, CreateAcls and DeleteAcls."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeGuard
from urllib.parse import unquote, urlsplit

from kafka import errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
)
from kafka.admin import ResourceType as KafkaResourceType
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.net.selector import NetworkSelector

from acl.model import (
    ANY_BINDING,
    OPERATIONS,
    Binding,
    BindingFilter,
    Entry,
    EntryFilter,
    Operation,
    Pattern,
    PatternType,
    Permission,
    ResourceType,
)
from acl.sets import AclSet
from acl.stores.store import Change, StoreError, require_known
from acl.stores.tls import BadStore, tls_context
from acl.text import binding_text

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Rules a request: a broker writes each pattern's node by itself, within the request's timeout."""

DEFAULT_TIMEOUT_MS: Final = 30_000
PATIENCE_MS: Final = 10_000
"""How long brokers that do not answer are waited for; default.api.timeout.ms says otherwise."""


class BrokerStore:
    """The rules behind brokers."""

    def __init__(self, bootstrap: str, properties: Mapping[str, str] | None = None) -> None:
        """Connects. `properties`: a Java client's configuration (security.protocol, sasl.jaas.config ...).

        Raises: StoreError.
        """
        servers = [server.strip() for server in bootstrap.split(",") if server.strip()]
        self.place = f"the brokers at {','.join(servers)}"
        self.problems: tuple[str, ...] = ()
        options = client_options(properties or {})
        made: list[tuple[KafkaNetClient, _Connections]] = []

        def transport(**settings: Any) -> KafkaNetClient:
            net = NetworkSelector(**settings)
            connections = _Connections(net, **settings)
            made.append((KafkaNetClient(net=net, manager=connections, **settings), connections))
            return made[-1][0]

        try:
            self._client = _AdminClient(bootstrap_servers=servers, kafka_client=transport, **options)
        except (errors.KafkaError, OSError, ValueError, AssertionError) as error:
            cause: BaseException = error
            for (
                client,
                connections,
            ) in made:  # the admin client leaves its thread running when it cannot begin
                client.close()
                cause = connections.failure or error
            reason = _reason(cause, options["security_protocol"])
            raise StoreError(f"No broker of {','.join(servers)} could be reached: {reason}") from None

    def close(self) -> None:
        self._client.close()

    # ------------------------------------------------------------------ reading

    def read(self) -> AclSet:
        return AclSet(self.matching(ANY_BINDING))

    def matching(self, chosen: BindingFilter) -> list[Binding]:
        """The rules that pass the filter, as the broker sees it."""
        self.problems = ()
        try:
            return self._describe(chosen)
        except _StrangeWord:
            # kafka-python gives up on a word of a later Kafka: ask for each operation that is known.
            self.problems = ("Rules with operations that this version does not know are left out.",)
            found = [
                self._describe(BindingFilter(chosen.pattern, _with_operation(chosen.entry, operation)))
                for operation in OPERATIONS
                if chosen.entry.operation in (Operation.ANY, operation)
            ]
            return [rule for rules in found for rule in rules]

    def _describe(self, chosen: BindingFilter) -> list[Binding]:
        try:
            found, _ = self._ask(lambda: self._client.describe_acls(_filter(chosen)))
        except ValueError as error:
            raise _StrangeWord(str(error)) from None
        return [_binding(acl) for acl in found]

    def cluster_id(self) -> str:
        description = self._ask(self._client.describe_cluster)
        return str(description.get("cluster_id") or "")

    def existing(self) -> Mapping[ResourceType, frozenset[str]]:
        """Topics and groups."""
        topics = frozenset(self._ask(self._client.list_topics))
        groups = frozenset(str(group["group_id"]) for group in self._ask(self._client.list_groups))
        return {ResourceType.TOPIC: topics, ResourceType.GROUP: groups}

    # ------------------------------------------------------------------ writing

    def change(self, add: Iterable[Binding] = (), remove: Iterable[Binding] = ()) -> Change:
        live = self.read()
        unwanted = sorted(rule for rule in frozenset(remove) if rule in live)
        wanted = sorted(rule for rule in frozenset(add) if rule not in live)
        require_known(wanted)
        for batch in _batches(wanted):
            self._create(batch)
        removed: list[Binding] = []
        for batch in _batches(unwanted):
            removed += self.delete([BindingFilter.exactly(rule) for rule in batch])
        return Change(tuple(wanted), tuple(sorted(set(removed))))

    def _create(self, batch: Sequence[Binding]) -> None:
        answer = self._ask(lambda: self._client.create_acls([_acl(rule) for rule in batch]))
        if answer["failed"]:
            made = [_binding(acl) for acl in answer["succeeded"]]
            refused = next(rule for rule in batch if rule not in made)
            reason = self._client.reason_of_refusal or _sentence(answer["failed"][0]())
            raise StoreError(
                f"The broker refused {binding_text(refused)}: {reason.rstrip('.')}. "
                f"{len(made)} of {len(batch)} rules of the request were added."
            )

    def delete(self, filters: Sequence[BindingFilter]) -> list[Binding]:
        """Remove what passes any of the filters, as one request; the rules that are gone."""
        answer = self._ask(lambda: self._client.delete_acls([_filter(chosen) for chosen in filters]))
        gone: list[Binding] = []
        for _, matching, error in answer:
            if error is not errors.NoError:
                raise StoreError(f"The broker refused a removal: {_sentence(error())}")
            gone += [_binding(acl) for acl in matching]
        return gone

    # ------------------------------------------------------------------ watching

    def watch(self, interval_s: float) -> Iterator[Change]:
        return self._changes(interval_s, self.read())

    def _changes(self, interval_s: float, live: AclSet) -> Iterator[Change]:
        while True:
            time.sleep(interval_s)
            now = self.read()
            yield Change.between(live, now)
            live = now

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except errors.SecurityDisabledError:
            raise StoreError(
                f"{self.place[0].upper()}{self.place[1:]} have no authorizer (authorizer.class.name), so that they "
                "keep no rules."
            ) from None
        except errors.ClusterAuthorizationFailedError:
            raise StoreError(
                f"{self.place[0].upper()}{self.place[1:]} do not permit this: reading rules takes Describe, "
                "changing them Alter on the cluster."
            ) from None
        except errors.KafkaError as error:
            raise StoreError(f"{self.place[0].upper()}{self.place[1:]} failed: {_sentence(error)}") from None


class _AdminClient(KafkaAdminClient):  # type: ignore[misc]
    """Keeps what the broker says of a refusal, where kafka-python knows only the error's code."""

    reason_of_refusal: str | None = None

    def _convert_create_acls_response_to_acls(self, acls: Any, response: Any) -> Any:
        reasons = (result.error_message for result in response.results if result.error_code)
        self.reason_of_refusal = next((reason for reason in reasons if reason), None)
        return super()._convert_create_acls_response_to_acls(acls, response)


class _Connections(KafkaConnectionManager):  # type: ignore[misc]
    """Keeps why a connection failed, where kafka-python only tries again until the time is over."""

    failure: BaseException | None = None

    def get_connection(self, node_id: Any, **options: Any) -> Any:
        """Raises: the failure, if trying again would change nothing."""
        if _is_final(self.failure):
            raise self.failure
        connection = super().get_connection(node_id, **options)
        connection.close_future.add_errback(self._failed)
        return connection

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, errors.KafkaTimeoutError) and not _is_final(self.failure):
            self.failure = error


def _is_final(error: BaseException | None) -> TypeGuard[BaseException]:
    is_refused = isinstance(
        error, errors.SaslAuthenticationFailedError | errors.UnsupportedSaslMechanismError
    )
    return is_refused or "CERTIFICATE_VERIFY_FAILED" in str(error)


class _StrangeWord(Exception):
    """An answer holds a code that kafka-python has no name for."""


def _sentence(error: BaseException) -> str:
    name = getattr(error, "message", None) or type(error).__name__
    detail = getattr(error, "description", None) or str(error)
    detail = detail.removeprefix(f"{name}: ")
    return f"{name}: {detail}".rstrip(".: ") + "."


def _reason(error: BaseException, protocol: str) -> str:
    """Why a connection failed, in a sentence."""
    text = str(error).rpartition("Error: ")[2]
    if isinstance(error, errors.SaslAuthenticationFailedError):
        return f"{text}."
    if text == "socket disconnected":
        return f"the connection was closed. Does the listener speak {protocol} (security.protocol)?"
    if "ECONNREFUSED" in text:
        return "nothing listens there."
    if isinstance(error, errors.KafkaConnectionError):
        text = re.sub(r" \(_ssl\.c:\d+\)", "", re.sub(r"\[SSL: \w+\] ", "", text))
        return f"{text[:1].lower()}{text[1:]}."
    return _sentence(error)


def _with_operation(entry: EntryFilter, operation: Operation) -> EntryFilter:
    return EntryFilter(entry.principal, entry.permission, operation, entry.host)


def _batches(rules: Sequence[Binding]) -> Iterator[Sequence[Binding]]:
    """Up to BATCH rules at a time, the rules of a pattern together where they fit."""
    start = 0
    while start < len(rules):
        end = min(start + BATCH, len(rules))
        if end < len(rules):
            at = end
            while at > start and rules[at - 1].pattern == rules[end].pattern:
                at -= 1
            end = at if at > start else end
        yield rules[start:end]
        start = end


# ---------------------------------------------------------------------------------------------- values


def _acl(rule: Binding) -> ACL:
    pattern, entry = rule.pattern, rule.entry
    return ACL(
        entry.principal,
        entry.host,
        ACLOperation(int(entry.operation)),
        ACLPermissionType(int(entry.permission)),
        ResourcePattern(
            KafkaResourceType(int(pattern.resource_type)),
            pattern.name,
            ACLResourcePatternType(int(pattern.pattern_type)),
        ),
    )


def _filter(chosen: BindingFilter) -> ACLFilter:
    pattern, entry = chosen.pattern, chosen.entry
    return ACLFilter(
        entry.principal,
        entry.host,
        ACLOperation(int(entry.operation)),
        ACLPermissionType(int(entry.permission)),
        ResourcePatternFilter(
            KafkaResourceType(int(pattern.resource_type)),
            pattern.name,
            ACLResourcePatternType(int(pattern.pattern_type)),
        ),
    )


def _binding(acl: ACL) -> Binding:
    pattern = acl.resource_pattern
    return Binding(
        Pattern(
            ResourceType(int(pattern.resource_type)),
            PatternType(int(pattern.pattern_type)),
            pattern.resource_name,
        ),
        Entry(acl.principal, Permission(int(acl.permission_type)), Operation(int(acl.operation)), acl.host),
    )


# ---------------------------------------------------------------------------------------------- configuration

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_JAAS: Final = re.compile(r'\b(username|password|tokenauth)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))')


def client_options(properties: Mapping[str, str]) -> dict[str, Any]:
    """kafka-python's options for a Java client's configuration. Unknown keys are passed over, with a log line.

    Raises: StoreError for what cannot be served, with what to do instead.
    """
    known = {key: value.strip() for key, value in properties.items()}
    timeout_ms = _number(known.pop("request.timeout.ms", str(DEFAULT_TIMEOUT_MS)), "request.timeout.ms")
    options: dict[str, Any] = {
        "client_id": known.pop("client.id", "acl"),
        "request_timeout_ms": timeout_ms,
        "bootstrap_timeout_ms": _number(
            known.pop("default.api.timeout.ms", str(min(timeout_ms, PATIENCE_MS))), "default.api.timeout.ms"
        ),
        "security_protocol": known.pop("security.protocol", "PLAINTEXT").upper(),
    }
    if options["security_protocol"] not in PROTOCOLS:  # kafka-python would take it for PLAINTEXT
        raise StoreError(
            f"Invalid value {options['security_protocol']} for configuration security.protocol: it must be one of "
            f"{', '.join(PROTOCOLS)}."
        )
    known.pop("bootstrap.servers", None)
    if options["security_protocol"] in ("SSL", "SASL_SSL"):
        try:
            options["ssl_context"] = tls_context(known)
        except BadStore as error:
            raise StoreError(str(error)) from None
    if options["security_protocol"].startswith("SASL_"):
        options |= _sasl_options(known)
    for key in known:
        if not key.startswith(("ssl.", "sasl.")):
            log.warning("The client's property %s has no meaning here", key)
    return options


def _sasl_options(known: Mapping[str, str]) -> dict[str, Any]:
    mechanism = known.get("sasl.mechanism", "GSSAPI")
    if mechanism == "OAUTHBEARER":
        token = _TokenFile(known.get("sasl.oauthbearer.token.endpoint.url", ""))
        return {"sasl_mechanism": mechanism, "sasl_oauth_token_provider": token}
    if mechanism not in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        raise StoreError(
            f"sasl.mechanism={mechanism} is not served: use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."
        )
    login = {
        key: re.sub(r"\\(.)", r"\1", quoted) or plain
        for key, quoted, plain in _JAAS.findall(known.get("sasl.jaas.config", ""))
    }
    if login.pop("tokenauth", "").lower() == "true":
        raise StoreError("A delegation token (tokenauth) is not served here: log in as its owner.")
    if login.keys() != {"username", "password"}:
        raise StoreError('sasl.jaas.config needs username="..." and password="...".')
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": login["username"],
        "sasl_plain_password": login["password"],
    }


class _TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """A bearer token in a file, read anew for each connection. Source: FileTokenRetriever.java."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "file" or not parts.path:
            raise StoreError(
                "sasl.mechanism=OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url=file:///PATH: the token is read "
                "from a file, not fetched."
            )
        self._path = Path(unquote(parts.path))
        self.token()  # what is wrong with the file is said now

    def token(self) -> str:
        """Raises: StoreError."""
        try:
            return self._path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"The token file {self._path} cannot be read: {error}.") from None


def _number(text: str, key: str) -> int:
    if not text.isdecimal():
        raise StoreError(f"{key}={text} is no number of milliseconds.")
    return int(text)
