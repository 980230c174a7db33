"""The demo's addresses, printed: where to look, and how to get in."""

from rich.console import Console
from rich.table import Table

from planner.demo.serving import Addresses


def print_addresses(console: Console, addresses: Addresses) -> None:
    """Print where the demo is served, on lines that can be copied whole."""
    console.rule("Open in a browser")
    lines = [("the board", addresses.board)]
    lines += [(f"course {number}", where) for number, where in enumerate(addresses.courses, 1)]
    lines += [(f"calendar {number}", where) for number, where in enumerate(addresses.feeds, 1)]
    lines += [(f"patient {number}", where) for number, where in enumerate(addresses.pages, 1)]
    lines += [("the mails", addresses.mails)]
    for words, where in lines:
        console.print(f"{words:<12} {where}", highlight=False, soft_wrap=True)
    table = Table("sign in as", "mail address", "password", title="New at each start", title_justify="left")
    for entry in addresses.entries:
        table.add_row(entry.role.value, entry.email, entry.password)
    console.print(table)
    console.print("Ctrl-C ends the pages, the worker and the mail server.", highlight=False)
