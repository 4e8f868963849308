"""The model: `.keras`, `.h5`, SavedModel directory, or `module.py:function`."""
import importlib.util
import os
import sys

from .errors import Failure, Unavailable, explained, short


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
