import pytest

from ingestd.core.model import Kind
from ingestd.mail.parse import parse


def mail(*fields, body="Hello,\n\nplease help me with my order.\n"):
    return parse("\n".join((*fields, "", body)).encode())


def report(action, status="5.1.1", description="multipart/report; report-type=delivery-status; boundary=b"):
    return mail(
        "From: MAILER-DAEMON@mx.example",
        "Subject: Delivery Status Notification",
        f"Content-Type: {description}",
        body="--b\n\nAbout your message.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; jo@x.example\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n"
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <first@y.example>\n\ntext\n--b--\n",
    )


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", Kind.BOUNCE),
        ("Delayed", Kind.DELAYED),
        ("delivered", Kind.AUTO_GENERATED),
        ("relayed", Kind.AUTO_GENERATED),
    ],
)
def test_a_delivery_report_is_judged_by_its_action(action, kind):
    """RFC 3464 section 2.3.3: delayed is not failed, and delivered is good news."""
    assert report(action).kind is kind


def test_a_bounce_tells_whose_mail_and_why():
    """Recipient, status, the other side's words and the returned mail's id come out of the report."""
    bounce = report("failed").bounce

    assert (bounce.recipient, bounce.status) == ("jo@x.example", "5.1.1")
    assert (bounce.diagnostic, bounce.original_message_id) == ("550 5.1.1 no such user", "first@y.example")


def test_a_bounce_without_mime_is_a_bounce():
    """Old servers write free text: several signs together make it a bounce, with what can be found."""
    told = mail(
        "From: MAILER-DAEMON@mx.example",
        "Return-Path: <>",
        "Subject: failure notice",
        body="I'm afraid I wasn't able to deliver your message.\n\n<jo@x.example>:\nmx said: 550 5.1.1 unknown\n\n"
        "--- Below is a copy\n\nMessage-ID: <first@y.example>\n",
    )

    assert told.kind is Kind.BOUNCE
    assert (told.bounce.recipient, told.bounce.status) == ("jo@x.example", "5.1.1")
    assert (told.bounce.diagnostic, told.bounce.original_message_id) == (
        "mx said: 550 5.1.1 unknown",
        "first@y.example",
    )


@pytest.mark.parametrize(
    ("part", "subject"),
    [
        ("Content-Type: message/rfc822\n\nSubject: [Ticket ID: 7777]\n =?utf-8?Q?H=C3=BClfe?=\n\nText", "[Ticket ID: 7777] Hülfe"),
        ("Content-Type: text/rfc822-headers\n\nFrom: us@example.com\nSubject: [Ticket ID: 7777] x\n", "[Ticket ID: 7777] x"),
        ("Content-Type: message/rfc822\n\nFrom: us@example.com\n\nSubject: none of mine", ""),
    ],
)  # fmt: skip
def test_a_bounce_tells_the_subject_of_what_came_back(part, subject):
    """By it the ticket is found: nobody tells us the Message-IDs of the helpdesk's own mails."""
    for status in (
        "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; jo@x.example\nAction: failed\n",
        "Content-Type: message/delivery-status\n\nStatus: 5.0.0\n",
    ):
        told = mail(
            "From: MAILER-DAEMON@mx.example",
            "Subject: Undelivered Mail",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            body=f"--b\nContent-Type: text/plain\n\nSorry.\n--b\n{status}--b\n{part}\n--b--\n",
        )

        assert (Kind.BOUNCE, subject) == (told.kind, told.bounce.original_subject)


def test_a_bounce_in_free_text_tells_it_too():
    """Exim, qmail and their kind quote the header of the mail below their words."""
    told = mail(
        "From: Mail Delivery System <Mailer-Daemon@mx.example>",
        "X-Failed-Recipients: jo@x.example",
        "Subject: Mail delivery failed: returning message to sender",
        body="A message that you sent could not be delivered.\n\n  jo@x.example\n    550 5.1.1 no such user\n\n"
        "------ This is a copy of your message ------\n\nFrom: us@example.com\nSubject: Re: [Ticket ID: 7777] x\n",
    )

    assert (Kind.BOUNCE, "Re: [Ticket ID: 7777] x") == (told.kind, told.bounce.original_subject)


@pytest.mark.parametrize(
    "fields",
    [
        ("From: jo@x.example", "Subject: Re: Undelivered Mail Returned to Sender", "Return-Path: <jo@x.example>"),
        ("From: postmaster@x.example", "Subject: our mail server"),
        ("From: jo@x.example", "Subject: hello", "Return-Path: <>"),
        ("From: jo@x.example", "Subject: Re: Automatic reply: holidays"),
        ("From: jo@x.example", "Subject: I was out of office and my order is late"),
        ("From: jo@x.example", "Subject: hello", "X-Auto-Response-Suppress: All"),
        ("From: jo@x.example", "Subject: hello", "Auto-Submitted: no"),
        ("From: jo@x.example", "Subject: failure notice", ""),
        ("From: jo@x.example", "Subject: my mail could not be delivered", "X-Autoreply: no"),
        ("From: jo@x.example", "Subject: hello", "Feedback-ID: 1:eu:AmazonSES"),
    ],
)
def test_a_person_is_not_taken_for_a_robot(fields):
    """No single soft sign decides: what people write about bounces and absences stays ordinary."""
    assert mail(*fields).kind is Kind.ORDINARY


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (("Auto-Submitted: auto-replied (vacation)",), Kind.AUTO_REPLY),
        (("Auto-Submitted: auto-generated",), Kind.AUTO_GENERATED),
        (("X-Autoreply: yes",), Kind.AUTO_REPLY),
        (("Precedence: auto_reply",), Kind.AUTO_REPLY),
        (("Subject: Automatische Antwort: Rechnung",), Kind.AUTO_REPLY),
        (("Subject: =?utf-8?Q?R=C3=A9ponse_automatique_?=: x",), Kind.AUTO_REPLY),
        (("Subject: Abwesenheitsnotiz",), Kind.AUTO_REPLY),
        (("Subject: 自動返信: お問い合わせ",), Kind.AUTO_REPLY),
        (("List-Id: <talk.example>",), Kind.LIST),
        (("Precedence: bulk",), Kind.BULK),
        (("List-Unsubscribe: <mailto:off@x.example>",), Kind.BULK),
    ],
)
def test_a_robot_says_so(fields, kind):
    """Each sign has its kind, and the mail says by which it was known."""
    judged = mail("From: jo@x.example", *fields)

    assert judged.kind is kind
    assert judged.sign


def test_complaints_and_receipts_are_told_apart():
    """A feedback report (RFC 5965) is no bounce; a read receipt (RFC 8098) is an automatic reply."""
    body = "--b\n\ntext\n--b\nContent-Type: message/{}\n\nFeedback-Type: abuse\n--b--\n"
    kinds = [
        mail("From: a@x.example", "Content-Type: multipart/report; boundary=b", body=body.format(kind)).kind
        for kind in ("feedback-report", "disposition-notification")
    ]

    assert kinds == [Kind.FEEDBACK, Kind.AUTO_REPLY]


def test_a_mail_that_forwards_a_bounce_is_a_persons():
    """A report enclosed as a file is somebody's question about it."""
    forwarded = mail(
        "From: jo@x.example",
        "Subject: what does this mean?",
        "Content-Type: multipart/mixed; boundary=b",
        body="--b\n\nPlease look.\n--b\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@mx.example\n"
        "Content-Type: multipart/report; boundary=c\n\n--c\nContent-Type: message/delivery-status\n\nAction: failed\n"
        "--c--\n--b--\n",
    )

    assert forwarded.kind is Kind.ORDINARY
