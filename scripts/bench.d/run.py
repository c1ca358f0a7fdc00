"""scripts/bench NAME [options]: every other module here that has a `main(argv)` is a measurement."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    modules = {
        file.stem.rstrip("_").replace("_", "-"): file.stem  # acl_.py, for it must not hide the package
        for file in sorted(HERE.glob("*.py"))
        if file.stem not in ("run", "measure")
    }
    if len(sys.argv) < 2 or sys.argv[1] not in modules:
        sys.stderr.write(f"usage: scripts/bench NAME [options]; NAME is one of: {', '.join(modules)}\n")
        return 2
    sys.path[:0] = [str(HERE), str(HERE.parent.parent)]  # measure.py; tests.support
    module = importlib.import_module(modules[sys.argv[1]])
    result: int = module.main(sys.argv[2:])
    return result


if __name__ == "__main__":
    sys.exit(main())
