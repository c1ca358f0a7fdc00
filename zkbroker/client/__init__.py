"""A small blocking client on our own codec, for commands: it starts in milliseconds.

`Cluster` finds brokers and waits for what is about to come; beside it stand Kafka's admin calls, a module a family.
"""
