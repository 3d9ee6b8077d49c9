"""What is shipped: versions that agree, dependencies that are bounded and used, a changelog that names the version."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
# Parts of what is declared: pydantic-settings is made of pydantic, and typer draws with rich.
FACES = {"pydantic": "pydantic-settings", "pydantic_core": "pydantic-settings", "rich": "typer"}
CONSTRAINTS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower()


def imported_packages() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in (ROOT / "ingestd").rglob("*.py")]
    names = {
        alias.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {str(node.module) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"ingestd"}


def test_the_version_stands_once():
    """The installed version is the one that pyproject.toml names."""
    assert PROJECT["version"] == version("ingestd")


def test_dependencies_are_bounded_on_both_sides():
    """A new major of a library comes in when somebody has tried it."""
    assert [] == [one for one in REQUIREMENTS if ">=" not in one or "<" not in one]


def test_what_is_imported_is_declared():
    """Nothing is used that only comes along with another package."""
    declared = {name_of(one) for one in PROJECT["dependencies"]}
    distributions = packages_distributions()

    missing = {
        package
        for package in imported_packages()
        if not declared & {name.lower() for name in distributions[package]} and FACES.get(package) not in declared
    }

    assert set() == missing


def test_constraints_pin_every_dependency():
    """CI installs names and versions that were tried; no addresses."""
    pinned = {name.lower() for name in CONSTRAINTS}

    assert [] == [one for one in REQUIREMENTS if name_of(one) not in pinned]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in CONSTRAINTS)
    assert all(re.fullmatch(r"[0-9A-Za-z.+]+", version) for version in CONSTRAINTS.values())


def test_the_readme_opens_with_the_two_commands():
    """Both commands stand in the README as they are run."""
    text = (ROOT / "README.md").read_text()

    assert "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/ingestd demo\n" in text
    assert "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest\n" in text


def test_the_changelog_knows_this_version():
    """Each version has its heading, the one in work too."""
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert "Unreleased" in headings or PROJECT["version"] in headings


def test_links_between_documents_lead_somewhere():
    """A relative link names a file that is there."""
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    links = [
        (document, target)
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    ]

    assert [] == [f"{document.name}: {target}" for document, target in links if not (document.parent / target).exists()]
