"""The rules of access: describe, create, delete. Any broker does it.

Source: kafka.server.AclApis, kafka.security.authorizer.AclAuthorizer, 3.9.1; KIP-140, KIP-290.
"""

from __future__ import annotations

import logging

from acl.model import (
    CLUSTER,
    CLUSTER_NAME,
    PATTERN_TYPES,
    Binding,
    BindingFilter,
    Entry,
    EntryFilter,
    Operation,
    Pattern,
    PatternFilter,
    PatternType,
    ResourceType,
    operation_of_code,
    pattern_type_of_code,
    permission_of_code,
    resource_type_of_code,
    split_principal,
)
from acl.text import binding_text
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.fairness import Slices
from zkbroker.protocol.generated.create_acls_request import AclCreation, CreateAclsRequest
from zkbroker.protocol.generated.create_acls_response import AclCreationResult, CreateAclsResponse
from zkbroker.protocol.generated.delete_acls_request import DeleteAclsFilter, DeleteAclsRequest
from zkbroker.protocol.generated.delete_acls_response import (
    DeleteAclsFilterResult,
    DeleteAclsMatchingAcl,
    DeleteAclsResponse,
)
from zkbroker.protocol.generated.describe_acls_request import DescribeAclsRequest
from zkbroker.protocol.generated.describe_acls_response import (
    AclDescription,
    DescribeAclsResource,
    DescribeAclsResponse,
)
from zkbroker.security.acl_rules import AclRules
from zkbroker.zookeeper.session import SessionLost

log = logging.getLogger(__name__)


def _rules(broker: Services) -> AclRules:
    """Raises: SECURITY_DISABLED where no authorizer is configured."""
    rules = broker.guard.rules
    if rules is None:
        raise KafkaError(ErrorCode.SECURITY_DISABLED, "No Authorizer is configured on the broker")
    return rules


def _filter(wanted: DescribeAclsRequest | DeleteAclsFilter) -> BindingFilter:
    """Raises: INVALID_REQUEST for a word nobody here knows."""
    chosen = BindingFilter(
        PatternFilter(
            resource_type_of_code(wanted.resource_type_filter),
            pattern_type_of_code(wanted.pattern_type_filter),
            wanted.resource_name_filter,
        ),
        EntryFilter(
            wanted.principal_filter,
            permission_of_code(wanted.permission_type),
            operation_of_code(wanted.operation),
            wanted.host_filter,
        ),
    )
    if chosen.is_unknown:
        raise KafkaError(ErrorCode.INVALID_REQUEST, "The filter contains unknown elements")
    return chosen


# -- describing -------------------------------------------------------------------------------------------------


async def describe_acls(
    request: DescribeAclsRequest, ctx: RequestContext, broker: Services
) -> DescribeAclsResponse:
    """Versions 0-3. Checks DESCRIBE on the cluster.

    Errors: CLUSTER_AUTHORIZATION_FAILED, SECURITY_DISABLED, INVALID_REQUEST.
    """
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE, CLUSTER)
        rules, chosen = _rules(broker), _filter(request)
    except KafkaError as error:
        return DescribeAclsResponse(error_code=error.code, error_message=error.message or None)
    resources: dict[Pattern, list[AclDescription]] = {}
    slices = Slices()
    for binding in rules.acls.matching(chosen):
        await slices.pause()
        if ctx.version == 0 and binding.pattern.pattern_type != PatternType.LITERAL:
            continue  # version 0 has no word for it
        entry = binding.entry
        resources.setdefault(binding.pattern, []).append(
            AclDescription(
                principal=entry.principal,
                host=entry.host,
                operation=entry.operation,
                permission_type=entry.permission,
            )
        )
    return DescribeAclsResponse(
        error_message=None,
        resources=[
            DescribeAclsResource(
                resource_type=pattern.resource_type,
                resource_name=pattern.name,
                pattern_type=pattern.pattern_type,
                acls=acls,
            )
            for pattern, acls in resources.items()
        ],
    )


# -- creating ---------------------------------------------------------------------------------------------------


async def create_acls(
    request: CreateAclsRequest, ctx: RequestContext, broker: Services
) -> CreateAclsResponse:
    """Versions 0-3. Checks ALTER on the cluster. When it is answered, this broker goes by the new rules.

    Errors, per rule: CLUSTER_AUTHORIZATION_FAILED, SECURITY_DISABLED, INVALID_REQUEST, REQUEST_TIMED_OUT.
    """
    try:
        broker.authorizer.require(ctx, Operation.ALTER, CLUSTER)
        rules = _rules(broker)
        bindings = [_checked(creation) for creation in request.creations]
        wanted = [binding for binding in bindings if isinstance(binding, Binding)]
        outcome = await rules.create(await current_session(broker), wanted)
    except KafkaError as error:
        return create_failed(request, ctx, error.code, error.message or None)
    except SessionLost:
        return create_failed(request, ctx, ErrorCode.REQUEST_TIMED_OUT)
    log.info("%s adds %d rules", ctx.principal, len(wanted))
    for binding in wanted:
        log.debug("%s adds: %s", ctx.principal, binding_text(binding))
    results = []
    for checked in bindings:
        failure = outcome[checked] if isinstance(checked, Binding) else checked
        results.append(
            AclCreationResult(error_message=None)
            if failure is None
            else AclCreationResult(error_code=failure.code, error_message=failure.message or None)
        )
    return CreateAclsResponse(results=results)


def _checked(creation: AclCreation) -> Binding | KafkaError:
    """The rule, or why it can be none."""
    binding = Binding(
        Pattern(
            resource_type_of_code(creation.resource_type),
            pattern_type_of_code(creation.resource_pattern_type),
            creation.resource_name,
        ),
        Entry(
            creation.principal,
            permission_of_code(creation.permission_type),
            operation_of_code(creation.operation),
            creation.host,
        ),
    )
    pattern = binding.pattern

    def refused(message: str) -> KafkaError:
        return KafkaError(ErrorCode.INVALID_REQUEST, message)

    if pattern.resource_type == ResourceType.CLUSTER and pattern.name != CLUSTER_NAME:
        return refused(f"The only valid name for the CLUSTER resource is {CLUSTER_NAME}")
    if not pattern.name:
        return refused("Invalid empty resource name")
    if binding.is_unknown or pattern.pattern_type not in PATTERN_TYPES:
        return refused(
            "A rule needs one resource type, one operation, Allow or Deny, and a pattern that is literal or prefixed"
        )
    if "/" in pattern.name:
        return refused(f"ACL binding contains invalid resource name: {pattern.name}")
    try:
        split_principal(binding.entry.principal)
    except ValueError as error:
        return refused(str(error))
    if not binding.entry.host:
        return refused("A rule needs a host: an IP address, or * for every one")
    return binding


def create_failed(
    request: CreateAclsRequest, ctx: RequestContext, code: ErrorCode, message: str | None = None
) -> CreateAclsResponse:
    """The code for every rule."""
    return CreateAclsResponse(
        results=[AclCreationResult(error_code=code, error_message=message) for _ in request.creations]
    )


# -- deleting ---------------------------------------------------------------------------------------------------


async def delete_acls(
    request: DeleteAclsRequest, ctx: RequestContext, broker: Services
) -> DeleteAclsResponse:
    """Versions 0-3. Checks ALTER on the cluster.

    Errors, per filter: CLUSTER_AUTHORIZATION_FAILED, SECURITY_DISABLED, INVALID_REQUEST, REQUEST_TIMED_OUT; per rule
    what kept it from being deleted.
    """
    try:
        broker.authorizer.require(ctx, Operation.ALTER, CLUSTER)
        rules = _rules(broker)
        filters = [_filter(wanted) for wanted in request.filters]
        found = await rules.delete(await current_session(broker), filters)
    except KafkaError as error:
        return delete_failed(request, ctx, error.code, error.message or None)
    except SessionLost:
        return delete_failed(request, ctx, ErrorCode.REQUEST_TIMED_OUT)
    log.info("%s deletes %d rules", ctx.principal, sum(map(len, found)))
    for results in found:
        for binding, _ in results:
            log.debug("%s deletes: %s", ctx.principal, binding_text(binding))
    return DeleteAclsResponse(
        filter_results=[
            DeleteAclsFilterResult(
                error_message=None, matching_acls=[_deleted(binding, failure) for binding, failure in results]
            )
            for results in found
        ]
    )


def _deleted(binding: Binding, failure: KafkaError | None) -> DeleteAclsMatchingAcl:
    pattern, entry = binding.pattern, binding.entry
    return DeleteAclsMatchingAcl(
        error_code=ErrorCode.NONE if failure is None else failure.code,
        error_message=None if failure is None else failure.message or None,
        resource_type=pattern.resource_type,
        resource_name=pattern.name,
        pattern_type=pattern.pattern_type,
        principal=entry.principal,
        host=entry.host,
        operation=entry.operation,
        permission_type=entry.permission,
    )


def delete_failed(
    request: DeleteAclsRequest, ctx: RequestContext, code: ErrorCode, message: str | None = None
) -> DeleteAclsResponse:
    """The code for every filter."""
    return DeleteAclsResponse(
        filter_results=[
            DeleteAclsFilterResult(error_code=code, error_message=message) for _ in request.filters
        ]
    )
