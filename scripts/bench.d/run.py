"""scripts/bench NAME [options]: every other module here that has a `main(argv)` is a measurement."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    names = sorted(
        file.stem.replace("_", "-") for file in HERE.glob("*.py") if file.stem not in ("run", "measure")
    )
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.stderr.write(f"usage: scripts/bench NAME [options]; NAME is one of: {', '.join(names)}\n")
        return 2
    sys.path[:0] = [str(HERE), str(HERE.parent.parent)]  # measure.py; tests.support
    module = importlib.import_module(sys.argv[1].replace("-", "_"))
    result: int = module.main(sys.argv[2:])
    return result


if __name__ == "__main__":
    sys.exit(main())
