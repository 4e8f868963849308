"""Which function bounds which stage, by version of Keras and TensorFlow: the first place that exists is wrapped."""
import importlib
import sys

from .recorder import ADAPTER, DISPATCH, FETCH, GLUE, GRAPH, PASS, STAGE, TRANSFER
from .wrappers import execute_seam, fast_path_seam, function_seam, layer_seam, pipeline_seam, plain, trace_seam, upload_seam

# Places: {K} is Keras' own root package (keras.src, tf_keras.src, keras, tensorflow.python.keras, ...), {T} is
# TensorFlow's (tensorflow.python or tensorflow_core.python). Each row: what it is called, how it is wrapped, and
# where it may be; a row is missing only when none of its places exists.
SEAMS = [
    # data adapter: TensorFlow 2.0 path A, path B; Keras 2; Keras 3
    ('process-inputs', plain('data-adapter', ADAPTER, STAGE), [
        '{K}.engine.training_v2:_process_inputs',
        '{K}.engine.data_adapter:DataHandler.__init__',
        '{K}.trainers.epoch_iterator:EpochIterator.__init__',
    ]),
    ('select-adapter', plain('select-adapter', ADAPTER, STAGE), [
        '{K}.engine.data_adapter:select_data_adapter',
        '{K}.trainers.data_adapters:get_data_adapter',
    ]),
    ('build-adapter', plain('build-adapter', ADAPTER, STAGE), [
        '{K}.engine.data_adapter:TensorLikeDataAdapter.__init__',
        '{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.__init__',
    ]),
    ('standardize', plain('standardize', ADAPTER, STAGE), [
        '{K}.engine.training:Model._standardize_user_data',
        '{K}.engine.data_adapter:_process_tensorlike',
        '{K}.trainers.data_adapters.array_data_adapter:convert_to_arrays',
        '{K}.trainers.data_adapters.array_data_adapter:can_convert_arrays',
    ]),
    ('prepare-feed', plain('prepare-feed', ADAPTER, STAGE), [
        '{K}.engine.training_arrays:_prepare_feed_values',
        '{K}.engine.data_adapter:single_batch_iterator',
        '{K}.trainers.epoch_iterator:EpochIterator._get_iterator',
    ]),
    ('backend-dataset', plain('backend-dataset', ADAPTER, STAGE), [
        '{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.get_tf_dataset',
        '{K}.engine.data_adapter:TensorLikeDataAdapter.slice_inputs',
        '{K}.engine.training_v2_utils:_prepare_feed_values',
    ]),
    ('jax-iterator', plain('backend-dataset', ADAPTER, STAGE), [
        '{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.get_jax_iterator',
    ]),
    ('torch-loader', plain('backend-dataset', ADAPTER, STAGE), [
        '{K}.trainers.data_adapters.array_data_adapter:ArrayDataAdapter.get_torch_dataloader',
    ]),
    # iterator
    ('make-iterator', plain('make-iterator', ADAPTER, STAGE), [
        '{T}.data.ops.dataset_ops:DatasetV2.__iter__',
    ]),
    ('iterator-next', plain('iterator', ADAPTER, STAGE), [
        '{T}.data.ops.iterator_ops:OwnedIterator.__next__',
        '{T}.data.ops.iterator_ops:IteratorV2.__next__',
    ]),
    # graph building
    ('pipeline-function', pipeline_seam, [
        '{T}.data.ops.structured_function:StructuredFunctionWrapper.__init__',
        '{T}.data.ops.dataset_ops:StructuredFunctionWrapper.__init__',
    ]),
    ('trace', trace_seam, [
        '{T}.framework.func_graph:func_graph_from_py_func',
    ]),
    ('create-function', plain('create-function', GRAPH, PASS), [
        '{T}.eager.polymorphic_function.tracing_compilation:_create_concrete_function',
        '{T}.eager.polymorphic_function.tracing_compiler:TracingCompiler._create_concrete_function',
        '{T}.eager.function:TracingCompiler._create_graph_function',
        '{T}.eager.function:Function._create_graph_function',
    ]),
    ('lift-to-graph', plain('lift-to-graph', GRAPH, PASS), [
        '{T}.eager.lift_to_graph:lift_to_graph',
    ]),
    ('make-predict', plain('make-predict-function', GRAPH, PASS), [
        '{K}.engine.training_v2_utils:_get_or_make_execution_function',
        '{K}.engine.training:Model.make_predict_function',
        '{K}.backend.{B}.trainer:{Backend}Trainer.make_predict_function',
    ]),
    # execution
    ('function', function_seam, [
        '{T}.eager.polymorphic_function.polymorphic_function:Function.__call__',
        '{T}.eager.def_function:Function.__call__',
    ]),
    ('execute', execute_seam, [
        '{T}.eager.execute:execute',
    ]),
    ('eager-op', fast_path_seam, [
        '{T}.pywrap_tfe:TFE_Py_FastPathExecute',
        '{T}.pywrap_tensorflow:TFE_Py_FastPathExecute',
    ]),
    ('eager-function', plain('keras-function', GLUE, DISPATCH), [
        '{K}.backend:EagerExecutionFunction.__call__',
    ]),
    ('layer', layer_seam, [
        '{K}.engine.base_layer:Layer.__call__',
        '{K}.layers.layer:Layer.__call__',
    ]),
    ('jax-state', plain('jax-state', GLUE, DISPATCH), [
        '{K}.backend.jax.trainer:JAXTrainer._get_jax_state',
    ]),
    ('loop', plain('predict-loop', GLUE, DISPATCH), [
        '{K}.engine.training_v2:run_one_epoch',
    ]),
    ('array-loop', plain('predict-loop', GLUE, DISPATCH), [
        '{K}.engine.training_arrays:predict_loop',
    ]),
    # output
    ('upload', upload_seam, [
        '{T}.framework.constant_op:convert_to_eager_tensor',
    ]),
    ('read-back', plain('read-back', FETCH, TRANSFER), [
        '{T}.framework.ops:_EagerTensorBase.numpy',
        '{T}.framework.ops:EagerTensor.numpy',
    ]),
    ('gather-output', plain('fetch', FETCH, STAGE), [
        '{K}.engine.training_v2:_aggregate_predict_results',
        '{K}.utils.tf_utils:sync_to_numpy_or_python_type',
        '{K}.backend.{B}.trainer:potentially_ragged_concat',
        '{K}.backend.{B}.core:convert_to_numpy',
    ]),
    ('concat-output', plain('concat', FETCH, STAGE), [
        '{K}.engine.training:potentially_ragged_concat',
        '{K}.engine.training:concat',
        '{K}.backend.{B}.trainer:convert_to_np_if_not_ragged',
    ]),
    ('callbacks-begin', plain('callbacks', GLUE, DISPATCH), [
        '{K}.callbacks.callback_list:CallbackList.on_predict_begin',
        '{K}.callbacks:CallbackList.on_predict_begin',
        '{K}.callbacks:CallbackList._call_begin_hook',
    ]),
    ('callbacks-batch', plain('callbacks', GLUE, DISPATCH), [
        '{K}.callbacks.callback_list:CallbackList.on_predict_batch_end',
        '{K}.callbacks:CallbackList.on_predict_batch_end',
        '{K}.callbacks:CallbackList._call_batch_hook',
    ]),
    ('callbacks-end', plain('callbacks', GLUE, DISPATCH), [
        '{K}.callbacks.callback_list:CallbackList.on_predict_end',
        '{K}.callbacks:CallbackList.on_predict_end',
        '{K}.callbacks:CallbackList._call_end_hook',
    ]),
]


# What a backend without TensorFlow's seams does not tell apart.
COARSE = {
    'torch': 'PyTorch runs its operations inside the layers, with no function around each that could be timed cheaply: a layer\'s own time is its operations and the Python around them, and all of it counts as glue code.',
    'jax': 'JAX builds and runs graphs in native code that hides which is which: `predict`\'s own time holds both.',
}


# Seams that only some backends or generations have: their absence is no gap in the picture.
OPTIONAL = {
    'jax-iterator', 'torch-loader', 'jax-state', 'loop', 'array-loop', 'eager-function',
    'backend-dataset', 'concat-output', 'create-function', 'select-adapter', 'standardize', 'prepare-feed',
}


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
