"""Names for files: safe for any file system and page, and no two alike in one mail."""

import re
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 100
# Path separators, what WHMCS joins names by, what shells and pages read as syntax, and marks that turn text around.
_UNSAFE: Final = re.compile('[\x00-\x1f\x7f-\x9f/\\\\:|<>"*?\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+')
_EXTENSIONS: Final = {
    "application/ics": "ics",
    "application/json": "json",
    "application/msword": "doc",
    "application/ms-tnef": "dat",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/pjpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/feedback-report": "txt",
    "message/global": "eml",
    "message/global-delivery-status": "txt",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/directory": "vcf",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/rtf": "rtf",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
}


def extension(content_type: str) -> str:
    """The usual extension of this type, without its dot; `bin` where nothing better is known."""
    return _EXTENSIONS.get(content_type, "txt" if content_type.startswith("text/") else "bin")


def safe(written: str) -> str:
    """The name without path, control or syntax characters, at most 100 characters long; "" if nothing is left."""
    if not written:
        return ""
    name = written.strip().rstrip("/\\")
    name = name[max(name.rfind("/"), name.rfind("\\")) + 1 :]
    name = " ".join(_UNSAFE.sub("_", name).split()).strip(" .")
    if name.strip("_ \ufffd") == "":
        return ""
    return shortened(name, LONGEST)


def shortened(name: str, most: int) -> str:
    """The name cut to this many characters, its extension kept."""
    if len(name) <= most:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 12:
        return name[:most].rstrip(" .")
    return stem[: most - len(suffix) - 1].rstrip(" .") + "." + suffix


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """The same names, each later double numbered; letter case does not tell two files apart."""
    taken: set[str] = set()
    last: dict[str, int] = {}
    out = []
    for name in names:
        chosen, number = name, last.get(name.casefold(), 1)
        while chosen.casefold() in taken:
            number += 1
            chosen = _numbered(name, number)
        last[name.casefold()] = number
        taken.add(chosen.casefold())
        out.append(chosen)
    return tuple(out)


def _numbered(name: str, number: int) -> str:
    mark = f" ({number})"
    stem, dot, suffix = shortened(name, LONGEST - len(mark)).rpartition(".")
    return f"{stem}{mark}.{suffix}" if dot else f"{suffix}{mark}"
