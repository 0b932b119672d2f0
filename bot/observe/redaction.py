"""Takes secrets out of text: out of log lines, pages and metrics. It knows nothing of where the text came from."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: A colon as it is, percent-encoded (once or more often), or escaped as in a `repr` or in JSON.
_COLON = r"(?::|%(?:25)*3[Aa]|\\x3[Aa]|\\u003[Aa])"
#: Anything that looks like a bot's token, ours or not (Bot API, *Authorizing your bot*).
_ANY_TOKEN = re.compile(rf"\d{{6,}}{_COLON}[A-Za-z0-9_-]{{30,}}")
_USER_INFO = re.compile(r"(?<=://)[^\s/@\"'<>]+@")
_KEY_IN_QUERY = re.compile(
    r"(?i)([?&](?:amp;)?(?:[a-z0-9]+[_-])?(?:key|apikey|token|secret|password|passwd|auth|signature|sig)=)"
    r"[^\s&\"'<>#]+"
)
#: A shorter secret is only taken out where it stands alone: it may be a word.
_SURELY_NO_WORD = 12


class Redactor:
    """Replaces `secrets` in every shape in which they may appear, and what looks like one.

    A bot's token is also recognised by its second half alone. Idempotent; never raises.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        shapes = [_shape(secret) for secret in sorted(set(secrets), key=len, reverse=True) if secret]
        self._ours = re.compile("|".join(shapes)) if shapes else None

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        if self._ours is not None:
            text = self._ours.sub("[secret]", text)
        return masked(_ANY_TOKEN.sub("[secret]", text))


def masked(text: str) -> str:
    """`text` with the user names, passwords and keys in its addresses masked."""
    if "://" in text:
        text = _USER_INFO.sub("", text)
    return _KEY_IN_QUERY.sub(r"\1…", text) if "=" in text else text


def _shape(secret: str) -> str:
    number, colon, rest = secret.partition(":")
    if colon and number.isdigit() and rest:
        return rf"(?:{number}{_COLON})?{_alone(rest)}"
    return _alone(secret)


def _alone(secret: str) -> str:
    shape = re.escape(secret)
    return shape if len(secret) >= _SURELY_NO_WORD else rf"(?<![A-Za-z0-9_-]){shape}(?![A-Za-z0-9_-])"
