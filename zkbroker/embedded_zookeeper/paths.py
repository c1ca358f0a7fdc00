"""[pure] Paths of znodes. Source: PathUtils.validatePath, PrepRequestProcessor of ZooKeeper 3.8.4."""

from __future__ import annotations

import re

# ZooKeeper looks at UTF-16 units, so that every character above U+FFFF counts as (invalid) surrogates
_INVALID = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\U0010ffff]")

ROOT = "/"
ZOOKEEPER = "/zookeeper"
QUOTA = "/zookeeper/quota"
CONFIG = "/zookeeper/config"
SPECIAL = frozenset((ROOT, ZOOKEEPER, QUOTA, CONFIG))  # can be written, never deleted


def is_valid(path: str) -> bool:
    """Whether a znode may have this path."""
    if path == ROOT:
        return True
    if not path.startswith("/") or path.endswith("/") or _INVALID.search(path):
        return False
    if "//" in path:
        return False
    return "/." not in path or not any(name in (".", "..") for name in path.split("/"))


def parent_of(path: str) -> str:
    """The parent's path; `path` holds at least one slash."""
    return path[: path.rindex("/")] or ROOT


def name_of(path: str) -> str:
    """The last part of a path."""
    return path[path.rindex("/") + 1 :]
