"""From files, credentials and environment to one Config, or to every fault at once."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingestd.config.certificate import PAIR, Unusable, certified
from ingestd.config.faults import PREFIX, Origins, is_taken, sentences, unmatched
from ingestd.config.lines import key_lines
from ingestd.config.model import Config
from ingestd.core.errors import ConfigError

SYSTEM_WIDE = Path("/etc/ingestd/config.toml")
HERE = Path("config.toml")

Tables = dict[str, Any]


def load(path: Path | None = None, *, serving: bool = False) -> Config:
    """The configuration of this file, else of ./config.toml, else of /etc/ingestd/config.toml.

    The environment (INGESTD_SECTION__KEY) goes before systemd's credentials (section__key), and both before the file.
    Relative paths become absolute, from the folder of the file. ConfigError names every fault there is; those of the
    certificate only for who is `serving`: its key is the daemon's alone to read.
    """
    file = path or _found()
    text = _read(file)
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    secrets, unread = _credentials(folder, names := _names(folder))
    tables = merged(_parsed(file, text), merged(secrets, _environment()))
    origins = Origins(str(file), key_lines(text), names, tuple(os.environ))
    base = file.absolute().parent
    faults = [*unread, *unmatched(origins), *_missing_files(tables, base, origins)]
    if serving:
        faults += _certificate(tables, base, origins)
    try:
        config = Config(**tables)
    except ValidationError as wrong:
        faults += sentences(wrong, origins)
    if faults:
        # Suppressed context: pydantic's own report repeats the values, and a value may be a secret.
        raise ConfigError(tuple(sorted(dict.fromkeys(faults), key=origins.line_of))) from None
    return rooted(config, base)


def rooted(config: Config, base: Path) -> Config:
    """The same with its relative paths made absolute, from this folder."""
    database = config.spool.url.removeprefix("sqlite:///")
    spool = config.spool.model_copy(update={"url": f"sqlite:///{base / database}"})
    desk = config.desk.model_copy(update={"database": str(base / config.desk.database)})
    ca_file = str(base / config.helpdesk.ca_file) if config.helpdesk.ca_file else ""
    helpdesk = config.helpdesk.model_copy(update={"ca_file": ca_file})
    pair = {name: str(base / path) for name in PAIR if (path := getattr(config.smtp, name))}
    smtp = config.smtp.model_copy(update=pair)
    return config.model_copy(update={"smtp": smtp, "spool": spool, "desk": desk, "helpdesk": helpdesk})


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Tables:
    """Both tables in one; where both have a value, the one above stands, lists as a whole."""
    both = {
        key: merged(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return {**below, **both}


def _found() -> Path:
    for file in (HERE, SYSTEM_WIDE):
        if file.exists():
            return file
    raise ConfigError((f"no {HERE} here and no {SYSTEM_WIDE}; name one with --config FILE",))


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as wrong:
        reason = wrong.strerror or "cannot be read"
        raise ConfigError((f"{file}: {reason}; name a file that can be read with --config FILE",)) from None
    except UnicodeDecodeError as wrong:
        line = wrong.object[: wrong.start].count(b"\n") + 1
        raise ConfigError((f"{file}:{line}: is not UTF-8; save the file as UTF-8",)) from None


def _parsed(file: Path, text: str) -> Tables:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError((_syntax(file, text, str(wrong)),)) from None


def _syntax(file: Path, text: str, said: str) -> str:
    what, _, place = said.rpartition(" (at ")
    line = place.removeprefix("line ").partition(",")[0]
    line = line if line.isdigit() else str(text.count("\n") + 1)
    return f'{file}:{line}: is not TOML: {what}; write key = value, with text in "quotes"'


def _names(folder: str) -> tuple[str, ...]:
    # A credential without "__" is no key of ours, but a file that some key may name (a CA, a certificate).
    found = sorted(file.name for file in Path(folder).iterdir()) if folder and Path(folder).is_dir() else []
    return tuple(name for name in found if "__" in name)


def _credentials(folder: str, names: tuple[str, ...]) -> tuple[Tables, list[str]]:
    """The credentials as tables, and a fault for each that is no text."""
    tables: Tables = {}
    faults: list[str] = []
    for name in names:
        path = tuple(name.lower().split("__"))
        if not is_taken(path):
            continue  # `unmatched` says so
        try:
            value: Any = Path(folder, name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            faults.append(f"credential {name}: {'.'.join(path)}: cannot be read as UTF-8 text; write the value alone")
            continue
        for key in reversed(path):
            value = {key: value}
        tables = merged(tables, value)
    return tables, faults


def _environment() -> Tables:
    if not any(name.upper().startswith(PREFIX) for name in os.environ):
        return {}
    from ingestd.config.environment import variables  # noqa: PLC0415 - it loads readers for every kind of source

    return variables()


def _missing_files(tables: Tables, base: Path, origins: Origins) -> Iterator[str]:
    helpdesk = tables.get("helpdesk")
    name = helpdesk.get("ca_file") if isinstance(helpdesk, dict) else None
    if isinstance(name, str) and name and not (base / name).is_file():
        yield origins.fault(("helpdesk", "ca_file"), f"{name!r} is no file; write the path of a PEM file")


def _certificate(tables: Tables, base: Path, origins: Origins) -> Iterator[str]:
    smtp = tables.get("smtp")
    names = [smtp.get(name, "") if isinstance(smtp, dict) else "" for name in PAIR]
    if all(isinstance(name, str) for name in names):
        wrong = certified(*(str(base / name) if name else "" for name in names))
        if isinstance(wrong, Unusable):
            yield origins.fault(("smtp", wrong.key), wrong.saying)
