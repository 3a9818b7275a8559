"""What makes the rider's page installable: manifest, icons, look, script and service worker, named by their content.

Nothing here is anybody's own. The worker may act on `/my` and what is below it (`Service-Worker-Allowed`), keeps
these few files and a rider's own last page, and is a new worker whenever one of the files is.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from rcssmin import cssmin
from rjsmin import jsmin

import dispatch.web
from dispatch.errors import NotFound
from dispatch.web import access, pages, tongues

router = APIRouter(prefix="/my/shell", dependencies=[Depends(access.public)], include_in_schema=False)

SCOPE = "/my"
HERE = Path(__file__).parent / "static"
THEIRS = Path(dispatch.web.__file__).parent / "static"
KINDS = {
    "rider.js": "text/javascript; charset=utf-8",
    "rider.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
}
KEPT = ("rider.js", "rider.css", "icon.svg")  # by the worker, with the one look of every page
LOOK = ("pannier.css", "pannier.svg")
SMALLER = {".js": jsmin, ".css": cssmin}
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@lru_cache(maxsize=16)
def content(name: str) -> bytes:
    """One of our files as phones get it: scripts and looks without what is only for whoever reads them."""
    held = (HERE / name).read_bytes()
    smaller = SMALLER.get(Path(name).suffix)
    return held if smaller is None else str(smaller(held.decode())).encode()


@lru_cache(maxsize=16)
def version(name: str) -> str:
    """A file's name for its content: the same for ever, and another for any other."""
    return hashlib.sha256(content(name)).hexdigest()[:12]


def address(name: str) -> str:
    """Where a file is, at this content."""
    return f"/my/shell/{name}?v={version(name)}"


@lru_cache(maxsize=1)
def edition() -> str:
    """One name for all the files together, and for the worker that keeps them."""
    held = [content(name) for name in (*KEPT, "worker.js")] + [(THEIRS / name).read_bytes() for name in LOOK]
    return hashlib.sha256(b"\0".join(held)).hexdigest()[:12]


def page(request: Request) -> dict[str, Any]:
    """What the rider's page needs to know of all this."""
    return {"shell": address, "edition": edition(), "scope": SCOPE}


@router.get("/manifest.json")
def manifest(request: Request) -> Response:
    """How the page stands on a phone once it is installed, in the language of the phone."""
    language = tongues.browser(request)
    say = pages.spoken(request, language)
    told = {
        "id": SCOPE,
        "lang": tongues.tag(language),
        "name": say("Pannier: my job"),
        "short_name": "Pannier",
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "background_color": "#f7f5ef",
        "theme_color": "#14583c",
        "icons": [
            {"src": address("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": address("icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {
                "src": address("icon-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "any maskable",
            },
        ],
    }
    headers = {"cache-control": "no-cache", "vary": "accept-language"}
    return Response(json.dumps(told), media_type="application/manifest+json", headers=headers)


@router.get("/worker.js")
def worker() -> Response:
    """The service worker; asked for anew each time, so that a new edition is seen."""
    kept = [address(name) for name in KEPT] + [f"/static/{name}" for name in LOOK]
    told = f"const EDITION = {json.dumps(edition())};\nconst KEPT = {json.dumps(kept)};\n".encode()
    headers = {"cache-control": "no-cache", "service-worker-allowed": SCOPE}
    return Response(told + content("worker.js"), media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/{name}")
def file(name: str, v: str = "") -> Response:
    """One of our files: kept for ever by the name of its content, and asked for again without."""
    if name not in KINDS:
        raise NotFound("There is no such file.")
    headers = FOREVER if v == version(name) else {"cache-control": "no-cache"}
    return Response(content(name), media_type=KINDS[name], headers=headers)
