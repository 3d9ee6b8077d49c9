"""Authentication-Results as real hosts write them, and as senders would like them to be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.grade import grade_of
from ingestd.core.model import Grade
from ingestd.mail.authentication import fields_of, read_field
from ingestd.mail.parse import parse, parse_headers

US = ("mx.example.com",)
VERIFIED, UNVERIFIED, FORGED = Grade.VERIFIED, Grade.UNVERIFIED, Grade.FORGED

MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=example.net; dkim=pass (signature was verified) "
    "header.d=example.net;dmarc=pass action=none header.from=example.net;compauth=pass reason=100"
)
GOOGLE = (
    "mx.google.com;       dkim=pass header.i=@example.net header.s=20230601 header.b=Ab+/cd==;       spf=pass "
    "(google.com: domain of ann@example.net designates 192.0.2.7 as permitted sender) smtp.mailfrom=ann@example.net;"
    "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.net"
)
YAHOO = (
    "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com; dkim=pass header.i=@example.net header.s=s1;spf=pass "
    "smtp.mailfrom=example.net;dmarc=pass(p=REJECT) header.from=example.net;"
)
OPENDKIM = 'mx.example.com; dkim=pass (2048-bit key; secure) header.d=example.net header.i=@example.net header.b="a;b"'
OPENDMARC = "mx.example.com; dmarc=pass (p=none dis=none) header.from=example.net"
POLICYD = "mx.example.com; spf=pass (mailfrom) smtp.mailfrom=example.net (client-ip=192.0.2.7; helo=out.example.net)"
RSPAMD = (
    "mx.example.com; dkim=pass header.d=example.net header.s=s header.b=Xy; dmarc=pass (policy=reject) "
    "header.from=example.net; spf=pass (mx.example.com: domain of ann@example.net designates 192.0.2.7 as permitted "
    "sender) smtp.mailfrom=ann@example.net"
)
EXIM = (
    "mx.example.com; iprev=pass (out.example.net) smtp.remote-ip=192.0.2.7; spf=pass smtp.mailfrom=example.net; "
    "dkim=pass header.d=example.net header.s=x header.a=rsa-sha256; dmarc=pass header.from=example.net; arc=none"
)


@pytest.mark.parametrize(
    ("value", "authserv_id", "said"),
    [
        (MICROSOFT, "", "spf=pass dkim=pass dmarc=pass compauth=pass"),
        (GOOGLE, "mx.google.com", "dkim=pass spf=pass dmarc=pass"),
        (YAHOO, "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com", "dkim=pass spf=pass dmarc=pass"),
        (OPENDKIM, "mx.example.com", "dkim=pass"),
        (OPENDMARC, "mx.example.com", "dmarc=pass"),
        (POLICYD, "mx.example.com", "spf=pass"),
        (RSPAMD, "mx.example.com", "dkim=pass dmarc=pass spf=pass"),
        (EXIM, "mx.example.com", "iprev=pass spf=pass dkim=pass dmarc=pass arc=none"),
    ],
)
def test_fields_as_hosts_write_them(value, authserv_id, said):
    """Each with its results in their order; a proof, for each closes what it opens."""
    field = read_field(value)

    assert (authserv_id, said, True) == (field.authserv_id, " ".join(map(str, field.results)), field.sound)
    assert VERIFIED is grade_of("ann@example.net", (field,), sole=True, reverse_path="ann@example.net").grade


@pytest.mark.parametrize(
    ("value", "authserv_id", "results"),
    [
        ("mx.example.com; none", "mx.example.com", []),
        ("mx.example.com", "mx.example.com", []),
        ("mx.example.com 1; spf=pass", "mx.example.com", ["spf=pass"]),
        ("mx.example.com (a (nested) one) ; SPF=Pass", "mx.example.com", ["spf=pass"]),
        ("mx.example.com;dkim=pass(ok)header.d=example.net", "mx.example.com", ["dkim=pass"]),
        ("mx.example.com; dkim / 1 = pass", "mx.example.com", ["dkim=pass"]),
        ("mx.example.com; ; ;spf=pass;;", "mx.example.com", ["spf=pass"]),
        ("mx.example.com; header.from=example.net", "mx.example.com", []),
        ('mx.example.com; spf=pass reason="a;dmarc=pass b"', "mx.example.com", ["spf=pass"]),
        ("mx.example.com, spf=pass", "?", []),
        ("mx.example.com spf=pass; dkim=pass", "?", ["dkim=pass"]),
        ('"mx.example.com"; spf=pass', "?", ["spf=pass"]),
        ("", "?", []),
        (";", "?", []),
    ],
)
def test_what_else_is_written(value, authserv_id, results):
    """Versions, comments, missing blanks and stray semicolons; an id in quotes is nobody's of ours."""
    field = read_field(value)

    assert (authserv_id, results) == (field.authserv_id, list(map(str, field.results)))


@pytest.mark.parametrize(
    "value",
    [
        "mx.example.com; spf=pass (never closed; dmarc=pass header.from=example.net",
        "mx.example.com; spf=pass ((twice) smtp.mailfrom=example.net",
        "mx.example.com; spf=fail (of x) smtp.mailfrom=y); dmarc=pass header.from=example.net",
        'mx.example.com; spf=fail (domain of "x); dkim=pass header.d=example.net (y"@evil.example denies)',
        'mx.example.com; spf=fail smtp.mailfrom="x; dkim=pass header.d=example.net',
    ],
)
def test_what_does_not_close_is_no_proof(value):
    """There a sender's address may have ended a comment, or begun a quoted string."""
    field = read_field(value)

    assert field.sound is False
    assert UNVERIFIED is grade_of("ann@example.net", (field,), sole=True, reverse_path="x@evil.example").grade


def test_an_escaped_quote_ends_no_value():
    """The address in quotes is one value, whatever it holds."""
    (result,) = read_field(
        r'mx.example.com; spf=pass smtp.mailfrom="a\" smtp.mailfrom=example.net b"@evil.example'
    ).results

    assert "evil.example" == result.domain("smtp.mailfrom")


RECEIVED = (
    "Received: from out.example.net (out.example.net [192.0.2.7])\r\n\tby mx.example.com (Postfix) with ESMTPS id 1"
)
FOREIGN = "Received: from laptop by out.example.net with ESMTPSA id 2"
INNER = "Received: from mx.example.com by filter.example.com with LMTP id 3"
PASS = f"Authentication-Results: {OPENDMARC}"
FAIL = "Authentication-Results: mx.example.com;\r\n\tdmarc=fail (p=reject dis=none) header.from=example.net"
FROM = "From: Ann <ann@example.net>"


def graded(*head, ids=US, hosts=(), parsed=parse, reverse_path="ann@example.net"):
    mail = parsed("\r\n".join((*head, "", "Hi", "")).encode())
    fields = fields_of(mail, ids, hosts)
    return grade_of("ann@example.net", fields, sole=mail.sole_author, reverse_path=reverse_path).grade


@pytest.mark.parametrize("parsed", [parse, parse_headers])
@pytest.mark.parametrize(
    ("head", "hosts", "grade"),
    [
        # Above the relay's Received (rspamd, Exim, Microsoft), below it (OpenDKIM and OpenDMARC with Postfix).
        ((PASS, RECEIVED, FOREIGN, FROM), (), VERIFIED),
        ((RECEIVED, PASS, FOREIGN, FROM), (), VERIFIED),
        ((RECEIVED, PASS, FOREIGN, FROM), US, VERIFIED),
        ((RECEIVED, PASS, FROM), US, VERIFIED),
        ((PASS, RECEIVED, FROM), ("other.example.com",), VERIFIED),
        # The sender's own, below his Received.
        ((RECEIVED, FOREIGN, PASS, FROM), (), UNVERIFIED),
        ((RECEIVED, FOREIGN, PASS, FROM), US, UNVERIFIED),
        ((RECEIVED, PASS, FOREIGN, FROM), ("other.example.com",), UNVERIFIED),
        # Two hops of ours.
        ((INNER, RECEIVED, PASS, FOREIGN, FROM), (), UNVERIFIED),
        ((INNER, RECEIVED, PASS, FOREIGN, FROM), ("*.example.com",), VERIFIED),
        ((INNER, RECEIVED, PASS, FOREIGN, FROM), ("filter.example.com", "MX.example.com"), VERIFIED),
        # In our name and without a Received of his own: ours stands above.
        ((RECEIVED, FAIL, PASS, FROM), (), FORGED),
        ((FAIL, RECEIVED, PASS, FROM), US, FORGED),
        ((RECEIVED, FROM), (), UNVERIFIED),
    ],
)
def test_where_a_field_is_believed(head, hosts, grade, parsed):
    """Above the first Received that is not by a host of ours, and the topmost of its method."""
    assert grade is graded(*head, hosts=hosts, parsed=parsed)


@pytest.mark.parametrize(
    "written",
    [
        "Authentication-Results: MX.Example.COM; dmarc=pass header.from=example.net",
        "authentication-results:mx.example.com 1;dmarc=pass header.from=example.net",
        "Authentication-Results:\r\n mx.example.com;\r\n\tdmarc=pass\r\n header.from=example.net",
    ],
)
def test_ours_however_it_is_written(written):
    """Case, version and folding make no difference."""
    assert VERIFIED is graded(RECEIVED, written, FROM)


@pytest.mark.parametrize(
    "written",
    [
        "Authentication-Results: mx.example.com.evil.example; dmarc=pass header.from=example.net",
        "Authentication-Results: mx.example.com.; dmarc=pass header.from=example.net",
        "Authentication-Results: mx.example.com x; dmarc=pass header.from=example.net",
        "Authentication-Results: mx.example.com/1; dmarc=pass header.from=example.net",
        "Authentication-Results: evil.example (mx.example.com); dmarc=pass header.from=example.net",
        "Authentication-Results: dmarc=pass header.from=example.net",
        "Authentication-Results : mx.example.com; dmarc=pass header.from=example.net",
        "ARC-Authentication-Results: i=1; mx.example.com; dmarc=pass header.from=example.net",
        "X-Authentication-Results: mx.example.com; dmarc=pass header.from=example.net",
        "Authentication-Results: =?utf-8?q?mx.example.com=3B_dmarc=3Dpass_header.from=3Dexample.net?=",
        "Authentication-Results: mx.example.com; spf=none smtp.mailfrom==?utf-8?q?x=3Bdmarc=3Dpass?=@evil.example",
        "Subject: x\r\n Authentication-Results: mx.example.com; dmarc=pass header.from=example.net",
    ],
)
def test_what_only_looks_like_ours(written):
    """Another's id, another field, a blank before the colon, encoded words: nobody is verified by them."""
    assert UNVERIFIED is graded(RECEIVED, written, FROM)


def test_a_relay_that_writes_no_id_is_named_so():
    """Exchange Online: `authserv_id = ["(none)"]`, and only then."""
    written = f"Authentication-Results: {MICROSOFT}"

    assert VERIFIED is graded(written, RECEIVED, FROM, ids=("(none)",))
    assert UNVERIFIED is graded(written, RECEIVED, FROM, ids=("mx.example.com", "none", "?"))


@pytest.mark.parametrize(
    "head",
    [
        ("From: ann@example.net, eve@evil.example",),
        ("From: Us: ann@example.net, eve@evil.example;",),
        (FROM, "From: eve@evil.example"),
        ("From: eve@evil.example", FROM),
        (FROM, "From :"),
        ("Subject: no author",),
    ],
)
def test_of_several_authors_none_is_verified(head):
    """Nobody knows which From was checked; nor is one verified who stands nowhere."""
    assert UNVERIFIED is graded(RECEIVED, PASS, *head)


@settings(deadline=None)
@given(st.text('mx.example.com;dkspfr=pas()"\\ \t\0é@,/1'))
def test_no_text_breaks_the_reader(value):
    """Whatever stands there, it is read; what does not close is not sound."""
    field = read_field(value)

    assert value == field.raw
    assert grade_of("ann@example.net", (field,), sole=True, reverse_path="").grade is not VERIFIED


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_trace_breaks_the_parser(noise):
    """Its text is clean Unicode on one line, so that it can be shown."""
    mail = parse(b"Received: " + noise + b"\r\nAuthentication-Results:" + noise + b"\r\n\r\nHi")

    for _, value in mail.trace:
        value.encode()
        assert value.isprintable() or not any(ord(c) < 32 for c in value)


@pytest.mark.parametrize("mark", ["(", ")", '"', ";", "\\", "a=b ", '=""', "x/1=", '("', "; dkim=pass"])
def test_long_fields_cost_no_more_than_their_length(mark):
    """A hundred kilobytes of any mark is read at once; the suite's time limit is the judge."""
    read_field(mark * (2**17 // len(mark)))


def test_the_trace_is_bounded():
    """Two hundred fields of eight kilobytes, whatever came."""
    mail = parse(b"Received: " + b"x" * 9000 + b"\r\n" + b"Received: by x\r\n" * 5000 + b"\r\nHi")

    assert (200, 8192) == (len(mail.trace), len(mail.trace[0][1]))
