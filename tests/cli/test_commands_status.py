"""`ingestd status` and `ingestd check`: whether all is well, for people and for monitoring."""

import json
from dataclasses import replace

import pytest

from ingestd.cli.check import checked
from ingestd.config import load
from ingestd.core.journal import Status, Stopped
from ingestd.desk import Desk, DeskSettings

ALL = frozenset(
    "OpenTicket AddTicketReply UpdateTicket AddTicketNote GetTicket GetTickets GetClientsDetails GetContacts GetUsers "
    "GetSupportDepartments GetSupportStatuses".split()
)


def test_status_as_json(house):
    """Exactly these keys, in this order; monitoring reads them."""
    (queue_id,) = house.submit()

    fresh = house.run("status", "--json")
    house.tell(queue_id, Stopped(Status.DEAD, "too old"))
    dead = house.run("status", "--json")

    assert ["incoming", "active", "deferred", "held", "done", "discarded", "dead", "oldest_seconds"] == list(
        json.loads(fresh.out)
    )
    assert (1, True) == (json.loads(fresh.out)["incoming"], json.loads(fresh.out)["oldest_seconds"] > 0)
    assert (
        '{"incoming":0,"active":0,"deferred":0,"held":0,"done":0,"discarded":0,"dead":1,"oldest_seconds":0.0}'
        == "".join(dead.out.split())
    )


@pytest.mark.parametrize(
    ("words", "code", "alarm"),
    [
        ((), 0, ""),
        (("--max-age", "1h", "--max-dead", "1"), 0, ""),
        (("--max-age", "1ms"), 1, "ALARM: the oldest waiting mail is"),
        (("--max-dead", "0"), 1, "ALARM: dead mails: 1"),
        (("--max-dead", "0", "--json"), 1, "ALARM: dead mails: 1"),
        (("--max-age", "soon"), 2, "--max-age: 'soon' is no duration"),
        (("--max-dead", "-1"), 2, "Invalid value for '--max-dead'"),
    ],
)
def test_status_is_an_alarm(house, words, code, alarm):
    """Exit 1 where the oldest waiting mail is older, or more mails are dead, with the reason on stderr."""
    (queue_id,) = house.submit()
    house.tell(queue_id, Stopped(Status.DEAD, "too old"))
    house.submit(b"To: support@example.com\n\nwaits\n")

    done = house.run("status", *words)

    assert code == done.code
    assert alarm in done.err
    assert ("ALARM" in done.err) == (code == 1)


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["queue", "list"], ["queue", "show", "X"]])
def test_what_only_looks_makes_no_spool(house, words):
    """Exit 1 with a sentence, and nothing is created."""
    done = house.run(*words)

    assert (1, "") == (done.code, done.out)
    assert f"there is no spool at {house.spool}" in done.err
    assert [house.config] == list(house.folder.iterdir())


def test_check_before_the_first_mail(house):
    """A spool that is not there yet is a note and no fault; that From is believed is said; nothing is made."""
    done = house.run("check", "--json")

    found = {each["check"]: (each["good"], each["says"]) for each in json.loads(done.out)}
    assert 0 == done.code
    assert found["spool"] == (None, f"there is none yet at {house.spool}: `ingestd run` creates it")
    assert found["authentication"][0] is None
    assert "From is believed" in found["authentication"][1]
    assert (True, "department 1, Support") == found["route support@example.com"]
    assert (True, "department 2, Billing") == found["route *@sales.example.com"]
    assert [house.config] == list(house.folder.iterdir())


def test_check_in_words(house):
    """A line each: good, note or BAD."""
    house.submit()

    lines = house.run("check").out.splitlines()

    assert "good  spool                      1 incoming" in lines
    assert {"good", "note"} == {line.split()[0] for line in lines}


@pytest.mark.parametrize(
    ("key", "name", "says"),
    [
        ('[spool]\nurl = "sqlite:///gone/x.db"\n', "spool", "none can be made"),
        ('[spool]\nurl = "sqlite:///config.toml"\n', "spool", "file is not a database"),
        (
            '[helpdesk]\nkind = "whmcs"\nurl = "http://127.0.0.1:9/api.php"\nidentifier = "i"\nsecret = "s"\n',
            "helpdesk",
            "",
        ),
    ],
)
def test_check_names_what_is_wrong(house, key, name, says):
    """Exit 1, and the one line that is not good."""
    house.config.write_text(key + house.config.read_text())

    done = house.run("check")

    (line,) = (line for line in done.out.splitlines() if line.startswith("BAD"))
    assert (1, name) == (done.code, line.split()[1])
    assert says in line


def test_a_desk_that_cannot_be_opened_is_a_finding(house):
    """And no traceback."""
    house.config.write_text(house.config.read_text().replace("[desk]", f'[desk]\ndatabase = "{house.folder}"'))

    done = house.run("check")

    assert 1 == done.code
    assert "desk.database" in done.out


@pytest.mark.parametrize(
    ("installation", "name", "good", "says"),
    [
        ({}, "API role", True, "allows every action"),
        ({"secret": "other"}, "helpdesk", False, "uthentication"),
        ({"allowed_ips": ("192.0.2.1",)}, "helpdesk", False, "IP"),
        ({"role": ALL - {"AddTicketReply"}}, "API role", False, "lacks AddTicketReply: allow them under API Roles"),
        ({"role": ALL - {"GetUsers"}}, "API role", None, "lacks GetUsers"),
        ({"departments": ()}, "route support@example.com", False, "department 1 is not there"),
    ],
)
async def test_check_asks_the_helpdesk(house, installation, name, good, says):
    """Reachable, credentials, IP, API role, departments: each has its own line; an optional action is a note."""
    desk = Desk(replace(DeskSettings(identifier="i", secret="s"), **installation))
    await desk.start()
    try:
        whmcs = f'[helpdesk]\nkind = "whmcs"\nurl = "{desk.url}"\nidentifier = "i"\nsecret = "s"\n'
        house.config.write_text(whmcs + house.config.read_text())
        found = {each.name: each for each in await checked(load(house.config))}
    finally:
        await desk.stop()

    assert good is found[name].good
    assert says in found[name].says
