"""Both gateways send once, find what was sent, and know their own signature."""

from datetime import datetime, timedelta

import pytest

from infra.database import Database
from riders_app.errors import BadNumber, OptedOut, Refused, TextError, TryLater, Unanswered
from riders_app.gateways import Gateway
from riders_app.gateways.carrier import TwilioGateway
from riders_app.gateways.sandbox import SandboxGateway
from tests.riders_app.conftest import PUBLIC
from tests.riders_app.fake_twilio import ACCOUNT, TOKEN, FakeTwilio

PHONE = "+447700900001"


@pytest.fixture
def sandbox(database: Database, now: datetime) -> SandboxGateway:
    """The sandbox phones on a real database."""
    return SandboxGateway(database, lambda: now, token="sandbox")


def check_find(gateway: Gateway, now: datetime) -> None:
    """What was sent is found by number and words, not before its time, not twice."""
    sent = gateway.send(PHONE, "Job 12", key="event:1:person:1", validity_s=120)
    assert gateway.find(PHONE, "Job 12", now) == sent
    assert gateway.find(PHONE, "Job 13", now) is None
    assert gateway.find("+447700900002", "Job 12", now) is None
    assert gateway.find(PHONE, "Job 12", now, but={sent}) is None
    assert gateway.find(PHONE, "Job 12", now + timedelta(minutes=5)) is None


def test_the_sandbox_finds_what_it_sent(sandbox: SandboxGateway, now: datetime) -> None:
    """The sandbox answers `find` as the carrier would."""
    check_find(sandbox, now)


def test_twilio_finds_what_it_sent(twilio: TwilioGateway, now: datetime) -> None:
    """The real gateway finds a text in Twilio's list."""
    check_find(twilio, now)


def test_the_sandbox_sends_one_text_a_key(sandbox: SandboxGateway) -> None:
    """Sending under the same key again is the same text."""
    first = sandbox.send(PHONE, "once", key="k", validity_s=None)
    assert sandbox.send(PHONE, "once", key="k", validity_s=None) == first


def test_the_sandbox_opts_out_and_in_as_a_carrier_does(sandbox: SandboxGateway) -> None:
    """After STOP nothing is sent to that phone, after START it is; other phones are not touched."""
    sandbox.typed(PHONE, "stop ", url=f"{PUBLIC}/hooks/twilio/sms")
    with pytest.raises(OptedOut):
        sandbox.send(PHONE, "hello", key="k1", validity_s=None)
    assert sandbox.send("+447700900002", "hello", key="k2", validity_s=None)
    sandbox.typed(PHONE, "START", url=f"{PUBLIC}/hooks/twilio/sms")
    assert sandbox.send(PHONE, "hello", key="k3", validity_s=None)


def test_the_sandbox_signs_what_is_typed(sandbox: SandboxGateway) -> None:
    """What is typed is signed for our address, and a changed word breaks the signature."""
    url = f"{PUBLIC}/hooks/twilio/sms"
    params, signature = sandbox.typed(PHONE, " TAKE 12 ", url=url)
    assert params["Body"] == " TAKE 12 "
    assert sandbox.verify(url, params, signature)
    assert not sandbox.verify(url, params | {"Body": "TAKE 12"}, signature)
    assert not sandbox.verify(f"{PUBLIC}/hooks/twilio/status", params, signature)
    assert not sandbox.verify(url, params, "")


def test_a_text_to_twilio_carries_its_validity_and_callback(twilio: TwilioGateway, fake: FakeTwilio) -> None:
    """An offer says how long it is good for and where its news goes; a plain text has no validity."""
    assert twilio.send(PHONE, "Job 12", key="k", validity_s=170).startswith("SM")
    twilio.send(PHONE, "short", key="k2", validity_s=2)
    twilio.send(PHONE, "plain", key="k3", validity_s=None)
    offer, short, plain = fake.forms
    assert offer == {
        "To": PHONE,
        "Body": "Job 12",
        "From": "+447700900998",
        "ValidityPeriod": 170,
        "StatusCallback": f"{PUBLIC}/hooks/twilio/status",
    }
    assert short["ValidityPeriod"] == 6
    assert "ValidityPeriod" not in plain


def test_a_messaging_service_takes_the_place_of_a_number(fake: FakeTwilio) -> None:
    """With a Messaging Service no From is sent; with neither, the gateway is refused at birth."""
    gateway = TwilioGateway(ACCOUNT, TOKEN, public_url=PUBLIC, messaging_service="MG1", http_client=fake)
    gateway.send(PHONE, "hello", key="k", validity_s=None)
    assert fake.forms[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in fake.forms[0]
    with pytest.raises(ValueError, match="number"):
        TwilioGateway(ACCOUNT, TOKEN, public_url=PUBLIC)


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (21610, OptedOut),
        (21211, BadNumber),
        (21614, BadNumber),
        (21617, Refused),
        (20429, TryLater),
        (21611, TryLater),
        (503, Unanswered),
        ("no_answer", Unanswered),
        ("unreachable", TryLater),
    ],
)
def test_what_an_answer_of_twilio_means(
    twilio: TwilioGateway, fake: FakeTwilio, fault: int | str, meaning: type[TextError]
) -> None:
    """Twilio's error codes and the network's silences become our few errors."""
    fake.next_fault = fault
    with pytest.raises(meaning):
        twilio.send(PHONE, "hello", key="k", validity_s=None)


def test_a_wrong_key_is_no_fault_of_the_phone(fake: FakeTwilio) -> None:
    """Refused credentials mean later, not a bad number."""
    gateway = TwilioGateway(ACCOUNT, "wrong", public_url=PUBLIC, sender="+447700900998", http_client=fake)
    with pytest.raises(TryLater):
        gateway.send(PHONE, "hello", key="k", validity_s=None)


def test_twilios_own_signature_vector() -> None:
    """The vector of twilio-python's own tests: token 12345, five fields, a URL with a query."""
    gateway = TwilioGateway(ACCOUNT, "12345", public_url=PUBLIC, sender="+447700900998")
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    assert gateway.verify(url, params, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not gateway.verify(url, params | {"Digits": "1235"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not gateway.verify(url.replace("https", "http"), params, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
