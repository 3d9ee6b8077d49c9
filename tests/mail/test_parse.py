import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.model import Coding, Mailbox, Slice
from ingestd.mail.parse import parse, parse_headers
from ingestd.mail.transfer import read

PLAIN = b"""\
Received: from a by b
Message-ID: <one@x.example>
From: =?utf-8?Q?J=C3=B6?= <jo@x.example>
To: Support <support@y.example>, b@y.example
Cc: c@z.example
Reply-To: answers@x.example
In-Reply-To: <zero@x.example>
References: <root@x.example>
 <zero@x.example>
Subject: A =?utf-8?Q?gr=C3=BC=C3=9F?=
Date: Mon, 2 Jan 2023 10:00:00 +0000
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Hello =FCber there
"""
FILE = bytes(range(256)) * 10
MIXED = (
    b"From: a@x.example\r\nSubject: files\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\npreamble\r\n"
    b"--b1\r\nContent-Type: multipart/alternative; boundary=b11\r\n\r\n--b11\r\n\r\nplain text\r\n"
    b"--b11\r\nContent-Type: text/html\r\n\r\n<p>rich <b>text</b></p>\r\n--b11--\r\n"
    b'--b1\r\nContent-Type: application/pdf; name="../../report|1.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.encodebytes(FILE).replace(b"\n", b"\r\n")
    + b"--b1\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename*=utf-8''%C3%A4.csv\r\n\r\n1;2\r\n"
    b"--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner one\r\n\r\ninner body\r\n"
    b"--b1\r\n\r\nsecond text\r\n--b1--\r\n"
)


def test_an_ordinary_mail_is_read_in_full():
    """Sender, recipients, ids, subject and text of a plain mail."""
    mail = parse(PLAIN)

    assert mail.author == Mailbox("Jö", "jo@x.example")
    assert [box.address for box in mail.to + mail.cc] == ["support@y.example", "b@y.example", "c@z.example"]
    assert mail.reply_to == (Mailbox("", "answers@x.example"),)
    assert (mail.message_id, mail.in_reply_to) == ("one@x.example", ("zero@x.example",))
    assert mail.references == ("root@x.example", "zero@x.example")
    assert (mail.subject, mail.text, mail.hops) == ("A grüß", "Hello über there", 1)
    assert mail.headers[1] == ("Message-ID", "<one@x.example>")


def test_files_are_places_in_the_raw_mail():
    """A file's bytes are read from the raw mail through its steps, exactly as they were sent; its size is counted."""
    mail = parse(MIXED)

    assert [file.name for file in mail.attachments] == ["report_1.pdf", "ä.csv", "Inner one.eml"]
    assert mail.attachments[0].written_name == "../../report|1.pdf"
    assert read(MIXED, mail.attachments[0].source) == FILE
    assert mail.attachments[0].size == len(FILE)
    assert read(MIXED, mail.attachments[2].source) == b"Subject: Inner one\r\n\r\ninner body"


def test_all_texts_are_read_in_order():
    """Of alternatives one is taken, every further text is kept, and the HTML stays as written."""
    mail = parse(MIXED)

    assert mail.text == "plain text\nsecond text"
    assert mail.html == "<p>rich <b>text</b></p>\n<p>second text</p>"
    assert mail.markdown == "rich **text**\n\nsecond text"


def test_a_mail_that_breaks_the_parser_is_read_by_its_head():
    """The fields are read from the first bytes; the file is the whole mail, untouched."""
    mail = parse_headers(MIXED[:200], len(MIXED))

    assert (mail.subject, mail.text) == ("files", "")
    assert mail.attachments[0].name == "message.eml"
    assert mail.attachments[0].source == Slice(0, len(MIXED), (Coding.IDENTITY,))
    assert mail.attachments[0].size == len(MIXED)


BITS = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"\n\n",
        b"--b",
        b"--",
        b"From: a@b",
        b"Subject: =?utf-8?q?",
        b"\xff",
        b"\x00",
        b"<p>",
        b"&#",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/html\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Disposition: attachment; filename*0*=x''%\n",
        b"QUJD",
        b"=",
        b"Content-Type: multipart/alternative; boundary=b\n",
        b"begin 644 x\n",
        b"Content-Type: multipart/report;",
        b"> ",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.binary(max_size=400), st.lists(BITS, max_size=60).map(b"".join)))
def test_no_mail_breaks_the_parser(raw):
    """Any bytes give a mail of clean text whose files have exactly the size that is read."""
    for mail in (parse(raw), parse_headers(raw)):
        texts = [mail.subject, mail.text, mail.reply, mail.html, mail.markdown, mail.message_id]
        texts += [file.name for file in mail.attachments] + [text for pair in mail.headers for text in pair]
        "".join(texts).encode()
        assert not set("".join(texts)) & set("\0\x1b\r\x85")
        for file in mail.attachments:
            data = read(raw, file.source) if isinstance(file.source, Slice) else file.source.data
            assert len(data) == file.size
            assert file.name
            assert not set(file.name) & set("/\\|\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@example.org\n" + b"X-Long: " + b"x " * 200_000 + b"\n\ntext\n",
        b"From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: a/b\n\nx\n" * 1_200,
    ],
    ids=["head", "parts"],
)
def test_what_a_bound_cut_off_goes_along_as_it_came(raw):
    """A mail too odd to be read whole bears its raw form as a file: nobody has to fetch it from the spool."""
    mail = parse(raw)

    assert len(raw) in {file.size for file in mail.attachments if file.content_type == "message/rfc822"}
