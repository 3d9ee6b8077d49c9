"""The house as drawn: who imports whom, where foreign types stop, how large a file and a function may be."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "ingestd"
MODULES = {path.relative_to(HOUSE.parent).with_suffix(""): path for path in sorted(HOUSE.rglob("*.py"))}

# Higher imports lower, never the other way and never sideways.
FLOORS = {
    "__main__": 5,
    "cli": 5,
    "daemon": 4,
    "console": 3,
    "smtp": 3,
    "delivery": 3,
    "desk": 3,
    "store": 2,
    "helpdesk": 2,
    "scan": 2,
    "mail": 2,
    "core": 1,
    "lean": 0,
    "yielding": 0,
    "frames": 0,
    "quick": 0,
}
# Leaves stand beside the floors: what they import of ours, and who reads them.
LEAVES = {"config": {"core"}, "telemetry": {"lean"}, "notify": set()}
READERS = {"cli", "daemon"}
ALONE = {"desk"}
PURE = ("core", "mail")

# Foreign packages and the rooms whose door they come through.
DOORS = {
    "aiosmtpd": {"smtp"},
    "httpx": {"helpdesk", "scan"},
    "tenacity": {"helpdesk", "scan"},
    "sqlalchemy": {"store"},
    "email": {"mail"},
    "email.utils": {"mail", "helpdesk"},  # HTTP dates are written as mail's are (RFC 9110 section 5.6.7)
    "starlette": {"desk", "console"},
    "uvicorn": {"desk", "console"},
    "jinja2": {"desk", "console"},
    "pydantic_settings": {"config"},
    "typer": {"cli"},
    "rich": {"cli"},
}
IMPURE = {
    "aiosmtpd", "anyio", "asyncio", "concurrent", "fcntl", "glob", "http", "httpx", "logging", "multiprocessing", "os",
    "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal", "smtplib", "socket", "sqlalchemy",
    "sqlite3", "ssl", "structlog", "subprocess", "tempfile", "threading", "time", "urllib.request", "uuid",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}
DEEDS = {"open", "print", "input", "exec", "eval"}
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def room(module: Path) -> str:
    """ingestd/core/model -> core; ingestd/daemon -> daemon; ingestd/__init__ -> ingestd."""
    return module.parts[1] if len(module.parts) > 1 and module.parts[1] != "__init__" else "ingestd"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> Iterator[str]:
    """Every module imported anywhere in the file, as a dotted name; for type checking alone, too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide the room"
            # from ingestd import notify: the name imported is the room.
            yield from (
                (f"ingestd.{alias.name}" for alias in node.names) if node.module == "ingestd" else [str(node.module)]
            )


def ours(path: Path) -> Iterator[str]:
    """The rooms that a file imports from."""
    for name in imported(path):
        if name.startswith("ingestd.") and name != "ingestd.__version__":
            yield name.split(".")[1]


def allowed(here: str, there: str) -> bool:
    if here == there:
        return True
    if here in LEAVES:
        return there in LEAVES[here]
    if there in LEAVES:
        return here in READERS or FLOORS[here] >= FLOORS["daemon"]
    return here not in ALONE and FLOORS[here] > FLOORS[there]


def test_every_room_is_on_the_plan():
    """A new room gets its floor before it gets its walls."""
    rooms = {room(module) for module in MODULES}

    assert set() == rooms - set(FLOORS) - set(LEAVES) - {"ingestd"}


def test_imports_go_down_only():
    """cli, daemon, {console, smtp, delivery, desk}, {store, helpdesk, mail}, core: down, never sideways or up."""
    wrong = [
        f"{module} imports {there}"
        for module, path in MODULES.items()
        for there in ours(path)
        if room(module) != "ingestd" and not allowed(room(module), there)
    ]

    assert [] == wrong


@pytest.mark.parametrize(
    ("here", "there", "may"),
    [
        ("cli", "daemon", True),
        ("daemon", "smtp", True),
        ("delivery", "store", True),
        ("store", "core", True),
        ("cli", "config", True),
        ("config", "core", True),
        ("smtp", "delivery", False),
        ("store", "helpdesk", False),
        ("core", "mail", False),
        ("mail", "store", False),
        ("desk", "core", False),
        ("delivery", "config", False),
        ("store", "telemetry", False),
        ("telemetry", "core", False),
        ("config", "daemon", False),
        ("daemon", "cli", False),
    ],
)
def test_the_plan_itself(here, there, may):
    """The plan allows and forbids what the design says."""
    assert may == allowed(here, there)


def test_foreign_types_stop_at_the_door():
    """The envelope of aiosmtpd, email.message, httpx and rows are seen in one room each."""
    wrong = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        for name in imported(path)
        if room(module) not in DOORS.get(name, DOORS.get(name.split(".")[0], {room(module)}))
    ]

    assert [] == wrong


def test_core_and_mail_are_pure():
    """What decides and what reads does no I/O, waits for nothing, knows no clock, no chance and no log."""
    wrong = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        for name in imported(path)
        if room(module) in PURE and (name in IMPURE or name.split(".")[0] in IMPURE)
    ]
    deeds = [
        f"{module}:{node.lineno}"
        for module, path in MODULES.items()
        for node in ast.walk(tree(path))
        if room(module) in PURE and is_deed(node)
    ]

    assert [] == wrong + deeds


def is_deed(node: ast.AST) -> bool:
    """Opening files, printing, asking the clock, waiting."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in DEEDS
        case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="datetime" | "date"))):
            return name in CLOCKS
        case ast.AsyncFunctionDef() | ast.Await():
            return True
        case _:
            return False


@pytest.mark.parametrize("code", ["open('x')", "datetime.now(UTC)", "date.today()", "async def f(): await x"])
def test_deeds_are_seen(code):
    """The test for purity sees what it looks for."""
    assert any(is_deed(node) for node in ast.walk(ast.parse(code)))


def test_files_and_functions_fit_in_the_eye():
    """A file tells one story in at most 300 lines, a function in at most 40."""
    files = [str(module) for module, path in MODULES.items() if len(path.read_text().splitlines()) > 300]
    functions = [
        f"{module}:{node.lineno} {node.name}"
        for module, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 40
    ]

    assert [] == files + functions


def test_names_say_something():
    """A module is named by what it does or is."""
    assert [] == [str(module) for module in MODULES if NO_NAMES & set(module.parts)]


def test_modules_keep_no_state():
    """At module level stand constants and the logger: nothing that grows or is set anew while the program runs."""
    wrong = [
        f"{module}:{node.lineno}"
        for module, path in MODULES.items()
        for node in (*tree(path).body, *(node for node in ast.walk(tree(path)) if isinstance(node, ast.Global)))
        if isinstance(node, ast.Global) or is_state(node)
    ]

    assert [] == wrong


def is_state(node: ast.AST) -> bool:
    """A list, dict or set under a lower-case name; upper case says that nobody changes it."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            grows = isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
            return grows and not name.isupper() and not name.startswith("__")
        case _:
            return False


@pytest.mark.parametrize(
    ("code", "state"), [("seen = {}", True), ("seen: list[int] = []", True), ("SIZES = {}", False)]
)
def test_state_is_seen(code, state):
    """The test for state sees what it looks for."""
    assert state == is_state(ast.parse(code).body[0])


def test_every_module_says_what_it_is():
    """A module opens with one sentence, unless it is empty."""
    assert [] == [
        str(module) for module, path in MODULES.items() if tree(path).body and not ast.get_docstring(tree(path))
    ]
