"""Raw mails out of files: one mail, an mbox, a Maildir, or stdin."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

STDIN = "-"
# RFC 4155: "From ", an address, and a date with a year; some write a zone behind the year.
FROM_LINE = re.compile(rb"From \S*\s.*\d\d:\d\d.*\d{4}(?:\s+[+-]\d{4})?\s*$")
QUOTED_FROM = re.compile(rb">+From ")
EMPTY = (b"\n", b"\r\n")
LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A raw mail and where it stood; `trouble` says why there is none."""

    place: str
    raw: bytes
    trouble: str = ""


def raw_mails(name: str, most: int) -> Iterator[Found]:
    """Each mail of a file, an mbox, a Maildir or of "-". One larger than `most` bytes comes cut just above it.

    What cannot be read is told, and the rest goes on.
    """
    if name == STDIN:
        yield Found("stdin", _single(sys.stdin.buffer, most))
    elif Path(name).is_dir():
        yield from _folder(Path(name), most)
    else:
        yield from _file(Path(name), most)


def total_size(names: list[str]) -> int:
    """How many bytes these sources hold, as far as one can tell beforehand."""
    return sum(_size(Path(name)) for name in names if name != STDIN)


def _size(path: Path) -> int:
    try:
        files = _files(path) if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files if file.is_file())
    except OSError:
        return 0  # told when it is read


def _file(path: Path, most: int) -> Iterator[Found]:
    """A mail, or every mail of an mbox. Opened once: it may be a pipe."""
    try:
        with path.open("rb") as file:
            first = file.readline(LINE)
            if FROM_LINE.match(first):
                yield from _mbox(str(path), file, most)
            else:
                yield Found(str(path), first + file.read(max(0, most + 1 - len(first))))
    except OSError as error:
        yield Found(str(path), b"", error.strerror or str(error))


def _folder(path: Path, most: int) -> Iterator[Found]:
    """A Maildir, or a plain folder of mails."""
    try:
        files = _files(path)
    except OSError as error:
        yield Found(str(path), b"", error.strerror or str(error))
        return
    for file in files:
        yield from _file(file, most)


def _files(path: Path) -> list[Path]:
    """The mails of a Maildir are the files in new/ and cur/; their names begin with the time they came."""
    inner = [path / name for name in ("new", "cur") if (path / name).is_dir()]
    files = [file for folder in inner or [path] for file in folder.iterdir() if file.is_file()]
    return sorted((file for file in files if not file.name.startswith(".")), key=lambda file: file.name)


def _single(file: BinaryIO, most: int) -> bytes:
    """One mail; the From line that some pipe transports write before it is no part of it."""
    first = file.readline(LINE)
    rest = file.read(most + 1)
    return rest if FROM_LINE.match(first) else (first + rest)[: most + 1]


def _mbox(name: str, file: BinaryIO, most: int) -> Iterator[Found]:
    """The mails behind the first From line: each ends before a From line that follows an empty one.

    The empty line belongs to the mbox, and mboxrd's quoting of From lines is undone.
    """
    number, lines, size = 1, list[bytes](), 0
    begins, empty = True, False
    for line in chain(iter(lambda: file.readline(LINE), b""), [b""]):
        if not line or (begins and empty and FROM_LINE.match(line)):
            yield Found(f"{name}, mail {number}", b"".join(lines[:-1] if empty else lines))
            number, lines, size = number + 1, [], 0
        elif size <= most:
            lines.append(line[1:] if begins and QUOTED_FROM.match(line) else line)
            size += len(line)
        empty = begins and line in EMPTY
        begins = line.endswith(b"\n")
