"""getUpdates, setWebhook, deleteWebhook, getWebhookInfo: how updates leave."""

from bot.sandbox.calls import Call
from bot.sandbox.methods.content import Json
from bot.sandbox.state import State


async def get_updates(state: State, call: Call) -> str:
    """https://core.telegram.org/bots/api#getupdates - the result as JSON text, which the queue keeps anyway."""
    state.updates.allow(call.nested("allowed_updates", "allowed_updates"))
    limit = min(max(call.integer("limit", 100), 1), 100)
    batch = await state.updates.get(call.integer("offset"), limit, call.integer("timeout"))
    return "[" + ",".join(update.body for update in batch) + "]"


def set_webhook(state: State, call: Call) -> str:
    """https://core.telegram.org/bots/api#setwebhook - the description that comes with `true`."""
    told = state.webhook.set(call)
    state.journal.add("world", what="webhook", url=state.webhook.url)
    return told


def delete_webhook(state: State, call: Call) -> str:
    """https://core.telegram.org/bots/api#deletewebhook - the description that comes with `true`."""
    told = state.webhook.remove(call)
    state.journal.add("world", what="webhook", url="")
    return told


def get_webhook_info(state: State, call: Call) -> Json:
    """https://core.telegram.org/bots/api#getwebhookinfo"""
    del call
    return state.webhook.info()
