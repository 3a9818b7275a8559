"""The command line: `pannier`. Each module of this folder holds commands; `root` lists them and loads their module."""

from infra.cli.root import app

__all__ = ["app"]
