"""What others call: Telegram with updates, WebSub hubs with news. It checks secrets and hands over; no more.

A listener of its own at `WEBHOOK_ADDRESS`, with the two secret paths and nothing else (product.md §7).
"""
