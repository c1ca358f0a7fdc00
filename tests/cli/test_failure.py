"""Which exceptions end a command with a sentence, and which are bugs."""

from __future__ import annotations

from zkbroker.cli.failure import sentence_in


class ForPeople(Exception):
    pass


def test_a_sentence_is_found_in_groups_of_groups() -> None:
    group = ExceptionGroup("", [ExceptionGroup("", [ForPeople("the disk is full"), ForPeople("and more")])])
    assert sentence_in(group, (ForPeople,)) == "the disk is full"
    assert sentence_in(ForPeople("no"), (ForPeople,)) == "no"


def test_a_bug_beside_it_is_not_hidden() -> None:
    group = ExceptionGroup("", [ForPeople("the disk is full"), KeyError("x")])
    assert sentence_in(group, (ForPeople,)) is None
    assert sentence_in(KeyError("x"), (ForPeople,)) is None
