"""OpenTicket, AddTicketReply, AddTicketNote and UpdateTicket."""

import re

import pytest

from ingestd.desk import Department, Seed, SeedTicket

GUEST = {"deptid": 1, "subject": "Hello", "message": "Words", "name": "Gina", "email": "gina@example.org"}


async def test_the_same_request_twice_makes_two_tickets(call):
    """There is no idempotency key, and no detection of doubles."""
    first, second = await call.open(), await call.open()

    assert [first["id"], second["id"]] == ["1", "2"]
    assert len(call.desk.tickets()) == 2


async def test_an_opened_ticket_answers_id_number_and_code(call):
    """The id is text, the number has six digits, the code eight characters."""
    answer = await call.open()

    assert (answer["result"], answer["id"]) == ("success", "1")
    assert re.fullmatch(r"\d{6}", answer["tid"]) and re.fullmatch(r"[A-Za-z0-9]{8}", answer["c"])


@pytest.mark.parametrize(
    ("mask", "shape"),
    [("%A%A%A-%n%n%n%n-%y", r"[A-Z]{3}-\d{4}-26"), ("%a %m%d %i", r"[a-z] 0301 1")],
)
async def test_numbers_follow_the_mask(serve, mask, shape):
    """Letters, spaces and hyphens too; and the ticket is found by its number in any case."""
    call = await serve(mask=mask)

    number = (await call.open())["tid"]

    assert re.fullmatch(shape, number)
    assert (await call("GetTicket", ticketnum=number.swapcase()))["tid"] == number


async def test_a_mask_that_is_used_up(serve):
    """The documented error, and no half-made ticket."""
    call = await serve(mask="ALWAYS")
    await call.open()

    assert (await call("OpenTicket", **GUEST))["message"] == "Unable to generate ticket number"
    assert len(call.desk.tickets()) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"clientid": 99}, "Client ID Not Found"),
        ({"clientid": 1, "userid": 99}, "The system cannot find the provided user ID."),
        ({"clientid": 1, "contactid": 6}, "Contact ID Not Found"),
        ({"name": ""}, "Name and email address are required if not a client"),
        ({"email": ""}, "Name and email address are required if not a client"),
        ({"email": "gina@"}, "Email Address Invalid"),
        ({"email": "gina@exämple.org"}, "Email Address Invalid"),
        ({"email": f"{'x' * 250}@example.org"}, "Email Address Invalid"),
        ({"deptid": 77}, "Department ID not found"),
        ({"subject": " "}, "Subject is required"),
        ({"message": "\r\n"}, "Message is required"),
        ({"serviceid": 3}, "Service ID Not Found"),
        ({"domainid": 3}, "Domain ID Not Found"),
        ({"created": "yesterday"}, "Invalid Date Format"),
        ({"created": "2026-03-01 12:30:01"}, "Ticket creation date cannot be in the future"),
        ({"created": "2026-03-01T13:30:01+01:00"}, "Ticket creation date cannot be in the future"),
        ({"attachments": "%%%"}, "Attachments could not be decoded"),
    ],
)
async def test_the_documented_errors_of_open_ticket(call, fields, message):
    """Each is told with status 200, and nothing is opened."""
    answer = await call.post("OpenTicket", **{**GUEST, **fields})

    assert (answer.status_code, answer.json()) == (200, {"result": "error", "message": message})
    assert call.desk.tickets() == []


@pytest.mark.parametrize("created", ["2026-02-03 04:05:06", "2026-02-03T04:05:06Z", "2026-02-03T05:05:06+01:00"])
async def test_a_date_in_the_past_is_taken(call, created):
    """ISO 8601 or the plain form, kept in the server's zone."""
    ticket = await call.open(created=created)

    assert (await call("GetTicket", ticketid=ticket["id"]))["date"] == "2026-02-03 04:05:06"


async def test_a_userid_wins_over_a_contactid(call):
    """contactid counts only without userid."""
    await call.open(clientid=1, userid=10, contactid=5)

    post = call.desk.tickets()[0]["posts"][0]
    assert (post["contact_id"], post["user_id"], post["requestor_type"]) == (0, 10, "Authorized User")


async def test_a_reply_tells_no_id_and_reopens(call):
    """A customer's reply makes Customer-Reply even of a closed ticket."""
    ticket = await call.open()
    await call("UpdateTicket", ticketid=ticket["id"], status="Closed")

    answer = await call("AddTicketReply", ticketid=ticket["id"], message="More", name="Gina", email="gina@example.org")

    assert answer == {"result": "success"}
    assert call.desk.tickets()[0]["status"] == "Customer-Reply"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"adminusername": "dana"}, "Answered"),
        ({"clientid": 1}, "Customer-Reply"),
        ({"clientid": 1, "status": "In Progress"}, "In Progress"),
    ],
)
async def test_the_status_after_a_reply(call, fields, status):
    """By author, unless named."""
    ticket = await call.open(clientid=1)

    await call("AddTicketReply", ticketid=ticket["id"], message="More", **fields)

    assert call.desk.tickets()[0]["status"] == status


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ticketid": 9}, "Ticket ID not found"),
        ({"ticketid": "", "ticketnum": "123456"}, "Ticket ID not found"),
        ({"clientid": 9}, "Client ID Not Found"),
        ({"clientid": 1, "contactid": 6}, "Contact ID Not Found"),
        ({}, "Name and email address are required if not a client"),
        ({"adminusername": "nobody"}, "Name and email address are required if not a client"),
        ({"clientid": 1, "message": ""}, "Message is required"),
        ({"clientid": 1, "status": "Gone"}, "Invalid Ticket Status"),
        ({"name": "G", "email": "g"}, "Email Address Invalid"),
        ({"clientid": 1, "created": "2027-01-01 00:00:00"}, "Reply creation date cannot be in the future"),
    ],
)
async def test_the_documented_errors_of_add_ticket_reply(serve, fields, message):
    """A reply takes no ticket number, and nothing is appended."""
    call = await serve()
    call.desk.seed(Seed(tickets=(SeedTicket("Old", number="123456", name="G", email="g@example.org"),)))

    answer = await call("AddTicketReply", **{"ticketid": 1, "message": "More", **fields})

    assert answer == {"result": "error", "message": message}
    assert len(call.desk.tickets()[0]["posts"]) == 1


async def test_update_overwrites_the_opening_post_and_replaces_cc(call):
    """`message` is no reply, and `cc` no addition."""
    ticket = await call.open()
    await call("UpdateTicket", ticketid=ticket["id"], cc="a@example.org,b@example.org")

    answer = await call(
        "UpdateTicket", ticketid=ticket["id"], cc="c@example.org", message="Other words", priority="High"
    )

    dump = call.desk.tickets()[0]
    assert answer == {"result": "success", "ticketid": "1"}
    assert (dump["cc"], dump["priority"]) == (["c@example.org"], "High")
    assert [post["message"] for post in dump["posts"]] == ["Other words"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ticketid": 9}, "Ticket ID Not Found"),
        ({"deptid": 9}, "Department ID Not Found"),
        ({"priority": "Urgent"}, "Invalid Ticket Priority. Valid priorities are: Low,Medium,High"),
        (
            {"status": "x"},
            "Invalid Ticket Status. Valid statuses are: Open,Answered,Customer-Reply,On Hold,In Progress,Closed",
        ),
        ({"created": "2027-01-01"}, "Ticket creation date cannot be in the future"),
    ],
)
async def test_the_documented_errors_of_update_ticket(call, fields, message):
    """Nothing is changed, not even what was valid."""
    await call.open()

    answer = await call("UpdateTicket", **{"ticketid": 1, "subject": "New", **fields})

    assert answer == {"result": "error", "message": message}
    assert call.desk.tickets()[0]["subject"] == "Hello"


async def test_update_moves_what_it_names(call):
    """Department, owner (`userid` is the client's id), subject, opener."""
    await call.open()

    await call(
        "UpdateTicket", ticketid=1, deptid=2, userid=1, subject="New", name="Nora", email="nora@example.org", flag=3
    )

    dump = call.desk.tickets()[0]
    assert (dump["department"], dump["client_id"], dump["subject"], dump["flag"]) == (2, 1, "New", 3)
    assert (dump["name"], dump["email"]) == ("Nora", "nora@example.org")


async def test_a_note_takes_a_number_too(call):
    """The only write that does; it is no reply and moves no status."""
    ticket = await call.open()

    by_number = await call("AddTicketNote", ticketnum=ticket["tid"], message="one")
    by_id = await call("AddTicketNote", ticketid=ticket["id"], message="two")
    missing = await call("AddTicketNote", ticketnum="nope", message="three")

    dump = call.desk.tickets()[0]
    assert (by_number, by_id) == ({"result": "success"}, {"result": "success"})
    assert missing["message"] == "Ticket ID not found"
    assert [note["message"] for note in dump["notes"]] == ["one", "two"]
    assert (len(dump["posts"]), dump["status"]) == (1, "Open")


async def test_mails_are_noted_and_noemail_stops_the_customers(call):
    """`noemail` stops the auto-response, not the word to staff."""
    await call.open(noemail="1")
    await call.open()

    sent = [(mail["template"], mail["to"], mail["ticket_id"]) for mail in call.desk.mails()]
    assert sent == [
        ("Support Ticket Created", ["staff"], 1),
        ("Support Ticket Created", ["staff"], 2),
        ("Support Ticket Opened", ["gina@example.org"], 2),
    ]


async def test_a_staff_reply_is_mailed_to_owner_and_cc(call):
    """Unless noemail."""
    ticket = await call.open(noemail="1")
    await call("UpdateTicket", ticketid=ticket["id"], cc="a@example.org")
    await call("AddTicketReply", ticketid=ticket["id"], message="x", adminusername="dana", noemail="1")
    await call("AddTicketReply", ticketid=ticket["id"], message="x", adminusername="dana")

    replies = [mail["to"] for mail in call.desk.mails() if mail["template"] == "Support Ticket Reply"]
    assert replies == [["gina@example.org", "a@example.org"]]


async def test_a_failed_action_sends_no_mail(call):
    """What is rolled back was never told."""
    await call("OpenTicket", **{**GUEST, "message": ""})

    assert call.desk.mails() == []


async def test_custom_fields_are_kept(call):
    """PHP's serialize, lengths in bytes; a malformed value is ignored."""
    await call.open(customfields="YToxOntpOjM7czoxMToiU29jaWV0w6Agw6giO30=")
    await call.open(customfields="YToxOntpOjM7czoxMDoiU29jaWV0w6Agw6giO30=")

    assert [ticket["custom_fields"] for ticket in call.desk.tickets()] == [{"3": "Società è"}, {}]


async def test_departments_are_those_of_the_settings(serve):
    """Opening in another is refused."""
    call = await serve(departments=(Department(8, "Sales"),))

    assert (await call("OpenTicket", **GUEST))["message"] == "Department ID not found"
    assert (await call.open(deptid=8))["id"] == "1"
