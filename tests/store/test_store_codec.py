"""Ledger lines survive being written down."""

import dataclasses
import types
import typing
from datetime import UTC, datetime
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.errors import StoreError
from ingestd.core.journal import Deed, Deliver, Event, Hold, Ordered, Planned, Started
from ingestd.core.model import QueueId
from ingestd.core.ticket import AddTicketNote
from ingestd.store.codec import decode, encode

PLAIN = {
    str: st.text(st.characters(), max_size=20),
    QueueId: st.text(max_size=5),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
    types.NoneType: st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def values(hint):
    """Everything that a type hint of core allows."""
    if hint in PLAIN:
        return PLAIN[hint]
    match typing.get_origin(hint), typing.get_args(hint):
        case types.UnionType | typing.Union, choices:
            return st.one_of(*map(values, choices))
        case tuple_, (item, dots) if tuple_ is tuple and dots is ...:
            return st.lists(values(item), max_size=3).map(tuple)
        case tuple_, items if tuple_ is tuple:
            return st.tuples(*map(values, items))
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    hints = typing.get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in dataclasses.fields(hint)})


@settings(max_examples=150, deadline=None)
@given(values(Event))
def test_every_event_comes_back_as_it_was(event):
    """Whatever the ledger may hold is read as it was written, from text that any engine keeps."""
    text = encode(event)

    assert event == decode(text)
    assert text.isascii()
    assert text.isprintable()


def test_a_line_can_be_read_by_a_person():
    """The form is a promise: spools outlive versions."""
    assert '{"Started":{"number":0,"boot":"b","timeout":1.5}}' == encode(Started(0, "b", 1.5))
    assert '{"Ordered":{"deed":{"Deed":"retry"},"by":"ann"}}' == encode(Ordered(Deed.RETRY, "ann"))


def test_a_field_that_came_later_has_its_default():
    """A line of an older version says nothing of it."""
    old = decode('{"Planned":{"verdict":{"Hold":{"reason":"spam"}}}}')

    assert isinstance(old, Planned)
    assert (0, "") == (old.keeps, old.why)
    assert Hold("spam", expires=False) == old.verdict


def test_a_plan_of_an_earlier_version_is_carried_out():
    """Made before calls knew of a service, a domain or a flag."""
    plan = (
        '[{"OpenTicket":{"department":1,"subject":"s","message":"m","sender":{"Guest":{"name":"A","email":"a@x.org"}},'
        '"priority":{"Priority":"Medium"},"files":[],"custom_fields":[],"noemail":false,"markdown":false,"created":null}}'
        ',{"UpdateTicket":{"ticket_id":null,"cc":["b@x.org"],"priority":null}}]'
    )

    old = decode(f'{{"Planned":{{"verdict":{{"Deliver":{{"calls":{plan},"reason":"new ticket"}}}}}}}}')

    opened, updated = old.verdict.calls
    assert (None, None, None) == (opened.service, opened.domain, updated.flag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "7",
        "[]",
        "{}",
        '{"a":1,"b":2}',
        '{"Popen":{"args":"id"}}',
        '{"Event":{}}',
        '{"datetime":"2026-01-01T00:00:00+00:00"}',
        '{"Started":{"number":0,"boot":"b"}}',
        '{"Started":{"number":0,"boot":"b","timeout":1,"more":1}}',
        '{"Started":[]}',
        '{"Ordered":{"deed":{"Deed":"explode"},"by":""}}',
        '{"StrEnum":"x"}',
        '{"Envelope":{"reverse_path":"","recipient":"","route":"","peer":"","helo":"","tls":false,"received_at":0}}',
    ],
)
def test_what_is_no_event_is_refused(text):
    """A line that core has no noun for is a StoreError, never an object of another kind."""
    with pytest.raises(StoreError, match="line of the ledger"):
        decode(text)


def test_only_nouns_of_core_are_written():
    """A foreign object in an event is a fault of ours, found when it is written."""
    with pytest.raises(TypeError):
        encode(Ordered(object(), "ann"))


def test_a_line_of_an_older_version_is_read():
    """What a noun has learned since is as it was when there was no choice."""
    line = (
        '{"Planned":{"verdict":{"Deliver":{"calls":[{"AddTicketNote":{"ticket_id":7,"message":"n"}}],"reason":"r"}}}}'
    )

    assert Planned(Deliver((AddTicketNote(7, "n", unless_files=None, of_call=0, public=False),), "r")) == decode(line)
