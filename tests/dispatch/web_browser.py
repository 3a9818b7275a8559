"""A person at a browser, for tests: forms carry their token, and links come by text."""

import re
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.house import House

JSON = {"accept": "application/json"}


@dataclass
class Browser:
    """One browser with its cookies."""

    client: TestClient

    @classmethod
    def of(cls, house: House, number: int, *roles: str) -> "Browser":
        """Signed in as a new person with these roles."""
        return cls(house.signed_in(number, *roles))

    @classmethod
    def new(cls, house: House, base_url: str = "http://127.0.0.1") -> "Browser":
        """With no visit yet."""
        return cls(TestClient(house.app, base_url=base_url))

    @property
    def token(self) -> str:
        """The token of this visit's forms."""
        found: str = self.client.get("/sign-in", headers=JSON).json()["csrf"]
        return found

    def get(self, path: str) -> str:
        """A page that must come."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        text: str = answer.text
        return text

    def json(self, path: str) -> Any:
        """The same for a program."""
        answer = self.client.get(path, headers=JSON)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def form(self, path: str, **fields: Any) -> Response:
        """Send a form as a page does; the answer as it comes."""
        return self.client.post(path, data={"csrf": self.token} | fields, follow_redirects=False)

    def send(self, path: str, **fields: Any) -> Any:
        """Send a form that must be carried out; its facts."""
        answer = self.client.post(path, data={"csrf": self.token} | fields, headers=JSON)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, **fields: Any) -> tuple[int, str]:
        """Send a form that must be refused; its status and sentence."""
        answer = self.client.post(path, data={"csrf": self.token} | fields, headers=JSON)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["detail"]


def link_on(house: House, number: int) -> str:
    """The path of the newest sign-in link on a phone."""
    house.move(0.1)
    for body in reversed(house.phone_log(f"+447700900{number:03d}")):
        found = re.search(r"/sign-in/[\w-]+", body)
        if found:
            return found[0]
    raise AssertionError("no sign-in link landed")
