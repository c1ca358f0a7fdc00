"""The ZooKeeper-mode controller: a reign decides from an immutable context and writes behind a fence."""
