"""The section of the helpdesk: where tickets are made, and how sure we must be that they were."""

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from ingestd.config.addresses import is_loopback, split_url
from ingestd.config.oauth import Oauth
from ingestd.config.section import Section
from ingestd.config.values import Duration, OptionalSize, Several, Whole, Zone

PLACEHOLDER = "https://billing.example.com/includes/api.php"
KELIWEB = "https://apiv2.keliweb.it/api/v2/keliweb"
# RFC 6750 section 2.1: anything else would be no header.
TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}=*")


class Helpdesk(Section):
    """Where tickets are made. The order of the fields matters: a check sees only the fields above its own."""

    kind: Literal["embedded", "whmcs", "keliweb"] = "embedded"
    url: str = PLACEHOLDER
    identifier: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    access_key: SecretStr = SecretStr("")
    oauth: Oauth | None = None
    timeout: Duration = timedelta(seconds=30)
    settle: Duration = timedelta(seconds=120)
    concurrency: Whole = Field(default=4, ge=1, le=64)
    marker: bool = True
    max_post: OptionalSize = None
    attachment_types: Annotated[tuple[str, ...], Several] = ()
    format: Literal["text", "markdown"] = "text"
    ca_file: str = ""
    follow_up: Literal["reply", "update"] = "reply"
    on_unknown: Literal["hold", "resend"] = "hold"
    timezone: Zone = "UTC"

    @property
    def token_url(self) -> str:
        """Where Keliweb gives tokens: as configured, else beside its API."""
        parts = urlsplit(self.url)
        return (self.oauth.url if self.oauth else "") or f"{parts.scheme}://{parts.netloc}/oauth/token"

    @field_validator("url")
    @classmethod
    def _reachable(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind == "keliweb" and value == PLACEHOLDER:
            return KELIWEB
        parts = split_url(value)
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("must be scheme, host and path alone; write credentials as identifier and secret")
        if kind == "whmcs" and value == PLACEHOLDER:
            raise ValueError("still names example.com; write the address of your WHMCS's includes/api.php")
        if kind in {"whmcs", "keliweb"} and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("would send the credentials in the clear; write https://, with ca_file for a private CA")
        return value

    @field_validator("identifier", "secret")
    @classmethod
    def _known(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("kind") == "whmcs" and not value.get_secret_value():
            name = str(info.field_name)
            raise ValueError(
                f'must be set for kind = "whmcs"; write it here, as INGESTD_HELPDESK__{name.upper()}, '
                f"or as the systemd credential helpdesk__{name}"
            )
        return value

    @field_validator("identifier", "access_key")
    @classmethod
    def _of_whmcs(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("kind") == "keliweb" and value.get_secret_value():
            raise ValueError('says nothing to kind = "keliweb"; take it away: Keliweb takes [helpdesk.oauth] or secret')
        return value

    @field_validator("secret")
    @classmethod
    def _token(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        token = value.get_secret_value()
        if info.data.get("kind") == "keliweb" and token and not TOKEN.fullmatch(token):
            raise ValueError("is no Bearer token; write the token alone, without blanks and without the word Bearer")
        return value

    @field_validator("oauth")
    @classmethod
    def _one_way(cls, value: Oauth | None, info: ValidationInfo) -> Oauth | None:
        kind, secret = info.data.get("kind"), info.data.get("secret")
        if kind in {"embedded", "whmcs"} and value is not None:
            raise ValueError('is for kind = "keliweb"; take the table away: WHMCS takes identifier and secret')
        if kind == "keliweb" and secret is not None and bool(secret.get_secret_value()) == (value is not None):
            found = "is set beside helpdesk.secret; keep one of them" if value else "must be set, or helpdesk.secret"
            raise ValueError(f"{found}: client_id, client_secret, username and password get tokens, secret is one")
        return value

    @field_validator("settle")
    @classmethod
    def _patient(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        timeout = info.data.get("timeout")
        # Looking before the helpdesk has given up would miss what it still does: the ticket would come twice.
        if timeout is not None and value <= timeout:
            raise ValueError(
                f"{value.total_seconds():g} s must be longer than helpdesk.timeout ({timeout.total_seconds():g} s); "
                "a helpdesk that is still at work would be asked again"
            )
        return value

    @field_validator("attachment_types")
    @classmethod
    def _extensions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word.strip().lower().removeprefix(".") for word in value)

    @field_validator("follow_up")
    @classmethod
    def _by_reply(cls, value: str, info: ValidationInfo) -> str:
        if value == "update" and info.data.get("kind") == "keliweb":
            raise ValueError('"update" needs UpdateTicket, which Keliweb has not; leave it "reply"')
        return value

    @field_validator("on_unknown")
    @classmethod
    def _in_doubt(cls, value: str, info: ValidationInfo) -> str:
        if value == "resend" and info.data.get("kind") != "keliweb":
            raise ValueError('is for kind = "keliweb"; leave it "hold": in a WHMCS a lost answer is looked up')
        return value

    @field_validator("timezone")
    @classmethod
    def _undated(cls, value: str, info: ValidationInfo) -> str:
        if value != "UTC" and info.data.get("kind") == "keliweb":
            raise ValueError('says nothing to kind = "keliweb", which takes no dates; leave it "UTC"')
        return value
