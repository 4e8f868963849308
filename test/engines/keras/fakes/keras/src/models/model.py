class Array(object):
    dtype = 'float32'

    def __init__(self, *shape):
        self.shape = shape


class Model(object):
    compiled = False
    inputs = outputs = layers = ()

    def count_params(self):
        return 13

    def __call__(self, x, training=False):
        return x

    def predict(self, x, verbose='auto'):
        if x is None:
            raise ValueError('no input')
        return self(x)

    def predict_on_batch(self, x):
        return self(x)

    def compile(self):
        self.compiled = True

    def fit(self, x):
        return self.predict(x)
