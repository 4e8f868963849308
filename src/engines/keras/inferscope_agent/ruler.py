"""The clock and what a span costs: how well the times can be known."""
import time

from .recorder import DISPATCH, GLUE, ORIGIN, Recorder, clock
from .wrappers import spanned


def clock_anchor():
    """Epoch and perf_counter read where the two lie closest together."""
    best = None
    for _ in range(50):
        before, epoch, after = clock(), time.time_ns(), clock()
        if best is None or after - before < best[0]:
            best = (after - before, epoch, (before + after) // 2)
    return {'type': 'clock', 'atNanos': best[2] - ORIGIN, 'epochNanos': str(best[1]), 'errorNanos': best[0]}


def clock_resolution():
    reads = [clock() for _ in range(2000)]
    steps = [b - a for a, b in zip(reads, reads[1:]) if b > a]
    return min(steps) if steps else 1


def tool_cost():
    """Cost of one span, inside its own time and outside of it, from an empty function."""
    recorder = Recorder()
    wrapped = spanned(recorder, lambda: None, 'empty', GLUE, DISPATCH)
    rounds = []
    for _ in range(20):
        recorder.begin(0, 0)
        started = clock()
        for _ in range(200):
            wrapped()
        rounds.append(((clock() - started) / 200.0, sorted(recorder.durations)[100]))
    total, inside = min(rounds)
    return {'insideNanos': int(inside), 'outsideNanos': max(0, int(total - inside)), 'clockResolutionNanos': clock_resolution()}
