"""What ends a command early."""

from __future__ import annotations


class Failure(Exception):
    """The command cannot do what was asked. The message is a sentence for the person who asked."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
