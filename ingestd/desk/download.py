"""How a stranger's file leaves the desk: as something to save, under a name that cannot break the header."""

import re
from urllib.parse import quote

_ODD = re.compile(r"[^A-Za-z0-9._ -]")
_LONGEST_NAME = 200
_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_GIFS = (b"GIF87a", b"GIF89a")


def disposition(name: str) -> str:
    """Content-Disposition in both forms: plain ASCII, and RFC 6266 section 4.3 (RFC 8187) for the real name."""
    name = name[-_LONGEST_NAME:] or "file"
    return f"attachment; filename=\"{_ODD.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def image_type(data: bytes) -> str | None:
    """The type of a picture by its first bytes, None for everything that is not one of four kinds."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:6] in _GIFS:
        return "image/gif"
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), None)
