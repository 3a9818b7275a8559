"""After the evening, the treasurer's Monday through the pages: pay run, bank file, settlements; then the night.

The deductions are made up: a tenth of each gross pay as income tax, where a payroll bureau would say what is due.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.simulation.aftermath import patient_sign_in
from infra.simulation.client import Server, Visit
from infra.simulation.riders import Rider
from infra.simulation.world import World

MADE_UP = 10  # a tenth: no tax table, and labelled so


@dataclass(frozen=True, slots=True)
class Treasury:
    """What was paid, in minor units, what was owed on as VAT, what was paid on for others, and what the audit found."""

    pay_run_minor: int
    settlements_minor: int
    vat_minor: int
    paid_on_minor: int
    findings: tuple[str, ...]


def monday(
    world: World, riders: Sequence[Rider], treasurer_phone: str, *, at: datetime, since: datetime
) -> Treasury:
    """Move to Monday, then pay the riders' week that began at `since` and settle with the restaurants."""
    world.hang_up()  # the riders are home: what is texted to them now wants no answer
    world.run(at)
    server = world.server
    for place, rider in enumerate(riders, start=1):
        bank = {"holder": rider.name, "sort_code": "20-00-00", "number": f"{place:08d}"}
        server.form(patient_sign_in(world, rider.phone), "/my/bank", bank)
    treasurer = patient_sign_in(world, treasurer_phone)
    paid = _pay_run(server, treasurer, since)
    settled = _settle(server, treasurer)
    accounts = server.page(treasurer, "/desk/money")["accounts"]
    vat = sum(held for account, held in accounts.items() if account.startswith("vat:"))
    paid_on = _pay_on(server, treasurer, at)
    return Treasury(paid, settled, vat, paid_on, _read_overnight(world, treasurer_phone))


def _read_overnight(world: World, treasurer_phone: str) -> tuple[str, ...]:
    """Let the night after pass, and give what its audit and its comparison with Stripe found."""
    before = world.now
    world.run(before + timedelta(days=1))
    treasurer = patient_sign_in(world, treasurer_phone)
    read = world.server.page(treasurer, "/desk/money/checks")
    if read["at"] is None or datetime.fromisoformat(read["at"]) <= before:
        return ("the books were not read in the night",)
    for each in _differences(world.server, treasurer):
        if each["cause"] == "elsewhere":
            note = {"note": "Taken at the restaurants' own terminals, which another company pays out."}
            world.server.form(treasurer, f"/desk/reconciliation/{each['id']}/close", note)
    left = _differences(world.server, treasurer)
    return (
        *(f"{each['rule']}: {each['message']}" for each in read["findings"]),
        *(f"Stripe and the books differ on {each['thing']}: {each['cause']}" for each in left),
    )


def _differences(server: Server, treasurer: Visit) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.page(treasurer, "/desk/reconciliation")["differences"]
    return found


def _pay_run(server: Server, treasurer: Visit, since: datetime) -> int:
    home = f"/desk/pay/{server.form(treasurer, '/desk/pay', {'on': since.isoformat()})['id']}"
    for each in server.page(treasurer, home)["people"]:
        fields = {"amount": [_pounds(each["gross_minor"] // MADE_UP), "", "", ""], "other": "", "purpose": ""}
        server.form(treasurer, f"{home}/people/{each['person']}/deductions", fields)
    server.form(treasurer, f"{home}/acknowledge", {})
    server.form(treasurer, f"{home}/approve", {})
    server.file(treasurer, f"{home}/files/bureau.csv")
    server.file(treasurer, f"{home}/bank-file", made=True)
    server.form(treasurer, f"{home}/paid", {})
    server.form(treasurer, f"{home}/close", {})
    return int(server.page(treasurer, home)["net_minor"])


def _settle(server: Server, treasurer: Visit) -> int:
    server.form(treasurer, "/desk/settlements/draft", {})
    moved = 0
    for row in server.page(treasurer, "/desk/settlements")["settlements"]:
        home = f"/desk/settlements/{row['id']}"
        if row["state"] == "draft":
            server.form(treasurer, f"{home}/issue", {})
        told = server.page(treasurer, home)
        if told["payout_minor"]:
            server.form(treasurer, f"{home}/paid", {})
        elif told["due_minor"]:
            server.form(treasurer, f"{home}/received", {})
        server.form(treasurer, f"{home}/close", {})
        moved += told["payout_minor"] or -told["due_minor"]
    return moved


def _pay_on(server: Server, treasurer: Visit, at: datetime) -> int:
    """What was withheld and what VAT was charged leaves the bank in one payment."""
    home = "/desk/money/owed"
    told = server.page(treasurer, home)
    owed: dict[str, int] = told["owed"]
    if owed:
        amounts = [_pounds(minor) for minor in owed.values()]
        said = {"number": told["number"], "paid_on": at.date().isoformat(), "reference": "HMRC"}
        server.form(treasurer, home, {"account": list(owed), "amount": amounts, **said})
    return sum(owed.values())


def _pounds(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
