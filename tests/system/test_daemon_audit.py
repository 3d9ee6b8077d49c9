"""`audit` beside a daemon at work, and what it finds at the helpdesk."""

import json
import threading

import pytest
from running import ran, told, until


def audited(folder, *words):
    done = ran(folder, "audit", "--json", *words)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.storm
def test_a_ticket_that_is_gone_at_the_helpdesk_is_named(beside, desk):
    """The spool is in order all the same; what was accepted before --since is not asked for."""
    kept, gone = beside.send("Kept"), beside.send("Gone")
    for queue_id in (kept, gone):
        until(lambda queue_id=queue_id: told(beside.folder, "queue", "show", queue_id)["status"] == "done")
    ticket_id = told(beside.folder, "queue", "show", gone)["ticket_id"]
    before = audited(beside.folder, "--online")
    desk.desk.remove_ticket(ticket_id)
    after = audited(beside.folder, "--online")
    late = audited(beside.folder, "--online", "--since", "1ms")

    assert (0, [], 2, 2) == (before[0], before[1]["faults"], before[1]["ticketed"], before[1]["proven"])
    (fault,) = after[1]["faults"]
    assert (1, gone) == (after[0], fault["queue_id"])
    assert fault["fault"].startswith("gone at the helpdesk: ticket ")
    assert fault["fault"].endswith(f"(id {ticket_id}), deleted or merged by staff")
    assert (2, 1) == (after[1]["ticketed"], after[1]["proven"])
    assert (0, 2, 0) == (late[0], late[1]["ticketed"], late[1]["proven"])


@pytest.mark.storm
def test_an_audit_beside_a_daemon_at_work_raises_no_false_alarm(beside):
    """While mails come in and go out, each audit finds everything accounted for."""
    enough, sent = threading.Event(), []

    def send():
        while not enough.wait(0.02):
            sent.append(beside.send(f"Traffic {len(sent)}"))

    sender = threading.Thread(target=send)
    sender.start()
    try:
        found = [audited(beside.folder) for _ in range(4)]
    finally:
        enough.set()
        sender.join()

    assert [(0, [])] * 4 == [(code, said["faults"]) for code, said in found]
    assert len({said["accepted"] for _, said in found}) > 1
    until(lambda: audited(beside.folder)[1]["ticketed"] >= len(sent))


@pytest.mark.storm
def test_a_helpdesk_that_does_not_answer_is_no_helpdesk_without_tickets(beside, desk):
    """Nothing is called gone; exit 1, and after some silence nobody is asked any more."""
    for number in range(10):
        beside.send(f"Silence {number}")
    until(lambda: audited(beside.folder)[1]["waiting"] == 0)
    desk.away()
    code, said = audited(beside.folder, "--online")
    desk.become()

    assert (1, 0) == (code, said["proven"])
    assert said["faults"]
    assert all("could not be asked for" in fault["fault"] for fault in said["faults"])
    assert len(said["faults"]) < said["ticketed"]
