import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.mail.charset import clean, decode
from ingestd.mail.codec import codec_of

JAPANESE = "テストメールです"


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("€ – “x”".encode("cp1252"), "iso-8859-1", "€ – “x”"),
        ("汉字测试，镕".encode("gb18030"), "gb2312", "汉字测试，镕"),
        ("中文電子郵件測試".encode(), "big5", "中文電子郵件測試"),
        (JAPANESE.encode("iso2022_jp"), "", JAPANESE),
        (JAPANESE.encode("cp932"), "", JAPANESE),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp", "①"),
        ("Привет, как дела".encode("koi8-r"), "", "Привет, как дела"),
        (b"\xef\xbb\xbfGr\xc3\xbc", "iso-8859-1", "Grü"),
        ("Grüße".encode("utf-16"), "", "Grüße"),
        ("Grüße".encode("utf-16-le"), "utf-16", "Grüße"),
        (b"Fr+APY-sche", "utf-7", "Frösche"),
        (b"a+autoreply=b", "", "a+autoreply=b"),
        ("schön".encode("latin-1"), "nonsense", "schön"),
        ("grüß Gott".encode("cp1252"), "", "grüß Gott"),
        ("您好，我的网站不能访问了".encode("gbk"), "", "您好，我的网站不能访问了"),
        ("안녕하세요, 웹사이트가 열리지 않습니다".encode("cp949"), "", "안녕하세요, 웹사이트가 열리지 않습니다"),
        (b"a+autoreply=b", "utf-7", "a+autoreply=b"),
        (b"gut " * 20 + "schön ".encode() * 5 + b"\xff", "utf-8", "gut " * 20 + "schön " * 5 + "\ufffd"),
    ],
)
def test_bytes_become_the_text_that_was_meant(data, declared, text):
    """Wrong, missing and too narrow declarations do not spoil what can be told from the bytes."""
    assert decode(data, declared) == text


def test_charset_names_are_known_however_they_are_written():
    """Old, vendor and damaged names mean a codec; what is no charset of mail means none."""
    known = {
        "x-gbk": "gb18030",
        "win-1251": "cp1251",
        "cp1252http-equivcontent-type": "cp1252",
        "iso88592": "iso8859-2",
    }
    known |= {"x-mac-roman": "mac-roman", "KS_C_5601-1987": "cp949", '"utf-8"': "utf-8", "charset=us-ascii": "cp1252"}

    assert {name: codec_of(name) for name in known} == known
    assert [codec_of(name) for name in ("rot13", "zlib", "idna", "binary", "x\0y", "", "8bit")] == [None] * 7


def test_clean_text_has_no_controls():
    """Line ends are one kind, controls go, lone surrogates become the mark for what is lost."""
    assert clean("a\r\nb\rc\0\x1b\ud800\tx\x80") == "a\nb\nc\ufffd\tx€"


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "utf-7", "utf-16", "iso-2022-jp", "hz", "gb2312", "big5", "\0", "idna"]),
)
def test_any_bytes_become_clean_text(data, declared):
    """Nothing in any charset raises or leaves a lone surrogate."""
    assert clean(decode(data, declared)).encode().decode()[:0] == ""
