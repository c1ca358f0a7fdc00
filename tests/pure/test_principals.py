"""Distinguished names as Java writes them, and Kafka's mapping rules. What is expected here, Java answered."""

from __future__ import annotations

import contextlib
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.security.principals import NoRuleApplies, parse_mapping_rules, subject_name

KEY = ec.generate_private_key(ec.SECP256R1())

Rdn = list[tuple[ObjectIdentifier, str]]


def certificate(*rdns: Rdn) -> bytes:
    name = x509.Name(
        [x509.RelativeDistinguishedName([x509.NameAttribute(*pair) for pair in rdn]) for rdn in rdns]
    )
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]))
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(KEY, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


@pytest.mark.parametrize(
    ("rdns", "name"),
    [
        (
            [
                [(NameOID.COUNTRY_NAME, "DE")],
                [(NameOID.STATE_OR_PROVINCE_NAME, "BW")],
                [(NameOID.LOCALITY_NAME, "Ulm")],
                [(NameOID.ORGANIZATION_NAME, "Acme, Inc.")],
                [(NameOID.ORGANIZATIONAL_UNIT_NAME, "Dev+Ops")],
                [(NameOID.COMMON_NAME, "alice")],
            ],
            r"CN=alice,OU=Dev\+Ops,O=Acme\, Inc.,L=Ulm,ST=BW,C=DE",
        ),
        (
            [
                [(NameOID.COMMON_NAME, " #lead trail ")],
                [(NameOID.EMAIL_ADDRESS, "a@b.c")],
                [(NameOID.SURNAME, "Doe")],
            ],
            r"2.5.4.4=#0c03446f65,1.2.840.113549.1.9.1=#16056140622e63,CN=\ \#lead trail\ ",
        ),
        (
            [
                [(NameOID.USER_ID, "u1"), (NameOID.COMMON_NAME, "x=y")],
                [(NameOID.DOMAIN_COMPONENT, "example")],
                [(NameOID.DOMAIN_COMPONENT, "com")],
            ],
            r"DC=com,DC=example,CN=x\=y+UID=u1",
        ),
        (
            [[(NameOID.STREET_ADDRESS, 'a"b\\c<d>;')], [(NameOID.COMMON_NAME, "Ünïcödé ☃")]],
            r"CN=Ünïcödé ☃,STREET=a\"b\\c\<d\>\;",
        ),
        (
            [
                [(NameOID.COMMON_NAME, "  ")],
                [(NameOID.ORGANIZATION_NAME, "a\r ")],
                [(NameOID.TITLE, "Dr")],
            ],
            "2.5.4.12=#0c024472,O=a\\\r\\ ,CN=\\ \\ ",
        ),
        ([], ""),
    ],
)
def test_a_subject_reads_as_in_java(rdns: list[Rdn], name: str) -> None:
    assert subject_name(certificate(*rdns)) == name


@given(data=st.binary())
def test_bytes_that_are_no_certificate_are_refused_in_order(data: bytes) -> None:
    with pytest.raises(ValueError):
        subject_name(data)


@given(cut=st.integers(min_value=0, max_value=400), junk=st.integers(min_value=0, max_value=255))
def test_a_damaged_certificate_does_no_harm(cut: int, junk: int) -> None:
    der = bytearray(certificate([(NameOID.COMMON_NAME, "a")]))
    der[cut % len(der)] = junk
    with contextlib.suppress(ValueError):
        subject_name(bytes(der))


SERVICES = "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/"
PEOPLE = "RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L"


@pytest.mark.parametrize(
    ("rules", "name", "principal"),
    [
        ("DEFAULT", "CN=a", "CN=a"),
        (f"{SERVICES},{PEOPLE},DEFAULT", "CN=Duke,OU=ServiceUsers,O=Org,C=US", "Duke"),
        (f"{SERVICES},{PEOPLE},DEFAULT", "CN=Duke,OU=SME,O=mycp,L=Fulton,ST=MD,C=US", "duke@sme"),
        (f"{SERVICES},{PEOPLE},DEFAULT", "CN=other", "CN=other"),
        ("RULE:^cn=(.*?),ou=(.*?),dc=(.*?),dc=(.*?)$/$1@$2/U", "cn=duke,ou=sme,dc=a,dc=com", "DUKE@SME"),
        ("RULE:^CN=(.*?), OU=(.*?)$/$1/L ,  DEFAULT", "CN=A, OU=B", "a"),
        ("RULE:CN=(.*?)/$1/", "CN=abc", "abc"),  # the pattern searches again: the lazy group is empty
        ("RULE:.*/x/", "abc", "xx"),  # the end of the text matches once more
        (r"RULE:CN=(.*)/\$1/", "CN=q", "$1"),
        (r"RULE:CN=(.*),O=a\/b/$1-$0/", "CN=q,O=a/b", "q-CN=q,O=a/b"),
        ("RULE:nothing/x/,DEFAULT,RULE:CN=y/z/", "CN=y", "CN=y"),
    ],
)
def test_rules_map_as_in_kafka(rules: str, name: str, principal: str) -> None:
    assert parse_mapping_rules(rules).principal_name(name) == principal


@pytest.mark.parametrize("rules", ["", "RULE:CN=x/y/"])
def test_a_name_no_rule_fits_is_nobody(rules: str) -> None:
    with pytest.raises(NoRuleApplies, match="CN=y"):
        parse_mapping_rules(rules).principal_name("CN=y")


@pytest.mark.parametrize(
    "rules", ["FOO", "RULE:CN=(.)/$1/X", "RULE:CN=(.)/$1", "RULE:CN=(/$1/", "DEFAULT,RULE:x"]
)
def test_rules_that_are_none_are_refused(rules: str) -> None:
    with pytest.raises(ValueError):
        parse_mapping_rules(rules)
