"""The question every handler asks before it looks at anything: may this client do that?"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import attrs

from acl.model import CLUSTER, SUPPORTED_OPERATIONS, Operation, Resource, ResourceType
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import LONGEST_REMEMBERED


@attrs.frozen(cache_hash=True)
class Principal:
    """Who a connection belongs to."""

    kind: str = "User"
    name: str = "ANONYMOUS"
    token_authenticated: bool = False

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


ANONYMOUS = Principal()


class Subject(Protocol):
    """Who asks, and from where: a handler's request context."""

    @property
    def principal(self) -> Principal: ...

    @property
    def host(self) -> str: ...

    @property
    def api_key(self) -> int: ...


_REFUSALS = {
    ResourceType.TOPIC: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ResourceType.GROUP: ErrorCode.GROUP_AUTHORIZATION_FAILED,
    ResourceType.CLUSTER: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    ResourceType.TRANSACTIONAL_ID: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    ResourceType.DELEGATION_TOKEN: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
    ResourceType.USER: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
}


def topic(name: str) -> Resource:
    return _resource(ResourceType.TOPIC, name)


def group(name: str) -> Resource:
    return _resource(ResourceType.GROUP, name)


def _resource(kind: ResourceType, name: str) -> Resource:
    return _remembered(kind, name) if len(name) <= LONGEST_REMEMBERED else Resource(kind, name)


@lru_cache(maxsize=8192)  # asked for with every request
def _remembered(kind: ResourceType, name: str) -> Resource:
    return Resource(kind, name)


def transactional_id(name: str) -> Resource:
    return Resource(ResourceType.TRANSACTIONAL_ID, name)


class Authorizer:
    """No authorizer is configured: everybody may do everything, as in Kafka."""

    is_configured = False

    def allows(self, subject: Subject, operation: Operation, resource: Resource, *, log: bool = True) -> bool:
        """Whether the subject may. `log=False` for filtering, where a denial is nothing remarkable."""
        return True

    def allows_any(self, subject: Subject, operation: Operation, resource_type: ResourceType) -> bool:
        """Whether the subject may do this to at least one resource of the type. Source: KIP-679."""
        return True

    def require(self, subject: Subject, operation: Operation, resource: Resource = CLUSTER) -> None:
        """Raises: the ..._AUTHORIZATION_FAILED of the resource's type."""
        if not self.allows(subject, operation, resource):
            raise KafkaError(_REFUSALS[resource.resource_type])

    def operations(self, subject: Subject, resource: Resource) -> int:
        """The authorized-operations bit field of a response. Source: KIP-430."""
        bits = 0
        for operation in SUPPORTED_OPERATIONS[resource.resource_type]:
            if self.allows(subject, operation, resource, log=False):
                bits |= 1 << operation
        return bits
