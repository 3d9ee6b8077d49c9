"""The mails that the benchmarks send: each of its own, so that what arrived can be counted and compared."""

import base64
import hashlib
import random

SUPPORT = "support@example.com"
WORDS = "the printer in our office prints every page twice since the update and nobody here knows why so please help us soon".split()


def words(chance, size):
    """So many bytes of text in lines."""
    text, line = [], []
    length = 0
    while length < size:
        line.append(chance.choice(WORDS))
        length += len(line[-1]) + 1
        if len(line) == 11:
            text.append(" ".join(line))
            line = []
            length += 1
    return "\r\n".join([*text, " ".join(line)])[:size]


def letter(number, size=2048, author="gina@shop.example.net"):
    """A plain mail of about `size` bytes, as a relay hands it over."""
    chance = random.Random(number)
    head = (
        f"Received: from mail.shop.example.net (mail.shop.example.net [192.0.2.25])\r\n\tby mx.example.com with ESMTPS id "
        f"{number:010X}\r\n\tfor <{SUPPORT}>; Thu, 26 Nov 2026 12:00:00 +0000\r\n"
        f"From: Gina =?utf-8?q?M=C3=BCller?= <{author}>\r\nTo: Support <{SUPPORT}>\r\n"
        f"Subject: Printer number {number} =?utf-8?q?spinnt_sch=C3=B6n?=\r\nDate: Thu, 26 Nov 2026 12:00:00 +0000\r\n"
        f"Message-ID: <{number}.bench@shop.example.net>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    )
    return (head + words(chance, max(100, size - len(head)))).encode() + b"\r\n"


def subject(number):
    return f"Printer number {number} spinnt schön"


def with_file(number, data, name="scan.pdf"):
    """A mail with a file, in base64 lines of 76."""
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = (
        f"From: Gina <gina@shop.example.net>\r\nTo: {SUPPORT}\r\nSubject: File number {number}\r\n"
        f"Message-ID: <file{number}.bench@shop.example.net>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHere it is.\r\n"
        f'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encoded + b"--b--\r\n"


def digest(data):
    return hashlib.sha256(data).hexdigest()
