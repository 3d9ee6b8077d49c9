"""Raw mails out of files: one mail, an mbox, a Maildir, or stdin."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FROM_LINE = re.compile(rb"From \S+.*\d{4}\s*$|From \S+\s+\w{3} \w{3} .*$")


def raw_mails(name: str, most: int) -> Iterator[bytes]:
    """Each mail of a file, an mbox, a Maildir or of "-". One larger than `most` bytes comes cut just above it.

    OSError where there is nothing to read.
    """
    if name == "-":
        yield sys.stdin.buffer.read(most + 1)
        return
    path = Path(name)
    if path.is_dir():
        yield from _maildir(path, most)
        return
    with path.open("rb") as file:
        first = file.readline(1000)
    if FROM_LINE.match(first):
        yield from _mbox(path, most)
    else:
        yield from _whole(path, most)


def _whole(path: Path, most: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(most + 1)


def _maildir(path: Path, most: int) -> Iterator[bytes]:
    """Maildir: a mail is a file in new/ or cur/; a plain folder of mails is taken as well."""
    folders = [path / "new", path / "cur"] if (path / "cur").is_dir() else [path]
    for folder in folders:
        if folder.is_dir():
            for file in sorted(folder.iterdir()):
                if file.is_file() and not file.name.startswith("."):
                    yield from _whole(file, most)


def _mbox(path: Path, most: int) -> Iterator[bytes]:
    """An mbox (RFC 4155): mails begin at a From line after an empty one; mboxrd's quoting is undone."""
    lines: list[bytes] = []
    size, blank = 0, True
    with path.open("rb") as file:
        for line in file:
            if blank and FROM_LINE.match(line):
                if lines:
                    yield b"".join(lines)
                lines, size = [], 0
            elif size <= most:
                lines.append(line[1:] if re.match(rb">+From ", line) else line)
                size += len(line)
            blank = line in {b"\n", b"\r\n"}
    if lines:
        yield b"".join(lines)
