"""The treasurer's pages, as the bar above each of them lists them: a page more is a line more."""

SECTIONS: tuple[tuple[str, str], ...] = (
    ("/desk/money", "Trial balance"),
    ("/desk/money/accounts", "Accounts"),
    ("/desk/money/evenings", "Evenings"),
    ("/desk/pay", "Pay runs"),
    ("/desk/money/checks", "Checks"),
)
