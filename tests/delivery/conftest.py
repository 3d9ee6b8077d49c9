"""Benches for deliveries, in one event loop."""

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from delivering import Bench, settings

from ingestd.desk import Desk

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """One event loop for the folder: the processes of the parser belong to a loop, and take a second to start."""
    for item in items:
        if item.path.parent == HERE and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def bench(tmp_path):
    made = settings()
    desk = Desk(made)
    await desk.start()
    yield Bench(tmp_path, desk, made)
    await desk.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def bench_with(tmp_path):
    """Benches, each with a helpdesk of its own, of these settings."""
    desks = []

    async def make(**changes: Any) -> Bench:
        made = settings(**changes)
        desk = Desk(made)
        await desk.start()
        desks.append(desk)
        folder = tmp_path / f"bench {len(desks)}"
        folder.mkdir()
        return Bench(folder, desk, made)

    yield make
    for desk in desks:
        await desk.stop()
