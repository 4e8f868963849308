"""What tells the operations inside a graph: run metadata, or the profiler."""
import importlib
import os
import shutil
import tempfile


class RunMetadataTracer(object):
    """TensorFlow 2.0 and 2.1: the eager context keeps a RunMetadata of the graphs that run."""
    format = 'run-metadata'

    def __init__(self, context):
        self.context = context

    def start(self):
        self.context.enable_run_metadata()

    def stop(self):
        try:
            return self.context.export_run_metadata().SerializeToString()
        finally:
            self.context.disable_run_metadata()


class ProfilerTracer(object):
    """TensorFlow 2.2 and later: the profiler writes an XPlane."""
    format = 'xplane'

    def __init__(self, profiler):
        self.profiler = profiler
        make = getattr(profiler, 'ProfilerOptions', None)
        self.options = [] if make is None else [make(host_tracer_level=2, python_tracer_level=0, device_tracer_level=0)]

    def start(self):
        self.folder = tempfile.mkdtemp(prefix='inferscope-')
        self.profiler.start(self.folder, *self.options)

    def stop(self):
        try:
            self.profiler.stop()
            found = [os.path.join(root, name) for root, _, names in os.walk(self.folder) for name in names if name.endswith('.xplane.pb')]
            if not found:
                raise RuntimeError('the profiler wrote no XPlane')
            with open(found[0], 'rb') as handle:
                return handle.read()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def kernel_tracer(tf, roots):
    """What tells the operations inside a graph in this version; None where nothing does."""
    if tf is None:
        return None
    profiler = getattr(getattr(tf, 'profiler', None), 'experimental', None)
    if hasattr(profiler, 'start') and hasattr(profiler, 'stop'):
        return ProfilerTracer(profiler)
    try:
        context = importlib.import_module(roots['T'] + '.eager.context').context()
        return RunMetadataTracer(context) if hasattr(context, 'export_run_metadata') else None
    except (ImportError, AttributeError):
        return None
