"""Plans made to fit: mended, split, or with the text as a file."""

from dataclasses import replace
from urllib.parse import unquote_plus

import pytest
from core_given import CLIENT, GUEST, NOW, file
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingestd.core.amend import ROOM, fitted, mend, split, text_as_file
from ingestd.core.attach import encoded_size
from ingestd.core.model import Guest, Literal
from ingestd.core.payload import fields_of, post_size
from ingestd.core.ticket import AddTicketNote, AddTicketReply, Fault, OpenTicket, Priority, UpdateTicket

OPEN = OpenTicket(1, "Printer", "It burns.", GUEST, Priority.MEDIUM, custom_fields=((8, "web"),))
CC = UpdateTicket(None, cc=("bob@example.net",))
NOBODY = "nobody@example.com"


def check(names: str, count: int, of_call: int, ticket_id: int | None = None) -> AddTicketNote:
    text = f"The helpdesk did not keep every file of this mail. Sent were: {names}"
    return AddTicketNote(ticket_id, text, unless_files=count, of_call=of_call)


def bodies(calls):
    return [call for call in calls if isinstance(call, OpenTicket | AddTicketReply)]


def test_a_guest_with_a_refused_address_becomes_nobody_in_every_call_to_come():
    """The text says which address it was, once; the calls before stay as they are."""
    more = AddTicketReply(None, "More", GUEST)

    calls = mend((more, OPEN, more, CC), 1, Fault.ADDRESS, NOBODY)

    assert more == calls[0]
    assert Guest("Ann", NOBODY) == calls[1].sender
    assert "It burns.\n\n[The helpdesk refused the sender's address: ann@example.net]" == calls[1].message
    assert replace(more, sender=Guest("Ann", NOBODY)) == calls[2]
    assert CC == calls[3]


def test_a_guest_without_a_name_gets_one():
    """The helpdesk wants both name and address; clients stay clients."""
    reply = AddTicketReply(5, "More", CLIENT)

    calls = mend((replace(OPEN, sender=Guest("", "x")), reply), 0, Fault.ADDRESS, NOBODY)

    assert Guest(NOBODY, NOBODY) == calls[0].sender
    assert reply == calls[1]


@pytest.mark.parametrize(
    ("call", "fault", "mended"),
    [
        (replace(OPEN, message=" "), Fault.MESSAGE, {"message": "(no text)"}),
        (
            OPEN,
            Fault.SUBJECT,
            {"subject": "(no subject)", "message": "It burns.\n\n[The helpdesk refused the subject: Printer]"},
        ),
        (replace(OPEN, created=NOW), Fault.DATE, {"created": None}),
        (AddTicketReply(5, "More", GUEST, created=NOW), Fault.DATE, {"created": None}),
        (
            replace(OPEN, service=77),
            Fault.SERVICE,
            {"service": None, "message": "It burns.\n\n[The helpdesk does not know service 77 as this client's]"},
        ),
        (
            replace(OPEN, domain=12),
            Fault.SERVICE,
            {"domain": None, "message": "It burns.\n\n[The helpdesk does not know domain 12 as this client's]"},
        ),
    ],
)
def test_the_value_that_was_refused_is_replaced(call, fault, mended):
    """And nothing else."""
    assert (replace(call, **mended), CC) == mend((call, CC), 0, fault, NOBODY)


def test_dates_are_left_out_of_every_call_to_come():
    """The next one would be refused for the same."""
    late = AddTicketReply(None, "More", GUEST, created=NOW)

    assert (late, replace(late, created=None), replace(late, created=None)) == mend((late,) * 3, 1, Fault.DATE, NOBODY)


def test_a_text_that_is_refused_goes_as_a_file():
    """What the helpdesk takes for no message may still be read."""
    calls = mend((OPEN,), 0, Fault.MESSAGE, NOBODY)

    assert "The text of this mail is in the file message.txt." == calls[0].message
    assert Literal(b"It burns.") == calls[0].files[0].source


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (replace(OPEN, sender=CLIENT), Fault.ADDRESS),
        (replace(OPEN, sender=Guest("Ann", NOBODY)), Fault.ADDRESS),
        (AddTicketReply(5, "More", GUEST), Fault.SUBJECT),
        (OPEN, Fault.DATE),
        (OPEN, Fault.OTHER),
        (OPEN, Fault.SERVICE),
        (CC, Fault.MESSAGE),
        (AddTicketNote(5, "note"), Fault.MESSAGE),
    ],
)
def test_a_plan_that_cannot_be_mended_stays_the_same(call, fault):
    """So that nothing is sent twice for the same refusal."""
    assert (call,) == mend((call,), 0, fault, NOBODY)


def test_a_text_moves_to_a_file_before_the_others():
    """Its name is free, its count is checked, Markdown is no more."""
    call = replace(
        OPEN, message="Gr\u00fc\u00dfe", markdown=True, files=(file("Message.txt"), file("mail-message.txt"))
    )

    filed, cc, note = text_as_file((call, CC), 0)

    assert ["message-2.txt", "Message.txt", "mail-message.txt"] == [each.name for each in filed.files]
    assert "Gr\u00fc\u00dfe".encode() == filed.files[0].source.data
    assert 7 == filed.files[0].size
    assert not filed.markdown
    assert CC == cc
    assert check("message-2.txt, Message.txt, mail-message.txt", 3, 0) == note


@pytest.mark.parametrize("call", [CC, AddTicketNote(5, "note")])
def test_a_call_without_a_text_of_the_mail_has_none_to_move(call):
    """None: a person decides."""
    assert text_as_file((call,), 0) is None


@pytest.mark.parametrize("ceiling", [0, -1, 10_000_000])
def test_a_body_that_fits_is_left_alone(ceiling):
    """A ceiling of 0 is none."""
    call = replace(OPEN, files=(file("a.pdf", 1_000_000),))

    assert (call,) == fitted(call, ceiling)
    assert split((call, CC), 0, ceiling) is None


@pytest.mark.parametrize("call", [CC, AddTicketNote(5, "note")])
def test_an_update_and_a_note_are_never_split(call):
    """They carry no files."""
    assert (call,) == fitted(call, 10)


def test_files_move_to_further_replies_in_order():
    """Quiet ones, by the same sender, that name what they hold; the checks are made anew, at the end."""
    files = tuple(file(f"{n}.bin", 300_000) for n in range(5))
    plan = (replace(OPEN, files=files), CC, check("old", 5, 0))

    calls = split(plan, 0, 1_200_000)

    assert [["0.bin", "1.bin"], ["2.bin", "3.bin"], ["4.bin"]] == [[f.name for f in c.files] for c in bodies(calls)]
    assert replace(OPEN, files=files[:2]) == calls[0]
    further = AddTicketReply(None, "Further files of the same mail: 2.bin, 3.bin", GUEST, files[2:4], noemail=True)
    assert further == calls[1]
    assert (CC, check("0.bin, 1.bin", 2, 0), check("2.bin, 3.bin", 2, 1), check("4.bin", 1, 2)) == calls[3:]


def test_a_file_that_fits_nowhere_is_withheld_with_a_note():
    """After the replies; the files that fit still go."""
    files = (file("small.bin", 1000), file("big.bin", 3 * 1024 * 1024))

    calls = split((AddTicketReply(50, "See", GUEST, files),), 0, 500_000)

    assert AddTicketReply(50, "See", GUEST, files[:1]) == calls[0]
    text = "Not attached, because the helpdesk takes no body of that size:\nbig.bin (3 MiB)"
    assert AddTicketNote(50, text, public=True) == calls[1]
    assert check("small.bin", 1, 0, 50) == calls[2]


def test_a_further_reply_that_is_split_again_names_what_it_still_holds():
    """Its own words follow its files; one that keeps none is not sent at all."""
    files = tuple(file(f"{n}.bin", 300_000) for n in range(4))
    once = split((replace(OPEN, files=files),), 0, 1_200_000)

    twice = split(once, 1, 700_000)

    assert once[0] == twice[0]
    assert ["Further files of the same mail: 2.bin", "Further files of the same mail: 3.bin"] == [
        call.message for call in bodies(twice)[1:]
    ]
    never = split(once, 1, 100_000)
    assert [once[0]] == bodies(never)
    assert "2.bin (292 KiB)\n3.bin (292 KiB)" in never[1].message


def test_what_came_before_the_split_call_is_untouched():
    """Settled calls keep their numbers."""
    big = AddTicketReply(None, "More", GUEST, (file("a.bin", 300_000), file("b.bin", 300_000)))
    opened = replace(OPEN, files=(file("0.bin", 900_000),))

    calls = split((opened, big, CC, check("0.bin", 1, 0), check("a.bin, b.bin", 2, 1)), 1, 700_000)

    assert opened == calls[0]
    assert [(0, 1), (1, 1), (2, 1)] == [(c.of_call, c.unless_files) for c in calls if isinstance(c, AddTicketNote)]


def test_a_thousand_files_are_named_fifty_at_a_time():
    """A list of names is no way to exceed a text column."""
    files = tuple(file(f"{n}{'x' * 95}.bin", 1) for n in range(1000))

    calls = split((replace(OPEN, files=files),), 0, 50_000)

    assert all(len(call.message) < 7000 for call in calls[1:])
    assert 1000 == sum(len(call.files) for call in bodies(calls))


NAMES = st.text(alphabet="abc~>?", min_size=1, max_size=40)
SIZES = st.one_of(st.integers(0, 5000), st.integers(0, 400_000))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(NAMES, SIZES), max_size=12),
    st.integers(20_000, 600_000),
    st.text(max_size=200),
    st.booleans(),
)
def test_every_file_is_kept_once_in_order_and_every_body_is_below_the_ceiling(told, ceiling, name, opens):
    """What is not sent is named in a note; the checks count what each call holds, by its number."""
    files = tuple(file(f"{n}{each}", size) for n, (each, size) in enumerate(told))
    sender = Guest(name, "ann@example.net")
    call = replace(OPEN, files=files, sender=sender) if opens else AddTicketReply(50, "See", sender, files)
    assume(post_size(fields_of(call, 0, ""), ()) + 3 * ROOM <= ceiling)

    calls = split((CC, call), 1, ceiling) or (CC, call)

    sent = [each for one in bodies(calls) for each in one.files]
    unsent = [each for each in files if each not in sent]
    assert [each for each in files if each in sent] == sent
    notes = [one.message for one in calls if isinstance(one, AddTicketNote) and one.unless_files is None]
    assert bool(unsent) == bool(notes)
    assert all(each.name in notes[0] for each in unsent)
    for one in bodies(calls):
        assert post_size(fields_of(one, 10**9, "[ref:0ABCDEFGHJKMNPQRSTVW-10]"), one.files) <= ceiling
        assert one.sender == sender
    if len(calls) > 2:
        checks = [one for one in calls if isinstance(one, AddTicketNote) and one.unless_files is not None]
        held = [(place, len(one.files)) for place, one in enumerate(calls) if getattr(one, "files", ())]
        assert held == [(one.of_call, one.unless_files) for one in checks]


def test_only_files_that_cannot_fit_are_withheld():
    """A file alone in a body of its own is sent if it leaves room for what is not known."""
    ceiling = 400_000
    size = next(n for n in range(300_000, 0, -3) if encoded_size((file("a.bin", n),)) + 3 * ROOM <= ceiling)

    assert ["a.bin"] == [
        each.name for one in bodies(fitted(replace(OPEN, files=(file("a.bin", size),)), ceiling)) for each in one.files
    ]


def test_a_long_text_does_not_cost_a_file_its_place():
    """What has no room beside the text goes in a reply of its own."""
    call = replace(OPEN, message="a" * 40_000, files=(file("a.bin", 20_000),))

    calls = fitted(call, 80_000)

    assert [(), call.files] == [one.files for one in bodies(calls)]
    assert 2 == len(calls)


def test_the_sender_of_a_further_reply_counts():
    """A name that grows threefold in a form still leaves the body below the ceiling."""
    sender = Guest("\u65e5" * 2000, "ann@example.net")
    files = tuple(file(f"{n}.bin", 30_000) for n in range(4))

    calls = fitted(replace(OPEN, sender=sender, files=files), 80_000)

    for one in bodies(calls):
        fields = fields_of(one, 10**9, "m" * 40)
        assert "\u65e5" in unquote_plus(dict(fields)["name"])
        assert post_size(fields, one.files) <= 80_000
