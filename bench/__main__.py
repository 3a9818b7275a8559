"""`make bench`: run a benchmark by name, or list them."""

import sys
from pathlib import Path

from bench import mdrp

BENCHES = {"mdrp": (mdrp.main, "days of the Grubhub meal delivery routing benchmark, by the official rules")}


def main(words: list[str]) -> int:
    """`mdrp DIR...` and its flags; with none, the benches there are."""
    if not words or words[0] not in BENCHES:
        sys.stdout.write('make bench ARGS="NAME FLAGS", where NAME is one of:\n')
        for name, (_, what) in BENCHES.items():
            sys.stdout.write(f"  {name:10} {what}\n")
        data = Path("../shared/data/mdrplib")
        example = data / "0o50t100s1p100" if data.is_dir() else Path("DIR")
        sys.stdout.write(f'For example: make bench ARGS="mdrp {example} --workers 2"\n')
        return 0 if not words else 2
    return int(BENCHES[words[0]][0](words[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
