"""The form field `attachments`: exact, known in size beforehand, in need of no percent-encoding."""

import base64
import json
from urllib.parse import quote_plus, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.attach import Encoder, encoded_size
from ingestd.core.model import Literal
from ingestd.core.ticket import File

NAMES = st.text(st.characters(codec="utf-8"), max_size=30)
CUT_FILES = st.lists(st.tuples(NAMES, st.lists(st.binary(max_size=40), max_size=8)), min_size=1, max_size=4)


def encoded(files):
    """The value for files given as (name, pieces)."""
    encoder = Encoder()
    told = []
    for name, pieces in files:
        told += [encoder.begin(name), *map(encoder.data, pieces), encoder.end()]
    return b"".join([*told, encoder.finish()])


def sized(files):
    return tuple(File(name, len(b"".join(pieces)), Literal(b"")) for name, pieces in files)


def test_whmcs_sample_reads_the_same():
    """The documented sample decodes to the documented list of name and data."""
    value = encoded([("sample_text_file.txt", [b"This is a sample text file contents"])])

    documented = "W3sibmFtZSI6InNhbXBsZV90ZXh0X2ZpbGUudHh0IiwiZGF0YSI6IlZHaHBjeUJwY3lCaElITmhiWEJzWlNCMFpYaDBJR1pwYkdVZ1kyOXVkR1Z1ZEhNPSJ9XQ=="
    assert json.loads(base64.b64decode(value)) == json.loads(base64.b64decode(documented))


@settings(deadline=None, max_examples=60)
@given(CUT_FILES)
def test_every_file_comes_back_byte_for_byte(files):
    """base64 -> JSON -> base64 gives names and bytes back, wherever the pieces were cut."""
    value = encoded(files)

    told = json.loads(base64.b64decode(value, validate=True))

    assert [(entry["name"], base64.b64decode(entry["data"], validate=True)) for entry in told] == [
        (name, b"".join(pieces)) for name, pieces in files
    ]


@settings(deadline=None, max_examples=60)
@given(CUT_FILES)
def test_piece_borders_change_nothing(files):
    """The value is the same whether a file comes in one piece or in many."""
    assert encoded(files) == encoded([(name, [b"".join(pieces)]) for name, pieces in files])


@settings(deadline=None, max_examples=60)
@given(CUT_FILES)
def test_the_size_is_known_before(files):
    """`encoded_size` counts exactly the bytes that come."""
    assert encoded_size(sized(files)) == len(encoded(files))


@settings(deadline=None, max_examples=60)
@given(CUT_FILES)
def test_nothing_needs_percent_encoding(files):
    """The value is its own urlencoded form: no + / = or % in it."""
    value = encoded(files).decode("ascii")

    assert quote_plus(value) == value
    assert urlencode({"a": value}) == f"a={value}"


def test_the_signs_that_would_make_plus_and_slash_are_escaped():
    """`~ > ?` and DEL in a name are written as JSON escapes, in each of the three places of a base64 group."""
    for shift in ("", "a", "ab"):
        value = encoded([(f"{shift}~>?\x7f", [b"x"])]).decode("ascii")

        assert quote_plus(value) == value
        assert json.loads(base64.b64decode(value))[0]["name"] == f"{shift}~>?\x7f"


def test_a_lone_surrogate_in_a_name_is_replaced():
    """PHP refuses a whole JSON value for one lone surrogate, so none is sent."""
    assert json.loads(base64.b64decode(encoded([("a\ud800b", [])])))[0]["name"] == "a?b"


def test_no_files_take_no_bytes():
    """Without files the field is not sent at all."""
    assert encoded_size(()) == 0
