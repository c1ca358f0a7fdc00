"""The layers of DESIGN.md: a module imports lower layers or its own package, pure modules pure ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parent.parent

LAYERS = {
    "zkbroker": 0,
    "zkbroker.errors": 0,
    "zkbroker.model": 0,
    "zkbroker.config": 0,
    "acl": 0,
    "zkbroker.changed": 1,
    "zkbroker.fairness": 1,
    "zkbroker.events": 1,
    "zkbroker.protocol": 1,
    "zkbroker.replica_assignment": 1,
    "zkbroker.topic_names": 1,
    "zkbroker.network": 2,
    "zkbroker.storage": 2,
    "zkbroker.zookeeper": 2,
    "zkbroker.embedded_zookeeper": 2,
    "zkbroker.metadata": 3,
    "zkbroker.admin_store": 3,
    "zkbroker.dynamic_config": 3,
    "zkbroker.quotas": 3,
    "zkbroker.registration": 4,
    "zkbroker.controller_channel": 4,
    "zkbroker.client": 5,
    "zkbroker.identity": 5,
    "zkbroker.open_listeners": 5,
    "zkbroker.unclean_elections": 5,
    "zkbroker.replication": 4,
    "zkbroker.security": 4,
    "zkbroker.coordinator": 5,
    "zkbroker.controller": 5,
    "zkbroker.apis": 6,
    "zkbroker.broker": 7,
    "zkbroker.cli": 8,
    "zkbroker.testing": 8,
    "zkbroker.__main__": 9,
}

# Pure by DESIGN.md, whether their docstrings say "[pure]" or not; a package stands for all its modules.
PURE = {
    "zkbroker.errors",
    "zkbroker.model",
    "zkbroker.config",
    "zkbroker.protocol",
    "zkbroker.replica_assignment",
    "zkbroker.topic_names",
    "zkbroker.storage.producer_state",
    "zkbroker.storage.leader_epochs",
    "zkbroker.zookeeper.znodes",
    "zkbroker.zookeeper.strict_json",
    "zkbroker.zookeeper.operations",
    "zkbroker.replication.isr",
    "zkbroker.security.sasl",
    "zkbroker.coordinator.group",
    "zkbroker.coordinator.offsets",
    "zkbroker.coordinator.transaction",
    "zkbroker.coordinator.records",
    "zkbroker.controller.context",
    "zkbroker.controller.events",
    "zkbroker.controller.elections",
    "zkbroker.controller.planner",
    "zkbroker.controller.reassignment",
    "acl.model",
    "acl.evaluate",
    "acl.znodes",
    "acl.text",
    "acl.plan",
}
NOT_PURE = {"zkbroker.protocol.generate"}  # a program: it writes the generated modules

# What a pure module may take from outside: data and arithmetic; no files, sockets, clocks, randomness.
PURE_OUTSIDE = {
    *(
        "__future__",
        "abc",
        "ast",
        "base64",
        "binascii",
        "bisect",
        "collections",
        "contextlib",
        "copy",
        "dataclasses",
    ),
    *("decimal", "enum", "fnmatch", "functools", "hashlib", "heapq", "hmac", "importlib", "io", "ipaddress"),
    *("itertools", "json", "keyword", "math", "operator", "re", "string", "stringprep", "struct", "textwrap"),
    *("types", "typing", "unicodedata", "urllib.parse", "zlib"),
    *("attrs", "attr", "fastcrc", "cramjam"),
}

ONLY_IMPORTERS = {
    "kazoo": ("zkbroker.zookeeper", "acl.stores"),
    "cramjam": ("zkbroker.protocol.compression",),
    "puresasl": ("zkbroker.zookeeper", "acl.stores"),
}


@attrs.frozen
class Module:
    """One source file: its dotted name, whether its docstring claims purity, and what it imports."""

    name: str
    claims_pure: bool
    imports: tuple[str, ...]


def read_modules() -> Iterator[Module]:
    files = [*ROOT.glob("zkbroker/**/*.py"), *ROOT.glob("acl/**/*.py")]
    names = {_dotted(file) for file in files}
    for file in files:
        tree = ast.parse(file.read_text(), str(file))
        docstring = ast.get_docstring(tree) or ""
        imports = tuple(sorted({found for node in ast.walk(tree) for found in _imported(node, names)}))
        yield Module(_dotted(file), "[pure]" in docstring.split("\n\n")[0], imports)


def _dotted(file: Path) -> str:
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def _imported(node: ast.AST, ours: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        for alias in node.names:
            submodule = f"{node.module}.{alias.name}"
            yield submodule if submodule in ours else str(node.module)


MODULES = list(read_modules())
by_name = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def layer_key(name: str) -> str:
    """The entry of LAYERS that a module belongs to: itself, or the package right under zkbroker."""
    return ".".join(name.split(".")[:2]) if name.startswith("zkbroker.") else name.split(".")[0]


def is_pure(module: Module) -> bool:
    listed = any(is_within(module.name, pure) for pure in PURE)
    return (listed or module.claims_pure) and module.name not in NOT_PURE


def is_ours(name: str) -> bool:
    return is_within(name, "zkbroker") or is_within(name, "acl")


@by_name
def test_a_module_imports_lower_layers_or_its_own_package(module: Module) -> None:
    ours = layer_key(module.name)
    assert ours in LAYERS, f"{module.name} has no layer: give {ours} one here and in DESIGN.md"
    too_high = [
        name
        for name in module.imports
        if is_ours(name) and layer_key(name) != ours and LAYERS[layer_key(name)] >= max(LAYERS[ours], 1)
    ]  # the values of layer 0 may use each other
    assert not too_high, f"{module.name} (layer {LAYERS[ours]}) imports {too_high}"


@by_name
def test_a_pure_module_imports_only_pure_ones(module: Module) -> None:
    if not is_pure(module):
        return
    pure = {other.name for other in MODULES if is_pure(other)} | {"zkbroker"}
    packages = {name.rpartition(".")[0] for name in pure}  # a package's own __init__ holds only a docstring
    for name in module.imports:
        if is_ours(name):
            assert name in pure or name in packages, f"{module.name} is pure and imports {name}, which is not"
        else:
            allowed = any(is_within(name, outside) for outside in PURE_OUTSIDE)
            assert allowed, f"{module.name} is pure and imports {name}"


@by_name
def test_some_libraries_have_one_importer(module: Module) -> None:
    for library, importers in ONLY_IMPORTERS.items():
        if any(is_within(name, library) for name in module.imports):
            assert any(is_within(module.name, allowed) for allowed in importers), f"{module.name}: {library}"


def test_replication_never_imports_zookeeper() -> None:
    """ISR changes reach the controller by AlterPartition."""
    for module in MODULES:
        if is_within(module.name, "zkbroker.replication"):
            assert not any(is_within(name, "zkbroker.zookeeper") for name in module.imports), module.name


def test_acl_stands_alone() -> None:
    for module in MODULES:
        if is_within(module.name, "acl"):
            assert not any(is_within(name, "zkbroker") for name in module.imports), module.name
