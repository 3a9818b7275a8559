"""Who a restaurant is on an invoice, and the bank account it is paid to."""

import re
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch.errors import BadInput
from dispatch.places.restaurants import get
from dispatch.tables import Restaurant, RestaurantBilling
from payments import payees, terms
from payments.bank import BankAccount, carried


def billing(session: Session, restaurant_id: int) -> RestaurantBilling:
    """What is written of it; blank where nothing is yet."""
    found = session.get(RestaurantBilling, restaurant_id)
    return found if found is not None else RestaurantBilling(restaurant_id=restaurant_id)


def set_billing(
    session: Session,
    restaurant_id: int,
    *,
    legal_name: str,
    address: str,
    vat_number: str,
    account_name: str,
    sort_code: str,
    account_number: str,
    by: int,
    now: datetime,
) -> RestaurantBilling:
    """Write down who a restaurant is on an invoice and where it is paid; what is left empty is blank. BadInput.

    An account in place of another is pointed out to whoever pays the restaurant next, with `by` and `now`; `paydays`
    tells the restaurant's people too.
    """
    get(session, restaurant_id)
    code, number = (re.sub(r"[\s-]", "", text) for text in (sort_code, account_number))
    vat = re.sub(r"[\s.-]", "", vat_number).upper()
    if code and not re.fullmatch(r"\d{6}", code):
        raise BadInput("Sort code: write its six digits, like 08-92-99.")
    if number and not re.fullmatch(r"\d{8}", number):
        raise BadInput("Account number: write its eight digits, a nought before where there are only seven.")
    if bool(code) != bool(number) or bool(code) != bool(account_name.strip()):
        raise BadInput(
            "A bank account is the name on it, its sort code and its number: write all three, or none."
        )
    if account_name.strip() and not carried(account_name):
        raise BadInput("Name on the account: write it as the bank has it, in letters or digits.")
    if vat and not re.fullmatch(r"[A-Z]{2}[0-9A-Z]{5,13}", vat):
        raise BadInput("VAT number: write it with its country, like GB123456789.")
    row = billing(session, restaurant_id)
    row.legal_name, row.vat_number = legal_name.strip(), vat
    row.address = "\n".join(line.strip() for line in address.splitlines() if line.strip())
    row.changed_at, row.changed_by = now, by
    session.add(row)
    session.flush()
    payee = terms.restaurant(restaurant_id)
    if number:
        account = BankAccount(" ".join(account_name.split()), code, number)
        payees.enter(session, payee, account, by=by, now=now)
    else:
        payees.blank(session, payee, now=now)
    return row


def accounts_to_forget(session: Session, *, kept: timedelta) -> list[tuple[int, datetime]]:
    """The restaurants that send no more orders and whose bank account is still here, and when it is to go."""
    here = [int(each.split(":")[1]) for each in payees.kept(session) if each.startswith("restaurant:")]
    rows = session.exec(
        select(Restaurant).where(col(Restaurant.id).in_(here), col(Restaurant.ended_at).is_not(None))
    ).all()
    return [(row.id, row.ended_at + kept) for row in rows if row.id is not None and row.ended_at is not None]
