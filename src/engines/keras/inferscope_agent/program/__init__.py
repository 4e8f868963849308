"""Records the inference calls of an unmodified program: loaded by hook/sitecustomize.py once Keras is imported.

Each process appends to `$INFERSCOPE_RUN_FOLDER/python/PID.jsonl`, one record a line as the agent's protocol has them,
written after each call: a killed program loses nothing that it had finished. Node turns the file into a recording.

What is a call: the outermost `predict`, `predict_on_batch`, `model(x)`, or call of a tf.function that runs a model for
inference. What `fit` and `evaluate` do is not. Of calls that several threads make at the same time all are counted;
spans are recorded for one of them, the latency for the others.
"""
import os

from .methods import wrap_call, wrap_function, wrap_method, wrap_training
from .process import Program

NOT_INFERENCE = ('fit', 'evaluate', 'train_on_batch', 'test_on_batch')
PROGRAM = Program(os.environ['INFERSCOPE_RUN_FOLDER'])


def attach(module):
    """Wraps what a watched module defines: Keras' Model, or tf.function."""
    model = getattr(module, 'Model', None)
    if model is None:
        return wrap_function(PROGRAM, module.Function)
    wrap_method(PROGRAM, model, 'predict', 'predict')
    wrap_method(PROGRAM, model, 'predict_on_batch', 'predict_on_batch')
    wrap_call(PROGRAM, model)
    for name in NOT_INFERENCE:
        wrap_training(PROGRAM, model, name)
    PROGRAM.classes.append(model)
