"""A client of the running program: restaurants' API, signed-in people's forms and pages, sandbox phones and clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from infra.simulation.errors import Refused, SimulationFailed

COOKIE = "pannier"
# A solve may take its budget several times over within one move of the clock.
PATIENCE_S = 120.0
Fields = Mapping[str, str | int | float | Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody signed in."""

    person_id: int
    name: str
    roles: frozenset[str]
    cookie: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text that has landed on a phone."""

    id: int
    phone: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """How far the clock went, and the texts that landed on the way."""

    now: datetime
    texts: tuple[Text, ...]
    reached: bool


class Server:
    """One keep-alive connection to the program, used by everyone in the simulation in turn."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.requests = 0
        self._http = httpx2.Client(
            base_url=self.url, timeout=PATIENCE_S, headers={"accept": "application/json"}, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    # Restaurants ------------------------------------------------------------------------------------------

    def api(
        self,
        key: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """A call of a restaurant's till, with its key."""
        headers = {"authorization": f"Bearer {key}"}
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        return self._json(method, f"/v1{path}", json=body, params=params, headers=headers)

    # Customers --------------------------------------------------------------------------------------------

    def tracked(self, public_id: str) -> dict[str, Any]:
        """What the page of an order says to whoever has its link."""
        return self._json("GET", f"/t/{public_id}")

    def pay_online(self, url: str, card: str = "visa") -> None:
        """Pay on the pretend Stripe's page, which sends its customer back to the page of their order."""
        answer = self._http.post(urlsplit(url).path, data={"card": card})
        self.requests += 1
        if answer.status_code != 303 or "refused=" in answer.headers["location"]:
            raise Refused("POST", url, answer.status_code, _detail(answer))

    # People -----------------------------------------------------------------------------------------------

    def ask_link(self, phone: str) -> None:
        """Ask for a sign-in link to be texted to this phone."""
        token = self._json("GET", "/sign-in")["csrf"]
        self._json("POST", "/sign-in", data={"phone": phone, "csrf": token})

    def enter(self, link: str) -> Visit:
        """Look at a sign-in link, press its button, and see who one is."""
        path = urlsplit(link).path
        token = self._json("GET", path)["csrf"]
        answer = self._send("POST", path, data={"csrf": token})
        cookie = answer.cookies.get(COOKIE)
        # Everyone shares this client, so that no cookie may stay in it.
        self._http.cookies.clear()
        if not cookie:
            raise SimulationFailed("Signing in gave no cookie.")
        me = self._json("GET", "/me", headers={"cookie": f"{COOKIE}={cookie}"})
        return Visit(me["person_id"], me["name"], frozenset(me["roles"]), cookie, me["csrf"])

    def form(self, visit: Visit, path: str, fields: Fields) -> dict[str, Any]:
        """Send a form as somebody signed in; fields that are None are left out."""
        data: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        return self._json(
            "POST", path, data=data | {"csrf": visit.csrf}, headers={"cookie": f"{COOKIE}={visit.cookie}"}
        )

    def page(self, visit: Visit, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A page's facts as somebody signed in."""
        return self._json("GET", path, params=params, headers={"cookie": f"{COOKIE}={visit.cookie}"})

    def sight(self, visit: Visit, path: str) -> str:
        """A page as somebody signed in sees it, in HTML."""
        how = {"cookie": f"{COOKIE}={visit.cookie}", "accept": "text/html"}
        return self._send("GET", path, headers=how).text

    def file(self, visit: Visit, path: str, *, made: bool = False) -> bytes:
        """A file as somebody signed in takes it down; one that is `made` by asking for it is asked for by a form."""
        data = {"csrf": visit.csrf} if made else None
        how = {"headers": {"cookie": f"{COOKIE}={visit.cookie}"}}
        return self._send("POST" if made else "GET", path, data=data, **how).content

    # Sandbox ----------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The instant the sandbox clock stands at."""
        return datetime.fromisoformat(self._json("GET", "/sandbox/clock")["now"])

    def move_clock(self, to: datetime, *, after: int) -> Moved:
        """Move the clock on towards an instant; it halts where texts land."""
        told = self._json("POST", "/sandbox/clock", json={"to": to.isoformat(), "after": after})
        texts = tuple(
            Text(text["id"], text["phone"], text["body"], datetime.fromisoformat(text["at"]))
            for text in told["texts"]
        )
        return Moved(datetime.fromisoformat(told["now"]), texts, told["reached"])

    def weather(self, **switches: float | bool) -> None:
        """Set how the pretend carrier treats texts; nothing said: calm."""
        self._json("POST", "/sandbox/weather", json=switches)

    def text(self, phone: str, body: str) -> None:
        """Send a text from a sandbox phone."""
        self._json("POST", f"/sandbox/phones/{phone}/texts", json={"body": body})

    def _json(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._send(method, path, **how).json()
        return answer

    def _send(self, method: str, path: str, **how: Any) -> httpx2.Response:
        self.requests += 1
        answer = self._http.request(method, path, **how)
        if answer.status_code >= 300:
            raise Refused(method, path, answer.status_code, _detail(answer))
        return answer


def _detail(answer: httpx2.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return answer.text[:200]
    return str(told.get("detail", told))[:500] if isinstance(told, dict) else str(told)[:500]
