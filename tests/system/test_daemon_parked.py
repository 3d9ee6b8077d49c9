"""A route that holds its mail, as its operator sees it."""

import json
import smtplib

from running import PATIENCE, SUPPORT, mail, ran, told, until, written

HELD = ({"recipient": SUPPORT, "department": 1, "hold": True},)
VACATION = "Auto-Submitted: auto-replied\r\n"


def test_parked_mail_waits_unread_for_its_release(starting, desk, tmp_path):
    """It is listed with author and subject; released it is judged as any other: a ticket, or discarded with its reason."""
    written(tmp_path, desk, route=HELD)
    daemon = starting(tmp_path)
    wanted = daemon.send("A question")
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE) as client:
        client.sendmail("gina@shop.example.net", SUPPORT, VACATION.encode() + mail("On holiday"))

    until(lambda: told(tmp_path, "status")["held"] == 2)
    listed = {entry["subject"]: entry for entry in shown(tmp_path, "list", "--status", "held")}
    assert {"A question", "On holiday"} == set(listed)
    assert [("the route holds its mail", "gina@shop.example.net")] * 2 == [
        (entry["reason"], entry["author"]) for entry in listed.values()
    ]
    assert [] == desk.subjects()

    assert ran(tmp_path, "queue", "release", "--status", "held").returncode == 0

    until(lambda: told(tmp_path, "status")["done"] == 1)
    assert ["A question"] == desk.subjects()
    ended = {entry["queue_id"]: entry for entry in shown(tmp_path, "list")}
    assert "done" == ended[wanted]["status"]
    until(lambda: told(tmp_path, "status")["discarded"] == 1)
    assert daemon.stop() == 0
    assert ran(tmp_path, "audit").returncode == 0


def shown(folder, *words):
    return json.loads(ran(folder, "queue", *words, "--json").stdout)
