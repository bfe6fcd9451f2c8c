"""Who may speak to the application: pages of its own, opened with its token, on this machine; others are refused.

Host and Origin are checked on every request and on the websocket, so that a page of another site cannot reach it by a
name that it has pointed here. Leaves out what is served.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from hashlib import sha256
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_QUERY = 8000
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self' {scripts}; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"), (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"), (b"cache-control", b"no-store"),
)  # fmt: skip
REFUSED = b"Refused. Open the address that families app printed; it holds a token of this run.\n"


class Guard:
    """Wraps an application: lets through what comes from its own pages.

    ``port`` is where it is served, ``token`` what the first address must hold, ``scripts`` are the only ones that may
    stand in a page.
    """

    def __init__(self, inner: Application, port: int, token: str, scripts: Sequence[str] = ()) -> None:
        self._inner, self._token = inner, token
        policy = POLICY.format(scripts=" ".join(_hash_of(script) for script in scripts))
        self._headers = ((b"content-security-policy", policy.encode()), *HEADERS)
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"families_app_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a websocket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        headers = [(key.lower(), value.decode("latin-1")) for key, value in scope["headers"]]
        if not self._is_from_here(scope, headers):
            await _refuse(scope, send)
            return
        query = scope.get("query_string", b"").decode("latin-1")
        given = dict(parse_qsl(query)).get("token")
        if scope["type"] == "http" and scope["path"] == "/" and given is not None and self._is_token(given):
            await self._welcome(send, query)
        elif self._is_token(self._held(dict(headers))):
            await self._inner(scope, receive, _with_headers(send, self._headers))
        else:
            await _refuse(scope, send)

    def _is_from_here(self, scope: Scope, headers: list[tuple[bytes, str]]) -> bool:
        """Whether a request is to this machine, from a page of this application or from none."""
        hosts = [value for key, value in headers if key == b"host"]
        origins = [value for key, value in headers if key == b"origin"]
        if len(hosts) != 1 or hosts[0] not in self._hosts or len(origins) > 1:
            return False
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return False
        if scope["type"] == "websocket":
            return len(origins) == 1
        if any(key == b"sec-fetch-site" and value == "cross-site" for key, value in headers) and scope["path"] != "/":
            return False
        return scope["method"] in ("GET", "HEAD") and len(scope.get("query_string", b"")) <= LONGEST_QUERY

    def _is_token(self, given: str) -> bool:
        """Whether a token is the right one."""
        return compare_digest(given.encode(), self._token.encode())

    def _held(self, headers: Mapping[bytes, str]) -> str:
        """Give the token in the cookie."""
        try:
            cookies = SimpleCookie(headers.get(b"cookie", ""))
        except CookieError:
            return ""
        return cookies[self._cookie].value if self._cookie in cookies else ""

    async def _welcome(self, send: Send, query: str) -> None:
        """Put the token into a cookie and send the browser to the address without it."""
        rest = urlencode([(key, value) for key, value in parse_qsl(query) if key != "token"])
        cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        headers = [(b"location", f"/{'?' + rest if rest else ''}".encode()), (b"set-cookie", cookie.encode()), *HEADERS]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Scope, send: Send) -> None:
    """Refuse a request or a websocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": REFUSED})


def _hash_of(script: str) -> str:
    """Give what lets a script of a page run."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _with_headers(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    """Add the headers that keep a page to itself."""

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = {key for key, _ in headers}
            kept = [(key, value) for key, value in message.get("headers", []) if key.lower() not in own]
            message = {**message, "headers": [*kept, *headers]}
        await send(message)

    return sent
