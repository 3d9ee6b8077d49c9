"""GetTicket, GetTickets and the look-ups: shapes and filters."""

import pytest

from ingestd.desk import Department, EmptyList, ListShape, Seed, SeedReply, SeedTicket


async def test_a_thread_is_told_as_documented(call):
    """Opening post is reply 0 with name and address; client and staff replies name themselves in requestor_*."""
    ticket = await call.open(clientid=1)
    await call("AddTicketReply", ticketid=1, clientid=1, contactid=5, message="From the contact")
    await call("AddTicketReply", ticketid=1, adminusername="dana", message="From staff")
    await call("AddTicketReply", ticketid=1, name="Zoe", email="zoe@example.org", message="From a guest")

    answer = await call("GetTicket", ticketnum=ticket["tid"])

    assert (answer["ticketid"], answer["tid"], answer["userid"], answer["deptname"]) == (
        "1",
        ticket["tid"],
        "1",
        "Support",
    )
    assert "message" not in answer and "id" not in answer
    shown = [
        (post["replyid"], post["userid"], post["contactid"], post["name"], post["email"], post["requestor_email"])
        for post in answer["replies"]["reply"]
    ]
    assert shown == [
        ("0", "1", "0", "Cynthia Reilly", "cynthia@example.com", "cynthia@example.com"),
        ("1", "1", "5", "", "", "karl@example.com"),
        ("2", "0", "0", "", "", ""),
        ("3", "0", "0", "Zoe", "zoe@example.org", "zoe@example.org"),
    ]
    assert [post["admin"] for post in answer["replies"]["reply"]] == ["", "", "Dana Admin", ""]
    assert [post["requestor_type"] for post in answer["replies"]["reply"]] == [
        "Owner",
        "Sub-account",
        "Operator",
        "Guest",
    ]


async def test_replies_can_be_asked_for_backwards(call):
    """The opening post is not always first."""
    await call.open()
    await call("AddTicketReply", ticketid=1, clientid=1, message="More")

    answer = await call("GetTicket", ticketid=1, repliessort="DESC")

    assert [post["replyid"] for post in answer["replies"]["reply"]] == ["1", "0"]


async def test_a_ticket_that_is_gone(call):
    """By either name of it."""
    await call.open()
    call.desk.remove_ticket(1)

    assert (await call("GetTicket", ticketid=1))["message"] == "Ticket ID Not Found"
    assert (await call("GetTicket", ticketnum="000000"))["message"] == "Ticket ID Not Found"
    assert (await call("GetTicket"))["message"] == "Ticket ID Not Found"


async def test_text_comes_back_entity_encoded_with_its_line_ends(call):
    """The dump holds what was sent."""
    await call.open(subject='R&D <"quoted"> it\'s', message="a < b\r\nc & d")

    answer = await call("GetTicket", ticketid=1)

    assert answer["subject"] == "R&amp;D &lt;&quot;quoted&quot;&gt; it&#039;s"
    assert answer["replies"]["reply"][0]["message"] == "a &lt; b\r\nc &amp; d"
    assert call.desk.tickets()[0]["posts"][0]["message"] == "a < b\r\nc & d"


async def test_text_can_be_kept_plain_and_cut(serve):
    """Two switches: no entities; utf8mb3 that ends at the first emoji."""
    call = await serve(entities=False, utf8mb3=True)
    await call.open(message="a < b 😀 lost\r\nlost")

    assert (await call("GetTicket", ticketid=1))["replies"]["reply"][0]["message"] == "a < b "


async def test_ids_can_be_numbers(serve):
    """Where an installation writes them so."""
    call = await serve(string_ids=False)
    await call.open()

    answer = await call("GetTicket", ticketid=1)

    assert (answer["ticketid"], answer["replies"]["reply"][0]["replyid"]) == (1, 0)


@pytest.mark.parametrize(
    ("shape", "tickets"),
    [
        (EmptyList.WRAPPED, {"ticket": []}),
        (EmptyList.LIST, []),
        (EmptyList.STRING, ""),
        (EmptyList.OBJECT, {}),
        (EmptyList.MISSING, None),
    ],
)
async def test_an_empty_list_has_many_shapes(serve, shape, tickets):
    """As the settings say."""
    call = await serve(empty_list=shape)

    assert (await call("GetTickets")).get("tickets") == tickets


async def test_a_list_may_be_an_object_or_stand_bare(serve):
    """PHP arrays with gaps; a single element without its list."""
    indexed, bare = await serve(list_shape=ListShape.INDEXED), await serve(list_shape=ListShape.BARE)
    await indexed.open()
    await bare.open()

    assert list((await indexed("GetTicket", ticketid=1))["replies"]["reply"]) == ["0"]
    assert (await bare("GetTicket", ticketid=1))["replies"]["reply"]["replyid"] == "0"


@pytest.mark.parametrize(("nested", "attachments"), [(True, [[]]), (False, [])])
async def test_no_attachments_are_a_list_with_an_empty_list(serve, nested, attachments):
    """As documented, or plainly empty."""
    call = await serve(empty_attachments_nested=nested)
    await call.open()

    post = (await call("GetTicket", ticketid=1))["replies"]["reply"][0]
    assert (post["attachment"], post["attachments"], post["attachments_removed"]) == ("", attachments, False)


async def test_tickets_outside_ones_departments_are_not_listed(serve):
    """Unless ignore_dept_assignments is sent; so with departments themselves."""
    call = await serve(departments=(Department(1, "Support", member=True), Department(2, "Billing")))
    await call.open(deptid=1)
    await call.open(deptid=2)

    assert await _ids(call) == {"1"}
    assert await _ids(call, ignore_dept_assignments=1) == {"1", "2"}
    assert (await call("GetSupportDepartments"))["totalresults"] == 1
    assert (await call("GetSupportDepartments", ignore_dept_assignments=1))["totalresults"] == 2


async def _ids(call, **fields):
    answer = await call("GetTickets", **fields)
    return {ticket["id"] for ticket in answer["tickets"]["ticket"]}


async def test_an_address_finds_guests_tickets_only(call):
    """A client's ticket is not found by his address, whatever its case."""
    await call.open(clientid=1)
    await call.open(name="Cynthia", email="cynthia@example.com")

    assert await _ids(call, ignore_dept_assignments=1, email="CYNTHIA@example.com") == {"2"}
    assert await _ids(call, ignore_dept_assignments=1, clientid=1) == {"1"}
    assert await _ids(call, ignore_dept_assignments=1, clientid=1, email="cynthia@example.com") == set()


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"status": "Closed"}, {"2"}),
        ({"status": "Awaiting Reply"}, {"1"}),
        ({"status": "All Active Tickets"}, {"1", "3"}),
        ({"subject": "PRINTER"}, {"1", "2"}),
        ({"subject": "a & b"}, set()),
        ({"subject": "a &amp; b"}, {"3"}),
        ({"deptid": 2}, {"3"}),
    ],
)
async def test_tickets_are_filtered(serve, fields, ids):
    """By status groups, by a piece of the stored (encoded) subject, by department."""
    tickets = (
        SeedTicket("The printer"),
        SeedTicket("A printer", status="Closed"),
        SeedTicket("a & b", department=2, status="Answered"),
    )
    call = await serve(seed=Seed(tickets=tickets))

    assert await _ids(call, ignore_dept_assignments=1, **fields) == ids


async def test_pages_cover_every_ticket_once_in_no_order(serve):
    """25 by default; numbers of the page are ints, the total is text."""
    call = await serve(seed=Seed(tickets=tuple(SeedTicket(f"No {number}") for number in range(60))))

    pages = [await call("GetTickets", ignore_dept_assignments=1, limitstart=start) for start in (0, 25, 50, 75)]

    ids = [ticket["id"] for page in pages[:3] for ticket in page["tickets"]["ticket"]]
    assert [(page["totalresults"], page["startnumber"], page["numreturned"]) for page in pages] == [
        ("60", 0, 25),
        ("60", 25, 25),
        ("60", 50, 10),
        ("60", 75, 0),
    ]
    assert sorted(ids, key=int) == [str(number) for number in range(1, 61)] != ids


async def test_a_client_is_found_by_the_address_of_the_account(call):
    """Not by a login's; with his users, and the same fields at the top level."""
    answer = await call("GetClientsDetails", email="CYNTHIA@example.com")

    assert answer["client"]["id"] == answer["id"] == 1
    assert answer["client"]["companyname"] == "Reilly &amp; Sons"
    assert answer["client"]["users"]["user"] == [
        {"id": 9, "name": "Ursula User", "email": "ursula@example.net", "is_owner": True},
        {"id": 10, "name": "Ulf User", "email": "ulf@example.net", "is_owner": False},
    ]
    assert (await call("GetClientsDetails", email="ursula@example.net"))["message"] == "Client Not Found"
    assert (await call("GetClientsDetails", clientid=2))["client"]["lastname"] == "O&#039;Neil"
    assert (await call("GetClientsDetails"))["message"] == "Either clientid Or email Is Required"


async def test_clients_and_users_are_searched_from_the_start(call):
    """The start of an address or a name: the caller must compare exactly."""
    assert [row["id"] for row in (await call("GetClients", search="cynthia@ex"))["clients"]["client"]] == [1]
    assert (await call("GetClients", search="example"))["totalresults"] == 0
    assert [row["id"] for row in (await call("GetClients", status="Closed"))["clients"]["client"]] == [2]
    users = (await call("GetUsers", search="u"))["users"]
    assert [row["id"] for row in users] == [9, 10]
    assert users[0]["clients"] == [{"id": 1, "isOwner": True}, {"id": 2, "isOwner": False}]
    assert (await call("GetUsers", search="nobody"))["users"] == []


async def test_a_contact_may_belong_to_several_clients(call):
    """The address is compared exactly."""
    both = await call("GetContacts", email="karl@example.com")
    one = await call("GetContacts", email="karl@example.com", userid=2)

    assert [(row["id"], row["userid"]) for row in both["contacts"]["contact"]] == [(5, 1), (6, 2)]
    assert [row["id"] for row in one["contacts"]["contact"]] == [6]
    assert (await call("GetContacts", email="karl@example"))["totalresults"] == 0


async def test_statuses_are_counted(call):
    """The cheapest probe."""
    await call.open()

    answer = await call("GetSupportStatuses")

    assert answer["statuses"]["status"][0] == {"title": "Open", "count": 1, "color": "#779500"}
    assert answer["totalresults"] == 6


async def test_seeds_are_older_tickets_with_replies(serve):
    """By client, by staff, by a guest; with Cc."""
    replies = (
        SeedReply("by client", client_id=1),
        SeedReply("by staff", admin="dana"),
        SeedReply("by guest", name="G", email="g@x.org"),
    )
    call = await serve()
    planted = call.desk.seed(
        Seed(tickets=(SeedTicket("Old", client_id=1, cc=("a@x.org",), replies=replies, number="AB 1"),))
    )

    dump = call.desk.tickets()[0]
    assert planted == [{"ticket_id": 1, "number": "AB 1"}]
    assert (dump["email"], dump["cc"]) == ("cynthia@example.com", ["a@x.org"])
    assert [(post["client_id"], post["admin"], post["email"]) for post in dump["posts"]] == [
        (1, "", "cynthia@example.com"),
        (1, "", "cynthia@example.com"),
        (0, "Dana Admin", ""),
        (0, "", "g@x.org"),
    ]
