"""Keys that ask for a protection this release does not give yet. [pure]

Ignoring one would let somebody in, so each stops the start. A part that lands takes its lines out of here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkbroker.config.settings import ConfigError

if TYPE_CHECKING:
    from zkbroker.config.broker import BrokerConfig


def require_served(config: BrokerConfig) -> None:
    """Raises: ConfigError if the configuration asks for an authorizer."""
    for key in ("authorizer.class.name",):
        if config.value_of(key):
            allowed = "this release does not serve it yet, and would let everybody in; remove it"
            raise ConfigError(key, config.text_of(key), allowed, config.origin_of(key))
