"""The experiment of `retracing`: which calls of one tf.function build a graph."""


def retracing(tf, keras, channel, recorder, seams):
    """Which calls of one tf.function build a graph: Python numbers do, tensors do not."""
    @tf.function
    def g(x):
        return x * 2

    @tf.function(input_signature=[tf.TensorSpec(shape=None, dtype=tf.float32)])
    def fixed(x):
        return x * 2
    steps = [
        ('g(2)', g, 2), ('g(3)', g, 3), ('g(2) again', g, 2), ('g(True)', g, True), ('g(2.0)', g, 2.0),
        ('g(tensor 2)', g, tf.constant(2)), ('g(tensor 3)', g, tf.constant(3)),
        ('g(float32[2])', g, tf.zeros([2])), ('g(float32[3])', g, tf.zeros([3])), ('g(float64[3])', g, tf.zeros([3], tf.float64)),
        ('fixed(float32[2])', fixed, tf.zeros([2])), ('fixed(float32[3])', fixed, tf.zeros([3])),
    ]
    seams.install()
    for text, function, argument in steps:
        recorder.begin(recorder.string('call'), 0)
        try:
            function(argument)
        finally:
            recorder.finish()
        traces = [trace for trace in recorder.traces if trace[3] != 'traced-again']
        channel.send({'type': 'retrace', 'call': text, 'traced': bool(traces),
                      'cause': traces[0][3] if traces else None, 'change': traces[0][4] if traces else None})
    seams.uninstall()
