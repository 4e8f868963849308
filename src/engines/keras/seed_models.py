"""The two models of the published question "why is predict slower after compile?", for `reproduce --runtime keras`."""
import tensorflow as tf

layers = tf.keras.layers


def tiny():
    """Input(4) -> Dense(2, relu) -> Dense(1, sigmoid)."""
    inputs = layers.Input((4,))
    hidden = layers.Dense(2, activation='relu')(inputs)
    return tf.keras.Model(inputs, layers.Dense(1, activation='sigmoid')(hidden))


def medium(steps=400, units=512, filters=128, kernel=400):
    """LSTM(512, relu) -> Conv1D(128, 400) -> Dense 256, 128, 64, 1; 40.4 M parameters at its published size."""
    inputs = layers.Input((steps, 16))
    x = layers.LSTM(units, activation='relu', return_sequences=True)(inputs)
    x = layers.Conv1D(filters, kernel, 1, padding='same')(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation='relu')(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Dense(128, activation='relu')(x)
    x = layers.Dense(64, activation='relu')(x)
    return tf.keras.Model(inputs, layers.Dense(1, activation='sigmoid')(x))
