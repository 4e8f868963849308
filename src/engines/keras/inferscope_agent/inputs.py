"""What is fed: seeded arrays for each input of the model, or the user's .npy, .npz, .json."""
import base64
import json

from .errors import Failure, short
from .source import input_specs


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
