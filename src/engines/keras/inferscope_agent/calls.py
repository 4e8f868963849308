"""Ways to call a model: the second half of a variant's name."""
from .errors import Unavailable
from .source import SignatureModel


def call_predict(model, x, tf):
    need_keras(model)
    return lambda: model.predict(x, verbose=0)


def call_predict_on_batch(model, x, tf):
    need_keras(model)
    return lambda: model.predict_on_batch(x)


def call_direct(model, x, tf):
    need_keras(model)
    return lambda: to_numpy(model(as_tensors(tf, x), training=False))


def call_function(model, x, tf):
    if tf is None:
        raise Unavailable('tf.function needs the TensorFlow backend')
    if isinstance(model, SignatureModel):
        named = {name: tf.convert_to_tensor(value) for (name, _, _), value in zip(model.input_specs, as_list(x))}
        return lambda: to_numpy(model.signature(**named))
    # Traced once for this model: the wrapper keeps the function, so later calls find its graph.
    compiled = getattr(model, '_inferscope_function', None)
    if compiled is None:
        compiled = tf.function(lambda inputs: model(inputs, training=False))
        object.__setattr__(model, '_inferscope_function', compiled)
    return lambda: to_numpy(compiled(as_tensors(tf, x)))


def call_dataset(model, x, tf):
    need_keras(model)
    if tf is None:
        raise Unavailable('predict(tf.data.Dataset) needs TensorFlow')
    dataset = tf.data.Dataset.from_tensors((tuple(x),) if isinstance(x, list) else x)
    return lambda: model.predict(dataset, verbose=0)


CALLS = {
    'predict': call_predict,
    'predict_on_batch': call_predict_on_batch,
    'call': call_direct,
    'function': call_function,
    'predict-dataset': call_dataset,
}


def need_keras(model):
    if isinstance(model, SignatureModel):
        raise Unavailable('the SavedModel holds no Keras model, only signatures: call it as `saved-model/function`')


def as_list(x):
    return list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else [x]


def as_tensors(tf, x):
    if tf is None:
        return x
    if isinstance(x, dict):
        return {key: tf.convert_to_tensor(value) for key, value in x.items()}
    return [tf.convert_to_tensor(value) for value in x] if isinstance(x, list) else tf.convert_to_tensor(x)


def to_numpy(result):
    if isinstance(result, dict):
        return {key: to_numpy(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [to_numpy(value) for value in result]
    if hasattr(result, 'detach'):
        result = result.detach()
    if hasattr(result, 'numpy'):
        return result.numpy()
    return result.__array__() if hasattr(result, '__array__') else result
