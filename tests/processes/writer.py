"""A child that books and cancels series as fast as it can until it is killed; it says "!" once it is warm.

    python writer.py URL PLANS

PLANS is a pickled list of (course id, the sessions shown).
"""

import pickle
import sys
from pathlib import Path

from crash import book_until_killed


def main(url, plans):
    book_until_killed(url, pickle.loads(Path(plans).read_bytes()), sys.stdout.fileno())


if __name__ == "__main__":
    main(*sys.argv[1:])
