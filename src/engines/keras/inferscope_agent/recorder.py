"""Spans of one call as columns of numbers: two clock reads and a few list appends each; nothing is formatted during a call.

Times are whole nanoseconds since `ORIGIN` (a read of perf_counter_ns when the agent starts); one `clock` record
anchors that to the epoch.
"""
import json
import threading
import time

clock = time.perf_counter_ns
get_ident = threading.get_ident
ORIGIN = clock()
NO_THREAD = 0  # no thread has this identity
STAGES = ['data-adapter', 'graph-building', 'kernel-execution', 'fetch', 'glue']
ADAPTER, GRAPH, KERNEL, FETCH, GLUE = range(5)
KINDS = ['call', 'stage', 'layer', 'dispatch', 'kernel', 'transfer', 'pass']
CALL, STAGE, LAYER, DISPATCH, OP, TRANSFER, PASS = range(7)


class Recorder(object):
    """Spans as columns, for one thread at a time: the one that opened the call."""

    def __init__(self):
        self.strings, self.string_ids = [], {}
        self.details, self.detail_ids = [{}], {'{}': 0}
        self.thread = NO_THREAD  # the one whose call is being recorded
        self.current = -1
        self.functions = []  # tf.function objects on the stack, innermost last
        self.pipeline = []   # names of input-pipeline functions on the stack
        self.traces = []
        self.pauses = []
        self.starts, self.durations, self.parents, self.infos = [], [], [], []
        self.open, self.leave = self.opener(), self.closer()

    def clear(self):
        """Empties the columns in place: the hot path holds on to their `append`."""
        for column in (self.starts, self.durations, self.parents, self.infos):
            del column[:]

    def string(self, text):
        found = self.string_ids.get(text)
        if found is None:
            found = self.string_ids[text] = len(self.strings)
            self.strings.append(text)
        return found

    def detail_of(self, **fields):
        key = json.dumps(fields, sort_keys=True)
        found = self.detail_ids.get(key)
        if found is None:
            found = self.detail_ids[key] = len(self.details)
            self.details.append(fields)
        return found

    def recording(self):
        return get_ident() == self.thread

    def begin(self, name_id, variant):
        """Starts a call of this thread and gives its root's row: all that came before is forgotten."""
        self.clear()
        for column in (self.traces, self.pauses, self.functions, self.pipeline):
            del column[:]
        self.current, self.variant, self.thread = -1, variant, get_ident()
        return self.open((name_id, GLUE, CALL, 0))

    def finish(self):
        self.leave(0)
        self.thread = NO_THREAD

    def opener(self):
        """`open(info)` starts a span and gives its row; `info` is (name, stage, kind, detail), made once a seam."""
        starts, add_start = self.starts, self.starts.append
        add_duration, add_parent, add_info = self.durations.append, self.parents.append, self.infos.append

        def opened(info):
            row = len(starts)
            add_parent(self.current)
            add_info(info)
            add_duration(-1)
            self.current = row
            add_start(clock())
            return row
        return opened

    def enter(self, name, stage, kind, detail=0):
        return self.open((name, stage, kind, detail))

    def closer(self):
        starts, durations, parents = self.starts, self.durations, self.parents

        def closed(row):
            durations[row] = clock() - starts[row]
            self.current = parents[row]
        return closed

    def forget(self, row):
        """Takes back a closed span that turned out to be no work: only while it is the last one."""
        if row == len(self.starts) - 1:
            for column in (self.starts, self.durations, self.parents, self.infos):
                column.pop()

    def stage(self):
        return self.infos[self.current][1]

    def column(self, place):
        return [info[place] for info in self.infos]

    def on_gc(self, phase, info):
        if not self.recording():
            return
        if phase == 'start':
            self.gc_started = clock()
        elif getattr(self, 'gc_started', None) is not None:
            self.pauses.append((self.gc_started, clock() - self.gc_started, info.get('generation', 0)))
            self.gc_started = None


RECORDER = Recorder()
