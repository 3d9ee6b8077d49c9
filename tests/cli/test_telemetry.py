"""Log lines: one event each, facts as fields, nothing forged, nothing secret."""

import io
import json
import logging
import re
import sys
import warnings

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.telemetry import LONGEST, configure, printable, renderer, tame


@pytest.fixture
def said(monkeypatch):
    """Configure logging to a stderr of our own; everything is set back afterwards."""
    before = logging.getLogger().handlers, logging.getLogger().level, structlog.get_config()
    stderr = io.StringIO()

    def said(form: str, level: str = "info"):
        # Within the test: pytest's capture takes sys.stderr for itself between fixture and test.
        monkeypatch.setattr(sys, "stderr", stderr)
        configure(form, level)
        return structlog.get_logger(), lambda: stderr.getvalue().splitlines()

    yield said
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers, level, config = before
    logging.getLogger().setLevel(level)
    structlog.configure(**config)


def test_json_is_one_object_a_line(said):
    """Events are machine-readable, with level and time in UTC."""
    log, lines = said("json")

    log.info("accepted", queue_id="Q1", size=7)

    (event,) = map(json.loads, lines())
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.pop("timestamp"))
    assert {"event": "accepted", "level": "info", "queue_id": "Q1", "size": 7} == event


def test_auto_is_json_where_nobody_looks(said):
    """Under systemd or in a pipe stderr is no terminal: JSON."""
    log, lines = said("auto")

    log.info("accepted")

    assert json.loads(lines()[0])["event"] == "accepted"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_value_cannot_forge_a_line(said, form):
    """Line ends and terminal commands of a mail are shown, not obeyed."""
    log, lines = said(form)

    log.info("refused", reason="x\r\n2026-01-01 [info] accepted\x1b[2J\u2028\u202e\x85\ud800", **{"k\n": "v"})

    assert 1 == len(lines())
    assert lines()[0].isprintable()


def test_a_value_cannot_forge_a_field(said):
    """In columns a value with blanks stays one value."""
    log, lines = said("console")

    log.info("refused", reason="x queue_id=Q9")

    assert "reason='x queue_id=Q9'" in lines()[0]


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_cannot_forge_a_line(said, form):
    """The words of an exception may come from a mail: each line of a traceback bears a bar."""
    log, lines = said(form)

    try:
        raise ValueError("x\n2026-01-01 [info] accepted\x1b[2J")
    except ValueError:
        log.exception("crashed")

    whole = lines() if form == "console" else json.loads(lines()[0])["exception"].splitlines()
    assert all(line.startswith("  | ") for line in whole[-2:])
    assert "\x1b" not in "".join(lines())


def test_long_values_are_cut(said):
    """A mail of megabytes makes no line of megabytes; how long it was is told."""
    log, lines = said("json")

    log.info("refused", reason="x" * 10**6, many=list(range(10**5)))

    assert "(1000000 characters)" in json.loads(lines()[0])["reason"]
    assert len(lines()[0]) < 2 * LONGEST


def test_secrets_are_masked(said):
    """Whoever logs a secret by its name shows stars, at any depth."""
    log, lines = said("json")

    log.info("asked", secret="hunter2", fields={"accesskey": "hunter2", "deep": [{"Password": "hunter2"}]})

    assert "hunter2" not in lines()[0]


def test_levels(said):
    """Below the level nothing is told."""
    log, lines = said("json", "warning")

    log.info("accepted")
    log.warning("late")

    assert ["late"] == [json.loads(line)["event"] for line in lines()]


def test_libraries_speak_through_the_same_door(said):
    """Other people's loggers: from WARNING on, in our form, with their name."""
    _, lines = said("json")

    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("bad %s", "x\ny")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old\nhabit", stacklevel=1)

    first, second = map(json.loads, lines())
    assert ("bad x\\ny", "some.library", "warning") == (first["event"], first["logger"], first["level"])
    assert "habit" in second["event"]


def test_a_parser_that_was_ended_is_no_news(said):
    """asyncio warns of a child that somebody else has waited for: at every stop, about our own parser."""
    _, lines = said("json")

    logging.getLogger("asyncio").warning("Unknown child process pid %d, will report returncode 255", 4711)
    logging.getLogger("asyncio").warning("something else")

    assert ["something else"] == [json.loads(line)["event"] for line in lines()]


def test_a_closed_stderr_stops_nobody(said):
    """A log that cannot be written is no reason to refuse a mail."""
    log, _ = said("json")
    sys.stderr.close()

    log.info("accepted")


NAMES = st.text(max_size=5) | st.sampled_from(["secret", "Token", "exception", "event"])
LEAVES = st.text() | st.binary() | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)


@given(st.dictionaries(NAMES, st.recursive(LEAVES, st.lists, max_leaves=5)))
@settings(max_examples=200, deadline=None)
def test_whatever_is_logged_becomes_json(event):
    """No value stops the log, none is unprintable, and a line tells what a tame event holds."""
    said = renderer("json")(None, "info", dict(event))

    assert said.isprintable()
    assert json.dumps(tame(dict(event)), ensure_ascii=False) == said


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_printable(text):
    """What is printable stays as it is, everything else is escaped."""
    assert printable(text).isprintable()
    assert not text.isprintable() or len(text) > LONGEST or printable(text) == text
