"""The command line: `pannier`. Each module of this folder adds its commands to the one in `root`."""

from infra.cli import demo, house, keeping, replay, running
from infra.cli.root import app

__all__ = ["app", "demo", "house", "keeping", "replay", "running"]
