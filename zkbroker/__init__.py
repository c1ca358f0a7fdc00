"""A broker cluster that speaks Kafka's wire protocol and keeps its coordination in ZooKeeper."""

__version__ = "0.1.0"
