"""The style sheet, the script and the icon: three small files, sent as they are."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dispatch.errors import NotFound
from dispatch.web import access

HERE = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@router.get("/static/{name}", dependencies=[Depends(access.public)])
def file(request: Request, name: str) -> Response:
    """One of the files by its name; asked again, only whether it changed."""
    path = next((p for p in HERE.iterdir() if p.name == name and p.suffix in KINDS), None)
    if path is None:
        raise NotFound
    body = path.read_bytes()
    headers = {
        "etag": f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        "cache-control": "public, max-age=60, stale-while-revalidate=600",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=KINDS[path.suffix], headers=headers)
