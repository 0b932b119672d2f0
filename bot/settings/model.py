"""Every setting of product.md §2 with its default; the order here is the order of `.env.example`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.schedule import QuietHours
from bot.settings import values
from bot.settings.tables import Channel, Feed
from bot.settings.values import Address

_SECOND, _HOUR, _DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def _number(lowest: int, highest: int) -> BeforeValidator:
    return BeforeValidator(values.whole(lowest, highest))


def _time(unit: timedelta, lowest: float, highest: int, name: str) -> BeforeValidator:
    return BeforeValidator(values.duration(unit, lowest, highest, name))


def _word(*choices: str) -> BeforeValidator:
    return BeforeValidator(values.one_of(*choices))


def _optional(reader: values.Reader, nothing: object = None) -> BeforeValidator:
    return BeforeValidator(values.optional(reader, nothing))


_Truth = Annotated[bool, BeforeValidator(values.truth)]


class Settings(BaseSettings):
    """All settings, checked and frozen. It looks nowhere itself: `bot.settings.load` gathers.

    Durations are `timedelta`; secrets are `SecretStr`, so no `repr` shows them. What `FEED_URL` and
    `[[feeds]]`, or `CHANNELS` and `[[channels]]`, say together is `feeds` and `channels`.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, enable_decoding=False, validate_default=False
    )

    telegram_token: Annotated[SecretStr, BeforeValidator(values.token)]
    telegram_api_url: Annotated[str, BeforeValidator(values.root_url)] = "https://api.telegram.org"
    feed_list: Annotated[tuple[str, ...], BeforeValidator(values.urls)] = Field(
        (), validation_alias="FEED_URL"
    )
    channel_list: Annotated[tuple[str, ...], BeforeValidator(values.chats)] = Field(
        (), validation_alias="CHANNELS"
    )
    popular_url: Annotated[str, _optional(values.url, "")] = ""
    poll_interval: Annotated[timedelta, _time(_SECOND, 1, 86_400, "seconds")] = timedelta(seconds=30)
    first_run_posts: Annotated[int, _number(0, 2000)] = 1
    max_age_hours: Annotated[timedelta, _time(_HOUR, 0.01, 876_000, "hours")] = timedelta(hours=24)
    surge_limit: Annotated[int, _number(0, 1_000_000)] = 30
    database_path: Path = Path("data/kabarbot.db")
    timezone: Annotated[ZoneInfo, BeforeValidator(values.zone)] = ZoneInfo("Asia/Jakarta")
    post_language: Annotated[Literal["id", "en"], _word("id", "en")] = "id"
    ops_chat: Annotated[str, _optional(values.private_group, "")] = ""
    admins: Annotated[tuple[int, ...], _optional(values.user_ids, ())] = ()
    quiet_hours: Annotated[QuietHours | None, _optional(values.quiet)] = None
    post_style: Annotated[Literal["text", "photo"], _word("text", "photo")] = "text"
    link_preview: Annotated[Literal["large", "small", "off"], _word("large", "small", "off")] = "large"
    follow_edits: _Truth = True
    edit_note: _Truth = False
    broadcast_rate: Annotated[int, _number(1, 1000)] = 30
    channel_rate: Annotated[int, _number(1, 100_000)] = 20
    paid_stars_a_day: Annotated[int, _number(0, 10_000_000)] = 0
    uncertain_wait: Annotated[timedelta, _time(_SECOND, 1, 86_400, "seconds")] = timedelta(seconds=60)
    http_address: Annotated[Address | None, _optional(values.address)] = Address("127.0.0.1", 8080)
    public_url: Annotated[str, BeforeValidator(values.public_url)] = ""
    webhook_address: Annotated[Address | None, _optional(values.address)] = None
    webhook_secret: Annotated[SecretStr, BeforeValidator(values.webhook_secret)] = SecretStr("")
    keep_days: Annotated[timedelta, _time(_DAY, 1, 36_500, "days")] = timedelta(days=365)
    config_file: Path = Path("kabarbot.toml")
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _word("debug", "info", "warning", "error")
    ] = "info"
    log_format: Annotated[Literal["console", "json"], _word("console", "json")] = "console"

    feed_tables: tuple[Feed, ...] = Field((), validation_alias="[[feeds]]")
    channel_tables: tuple[Channel, ...] = Field((), validation_alias="[[channels]]")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the library's own signature)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what `load` hands over."""
        return (init_settings,)

    @field_validator("*", mode="before")
    @classmethod
    def _without_quotes(cls, value: object) -> object:
        return values.unquoted(value)

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Every feed once: the tables, then the addresses of `FEED_URL` that have none."""
        named = {feed.url for feed in self.feed_tables}
        flat = (Feed(url=url) for url in dict.fromkeys(self.feed_list) if url not in named)
        return (*self.feed_tables, *flat)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every channel once: the tables, then the chats of `CHANNELS` that have none."""
        named = {channel.chat.casefold() for channel in self.channel_tables}
        flat = (Channel(chat=chat) for chat in self.channel_list if chat.casefold() not in named)
        return (*self.channel_tables, *flat)


def known_names() -> tuple[str, ...]:
    """The settings' names as an operator writes them, in the order of product.md §2; no tables."""
    every = (str(info.validation_alias or name.upper()) for name, info in Settings.model_fields.items())
    return tuple(name for name in every if not name.startswith("["))
