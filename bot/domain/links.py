"""The address of an article: folded, joined, judged and labelled. Nothing here opens a connection.

Two addresses of one page fold into one canonical link (product.md §4.4). Folding is for comparing only:
readers are always sent to the link that the portal wrote.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from bot.domain import article_paths

_HTTP = frozenset({"http", "https"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_PREFIXES = ("www.", "m.", "amp.")
#: Second levels under which a name is registered: in `m.co.id` the `m` is the site itself.
_SECOND_LEVEL_NAMES = "ac biz co com desa edu go gov mil my net or org ponpes sch web"
_SECOND_LEVELS = frozenset(_SECOND_LEVEL_NAMES.split())
_TRACKING_NAMES = (
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh mibextid srsltid"
    " li_fat_id mc_cid mc_eid _ga _gl _hsenc _hsmi mkt_tok vero_id oly_anon_id oly_enc_id wickedid epik"
    " at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 ns_mchannel ns_source ns_campaign"
    " ns_linkname ns_fee ocid ftag cmpid ref ref_src ref_url tag_from"
)
_TRACKING = frozenset(_TRACKING_NAMES.split())
#: Parameters that name a view of the page and not another page.
_VIEWS = frozenset(
    {"amp", "amp=1", "amp=true", "outputtype=amp", "view=amp", "single=1", "page=all", "page=1"}
)
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
#: Characters of an address; browsers and servers give up long before.
LONGEST = 4096
#: Characters of a host with its port that anybody may have (RFC 1035 §2.3.4).
_LONGEST_HOST = 260
_LEFT_OUT = dict.fromkeys((*range(32), 0x7F))


def canonical(link: str) -> str:
    """The form in which two links of one page are equal; text that is no web address is only trimmed.

    Folds scheme, case of the host, IDNA, default port, user name, ``www.``/``m.``/``amp.``, AMP's forms of a
    path, dot segments, percent-encoding (RFC 3986 §6.2.2), trailing slash, fragment and tracking parameters.
    What is left of the query is sorted by name: the order of parameters names no other page, while
    the order of one repeated name may, and is kept.
    """
    parts = parts_of(link)
    if parts is None or not (host := _family(parts)):
        return link.strip()
    path, query = _fold_path(parts.path), _fold_query(parts.query)
    return f"https://{host}{path}{'?' * bool(query)}{query}"


def parts_of(link: str) -> SplitResult | None:
    """The parts of a web address; None for anything else, also where the host is none (``http://[``). Raises nothing."""
    try:
        parts = urlsplit(link.strip())
        named = parts.scheme in _HTTP and _folded_host(parts.netloc) is not None
    except ValueError:
        return None
    return parts if named else None


def site(link: str) -> str:
    """The host family of a link (``m.detik.com`` is ``detik.com``), empty where there is none."""
    parts = parts_of(link)
    return _family(parts) if parts else ""


def house(link: str) -> str:
    """The registered name under which the host stands: ``news.detik.com`` is of the house ``detik.com``."""
    labels = site(link).partition(":")[0].split(".")
    return ".".join(labels[-3:] if _is_suffix(labels[-2:]) else labels[-2:])


def article_id(link: str) -> str | None:
    """The portal's own number for the article, None unless the path has one of the known forms.

    A clock time, a page number and a date are no id: a wrong one would merge two stories.
    """
    parts = parts_of(link)
    return article_paths.find_id(_family(parts), unquote(parts.path)) if parts else None


def article_key(link: str) -> str | None:
    """``site|id``: what stays when the portal changes slug, scheme or tracking parameters."""
    number = article_id(link)
    return f"{site(link)}|{number}" if number else None


def section(link: str) -> str | None:
    """The section that the article's address names (*Dunia*), None where it names none."""
    parts = parts_of(link)
    return article_paths.find_section(_family(parts), unquote(parts.path)) if parts else None


def absolute(link: str | None, base: str | None) -> str | None:
    """`link` as seen from `base`, fit for an ``href``; None where no address with a scheme comes of it.

    A scheme that no reader can follow (``javascript:``) is kept: whether to link is `postable`'s question.
    What is longer than `LONGEST` leads nowhere: it is a picture written out, or a mistake.
    """
    text = (link or "").translate(_LEFT_OUT).strip()
    if not text or len(text) > LONGEST:
        return None
    if text.startswith("www."):
        text = f"https://{text}"
    try:
        joined = urljoin(base or "https:", text) if text.startswith("//") or base else text
        scheme = urlsplit(joined).scheme
    except ValueError:
        return text.replace(" ", "%20") if _SCHEME.match(text) else None
    return joined.replace(" ", "%20") if scheme else None


def base_of(named: str | None, url: str) -> str:
    """What links of a document read at `url` are relative to: the address it names, if that is one of the Web."""
    found = absolute(named, url)
    return found if found and parts_of(found) else url


def postable(link: str | None) -> bool:
    """Whether Telegram keeps this link: http or https, to a host with a dot or an IP address."""
    parts = parts_of(link or "")
    if parts is None or re.search(r"[\s\"<>]", parts.netloc):
        return False
    host = (parts.hostname or "").rstrip(".")
    return "." in host.strip(".") or _is_address(host)


def with_query(link: str, utm: str) -> str:
    """`link` with the parameters of `utm` (``a=1&b=2``), in place of those of the same name."""
    added = [piece for piece in utm.strip().lstrip("?&").split("&") if piece]
    parts = parts_of(link)
    if parts is None or not added:
        return link
    names = {piece.partition("=")[0] for piece in added}
    kept = [piece for piece in parts.query.split("&") if piece and piece.partition("=")[0] not in names]
    return urlunsplit(parts._replace(query="&".join(kept + added)))


def _family(parts: SplitResult) -> str:
    """The host without what only names a view of it, with its port where that is not the usual one."""
    return _folded_host(parts.netloc) or ""


def _folded_host(netloc: str) -> str | None:
    """As `_family`; None where there is no host. A document's links name few hosts, each asked for many times.

    Raises ValueError where the port is none.
    """
    return _fold_host_once(netloc) if len(netloc) <= _LONGEST_HOST else _fold_host(netloc)


def _fold_host(netloc: str) -> str | None:
    parts = SplitResult("", netloc, "", "", "")
    _ = parts.port
    if not parts.hostname:
        return None
    host = _ascii((parts.hostname or "").strip(".").lower())
    while (shorter := _without_prefix(host)) != host:
        host = shorter
    if ":" in host:
        host = f"[{host}]"
    usual = parts.port in {None, *_DEFAULT_PORTS.values()}
    return host if usual or not host else f"{host}:{parts.port}"


_fold_host_once = lru_cache(maxsize=128)(_fold_host)


def _without_prefix(host: str) -> str:
    for prefix in _HOST_PREFIXES:
        rest = host.removeprefix(prefix)
        labels = rest.split(".")
        if rest != host and len(labels) > 1 and all(labels) and not _is_suffix(labels):
            return rest
    return host


def _is_suffix(labels: list[str]) -> bool:
    return len(labels) == 2 and labels[0] in _SECOND_LEVELS and len(labels[1]) == 2


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return _escape(host).lower()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _escape(text: str) -> str:
    return _ESCAPE.sub(_escape_one, text)


def _escape_one(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) == 3:
        char = chr(int(found[1:], 16))
        return char if _UNRESERVED.match(char) else found.upper()
    return "".join(f"%{byte:02X}" for byte in found.encode("utf-8", "replace"))


def _fold_path(path: str) -> str:
    path = _escape(path)
    while (folded := _fold_once(path)) != path:
        path = folded
    return path


def _fold_once(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    if kept[1:2] == ["amp"]:
        del kept[1]
    if len(kept) > 1 and kept[-1] == "amp":
        kept.pop()
    folded = "/".join(kept).rstrip("/").replace(".amp.html", ".html")
    return folded.removesuffix(".amp")


def _fold_query(query: str) -> str:
    pieces = [_escape(piece).replace("+", "%20") for piece in query.split("&")]
    kept = [piece for piece in pieces if piece.strip("=") and not _is_tracking(piece)]
    return "&".join(sorted(kept, key=lambda piece: piece.partition("=")[0]))


def _is_tracking(piece: str) -> bool:
    name = unquote(piece.partition("=")[0]).lower()
    return name.startswith("utm_") or name in _TRACKING or piece.lower() in _VIEWS
