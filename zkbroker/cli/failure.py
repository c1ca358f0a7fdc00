"""What ends a command with one sentence."""

from __future__ import annotations

from collections.abc import Iterator


class Failure(Exception):
    """The command cannot do what was asked. The message is a sentence for the person who asked."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions in a nursery's groups of groups; `error` itself if it is no group."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def sentence_in(error: BaseException, for_people: tuple[type[BaseException], ...]) -> str | None:
    """The message of the first exception that was written for people, if there is nothing else in `error`."""
    found = list(leaves(error))
    if all(isinstance(leaf, for_people) for leaf in found):
        return str(found[0])
    return None
