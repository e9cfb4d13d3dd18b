"""python3 dev.py bench [name …]: every budget in turn, as a table; each script runs in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.measure import ROOT

SCRIPTS = ("start", "charge", "commit", "watch", "stop")


def main(names: list[str]) -> int:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    worst = 0
    for name in names or SCRIPTS:
        if name not in SCRIPTS:
            print(f"no bench {name!r}; there are {', '.join(SCRIPTS)}", file=sys.stderr)
            return 2
        print(f"── {name}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=300,
        )
        worst = worst or done.returncode
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
