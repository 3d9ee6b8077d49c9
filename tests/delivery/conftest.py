"""Benches for deliveries, in one event loop."""

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from delivering import Bench, bench_of, settings

from ingestd.desk import Desk

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """One event loop for the folder: the processes of the parser belong to a loop, and take a second to start."""
    for item in items:
        if item.path.parent == HERE and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
def kind():
    """The helpdesk that is spoken to; a test over both kinds is marked so."""
    return "whmcs"


@pytest_asyncio.fixture(loop_scope="session")
async def bench(tmp_path, kind):
    made = settings(kind)
    desk = Desk(made)
    await desk.start()
    yield bench_of(tmp_path, desk, made)
    await desk.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def bench_with(tmp_path, kind):
    """Benches, each with a helpdesk of its own, of these settings."""
    desks = []

    async def make(**changes: Any) -> Bench:
        made = settings(**{"kind": kind, **changes})
        desk = Desk(made)
        await desk.start()
        desks.append(desk)
        folder = tmp_path / f"bench {len(desks)}"
        folder.mkdir()
        return bench_of(folder, desk, made)

    yield make
    for desk in desks:
        await desk.stop()
