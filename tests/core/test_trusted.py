"""Which header fields our own hops wrote."""

import pytest

from ingestd.core.trusted import trusted_fields

OURS = ("Received", "from x.example (x.example [192.0.2.7])\n\tby mx.example.com (Postfix) with ESMTPS id 1; now")
INNER = ("received", "from mx.example.com by filter.in.example.com (amavis, port 10024) with LMTP id 2")
THEIRS = ("Received", "from laptop by out.example.net with ESMTPSA id 3; then")
SPAM, OWN = ("X-Spam-Flag", "YES"), ("X-Spam-Flag", "NO")


@pytest.mark.parametrize(
    ("hosts", "headers", "believed"),
    [
        ((), (SPAM, OURS, OWN, THEIRS, OWN), (SPAM, OURS, OWN)),
        ((), (SPAM, OURS, OWN), (SPAM, OURS, OWN)),
        ((), (OURS, INNER, SPAM), (OURS,)),
        (("mx.example.com",), (OURS, SPAM, THEIRS, OWN), (OURS, SPAM)),
        (("MX.example.com.",), (OURS, SPAM, THEIRS, OWN), (OURS, SPAM)),
        (("mx.example.com",), (INNER, SPAM, OURS, THEIRS), ()),
        (("mx.example.com", "*.in.example.com"), (INNER, SPAM, OURS, OWN, THEIRS, OWN), (INNER, SPAM, OURS, OWN)),
        (("*.example.com",), (INNER, OURS, THEIRS), (INNER, OURS)),
        (("*.ample.com",), (OURS, SPAM), ()),
        (("example.com",), (OURS, SPAM), ()),
        (("mx.example.com",), (SPAM,), (SPAM,)),
        (("192.0.2.1",), (("Received", "from x by [192.0.2.1] with SMTP"), SPAM, THEIRS), None),
        (("mx.example.com",), (), ()),
    ],
)
def test_fields_are_believed_down_to_the_first_foreign_hop(hosts, headers, believed):
    """What stands below a hop that is not ours may be the sender's; without hosts of ours, below the second."""
    assert (headers[:-1] if believed is None else believed) == trusted_fields(headers, hosts)


@pytest.mark.parametrize("greeting", ["x by evil.example", "x (", "by", '"by evil.example"', "x(by evil.example"])
def test_a_greeting_cannot_hide_the_hop_that_wrote_it_down(greeting):
    """The HELO is the sender's and stands in our own Received."""
    ours = ("Received", f"from {greeting} (unknown [192.0.2.7]) by mx.example.com (Postfix) with SMTP id 1")

    assert (ours, SPAM) == trusted_fields((ours, SPAM, THEIRS), ("mx.example.com",))


def test_a_host_is_named_by_its_whole_name():
    """Behind "by" and nowhere else: not in the sender's name, and not as a part of another."""
    for value in ("from mx.example.com by evil.example", "by mx.example.com.evil.example", "standby mx.example.com"):
        assert () == trusted_fields((("Received", value), SPAM), ("mx.example.com",))
