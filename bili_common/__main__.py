"""The command: ``bili-common``, also as ``python -m bili_common``."""

from __future__ import annotations

import sys


__all__ = ["main"]

# What the extra brings; Typer may need click.
_EXTRA = {"click", "rich", "typer"}


def main() -> None:
    """Run the command, or name the extra that it needs."""
    try:
        # The extra may be missing; then no traceback, but what to install.
        from .cli import run  # noqa: PLC0415

        run()
    except ModuleNotFoundError as exc:
        missing = (exc.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        sys.stderr.write(
            f'{missing} is missing: pip install "bili-common[cli]" brings the command line\n'
        )
        sys.exit(2)
    except KeyboardInterrupt:
        # Before there was anything to interrupt.
        sys.exit(130)


if __name__ == "__main__":
    main()
