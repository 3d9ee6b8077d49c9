"""What the log tells at warning level and above stands in the manual, with what to do."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEVELS = {"warning": "warning", "error": "error", "exception": "error", "critical": "critical"}
ROW = re.compile(r"^\| `([^`]+)` \| (warning|error|critical) \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)


def alarms():
    """(event, level) of each call that tells one; an event that is no literal stands as its place."""
    for path in sorted((ROOT / "ingestd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in LEVELS and re.search(r"(log|told)$", ast.unparse(node.func.value)):
                event = node.args[0]
                known = isinstance(event, ast.Constant)
                yield event.value if known else f"{path.name}:{node.lineno}", LEVELS[node.func.attr]


def told():
    """(event, level) of each row of the manual."""
    return [row[:2] for row in ROW.findall((ROOT / "docs" / "operating.md").read_text())]


def test_every_alarm_is_in_the_manual():
    """By its word and its level, once; and no row is left of what is told no more."""
    assert sorted(set(alarms())) == sorted(told())
