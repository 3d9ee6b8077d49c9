"""Hold the parser to its promises on mails that nobody wrote: mutations of a corpus, driven by a seed.

    python bench/fuzz_mail.py CORPUS --minutes 30 --seed 1             blind
    python bench/fuzz_mail.py CORPUS --minutes 30 --seed 1 --guided    led by coverage; needs atheris in the environment

CORPUS is a folder of .eml, .txt and .tnef files. Every kind of finding is kept once, as a file in --findings, with the
mail that shows it. Exit 1 if there was one.
"""

import argparse
import base64
import hashlib
import random
import re
import sys
import time
import traceback
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

LIMIT = 262_144
SLOW = 2.0
WORDS = [
    b"=?utf-8?b?",
    b"=?iso-2022-jp?q?",
    b"?=",
    b"Content-Type: ",
    b"multipart/mixed; boundary=",
    b"message/rfc822",
    b"application/ms-tnef",
    b"text/html; charset=",
    b"utf-7",
    b"utf-16",
    b"hz",
    b"\x1b$B",
    b"\x1b(B",
    b"\xef\xbb\xbf",
    b"Content-Transfer-Encoding: ",
    b"base64",
    b"quoted-printable",
    b"x-uuencode",
    b"begin 644 a.bin\n",
    b"\nend\n",
    b"format=flowed; delsp=yes",
    b"multipart/report; report-type=delivery-status",
    b"message/delivery-status",
    b"filename*0*=utf-8''%ff",
    b"filename*1=",
    b'filename="',
    b"../..\\|",
    b"\x00",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"&#xD800;",
    b"&#0;",
    b"<!--",
    b"<![CDATA[",
    b"<table><tr><td>",
    b"</",
    b"<blockquote>",
    b"-----BEGIN PGP SIGNED MESSAGE-----\n",
    b"-----Original Message-----\n",
    b"\n> ",
    b"On 1 Jan 2020, a <a@b.c> wrote:\n",
    b"application/pkcs7-mime; smime-type=signed-data",
    b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
    b"\x24\x80",
    b"From: ",
    b"Subject: ",
    b"Sender: ",
    b"List-Post: <mailto:",
    b"Date: ",
    b"(",
    b"<",
    b">",
    b"@",
    b",",
    b";",
    b":",
    b"--",
]
SIGNED, DATA = (bytes.fromhex("06092a864886f70d0107") + number for number in (b"\x02", b"\x01"))
BREAKS = re.compile(rb"(?m)^")
TOKEN = re.compile(rb"[A-Za-z0-9_./+-]{2,}")
ENCODINGS = (b"base64", b"quoted-printable", b"x-uuencode", b"7bit", b"binary", b"8 bit", b"BASE64;")


def lines_of(raw):
    return raw.splitlines(keepends=True) or [b""]


def truncated(raw, _other, dice):
    at = dice.randrange(len(raw) + 1)
    return raw[:at] if dice.random() < 0.7 else raw[at:]


def spliced(raw, other, dice):
    return raw[: dice.randrange(len(raw) + 1)] + other[dice.randrange(len(other) + 1) :]


def lines_spliced(raw, other, dice):
    mine, theirs = lines_of(raw), lines_of(other)
    at, start = dice.randrange(len(mine) + 1), dice.randrange(len(theirs))
    return b"".join(mine[:at] + theirs[start : start + dice.randrange(1, 40)] + mine[at:])


def wrapped(raw, other, dice):
    kind = dice.choice(
        (b"multipart/mixed", b"multipart/alternative", b"multipart/signed", b"multipart/report", b"multipart/digest")
    )
    edge = b"b%d" % dice.randrange(9)
    inner = dice.choice(
        (
            b"",
            b"Content-Type: message/rfc822\n\n",
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
        )
    )
    return (
        b"Content-Type: %s; boundary=%s\n\n--%s\n" % (kind, edge, edge)
        + inner
        + raw
        + b"\n--%s\n" % edge
        + other
        + b"\n--%s--\n" % edge
    )


def definite(tag, content):
    size = len(content).to_bytes(4, "big").lstrip(b"\0") or b"\0"
    return bytes((tag, 0x80 + len(size))) + size + content


def open_ended(tag, content):
    return bytes((tag, 0x80)) + content + b"\0\0"


def signed(raw, _other, dice):
    """The mail inside an opaque S/MIME part: DER, BER, or a mixture."""
    wrap = dice.choice((definite, open_ended))
    size = dice.choice((7, 100, 1000))
    pieces = (definite(4, raw[at : at + size]) for at in range(0, min(len(raw), 20_000), size))
    octets = definite(4, raw) if dice.random() < 0.5 else wrap(0x24, b"".join(pieces))
    enclosed = wrap(0x30, DATA + wrap(0xA0, octets))
    der = wrap(0x30, SIGNED + wrap(0xA0, wrap(0x30, b"\x02\x01\x01\x31\x00" + enclosed + b"\x31\x00")))
    head = b"From: a@x.example\nContent-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(der)


def word_put(raw, _other, dice):
    at = dice.randrange(len(raw) + 1)
    return raw[:at] + dice.choice(WORDS) * dice.choice((1, 1, 1, 2, 50)) + raw[at + dice.choice((0, 0, 1, 5)) :]


def header_put(raw, other, dice):
    heads = lines_of(other[:4096])
    return b"".join(dice.sample(heads, min(len(heads), dice.randrange(1, 4)))) + raw


def lines_moved(raw, _other, dice):
    lines = lines_of(raw)
    a, b = sorted((dice.randrange(len(lines) + 1), dice.randrange(len(lines) + 1)))
    b = min(b, a + 30)
    match dice.randrange(4):
        case 0:
            return b"".join(lines[:a] + lines[b:])
        case 1:
            return b"".join(lines[:b] + lines[a:b] * dice.choice((1, 2, 20)) + lines[b:])
        case 2:
            return b"".join(lines[:a] + lines[a:b][::-1] + lines[b:])
        case _:
            return b"".join(lines[:a] + [b" " + line for line in lines[a:b]] + lines[b:])


def bytes_turned(raw, _other, dice):
    data = bytearray(raw or b"x")
    for _ in range(dice.choice((1, 3, 20))):
        data[dice.randrange(len(data))] = dice.choice((dice.randrange(256), 0, 10, 61, 255))
    return bytes(data)


def token_swapped(raw, other, dice):
    mine, theirs = list(TOKEN.finditer(raw[:20_000])), TOKEN.findall(other[:20_000])
    if not mine or not theirs:
        return raw
    found = dice.choice(mine)
    return raw[: found.start()] + dice.choice(theirs) + raw[found.end() :]


def recoded(raw, _other, dice):
    return re.sub(rb"(?im)^(content-transfer-encoding:).*$", lambda m: m[1] + b" " + dice.choice(ENCODINGS), raw)


def charset_changed(raw, _other, dice):
    names = (
        b"utf-8",
        b"utf-16",
        b"utf-7",
        b"iso-2022-jp",
        b"hz",
        b"gb18030",
        b"big5",
        b"x-unknown",
        b"idna",
        b"rot13",
        b"undefined",
    )
    return re.sub(rb"(?i)charset=\"?[\w-]+\"?", lambda _m: b"charset=" + dice.choice(names), raw)


def boundary_changed(raw, _other, dice):
    found = re.findall(rb"(?i)boundary=\"?([^\s\";]+)", raw)
    if not found:
        return raw
    mine = dice.choice(found)
    new = dice.choice((mine[: len(mine) // 2], mine + b"x", dice.choice(found), b"", b"--", mine.upper()))
    return raw.replace(mine, new, dice.choice((1, 2, 3, 99)))


def ends_changed(raw, _other, dice):
    plain = raw.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", dice.choice((b"\r\n", b"\r", b"\n", b"\r\r\n")))


MUTATIONS = (
    truncated,
    spliced,
    lines_spliced,
    wrapped,
    signed,
    word_put,
    word_put,
    header_put,
    lines_moved,
    lines_moved,
    bytes_turned,
    token_swapped,
    recoded,
    charset_changed,
    boundary_changed,
    ends_changed,
)


def mutated(raw, other, dice):
    """One mail made of two, by one to five steps; the same dice give the same mail."""
    for _ in range(dice.choice((1, 1, 2, 3, 5))):
        raw = dice.choice(MUTATIONS)(raw, other, dice)[:LIMIT]
    return raw


def strings(mail):
    """Every text that leaves the parser."""
    boxes = [box for box in (mail.author, *mail.reply_to, *mail.to, *mail.cc) if box]
    yield from (text for box in boxes for text in (box.name, box.address))
    yield from (mail.message_id, mail.subject, mail.text, mail.reply, mail.html, mail.markdown, mail.sign)
    yield from (*mail.in_reply_to, *mail.references, *mail.defects)
    yield from (text for field in mail.headers for text in field)
    yield from (
        text for file in mail.attachments for text in (file.name, file.content_type, file.written_name, file.content_id)
    )
    if mail.bounce:
        yield from (mail.bounce.recipient, mail.bounce.status, mail.bounce.diagnostic, mail.bounce.original_message_id)


DIRTY = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")


def faults(raw, parse, parse_headers, passed_on, read, slice_type):
    """What is wrong with our reading of this mail; each fault begins with its kind."""
    began = time.thread_time()
    mail = parse(raw)
    passed = passed_on(mail)
    spent = time.thread_time() - began
    if spent > SLOW:
        yield f"slow: {spent:.1f} s"
    yield from faults_of(raw, mail, read, slice_type)
    if mail.enclosed:
        yield from faults_of(raw, mail.enclosed, read, slice_type)
    if passed and any(DIRTY.search(text) for text in (passed.words, *strings(passed.mail))):
        yield "dirty forward"
    if any(DIRTY.search(text) for text in strings(parse_headers(raw))):
        yield "dirty headers"


def faults_of(raw, mail, read, slice_type):
    if any(DIRTY.search(text) for text in strings(mail)):
        yield "dirty text"
    names = [file.name.casefold() for file in mail.attachments]
    if len(set(names)) < len(names):
        yield "two files of one name"
    for file in mail.attachments:
        if not isinstance(file.source, slice_type):
            data = file.source.data
        elif not 0 <= file.source.offset <= file.source.offset + file.source.length <= len(raw):
            yield "slice: outside the raw mail"
            continue
        else:
            data = read(raw, file.source)
        if len(data) != file.size:
            yield "size: not what transfer yields"


class Bench:
    def __init__(self, folder, guide):
        with guide:
            from ingestd.core.model import Slice
            from ingestd.mail.forward import passed_on
            from ingestd.mail.parse import parse, parse_headers
            from ingestd.mail.transfer import read
        self.parts = (parse, parse_headers, passed_on, read, Slice)
        self.folder = folder
        self.found = Counter()
        self.mails = 0
        self.slowest = 0.0
        self.said = time.monotonic()

    def hold(self, raw, seed):
        began = time.thread_time()
        try:
            found = list(faults(raw, *self.parts))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            found = [f"raised: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}"]
        self.mails += 1
        self.slowest = max(self.slowest, time.thread_time() - began)
        for fault in found:
            self.keep(raw, fault, seed)
        if time.monotonic() - self.said > 60:
            self.said = time.monotonic()
            self.report()

    def keep(self, raw, fault, seed):
        kind = fault if fault.startswith("raised") else fault.partition(":")[0]
        self.found[kind] += 1
        if self.found[kind] <= 3:
            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"{re.sub(r'[^A-Za-z0-9]+', '-', kind)}-{hashlib.sha256(raw).hexdigest()[:8]}.eml"
            (self.folder / name).write_bytes(raw)
            print(f"{fault}: {name} (seed {seed})", flush=True)

    def report(self):
        print(f"{self.mails} mails, slowest {self.slowest:.2f} s, findings {dict(self.found)}", flush=True)


def blind(bench, corpus, seed, seconds):
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        dice = random.Random(f"{seed}:{number}")
        bench.hold(mutated(dice.choice(corpus), dice.choice(corpus), dice), f"{seed}:{number}")
        number += 1


def guided(bench, corpus, seed, seconds, atheris, queue):
    def mutator(data, max_size, chosen):
        dice = random.Random(chosen)
        if dice.random() < 0.15:
            return atheris.Mutate(data, max_size)
        return mutated(data, dice.choice(corpus), dice)[:max_size]

    queue.mkdir(parents=True, exist_ok=True)
    for raw in corpus:
        (queue / hashlib.sha256(raw).hexdigest()).write_bytes(raw)
    options = [
        f"-seed={seed}",
        f"-max_total_time={seconds}",
        f"-max_len={LIMIT}",
        "-timeout=120",
        "-rss_limit_mb=3000",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], str(queue), *options], lambda raw: bench.hold(raw, "guided"), custom_mutator=mutator)
    import atexit

    atexit.register(bench.report)
    atheris.Fuzz()


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("corpus", type=Path)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    asked.add_argument("--guided", action="store_true")
    asked = asked.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    paths = sorted(path for path in asked.corpus.rglob("*") if path.suffix in {".eml", ".txt", ".tnef"})
    corpus = [path.read_bytes()[:LIMIT] for path in paths]
    seconds = int(asked.minutes * 60)
    if asked.guided:
        import atheris

        bench = Bench(asked.findings, atheris.instrument_imports(include=["ingestd"]))
        guided(bench, corpus, asked.seed, seconds, atheris, asked.findings / "queue")
    else:
        bench = Bench(asked.findings, nullcontext())
        blind(bench, corpus, asked.seed, seconds)
        bench.report()
    return 1 if bench.found else 0


if __name__ == "__main__":
    sys.exit(main())
