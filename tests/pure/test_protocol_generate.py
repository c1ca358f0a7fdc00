"""generated/ is what the spec says, and the spec's parser refuses what it does not understand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zkbroker.protocol import spec as specs
from zkbroker.protocol.generate import GENERATED, generated_files


def test_the_committed_modules_are_those_of_the_spec() -> None:
    committed = {path.name: path.read_text() for path in GENERATED.glob("*.py")}
    generated = generated_files()
    assert committed.keys() == generated.keys()
    stale = [name for name in generated if committed[name] != generated[name]]
    assert not stale, "run python -m zkbroker.protocol.generate"


def test_importing_the_codec_imports_no_message() -> None:
    program = (
        "import sys, zkbroker.protocol.codec as c; "
        "print([m for m in sys.modules if 'protocol.generated.' in m and not m.endswith('api_keys')])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("TransactionalId", "transactional_id"),
        ("isKRaftController", "is_kraft_controller"),
        ("V3AndBelowTopics", "v3_and_below_topics"),
        ("ResultsByTopicV3AndBelow", "results_by_topic_v3_and_below"),
        ("timeoutMs", "timeout_ms"),
    ],
)
def test_kafkas_names_as_attributes(name: str, attribute: str) -> None:
    assert specs.snake_case(name) == attribute


def test_a_line_that_is_no_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"line 2: 'Name  string'"):
        specs.parse("M  data  versions=0  flexible=none\n  Name  string\n")


def test_a_struct_defined_twice_is_refused() -> None:
    text = (
        "M  data  versions=0  flexible=none\n  A  []S  0+\n    X  int8  0+\n  B  []S  0+\n    X  int8  0+\n"
    )
    with pytest.raises(ValueError, match="struct S is there twice"):
        specs.parse(text)


def test_versions_that_look_alike_share_a_layout() -> None:
    text = "M  data  versions=0-4  flexible=3+\n  A  int8  0+\n  B  int8  2+\n"
    (message,) = specs.parse(text)
    assert list(message.layouts().values()) == [[0, 1], [2], [3, 4]]
