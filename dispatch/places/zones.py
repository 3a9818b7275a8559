"""Which zone of the rulebook a point lies in."""

from dispatch.facts import Point
from payments.rulebook import Rulebook


def zone_of(rulebook: Rulebook, point: Point) -> str | None:
    """The name of the first zone that covers the point, or None when the co-op does not go there."""
    return next((zone.name for zone in rulebook.zones if zone.covers(point.lat, point.lon)), None)
