import binascii
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.model import Slice
from ingestd.mail import names, rtf
from ingestd.mail.parse import parse
from ingestd.mail.tnef import read_tnef
from ingestd.mail.transfer import read

DATA = bytes(range(256)) * 3


def part(*fields, body="x"):
    return parse(
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n" + "\n".join((*fields, "", body)) + "\n--b--\n").encode(
            "utf-8", "surrogateescape"
        )
    )


def bytes_of(raw, file):
    return read(raw, file.source) if isinstance(file.source, Slice) else file.source.data


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('Content-Disposition: attachment; filename="=?utf-8?Q?R=C3=A9sum=C3=A9.pdf?="', "Résumé.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        (
            "Content-Disposition: attachment; filename*0*=utf-8''R%C3%A9; filename*1*=sum%C3%A9; filename*2=.pdf",
            "Résumé.pdf",
        ),
        ('Content-Disposition: attachment; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        ("Content-Disposition: attachment; filename=This is a test.txt", "This is a test.txt"),
        ('Content-Disposition: attachment; filename="Résumé.pdf"', "Résumé.pdf"),
        ("Content-Type: application/pdf; name=a.pdf", "a.pdf"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="C:\\\\dir\\\\file.txt"', "file.txt"),
        ("Content-Disposition: attachment; filename*=utf-8''a%00b%0Ac%7Cd.txt", "ab c_d.txt"),
        ('Content-Disposition: attachment; filename=".htaccess"', "htaccess"),
        ('Content-Disposition: attachment; filename="gpj.\u202eexe"', "gpj._exe"),
        ("Content-Disposition: attachment; filename*=utf-8'R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        ("Content-Disposition: attachment; filename*=R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        ("Content-Disposition: attachment; filename*=iso-8859-1'fr'R%E9sum%E9.pdf", "Résumé.pdf"),
        ('Content-Disposition: attachment; filename*0="=?utf-8?q?R=C3=A9"; filename*1="sum=C3=A9.pdf?="', "Résumé.pdf"),
        ('Content-Disposition: attachment; filename="R\udce9sum\udce9.pdf"', "Résumé.pdf"),
        ("Content-Disposition: attachment; filename='a.pdf'", "a.pdf"),
        ('Content-Disposition: attachment filename="a;b.pdf"', "a;b.pdf"),
        ('Content-Disposition: attachment; filename="a.pdf', "a.pdf"),
        ('Content-Disposition: attachment; filename="php://foo"', "foo"),
        ("Content-Type: text/plain; name*=iso-2022-jp'ja'%1B%24B%FF", "text.txt"),
        ("Content-Type: image/png", "image.png"),
        ("Content-Type: text/calendar", "text.ics"),
        ("Content-Disposition: attachment; filename=" + "x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_a_file_has_a_safe_name(field, name):
    """The author's name in any writing, without paths and syntax, and never longer than a hundred characters."""
    assert [file.name for file in part(field).attachments] == [name]


def test_an_encoded_mail_is_named_by_its_subject():
    """RFC 2046 forbids encoding it; programs do nevertheless."""
    inner = "U3ViamVjdDogSW5uZXIgb25lCgpoaQo="
    file = part("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", body=inner).attachments[0]

    assert ("Inner one.eml", 23) == (file.name, file.size)


def test_doubles_are_numbered_whatever_their_case():
    """Two files of one mail never have one name."""
    assert names.unique(["a.txt", "A.TXT", "a.txt", "b"]) == ("a.txt", "A (2).TXT", "a (3).txt", "b")


def test_a_uuencoded_file_stands_in_the_text():
    """It becomes a file, the text keeps the rest; a text that merely says `begin` is none."""
    encoded = b"".join(binascii.b2a_uu(DATA[at : at + 45]) for at in range(0, len(DATA), 45))
    raw = b"Subject: x\n\nsee this\n\nbegin 644 a file.bin\n" + encoded + b"`\nend\n\nbegin 123 of the story\nbye\n"

    mail = parse(raw)

    assert mail.text.split() == ["see", "this", "begin", "123", "of", "the", "story", "bye"]
    assert [(file.name, bytes_of(raw, file)) for file in mail.attachments] == [("a file.bin", DATA)]


def test_signatures_are_no_files():
    """The parts that sign a mail (RFC 1847) say nothing to a person; clear-signed text loses its armour."""
    signed = parse(
        b"Content-Type: multipart/signed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/pgp-signature;"
        b" name=signature.asc\n\nxxx\n--b--\n"
    )
    armoured = parse(
        b"Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhello\n- - x\n-----BEGIN PGP SIGNATURE-----\n\n"
        b"abc\n-----END PGP SIGNATURE-----\n"
    )

    assert (signed.text, signed.attachments) == ("hello", ())
    assert armoured.text == "hello\n- x"


def test_flowed_text_is_put_together():
    """format=flowed (RFC 3676): soft breaks join, quotes keep their depth, the signature mark its line."""
    mail = parse(b"Content-Type: text/plain; format=flowed\n\nOne line \nthat goes on.\n>> quoted \n>> text\n-- \nJo\n")

    assert mail.text == "One line that goes on.\n>> quoted text\n-- \nJo"


def attribute(level, ident, data):
    return struct.pack("<BHHI", level, ident, 6, len(data)) + data + b"\0\0"


def winmail(*attributes):
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


WINMAIL = winmail(
    attribute(1, 0x800C, b"the text\0"),
    attribute(2, 0x9002, b"\0" * 14),
    attribute(2, 0x8010, b"report.doc\0"),
    attribute(2, 0x800F, DATA),
)


def in_mail(data, text=b"see attached"):
    return (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
        + text
        + b"\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n"
        b"Content-Transfer-Encoding: base64\n\n" + binascii.b2a_base64(data) + b"--b--\n"
    )


def test_a_winmail_is_opened():
    """Its files stand under their own names, byte for byte; its text counts where the mail has no other."""
    raw, bare = in_mail(WINMAIL), in_mail(WINMAIL, b"")

    assert [(file.name, bytes_of(raw, file)) for file in parse(raw).attachments] == [("report.doc", DATA)]
    assert (parse(raw).text, parse(bare).text) == ("see attached", "the text")


def test_a_winmail_that_is_none_stays_a_file():
    """What cannot be opened is attached as it is."""
    raw = in_mail(b"\x89PNG nothing")

    assert [(file.name, bytes_of(raw, file)) for file in parse(raw).attachments] == [
        ("winmail.dat", b"\x89PNG nothing")
    ]


def test_compressed_rtf_is_unpacked():
    """The example of MS-OXRTFCP section 4.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )

    assert rtf.decompress(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf.to_text(rtf.decompress(packed)) == "hello world"


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_damaged_winmails_never_break_the_parser(data):
    """Any flipped bytes give files inside the bounds of the stream, or none."""
    damaged = bytearray(WINMAIL)
    for at in data.draw(st.lists(st.integers(6, len(WINMAIL) - 1), max_size=8)):
        damaged[at] = data.draw(st.integers(0, 255))

    tnef = read_tnef(bytes(damaged))

    assert all(0 <= file.offset and file.offset + file.length <= len(damaged) for file in tnef.files)
    raw = in_mail(bytes(damaged))
    assert all(len(bytes_of(raw, file)) == file.size for file in parse(raw).attachments)
