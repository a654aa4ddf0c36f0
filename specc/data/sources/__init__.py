"""Sources: each is a function that opens its examples. What cannot be read is told by `DataError`, in one sentence."""
