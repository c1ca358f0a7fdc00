"""Which limit holds for a user and a client. [pure]

Source: kafka.server.ClientQuotaManager.DefaultQuotaCallback, 3.9.1; KIP-13, KIP-55.
"""

from __future__ import annotations

from typing import Final

import attrs

from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, sanitize

Account = tuple[str, str]
"""Whose consumption is added up: a user and a client id, one of them "" where all of the other's are one."""

CACHED: Final = 10_000


@attrs.frozen
class Limit:
    """The limit of an account; None without one."""

    account: Account
    value: float | None


@attrs.define(eq=False)
class Limits:
    """The limits of one kind, by the path of their entity: users/u, users/u/clients/<default>, clients/c …"""

    _by_path: dict[str, float] = attrs.field(factory=dict, init=False)
    _found: dict[tuple[str, str], Limit] = attrs.field(factory=dict, init=False)

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def set(self, path: str, value: float | None) -> None:
        """Let this be the entity's limit; None for none."""
        if value is None:
            self._by_path.pop(path, None)
        else:
            self._by_path[path] = value
        self._found.clear()

    def of(self, user: str, client_id: str) -> Limit:
        """The limit of whoever sends under this name and client id: the most special entity that has one."""
        found = self._found.get((user, client_id))
        if found is None:
            if len(self._found) >= CACHED:  # client ids are anybody's to choose
                self._found.clear()
            found = self._found[user, client_id] = self._look_up(user, client_id)
        return found

    def _look_up(self, user: str, client_id: str) -> Limit:
        own_user, client = f"users/{sanitize(user)}", f"clients/{sanitize(client_id)}"
        any_user, any_client = f"users/{DEFAULT_ENTITY}", f"clients/{DEFAULT_ENTITY}"
        for path, account in (
            (f"{own_user}/{client}", (user, client_id)),
            (f"{own_user}/{any_client}", (user, client_id)),
            (own_user, (user, "")),
            (f"{any_user}/{client}", (user, client_id)),
            (f"{any_user}/{any_client}", (user, client_id)),
            (any_user, (user, "")),
            (client, ("", client_id)),
            (any_client, ("", client_id)),
        ):
            if path in self._by_path:
                return Limit(account, self._by_path[path])
        return Limit(("", client_id), None)
