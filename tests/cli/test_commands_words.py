"""How the commands put things: lines of the ledger in words, tables that fit a terminal."""

import os
import pty
import sys
from datetime import UTC, datetime
from subprocess import Popen

import pytest

from ingestd.cli.events import words
from ingestd.cli.show import disarmed
from ingestd.core.journal import (
    Absent,
    Accepted,
    Deed,
    Deliver,
    Discard,
    Hold,
    Ordered,
    Planned,
    Postponed,
    Settled,
    Started,
    Status,
    Stopped,
)
from ingestd.core.model import Client, Envelope, Guest, Literal, Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Deferred,
    Done,
    File,
    OpenTicket,
    Priority,
    Refused,
    Unknown,
    UpdateTicket,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TO_US = Envelope("", "support@example.com", "support@example.com", "192.0.2.1", "mx", tls=False, received_at=NOON)
FILE = File("a.txt", 1, Literal(b"a"))
PLAN = (
    OpenTicket(1, "Help", "secret text", Guest("Ann", "ann@example.net"), Priority.HIGH, (FILE,), noemail=True),
    AddTicketReply(7, "secret text", Client(3, contact_id=4)),
    AddTicketReply(None, "secret text", Staff("carla")),
    UpdateTicket(None, cc=("bob@example.net",), priority=Priority.HIGH),
    AddTicketNote(None, "secret text", unless_files=1),
    UpdateTicket(7, flag=3),
)
ABOUT = OpenTicket(2, "Help", "secret text", Client(3), Priority.LOW, service=77)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Accepted(TO_US), ["from <> for support@example.com"]),
        (
            Planned(Deliver(PLAN, "new ticket")),
            [
                "deliver: new ticket",
                (
                    'call 0  OpenTicket in department 1, High, "Help", as guest Ann <ann@example.net>, with a.txt, '
                    "without mail from the helpdesk"
                ),
                "call 1  AddTicketReply to ticket id 7, as client 3, contact 4",
                "call 2  AddTicketReply to the new ticket, as staff carla",
                "call 3  UpdateTicket of the new ticket, Cc bob@example.net, priority High",
                "call 4  AddTicketNote on the new ticket, only where a file of call 0 was not kept",
                "call 5  UpdateTicket of ticket id 7, assigned to admin 3",
            ],
        ),
        (
            Planned(Deliver((ABOUT,), "x")),
            ["deliver: x", 'call 0  OpenTicket in department 2, Low, about service 77, "Help", as client 3'],
        ),
        (Planned(Discard("merged with X")), ["discard: merged with X"]),
        (Planned(Hold("loop"), why="GONE: no"), ["anew, because GONE: no: hold: loop"]),
        (Planned(Deliver((), "x"), keeps=1, why="split: 8M"), ["from call 1 on, because split: 8M: deliver: x"]),
        (Started(2, "boot", 30.2), ["call 2, 30 s for it"]),
        (Settled(0, Done(7, "700007")), ["call 0: done, ticket 700007 (id 7)"]),
        (Settled(0, Done(7)), ["call 0: done, ticket id 7"]),
        (Settled(1, Deferred("down")), ["call 1: deferred: down"]),
        (Settled(1, Refused("no")), ["call 1: refused: no"]),
        (Settled(1, Unknown("cut")), ["call 1: unknown: cut"]),
        (Absent(1, "boot"), ["call 1 is not in the helpdesk"]),
        (Postponed("the look-up failed"), ["the look-up failed"]),
        (Stopped(Status.DEAD, "too old"), ["dead: too old"]),
        (Ordered(Deed.DROP, "carla"), ["drop by carla"]),
    ],
)
def test_every_line_of_a_ledger_in_words(event, said):
    """Each kind of record, call and outcome; the text of a mail is not repeated."""
    assert said == list(words(event))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain [red]text[/red] ä 漢字", "plain [red]text[/red] ä 漢字"),
        ("two\r\nlines\tand a tab", "two  lines and a tab"),
        ("\x1b[2J\x07\x9b31m", "\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}31m"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\udcff", "\N{REPLACEMENT CHARACTER}"),
        (7, "7"),
    ],
)
def test_a_terminal_prints_and_does_not_obey(text, line):
    """No escape sequence, line break, change of direction or markup passes."""
    assert line == disarmed(text)


@pytest.mark.parametrize("columns", [50, 80])
def test_a_table_fits_its_terminal(columns):
    """A row a line, the queue id whole, the long cells cut by what columns they take, not by characters."""
    said = on_a_terminal(
        columns,
        "from ingestd.cli.show import table; "
        "table(('queue id', 'author', 'subject'), [('5392ECTH09DAB0AR5V3V', 'ann@example.net', '漢字' * 60)])",
    )

    head, row = said.splitlines()
    assert row.startswith("5392ECTH09DAB0AR5V3V  ")
    assert row.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert columns - 2 <= sum(2 if character in "漢字" else 1 for character in row) <= columns
    assert "\x1b[1mqueue id" in head


def test_facts_are_folded_on_a_terminal():
    """Under their column, at words."""
    said = on_a_terminal(40, "from ingestd.cli.show import facts; facts([('reason', 'word ' * 12)])")

    assert ["reason  word word word word word word", "        word word word word word word"] == said.splitlines()


def on_a_terminal(columns, code):
    """What the code writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "COLUMNS": str(columns), "PYTHONUTF8": "1", "TERM": "xterm"}
    process = Popen([sys.executable, "-c", code], stdout=theirs, env=environ)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # EIO: the other side is closed
        pass
    os.close(ours)
    assert 0 == process.wait(20)
    return said.decode().replace("\r\n", "\n")
