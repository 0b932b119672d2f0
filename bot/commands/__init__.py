"""One module a command: requests in, replies as data out. It speaks neither SQL nor Telegram."""
