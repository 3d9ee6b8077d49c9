"""text/enriched (RFC 1896) and text/richtext (RFC 1341 section 7.1.3) as plain text."""

import re
from typing import Final

_PARAMETER: Final = re.compile(r"<param>[^<]{0,500}</param>", re.IGNORECASE)
_COMMAND: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,58}>")
_BREAKS: Final = re.compile(r"\n+")
_NEW_LINE: Final = re.compile(r"<nl>|</?(?:paragraph|np)>", re.IGNORECASE)


def from_enriched(text: str) -> str:
    """One line break is a blank, of several one is dropped; `<<` stands for `<`."""
    text = _BREAKS.sub(lambda found: "\n" * (len(found.group()) - 1) or " ", _PARAMETER.sub("", text))
    return "<".join(_COMMAND.sub("", piece) for piece in text.split("<<")).strip()


def from_richtext(text: str) -> str:
    """Line breaks are blanks, `<nl>` breaks the line, `<lt>` stands for `<`."""
    text = _NEW_LINE.sub("\n", text.replace("\n", " "))
    return "<".join(_COMMAND.sub("", piece) for piece in text.split("<lt>")).strip()
