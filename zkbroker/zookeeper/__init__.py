"""ZooKeeper as this project uses it: sessions for trio, znode formats, the election."""
