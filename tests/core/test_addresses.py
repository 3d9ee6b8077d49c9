"""When two addresses are the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.addresses import folded, matches, other_spelling, with_a_labels


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("Ann@BÜCHER.example", "Ann@xn--bcher-kva.example"),
        ("ann@example.net", ""),
        ("ann@EXAMPLE.net", ""),
        ("ann", ""),
        ("bücher", ""),
        ("", ""),
    ],
)
def test_the_other_spelling_of_an_address(address, other):
    """For a helpdesk that knows it by the one or the other."""
    assert other == other_spelling(address)


@pytest.mark.parametrize(
    ("address", "patterns", "taken"),
    [
        ("carl@example.com", ("*@example.com",), True),
        ("Carl@EXAMPLE.com", ("carl@example.com",), True),
        ("carl+x@example.com", ("carl@example.com",), False),
        ("carl+x@example.com", ("*@example.com",), True),
        ("carl@mail.example.com", ("*@example.com",), False),
        ("carl@example.com.evil.example", ("*@example.com",), False),
        ('"x@example.com"@evil.example', ("*@example.com",), False),
        ("carl@strasse.example", ("*@straße.example",), False),
        ("carl@xn--strae-oqa.example", ("*@straße.example",), True),
        ("axb@example.com", ("a?b@example.com",), False),
        ("*@example.com", ("carl@example.com",), False),
        ("carl@example.com", (), False),
    ],
)
def test_whom_a_pattern_takes(address, patterns, taken):
    """An address, or all of a domain; nothing else in it is a sign for others."""
    assert taken is matches(address, patterns)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("Ann@BÜCHER.example", "Ann@xn--bcher-kva.example"),
        ("ann@Example.NET", "ann@Example.NET"),
        ("zoë@example.net", "zoë@example.net"),
        ("zoë", "zoë"),
    ],
)
def test_an_address_for_every_mail_program(address, written):
    """The domain in ASCII; the local part is the other host's affair."""
    assert written == with_a_labels(address)


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_one_spelling(one, other):
    """It is found whatever stands there, and the spelling of a spelling is itself."""
    once = folded(f"{one}@{other}")

    assert once == folded(once) or not other.isascii() or "xn--" in once
    assert once == folded(f"{one}@{other.upper() if other.isascii() else other}")
    other_spelling(f"{one}@{other}")
    assert with_a_labels(f"{one}@{other}").rpartition("@")[2].isascii()
