"""Tests of the agent's own logic: any Python 3.7+, no TensorFlow. Run by agent.test.ts: python agent_test.py"""
import json
import os
import subprocess
import sys
import threading
import time
import types
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'src', 'engines', 'keras'))
import agent  # noqa: E402
agent.load('measure')
from inferscope_agent.causes import Causes, signature_of  # noqa: E402
from inferscope_agent.channel import Channel  # noqa: E402
from inferscope_agent.errors import Failure, explained, short  # noqa: E402
from inferscope_agent.frameworks import module_root  # noqa: E402
from inferscope_agent.plan import Plan  # noqa: E402
from inferscope_agent.recorder import ADAPTER, DISPATCH, GLUE, KERNEL, ORIGIN, STAGE, Recorder, clock  # noqa: E402
from inferscope_agent.ruler import clock_anchor, tool_cost  # noqa: E402
from inferscope_agent.seams import Seams  # noqa: E402
from inferscope_agent.variants import DEFAULT_VARIANTS, wanted_variants  # noqa: E402
from inferscope_agent.wrappers import execute_seam, plain, trace_seam  # noqa: E402


def fake_library():
    """Two modules, one holding the other's function under the same name, as `from .a import adapt` leaves it."""
    a, b = types.ModuleType('fakeras.a'), types.ModuleType('fakeras.b')

    def adapt(x, fail=False):
        if fail:
            raise ValueError('adapter')
        return x + 1

    def execute(op_name, num_outputs, inputs, attrs, ctx, name=None):
        return (op_name, name)

    class Model(object):
        @staticmethod
        def helper(x):
            return x * 2

        def predict(self, x):
            return b.adapt(x)
    a.adapt, a.execute, a.Model, b.adapt = adapt, execute, Model, adapt
    package = types.ModuleType('fakeras')
    package.__path__ = []
    sys.modules.update({'fakeras': package, 'fakeras.a': a, 'fakeras.b': b})
    return a, b


TABLE = [
    ('adapt', plain('data-adapter', ADAPTER, STAGE), ['{K}.nowhere:adapt', '{K}.a:adapt']),
    ('helper', plain('helper', GLUE, DISPATCH), ['{K}.a:Model.helper']),
    ('execute', execute_seam, ['{K}.a:execute']),
    ('trace', trace_seam, ['{K}.a:no_such_function', '{T}.framework:absent']),
    ('jax-state', plain('jax', GLUE, DISPATCH), ['{K}.a:neither']),
]


def recording(recorder):
    return recorder.begin(recorder.string('predict'), 0)


class ReasonTest(unittest.TestCase):
    """Messages as TensorFlow 2.15 and Keras 3.15 gave them, shortened."""

    def test_reason_is_told_last(self):
        for message, reason in [
            ('one line', 'one line'),
            ('', 'ValueError'),
            ("<class 'Sequential'> could not be deserialized properly.\n\nconfig={'a': 1}.\n\nException encountered: Could not locate class 'Scale'. Make sure it is imported. Full object config: {'module': 'x'}",
             "Could not locate class 'Scale'. Make sure it is imported."),
            ('Exception encountered when calling Layer.call().\n\nindices are wrong\n\nArguments received by Layer.call():\n  \u2022 args=(1,)', 'indices are wrong'),
            ("Graph execution error:\n\nDetected at node 'a' defined at (most recent call last):\n  File \"x.py\", line 1\nNode: 'a'\nindices[0,1] = 9 is not in [0, 5)\n\t [[{{node a}}]] [Op:__inference_predict]",
             'indices[0,1] = 9 is not in [0, 5)'),
        ]:
            self.assertEqual(short(ValueError(message)), reason)

    def test_known_breaks_name_class_and_remedy(self):
        for name, message, part in [
            ('m.keras', "could not be deserialized.\n\nException encountered: Could not locate class 'Scale'.", "m.keras uses Scale, a class or function of your own"),
            ('m.h5', "Unknown layer: 'Scale'. Please ensure", "custom_objects={'Scale': Scale}), and give it instead of the file as module.py:function"),
            ('m.h5', 'Unknown layer: my_package>Scale. Please', "custom_objects={'my_package>Scale': Scale}"),
            ('m.h5', "config={'activation': {'class_name': 'function', 'config': 'swishy', 'registered_name': 'function'}}.\n\nException encountered: Unknown activation function: 'function'. Please", "m.h5 uses swishy, a function of your own that this Keras cannot read back: write a Python function that makes the model, calls its load_weights('m.h5')"),
            ('m.keras', 'Cannot deserialize object of type `Patch`. If `Patch` is a custom class, please register it', "imports the module that registers Patch and returns keras.models.load_model('m.keras')"),
            ('m.h5', "Unrecognized keyword arguments passed to LSTM: {'time_major': False}", 'm.h5 was written by Keras 2'),
            ('m.h5', "Could not locate class 'TFOpLambda'.", 'm.h5 was written by Keras 2'),
            ('m.keras', "Error when deserializing class 'InputLayer'\n\nException encountered: Unrecognized keyword arguments: ['batch_shape', 'optional']", 'm.keras was written by Keras 3'),
            ('w.h5', 'No model config found in the file at <tensorflow.python.platform.gfile.GFile object at 0x7f467c3d7010>.', "w.h5 holds weights without a model: write a Python function that makes the model, calls its load_weights('w.h5') and returns it"),
            ('m.keras', 'Requested the deserialization of a Lambda layer with a Python lambda inside it. safe_mode=False', 'm.keras has a Lambda layer'),
        ]:
            error = explained(ValueError(message), name)
            self.assertIsInstance(error, Failure)
            self.assertIn(part, str(error))
        other = ValueError('something else')
        self.assertIs(explained(other, 'm.h5'), other)


class SeamsTest(unittest.TestCase):
    def setUp(self):
        self.a, self.b = fake_library()
        self.before = (self.a.adapt, self.b.adapt, vars(self.a.Model)['helper'])
        self.recorder = Recorder()
        self.seams = Seams(self.recorder, {'K': 'fakeras'}, TABLE)
        self.seams.install()

    def tearDown(self):
        self.seams.uninstall()
        self.assertEqual(self.before, (self.a.adapt, self.b.adapt, vars(self.a.Model)['helper']))

    def names(self):
        return [self.recorder.strings[n] for n in self.recorder.column(0)]

    def test_first_place_that_exists_wins_and_gaps_are_named(self):
        self.assertEqual([f['place'] for f in self.seams.found], ['fakeras.a:adapt', 'fakeras.a:Model.helper', 'fakeras.a:execute'])
        # The optional seam is no gap; a root that is unknown here ({T}) is no place.
        self.assertEqual(self.seams.missing, [{'seam': 'trace', 'tried': ['fakeras.a:no_such_function']}])

    def test_imported_copies_and_static_methods_are_wrapped_too(self):
        root = recording(self.recorder)
        self.assertEqual(self.a.Model().predict(1), 2)
        self.assertEqual(self.a.Model.helper(4), 8)
        self.recorder.leave(root)
        self.assertEqual(self.names(), ['predict', 'data-adapter', 'helper'])
        self.assertEqual(self.recorder.parents, [-1, 0, 0])

    def test_an_exception_passes_and_ends_its_span(self):
        root = recording(self.recorder)
        with self.assertRaisesRegex(ValueError, 'adapter'):
            self.b.adapt(1, fail=True)
        self.recorder.leave(root)
        self.assertEqual(self.recorder.current, -1)
        self.assertTrue(all(d >= 0 for d in self.recorder.durations))

    def test_keyword_arguments_named_like_ours_reach_the_original(self):
        root = recording(self.recorder)
        self.assertEqual(self.a.execute('MatMul', num_outputs=1, inputs=[], attrs=(), ctx=None, name='mine'), ('MatMul', 'mine'))
        self.assertEqual(self.a.execute(b'__inference_predict_function_12', 1, [], (), None)[1], None)
        self.recorder.leave(root)
        self.assertEqual(self.names(), ['predict', 'MatMul', 'graph-run'])
        self.assertEqual(self.recorder.details[self.recorder.column(3)[2]], {'node': '__inference_predict_function'})

    def test_nothing_is_recorded_outside_of_a_call_or_on_another_thread(self):
        self.b.adapt(1)
        root = recording(self.recorder)
        other = threading.Thread(target=lambda: self.b.adapt(1))
        other.start()
        other.join()
        self.recorder.leave(root)
        self.assertEqual(self.names(), ['predict'])

    def test_dataset_operations_count_as_data_adapter(self):
        root = recording(self.recorder)
        for name in ('TensorSliceDataset', 'MakeIterator', 'MatMul'):
            self.a.execute(name, 1, [], (), None)
        self.recorder.leave(root)
        self.assertEqual(self.recorder.column(1)[1:], [ADAPTER, ADAPTER, KERNEL])


class Tensor(object):
    def __init__(self, dtype, *shape):
        self.dtype, self.shape = dtype, shape


class CausesTest(unittest.TestCase):
    def causes(self, *arguments, **more):
        causes, found = Causes(), []
        for argument in arguments:
            found.append(causes.judge(more.get('owner'), 'f', signature_of(([argument], {})), more.get('pipeline', False)))
        return found

    def test_python_numbers(self):
        self.assertEqual(self.causes(2, 3, 2, True), [('first-trace', ''), ('new-value', '2 -> 3'), ('traced-again', ''), ('new-dtype', 'int 2 -> bool True')])

    def test_shapes_and_dtypes_name_the_smallest_change(self):
        found = self.causes(2, Tensor('float32', 2), Tensor('float32', 3), Tensor('float64', 3))
        self.assertEqual(found[2], ('new-shape', 'float32[2] -> float32[3]'))
        self.assertEqual(found[3][0], 'new-dtype')

    def test_structure(self):
        self.assertEqual(self.causes([1], [1, 2])[1][0], 'new-structure')

    def test_a_pipeline_function_made_anew(self):
        self.assertEqual(self.causes(1, 1, pipeline=True)[1], ('new-function', ''))

    def test_two_functions_do_not_share_their_history(self):
        causes = Causes()
        one, other = object(), object()
        self.assertEqual(causes.judge(one, 'f', [], False)[0], 'first-trace')
        self.assertEqual(causes.judge(other, 'f', [], False)[0], 'first-trace')

    def test_tensor_values_are_not_read(self):
        class Secret(Tensor):
            def __repr__(self):
                raise AssertionError('a tensor was printed')
        self.causes(Secret('float32', 2), Secret('float32', 3))


class ChannelTest(unittest.TestCase):
    def test_a_forked_child_says_nothing_and_lets_go(self):
        if not hasattr(os, 'fork'):
            self.skipTest('no fork here')
        read, write = os.pipe()
        channel = Channel(write)
        channel.send({'type': 'note', 'text': 'parent'})
        child = os.fork()
        if child == 0:
            channel.send({'type': 'note', 'text': 'child'})
            os._exit(0)
        os.waitpid(child, 0)
        os.close(write)
        with os.fdopen(read) as lines:
            self.assertEqual([json.loads(line)['text'] for line in lines], ['parent'])

    def test_the_pipe_is_not_inherited(self):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        Channel(write)
        self.assertFalse(os.get_inheritable(write))
        os.close(read)
        os.close(write)


class ParentTest(unittest.TestCase):
    def test_the_agent_dies_with_its_parent(self):
        if not sys.platform.startswith('linux'):
            self.skipTest('only Linux tells a process of its parent\'s death')
        folder = os.path.dirname(os.path.abspath(agent.__file__))
        child = 'import sys, time; sys.path.insert(0, %r); import agent; agent.load("channel").die_with_parent(); print("ready", flush=True); time.sleep(60)' % folder
        parent = 'import subprocess, sys, time; p = subprocess.Popen([sys.executable, "-c", %r], stdout=subprocess.PIPE); p.stdout.readline(); print(p.pid, flush=True); time.sleep(60)' % child
        process = subprocess.Popen([sys.executable, '-c', parent], stdout=subprocess.PIPE)
        pid = int(process.stdout.readline())
        self.assertTrue(alive(pid))
        process.kill()
        process.wait()
        process.stdout.close()
        deadline = time.time() + 20
        while alive(pid) and time.time() < deadline:
            time.sleep(0.05)
        self.assertFalse(alive(pid))


def alive(pid):
    """A zombie that nobody has collected yet is dead."""
    try:
        with open('/proc/%d/stat' % pid) as handle:
            return handle.read().rpartition(')')[2].split()[0] != 'Z'
    except (IOError, OSError):
        return False


SECOND = 1000000000


class PlanTest(unittest.TestCase):
    def plan(self, seconds_each, **options):
        return Plan(dict({'rounds': 8, 'callsPerRound': 4, 'budgetMillis': 64000}, **options), int(seconds_each * SECOND))

    def made(self, plan, bare):
        return [number for number in range(plan.rounds) if plan.makes(bare, number)]

    def test_what_fits_is_done_and_nothing_is_said(self):
        plan = self.plan(1)
        self.assertEqual((plan.rounds, plan.calls, plan.notes, plan.nanos), (8, 4, [], 64 * SECOND))
        self.assertEqual(self.made(plan, True), self.made(plan, False))

    def test_a_short_budget_takes_calls_first(self):
        plan = self.plan(2)
        self.assertEqual((plan.rounds, plan.calls, plan.spared), (8, 2, 8))
        self.assertEqual(plan.notes, ['2 calls per round instead of 4, to stay within 64 s'])

    def test_then_the_spared_calls_in_some_rounds(self):
        plan = self.plan(5, spare='recorded')
        self.assertEqual((plan.rounds, plan.calls, plan.spared, plan.nanos), (8, 1, 4, 60 * SECOND))
        self.assertEqual((self.made(plan, True), self.made(plan, False)), (list(range(8)), [1, 3, 5, 7]))

    def test_then_rounds_but_never_fewer_than_a_figure_needs(self):
        for spare in ('bare', 'recorded'):
            plan = self.plan(60, spare=spare)
            self.assertEqual((plan.rounds, plan.calls, plan.nanos), (6, 1, 480 * SECOND))
            self.assertEqual((len(self.made(plan, spare == 'bare')), len(self.made(plan, spare != 'bare'))), (2, 6))

    def test_few_rounds_stay_few(self):
        self.assertEqual(self.plan(60, rounds=2).rounds, 2)


class SmallTest(unittest.TestCase):
    def test_clock_anchor_is_close_to_now(self):
        import time
        anchor = clock_anchor()
        now = (clock() - ORIGIN - anchor['atNanos']) + int(anchor['epochNanos'])
        self.assertLess(abs(now - time.time_ns()), 50000000)

    def test_variant_filters(self):
        self.assertEqual(wanted_variants(None), DEFAULT_VARIANTS)
        self.assertEqual(wanted_variants(['compiled/call', 'compiled']), ['compiled/call', 'compiled/predict', 'compiled/predict_on_batch', 'compiled/predict-dataset'])
        self.assertEqual(wanted_variants(['nonsense']), ['nonsense/predict'])

    def test_roots_by_version(self):
        cases = {
            'tensorflow_core.python.keras.engine.training': 'tensorflow_core.python.keras',
            'keras.engine.training': 'keras', 'keras.src.engine.training': 'keras.src',
            'tf_keras.src.engine.training': 'tf_keras.src', 'keras.src.models.model': 'keras.src',
        }
        for module, root in cases.items():
            self.assertEqual(module_root(module, ('engine', 'models', 'training')), root)

    def test_tool_cost_is_measured(self):
        cost = tool_cost()
        self.assertGreater(cost['insideNanos'] + cost['outsideNanos'], 0)


if __name__ == '__main__':
    unittest.main()
