"""A desk in a thread, daemons as processes, and everything of them ended."""

import pytest
from running import DeskThread, Ingestd, Manager, knocked, until, written


@pytest.fixture(scope="module")
def desk():
    """A helpdesk that answers on loopback for as long as the module runs."""
    with DeskThread() as running:
        yield running


@pytest.fixture(scope="module")
def starting():
    """Starts daemons on the config of a folder; those that still run are ended with the module."""
    started = []

    def start(folder, environ=None, before=(), knock=None):
        daemon = Ingestd(folder, Manager(), environ or {}, before)
        started.append(daemon)
        if knock:
            until(lambda: knocked(knock))
        daemon.manager.until(lambda said: "READY=1" in said)
        return daemon

    yield start
    for daemon in started:
        daemon.end()


@pytest.fixture(scope="module")
def beside(desk, starting, tmp_path_factory):
    """A daemon that runs through the whole module, and tells its manager often."""
    folder = tmp_path_factory.mktemp("beside")
    written(folder, desk)
    return starting(folder, {"WATCHDOG_USEC": "200000"})
