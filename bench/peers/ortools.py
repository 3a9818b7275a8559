"""OR-Tools' routing model: cold start by cheapest insertion, or warm from a plan; then guided local search.

Click-to-door is a soft upper bound at the placing on one clock, lateness another at the target on a second
clock (a variable takes one bound only), travel the arcs' cost, leaving out a disjunction: the objective exactly.
"""

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from bench.evaluate import Routes, Snapshot
from bench.peers.grid import Grid

MOST = 1000  # orders; beyond, its matrices alone take gigabytes


def plan(
    data: Snapshot, *, budget_s: float, seed: int, workers: int, warm: Routes | None = None
) -> list[list[int]]:
    """Routes of the best plan found in `budget_s` seconds of search (one thread; the model takes no seed).

    Where it finds none: `warm`, or empty routes, so that every order is left out. Raises ValueError above MOST orders.
    """
    if len(data["orders"]) > MOST:
        raise ValueError(f"more than {MOST} orders are not tried")
    grid = Grid.of(data)
    size, crew = len(grid.kitchen), len(grid.free)
    # nodes: couriers, pick-ups, drops, the end
    place = [*range(crew), *grid.kitchen, *grid.door, grid.end]
    manager = pywrapcp.RoutingIndexManager(len(place), crew, list(range(crew)), [len(place) - 1] * crew)
    model = pywrapcp.RoutingModel(manager)
    travel = model.RegisterTransitMatrix(grid.travel[place][:, place].tolist())
    step = model.RegisterTransitMatrix(grid.step[place][:, place].tolist())
    load = model.RegisterUnaryTransitVector([0] * crew + [1] * size + [-1] * size + [0])
    model.SetArcCostEvaluatorOfAllVehicles(travel)
    model.AddDimension(load, 0, grid.capacity, True, "load")
    clocks = []
    for name in ("door", "late"):
        model.AddDimension(step, grid.horizon, grid.horizon, False, name)
        clocks.append(model.GetDimensionOrDie(name))
        for c in range(crew):
            clocks[-1].CumulVar(model.Start(c)).SetValue(grid.free[c])
    for r in range(size):
        pick, drop = manager.NodeToIndex(crew + r), manager.NodeToIndex(crew + size + r)
        model.AddPickupAndDelivery(pick, drop)
        model.solver().Add(model.VehicleVar(pick) == model.VehicleVar(drop))
        model.AddDisjunction([pick], grid.penalty)
        model.AddDisjunction([drop], 0)
        for clock, late in zip(clocks, (0, grid.target), strict=True):
            model.solver().Add(clock.CumulVar(pick) <= clock.CumulVar(drop))
            clock.CumulVar(pick).SetMin(grid.ready[r])
            clock.SetCumulVarSoftUpperBound(drop, grid.placed[r] + late, 1)
    if warm is None:
        found = model.SolveWithParameters(_parameters(budget_s))
    else:
        model.CloseModelWithParameters(_parameters(budget_s))
        nodes = [
            [crew + code - 1 if code > 0 else crew + size - code - 1 for code in route] for route in warm
        ]
        start = model.ReadAssignmentFromRoutes(
            [list(map(manager.NodeToIndex, route)) for route in nodes], True
        )
        found = model.SolveFromAssignmentWithParameters(start, _parameters(budget_s))
    if found is None:
        return [list(route) for route in warm or [[]] * crew]
    return _routes(manager, model, found, crew, size)


def _parameters(budget_s: float) -> object:
    """Insertion by cost, then guided local search until the time is over.

    Of the first solutions this one minds soft bounds; the others find nothing in time from 120 orders on.
    """
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_COST_INSERTION
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(round(1000 * budget_s))
    return asked


def _routes(
    manager: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    found: pywrapcp.Assignment,
    crew: int,
    size: int,
) -> list[list[int]]:
    """The stops of each courier."""
    routes: list[list[int]] = []
    for c in range(crew):
        routes.append([])
        index = found.Value(model.NextVar(model.Start(c)))
        while not model.IsEnd(index):
            node = manager.IndexToNode(index) - crew
            routes[-1].append(node + 1 if node < size else -(node - size + 1))
            index = found.Value(model.NextVar(index))
    return routes
