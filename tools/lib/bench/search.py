"""CapacitySearch: which number of participants to try next, and what the tries have shown. No socket, no clock."""

HELD, MISSED, GENERATOR, DISTURBED = "held", "missed", "generator", "disturbed"


class CapacitySearch:
    """Goes up by a quarter, or down by half, until the limit lies between two tries, then bisects down to the precision.

    A try ends HELD or MISSED; or GENERATOR or DISTURBED: then nothing is known of the server, but that this machine could
    not ask more of it, or that something else ran where it should.
    """

    def __init__(self, start, unit, least, most, tries, precision=0.04):
        self.unit, self.least, self.most = unit, self._rounded(least, unit), most // unit * unit
        self.start = max(self.least, min(self._rounded(start, unit), self.most))
        self.tries, self.precision = tries, precision
        self.held = 0  # the most that was held
        self.above = None  # the least that was not
        self.above_because = None

    @staticmethod
    def _rounded(count, unit):
        return max(unit, round(count / unit) * unit)

    def next(self):
        """The number to try, or None: the search is over."""
        if self.tries <= 0 or self.held >= self.most:
            return None
        if self.held == 0 and self.above is None:
            return self.start
        if self.above is None:
            return min(self.most, max(self.held + self.unit, self._rounded(self.held * 1.25, self.unit)))
        if self.held == 0:
            lower = min(self.above - self.unit, self._rounded(self.above / 2, self.unit))
            return max(self.least, lower) if self.above > self.least else None
        if self.above - self.held <= max(self.unit, self.precision * self.above):
            return None
        return self._rounded((self.held + self.above) / 2, self.unit)

    def record(self, count, outcome):
        self.tries -= 1
        if outcome == HELD:
            self.held = max(self.held, count)
        elif self.above is None or count < self.above:
            self.above, self.above_because = count, outcome
        if self.above is not None and self.above <= self.held:
            # It was held after all: what missed below was the machine's doing.
            self.above = self.above_because = None

    def bound_by(self):
        """What ended it: "server", "generator", "disturbed", "most" (no more was to be asked for), or "time"."""
        if self.held >= self.most:
            return "most"
        if self.above is None:
            return "time"
        return "server" if self.above_because == MISSED else self.above_because

    def sentence(self):
        if self.held >= self.most:
            more = "the most that was asked for"
        elif self.above is None:
            more = "and there was no time for more"
        elif self.above_because == GENERATOR:
            more = f"and generator-bound at {self.above:,}: the server may hold more"
        elif self.above_because == DISTURBED:
            more = f"and disturbed at {self.above:,} by what else ran on its CPU: the server may hold more"
        else:
            more = f"and not {self.above:,}"
        return f"{self.held:,} held, {more}"
