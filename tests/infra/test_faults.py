"""A fault of ours: answered in a sentence, and written down without a word of what people told us."""

import logging
import re
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import Depends
from fastapi.responses import StreamingResponse
from sqlalchemy import text

from dispatch.web import access
from dispatch.web.errors import BROKEN
from tests.house import House

PHONE = "+447700900777"


@pytest.fixture
def faulty(house: House) -> House:
    """A house with routes that break over somebody's phone number."""

    def taken() -> None:
        # A unique index, so that PostgreSQL tells the number in the DETAIL of its refusal.
        with house.database.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE once (phone VARCHAR PRIMARY KEY)")
            for _ in range(2):
                connection.execute(text("INSERT INTO once VALUES (:phone)"), {"phone": PHONE})

    def cut() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b"a beginning"
            raise ValueError(PHONE)

        return StreamingResponse(parts())

    for path, what in (("/test/{word}", taken), ("/v1/test/{word}", taken), ("/test-cut", cut)):
        house.app.add_api_route(path, what, methods=["GET"], dependencies=[Depends(access.public)])
    return house


def test_a_fault_is_answered_and_its_words_are_not_logged(
    faulty: House, caplog: pytest.LogCaptureFixture
) -> None:
    """A person gets a page, a program problem+json, the log the class, method and route: no number, no address."""
    with caplog.at_level(logging.DEBUG):
        page = faulty.client.get("/test/secret-link", headers={"accept": "text/html"})
        told = faulty.client.get("/v1/test/secret-link")
    assert page.status_code == told.status_code == 500
    assert BROKEN in page.text
    assert "content-security-policy" in page.headers
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["detail"] == BROKEN
    said = [record.getMessage() for record in caplog.records if record.name == "pannier.web"]
    assert said == [
        "GET /test/{word} failed: IntegrityError",
        "GET /v1/test/{word} failed: IntegrityError",
    ]
    ours = "\n".join(
        f"{record.getMessage()} {record.exc_text}" for record in caplog.records if "httpx" not in record.name
    )
    assert PHONE not in caplog.text
    assert "secret-link" not in ours
    assert "Traceback" not in caplog.text


def test_without_its_database_a_page_still_says_so(faulty: House) -> None:
    """The answer stands even when nobody can be looked up."""
    faulty.client.cookies.set("pannier", "somebody")
    with faulty.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE visit RENAME TO visit_gone")
    answer = faulty.client.get("/test/x", headers={"accept": "text/html"})
    assert (answer.status_code, answer.text) == (500, BROKEN)


def test_the_server_prints_no_traceback(
    faulty: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Served by uvicorn over a socket, a fault prints no message, also when it comes in the middle of an answer."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(faulty.app, log_level="info", access_log=False, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    with caplog.at_level(logging.INFO):
        thread.start()
        try:
            for path, status in (("/test/x", b"500"), ("/test-cut", b"200")):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
                    caller.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
                    answer = b"".join(iter(lambda: caller.recv(65536), b""))
                assert answer.startswith(b"HTTP/1.1 " + status)
        finally:
            server.should_exit = True
            thread.join(20)
            listening.close()
    assert not answer.endswith(b"0\r\n\r\n"), "an answer that broke off must not look whole"
    printed = caplog.text + "".join(capfd.readouterr())
    assert PHONE not in printed
    assert "Traceback" not in printed
    assert re.findall(r"GET \S+ failed: \w+", caplog.text) == [
        "GET /test/{word} failed: IntegrityError",
        "GET /test-cut failed: ValueError",
    ]
