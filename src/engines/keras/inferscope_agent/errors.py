"""What the user is told: failures to mend, variants that do not exist, and the reason in an error of a framework."""
import re


class Unavailable(Exception):
    """This variant does not exist for this model or this version: the message says why."""


class Failure(Exception):
    """Something the user can mend; the message is shown as it is."""


def short(error):
    """The reason: what is told last, without the arguments and places that frameworks put around it."""
    paragraphs = [p.strip() for p in re.split(r'\n\s*\n', str(error)) if p.strip()]
    kept = [p for p in paragraphs if not re.match(r'(Call )?[Aa]rguments received|Full object config|config=', p)] or paragraphs
    if not kept:
        return type(error).__name__
    lines = [line.strip() for line in kept[-1].splitlines()]
    lines = [line for line in lines if line and not re.match(r'\[\[|File "|\u2022|\d+ (successful|derived)', line)] or lines
    line = lines[-1] if 'Detected at node' in kept[-1] else lines[0]
    return re.sub(r'^Exception encountered( when calling [^:]*)?: | Full object config: .*$', '', line)[:300]


CUSTOM = [
    r"Could not locate (?:class|function) '([^']+)'",
    r"Unknown (?:layer|object|loss function|loss|metric function|metric|optimizer|activation function|activation|initializer|regularizer|constraint): '?\"?([\w>.]*[\w>])",
]


# What Keras 2 wrote and Keras 3 does not know, and the other way round.
OF_KERAS_2 = r"TFOpLambda|SlicingOpLambda|TensorFlowOpLayer|passed to \w+: \{'(groups|time_major|batch_input_shape|weights|implementation|function_type)'|Unrecognized keyword arguments: \['(batch_input_shape|time_major)'"


OF_KERAS_3 = r"Unrecognized keyword arguments: \['(batch_shape|optional|quantization_config)'|DTypePolicy|keras\.src"


def explained(error, name):
    """What is known to keep a file from being loaded, with what to do; else the error itself."""
    text = str(error)
    if re.search(OF_KERAS_2, text):
        return Failure('%s was written by Keras 2, and this is Keras 3 (%s): give a Python with TensorFlow 2.15 or older with --python' % (name, short(error)))
    # Keras 2.15 writes functions into .h5 as it does into .keras, and no custom_objects help it to read them back.
    if re.search(r"Unknown [\w ]+: '?function'?\.", text):
        own = re.search(r"'class_name': 'function', 'config': '(\w+)'", text)
        return Failure('%s uses %s, a function of your own that this Keras cannot read back: write a Python function that makes the model, calls its load_weights(%r) and returns it, '
                       'and give it instead of the file as module.py:function' % (name, own.group(1) if own else 'one', name))
    registered = re.search(r'Cannot deserialize object of type `([^`]+)`', text)
    if registered:
        own = registered.group(1)
        return Failure('%s uses %s, a class or function of your own: write a Python function that imports the module that registers %s and returns keras.models.load_model(%r), '
                       'and give it instead of the file as module.py:function' % (name, own, own, name))
    found = [m.group(1) for m in (re.search(pattern, text) for pattern in CUSTOM) if m]
    if found:
        own = found[0].split('>')[-1]
        return Failure('%s uses %s, a class or function of your own: write a Python function that returns keras.models.load_model(%r, custom_objects={%r: %s}), '
                       'and give it instead of the file as module.py:function' % (name, own, name, found[0], own))
    if re.search(r'safe_mode|enable_unsafe_deserialization|Lambda layer', text) and 'Lambda' in text:
        return Failure('%s has a Lambda layer, whose Python code Keras runs only where it is trusted: write a Python function that returns keras.models.load_model(%r, safe_mode=False), '
                       'and give it instead of the file as module.py:function' % (name, name))
    if re.search(r'No model config found in the file|No model found in config file', text):
        return Failure('%s holds weights without a model: write a Python function that makes the model, calls its load_weights(%r) and returns it, '
                       'and give it instead of the file as module.py:function' % (name, name))
    if re.search(OF_KERAS_3, text):
        return Failure('%s was written by Keras 3, and this is an older Keras (%s): give a Python with Keras 3 with --python' % (name, short(error)))
    if name.endswith('.keras') and isinstance(error, (OSError, IOError)) and re.search(r'signature not found|Unable to open file|SavedModel file does not exist', text):
        return Failure('%s is a .keras file, which this Keras does not read: give a Python with TensorFlow 2.12 or newer with --python' % name)
    return error
