"""Libraries without what they load by chance."""

import sys

import pytest

from ingestd.lean import without


def test_a_module_is_away_and_comes_back():
    """Inside it cannot be imported, though it is loaded; afterwards it is the one that it was."""
    import wave

    with without("wave"), pytest.raises(ImportError):
        import wave as _gone  # noqa: F401

    assert sys.modules["wave"] is wave


def test_a_module_that_nobody_loaded_can_be_loaded_afterwards():
    """Even where something went wrong inside."""
    sys.modules.pop("wave", None)

    with pytest.raises(RuntimeError), without("wave"):
        raise RuntimeError

    assert "wave" not in sys.modules
