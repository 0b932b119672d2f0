"""Telegram's side of the bot: transport, limits, rendering, errors, updates. The only room that imports `telegram`.

It never sees the store or the portal; `room` builds it, the ports of `bot.ports` are its doors.
"""
