"""What a call is fed, as a signature; and whether it is real: a symbolic tensor is a model being built."""
import re
import sys

from ..causes import shape_text


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
        return getattr(value.dtype, 'name', str(value.dtype)), shape_text(value.shape)
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
