"""Compressed bodies, unpacked piece by piece under a limit: a bomb is noticed before it has gone off."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from bot.errors import FetchError

_STEP = 256 * 1024
_MOST_CODINGS = 3
#: What servers write where nothing is packed; a charset is a common slip there, which browsers pass over.
_NO_CODINGS = frozenset({"", "identity", "none", "utf-8", "utf8", "8bit", "binary"})
_BROKEN = "the answer's compression is broken"
#: What we ask for; the order is ours, the choice the server's.
ACCEPTED = "gzip, deflate, br"


class Inflater(Protocol):
    """One content coding, undone piece by piece."""

    def feed(self, data: bytes) -> Iterable[bytes]:
        """What can be read after `data`, in pieces of bounded size."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the end of the compressed data has been seen."""
        ...


class _Zlib:
    """gzip (also of several members) and deflate (also without zlib's header, as some servers send it)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream: zlib._Decompress | None = None
        self._plain = False

    @property
    def whole(self) -> bool:
        return self._plain or (self._stream is not None and self._stream.eof)

    def feed(self, data: bytes) -> Iterable[bytes]:
        while data:
            if (self._stream is None or self._stream.eof) and not self._begin(data):
                return
            if self._plain or self._stream is None:
                yield data
                return
            yield self._stream.decompress(data, _STEP)
            data = self._stream.unconsumed_tail or self._stream.unused_data

    def _begin(self, data: bytes) -> bool:
        """Start a stream; what follows the last one without being a stream is padding."""
        again = self._stream is not None
        packed = data.startswith(b"\x1f\x8b"[: len(data)]) if self._gzip else True
        if again and not (self._gzip and packed):
            return False
        self._plain = not packed
        window = 31 if self._gzip else (15 if _has_zlib_header(data) else -15)
        self._stream = None if self._plain else zlib.decompressobj(window)
        return True


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        import brotli

        self._stream = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    @property
    def whole(self) -> bool:
        return bool(self._stream.is_finished())

    def feed(self, data: bytes) -> Iterable[bytes]:
        try:
            yield self._stream.process(data, output_buffer_limit=_STEP)
            while not self._stream.can_accept_more_data():
                yield self._stream.process(b"", output_buffer_limit=_STEP)
        except self._error as error:
            raise FetchError(_BROKEN) from error


class Body:
    """A body as it comes in: unpacked, counted, and ended with a `FetchError` beyond `limit` bytes."""

    def __init__(self, codings: str, limit: int) -> None:
        names = [name.strip().lower() for name in codings.split(",")]
        known = [name for name in names if name not in _NO_CODINGS]
        if len(known) > _MOST_CODINGS:
            raise FetchError("the answer is packed too many times over")
        self._inflaters = [_inflater(name) for name in reversed(known)]
        self._parts = bytearray()
        self._limit = limit

    def add(self, data: bytes) -> Iterator[None]:
        """Take one more piece as it came from the wire; between two steps of it there is time for others."""
        try:
            for piece in _through(self._inflaters, data):
                self._keep(piece)
                yield
        except zlib.error as error:
            raise FetchError(_BROKEN) from error

    def _keep(self, piece: bytes) -> None:
        self._parts += piece
        if len(self._parts) > self._limit:
            raise FetchError(f"the document is larger than {self._limit / 1024 / 1024:.3g} MiB")

    @property
    def whole(self) -> bool:
        """Whether nothing is missing at its end, as far as the compression tells."""
        return all(inflater.whole for inflater in self._inflaters)

    def __bytes__(self) -> bytes:
        return bytes(self._parts)


def _through(inflaters: list[Inflater], data: bytes) -> Iterable[bytes]:
    if not inflaters:
        yield data
        return
    for piece in inflaters[0].feed(data):
        if piece:
            yield from _through(inflaters[1:], piece)


def _inflater(name: str) -> Inflater:
    makers: dict[str, Callable[[], Inflater]] = {
        "gzip": lambda: _Zlib(gzip=True),
        "x-gzip": lambda: _Zlib(gzip=True),
        "deflate": lambda: _Zlib(gzip=False),
        "br": _Brotli,
    }
    if name not in makers:
        raise FetchError(f"the answer is packed in a way that was not asked for: {name[:20]}")
    return makers[name]()


def _has_zlib_header(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2]) % 31 == 0)
