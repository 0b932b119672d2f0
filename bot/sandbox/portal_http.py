"""The last step of every answer: validators, 304 (RFC 9110 section 13), gzip and safety headers.

It knows nothing of news. Answers that already stream, and errors, go out as they are.
"""

import hashlib
import re

from aiohttp import web

_COMPRESSIBLE = ("text/", "application/")
_SMALL = 256
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"


def finish(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """`response` with an ETag made from its body, or a 304 if the client has it already; gzipped if welcome."""
    if not isinstance(response, web.Response) or response.prepared or response.status != 200:
        return response
    body = response.body if isinstance(response.body, bytes) else b""
    # Weak, because the gzipped and the plain answer share it.
    response.headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = _POLICY
    if _known(request, response):
        return _not_modified(response)
    if len(body) > _SMALL and response.content_type.startswith(_COMPRESSIBLE) and _takes_gzip(request):
        response.enable_compression(web.ContentCoding.gzip)
    return response


def _known(request: web.Request, response: web.Response) -> bool:
    tags, own = request.if_none_match, response.etag
    if tags is not None and own is not None:
        # If-Modified-Since does not count beside it (section 13.1.3).
        return any(tag.value in {"*", own.value} for tag in tags)
    since, modified = request.if_modified_since, response.last_modified
    return since is not None and modified is not None and modified <= since


def _not_modified(response: web.Response) -> web.Response:
    kept = {name: response.headers[name] for name in ("ETag", "Vary", "Cache-Control")}
    if "Last-Modified" in response.headers:
        kept["Last-Modified"] = response.headers["Last-Modified"]
    return web.Response(status=304, headers=kept)


def _takes_gzip(request: web.Request) -> bool:
    accepted = request.headers.get("Accept-Encoding", "")
    return re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", accepted, re.IGNORECASE) is not None
