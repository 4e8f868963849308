"""A run from its first line to its last."""
import gc
import json
import os
import signal
import sys
import traceback

from .channel import PROTOCOL, Channel, die_with_parent
from .errors import Failure, short
from .frameworks import find_roots, import_keras, versions
from .inputs import make_inputs, signature_text
from .profile import Profile
from .recorder import KINDS, RECORDER, STAGES
from .retracing import retracing
from .ruler import clock_anchor, tool_cost
from .seams import COARSE, Seams
from .source import Source, describe
from .tracers import kernel_tracer
from .variants import prepare


def work(channel, options):
    channel.send({'type': 'progress', 'phase': 'import', 'done': 0, 'of': 1})
    tf, keras = import_keras()
    import numpy as np
    roots = find_roots(tf, keras)
    channel.send({'type': 'versions', 'packages': versions(tf, keras), 'backend': roots['B'], 'executable': sys.executable})
    seams = Seams(RECORDER, roots)
    channel.send({'type': 'seams', 'found': seams.found, 'missing': seams.missing})
    channel.send(dict(tool_cost(), type='tool'))
    if roots['B'] in COARSE:
        channel.send({'type': 'note', 'text': COARSE[roots['B']]})
    RECORDER.variant = 0
    gc.callbacks.append(RECORDER.on_gc)
    if options.get('experiment') == 'retracing':
        retracing(tf, keras, channel, RECORDER, seams)
        return
    if options.get('seed') is not None and tf is not None:
        tf.random.set_seed(options['seed'])
    source = Source(options['model'], tf, keras)
    channel.send(describe(source.first))
    arrays = make_inputs(np, source.first, options, options.get('batch', 1))
    fixed = options.get('inputs') or options.get('shapes') or not options.get('otherBatch', True)
    other = None if fixed else make_inputs(np, source.first, options, options.get('batch', 1) + 1)
    channel.send({'type': 'input', 'signature': signature_text(arrays), 'batch': int(arrays[0][1].shape[0])})
    runners = prepare(channel, options, source, arrays, tf)
    Profile(channel, RECORDER, seams, options, kernel_tracer(tf, roots)).run(runners, other)


def main(argv):
    fd, options = int(argv[0]), json.loads(argv[1])
    sys.argv = ['']
    die_with_parent()
    # Ctrl-C reaches us too, as one of the terminal's group: whoever started us decides, and kills us when it is meant.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(fd)
    if hasattr(os, 'register_at_fork'):
        os.register_at_fork(after_in_child=channel.forget)
    channel.send({'type': 'hello', 'protocol': PROTOCOL, 'pid': os.getpid(), 'stages': STAGES, 'kinds': KINDS})
    channel.send(clock_anchor())
    try:
        work(channel, options)
    except Failure as failure:
        channel.send({'type': 'error', 'kind': 'user', 'message': str(failure)})
    except BaseException as error:  # SystemExit and KeyboardInterrupt of the model's code too
        channel.send({'type': 'error', 'kind': type(error).__name__, 'message': short(error), 'traceback': traceback.format_exc()[-4000:]})
    channel.send({'type': 'end'})
    sys.stdout.flush()
    os._exit(0)  # nothing of the model's is left to wait for
