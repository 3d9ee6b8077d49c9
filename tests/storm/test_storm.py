"""Nothing lost, nothing twice, nothing out of order: whatever the helpdesk does, whoever is killed."""

import pytest
from storm import run
from weather import KINDS, Weather

from ingestd.desk.faults import FAULTS


def test_every_fault_is_in_the_storm():
    """A new fault of the helpdesk belongs into the weather too."""
    assert set(FAULTS) == KINDS


@pytest.mark.timeout(120)
def test_a_squall():
    """Twenty-four mails through a kill and many kinds of fault: each has its effect, once, in its place."""
    assert [] == run(Weather(seed=20261122, mails=24, kills=1, settle=2.5))


@pytest.mark.storm
@pytest.mark.timeout(1500)
def test_a_storm():
    """Two thousand mails and a hundred kills, with resends, lost answers, late effects, and a helpdesk that dies too."""
    assert [] == run(Weather(seed=20261122, mails=2000, kills=100))
