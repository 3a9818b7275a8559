"""A co-op registered for VAT, and restaurants' months for tests to settle."""

from tests.payments.rulebooks import FINSBURY_PARK

VAT = """
[vat]
registered = true
number = "GB 123 4567 89"
[[vat.commission]]
from = 2026-05-01
rate_bp = 2000
included = false
[[vat.delivery]]
from = 2026-05-01
rate_bp = 2000
included = true
[[vat.service]]
from = 2026-05-01
rate_bp = 2000
included = false
"""
SETTLEMENT = """
[settlement]
period = "week"
day = "monday"
minimum_payout_minor = 1000
invoice_prefix = "FPR-"
address = ["The Old Fire Station", "84 Mayton Street", "London N7 6QT"]
payment_terms_days = 14
"""
CANCELLED = """
[revenue.cancelled.cooking]
food_bp = 5000
[revenue.cancelled.ready]
food_bp = 10000
delivery_fee = "kept"
[revenue.cancelled.picked_up]
borne_by = "restaurant"
food_bp = 0
"""
_REVENUE = "refund_commission = true\ncard_fee_bp = 150"
_PLAIN = FINSBURY_PARK.split("[settlement]")[0] + "[pay]" + FINSBURY_PARK.split("[pay]", 1)[1]
UNTAXED = _PLAIN.replace("card_fee_bp = 150", _REVENUE) + SETTLEMENT + CANCELLED
TAXED = UNTAXED + VAT
