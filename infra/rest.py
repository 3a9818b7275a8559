"""Whether riders had their rest: everything that was done in a break, read from the rows themselves."""

from sqlmodel import Session, col, func, select

from dispatch.tables import Job, Rest


def broken(session: Session) -> int:
    """How many jobs were offered to a rider within a break of theirs that was planned before."""
    return session.exec(
        select(func.count())
        .select_from(Job)
        .join(Rest, col(Rest.shift_id) == col(Job.shift_id))
        .where(
            col(Job.offered_at) >= col(Rest.starts_at),
            col(Job.offered_at) < col(Rest.ends_at),
            col(Rest.at) < col(Job.offered_at),
            col(Job.by_person_id).is_(None),
        )
    ).one()
