"""The shapes of ids and lists, which differ between installations and between actions of one."""

from collections.abc import Sequence
from typing import Any, assert_never

from ingestd.desk.settings import DeskSettings, EmptyList, ListShape


def ticket_id(settings: DeskSettings, value: int) -> str | int:
    """An id as ticket actions write it: text in the documentation."""
    return str(value) if settings.string_ids else value


def wrapped(settings: DeskSettings, outer: str, inner: str, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A list in its wrapper, {outer: {inner: [...]}}, to be merged into the answer."""
    if not items:
        return _empty(settings.empty_list, outer, inner)
    return {outer: {inner: _filled(settings.list_shape, items)}}


def _filled(shape: ListShape, items: Sequence[dict[str, Any]]) -> Any:
    match shape:
        case ListShape.LIST:
            return list(items)
        case ListShape.INDEXED:
            return {str(index): item for index, item in enumerate(items)}
        case ListShape.BARE:
            return items[0] if len(items) == 1 else list(items)
        case _:
            assert_never(shape)


def _empty(shape: EmptyList, outer: str, inner: str) -> dict[str, Any]:
    match shape:
        case EmptyList.WRAPPED:
            return {outer: {inner: []}}
        case EmptyList.LIST:
            return {outer: []}
        case EmptyList.STRING:
            return {outer: ""}
        case EmptyList.OBJECT:
            return {outer: {}}
        case EmptyList.MISSING:
            return {}
        case _:
            assert_never(shape)
