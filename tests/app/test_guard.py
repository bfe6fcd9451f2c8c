"""Who is let in: pages of the application, opened with its token on this machine, and nobody else, tried 37 ways."""

from __future__ import annotations

import asyncio

import pytest

from sim.app.pages.guard import Guard

PORT, TOKEN = 8123, "a-token-of-a-run"
HOST = f"127.0.0.1:{PORT}"
COOKIE = f"families_app_{PORT}={TOKEN}"


async def inner(scope, receive, send):
    """Serve whatever is let through."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"ALLOWALL")]})
    await send({"type": "http.response.body", "body": b"served"})


def ask(path="/", *, kind="http", method="GET", query="", headers=()):
    """Send a request through the guard; give what it sent back."""
    sent = []
    scope = {
        "type": kind, "path": path, "query_string": query.encode(), "method": method,
        "headers": [(key.encode(), value.encode("latin-1")) for key, value in headers],
    }  # fmt: skip

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(Guard(inner, PORT, TOKEN)(scope, receive, send))
    return sent


MINE = (("host", HOST), ("cookie", COOKIE))
HOSTILE = {
    "no headers": {},
    "no cookie": {"headers": [("host", HOST)]},
    "another token": {"headers": [("host", HOST), ("cookie", f"families_app_{PORT}=guess")]},
    "an empty token": {"headers": [("host", HOST), ("cookie", f"families_app_{PORT}=")]},
    "the token of another port": {"headers": [("host", HOST), ("cookie", f"families_app_1={TOKEN}")]},
    "a damaged cookie": {"headers": [("host", HOST), ("cookie", "=;;{}\x00")]},
    "no host": {"headers": [("cookie", COOKIE)]},
    "two hosts": {"headers": [*MINE, ("host", "evil.example")]},
    "a foreign host": {"headers": [("host", "evil.example"), ("cookie", COOKIE)]},
    "a foreign host with our port": {"headers": [("host", f"evil.example:{PORT}"), ("cookie", COOKIE)]},
    "a host that begins as ours": {"headers": [("host", f"127.0.0.1.evil.example:{PORT}"), ("cookie", COOKIE)]},
    "our host at another port": {"headers": [("host", "127.0.0.1:80"), ("cookie", COOKIE)]},
    "our host without a port": {"headers": [("host", "127.0.0.1"), ("cookie", COOKIE)]},
    "all addresses": {"headers": [("host", f"0.0.0.0:{PORT}"), ("cookie", COOKIE)]},
    "a foreign host with the token": {"query": f"token={TOKEN}", "headers": [("host", "evil.example")]},
    "a foreign origin": {"headers": [*MINE, ("origin", "http://evil.example")]},
    "a foreign origin with the token": {"query": f"token={TOKEN}", "headers": [
        ("host", HOST), ("origin", "http://evil.example")]},
    "no origin at all": {"headers": [*MINE, ("origin", "null")]},
    "our origin by https": {"headers": [*MINE, ("origin", f"https://{HOST}")]},
    "another port's origin": {"headers": [*MINE, ("origin", "http://127.0.0.1:1")]},
    "two origins": {"headers": [*MINE, ("origin", f"http://{HOST}"), ("origin", "http://evil.example")]},
    "a part of a page of another site": {"path": "/app/app.js", "headers": [*MINE, ("sec-fetch-site", "cross-site")]},
    "a form": {"method": "POST", "headers": MINE},
    "an upload": {"path": "/session/1/upload/2", "method": "POST", "headers": MINE},
    "a deletion": {"method": "DELETE", "headers": MINE},
    "a question of another site": {"method": "OPTIONS", "headers": [*MINE, ("origin", "http://evil.example")]},
    "a trace": {"method": "TRACE", "headers": MINE},
    "an address of absurd length": {"query": "a" * 9000, "headers": MINE},
    "a token of another script": {"query": "token=tök", "headers": [("host", HOST)]},
    "a token in the path": {"path": f"/{TOKEN}", "headers": [("host", HOST)]},
    "a token elsewhere": {"path": "/app/app.js", "query": f"token={TOKEN}", "headers": [("host", HOST)]},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_requests_are_refused(name):
    start, body = ask(**HOSTILE[name])
    assert start["status"] == 403
    assert TOKEN.encode() not in body["body"]
    assert dict(start["headers"])[b"x-frame-options"] == b"DENY"


@pytest.mark.parametrize(
    "headers",
    [
        (("host", HOST), ("origin", f"http://{HOST}")),
        (*MINE, ("origin", "http://evil.example")),
        MINE,
        (*MINE, ("origin", "null")),
        (("host", "evil.example"), ("cookie", COOKIE), ("origin", "http://evil.example")),
        (("host", f"localhost:{PORT}"), ("cookie", COOKIE), ("origin", f"http://{HOST}")),
    ],
)
def test_hostile_websockets_are_refused(headers):
    assert [one["type"] for one in ask("/websocket/", kind="websocket", headers=headers)] == ["websocket.close"]


def test_the_page_and_its_websocket_are_served():
    start, body = ask(headers=MINE)
    assert (start["status"], body["body"]) == (200, b"served")
    assert dict(start["headers"])[b"x-frame-options"] == b"DENY"  # and not what was inside
    assert b"default-src 'self'" in dict(start["headers"])[b"content-security-policy"]
    socket = ask("/websocket/", kind="websocket", headers=(*MINE, ("origin", f"http://{HOST}")))
    assert socket[0]["type"] == "websocket.accept"


def test_the_first_address_leaves_its_token_in_a_cookie_and_keeps_the_rest():
    start = ask(query=f"token={TOKEN}&caseload=8", headers=[("host", HOST)])[0]
    held = dict(start["headers"])
    assert start["status"] == 303
    assert held[b"location"] == b"/?caseload=8"
    assert b"HttpOnly; SameSite=Strict" in held[b"set-cookie"]
