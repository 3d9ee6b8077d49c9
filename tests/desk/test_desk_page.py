"""The page: everything from a mail is hostile."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from ingestd.desk.download import disposition, image_type
from ingestd.desk.view import size_text

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


async def page(call, path=""):
    return await call.http.get(call.desk.page_url + path)


async def test_the_list_begins_empty(call):
    """With a word about what will come."""
    answer = await page(call)

    assert (answer.status_code, "No tickets yet" in answer.text) == (200, True)


async def test_the_list_shows_what_matters(call, attached):
    """Number, subject, who, department, status, priority, replies, files; newest first."""
    first = await call.open(
        subject="The first", clientid=1, deptid=2, priority="High", attachments=attached(("a", b"a"))
    )
    await call("AddTicketReply", ticketid=1, clientid=1, message="x")
    await call.open(subject="The second")

    text = (await page(call)).text

    assert text.index("The second") < text.index("The first")
    row = text[text.index("The first") :]
    assert first["tid"] in text
    for shown in ("High", "1 reply", "1 file", "Cynthia Reilly", "cynthia@example.com", "Billing", "Customer-Reply"):
        assert shown in row


async def test_the_list_goes_on_over_pages(call):
    """Fifty to a page, and no page number breaks it."""
    for number in range(51):
        await call.open(subject=f"No {number}.")

    assert "No 0." not in (await page(call)).text
    assert "No 0." in (await page(call, "?page=2")).text
    for wrong in ("0", "-1", "x", "99999999999999999999", "٣"):
        assert (await page(call, f"?page={wrong}")).status_code == 200


async def test_the_thread_shows_everybody_in_their_colours(call):
    """Owner, Cc, priority, client, staff and note."""
    ticket = await call.open(clientid=1)
    await call("UpdateTicket", ticketid=1, cc="a@example.org,b@example.org")
    await call("AddTicketReply", ticketid=1, adminusername="dana", message="From staff")
    await call("AddTicketNote", ticketid=1, message="For staff only")

    text = (await page(call, f"ticket/{ticket['tid']}")).text

    roles = re.findall(r'<li class="post (\w+)">', text)
    assert roles == ["client", "staff", "note"]
    for shown in (
        "Cynthia Reilly",
        "client 1",
        "a@example.org",
        "Dana Admin",
        "From staff",
        "For staff only",
        "Medium",
    ):
        assert shown in text


async def test_a_masked_number_has_a_page(serve):
    """Spaces and all."""
    call = await serve(mask="%A%A%A - %n%n%n%n - %y")
    await call.open(subject="Masked")

    link = re.search(r'href="/(ticket/[^"]+)"', (await page(call)).text)[1]

    assert "Masked" in (await page(call, unescape(link))).text


@pytest.mark.parametrize("entities", [True, False])
async def test_nothing_of_a_mail_is_markup(serve, attached, entities):
    """Names, addresses, subjects, texts, file names, Cc, custom fields: shown, never obeyed."""
    call = await serve(entities=entities, plain_file_names=False)
    ticket = await call.open(
        subject=EVIL,
        name=EVIL,
        message=EVIL,
        attachments=attached((EVIL, b"x")),
        customfields="YToxOntpOjE7czozOiI8Yj4iO30=",
    )
    await call("UpdateTicket", ticketid=1, cc=EVIL)

    for path in ("", f"ticket/{ticket['tid']}"):
        text = (await page(call, path)).text
        assert "<script" not in text and "<img src=x" not in text and "<b>" not in text
        assert "alert(1)" in text


@pytest.mark.parametrize("path", ["", "ticket/nope", "static/desk.css", "file/1", "file/1/image", "post/1/text"])
async def test_every_answer_forbids_scripts_and_guessing(call, attached, path):
    """Content-Security-Policy and nosniff on pages, style and files."""
    await call.open(attachments=attached(("a.png", PNG)))

    headers = (await page(call, path)).headers

    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_file_is_saved_and_never_shown(call, attached):
    """Byte for byte, as octets, under its name."""
    await call.open(attachments=attached(("page.html", b"<script>alert(1)</script>")))

    answer = await page(call, "file/1")

    assert (answer.content, answer.headers["content-type"]) == (
        b"<script>alert(1)</script>",
        "application/octet-stream",
    )
    assert answer.headers["content-disposition"] == "attachment; filename=\"page.html\"; filename*=UTF-8''page.html"


async def test_a_picture_is_shown_by_its_bytes(call, attached):
    """Not by its name: HTML that calls itself a picture is none, and SVG never is."""
    await call.open(attachments=attached(("a.txt", PNG), ("b.png", b"<html>"), ("c.svg", b"<svg onload='alert(1)'/>")))

    answers = [await page(call, f"file/{number}/image") for number in (1, 2, 3)]

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert answers[0].headers["content-type"] == "image/png"
    assert "sandbox" in answers[0].headers["content-security-policy"]
    assert (await page(call, f"ticket/{call.desk.tickets()[0]['number']}")).text.count('/image"><img') == 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"<svg>", None),
        (b"", None),
    ],
)
def test_four_kinds_of_pictures_are_known(data, kind):
    """By their first bytes."""
    assert image_type(data) == kind


@example_settings(deadline=None, max_examples=100)
@given(st.text(max_size=300))
def test_no_file_name_breaks_the_header(name):
    """RFC 6266: plain in quotes, percent-encoded for the rest; always one line of ASCII."""
    header = disposition(name.encode(errors="replace").decode())

    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", header)


async def test_a_long_text_is_cut_and_can_be_saved_whole(call):
    """The page stays small."""
    ticket = await call.open(message="x" * 100_000 + "THE END")

    text = (await page(call, f"ticket/{ticket['tid']}")).text
    whole = await page(call, "post/1/text")

    assert "THE END" not in text and "/post/1/text" in text
    assert whole.text.endswith("THE END")
    assert whole.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path", ["ticket/nope", "file/99", "file/99/image", "post/99/text", "static/desk.py", "static/..%2fpage.py"]
)
async def test_what_is_not_there(call, path):
    """404, with a way back."""
    assert (await page(call, path)).status_code == 404


async def test_overrides_of_the_writing_direction_are_not_shown_in_names(serve, attached):
    """`gnp.exe` behind an override would read as `exe.png`."""
    call = await serve(plain_file_names=False)
    ticket = await call.open(subject="a\u202eb", attachments=attached(("\u202egnp.exe", b"")))

    assert "\u202e" not in (await page(call, f"ticket/{ticket['tid']}")).text


async def test_the_page_can_be_switched_off(serve):
    """The API stays."""
    call = await serve(page=False)

    assert (await page(call)).status_code == 404
    assert (await call.open())["result"] == "success"


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_300_000, "1.3 MB")])
def test_sizes_are_for_people(size, text):
    """Powers of ten."""
    assert size_text(size) == text
