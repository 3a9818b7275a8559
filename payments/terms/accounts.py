"""What the accounts of the books are called."""

BANK = "outside:bank"
CARD = "outside:card"
CUSTOMERS = "outside:customers"
COMMISSION = "co-op:commission"
DELIVERY = "co-op:delivery"
SERVICES = "co-op:services"
ADJUSTMENTS = "co-op:adjustments"
CARD_COST = "co-op:card-cost"
REFUNDS = "co-op:refunds"
WAGES = "co-op:wages"
TOP_UP = "co-op:wages:top-up"
DROPS = "co-op:wages:drops"
HOLIDAY_PAY = "co-op:holiday"
HOLIDAY_HOURS = "co-op:holiday-hours"
WORK = "co-op:minutes"
SET_ASIDE = "holiday-set-aside"  # a rider's account: holiday pay until leave is taken
EMPLOYER = "co-op:employer-costs"  # the co-op's own contributions, paid on along with what was withheld
VAT_RECLAIMED = "outside:vat-reclaimed"  # VAT on what the co-op bought, which is not in the books
REMITTANCE = "remittance:"  # how the entries are named that pay on what is owed for others
VAT = "vat:output"  # and below it one account for each kind of income, so that a posting says what it is of


def restaurant(restaurant_id: int) -> str:
    """What the co-op owes a restaurant."""
    return f"restaurant:{restaurant_id}"


def rider(rider_id: int, what: str) -> str:
    """One of a rider's accounts: wages, tips, holiday-pay, holiday-set-aside, expenses, holiday or minutes."""
    return f"rider:{rider_id}:{what}"
