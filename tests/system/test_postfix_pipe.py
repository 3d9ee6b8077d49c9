"""The other way that the manual tells: a pipe transport, whose exit codes decide what becomes of the mail."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest
from postfix_instance import PIPE_USER, Postfix
from running import SUPPORT, mail, told, until, written

import ingestd

SENDER = "gina@shop.example.net"
MAIN = "from ingestd.cli import main; main()"


def for_all(folder):
    """The program for the user of the pipe: ours may live where only root may look. None where no Python serves."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        program = folder / "ingestd"
        places = f"{Path(ingestd.__file__).parents[1]}:{sysconfig.get_path('purelib')}"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={places} exec {python} -c "{MAIN}" "$@"\n')
        program.chmod(0o755)
        if not subprocess.run([program, "--version"], user=PIPE_USER, capture_output=True, check=False).returncode:
            return program
    return None


pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root"),
    pytest.mark.skipif(not shutil.which("postfix"), reason="no Postfix here"),
]


@pytest.fixture
def postfix():
    with tempfile.TemporaryDirectory(prefix="pipe-") as folder:
        Path(folder).chmod(0o755)
        program = for_all(Path(folder))
        if program is None:
            pytest.skip(f"{PIPE_USER} can run neither our Python nor the system's")
        yield from piping(program)


def piping(program):
    with Postfix(piped=program) as running:
        written(running.spool, None, smtp={"max_size": "100 KiB"})
        yield running


def test_a_pipe_knows_what_to_do(postfix):
    """0 is taken, 65 and 67 go back to the sender, and 75 is tried again: nothing is lost, and nothing comes twice."""
    postfix.sendmail(mail("Piped"), SENDER, SUPPORT)
    postfix.sendmail(mail("Piped bounce"), "", SUPPORT)
    postfix.sendmail(mail("No route takes it"), SENDER, "billing@example.com")
    postfix.sendmail(mail("Too large", "long\n" * 50_000), SENDER, SUPPORT)
    until(lambda: postfix.log.count("status=bounced") == 2 and postfix.log.count("status=sent (delivered via ing") == 2)
    config, database = postfix.spool / "config.toml", postfix.spool / "ingestd.db"
    for number, missing in enumerate((config, database), 1):
        kept = missing.rename(missing.with_suffix(".kept"))
        missing.mkdir()
        postfix.sendmail(mail(f"Out of reach {number}"), SENDER, SUPPORT)
        until(lambda: len(set(re.findall(r"(\w+): to=<\S+ .* status=deferred", postfix.log))) == number)  # noqa: B023 - asked at once
        missing.rmdir()
        kept.rename(missing)
    until(lambda: not postfix.waiting())

    bounced = re.findall(r"status=bounced \((.*?)\. Command output: \S+: (.*) \)", postfix.log)
    assert sorted(bounced) == [
        ("data format error", "larger than smtp.max_size"),
        ("user unknown", "no route takes billing@example.com"),
    ]
    entries = told(postfix.spool, "queue", "list")
    assert ["", SENDER, SENDER, SENDER] == sorted(entry["envelope"]["reverse_path"] for entry in entries)
