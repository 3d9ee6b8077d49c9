"""A request body to fields: form bodies only, linear in time, off the event loop (the caller's thread)."""

from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

# PHP's max_input_vars.
MAX_FIELDS = 1000


def parse_body(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields of a urlencoded or multipart body; of any other type none, as PHP fills $_POST from no other."""
    kind, options = parse_options_header(content_type)
    match kind:
        case b"application/x-www-form-urlencoded":
            return parse_urlencoded(body)
        case b"multipart/form-data":
            return _parse_multipart(options.get(b"boundary", b""), body)
        case _:
            return {}


def parse_urlencoded(body: bytes) -> dict[str, bytes]:
    """Name and value of each pair; the last of a name wins."""
    pairs = (pair.partition(b"=") for pair in body.split(b"&", MAX_FIELDS)[:MAX_FIELDS])
    return {_unquote(name).decode(errors="replace"): _unquote(value) for name, _, value in pairs if name}


def _unquote(value: bytes) -> bytes:
    value = value.replace(b"+", b" ")
    return unquote_to_bytes(value) if b"%" in value else value


def _parse_multipart(boundary: bytes, body: bytes) -> dict[str, bytes]:
    """The parts that are no files; a body that breaks the format gives the parts before the break."""
    parts = _Parts()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError:
        pass
    return parts.fields


class _Parts:
    """Collects what the parser calls out."""

    def __init__(self) -> None:
        self.fields: dict[str, bytes] = {}
        self.begin()

    def begin(self) -> None:
        self._name, self._value, self._disposition = bytearray(), bytearray(), b""
        self._pieces: list[bytes] = []

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode(errors="replace")
        if name and b"filename" not in options and len(self.fields) < MAX_FIELDS:
            self.fields[name] = b"".join(self._pieces)
