"""`kafka-delegation-tokens`: create, renew, expire and describe tokens. Source: DelegationTokenCommand, 3.9.1."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from zkbroker.cli.options import BOOTSTRAP, COMMAND_CONFIG, OUTPUT, BadOption, Option, Parsed, whole_long
from zkbroker.cli.tool import Tool, open_cluster, say, with_any

if TYPE_CHECKING:
    from zkbroker.client.cluster import Cluster

ACTIONS: Final = ("create", "renew", "expire", "describe")
COLUMNS: Final = ("TOKENID", "HMAC", "OWNER", "REQUESTER", "RENEWERS", "ISSUEDATE", "EXPIRYDATE", "MAXDATE")
WIDTHS: Final = (15, 30, 15, 15, 25, 15, 15, 15)


def run(parsed: Parsed) -> int:
    action = parsed.one_of(
        ACTIONS, "Command must include exactly one action: --create, --renew, --expire or --describe"
    )
    parsed.require("bootstrap-server", "command-config")
    needed = {
        "create": ("max-life-time-period",),
        "renew": ("hmac", "renew-time-period"),
        "expire": ("hmac", "expiry-time-period"),
        "describe": (),
    }
    parsed.require(*needed[action])
    refused = {
        "create": ("hmac", "renew-time-period", "expiry-time-period"),
        "renew": ("renewer-principal", "max-life-time-period", "expiry-time-period", "owner-principal"),
        "expire": ("renewer-principal", "max-life-time-period", "renew-time-period", "owner-principal"),
        "describe": (
            *("renewer-principal", "max-life-time-period", "renew-time-period"),
            *("expiry-time-period", "hmac"),
        ),
    }
    parsed.refuse(action, *refused[action])
    with open_cluster(parsed) as cluster:
        {"create": _create, "renew": _renew, "expire": _expire, "describe": _describe}[action](
            cluster, parsed
        )
    return 0


def _principals(parsed: Parsed, option: str) -> list[tuple[str, str]]:
    """Raises: BadOption."""
    found = []
    for text in parsed.texts(option):
        kind, colon, name = text.strip().partition(":")
        if not colon:
            raise BadOption(f"expected a string in format principalType:principalName but got {text.strip()}")
        found.append((kind, name))
    return found


def _shown(principals: Sequence[tuple[str, str]]) -> str:
    return f"[{', '.join(':'.join(principal) for principal in principals)}]"


def _create(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client.errors import require_success
    from zkbroker.protocol.generated.create_delegation_token_request import (
        CreatableRenewers,
        CreateDelegationTokenRequest,
    )
    from zkbroker.protocol.generated.create_delegation_token_response import CreateDelegationTokenResponse

    renewers, owners = _principals(parsed, "renewer-principal"), _principals(parsed, "owner-principal")
    life_ms = int(parsed.number("max-life-time-period") or 0)
    say(f"Calling create token operation with renewers :{_shown(renewers)} , max-life-time-period :{life_ms}")
    owner = owners[0] if owners else ("", "")
    request = CreateDelegationTokenRequest(
        owner_principal_type=owner[0],
        owner_principal_name=owner[1],
        renewers=[CreatableRenewers(principal_type=kind, principal_name=name) for kind, name in renewers],
        max_lifetime_ms=life_ms,
    )
    token = cluster.ask(cluster.any, request, CreateDelegationTokenResponse)
    require_success(token.error_code)
    say(f"Created delegation token with tokenId : {token.token_id}")
    requester = token.token_requester_principal_type or token.principal_type
    requester_name = token.token_requester_principal_name or token.principal_name
    row = [
        token.token_id,
        base64.b64encode(token.hmac).decode(),
        f"{token.principal_type}:{token.principal_name}",
        f"{requester}:{requester_name}",
        _shown(renewers),
        *map(_date, (token.issue_timestamp_ms, token.expiry_timestamp_ms, token.max_timestamp_ms)),
    ]
    _print([row])


def _hmac(parsed: Parsed) -> bytes:
    """Raises: BadOption."""
    text = str(parsed.text("hmac"))
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:  # binascii's, or a character that is not of ASCII
        raise BadOption(f"{text} is no HMAC: it must be base64, as --describe prints it") from None


def _renew(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client.errors import require_success
    from zkbroker.protocol.generated.renew_delegation_token_request import RenewDelegationTokenRequest
    from zkbroker.protocol.generated.renew_delegation_token_response import RenewDelegationTokenResponse

    period_ms = int(parsed.number("renew-time-period") or 0)
    say(f"Calling renew token operation with hmac :{parsed.text('hmac')} , renew-time-period :{period_ms}")
    request = RenewDelegationTokenRequest(hmac=_hmac(parsed), renew_period_ms=period_ms)
    answer = cluster.ask(cluster.any, request, RenewDelegationTokenResponse)
    require_success(answer.error_code)
    say(f"Completed renew operation. New expiry date : {_date(answer.expiry_timestamp_ms)}")


def _expire(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client.errors import require_success
    from zkbroker.protocol.generated.expire_delegation_token_request import ExpireDelegationTokenRequest
    from zkbroker.protocol.generated.expire_delegation_token_response import ExpireDelegationTokenResponse

    period_ms = int(parsed.number("expiry-time-period") or 0)
    say(f"Calling expire token operation with hmac :{parsed.text('hmac')} , expire-time-period :{period_ms}")
    request = ExpireDelegationTokenRequest(hmac=_hmac(parsed), expiry_time_period_ms=period_ms)
    answer = cluster.ask(cluster.any, request, ExpireDelegationTokenResponse)
    require_success(answer.error_code)
    say(f"Completed expire operation. New expiry date : {_date(answer.expiry_timestamp_ms)}")


def _describe(cluster: Cluster, parsed: Parsed) -> None:
    from zkbroker.client.errors import require_success
    from zkbroker.protocol.generated.describe_delegation_token_request import (
        DescribeDelegationTokenOwner,
        DescribeDelegationTokenRequest,
    )
    from zkbroker.protocol.generated.describe_delegation_token_response import DescribeDelegationTokenResponse

    owners = _principals(parsed, "owner-principal")
    form = str(parsed.text("output"))
    if form == "text" and owners:
        say(f"Calling describe token operation for owners: {_shown(owners)}")
    elif form == "text":
        say("Calling describe token operation for current user.")
    request = DescribeDelegationTokenRequest(
        owners=[
            DescribeDelegationTokenOwner(principal_type=kind, principal_name=name) for kind, name in owners
        ]
        or None
    )
    answer = cluster.ask(cluster.any, request, DescribeDelegationTokenResponse)
    require_success(answer.error_code)
    rows = [
        [
            token.token_id,
            base64.b64encode(token.hmac).decode(),
            f"{token.principal_type}:{token.principal_name}",
            f"{token.token_requester_principal_type or token.principal_type}:"
            f"{token.token_requester_principal_name or token.principal_name}",
            _shown([(renewer.principal_type, renewer.principal_name) for renewer in token.renewers]),
            *map(_date, (token.issue_timestamp, token.expiry_timestamp, token.max_timestamp)),
        ]
        for token in answer.tokens
    ]
    if form != "text":
        from zkbroker.cli.output import print_rows

        print_rows([dict(zip(map(str.lower, COLUMNS), row, strict=True)) for row in rows], form)
        return
    say(f"Total number of tokens : {len(rows)}")
    _print(rows)


def _print(rows: Sequence[Sequence[Any]]) -> None:
    for row in (COLUMNS, *rows):
        say("\n" + " ".join(f"{cell!s:{width}}" for cell, width in zip(row, WIDTHS, strict=True)))


def _date(timestamp_ms: int) -> str:
    """In this machine's time, as Java prints it."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC).astimezone().strftime("%Y-%m-%dT%H:%M")


TOOL: Final = Tool(
    name="kafka-delegation-tokens",
    purpose="This tool helps to create, renew, expire, or describe delegation tokens.",
    kafka_class="org.apache.kafka.tools.DelegationTokenCommand",
    run=run,
    is_long=with_any("describe"),
    options=(
        BOOTSTRAP,
        COMMAND_CONFIG,
        OUTPUT,
        Option("create", "Create a token for whoever is logged in, or for --owner-principal."),
        Option("renew", "Let a token be good for longer."),
        Option("expire", "Let a token end sooner; at once with a period of -1."),
        Option("describe", "Show tokens."),
        Option("owner-principal", "The owner: User:alice.", "String", many=True),
        Option("renewer-principal", "Who else may renew it: User:bob.", "String", many=True),
        Option("max-life-time-period", "The longest life in ms; -1: the broker's.", "Long", whole_long),
        Option(
            "renew-time-period", "How long it shall be good, in ms; -1: the broker's.", "Long", whole_long
        ),
        Option("expiry-time-period", "After how long it shall end, in ms; -1: now.", "Long", whole_long),
        Option("hmac", "The token's HMAC, as --create and --describe print it.", "String"),
    ),
)
