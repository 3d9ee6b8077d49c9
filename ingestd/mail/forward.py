"""A mail that somebody passes on: what the first author wrote, apart from the words of who sent it further."""

import re
from dataclasses import dataclass, replace
from typing import Final

from ingestd.core.model import Kind, Mail, Mailbox
from ingestd.mail import history
from ingestd.mail.origin import FORWARDED, HEAD, LOOK, forwarded_author, head_of, is_forward
from ingestd.mail.reply import own_words

_ANSWER: Final = re.compile(r"\s*(?:re|aw|sv|antw|ref|odp)\s*(?:\[\d{1,3}\])?\s*[:：]", re.IGNORECASE)
# Whoever attaches a mail to a letter of his own writes for himself; few words only hand it on.
FEW_WORDS: Final = 500
_ROBOTS: Final = frozenset({Kind.BOUNCE, Kind.DELAYED, Kind.AUTO_REPLY, Kind.FEEDBACK})


@dataclass(frozen=True, slots=True)
class Passed:
    """The author whom a forward names, the forwarder's own `words` ("" for none), and the mail as it was first."""

    author: Mailbox
    words: str
    mail: Mail


def passed_on(mail: Mail) -> Passed | None:
    """The mail that this one forwards, in its text or as its one enclosed mail; None for an answer or any other."""
    if _ANSWER.match(mail.subject):
        return None
    return _in_the_text(mail) or _as_a_file(mail)


def _in_the_text(mail: Mail) -> Passed | None:
    author = forwarded_author(mail.text) if is_forward(mail.subject, mail.text) else None
    lines = mail.text.split("\n")
    at, _ = head_of([line[:300] for line in lines[:LOOK]])
    if author is None or at < 0:
        return None
    length, subject = _fields(lines, at)
    text = _unquoted(lines[at + length :])
    words = own_words(lines[:at])
    if not text.strip() and not mail.attachments:
        text = mail.text
    first = replace(
        mail, subject=subject or _first_subject(mail.subject), text=text, reply=text, html="", markdown="", cc=()
    )
    return Passed(author, words, first)


def _as_a_file(mail: Mail) -> Passed | None:
    inner = mail.enclosed
    if inner is None or inner.author is None or inner.kind in _ROBOTS:
        return None
    words = own_words(mail.text.split("\n"))
    if len(words) > FEW_WORDS and not FORWARDED.match(mail.subject):
        return None
    first = replace(
        mail,
        subject=inner.subject or _first_subject(mail.subject),
        text=inner.text,
        reply=inner.text,
        html=inner.html,
        markdown=inner.markdown,
        cc=(),
        attachments=(*inner.attachments, *mail.attachments),
    )
    return Passed(inner.author, words, first)


def _fields(lines: list[str], at: int) -> tuple[int, str]:
    """How many lines the head takes, and the subject that it names."""
    subject, end = "", at
    while end < len(lines) and end < at + HEAD and lines[end].strip("> *_"):
        found = history.FIELD.match(lines[end][:300])
        if found and found[1].lower() in history.SUBJECTS:
            subject = lines[end][found.end() :].strip(" *_:")[:300]
        end += 1
    return end - at, subject


def _unquoted(lines: list[str]) -> str:
    """Some programs quote what they forward; then every line of it."""
    if all(line.startswith(">") for line in lines if line.strip()):
        lines = [line.removeprefix(">").removeprefix(" ") for line in lines]
    return "\n".join(lines).strip()


def _first_subject(subject: str) -> str:
    return FORWARDED.sub("", subject, count=1).strip()
