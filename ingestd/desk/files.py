"""The `attachments` field: base64 of JSON of names and base64 data, read strictly so that careless clients are seen."""

import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

import pybase64

from ingestd.desk.settings import DeskSettings, RefusedFile
from ingestd.desk.text import clean

_ODD = re.compile(r"[^A-Za-z0-9._ -]")
MAX_FILES = 1000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as sent."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Malformed:
    """The field cannot be read."""

    reason: str


def read_uploads(field: bytes) -> tuple[Upload, ...] | Malformed:
    """The files of the field; none where it is empty or the literal "[]"."""
    if field in (b"", b"[]"):
        return ()
    try:
        listed = json.loads(pybase64.b64decode(field, validate=True))
        return tuple(_upload(item) for item in _bounded(listed))
    # A deep nest of brackets ends json's recursion.
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError):
        return Malformed("Attachments could not be decoded")


def _bounded(listed: Any) -> list[Any]:
    if not isinstance(listed, list) or len(listed) > MAX_FILES:
        raise TypeError
    return listed


def _upload(item: Any) -> Upload:
    name, data = item["name"], item["data"]
    if not isinstance(name, str) or not isinstance(data, str):
        raise TypeError
    return Upload(clean(name), pybase64.b64decode(data.encode("ascii"), validate=True))


def admit(settings: DeskSettings, uploads: tuple[Upload, ...]) -> tuple[Upload, ...] | Malformed:
    """The files that this installation takes, under the names that it keeps."""
    taken = tuple(upload for upload in uploads if allowed(settings, upload.name))
    if len(taken) < len(uploads) and settings.refused_file is RefusedFile.ERROR:
        return Malformed("The file you tried to upload is not allowed.")
    return tuple(Upload(kept_name(settings, upload.name), upload.data) for upload in taken)


def allowed(settings: DeskSettings, name: str) -> bool:
    """Whether the extension is on the list; an empty list allows all."""
    _, dot, extension = name.rpartition(".")
    types = {kind.lower().lstrip(".") for kind in settings.attachment_types}
    return not types or bool(dot and extension.lower() in types)


def kept_name(settings: DeskSettings, name: str) -> str:
    """The name without folders and, where switched on, without odd characters."""
    name = re.split(r"[/\\]", name)[-1]
    return _ODD.sub("", name) if settings.plain_file_names else name
