"""Why this courier: what a request adds to the plan with him, with the best three others, and what would have had
to differ. Figures only.

A search hands over `Candidates`; `explain` prices them; `verify` counts a stored explanation again; `decision`
cuts a plan to what is worth storing.
"""

from routing.why.candidates import Candidates, Rival, from_figures, from_tours
from routing.why.decision import decision
from routing.why.pricing import explain
from routing.why.verification import verify

__all__ = ["Candidates", "Rival", "decision", "explain", "from_figures", "from_tours", "verify"]
