"""Forms are encoded as the standard library does it, whatever a mail puts into them."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.core.form import form, form_size


@given(st.lists(st.tuples(st.text(), st.text())))
def test_a_form_is_that_of_the_standard_library(fields):
    """Byte for byte, and as long as was said."""
    expected = urlencode(fields, errors="replace").encode()

    assert (expected, len(expected)) == (form(tuple(fields)), form_size(tuple(fields)))


@pytest.mark.parametrize(
    "text", ["100 % + 1 = 101 %2B", "".join(map(chr, range(256))), "\ud800 lone", "\N{SNOWMAN}" * 3, ""]
)
def test_what_stands_in_codes_is_not_taken_for_them(text):
    """`%` and `+` in a text stay what they are, among few other bytes and among many."""
    assert urlencode({"a": text}, errors="replace").encode() == form((("a", text),))
