"""Backups: a checked copy of the whole database, and putting one back."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, make_url

from infra.errors import BackupFailed, RestoreRefused
from infra.lock import hold
from infra.settings import Settings, environment

LOGS = ("-wal", "-shm")  # what SQLite keeps beside a database


def take(settings: Settings, *, now: datetime) -> Path:
    """Copy the database, also while it is being written to, into the backups folder; the file's path.

    The copy stands under its name only once it is whole and has been checked.
    """
    folder = settings.data / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    source = settings.sqlite_path
    target = _free(folder, f"pannier-{now:%Y%m%dT%H%M%SZ}", ".db" if source else ".dump")
    draft = target.with_name(f"{target.name}.part")
    try:
        if source is not None:
            _copy_sqlite(source, draft)
        else:
            _dump_postgres(make_url(settings.database), draft)
        draft.chmod(0o600)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def restore(settings: Settings, backup: Path, *, now: datetime) -> Path | None:
    """Put a backup in the database's place; on SQLite, the path the replaced file is kept at.

    AlreadyServed while a server runs on it; RestoreRefused for a file that is no sound backup.
    """
    if not backup.is_file():
        raise RestoreRefused(f"There is no backup {backup}: nothing has changed.")
    path = settings.sqlite_path
    if path is None:
        _restore_postgres(make_url(settings.database), backup)
        return None
    check_sqlite(backup)
    _same_kind(path, backup)
    with hold(path):
        return _replace_sqlite(path, backup, now)


def check_sqlite(file: Path) -> None:
    """RestoreRefused unless the file is a whole SQLite database of Pannier's."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            ours = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name IN ('install', 'alembic_version')"
            ).fetchone() == (2,)
    except sqlite3.DatabaseError as fault:
        raise RestoreRefused(f"{file} cannot be read ({fault}): nothing has changed.") from fault
    if not sound:
        raise RestoreRefused(f"{file} is damaged: take another backup. Nothing has changed.")
    if not ours:
        raise RestoreRefused(f"{file} is no backup of Pannier's: nothing has changed.")


def _same_kind(path: Path, backup: Path) -> None:
    """RestoreRefused when a demo would take a live database's place, or the other way round."""
    here, there = _kind(path), _kind(backup)
    if here is not None and there is not None and here != there:
        raise RestoreRefused(
            f"{backup} is a {there} database and this one is {here} for ever: nothing has changed."
        )


def _kind(file: Path) -> str | None:
    """What a SQLite file says it is; None where it cannot be read, or does not say."""
    if not file.is_file():
        return None
    try:
        # Immutable: a damaged database's logs must stay untouched until they have been put aside.
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            row = connection.execute("SELECT kind FROM install").fetchone()
    except sqlite3.DatabaseError:
        return None
    return None if row is None else str(row[0])


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BackupFailed(f"There is no database {source} to back up.")
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        # The copy carries the WAL mode over; a backup is one file.
        copy.execute("PRAGMA journal_mode=DELETE")
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupFailed(f"The copy of {source} is damaged: check the disk before anything else.")


def _replace_sqlite(path: Path, backup: Path, now: datetime) -> Path | None:
    # Copied beside it first: the replacing itself is a rename, which a crash cannot cut in half.
    draft = path.with_name(f"{path.name}.restoring")
    try:
        shutil.copyfile(backup, draft)
        kept = _set_aside(path, now) if path.exists() else None
        for suffix in LOGS:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return kept


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename the database that is replaced, with all it holds; the path it is kept at."""
    kept = _free(path.parent, f"{path.stem}-replaced-{now:%Y%m%dT%H%M%SZ}", path.suffix)
    # Copied before SQLite looks: it throws away the logs of a file it finds damaged, and whoever mends that
    # file may need all three.
    logs = [(path.with_name(path.name + suffix), kept.with_name(kept.name + suffix)) for suffix in LOGS]
    for log, copy in logs:
        if log.exists():
            shutil.copyfile(log, copy)
    found = _checkpoint(path)
    if found != "damaged":
        for _, copy in logs:
            copy.unlink(missing_ok=True)
    if found == "busy":
        raise RestoreRefused(f"Another program still uses {path}: end it and try again. Nothing has changed.")
    path.rename(kept)
    return kept


def _checkpoint(path: Path) -> Literal["done", "busy", "damaged"]:
    """Take what stands in the write-ahead log into the file it belongs to."""
    if path.stat().st_size == 0:
        return "damaged"  # to SQLite an empty file is a new database, and its log a left-over
    try:
        with closing(sqlite3.connect(path)) as old:
            busy = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] != 0
    except sqlite3.DatabaseError as fault:
        busy = fault.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return "busy" if busy else "damaged"
    return "busy" if busy else "done"


def _dump_postgres(url: URL, target: Path) -> None:
    # DBOS's schema is left out: it can be thrown away at any time.
    _run("pg_dump", url, ["--format=custom", "--exclude-schema=dbos", f"--file={target}"], BackupFailed)


def _restore_postgres(url: URL, backup: Path) -> None:
    how = ["--clean", "--if-exists", "--single-transaction", "--no-owner", "--exit-on-error"]
    _run("pg_restore", url, [*how, f"--dbname={_plain(url)}", str(backup)], RestoreRefused)


def _run(program: str, url: URL, arguments: list[str], failure: type[Exception]) -> None:
    found = shutil.which(program)
    if found is None:
        raise failure(
            f"{program} is not installed: install PostgreSQL's client programs "
            "(on Debian and Ubuntu: apt install postgresql-client) and try again."
        )
    if program == "pg_dump":
        arguments = [f"--dbname={_plain(url)}", *arguments]
    # The password travels by the environment: a command line can be read by every user of the machine.
    ended = subprocess.run(  # noqa: S603
        [found, *arguments],
        env=environment(PGPASSWORD=url.password),
        capture_output=True,
        text=True,
    )
    if ended.returncode != 0:
        reason = "; ".join(ended.stderr.strip().splitlines()) or "no reason given"
        raise failure(f"{program} failed: {reason}")


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _free(folder: Path, stem: str, suffix: str) -> Path:
    """A path nothing stands at: two backups within a second are two files."""
    path = folder / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{suffix}"
        number += 1
    return path
