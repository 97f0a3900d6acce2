"""Posts one notice: over TLS to the address that was looked up, without redirects, within a time and a size."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from threading import Timer
from typing import Final

from tierwise.errors import NotifyError
from tierwise.notify.address import Network, Place, Resolve, place_of, resolved

SECONDS: Final = 5.0
"""For all of it: looking up aside, from the connection to the last byte of the answer."""
MOST_BYTES: Final = 64 << 10
"""Of an answer's body that are read."""
SIGNATURE: Final = "Tierwise-Signature"
DELIVERY: Final = "Tierwise-Delivery"


def signature(secret: bytes, body: bytes, at: int) -> str:
    """The value of the signature's header: when it was made (seconds since 1970) and HMAC-SHA256 over that, a full stop and the body."""
    return f"t={at},v1={hmac.new(secret, b'%d.' % at + body, hashlib.sha256).hexdigest()}"


def post(
    url: str, body: bytes, *, delivery: str, secret: bytes = b"", allowed: Sequence[Network] = (), resolve: Resolve | None = None
) -> None:
    """Send a body; NotifyError, without the URL, where it was not taken.

    `delivery` is the same for whatever is sent of the same run to the same receiver. With a secret the body is signed.
    """
    place = place_of(url)
    address = resolved(place, allowed, resolve)
    headers = {"Content-Type": "application/json", "User-Agent": "tierwise", DELIVERY: delivery}
    if secret:
        headers[SIGNATURE] = signature(secret, body, int(time.time()))
    status = _sent(place, address, body, headers)
    if 300 <= status < 400:
        raise NotifyError(f"the webhook answered with a redirect ({status}), which is not followed; give the URL that it leads to")
    if not 200 <= status < 300:
        raise NotifyError(f"the webhook did not take the notice: it answered {status}")


def _sent(place: Place, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer; its body is read to its bound, and thrown away."""
    connection = _Pinned(place, address)
    end = Timer(SECONDS, connection.end)
    end.daemon = True
    end.start()
    try:
        connection.request("POST", place.path, body, dict(headers))
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NotifyError(f"the webhook's host {_why(error, late=connection.ended)}") from None
    finally:
        end.cancel()
        connection.close()
    return answer.status


def _why(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError):
        return f"did not answer within {SECONDS:.0f} seconds"
    if isinstance(error, ssl.SSLError):
        return f"cannot be trusted: {error.reason or 'the connection broke'}"
    return f"cannot be reached ({type(error).__name__})"


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, whose certificate is held to the host's name. No proxy of the environment is asked."""

    def __init__(self, place: Place, address: str) -> None:
        super().__init__(place.host, place.port, timeout=SECONDS)
        self._address, self._tls = address, ssl.create_default_context()
        self._raw: socket.socket | None = None
        self.ended = False
        """Whether time ran out."""

    def connect(self) -> None:
        """Connect to the address, and speak TLS with the host."""
        self._raw = socket.create_connection((self._address, self.port), SECONDS)
        # Wrapped before it speaks, so that a server that dawdles over its certificate can be broken off too.
        self.sock = self._tls.wrap_socket(self._raw, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def end(self) -> None:
        """From another thread: break off whatever it waits for."""
        self.ended = True
        for one in (self.sock, self._raw):
            if one is not None:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
