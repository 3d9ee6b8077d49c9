"""`ingestd demo` and `ingestd desk` as processes: what they say, and what they leave behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("ingestd"))


@pytest.fixture
def started(tmp_path):
    """Starts a command; it is ended with the test."""
    processes = []

    def start(*words):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("INGESTD_")}
        process = subprocess.Popen(
            [PROGRAM, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env={**environ, "TMPDIR": str(tmp_path)},
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def until(process, words):
    """The lines of its answer up to the one with these words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(process.stderr.read())


def test_the_demo_leaves_nothing_behind(started, house, tmp_path):
    """Where its port is taken it takes another; on Ctrl-C it ends with 0, and its folder is gone."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        house.config.write_text(house.config.read_text().replace(":0", f":{taken.getsockname()[1]}"))
        demo = started("demo", "-c", str(house.config))

        lines = until(demo, "Ctrl-C")
        demo.send_signal(signal.SIGINT)
        rest, troubles = demo.communicate(timeout=30)

    rows = [line.split() for line in lines if line.startswith("done ")]
    assert 6 == len(rows)
    assert 5 == len({number for _, number, *_ in rows})
    assert sum("250 2.0.0 Ok: queued as" in line for line in lines) == 6
    assert (0, "", "") == (demo.returncode, rest, troubles)
    assert [house.config] == list(tmp_path.iterdir())


def test_the_demo_speaks_keliweb_too(started, tmp_path):
    """`--kind keliweb`: tokens, three calls, and all became tickets; `--once` ends with 0."""
    demo = started("demo", "--kind", "keliweb", "--once")

    said, troubles = demo.communicate(timeout=50)

    assert (0, "") == (demo.returncode, troubles)
    assert 6 == sum(line.startswith("done ") for line in said.splitlines())
    assert "(embedded, keliweb)" in said
    assert [] == list(tmp_path.iterdir())


def test_the_desk_says_where_it_is(started, house):
    """Its page, its API, and whose credentials the API takes; never the secret."""
    house.config.write_text('[helpdesk]\nidentifier = "me"\nsecret = "hush-hush"\n' + house.config.read_text())
    desk = started("desk", "-c", str(house.config))

    said = "".join(until(desk, "credentials"))
    desk.terminate()
    rest, troubles = desk.communicate(timeout=30)

    assert "/includes/api.php" in said
    assert "helpdesk.identifier and helpdesk.secret" in said
    assert "hush-hush" not in said + rest + troubles
    assert 0 == desk.returncode


def test_a_desk_whose_address_is_taken_says_so(house):
    """Exit 1, one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        house.config.write_text(house.config.read_text().replace(":0", f":{taken.getsockname()[1]}"))

        done = house.run("desk")

    assert (1, "") == (done.code, done.out)
    assert done.err.startswith("cannot listen: ")
