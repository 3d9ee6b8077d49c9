"""HTML to Markdown, and where that fails to the bare text: never empty where there are letters."""

import re
from typing import Final

from html_to_markdown import ConversionOptions, convert
from selectolax.lexbor import LexborHTMLParser

from ingestd.mail.charset import clean

LIMIT: Final = 1_048_576
_OPTIONS: Final = ConversionOptions(
    extract_metadata=False, skip_images=True, autolinks=False, compact_tables=True, hidden_content="drop"
)
_PLAIN: Final = ConversionOptions(extract_metadata=False, skip_images=True, output_format="plain")
_LETTERS: Final = re.compile(r"\w")


def to_markdown(html: str) -> str:
    """The text as Markdown; never raises."""
    return _converted(clean(html[:LIMIT]), _OPTIONS)


def to_text(html: str) -> str:
    """The text as plain lines; never raises."""
    return _converted(clean(html[:LIMIT]), _PLAIN)


def _converted(html: str, options: ConversionOptions) -> str:
    try:
        result = convert(html, options).content or ""
    except Exception:  # noqa: BLE001 - a foreign converter on hostile input: whatever it raises, the bare text remains
        result = ""
    return clean(result).strip() if _LETTERS.search(result) else _bare(html)


def _bare(html: str) -> str:
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "head", "title", "template"])
    return clean(tree.text(separator=" ", strip=True)) if tree.root else ""
