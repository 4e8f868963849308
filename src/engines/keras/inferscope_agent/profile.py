"""Cold call, warm-up, calls with a tracer, interleaved rounds of bare and recorded calls, a new signature."""
import base64
import gc
import os
import random

from .channel import call_record
from .errors import short
from .outputs import largest_difference
from .plan import Plan
from .recorder import ORIGIN, clock


def resident_bytes():
    try:
        with open('/proc/self/statm') as handle:
            return int(handle.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except (OSError, ValueError):
        return None


class Profile(object):
    def __init__(self, channel, recorder, seams, options, tracer=None):
        self.channel, self.recorder, self.seams, self.options = channel, recorder, seams, options
        self.call_id = recorder.string('predict')
        self.tracer = tracer

    def traced(self, runner):
        """Warm calls whose graphs tell their operations: their latency does not count, their kernels do."""
        for _ in range(self.options.get('tracedCalls', 3)):
            if self.tracer is None:
                return
            before = clock()
            try:
                self.tracer.start()
                started = clock()
                self.recorded(runner, -1)
                data = self.tracer.stop()
            except Exception as error:
                self.tracer = None
                self.channel.send({'type': 'note', 'text': 'operations inside graphs are not told: %s' % short(error)})
                return
            self.pending[-1]['traced'] = True
            self.pending[-1]['trace'] = {'format': self.tracer.format, 'data': base64.b64encode(data).decode('ascii'), 'startNanos': (before + started) // 2 - ORIGIN}

    def bare(self, runner, round_number):
        started = clock()
        error = self.attempt(runner.call)[1]
        latency = clock() - started
        self.emit(runner, round_number, 'warm', started, latency, error, None)
        return latency

    @staticmethod
    def attempt(call):
        try:
            return call(), None
        except Exception as error:
            return None, '%s: %s' % (type(error).__name__, short(error))

    def recorded(self, runner, round_number, temperature='warm'):
        recorder = self.recorder
        recorder.begin(self.call_id, runner.index)
        try:
            result, error = self.attempt(runner.call)
        finally:
            recorder.finish()
        self.emit(runner, round_number, temperature, recorder.starts[0], recorder.durations[0], error, recorder)
        return result, recorder.durations[0]

    def emit(self, runner, round_number, temperature, started, latency, error, recorder):
        record = call_record(runner.index, round_number, temperature, (started, latency), runner.signature, runner.batch, error, recorder)
        self.pending.append(record)

    def flush(self):
        self.channel.send_names(self.recorder)
        for record in self.pending:
            self.channel.send(record)
        self.pending = []

    def run(self, runners, other_arrays):
        self.pending = []
        self.seams.install()
        reference = None
        started, of = clock(), len(runners)
        for done, runner in enumerate(list(runners)):
            self.progress('first calls', done, of, (clock() - started) * (of - done) // done if done else None)
            result, _ = self.recorded(runner, -1, 'cold-session')
            self.note_memory(runner, None)
            if self.pending[-1].get('error'):
                self.channel.send({'type': 'unavailable', 'variant': runner.key, 'reason': self.pending[-1]['error'], 'index': runner.index})
                self.flush()
                runners.remove(runner)
                continue
            reference = self.compare(runner, result, reference)
            runner.warm = self.warm_up(runner)
            self.traced(runner)
            self.flush()
        self.rounds(runners)
        self.new_signature(runners, other_arrays)
        self.seams.uninstall()

    def compare(self, runner, result, reference):
        if reference is None:
            return result
        worst = largest_difference(reference, result)
        self.channel.send({'type': 'agreement', 'index': runner.index, 'largestRelativeDifference': worst})
        return reference

    def warm_up(self, runner):
        return min(self.recorded(runner, -1)[1] for _ in range(self.options.get('warmup', 3)))

    def rounds(self, runners):
        order = random.Random(self.options.get('seed', 1))
        plan = self.plan(sum(runner.warm for runner in runners))
        self.progress('rounds', 0, plan.rounds, plan.nanos)
        started = clock()
        for number in range(plan.rounds):
            for runner in order.sample(runners, len(runners)):
                self.one_round(runner, number, plan)
            self.flush()
            self.progress('rounds', number + 1, plan.rounds, (clock() - started) * (plan.rounds - number - 1) // (number + 1))

    def plan(self, one_call_each):
        plan = Plan(self.options, max(1, one_call_each))
        for text in plan.notes:
            self.channel.send({'type': 'note', 'text': text})
        return plan

    def progress(self, phase, done, of, nanos=None):
        record = {'type': 'progress', 'phase': phase, 'done': done, 'of': of}
        if nanos is not None:
            record['remainingMillis'] = nanos // 1000000
        self.channel.send(record)

    def one_round(self, runner, number, plan):
        """Bare and recorded calls of the same variant in small blocks next to each other, in alternating order."""
        before = resident_bytes()
        gc.collect()
        first, left, made = number % 2 == 0, plan.calls, 0
        while left > 0:
            block = min(5, left)
            left -= block
            for bare in (first, not first):
                if not plan.makes(bare, number):
                    continue
                (self.seams.uninstall if bare else self.seams.install)()
                for _ in range(block):
                    (self.bare if bare else self.recorded)(runner, number)
                made += block
            first = not first
        self.seams.install()
        self.note_memory(runner, before, made)

    def note_memory(self, runner, before, calls=1):
        after = resident_bytes()
        if before is not None and after is not None:
            self.channel.send({'type': 'memory', 'index': runner.index, 'bytes': after - before, 'calls': calls})

    def new_signature(self, runners, arrays):
        """One call with another batch size: what it costs, and whether it builds a graph."""
        if arrays is None:
            return
        for runner in runners:
            runner.feed(arrays)
            self.recorded(runner, -1, 'cold-signature')
        self.flush()
