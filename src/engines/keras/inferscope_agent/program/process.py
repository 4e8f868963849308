"""The process of a program: what is instrumented, which signatures were seen, where records go."""
import atexit
import gc
import os
import sys
import threading
import weakref

from ..channel import PROTOCOL, Channel, call_record
from ..errors import short
from ..frameworks import backend_of, find_roots, versions
from ..recorder import KINDS, NO_THREAD, RECORDER, STAGES, clock
from ..ruler import clock_anchor, tool_cost
from ..seams import SEAMS, Seams
from ..source import describe, is_compiled
from .fed import signature_and_batch
from .memory import MemoryWatch
from .parent import parent_of_call

CALLS = ('predict', 'predict_on_batch', 'call', 'function')
VARIANTS = [(state, call) for state in ('uncompiled', 'compiled') for call in CALLS]
MAX_SIGNATURES = 10000  # remembered of one model: endless shapes must not fill the memory


class FileChannel(Channel):
    """The agent's lines into a file of this process; a full disk ends the recording, never the program."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        super(FileChannel, self).__init__(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644))

    def failed(self, error):
        self.fd = None
        complain('recording stops here: %s' % error)


def complain(text):
    sys.stderr.write('inferscope: %s\n' % text)


class Program(object):
    """The state of this process: what is instrumented, which signatures were seen, where records go."""

    def __init__(self, folder):
        self.folder = folder
        self.classes, self.seamed = [], {}
        self.setting_up = threading.Lock()
        self.restart()
        gc.callbacks.append(RECORDER.on_gc)
        atexit.register(self.close)
        if hasattr(os, 'register_at_fork'):
            os.register_at_fork(after_in_child=self.restart)

    def restart(self):
        """At the start, and in a forked child: its calls go to a file of its own."""
        if getattr(self, 'channel', None) is not None and self.channel.fd is not None:
            os.close(self.channel.fd)
        self.channel, self.failed = None, False
        self.recording, self.writing, self.local = threading.Lock(), threading.Lock(), threading.local()
        self.memory = MemoryWatch()
        self.called = weakref.WeakKeyDictionary()
        self.functions = weakref.WeakKeyDictionary()  # tf.function -> the model it runs, or None for another function
        RECORDER.thread = NO_THREAD

    def inside(self):
        """True in a call of this thread, and in fit or evaluate: what runs there is no call of its own."""
        return getattr(self.local, 'depth', 0) > 0

    def quietly(self, run):
        self.local.depth = getattr(self.local, 'depth', 0) + 1
        try:
            return run()
        finally:
            self.local.depth -= 1

    def call(self, call, inputs, run, model_of):
        """Runs the user's call exactly once; its result or exception passes through. No model: it was no call."""
        if self.inside() or self.failed:
            return run()
        return self.quietly(lambda: self.watched(call, inputs, run, model_of))

    def watched(self, call, inputs, run, model_of):
        if not self.set_up():
            return run()
        spans = self.recording.acquire(False)
        started = RECORDER.starts[RECORDER.begin(RECORDER.string('predict'), 0)] if spans else clock()
        error = None
        try:
            return run()
        except BaseException as thrown:
            error = '%s: %s' % (type(thrown).__name__, short(thrown))
            raise
        finally:
            latency = clock() - started
            if spans:
                RECORDER.finish()
                latency = RECORDER.durations[0]
            try:
                model = model_of()
                if model is not None:
                    self.emit(model, call, inputs, (started, latency), error, spans)
            except Exception as thrown:
                self.failed = True
                complain('recording stops here: %s: %s' % (type(thrown).__name__, thrown))
            if spans:
                self.recording.release()

    def set_up(self):
        """Installs the seams of every Keras that was imported since the last time; False while there is none."""
        if len(self.seamed) < len(self.classes):
            with self.setting_up:
                for model_class in [found for found in self.classes if found not in self.seamed]:
                    self.seamed[model_class] = seams_of(model_class, first=not self.seamed)
        return bool(self.seamed)

    # records ----------------------------------------------------------------

    def emit(self, model, call, inputs, times, error, spans):
        signature, batch = signature_and_batch(inputs)
        state = 'compiled' if is_compiled(model) else 'uncompiled'
        seen, shapes = self.called.setdefault(model, (set(), set()))
        # Cold is a call that built a graph of the model: another size alone, or a graph of the input pipeline, is not.
        built = spans and any(not pipeline for _, pipeline, _, _, _ in RECORDER.traces)
        built = built or compiles_shapes(model) and (call, signature) not in shapes
        temperature = 'cold-session' if (state, call) not in seen else 'cold-signature' if built else 'warm'
        seen.add((state, call))
        if len(shapes) < MAX_SIGNATURES:
            shapes.add((call, signature))
        variant = VARIANTS.index((state, call))
        record = call_record(variant, -1, temperature, times, signature, batch, error, RECORDER if spans else None)
        parent = parent_of_call()
        if parent is not None:
            record['traceId'], record['parentSpanId'] = parent
        with self.writing:
            memory = self.memory.look()
            if memory is not None:
                record['memory'] = memory
            if self.channel is None:
                self.open(model, signature, batch)
            self.channel.send_names(RECORDER)
            self.channel.send(record)

    def open(self, model, signature, batch):
        self.channel = FileChannel(os.path.join(self.folder, 'python', '%d.jsonl' % os.getpid()))
        seams = next(iter(self.seamed.values()))
        send = self.channel.send
        send({'type': 'hello', 'protocol': PROTOCOL, 'pid': os.getpid(), 'stages': STAGES, 'kinds': KINDS})
        send(clock_anchor())
        send({'type': 'versions', 'packages': versions(*seams.modules), 'backend': seams.roots['B'], 'executable': sys.executable})
        send({'type': 'seams', 'found': seams.found, 'missing': seams.missing})
        send(dict(seams.cost, type='tool'))
        send(dict(described(model), name=os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else 'program'))
        send({'type': 'input', 'signature': signature, 'batch': batch})
        for index, (state, call) in enumerate(VARIANTS):
            send({'type': 'variant', 'index': index, 'name': state, 'call': call})

    def close(self):
        self.failed = True
        if self.channel is not None:
            self.channel.send({'type': 'end'})


def compiles_shapes(model):
    """Whether XLA builds code for each new shape, which no trace shows."""
    try:
        keras = sys.modules.get('keras')
        return getattr(model, 'jit_compile', None) is True or (type(model).__module__.startswith('keras') and backend_of(keras) == 'jax')
    except Exception:
        return False


def described(model):
    try:
        return describe(model)
    except Exception:  # a model that does not know its inputs before it is built
        return {'type': 'model', 'parameters': None, 'layers': None, 'inputs': [], 'outputs': []}


def seams_of(model_class, first):
    """Seams of one Keras; those of TensorFlow itself are installed once, with the first."""
    tf, root = sys.modules.get('tensorflow'), model_class.__module__.split('.')[0]
    keras = tf.keras if root.startswith('tensorflow') else sys.modules[root]
    if backend_of(keras) != 'tensorflow':
        tf = None
    roots = find_roots(tf, keras, model_class)
    table = SEAMS if first else [row for row in SEAMS if not row[2][0].startswith('{T}')]
    seams = Seams(RECORDER, roots, table)
    seams.modules, seams.roots, seams.cost = (tf, keras), roots, tool_cost()
    seams.install()
    return seams
