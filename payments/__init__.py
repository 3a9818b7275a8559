"""The books: a pure core of money, ledger, rulebook and pay under a thin shell of tables."""
