"""Why a graph was built: compares the traced signature with those that were seen before."""
import inspect


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
