from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.model import Mailbox
from ingestd.mail.addresses import mailboxes
from ingestd.mail.headers import Fields, decode_words, message_date, message_ids, split_head

BITS = st.sampled_from(
    [
        b"=?",
        b"?=",
        b"utf-8",
        b"?q?",
        b"?B?",
        b"=C3=A4",
        b"\xe9",
        b"\xff\xfe",
        b" ",
        b'"',
        b"<",
        b">",
        b"@",
        b"(",
        b")",
        b",",
        b";",
        b":",
        b"\\",
        b"a",
        b"\x1b$B",
        b"\x00",
        b"\r\n ",
        b"=?x?b?",
    ]
)
HOSTILE = st.one_of(st.binary(max_size=300), st.lists(BITS, max_size=80).map(b"".join))


def test_words_are_decoded_as_their_author_meant():
    """Joined words, words in quotes, raw bytes and wrong charsets all become the text that was written."""
    assert decode_words("=?utf-8?Q?Gr=C3=BC=C3?= =?utf-8?Q?=9Fe?= aus K=?iso-8859-1?q?=F6ln?=") == "Grüße aus Köln"
    assert decode_words('"=?UTF-8?B?w6TDtg?=" x') == '"äö" x'
    assert decode_words("Grüße".encode("latin-1")) == "Grüße"
    assert decode_words("=?x-unknown*de?Q?caf=C3=A9_au lait?=") == "café au lait"
    assert decode_words("=?utf-8?q?a=0Ab=00c?=") == "a bc"
    assert decode_words("=?nonsense") == "=?nonsense"


@settings(deadline=None, max_examples=200)
@given(HOSTILE)
def test_no_header_breaks_the_parser(value):
    """Whatever stands in a field, text comes out clean and on one line, and addresses are never empty."""
    texts = [decode_words(value), *message_ids([value])]
    boxes = mailboxes(value)
    message_date(value)

    texts += [part for box in boxes for part in (box.name, box.address)]
    assert all(box.address for box in boxes)
    assert "".join(texts).encode().decode() == "".join(texts)
    assert not set("".join(texts)) & set("\0\r\n\t\x1b")


def test_addresses_are_found_however_they_are_written():
    """Comments, groups, stray marks, missing brackets and unquoted commas still give the mailbox."""
    cases = {
        b"a@b.example (Real Name)": [("Real Name", "a@b.example")],
        b'"X" <>, "Y" <y@z.example>': [("Y", "y@z.example")],
        b"Doe, Jane <j@x.example>, k@x.example": [("Doe, Jane", "j@x.example"), ("", "k@x.example")],
        b"a@b.example <c@d.example>": [("a@b.example", "c@d.example")],
        b"a@b> <c@d.example>": [("a@b>", "c@d.example")],
        b"Jo <<j@x.example>>": [("Jo", "j@x.example")],
        b"Name @ junk | [x] <a@b.example>": [("Name @ junk | [x]", "a@b.example")],
        b"=?utf-8?q?=3Cj=40evil.example=3E?= <j@x.example>": [("<j@evil.example>", "j@x.example")],
        b'""Jo"" <mailto:j@x.example>,': [("Jo", "j@x.example")],
        b"<'x@y.example'>": [("", "x@y.example")],
        b"Staff: one@x.example, two@x.example;": [("", "one@x.example"), ("", "two@x.example")],
        b"unlisted-recipients:; (no To-header on input)": [],
        b"<@relay.example:a@b.example>": [("", "a@b.example")],
        b"Bob <bob@x.example": [("Bob", "bob@x.example")],
        b"=?utf-8?Q?M=C3=BCller=2C_Jo?= <m@x.example>": [("Müller, Jo", "m@x.example")],
        b"[??????] nothing": [],
    }
    assert {raw: [(box.name, box.address) for box in mailboxes(raw)] for raw in cases} == cases


def test_an_encoded_word_makes_no_address():
    """What is encoded is a name: it neither ends an address nor becomes one."""
    assert mailboxes(b"=?utf-8?Q?boss=40bank.example=3E?= <thief@x.example>") == (
        Mailbox("boss@bank.example>", "thief@x.example"),
    )
    assert mailboxes(b"=?utf-8?Q?boss=40bank.example?=") == ()


def test_ids_come_without_brackets_and_once():
    """References are told in order, also where brackets are missing or blanks stand inside."""
    assert message_ids([b"<a@x>\r\n <b@x> <a@x>", b"c@x, d@x"]) == ("a@x", "b@x", "c@x", "d@x")
    assert message_ids([b"<a b@x>", b"Your mail of Monday <q@x>", b"[x]"]) == ("ab@x", "q@x")


def test_dates_are_moments_or_nothing():
    """A date counts with its zone; nonsense is None, not an error."""
    assert message_date(b"Mon, 2 Jan 2023 10:00:00 +0200") == datetime(2023, 1, 2, 8, tzinfo=UTC)
    assert message_date(b"Mon, 99 Jan 99999 10:00:00 +9999") is None
    assert message_date(b"yesterday") is None


def head(raw):
    stop, body = split_head(raw, 0, len(raw))
    return Fields(raw[:stop]), raw[body:]


def test_the_head_ends_where_the_fields_end():
    """Stray lines among fields do not end the head; a text without an empty line before it is body."""
    fields, body = head(b"From x Mon\nFrom: a@x\nX-Scan: yes\nstray line\nSubject: s\n t\n\nbody\n")
    assert (fields.text(b"from"), fields.text(b"subject"), body) == ("a@x", "s t", b"body\n")

    fields, body = head(b"Subject: s\r\nHello there,\r\nhow are you?\r\n\r\nBye\r\n")
    assert (fields.text(b"subject"), body) == ("s", b"Hello there,\r\nhow are you?\r\n\r\nBye\r\n")


@given(
    st.lists(
        st.binary(max_size=12).map(lambda value: value.replace(b"\n", b"").strip())
        | st.sampled_from([b"=?utf-8?q?=C3=A4?=", b"plain", b"a\tb", b"a\t\tb", b"\x1b$B", "ä".encode(), b"+AOQ-"]),
        max_size=5,
    ),
    st.sampled_from(["", "utf-8", "utf-7", "latin-1"]),
)
def test_all_fields_at_once_are_each_as_it_is_alone(values, hint):
    """Whatever stands in one of them."""
    fields = Fields(b"".join(b"X-%d: %s\n" % (number, value) for number, value in enumerate(values)))

    alone = [(name.decode(), fields.decoded(value, hint)) for name, value in fields.items]

    assert alone == list(fields.lines(5, hint))
    assert alone[:2] == list(fields.lines(2, hint))


def test_what_a_field_says_does_not_depend_on_who_asked_before():
    """Under one charset ASCII is what it looks like, under another it is not."""
    fields = Fields(b"Subject: +AOQ-\n")
    asked = ["utf-8", "utf-7", "", "utf-7", "us-ascii", "utf-8"]

    assert [fields.text(b"subject", hint) for hint in asked] == ["+AOQ-", "ä", "+AOQ-", "ä", "+AOQ-", "+AOQ-"]
