"""Which route a recipient belongs to."""

import pytest

from ingestd.core.routes import bare, route_of, tagged

PATTERNS = ("support@example.com", "*@example.com", "*@example.org")


@pytest.mark.parametrize(
    ("recipient", "route"),
    [
        ("support@example.com", "support@example.com"),
        ("Support@EXAMPLE.com", "support@example.com"),
        ("support+123456@example.com", "support@example.com"),
        ("sales@example.com", "*@example.com"),
        ("sales+tag@example.org", "*@example.org"),
        ("support@example.net", None),
        ("support", None),
        ("Postmaster", "support@example.com"),
        ("postmaster@example.net", None),
        ("", None),
    ],
)
def test_a_recipient_belongs_to_its_address_or_its_domain(recipient, route):
    """Exact before domain, any +tag of either, whatever the case; a bare postmaster to the first route."""
    assert route == route_of(recipient, PATTERNS)


def test_without_routes_nobody_is_known():
    """Not even postmaster."""
    assert route_of("postmaster", ()) is None


@pytest.mark.parametrize(
    ("address", "plain"),
    [("A+b+c@X.net", "a@x.net"), ("+a@x.net", "+a@x.net"), ("a@x.net", "a@x.net")],
)
def test_an_address_without_its_tag(address, plain):
    """In lower case; a local part that is nothing but a tag stays."""
    assert plain == bare(address)


@pytest.mark.parametrize(("recipient", "names"), [("support+123456@x.net", True), ("support+sales@x.net", False)])
def test_a_recipient_with_a_number_names_a_ticket(recipient, names):
    """Within a route, such a recipient wins."""
    assert names is tagged(recipient)
