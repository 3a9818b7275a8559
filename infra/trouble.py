"""Jobs in trouble: when a job that raised or got nowhere is tried again."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from infra.tables import JobTrouble

LONGEST_BACK_OFF = timedelta(seconds=60)


def failed(session: Session, job: str, fault: str, *, now: datetime) -> JobTrouble:
    """Note that a job failed; it is tried again after 1, 2, 4, ... 60 seconds."""
    row = session.get(JobTrouble, job)
    if row is None:
        row = JobTrouble(job=job, tries=0, fault=fault, since_at=now, retry_at=now)
    row.tries += 1
    row.fault = fault
    row.retry_at = now + min(timedelta(seconds=2 ** min(row.tries - 1, 10)), LONGEST_BACK_OFF)
    session.add(row)
    return row


def recovered(session: Session, job: str) -> None:
    """Note that a job did well again."""
    row = session.get(JobTrouble, job)
    if row is not None:
        session.delete(row)


def waiting(session: Session, *, now: datetime) -> set[str]:
    """The jobs not to be tried yet."""
    return set(session.exec(select(JobTrouble.job).where(col(JobTrouble.retry_at) > now)))


def troubles(session: Session) -> list[JobTrouble]:
    """Every job in trouble, the oldest first."""
    return list(session.exec(select(JobTrouble).order_by(col(JobTrouble.since_at))))
