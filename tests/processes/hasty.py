"""Any `planner` command on a clock that a test sets, which waits a second for a mail server, and no longer.

    python hasty.py FILE WORDS...
"""

import sys

from timed import run

from planner.notify.transports import SmtpTransport

if __name__ == "__main__":
    SmtpTransport.__init__.__defaults__ = (1.0,)
    run(*sys.argv[1:])
