"""Which parser reads marked-up text: TDLib's own (`html_tdlib`) if installed, else ours (`html_plain`)."""

from bot.sandbox import html_tdlib
from bot.sandbox.html_plain import PlainParser
from bot.sandbox.markup import Parser


def choose_parser(name: str = "auto") -> Parser:
    """`tdlib`, `plain`, or the better one of those that are there (`auto`).

    Raises ImportError for `tdlib` without the library, ValueError for another name.
    """
    if name not in {"auto", "tdlib", "plain"}:
        raise ValueError(f"no such parser: {name}")
    found = None if name == "plain" else html_tdlib.load()
    if found is None and name == "tdlib":
        raise ImportError("tdjson is not installed")
    return found or PlainParser()
