"""The Python half of Inferscope's `keras` runtime: one file, Python 3.7 or later, standard library only.

Map of this file
  Recorder    spans in memory: two clock reads and a few list appends each; nothing is formatted during a call
  SEAMS       which function bounds which stage, by version; the first candidate that exists wins
  Seams       finds, wraps and unwraps them
  Causes      why a graph was built: compares the traced signature with the ones seen before
  Channel     JSON lines over a pipe of our own, never stdout (the model may print there)
  Source      the model: `.keras`, `.h5`, SavedModel directory, or `module.py:function`
  Variants    states of the model (uncompiled, compiled, ...) x ways to call it (predict, call, ...)
  Tracers     what tells the operations inside a graph: run metadata, or the profiler
  Profile     cold call, warm-up, calls with a tracer, interleaved rounds of bare and recorded calls, a new signature

Times are whole nanoseconds since `ORIGIN` (a read of perf_counter_ns when the agent starts); one `clock` record
anchors that to the epoch. Records are described, and checked, by src/engines/keras/protocol.ts.
"""
import base64
import functools
import gc
import importlib
import inspect
import json
import os
import re
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

PROTOCOL = 1
clock = time.perf_counter_ns
get_ident = threading.get_ident
ORIGIN = clock()
NO_THREAD = 0  # no thread has this identity

STAGES = ['data-adapter', 'graph-building', 'kernel-execution', 'fetch', 'glue']
ADAPTER, GRAPH, KERNEL, FETCH, GLUE = range(5)
KINDS = ['call', 'stage', 'layer', 'dispatch', 'kernel', 'transfer', 'pass']
CALL, STAGE, LAYER, DISPATCH, OP, TRANSFER, PASS = range(7)


# --------------------------------------------------------------------------- recorder

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


def by_parent(name, default, kind, detail=0):
    """A span's info for each stage that its parent may have: the adapter's, graph building's and the fetch's work stays
    theirs, elsewhere it is `default`."""
    return [(name, stage if stage in (ADAPTER, GRAPH, FETCH) else default, kind, detail) for stage in range(len(STAGES))]


# --------------------------------------------------------------------------- seams

def timed(recorder, original, infos_of):
    """A wrapper that keeps arguments, result and exception, and ends its span in every case. `infos_of(args, kwargs)`
    gives the span's info for each stage that its parent may have. Opening and closing are written out here: two
    function calls less are a quarter of what a span costs."""
    starts, durations, infos = recorder.starts, recorder.durations, recorder.infos
    add_start, add_duration, add_info, add_parent = starts.append, durations.append, infos.append, recorder.parents.append

    @functools.wraps(original)
    def wrapper(*args, **kwargs):  # no parameter names of our own: an original has one called `name`
        if get_ident() != recorder.thread:
            return original(*args, **kwargs)
        choice = infos_of(args, kwargs)
        row, parent = len(starts), recorder.current
        add_parent(parent)
        add_info(choice[infos[parent][1]])
        add_duration(-1)
        recorder.current = row
        add_start(clock())
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            durations[row] = clock() - starts[row]
            recorder.current = parent
            if type(error).__name__ == '_FallbackException':  # TensorFlow's fast path gives up: the slow one is recorded
                recorder.forget(row)
            raise
        durations[row] = clock() - starts[row]
        recorder.current = parent
        return result
    return wrapper


def spanned(recorder, original, name, stage, kind):
    infos = [(recorder.string(name), stage, kind, 0)] * len(STAGES)
    return timed(recorder, original, lambda args, kwargs: infos)


def plain(name, stage, kind):
    return lambda recorder, original: spanned(recorder, original, name, stage, kind)


def layer_seam(recorder, original):
    known = {}

    def infos_of(args, kwargs):
        layer = args[0]
        found = known.get(id(layer))
        if found is None or found[0] is not type(layer):
            name = str(getattr(layer, 'name', ''))
            found = known[id(layer)] = (type(layer), by_parent(recorder.string(type(layer).__name__), GLUE, LAYER, recorder.detail_of(layer=name)))
        return found[1]
    return timed(recorder, original, infos_of)


def function_seam(recorder, original):
    """tf.function's `__call__`: what runs between Python and the graph."""
    infos = by_parent(recorder.string('tf.function'), GLUE, DISPATCH)
    functions = recorder.functions

    @functools.wraps(original)
    def within(self, *args, **kwargs):
        if get_ident() != recorder.thread:
            return original(self, *args, **kwargs)
        functions.append(self)
        try:
            return original(self, *args, **kwargs)
        finally:
            functions.pop()
    return timed(recorder, within, lambda args, kwargs: infos)


def pipeline_seam(recorder, original):
    """A Python function that becomes part of a tf.data pipeline: its graph is not the model's."""
    name_id = recorder.string('pipeline-function')

    @functools.wraps(original)
    def wrapper(self, func, *args, **kwargs):
        if not recorder.recording():
            return original(self, func, *args, **kwargs)
        label = function_label(func)
        row = recorder.enter(name_id, GRAPH, PASS, recorder.detail_of(node=label))
        recorder.pipeline.append(label)
        try:
            return original(self, func, *args, **kwargs)
        finally:
            recorder.pipeline.pop()
            recorder.leave(row)
    return wrapper


def trace_seam(recorder, original):
    """`func_graph_from_py_func`: a Python function is run once to build a graph."""
    causes = Causes()
    names = {True: recorder.string('trace-input-pipeline'), False: recorder.string('trace-model')}

    @functools.wraps(original)
    def wrapper(name, python_func, args=(), kwargs=None, *rest, **more):
        if not recorder.recording():
            return original(name, python_func, args, kwargs, *rest, **more)
        pipeline = bool(recorder.pipeline) or recorder.stage() == ADAPTER
        label = recorder.pipeline[-1] if recorder.pipeline else str(name)
        owner = recorder.functions[-1] if recorder.functions and not pipeline else None
        signature = signature_of((args, kwargs or {}, more.get('signature')))
        cause, change = causes.judge(owner, (recorder.variant, label), signature, pipeline)
        recorder.traces.append((len(recorder.starts), pipeline, label, cause, change))
        row = recorder.enter(names[pipeline], GRAPH, PASS, recorder.detail_of(node=label, cause=cause))
        try:
            return original(name, python_func, args, kwargs, *rest, **more)
        finally:
            recorder.leave(row)
    return wrapper


def op_name(name):
    return name.decode() if isinstance(name, bytes) else str(name)


def is_function_run(name):
    return name.startswith('__') or name in ('PartitionedCall', 'StatefulPartitionedCall')


def infos_of_op(recorder, name):
    """A dataset's or iterator's operation belongs to the adapter wherever it runs."""
    pipeline = name.endswith(('Dataset', 'DatasetV2', 'DatasetV3')) or 'Iterator' in name
    name_id = recorder.string(name)
    return [(name_id, ADAPTER, OP, 0)] * len(STAGES) if pipeline else by_parent(name_id, KERNEL, OP)


def execute_seam(recorder, original):
    """`execute.execute`: one operation, or one whole graph function, handed to the native runtime."""
    run_id = recorder.string('graph-run')
    known = {}

    def infos_of(name):
        text = op_name(name)
        if not is_function_run(text):
            return infos_of_op(recorder, text)
        return by_parent(run_id, KERNEL, OP, recorder.detail_of(node=text.rstrip('0123456789').rstrip('_')))

    def known_infos(args, kwargs):
        name = args[0] if args else kwargs['op_name']
        found = known.get(name)
        if found is None:
            found = known[name] = infos_of(name)
        return found
    return timed(recorder, original, known_infos)


def fast_path_seam(recorder, original):
    """`TFE_Py_FastPathExecute`: one eager operation, run natively (its name's place differs by version)."""
    known = {}

    def infos_of(args, kwargs):
        name = args[1] if type(args[0]).__name__ == 'Context' else args[2]
        found = known.get(name)
        if found is None:
            found = known[name] = infos_of_op(recorder, name)
        return found
    return timed(recorder, original, infos_of)


def upload_seam(recorder, original):
    """An array belongs to the adapter; a Python number that becomes a constant stays where it is."""
    name_id = recorder.string('upload')
    arrays = by_parent(name_id, ADAPTER, TRANSFER)
    scalars = [(name_id, stage, TRANSFER, 0) for stage in range(len(STAGES))]

    def infos_of(args, kwargs):
        value = args[0] if args else kwargs['value']
        return arrays if getattr(value, 'ndim', 0) > 0 and hasattr(value, 'nbytes') else scalars
    return timed(recorder, original, infos_of)


def single(*candidates):
    return list(candidates)


# Places: {K} is Keras' own root package (keras.src, tf_keras.src, keras, tensorflow.python.keras, ...), {T} is
# TensorFlow's (tensorflow.python or tensorflow_core.python). Each row: what it is called, how it is wrapped, and
# where it may be; a row is missing only when none of its places exists.
SEAMS = [
    # data adapter: TensorFlow 2.0 path A, path B; Keras 2; Keras 3
    ('process-inputs', plain('data-adapter', ADAPTER, STAGE), single('{K}.engine.training_v2:_process_inputs', '{K}.engine.data_adapter:DataHandler.__init__', '{K}.trainers.epoch_iterator:EpochIterator.__init__')),
    ('select-adapter', plain('select-adapter', ADAPTER, STAGE), single('{K}.engine.data_adapter:select_data_adapter', '{K}.trainers.data_adapters:get_data_adapter')),
    ('build-adapter', plain('build-adapter', ADAPTER, STAGE), single('{K}.engine.data_adapter:TensorLikeDataAdapter.__init__', '{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.__init__')),
    ('standardize', plain('standardize', ADAPTER, STAGE), single('{K}.engine.training:Model._standardize_user_data', '{K}.engine.data_adapter:_process_tensorlike', '{K}.trainers.data_adapters.array_data_adapter:convert_to_arrays', '{K}.trainers.data_adapters.array_data_adapter:can_convert_arrays')),
    ('prepare-feed', plain('prepare-feed', ADAPTER, STAGE), single('{K}.engine.training_arrays:_prepare_feed_values', '{K}.engine.data_adapter:single_batch_iterator', '{K}.trainers.epoch_iterator:EpochIterator._get_iterator')),
    ('backend-dataset', plain('backend-dataset', ADAPTER, STAGE), single('{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.get_tf_dataset', '{K}.engine.data_adapter:TensorLikeDataAdapter.slice_inputs', '{K}.engine.training_v2_utils:_prepare_feed_values')),
    ('jax-iterator', plain('backend-dataset', ADAPTER, STAGE), single('{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.get_jax_iterator')),
    ('torch-loader', plain('backend-dataset', ADAPTER, STAGE), single('{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.get_torch_dataloader')),
    # iterator
    ('make-iterator', plain('make-iterator', ADAPTER, STAGE), single('{T}.data.ops.dataset_ops:DatasetV2.__iter__')),
    ('iterator-next', plain('iterator', ADAPTER, STAGE), single('{T}.data.ops.iterator_ops:OwnedIterator.__next__', '{T}.data.ops.iterator_ops:IteratorV2.__next__')),
    # graph building
    ('pipeline-function', pipeline_seam, single('{T}.data.ops.structured_function:StructuredFunctionWrapper.__init__', '{T}.data.ops.dataset_ops:StructuredFunctionWrapper.__init__')),
    ('trace', trace_seam, single('{T}.framework.func_graph:func_graph_from_py_func')),
    ('create-function', plain('create-function', GRAPH, PASS), single('{T}.eager.polymorphic_function.tracing_compilation:_create_concrete_function', '{T}.eager.polymorphic_function.tracing_compiler:TracingCompiler._create_concrete_function', '{T}.eager.function:TracingCompiler._create_graph_function', '{T}.eager.function:Function._create_graph_function')),
    ('lift-to-graph', plain('lift-to-graph', GRAPH, PASS), single('{T}.eager.lift_to_graph:lift_to_graph')),
    ('make-predict', plain('make-predict-function', GRAPH, PASS), single('{K}.engine.training_v2_utils:_get_or_make_execution_function', '{K}.engine.training:Model.make_predict_function', '{K}.backend.{B}.trainer:{Backend}Trainer.make_predict_function')),
    # execution
    ('function', function_seam, single('{T}.eager.polymorphic_function.polymorphic_function:Function.__call__', '{T}.eager.def_function:Function.__call__')),
    ('execute', execute_seam, single('{T}.eager.execute:execute')),
    ('eager-op', fast_path_seam, single('{T}.pywrap_tfe:TFE_Py_FastPathExecute', '{T}.pywrap_tensorflow:TFE_Py_FastPathExecute')),
    ('eager-function', plain('keras-function', GLUE, DISPATCH), single('{K}.backend:EagerExecutionFunction.__call__')),
    ('layer', layer_seam, single('{K}.engine.base_layer:Layer.__call__', '{K}.layers.layer:Layer.__call__')),
    ('jax-state', plain('jax-state', GLUE, DISPATCH), single('{K}.backend.jax.trainer:JAXTrainer._get_jax_state')),
    ('loop', plain('predict-loop', GLUE, DISPATCH), single('{K}.engine.training_v2:run_one_epoch')),
    ('array-loop', plain('predict-loop', GLUE, DISPATCH), single('{K}.engine.training_arrays:predict_loop')),
    # output
    ('upload', upload_seam, single('{T}.framework.constant_op:convert_to_eager_tensor')),
    ('read-back', plain('read-back', FETCH, TRANSFER), single('{T}.framework.ops:_EagerTensorBase.numpy', '{T}.framework.ops:EagerTensor.numpy')),
    ('gather-output', plain('fetch', FETCH, STAGE), single('{K}.engine.training_v2:_aggregate_predict_results', '{K}.utils.tf_utils:sync_to_numpy_or_python_type', '{K}.backend.{B}.trainer:potentially_ragged_concat', '{K}.backend.{B}.core:convert_to_numpy')),
    ('concat-output', plain('concat', FETCH, STAGE), single('{K}.engine.training:potentially_ragged_concat', '{K}.engine.training:concat', '{K}.backend.{B}.trainer:convert_to_np_if_not_ragged')),
    ('callbacks-begin', plain('callbacks', GLUE, DISPATCH), single('{K}.callbacks.callback_list:CallbackList.on_predict_begin', '{K}.callbacks:CallbackList.on_predict_begin', '{K}.callbacks:CallbackList._call_begin_hook')),
    ('callbacks-batch', plain('callbacks', GLUE, DISPATCH), single('{K}.callbacks.callback_list:CallbackList.on_predict_batch_end', '{K}.callbacks:CallbackList.on_predict_batch_end', '{K}.callbacks:CallbackList._call_batch_hook')),
    ('callbacks-end', plain('callbacks', GLUE, DISPATCH), single('{K}.callbacks.callback_list:CallbackList.on_predict_end', '{K}.callbacks:CallbackList.on_predict_end', '{K}.callbacks:CallbackList._call_end_hook')),
]

# What a backend without TensorFlow's seams does not tell apart.
COARSE = {
    'torch': 'PyTorch runs its operations inside the layers, with no function around each that could be timed cheaply: a layer\'s own time is its operations and the Python around them, and all of it counts as glue code.',
    'jax': 'JAX builds and runs graphs in native code that hides which is which: `predict`\'s own time holds both.',
}

# Seams that only some backends or generations have: their absence is no gap in the picture.
OPTIONAL = {'jax-iterator', 'torch-loader', 'jax-state', 'loop', 'array-loop', 'eager-function', 'backend-dataset', 'concat-output', 'create-function', 'select-adapter', 'standardize', 'prepare-feed'}


def resolve(place):
    """`package.module:Class.attr` to (owner, attribute, the raw thing there); None where it does not exist."""
    module_name, _, attributes = place.partition(':')
    try:
        owner = importlib.import_module(module_name)
    except Exception:  # a module of another version may fail in any way
        return None
    parts = attributes.split('.')
    for part in parts[:-1]:
        owner = getattr(owner, part, None)
        if owner is None:
            return None
    raw = vars(owner).get(parts[-1]) if isinstance(owner, type) else getattr(owner, parts[-1], None)
    return None if raw is None else (owner, parts[-1], raw)


class Seams(object):
    """Every seam that exists here, wrapped once; `install` and `uninstall` swap them in and out."""

    def __init__(self, recorder, roots, table=None):
        self.found, self.missing, self.patches = [], [], []
        for label, make, places in SEAMS if table is None else table:
            places = [self.fill(place, roots) for place in places]
            hit = next(((place, resolve(place)) for place in places if place and resolve(place)), None)
            if hit is None:
                if label not in OPTIONAL and any(places):  # no place at all: a seam of TensorFlow, and there is none
                    self.missing.append({'seam': label, 'tried': [p for p in places if p]})
                continue
            place, (owner, attribute, raw) = hit
            self.found.append({'seam': label, 'place': place})
            wrapped = make(recorder, raw.__func__ if isinstance(raw, (staticmethod, classmethod)) else raw)
            if isinstance(raw, (staticmethod, classmethod)):
                wrapped = type(raw)(wrapped)
            self.patches.append((owner, attribute, raw, wrapped))
            if not isinstance(owner, type):
                self.patches.extend(self.aliases(owner, attribute, raw, wrapped, roots))

    @staticmethod
    def fill(place, roots):
        try:
            return place.format(**roots)
        except KeyError:
            return None

    @staticmethod
    def aliases(owner, attribute, raw, wrapped, roots):
        """The same function under `from ... import`: replaced there too, inside TensorFlow and Keras only."""
        prefixes = tuple({root.split('.')[0] for root in (roots.get('K'), roots.get('T')) if root})
        for name, module in list(sys.modules.items()):
            if module is None or module is owner or not name.startswith(prefixes):
                continue
            if getattr(module, '__dict__', {}).get(attribute) is raw:
                yield module, attribute, raw, wrapped

    def install(self):
        for owner, attribute, _, wrapped in self.patches:
            setattr(owner, attribute, wrapped)

    def uninstall(self):
        for owner, attribute, raw, _ in reversed(self.patches):
            setattr(owner, attribute, raw)


def module_root(name, stop):
    """`keras.src.engine.training` cut before the first part of `stop`."""
    parts = name.split('.')
    cut = next((i for i, part in enumerate(parts) if part in stop), len(parts))
    return '.'.join(parts[:cut])


def find_roots(tf, keras, model_class=None):
    model_class = keras.Model if model_class is None else model_class
    roots = {'K': module_root(model_class.__module__, ('engine', 'models', 'training'))}
    if tf is not None:
        parts = tf.Tensor.__module__.split('.')  # tensorflow(_core).python.framework...
        roots['T'] = '.'.join(parts[:2])
    backend = backend_of(keras)
    roots['B'] = backend
    roots['Backend'] = {'tensorflow': 'TensorFlow', 'jax': 'JAX', 'torch': 'Torch'}.get(backend, backend)
    return roots


def backend_of(keras):
    try:
        return str(keras.backend.backend())
    except Exception:
        return 'tensorflow'


# --------------------------------------------------------------------------- why a graph was built

def function_label(func):
    """A stable name of a function: where it was written, not which object it is."""
    func = getattr(func, 'python_function', func)
    func = inspect.unwrap(func) if callable(func) else func
    return str(getattr(func, '__qualname__', type(func).__name__))


def signature_of(tree):
    """Leaves of a structure of arguments: ('tensor', dtype, shape), or ('value', text) of a Python scalar."""
    leaves = []

    def visit(path, node):
        if isinstance(node, dict):
            for key in sorted(node, key=str):
                visit('%s.%s' % (path, key), node[key])
        elif isinstance(node, (list, tuple)):
            for index, item in enumerate(node):
                visit('%s[%d]' % (path, index), item)
        elif type(getattr(node, 'element_spec', None)) in (tuple, list, dict):
            visit(path + '.element', node.element_spec)  # an iterator or a dataset: what it yields
        elif hasattr(node, 'dtype') and hasattr(node, 'shape'):
            leaves.append((path, 'tensor', getattr(node.dtype, 'name', str(node.dtype)), shape_text(node.shape)))
        elif isinstance(node, (bool, int, float, str)):
            leaves.append((path, 'value', type(node).__name__, repr(node)[:60]))
        elif node is not None:
            leaves.append((path, 'object', type(node).__name__, ''))
    visit('', tree)
    return leaves


def shape_text(shape):
    try:
        return '[%s]' % ','.join('?' if d is None else str(d) for d in [getattr(d, 'value', d) for d in shape])
    except (TypeError, ValueError):
        return '[unknown rank]'


class Causes(object):
    """Compares a traced signature with the nearest one that was traced before for the same function."""

    def __init__(self):
        self.seen = {}

    def judge(self, owner, label, signature, pipeline):
        # The owner is kept alive by being stored: its id cannot come back as another function's.
        key = (id(owner), label) if owner is not None else label
        _, before = self.seen.setdefault(key, (owner, []))
        result = self.compare(before, signature, pipeline)
        if len(before) < 64:
            before.append(signature)
        return result

    @staticmethod
    def compare(before, signature, pipeline):
        if not before:
            return 'first-trace', ''
        nearest = min(before, key=lambda other: differences(other, signature)[0])
        count, differing = differences(nearest, signature)
        if count == 0:
            # Nothing about the arguments changed: the function object itself was made anew (or is traced twice
            # at its creation, which tf.function does while it looks for variables).
            return ('new-function', '') if pipeline else ('traced-again', '')
        if differing is None:
            return 'new-structure', '%d arguments, then %d' % (len(nearest), len(signature))
        old, new = differing
        change = '%s -> %s' % (leaf_text(old), leaf_text(new))
        if old[1] != new[1] or old[2] != new[2]:
            return 'new-dtype', change
        return ('new-shape', change) if new[1] == 'tensor' else ('new-value', '%s -> %s' % (old[3], new[3]))


def leaf_text(leaf):
    return '%s%s%s' % (leaf[2], '' if leaf[1] == 'tensor' else ' ', leaf[3])


def differences(one, other):
    """How far two signatures are apart, and the first leaves that differ (None where the structures differ).

    Another dtype is further away than any number of shapes, so that the cause named is the smallest change.
    """
    if [leaf[0] for leaf in one] != [leaf[0] for leaf in other]:
        return 1000 * (1 + max(len(one), len(other))), None
    pairs = [(a, b) for a, b in zip(one, other) if a != b]
    return sum(1 if a[1:3] == b[1:3] else 1000 for a, b in pairs), pairs[0] if pairs else None


# --------------------------------------------------------------------------- channel

class Channel(object):
    """One JSON object a line into a pipe that only this process writes to."""

    def __init__(self, fd):
        self.fd = fd
        os.set_inheritable(fd, False)
        self.owner = os.getpid()
        self.sent_strings, self.sent_details = 0, 1

    def send(self, record):
        if os.getpid() != self.owner or self.fd is None:
            return  # a forked child says nothing
        data = (json.dumps(record, separators=(',', ':')) + '\n').encode('utf-8')
        try:
            while data:
                data = data[os.write(self.fd, data):]
        except OSError as error:
            self.failed(error)

    def failed(self, error):
        os._exit(70)  # the parent is gone: nobody is left to measure for

    def forget(self):
        """In a forked child: it must not write, nor keep the pipe open after we are gone."""
        RECORDER.thread = NO_THREAD
        fd, self.fd = self.fd, None
        os.close(fd)

    def send_names(self, recorder):
        strings, details = recorder.strings[self.sent_strings:], recorder.details[self.sent_details:]
        self.sent_strings, self.sent_details = len(recorder.strings), len(recorder.details)
        if strings or details:
            self.send({'type': 'names', 'strings': strings, 'details': details})


def die_with_parent():
    """On Linux the kernel kills us with our parent; elsewhere a failing write does (Channel.send)."""
    try:
        import ctypes
        ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    except Exception:
        pass


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


# --------------------------------------------------------------------------- the model

class Unavailable(Exception):
    """This variant does not exist for this model or this version: the message says why."""


class Source(object):
    """Gives any number of models with equal weights."""

    def __init__(self, options, tf, keras):
        self.tf, self.keras, self.options = tf, keras, options
        self.kind, self.path, self.function = options['kind'], options['path'], options.get('function')
        self.factory = self.load_factory() if self.kind == 'function' else None
        self.first = self.load(compiled=False)
        self.weights = self.first.get_weights() if hasattr(self.first, 'get_weights') else None

    def load_factory(self):
        path = os.path.abspath(self.path)
        sys.path.insert(0, os.path.dirname(path))
        spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        factory = getattr(module, self.function, None)
        if not callable(factory):
            raise Failure('%s has no function `%s`' % (self.path, self.function))
        return factory

    def load(self, compiled):
        if self.kind == 'function':
            model = self.factory(**(self.options.get('arguments') or {}))
            if not hasattr(model, 'predict'):
                raise Failure('`%s` returned %s, not a Keras model' % (self.function, type(model).__name__))
            return model
        if self.kind == 'saved-model':
            return self.load_saved_model(compiled)
        try:
            return self.keras.models.load_model(self.path, compile=compiled)
        except Exception as error:
            raise explained(error, os.path.basename(self.path))

    def load_saved_model(self, compiled):
        try:
            return self.keras.models.load_model(self.path, compile=compiled)
        except Exception:
            loaded = self.tf.saved_model.load(self.path)
            wanted = self.options.get('signature') or 'serving_default'
            if wanted not in loaded.signatures:
                raise Failure('the SavedModel has no signature `%s`; it has: %s' % (wanted, ', '.join(loaded.signatures) or 'none'))
            return SignatureModel(loaded, loaded.signatures[wanted])

    def fresh(self, compiled=False):
        model = self.load(compiled)
        if isinstance(model, SignatureModel):
            return model
        if self.kind == 'function' and self.weights:
            model.set_weights(self.weights)
        if not compiled and is_compiled(model):
            model = self.rebuilt(model)
        if compiled and not is_compiled(model):
            self.compile(model)
        return model

    def compile(self, model, **more):
        wanted = dict(self.options.get('compile') or {'optimizer': 'adam', 'loss': 'mse'})
        wanted.update(more)
        model.compile(**wanted)

    def rebuilt(self, model=None):
        model = self.first if model is None else model
        try:
            copy = type(model).from_config(model.get_config())
        except Exception as error:
            raise Unavailable('the model cannot be rebuilt from its configuration (%s)' % short(error))
        copy.set_weights(self.weights)
        return copy


class SignatureModel(object):
    """A SavedModel that is no Keras model: only its signature can be called."""
    compiled = False

    def __init__(self, loaded, signature):
        self.loaded, self.signature = loaded, signature
        specs = signature.structured_input_signature[1]
        self.input_specs = [(name, spec.dtype.name, spec.shape.as_list()) for name, spec in sorted(specs.items())]

    def count_params(self):
        return sum(int(v.shape.num_elements() or 0) for v in self.signature.variables)


def is_compiled(model):
    for attribute in ('compiled', '_is_compiled', 'is_compiled'):
        value = getattr(model, attribute, None)
        if isinstance(value, bool):
            return value
    return getattr(model, 'optimizer', None) is not None


def input_specs(model):
    """[(name, dtype, shape with None)] of a model's inputs; None when it does not know them yet."""
    if isinstance(model, SignatureModel):
        return model.input_specs
    inputs = getattr(model, 'inputs', None)
    if not inputs:
        return None
    specs = []
    for position, tensor in enumerate(inputs):
        shape = [getattr(d, 'value', d) for d in tensor.shape]
        dtype = getattr(tensor.dtype, 'name', str(tensor.dtype))
        specs.append((str(getattr(tensor, 'name', 'input_%d' % position)).split(':')[0], dtype, shape))
    return specs


def vocabulary(model):
    sizes = [layer.input_dim for layer in getattr(model, 'layers', []) if type(layer).__name__ == 'Embedding']
    return min(sizes) if sizes else 10


def make_inputs(np, model, options, batch):
    """Seeded arrays for each input, or the given .npy/.npz; the batch is the first dimension."""
    random_state = np.random.RandomState(options.get('seed', 1))
    files = options.get('inputs') or []
    specs = input_specs(model)
    given = dict(named_files(np, files, specs))
    if specs is None:
        if not given:
            raise Failure('the model does not say what input it takes: give one with --input FILE.npy')
        return list(given.items())
    shapes = options.get('shapes') or {}
    check_names(list(given) + [name for name in shapes if name], specs)
    arrays = []
    for name, dtype, shape in specs:
        if name in given:
            arrays.append((name, given[name]))
            continue
        full = shapes.get(name) or shapes.get('') or [batch] + [options.get('unknownDimension', 16) if d is None or d < 0 else int(d) for d in shape[1:]]
        arrays.append((name, fill(np, random_state, dtype, full, vocabulary(model))))
    return arrays


def check_names(names, specs):
    known = [name for name, _, _ in specs]
    for name in names:
        if name not in known:
            raise Failure('the model has no input `%s`; its inputs are: %s' % (name, ', '.join(known)))


def named_files(np, files, specs):
    """(input name, array) of each given file; a file without a name belongs to the next input in order."""
    position = 0
    for name, path in files:
        for own_name, array in read_arrays(np, path):
            if name is None and own_name is None:
                own_name = specs[position][0] if specs and position < len(specs) else 'input_%d' % position
            position += 1
            yield name or own_name, array


def read_arrays(np, path):
    if path.endswith('.json'):
        return read_json(np, path)
    try:
        loaded = np.load(path, allow_pickle=False)
    except Exception as error:
        raise Failure('%s cannot be read as .npy or .npz: %s' % (path, short(error)))
    if hasattr(loaded, 'files'):
        return [(name, loaded[name]) for name in loaded.files]
    return [(None, loaded)]


def read_json(np, path):
    """Nested lists, by input name in an object; bytes are {"b64": "..."}, as in requests to TensorFlow Serving."""
    try:
        with open(path, 'rb') as file:
            value = with_bytes(json.loads(file.read().decode('utf-8')))
        values = list(value.items()) if isinstance(value, dict) else [(None, value)]
        return [(name, json_array(np, one)) for name, one in values]
    except Exception as error:
        raise Failure('%s cannot be read as JSON: %s' % (path, short(error)))


def with_bytes(value):
    if isinstance(value, dict):
        return base64.b64decode(value['b64']) if list(value) == ['b64'] else dict((name, with_bytes(one)) for name, one in value.items())
    return [with_bytes(one) for one in value] if isinstance(value, list) else value


def holds_bytes(value):
    return any(holds_bytes(one) for one in value) if isinstance(value, list) else isinstance(value, (bytes, str))


def json_array(np, value):
    array = np.array(value, dtype=object if holds_bytes(value) else None)
    return array.astype('float32') if array.dtype == 'float64' else array


def fill(np, random_state, dtype, shape, limit):
    if dtype.startswith(('int', 'uint')):
        return random_state.randint(0, limit, size=shape).astype(dtype)
    if dtype == 'bool':
        return random_state.rand(*shape) < 0.5
    if dtype == 'string':
        raise Failure('the model takes strings: give them with --input FILE.json or FILE.npy')
    return random_state.rand(*shape).astype('float32' if dtype == 'bfloat16' else dtype)


def shape_for(model, arrays):
    """The arrays in the structure the model wants: one array, a dict by name, or a list in order."""
    if len(arrays) == 1:
        return arrays[0][1]
    if isinstance(getattr(model, 'input', None), dict):
        return dict(arrays)
    return [array for _, array in arrays]


def signature_text(arrays):
    return ','.join('%s[%s]' % (array.dtype.name, ','.join(str(d) for d in array.shape)) for _, array in arrays)


# --------------------------------------------------------------------------- variants

def state_uncompiled(source):
    return source.fresh()


def state_compiled(source):
    return source.fresh(compiled=True)


def state_compiled_train(source):
    model = state_compiled(source)
    if hasattr(model, '_make_train_function'):
        model._make_train_function()
    elif hasattr(model, 'make_train_function'):
        model.make_train_function()
    if hasattr(model.optimizer, 'build'):
        try:
            model.optimizer.build(model.trainable_variables)
        except Exception:
            pass  # some optimizers are built by make_train_function already
    return model


def state_path_a(source):
    return with_flag(source.fresh(), True)


def state_path_b(source):
    return with_flag(source.fresh(compiled=True), False)


def with_flag(model, value):
    if not hasattr(model, '_experimental_run_tf_function'):
        raise Unavailable('this version of Keras has one predict loop only: the flag that chose between path A and path B is gone')
    model._experimental_run_tf_function = value
    return model


def state_eager(source):
    model = source.fresh()
    try:
        source.compile(model, run_eagerly=True)
    except (TypeError, ValueError) as error:
        raise Unavailable('compile(run_eagerly=True) failed: %s' % short(error))
    return model


def state_jit(source):
    model = source.fresh()
    if 'jit_compile' not in inspect.signature(type(model).compile).parameters:
        raise Unavailable('compile() of this version takes no jit_compile')
    source.compile(model, jit_compile=True)
    return model


def state_rebuilt(source):
    return source.rebuilt()


def saved_and_loaded(source, compiled):
    if source.kind not in ('function',):
        return source.fresh(compiled=compiled) if compiled else source.load(compiled=False)
    model = source.fresh(compiled=True)
    suffix = '.keras' if hasattr(source.keras, 'version') or keras_major(source.keras) >= 3 else '.h5'
    handle, path = tempfile.mkstemp(suffix=suffix)
    os.close(handle)
    try:
        model.save(path)
        return source.keras.models.load_model(path, compile=compiled)
    except Exception as error:
        raise Unavailable('the model cannot be saved and loaded again (%s)' % short(error))
    finally:
        os.unlink(path)


def keras_major(keras):
    try:
        return int(str(keras.__version__).split('.')[0])
    except (AttributeError, ValueError):
        return 2


STATES = {
    'uncompiled': state_uncompiled,
    'compiled': state_compiled,
    'compiled-train': state_compiled_train,
    'path-a': state_path_a,
    'path-b': state_path_b,
    'eager': state_eager,
    'jit': state_jit,
    'load-without-compile': lambda source: saved_and_loaded(source, False),
    'load-with-compile': lambda source: saved_and_loaded(source, True),
    'rebuilt': state_rebuilt,
    'saved-model': lambda source: source.fresh(),
}


def call_predict(model, x, tf):
    need_keras(model)
    return lambda: model.predict(x, verbose=0)


def call_predict_on_batch(model, x, tf):
    need_keras(model)
    return lambda: model.predict_on_batch(x)


def call_direct(model, x, tf):
    need_keras(model)
    return lambda: to_numpy(model(as_tensors(tf, x), training=False))


def call_function(model, x, tf):
    if tf is None:
        raise Unavailable('tf.function needs the TensorFlow backend')
    if isinstance(model, SignatureModel):
        named = {name: tf.convert_to_tensor(value) for (name, _, _), value in zip(model.input_specs, as_list(x))}
        return lambda: to_numpy(model.signature(**named))
    # Traced once for this model: the wrapper keeps the function, so later calls find its graph.
    compiled = getattr(model, '_inferscope_function', None)
    if compiled is None:
        compiled = tf.function(lambda inputs: model(inputs, training=False))
        object.__setattr__(model, '_inferscope_function', compiled)
    return lambda: to_numpy(compiled(as_tensors(tf, x)))


def call_dataset(model, x, tf):
    need_keras(model)
    if tf is None:
        raise Unavailable('predict(tf.data.Dataset) needs TensorFlow')
    dataset = tf.data.Dataset.from_tensors(tuple(x) if isinstance(x, list) else x)
    if isinstance(x, list):
        dataset = tf.data.Dataset.from_tensors((tuple(x),))
    return lambda: model.predict(dataset, verbose=0)


CALLS = {
    'predict': call_predict,
    'predict_on_batch': call_predict_on_batch,
    'call': call_direct,
    'function': call_function,
    'predict-dataset': call_dataset,
}


def need_keras(model):
    if isinstance(model, SignatureModel):
        raise Unavailable('the SavedModel holds no Keras model, only signatures: call it as `saved-model/function`')


def as_list(x):
    return list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else [x]


def as_tensors(tf, x):
    if tf is None:
        return x
    if isinstance(x, dict):
        return {key: tf.convert_to_tensor(value) for key, value in x.items()}
    return [tf.convert_to_tensor(value) for value in x] if isinstance(x, list) else tf.convert_to_tensor(x)


def to_numpy(result):
    if isinstance(result, dict):
        return {key: to_numpy(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [to_numpy(value) for value in result]
    if hasattr(result, 'detach'):
        result = result.detach()
    if hasattr(result, 'numpy'):
        return result.numpy()
    return result.__array__() if hasattr(result, '__array__') else result


DEFAULT_VARIANTS = [
    'uncompiled/predict', 'compiled/predict', 'compiled-train/predict', 'path-a/predict', 'path-b/predict',
    'eager/predict', 'jit/predict', 'uncompiled/predict_on_batch', 'compiled/predict_on_batch', 'uncompiled/call',
    'compiled/call', 'uncompiled/function', 'compiled/predict-dataset', 'load-with-compile/predict',
    'load-without-compile/predict', 'rebuilt/predict',
]


# --------------------------------------------------------------------------- profiling

class Failure(Exception):
    """Something the user can mend; the message is shown as it is."""


def short(error):
    """The reason: what is told last, without the arguments and places that frameworks put around it."""
    paragraphs = [p.strip() for p in re.split(r'\n\s*\n', str(error)) if p.strip()]
    kept = [p for p in paragraphs if not re.match(r'(Call )?[Aa]rguments received|Full object config|config=', p)] or paragraphs
    if not kept:
        return type(error).__name__
    lines = [line.strip() for line in kept[-1].splitlines()]
    lines = [line for line in lines if line and not re.match(r'\[\[|File "|\u2022|\d+ (successful|derived)', line)] or lines
    line = lines[-1] if 'Detected at node' in kept[-1] else lines[0]
    return re.sub(r'^Exception encountered( when calling [^:]*)?: | Full object config: .*$', '', line)[:300]


CUSTOM = [
    r"Could not locate (?:class|function) '([^']+)'",
    r"Unknown (?:layer|object|loss function|loss|metric function|metric|optimizer|activation function|activation|initializer|regularizer|constraint): '?\"?([\w>.]*[\w>])",
]
# What Keras 2 wrote and Keras 3 does not know, and the other way round.
OF_KERAS_2 = r"TFOpLambda|SlicingOpLambda|TensorFlowOpLayer|passed to \w+: \{'(groups|time_major|batch_input_shape|weights|implementation|function_type)'|Unrecognized keyword arguments: \['(batch_input_shape|time_major)'"
OF_KERAS_3 = r"Unrecognized keyword arguments: \['(batch_shape|optional|quantization_config)'|DTypePolicy|keras\.src"


def explained(error, name):
    """What is known to keep a file from being loaded, with what to do; else the error itself."""
    text = str(error)
    if re.search(OF_KERAS_2, text):
        return Failure('%s was written by Keras 2, and this is Keras 3 (%s): give a Python with TensorFlow 2.15 or older with --python' % (name, short(error)))
    found = [m.group(1) for m in (re.search(pattern, text) for pattern in CUSTOM) if m]
    if found:
        own = found[0].split('>')[-1]
        return Failure('%s uses %s, a class or function of your own: write a Python function that returns keras.models.load_model(%r, custom_objects={%r: %s}), '
                       'and give it instead of the file as module.py:function' % (name, own, name, found[0], own))
    if re.search(r'safe_mode|enable_unsafe_deserialization|Lambda layer', text) and 'Lambda' in text:
        return Failure('%s has a Lambda layer, whose Python code Keras runs only where it is trusted: write a Python function that returns keras.models.load_model(%r, safe_mode=False), '
                       'and give it instead of the file as module.py:function' % (name, name))
    if re.search(r'No model config found in the file|No model found in config file', text):
        return Failure('%s holds weights without a model: write a Python function that makes the model, calls its load_weights(%r) and returns it, '
                       'and give it instead of the file as module.py:function' % (name, name))
    if re.search(OF_KERAS_3, text):
        return Failure('%s was written by Keras 3, and this is an older Keras (%s): give a Python with Keras 3 with --python' % (name, short(error)))
    if name.endswith('.keras') and isinstance(error, (OSError, IOError)) and re.search(r'signature not found|Unable to open file|SavedModel file does not exist', text):
        return Failure('%s is a .keras file, which this Keras does not read: give a Python with TensorFlow 2.12 or newer with --python' % name)
    return error


def resident_bytes():
    try:
        with open('/proc/self/statm') as handle:
            return int(handle.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except (OSError, ValueError):
        return None


class Runner(object):
    """One variant: its model, its call, and where its records go."""

    def __init__(self, index, key, source, arrays, tf):
        self.index, self.key, self.tf = index, key, tf
        name, _, call = key.partition('/')
        if name not in STATES or call not in CALLS:
            raise Unavailable('there is no such variant; states: %s; calls: %s' % (', '.join(sorted(STATES)), ', '.join(sorted(CALLS))))
        self.model = STATES[name](source)
        self.make = CALLS[call]
        self.feed(arrays)
        self.growth = 0

    def feed(self, arrays):
        self.signature = signature_text(arrays)
        self.batch = int(arrays[0][1].shape[0]) if arrays[0][1].ndim else 1
        self.call = self.make(self.model, shape_for(self.model, arrays), self.tf)


def call_record(variant, round_number, temperature, times, signature, batch, error, recorder):
    """One call as a line of the protocol; `times` are its start on our clock and its latency. No recorder: no spans."""
    record = {'type': 'call', 'variant': variant, 'round': round_number, 'temperature': temperature,
              'startNanos': times[0] - ORIGIN, 'latencyNanos': times[1], 'signature': signature, 'batch': batch}
    if error is not None:
        record['error'] = error
    if recorder is not None:
        record['spans'] = {
            'start': [start - ORIGIN for start in recorder.starts], 'duration': list(recorder.durations),
            'parent': list(recorder.parents), 'name': recorder.column(0), 'stage': recorder.column(1),
            'kind': recorder.column(2), 'detail': recorder.column(3)}
        record['traces'] = [{'row': row, 'graph': 'input-pipeline' if pipeline else 'model', 'function': label, 'cause': cause, 'change': change}
                            for row, pipeline, label, cause, change in recorder.traces]
        record['gc'] = [{'startNanos': start - ORIGIN, 'durationNanos': duration, 'generation': generation}
                        for start, duration, generation in recorder.pauses]
    return record


class RunMetadataTracer(object):
    """TensorFlow 2.0 and 2.1: the eager context keeps a RunMetadata of the graphs that run."""
    format = 'run-metadata'

    def __init__(self, context):
        self.context = context

    def start(self):
        self.context.enable_run_metadata()

    def stop(self):
        try:
            return self.context.export_run_metadata().SerializeToString()
        finally:
            self.context.disable_run_metadata()


class ProfilerTracer(object):
    """TensorFlow 2.2 and later: the profiler writes an XPlane."""
    format = 'xplane'

    def __init__(self, profiler):
        self.profiler = profiler
        make = getattr(profiler, 'ProfilerOptions', None)
        self.options = [] if make is None else [make(host_tracer_level=2, python_tracer_level=0, device_tracer_level=0)]

    def start(self):
        self.folder = tempfile.mkdtemp(prefix='inferscope-')
        self.profiler.start(self.folder, *self.options)

    def stop(self):
        try:
            self.profiler.stop()
            found = [os.path.join(root, name) for root, _, names in os.walk(self.folder) for name in names if name.endswith('.xplane.pb')]
            if not found:
                raise RuntimeError('the profiler wrote no XPlane')
            with open(found[0], 'rb') as handle:
                return handle.read()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def kernel_tracer(tf, roots):
    """What tells the operations inside a graph in this version; None where nothing does."""
    if tf is None:
        return None
    profiler = getattr(getattr(tf, 'profiler', None), 'experimental', None)
    if hasattr(profiler, 'start') and hasattr(profiler, 'stop'):
        return ProfilerTracer(profiler)
    try:
        context = importlib.import_module(roots['T'] + '.eager.context').context()
        return RunMetadataTracer(context) if hasattr(context, 'export_run_metadata') else None
    except (ImportError, AttributeError):
        return None


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


def largest_difference(reference, result):
    """Largest |a - b| / (|a| + 1e-6) over all outputs; None when they cannot be compared."""
    try:
        import numpy as np
        pairs = list(zip(flat(reference), flat(result)))
        return float(max(np.max(np.abs(a - b) / (np.abs(a) + 1e-6)) if a.size else 0.0 for a, b in pairs))
    except Exception:
        return None


def flat(result):
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flat(result[key])]
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    import numpy as np
    return [np.asarray(result, dtype='float64')]


def retracing(tf, keras, channel, recorder, seams):
    """Which calls of one tf.function build a graph: Python numbers do, tensors do not."""
    @tf.function
    def g(x):
        return x * 2

    @tf.function(input_signature=[tf.TensorSpec(shape=None, dtype=tf.float32)])
    def fixed(x):
        return x * 2
    steps = [
        ('g(2)', g, 2), ('g(3)', g, 3), ('g(2) again', g, 2), ('g(True)', g, True), ('g(2.0)', g, 2.0),
        ('g(tensor 2)', g, tf.constant(2)), ('g(tensor 3)', g, tf.constant(3)),
        ('g(float32[2])', g, tf.zeros([2])), ('g(float32[3])', g, tf.zeros([3])), ('g(float64[3])', g, tf.zeros([3], tf.float64)),
        ('fixed(float32[2])', fixed, tf.zeros([2])), ('fixed(float32[3])', fixed, tf.zeros([3])),
    ]
    seams.install()
    for text, function, argument in steps:
        recorder.begin(recorder.string('call'), 0)
        try:
            function(argument)
        finally:
            recorder.finish()
        traces = [trace for trace in recorder.traces if trace[3] != 'traced-again']
        channel.send({'type': 'retrace', 'call': text, 'traced': bool(traces),
                      'cause': traces[0][3] if traces else None, 'change': traces[0][4] if traces else None})
    seams.uninstall()


# --------------------------------------------------------------------------- entry

def import_keras():
    """TensorFlow's Keras where TensorFlow is; Keras alone on another backend."""
    if os.environ.get('KERAS_BACKEND', 'tensorflow') != 'tensorflow':
        return None, importlib.import_module('keras')
    try:
        import tensorflow as tf
    except ImportError as error:
        if importlib.util.find_spec('tensorflow') is not None:
            raise Failure('TensorFlow is installed but cannot be imported: %s' % short(error))
        raise Failure('TensorFlow is missing from %s' % sys.executable)
    return tf, tf.keras


def versions(tf, keras):
    import numpy
    found = {'python': '.'.join(str(part) for part in sys.version_info[:3]), 'numpy': numpy.__version__}
    if tf is not None:
        found['tensorflow'] = tf.__version__
    keras_version = getattr(keras, '__version__', None)
    if keras_version is None:
        keras_version = getattr(importlib.import_module(find_roots(tf, keras)['K'].split('.')[0]), '__version__', 'unknown')
    found['keras'] = str(keras_version)
    for name in ('jax', 'torch'):
        if name in sys.modules and hasattr(sys.modules[name], '__version__'):
            found[name] = str(sys.modules[name].__version__)
    return found


def describe(model):
    specs = input_specs(model) or []
    outputs = [] if isinstance(model, SignatureModel) else getattr(model, 'outputs', None) or []

    def sized(shape):
        return [-1 if d is None else int(d) for d in shape]
    try:
        parameters = int(model.count_params())
    except Exception:
        parameters = None
    return {
        'type': 'model', 'name': str(getattr(model, 'name', 'saved_model')), 'parameters': parameters,
        'layers': len(getattr(model, 'layers', [])) or None,
        'inputs': [{'name': n, 'dtype': d, 'shape': sized(s)} for n, d, s in specs],
        'outputs': [{'name': str(getattr(t, 'name', 'output')).split(':')[0], 'dtype': getattr(t.dtype, 'name', str(t.dtype)),
                     'shape': sized([getattr(d, 'value', d) for d in t.shape])} for t in outputs],
    }


def work(channel, options):
    channel.send({'type': 'progress', 'phase': 'import', 'done': 0, 'of': 1})
    tf, keras = import_keras()
    import numpy as np
    roots = find_roots(tf, keras)
    channel.send({'type': 'versions', 'packages': versions(tf, keras), 'backend': roots['B'], 'executable': sys.executable})
    seams = Seams(RECORDER, roots)
    channel.send({'type': 'seams', 'found': seams.found, 'missing': seams.missing})
    channel.send(dict(tool_cost(), type='tool'))
    if roots['B'] in COARSE:
        channel.send({'type': 'note', 'text': COARSE[roots['B']]})
    RECORDER.variant = 0
    gc.callbacks.append(RECORDER.on_gc)
    if options.get('experiment') == 'retracing':
        retracing(tf, keras, channel, RECORDER, seams)
        return
    if options.get('seed') is not None and tf is not None:
        tf.random.set_seed(options['seed'])
    source = Source(options['model'], tf, keras)
    channel.send(describe(source.first))
    arrays = make_inputs(np, source.first, options, options.get('batch', 1))
    fixed = options.get('inputs') or options.get('shapes') or not options.get('otherBatch', True)
    other = None if fixed else make_inputs(np, source.first, options, options.get('batch', 1) + 1)
    channel.send({'type': 'input', 'signature': signature_text(arrays), 'batch': int(arrays[0][1].shape[0])})
    runners = prepare(channel, options, source, arrays, tf)
    Profile(channel, RECORDER, seams, options, kernel_tracer(tf, roots)).run(runners, other)


def wanted_variants(filters):
    """`compiled` stands for every call of that state that is run by default; `compiled/call` for itself."""
    if not filters:
        return DEFAULT_VARIANTS
    wanted = []
    for text in filters:
        if '/' in text:
            wanted.append(text)
        else:
            wanted.extend([key for key in DEFAULT_VARIANTS if key.split('/')[0] == text] or [text + '/predict'])
    return list(dict.fromkeys(wanted))


def prepare(channel, options, source, arrays, tf):
    runners, reasons = [], []
    wanted = wanted_variants(options.get('variants'))
    if isinstance(source.first, SignatureModel) and not options.get('variants'):
        wanted = ['saved-model/function']
    for key in wanted:
        try:
            runner = Runner(len(runners), key, source, arrays, tf)
        except Exception as error:
            reasons.append(str(error) if isinstance(error, (Unavailable, Failure)) else '%s: %s' % (type(error).__name__, short(error)))
            channel.send({'type': 'unavailable', 'variant': key, 'reason': reasons[-1]})
            continue
        name, _, call = key.partition('/')
        channel.send({'type': 'variant', 'index': runner.index, 'name': name, 'call': call})
        channel.send({'type': 'progress', 'phase': 'prepare', 'done': len(runners) + 1, 'of': len(wanted)})
        runners.append(runner)
    if not runners:
        raise Failure('none of the variants can be run: ' + '; '.join(sorted(set(reasons))))
    if options.get('again'):
        runners.append(again(channel, runners, source, arrays, tf))
    return runners


def again(channel, runners, source, arrays, tf):
    """The first variant once more, from a model of its own: how far two equal things are apart here."""
    name, _, call = runners[0].key.partition('/')
    runner = Runner(len(runners), runners[0].key, source, arrays, tf)
    channel.send({'type': 'variant', 'index': runner.index, 'name': name + ' (again)', 'call': call})
    return runner


def main(argv):
    fd, options = int(argv[1]), json.loads(argv[2])
    sys.path[0] = os.getcwd()  # not our own folder: the user's modules are what `import` should find
    sys.argv = ['']
    die_with_parent()
    # Ctrl-C reaches us too, as one of the terminal's group: whoever started us decides, and kills us when it is meant.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(fd)
    if hasattr(os, 'register_at_fork'):
        os.register_at_fork(after_in_child=channel.forget)
    channel.send({'type': 'hello', 'protocol': PROTOCOL, 'pid': os.getpid(), 'stages': STAGES, 'kinds': KINDS})
    channel.send(clock_anchor())
    try:
        work(channel, options)
    except Failure as failure:
        channel.send({'type': 'error', 'kind': 'user', 'message': str(failure)})
    except BaseException as error:  # SystemExit and KeyboardInterrupt of the model's code too
        channel.send({'type': 'error', 'kind': type(error).__name__, 'message': short(error), 'traceback': traceback.format_exc()[-4000:]})
    channel.send({'type': 'end'})
    sys.stdout.flush()
    os._exit(0)  # nothing of the model's is left to wait for


if __name__ == '__main__':
    main(sys.argv)
