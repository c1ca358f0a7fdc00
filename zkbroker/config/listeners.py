"""Listener lists, and which listener is for what. [pure]"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from zkbroker.model import Endpoint, SecurityProtocol

LISTENER: Final = re.compile(r"(?P<name>.*)://\[?(?P<host>[0-9a-zA-Z\-%._:]*)\]?:(?P<port>-?[0-9]+)")
COMMA: Final = re.compile(r"\s*,\s*")
UNSPECIFIED_HOSTS: Final = ("0.0.0.0", "::")


def split_csv(text: str) -> list[str]:
    """Items separated by commas, empty ones dropped."""
    return [item for item in COMMA.split(text.strip()) if item]


def parse_protocol_map(text: str) -> dict[str, SecurityProtocol]:
    """`NAME:PROTOCOL,…`, names in upper case.

    Raises: ValueError that says what is wrong.
    """
    protocols: dict[str, SecurityProtocol] = {}
    for item in split_csv(text):
        name, colon, protocol = item.rpartition(":")
        if not colon or protocol.strip().upper() not in SecurityProtocol.__members__:
            choices = ", ".join(SecurityProtocol.__members__)
            raise ValueError(f"it must be NAME:PROTOCOL pairs separated by commas, PROTOCOL one of {choices}")
        protocols[name.strip().upper()] = SecurityProtocol[protocol.strip().upper()]
    return protocols


def parse_endpoints(text: str, protocols: Mapping[str, SecurityProtocol]) -> tuple[Endpoint, ...]:
    """`NAME://HOST:PORT,…`; an empty host stays empty: all interfaces, or this machine's own name.

    Raises: ValueError that says what is wrong.
    """
    endpoints: list[Endpoint] = []
    for item in split_csv(text):
        match = LISTENER.fullmatch(item)
        if match is None or not 0 <= int(match["port"]) <= 65535:
            raise ValueError(f"it must be NAME://HOST:PORT entries separated by commas, which {item} is not")
        name = match["name"].upper()
        if name not in protocols:
            raise ValueError(
                f"listener.security.protocol.map gives listener {name} no security protocol; "
                f"it knows {', '.join(protocols)}"
            )
        if any(endpoint.listener == name for endpoint in endpoints):
            raise ValueError(f"each listener must have another name, and {name} comes twice")
        endpoints.append(Endpoint(name, protocols[name], match["host"], int(match["port"])))
    if not endpoints:
        raise ValueError("it must name at least one listener, as in PLAINTEXT://localhost:9092")
    return tuple(endpoints)


def shared_port(endpoints: tuple[Endpoint, ...]) -> int | None:
    """A port that two listeners want; an IPv4 and an IPv6 address may share one, and 0 is any port."""
    for index, endpoint in enumerate(endpoints):
        for other in endpoints[:index]:
            same_port = endpoint.port == other.port != 0
            if same_port and {_address_family(endpoint.host), _address_family(other.host)} != {4, 6}:
                return endpoint.port
    return None


def _address_family(host: str) -> int:
    if ":" in host:
        return 6
    return 4 if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", host) else 0


def parse_connection_overrides(text: str) -> dict[str, int]:
    """`HOST:COUNT,…` of max.connections.per.ip.overrides; the host may be an IPv6 address.

    Raises: ValueError that says what is wrong.
    """
    overrides: dict[str, int] = {}
    for item in split_csv(text):
        host, _, count = item.rpartition(":")
        if not host.strip() or re.fullmatch(r"\s*[0-9]{1,10}\s*", count) is None:
            raise ValueError("it must be HOST:COUNT pairs separated by commas")
        overrides[host.strip().strip("[]")] = int(count)
    return overrides


def zookeeper_connect_problem(text: str) -> str | None:
    """What is allowed, if this is no connect string of ZooKeeper."""
    hosts, slash, chroot = text.partition("/")
    entries = [entry.strip() for entry in hosts.split(",")]
    ok = all(re.fullmatch(r"(\[[0-9a-fA-F:.%]+\]|[^\s:,\[\]]+)(:[0-9]{1,5})?", entry) for entry in entries)
    if slash and ("//" in "/" + chroot or (chroot.endswith("/") and chroot)):
        ok = False
    return None if ok else "it must be HOST:PORT[,HOST:PORT…][/chroot]"
