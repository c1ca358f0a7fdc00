"""Configuration: one table of Kafka's keys, and the frozen values it turns into. [pure]

`BrokerConfig` is one broker's, `TopicConfig` one topic's. Both are complete and checked once they exist.
"""

from zkbroker.config.broker import BrokerConfig
from zkbroker.config.broker_keys import BROKER_KEYS
from zkbroker.config.environment import settings_from_environment
from zkbroker.config.keys import Key, Kind, Secret, Treatment, Update
from zkbroker.config.properties import Property, parse_properties
from zkbroker.config.protocol_version import ProtocolVersion
from zkbroker.config.settings import ConfigError, Origin, Setting, Source
from zkbroker.config.topic import TOPIC_KEYS, TOPIC_SYNONYMS, TopicConfig, validate_topic_config

__all__ = [
    "BROKER_KEYS",
    "TOPIC_KEYS",
    "TOPIC_SYNONYMS",
    "BrokerConfig",
    "ConfigError",
    "Key",
    "Kind",
    "Origin",
    "Property",
    "ProtocolVersion",
    "Secret",
    "Setting",
    "Source",
    "TopicConfig",
    "Treatment",
    "Update",
    "parse_properties",
    "settings_from_environment",
    "validate_topic_config",
]
