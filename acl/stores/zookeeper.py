"""Rules straight in ZooKeeper, as Kafka's AclAuthorizer keeps them.

A change is one request for each pattern: the compare-and-set of its node and the notice for the brokers in one
transaction, so that no change is ever without its notice.
"""

from __future__ import annotations

import json
import queue
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import attrs
from kazoo.client import KazooClient
from kazoo.exceptions import (
    AuthFailedError,
    BadVersionError,
    ConnectionClosedError,
    ConnectionLoss,
    KazooException,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    RolledBackError,
    RuntimeInconsistency,
    SessionExpiredError,
)
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.retry import KazooRetry
from kazoo.security import CREATOR_ALL_ACL, READ_ACL_UNSAFE

from acl import znodes
from acl.model import (
    PATTERN_TYPES,
    RESOURCE_TYPES,
    Binding,
    BindingFilter,
    Entry,
    Pattern,
    PatternType,
    ResourceType,
    label,
)
from acl.sets import AclSet, by_pattern
from acl.stores.store import Change, StoreError, require_known

IN_FLIGHT: Final = 200  # requests
CLUSTER_ID: Final = "/cluster/id"
TOPICS: Final = "/brokers/topics"
REREAD_S: Final = 30.0
"""A watch that never fires (a lost session's) is outlived by looking again."""

_CONFLICTS: Final = (BadVersionError, NoNodeError, NodeExistsError)
_UNKNOWN_OUTCOMES: Final = (ConnectionLoss, SessionExpiredError)


@attrs.frozen
class ZooKeeperAccess:
    """How to reach a ZooKeeper: `connect` is host:port[,host:port...][/chroot]."""

    connect: str
    timeout_s: float = 10.0
    auth: tuple[tuple[str, str], ...] = ()  # scheme and credential, as in zookeeper-shell's addauth
    protect: bool = False  # zookeeper.set.acl: new nodes may be changed by their creator only
    use_tls: bool = False
    ca_file: str | None = None  # PEM
    certificate_file: str | None = None  # PEM
    key_file: str | None = None
    key_password: str | None = None
    verify_host: bool = True


@attrs.frozen
class _Node:
    """A pattern's node as it was read."""

    entries: frozenset[Entry] = frozenset()
    version: int | None = None  # None: there is none


_ABSENT: Final = _Node()


class ZooKeeperStore:
    """The rules under one chroot."""

    def __init__(self, access: ZooKeeperAccess) -> None:
        """Connects. Raises: StoreError."""
        hosts, slash, chroot = access.connect.strip().partition("/")
        if not hosts:
            raise StoreError(
                f"{access.connect!r} names no ZooKeeper: write HOST:PORT[,HOST:PORT...][/chroot]."
            )
        self._hosts = hosts
        self._chroot = slash + "/".join(part for part in chroot.split("/") if part) if chroot else ""
        self._problems: tuple[str, ...] = ()
        acl = [*CREATOR_ALL_ACL, *READ_ACL_UNSAFE] if access.protect else None
        self._client = KazooClient(
            hosts=hosts,  # without the chroot, which may have to be made; paths get it here
            timeout=access.timeout_s,
            auth_data=list(access.auth) or None,
            default_acl=acl,
            connection_retry=KazooRetry(max_tries=-1, delay=0.1, max_delay=1),
            use_ssl=access.use_tls,
            ca=access.ca_file,
            certfile=access.certificate_file,
            keyfile=access.key_file,
            keyfile_password=access.key_password,
            verify_certs=access.use_tls,
            check_hostname=access.verify_host and access.use_tls,
        )
        try:
            self._client.start(timeout=access.timeout_s)
        except KazooTimeoutError:
            self.close()
            raise StoreError(f"No ZooKeeper answered at {hosts} within {access.timeout_s:.0f} s.") from None
        except (AuthFailedError, KazooException, OSError) as error:
            self.close()
            raise StoreError(f"ZooKeeper at {hosts} turned the connection down: {error}.") from None

    @property
    def place(self) -> str:
        return f"ZooKeeper at {self._hosts}{self._chroot}"

    @property
    def problems(self) -> tuple[str, ...]:
        return self._problems

    def close(self) -> None:
        self._client.stop()
        self._client.close()

    # ------------------------------------------------------------------ reading

    def read(self) -> AclSet:
        nodes = self._read_nodes(self._patterns())
        return AclSet.of_patterns({pattern: node.entries for pattern, node in nodes.items()})

    def matching(self, chosen: BindingFilter) -> list[Binding]:
        return list(self.read().matching(chosen))

    def _patterns(self) -> list[Pattern]:
        """Every pattern that has a node. Raises: StoreError if the chroot is missing."""
        kinds = [(how, kind) for how in PATTERN_TYPES for kind in RESOURCE_TYPES]
        answers = self._all(
            [
                (self._client.get_children_async, (self._at(znodes.type_path(how, kind)),))
                for how, kind in kinds
            ]
        )
        found: list[Pattern] = []
        missing = 0
        for (how, kind), answer in zip(kinds, answers, strict=True):
            if isinstance(answer, NoNodeError):
                missing += 1
            else:
                found += [Pattern(kind, how, name) for name in self._worked(answer)]
        if missing == len(kinds) and self._chroot and not self._chroot_exists():
            raise StoreError(f"There is no {self._chroot} in ZooKeeper at {self._hosts}.")
        return sorted(found)

    def _chroot_exists(self) -> bool:
        (answer,) = self._all([(self._client.exists_async, (self._chroot,))])
        return self._worked(answer) is not None

    def _read_nodes(self, patterns: Iterable[Pattern]) -> dict[Pattern, _Node]:
        """The nodes of these patterns; what cannot be decoded is a problem and counts as no rules."""
        asked = list(patterns)
        answers = self._all([(self._client.get_async, (self._path(pattern),)) for pattern in asked])
        problems: list[str] = []
        nodes: dict[Pattern, _Node] = {}
        for pattern, answer in zip(asked, answers, strict=True):
            if isinstance(answer, NoNodeError):
                nodes[pattern] = _ABSENT
                continue
            data, stat = self._worked(answer)
            try:
                entries = znodes.decode_entries(data)
            except znodes.Undecodable as error:
                problems.append(
                    f"The node {self._path(pattern)} cannot be read, by brokers neither, and is passed over: {error}."
                )
                entries = frozenset()
            nodes[pattern] = _Node(entries, stat.version)
        self._problems = tuple(problems)
        return nodes

    def cluster_id(self) -> str:
        (answer,) = self._all([(self._client.get_async, (self._at(CLUSTER_ID),))])
        if isinstance(answer, NoNodeError):
            return ""
        data, _ = self._worked(answer)
        try:
            found = json.loads(data)
        except ValueError:
            return ""
        return str(found.get("id", "")) if isinstance(found, dict) else ""

    def existing(self) -> Mapping[ResourceType, frozenset[str]]:
        """Topics: ZooKeeper does not know of groups and transactional ids."""
        (answer,) = self._all([(self._client.get_children_async, (self._at(TOPICS),))])
        if isinstance(answer, NoNodeError):
            return {}
        return {ResourceType.TOPIC: frozenset(self._worked(answer))}

    # ------------------------------------------------------------------ writing

    def delete(self, filters: Sequence[BindingFilter]) -> list[Binding]:
        live = self.read()
        return list(self.change(remove={rule for it in filters for rule in live.matching(it)}).removed)

    def change(self, add: Iterable[Binding] = (), remove: Iterable[Binding] = ()) -> Change:
        added, removed = frozenset(add), frozenset(remove)
        require_known(added)
        more, less = by_pattern(added), by_pattern(removed)
        todo = sorted(more.keys() | less.keys())
        changes: list[Change] = []
        in_doubt: dict[Pattern, _Node] = {}  # what was there before a write of unknown outcome
        for attempt in range(znodes.RETRIES + 1):
            if attempt:
                time.sleep(random.choice(znodes.RETRY_BACKOFF_MS) / 1000)
            nodes = self._read_nodes(todo)
            if self._problems:
                raise StoreError(self._problems[0])
            wanted = {
                pattern: (node.entries | more.get(pattern, set())) - less.get(pattern, set())
                for pattern, node in nodes.items()
            }
            writes = self._writes(nodes, wanted)
            if attempt == 0 and any(write.version is None for write in writes.values()):
                self._create_paths()
            conflicts, unknown = self._send(writes)
            in_doubt |= {pattern: nodes[pattern] for pattern in unknown}
            for pattern in set(todo) - conflicts - unknown:
                before = nodes[pattern] if pattern in writes else in_doubt.get(pattern, nodes[pattern])
                changes.append(_change_of(pattern, before.entries, wanted[pattern]))
            todo = sorted(conflicts | unknown)
            if not todo:
                return _together(changes)
        raise StoreError(
            f"The rules of {label(todo[0].resource_type)} {todo[0].name!r} could not be written in "
            f"{znodes.RETRIES + 1} attempts: somebody else keeps changing them, or ZooKeeper does not answer."
        )

    @staticmethod
    def _writes(
        nodes: Mapping[Pattern, _Node], wanted: Mapping[Pattern, frozenset[Entry]]
    ) -> dict[Pattern, znodes.NodeWrite]:
        """What is to be written where. All of it is known to fit before anything is written."""
        writes: dict[Pattern, znodes.NodeWrite] = {}
        for pattern, entries in wanted.items():
            node = nodes[pattern]
            if entries == node.entries:
                continue
            try:
                write = znodes.write_of(pattern, entries, node.version)
            except znodes.Unstorable as error:
                raise StoreError(f"{error} Nothing was changed.") from None
            if write is not None:
                writes[pattern] = write
        return writes

    def _create_paths(self) -> None:
        """What a starting broker would create; also the chroot, for rules from before the first broker."""
        paths = [self._at(path) for path in znodes.PATHS]
        answers = self._all([(self._client.exists_async, (path,)) for path in paths])
        for path, answer in zip(paths, answers, strict=True):
            if self._worked(answer) is None:
                try:
                    self._client.ensure_path(path)
                except KazooException as error:
                    self._worked(error)

    def _send(self, writes: Mapping[Pattern, znodes.NodeWrite]) -> tuple[set[Pattern], set[Pattern]]:
        """Write; the patterns that somebody else changed meanwhile, and those whose outcome is unknown."""
        requests: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        for pattern, write in writes.items():
            transaction = self._client.transaction()
            if write.data is None:
                transaction.delete(self._at(write.path), write.version)
            elif write.version is None:
                transaction.create(self._at(write.path), write.data)
            else:
                transaction.set_data(self._at(write.path), write.data, write.version)
            transaction.create(
                self._at(znodes.change_path(pattern)), znodes.encode_change(pattern), sequence=True
            )
            requests.append((transaction.commit_async, ()))
        conflicts: set[Pattern] = set()
        unknown: set[Pattern] = set()
        for pattern, answer in zip(writes, self._all(requests), strict=True):
            if isinstance(answer, _UNKNOWN_OUTCOMES):
                unknown.add(pattern)
                continue
            cause = _first_failure(self._worked(answer))
            if isinstance(cause, _CONFLICTS):
                conflicts.add(pattern)
            elif cause is not None:
                self._worked(cause)
        return conflicts, unknown

    # ------------------------------------------------------------------ watching

    def watch(self, interval_s: float) -> Iterator[Change]:
        moved: queue.SimpleQueue[object] = queue.SimpleQueue()
        last = dict.fromkeys(PATTERN_TYPES, -1)
        self._notices(moved, last)  # armed, and what is there now is known, before the first look
        return self._changes(interval_s, moved, last, self.read())

    def _changes(
        self,
        interval_s: float,
        moved: queue.SimpleQueue[object],
        last: dict[PatternType, int],
        live: AclSet,
    ) -> Iterator[Change]:
        whole_at = time.monotonic()
        while True:
            with suppress(queue.Empty):
                moved.get(timeout=interval_s)
            touched = self._read_nodes(self._notices(moved, last))
            if time.monotonic() - whole_at > REREAD_S:
                now, whole_at = self.read(), time.monotonic()
            elif touched:
                now = live.replace({pattern: node.entries for pattern, node in touched.items()})
            else:
                now = live
            yield Change() if now is live else Change.between(live, now)
            live = now

    def _notices(self, moved: queue.SimpleQueue[object], last: dict[PatternType, int]) -> set[Pattern]:
        """The patterns of the notices after `last`, which moves on; watches are armed again."""
        found: set[Pattern] = set()
        for how, directory in znodes.CHANGES.items():
            root = self._at(directory)
            (answer,) = self._all([(self._client.get_children_async, (root, moved.put))])
            if isinstance(answer, NoNodeError):
                continue
            numbered = {znodes.change_number(name): name for name in self._worked(answer)}
            new = [name for number, name in numbered.items() if number is not None and number > last[how]]
            last[how] = max([last[how], *(number for number in numbered if number is not None)])
            decode = (
                znodes.decode_literal_change if how == PatternType.LITERAL else znodes.decode_extended_change
            )
            for data in self._all([(self._client.get_async, (f"{root}/{name}",)) for name in new]):
                if not isinstance(data, NoNodeError):
                    with suppress(znodes.Undecodable):
                        pattern = decode(self._worked(data)[0])
                        if pattern.resource_type in RESOURCE_TYPES:
                            found.add(pattern)
        return found

    # ------------------------------------------------------------------ requests

    def _at(self, path: str) -> str:
        return self._chroot + path

    def _path(self, pattern: Pattern) -> str:
        try:
            return self._at(znodes.path(pattern))
        except znodes.Unstorable as error:
            raise StoreError(f"{error} Nothing was changed.") from None

    def _all(self, requests: Iterable[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
        """The answers in order, a failure as its exception; a few requests are always under way."""
        waiting: list[Any] = []
        answers: list[Any] = []

        def collect() -> None:
            try:
                answers.append(waiting[len(answers)].get())
            except (KazooException, KazooTimeoutError) as error:
                answers.append(error)

        for send, arguments in requests:
            if len(waiting) - len(answers) >= IN_FLIGHT:
                collect()
            waiting.append(send(*arguments))
        while len(answers) < len(waiting):
            collect()
        return answers

    def _worked(self, answer: Any) -> Any:
        """The answer, unless it is a failure. Raises: StoreError."""
        if isinstance(answer, NoAuthError):
            raise StoreError(
                f"{self.place} does not permit this: its nodes are protected (zookeeper.set.acl), and only their "
                "creator may change them; --zookeeper-auth names a credential."
            ) from None
        if isinstance(answer, (*_UNKNOWN_OUTCOMES, ConnectionClosedError, KazooTimeoutError)):
            raise StoreError(
                f"The connection to {self.place} was lost; look before you do it again."
            ) from None
        if isinstance(answer, Exception):
            raise StoreError(f"{self.place} refused a request: {type(answer).__name__} {answer}.") from None
        return answer


def _first_failure(results: list[Any]) -> Exception | None:
    """What made a transaction fail; kazoo returns, not raises, the failures."""
    bystanders = (RolledBackError, RuntimeInconsistency)
    return next((it for it in results if isinstance(it, Exception) and not isinstance(it, bystanders)), None)


def _change_of(pattern: Pattern, old: frozenset[Entry], new: frozenset[Entry]) -> Change:
    return Change(
        tuple(Binding(pattern, entry) for entry in new - old),
        tuple(Binding(pattern, entry) for entry in old - new),
    )


def _together(changes: Iterable[Change]) -> Change:
    all_changes = list(changes)
    return Change(
        tuple(sorted(rule for change in all_changes for rule in change.added)),
        tuple(sorted(rule for change in all_changes for rule in change.removed)),
    )


def tls_access(access: ZooKeeperAccess, properties: Mapping[str, str]) -> ZooKeeperAccess:
    """The access with Kafka's zookeeper.ssl.* settings, with or without `authorizer.` in front.

    Raises: StoreError for a store that is not PEM.
    """
    known = {key.removeprefix("authorizer."): value.strip() for key, value in properties.items()}
    for store in ("truststore", "keystore"):
        where = known.get(f"zookeeper.ssl.{store}.location", "")
        kind = known.get(f"zookeeper.ssl.{store}.type", "PEM" if where.endswith(".pem") else "JKS").upper()
        if where and kind != "PEM":
            raise StoreError(
                f"zookeeper.ssl.{store}.type={kind} is not served: write the {store} as PEM and set "
                f"zookeeper.ssl.{store}.type=PEM."
            )
    own = known.get("zookeeper.ssl.keystore.location")
    return attrs.evolve(
        access,
        use_tls=known.get("zookeeper.ssl.client.enable", "true").lower() == "true",
        ca_file=known.get("zookeeper.ssl.truststore.location"),
        certificate_file=own,
        key_file=own,
        key_password=known.get("zookeeper.ssl.keystore.password"),
        verify_host=known.get("zookeeper.ssl.endpoint.identification.algorithm", "HTTPS").upper() == "HTTPS",
    )
