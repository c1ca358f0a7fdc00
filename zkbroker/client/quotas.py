"""Client quotas and SCRAM credentials through the brokers. Source: KIP-546, KIP-554."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import attrs

from zkbroker.client.cluster import Cluster
from zkbroker.client.errors import require_success
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.alter_client_quotas_request import (
    AlterClientQuotasRequest,
    EntityData,
    EntryData,
    OpData,
)
from zkbroker.protocol.generated.alter_client_quotas_response import AlterClientQuotasResponse
from zkbroker.protocol.generated.alter_user_scram_credentials_request import (
    AlterUserScramCredentialsRequest,
    ScramCredentialDeletion,
    ScramCredentialUpsertion,
)
from zkbroker.protocol.generated.alter_user_scram_credentials_response import (
    AlterUserScramCredentialsResponse,
)
from zkbroker.protocol.generated.describe_client_quotas_request import (
    ComponentData,
    DescribeClientQuotasRequest,
)
from zkbroker.protocol.generated.describe_client_quotas_response import DescribeClientQuotasResponse
from zkbroker.protocol.generated.describe_user_scram_credentials_request import (
    DescribeUserScramCredentialsRequest,
    UserName,
)
from zkbroker.protocol.generated.describe_user_scram_credentials_response import (
    DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResult,
)

MECHANISMS = {"SCRAM-SHA-256": 1, "SCRAM-SHA-512": 2}
EXACT, DEFAULT, ANY = 0, 1, 2


@attrs.frozen
class Quotas:
    """What is set for an entity: a type (`user`, `client-id`, `ip`) to a name, None for the default."""

    entity: Mapping[str, str | None]
    values: Mapping[str, float]


@attrs.frozen
class Sought:
    """One part of a filter. `name` None: any name, unless it `is_default`."""

    entity_type: str
    name: str | None = None
    is_default: bool = False


def describe(cluster: Cluster, sought: Sequence[Sought]) -> list[Quotas]:
    """Entities of exactly these types. Raises: KafkaError."""
    components = [
        ComponentData(
            entity_type=part.entity_type,
            match_type=DEFAULT if part.is_default else ANY if part.name is None else EXACT,
            match=None if part.is_default else part.name,
        )
        for part in sought
    ]
    request = DescribeClientQuotasRequest(components=components, strict=True)
    answer = cluster.ask(cluster.any, request, DescribeClientQuotasResponse)
    require_success(answer.error_code, answer.error_message)
    found = [
        Quotas(
            {part.entity_type: part.entity_name for part in entry.entity},
            {value.key: value.value for value in entry.values},
        )
        for entry in answer.entries or ()
    ]
    return sorted(found, key=lambda quotas: sorted((k, v or "") for k, v in quotas.entity.items()))


def alter(cluster: Cluster, entity: Mapping[str, str | None], values: Mapping[str, float | None]) -> None:
    """Set quotas of an entity, or with None take them away. Raises: KafkaError."""
    entry = EntryData(
        entity=[EntityData(entity_type=kind, entity_name=name) for kind, name in entity.items()],
        ops=[OpData(key=key, value=value or 0.0, remove=value is None) for key, value in values.items()],
    )
    answer = cluster.ask_controller(AlterClientQuotasRequest(entries=[entry]), AlterClientQuotasResponse)
    for result in answer.entries:
        require_success(result.error_code, result.error_message)


def describe_credentials(
    cluster: Cluster, users: Sequence[str] | None
) -> list[DescribeUserScramCredentialsResult]:
    """Of these users (None: of all that have some). Raises: KafkaError."""
    names = None if users is None else [UserName(name=name) for name in users]
    request = DescribeUserScramCredentialsRequest(users=names)
    answer = cluster.ask_controller(request, DescribeUserScramCredentialsResponse)
    require_success(answer.error_code, answer.error_message)
    return [row for row in answer.results if row.error_code != ErrorCode.RESOURCE_NOT_FOUND]


def alter_credentials(
    cluster: Cluster, user: str, passwords: Mapping[str, tuple[int, str]], unwanted: Sequence[str]
) -> None:
    """Set a user's passwords, by mechanism with iterations, and take mechanisms away. Raises: KafkaError."""
    from zkbroker.security.scram import salted_password

    upsertions = []
    for mechanism, (iterations, password) in passwords.items():
        salt = secrets.token_bytes(32)
        salted = salted_password(mechanism, password, salt, iterations)
        number = MECHANISMS[mechanism]
        upsertions.append(
            ScramCredentialUpsertion(
                name=user, mechanism=number, iterations=iterations, salt=salt, salted_password=salted
            )
        )
    request = AlterUserScramCredentialsRequest(
        deletions=[ScramCredentialDeletion(name=user, mechanism=MECHANISMS[name]) for name in unwanted],
        upsertions=upsertions,
    )
    for result in cluster.ask_controller(request, AlterUserScramCredentialsResponse).results:
        require_success(result.error_code, result.error_message)
