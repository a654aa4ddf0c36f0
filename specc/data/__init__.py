"""Data: from a pipeline of the spec, or a `tf.data.Dataset` from Python, to batches of named fields."""
