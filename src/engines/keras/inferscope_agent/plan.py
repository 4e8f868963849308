"""How many rounds and calls fit into the time there is."""

MIN_ROUNDS = 6  # fewer pairs carry no 95 % interval of a median
MIN_SPARED = 2  # rounds that keep the calls which a short budget leaves out elsewhere


class Plan(object):
    """How many rounds and calls fit into the budget: first fewer calls per round, then calls of one kind (`spare`) in
    some rounds only, then fewer rounds, but never fewer than a figure needs."""

    def __init__(self, options, one_call_each):
        wanted, self.rounds = options.get('callsPerRound', 20), options.get('rounds', 12)
        budget = options.get('budgetMillis', 60000) * 1000000
        self.spare, self.notes = options.get('spare', 'bare'), []
        fits = budget // one_call_each  # calls of every variant, one after the other
        self.calls = max(1, min(wanted, fits // (2 * self.rounds)))
        if self.calls < wanted:
            self.notes.append('%d calls per round instead of %d, to stay within %.0f s' % (self.calls, wanted, budget / 1e9))
        self.spared = self.rounds
        if 2 * self.rounds * self.calls > fits:
            self.rounds = min(self.rounds, max(MIN_ROUNDS, fits - MIN_SPARED))
            self.spared = min(self.rounds, max(MIN_SPARED, fits - self.rounds))
            self.notes.append('%d rounds, %s calls in %d of them: a call takes %.1f s' % (self.rounds, self.spare, self.spared, one_call_each / 1e9))
        self.nanos = (self.rounds + self.spared) * self.calls * one_call_each

    def makes(self, bare, number):
        """Whether this round has bare (else recorded) calls; the spared ones are spread evenly."""
        if bare != (self.spare == 'bare'):
            return True
        return (number + 1) * self.spared // self.rounds > number * self.spared // self.rounds
