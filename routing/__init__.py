"""Fair routes for couriers: a pure library, problem in, plan and explanation out."""
