"""Nothing lost, nothing twice, nothing out of order: whatever the helpdesk does, whoever is killed."""

import pytest
from storm import Weather, run


@pytest.mark.timeout(120)
def test_a_squall():
    """Forty mails through two kills and every kind of fault: each has its effect, once, in its place."""
    assert [] == run(Weather(seed=20261122, mails=40, kills=2, settle=2.5))


@pytest.mark.storm
@pytest.mark.timeout(900)
def test_a_storm():
    """Five hundred mails and twenty kills, with resends, lost answers and late effects."""
    assert [] == run(Weather(seed=20261122, mails=500, kills=20))
