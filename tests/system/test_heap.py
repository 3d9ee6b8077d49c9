"""What a large mail needed is not kept for the next."""

import subprocess
import sys

PROGRAM = """
from ingestd.daemon.heap import give_back_large_blocks

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

give_back_large_blocks()
before = resident()
kept = []
for _ in range(2):
    pairs = [(bytearray(1 << 20), bytes(1_000)) for _ in range(40)]
    kept += [small for _, small in pairs]
    del pairs
print(resident() - before)
"""


def test_chunks_go_back_to_the_system_when_they_are_free():
    """Also where something small was put behind them."""
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)

    assert int(told.stdout) < 4 << 20
