"""The carrier's calls are checked against our public address, kept once and answered at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from riders_app.gateways.carrier import TwilioGateway
from riders_app.tables import InboundText, TextNews
from riders_app.web import hooks, sandbox
from tests import factories
from tests.riders_app.conftest import PUBLIC, RIDER, Evening
from tests.riders_app.fake_twilio import TOKEN

SIGNER = RequestValidator(TOKEN)
FORM = {"MessageSid": "SM1", "From": RIDER, "To": "+447700900998", "Body": " TAKE 12 \n", "NumMedia": "0"}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough for routes; the tables behind them are tested on both elsewhere."""
    return f"sqlite:///{tmp_path / 'pannier.db'}"


@pytest.fixture
def client(evening: Evening) -> Iterator[TestClient]:
    """The hooks and the sandbox phones, served as behind a proxy: under another address than the public one."""
    app = FastAPI()
    app.state.program = evening
    app.include_router(hooks.router)
    app.include_router(sandbox.router)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as made:
        yield made


def test_a_field_sent_twice_is_signed_with_both_values(
    evening: Evening, client: TestClient, twilio: TwilioGateway
) -> None:
    """Twilio's signature is over each value of a field that comes more than once, so all of them are checked."""
    evening.gateway = twilio
    twice = {**FORM, "Tag": ["b", "a"]}
    url = f"{PUBLIC}/hooks/twilio/sms"
    signature = SIGNER.compute_signature(url, ImmutableMultiDict([*FORM.items(), ("Tag", "b"), ("Tag", "a")]))
    answer = client.post("/hooks/twilio/sms", data=twice, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 200
    forged = client.post(
        "/hooks/twilio/sms", data={**FORM, "Tag": ["b", "c"]}, headers={"X-Twilio-Signature": signature}
    )
    assert forged.status_code == 403


def signed(form: dict[str, str], path: str = "/hooks/twilio/sms", host: str = PUBLIC) -> dict[str, str]:
    """The header Twilio would send with this form."""
    return {"X-Twilio-Signature": SIGNER.compute_signature(f"{host}{path}", form)}


def kept(evening: Evening) -> list[InboundText]:
    """Texts that came in."""
    with evening.database.reading() as session:
        return list(session.exec(select(InboundText)).all())


def test_a_signed_text_is_kept_as_it_came(
    evening: Evening, client: TestClient, twilio: TwilioGateway
) -> None:
    """Signed for the public URL, a text is stored untrimmed and answered with empty TwiML, twice or once."""
    evening.gateway = twilio
    for _ in range(2):
        answer = client.post("/hooks/twilio/sms", data=FORM, headers=signed(FORM))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/xml")
        assert answer.text.endswith("<Response></Response>")
    (row,) = kept(evening)
    assert (row.vendor_id, row.phone, row.body, row.state) == ("SM1", RIDER, " TAKE 12 \n", "new")
    assert evening.nudges == 2


def test_a_picture_without_words_is_kept_as_one(
    evening: Evening, client: TestClient, twilio: TwilioGateway
) -> None:
    """An MMS with nothing written says to whoever reads it that a picture came; beside words it changes nothing."""
    evening.gateway = twilio
    for sid, body in (("MM1", ""), ("MM2", "DONE 12")):
        form = FORM | {"MessageSid": sid, "Body": body, "NumMedia": "1", "MediaUrl0": "https://example.com/1"}
        assert client.post("/hooks/twilio/sms", data=form, headers=signed(form)).status_code == 200
    assert [row.body for row in kept(evening)] == ["[picture]", "DONE 12"]


def test_an_unsigned_or_wrongly_signed_text_is_refused(
    evening: Evening, client: TestClient, twilio: TwilioGateway
) -> None:
    """No signature, one for the inner address, one for other words: 403, and nothing is kept."""
    evening.gateway = twilio
    wrong = [{}, signed(FORM, host="http://127.0.0.1:8000"), signed(FORM | {"Body": "TAKE 12"})]
    for headers in wrong:
        assert client.post("/hooks/twilio/sms", data=FORM, headers=headers).status_code == 403
    evening.gateway = None
    assert client.post("/hooks/twilio/sms", data=FORM, headers=signed(FORM)).status_code == 403
    assert kept(evening) == []


def test_empty_fields_are_part_of_the_signature(
    evening: Evening, client: TestClient, twilio: TwilioGateway
) -> None:
    """Fields we do not know, and empty ones, are passed to the check as they came."""
    evening.gateway = twilio
    form = FORM | {"FromCity": "", "Unheard": "of", "Body": ""}
    assert client.post("/hooks/twilio/sms", data=form, headers=signed(form)).status_code == 200


def test_news_of_a_text_is_kept_once(evening: Evening, client: TestClient, twilio: TwilioGateway) -> None:
    """A status is stored with its error, however often it is told."""
    evening.gateway = twilio
    form = {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    headers = signed(form, "/hooks/twilio/status")
    for _ in range(2):
        assert client.post("/hooks/twilio/status", data=form, headers=headers).status_code == 200
    with evening.database.reading() as session:
        (row,) = session.exec(select(TextNews)).all()
    assert (row.vendor_id, row.status, row.error) == ("SM9", "undelivered", "30003")


def test_a_sandbox_text_takes_the_carriers_path(evening: Evening, client: TestClient) -> None:
    """What is typed on a sandbox phone comes in, is acted on and answered on that phone."""
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now())
    made = client.post(f"/sandbox/phones/{RIDER}/texts", json={"body": "menu"})
    assert made.status_code == 201
    assert made.json() == {"id": kept(evening)[0].id}
    evening.jobs()
    (text,) = client.get("/sandbox/phones/texts").json()
    assert text["phone"] == RIDER
    assert text["body"].startswith("No job just now")
    assert text["at"].endswith("+00:00")
    assert client.get(f"/sandbox/phones/texts?after={text['id']}").json() == []


def test_the_page_of_phones_works_without_scripts(evening: Evening, client: TestClient) -> None:
    """Each rider's phone shows its thread, escaped, and a form that comes back to it."""
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now(), name="Sam <b>Okoye</b>")
    answer = client.post("/sandbox/phones/07700 900001/texts", data={"body": "<script>hi</script>"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sandbox/phones#{RIDER}"
    evening.jobs()
    page = client.get("/sandbox/phones").text
    assert "Sam &lt;b&gt;Okoye" in page
    assert "&lt;script&gt;hi" in page
    assert "<script" not in page
    assert "style=" not in page
    assert "Not sure what you mean" in page
    assert client.get("/sandbox/phones.css").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("+447700900001", {"body": "x" * 481}, 422),
        ("+447700900001", {}, 422),
        ("+447700900001", {"body": 12}, 422),
        ("not-a-phone", {"body": "hi"}, 422),
    ],
)
def test_a_sandbox_text_that_makes_no_sense_is_refused(
    client: TestClient, path: str, body: dict[str, object], status: int
) -> None:
    """Too long, no words, or no number: 422 with a reason."""
    assert client.post(f"/sandbox/phones/{path}/texts", json=body).status_code == status


def test_another_sites_page_cannot_type_on_a_phone(client: TestClient) -> None:
    """A form sent from another origin is refused."""
    answer = client.post(
        f"/sandbox/phones/{RIDER}/texts", data={"body": "OFF"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def test_there_are_no_sandbox_phones_outside_a_sandbox(
    evening: Evening, client: TestClient, twilio: TwilioGateway
) -> None:
    """Without the sandbox, or with a real carrier, every sandbox address is 404."""
    for sandboxed, gateway in ((False, evening.gateway), (True, twilio)):
        evening.sandbox, evening.gateway = sandboxed, gateway
        for path in ("/sandbox/phones", "/sandbox/phones/texts", "/sandbox/phones.css"):
            assert client.get(path).status_code == 404
        assert client.post(f"/sandbox/phones/{RIDER}/texts", json={"body": "ON"}).status_code == 404
