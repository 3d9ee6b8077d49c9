"""What must be at the helpdesk of a mail that is done, and by what it is found there."""

from dataclasses import replace

import pytest
from core_given import ENVELOPE, NOW
from core_ledgers import CC, CHECK, MORE, NOTE, OPEN, OPENED, REPLY, ledger, ordered, plan, settled, started, tried

from ingestd.core.bookkeeping import Account, Proof, Raw, found_in, proofs_of
from ingestd.core.journal import Deed, Entry, Gist, Planned, Status
from ingestd.core.marker import marker_of
from ingestd.core.model import QueueId
from ingestd.core.ticket import Done, Fault, Post, Refused, Ticket

ID = QueueId("0ABCDEFGHJKMNPQRSTVW")
ENTRY = Entry(ID, ENVELOPE, ID, 5, "c", Status.DONE, "", NOW, 1, 0, Gist("", "", ""), 50, "ABC-1234")
TICKET = Ticket(50, "ABC-1234", 1, 0, 0, "", "", (), "", "Open", "Medium", (), ())


def proofs(*told):
    account = Account(ENTRY, ledger(*told), True, "", False, Raw(1, 1, 5, staged=False))
    return [(proof.ticket_id, proof.number, type(proof.call).__name__) for proof in proofs_of(account)]


def post(text, post_id=0):
    return Post(post_id, "", 0, 0, False, text, (), "")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (((0, plan(OPEN, CC, CHECK)), *tried(1, OPENED), *tried(2, Done(50), 1), *tried(3, Done(50), 2)), [(50, 0, "OpenTicket")]),
        (((0, plan(REPLY)), *tried(1, Done(50))), [(50, 0, "AddTicketReply")]),
        (((0, plan(NOTE)), *tried(1, Done(50))), [(50, 0, "AddTicketNote")]),
        (((0, plan(OPEN, MORE)), *tried(1, OPENED), *tried(2, Done(50), 1)), [(50, 0, "OpenTicket"), (50, 1, "AddTicketReply")]),
        (((0, plan(OPEN, MORE)), *tried(1, OPENED), (2, started(1))), [(50, 0, "OpenTicket")]),
        (((0, plan(OPEN, NOTE)), *tried(1, OPENED), *tried(2, Refused("no", Fault.OTHER), 1)), [(50, 0, "OpenTicket")]),
        (((0, plan(NOTE)), *tried(1, Done(50)), (2, ordered(Deed.RELEASE)), (3, plan(OPEN)), (4, started()), (5, settled(Done(51)))), [(51, 0, "OpenTicket")]),
        (((0, plan(OPEN, MORE)), *tried(1, OPENED), (2, Planned(plan(OPEN, MORE, MORE).verdict, keeps=1, why="split: x"))), [(50, 0, "OpenTicket")]),
    ],
)  # fmt: skip
def test_each_text_that_was_written_must_be_there(told, expected):
    """Texts, not differences; what was done, not what was planned; in the plan that was carried out."""
    assert expected == proofs(*told)


MARKER = marker_of(ID, 0)
CUT = replace(OPEN, message="It burns \N{FIRE} here")


@pytest.mark.parametrize(
    ("call", "ticket", "there"),
    [
        (OPEN, replace(TICKET, posts=(post(f"It burns.\n\n{MARKER}"),)), True),
        (OPEN, replace(TICKET, posts=(post(f"changed by staff\n{MARKER}", 9),)), True),
        (OPEN, replace(TICKET, posts=(post("It &quot;burns&quot;."),)), False),
        (OPEN, replace(TICKET, posts=(post("It  burns."),)), True),
        (OPEN, replace(TICKET, posts=(post(f"> {MARKER}"),)), False),
        (OPEN, replace(TICKET, posts=(post(marker_of(ID, 1)),)), False),
        (OPEN, replace(TICKET, notes=(post(MARKER),)), False),
        (NOTE, replace(TICKET, notes=(post(MARKER),)), True),
        (NOTE, replace(TICKET, posts=(post(MARKER),)), False),
        (CUT, replace(TICKET, posts=(post("It burns"),)), True),
        (OPEN, TICKET, False),
    ],
)
def test_a_text_is_known_by_its_marker_or_by_its_words(call, ticket, there):
    """Also where it was written without a marker, or cut at its first 4-byte character; a quote is none."""
    assert there is found_in(ticket, ENTRY, Proof(50, "ABC-1234", 0, call))
