"""What can go wrong while installing, configuring and running; each says what to do about it."""

from pathlib import Path


class InfraError(Exception):
    """Something about this install needs attention."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class RefusesToStart(InfraError):
    """These settings do not fit this database."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class NotInstalled(InfraError):
    """This database has no co-op yet: run `pannier init` first."""


class KindIsForEver(InfraError):
    """A database is demo or live from its creation, for ever: use another database."""


class AlreadyServed(InfraError):
    """Another pannier process is using this SQLite database: stop it first (one process at a time)."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Another pannier process is using {path}: stop it first (SQLite allows one at a time)."
        )
        self.path = path


class WorkerNeedsPostgres(InfraError):
    """`pannier worker` needs PostgreSQL; on SQLite `pannier serve` does the work itself, so run only that."""


class WorkerRefusesDemo(InfraError):
    """A demo runs in one process because its clock does: run `pannier serve`, or set PANNIER_CLOCK=wall."""


class NotMigrated(InfraError):
    """The database is not at this version's tables: run `pannier migrate`."""


class ClockRunsBackwards(InfraError):
    """The sandbox clock only moves forward."""


class JobStuck(InfraError):
    """A job keeps saying it is due without getting anywhere."""

    def __init__(self, job: str) -> None:
        super().__init__(f"The job {job} keeps saying it is due without getting anywhere.")
        self.job = job


class BackupFailed(InfraError):
    """The backup could not be made."""


class RestoreRefused(InfraError):
    """The backup was not restored; nothing has changed."""
