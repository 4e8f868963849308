"""Keras' methods and tf.function's call, wrapped: which of them is a call of its own."""
import functools

from ..recorder import RECORDER
from .fed import is_symbolic


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
