"""Parsing, against Python's own email package with policy.default and the same extraction.

    python bench/parse.py [--only 2k,corpus]

The corpus is the folder that INGESTD_CORPUS names, else ../shared/corpus; without one that row is left out. What both
find is compared for every mail: subject, author, names and SHA-256 of the files. Ours also judges what kind of mail it
is, trims the reply and writes HTML as Markdown; the peer does not.
"""

import email
import email.policy
import hashlib
import os
import sys
import time
from pathlib import Path

from letters import letter
from measuring import Target, interleaved, middle, options, row, spread, wanted

from ingestd.core.model import Literal
from ingestd.mail.parse import parse
from ingestd.mail.transfer import Decoder

CORPUS = Path(os.environ.get("INGESTD_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
LARGEST = 1 << 20
DEFAULT = email.policy.default


def ours(raw):
    mail = parse(raw)
    files = [(file.name, _bytes(raw, file.source)) for file in mail.attachments]
    return mail.subject, mail.author and mail.author.address, files


def _bytes(raw, source):
    if isinstance(source, Literal):
        return source.data
    decoder = Decoder(source.steps)
    return decoder.feed(raw[source.offset : source.offset + source.length]) + decoder.finish()


def theirs(raw):
    """What a careful program would take out of the mail; None where the package raises."""
    try:
        message = email.message_from_bytes(raw, policy=DEFAULT)
        for name in ("to", "cc", "reply-to"):
            [(box.display_name, box.addr_spec) for field in message.get_all(name, ()) for box in field.addresses]
        author = next((box.addr_spec for field in message.get_all("from", ()) for box in field.addresses), None)
        for name in ("date", "message-id", "in-reply-to", "references"):
            str(message.get(name, ""))
        headers = [(name, str(value)) for name, value in message.items()]
        bodies = [message.get_body(("plain",)), message.get_body(("html",))]
        texts = [body.get_content() for body in bodies if body is not None]
        files = []
        for part in message.walk():
            if part.is_multipart() or part in bodies:
                continue
            files.append((part.get_filename() or "", part.get_payload(decode=True) or b""))
        return str(message.get("subject", "")), author, files, headers, texts
    except Exception:
        return None


def pace(read, mails, least=1.0):
    """Mails a second."""

    def run():
        count, began = 0, time.process_time()
        while time.process_time() - began < least:
            for raw in mails:
                read(raw)
            count += len(mails)
        return count / (time.process_time() - began)

    return run


def agreement(mails):
    """Of how many mails both tell the same subject, author and files; and where the peer raises."""
    same = broken = 0
    for raw in mails:
        mine, other = ours(raw), theirs(raw)
        if other is None:
            broken += 1
            continue
        digests = [sorted(hashlib.sha256(data).hexdigest() for _, data in told[2]) for told in (mine, other)]
        same += (
            mine[0].strip() == other[0].strip() and (mine[1] or None) == (other[1] or None) and digests[0] == digests[1]
        )
    return same, broken


def measured(name, what, mails, asked):
    same, broken = agreement(mails)
    told = interleaved(asked.rounds, {"ingestd": pace(ours, mails), "email": pace(theirs, mails)})
    row(
        name, what, f"{spread(told['ingestd'])} mails/s", f"email, policy.default: {spread(told['email'])} mails/s",
        middle(told["ingestd"]) / middle(told["email"]), Target(">= 10x", 10), dry=asked.dry,
        checked=f"{len(mails)} mails; of {same} subject, author and the files' SHA-256 are the same, the peer raises on {broken}",
    )  # fmt: skip


def main():
    asked = options(__doc__)
    if wanted(asked, "2k"):
        mails = [letter(number) for number in range(100)]
        assert agreement(mails) == (len(mails), 0)
        measured("parse-2k", "parse, 2 KiB mails", mails, asked)
    if wanted(asked, "corpus"):
        mails = [path.read_bytes() for path in sorted(CORPUS.glob("*/*.eml")) if path.stat().st_size <= LARGEST]
        if not mails:
            print(f"no mails in {CORPUS}: name a folder of folders of .eml files by INGESTD_CORPUS", file=sys.stderr)
            return
        measured("parse-corpus", "parse, the corpus", mails, asked)


if __name__ == "__main__":
    main()
