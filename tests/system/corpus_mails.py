"""Mails to relay: some of the corpus by a fixed rule, some of our own; and what files they surely hold.

The files are found by Python's own email package, so that our parser does not vouch for itself.
"""

import base64
import hashlib
import json
import quopri
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from running import SUPPORT

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
OF_EACH = 6
BILLING = "billing@example.com"
# A wrapper that is opened, and proofs for programs, are no files to the people who get the mail.
NO_FILES = {"ms-tnef", "vnd.ms-tnef", "pgp-signature", "pgp-encrypted", "pkcs7-signature", "x-pkcs7-signature"}


@dataclass(frozen=True)
class Relayed:
    """A mail with an envelope of its own: by the reverse-path it is found again."""

    name: str
    raw: bytes
    reverse_path: str
    recipients: tuple[str, ...] = (SUPPORT,)


def wire(raw):
    """Lines as SMTP has them, the last one ended too."""
    return re.sub(rb"\r?\n|(?<!\n)\Z", b"\r\n", raw)


def chosen():
    """Of each project of the corpus so many mails: those with files first, then by name; no Message-ID twice."""
    seen: set[str] = set()
    found = []
    for project in sorted(path for path in CORPUS.iterdir() if path.is_dir()):
        mails = [path for path in sorted(project.iterdir()) if is_mail(path)]
        mails.sort(key=lambda path: not files(path.read_bytes()))
        fresh = [path for path in mails if is_fresh(path, seen)]
        found += [Relayed(f"{project.name}/{path.name}", path.read_bytes(), "") for path in fresh[:OF_EACH]]
    return [Relayed(mail.name, mail.raw, f"corpus{number}@relayed.example.net") for number, mail in enumerate(found, 1)]


def is_mail(path):
    told = path.with_name(f"{path.name}.expected.json")
    return told.exists() and not json.loads(told.read_text()).get("input_kind")


def is_fresh(path, seen):
    """Whether nothing like it was taken before: what the MX sends twice is one mail."""
    message = message_from_bytes(path.read_bytes())
    key = str(message["Message-ID"] or hashlib.sha256(path.read_bytes()).hexdigest()).strip()
    fresh = key not in seen
    seen.add(key)
    return fresh


def files(raw):
    """SHA-256 of each file about which no two readers can differ: disposition, name and clean coding."""
    message = message_from_bytes(wire(raw))
    return [] if message.defects else [hashlib.sha256(data).hexdigest() for data in _files(message)]


def _files(part):
    if part.get_content_maintype() == "message" or part.defects:
        return
    if part.is_multipart():
        for child in part.get_payload():
            yield from _files(child)
    elif part.get_content_disposition() == "attachment" and part.get_filename():
        data = _decoded(part) if part.get_content_subtype() not in NO_FILES else None
        yield from () if data is None else (data,)


def _decoded(part):
    """The bytes of a part that is coded without a fault; None for any other."""
    coded = part.get_payload()
    match str(part["Content-Transfer-Encoding"]).strip().lower():
        case "base64":
            try:
                return base64.b64decode("".join(coded.split()), validate=True) or None
            except ValueError:
                return None
        case "quoted-printable" if not re.search(r"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n)", coded):
            return quopri.decodestring(coded.encode("ascii", "surrogateescape"))
        case _:
            return None


def generated():
    """Mails that no corpus has: sizes, both addresses, no sender, long lines."""
    return [
        _made("plain", text="Hello\n.\n..dots\nFrom here on\n"),
        _made("two-files", files={"Büro & Co.png": b"\x89PNG" + bytes(range(256)) * 40, "notes.txt": b"one\r\ntwo\n"}),
        _made("large", files={"large.bin": b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(100_000))}),
        _made("empty-file", files={"empty.txt": b""}),
        _made("both", recipients=(SUPPORT, BILLING)),
        _made("many", files={f"file-{number}.dat": b"%d" % number for number in range(30)}),
        _made("vacation", headers={"Auto-Submitted": "auto-replied"}),
        _made("own", headers={"From": SUPPORT}),
        _made("subject", headers={"Subject": "Grüße \N{SNOWMAN} aus Köln"}),
        Relayed("long-line", LONG_LINE, "long-line@relayed.example.net"),
        Relayed("no-header", b"\nOnly words.\n", "no-header@relayed.example.net"),
    ]


LONG_FILE = b";".join(b"%d" % number for number in range(2000))
LONG_LINE = (
    b"From: long-line@relayed.example.net\nSubject: A file with one long line, as it is\nMIME-Version: 1.0\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the file.\n--b\n"
    b"Content-Type: text/csv; name=long.csv\nContent-Disposition: attachment; filename=long.csv\n"
    b"Content-Transfer-Encoding: 8bit\n\n" + LONG_FILE + b"\n--b--\n"
)


def _made(name, text="Some words\n", files=None, headers=None, recipients=(SUPPORT,)):
    message = EmailMessage()
    fields = {"From": f"{name}@relayed.example.net", "To": SUPPORT, "Subject": f"Generated {name}", **(headers or {})}
    for field, value in fields.items():
        message[field] = value
    message.set_content(text)
    for filename, data in (files or {}).items():
        message.add_attachment(data, "application", "octet-stream", filename=filename)
    return Relayed(name, message.as_bytes(), f"{name}@relayed.example.net", recipients)
