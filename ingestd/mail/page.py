"""A page of HTML as plain text, in one pass over its tags: no tree, so no nesting is too deep and no soup too thick."""

import re
from typing import Final

from ingestd.mail.writer import Writer

# Nearly every tag ends at the first `>` behind it; where none follows at all, the place is found nevertheless.
_MARK: Final = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})(?=[\s/>])([^>]*)>|(?=[a-zA-Z/!?]))")
_TAG: Final = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]{0,30})(?=[\s/>])")
_TAG_LIMIT: Final = 8_000
_RAW: Final = frozenset({"script", "style", "title", "template", "noscript", "object", "applet"})


def rendered(page: str) -> str:
    """The visible text of a clean page; never raises. Links stand behind their words, quotes carry `>`."""
    writer = Writer()
    at, end = 0, len(page)
    closers: dict[str, int] = {}
    while at < end:
        mark = _MARK.search(page, at) if closers.get(">", 0) >= 0 else None
        if mark is None:
            writer.text(page[at:])
            break
        start = mark.start()
        if start > at:
            writer.text(page[at:start])
        closing, name, attributes = mark.groups()
        if not name or len(attributes) >= _TAG_LIMIT or attributes.count('"') % 2:
            at = _markup(page, start, writer, closers)
        elif closing:
            writer.close(name.lower())
            at = mark.end()
        else:
            at = _opened(page, name.lower(), attributes, mark.end(), writer, closers)
    return writer.finish()


def _markup(page: str, start: int, writer: Writer, closers: dict[str, int]) -> int:
    """Take what begins with `<` here; where reading goes on."""
    if page.startswith("<!--", start):
        return _past(page, "-->", start + 4, closers) or start + 4
    if page.startswith(("<!", "<?"), start):
        return _past(page, ">", start, closers) or start + 2
    tag = _TAG.match(page, start)
    stop = _tag_end(page, tag.end(), closers) if tag else 0
    if not tag or not stop:
        writer.text("<")
        return start + 1
    if page[start + 1] == "/":
        writer.close(tag[1].lower())
        return stop
    return _opened(page, tag[1].lower(), page[tag.end() : stop - 1], stop, writer, closers)


def _opened(page: str, name: str, attributes: str, stop: int, writer: Writer, closers: dict[str, int]) -> int:
    """Open this element; where reading goes on, behind what it has inside where that is no text."""
    writer.open(name, attributes)
    behind = _past(page, f"</{name}", stop, closers) if name in _RAW else 0
    return (_past(page, ">", behind, closers) or behind) if behind else stop


def _past(page: str, mark: str, at: int, closers: dict[str, int]) -> int:
    """The place behind the next such mark, 0 if there is none. Asked once in vain, it is not searched again."""
    if closers.get(mark, 0) < 0:
        return 0
    found = page.find(mark, at)
    if found < 0 and mark.startswith("</"):
        found = page.find(mark.upper(), at)
    closers[mark] = found
    return found + len(mark) if found >= 0 else 0


def _tag_end(page: str, at: int, closers: dict[str, int]) -> int:
    """Behind the `>` that ends a tag, one inside quotes left out; 0 if none does."""
    begin = at
    for _ in range(5):
        stop = _past(page, ">", at, closers)
        if not stop:
            return 0
        piece = page[begin : min(stop, begin + _TAG_LIMIT)]
        if piece.count('"') % 2 == 0:
            return stop
        at = stop
    return _past(page, ">", begin, closers)
