"""Whatever JSON comes, it is read into the same nouns, and nothing raises."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.ticket import Contact, Heading, User
from ingestd.helpdesk.answer import Failure, Success, said, seconds_of
from ingestd.helpdesk.nouns import contact_of, department_of, heading_of, ticket_of, user_of
from ingestd.helpdesk.shapes import addresses, number, rows, same_address, text
from ingestd.helpdesk.words import clean, meaning_of

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    "ticketid",
    "tid",
    "replies",
    "notes",
    "cc",
    "subject",
    "attachments",
    "admin",
    "userid",
    "email",
    "clients",
    "id",
)
TREES = st.dictionaries(st.sampled_from(KEYS), ANY | st.fixed_dictionaries({"reply": ANY}), max_size=12)

GET_TICKET = """{"result":"success","ticketid":"1","tid":"516757","deptid":"1","userid":"1","contactid":"0",
 "name":"Cynthia Reilly","email":"testuser@whmcs.com","cc":"a@example.org, b@example.org",
 "subject":"Caff&egrave; &amp; t&#039;e &amp;amp;","status":"Closed","priority":"Medium",
 "replies":{"reply":[
   {"replyid":"0","userid":"1","contactid":"0","name":"","email":"","requestor_email":"testuser@whmcs.com",
    "date":"2016-01-01 06:26:29","message":"Hey, \\r\\n\\r\\nfirst!","attachments":[{"filename":"a.png","index":0}],"admin":""},
   {"replyid":"1","userid":"1","contactid":"0","requestor_email":"admin@whmcs.com","message":"Hello",
    "attachments":[[]],"admin":"Demo Admin"},
   {"replyid":"2","userid":"0","contactid":"4","email":"g@example.org","message":"Old","attachment":"123456_a.png|9_b_c.txt"}]},
 "notes":{"note":[{"noteid":"5","message":"A note","attachments":[[]],"admin":"Demo Admin"}]}}"""


def test_the_documented_ticket():
    """GetTicket as documented: ids from texts, entities decoded once, the requestor before the name of old."""
    ticket = ticket_of(json.loads(GET_TICKET))

    assert (ticket.ticket_id, ticket.number, ticket.department, ticket.client_id) == (1, "516757", 1, 1)
    assert (ticket.subject, ticket.cc) == ("Caffè & t'e &amp;", ("a@example.org", "b@example.org"))
    assert [(post.post_id, post.author, post.staff, post.files) for post in ticket.posts] == [
        (0, "testuser@whmcs.com", False, ("a.png",)),
        (1, "", True, ()),
        (2, "g@example.org", False, ("a.png", "b_c.txt")),
    ]
    assert [(note.post_id, note.text) for note in ticket.notes] == [(5, "A note")]


@pytest.mark.parametrize(
    "tickets",
    [
        {"ticket": [{"id": 1}, {"id": 2}]},
        {"ticket": {"0": {"id": 1}, "1": {"id": 2}}},
        {"0": {"id": 1}, "1": {"id": 2}},
        [{"id": 1}, {"id": 2}],
        [{"id": 1}, [], {"id": 2}, "", None],
    ],
)
def test_two_rows_however_told(tickets):
    """Wrapped, bare or as an object: the same rows."""
    assert rows({"tickets": tickets}, "tickets", "ticket") == ({"id": 1}, {"id": 2})


@pytest.mark.parametrize("tickets", ["", [], {}, None, {"ticket": []}, {"ticket": ""}, {"ticket": {}}, [[]], 0, "none"])
def test_no_rows_however_told(tickets):
    """Every empty shape is an empty list, as is a missing one."""
    assert rows({"tickets": tickets}, "tickets", "ticket") == ()
    assert rows({}, "tickets", "ticket") == ()


def test_one_row_alone():
    """A single element may stand without its list."""
    assert rows({"tickets": {"ticket": {"id": 1}}}, "tickets", "ticket") == ({"id": 1},)


def test_ids_are_numbers_or_texts():
    """Ids are read either way; what is no id is 0."""
    assert [number(value) for value in (7, "7", "07", "", None, "7x", "-1", [], 1.5, "9" * 30)] == [7, 7, 7, *[0] * 7]


def test_lines_of_lists():
    """Contacts, users and headings, whether ids come as numbers or texts."""
    assert contact_of({"id": "3", "userid": 1}) == Contact(3, 1)
    assert user_of({"id": 5, "clients": [{"id": "1", "isOwner": "1"}, {"id": 2, "isOwner": False}]}) == User(
        5, (1, 2), (1,)
    )
    assert heading_of({"id": "1", "tid": 516757, "email": "o@x", "requestor_email": "r@x", "subject": "a &lt; b"}) == (
        Heading(1, "516757", 0, "r@x", "a < b", "")
    )


@settings(deadline=None, max_examples=80)
@given(TREES)
def test_no_answer_makes_reading_raise(tree):
    """A helpdesk that answers nonsense gives empty values."""
    ticket_of(tree | {"ticketid": "1"})
    for read in (heading_of, contact_of, user_of, department_of):
        read(tree)
    addresses(tree.get("cc"))


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\a1 \n', max_size=40).map(str.encode))
def test_no_body_makes_hearing_raise(body):
    """Any bytes are the helpdesk's words or none."""
    assert said(body) is None or isinstance(said(body), Success | Failure)


def test_a_body_nested_without_end_is_none():
    """Nesting is bounded by the reader, not by our stack."""
    assert said(b'{"result":' + b"[" * 200_000) is None


@settings(deadline=None, max_examples=80)
@given(st.text(st.characters(), max_size=400))
def test_foreign_words_fit_one_line(words):
    """What goes into reasons is one bounded, printable line, and never raises on the way."""
    line = clean(words)

    assert line.isprintable()
    assert len(line) <= 300
    line.encode()
    meaning_of(words, 200)


def test_text_is_clean():
    """Entities are decoded once, lone surrogates replaced, other types empty."""
    assert [text(value) for value in ("a &amp;lt; b", "x\ud800", 5, None, [], True)] == [
        "a &lt; b",
        "x?",
        "5",
        "",
        "",
        "",
    ]


def test_addresses_are_the_same_but_for_ascii_case():
    """The Kelvin sign is no k, ü no u, ß no ss."""
    assert same_address("Anna@Example.org", " anna@example.ORG")
    assert not same_address("\u212a@example.org", "k@example.org")
    assert not same_address("straße@example.org", "strasse@example.org")


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("120", "", 120.0),
        ("999999999", "", 86400.0),
        ("Sun, 22 Nov 2026 04:01:00 GMT", "Sun, 22 Nov 2026 04:00:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 03:00:00 GMT", "Sun, 22 Nov 2026 04:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 04:01:00 GMT", "", None),
        ("-5", "", None),
        ("inf", "", None),
        ("soon", "never", None),
        ("Sun, 22 Nov 2026 04:01:00 +99999999999999", "Sun, 22 Nov 2026 04:00:00 GMT", None),
        ("", "", None),
    ],
)
def test_retry_after(retry_after, date, seconds):
    """Seconds or a date, measured by the helpdesk's own clock, at most a day; what cannot be read is none."""
    assert seconds_of(retry_after, date) == seconds
