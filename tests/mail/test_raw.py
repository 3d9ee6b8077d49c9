"""A large mail is read in windows, and says what it would say as a whole."""

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.mail import uu
from ingestd.mail.parse import parse, parse_headers
from ingestd.mail.raw import Windowed, search, within

HEAD = b"From: Ada <ada@example.net>\r\nSubject: Help\r\n"
MIXED = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
FILE = (
    b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(bytes(range(256)) * 40).replace(b"\n", b"\r\n")
)
FORWARD = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + MIXED.replace(b'"b"', b'"c"') + FILE.replace(b"--b", b"--c")
PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b"\n\n", b"\r\n\r\n", b" ", b"\xef\xbb\xbf", b"From x\n", b"a stray line\n", b"--b\r\n"),
        *(b"--b--\r\n", b"--bb\r\n", HEAD, MIXED, FILE, FORWARD, b"Content-Type: message/rfc822\n", b"x" * 300),
        *(b"Content-Type: text/html\n\n<p>Hi", b"Content-Type: multipart/mixed\n\n--g\nContent-Type: text/plain\n\nHi\n--g--"),
        *(b"begin 644 a.bin\n#86)C\n", b"`\nend\n", b"end  \r\n", b"begin of a text\n", b"Content-Transfer-Encoding: base64\n"),
    ]
)  # fmt: skip
WORDS = re.compile(rb"(?<=\n)a{1,3}b|c$", re.MULTILINE)


def windowed(raw, window):
    return Windowed(lambda start, end: raw[start:end], len(raw), window)


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=12), window=st.integers(1, 400))
def test_a_mail_in_windows_says_the_same(pieces, window):
    """How much is looked at in one go is nothing that a mail could tell."""
    raw = b"".join(pieces)

    assert parse(raw) == parse(windowed(raw, window))
    assert parse_headers(raw) == parse_headers(windowed(raw, window))


@settings(max_examples=300, deadline=None)
@given(
    raw=st.binary(max_size=60).map(lambda raw: bytes(b"abc\n"[byte & 3] for byte in raw)),
    wanted=st.sampled_from([b"a", b"\n", b"ab", b"\na", b"abc\n", b"cccccccc"]),
    start=st.integers(0, 70),
    end=st.integers(0, 70),
    window=st.integers(1, 20),
)
def test_what_is_found_is_found_at_any_border(raw, wanted, start, end, window):
    """Words and patterns that lie across two windows too, and none that begins or ends outside."""
    end = min(end, len(raw))
    found = search(WORDS, windowed(raw, 99), start, end, 6, window)
    whole = WORDS.search(raw, start, end)

    assert raw.find(wanted, start, end) == windowed(raw, window).find(wanted, start, end)
    assert (whole and whole.span()) == (found and tuple(found[0] + place for place in found[1].span()))


@pytest.mark.parametrize("window", [40, 1_000])
def test_files_in_a_text_are_found_across_windows(window):
    """A uuencoded file begins wherever it begins."""
    raw = b"words\n" * 500 + b"begin 644 a.bin\n#86)C\n`\nend\nmore\n"

    assert [*uu.blocks(raw, 0, len(raw))] == [*uu.blocks(windowed(raw, window), 0, len(raw))]
    assert [3000] == [block.start for block in uu.blocks(raw, 0, len(raw))]


@pytest.mark.parametrize("make", [bytes, lambda raw: windowed(raw, 4)], ids=["bytes", "windowed"])
def test_a_stretch_is_a_mail_of_its_own(make):
    """It begins at nothing and ends where the stretch does, or where the mail around it ends."""
    inner = within(make(b"0123456789"), 3, 4)

    assert (4, b"3456", b"56", -1, 1) == (
        len(inner),
        inner[:],
        inner[2:9],
        inner.find(b"7", 0, 9),
        inner.find(b"4", 0, 4),
    )
    assert b"89" == within(make(b"0123456789"), 8, 7)[:]


def test_a_large_mail_is_never_held_whole():
    """What parsing a mail of 4 MB asks for at once is a window."""
    raw = MIXED + FILE.replace(b"\r\n\r\n", b"\r\n\r\n" + b"QUJD" * 1_000_000 + b"\r\n") + b"--b--\r\n"
    asked = []

    def read(start, end):
        asked.append(end - start)
        return raw[start:end]

    mail = parse(Windowed(read, len(raw)))

    assert ["a.pdf"] == [file.name for file in mail.attachments]
    assert max(asked) <= 262_144
