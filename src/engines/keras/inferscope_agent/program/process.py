"""Records the inference calls of an unmodified program: loaded by hook/sitecustomize.py once Keras is imported.

Each process appends to `$INFERSCOPE_RUN_FOLDER/python/PID.jsonl`, one record a line as agent.py's protocol has them,
written after each call: a killed program loses nothing that it had finished. Node turns the file into a recording.

What is a call: the outermost `predict`, `predict_on_batch`, `model(x)`, or call of a tf.function that runs a model for
inference. What `fit` and `evaluate` do is not. Of calls that several threads make at the same time all are counted;
spans are recorded for one of them, the latency for the others.
"""
import atexit
import functools
import gc
import importlib.util
import os
import re
import sys
import threading
import weakref

FOLDER = os.path.dirname(os.path.abspath(__file__))
CALLS = ('predict', 'predict_on_batch', 'call', 'function')
VARIANTS = [(state, call) for state in ('uncompiled', 'compiled') for call in CALLS]
MAX_SIGNATURES = 10000  # remembered of one model: endless shapes must not fill the memory
NOT_INFERENCE = ('fit', 'evaluate', 'train_on_batch', 'test_on_batch')


def load_agent():
    spec = importlib.util.spec_from_file_location('inferscope_agent', os.path.join(FOLDER, 'agent.py'))
    module = sys.modules['inferscope_agent'] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


agent = load_agent()
RECORDER = agent.RECORDER


class FileChannel(agent.Channel):
    """agent.py's lines into a file of this process; a full disk ends the recording, never the program."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        super(FileChannel, self).__init__(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644))

    def failed(self, error):
        self.fd = None
        complain('recording stops here: %s' % error)


def complain(text):
    sys.stderr.write('inferscope: %s\n' % text)


# --------------------------------------------------------------------------- what is fed

def first_leaf(value):
    while isinstance(value, (list, tuple, dict)) and value:
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return value


def is_symbolic(value):
    """A tensor that stands for one: a model is being built, or a graph traced."""
    kind = type(first_leaf(value))
    names = [base.__name__ for base in kind.__mro__]
    if any(name in ('KerasTensor', 'SymbolicTensor', 'Tracer') for name in names):
        return True
    tf = sys.modules.get('tensorflow')
    if tf is None or not hasattr(tf, 'executing_eagerly'):
        return False
    return not tf.executing_eagerly() or ('Tensor' in names and 'EagerTensor' not in names and kind.__module__.startswith('tensorflow'))


def leaves(value):
    if isinstance(value, dict):
        return [leaf for key in sorted(value, key=str) for leaf in leaves(value[key])]
    if isinstance(value, (list, tuple)) and not isinstance(first_leaf(value), (int, float, bool, str)):
        return [leaf for item in value for leaf in leaves(item)]
    spec = getattr(value, 'element_spec', None)
    return [value] if spec is None or hasattr(value, 'dtype') else leaves(spec)


def shape_of(value):
    if hasattr(value, 'dtype') and hasattr(value, 'shape'):
        return getattr(value.dtype, 'name', str(value.dtype)), agent.shape_text(value.shape)
    sizes, name = [], type(first_leaf(value)).__name__
    while isinstance(value, (list, tuple)):
        sizes.append(len(value))
        value = value[0] if value else None
    return name, '[%s]' % ','.join(str(size) for size in sizes) if sizes else ''


def signature_and_batch(inputs):
    """`float32[32,4]` and 32; the batch is 1 where it is unknown."""
    described = [shape_of(leaf) for leaf in leaves(inputs)]
    size = re.match(r'\[(\d+)', described[0][1]) if described else None
    return ','.join(name + shape for name, shape in described), int(size.group(1)) if size else 1


# --------------------------------------------------------------------------- the caller's trace

TRACEPARENT = re.compile(r'^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$')


def parent_from_environment():
    """(trace id, span id) of TRACEPARENT, None where it is absent or no valid one."""
    match = TRACEPARENT.match(os.environ.get('TRACEPARENT', '').strip().lower())
    if match is None or match.group(0).startswith('ff') or set(match.group(1)) == {'0'} or set(match.group(2)) == {'0'}:
        return None
    return match.group(1), match.group(2)


def parent_of_call():
    """The program's own OpenTelemetry span, where it has one; else what TRACEPARENT says."""
    trace = sys.modules.get('opentelemetry.trace')
    if trace is not None:
        try:
            context = trace.get_current_span().get_span_context()
            if context.is_valid:
                return '%032x' % context.trace_id, '%016x' % context.span_id
        except Exception:
            pass  # another OpenTelemetry than the one this was written for
    return parent_from_environment()


# --------------------------------------------------------------------------- the process

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
        self.called = weakref.WeakKeyDictionary()
        self.functions = weakref.WeakKeyDictionary()  # tf.function -> the model it runs, or None for another function
        RECORDER.thread = agent.NO_THREAD

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
        started = RECORDER.starts[RECORDER.begin(RECORDER.string('predict'), 0)] if spans else agent.clock()
        error = None
        try:
            return run()
        except BaseException as thrown:
            error = '%s: %s' % (type(thrown).__name__, agent.short(thrown))
            raise
        finally:
            latency = agent.clock() - started
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
        state = 'compiled' if agent.is_compiled(model) else 'uncompiled'
        seen, shapes = self.called.setdefault(model, (set(), set()))
        # Cold is a call that built a graph of the model: another size alone, or a graph of the input pipeline, is not.
        built = spans and any(not pipeline for _, pipeline, _, _, _ in RECORDER.traces)
        built = built or compiles_shapes(model) and (call, signature) not in shapes
        temperature = 'cold-session' if (state, call) not in seen else 'cold-signature' if built else 'warm'
        seen.add((state, call))
        if len(shapes) < MAX_SIGNATURES:
            shapes.add((call, signature))
        variant = VARIANTS.index((state, call))
        record = agent.call_record(variant, -1, temperature, times, signature, batch, error, RECORDER if spans else None)
        parent = parent_of_call()
        if parent is not None:
            record['traceId'], record['parentSpanId'] = parent
        with self.writing:
            if self.channel is None:
                self.open(model, signature, batch)
            self.channel.send_names(RECORDER)
            self.channel.send(record)

    def open(self, model, signature, batch):
        self.channel = FileChannel(os.path.join(self.folder, 'python', '%d.jsonl' % os.getpid()))
        seams = next(iter(self.seamed.values()))
        send = self.channel.send
        send({'type': 'hello', 'protocol': agent.PROTOCOL, 'pid': os.getpid(), 'stages': agent.STAGES, 'kinds': agent.KINDS})
        send(agent.clock_anchor())
        send({'type': 'versions', 'packages': agent.versions(*seams.modules), 'backend': seams.roots['B'], 'executable': sys.executable})
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
        return getattr(model, 'jit_compile', None) is True or (type(model).__module__.startswith('keras') and agent.backend_of(keras) == 'jax')
    except Exception:
        return False


def described(model):
    try:
        return agent.describe(model)
    except Exception:  # a model that does not know its inputs before it is built
        return {'type': 'model', 'parameters': None, 'layers': None, 'inputs': [], 'outputs': []}


def seams_of(model_class, first):
    """Seams of one Keras; those of TensorFlow itself are installed once, with the first."""
    tf, root = sys.modules.get('tensorflow'), model_class.__module__.split('.')[0]
    keras = tf.keras if root.startswith('tensorflow') else sys.modules[root]
    if agent.backend_of(keras) != 'tensorflow':
        tf = None
    roots = agent.find_roots(tf, keras, model_class)
    table = agent.SEAMS if first else [row for row in agent.SEAMS if not row[2][0].startswith('{T}')]
    seams = agent.Seams(RECORDER, roots, table)
    seams.modules, seams.roots, seams.cost = (tf, keras), roots, agent.tool_cost()
    seams.install()
    return seams


# --------------------------------------------------------------------------- wrappers

def wrap_method(program, owner, name, call):
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(self, *args, **kwargs):
        def run():
            return original(self, *args, **kwargs)
        inputs = args[0] if args else kwargs.get('x', kwargs.get('inputs'))
        return program.call(call, inputs, run, lambda: self)
    setattr(owner, name, wrapper)


def wrap_call(program, owner):
    """`model(x)`: a call of its own when x is real, a sign that a tf.function runs a model when x is symbolic."""
    original = owner.__call__

    @functools.wraps(original)
    def wrapper(self, *args, **kwargs):
        def run():
            return original(self, *args, **kwargs)
        inputs = args[0] if args else next(iter(kwargs.values()), None)
        if kwargs.get('training'):
            return run()
        if is_symbolic(inputs):
            running = getattr(program.local, 'function', None)
            if running is not None and program.functions.get(running) is None:
                program.functions[running] = self
            return run()
        return program.call('call', inputs, run, lambda: self)
    owner.__call__ = wrapper


def wrap_training(program, owner, name):
    original = getattr(owner, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def wrapper(self, *args, **kwargs):
        return program.quietly(lambda: original(self, *args, **kwargs))
    setattr(owner, name, wrapper)


def wrap_function(program, owner):
    """A tf.function: whether it runs a model is known after its first trace."""
    original = owner.__call__

    @functools.wraps(original)
    def wrapper(self, *args, **kwargs):
        if program.inside() or program.functions.get(self, self) is None:
            return original(self, *args, **kwargs)

        def run():
            program.local.function = self
            if RECORDER.recording():
                RECORDER.functions.append(self)
            try:
                return original(self, *args, **kwargs)
            finally:
                program.local.function = None
        return program.call('function', args or kwargs, run, lambda: program.functions.setdefault(self, None))
    owner.__call__ = wrapper


PROGRAM = Program(os.environ['INFERSCOPE_RUN_FOLDER'])


def attach(module):
    """Wraps what a watched module defines: Keras' Model, or tf.function."""
    model = getattr(module, 'Model', None)
    if model is None:
        return wrap_function(PROGRAM, module.Function)
    wrap_method(PROGRAM, model, 'predict', 'predict')
    wrap_method(PROGRAM, model, 'predict_on_batch', 'predict_on_batch')
    wrap_call(PROGRAM, model)
    for name in NOT_INFERENCE:
        wrap_training(PROGRAM, model, name)
    PROGRAM.classes.append(model)
