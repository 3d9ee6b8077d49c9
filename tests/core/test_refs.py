"""By what a mail names a ticket."""

from dataclasses import replace

import pytest
from core_given import MAIL

from ingestd.core.refs import (
    Sign,
    address_number,
    conversation_key,
    fold_number,
    named,
    subject_numbers,
    ticket_key,
)


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("[Ticket ID: 123456] Printer", ("123456",)),
        ("Re: Fwd: [ticket id:123456] Printer", ("123456",)),
        ("[Ticket ID: ABC - 1234 - 26] with blanks and hyphens", ("ABC - 1234 - 26",)),
        ("[ Ticket  ID :7]", ()),
        ("[ Ticket  ID: abC-99 ]", ("abC-99",)),
        ("[Ticket ID: 1] [Ticket ID: 2] [Ticket ID: 1]", ("1", "2")),
        ("[Ticket ID: 1][Ticket ID: 2][Ticket ID: 3][Ticket ID: 4]", ("1", "2", "3")),
        ("[Ticket ID: ] [Ticket ID:]", ()),
        ("[Ticket ID: " + "9" * 40 + "]", ()),
        ("Ticket ID: 123456 without brackets", ()),
        ("Printer", ()),
        ("x" * 3000 + "[Ticket ID: 5]", ()),
    ],
)
def test_a_subject_names_tickets_by_the_tag_of_the_templates(subject, numbers):
    """`[Ticket ID: ...]`, whatever its case and blanks; masks may hold letters, blanks and hyphens; at most three."""
    assert numbers == subject_numbers(subject)


@pytest.mark.parametrize(
    ("recipient", "number"),
    [
        ("support+123456@example.com", "123456"),
        ("support+ABC-1234-26@example.com", "ABC-1234-26"),
        ("support@example.com", ""),
        ("support+sales@example.com", ""),
        ("support+12@example.com", ""),
        ("support+1/../2@example.com", ""),
        ("support+" + "1" * 40 + "@example.com", ""),
        ("support+a+123456@example.com", ""),
        ("+@example.com", ""),
        ("postmaster", ""),
    ],
)
def test_a_recipient_names_a_ticket_by_a_detail_with_a_digit(recipient, number):
    """`support+NUMBER@`: a detail without a digit, too short, too long or with other signs is no number."""
    assert number == address_number(recipient)


def test_the_subject_is_trusted_before_the_address_and_the_nearest_id_before_the_root():
    """Numbers in the order of trust; Message-IDs nearest first, each once."""
    mail = replace(MAIL, subject="[Ticket ID: 5]", in_reply_to=("c@x", "d@x"), references=("a@x", "b@x", "c@x"))

    found = named(mail, "support+678@example.com")

    assert (("5", Sign.SUBJECT), ("678", Sign.ADDRESS)) == found.numbers
    assert ("c@x", "d@x", "b@x", "a@x") == found.message_ids


def test_a_mail_that_names_thousands_of_mails_is_asked_about_fifty():
    """References are bounded."""
    mail = replace(MAIL, references=tuple(f"{n}@x" for n in range(5000)))

    assert 50 == len(named(mail, "support@example.com").message_ids)


def test_a_number_has_one_spelling():
    """Blanks, hyphens and case do not tell numbers apart."""
    assert fold_number("ABC - 1234 - 26") == fold_number("abc-1234-26") == "abc123426"


@pytest.mark.parametrize(
    ("subject", "recipient", "root", "key"),
    [
        ("[Ticket ID: ABC - 12]", "support+99x@example.com", "r@x", "number:abc12"),
        ("Printer", "support+99x@example.com", "r@x", "number:99x"),
        ("Printer", "support@example.com", "r@x", "id:r@x"),
        ("Printer", "support@example.com", "r" * 300, "id:" + "r" * 200),
        ("Printer", "support@example.com", "", "mail:d1"),
    ],
)
def test_a_conversation_is_known_by_its_number_else_its_root_else_itself(subject, recipient, root, key):
    """The key under which a mail waits for the earlier ones."""
    assert key == conversation_key(subject, recipient, root, "d1")


def test_a_conversation_whose_ticket_is_known_goes_by_its_id():
    """The database id, which masks cannot disturb."""
    assert ticket_key(50) == "ticket:50"
