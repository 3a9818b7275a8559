"""Every compiled function called once, on a problem of two orders, so that it is compiled or read from the cache."""

import numpy as np

from routing.kernel.pair import Pair
from routing.kernel.session import Session, tables
from routing.problem import Courier, Problem, Request


def warm() -> None:
    """Call everything a solve calls, with the very types it uses."""
    legs = np.array([[0, 60, 60], [60, 0, 60], [60, 60, 0]], dtype=np.int32)
    couriers = tuple(Courier(f"c{c}", c, 0, 4, 9000) for c in range(2))
    requests = tuple(Request(f"r{r}", r, 2, 0, 0, 900) for r in range(2))
    session = Session(tables(Problem(0, couriers, requests, legs, legs.copy())))
    session.seed([(0, ~0), ()])
    session.fill()
    session.run(10, 1.0, 0.5)
    pair = Pair(session, 0)
    pair.run(walk)
    pair.finish()
    session.rewind()
    session.figures(float("inf"))
    session.possible(0)


def walk(session: Session) -> int:
    """One round."""
    session.run(1, 1.0, 1.0)
    return 1
