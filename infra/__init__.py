"""The composition root: settings, database, app, worker, command line, demo and replay."""
