"""Queue ids: 20 letters and digits that sort as the mails were accepted and that nobody can guess."""

import secrets

# Crockford's base 32: no I, L, O, U; in ASCII order, so that ids sort as their numbers do.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HALF = 10
_RANDOM_BITS = 5 * _HALF
# Steps of 10 microseconds fill fifty bits in the year 2326.
_STEPS = 100_000


def next_id(last: str, now: float) -> str:
    """An id after `last` (or "" for none): the time in its first half, fifty random bits in the second.

    A clock that steps back does not matter: the first half is then that of `last`, plus one.
    """
    step = max(int(now * _STEPS), _number(last[:_HALF]) + 1)
    return _text(step) + _text(secrets.randbits(_RANDOM_BITS))


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 32 + ALPHABET.index(letter)
    return number


def _text(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(_RANDOM_BITS - 5, -5, -5))
