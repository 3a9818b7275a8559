"""The people channel: text messages in and out, riders' and members' pages."""
