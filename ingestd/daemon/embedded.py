"""The embedded helpdesk for a configuration. Loaded only where it is used: it brings a web server and templates."""

import secrets
import sqlite3
from dataclasses import dataclass

from ingestd.config import Config
from ingestd.core.errors import StoreError
from ingestd.daemon.wishes import departments_of
from ingestd.desk import Department, Desk, DeskSettings, KeliwebFace


@dataclass(frozen=True, slots=True)
class Embedded:
    """The embedded helpdesk and what it was made of."""

    desk: Desk
    settings: DeskSettings


def desk_of(config: Config) -> DeskSettings:
    """The embedded helpdesk with the departments that routes and rules name; credentials are made up unless configured."""
    numbers = sorted({1, *(department for _, department in departments_of(config))})
    names = {1: "Support", 2: "Billing"}
    return DeskSettings(
        identifier=config.helpdesk.identifier.get_secret_value() or secrets.token_hex(16),
        secret=config.helpdesk.secret.get_secret_value() or secrets.token_hex(16),
        database=config.desk.database,
        host=config.desk.listen.host,
        port=config.desk.listen.port,
        departments=tuple(Department(number, names.get(number, f"Department {number}")) for number in numbers),
        keliweb=_face_of(config) if config.helpdesk.kind == "keliweb" else None,
    )


def _face_of(config: Config) -> KeliwebFace:
    """Keliweb's face of the embedded helpdesk, for the credentials that are configured."""
    oauth, token = config.helpdesk.oauth, config.helpdesk.secret.get_secret_value()
    return KeliwebFace(*oauth.words, token=token) if oauth else KeliwebFace(token=token)


def embedded_of(settings: DeskSettings) -> Embedded:
    """The embedded helpdesk, its tickets open; StoreError where they cannot be opened."""
    try:
        return Embedded(Desk(settings), settings)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"desk.database {settings.database} cannot be used: {getattr(error, 'strerror', None) or error}"
        ) from error
