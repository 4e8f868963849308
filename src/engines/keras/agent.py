"""What Node.js starts: `python agent.py measure 3 '{...}'` or `python agent.py export FOLDER '{...}'`.

It only loads the package beside it, from its file: our folder leaves sys.path first, so that an `import` of the model's
code or of a framework finds what it would find without us.
"""
import importlib
import importlib.util
import os
import sys

FOLDER = os.path.dirname(os.path.realpath(__file__))


def load(name):
    """A module of the package `inferscope_agent`."""
    if 'inferscope_agent' not in sys.modules:
        path = os.path.join(FOLDER, 'inferscope_agent', '__init__.py')
        spec = importlib.util.spec_from_file_location('inferscope_agent', path, submodule_search_locations=[os.path.dirname(path)])
        package = sys.modules['inferscope_agent'] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module('inferscope_agent.' + name)


if __name__ == '__main__':
    if sys.path and os.path.realpath(sys.path[0]) == FOLDER:  # not there with PYTHONSAFEPATH
        del sys.path[0]
    run = load(sys.argv[1]).main
    sys.path.insert(0, os.getcwd())  # the user's modules are what `import` should find
    run(sys.argv[2:])
