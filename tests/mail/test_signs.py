"""The cheap looks before the patterns: they say what the patterns would, only sooner."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.mail.history import ABOVE, ADDRESS, BARE_VERB, BEGIN, DECORATION, FIELD, GMT_LED, VERB, WHEN
from ingestd.mail.signs import ends_in_verb, has_address, has_date, has_verb, is_ordinary, is_reply_mark

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


@given(
    st.from_regex(ABOVE) | st.from_regex(BEGIN) | st.from_regex(FIELD) | st.from_regex(GMT_LED) | st.text(max_size=40)
)
def test_no_pattern_matches_an_ordinary_line(line):
    """What needs a closer look is not ordinary."""
    marks = (ABOVE.match(line), BEGIN.match(line.strip(DECORATION)), FIELD.match(line), GMT_LED.match(line))

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
        ("Please reply above this line", False),
        ("Begin forwarded message", False),
        ("Grüße aus Köln", False),
        ("", False),
    ],
)
def test_most_lines_are_ordinary(line, ordinary):
    """Words from the first letter on, of ASCII alone."""
    assert ordinary is is_ordinary(line)
