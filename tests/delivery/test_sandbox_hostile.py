"""Mails that are made to break a parser, in the sandbox with its default limits, while an ordinary one goes through."""

import asyncio
import base64
import struct

import pytest
from delivering import PARSERS

from ingestd.delivery.sandbox import Limits, Sandbox

pytestmark = pytest.mark.storm  # each of these keeps a parser busy for seconds

HTML = b"Content-Type: text/html\n\n"
QP = b"Content-Transfer-Encoding: quoted-printable\n\n"
B64 = b"Content-Transfer-Encoding: base64\n\n"
PLAIN = b"From: Ada <ada@example.net>\r\nSubject: Help\r\n\r\nPlease help.\r\n"
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(2_000))
PARTS = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: a/b\n\nx\n" * 100_000 + b"--b--\n"


def winmail() -> bytes:
    """TNEF whose properties hold TNEF objects, each claiming to be as long as all, eight times as deep as is read."""
    inner = b""
    for _ in range(40):
        head = struct.pack("<IHHII", 1, 0x000D, 0x3701, 1, 16 + len(inner) + 8)
        inner = head + bytes.fromhex("0703020000000000c000000000000046") + struct.pack("<IH", 0x223E9F78, 0) + inner
    block = struct.pack("<BHHI", 2, 0x9005, 6, len(inner)) + inner + b"\0\0"
    stream = struct.pack("<IH", 0x223E9F78, 0) + struct.pack("<BHHI", 2, 0x9002, 6, 0) + b"\0\0" + block * 500
    stream += struct.pack("<BHHI", 2, 0x9003, 6, 4) + b"\xff\xff\xff\xff\0\0"
    return b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(stream)


def smime(octets: bytes) -> bytes:
    """An opaque S/MIME part of open-ended BER up to where the content stands, and this in its place."""
    way = "3080 06092a864886f70d010702 a080 3080 020101 3100 3080 06092a864886f70d010701 a080 2480"
    head = b"Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(bytes.fromhex(way) + octets)


INNER = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: a/b\n\nx\n" * 2_000
HOSTILE = {
    "5 million empty segments": smime(b"\x04\x00" * 5_000_000),
    "segments 5 million deep": smime(b"\x24\x80" * 5_000_000),
    "a segment longer than the world": smime(b"\x04\x88" + b"\x7f" * 8 + b"x" * 5_000_000),
    "signed contents of many parts": b"Content-Type: multipart/mixed; boundary=o\n\n"
    + (b"--o\n" + smime(b"\x04\x82" + struct.pack(">H", len(INNER)) + INNER + b"\0" * 20)) * 100,
    "almost introductions without a colon": b"\n" + b"On 1 Jan 2020 at 10:00 a@b.example wrote\n" * 100_000,
    "almost GroupWise": b"\n" + (b">>> " + b"1 " * 140 + b"\n") * 20_000,
    "hidden attributes": HTML + b"<p x=' hidden '>" * 300_000,
    "fillers": HTML + "\u200c\u00a0".encode() * 1_000_000,
    "headings of a bounce": b"From: mailer-daemon\nSubject: failure notice\n\n" + b"<a.b.c@d-e.f\n" * 300_000,
    "long subject": b"Subject: " + b"=?utf-8?q?abc?= " * 300_000 + b"\n\nx",
    "long folded subject": b"Subject: x" + b"\n " * 1_000_000 + b"\n\nx",
    "100,000 parts": PARTS,
    "nested 2,000 deep": NESTED + b"\nx",
    "2,000 mails in mails": b"Content-Type: message/rfc822\n\n" * 2_000 + b"\nx",
    "TNEF loops": winmail(),
    "350,000 tags without an end": HTML + b"<a " * 350_000,
    "125,000 comments without an end": HTML + b"<!--" * 125_000,
    "50,000 divisions": HTML + b"<div>" * 50_000 + b"x",
    "50,000 tables": HTML + b"<table><tr><td>" * 50_000 + b"x",
    "10 MB of equals signs": QP + b"=" * 10_000_000,
    "10 MB of padded lines": B64 + b"QUI=\n" * 2_000_000,
    "10 MB of padded lines and others": B64 + b"QUI=\nQ\n" * 1_400_000,
    "10 MB of blanks": b"\n" + b" " * 10_000_000,
    "10 MB of quote signs": b"\n" + b"> " * 5_000_000,
    "almost introductions": b"\n" + b"On 1 Jan 2020, a b c d e f\n" * 100_000,
    "almost heads": b"\n" + b"From: a\nSent: b\n" * 100_000,
    "almost signatures": b"From: mailer-daemon\nSubject: x\n\n" + b"sent from my " * 200_000,
    "brackets in From": b"From: " + b'(<"' * 300_000 + b"\n\nx",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_mail_keeps_no_other_from_being_read(name):
    """It is read, or degraded to its headers, within the default limits; the ordinary mail beside it comes out."""
    box = Sandbox(Limits(), 2, PARSERS)

    hostile, plain = await asyncio.gather(parsed(box, HOSTILE[name]), parsed(box, PLAIN))

    assert "Please help." == plain.text.strip()
    assert len(hostile.text) <= 1_048_576
    assert len(hostile.attachments) <= 1_001
    assert hostile.attachments or not hostile.defects


async def parsed(box, raw):
    async def chunks():
        yield raw

    return await box.parse(chunks(), len(raw))
