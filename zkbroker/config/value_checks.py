"""Checks of single values that a range or a list of choices cannot say. [pure]

Each takes a parsed value and returns what is allowed instead, or None.
Kafka's own class names are understood where the class's work is done here.
"""

from __future__ import annotations

from typing import Final

from zkbroker.config.protocol_version import LATEST, LOWEST_BETWEEN_BROKERS, parse_protocol_version

NO_JAVA: Final = "Java classes cannot be loaded here"
ACL_AUTHORIZER: Final = "kafka.security.authorizer.AclAuthorizer"
RACK_AWARE_SELECTOR: Final = "org.apache.kafka.common.replica.RackAwareReplicaSelector"
PRINCIPAL_BUILDER: Final = "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"
OAUTH_VALIDATOR: Final = "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler"
OAUTH_VALIDATOR_OLD: Final = (
    "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerValidatorCallbackHandler"
)


def gzip_level_problem(level: int) -> str | None:
    return None if level == -1 or 1 <= level <= 9 else "a whole number from 1 to 9, or -1"


def version_problem(version: str) -> str | None:
    try:
        parse_protocol_version(version)
    except ValueError:
        return f"a version from 0.8.0 to {LATEST}"
    return None


def broker_version_problem(version: str) -> str | None:
    if version_problem(version) is None and parse_protocol_version(version) >= LOWEST_BETWEEN_BROKERS:
        return None
    return (
        f"a version from {LOWEST_BETWEEN_BROKERS} to {LATEST}: no older messages are spoken between brokers"
    )


def authorizer_problem(name: str) -> str | None:
    if name in ("", ACL_AUTHORIZER):
        return None
    hint = (
        f"{ACL_AUTHORIZER}, or nothing: {NO_JAVA}, and without its authorizer a broker would let everybody in"
    )
    return f"{hint} (StandardAuthorizer is KRaft's)" if name.endswith("StandardAuthorizer") else hint


def selector_problem(name: str) -> str | None:
    return None if name in ("", RACK_AWARE_SELECTOR) else f"{RACK_AWARE_SELECTOR}, or nothing: {NO_JAVA}"


def principal_builder_problem(name: str) -> str | None:
    if name == PRINCIPAL_BUILDER:
        return None
    return f"{PRINCIPAL_BUILDER}: {NO_JAVA}, and another builder would name other principals in the ACLs"


def server_callback_problem(name: str) -> str | None:
    if name in ("", OAUTH_VALIDATOR, OAUTH_VALIDATOR_OLD):
        return None
    return f"{OAUTH_VALIDATOR}, or nothing: {NO_JAVA}, and its check of passwords would be dropped"


def required_acks_problem(acks: int) -> str | None:
    return None if acks in (-1, 0, 1) else "-1, 0 or 1"


def rebalance_protocols_problem(protocols: tuple[str, ...]) -> str | None:
    if tuple(name.lower() for name in protocols) == ("classic",):
        return None
    return "classic: the consumer and share protocols exist in KRaft mode only"
