"""The time that a peer has."""

import math

from aiosmtpd.smtp import SMTP


class Timed(SMTP):
    """A timer that rang too early is wound again: cheaper than to wind it at every word."""

    _expires = math.inf
    _wound = False

    def _reset_timeout(self, duration: float | None = None) -> None:
        self._expires = self.loop.time() + (duration or self._timeout_duration)
        if self._timeout_handle is None or not self._wound or self._timeout_handle.when() > self._expires:
            self._wind()

    def _stop_timeout(self) -> None:
        self._expires = math.inf

    def _wind(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_at(self._expires, self._rung)
        self._wound = True

    def _rung(self) -> None:
        self._wound = False
        if self.loop.time() >= self._expires:
            self._timeout_cb()  # type: ignore[no-untyped-call] # the library types this method not at all
        elif self._expires < math.inf:
            self._wind()
