"""What each verb does that is said of shifts, breaks and pay, and its answer."""

from datetime import datetime

from sqlmodel import Session

from dispatch import board, deliveries, shifts
from riders_app import rota, wording
from riders_app.inbox.house import Act, House
from riders_app.replies import Reading


def _on(session: Session, person_id: int, _reading: Reading, now: datetime, _house: House) -> str:
    return rota.on(session, person_id, now=now)


def _off(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    shift = deliveries.off(session, person_id, now=now)
    return wording.shift_off(shifts.facts(session, shift, now=now), house.voice)


def _shifts(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    return rota.mine(session, person_id, now=now, url=house.url)


def _join(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    return rota.join(session, person_id, now=now, url=house.url)


def _rest(session: Session, person_id: int, reading: Reading, now: datetime, _house: House) -> str:
    return rota.rest(session, person_id, reading.number, now=now)


def _pay(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    told = board.pay_so_far(session, person_id, now=now)
    link = f"{house.url}/my/pay"
    return wording.no_pay(link, house.voice) if told is None else wording.pay(told, link, house.voice)


ACTS: dict[str, Act] = {
    "ON": _on,
    "OFF": _off,
    "SHIFTS": _shifts,
    "JOIN": _join,
    "REST": _rest,
    "PAY": _pay,
}
