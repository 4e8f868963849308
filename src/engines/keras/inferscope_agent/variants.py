"""Which variants are run, and each made ready to be called."""
from .calls import CALLS
from .errors import Failure, Unavailable, short
from .inputs import shape_for, signature_text
from .source import SignatureModel
from .states import STATES

DEFAULT_VARIANTS = [
    'uncompiled/predict', 'compiled/predict', 'compiled-train/predict', 'path-a/predict', 'path-b/predict',
    'eager/predict', 'jit/predict', 'uncompiled/predict_on_batch', 'compiled/predict_on_batch', 'uncompiled/call',
    'compiled/call', 'uncompiled/function', 'compiled/predict-dataset', 'load-with-compile/predict',
    'load-without-compile/predict', 'rebuilt/predict',
]


def wanted_variants(filters):
    """`compiled` stands for every call of that state that is run by default; `compiled/call` for itself."""
    if not filters:
        return DEFAULT_VARIANTS
    wanted = []
    for text in filters:
        if '/' in text:
            wanted.append(text)
        else:
            wanted.extend([key for key in DEFAULT_VARIANTS if key.split('/')[0] == text] or [text + '/predict'])
    return list(dict.fromkeys(wanted))


class Runner(object):
    """One variant: its model, its call, and where its records go."""

    def __init__(self, index, key, source, arrays, tf):
        self.index, self.key, self.tf = index, key, tf
        name, _, call = key.partition('/')
        if name not in STATES or call not in CALLS:
            raise Unavailable('there is no such variant; states: %s; calls: %s' % (', '.join(sorted(STATES)), ', '.join(sorted(CALLS))))
        self.model = STATES[name](source)
        self.make = CALLS[call]
        self.feed(arrays)
        self.growth = 0

    def feed(self, arrays):
        self.signature = signature_text(arrays)
        self.batch = int(arrays[0][1].shape[0]) if arrays[0][1].ndim else 1
        self.call = self.make(self.model, shape_for(self.model, arrays), self.tf)


def prepare(channel, options, source, arrays, tf):
    runners, reasons = [], []
    wanted = wanted_variants(options.get('variants'))
    if isinstance(source.first, SignatureModel) and not options.get('variants'):
        wanted = ['saved-model/function']
    for key in wanted:
        try:
            runner = Runner(len(runners), key, source, arrays, tf)
        except Exception as error:
            reasons.append(str(error) if isinstance(error, (Unavailable, Failure)) else '%s: %s' % (type(error).__name__, short(error)))
            channel.send({'type': 'unavailable', 'variant': key, 'reason': reasons[-1]})
            continue
        name, _, call = key.partition('/')
        channel.send({'type': 'variant', 'index': runner.index, 'name': name, 'call': call})
        channel.send({'type': 'progress', 'phase': 'prepare', 'done': len(runners) + 1, 'of': len(wanted)})
        runners.append(runner)
    if not runners:
        raise Failure('none of the variants can be run: ' + '; '.join(sorted(set(reasons))))
    if options.get('again'):
        runners.append(again(channel, runners, source, arrays, tf))
    return runners


def again(channel, runners, source, arrays, tf):
    """The first variant once more, from a model of its own: how far two equal things are apart here."""
    name, _, call = runners[0].key.partition('/')
    runner = Runner(len(runners), runners[0].key, source, arrays, tf)
    channel.send({'type': 'variant', 'index': runner.index, 'name': name + ' (again)', 'call': call})
    return runner
