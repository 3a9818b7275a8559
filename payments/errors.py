"""What can be wrong about money. Each docstring is the default message; the facts are attributes."""

from datetime import date, datetime


class MoneyFault(Exception):
    """The books cannot take this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class BadAmount(MoneyFault, ValueError):
    """This is not an amount."""


class BadEntry(MoneyFault, ValueError):
    """This cannot be written down as an entry."""


class RulebookFault(MoneyFault, ValueError):
    """The rulebook has faults."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults) or None)


class NoRulebook(MoneyFault):
    """No rulebook is in force."""

    def __init__(self, at: datetime | None = None, version: str | None = None) -> None:
        self.at = at
        self.version = version
        if version is not None:
            super().__init__(f"no rulebook has the version {version}")
        else:
            super().__init__(f"no rulebook is in force at {at.isoformat()}" if at else None)


class NoRate(MoneyFault):
    """No hourly rate is in force on that day."""

    def __init__(self, on: date) -> None:
        self.on = on
        super().__init__(f"no hourly rate is in force on {on.isoformat()}")


class NoVatRate(MoneyFault):
    """No rate of VAT is in force for that income on that day."""

    def __init__(self, kind: str, on: date) -> None:
        self.kind = kind
        self.on = on
        super().__init__(f"no rate of VAT is in force for {kind} on {on.isoformat()}")


class UnknownZone(MoneyFault):
    """The rulebook has no such zone."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        super().__init__(f"the rulebook has no zone called {zone!r}")


class KeyReused(MoneyFault):
    """This key already names an entry with other facts."""

    def __init__(self, key: str, entry_id: int) -> None:
        self.key = key
        self.entry_id = entry_id
        super().__init__(f"{key} already names entry {entry_id}, with other facts")


class NoSuchEntry(MoneyFault):
    """The books have no such entry."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the books have no entry {key}")


class AlreadyReversed(MoneyFault):
    """This entry has been reversed before."""

    def __init__(self, key: str, by: str) -> None:
        self.key = key
        self.by = by
        super().__init__(f"{key} has been reversed before, by {by}")


class ReversalIsFinal(MoneyFault):
    """A reversal is not reversed: post the facts anew under a new key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} is a reversal; post the facts anew under a new key")


class AlreadyBooked(MoneyFault):
    """This was booked before and still stands."""

    def __init__(self, subject: str, key: str) -> None:
        self.subject = subject
        self.key = key
        super().__init__(f"{subject} is booked already, as {key}, and that still stands")


class NotBooked(MoneyFault):
    """Nothing that stands in the books answers to this."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"nothing that stands in the books answers to {subject}")


class MixedUnits(MoneyFault):
    """This account holds more than one unit: ask for one of them."""

    def __init__(self, account: str) -> None:
        self.account = account
        super().__init__(f"{account} holds more than one unit: ask for one of them")


class RefundTooLarge(MoneyFault):
    """More than can still be given back."""

    def __init__(self, order_id: int, asked_minor: int, left_minor: int) -> None:
        self.order_id = order_id
        self.asked_minor = asked_minor
        self.left_minor = left_minor
        super().__init__(
            f"order {order_id}: {asked_minor} asked; {left_minor} can be given back; tips are the rider's"
        )


class RefundStands(MoneyFault):
    """A delivery that was refunded cannot be undone."""

    def __init__(self, order_id: int, key: str) -> None:
        self.order_id = order_id
        self.key = key
        super().__init__(f"order {order_id} cannot be undone while {key} stands")


class BadCorrection(MoneyFault, ValueError):
    """A correction is of the same shift and rider, with a later revision."""


class NoSickPay(MoneyFault):
    """The rulebook in force says nothing of sick pay: it needs a [pay.sick]."""


class NotSoMuchLeave(MoneyFault):
    """More leave than has accrued."""

    def __init__(self, asked_minutes: int, left_minutes: int) -> None:
        self.asked_minutes = asked_minutes
        self.left_minutes = left_minutes
        super().__init__(
            f"{asked_minutes} minutes of leave were asked for; {left_minutes} have accrued and are still to be taken"
        )


class NobodyToShare(MoneyFault):
    """Nobody was on shift on that day, so its tips cannot be shared out by minutes."""

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(
            f"nobody was on shift on {day.isoformat()}: its tips cannot be shared out by minutes"
        )


class NoShares(MoneyFault):
    """The rulebook in force says nothing of shares."""


class SharesRefused(MoneyFault):
    """These shares cannot be issued."""


class Overdrawn(MoneyFault):
    """There is not so much on this account."""

    def __init__(self, account: str, asked: int, left: int) -> None:
        self.account = account
        self.asked = asked
        self.left = left
        super().__init__(f"{account} has {left}, and {asked} was asked of it")


class NoSuchHold(MoneyFault):
    """The books have no such hold."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the books have no hold {key}")


class HoldResolved(MoneyFault):
    """This hold has ended before, in another way."""

    def __init__(self, key: str, how: str) -> None:
        self.key = key
        self.how = how
        super().__init__(f"{key} was {how} before; a hold ends once")


class HoldExpired(MoneyFault):
    """This hold has run out."""

    def __init__(self, key: str, at: datetime) -> None:
        self.key = key
        self.at = at
        super().__init__(f"{key} ran out at {at.isoformat()}")


class OverPosted(MoneyFault):
    """More than this hold holds."""

    def __init__(self, key: str, asked: int, held: int) -> None:
        self.key = key
        self.asked = asked
        self.held = held
        super().__init__(f"{key} holds {held}, and {asked} was to be posted")


class HoldIsFinal(MoneyFault):
    """A hold is ended, not reversed."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} is a hold or the end of one: end it, or post the facts anew")


class RailsFault(MoneyFault):
    """The card processor did not do what was asked."""


class CallRefused(RailsFault):
    """The card processor refused this for good."""


class NotEnoughYet(RailsFault):
    """The card processor does not hold enough available money yet."""


class CallLater(RailsFault):
    """The card processor could not be reached, or would not listen now: nothing was done."""


class NoAnswer(RailsFault):
    """The card processor gave no answer: nobody knows whether it was done."""


class NotFromStripe(RailsFault):
    """This was not signed by the card processor, or too long ago."""


class NoCards(RailsFault):
    """Cards cannot be taken here yet: the Stripe keys are missing."""


class BadClaim(RailsFault, ValueError):
    """This cannot be asked of the card processor."""


class NoSuchPayout(MoneyFault):
    """There is no such payout."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"there is no payout {key}")


class PayoutRefused(MoneyFault):
    """A payout does not go that way."""

    def __init__(self, payout_id: int, state: str, wanted: str) -> None:
        self.payout_id = payout_id
        self.state = state
        self.wanted = wanted
        super().__init__(f"payout {payout_id} is {state}; it cannot be {wanted}")


class BadBankDetails(MoneyFault, ValueError):
    """These are no bank details."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults) or None)


class NoSuchPayRun(MoneyFault):
    """There is no such pay run."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        super().__init__(f"there is no pay run {run_id}")


class PayRunRefused(MoneyFault):
    """The pay run cannot do that now."""


class BooksUnsound(PayRunRefused):
    """The books do not hold: nothing is paid until they do."""

    def __init__(self, findings: tuple[tuple[str, int | None, str], ...]) -> None:
        self.findings = findings  # (rule, number of the entry or None, what is wrong), in order
        told = "".join(f"\n{rule}: {message}" for rule, _, message in findings)
        super().__init__(f"The books do not hold, so nothing is paid until a person has looked:{told}")


class DeductionsRefused(MoneyFault, ValueError):
    """These deductions cannot be taken in."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults) or None)


class NoSuchSettlement(MoneyFault):
    """There is no such settlement."""

    def __init__(self, settlement_id: int) -> None:
        self.settlement_id = settlement_id
        super().__init__(f"There is no settlement {settlement_id}.")


class SettlementRefused(MoneyFault):
    """A settlement does not go that way."""


class RemittanceRefused(MoneyFault):
    """What is owed for others is not paid on that way."""
