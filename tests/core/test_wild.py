"""Words of the operator against words of a mail."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.wild import LONGEST_TEXT, first_whole, folded, whole, within


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Free  Money\r\n now", "free money now"),
        ("STRASSE straße", "strasse strasse"),
        ("\uff26\uff32\uff25\uff25\u00a0money\u3000now", "free money now"),
        ("fr\u00adee mo\u200bney \ufeffnow", "free money now"),
        ("\ufb01nance", "finance"),
        ("e\u0301te\u0301", "été"),
        (" \t ", ""),
        ("", ""),
    ],
)
def test_what_looks_the_same_is_the_same(written, compared):
    """Case, width, ligatures, white space and what nobody sees do not part a word from itself."""
    assert compared == folded(written)


@pytest.mark.parametrize(
    ("pattern", "text", "is_whole", "is_within"),
    [
        ("abc", "abc", True, True),
        ("abc", "xabcx", False, True),
        ("*@x.org", "ann@x.org", True, True),
        ("*@x.org", "ann@x.org.evil", False, True),
        ("*.x.org", "ann@mx.x.org", True, True),
        ("*.x.org", "ann@x.org", False, False),
        ("a*c", "abc", True, True),
        ("a*c", "ac", True, True),
        ("a*c", "acb", False, True),
        ("a*c*e", "abcde", True, True),
        ("a*b*a", "aba", True, True),
        ("a*a", "a", False, False),
        ("*b*b", "b", False, False),
        ("*", "", True, True),
        ("", "", True, True),
        ("", "x", False, True),
        ("ab*ba", "aba", False, False),
        ("backup*failed", "the backup of db1 failed today", False, True),
        ("backup*failed", "failed: backup", False, False),
        ("a.c", "abc", False, False),
        ("[ab]", "a", False, False),
    ],
)
def test_a_star_is_any_text(pattern, text, is_whole, is_within):
    """And nothing else is more than itself."""
    assert (is_whole, is_within) == (whole(pattern, text), within(pattern, text))


def test_the_first_pattern_that_says_one_of_the_texts():
    """In the order of the patterns."""
    assert "b*" == first_whole(("a", "b*", "*"), "x", "bc")
    assert first_whole(("a",), "x", "y") is None


def test_no_text_makes_it_slow():
    """Runs of combining marks, which are sorted; stars over long texts; letters that grow when folded.

    Sorting such a run as a whole takes minutes: the time limit of a test would end it.
    """
    marks = "".join(chr(0x300 + n % 0x50) for n in range(LONGEST_TEXT * 2))

    assert len(folded(marks)) <= 2 * LONGEST_TEXT
    assert len(folded("\ufdfa" * LONGEST_TEXT)) < 3 * LONGEST_TEXT
    assert not within("a*" * 200 + "b", "a" * LONGEST_TEXT)
    assert not whole("*a" * 200 + "*b", "a" * LONGEST_TEXT)


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_folded_and_compared(pattern, text):
    """Whatever is written, the answer is a text without white space at its ends, and a yes or no."""
    found = folded(text)

    assert found == found.strip()
    assert "  " not in found
    assert whole(found.replace("*", ""), found) is ("*" not in found)
    assert within(folded(pattern), found) in (True, False)
    assert within("*", found) and whole("*", found)
