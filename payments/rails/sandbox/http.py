"""Stripe's library, answered by the pretend Stripe instead of the network: the very requests, their very shapes."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import stripe

from payments.rails import Database
from payments.rails.sandbox import shapes
from payments.rails.sandbox.api import METHODS, Answered, Method
from payments.rails.sandbox.state import World
from payments.rails.tables import SandboxKey

Answer = tuple[int, dict[str, Any]]


class SandboxHTTP(stripe.HTTPClient):
    """Carries requests of the library to the pretend Stripe."""

    name = "sandbox"

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._database = database
        self._clock = clock

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer one request in one transaction, failing before or after it where a switch says so."""
        parts = urlsplit(url)
        form = str(post_data or "") if method == "post" else parts.query
        key = (headers or {}).get("Idempotency-Key") if method == "post" else None
        found, path = _method(method, parts.path.removeprefix("/v1/"))
        fault = self._fault(found, "before")
        if fault is not None:
            raise fault
        with self._database.writing() as session:
            status, body = _answer(World(session, self._clock()), found, path, form, key)
        fault = self._fault(found, "after")
        if fault is not None:
            raise fault
        return json.dumps(body), status, {"Request-Id": "req_sandbox"}

    def close(self) -> None:
        """Nothing to let go of."""

    def _fault(self, method: Method | None, when: str) -> Exception | None:
        if method is None or not method.named:
            return None
        with self._database.writing() as session:
            world = World(session, self._clock())
            if world.use(f"{when}:{method.named}") or world.use(f"{when}:any"):
                return stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                    f"The line was cut {when} the call (a switch of the sandbox)"
                )
        return None


def _method(verb: str, path: str) -> tuple[Method | None, tuple[str, ...]]:
    asked = path.split("/")
    for method in METHODS:
        wanted = method.path.split("/")
        if method.verb == verb and len(wanted) == len(asked):
            pairs = list(zip(wanted, asked, strict=True))
            if all(want in ("*", have) for want, have in pairs):
                return method, tuple(unquote(have) for want, have in pairs if want == "*")
    return None, ()


def _answer(world: World, method: Method | None, path: tuple[str, ...], form: str, key: str | None) -> Answer:
    if method is None:
        return _fault(Answered(404, "Unrecognized request URL"))
    digest = hashlib.sha256(f"{method.verb} {method.path} {path} {form}".encode()).hexdigest()
    earlier = world.session.get(SandboxKey, key) if key else None
    if earlier is not None:
        if earlier.digest != digest:
            words = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            return 400, {"error": {"type": "idempotency_error", "message": words}}
        return earlier.status, earlier.answer
    # As Stripe has it: what fails its check of the parameters is not kept under the key, all else is.
    try:
        asked = shapes.read(method.shape, shapes.tree(form))
    except shapes.Misshapen as fault:
        return _fault(Answered(400, str(fault), param=fault.param, code="parameter_unknown"))
    if method.named and world.use(f"breaks:{method.named}"):
        status, body = 500, {"error": {"type": "api_error", "message": "An unknown error occurred"}}
    else:
        savepoint = world.session.begin_nested()
        try:
            status, body = 200, method.does(world, asked, path)
            savepoint.commit()
        except Answered as refused:
            savepoint.rollback()
            status, body = _fault(refused)
    if key:
        world.session.add(SandboxKey(key=key, digest=digest, status=status, answer=body, at=world.now))
        world.session.flush()
    return status, body


def _fault(fault: Answered) -> Answer:
    return fault.status, {"error": fault.error}
