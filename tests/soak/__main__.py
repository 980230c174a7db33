"""python -m tests.soak [--patients 5000] [--days 365] [--seed 1] [--postgresql URL|embedded]."""

from tests.soak.run import main

main()
