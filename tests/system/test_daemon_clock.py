"""The daemon as a process on a host whose clock is wrong by hours, and then right."""

import os
from pathlib import Path

import pytest
from running import told, until, written

# The program faketime would stand between us and the daemon, and be killed in its place.
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
pytestmark = [
    pytest.mark.storm,
    pytest.mark.skipif(not LIBRARY and not os.environ.get("CI"), reason="faketime is not installed"),
]


@pytest.mark.parametrize("wrong", ["+5h", "-5h"])
def test_a_restart_with_another_time_keeps_nobody_waiting(starting, desk, tmp_path, wrong):
    """What was accepted and put off by a wrong clock is delivered once, at once, by the right one; and the other way."""
    written(tmp_path, desk, retry={"first": "200ms", "longest": "1s", "lifetime": "1h"})
    quirks = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1", "NO_FAKE_STAT": "1"}
    daemon = starting(tmp_path, {"LD_PRELOAD": str(LIBRARY), "FAKETIME": wrong, **quirks})
    daemon.send(f"First {wrong}")
    until(lambda: told(tmp_path, "status")["done"] == 1)
    desk.away()
    daemon.send(f"Put off {wrong}")
    daemon.send(f"New {wrong}")
    until(lambda: told(tmp_path, "status")["deferred"] >= 1)
    daemon.kill()
    desk.become()

    starting(tmp_path)
    until(lambda: told(tmp_path, "status")["done"] == 3)

    assert [1, 1, 1] == [desk.subjects().count(f"{name} {wrong}") for name in ("First", "Put off", "New")]
    assert [] == told(tmp_path, "audit")["faults"]
