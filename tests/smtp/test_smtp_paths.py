"""The quick way for ordinary paths gives what the library's grammar gives."""

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.smtp import paths

ODD = st.text(st.sampled_from('<>@.,:;"\\()[]! \taB1-_=+é/'), max_size=14)
ADDRESS = st.builds("{}<{}@{}>{}".format, st.sampled_from(["", " ", "\t"]), ODD, ODD, ODD)
NEAR = st.builds(
    "<{}@{}>{}".format,
    st.text(st.sampled_from("ab.+=1-"), max_size=6),
    st.text(st.sampled_from("ab.-1"), max_size=6),
    st.text(st.sampled_from("SIZE=1 \t("), max_size=6),
)


def grammar(argument):
    class Deaf:
        local_part_limit = 0

    try:
        return SMTP._getaddr(Deaf(), argument)
    except (IndexError, AttributeError, ValueError):
        return None


@settings(max_examples=500, deadline=None)
@given(st.one_of(NEAR, ADDRESS, ODD))
def test_the_quick_way_is_the_same_way(argument):
    """Where it gives an answer at all, it is the answer of the grammar."""
    found = paths.plain(argument)

    if found is not None:
        address, rest = grammar(argument)
        assert (address, rest.split()) == (found[0], found[1].split())


@pytest.mark.parametrize(
    "argument",
    ["<ann@example.org>", "<a.b+c=d@x-y.example.org> SIZE=100", "<>", "<postmaster>", "<no-reply@1.example>"],
)
def test_ordinary_paths_take_it(argument):
    """The quick way is used where it counts."""
    assert paths.plain(argument) is not None
    assert grammar(argument) == paths.plain(argument)


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ("SIZE=100 RET=FULL ENVID=abc BODY=8BITMIME", "SIZE=100 BODY=8BITMIME"),
        ("NOTIFY=NEVER ORCPT=rfc822;a@b.example", ""),
        ("AUTH=<> SMTPUTF8", " SMTPUTF8"),
        ("REQUIRETLS XRET=1", "REQUIRETLS XRET=1"),
    ],
)
def test_harmless_parameters_are_passed_over(parameters, left):
    """DSN's and AUTH's parameters go; what would ask something of us stays, to be refused."""
    assert paths.asked_for(parameters) == left
