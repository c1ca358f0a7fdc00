"""How often Python's garbage collector looks at the objects of a server."""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 10_000
"""So many more made than freed, before the collector looks at the young ones. Python's 700 are a few dozen requests in
flight: it went through live objects all the time, for a quarter of the broker's processor time, and found nothing.
"""


def spare_the_collector() -> None:
    """Called when a server serves: what is there now is there for good, the collector need not go through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
