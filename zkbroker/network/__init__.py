"""Sockets: listeners, the server's side of a connection, and our client to another broker."""
