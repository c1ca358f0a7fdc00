"""From a certificate's subject to a principal: the name in RFC 2253's form as Java writes it, and mapping rules. [pure]

Source: javax.security.auth.x500.X500Principal.getName, kafka's SslPrincipalMapper (3.9.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

# ------------------------------------------------------------------------------------- distinguished names

_KEYWORDS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
"""The attribute types RFC 2253 names; all others are written as numbers, their values in hexadecimal."""

_TEXT_TAGS: Final = frozenset(
    (12, 19, 20, 22, 27, 28, 30)
)  # UTF8, Printable, T61, IA5, General, Universal, BMP
_ESCAPED: Final = ',=+<>#;"\\'


class _Malformed(ValueError):
    """Bytes that are no DER."""


@attrs.frozen
class _Element:
    """One DER element."""

    tag: int
    encoding: bytes  # all of it
    content: bytes


def _elements(data: bytes) -> Iterator[_Element]:
    """The elements that make up some bytes. Raises: ValueError."""
    position = 0
    while position < len(data):
        if position + 2 > len(data):
            raise _Malformed("a DER element is cut short")
        size, body = data[position + 1], position + 2
        if size >= 0x80:
            digits = size & 0x7F
            if not 1 <= digits <= 4 or body + digits > len(data):
                raise _Malformed("a DER length is malformed")
            size, body = int.from_bytes(data[body : body + digits], "big"), body + digits
        end = body + size
        if end > len(data):
            raise _Malformed("a DER element is cut short")
        yield _Element(data[position], data[position:end], data[body:end])
        position = end


def subject_name(certificate: bytes) -> str:
    """The subject of a DER certificate as `CN=…,OU=…,O=…`, most specific first.

    Raises: ValueError if the bytes are no certificate.
    """
    whole = next(_elements(certificate), None)
    tbs = None if whole is None else next(_elements(whole.content), None)
    if tbs is None:
        raise _Malformed("a certificate is cut short")
    fields = [element for element in _elements(tbs.content) if element.tag != 0xA0]  # without the version
    if len(fields) < 5:
        raise _Malformed("a certificate is cut short")
    subject = fields[4]  # serial number, signature, issuer, validity, subject
    names = [
        "+".join(_attribute(attribute) for attribute in _elements(rdn.content))
        for rdn in _elements(subject.content)
    ]
    return ",".join(reversed(names))


def _attribute(attribute: _Element) -> str:
    parts = list(_elements(attribute.content))
    if len(parts) != 2:
        raise _Malformed("an attribute of a name is not a type and a value")
    kind, value = parts
    oid = _object_identifier(kind.content)
    keyword = _KEYWORDS.get(oid)
    if keyword is None or value.tag not in _TEXT_TAGS:
        return f"{keyword or oid}=#{value.encoding.hex()}"
    text = "".join(
        f"\\{character}" if character in _ESCAPED else "\\00" if character == "\0" else character
        for character in value.content.decode("utf-8", "replace")
    )
    inner = text.strip(" \r")
    lead = text[: len(text) - len(text.lstrip(" \r"))]
    trail = text[len(lead) + len(inner) :]
    escaped_lead, escaped_trail = ("".join(f"\\{blank}" for blank in blanks) for blanks in (lead, trail))
    return f"{keyword}={escaped_lead}{inner}{escaped_trail}"


def _object_identifier(content: bytes) -> str:
    numbers: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise _Malformed("an object identifier is empty")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


# ------------------------------------------------------------------------------------------- mapping rules

_RULE: Final = r"(DEFAULT)|RULE:((\\.|[^\\/])*)/((\\.|[^\\/])*)/([LU]?).*?|(.*?)"
_RULE_SPLITTER: Final = re.compile(rf"\s*({_RULE})\s*(,\s*|$)")
_RULE_PARSER: Final = re.compile(r"(DEFAULT)|RULE:((?:\\.|[^\\/])*)/((?:\\.|[^\\/])*)/([LU]?)")
_BACK_REFERENCE: Final = re.compile(r"\\(.)|\$(\d)", re.DOTALL)


class NoRuleApplies(Exception):
    """No mapping rule fits a name; the message names both."""


@attrs.frozen
class _Rule:
    pattern: re.Pattern[str] | None  # None: the name itself (DEFAULT)
    replacement: str = ""
    case: str = ""  # "L", "U" or as it is

    def apply(self, name: str) -> str | None:
        if self.pattern is None:
            return name
        if self.pattern.fullmatch(name) is None:
            return None
        mapped = self.pattern.sub(self._replace, name)
        return mapped.lower() if self.case == "L" else mapped.upper() if self.case == "U" else mapped

    def _replace(self, match: re.Match[str]) -> str:
        groups = match.re.groups

        def reference(found: re.Match[str]) -> str:
            if found[1] is not None:
                return found[1]
            number = int(found[2])
            return (match[number] or "") if number <= groups else found[0]

        return _BACK_REFERENCE.sub(reference, self.replacement)


@attrs.frozen
class PrincipalMapping:
    """The rules of `ssl.principal.mapping.rules`, in order; the first that fits the whole name counts."""

    text: str
    _rules: tuple[_Rule, ...]

    def principal_name(self, name: str) -> str:
        """Raises: NoRuleApplies."""
        for rule in self._rules:
            mapped = rule.apply(name)
            if mapped is not None:
                return mapped
        raise NoRuleApplies(f"no rule of ssl.principal.mapping.rules={self.text} fits {name}")


def parse_mapping_rules(text: str) -> PrincipalMapping:
    """`DEFAULT` and `RULE:pattern/replacement/[LU]`, separated by commas. Raises: ValueError."""
    rules: list[_Rule] = []
    for found in _RULE_SPLITTER.finditer(text.strip()):
        if not found[1]:
            continue  # an empty rule counts for nothing, as in Kafka
        parsed = _RULE_PARSER.fullmatch(found[1])
        if parsed is None:
            raise ValueError(
                "it must be DEFAULT or RULE:pattern/replacement/[LU] entries separated by commas, "
                f"which {found[1]} is not"
            )
        try:
            pattern = None if parsed[1] is not None else re.compile(parsed[2])
        except re.error as error:
            raise ValueError(f"the pattern {parsed[2]} is no regular expression: {error}") from None
        rules.append(_Rule(pattern, parsed[3] or "", parsed[4] or ""))
    return PrincipalMapping(text, tuple(rules))
