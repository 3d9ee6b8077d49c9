"""Plans within what a helpdesk can do."""

from dataclasses import replace

import pytest
from core_given import CLIENT, GUEST, NOW, TICKET, file

from ingestd.core.abilities import KELIWEB, WHMCS, WITHOUT_REPLIES
from ingestd.core.amend import file_checks, split
from ingestd.core.append import Writer, appended, fits, holds
from ingestd.core.compose import stored_size
from ingestd.core.journal import Deliver, Discard, Hold
from ingestd.core.model import Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    OpenTicket,
    Priority,
    UpdateTicket,
)
from ingestd.core.within import LONGEST, fit, within

OPEN = OpenTicket(1, "Printer", "It burns.", GUEST, Priority.MEDIUM)
REPLY = AddTicketReply(50, "It burns.", CLIENT)
CC = UpdateTicket(None, cc=("bob@example.net", "eve@example.net"), priority=Priority.HIGH)
NOTE = AddTicketNote(None, "VIP: call back\nwithin the hour")
WRITER = Writer("Ann", "ann@example.net", NOW)
LINE = "---- Ann <ann@example.net>, 2026-03-01 12:00:00.000 UTC ----"
LOST = "[Not attached, because UpdateTicket carries no files; kept with the mail:\na.pdf (10 bytes)]"


def fitted(*calls, can=KELIWEB, writer=WRITER):
    return within(Deliver(calls, "new ticket"), can, writer)


def test_a_whmcs_can_do_everything():
    """Its plans stay as they are."""
    verdict = Deliver((replace(OPEN, files=(file("a.pdf"),)), CC, NOTE, *file_checks((OPEN,))), "new ticket")

    assert verdict is within(verdict, WHMCS, WRITER)


@pytest.mark.parametrize("verdict", [Hold("a loop"), Discard("a bounce")])
def test_what_is_no_plan_stays(verdict):
    """Nothing is asked of the helpdesk."""
    assert verdict is within(verdict, KELIWEB, WRITER)


def test_without_updates_the_text_says_what_would_change():
    """Cc and priority, once, in the first text."""
    more = AddTicketReply(None, "Further files", GUEST)
    said = "It burns.\n\n[Cc: bob@example.net, eve@example.net; Priority: High]"

    assert Deliver((replace(OPEN, message=said), more), "new ticket") == fitted(OPEN, more, CC)


def test_without_notes_nobody_is_told_what_only_staff_may_read():
    """The journal is; the checks of files go silently; what the customer may read stands in the ticket."""
    public = AddTicketNote(None, "Not attached: big.bin", public=True)
    files = replace(OPEN, files=(file("a.pdf"),))

    verdict = fitted(files, NOTE, public, *file_checks((files,)))

    assert (replace(files, message="It burns.\n\n[Not attached: big.bin]"),) == verdict.calls
    assert "new ticket; not noted, as this helpdesk takes no notes: VIP: call back within the hour" == verdict.reason


def test_a_plan_of_notes_alone_is_left_to_the_journal():
    """Discarded with its words: a person can release it."""
    verdict = fitted(NOTE)

    assert isinstance(verdict, Discard)
    assert "VIP: call back" in verdict.reason


def test_staff_without_accounts_reply_by_name():
    """Where a reply cannot be an admin's it bears his name and address."""
    reply = replace(REPLY, sender=Staff("ann"))

    assert (replace(REPLY, sender=GUEST),) == fitted(reply).calls
    assert (reply,) == fitted(reply, can=replace(KELIWEB, staff=True)).calls


def test_without_replies_a_follow_up_goes_below_the_opening_post():
    """Under a line that says who wrote and when; its files are named; staff's makes the ticket Answered."""
    reply = replace(REPLY, files=(file("a.pdf"),))
    staff = replace(REPLY, sender=Staff("ann"), created=NOW.replace(hour=9))
    cc = replace(CC, ticket_id=50)

    verdict = fitted(reply, cc, *file_checks((reply,)), can=WITHOUT_REPLIES)

    assert (AppendToTicket(50, f"{LINE}\n\nIt burns.\n\n{LOST}", "Customer-Reply"), cc) == verdict.calls
    answered = AppendToTicket(50, f"{LINE.replace('12:00', '09:00')}\n\nIt burns.", "Answered")
    assert (answered,) == fitted(staff, can=WITHOUT_REPLIES).calls


def test_without_replies_further_files_are_withheld():
    """A new ticket keeps those that fit into its own body; of the others the text says that they are kept."""
    files = tuple(file(f"{n}.bin", 300_000) for n in range(3))
    plan = split((replace(OPEN, files=files),), 0, 700_000)

    (opened, check), _ = fit(plan, WITHOUT_REPLIES)

    assert ["0.bin"] == [each.name for each in opened.files]
    assert "kept with the mail:\n1.bin (292 KiB)" in opened.message
    assert "kept with the mail:\n2.bin (292 KiB)" in opened.message
    assert 1 == check.unless_files


def test_a_reply_of_an_older_plan_keeps_its_words():
    """Planned before the role was known to lack it: no amendment takes the customer's words for further files."""
    assert ((replace(REPLY, message="Mended"),), ()) == fit((replace(REPLY, message="Mended"),), WITHOUT_REPLIES)


def test_an_update_that_says_nothing_to_people_leaves_no_trace():
    """What is for staff's eyes alone, as who has the ticket, is not told to the customer."""
    assert (OPEN,) == fitted(OPEN, UpdateTicket(None)).calls


def test_what_was_made_already_stays():
    """An amended plan keeps the calls before; words for them go into a call that is still to be made."""
    public = AddTicketNote(None, "Not attached: big.bin", public=True)
    more = AddTicketReply(None, "Further files", GUEST)

    assert (OPEN, replace(more, message="Further files\n\n[Not attached: big.bin]")) == fit(
        (OPEN, more, public), KELIWEB, 1
    )[0]
    told = AddTicketReply(None, "[Not attached: big.bin]", GUEST, noemail=True)
    assert (OPEN, told) == fit((OPEN, public), KELIWEB, 1)[0]


def test_what_is_said_below_stays_within_the_column():
    """However much there is to say, the marker keeps its place."""
    long = replace(OPEN, message="&" * 12_500)
    many = AddTicketNote(None, "x" * 9_000, public=True)

    (call,), _ = fit((long, many), KELIWEB)

    assert stored_size(call.message) <= LONGEST + 2


MARKER = "[ref:0ABCDEFGHJKMNPQRSTVW-0]"
ADDED = AppendToTicket(50, f"{LINE}\n\nThanks \U0001f44d a lot", "Customer-Reply")


@pytest.mark.parametrize(
    ("opening", "marker", "there"),
    [
        ("Help", MARKER, False),
        (f"Help\n\n{ADDED.message}\n\n{MARKER}", MARKER, True),
        (f"Help\n\n{LINE}\n\nThanks ", MARKER, True),
        (f"Help\n\n{LINE}\r\n\r\nThanks", "", True),
        (f"Help\n\n> {LINE}\n>\n> Thanks\n> {MARKER}", MARKER, False),
        (f"Help\n\n{LINE.replace('00.000', '00.001')}\n\nThanks", MARKER, False),
        (f"Help\n\n{LINE}\n\nNo", MARKER, False),
    ],
)
def test_what_stands_below_the_opening_post_is_known(opening, marker, there):
    """By its marker, or by its line and the words that a database left of it; a quote is not it."""
    assert there is holds(opening, ADDED, marker)


def test_equal_words_of_the_same_moment_are_told_apart_by_their_markers():
    """A robot's two alarms: the one that is there is the other's."""
    alarm = replace(ADDED, message=f"{LINE}\n\nThe disk is full")
    opening = f"Help\n\n{alarm.message}\n\n{MARKER.replace('0ABC', '0XYZ')}"

    assert not holds(opening, alarm, MARKER)
    assert holds(opening, alarm, "")


def test_the_whole_is_written_back():
    """What stood there, a blank line, ours; up to the bound of a column."""
    assert f"Help\n\n{ADDED.message}" == appended("Help\r\n", ADDED).message
    assert fits("x" * 50_000, ADDED)
    assert not fits("<" * 15_000, ADDED)


def test_a_ticket_is_none_the_wiser():
    """A plan for a ticket keeps its number."""
    verdict = within(Deliver((REPLY,), "reply", TICKET.number), WITHOUT_REPLIES, WRITER)

    assert TICKET.number == verdict.ticket_number
