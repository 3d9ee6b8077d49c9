"""The sample mails of the demo: one of each sort that a support address sees on an ordinary day."""

import base64
import struct
import zlib
from dataclasses import dataclass

SUPPORT = "support@example.com"
FIRST = "plain-1@shop.example.net"


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail and the reverse-path it comes with."""

    reverse_path: str
    raw: bytes


def picture() -> bytes:
    """A small PNG, 96 by 48 pixels: a sky that turns to night (PNG specification, section 5)."""
    rows = b"".join(b"\0" + bytes(c for x in range(96) for c in (40 + y * 2, 90 + x, 200 - y)) for y in range(48))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 96, 48, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def first_mails() -> tuple[Sample, ...]:
    """Five mails that open tickets; the second to last comes from a client whom the desk knows."""
    return (
        _sample(
            "Grace Okafor <grace@shop.example.net>", "Site down since this morning", FIRST, PLAIN
        ),
        _sample("Luca Bianchi <luca@studio.example.org>", "The banner looks odd", "html-1@studio.example.org", _html()),
        _sample(
            "Amélie Dubois <amelie@agence.example.com>", "=?utf-8?q?Deux_fichiers_demand=C3=A9s?=", "files-1@agence.example.com", _files()
        ),
        _sample("Ines Weber <ines@client.example.net>", "Please add a mailbox", "client-1@client.example.net", CLIENT),
        _sample(
            "Noor <noor@new.example.org>", "Which plan fits a small shop?", "guest-1@new.example.org", GUEST,
            "Cc: Sam <sam@new.example.org>",
        ),
    )  # fmt: skip


def reply(number: str) -> Sample:
    """The author of the first mail answers in the ticket that it became."""
    return _sample(
        "Grace Okafor <grace@shop.example.net>",
        f"Re: [Ticket ID: {number}] Site down since this morning",
        "plain-2@shop.example.net",
        REPLY,
        f"In-Reply-To: <{FIRST}>",
    )


PLAIN = """Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hello,

since 08:15 our shop answers with "502 Bad Gateway" – nobody changed anything.
Could you have a look? The domain is shop.example.net.

Thanks, Grace
"""

CLIENT = """Content-Type: text/plain; charset=utf-8

Hi, we have a new colleague. Please add the mailbox joan@client.example.net
to our package, 2 GB are enough.

Ines Weber
Client GmbH
"""

GUEST = """Content-Type: text/plain; charset=utf-8

Hello! I am about to open a small shop, some 200 products.
Which of your plans would you suggest?

Noor
"""

REPLY = """Content-Type: text/plain; charset=utf-8

It is up again, thank you! What was it?

On Sun, 22 Nov 2026 at 09:10, Support <support@example.com> wrote:
> We are looking into it.
"""


def _html() -> str:
    image = base64.encodebytes(picture()).decode()
    return f"""Content-Type: multipart/related; boundary="=_r"

--=_r
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><body><p>Dear team,</p>
<p>the banner on <a href="https://studio.example.org/">our page</a> is <b>far too dark</b>:</p>
<p><img src="cid:banner@studio" alt="banner"></p>
<ul><li>on the phone</li><li>on the desktop</li></ul><p>Luca</p></body></html>

--=_r
Content-Type: image/png; name="banner.png"
Content-Disposition: inline; filename="banner.png"
Content-ID: <banner@studio>
Content-Transfer-Encoding: base64

{image}
--=_r--
"""


def _files() -> str:
    table = base64.encodebytes("nom;montant\nhébergement;12,00\ndomaine;9,90\n".encode()).decode()
    log = base64.encodebytes(b"2026-11-22T08:15:02Z 502 upstream timed out\n" * 200).decode()
    return f"""Content-Type: multipart/mixed; boundary="=_m"

--=_m
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Bonjour, voici les deux fichiers demandés. Amélie

--=_m
Content-Type: text/csv
Content-Disposition: attachment; filename*=utf-8''factures%20novembre.csv
Content-Transfer-Encoding: base64

{table}
--=_m
Content-Type: text/plain; name="error.log"
Content-Disposition: attachment; filename="error.log"
Content-Transfer-Encoding: base64

{log}
--=_m--
"""


def _sample(author: str, subject: str, message_id: str, content: str, *more: str) -> Sample:
    address = author.partition("<")[2].rstrip(">")
    head = (
        f"From: {author}",
        f"To: Support <{SUPPORT}>",
        f"Subject: {subject}",
        f"Message-ID: <{message_id}>",
        "Date: Sun, 22 Nov 2026 09:00:00 +0000",
        *more,
        "MIME-Version: 1.0",
    )
    return Sample(address, "\r\n".join((*head, *content.splitlines(), "")).encode())
