"""Python libraries that only tests need: skipped where they are missing, but not in CI."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest


def library(name: str) -> Any:
    """The module of that name, or the calling test (or module) is skipped; with CI set it fails."""
    if os.environ.get("CI"):
        return import_module(name)
    return pytest.importorskip(name)
