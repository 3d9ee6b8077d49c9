"""What a ticket is about and whom it is assigned to: services and domains of clients, the flag."""

import sqlite3

import pytest

from ingestd.desk import Seed, Service

BOUGHT = Seed(services=(Service("S3", 1), Service("D4", 2)))


@pytest.mark.parametrize(
    ("fields", "code", "shown"),
    [({"serviceid": 3, "clientid": 1}, "S3", "service 3"), ({"domainid": 4, "clientid": 2}, "D4", "domain 4")],
)
async def test_a_ticket_about_what_its_client_has_bought(call, fields, code, shown):
    """GetTicket tells it by letter and id, the page in words."""
    call.desk.seed(BOUGHT)

    ticket = await call.open(**fields)

    assert code == (await call("GetTicket", ticketid=ticket["id"]))["service"]
    assert code == call.desk.tickets()[0]["service"]
    assert shown in (await call.http.get(f"{call.desk.page_url}ticket/{ticket['tid']}")).text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"serviceid": 3, "clientid": 2}, "Service ID Not Found"),
        ({"serviceid": 4, "clientid": 2}, "Service ID Not Found"),
        ({"serviceid": 3}, "Service ID Not Found"),
        ({"domainid": 4, "clientid": 1}, "Domain ID Not Found"),
    ],
)
async def test_nobody_opens_a_ticket_about_what_is_not_his(call, fields, message):
    """Neither another client nor a guest, and a domain is no service."""
    call.desk.seed(BOUGHT)
    plain = {"deptid": 1, "subject": "Hello", "message": "Words", "name": "Gina", "email": "gina@example.org"}

    assert message == (await call("OpenTicket", **{**plain, **fields}))["message"]
    assert [] == call.desk.tickets()


async def test_a_flagged_ticket_shows_its_admin(call):
    """UpdateTicket assigns it, and removeFlag takes it back."""
    ticket = await call.open()

    await call("UpdateTicket", ticketid=ticket["id"], flag=3)
    assert "3" == (await call("GetTicket", ticketid=ticket["id"]))["flag"]
    assert "admin 3" in (await call.http.get(f"{call.desk.page_url}ticket/{ticket['tid']}")).text
    await call("UpdateTicket", ticketid=ticket["id"], removeFlag=1)
    assert "0" == (await call("GetTicket", ticketid=ticket["id"]))["flag"]


async def test_a_file_of_an_earlier_version_is_opened(serve, tmp_path):
    """Tickets of before are about nothing."""
    path = tmp_path / "desk.db"
    call = await serve(database=str(path))
    ticket = await call.open()
    await call.desk.stop()
    with sqlite3.connect(path) as older:
        older.execute("ALTER TABLE ticket DROP COLUMN service")
    older.close()

    call = await serve(database=str(path))

    assert "" == (await call("GetTicket", ticketid=ticket["id"]))["service"]
