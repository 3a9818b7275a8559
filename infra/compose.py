"""Composing the program: the ways texts and card payments go, and the way addresses are found."""

from dispatch.facts import Point
from dispatch.places import Gazetteer, Geocoder, NoGeocoder, Nominatim
from dispatch.places.gazetteer import STREETS
from infra.install import sandboxed
from infra.program import Program
from infra.settings import Settings
from payments import books
from payments.errors import NoRulebook
from payments.rails import Gateway as Cards
from payments.rulebook import Rulebook
from riders_app.gateways import Gateway

# The sandbox phones sign what is typed there with this, in place of a carrier's secret; it opens nothing else.
SANDBOX_TOKEN = "sandbox-phones"  # noqa: S105 - no secret: it is used on loopback demos only


def equip(program: Program) -> Program:
    """Give a program its gateways and geocoder, by its settings, its kind and its zones."""
    program.gateway = gateway(program)
    program.stripe = stripe(program)
    with program.database.reading() as session:
        try:
            rulebook = books.in_force(session, at=program.clock.now())[1]
        except NoRulebook:
            rulebook = None
    program.geocoder = geocoder(program.settings, rulebook)
    return program


def gateway(program: Program) -> Gateway | None:
    """Sandbox phones for a demo, Twilio where its keys are set, else none: texts then wait in the outbox."""
    settings = program.settings
    # Twilio's library takes a while to load, and most commands send no text.
    if sandboxed(settings, program.kind):
        from riders_app.gateways.sandbox import SandboxGateway

        return SandboxGateway(program.database, program.clock.now, token=SANDBOX_TOKEN)
    if (
        not settings.texts_for_real
        or settings.twilio_account_sid is None
        or settings.twilio_auth_token is None
    ):
        return None
    from riders_app.gateways.carrier import TwilioGateway

    return TwilioGateway(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        public_url=settings.url,
        sender=settings.twilio_from,
        messaging_service=settings.twilio_messaging_service,
        segments_per_s=settings.twilio_segments_per_s,
        service_numbers=settings.twilio_service_numbers,
    )


def stripe(program: Program) -> Cards | None:
    """Stripe where its keys are set, the pretend one in a demo without them, else none: calls then wait."""
    settings = program.settings
    # Stripe's library takes a while to load, and most commands ask nothing of it.
    if settings.stripe_secret_key is not None and settings.stripe_webhook_secret is not None:
        from payments.rails.client import StripeGateway

        return StripeGateway(
            settings.stripe_secret_key.get_secret_value(), settings.stripe_webhook_secret.get_secret_value()
        )
    if program.kind != "demo":
        return None
    from payments.rails.sandbox import Sandbox

    return Sandbox(program.database, program.clock.now)


def geocoder(settings: Settings, rulebook: Rulebook | None) -> Geocoder:
    """Nominatim where one is configured; the street list where the co-op's zones are on it; else points only."""
    corners = [corner for zone in (rulebook.zones if rulebook else ()) for corner in zone.polygon or ()]
    if settings.nominatim_url:
        box = None
        if corners:
            lats, lons = [c[0] for c in corners], [c[1] for c in corners]
            box = (Point(min(lats), min(lons)), Point(max(lats), max(lons)))
        return Nominatim(settings.nominatim_url, settings.nominatim_user_agent or "pannier", box)
    if rulebook is None:
        return Gazetteer()
    covered = {
        name: where
        for name, where in STREETS.items()
        if any(zone.polygon and zone.covers(*where) for zone in rulebook.zones)
    }
    return Gazetteer(covered) if covered else NoGeocoder()
