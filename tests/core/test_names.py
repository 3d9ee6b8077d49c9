"""Names of files, as a helpdesk stores them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.names import LONGEST, changed, extension_of, safe_name


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("report.pdf", "report.pdf"),
        ("my report.pdf", "my_report.pdf"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\temp\\a.txt", "C_temp_a.txt"),
        ("a|b.txt", "a_b.txt"),
        ("php://input", "php_input"),
        ("a\nb\x00.txt", "a_b.txt"),
        ('"a.pdf" ', "a.pdf"),
        ("Rechnung M\u00e4rz.pdf", "Rechnung_Marz.pdf"),
        ("\u65e5\u672c.pdf", "file.pdf"),
        (".htaccess", "file.htaccess"),
        ("-rf", "rf"),
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("name", "name"),
        ("name.", "name"),
        ("a." + "x" * 30, "a." + "x" * 30),
        ("x" * 200 + ".pdf", "x" * 96 + ".pdf"),
        ("x" * 200, "x" * 100),
    ],
)
def test_a_name_holds_nothing_that_a_path_or_a_list_would_read(written, sent):
    """Letters, digits, dot, hyphen, underscore; at most 100; the extension stays."""
    assert sent == safe_name(written, frozenset())


@pytest.mark.parametrize(
    ("taken", "sent"),
    [
        ({"a.txt"}, "A-2.txt"),
        ({"a.txt", "a-2.txt"}, "A-3.txt"),
        ({"b.txt"}, "A.txt"),
    ],
)
def test_a_name_is_given_once_whatever_its_case(taken, sent):
    """Two files of one name are counted."""
    assert sent == safe_name("A.txt", taken)


def test_a_long_name_is_counted_within_its_length():
    """The number fits into the hundred."""
    assert "x" * 94 + "-2.pdf" == safe_name("x" * 200 + ".pdf", {"x" * 96 + ".pdf"})


def test_a_thousand_files_of_one_name_get_a_thousand_names():
    """Each its own."""
    taken: set[str] = set()
    for _ in range(1000):
        taken.add(safe_name("a.txt", taken).casefold())

    assert 1000 == len(taken)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=150), max_size=12))
def test_whatever_is_written_the_names_are_safe_and_unique(names):
    """For any names at all."""
    taken: set[str] = set()
    for name in names:
        safe = safe_name(name, taken)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", safe)
        assert len(safe) <= LONGEST
        assert safe[0] not in ".-"
        assert safe.casefold() not in taken
        taken.add(safe.casefold())


@pytest.mark.parametrize(
    ("written", "sent", "renamed"),
    [
        ("my  report.pdf", "my_report.pdf", False),
        (" report.pdf ", "report.pdf", False),
        ("report.pdf", "report-2.pdf", True),
        ("a/b.pdf", "a_b.pdf", True),
    ],
)
def test_blanks_are_not_worth_a_word(written, sent, renamed):
    """Whether people are told of a new name."""
    assert renamed is changed(written, sent)


@pytest.mark.parametrize(
    ("name", "extension"), [("a.PDF", "pdf"), ("a.tar.gz", "gz"), ("a", ""), (".bashrc", ""), ("a.", "")]
)
def test_an_extension_is_what_follows_the_last_dot(name, extension):
    """In lower case; a name that begins with its only dot has none."""
    assert extension == extension_of(name)
