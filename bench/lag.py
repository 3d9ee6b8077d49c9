"""ingestd with a clock beside its event loop: how long the loop did not come round. Written to $BENCH_LAG at the end.

A gap counts by the CPU time that the loop's own thread spent in it as well: what a busy machine takes from everybody is
not the loop's fault.
"""

import asyncio
import json
import os
import runpy
import sys
import time
from pathlib import Path

from ingestd.daemon.serve import Daemon

TICK = 0.002
deliver = Daemon.deliver


async def ticking():
    most = {"wall": 0.0, "cpu": 0.0}
    place = Path(os.environ["BENCH_LAG"])
    written = time.monotonic()
    while True:
        began, spent = time.monotonic(), time.thread_time()
        await asyncio.sleep(TICK)
        now = time.monotonic()
        most["wall"] = max(most["wall"], now - began - TICK)
        most["cpu"] = max(most["cpu"], time.thread_time() - spent)
        if now - written > 0.2:
            place.write_text(json.dumps(most))
            written = now
        if place.with_suffix(".reset").exists():
            place.with_suffix(".reset").unlink()
            most = {"wall": 0.0, "cpu": 0.0}


async def delivering(daemon):
    await deliver(daemon)
    daemon._ticking = asyncio.create_task(ticking())


Daemon.deliver = delivering
program, sys.argv = sys.argv[1], sys.argv[1:]
runpy.run_path(program, run_name="__main__")
