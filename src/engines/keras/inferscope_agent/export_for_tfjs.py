"""Saves a Keras model for TensorFlow.js' official converter, with an input and the output that belongs to it.

    python export_for_tfjs.py FOLDER '{"model": {...}, "batch": 32, "seed": 1}'

Keras 2 writes `model.h5` (it becomes a layers model), Keras 3, whose configuration TensorFlow.js cannot read, a
SavedModel (it becomes a graph model). Prints one JSON line: what was written.
"""
import importlib.util
import json
import os
import sys


def load_agent():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'agent.py')
    spec = importlib.util.spec_from_file_location('inferscope_agent', path)
    module = sys.modules['inferscope_agent'] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(folder, options):
    agent = load_agent()
    sys.path[0] = os.getcwd()
    tf, keras = agent.import_keras()
    import numpy as np
    tf.random.set_seed(options.get('seed', 1))
    model = agent.Source(options['model'], tf, keras).first
    arrays = agent.make_inputs(np, model, options, options.get('batch', 1))
    feed = agent.shape_for(model, arrays)
    output = agent.flat(agent.to_numpy(model(agent.as_tensors(tf, feed), training=False)))
    for position, (_, array) in enumerate(arrays):
        np.save(os.path.join(folder, 'input-%d.npy' % position), array)
    np.save(os.path.join(folder, 'output.npy'), output[0].astype('float32'))
    if agent.keras_major(keras) >= 3:
        path, kind = os.path.join(folder, 'saved'), 'tf_saved_model'
        model.export(path)
    else:
        path, kind = os.path.join(folder, 'model.h5'), 'keras'
        model.save(path)
    return {'path': path, 'format': kind, 'inputs': len(arrays), 'outputs': len(output)}


if __name__ == '__main__':
    try:
        answer = main(sys.argv[1], json.loads(sys.argv[2]))
    except Exception as error:
        answer = {'error': '%s: %s' % (type(error).__name__, str(error).strip().splitlines()[0][:300] if str(error).strip() else '')}
    sys.stdout.flush()
    sys.stderr.write('\n' + json.dumps(answer) + '\n')
