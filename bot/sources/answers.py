"""What a portal's answer says beside its body: success or failure, labels, wishes. Opens no connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bot.domain.looks import Validators
from bot.errors import FetchError, Gone

_LONGEST_WISH = timedelta(days=1)
#: More of them are a mistake, and of thousands Python makes no number.
_MOST_DIGITS = 9
_BUSY = frozenset({429, 503})
#: What pages say that stand between a program and the portal, as written in their HTML.
_CHALLENGES = (
    (b"just a moment...</title>", "Cloudflare"),
    (b"_cf_chl_opt", "Cloudflare"),
    (b"/cdn-cgi/challenge-platform/", "Cloudflare"),
    (b"attention required! | cloudflare", "Cloudflare"),
    (b"ddos-guard", "DDoS-Guard"),
    (b"_incapsula_resource", "Imperva"),
    (b"sucuri website firewall", "Sucuri"),
    (b"sucuri_cloudproxy_js", "Sucuri"),
    (b"px-captcha", "PerimeterX"),
    (b"captcha-delivery.com", "DataDome"),
)
#: Of these only the shield's own pages are meant, not an article that mentions it.
_MOST_BYTES_OF_CHALLENGE = 150_000


def refuse_bad_answer(status: int, headers: Mapping[str, str], body: bytes, name: str, now: datetime) -> None:
    """Raise for an answer without a document: `Gone` for 410, else `FetchError` with the portal's own wish."""
    shield = challenger(status, headers, body)
    wish = retry_after(headers.get("Retry-After"), now) if status in _BUSY else None
    if shield:
        raise FetchError(
            f"{name} answers with a challenge for browsers ({shield}): ask the portal to let this program through",
            status=status,
            retry_after=wish,
        )
    if status == HTTPStatus.GONE:
        raise Gone(f"{name} says that this address is gone for good (410)", status=status)
    if not 200 <= status < 300:
        raise FetchError(f"{name} answers {status}{_phrase(status)}", status=status, retry_after=wish)


def challenger(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """Whose challenge page this is, empty where it is none."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "Cloudflare"
    page = "html" in headers.get("Content-Type", "html").lower()
    if not page or status not in {200, 401, 403, 405, 429, 503} or len(body) > _MOST_BYTES_OF_CHALLENGE:
        return ""
    text = body.lower()
    found = next((whose for mark, whose in _CHALLENGES if mark in text), "")
    # The script stands in ordinary pages too: with a good status only the waiting page itself counts.
    return (
        found if found and (status != 200 or b"<title>just a moment" in text or found != "Cloudflare") else ""
    )


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """The header (RFC 9110 §10.2.3), seconds or a date, as a time to wait from `now`, at most a day."""
    if not text:
        return None
    if (digits := text.strip()).isdecimal():
        return (
            _LONGEST_WISH
            if len(digits) > _MOST_DIGITS
            else min(timedelta(seconds=int(digits)), _LONGEST_WISH)
        )
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max(when - now, timedelta()), _LONGEST_WISH)


def validators_of(headers: Mapping[str, str], known: Validators | None = None) -> Validators:
    """What to ask with next time; a 304 need not repeat what is known."""
    known = known or Validators()
    return Validators(headers.get("ETag") or known.etag, headers.get("Last-Modified") or known.last_modified)


def age_of(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long a cache has kept this answer: Age (RFC 9111 §5.1), or how far Date (RFC 9110 §6.6.1) lies back."""
    text = headers.get("Age", "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:10]), 10**8))
    try:
        when = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return timedelta()
    return max(now - (when if when.tzinfo else when.replace(tzinfo=UTC)), timedelta())


def content_type(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """Media type, lower case, and charset as labelled; ``("", None)`` without a label."""
    label = headers.get("Content-Type")
    if not label:
        return "", None
    message = Message()
    message["Content-Type"] = label
    charset = message.get_param("charset")
    return message.get_content_type(), charset if isinstance(charset, str) and charset else None


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
