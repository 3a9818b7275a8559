"""The story of an evening: people, orders, shifts, planning, offers, deliveries."""
