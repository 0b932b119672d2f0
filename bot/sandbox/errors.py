"""Refusals exactly as the Bot API server words them, and the exception that carries one to the envelope.

Texts are those of the server's and TDLib's sources; nothing here decides when one applies.
"""

from typing import Any, Final

NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
QUERY_TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"
OTHER_GET_UPDATES: Final = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE: Final = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
SET_WEBHOOK: Final = "terminated by setWebhook request"
UPGRADED: Final = "group chat was upgraded to a supergroup chat"


class ApiError(Exception):
    """A call that is refused: `code` and `description` of the envelope, and its `parameters` if it has any."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class ControlError(Exception):
    """A request to the control API that cannot be carried out: answered with 400 and this text."""


def bad_request(text: str, parameters: dict[str, Any] | None = None) -> ApiError:
    """400, with the server's prefix."""
    return ApiError(400, f"Bad Request: {text}", parameters)


def forbidden(text: str) -> ApiError:
    """403, with the server's prefix."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """409, with the server's prefix."""
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(seconds: int) -> ApiError:
    """429, telling to come back in `seconds`."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
