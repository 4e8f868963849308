"""States that a model may be in: the first half of a variant's name."""
import inspect
import os
import tempfile

from .errors import Unavailable, short
from .frameworks import keras_major


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
