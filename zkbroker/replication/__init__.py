"""Partition replicas: leading, following, the in-sync set and the high watermark."""
