"""The cheap looks before the patterns: they say what the patterns would, only sooner."""

import re
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.mail.headers import message_date
from ingestd.mail.history import (
    ABOVE,
    ADDRESS,
    BARE_VERB,
    BEGIN,
    DECORATION,
    FIELD,
    FIELDS,
    GMT_LED,
    OFFER,
    PHONE,
    SENT_BY,
    VERB,
    WHEN,
    is_by_program,
)
from ingestd.mail.phrases import DAEMON, DELAYED, DELAYED_TEXT, DISGUISED, NOBODY, OFFICE, OFFICIAL
from ingestd.mail.signs import (
    begins_forward,
    ends_in_verb,
    field_of,
    has_address,
    has_date,
    has_verb,
    is_ordinary,
    is_reply_mark,
    signs_of,
)

# As it was before it was turned around to begin with the digit.
PLAINLY = re.compile(r"(?<!\d)(?:\d{1,2}[:.]\d{2}|(?:19|20)\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)|\d年|\d월")
ASCII = (
    "wrote writes schrieb geschrieben escribio escribiste escreveu ha_scritto hai_scritto scrive schreef geschreven skrev "
    "skreiv kirjoitti pisze napsal napsal(a) a_scris yazdi menulis va_escriure napisao je_napisala kirjutas"
).split()


@pytest.mark.parametrize("word", ASCII)
def test_every_verb_of_ascii_is_looked_for(word):
    """In whatever case, and where a letter of another alphabet stands beside it."""
    words = word.replace("_", " ")

    for text in (f"Ada {words}:", f"Ada {words.upper()}:", f"Zoë {words}:"):
        assert VERB.search(text)
        assert has_verb(text)


@given(st.from_regex(VERB) | st.text("wrotes chibuvanWRkjpzdly", max_size=30) | st.text(max_size=30))
def test_a_verb_is_found_where_the_pattern_finds_it(text):
    """Nowhere else either."""
    assert has_verb(text) is (VERB.search(text) is not None)


@given(st.from_regex(BARE_VERB) | st.text("wroteschibufv \t\n", max_size=30) | st.text(max_size=30))
def test_a_verb_ends_a_line_where_the_pattern_says_so(text):
    """White space behind it left out."""
    assert ends_in_verb(text) is (BARE_VERB.search(text[-20:]) is not None)


@given(st.from_regex(PLAINLY) | st.text("0129:./- 年월", max_size=20))
def test_a_date_is_what_it_was(text):
    """A day, a year or a time of day, with no digit before or behind it."""
    assert (PLAINLY.search(text) is not None) is (WHEN.search(text) is not None)
    assert has_date(text) is (WHEN.search(text) is not None)


@given(st.from_regex(ADDRESS) | st.text("a@b.<> ", max_size=20))
def test_an_address_is_found_where_the_pattern_finds_it(text):
    """None is without its sign."""
    assert has_address(text) is (ADDRESS.search(text) is not None)


@given(st.from_regex(ABOVE) | st.text("replyabov nwtx#=*", max_size=60))
def test_a_reply_mark_is_found_where_the_pattern_finds_it(line):
    """In every language that it has."""
    assert is_reply_mark(line) is (ABOVE.match(line) is not None)


@given(st.from_regex(VERB) | st.from_regex(ABOVE) | st.text("wrotes abvline", max_size=30), st.text(max_size=30))
def test_a_text_has_the_signs_of_its_lines(text, more):
    """Also where the words of one stand on two lines."""
    broken = signs_of(f"{more}\n{text.replace(' ', chr(10))}")

    assert broken.verb or not has_verb(text)
    assert signs_of(f"{more}\n{text}").reply_mark or not is_reply_mark(text)


@given(st.from_regex(FIELD) | st.text("from:ımen* _>:：", max_size=20) | st.text(max_size=20))
def test_a_field_is_found_where_the_pattern_finds_it(line):
    """Under the name that the pattern found, in lower case."""
    found = FIELD.match(line)

    assert field_of(line) == (found[1].lower() if found else "")


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_name_of_a_field_is_looked_for(name):
    """In whatever case, and with what programs draw around it."""
    for line in (f"{name}: x", f"> *{name.upper()}:* x", f"{name} ：x"):
        assert field_of(line) == FIELD.match(line)[1].lower()


@given(st.from_regex(BEGIN) | st.text(max_size=30))
def test_a_forward_begins_where_the_pattern_finds_it(words):
    """In every language that it has."""
    assert begins_forward(words) is (BEGIN.match(words) is not None)


@given(st.from_regex(BEGIN) | st.from_regex(FIELD) | st.from_regex(GMT_LED) | st.text(max_size=40))
def test_no_pattern_matches_an_ordinary_line(line):
    """What needs a closer look is not ordinary."""
    marks = (BEGIN.match(line.strip(DECORATION)), FIELD.match(line), GMT_LED.match(line))

    assert not (is_ordinary(line) and any(marks))


@pytest.mark.parametrize(
    ("line", "ordinary"),
    [
        ("Please help us with this.", True),
        ("> Please help us with this.", False),
        ("A> Please help us with this.", False),
        ("Subject: Help", False),
        ("-----", False),
        ("  indented", False),
        ("Please reply above this line", True),
        ("Begin forwarded message", False),
        ("Grüße aus Köln", False),
        ("", False),
    ],
)
def test_most_lines_are_ordinary(line, ordinary):
    """Words from the first letter on, of ASCII alone."""
    assert ordinary is is_ordinary(line)


@given(st.from_regex(PHONE) | st.from_regex(OFFER) | st.from_regex(SENT_BY) | st.text(max_size=40))
def test_a_programs_line_is_found_where_a_pattern_finds_it(line):
    """Whatever the program and its language."""
    assert is_by_program(line) is any(pattern.match(line) for pattern in (PHONE, OFFER, SENT_BY))


@given(st.from_regex(DAEMON) | st.from_regex(OFFICE) | st.from_regex(NOBODY))
def test_an_office_is_never_passed_over(author):
    """What the patterns find holds one of the words that are looked for first, or letters that pass for others."""
    assert not DISGUISED.isdisjoint(author) or any(word in author.lower() for word in OFFICIAL)


@given(st.from_regex(DELAYED_TEXT))
def test_a_delay_is_never_passed_over(text):
    """What the pattern finds holds one of the words that are looked for first, or a letter that passes for another."""
    assert any(words in text.lower() for words in DELAYED) or not DISGUISED.isdisjoint(text)


@given(st.datetimes(datetime(1900, 1, 2), datetime(2099, 12, 30)), st.integers(-23 * 60, 23 * 60), st.booleans())
def test_a_date_as_almost_all_are_written_is_what_the_library_reads(moment, ahead, named):
    """With a day's name or without."""
    at = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=ahead)))
    written = format_datetime(at)

    assert at == message_date(written.encode() if named else written[5:].encode())
    assert message_date(written.encode()) == message_date(f"{written} (a zone)".encode())
    for other in (f"{written} (JST)", written.replace(", 0", ",  "), f"{written[5:]} (UTC)"):
        assert at == message_date(other.encode())


@pytest.mark.parametrize(
    "written", [b"30 Feb 2020 10:00:00 +0000", b"1 Foo 2020 10:00:00 +0000", b"1 Jan 2020 24:00:00 +0000"]
)
def test_a_date_that_no_calendar_has_is_none(written):
    """However well it is written."""
    assert message_date(written) is None
