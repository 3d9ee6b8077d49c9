"""How sure we are of an author, by what our own hops found out."""

import pytest

from ingestd.core.grade import Field, Graded, Result, aligned, domain_of, grade_of
from ingestd.core.model import Grade

VERIFIED, UNVERIFIED, FORGED = Grade.VERIFIED, Grade.UNVERIFIED, Grade.FORGED


def result(said):
    """`dmarc=pass header.from=example.net` -> Result."""
    first, *others = (tuple(word.split("=", 1)) for word in said.split())
    return Result(*first, tuple(others))


def field(*said, sound=True):
    return Field("mx.example.com", tuple(map(result, said)), sound, "; ".join(said))


def graded(*fields, author="ann@example.net", sole=True, reverse_path="ann@example.net"):
    return grade_of(author, fields, sole=sole, reverse_path=reverse_path)


DMARC_PASS = "dmarc=pass header.from=example.net"
DMARC_FAIL = "dmarc=fail header.from=example.net"
DMARC_NONE = "dmarc=none header.from=example.net"
DKIM_PASS = "dkim=pass header.d=example.net"
DKIM_FAIL = "dkim=fail header.d=example.net"
SPF_PASS = "spf=pass smtp.mailfrom=ann@example.net"
SPF_FAIL = "spf=fail smtp.mailfrom=ann@example.net"


@pytest.mark.parametrize(
    ("said", "grade", "reason"),
    [
        ((DMARC_PASS,), VERIFIED, "dmarc=pass for example.net"),
        ((DMARC_PASS, SPF_FAIL, DKIM_FAIL), VERIFIED, "dmarc=pass for example.net"),
        (("dmarc=pass header.from=EXAMPLE.NET.",), VERIFIED, "dmarc=pass for example.net"),
        (("dmarc=pass header.from=evil.example",), UNVERIFIED, "dmarc=pass proves nothing"),
        (("dmarc=pass",), UNVERIFIED, "dmarc=pass proves nothing"),
        (("dmarc=pass header.from=mail.example.net",), UNVERIFIED, "dmarc=pass proves nothing"),
        ((DMARC_FAIL,), FORGED, "dmarc=fail for example.net"),
        ((DMARC_FAIL, DKIM_PASS, SPF_PASS), FORGED, "dmarc=fail for example.net"),
        (("dmarc=fail",), FORGED, "dmarc=fail for example.net"),
        (("dmarc=reject header.from=example.net",), FORGED, "dmarc=fail for example.net"),
        (("dmarc=fail header.from=evil.example",), UNVERIFIED, "dmarc=fail proves nothing"),
        ((DMARC_PASS, DMARC_FAIL), FORGED, "dmarc=fail for example.net"),
        ((DMARC_PASS, DMARC_NONE), UNVERIFIED, "dmarc=pass, dmarc=none proves nothing"),
        (("dmarc=temperror header.from=example.net",), UNVERIFIED, "dmarc=temperror proves nothing"),
        (("dmarc=permerror", DKIM_PASS), VERIFIED, "dkim=pass for example.net"),
        (("dmarc=bestguesspass", SPF_PASS), VERIFIED, "spf=pass for example.net"),
        ((DKIM_PASS,), VERIFIED, "dkim=pass for example.net"),
        (("dkim=pass header.i=@example.net",), VERIFIED, "dkim=pass for example.net"),
        (("dkim=pass header.d=evil.example header.i=@example.net",), UNVERIFIED, "dkim=pass proves nothing"),
        (("dkim=pass header.d=evil.example", DKIM_PASS), VERIFIED, "dkim=pass for example.net"),
        (("dkim=pass",), UNVERIFIED, "dkim=pass proves nothing"),
        (("dkim=policy header.d=example.net",), UNVERIFIED, "dkim=policy proves nothing"),
        ((SPF_PASS,), VERIFIED, "spf=pass for example.net"),
        (("spf=pass smtp.mailfrom=example.net",), VERIFIED, "spf=pass for example.net"),
        (("spf=pass smtp.mail=example.net",), VERIFIED, "spf=pass for example.net"),
        (("spf=pass smtp.helo=example.net",), UNVERIFIED, "spf=pass proves nothing"),
        (("spf=pass smtp.mailfrom=bounce@evil.example",), UNVERIFIED, "spf=pass proves nothing"),
        ((SPF_PASS, "spf=pass smtp.mailfrom=evil.example"), UNVERIFIED, "spf=pass, spf=pass proves nothing"),
        ((SPF_PASS, "spf=none smtp.helo=evil.example"), UNVERIFIED, "spf=pass, spf=none proves nothing"),
        ((SPF_FAIL, DKIM_FAIL), FORGED, "spf=fail and dkim=fail for example.net"),
        (("spf=hardfail smtp.mailfrom=example.net", DKIM_FAIL), FORGED, "spf=fail and dkim=fail for example.net"),
        ((SPF_FAIL, DKIM_FAIL, DMARC_NONE), FORGED, "spf=fail and dkim=fail for example.net"),
        (("spf=softfail smtp.mailfrom=example.net", DKIM_FAIL), UNVERIFIED, "dkim=fail, spf=softfail proves nothing"),
        ((SPF_FAIL, "dkim=none"), UNVERIFIED, "dkim=none, spf=fail proves nothing"),
        ((SPF_FAIL, "dkim=fail header.d=evil.example"), UNVERIFIED, "dkim=fail, spf=fail proves nothing"),
        (("spf=fail smtp.mailfrom=evil.example", DKIM_FAIL), UNVERIFIED, "dkim=fail, spf=fail proves nothing"),
        ((SPF_FAIL, DKIM_FAIL, DKIM_PASS), VERIFIED, "dkim=pass for example.net"),
        ((SPF_FAIL,), UNVERIFIED, "spf=fail proves nothing"),
        (("auth=pass smtp.auth=ann",), UNVERIFIED, "no result proves nothing"),
        ((), UNVERIFIED, "no result proves nothing"),
    ],
)
def test_the_grade_of_one_field(said, grade, reason):
    """Verified: DMARC, or an aligned SPF or DKIM pass; forged: DMARC fails, or both of the others; else unverified."""
    assert Graded(grade, f"{reason}, says mx.example.com", "; ".join(said), told=True) == graded(field(*said))


def test_without_a_field_of_ours_nobody_is_verified():
    """And it is told apart from a field that says nothing: many such mails in a row are a fault."""
    assert Graded(UNVERIFIED, "no Authentication-Results of ours", "", told=False) == graded()


@pytest.mark.parametrize(
    ("fields", "grade"),
    [
        ((field(SPF_PASS), field(DMARC_FAIL)), FORGED),
        ((field("spf=none"), field("dkim=none"), field(DMARC_PASS)), VERIFIED),
        ((field(DMARC_NONE), field(DMARC_PASS)), UNVERIFIED),
        ((field("dkim=none"), field(DKIM_PASS)), UNVERIFIED),
        ((field("spf=softfail"), field(SPF_PASS)), UNVERIFIED),
        ((field(DMARC_FAIL), field(DMARC_PASS)), FORGED),
        ((field(DMARC_PASS), field(DMARC_FAIL)), VERIFIED),
    ],
)
def test_the_topmost_field_that_has_a_method_decides_for_it(fields, grade):
    """Filters write a field each; what stands further down may be the sender's, in our name."""
    assert grade is graded(*fields).grade


@pytest.mark.parametrize(("said", "grade"), [(DMARC_PASS, UNVERIFIED), (SPF_PASS, UNVERIFIED), (DMARC_FAIL, FORGED)])
@pytest.mark.parametrize(
    "doubt",
    [
        {"sole": False},
        {"reverse_path": '"x); dkim=pass header.d=example.net (y"@evil.example'},
        {"reverse_path": "a b"},
    ],
)
def test_what_is_ambiguous_verifies_nobody(said, grade, doubt):
    """Several authors, or a reverse-path that writes into the field; what fails has failed all the same."""
    assert grade is graded(field(said), **doubt).grade


@pytest.mark.parametrize(
    "path",
    ["", "SRS0=HHH=TT=example.net=ann@fwd.example", "prvs=1234567890=ann@example.net", "b+1=a=x.example@esp.example"],
)
def test_bounce_addresses_are_no_doubt(path):
    """SRS, BATV and VERP are how honest mail comes."""
    assert VERIFIED is graded(field(DMARC_PASS), reverse_path=path).grade


@pytest.mark.parametrize(
    ("said", "grade"), [(DMARC_PASS, UNVERIFIED), (DKIM_PASS, UNVERIFIED), (SPF_PASS, UNVERIFIED), (DMARC_FAIL, FORGED)]
)
def test_a_field_with_broken_grammar_verifies_nobody(said, grade):
    """What does not close may be a piece of the sender's."""
    assert grade is graded(field(said, sound=False)).grade


@pytest.mark.parametrize(
    ("speaker", "domain", "may"),
    [
        ("example.net", "example.net", True),
        ("example.net", "mail.example.net", True),
        ("mail.example.net", "example.net", False),
        ("a.example.net", "b.example.net", False),
        ("ample.net", "example.net", False),
        ("net", "example.net", False),
        ("co.uk", "shop.co.uk", False),
        ("com.br", "shop.com.br", False),
        ("shop.co.uk", "www.shop.co.uk", True),
        ("co.uk", "co.uk", True),
        ("co.example", "x.co.example", True),
        ("", "", False),
        ("", "example.net", False),
    ],
)
def test_who_may_speak_for_a_domain(speaker, domain, may):
    """The domain itself and what stands above it, but no registry's suffix."""
    assert may is aligned(speaker, domain)


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("ann@Example.NET", "example.net"),
        ("@example.net", "example.net"),
        ("example.net.", "example.net"),
        ("<ann@example.net>", "example.net"),
        ('"a@evil.example"@example.net', "example.net"),
        ("ann@xn--bcher-kva.example", "bücher.example"),
        ("ann@BÜCHER.example", "bücher.example"),
        ("ann@bu\u0308cher.example", "bücher.example"),
        ("ann@straße.example", "straße.example"),
        ("ann@xn--example-.net", "xn--example-.net"),
        ("ann@xn--\u00fc.example", "xn--ü.example"),
        ("ann@xn--99999999999.example", "xn--99999999999.example"),
        ("ann@" + "x" * 256, ""),
        ("ann@", ""),
        ("", ""),
    ],
)
def test_one_spelling_for_a_domain(written, domain):
    """Case, the last dot and punycode make no difference; letters that only look alike do."""
    assert domain == domain_of(written)
