"""Keras and TensorFlow as they are installed: imported, their packages, backend and versions."""
import importlib.util
import os
import sys

from .errors import Failure, short


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


def keras_major(keras):
    try:
        return int(str(keras.__version__).split('.')[0])
    except (AttributeError, ValueError):
        return 2


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
