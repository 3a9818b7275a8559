"""What the desk and riders see of choices: why a job went where it did, where to wait, who may carry what, breaks."""

import re
from datetime import timedelta

from sqlmodel import select

from dispatch import breaks, people, shifts, waiting
from dispatch.tables import Order, Shift, known
from tests.dispatch.test_web_desk import desk, order, rider_on_shift
from tests.dispatch.web_browser import Browser
from tests.house import House, order_body
from tests.marks import SQLITE_FIRST

pytestmark = SQLITE_FIRST

__all__ = ["desk"]


def until_offered(house: House) -> int:
    """Let the evening go on until somebody is offered a job; its id."""
    for _ in range(120):
        house.move(0.5)
        with house.reading() as session:
            found = session.exec(select(Order.job_id).where(Order.delivery == "assigned")).first()
        if found is not None:
            return int(found)
    raise AssertionError("nothing was offered")


def test_the_desk_reads_what_the_rider_reads(house: House, desk: Browser) -> None:
    """Why a job went to its rider: the table, the rules, figures that hold, no other's name."""
    till = house.restaurant()
    rider_on_shift(house, desk)
    rider_on_shift(house, desk, 12, "Inês Pereira")
    placed = order(desk, till)
    job = until_offered(house)
    page = desk.get(f"/desk/jobs/{job}/why")
    assert f"/desk/jobs/{job}/why" in desk.get(f"/desk/orders/{placed}")
    assert "Rider 1" in page
    assert "Founding meeting" in page
    assert "every figure holds" in page
    assert len(re.findall("Okoye|Pereira", page.split("<main")[1])) == 1  # its own rider, in the heading
    told = desk.json(f"/desk/jobs/{job}/why")
    assert [c["who"] for c in told["candidates"]] == ["you", "rider 1"]
    assert told["faults"] == []
    assert told["riders_out"] == 2


def test_wine_is_for_who_may_check_ages(house: House, desk: Browser) -> None:
    """A till asks for an age check, the desk ticks who may; only they are offered it, and told to check."""
    till = house.restaurant()
    person = rider_on_shift(house, desk)
    body = order_body(house.now, "W-1") | {"needs": ["age_check"]}
    made = house.client.post("/v1/orders", json=body, headers=till.headers)
    assert made.status_code == 201
    assert made.json()["needs"] == ["age_check"]
    house.move(15)
    assert "No rider can take this order (not allowed)" in desk.get("/desk")
    desk.send(f"/desk/people/{person}/skills", skills=["age_check"])
    assert 'value="age_check" checked' in desk.get(f"/desk/people/{person}")
    until_offered(house)
    house.text("+447700900011", "TAKE")
    house.text("+447700900011", "GOT")
    house.move(0.5)
    assert "Check their age" in house.phone_log("+447700900011")[-1]
    assert desk.refused(f"/desk/people/{person}/skills", skills=["flying"])[0] == 422
    unknown = house.client.post(
        "/v1/orders", json=order_body(house.now, "W-2") | {"needs": ["ice"]}, headers=till.headers
    )
    assert unknown.status_code == 422


def test_the_desk_types_what_an_order_needs(house: House, desk: Browser) -> None:
    """The phone order's form has the same words, and the order carries them."""
    till = house.restaurant()
    placed = order(desk, till, needs=["cargo", "heat_bag"])
    with house.reading() as session:
        row = session.exec(select(Order).where(Order.public_id == placed)).one()
        assert row.needs == ["heat_bag", "cargo"]


def test_a_break_is_planned_at_the_desk(house: House, desk: Browser) -> None:
    """A break stands on the shift's card, nothing is planned into it, and a second one over it is refused."""
    till = house.restaurant()
    rider_on_shift(house, desk)
    with house.reading() as session:
        shift = session.exec(select(Shift)).one()
    path = f"/desk/shifts/{shift.id}/rest"
    desk.send(path, starts_at="18:05", ends_at="18:50")
    assert "Break 18:05 to 18:50" in desk.get("/desk/shifts")
    refused = desk.refused(path, starts_at="18:30", ends_at="19:00")
    assert refused == (422, "This shift already has a break then.")
    rider = Browser.new(house)
    with house.database.writing() as session:
        rider.client.cookies.set("pannier", people.start_visit(session, shift.person_id, now=house.now))
    assert "18:05 to 18:50, no jobs planned" in rider.get("/my")
    order(desk, till, ready_at="18:15")
    until_offered(house)
    assert house.now >= house.now.replace(hour=18, minute=47)


def test_a_break_is_within_its_shift(house: House, desk: Browser) -> None:
    """An hour without its day is the shift's own day; a break outside the shift is refused."""
    person = rider_on_shift(house, desk)
    begins = (house.now + timedelta(days=1)).replace(hour=17, minute=0, second=0, microsecond=0)
    with house.database.writing() as session:
        shift = shifts.plan(session, person, starts_at=begins, ends_at=begins + timedelta(hours=5))
    path = f"/desk/shifts/{shift.id}/rest"
    desk.send(path, starts_at="18:30", ends_at="19:00")
    with house.reading() as session:
        (rest,) = breaks.of(session, [known(shift.id)])
    assert rest.starts_at == begins + timedelta(hours=1, minutes=30)
    outside = f"{house.now:%Y-%m-%d}T20:00", f"{house.now:%Y-%m-%d}T20:30"
    refused = desk.refused(path, starts_at=outside[0], ends_at=outside[1])
    assert refused == (422, "That break is not within this shift: write its day and time.")


def test_a_break_is_taken_back_or_ended(house: House, desk: Browser) -> None:
    """A coming break can be taken back, one going on is ended now, one that is over stays; each shift has its own."""
    rider_on_shift(house, desk)
    with house.reading() as session:
        shift = session.exec(select(Shift)).one()
    path = f"/desk/shifts/{shift.id}/rest"
    desk.send(path, starts_at="18:30", ends_at="19:00")
    assert "Take it back" in desk.get("/desk/shifts")
    desk.send(f"{path}/1/end")
    assert "Break 18:30" not in desk.get("/desk/shifts")
    assert desk.refused(f"{path}/1/end")[0] == 422
    desk.send(path, starts_at=f"{house.now:%Y-%m-%dT%H:%M}", ends_at="19:00")
    house.move(10)
    with house.reading() as session:
        (row,) = breaks.of(session, [known(shift.id)])
    assert "End it" in desk.get("/desk/shifts")
    desk.send(f"{path}/{row.id}/end")
    with house.reading() as session:
        (row,) = breaks.of(session, [known(shift.id)])
    assert row.ends_at == house.now
    house.move(1)
    assert desk.refused(f"{path}/{row.id}/end") == (409, "That break is over.")


def test_an_idle_rider_sees_where_to_wait(house: House, desk: Browser) -> None:
    """After busy minutes at a kitchen, a free rider far off reads the hint on their page, and the desk sees it too."""
    till = house.restaurant()
    person = rider_on_shift(house, desk)
    for n in range(6):
        placed = order(desk, till, external_id=f"A-{n}")
        desk.send(f"/desk/orders/{placed}/cancel", reason="eaten by the staff")
    with house.database.writing() as session:
        shift = session.exec(select(Shift).where(Shift.person_id == person)).one()
        shift.lat, shift.lon = 51.5480, -0.1010
        session.add(shift)
    house.move(1)
    with house.reading() as session:
        found = waiting.hint(session, person, now=house.now)
    assert found is not None
    assert "Might wait near" in desk.get("/desk")
    with house.database.writing() as session:
        token = people.start_visit(session, person, now=house.now)
    rider = Browser.new(house)
    rider.client.cookies.set("pannier", token)
    page = rider.get("/my")
    assert "A good place to wait" in page
    assert "Only a hint" in page
