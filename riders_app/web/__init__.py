"""The web side of the people channel: the carrier's hooks, the sandbox phones, riders' and members' pages."""
