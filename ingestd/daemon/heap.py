"""How the C library keeps memory for this process."""

import contextlib
import ctypes
from typing import Final

_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD of mallopt(3)
_LARGE: Final = 262_144


def give_back_large_blocks() -> None:
    """Memory of a chunk of mail goes back to the system as soon as it is free; without effect where glibc is not.

    By itself glibc takes the first such block that is freed as a sign that more will come, and from then on keeps
    them among the small ones, in each thread apart: several times the chunk for one large mail.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)
