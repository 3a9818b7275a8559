"""What we send to Stripe, held against the types of Stripe's own library."""

import inspect
import re
from typing import Any, get_args

import pytest
import stripe
from stripe import params
from typing_extensions import is_typeddict

from payments.rails import API_VERSION
from payments.rails.sandbox import shapes
from payments.rails.sandbox.api import METHODS, Method


def test_the_api_version_is_the_one_the_library_was_built_for() -> None:
    """An upgrade of the library that moves Stripe's API shows here before it is shipped."""
    assert stripe.VERSION.startswith("16.")
    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.verb} {method.path}")
def test_each_method_is_read_by_the_type_its_service_names(method: Method) -> None:
    """The type the pretend Stripe reads by is the one the library's own client declares for that very method."""
    found: Any = stripe.StripeClient("sk_test_x").v1
    for part in method.service.split("."):
        found = getattr(found, part)
    declared = str(inspect.signature(found).parameters["params"].annotation)
    assert re.findall(r"\w+Params", declared) == [method.shape.__name__]


@pytest.mark.parametrize(
    ("shape", "form", "param"),
    [
        (params.TransferCreateParams, "currency=gbp&destination=acct_1&amuont=5", "amuont"),
        (params.TransferCreateParams, "currency=gbp&amount=5", "destination"),
        (params.TransferCreateParams, "currency=gbp&destination=acct_1&amount=five", "amount"),
        (params.RefundCreateParams, "charge=ch_1&reason=cold", "reason"),
        (params.RefundCreateParams, "charge=ch_1&metadata=words", "metadata"),
        (
            params.checkout.SessionCreateParams,
            "line_items[0][price_data][currency]=gbp&line_items[0][price_data][product_data][title]=x",
            "line_items[0][price_data][product_data][title]",
        ),
        (
            params.checkout.SessionCreateParams,
            "line_items[0][price_data][unit_amount]=100",
            "line_items[0][price_data][currency]",
        ),
        (params.AccountCreateParams, "controller[fees][payer]=nobody", "controller[fees][payer]"),
        (
            params.AccountCreateParams,
            "capabilities[transfers][requested]=yes",
            "capabilities[transfers][requested]",
        ),
    ],
)
def test_what_the_types_do_not_know_or_miss_is_refused(shape: Any, form: str, param: str) -> None:
    """Unknown, missing or ill-typed, at any depth: the parameter is named."""
    with pytest.raises(shapes.Misshapen) as refused:
        shapes.read(shape, shapes.tree(form))
    assert refused.value.param == param


def test_every_type_of_the_library_can_be_read() -> None:
    """No TypedDict of the methods we use, however deep, has a form that the reader does not understand."""
    seen: set[str] = set()
    waiting = [method.shape for method in METHODS]
    while waiting:
        shape = waiting.pop()
        if shape.__name__ not in seen:
            seen.add(shape.__name__)
            waiting += [inner for hint, _ in shapes.fields(shape).values() for inner in _dicts(hint)]
    assert len(seen) > 300


def _dicts(hint: Any) -> list[Any]:
    """The TypedDicts within a type."""
    if is_typeddict(hint):
        return [hint]
    return [inner for each in get_args(hint) for inner in _dicts(each)]
