"""`ingestd submit`: from files into the spool, once, with the exit codes of a pipe transport."""

import json
import re
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.cli.sources import raw_mails

MBOX = b"""From ann@example.net Sun Nov 22 04:40:50 2026
From: ann@example.net
To: support@example.com
Subject: one

first
>From the start
>>From further on

From bob@example.net Sun Nov 22 04:41:50 2026 +0100
To: support@example.com
Subject: two

second
From here on it is the same mail
"""


def mail(recipient="support@example.com", message_id="one@example.net", more=""):
    return f"From: Ann <ann@example.net>\nTo: {recipient}\n{more}Message-ID: <{message_id}>\n\nHelp.\n".encode()


def envelope(house, queue_id):

    return json.loads(house.run("queue", "show", queue_id, "--json").out)["envelope"]


def test_a_mail_is_spooled_once(house):
    """The same mail again, from a file or from stdin, gets the same queue id."""
    (first,) = house.submit(mail())

    again = house.run("submit", house.file(mail(), "copy.eml"))
    piped = house.run("submit", "-", stdin=mail())

    assert [(0, f"{first}\n"), (0, f"{first}\n")] == [(again.code, again.out), (piped.code, piped.out)]


def test_the_from_line_of_a_pipe_is_no_part_of_the_mail(house):
    """Postfix's pipe(8) with the flag F, and procmail, write one."""
    (first,) = house.submit(mail())

    piped = house.run("submit", "-", stdin=b"From ann@example.net  Sun Nov 22 04:40:50 2026\n" + mail())

    assert f"{first}\n" == piped.out
    assert mail() == house.run("queue", "dump", first).raw


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(house):
    """One bad file among many is exit 65; the others are spooled."""
    good = [house.file(mail(message_id=f"{n}@example.net"), f"{n}.eml") for n in range(2)]

    done = house.run("submit", good[0], "missing.eml", good[1])

    assert 65 == done.code
    assert 2 == len(set(done.out.split()))
    assert "missing.eml: No such file or directory\n" == done.err


def test_an_mbox_is_its_mails(house):
    """Each mail without its From line and the empty line before the next; mboxrd's quoting is undone (RFC 4155)."""
    ids = house.submit(MBOX)

    dumped = [house.run("queue", "dump", queue_id).raw for queue_id in ids]

    assert [
        b"From: ann@example.net\nTo: support@example.com\nSubject: one\n\nfirst\nFrom the start\n>From further on\n",
        b"To: support@example.com\nSubject: two\n\nsecond\nFrom here on it is the same mail\n",
    ] == dumped


def test_a_mail_of_an_mbox_that_nobody_takes_is_named(house):
    """The exit code is 67, the message says which mail."""
    done = house.run(
        "submit", house.file(MBOX.replace(b"To: support@example.com\nSubject: two", b"Subject: two"), "box")
    )

    assert 67 == done.code
    assert 1 == len(done.out.split())
    assert "/box, mail 2: no route takes a mail without recipients" in done.err


def test_a_maildir_is_its_files(house):
    """New and cur in the order in which the mails came; what begins with a dot is none."""
    for name, message_id in (("cur/1:2,S", "a"), ("new/2", "b"), ("cur/3:2,", "c"), ("tmp/4", "d"), ("new/.5", "e")):
        house.file(mail(message_id=f"{message_id}@example.net"), f"box/{name}")

    done = house.run("submit", house.folder / "box")

    dumped = [house.run("queue", "dump", queue_id).raw for queue_id in done.out.split()]
    assert [mail(message_id=f"{name}@example.net") for name in "abc"] == dumped


@pytest.mark.parametrize(
    ("header", "recipients"),
    [
        ("", ["support@example.com"]),
        ("Cc: <anna@sales.example.com>, x@elsewhere.example\n", ["anna@sales.example.com", "support@example.com"]),
        ("Cc: support+123456@example.com\n", ["support+123456@example.com"]),
        ("Cc: anna@sales.example.com\nDelivered-To: anna@sales.example.com\n", ["anna@sales.example.com"]),
    ],
)
def test_the_header_says_for_whom(house, header, recipients):
    """For each route that it names one entry, a ticket's address before others; Delivered-To names this very copy."""
    ids = house.submit(mail(more=header))

    assert recipients == sorted(envelope(house, queue_id)["recipient"] for queue_id in ids)


@pytest.mark.parametrize(
    ("words", "header", "path"),
    [
        ((), "", "ann@example.net"),
        ((), "Return-Path: <bounces@example.net>\n", "bounces@example.net"),
        ((), "Return-Path: <>\n", ""),
        (("--from", ""), "", ""),
        (("--from", "<eve@example.net>"), "Return-Path: <>\n", "eve@example.net"),
    ],
)
def test_the_reverse_path(house, words, header, path):
    """As given, else Return-Path, else the author."""
    (queue_id,) = house.submit(mail(more=header), *words)

    assert path == envelope(house, queue_id)["reverse_path"]


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (("-",), b"", 65),
        (("-",), b"\r\n \r\n", 65),
        (("-",), mail() + b"x" * 1_000_000, 65),
        (("-", "--from", "\udcff@example.net"), mail(), 65),
        (("-",), mail("x@elsewhere.example"), 67),
        (("-", "--rcpt", "x@elsewhere.example"), mail(), 67),
        (("-", "--rcpt", "anna@sales.example.com"), mail("x@elsewhere.example"), 0),
    ],
)
def test_exit_codes(house, words, stdin, code):
    """sysexits.h: 65 no mail that can be taken, 67 nobody of that name."""
    house.config.write_text('[smtp]\nmax_size = "100 KiB"\n' + house.config.read_text())

    done = house.run("submit", *words, stdin=stdin)

    assert code == done.code
    assert (code == 0) == (done.err == "")


@pytest.mark.parametrize("url", ["sqlite:///gone/ingestd.db", "sqlite:///config.toml"])
def test_a_spool_that_cannot_be_written_is_later(house, url):
    """75: the MTA keeps the mail and comes again."""
    house.config.write_text(f'[spool]\nurl = "{url}"\n' + house.config.read_text())

    done = house.run("submit", "-", stdin=mail())

    assert (75, "", 1) == (done.code, done.out, len(done.err.splitlines()))


@pytest.mark.storm
def test_a_spool_that_another_holds_is_later(house):
    """75 once patience is over; the same mail is taken when the lock is gone."""
    house.submit(mail(message_id="before@example.net"))
    other = sqlite3.connect(house.spool, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    locked = house.run("submit", "-", stdin=mail())
    other.close()

    assert (75, "", 1) == (locked.code, locked.out, len(locked.err.splitlines()))
    assert 0 == house.run("submit", "-", stdin=mail()).code


@pytest.mark.parametrize(("source", "code"), [("-", 75), ("mail.eml", 2)])
def test_in_a_pipe_a_bad_configuration_is_later(house, source, code):
    """Postfix bounces a mail on exit 2; our own trouble must never do that. A person at the keyboard gets 2."""
    house.file(mail())
    house.config.write_text("[smtp]\nmax_sise = 1\n" + house.config.read_text())

    done = house.run("submit", source, stdin=mail())

    assert code == done.code
    assert "smtp.max_sise: unknown key" in done.err


def test_nothing_of_a_mail_reaches_the_terminal_raw(house):
    """The recipients that no route takes are named, disarmed."""
    done = house.run("submit", "-", stdin=mail("=?utf-8?q?=1B[2J?= <\x1b]0;x\x07@elsewhere.example>"))

    assert 67 == done.code
    assert done.err.rstrip("\n").isprintable()


bodies = st.lists(
    st.sampled_from([b"", b"From ", b">From x", b"From a@b Sun Nov 22 04:40:50 2026", b"text", b"\xff\0"])
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(mails=st.lists(bodies, min_size=1, max_size=4))
def test_any_mbox_comes_back(tmp_path, mails):
    """What mboxrd quoted and put together is taken apart into the same mails."""
    raws = [b"".join(b"%s\n" % line for line in (b"Subject: x", *lines)) for lines in mails]
    box = tmp_path / "any.mbox"
    box.write_bytes(b"".join(b"From a@b Sun Nov 22 04:40:50 2026\n%s\n" % quoted(raw) for raw in raws))

    assert raws == [found.raw for found in raw_mails(str(box), 100_000)]


def quoted(raw):

    return re.sub(rb"^(>*From )", rb">\1", raw, flags=re.MULTILINE)


def test_a_mail_of_any_size_is_read_no_further_than_needed(tmp_path):
    """One byte more than may be taken tells that it is too large."""
    for raw in (b"x" * 300_000, b"From a@b Sun Nov 22 04:40:50 2026\n" + b"x" * 300_000):
        (tmp_path / "large").write_bytes(raw)
        (found,) = raw_mails(str(tmp_path / "large"), 100_000)
        assert 100_000 < len(found.raw) <= 100_000 + 64 * 1024
