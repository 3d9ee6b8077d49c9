"""The texts of a mail as one: what a person sees from top to bottom."""

import re
from typing import Final

from ingestd.core.model import Slice
from ingestd.mail.body import TEXT_LIMIT, Body, Text
from ingestd.mail.html import to_text

_BLANK_END: Final = re.compile(r"(?<!\s)\s*\n\s*\Z")
_RULE: Final = re.compile(r"\s*[-_=*]{2,}")


def joined(body: Body) -> str:
    """All texts in their order. Two without a file between them are a letter and what was put under it: a line parts
    them, as mail programs draw one.
    """
    if len(body.texts) == 1:
        return plain_of(body.texts[0]).strip("\n")[:TEXT_LIMIT]
    places = sorted(file.source.offset for file in body.files if isinstance(file.source, Slice))
    out, before = "", Text()
    for text in body.texts:
        plain = plain_of(text)
        if not plain:
            continue
        if not out:
            out = plain.lstrip("\n")
        else:
            apart = any(before.at < place < text.at for place in places)
            rule = "" if apart or _RULE.match(plain) or not (before.plain and text.plain) else "\n--"
            out = _BLANK_END.sub("\n", out) + rule + "\n" + plain.lstrip("\n")
        before = text
    return out.rstrip("\n")[:TEXT_LIMIT]


def plain_of(text: Text) -> str:
    """One text as plain lines; "" for nothing but blanks."""
    plain = to_text(text.html) if _is_blank(text.plain) else text.plain
    return "" if _is_blank(plain) else plain


def _is_blank(text: str) -> bool:
    return not text or text.isspace()


def page(body: Body) -> str:
    """The HTML of the mail as written, plain pieces among it marked up; "" where it has none."""
    if all(map(_is_blank, [text.html for text in body.texts])):
        return ""
    return "\n".join(text.html or marked_up(text.plain) for text in body.texts)[:TEXT_LIMIT]


def marked_up(plain: str) -> str:
    """Plain text as HTML."""
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "<p>" + escaped.replace("\n", "<br>\n") + "</p>" if not _is_blank(plain) else ""
