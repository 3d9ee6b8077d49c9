"""`ingestd audit`: every accepted mail is accounted for, and what is not has its name."""

import json
import sqlite3

import pytest

from ingestd.core.journal import Deliver, Discard, Hold, Planned, Settled, Started, Status, Stopped
from ingestd.core.model import Guest
from ingestd.core.ticket import Done, OpenTicket, Priority

OPEN = OpenTicket(1, "Printer", "It burns.", Guest("Ann", "ann@example.net"), Priority.MEDIUM)
DELIVERED = (Planned(Deliver((OPEN,), "new ticket")), Started(0, "b", 30.0), Settled(0, Done(7, "ABC-7")))
DAMAGED = "the spool was damaged or changed by hand: see docs/operating.md, A damaged spool"
SET_RIGHT = "`ingestd queue retry` sets the row by the ledger"


def mail(number):
    return b"From: ann@example.net\nTo: support@example.com\nMessage-ID: <m%d@example.net>\n\nHelp\n" % number


@pytest.fixture(scope="module")
def made():
    """The spool of `places`, made once: its bytes, and the queue ids."""
    return {}


@pytest.fixture
def places(house, made):
    """A mail in each place where a mail may be, by the name of the place."""
    if not made:
        made["ids"] = placed(house)
        made["spool"] = house.spool.read_bytes()
    house.spool.write_bytes(made["spool"])
    return made["ids"]


def placed(house):
    told = {
        "ticketed": DELIVERED,
        "merged": (Planned(Discard("merged with 0ABCDEFGHJKMNPQRSTVW")),),
        "discarded": (Planned(Discard("bounce: multipart/report")),),
        "held": (Planned(Hold("loop: 120 hops")),),
        "dead": (Stopped(Status.DEAD, "past the queue lifetime"),),
        "waiting": (),
    }
    files = [house.file(mail(number), f"{number}.eml") for number in range(len(told))]
    ids = dict(zip(told, house.run("submit", *files).out.split(), strict=True))
    for place, events in told.items():
        house.tell(ids[place], *events)
    return ids


def changed(house, sql, *values):
    """Something that ingestd never does to its spool."""
    with sqlite3.connect(house.spool) as connection:
        connection.execute(sql, values)
    connection.close()


def faults(house):
    done = house.run("audit", "--json")
    told = json.loads(done.out)
    assert (1 if told["faults"] else 0, len(told["faults"])) == (done.code, told["fault_count"])
    return [(fault["queue_id"], fault["fault"], fault["remedy"]) for fault in told["faults"]]


def test_every_place_is_counted(house, places):
    """accepted = ticketed + merged + discarded + held + dead + waiting, with its numbers, exit 0."""
    done = house.run("audit")
    told = json.loads(house.run("audit", "--json").out)

    assert (0, "") == (done.code, done.err)
    assert [
        "accepted       6",
        "accounted for  6 = 1 ticketed + 1 merged + 1 discarded + 1 held + 1 dead + 1 waiting",
        "faults         none",
    ] == done.out.splitlines()
    assert {"accepted": 6, "proven": None, "fault_count": 0, "faults": []} | dict.fromkeys(places, 1) == told


def test_an_empty_spool_holds_nothing_and_everything(house):
    """Zero is zero."""
    house.submit()
    changed(house, "DELETE FROM entry")
    changed(house, "DELETE FROM chunk")
    changed(house, "UPDATE spool SET accepted = 0")

    assert [] == faults(house)


@pytest.mark.parametrize(
    ("place", "sql", "says", "remedy"),
    [
        ("ticketed", "UPDATE entry SET status = 'held' WHERE queue_id = ?", "is held, by its ledger it is done", SET_RIGHT),
        ("waiting", "UPDATE entry SET status = 'done', wake_at = NULL WHERE queue_id = ?",
         "is done, by its ledger it is still to be delivered", SET_RIGHT),
        ("ticketed", "UPDATE entry SET ticket_id = NULL WHERE queue_id = ?", "is done, and names no ticket",
         "look for its subject in the helpdesk; its raw mail: `ingestd queue dump`"),
        ("ticketed", "UPDATE entry SET ticket_id = 8 WHERE queue_id = ?",
         "names ticket 8, ABC-7, its ledger 7, ABC-7", SET_RIGHT),
        ("waiting", "UPDATE entry SET wake_at = NULL WHERE queue_id = ?", "waits, and nothing will wake it", SET_RIGHT),
        ("dead", "UPDATE entry SET wake_at = 1 WHERE queue_id = ?", "is over, and would be woken", SET_RIGHT),
        ("ticketed", "DELETE FROM line WHERE seq = 2 AND queue_id = ?", "lines of its ledger are missing", DAMAGED),
        ("ticketed", "DELETE FROM line WHERE seq = 3 AND queue_id = ?", "lines of its ledger are missing", DAMAGED),
        ("held", "UPDATE line SET event = '{\"Popen\":{}}' WHERE queue_id = ?",
         "a line of the ledger cannot be read: KeyError", DAMAGED),
        ("ticketed", "UPDATE line SET event = replace(event, '\"number\":0', '\"number\":5') WHERE queue_id = ?",
         "is done, by its ledger it is still to be delivered", SET_RIGHT),
        ("waiting", "DELETE FROM chunk WHERE raw_id = (SELECT raw_id FROM entry WHERE queue_id = ?)",
         "of its raw mail 0 of 81 bytes are there", DAMAGED),
        ("dead", "UPDATE chunk SET data = substr(data, 2) WHERE raw_id = (SELECT raw_id FROM entry WHERE queue_id = ?)",
         "of its raw mail 80 of 81 bytes are there", DAMAGED),
        ("dead", "UPDATE chunk SET seq = 1 WHERE raw_id = (SELECT raw_id FROM entry WHERE queue_id = ?)",
         "of its raw mail 81 of 81 bytes are there, in 1 of 2 chunks", DAMAGED),
        ("dead", "UPDATE entry SET pruned = 1 WHERE queue_id = ?", "is pruned, and its raw mail is still there", DAMAGED),
        ("waiting", "INSERT INTO staged SELECT raw_id, '', 1 FROM entry WHERE queue_id = ?",
         "its raw mail would be swept away at the next start", DAMAGED),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_named(house, places, place, sql, says, remedy):
    """The one mail, what is wrong with it and what to do; all others stay accounted for."""
    changed(house, sql, places[place])

    assert [(places[place], says, remedy)] == faults(house)


def test_a_mail_that_vanished_is_missed(house, places):
    """Its lines and its raw mail tell, and so does the count, where nothing of it is left."""
    queue_id = places["held"]
    changed(house, "DELETE FROM entry WHERE queue_id = ?", queue_id)
    first = faults(house)
    changed(house, "DELETE FROM line WHERE queue_id = ?", queue_id)
    changed(house, "DELETE FROM chunk WHERE raw_id NOT IN (SELECT raw_id FROM entry)")
    second = faults(house)

    count = ("", "6 mails were accepted, 5 are in the table, 5 were found", DAMAGED)
    (stray, counted, raw_mail) = first
    assert (queue_id, "there are lines of its ledger, and no entry", DAMAGED) == stray
    assert count == counted
    assert raw_mail[1].endswith("is there, and no entry")
    assert [count] == second


def test_lines_of_a_vanished_last_mail_are_found(house, places):
    """Behind the last entry, too."""
    house.tell(places["waiting"], Planned(Hold("x")))
    changed(house, "DELETE FROM entry WHERE queue_id = ?", places["waiting"])

    assert (places["waiting"], "there are lines of its ledger, and no entry", DAMAGED) in faults(house)


def test_a_longer_queue_lifetime_is_no_fault(house):
    """Who was given up when retry.lifetime was shorter stays given up."""
    from ingestd.core.ticket import Deferred

    (queue_id,) = house.submit()
    refused = (Started(0, "b", 30.0), Settled(0, Deferred("no")))
    house.tell(queue_id, DELIVERED[0], *refused)
    changed(house, "UPDATE entry SET status = 'dead', wake_at = NULL WHERE queue_id = ?", queue_id)

    assert [] == faults(house)


def test_faults_are_told_in_words(house, places):
    """A line each on stderr, with the queue id and the remedy."""
    changed(house, "UPDATE entry SET wake_at = NULL WHERE queue_id = ?", places["waiting"])

    done = house.run("audit")

    assert (1, "faults         1") == (done.code, done.out.splitlines()[-1])
    assert f"FAULT: {places['waiting']}: waits, and nothing will wake it; {SET_RIGHT}\n" == done.err


def test_what_the_remedy_says_sets_it_right(house, places):
    """`queue retry` makes the row again from the ledger."""
    queue_id = places["waiting"]
    changed(house, "UPDATE entry SET wake_at = NULL WHERE queue_id = ?", queue_id)

    assert 0 == house.run("queue", "retry", queue_id).code
    assert [] == faults(house)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "7days"), "--since goes with --online"),
        (("--online", "--since", "lately"), "--since: 'lately' is no duration"),
    ],
)
def test_options_that_say_nothing_are_refused(house, words, says):
    """Exit 2 with a sentence."""
    house.submit()

    done = house.run("audit", *words)

    assert (2, "") == (done.code, done.out)
    assert says in done.err


def test_there_is_nothing_to_prove_without_a_spool(house):
    """Exit 1, and none is made."""
    done = house.run("audit")

    assert (1, "") == (done.code, done.out)
    assert f"there is no spool at {house.spool}" in done.err
