"""Twilio's Messages API as far as we use it: it holds what was sent, refuses, and loses answers when told to."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from logging import getLogger
from typing import Any

from requests.exceptions import ConnectTimeout, ReadTimeout
from twilio.http import HttpClient
from twilio.http.response import Response

ACCOUNT = "AC" + "1" * 32
TOKEN = "12345"


class FakeTwilio(HttpClient):
    """Answers like the API. `next_fault`: an error code, "no_answer" (taken, answer lost), "unreachable" or 503."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(getLogger("fake-twilio"), is_async=False)
        self.clock = clock
        self.messages: list[dict[str, Any]] = []
        self.forms: list[Mapping[str, Any]] = []
        self.lists = 0
        self.next_fault: int | str | None = None
        self.opted_out: set[str] = set()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        assert uri.endswith(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"), uri
        fault, self.next_fault = self.next_fault, None
        if fault == "unreachable":
            raise ConnectTimeout("no route")
        if auth != (ACCOUNT, TOKEN):
            return self._refuse(20003, 401)
        if method == "GET":
            return self._list(params or {}, fault)
        return self._create(data or {}, fault)

    def _create(self, form: Mapping[str, Any], fault: int | str | None) -> Response:
        self.forms.append(dict(form))
        if isinstance(fault, int):
            return self._refuse(fault, 503 if fault == 503 else 429 if fault == 20429 else 400)
        if form["To"] in self.opted_out:
            return self._refuse(21610, 400)
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return self._refuse(21603, 400)
        message = {
            "sid": f"SM{len(self.messages):032d}",
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "direction": "outbound-api",
            "status": "queued",
            "date_created": format_datetime(self.clock()),
            "date_sent": None,
            "price": None,
            "price_unit": "GBP",
            "num_segments": "1",
        }
        self.messages.append(message)
        if fault == "no_answer":
            raise ReadTimeout("the answer never came")
        return Response(201, json.dumps(message))

    def _list(self, params: Mapping[str, Any], fault: int | str | None) -> Response:
        self.lists += 1
        if isinstance(fault, int):
            return self._refuse(fault, 503)
        if "To" not in params:  # asked by time, for prices
            assert {"DateSent>", "DateSent<"} <= set(params), params
        found = [m for m in reversed(self.messages) if m["to"] == params.get("To", m["to"])]
        return Response(
            200, json.dumps({"messages": found, "next_page_uri": None, "page": 0, "page_size": 50})
        )

    @staticmethod
    def _refuse(code: int, status: int) -> Response:
        return Response(status, json.dumps({"code": code, "message": "refused", "status": status}))
