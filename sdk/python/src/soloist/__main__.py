"""The command line: `python -m soloist build app.py -o app.wasm`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from soloist import _build


def main(arguments: list[str] | None = None) -> int:
    """Runs the command, and returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m soloist", description="Makes Soloist components of Python modules.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = commands.add_parser(
        "build",
        help="make a component",
        description="Makes a component of a module and all that it imports: packages of this Python too, where they are "
        "pure Python. Orchestrators, activities or both: whatever the module registers.",
    )
    build.add_argument("source", type=Path, metavar="FILE", help="the module, such as app.py")
    build.add_argument("-o", "--output", type=Path, metavar="WASM", help="the component (default: FILE with .wasm)")
    build.add_argument(
        "-s",
        "--no-wasi",
        action="store_true",
        help="import no WASI: clocks, printing and files then trap, and `random` gives each instance the same numbers",
    )
    options = parser.parse_args(arguments)
    output = options.output or options.source.with_suffix(".wasm")
    try:
        report = _build.build(options.source, output, wasi=not options.no_wasi)
    except _build.BuildError as error:
        print(f"soloist: {error}", file=sys.stderr)
        return 1
    print(report, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
