"""The commands as they present themselves: README, `--help` and the contract say the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from ingestd.cli.app import app
from ingestd.config import SYSTEM_WIDE

README = Path(__file__).parents[2] / "README.md"
DOCS = README.parent / "docs"
OPERATING = DOCS / "operating.md"
PAGES = (README, *sorted(DOCS.glob("*.md")))
# Name, options besides --config and --help, exit codes: what others rely on.
CONTRACT = {
    "run": (set(), {"0", "2"}),
    "demo": ({"--once", "--kind"}, {"0"}),
    "check": ({"--json"}, {"0", "1", "2"}),
    "try": ({"--rcpt", "--from", "--online", "--json"}, {"0", "65"}),
    "submit": ({"--rcpt", "--from"}, {"0", "65", "67", "75"}),
    "queue": (set(), {"0", "1"}),
    "status": ({"--json", "--max-age", "--max-dead"}, {"0", "1"}),
    "audit": ({"--online", "--since", "--json"}, {"0", "1"}),
    "desk": (set(), {"0"}),
}
BY_FILTER = {"--status", "--address", "--ticket", "--limit"}
QUEUE = {
    "list": BY_FILTER | {"--json"},
    "show": {"--json"},
    "retry": BY_FILTER,
    "hold": BY_FILTER,
    "release": BY_FILTER,
    "drop": BY_FILTER,
    "dump": set(),
}
OTHER_ENGINES = {"sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql"}
TOP = typer.main.get_command(app)
COMMANDS = {(name,): TOP.commands[name] for name in CONTRACT if name != "queue"} | {
    ("queue", verb): TOP.commands["queue"].commands[verb] for verb in QUEUE
}


def options(command):
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def helped(*words):
    done = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(app, [*words, "--help"])
    assert 0 == done.exit_code
    return done.stdout


def rows(text, title):
    """The rows of the first table of a section: the names in the first cell, the last cell."""
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", row[0]), row[-1]) for row in cells]


def test_the_program_has_the_commands_of_the_contract():
    """No more, no less, each with its options and -c."""
    assert set(CONTRACT) == set(TOP.commands)
    assert set(QUEUE) == set(TOP.commands["queue"].commands)
    wanted = {(name,): CONTRACT[name][0] for name in CONTRACT if name != "queue"}
    wanted |= {("queue", verb): names for verb, names in QUEUE.items()}
    assert {words: names | {"--config"} for words, names in wanted.items()} == {
        words: options(command) - {"--help"} for words, command in COMMANDS.items()
    }


def test_the_readme_tells_of_the_same_commands():
    """Names and exit codes of its table."""
    table = {
        names[0].split()[0]: set(re.findall(r"\b\d+\b", exits)) for names, exits in rows(README.read_text(), "Commands")
    }
    (verbs,) = (names for names, _ in rows(README.read_text(), "Commands") if names[0].startswith("queue"))

    assert {name: codes for name, (_, codes) in CONTRACT.items()} == table
    assert sorted(QUEUE) == sorted(verb.removeprefix("queue ") for verb in verbs)


def anchors(page):
    """What a link may lead to within this page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    """To a file that is there, and to a heading in it."""
    for link in re.findall(r"\]\(([^):\s]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_names_an_option_that_is_not_there(page):
    """What stands behind `ingestd COMMAND` in the documentation can be typed."""
    for words in re.findall(r"ingestd ((?:queue )?[a-z]+)((?: [^`\n|]*)?)", page.read_text()):
        name = tuple(words[0].split())
        if name in COMMANDS:
            assert set(re.findall(r"--[a-z-]+", words[1])) <= options(COMMANDS[name]) | {"--help"}, words


def test_operating_tells_of_every_queue_verb():
    """The table of the verbs is whole."""
    names = {name.split()[1] for names, _ in rows(OPERATING.read_text(), "The queue verbs") for name in names}

    assert set(QUEUE) == names


@pytest.mark.parametrize("words", [(), ("queue",), *COMMANDS], ids=" ".join)
def test_help_reads_well(words):
    """Each option and argument has a help text, and everything fits into 80 columns."""
    shown = helped(*words)

    assert max(map(len, shown.splitlines())) <= 80
    assert "Usage: ingestd" in shown or "Usage: root" in shown
    for parameter in COMMANDS[words].params if words in COMMANDS else ():
        assert getattr(parameter, "help", ""), parameter


@pytest.mark.skipif(SYSTEM_WIDE.exists(), reason="this host has a configuration of its own")
@pytest.mark.parametrize("words", [words for words in COMMANDS if words != ("demo",)], ids=" ".join)
def test_without_a_configuration_there_is_a_sentence(words, house):
    """Exit 2; nothing is made, nothing is guessed."""
    house.config.unlink()
    name = {
        "try": ["x.eml"],
        "submit": ["x.eml"],
        "list": [],
        "run": [],
        "check": [],
        "status": [],
        "audit": [],
        "desk": [],
    }

    done = house.run(*words, *name.get(words[-1], ["QUEUE0ID"]), config=False)

    assert (2, "") == (done.code, done.out)
    assert done.err.startswith("no config.toml here and no /etc/ingestd/config.toml")
    assert 1 == len(done.err.splitlines())
    assert [] == list(house.folder.iterdir())


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import ingestd.telemetry", {"rich.console", "pygments"}),
        ("import ingestd.cli.run", {"ingestd.cli.queue", "ingestd.cli.app", "pydantic", "sqlalchemy", "structlog"}),
        ("import ingestd.cli.app", {"pydantic", "sqlalchemy", "structlog", "httpx", "ingestd.daemon"}),
        (
            "import ingestd.telemetry, ingestd.cli.status, ingestd.daemon.beside",
            {"aiosmtpd", "starlette", "httpx", "jinja2", "uvicorn", "ingestd.delivery", "rich.console", *OTHER_ENGINES},
        ),
        ("import ingestd.telemetry, ingestd.helpdesk.post", {"rich.console", "click"}),
        (
            "import ingestd.telemetry, ingestd.daemon.serve, ingestd.daemon.door",
            {
                "anyio",
                "tenacity",
                "ingestd.core.decide",
                "ingestd.core.ledger",
                "ingestd.delivery.worker",
                "ingestd.helpdesk.whmcs",
                "starlette",
                "jinja2",
                "uvicorn",
                "ingestd.desk",
                "ingestd.mail.parse",
                "html_to_markdown",
                "ingestd.store.audit",
                "httpx",
                *OTHER_ENGINES,
            },
        ),
    ],
)
def test_a_command_imports_what_it_needs(code, heavy):
    """Help and completion are instant, `status` is asked every minute, and a daemon is ready without what delivers or parses."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )

    assert set() == heavy & set(done.stdout.split())
