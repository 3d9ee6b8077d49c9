"""The keys that stand in environment variables, INGESTD_SECTION__KEY. Loaded only where there is one."""

from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from ingestd.config.model import Config


class _Variables(Config, BaseSettings):
    """The file, as its keys are named in the environment. Never made: `load` puts all sources together."""

    model_config = SettingsConfigDict(env_prefix="INGESTD_", env_nested_delimiter="__", enable_decoding=False)


def variables() -> dict[str, Any]:
    """What the environment says, as tables."""
    return EnvSettingsSource(_Variables)()
