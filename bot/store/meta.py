"""What is kept by name: notes of the store's own, and what the bot makes up once and keeps for ever."""

from __future__ import annotations

import secrets

from bot.store.connection import Database, Transaction

#: Bytes of chance in a secret; 32 make 43 characters of an address.
_STRENGTH = 32
_KEEP = "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)"
_READ = "SELECT value FROM meta WHERE key = ?"
_NOTE = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


def made_up() -> str:
    """A new secret: 43 of `A-Za-z0-9_-`, which both an address and setWebhook's `secret_token` may hold."""
    return secrets.token_urlsafe(_STRENGTH)


async def note(tx: Transaction, key: str, value: object) -> None:
    """Keep `value` under `key`, in place of what was there."""
    await tx.run(_NOTE, (key, value))


class Keepsakes:
    """Secrets by name, made up when first asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def secret(self, name: str) -> str:
        """The secret called `name`; the same at every start."""
        async with self._database.transaction() as tx:
            await tx.run(_KEEP, (f"secret:{name}", made_up()))
            row = await tx.one(_READ, (f"secret:{name}",))
        assert row is not None  # noqa: S101 - it was written a line above
        return str(row["value"])
