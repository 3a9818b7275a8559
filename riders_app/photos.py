"""Photos as proof of delivery: small picture files in the data folder, forgotten with the customer's contact."""

import secrets
from collections.abc import Collection
from pathlib import Path

from dispatch.errors import BadInput

LARGEST = 12_000_000  # bytes; a phone's own picture as it comes, where no script makes it smaller
FOLDER = "proofs"
_KINDS = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))


def save(data: Path, picture: bytes) -> str:
    """Keep one picture and return its file's name, which says nothing; BadInput for what is none, or too large."""
    if len(picture) > LARGEST:
        raise BadInput(f"Photo: at most {LARGEST // 1_000_000} MB, please: take it smaller.")
    kind = next((kind for magic, kind in _KINDS if picture.startswith(magic)), None)
    if kind is None and picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise BadInput("Photo: send a JPEG, PNG or WebP picture.")
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{secrets.token_hex(16)}.{kind}"
    (folder / name).write_bytes(picture)
    return name


def find(data: Path, name: str) -> Path | None:
    """The file of a picture that is still kept."""
    path = data / FOLDER / Path(name).name
    return path if name and path.is_file() else None


def drop(data: Path, name: str) -> None:
    """Remove a picture that became nobody's proof."""
    path = find(data, name)
    if path is not None:
        path.unlink(missing_ok=True)


def sweep(data: Path, kept: Collection[str], *, before: float) -> int:
    """Remove pictures no proof names any more, and written before an instant (seconds since 1970); how many."""
    folder = data / FOLDER
    gone = 0
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in kept and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
