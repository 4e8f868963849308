"""Put first on PYTHONPATH by `inferscope run`: Python imports it when it starts, before the program.

It steps aside at once (its folder leaves sys.path, the user's own sitecustomize runs as if this were not here) and
waits until a module that defines Keras' Model has been imported; then ../inferscope_agent/program records the calls. A program
that never imports Keras costs one dictionary look-up an import. PYTHONPATH keeps our folder in front of the user's
entries, so that workers which the program starts are recorded too, as NODE_OPTIONS does for Node.js.

Any Python runs this file: where the version is too old it only steps aside.
"""
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
VARIABLE = 'INFERSCOPE_RUN_FOLDER'

# Modules that define Keras' Model, by version, and TensorFlow's tf.function; inferscope_agent/program says what is done to each.
WATCHED = frozenset([
    'keras.src.models.model', 'keras.src.engine.training', 'keras.engine.training', 'tf_keras.src.engine.training',
    'tensorflow.python.keras.engine.training', 'tensorflow_core.python.keras.engine.training',
    'tensorflow.python.eager.polymorphic_function.polymorphic_function',
    'tensorflow.python.eager.def_function', 'tensorflow_core.python.eager.def_function',
])


class Watcher(object):
    """A finder that finds nothing itself: it only hears of a watched module's import, and acts after it."""

    def find_spec(self, name, path=None, target=None):
        if name not in WATCHED:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, 'find_spec', None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                return self.watched(spec)
        return None

    @staticmethod
    def watched(spec):
        loader = spec.loader
        original = getattr(loader, 'exec_module', None)
        if original is None:
            return spec

        def exec_module(module):
            original(module)
            imported(module)
        try:
            loader.exec_module = exec_module
        except AttributeError:  # a loader written in C takes no attributes: this module is not recorded
            pass
        return spec


def imported(module):
    """Whatever goes wrong here is said in one line and leaves the program alone."""
    try:
        load_program().attach(module)
    except Exception as error:
        sys.stderr.write('inferscope: %s is not recorded: %s: %s\n' % (module.__name__, type(error).__name__, error))


def load_program():
    """The package beside our folder, loaded from its file: it never enters sys.path."""
    import importlib
    import importlib.util
    if 'inferscope_agent' not in sys.modules:
        path = os.path.join(os.path.dirname(FOLDER), 'inferscope_agent', '__init__.py')
        spec = importlib.util.spec_from_file_location('inferscope_agent', path, submodule_search_locations=[os.path.dirname(path)])
        package = sys.modules['inferscope_agent'] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module('inferscope_agent.program')


def step_aside():
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.abspath(entry) != FOLDER]


def run_users_own():
    """The next sitecustomize on the path takes our place, also in sys.modules; what it raises is the user's to see."""
    ours = sys.modules.pop('sitecustomize', None)
    try:
        __import__('sitecustomize')
    except ImportError as error:
        if getattr(error, 'name', 'sitecustomize') != 'sitecustomize':
            raise
        if ours is not None:
            sys.modules['sitecustomize'] = ours


if __name__ == 'sitecustomize':
    step_aside()
    if os.environ.get(VARIABLE) and sys.version_info >= (3, 7):
        sys.meta_path.insert(0, Watcher())
    run_users_own()
