"""Attachments: read strictly, kept byte for byte, given back."""

import base64
import hashlib
import json
import os

import pytest

from ingestd.desk import RefusedFile
from ingestd.desk.customfields import read_custom_fields
from ingestd.desk.files import Malformed, Upload, read_uploads

SAMPLE = (
    "W3sibmFtZSI6InNhbXBsZV90ZXh0X2ZpbGUudHh0IiwiZGF0YSI6IlZHaHBjeUJwY3lCaElITmhiWEJzWlNCMFpYaDBJR1pwYkdVZ1kyOXVk"
    "R1Z1ZEhNPSJ9XQ=="
)


async def test_the_documented_sample_is_read(call):
    """The bytes of WHMCS's own example."""
    await call.open(attachments=SAMPLE)

    answer = await call("GetTicketAttachment", relatedid=1, type="ticket", index=0)

    assert answer["filename"] == "sample_text_file.txt"
    assert base64.b64decode(answer["data"]) == b"This is a sample text file contents"


async def test_stored_names_are_joined_and_given_back_without_their_prefix(call, attached):
    """Six random digits, "_", the name; several in one column."""
    await call.open(attachments=attached(("a.txt", b"a"), ("b_c.txt", b"b")))

    post = (await call("GetTicket", ticketid=1))["replies"]["reply"][0]

    first, second = post["attachment"].split("|")
    assert (first[6:], second[6:]) == ("_a.txt", "_b_c.txt") and first[:6].isdigit()
    assert post["attachments"] == [{"filename": "a.txt", "index": 0}, {"filename": "b_c.txt", "index": 1}]


async def test_a_bar_in_a_name_breaks_the_column(serve, attached):
    """One file, told as two: whoever sends such a name must be seen."""
    call = await serve(plain_file_names=False)
    await call.open(attachments=attached(("a|b.txt", b"a")))

    assert len((await call("GetTicket", ticketid=1))["replies"]["reply"][0]["attachments"]) == 2


async def test_files_go_with_replies_and_notes_too(call, attached):
    """Each is found by its own kind and id; the opening post by the ticket's id."""
    await call.open(attachments=attached(("t", b"of the ticket")))
    await call("AddTicketReply", ticketid=1, clientid=1, message="x", attachments=attached(("r", b"of the reply")))
    await call("AddTicketNote", ticketid=1, message="x", attachments=attached(("n", b"of the note")))

    answers = [
        await call("GetTicketAttachment", relatedid=1, type=kind, index=0) for kind in ("ticket", "reply", "note")
    ]

    assert [base64.b64decode(answer["data"]) for answer in answers] == [
        b"of the ticket",
        b"of the reply",
        b"of the note",
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "ticket", "index": 0}, "Related ID Required"),
        ({"relatedid": 1, "type": "post", "index": 0}, "Invalid Type. Must be one of ticket, reply, note"),
        ({"relatedid": 9, "type": "ticket", "index": 0}, "Related ID Not Found"),
        ({"relatedid": 1, "type": "ticket"}, "Attachment Index Required"),
        ({"relatedid": 2, "type": "ticket", "index": 0}, "No Attachments Found"),
        ({"relatedid": 1, "type": "ticket", "index": 1}, "Invalid Attachment Index"),
        ({"relatedid": 1, "type": "ticket", "index": -1}, "Invalid Attachment Index"),
    ],
)
async def test_the_documented_errors_of_get_ticket_attachment(call, attached, fields, message):
    """In the order of the documentation."""
    await call.open(attachments=attached(("a", b"a")))
    await call.open()

    assert (await call("GetTicketAttachment", **fields))["message"] == message


async def test_a_type_that_is_not_allowed_is_dropped_silently(serve, attached):
    """Success, with fewer files: only the count tells."""
    call = await serve(attachment_types=(".txt", "PDF"))

    await call.open(attachments=attached(("a.TXT", b"a"), ("b.exe", b"b"), ("c.pdf", b"c"), ("txt", b"d")))

    assert [file["name"] for file in call.desk.tickets()[0]["posts"][0]["files"]] == ["a.TXT", "c.pdf"]


async def test_or_it_is_an_error(serve, attached):
    """And then nothing is opened."""
    call = await serve(attachment_types=(".txt",), refused_file=RefusedFile.ERROR)

    answer = await call(
        "OpenTicket",
        deptid=1,
        subject="x",
        message="x",
        clientid=1,
        attachments=attached(("a.txt", b"a"), ("b.exe", b"")),
    )

    assert (answer["result"], call.desk.tickets()) == ("error", [])


async def test_names_lose_their_folders_and_odd_characters(call, attached):
    """A path is no name."""
    await call.open(attachments=attached(("../../etc/passwd", b""), ("C:\\Windows\\ä<b>|.txt", b"")))

    assert [file["name"] for file in call.desk.tickets()[0]["posts"][0]["files"]] == ["passwd", "b.txt"]


@pytest.mark.parametrize("multipart", [True, False])
async def test_twenty_five_megabytes_arrive_byte_for_byte(call, attached, multipart):
    """In either form of body, with a size that is 1.78 times the file's."""
    data = os.urandom(25_000_000)
    fields = {"action": "OpenTicket", "identifier": "id", "secret": "word", "responsetype": "json"}
    fields |= {"deptid": "1", "subject": "Big", "message": "x", "name": "Gina", "email": "gina@example.org"}
    field = attached(("big.bin", data))
    body = b"&".join(f"{name}={value}".encode() for name, value in fields.items()) + b"&attachments="
    # base64 writes three characters that a form reads otherwise.
    body += field.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D").encode()

    if multipart:
        sent = {name: (None, value) for name, value in {**fields, "attachments": field}.items()}
        answer = await call.http.post(call.desk.url, files=sent)
    else:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await call.http.post(call.desk.url, content=body, headers=kind)

    assert answer.json()["result"] == "success"
    file = call.desk.tickets()[0]["posts"][0]["files"][0]
    assert (file["size"], file["sha256"]) == (25_000_000, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("field", [b"", b"[]"])
def test_no_attachments(field):
    """Missing, or the literal [] that some clients send."""
    assert read_uploads(field) == ()


@pytest.mark.parametrize(
    "listed",
    [
        {"name": "a", "data": ""},
        [{"filename": "a", "data": ""}],
        [{"name": "a"}],
        [{"name": 1, "data": ""}],
        [{"name": "a", "data": "not base64!"}],
        [{"name": "a", "data": "YQ"}],
        ["a"],
        [{"name": "a", "data": ""}] * 1001,
    ],
)
def test_what_is_not_a_list_of_names_and_data_is_malformed(listed):
    """Strictly: a careless client must be seen."""
    assert isinstance(read_uploads(base64.b64encode(json.dumps(listed).encode())), Malformed)


@pytest.mark.parametrize("inner", [b"[" * 200_000, b"\xff", b"", b"{"])
def test_what_is_not_json_is_malformed(inner):
    """Deep nests of brackets too."""
    assert isinstance(read_uploads(base64.b64encode(inner) or b"="), Malformed)


def test_a_lone_surrogate_in_a_name_does_no_harm():
    """JSON can write one, a database cannot."""
    field = base64.b64encode(b'[{"name": "a\\ud800", "data": "YQ=="}]')

    assert read_uploads(field) == (Upload("a?", b"a"),)


@pytest.mark.parametrize(
    ("serialized", "fields"),
    [
        (b'a:1:{i:1;s:6:"Google";}', {"1": "Google"}),
        (b'a:1:{s:1:"1";s:6:"Google";}', {"1": "Google"}),
        (b'a:2:{i:1;s:4:"a";b";i:2;s:0:"";}', {"1": 'a";b', "2": ""}),
        (b"a:0:{}", {}),
        (b'a:1:{i:1;s:7:"Google";}', {}),
        (b'a:2:{i:1;s:6:"Google";}', {}),
        (b'a:1:{i:1;s:6:"Google";}x', {}),
        (b'O:8:"stdClass":0:{}', {}),
        (b"a:9999:{", {}),
    ],
)
def test_serialized_arrays_are_read_or_ignored(serialized, fields):
    """PHP's unserialize gives all or nothing; no object is ever made."""
    assert read_custom_fields(base64.b64encode(serialized)) == fields
