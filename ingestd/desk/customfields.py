"""The `customfields` field: base64 of PHP's serialize of {id: text}, lengths in bytes."""

import binascii
import re

import pybase64

_HEAD = re.compile(rb"a:(\d{1,4}):\{")
_KEY = re.compile(rb'(?:i:(\d{1,9})|s:\d{1,2}:"(\d{1,9})");')
_LENGTH = re.compile(rb's:(\d{1,9}):"')


def read_custom_fields(field: bytes) -> dict[str, str]:
    """Field id and value of each; a malformed field gives none, as unserialize would."""
    try:
        serialized = pybase64.b64decode(field, validate=True)
    except (binascii.Error, ValueError):
        return {}
    return _unserialize(serialized)


def _unserialize(serialized: bytes) -> dict[str, str]:
    head = _HEAD.match(serialized)
    if not head:
        return {}
    at, values = head.end(), {}
    for _ in range(int(head[1])):
        key = _KEY.match(serialized, at)
        length = _LENGTH.match(serialized, key.end()) if key else None
        if not key or not length:
            return {}
        end = length.end() + int(length[1])
        if serialized[end : end + 2] != b'";':
            return {}
        values[(key[1] or key[2]).decode()] = serialized[length.end() : end].decode(errors="replace")
        at = end + 2
    return values if serialized[at:] == b"}" else {}
