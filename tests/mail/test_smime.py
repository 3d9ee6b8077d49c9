"""Opaque S/MIME: what was signed is read, what was encrypted is said to be."""

import base64
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.core.model import Coding
from ingestd.mail.cms import DEPTH, ELEMENTS, SignedContent
from ingestd.mail.parse import parse
from ingestd.mail.transfer import read

SIGNED, ENVELOPED, DATA = (bytes.fromhex("06092a864886f70d0107") + number for number in (b"\x02", b"\x03", b"\x01"))
VERSION, DIGESTS = b"\x02\x01\x01", b"\x31\x03\x30\x01\x05"
CONTENT = (
    b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nIt burns.\r\n"
    b"--i\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--i--\r\n"
)


def definite(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(4, "big").lstrip(b"\0") or b"\0"
    return (
        bytes((tag, len(content))) + content if len(content) < 128 else bytes((tag, 128 + len(size))) + size + content
    )


def open_ended(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x80)) + content + b"\0\0"


def signed(octets: bytes, wrap=definite, digests: bytes = DIGESTS) -> bytes:
    """ContentInfo with SignedData around an octet string, its certificates and signatures left out."""
    enclosed = wrap(0x30, DATA + wrap(0xA0, octets))
    return wrap(0x30, SIGNED + wrap(0xA0, wrap(0x30, VERSION + digests + enclosed + b"\x31\x00")))


def segments(content: bytes, size: int) -> bytes:
    return b"".join(definite(4, content[at : at + size]) for at in range(0, len(content), size))


FORMS = {
    "DER": signed(definite(4, CONTENT)),
    "BER": signed(open_ended(0x24, segments(CONTENT, 50)), open_ended),
    "BER of known length": signed(definite(0x24, segments(CONTENT, 130))),
    "segments in segments": signed(
        open_ended(0x24, definite(0x24, segments(CONTENT[:90], 7)) + segments(CONTENT[90:], 9))
    ),
    "open digests": signed(definite(4, CONTENT), digests=open_ended(0x31, open_ended(0x30, b"\x05\x00") + b"\x05\x00")),
}


def mail(der: bytes, kind: str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m") -> bytes:
    head = b"From: a@x.example\r\nSubject: Help\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head % kind.encode() + base64.encodebytes(der).replace(b"\n", b"\r\n")


@pytest.mark.parametrize("form", FORMS)
def test_what_was_signed_is_the_mail(form):
    """Its text is the mail's text, its files are the mail's files, byte for byte, and the envelope is no file."""
    raw = mail(FORMS[form])

    read_mail = parse(raw)

    assert "It burns." == read_mail.text
    assert [("a.pdf", 4)] == [(file.name, file.size) for file in read_mail.attachments]
    assert b"%PDF" == read(raw, read_mail.attachments[0].source)


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-pkcs7-mime; name=smime.p7m",
        "application/octet-stream; name=smime.p7m",
        'application/octet-stream; name="SMIME.P7Z"',
        "application/pkcs7-mime",
    ],
)
def test_the_bytes_tell_what_it_is(kind):
    """Old types, bare names and types without a parameter are opened alike."""
    assert "It burns." == parse(mail(FORMS["DER"], kind)).text


def test_a_lists_footer_stays_below_what_was_signed():
    """A list wraps the part and adds its own text."""
    part = mail(FORMS["DER"]).partition(b"Subject: Help\r\n")[2]
    raw = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" + part + b"--o\r\n\r\nFooter\r\n--o--\r\n"

    assert "It burns.\n--\nFooter" == parse(raw).text


def test_signatures_around_signatures_are_undone():
    """A mail signed twice says the same."""
    assert "It burns." == parse(mail(signed(definite(4, mail(FORMS["BER"]))))).text


@pytest.mark.parametrize(
    ("der", "text"),
    [
        (signed(definite(4, CONTENT))[:200], "It burns."),
        (signed(b""), ""),
        (signed(definite(0x30, b"")), ""),
        (b"no DER at all", ""),
        (definite(0x30, SIGNED), ""),
    ],
    ids=["cut off", "certificates only", "no octets", "junk", "nothing inside"],
)
def test_what_is_not_whole_stays_a_file(der, text):
    """As much as can be read is read, and the part goes along as it came."""
    read_mail = parse(mail(der))

    assert text == read_mail.text
    assert "smime.p7m" in [file.name for file in read_mail.attachments]


@pytest.mark.parametrize("document", [b"%PDF-1.7\nAuthor: x\n\nbinary", b"<?xml version='1.0'?>\n\n<Fattura/>", b""])
def test_a_signed_document_stays_a_file(document):
    """Invoices are signed in the same form: what is no mail is not read as one."""
    read_mail = parse(mail(signed(definite(4, document)), "application/pkcs7-mime; name=fattura.pdf.p7m"))

    assert ("", ["fattura.pdf.p7m"]) == (read_mail.text, [file.name for file in read_mail.attachments])


def test_the_signature_of_a_document_is_a_file():
    """That of the mail is none, wherever a list left it."""
    names = ("offer.pdf.p7s", "smime.p7s")
    parts = (f"--o\r\nContent-Type: application/pkcs7-signature; name={name}\r\n\r\nMII\r\n" for name in names)
    raw = "Content-Type: multipart/mixed; boundary=o\r\n\r\n" + "".join(parts) + "--o--\r\n"

    assert ["offer.pdf.p7s"] == [file.name for file in parse(raw.encode()).attachments]


def test_a_signed_text_without_fields_is_read():
    """The head of a MIME entity may be empty."""
    assert "It burns." == parse(mail(signed(definite(4, b"\r\nIt burns.\r\n")))).text


@pytest.mark.parametrize(
    "raw",
    [
        mail(definite(0x30, ENVELOPED + definite(0xA0, b"secret")), "application/pkcs7-mime; name=smime.p7m"),
        (
            b"Content-Type: multipart/encrypted; boundary=b; protocol=application/pgp-encrypted\r\n\r\n"
            b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
            b"--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n"
        ),
    ],
    ids=["S/MIME", "PGP"],
)
def test_an_encrypted_mail_says_so(raw):
    """Who reads the ticket learns why it has no text; the mail goes along for whoever has the key."""
    read_mail = parse(raw)

    assert "encrypted" in read_mail.text
    assert read_mail.attachments


@given(form=st.sampled_from(sorted(FORMS)), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_the_content_depends_on_the_bytes_alone(form, cuts):
    """However the stream is cut into blocks, the same bytes come out."""
    der, stage = FORMS[form], SignedContent()
    edges = [0, *accumulate(cuts), len(der)]

    assert CONTENT == b"".join(stage.feed(der[a:b]) for a, b in pairwise(edges)) + stage.finish()
    assert stage.complete


@given(data=st.binary(max_size=200), at=st.integers(0, 60))
def test_damage_raises_nothing(data, at):
    """Any bytes in the place of any others."""
    der = FORMS["BER"]
    SignedContent().feed(der[:at] + data + der[at:])


@pytest.mark.parametrize(
    "octets",
    [
        b"\x24\x80" * 500_000,
        b"\x24\x80" + b"\x04\x00" * 500_000,
        b"\x04\x88" + b"\xff" * 8 + b"x",
        b"\x24\x89" + b"\1" * 9,
    ],
    ids=["deep", "many", "longer than all", "too long a length"],
)
def test_a_hostile_stream_is_read_within_bounds(octets):
    """Depth, count and lengths that only an attacker writes end the reading; the part stays a file."""
    read_mail = parse(mail(signed(octets, open_ended)))

    assert [Coding.BASE64] == [*read_mail.attachments[-1].source.steps]
    assert len(read_mail.attachments) <= 2


def test_bounds_leave_room_for_real_mails():
    """Writers cut at 1,000 bytes: a mail of 25 MB has 25,000 segments, in two levels."""
    assert ELEMENTS >= 100_000
    assert DEPTH >= 2


def test_parts_count_over_all_signed_contents():
    """Many signed parts of many parts each: the mail has a thousand parts, whatever they lie in."""
    many = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n" + b"--i\r\nContent-Type: a/b\r\n\r\nx\r\n" * 900
    part = b"--o\r\n" + mail(signed(definite(4, many + b"--i--\r\n"))).partition(b"Subject: Help\r\n")[2]
    raw = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n" + part * 20 + b"--o--\r\n"

    assert len(parse(raw).attachments) <= 1_020
