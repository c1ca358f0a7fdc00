"""Producer ids, consumer groups and transactions."""
