"""The treasurer's pages, as the bar above each of them lists them: a page more is a line more."""

SECTIONS: tuple[tuple[str, str], ...] = (
    ("/desk/money", "Trial balance"),
    ("/desk/money/accounts", "Accounts"),
    ("/desk/money/evenings", "Evenings"),
    ("/desk/pay", "Pay runs"),
    ("/desk/settlements", "Settlements"),
    ("/desk/vat", "VAT"),
    ("/desk/money/owed", "Owed for others"),
    ("/desk/money/tips", "Tips"),
    ("/desk/money/expenses", "Expenses"),
    ("/desk/money/absences", "Absences"),
    ("/desk/cards", "Cards"),
    ("/desk/reconciliation", "Reconciliation"),
    ("/desk/money/checks", "Checks"),
)
