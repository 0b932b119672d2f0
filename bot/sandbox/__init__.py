"""A local Telegram Bot API server, strict where a careless bot would go wrong.

A program of its own (`python -m bot.sandbox`): the bot reaches it by URL only and cannot tell it from
Telegram. It imports nothing from the rest of `bot/`, and nothing there imports it. It never leaves the
loopback interface.
"""
