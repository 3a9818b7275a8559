"""Places: restaurants and their hours, zones, and finding an address on the map."""

from dispatch.places.billing import (
    accounts_to_forget,
    billing,
    set_billing,
)
from dispatch.places.geocoding import Found, Gazetteer, Geocoder, NoGeocoder, Nominatim
from dispatch.places.legs import leg, legs
from dispatch.places.restaurants import (
    add,
    by_key,
    change,
    end,
    get,
    hours_of,
    issue_key,
    listed,
    open_at,
    revoke_keys,
    set_hours,
)
from dispatch.places.zones import zone_of

__all__ = [
    "Found",
    "Gazetteer",
    "Geocoder",
    "NoGeocoder",
    "Nominatim",
    "accounts_to_forget",
    "add",
    "billing",
    "by_key",
    "change",
    "end",
    "get",
    "hours_of",
    "issue_key",
    "leg",
    "legs",
    "listed",
    "open_at",
    "revoke_keys",
    "set_billing",
    "set_hours",
    "zone_of",
]
