"""``python -m estilo``: the command line."""

from estilo.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
