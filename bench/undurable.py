"""ingestd without its syncs, for the one benchmark that asks what they cost: nobody else may have this.

    python bench/undurable.py PROGRAM [ARGUMENTS]

The database is in a process of the daemon's own, which runs `off` first.
"""

import os
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def off():
    """No syncs in this process."""
    from ingestd.store import database

    database._WRITER = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in database._WRITER)
    assert any("OFF" in pragma for pragma in database._WRITER)


def begun():
    """As the daemon begins it."""
    from ingestd.store.started import Started

    keeping = f"from ingestd.daemon.spooling import main; main({os.getpid()})"
    return Started(f"import sys; sys.path.append({str(HERE)!r}); import undurable; undurable.off(); {keeping}")


if __name__ == "__main__":
    from ingestd.daemon import spooling

    spooling.begun = begun
    program, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_path(program, run_name="__main__")
