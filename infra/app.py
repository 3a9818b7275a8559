"""The web application, put together: every room's routes under one roof, one look, one set of errors."""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI, Response
from fastapi.staticfiles import StaticFiles

import dispatch.web
import riders_app.web
from dispatch.web import access, errors, pages
from infra import sandbox, sandbox_cards
from infra.guard import Guard, Net
from infra.health import examine
from infra.program import Program
from riders_app.wording import voice

MOST_BYTES = 256 * 1024  # of anything sent to us: an order is about one kilobyte


def create_app(program: Program) -> FastAPI:
    """The application that serves one program."""
    app = FastAPI(
        title="Pannier",
        version=version("pannier"),
        summary="The restaurants' API of a neighbourhood delivery co-op.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        max_body_size=MOST_BYTES,
    )
    app.state.program = program
    dispatch_web = Path(dispatch.web.__file__).parent
    riders_web = Path(riders_app.web.__file__).parent
    app.state.templates = pages.environment([dispatch_web / "templates", riders_web / "templates"])
    app.state.speak = lambda language, message, **facts: voice(language).show(message, **facts)
    errors.install(app)
    app.add_middleware(Net, answer=errors.broken)
    app.add_middleware(Guard)
    for router in (*dispatch.web.routers(), *riders_app.web.routers(), sandbox.router, sandbox_cards.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=dispatch_web / "static"), name="static")

    @app.get("/healthz", include_in_schema=False, dependencies=[Depends(access.public)])
    def healthz(response: Response) -> dict[str, object]:
        """How the install fares: 200 when nobody need look, 503 otherwise."""
        health = examine(program)
        response.status_code = 200 if health.well else 503
        response.headers["Cache-Control"] = "no-store"
        return {"well": health.well} | asdict(health)

    return app
