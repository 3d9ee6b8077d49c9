"""What the API answers, and how it is written: JSON, XML or the name-value text that nobody wants."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Success:
    """result=success with these fields."""

    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        return "success"


@dataclass(frozen=True, slots=True)
class Failure:
    """result=error. A rule of business is told with status 200."""

    message: str
    status: int = 200

    @property
    def outcome(self) -> str:
        return self.message


Answer = Success | Failure

# XML 1.0 section 2.2: no other control characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Written:
    """An answer ready to be sent."""

    status: int
    content_type: str
    body: bytes


def write(answer: Answer, response_type: str) -> Written:
    """The answer in the form asked for; without one it is name-value text, not JSON."""
    match answer:
        case Success(fields):
            status, tree = 200, {"result": "success", **fields}
        case Failure(message, status):
            tree = {"result": "error", "message": message}
    match response_type.lower():
        case "json":
            return Written(status, "application/json", json.dumps(tree).encode())
        case "xml":
            text = f'<?xml version="1.0" encoding="utf-8"?>\n<whmcsapi version="8.13.0">\n{_xml(tree)}</whmcsapi>'
            return Written(status, "application/xml", text.encode())
        case _:
            return Written(status, "text/plain; charset=utf-8", _nvp(tree).encode())


def _xml(tree: Any) -> str:
    match tree:
        case dict():
            return "".join(_element(key, value) for key, value in tree.items())
        case list():
            return "".join(_element("item", value) for value in tree)
        case _:
            return escape(_NOT_XML.sub("", _scalar(tree)))


def _element(key: str, value: Any) -> str:
    """One element; a list is its element many times over."""
    if isinstance(value, list):
        return "".join(_element(key, item) for item in value)
    tag = f"item{key}" if key[:1].isdigit() else key
    return f"<{tag}>{_xml(value)}</{tag}>\n"


def _nvp(tree: dict[str, Any]) -> str:
    return "".join(f"{key}={_flat(value)};" for key, value in tree.items())


def _flat(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else _scalar(value)


def _scalar(value: Any) -> str:
    """As PHP prints it: true is 1, false and null are nothing."""
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case _:
            return str(value)
