"""Queue ids: 20 letters and digits that sort as the mails were accepted and that nobody can guess."""

import os
from collections.abc import Callable, Iterator

# Crockford's base 32: no I, L, O, U; in ASCII order, so that ids sort as their numbers do.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HALF = 10
_LOWER = 20
_AHEAD = 64
# Each byte is as likely as any other, and so is each letter.
_LETTERS = (ALPHABET * 8).encode()
_PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
# Steps of 10 microseconds fill fifty bits in the year 2326.
_STEPS = 100_000


def next_ids(last: str, clock: Callable[[], float]) -> Iterator[str]:
    """Ids after `last` (or "" for none), without end: time in the first half, fifty random bits in the second.

    A clock that steps back does not matter: the first half is then that of the one before, plus one.
    """
    step = _number(last[:_HALF])
    upper, said = -1, ""
    for random in _random():
        step = max(int(clock() * _STEPS), step + 1)
        # The upper six letters stay for ten seconds.
        if step >> _LOWER != upper:
            upper = step >> _LOWER
            said = _text(step)[:-4]
        yield f"{said}{_PAIRS[step >> 10 & 1023]}{_PAIRS[step & 1023]}{random}"


def _random() -> Iterator[str]:
    """Ten letters that nobody can guess, again and again. One read serves many: each lets other threads go first."""
    while True:
        drawn = os.urandom(_HALF * _AHEAD).translate(_LETTERS).decode()
        for start in range(0, len(drawn), _HALF):
            yield drawn[start : start + _HALF]


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 32 + ALPHABET.index(letter)
    return number


def _text(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in (40, 30, 20, 10, 0)])
