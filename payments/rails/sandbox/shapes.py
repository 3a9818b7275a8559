"""Requests read by the types of Stripe's own library: what they do not know is refused, and so is what is missing.

Stripe's TypedDicts list every parameter of every method; a form is read against them, nested ones too.
"""

import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import typing_extensions
from stripe import StripeObject
from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

_OPTIONS = frozenset(RequestOptions.__annotations__)
_OPTIONAL = (NotRequired, typing_extensions.NotRequired)
# Names of the library's that its parameter modules do not import; they stand among the options, no parameters.
_UNKNOWN = {"StripeContext": object, "Mapping": Mapping}
Tree = dict[str, Any]


class Misshapen(ValueError):
    """A request that Stripe's library has no such shape for: the parameter, and what is wrong."""

    def __init__(self, param: str, words: str) -> None:
        self.param = param
        super().__init__(words)


def tree(form: str) -> Tree:
    """A form body as Stripe reads it: `a[b][0]=c` is {"a": {"b": {"0": "c"}}}; Misshapen for one that clashes."""
    read: Tree = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        place, path = read, [head, *rest]
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise Misshapen(name, f"{name} is both a value and a group")
        place[path[-1] or str(len(place))] = value
    return read


@cache
def fields(shape: Any) -> dict[str, tuple[Any, bool]]:
    """A TypedDict's parameters: name -> (its type, whether it must be there)."""
    found: dict[str, tuple[Any, bool]] = {}
    total = bool(shape.__total__)
    for name, hint in get_type_hints(shape, localns=_UNKNOWN, include_extras=True).items():
        if name in _OPTIONS:
            continue
        origin = get_origin(hint)
        if origin in _OPTIONAL:
            found[name] = (get_args(hint)[0], False)
        elif origin is Required:
            found[name] = (get_args(hint)[0], True)
        else:
            found[name] = (hint, total)
    return found


def read(shape: Any, given: Mapping[str, Any], at: str = "") -> Tree:
    """A form's tree as the values a TypedDict wants; Misshapen names the first parameter that does not fit."""
    known = fields(shape)
    for name in given:
        if name not in known:
            raise Misshapen(_at(at, name), f"Received unknown parameter: {_at(at, name)}")
    made: Tree = {}
    for name, (hint, needed) in known.items():
        if name in given:
            made[name] = _value(hint, given[name], _at(at, name))
        elif needed:
            raise Misshapen(_at(at, name), f"Missing required param: {_at(at, name)}.")
    return made


def _at(above: str, name: str) -> str:
    return f"{above}[{name}]" if above else name


def _value(hint: Any, given: Any, at: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint), given, at)
    if is_typeddict(hint):
        return read(hint, _group(given, at), at)
    if origin is list:
        return [_value(get_args(hint)[0], each, _at(at, place)) for place, each in _group(given, at).items()]
    if origin is dict:
        return {
            name: _value(get_args(hint)[1], each, _at(at, name)) for name, each in _group(given, at).items()
        }
    if isinstance(given, dict):
        raise Misshapen(at, f"Invalid string: {at}")
    return _plain(hint, given, at)


def _plain(hint: Any, given: str, at: str) -> Any:
    if get_origin(hint) is Literal:
        if given not in get_args(hint):
            raise Misshapen(at, f"Invalid {at}: must be one of {', '.join(map(str, get_args(hint)))}")
        return given
    if hint is bool:
        if given not in ("true", "false"):
            raise Misshapen(at, f"Invalid boolean: {at}")
        return given == "true"
    if hint is int:
        if not given.lstrip("-").isdigit():
            raise Misshapen(at, f"Invalid integer: {at}")
        return int(given)
    if hint is str:
        return given
    raise Misshapen(at, f"{at} is of a kind that is not read here ({hint})")


def _one_of(hints: tuple[Any, ...], given: Any, at: str) -> Any:
    """The first of several types that fits. A list of known words with `str` beside it is held to the words."""
    words = [each for each in hints if get_origin(each) is Literal]
    if words and str in hints and not isinstance(given, dict):
        hints = tuple(each for each in hints if each is not str)
    refused: Misshapen | None = None
    for hint in hints:
        if hint is type(None) or _is_object(hint):
            continue
        try:
            return _value(hint, given, at)
        except Misshapen as fault:
            # The deepest complaint is about the shape that was meant.
            if refused is None or len(fault.param) > len(refused.param):
                refused = fault
    raise refused or Misshapen(at, f"Invalid {at}")


def _is_object(hint: Any) -> bool:
    kind = get_origin(hint) or hint
    return isinstance(kind, type) and issubclass(kind, StripeObject)


def _group(given: Any, at: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Misshapen(at, f"Invalid object: {at}")
    return given
