"""What is ours among what the helpdesk stored."""

import pytest

from ingestd.core.marker import bears, cut_at_4_bytes, fold, has_marker, marker_of, told_apart, writers_of
from ingestd.core.model import QueueId

MARKER = marker_of(QueueId("0ABCDEFGHJKMNPQRSTVW"), 0)
OTHER = marker_of(QueueId("0ABCDEFGHJKMNPQRSTVW"), 1)


def test_a_marker_names_the_mail_and_the_call():
    """Two calls of one mail are told apart."""
    assert MARKER == "[ref:0ABCDEFGHJKMNPQRSTVW-0]"
    assert OTHER == "[ref:0ABCDEFGHJKMNPQRSTVW-1]"


@pytest.mark.parametrize(
    ("stored", "ours"),
    [
        (f"Hello\n\n{MARKER}", True),
        (f"Hello\r\n\r\n  {MARKER}  \r\n", True),
        (f"Hello\n{MARKER}\nwith a signature below", True),
        (f"> {MARKER}", False),
        (f"| {MARKER}", False),
        (f"I wrote {MARKER} somewhere", False),
        (f"Hello\n\n{OTHER}", False),
        ("Hello", False),
        ("", False),
    ],
)
def test_a_text_is_ours_by_the_marker_as_a_line_of_its_own(stored, ours):
    """Outside quotes, with whatever blanks and line ends a database gives back; the same words alone do not count."""
    assert ours is bears(stored, "Hello", MARKER)


@pytest.mark.parametrize(
    ("sent", "stored", "ours"),
    [
        ("Thanks \U0001f600 bye", "Thanks", True),
        ("Thanks \U0001f600 bye", "Thanks ", True),
        ("Thanks \U0001f600 bye", "Thanks \U0001f600", False),
        ("Thanks \U0001f600 bye", "Thanks a lot", False),
        ("\U0001f600 bye", "", True),
        ("Thanks", "Thanks", False),
    ],
)
def test_a_text_cut_at_its_first_four_byte_character_is_ours(sent, stored, ours):
    """utf8mb3 stops there and loses the marker; nothing else makes up for a missing marker."""
    assert ours is bears(stored, sent, MARKER)


@pytest.mark.parametrize(
    ("stored", "ours"),
    [
        ("a &lt; b &amp; c", True),
        ("a < b & c", True),
        ("  a <\r\n b\t& c\n", True),
        ("a < b", False),
        ("a < b & c\n\nand more", False),
    ],
)
def test_without_markers_the_whole_text_must_be_the_same(stored, ours):
    """Entities decoded, white space folded."""
    assert ours is bears(stored, "a < b\n& c", "")


def test_without_markers_a_cut_text_is_ours_too():
    """The cut at four bytes happens with and without markers."""
    assert bears("Thanks", "Thanks \U0001f44d", "")


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        (MARKER, True),
        (f"words {MARKER} words", True),
        (f"> {MARKER}\n  | {MARKER}\n&gt; {MARKER}", False),
        (f"> quoted\n{MARKER}", True),
        ("[ref:short-0] [ref:0ABCDEFGHJKMNPQRSTVW]", False),
        ("", False),
    ],
)
def test_a_mail_repeats_us_if_any_marker_stands_outside_quotes(text, repeats):
    """Quoting us is what people do; repeating us unquoted is what robots do."""
    assert repeats is has_marker(text)


def test_texts_fold_to_one_spelling():
    """Twice stored, twice encoded: the comparison decodes once on either side."""
    assert fold(" a &amp;\r\n b ") == "a & b"


def test_the_basic_plane_is_not_cut():
    """Only characters of four bytes are lost; umlauts, Chinese and the euro are not."""
    assert cut_at_4_bytes("äöü 日本 €") == "äöü 日本 €"


@pytest.mark.parametrize(
    ("one", "other", "markers", "apart"),
    [
        ("Thanks \U0001f44d", "Thanks \U0001f44d again", True, False),
        ("Thanks", "Thanks", True, True),
        ("Thanks", "Thanks \U0001f44d", True, True),
        ("Thanks", "Thanks", False, False),
        ("Thanks", "Thanks \U0001f44d", False, False),
        ("Thanks", "No", False, True),
    ],
)
def test_cut_texts_are_not_told_apart_by_their_markers(one, other, markers, apart):
    """Where a database cuts at the first 4-byte character the marker is gone, and two texts may look the same."""
    assert apart is told_apart(one, other, markers=markers)


def test_all_who_wrote_in_a_text_are_told():
    """One for each marker that stands as a line of its own: an opening post may have been added to."""
    text = (
        f"Help\n\n{MARKER}\n\n---- Ann ----\n\nMore\r\n\r\n[ref:0AAAAAAAAAAAAAAAAAAA-1]\n> [ref:0BBBBBBBBBBBBBBBBBBB-0]"
    )

    assert (MARKER[5:-3], "0AAAAAAAAAAAAAAAAAAA") == writers_of(text)
    assert () == writers_of(f"see {MARKER}")
