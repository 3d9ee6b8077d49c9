"""What people write in a storm: conversations made of a seed, each mail with words and files that name it."""

import base64
import hashlib
from dataclasses import dataclass
from random import Random

SUPPORT = "support@example.com"
CLIENTS = tuple(f"client{n}@example.net" for n in range(1, 9))
# A file of this size has to go in a further reply where bodies end at MAX_POST bytes.
MAX_POST = 150_000
SIZES = (10, 3_000, 60_000)


@dataclass(frozen=True)
class Letter:
    """One mail to be sent. `naming` is how it names its ticket: by nothing, root, last, subject or address."""

    conversation: int
    place: int
    author: str
    naming: str
    cc: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]

    @property
    def token(self) -> str:
        """What stands in its text and in the names of its files."""
        return f"c{self.conversation}n{self.place}"

    @property
    def message_id(self) -> str:
        return f"{self.token}@storm.example.net"

    @property
    def title(self) -> str:
        """The subject of its conversation's ticket."""
        return f"Storm c{self.conversation}"

    @property
    def told(self) -> list[tuple[str, str]]:
        """Names and digests of its files, in order."""
        return [(name, hashlib.sha256(data).hexdigest()) for name, data in self.files]

    def recipient(self, number: str) -> str:
        return f"support+{number}@example.com" if self.naming == "address" and number else SUPPORT

    def raw(self, number: str) -> bytes:
        """The mail; without the ticket's number it falls back on the first mail's Message-ID."""
        root, last = (f"c{self.conversation}n{place}@storm.example.net" for place in (0, self.place - 1))
        head = [f"From: {self.author}", f"To: {SUPPORT}", f"Message-ID: <{self.message_id}>"]
        head += [f"Cc: {', '.join(self.cc)}"] if self.cc else []
        subject = self.title
        match self.naming:
            case "nothing":
                pass
            case "subject" if number:
                subject = f"Re: [Ticket ID: {number}] {self.title}"
            case "address" if number:
                pass
            case "last":
                head.append(f"In-Reply-To: <{last}>")
            case _:
                head.append(f"References: <{root}> <{last}>")
        parts = [f"--b\r\nContent-Type: text/plain\r\n\r\nThis is {self.token}.\r\n", *map(_part, self.files)]
        head += [f"Subject: {subject}", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', "", ""]
        return ("\r\n".join(head) + "".join(parts) + "--b--\r\n").encode()


def _part(file: tuple[str, bytes]) -> str:
    encoded = base64.encodebytes(file[1]).decode().replace("\n", "\r\n")
    disposition = f'Content-Disposition: attachment; filename="{file[0]}"'
    return f"--b\r\nContent-Type: application/octet-stream\r\n{disposition}\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"


def conversations(seed: int, mails: int) -> list[list[Letter]]:
    """So many mails in conversations of one to six."""
    chance, made, count = Random(seed), [], 0
    while count < mails:
        length = min(chance.choice((1, 1, 2, 3, 4, 6)), mails - count)
        made.append(_conversation(chance, len(made), length))
        count += length
    return made


def _conversation(chance: Random, number: int, length: int) -> list[Letter]:
    owner = chance.choice((*CLIENTS, f"guest{number}@example.org", f"guest{number}@example.org"))
    friend = f"friend{number}@example.org"
    letters = []
    for place in range(length):
        naming = chance.choice(("root", "last", "subject", "address")) if place else "nothing"
        # Who stands on the ticket's Cc may answer by a Message-ID: until then he waits with everybody else.
        author = friend if place and naming in {"root", "last"} and chance.random() < 0.3 else owner
        cc = (friend,) if place == 0 else tuple(f"cc{number}x{place}@example.org" for _ in range(chance.random() < 0.2))
        files = tuple(
            (f"c{number}n{place}-{n}.bin", chance.randbytes(chance.choice(SIZES)))
            for n in range(chance.choice((0, 0, 0, 1, 2, 3)))
        )
        letters.append(Letter(number, place, author, naming, cc, files))
    return letters
