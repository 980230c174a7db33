"""Mails of the soak that come back: taken, and undeliverable after all, as the sender hears minutes or days later."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from planner.domain.channels import Channel
from planner.notify.bounces import bounce_of, take_back
from returned import report
from soak.post import Taken

SHARE = 0.015
"""How many mails come back; to some addresses all do."""
STATUSES = (b"5.1.1", b"5.2.2", b"4.4.7")
LATER = (timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=5), timedelta(hours=30))


class Returns:
    """What becomes of the mails that were taken: most are read, of some comes a report that they could not be delivered."""

    def __init__(self, year, seed, addresses, read):
        self.year, self.addresses, self.read = year, addresses, read
        self.random = Random(f"returns {seed}")
        self._last = {}

    def receive(self, copy: Taken):
        """Let a message be read, or come back with all that was sent to its address at that moment."""
        if copy.channel is not Channel.MAIL:
            self.read(copy)
            return
        at, mails, returns = self._last.get(copy.to, (None, [], False))
        if at != copy.at:
            drawn = copy.to in self.addresses or self.random.random() < SHARE
            mails, returns = [], drawn
            self._last[copy.to] = copy.at, mails, returns
            if returns:
                status = STATUSES[0] if copy.to in self.addresses else self.random.choice(STATUSES)
                self.year.then(copy.at + self.random.choice(LATER), self.come_back, mails, status)
        mails.append(copy.notice)
        if not returns:
            self.read(copy)

    def come_back(self, mails, status):
        """Hand over the reports, unless it is not known whether one of them is all that was sent."""
        taken = self.year.post.taken
        if any(len(taken[one]) != 1 or not taken[one][0].noted for one in mails):
            return
        for one in mails:
            (copy,) = taken[one]
            taken[one][0] = replace(copy, back=self.year.clock.now, status=status.decode())
        for one in mails:
            take_back(self.year.town[0].desk.store, self.year.clock, bounce_of(report(taken[one][0].name, status=status)))
            self.year.post.met["mail came back"] += 1
