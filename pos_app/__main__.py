"""`pos-app` and `python -m pos_app`."""

import sys


def main() -> int:
    from pos_app.app import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
