"""HTML to Markdown, and to plain text where the page is read without any layout."""

import re
from typing import Final

from html_to_markdown import (
    CodeBlockStyle,
    ConversionOptions,
    HeadingStyle,
    HiddenContent,
    HighlightStyle,
    InlineDataMedia,
    LinkStyle,
    ListIndentType,
    NewlineStyle,
    OutputFormat,
    TierStrategy,
    UrlEscapeStyle,
    WhitespaceMode,
    convert,
)

from ingestd.mail.charset import clean
from ingestd.mail.page import rendered

LIMIT: Final = 1_048_576
# The library's own choices are named once more: as words, it takes longer to know them again for each page than most
# pages take.
_OPTIONS: Final = ConversionOptions(
    extract_metadata=False,
    skip_images=True,
    autolinks=False,
    compact_tables=True,
    hidden_content=HiddenContent.DROP,
    heading_style=HeadingStyle.ATX,
    list_indent_type=ListIndentType.SPACES,
    highlight_style=HighlightStyle.DOUBLE_EQUAL,
    whitespace_mode=WhitespaceMode.NORMALIZED,
    newline_style=NewlineStyle.SPACES,
    code_block_style=CodeBlockStyle.BACKTICKS,
    inline_data_media=InlineDataMedia.KEEP,
    url_escape_style=UrlEscapeStyle.ANGLE,
    link_style=LinkStyle.INLINE,
    output_format=OutputFormat.MARKDOWN,
    tier_strategy=TierStrategy.AUTO,
)
_LEVELS: Final = 100
_QUOTES: Final = re.compile("<blockquote", re.IGNORECASE)
_LETTERS: Final = re.compile(r"\w")
_TITLE: Final = re.compile(r"\s*(?:<!doctype html>\s*)?(?:<(?:html|head)>\s*)*<title>", re.IGNORECASE | re.ASCII)
_TITLE_END: Final = re.compile(r"</title", re.IGNORECASE | re.ASCII)
_PAGE_END: Final = re.compile(r"</title>\s*(?:</(?:head|html)>\s*)*", re.IGNORECASE | re.ASCII)
# A ticket's reader must not be one click from a script (RFC 7763 says nothing of it, browsers do).
_UNSAFE_LINK: Final = re.compile(
    r"\]\(\s{0,10}<?\s{0,10}(?!https?:|mailto:|tel:|ftp:|#)[a-z][a-z0-9+.-]{0,20}:[^)\n]{0,2000}\)", re.IGNORECASE
)


def to_text(html: str) -> str:
    """The text as a person sees it: lines, lists, quotes marked with `>`, links behind their words. Never raises."""
    return rendered(clean(html[:LIMIT]))


def to_markdown(html: str) -> str:
    """The text as Markdown, without markup that lives; never raises, never empty where there are letters."""
    html = clean(html[:LIMIT])
    try:
        result = (convert(html, _OPTIONS).content or "") if _is_converted(html) else ""
    except Exception:  # noqa: BLE001 - a foreign converter on hostile input: whatever it raises, the plain text remains
        result = ""
    if not _LETTERS.search(result):
        return rendered(html)
    return _UNSAFE_LINK.sub("]", clean(result)).replace("<", "&lt;").strip()[:LIMIT]


def _is_converted(html: str) -> bool:
    # Each level of quotes is written out before each line: a small page of many levels would fill the memory.
    return not _is_title(html) and len(_QUOTES.findall(html)) <= _LEVELS


def _is_title(html: str) -> bool:
    """Whether all of the page is its title, as where that was never closed: none of it converts to text, and to find
    this out takes longer than to convert most pages.
    """
    title = _TITLE.match(html)
    end = title and _TITLE_END.search(html, title.end())
    return title is not None and (end is None or _PAGE_END.fullmatch(html, end.start()) is not None)
