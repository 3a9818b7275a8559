"""Finding an address on the map: a port, an offline gazetteer, and Nominatim when one is configured."""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from dispatch.errors import AddressNotFound
from dispatch.facts import Point
from dispatch.places.gazetteer import STREETS


@dataclass(frozen=True, slots=True)
class Found:
    """Where an address is; `approximate` when only its street was found."""

    point: Point
    label: str
    approximate: bool


class Geocoder(Protocol):
    """Whatever can find an address. Never called while a transaction is open."""

    def find(self, address: str) -> Found:
        """Where this address is; AddressNotFound when it cannot be told."""
        ...


_SHORT = {
    "rd": "road",
    "st": "street",
    "ln": "lane",
    "ave": "avenue",
    "av": "avenue",
    "gr": "grove",
    "gdns": "gardens",
    "pk": "park",
    "sq": "square",
    "cres": "crescent",
    "pl": "place",
    "ter": "terrace",
    "hl": "hill",
}


def _plain(text: str) -> list[str]:
    """The words of an address, lower case, abbreviations spelt out (the same way for streets and for questions)."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", ""))
    return [_SHORT.get(word, word) for word in words]


class Gazetteer:
    """An offline list of streets with approximate middles: right to about 200 m, and it says so."""

    def __init__(self, streets: dict[str, tuple[float, float]] | None = None) -> None:
        listed = STREETS if streets is None else streets
        self._streets = {" ".join(_plain(name)): (name, Point(*where)) for name, where in listed.items()}

    def find(self, address: str) -> Found:
        """The middle of the longest known street name standing in the address."""
        plain = f" {' '.join(_plain(address))} "
        best = max((key for key in self._streets if f" {key} " in plain), key=len, default=None)
        if best is None:
            raise AddressNotFound(
                f"The street in {address!r} is not in this co-op's list: "
                "check its spelling, or send the point (lat and lon)."
            )
        name, point = self._streets[best]
        return Found(point, name, True)


class NoGeocoder:
    """Where neither a Nominatim server nor a street list serves: only points are taken."""

    def find(self, address: str) -> Found:
        """Always AddressNotFound, saying what to do instead."""
        raise AddressNotFound(
            "Addresses cannot be looked up here: send the point (lat and lon) with the order."
        )


class Nominatim:
    """A Nominatim server through geopy, kept to a box around the co-op's zones."""

    def __init__(self, url: str, user_agent: str, box: tuple[Point, Point] | None) -> None:
        from geopy.geocoders import Nominatim as GeopyNominatim  # half a second that most installs never need

        scheme, _, domain = url.rstrip("/").partition("://")
        self._server: Any = GeopyNominatim(user_agent=user_agent, domain=domain, scheme=scheme, timeout=5)
        self._box = None if box is None else [(p.lat, p.lon) for p in box]

    def find(self, address: str) -> Found:
        """The server's best answer within the box; AddressNotFound if it has none or cannot be reached."""
        from geopy.exc import GeopyError

        try:
            there = self._server.geocode(
                address,
                exactly_one=True,
                viewbox=self._box,
                bounded=self._box is not None,
                addressdetails=True,
            )
        except GeopyError as failed:
            raise AddressNotFound(
                "The address service did not answer: try again, or send the point (lat and lon)."
            ) from failed
        if there is None:
            raise AddressNotFound
        exact = "house_number" in there.raw.get("address", {})
        return Found(Point(there.latitude, there.longitude), str(there.address), not exact)
