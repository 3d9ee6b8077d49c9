"""What runs where the database is, by its name: whoever asks need not load it, nor be in the same process."""

import copyreg
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from ingestd.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Far:
    """A function of a module of this room; called, it is that function."""

    module: str
    name: str

    def __call__(self, *given: Any, **named: Any) -> Any:
        return _found(self.module, self.name)(*given, **named)


@dataclass(frozen=True, slots=True)
class Room:
    """A module of this room, not loaded: each name of it is a function from afar."""

    module: str

    def __getattr__(self, name: str) -> Far:
        return Far(self.module, name)


# Half of what is asked is a name and what goes with it: by a number nobody looks for these two each time (PEP 307).
copyreg.add_extension(__name__, "Far", 250)
copyreg.add_extension("functools", "partial", 251)


@lru_cache(128)
def _found(module: str, name: str) -> Any:
    return getattr(import_module(f"ingestd.store.{module}"), name)
