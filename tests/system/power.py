"""What a power cut may leave of files: everything that was synced, and of what came after it anything at all.

A process is traced at work: every write, sync and truncation, and what it said to have kept. From the trace the state
of its files can be made as a disk might show it that lost its power at any moment: writes since the last sync of
their file are there, or not, or in part, by sectors of 512 bytes.
"""

import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from pathlib import Path
from random import Random

SECTOR = 512
# What a cut may make of the writes that were not synced.
WAYS = ("nothing", "some", "torn", "zeros", "noise")
WHOLE = re.compile(rb"^\d+ +(\w+)\((.*)\) += (-?\d+)")
BEGUN = re.compile(rb"^(\d+) +(\w+)\((.*?),? <unfinished")
RESUMED = re.compile(rb"^(\d+) +<\.\.\. \w+ resumed>.*= 0$")
SYNCS = ("fsync", "fdatasync")
FILE = re.compile(rb"^(?:\d+|AT_FDCWD)<((?:\\x..)*)>")
TEXT = re.compile(rb'"((?:\\x..)*)"')
TRACED = "pwrite64,fdatasync,fsync,ftruncate,write,openat,unlink"


@dataclass(frozen=True)
class Deed:
    """One thing that the process did: `kind` is write, sync, truncate, made, gone or told."""

    kind: str
    path: str
    offset: int = 0
    data: bytes = b""


def traced(command, log):
    """Run a command under strace; what it did to files, in order, and what it wrote to stdout."""
    subprocess.run(
        ["strace", "-f", "-y", "-xx", "-s", "2000000", "-e", f"trace={TRACED}", "-o", log, *command],
        check=True, capture_output=True,
    )  # fmt: skip
    with log.open("rb") as lines:
        return [deed for call, arguments in _calls(lines) if (deed := _deed(call, arguments)) is not None]


def _calls(lines):
    """Name and arguments of each call that succeeded. Of two that overlap, a sync counts when it is over, others before."""
    syncs = {}
    for line in lines:
        if (whole := WHOLE.match(line)) and int(whole[3]) >= 0:
            yield whole[1].decode(), whole[2]
        elif begun := BEGUN.match(line):
            pid, call, arguments = begun[1], begun[2].decode(), begun[3]
            if call in SYNCS:
                syncs[pid] = (call, arguments)
            else:
                yield call, arguments
        elif (resumed := RESUMED.match(line)) and resumed[1] in syncs:
            yield syncs.pop(resumed[1])


def _deed(call, arguments):
    match call:
        case "write" if arguments.startswith(b"1<"):
            return Deed("told", "", data=_bytes(TEXT.search(arguments)[1]))
        case "pwrite64":
            return Deed(
                "write", _path(arguments), int(arguments.rsplit(b", ", 1)[1]), _bytes(TEXT.search(arguments)[1])
            )
        case "fdatasync" | "fsync":
            return Deed("sync", _path(arguments))
        case "ftruncate":
            return Deed("truncate", _path(arguments), int(arguments.rsplit(b", ", 1)[1]))
        case "openat" if b"O_CREAT" in arguments:
            return Deed("made", _bytes(TEXT.search(arguments)[1]).decode())
        case "unlink":
            return Deed("gone", _bytes(TEXT.search(arguments)[1]).decode())
        case _:
            return None


def _path(arguments):
    return _bytes(FILE.match(arguments)[1]).decode()


def _bytes(text):
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


@dataclass
class Disk:
    """Files as the disk has them. `before` are those that were there at first, synced."""

    before: dict[str, bytes]
    synced: dict[str, bytearray] = field(default_factory=dict)
    since: dict[str, list[Deed]] = field(default_factory=lambda: defaultdict(list))
    named: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def __post_init__(self):
        self.synced = {path: bytearray(data) for path, data in self.before.items()}
        self.named = set(self.before)

    def do(self, deed):
        """The process did this."""
        match deed.kind:
            case "write" | "truncate":
                self.since[deed.path].append(deed)
            case "sync" if Path(deed.path).suffix:
                self.synced[deed.path] = self._after(deed.path, self.since.pop(deed.path, []))
            case "sync":
                # A folder: the names in it are on disk now.
                for path in self.gone:
                    self.synced.pop(path, None)
                self.gone = set()
                self.named = {path for path in self.synced if str(Path(path).parent) == deed.path}
            case "made" if deed.path not in self.synced or deed.path in self.gone:
                self.synced[deed.path] = bytearray()
                self.gone.discard(deed.path)
            case "gone":
                self.gone.add(deed.path)

    def cut(self, how, chance):
        """The files as they might be found after a power cut now, in this way and by chance."""
        sure = self.named - self.gone
        files = [path for path in sorted(self.synced) if path in sure or chance.random() < 0.5]
        return {path: bytes(self._left(path, how, chance)) for path in files}

    def _left(self, path, how, chance):
        since = self.since.get(path, [])
        match how:
            case "nothing":
                return self._after(path, [])
            case "some":
                return self._after(path, [deed for deed in since if chance.random() < 0.5])
            case _:
                return self._after(path, [part for deed in since for part in _torn(deed, how, chance)])

    def _after(self, path, deeds):
        content = bytearray(self.synced.get(path, b""))
        for deed in deeds:
            if deed.kind == "truncate":
                del content[deed.offset :]
                continue
            content.extend(bytes(max(0, deed.offset - len(content))))
            content[deed.offset : deed.offset + len(deed.data)] = deed.data
        return content


def _torn(deed, how, chance):
    """Some of its sectors; where `how` says so, zeros or noise instead of others."""
    if deed.kind == "truncate":
        return [deed] if chance.random() < 0.5 else []
    ends = [*range(deed.offset - deed.offset % SECTOR + SECTOR, deed.offset + len(deed.data), SECTOR)]
    bounds = [deed.offset, *ends, deed.offset + len(deed.data)]
    parts = []
    for start, end in pairwise(bounds):
        data = deed.data[start - deed.offset : end - deed.offset]
        if chance.random() < 0.6:
            parts.append(Deed("write", deed.path, start, data))
        elif how != "torn":
            parts.append(
                Deed("write", deed.path, start, bytes(len(data)) if how == "zeros" else chance.randbytes(len(data)))
            )
    return parts


def cuts(before, deeds, seed, count):
    """So many power cuts at moments of the trace: how, the files left, and what had been told by then."""
    chance = Random(seed)
    moments = sorted(chance.sample(range(len(deeds)), min(count, len(deeds))))
    disk, told, ways = Disk(before), [], cycle(WAYS)
    for place, deed in enumerate(deeds):
        if deed.kind == "told":
            told += deed.data.decode().splitlines()
        else:
            disk.do(deed)
        if moments and place == moments[0]:
            moments.pop(0)
            how = next(ways)
            yield how, disk.cut(how, chance), tuple(told)
