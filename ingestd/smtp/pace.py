"""How slowly a peer may send one mail. No I/O, no clock."""


class Pace:
    """The seconds that a peer has left, as Postfix counts them (smtpd_min_data_rate).

    It starts with `timeout`. Waiting spends seconds, each byte earns 1 / `rate` of one, and more than `timeout` is
    never saved: so a slow line brings the largest mail, silence ends after `timeout`, and a byte a minute soon after.
    """

    def __init__(self, timeout: float, rate: int) -> None:
        self._timeout = timeout
        self._rate = rate
        self.left = timeout

    def went(self, seconds: float, count: int) -> None:
        """So long was waited for so many bytes."""
        self.left = min(self._timeout, self.left - seconds + count / self._rate)
