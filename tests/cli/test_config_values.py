"""Durations, sizes and addresses as operators write them, and the lines where keys stand."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.config.addresses import Passed, Tcp, authserv_id, hop, listen, pattern
from ingestd.config.lines import key_lines
from ingestd.config.values import duration, size


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30s", 30), ("120 s", 120), ("1.5h", 5400), ("5 days", 432000), ("1 day", 86400), ("250ms", 0.25), ("2m", 120),
     ("2 min", 120), ("0.5 D", 43200), (" 1h ", 3600)],
)  # fmt: skip
def test_durations(written, seconds):
    """A number with its unit, fractions and blanks allowed."""
    assert timedelta(seconds=seconds) == duration(written)


@pytest.mark.parametrize(
    "written", ["", "s", "30", 30, "-1s", "1 week", "1e3s", "١s", "99999 days", "1s1s", None, True]
)
def test_no_durations(written):
    """A bare number is no duration: nobody knows what the next reader takes it for."""
    with pytest.raises(ValueError, match=r"is no duration|is out of range"):
        duration(written)


@pytest.mark.parametrize(
    ("written", "count"),
    [("25 MiB", 26214400), ("10 MB", 10_000_000), (1000, 1000), ("1000", 1000), ("8M", 8388608), ("1.5 KiB", 1536),
     ("2kB", 2000), ("1 GiB", 2**30), ("7 B", 7)],
)  # fmt: skip
def test_sizes(written, count):
    """Binary and decimal units as they are named; PHP's single letters are binary."""
    assert count == size(written)


@pytest.mark.parametrize("written", ["", "MiB", -1, 0, "0", "1 TB", 1.5, True, None, "9999 GiB"])
def test_no_sizes(written):
    """A size is positive and has a unit that everybody knows."""
    with pytest.raises(ValueError, match=r"is no size|is out of range"):
        size(written)


@pytest.mark.parametrize(
    ("written", "address"),
    [("127.0.0.1:25", Tcp("127.0.0.1", 25)), ("[::1]:0", Tcp("::1", 0)), ("mx.example.com:8025", Tcp("mx.example.com", 8025)),
     ("systemd:smtp", Passed("smtp"))],
)  # fmt: skip
def test_addresses(written, address):
    """An address is written as it was read."""
    assert address == listen(written)
    assert written == str(address)


@pytest.mark.parametrize("written", ["mx.example.com", "MX1", "atlas-1.v2_prod", "(none)", "mx.bücher.example"])
def test_ids_of_authenticating_hosts(written):
    """Any token (RFC 8601 section 2.2), and what stands for none."""
    assert written == authserv_id(written)


@pytest.mark.parametrize("written", ["", "a b", "a;b", "a=b", '"a"', "(a)", "none)", "a\n", 1, None])
def test_no_ids_of_authenticating_hosts(written):
    """An empty one would take every field that names nobody for ours."""
    with pytest.raises(ValueError, match="is no authserv-id"):
        authserv_id(written)


@pytest.mark.parametrize("written", ["mx.example.com", "*.in.example.com", "mx.example.com.", "192.0.2.1", "::1", "mx"])
def test_hops(written):
    """As they stand behind "by"."""
    assert written == hop(written)


@pytest.mark.parametrize("written", ["", "*", "*.", "a b", "mx.*.com", "192.0.2.0/24", 1, None])
def test_no_hops(written):
    """A network is none: a Received field names one host."""
    with pytest.raises(ValueError, match="is no host"):
        hop(written)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_value_or_a_fault(text):
    """Whatever is written, the answer is a value or a ValueError."""
    for read in (duration, size, listen, pattern, hop, authserv_id):
        with suppress(ValueError):
            assert read(text) is not None


def test_lines_of_keys():
    """Tables, lists of tables, dotted, quoted and inline keys, and strings over lines that look like keys."""
    text = '''a = 1
"b c".d = """
e = 2
[f]
"""

[s] # x = 1
k = [
  1, # ]
  2,
]
l = { m = 1, n = { o = 2 } }
[[r]]
x = 1
[[r]]
  x = 2
  [r.t]
  y = 3
[[r.u]]
z = 4
[v.w]
'''

    lines = key_lines(text)

    assert 1 == lines["a",]
    assert 2 == lines["b c", "d"]
    assert ("e",) not in lines
    assert ("f",) not in lines
    assert 7 == lines["s",]
    assert 8 == lines["s", "k"]
    assert 12 == lines["s", "l", "n", "o"]
    assert [13, 14] == [lines["r", 0], lines["r", 0, "x"]]
    assert [15, 16] == [lines["r", 1], lines["r", 1, "x"]]
    assert [17, 18] == [lines["r", 1, "t"], lines["r", 1, "t", "y"]]
    assert [19, 20] == [lines["r", 1, "u", 0], lines["r", 1, "u", 0, "z"]]
    assert 21 == lines["v", "w"]
