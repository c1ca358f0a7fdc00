"""Java's .properties files. The cases were read by java.util.Properties itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.config import parse_properties
from zkbroker.config.properties import format_properties

CASES: list[tuple[str, list[tuple[str, str]]]] = [
    ("a=b", [("a", "b")]),
    ("a:b", [("a", "b")]),
    ("a b", [("a", "b")]),
    ("a \t\f = \f b ", [("a", "b ")]),
    ("a==b", [("a", "=b")]),
    ("a= :b", [("a", ":b")]),
    ("a", [("a", "")]),
    ("=b", [("", "b")]),
    ("# c\n! c\n  # c\na=#b", [("a", "#b")]),
    ("a=1\r\nb=2\rc=3\n\n", [("a", "1"), ("b", "2"), ("c", "3")]),
    ("a=1\na=2", [("a", "1"), ("a", "2")]),
    ("a=b\\\n   c", [("a", "bc")]),
    ("a=b\\\\\nc=d", [("a", "b\\"), ("c", "d")]),
    ("a=b\\\n# c", [("a", "b# c")]),
    ("a\\\n=b", [("a", "b")]),
    (" \\\n!en\nb=c", [("b", "c")]),
    ("a\\ b\\=c\\:d=e", [("a b=c:d", "e")]),
    ('a=\\t\\n\\r\\f\\q\\"', [("a", '\t\n\r\fq"')]),
    ("a=\\u00e9\\u0041", [("a", "éA")]),
    ("a=\\uD83D\\uDE00", [("a", "😀")]),
    ("a=b\\", [("a", "b")]),
    ("a=x\u2028y\x85z\x0b", [("a", "x\u2028y\x85z\x0b")]),
    ("listeners=PLAINTEXT://:9092", [("listeners", "PLAINTEXT://:9092")]),
    ("path=C:\\\\kafka", [("path", "C:\\kafka")]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_as_java_reads_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(found.key, found.value) for found in parse_properties(text)] == expected


def test_lines_are_where_a_property_begins() -> None:
    text = "# comment\n\na=1\nb=2\\\n  3\\\n  4\nc=5\n"
    assert [(found.key, found.line) for found in parse_properties(text)] == [("a", 3), ("b", 4), ("c", 7)]


@pytest.mark.parametrize("text", ["a=\\u12", "a=\\uzzzz", "a=\\u 123"])
def test_a_broken_escape_names_its_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: .*four hexadecimal digits"):
        parse_properties("# first\n" + text)


ESCAPED = str.maketrans({c: "\\" + c for c in "\\=:#! \t\f"} | {"\n": "\\n", "\r": "\\r"})


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_what_is_escaped_comes_back(properties: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{key.translate(ESCAPED)}={value.translate(ESCAPED)}" for key, value in properties)
    assert [(found.key, found.value) for found in parse_properties(text)] == properties


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_written_is_read_back(properties: dict[str, str]) -> None:
    found = parse_properties(format_properties(properties))
    assert {item.key: item.value for item in found} == properties
