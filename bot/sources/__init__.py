"""From bytes on the wire to documents: fetching, parsing in a child process, reading lists of pages.

Nothing here knows SQL or Telegram, or whether a headline is new.
"""
