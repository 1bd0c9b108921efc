"""Print every pattern that the package compiles, as JSON: module, pattern, engine."""

import importlib
import json
import pkgutil
import re
import sys

import regex

found = {}


def spy(engine):
    """Have an engine compile as ever, and remember for whom."""
    compile_pattern = engine.compile

    def note(pattern, flags=0, **options):
        module = sys._getframe(1).f_globals["__name__"]
        if isinstance(pattern, (str, bytes)) and module.startswith("gi_tools"):
            is_bytes = isinstance(pattern, bytes)
            text = pattern.decode("latin-1") if is_bytes else pattern
            found[text, is_bytes, int(flags), engine.__name__] = module
        return compile_pattern(pattern, flags, **options)

    engine.compile = note


spy(re)
spy(regex)
import gi_tools  # noqa: E402

for info in pkgutil.walk_packages(gi_tools.__path__, "gi_tools."):
    importlib.import_module(info.name)
for sample in sys.argv[1:]:
    gi_tools.parse(gi_tools.read(sample))
print(json.dumps([[module, *key] for key, module in found.items()]))
