"""Bytes to frozen messages and back. Nothing here knows a socket, a clock or a file."""
