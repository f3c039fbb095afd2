"""The version, in one place."""

__version__ = "26.1.0.dev0"
