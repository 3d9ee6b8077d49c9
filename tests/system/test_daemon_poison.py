"""A daemon that dies with the same mail at hand, again and again."""

import sqlite3
from contextlib import closing

import pytest
from running import ran, told, until, written

from ingestd.desk import Rule


def claims(folder, queue_id):
    """How often the mail was claimed without a record."""
    with closing(sqlite3.connect(f"file:{folder}/ingestd.db?mode=ro", uri=True)) as database:
        ((count,),) = database.execute("SELECT claims FROM entry WHERE queue_id = ?", (queue_id,))
    return count


@pytest.mark.storm
@pytest.mark.timeout(300)
def test_a_mail_at_hand_in_ten_deaths_is_held_and_the_other_is_not(starting, desk, tmp_path):
    """kill -9 ten times while it is looked at: the eleventh start holds it, delivers the other, and a person's retry helps."""
    written(tmp_path, desk, helpdesk={"timeout": "30s", "settle": "31s"})
    desk.desk.add_fault(Rule("hang", action="getclientsdetails"))
    daemon = starting(tmp_path)
    poison, other = daemon.send("Poison"), daemon.send("Beside it")
    for count in range(1, 11):
        until(lambda n=count: claims(tmp_path, poison) == n)
        daemon.kill()
        if count == 10:
            desk.desk.clear_faults()
        daemon = starting(tmp_path)

    until(lambda: "Beside it" in desk.subjects())
    held = told(tmp_path, "queue", "show", poison)
    assert ("held", "claimed 10 times without getting on") == (held["status"], held["reason"])
    assert "done" == until(lambda: told(tmp_path, "queue", "show", other)["status"] == "done" and "done")
    warned = [event for event in daemon.log if isinstance(event, dict) and event["event"] == "held"]
    assert [f"ingestd queue release {poison}" in event["remedy"] for event in warned] == [True]

    assert 0 == ran(tmp_path, "queue", "retry", poison).returncode
    until(lambda: "Poison" in desk.subjects())
