"""Mailboxes out of address fields (RFC 5322 section 3.4), as they are really written.

Encoded words are decoded after the field was taken apart, and in names only: a word must never make another address.
"""

import re
from typing import Final

from ingestd.core.model import Mailbox
from ingestd.mail.charset import decode
from ingestd.mail.words import decode_words, line

_LIMIT: Final = 65_536
_MOST: Final = 1_000
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|<[^<>]*>|\(|\)|[,;:]|\\.|[^"<>(),;:\\]+|.', re.DOTALL)
_ATOM: Final = r'[^\s<>"(),;:\[\]@\\]'
# Counted and anchored where a run of its characters begins: a long run without an @ costs linear time.
_ADDRESS: Final = re.compile(
    rf'(?:"(?:[^"\\]|\\.){{1,128}}"|(?<!{_ATOM}){_ATOM}{{1,256}})@(?:\[[^\[\]\s]{{1,255}}\]|{_ATOM}{{1,255}})'
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_COMMENT: Final = re.compile(r"\([^()]*\)")
_AT: Final = re.compile(r"\s*@\s*")


# What almost all fields are: one address with nothing in it that the rest of this file is about, a name before it.
_CHARACTER: Final = r"""[^\s<>"(),;:\[\]@\\']"""
_PLAIN: Final = rf"(?!\.){_CHARACTER}{{1,200}}@{_CHARACTER}{{1,200}}(?<!\.)"
_ONE: Final = re.compile(rf'([^"<>(),;:\\]*|"[^"\\]*" *)<({_PLAIN})> *| *({_PLAIN}) *')


def mailboxes(raw: bytes, hint: str = "") -> tuple[Mailbox, ...]:
    """The mailboxes of an address field in their order; what holds no address is left out."""
    text = decode(raw[:_LIMIT], hint)
    text = text if text.isprintable() else line(text)
    if one := _ONE.fullmatch(text):
        return (Mailbox(_name(one[1] or ""), one[2] or one[3]),)
    found = map(_mailbox, _entries(text))
    return tuple(one for one in found if one is not None)[:_MOST]


class _Entry:
    """What stands between two commas."""

    __slots__ = ("angles", "comments", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.angles: list[str] = []
        self.comments: list[str] = []


def _entries(text: str) -> list[_Entry]:
    done: list[_Entry] = []
    entry, depth, comment = _Entry(), 0, ""
    for mark in _TOKEN.findall(text):
        if depth or mark == "(":
            depth += (mark == "(") - (mark == ")")
            comment += mark
            if depth == 0:
                entry.comments.append(comment[1:-1])
                comment = ""
        elif mark in ",;":
            done.append(entry)
            entry = _Entry()
        elif mark == ":" and not entry.angles:
            entry = _Entry()
        elif mark[0] == "<" and len(mark) > 1:
            entry.angles.append(mark[1:-1])
        else:
            entry.words.append(mark)
    if comment:
        entry.words.append(comment)
    return _joined([*done, entry])


def _joined(entries: list[_Entry]) -> list[_Entry]:
    """`Doe, Jane <j@x>` without quotes is one mailbox: a piece without any address belongs to the name behind it."""
    out: list[_Entry] = []
    for entry in entries:
        last = out[-1] if out else None
        if last and entry.angles and not last.angles and last.words and "@" not in "".join(last.words):
            entry.words = [*last.words, ", ", *entry.words]
            out.pop()
        out.append(entry)
    return out


def _mailbox(entry: _Entry) -> Mailbox | None:
    for angle in reversed(entry.angles):
        if address := _address(angle):
            return Mailbox(
                _name("".join(entry.words).strip().removesuffix("<>")) or _name(" ".join(entry.comments)), address
            )
    text = "".join(entry.words)
    address = _address(text)
    if not address:
        return None
    before = text[: text.find(address)] if address in text else ""
    return Mailbox(_name(before.strip(" <>")) or _name(" ".join(entry.comments)), address)


def _address(text: str) -> str:
    """The address in this text: the last one, since a source route (RFC 5321 section 4.1.1.3) stands before it."""
    if "(" in text:
        text = _COMMENT.sub("", text)
    text = _AT.sub("@", text.strip().strip("'").replace("\\@", "@"))
    found = _ADDRESS.findall(text)
    address = found[-1].strip("'.").removeprefix("mailto:") if found else ""
    return "".join(address.split())


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(r"\1", text.replace('\\"', "\0").replace('"', "")).replace("\0", '"')


def _name(text: str) -> str:
    text = text.strip()
    if '"' in text:
        text = _unescaped(text) if "\\" in text else text.replace('"', "")
    name = " ".join(decode_words(text).split())
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name
