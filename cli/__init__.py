"""The netzoo command; installed as the import package netzoo_cli."""

from .app import main

__all__ = ["main"]
