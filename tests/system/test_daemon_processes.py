"""The daemon is several processes: what it asks of its manager does not grow with that, and none outlives another."""

import os
import signal
from pathlib import Path

from running import PATIENCE, Ingestd, Manager, told, until, written


def children(pid):
    """Its processes' ids, by the program that they run."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode()
            found["spool" if "spooling" in words else "parser"] = int(child)
    return found


def gone(pid):
    path = Path(f"/proc/{pid}/stat")
    return not path.exists() or path.read_text().rpartition(")")[2].split()[0] == "Z"


def test_without_its_spool_the_daemon_ends_and_says_so(starting, desk, tmp_path):
    """With 1, so that systemd starts it again; then everything accepted is there and delivered once."""
    written(tmp_path, desk)
    daemon = starting(tmp_path)
    desk.away()
    queue_id = daemon.send("Accepted before")

    os.kill(children(daemon.process.pid)["spool"], signal.SIGKILL)

    assert 1 == daemon.process.wait(PATIENCE)
    told_of = [event["event"] for event in daemon.log if isinstance(event, dict) and event["level"] == "critical"]
    assert ["spool ended by itself"] == told_of
    desk.become()
    starting(tmp_path)
    until(lambda: told(tmp_path, "queue", "show", queue_id)["status"] == "done")
    assert ["Accepted before"] == desk.subjects()


def test_a_daemon_that_is_killed_takes_all_its_processes_along(starting, desk, tmp_path):
    """Else the one that has the spool's lock would keep the next start out."""
    written(tmp_path, desk)
    daemon = starting(tmp_path)
    pids = children(daemon.process.pid)
    assert {"spool", "parser"} == set(pids)

    daemon.kill()
    again = starting(tmp_path)

    until(lambda: all(map(gone, pids.values())))
    again.send("After the kill")
    until(lambda: "After the kill" in desk.subjects())


def test_its_processes_never_interrupt_the_one_that_answers_peers(starting, desk, tmp_path):
    """A parser that is woken by a mail would else put off the next answer at the door."""
    written(tmp_path, desk)
    daemon = starting(tmp_path)

    def policies():
        return {name: os.sched_getscheduler(pid) for name, pid in children(daemon.process.pid).items()}

    until(lambda: policies() == {"spool": os.SCHED_BATCH, "parser": os.SCHED_BATCH})
    assert os.SCHED_OTHER == os.sched_getscheduler(daemon.process.pid)


def test_signals_for_all_are_signals_for_the_daemon(starting, desk, tmp_path):
    """systemd sends SIGTERM to every process of a unit, a terminal SIGINT: what is under way is finished all the same."""
    written(tmp_path, desk)
    daemon = starting(tmp_path)
    queue_id = daemon.send("Under way")

    for pid in (children(daemon.process.pid)["spool"], daemon.process.pid):
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)

    assert 0 == daemon.process.wait(PATIENCE)
    assert told(tmp_path, "queue", "show", queue_id)["status"] in {"incoming", "done", "deferred"}
    starting(tmp_path)
    until(lambda: desk.subjects().count("Under way") == 1)


def test_the_spool_begins_before_the_configuration_is_read(tmp_path):
    """A configuration that is wrong ends both, with 2 and one sentence; nothing is made, and nobody is left behind."""
    written(tmp_path, None, smtp={"max_size": "many"})
    daemon = Ingestd(tmp_path, Manager(), {})

    try:
        assert 2 == daemon.process.wait(PATIENCE)
        until(lambda: not any(map(said_to(daemon.process.pid), Path("/proc").glob("[0-9]*"))))
    finally:
        daemon.end()
    assert 1 == len((tmp_path / "log").read_text().splitlines())
    assert {"config.toml", "log"} == {file.name for file in tmp_path.iterdir()}


def said_to(pid):
    """Whether a process was told to end with this one."""

    def said(process):
        try:
            return f"main({pid})".encode() in (process / "cmdline").read_bytes()
        except OSError:
            return False  # it has gone meanwhile

    return said


def test_the_process_of_the_spool_knows_no_secret(starting, desk, tmp_path):
    """What the environment says to the daemon alone is not there."""
    written(tmp_path, desk)
    daemon = starting(tmp_path, {"INGESTD_HELPDESK__SECRET": "word"})

    environ = Path(f"/proc/{children(daemon.process.pid)['spool']}/environ").read_bytes()

    assert b"PATH=" in environ
    assert b"INGESTD_" not in environ
