"""Bytes of unknown make to clean text: never raises, and loses nothing that another reading would keep.

The order is measured, not guessed: a byte order mark, UTF-8 where it is no accident, what was declared, escapes of
ISO-2022-JP, statistics, and Windows-1252 at the last. One part's charset says nothing about another part's.
"""

import codecs
import re
from typing import Final

from ingestd.mail.codec import MULTIBYTE, codec_of, known
from ingestd.mail.japanese import escapes, iso_2022_jp

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKS: Final = tuple(bom for bom, _ in _BOMS)
_ESCAPED: Final = frozenset(str.split("hz utf-7 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be"))
_PLAUSIBLE: Final = str.split(
    "utf-8 cp1252 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp874 koi8-r iso8859-2 "
    "gb18030 big5 cp949 cp932 euc-jp"
)
_LATIN: Final = frozenset(str.split("windows-1250 windows-1252 windows-1254 windows-1257 iso-8859-2"))
# What means the same in each of them: then it makes no difference which one it is.
_ALIKE: Final = bytes(
    byte for byte in range(256) if len({bytes((byte,)).decode(codec, "replace") for codec in _LATIN}) == 1
)
_SAMPLE: Final = 65_536
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_LONG_RUN: Final = re.compile(rb"[\x80-\xff]{3}")
_INSIDE: Final = re.compile(rb"[A-Za-z][\x80-\xff]{1,2}|(?<![\x80-\xff])[\x80-\xff]{1,2}(?=[A-Za-z])")
_SEQUENCE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_DIRTY: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_CLEAN: Final = bytes((0x09, 0x0A, *range(0x20, 0x7F)))
# Controls that are bytes of Windows-1252 read as Latin-1 by somebody before us (WHATWG HTML, numeric references).
_MEANT: Final = {0x0C: "\n", 0x85: "\n"} | {
    byte: bytes((byte,)).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in {0x81, 0x85, 0x8D, 0x8F, 0x90, 0x9D}
}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The same text without controls (tab and newline stay) and without lone surrogates, which become U+FFFD."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _is_clean(text):
        return text
    return _DIRTY.sub("", _SURROGATE.sub("\ufffd", text.translate(_MEANT)))


def _is_clean(text: str) -> bool:
    # Everything dirty is unprintable, and almost nothing else but the line break is: to know that costs a tenth.
    if text.isascii():
        return not text.encode("ascii").translate(None, _CLEAN)
    return text.replace("\n", "").isprintable() or not _DIRTY.search(text)


def ascii_stays(declared: str) -> bool:
    """Whether ASCII under this declared charset is what it looks like."""
    return not declared or codec_of(declared) not in _ESCAPED


def decode(data: bytes, declared: str = "") -> str:
    """Text of these bytes, whatever they are. What cannot be read becomes U+FFFD; controls are left to `clean`."""
    codec_name = codec_of(declared) if declared else None
    if data.isascii() and codec_name not in _ESCAPED:
        return _escaped(data) if b"\x1b" in data else data.decode("ascii")
    for bom, codec in _BOMS if data.startswith(_MARKS) else ():
        if data.startswith(bom):
            return data[len(bom) :].decode(codec, "replace")
    if codec_name == "utf-8" and (text := _strict(data, codec_name)):
        return text
    return _declared(data, codec_name) or _detected(data)


def _escaped(data: bytes) -> str:
    return iso_2022_jp(data) if escapes(data) else data.decode("ascii")


def _declared(data: bytes, codec: str | None) -> str | None:
    if codec in {"utf-16", "utf-32"}:
        codec = _endian(data, codec)
    # A few characters of a two-byte charset are valid UTF-8 by accident; of a one-byte charset practically never.
    if codec is None or codec not in _ESCAPED:
        text = _strict(data, "utf-8")
        if text is not None and (codec not in MULTIBYTE or codec == "utf-8" or _sequences(data) >= 4):
            return text
    if codec is None:
        return None
    if codec.startswith("iso2022_jp"):
        return iso_2022_jp(data) if escapes(data) else None
    # Plus signs are common, UTF-7 is not: what it does not read to the end was never written in it.
    return _strict(data, codec) or (None if codec == "utf-7" else _nearly(data, codec))


def _sequences(data: bytes) -> int:
    return len(_SEQUENCE.findall(data, 0, _SAMPLE))


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _nearly(data: bytes, codec: str) -> str | None:
    """The declared reading where a few bytes are damaged (a cut character, one foreign word)."""
    text = data.decode(codec, "replace")
    if codec == "utf-8" and _sequences(data) >= text.count("\ufffd", 0, _SAMPLE):
        return text
    high = len(data) - len(_HIGH.sub(b"", data))
    return text if text.count("\ufffd") * 10 <= max(high, 10) else None


def _endian(data: bytes, codec: str) -> str:
    """Without a mark, the half in which the zero bytes stand tells the order (RFC 2781 says big; mail says little)."""
    even, odd = data[0:_SAMPLE:2].count(0), data[1:_SAMPLE:2].count(0)
    return f"{codec}-be" if even > odd else f"{codec}-le"


def _detected(data: bytes) -> str:
    if escapes(data):
        return iso_2022_jp(data)
    if data.isascii():
        return data.decode("ascii")
    text = data.decode("utf-8", "replace")
    if _sequences(data) > 10 * text.count("\ufffd", 0, _SAMPLE):
        return text
    sample = data[:_SAMPLE]
    accents = _has_accents(sample)
    if accents and not data.translate(None, _ALIKE):
        return data.decode("cp1252")
    guess = _statistics(sample)
    # Of another script these are not.
    codec = known("cp1252" if accents and guess.lower() not in _LATIN else guess)
    return (codec and _strict(data, codec)) or data.decode("cp1252", "replace")


def _statistics(sample: bytes) -> str:
    # Loading the statistics takes longer than parsing many mails: only who needs them pays.
    import chardet  # noqa: PLC0415 - see above

    return chardet.detect(sample, include_encodings=_PLAUSIBLE, prefer_superset=True)["encoding"] or "cp1252"


def _has_accents(sample: bytes) -> bool:
    """Whether its high bytes are accents: single ones between ASCII letters. Words of another script are runs."""
    runs = _HIGH.findall(sample)
    return sum(map(len, runs)) < 1.5 * len(runs) or _inside_words(sample)


def _inside_words(sample: bytes) -> bool:
    """Whether high bytes come by ones and twos next to ASCII letters, as accents do and ideographs do not."""
    if _LONG_RUN.search(sample):
        return False
    return 2 * len(_INSIDE.findall(sample)) > len(_HIGH.findall(sample))
