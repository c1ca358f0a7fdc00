"""Whether what was written is on disk. [pure]"""

from __future__ import annotations

import attrs


@attrs.define(eq=False)
class Unsynced:
    """Changes counted, so that a sync settles those made before it began and not those made while it ran."""

    changes: int = 0
    _synced: int = 0

    def __bool__(self) -> bool:
        """Whether a sync is needed."""
        return self.changes > self._synced

    def add(self) -> None:
        """Something was written, made, renamed or removed."""
        self.changes += 1

    def settle(self, changes: int) -> None:
        """A sync that began after that many changes is done."""
        self._synced = max(self._synced, changes)
