"""ingestd without its syncs, for the one benchmark that asks what they cost: nobody else may have this."""

import runpy
import sys

from ingestd.store import database

database._WRITER = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in database._WRITER)
assert any("OFF" in pragma for pragma in database._WRITER)
program, sys.argv = sys.argv[1], sys.argv[1:]
runpy.run_path(program, run_name="__main__")
