"""A table of layers that emitted code is given where blocks share their weights."""


class SharedLayers(dict):
    """Layers by name: made where they are first asked for, used again after that."""

    def layer(self, kind, *args, name, **options):  # type: ignore[no-untyped-def]
        if name not in self:
            self[name] = kind(*args, name=name, **options)
        return self[name]
