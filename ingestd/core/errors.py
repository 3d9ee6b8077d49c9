"""The three exceptions of the house; everything else that may happen is a value."""


class ConfigError(Exception):
    """The configuration cannot be used; `faults` are sentences that name line, key and remedy."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StoreError(Exception):
    """The spool cannot be read or written now; the sender keeps the mail (451)."""


class LeaseLost(Exception):  # noqa: N818 - the design's word
    """The entry belongs to somebody else by now: write nothing, stop."""
