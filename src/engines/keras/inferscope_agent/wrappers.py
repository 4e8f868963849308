"""How a function is wrapped so that each of its calls is a span: arguments, result and exception pass through."""
import functools

from .causes import Causes, function_label, signature_of
from .recorder import ADAPTER, DISPATCH, FETCH, GLUE, GRAPH, KERNEL, LAYER, OP, PASS, STAGES, TRANSFER, clock, get_ident


def by_parent(name, default, kind, detail=0):
    """A span's info for each stage that its parent may have: the adapter's, graph building's and the fetch's work stays
    theirs, elsewhere it is `default`."""
    return [(name, stage if stage in (ADAPTER, GRAPH, FETCH) else default, kind, detail) for stage in range(len(STAGES))]


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
