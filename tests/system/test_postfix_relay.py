"""A real Postfix in front, set up as the manual says: what it relays becomes one ticket each, whatever dies meanwhile."""

import hashlib
import os
import re
import shutil
import smtplib
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from corpus_mails import BILLING, CORPUS, LONG_FILE, chosen, files, generated
from postfix_instance import HERE, Postfix, free_port
from running import SUPPORT, DeskThread, mail, told, until, written

from ingestd.desk import Rule

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root"),
    pytest.mark.skipif(not (shutil.which("postfix") and shutil.which("swaks")), reason="no Postfix or no swaks here"),
]
MARKER = re.compile(r"\[ref:([0-9A-Z]+)-(\d+)\]\s*\Z")
ROUTES = ({"recipient": SUPPORT, "department": 1}, {"recipient": BILLING, "department": 2})
OVER = {"done", "discarded", "held", "dead"}


class Way:
    """The whole way: Postfix, a daemon on a port that stays, a helpdesk."""

    def __init__(self, folder, starting, desk):
        self.folder = folder
        self.desk = desk
        self.port = free_port()
        self._starting = starting
        written(folder, desk, smtp={"listen": [f"{HERE}:{self.port}"]}, route=ROUTES)
        self.up()

    def up(self):
        self.daemon = self._starting(self.folder)

    def entries(self):
        return told(self.folder, "queue", "list", "--limit", "1000")

    def counts(self):
        counts = told(self.folder, "status")
        counts.pop("oldest_seconds")
        return Counter(counts)

    def trouble(self):
        return self.counts(), [event for event in self.daemon.log if event.get("level") in {"error", "critical"}][-3:]

    def finished(self, expected):
        """Wait until so many mails were accepted and nothing waits; the counts."""
        until(lambda: (counts := self.counts()).total() >= expected and not set(+counts) - OVER, 150, self.trouble)
        return +self.counts()


@pytest.fixture(scope="module")
def way(starting, tmp_path_factory):
    with DeskThread() as desk:
        yield Way(tmp_path_factory.mktemp("way"), starting, desk)


@pytest.fixture(scope="module")
def postfix(way):
    with Postfix(way.port) as running:
        yield running


@pytest.fixture(scope="module")
def relayed(way, postfix):
    """Everything relayed, and what became of it: (mail, its entries), once nothing waits."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}")
    mails = [*chosen(), *generated()]
    ways = [postfix.swaks, postfix.sendmail]
    with ThreadPoolExecutor(4) as senders:
        list(senders.map(lambda number: send(ways[number % 2], mails[number]), range(len(mails))))
    way.finished(sum(len(mail.recipients) for mail in mails))
    found = defaultdict(list)
    for entry in way.entries():
        found[entry["envelope"]["reverse_path"]].append(entry)
    return [(mail, found[mail.reverse_path]) for mail in mails]


def send(by, relayed):
    by(relayed.raw, relayed.reverse_path, *relayed.recipients)


def posts(desk):
    """What each mail wrote: {queue id: {call number: [(ticket number, post)]}}."""
    wrote = defaultdict(lambda: defaultdict(list))
    for ticket in desk.tickets():
        for post in (*ticket["posts"], *ticket["notes"]):
            for queue_id, number in MARKER.findall(post["message"]):
                wrote[queue_id][int(number)].append((ticket["number"], post))
    return wrote


def test_each_mail_is_one_ticket(way, postfix, relayed):
    """Each accepted mail is one entry for each route; done means one text on one ticket, all else has its reason."""
    wrote = posts(way.desk)
    entries = [entry for _, entries in relayed for entry in entries]

    assert [] == [mail.name for mail, entries in relayed if len(entries) != len(mail.recipients)]
    assert sum(mail.reverse_path.startswith("corpus") for mail, _ in relayed) >= 60
    assert {"done", "discarded", "held"} == {entry["status"] for entry in entries}
    assert [] == [
        entry for entry in entries if entry["status"] != "done" and (not entry["reason"] or entry["ticket_id"])
    ]
    for entry in entries:
        expected = [entry["ticket_number"]] if entry["status"] == "done" else []
        assert expected == [number for number, _ in wrote[entry["queue_id"]][0]], entry
    assert "status=bounced" not in postfix.log


def test_nothing_is_written_that_was_not_accepted(way, relayed):
    """Every text on a ticket bears the marker of one mail, and no call was made twice."""
    wrote = posts(way.desk)
    texts = sum(len(ticket["posts"]) + len(ticket["notes"]) for ticket in way.desk.tickets())

    assert texts == sum(len(same) for calls in wrote.values() for same in calls.values())
    assert {1} == {len(same) for calls in wrote.values() for same in calls.values()}
    assert {entry["queue_id"] for _, entries in relayed for entry in entries} >= {
        queue_id for queue_id in wrote if wrote[queue_id]
    }


def test_files_arrive_byte_for_byte(way, relayed):
    """What the mail holds beyond doubt is on its ticket, by SHA-256."""
    wrote = posts(way.desk)
    compared = 0
    for sent, entries in relayed:
        for entry in (entry for entry in entries if entry["status"] == "done"):
            there = Counter(
                file["sha256"]
                for same in wrote[entry["queue_id"]].values()
                for _, post in same
                for file in post["files"]
            )
            assert not Counter(files(sent.raw)) - there, sent.name
            compared += len(files(sent.raw))
    assert compared >= 60


def test_long_lines_pass_postfix_unbroken(way, relayed):
    """smtp_line_length_limit = 0, as the manual has it: a file of one long line, sent as it is, stays itself."""
    (entry,) = next(entries for mail, entries in relayed if mail.name == "long-line")
    (ticket,) = [ticket for ticket in way.desk.tickets() if ticket["number"] == entry["ticket_number"]]

    assert [hashlib.sha256(LONG_FILE).hexdigest()] == [file["sha256"] for file in ticket["posts"][0]["files"]]


def test_mail_waits_in_postfix_while_we_are_down(way, postfix):
    """Stopped in order: Postfix keeps what comes, and brings each mail once when we are back."""
    before = way.counts()
    assert way.daemon.stop() == 0
    for number in range(8):
        postfix.sendmail(mail(f"Waits {number}"), "gina@shop.example.net", SUPPORT)
    until(lambda: postfix.waiting() == 8 and postfix.log.count("Connection refused)") >= 8)

    way.up()

    assert way.finished(before.total() + 8) - before == Counter(done=8)
    assert [f"Waits {number}" for number in range(8)] == [s for s in way.desk.subjects() if s.startswith("Waits")]
    until(lambda: postfix.waiting() == 0)


def test_nothing_is_lost_or_doubled_by_kills(way, postfix):
    """kill -9 in the middle of calls while Postfix relays: every mail is one ticket in the end."""
    before, count = way.counts(), 60
    # A ticket that is new has its answer still to come.
    way.desk.desk.add_fault(Rule("late_answer", "OpenTicket", seconds=1.5))
    with smtplib.SMTP(HERE, postfix.port) as client:
        for number in range(count):
            client.sendmail("gina@shop.example.net", SUPPORT, mail(f"Killed {number:02}"))
            if number % 20 == 15:
                seen = len(way.desk.tickets())
                until(lambda: len(way.desk.tickets()) > seen)  # noqa: B023 - asked at once
                way.daemon.kill()
                way.up()
    way.desk.desk.clear_faults()

    assert way.finished(before.total() + count) - before == Counter(done=count)
    assert [f"Killed {number:02}" for number in range(count)] == [
        s for s in way.desk.subjects() if s.startswith("Killed")
    ]
    # The kills hit calls: their effect was looked up, not repeated.
    assert any(event.get("event") == "looked up" and event["found"] for event in way.daemon.log)
    until(lambda: postfix.waiting() == 0)
