"""What is told when the relay tells nothing any more, and when too many are answered."""

from dataclasses import replace
from datetime import UTC, datetime

from delivering import mail
from structlog.testing import capture_logs

from ingestd.core.journal import Deliver, Hold
from ingestd.core.model import Envelope, Grade, Guest
from ingestd.core.ticket import OpenTicket, Priority
from ingestd.delivery.budget import Budget
from ingestd.delivery.grading import Grader, Trust
from ingestd.mail.parse import parse

MX = Trust(("mx.example.com",), ())
ENVELOPE = Envelope("ada@example.net", "s@example.com", "s@example.com", "127.0.0.1", "mx", False, datetime.now(UTC))
BARE = parse(mail())
OURS = b"Authentication-Results: mx.example.com; none\r\n"
TOLD = parse(OURS + mail())
ANSWERED = Deliver((OpenTicket(1, "x", "x", Guest("A", "a@x"), Priority.LOW),), "new ticket")
QUIET = Deliver((replace(ANSWERED.calls[0], noemail=True),), "new ticket")


def told(logs):
    return [(entry["log_level"], entry["event"]) for entry in logs]


def graded(grader, mail_, first, count):
    return {grader.graded(mail_, ENVELOPE, f"raw {n}").grade for n in range(first, first + count)}


def test_fifty_mails_without_results_raise_an_alarm_once():
    """In the log and for the status line; it is over when a mail bears a field of ours again, whatever it says."""
    grader = Grader(MX)

    with capture_logs() as logs:
        assert {Grade.UNVERIFIED} == graded(grader, BARE, 0, 49)
        assert ("", []) == (grader.trouble, logs)
        graded(grader, BARE, 49, 100)
        assert "no Authentication-Results of mx.example.com in 50 mails: nobody is verified" == grader.trouble
        graded(grader, TOLD, 149, 1)
        assert "" == grader.trouble
        graded(grader, BARE, 150, 50)

    alarm = ("error", "no authentication results")
    assert [alarm, ("info", "authentication results are back"), alarm] == told(logs)
    assert "smtp.trusted_hosts" in logs[0]["remedy"]


def test_only_mails_in_a_row_count_and_each_once():
    """A mail that is looked at again is the same mail; a single one with results begins the count anew."""
    grader = Grader(MX)

    with capture_logs() as logs:
        for _ in range(100):
            graded(grader, BARE, 0, 49)
        graded(grader, TOLD, 0, 1)
        graded(grader, BARE, 0, 49)

    assert [] == logs


def test_where_nothing_authenticates_nothing_is_missed():
    """Everybody is trusted, and there is no alarm."""
    grader = Grader(Trust())

    with capture_logs() as logs:
        assert {Grade.TRUSTED} == graded(grader, BARE, 0, 100)

    assert ([], "") == (logs, grader.trouble)


class Time:
    """A clock that stands until it is moved."""

    now = 1000.0

    def seconds(self):
        return self.now


def test_an_hours_answers_are_counted():
    """Those that the helpdesk sends; over the budget it is told once, and an hour after the first it is over."""
    time = Time()
    budget = Budget(2, time)

    with capture_logs() as logs:
        for verdict in (QUIET, Hold("x"), ANSWERED, QUIET, QUIET):
            assert not budget.spent
            budget.note(verdict)
        time.now += 600
        budget.note(ANSWERED)
        assert (True, True) == (budget.spent, budget.spent)
        time.now += 3001
        assert not budget.spent
        budget.note(ANSWERED)
        assert budget.spent

    assert [("error", "too many answers")] * 2 == told(logs)


async def test_over_the_budget_tickets_go_on_without_answers(bench):
    """No mail is lost by it, whoever wrote."""
    bench.per_hour, bench.slots = 2, 1
    for n in range(5):
        await bench.accept(mail(f"Hello {n}", author=f"a{n}@example.net", message_id=f"{n}"))

    await bench.deliver()

    answered = [sent for sent in bench.desk.mails() if sent["template"] == "Support Ticket Opened"]
    assert (5, 2) == (len(bench.tickets()), len(answered))


async def test_an_author_who_writes_too_much_is_held(bench):
    """Beyond `author_per_hour`; a forger uses up his own, not that of whom he names."""
    bench.trust, bench.slots = MX, 1
    bench.policy(most_per_hour=2)
    passed = b"Authentication-Results: mx.example.com; dmarc=pass header.from=example.net\r\n"
    for n in range(6):
        head = OURS if n < 4 else passed
        await bench.accept(head + mail(f"Hello {n}", message_id=f"{n}"))

    await bench.deliver()

    assert ["done", "done", "done", "held", "done", "done"] == [entry.status.value for entry in await bench.entries()]
