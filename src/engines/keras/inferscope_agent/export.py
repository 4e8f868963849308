"""Saves a Keras model for TensorFlow.js' official converter, with an input and the output that belongs to it.

    python agent.py export FOLDER '{"model": {...}, "batch": 32, "seed": 1}'

Keras 2 writes `model.h5` (it becomes a layers model), Keras 3, whose configuration TensorFlow.js cannot read, a
SavedModel (it becomes a graph model). Prints one JSON line: what was written.
"""
import json
import os
import sys

from .calls import as_tensors, to_numpy
from .frameworks import import_keras, keras_major
from .inputs import make_inputs, shape_for
from .outputs import flat
from .source import Source


def exported(folder, options):
    tf, keras = import_keras()
    import numpy as np
    tf.random.set_seed(options.get('seed', 1))
    model = Source(options['model'], tf, keras).first
    arrays = make_inputs(np, model, options, options.get('batch', 1))
    feed = shape_for(model, arrays)
    output = flat(to_numpy(model(as_tensors(tf, feed), training=False)))
    for position, (_, array) in enumerate(arrays):
        np.save(os.path.join(folder, 'input-%d.npy' % position), array)
    np.save(os.path.join(folder, 'output.npy'), output[0].astype('float32'))
    if keras_major(keras) >= 3:
        path, kind = os.path.join(folder, 'saved'), 'tf_saved_model'
        model.export(path)
    else:
        path, kind = os.path.join(folder, 'model.h5'), 'keras'
        model.save(path)
    return {'path': path, 'format': kind, 'inputs': len(arrays), 'outputs': len(output)}


def main(argv):
    try:
        answer = exported(argv[0], json.loads(argv[1]))
    except Exception as error:
        answer = {'error': '%s: %s' % (type(error).__name__, str(error).strip().splitlines()[0][:300] if str(error).strip() else '')}
    sys.stdout.flush()
    sys.stderr.write('\n' + json.dumps(answer) + '\n')
