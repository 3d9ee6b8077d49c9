"""A page of plain text, written as its tags and texts come."""

import html
import re
from dataclasses import dataclass, field
from typing import Final

from ingestd.mail.looking import holds

# Each in lower case, which is sought much faster, and in any.
_STYLE: Final = [
    re.compile(r"style\s{0,5}=\s{0,5}(\"[^\"]{0,4000}|'[^']{0,4000})", case) for case in (re.NOFLAG, re.IGNORECASE)
]
_HIDDEN: Final = [
    re.compile(
        r"display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden|mso-hide\s{0,5}:\s{0,5}all|font-size\s{0,5}:\s{0,5}0(?:px|pt|em)?\s{0,5}(?:;|!|$)|"
        r"(?:opacity|max-height)\s{0,5}:\s{0,5}0(?:px|pt|em)?\s{0,5}(?:;|!|$)",
        case,
    )
    for case in (re.NOFLAG, re.IGNORECASE)
]
_HIDDEN_ATTRIBUTE: Final = re.compile(r"(?<=\s)hidden(?=[\s/=]|$)", re.IGNORECASE)
_QUOTED_VALUE: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_START: Final = re.compile(r"\bstart\s{0,5}=\s{0,5}[\"']?(\d{1,6})")
# What newsletters fill their preview with, and hints where a word may be broken: nothing to see.
_FILLERS: Final = "\u200b\u200c\u034f\ufeff\u00ad"
_FILLER: Final = re.compile("(?:[ \u00a0]?[\u200b\u200c\u034f\ufeff]){3,}|\u00ad")
# Programs also indent with this element: only what is marked as somebody else's words is a quote.
_QUOTE: Final = re.compile(
    r"type\s{0,5}=\s{0,5}[\"']?cite|cite\s{0,5}=\s{0,5}[\"']?(?:mid|cid):|quote|border-left(?:-width)?\s{0,5}:\s{0,5}[^;\"']{0,40}[1-9]",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    r"href\s{0,5}=\s{0,5}(?:\"([^\"]{0,4000})|'([^']{0,4000})|([^\s\"'>]{1,4000}))", re.IGNORECASE
)
_ALT: Final = re.compile(r"\balt\s{0,5}=\s{0,5}(?:\"([^\"]{0,200})\"|'([^']{0,200})')", re.IGNORECASE)
_TIGHT: Final = re.compile(r"class\s{0,5}=\s{0,5}[\"']?Mso|margin(?:-bottom)?\s{0,5}:\s{0,5}0", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\n\r\f\u00a0]+")
_HUGE: Final = re.compile(r"&#\d{8,}")
_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:", "ftp://")
_PARAGRAPHS: Final = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "pre", "blockquote", "fieldset"}
)
_LINES: Final = frozenset(
    "div tr br li dt dd center section article header footer main aside nav address form body html caption thead tbody option summary details figure".split()  # noqa: SIM905 - a list of tag names reads better as words
)
_SPECIAL: Final = frozenset({"a", "blockquote", "li", "ul", "ol", "pre", "hr", "td", "th", "img"})
_VOID: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "source", "embed", "param"}
)


@dataclass(slots=True)
class Writer:
    """Takes the tags and texts of a page in their order, and is asked for the text once, at the end."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    depth: int = 0
    quotes: list[bool] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)
    preformatted: int = 0
    tight: list[bool] = field(default_factory=list)
    filled: bool = False
    blank: bool = False

    def text(self, raw: str) -> None:
        """What stands between two tags, as it is written."""
        if self.hidden:
            return
        text = _unescaped(raw) if "&" in raw else raw
        if self.preformatted:
            first, *rest = text.split("\n")
            self.line.append(first)
            self.filled = self.filled or bool(first)
            for one in rest:
                self.end_line()
                self.line.append(one)
                self.filled = True
            return
        # Nearly all text stays as it is.
        plain = text.isascii() and text.isprintable() and "  " not in text
        folded = text if plain else _folded(text)
        self.blank = self.blank or (folded == " " and "\u00a0" in text)
        if folded == " " and (not self.line or self.line[-1].endswith(" ")):
            return
        self.line.append(folded)
        self.filled = self.filled or folded != " "

    def open(self, name: str, attributes: str) -> None:
        """A tag that opens, its name in lower case; what a hidden one encloses is passed over."""
        if self.hidden:
            if name == self.hidden[0] and name not in _VOID:
                self.hidden.append(name)
            return
        if name not in _VOID and attributes and _hides(attributes):
            self.hidden.append(name)
            return
        self._begin(name, attributes)

    def _begin(self, name: str, attributes: str) -> None:
        if name == "p":
            self.tight.append(_TIGHT.search(attributes) is not None)
        if name == "br":
            self.end_line()
        elif name in _PARAGRAPHS:
            self.gap(1 if (name == "p" and self.tight[-1]) or (name in {"ul", "ol"} and self.lists) else 2)
        elif name in _LINES:
            self.gap(1)
        if name in _SPECIAL:
            self._special(name, attributes)

    def _special(self, name: str, attributes: str) -> None:
        match name:
            case "a":
                # Links do not nest: one that was never closed ends where the next begins.
                self.links.clear()
                self.links.append((_href(attributes), len(self.line)))
            case "blockquote":
                self.quotes.append(_QUOTE.search(attributes) is not None)
                self.depth += self.quotes[-1]
            case "li":
                self.line = [self._bullet()]
            case "ul":
                self.lists.append(0)
            case "ol":
                start = _START.search(attributes)
                self.lists.append(int(start[1]) if start else 1)
            case "pre":
                self.preformatted += 1
            case "hr":
                self.gap(1)
                self.line.append("_" * 24)
                self.filled = True
                self.end_line()
            case "td" | "th" if self.filled:
                self.line.append("  ")
            case "img":
                self._picture(attributes)
            case _:
                pass

    def _bullet(self) -> str:
        indent = "  " * max(0, min(len(self.lists), 8) - 1)
        if not self.lists or self.lists[-1] == 0:
            return f"{indent}- "
        number = self.lists[-1]
        self.lists[-1] += 1
        return f"{indent}{number}. "

    def _picture(self, attributes: str) -> None:
        """Emoji come as pictures in mail, and a picture may be all that a link shows."""
        found = _ALT.search(attributes)
        alt = html.unescape(found[1] or found[2] or "").strip() if found else ""
        if alt and (self.links or (len(alt) <= 3 and not alt.isascii())):
            self.line.append(alt)
            self.filled = True

    def close(self, name: str) -> None:
        """A tag that closes, whether or not it was opened."""
        if self.hidden:
            if name == self.hidden[0]:
                self.hidden.pop()
            return
        if name == "a" and self.links:
            self._linked(*self.links.pop())
        elif name == "pre" and self.preformatted:
            self.preformatted -= 1
        elif name in {"ul", "ol"} and self.lists:
            self.lists.pop()
        if name == "p":
            self.gap(1 if self.tight and self.tight.pop() else 2)
        elif name == "blockquote":
            self.gap(1)
            while self.lines and self.lines[-1].startswith(">") and not self.lines[-1].strip("> "):
                self.lines.pop()
            self.depth -= bool(self.quotes and self.quotes.pop())
            self.gap(2)
        elif name in _PARAGRAPHS:
            self.gap(2)
        elif name in _LINES and name != "br":
            self.gap(1)

    def _linked(self, target: str, since: int) -> None:
        words = "".join(self.line[min(since, len(self.line)) :]).strip()
        bare = target.removeprefix("mailto:").rstrip("/")
        if not target or not words or bare.endswith(words.rstrip("/")) or bare in words:
            return
        self.line.append(f" <{target}>")

    def gap(self, breaks: int) -> None:
        """End the line; with two breaks leave one empty line, never more."""
        if self.filled:
            self.end_line()
        elif self.blank:
            # An empty paragraph keeps its line, as the writer saw it.
            self.line = []
            self.end_line()
        elif not self.lists:
            self.line = []
        self.blank = False
        if breaks > 1 and self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * min(self.depth, 10))

    def end_line(self) -> None:
        """End the line, under as many quote marks as it stands in quotes, of ten at most."""
        text = "".join(self.line)
        self.line, self.filled = [], False
        # Two blanks at the head are an indent of ours; one is what folding left.
        text = text.rstrip() if self.preformatted or text.startswith("  ") else text.strip()
        self.lines.append("> " * min(self.depth, 10) + text)

    def finish(self) -> str:
        """The text, with no two empty lines in a row."""
        if self.line:
            self.end_line()
        return _squeezed(self.lines)


def _folded(text: str) -> str:
    if text.isascii():
        return " " if text.isspace() else _SPACE.sub(" ", text)
    return _SPACE.sub(" ", _FILLER.sub("", text) if holds(text, _FILLERS) else text)


def _hides(attributes: str) -> bool:
    # Letters of other alphabets may pass for some of these.
    foreign = not attributes.isascii()
    words = attributes if foreign else attributes.lower()
    if (foreign or "hidden" in words) and _is_hidden(words):
        return True
    style = _STYLE[foreign].search(words) if foreign or "style" in words else None
    return style is not None and _HIDDEN[foreign].search(style[1]) is not None


def _is_hidden(attributes: str) -> bool:
    # As an attribute, and not inside a value.
    found = _HIDDEN_ATTRIBUTE.search(attributes)
    return found is not None and _HIDDEN_ATTRIBUTE.search(_QUOTED_VALUE.sub("", attributes)) is not None


def _unescaped(raw: str) -> str:
    # int() refuses thousands of digits, and html.unescape would pass that on.
    return html.unescape(_HUGE.sub("&#65533", raw))


def _href(attributes: str) -> str:
    found = _LINK.search(attributes)
    target = html.unescape(_HUGE.sub("", found[1] or found[2] or found[3] or "")).strip() if found else ""
    return _SPACE.sub("%20", target)[:2_000] if target.lower().startswith(_SCHEMES) else ""


def _squeezed(lines: list[str]) -> str:
    out: list[str] = []
    for line in lines:
        text = line.rstrip()
        if text.strip("> ") or (out and out[-1].strip("> ")):
            out.append(text)
    return "\n".join(out).strip("\n")
