"""The log: Kafka's files, byte for byte, and the objects that own them.

`LogManager` owns the log directories and their `Log`s; a `Log` owns its segments, producer state and leader
epochs and changes them in sync methods only; `LogSlice` is what a reader gets. Source: Kafka 3.9 storage.
"""
