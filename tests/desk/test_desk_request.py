"""How a request is read and an answer written."""

from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.desk.body import parse_body, parse_urlencoded
from ingestd.desk.fields import Fields
from ingestd.desk.text import decode_entities, encode_entities, stored

GOOD = {"identifier": "id", "secret": "word", "action": "OpenTicket"}
GUEST = {"deptid": "1", "subject": "Grüße", "message": "a+b & c%41\r\n=x", "name": "Gina", "email": "gina@example.org"}


async def test_multipart_is_read_like_urlencoded(call):
    """PHP fills $_POST from both; the text arrives as it was."""
    parts = {name: (None, value) for name, value in {**GOOD, **GUEST, "responsetype": "json"}.items()}

    await call.http.post(call.desk.url, files=parts)
    await call("OpenTicket", **GUEST)

    first, second = call.desk.tickets()
    assert first["posts"][0]["message"] == second["posts"][0]["message"] == "a+b & c%41\r\n=x"
    assert first["subject"] == second["subject"] == "Grüße"


async def test_a_file_part_is_no_field(call):
    """What comes with a file name is in $_FILES, not in $_POST."""
    parts = {name: (None, value) for name, value in {**GOOD, **GUEST, "responsetype": "json"}.items()}

    answer = await call.http.post(call.desk.url, files={**parts, "message": ("a.txt", b"hello")})

    assert answer.json()["message"] == "Message is required"


async def test_a_json_body_is_not_read(call):
    """PHP does not fill $_POST from JSON: the credentials are missing."""
    answer = await call.http.post(call.desk.url, json={**GOOD, "responsetype": "json"})

    assert (answer.status_code, answer.text) == (403, "result=error;message=Authentication Failed;")


async def test_without_responsetype_the_answer_is_name_value_text(call):
    """Not JSON: who forgets the field sees it at once."""
    answer = await call.http.post(call.desk.url, data={**GOOD, **GUEST})

    assert answer.text.startswith("result=success;id=1;tid=")


async def test_xml_has_the_documented_root(call):
    """<whmcsapi>, with lists as repeated elements."""
    answer = await call.post("GetSupportStatuses", responsetype="xml")

    root = ET.fromstring(answer.text)
    assert (root.tag, root.findtext("result"), len(root.findall("statuses/status"))) == ("whmcsapi", "success", 6)


async def test_a_body_over_post_max_size_loses_every_field(serve):
    """PHP runs the script without $_POST: it looks like bad credentials, and not even JSON comes back."""
    call = await serve(post_max_size=2000)

    answer = await call.post("OpenTicket", **{**GUEST, "message": "x" * 2000})

    assert (answer.status_code, answer.text) == (403, "result=error;message=Authentication Failed;")
    assert call.desk.tickets() == []


async def test_a_chunked_body_over_post_max_size_too(serve):
    """The bound is on what comes, not on what was announced."""
    call = await serve(post_max_size=2000)

    async def body():
        yield urlencode({**GOOD, **GUEST}).encode()
        yield b"&x=" + b"y" * 2000

    answer = await call.http.post(
        call.desk.url, content=body(), headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert (answer.status_code, call.desk.tickets()) == (403, [])


async def test_a_body_of_just_post_max_size_is_read(serve):
    """The bound itself is allowed."""
    body = urlencode({**GOOD, **GUEST, "responsetype": "json"})
    call = await serve(post_max_size=len(body))

    answer = await call.http.post(
        call.desk.url, content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert answer.json()["result"] == "success"


async def test_php_may_print_its_warning_first(serve):
    """With display_errors on, the words of PHP stand before the answer."""
    call = await serve(post_max_size=100, post_warning=True)

    answer = await call.post("OpenTicket", **GUEST)

    assert "exceeds the limit of 100 bytes" in answer.text
    assert answer.text.endswith("result=error;message=Authentication Failed;")


async def test_unknown_fields_are_ignored(call):
    """As WHMCS does, silently."""
    assert (await call("OpenTicket", **GUEST, colour="blue"))["result"] == "success"


def test_truth_is_php_truth():
    """Only "" and "0" are false: Python's False is sent as a true value."""
    fields = Fields({"a": b"False", "b": b"0", "c": b"", "d": b"1"})

    assert [fields.flag(name) for name in "abcde"] == [True, False, False, True, False]


def test_numbers_are_the_digits_in_front():
    """PHP's (int)."""
    fields = Fields({"a": b"12abc", "b": b"abc", "c": b" 7", "d": b"9" * 40, "e": "٣".encode()})

    assert [fields.number(name) for name in "abcf"] == [12, 0, 7, 0]
    assert fields.number("d") < 2**63


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_urlencoded_agrees_with_the_standard_library(pairs):
    """Whatever was encoded comes back."""
    pairs = {
        name.encode(errors="replace").decode(): value.encode(errors="replace").decode() for name, value in pairs.items()
    }
    body = urlencode(pairs)

    read = {name: value.decode() for name, value in parse_urlencoded(body.encode()).items()}

    assert read == pairs == dict(parse_qsl(body, keep_blank_values=True))


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(
        ["multipart/form-data; boundary=b", "multipart/form-data", "application/x-www-form-urlencoded", ""]
    ),
    st.lists(
        st.sampled_from(
            [b"--b", b"--", b"\r\n", b'content-disposition: form-data; name="x"', b"%", b"&", b"=", b"\x00z"]
        )
    ),
)
def test_a_broken_body_is_read_as_far_as_it_goes(kind, pieces):
    """No body makes the reader raise."""
    fields = parse_body(kind, b"".join(pieces))

    assert all(isinstance(value, bytes) for value in fields.values())


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_entities_come_back_as_they_were(text):
    """Encoding is undone exactly, also of text that holds entities already."""
    assert decode_entities(encode_entities(text)) == text
    assert not set("<>\"'") & set(encode_entities(text))


def test_stored_text_is_cut_as_mysql_cuts_it():
    """utf8mb3 at the first 4-byte character; a TEXT column at its bytes, never inside a character."""
    assert stored("Hi 😀 there", entities=False, utf8mb3=True, limit=0) == "Hi "
    assert stored("Grüße", entities=False, utf8mb3=False, limit=3) == "Gr"
    assert stored("\ud800 lone", entities=False, utf8mb3=False, limit=0) == "? lone"
