"""Thin layers around the application: headers that keep pages to themselves, and an answer whatever breaks."""

import logging
from collections.abc import Callable

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}

log = logging.getLogger("pannier.web")


class Guard:
    """Adds the headers that keep other sites, frames and scripts out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, adding headers to what goes out."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)


class Net:
    """Catches what no handler caught, answers it, and writes down no more of it than its class.

    An error's own words may hold a number, a name or an address (a database tells the row it refuses), so it
    must not get as far as the server, which would print them.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response]) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; a fault is answered, unless an answer has begun: that one is cut short."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as fault:
            # The route and not the address: an address may hold a sign-in link.
            where = getattr(scope.get("route"), "path", "(no route)")
            log.error("%s %s failed: %s", scope["method"], where, type(fault).__name__)
            if not begun:
                answer = await run_in_threadpool(self.answer, Request(scope))
                await answer(scope, receive, send)
