"""Written by zkbroker.protocol.generate from messages.spec."""
