import pytest

from ingestd.mail.names import safe
from ingestd.mail.parse import parse, parse_headers
from ingestd.mail.reply import trimmed

NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(2_000))


@pytest.mark.parametrize(
    ("raw", "files"),
    [
        (b"Subject: " + b"=?utf-8?q?abc?= " * 40_000 + b"\n\nx", 1),
        (b"Subject: " + b"=?utf-8?q?" * 40_000 + b"\n\nx", 1),
        (b"From: " + b"(" * 200_000 + b"\n\nx", 0),
        (b"From: " + b'"\\' * 100_000 + b"\n\nx", 0),
        (b"From: " + b"a" * 200_000 + b"\n\nx", 0),
        (b"Content-Type: text/plain" + b"; a=b" * 40_000 + b"\n\nx", 0),
        (b"X-A: b\n" * 100_000 + b"\nx", 0),
        (b"From: a@x.example\n" + b"stray line\n" * 50_000 + b"Subject: x\n\nx", 0),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: a/b\n\nx\n" * 100_000 + b"--b--\n",
            1_000,
        ),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * 500_000, 1),
        (NESTED + b"\nx", 0),
        (b"Content-Type: message/rfc822\n\n" * 2_000 + b"\nx", 1),
        (b"Content-Type: text/html\n\n" + b"<a " * 300_000, 0),
        (b"Content-Type: text/html\n\n" + b"<!--" * 200_000, 0),
        (b"Content-Type: text/html\n\n" + b"<" * 500_000, 0),
        (b"Content-Type: text/html\n\n" + b"<div>" * 50_000 + b"x", 0),
        (b"Content-Type: text/html\n\n" + b"<blockquote type=cite>x" * 5_000, 0),
        (b"Content-Type: text/html\n\n&#" + b"9" * 200_000 + b";", 0),
        (b"\n" + b"begin 644 a\n#abcd\n" * 30_000, 0),
        (b"\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 20_000, 0),
        (b"Content-Type: text/plain; format=flowed\n\n" + b"x \n" * 100_000, 0),
        (b"From: mailer-daemon\n\n" + b"a.b.c.d@e-" * 50_000, 0),
    ],
    ids=range(22),
)
def test_a_hostile_mail_is_read_within_its_bounds(raw, files):
    """Counts, depth and sizes that only an attacker sends end in a mail like any other; a trap would not end at all."""
    mail = parse(raw)

    assert len(mail.attachments) == files
    assert len(mail.text) <= 1_048_576
    assert len(mail.headers) <= 200
    assert len(parse_headers(raw[:262_144], len(raw)).attachments) == 1


def test_a_long_name_is_cut_in_one_pass():
    """However long the line that a file is named by: looking for its path from every letter on would not end at all."""
    assert "a" * 100 == safe("a" * 2_000_000)
    assert "b.txt" == safe("a/" * 1_000_000 + "b.txt")


@pytest.mark.parametrize(
    "line",
    [
        "On ",
        " \n",
        "On On " * 50 + "\n",
        "From: a\n",
        "-" * 300 + "\n",
        "*" * 300 + "\n",
        "On 2020 <\n",
        " " * 300 + "x\n",
        ">",
        "sent from my ",
    ],
    ids=range(10),
)
def test_trimming_meets_no_trap(line):
    """Lines that look almost like an introduction, a rule or a signature, ten thousand of them, are just text."""
    assert trimmed(line * (200_000 // len(line))) is not None
