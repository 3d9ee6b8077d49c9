"""The section of the helpdesk: where tickets are made, and how sure we must be that they were."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from ingestd.config.addresses import is_loopback, split_url
from ingestd.config.section import Section, refuse
from ingestd.config.values import Duration, OptionalSize, Several, Whole, Zone

PLACEHOLDER = "https://billing.example.com/includes/api.php"


class Helpdesk(Section):
    """Where tickets are made. The order of the fields matters: a check sees only the fields above its own."""

    kind: Literal["embedded", "whmcs", "keliweb"] = "embedded"
    url: str = PLACEHOLDER
    identifier: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    access_key: SecretStr = SecretStr("")
    oauth: dict[str, SecretStr] | None = None
    timeout: Duration = timedelta(seconds=30)
    settle: Duration = timedelta(seconds=120)
    concurrency: Whole = Field(default=4, ge=1, le=64)
    marker: bool = True
    max_post: OptionalSize = None
    attachment_types: Annotated[tuple[str, ...], Several] = ()
    format: Literal["text", "markdown"] = "text"
    ca_file: str = ""
    follow_up: Literal["reply", "update"] = "reply"
    timezone: Zone = "UTC"

    @field_validator("kind")
    @classmethod
    def _built(cls, value: str) -> str:
        if value == "keliweb":
            raise ValueError('"keliweb" is not built yet; use "embedded" or "whmcs"')
        return value

    @field_validator("url")
    @classmethod
    def _reachable(cls, value: str, info: ValidationInfo) -> str:
        parts = split_url(value)
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("must be scheme, host and path alone; write credentials as identifier and secret")
        if info.data.get("kind") == "whmcs" and value == PLACEHOLDER:
            raise ValueError("still names example.com; write the address of your WHMCS's includes/api.php")
        if info.data.get("kind") == "whmcs" and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
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

    @field_validator("oauth")
    @classmethod
    def _no_oauth(cls, value: Any) -> None:
        refuse(value is not None, "take the table away; WHMCS takes identifier and secret")

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
    def _by_reply(cls, value: str) -> str:
        refuse(value == "update", 'use "reply" and allow AddTicketReply in the API role')
        return value
