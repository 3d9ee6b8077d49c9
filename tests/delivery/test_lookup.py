"""Whose address this is, asked once in a while."""

from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from ingestd.core.ticket import Contact, Deferred, Scope, User
from ingestd.delivery.lookup import KEPT_ABSENT, KEPT_FOUND, MOST_KEPT, Known, Lookup
from ingestd.helpdesk.port import Denied

ANN = "ann@example.net"
DOWN = Deferred("connection refused", scope=Scope.HELPDESK)
DENIED = Denied("GetUsers is not allowed")
CONTACT, OTHER_CONTACT = Contact(3, 7), Contact(4, 8)
USER = User(5, (9, 10), (9,))
NOBODY = Known(None, (), ())


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def seconds(self) -> float:
        return self.now


@dataclass
class People:
    """The look-ups of a helpdesk, from three tables by address; a table may be out of reach."""

    clients: dict | Deferred = field(default_factory=dict)
    contacts_: dict | Deferred | Denied = field(default_factory=dict)
    users_: dict | Deferred | Denied = field(default_factory=dict)

    async def client(self, address):
        return self.clients.get(address.casefold()) if isinstance(self.clients, dict) else self.clients

    async def contacts(self, address):
        return self.contacts_.get(address.casefold(), ()) if isinstance(self.contacts_, dict) else self.contacts_

    async def users(self, address):
        return self.users_.get(address.casefold(), ()) if isinstance(self.users_, dict) else self.users_


@pytest.mark.parametrize(
    ("people", "known"),
    [
        (People({ANN: 7}, {ANN: (CONTACT,)}, {ANN: (USER,)}), Known(7, (), ())),
        (People({}, {ANN: (CONTACT, OTHER_CONTACT)}, {ANN: (USER,)}), Known(None, (CONTACT, OTHER_CONTACT), ())),
        (People({}, {}, {ANN: (USER,)}), Known(None, (), (USER,))),
        (People(), NOBODY),
        (People({}, DENIED, {ANN: (USER,)}), Known(None, (), (USER,))),
        (People({}, {}, DENIED), NOBODY),
        (People(DOWN, {ANN: (CONTACT,)}), DOWN),
        (People({}, DOWN, {ANN: (USER,)}), DOWN),
        (People({}, {}, DOWN), DOWN),
        (People({ANN: 7}, DOWN, DOWN), Known(7, (), ())),
    ],
)
async def test_the_first_hit_wins_and_trouble_is_never_nobody(people, known):
    """Client, else contact, else user; what is not allowed is off; what cannot be asked defers."""
    assert known == await Lookup(people, Time()).known(ANN)


@pytest.mark.parametrize(("people", "kept"), [(People({ANN: 7}), KEPT_FOUND), (People(), KEPT_ABSENT)])
async def test_an_answer_is_kept_for_a_while(people, kept):
    """Minutes for somebody, less for nobody, whatever the case of the address."""
    time = Time()
    lookup = Lookup(people, time)
    before = await lookup.known(ANN)
    people.clients = {ANN: 8}

    time.now += kept - 1
    assert before == await lookup.known(ANN.upper())
    time.now += 2
    assert Known(8, (), ()) == await lookup.known(ANN)


async def test_trouble_is_not_kept():
    """The next mail asks again."""
    people = People(DOWN)
    lookup = Lookup(people, Time())
    assert DOWN == await lookup.known(ANN)

    people.clients = {ANN: 7}

    assert Known(7, (), ()) == await lookup.known(ANN)


async def test_only_so_many_answers_are_kept():
    """A flood of invented senders takes no memory: the oldest answers go."""
    people, time = People(), Time()
    lookup = Lookup(people, time)
    await lookup.known(ANN)
    for n in range(MOST_KEPT - 1):
        await lookup.known(f"{n}@example.net")
    people.clients = {ANN: 7, "0@example.net": 8}
    assert NOBODY == await lookup.known(ANN)

    await lookup.known("one-more@example.net")

    assert Known(7, (), ()) == await lookup.known(ANN)


@pytest.mark.parametrize(
    ("people", "client_id", "speaker"),
    [
        (People({}, {ANN: (OTHER_CONTACT, CONTACT)}), 7, CONTACT),
        (People({}, {ANN: (CONTACT,)}, {ANN: (USER,)}), 10, USER),
        (People({}, {ANN: (CONTACT,)}, {ANN: (USER,)}), 11, None),
        (People(), 7, None),
        (People({}, DENIED, {ANN: (USER,)}), 9, USER),
        (People({}, {ANN: (CONTACT,)}, DENIED), 7, CONTACT),
        (People({}, DOWN, {ANN: (USER,)}), 9, DOWN),
        (People({}, {}, DOWN), 9, DOWN),
    ],
)
async def test_an_address_speaks_for_a_client_as_its_contact_or_user(people, client_id, speaker):
    """The one of this client, of whichever there are; trouble defers."""
    assert speaker == await Lookup(people, Time()).speaks_for(ANN, client_id)


async def test_a_missing_permission_is_told_once():
    """With its remedy, and not once a mail."""
    lookup = Lookup(People({}, {}, DENIED), Time())

    with capture_logs() as logs:
        for n in range(5):
            await lookup.known(f"{n}@example.net")

    assert [("warning", "look-up switched off", DENIED.reason)] == [
        (entry["log_level"], entry["event"], entry["reason"]) for entry in logs
    ]
