"""Which codec a charset name in a mail means, however it is written."""

import codecs
import re
from functools import lru_cache
from typing import Final

_LONGEST: Final = 200

# What is written is often the subset of what is meant (WHATWG Encoding, "names and labels").
_SUPERSET: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_ALIAS: Final = {
    "ansi": "cp1252",
    "default": "cp1252",
    "iso-gb2312": "gb18030",
    "gb-2312": "gb18030",
    "x-gbk": "gb18030",
    "cp20936": "gb18030",
    "windows-936": "gb18030",
    "cp-936": "gb18030",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "ks-c-5601": "cp949",
    "x-x-big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "windows-950": "big5hkscs",
    "x-sjis": "cp932",
    "x-ms-cp932": "cp932",
    "windows-932": "cp932",
    "windows-31j": "cp932",
    "cswindows31j": "cp932",
    "ms-kanji": "cp932",
    "x-euc-jp": "euc_jp",
    "x-euc": "euc_jp",
    "cp-50220": "iso2022_jp",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "iso-2022-jp-ms": "iso2022_jp",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "logical": "iso8859_8",
    "koi8-ru": "koi8_u",
    "koi": "koi8_r",
    "koi8": "koi8_r",
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "iso-utf-8": "utf-8",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
}
MULTIBYTE: Final = frozenset(
    str.split(
        "gb18030 big5hkscs cp949 cp932 cp950 euc_jp euc_jis_2004 johab hz iso2022_jp iso2022_jp_1 iso2022_jp_2 "
        "iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr utf-7 utf-16 utf-16-le utf-16-be utf-32 utf-32-le "
        "utf-32-be utf-8"
    )
)
# An allow-list: `codecs` also finds rot13, zlib, punycode and others that are no charsets of mail.
SINGLE: Final = frozenset(
    str.split(
        "cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 "
        "cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 koi8-r koi8-u koi8-t kz1048 ptcp154 hp-roman8 "
        "iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 iso8859-15 "
        "iso8859-16 mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish mac-iceland mac-croatian mac-romanian"
    )
)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.:+()-]{1,39}")
_FAMILY: Final = re.compile(
    r"(?:win|windows|cp|ibm|ms)[-_]?(\d{3,4})(?!\d)|(?:iso|latin)[-_]?(8859)[-_]?(\d{1,2})(?!\d)"
)


def codec_of(declared: str) -> str | None:
    """The codec meant by a declared charset; None where the name says nothing."""
    return _meant(declared[:_LONGEST])


@lru_cache(256)
def _meant(declared: str) -> str | None:
    found = _NAME.search(declared.lower().removeprefix("charset=").strip("'\" \t"))
    if not found:
        return None
    name = found.group()
    return known(_ALIAS.get(name.replace("_", "-"), name)) or _family(name)


def known(name: str) -> str | None:
    """The superset codec of this name, if it is a charset of mail."""
    try:
        canonical = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    canonical = _SUPERSET.get(canonical, canonical)
    return canonical if canonical in MULTIBYTE or canonical in SINGLE else None


def _family(name: str) -> str | None:
    """`win-1251`, `cp1252http-equiv...`, `iso88592`: a well-known number in a damaged name."""
    found = _FAMILY.search(name)
    if not found:
        return None
    return known(f"iso8859-{found[3]}" if found[2] else f"cp{found[1]}")
