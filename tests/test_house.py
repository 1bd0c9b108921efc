"""The house rules, held against the syntax trees: nothing here imports the package."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gi_tools"
ROOT = PACKAGE.name

# From the ground up. A module may import from its own floor and from those below
# it. The package itself (its __init__) stands above all rooms and below the cli.
FLOORS = [
    {"errors", "text", "versions", "exports", "progress", "slips", "knowledge"}
    | {"frames", "memory"},
    {"documents", "codebook", "regions", "dates"},
    {"readers"},
    {
        "crowds",
        "tokens",
        "alignment",
        "columns",
        "slots",
        "items",
        "rows",
        "plain",
        "outcomes",
        "detection",
    }
    | {"pages", "agencies", "contacts"}
    | {"prose", "phrases", "meanings", "clauses", "openings", "drafts"},
    {"sections", "identity", "tables", "claims", "instruments"},
    {"reports"},
    {"facts", "registers"},
    {"datasets"},
    {"equations", "blindspots"},
    {"checks"},
    {"repairs", "ledger", "localisation", "suspects", "moves", "proposals", "patterns"}
    | {"proofs", "bounds", "programs", "evidence", "edits", "decisions"},
    {"crosswalk", "bodies"},
    {"cells", "coverage", "catalogue"},
    {"panel"},
    {"statistics"},
    {"metrics", "funnels", "effects", "forensics"}
    | {"agreement", "comparisons", "explanations", "quantifiers", "shares"}
    | {"wordings"},
    {"corpus", "replication", "fetching", "simulation", "scoring"}
    | {"quality", "quality_pages"},
    {"plots"},
    {"explorers", "lessons"},
    {ROOT},
    {"commands", "cli", "__main__"},
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}

# Readers and parser meet only in Document.
PARSER = FLOORS[3] | FLOORS[4]

# The package and the command load a room when it is asked for.
DOORS = {ROOT, f"{ROOT}.cli"}

FORBIDDEN_NAMES = {"eval", "exec", "read_pickle", "to_pickle"}
FORBIDDEN_MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
LONGEST = 400

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def path_to_name(path):
    parts = [ROOT, *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {path_to_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {
    name: ast.parse(path.read_text("utf-8"), str(path)) for name, path in PATHS.items()
}
# Rooms still to be built count as modules, so that imports of them have a floor.
MODULES = TREES.keys() | {f"{ROOT}.{room}" for room in FLOOR if room != ROOT}

each_module = pytest.mark.parametrize("name", TREES)


def find_room(name):
    """`gi_tools.readers.pdf` is in the room `readers`."""
    return name.split(".")[1] if "." in name else name


def is_ours(name):
    return name == ROOT or name.startswith(f"{ROOT}.")


def find_origin(name, node):
    """The absolute module a `from … import` names."""
    if not node.level:
        return node.module
    package = name.split(".")
    if PATHS[name].name != "__init__.py":
        package.pop()
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, node.module] if node.module else package)


def find_imports(name, tree):
    """Our own modules that the nodes under `tree` import, found where they live."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            origin = find_origin(name, node)
            if is_ours(origin):
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield inner if inner in MODULES else origin


def find_functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]


def find_public(tree):
    """The functions and classes a module offers: its `__all__`, or every plain name."""
    offered = None
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            # A list that is made, not written, offers nothing of its own.
            written = isinstance(node.value, ast.List)
            offered = ast.literal_eval(node.value) if written else []
    for node in tree.body:
        if isinstance(node, FUNCTIONS | ast.ClassDef) and (
            not node.name.startswith("_") if offered is None else node.name in offered
        ):
            yield node


def find_public_methods(tree):
    for owner in find_public(tree):
        if isinstance(owner, ast.ClassDef):
            for node in owner.body:
                if isinstance(node, FUNCTIONS) and not node.name.startswith("_"):
                    yield node


def find_missing_hints(function):
    spec = function.args
    arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    arguments += [extra for extra in (spec.vararg, spec.kwarg) if extra]
    missing = [a.arg for a in arguments if a.annotation is None]
    if missing and missing[0] in {"self", "cls"}:
        del missing[0]
    return missing + ["return"] * (function.returns is None)


def is_hidden_import(call):
    """`import_module` or `__import__` of anything but a foreign module by its name."""
    if getattr(call.func, "attr", getattr(call.func, "id", None)) not in {
        "import_module",
        "__import__",
    }:
        return False
    target = call.args[0] if call.args else None
    foreign = isinstance(target, ast.Constant) and not is_ours(target.value)
    return not (foreign and not target.value.startswith("."))


@each_module
def test_every_module_has_a_floor(name):
    assert find_room(name) in FLOOR, "give the new room its place in FLOORS"


@each_module
def test_imports_only_go_down(name):
    here = FLOOR[find_room(name)]
    above = {
        other
        for other in find_imports(name, TREES[name])
        if FLOOR.get(find_room(other), len(FLOORS)) > here
    }
    assert not above


@each_module
def test_readers_and_parser_meet_only_in_documents(name):
    rooms = {find_room(other) for other in find_imports(name, TREES[name])}
    if find_room(name) == "readers":
        assert not rooms & PARSER
    if find_room(name) in PARSER:
        assert "readers" not in rooms


def test_no_import_goes_in_a_circle():
    graph = {name: set(find_imports(name, tree)) for name, tree in TREES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@each_module
def test_no_function_imports_our_own_modules(name):
    functions = find_functions(TREES[name])
    assert not {other for f in functions for other in find_imports(name, f)}
    if name in DOORS:
        return
    calls = [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]
    assert not [ast.unparse(call) for call in calls if is_hidden_import(call)]


@each_module
def test_no_module_is_too_long(name):
    lines = len(PATHS[name].read_text("utf-8").splitlines())
    assert lines <= LONGEST, "split it by noun"


@each_module
def test_nothing_runs_text_or_loads_pickles(name):
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Name):
            assert node.id not in FORBIDDEN_NAMES
        elif isinstance(node, ast.Attribute):
            assert node.attr not in FORBIDDEN_NAMES
        elif isinstance(node, ast.Import):
            tops = {alias.name.partition(".")[0] for alias in node.names}
            assert not tops & FORBIDDEN_MODULES
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.partition(".")[0] not in FORBIDDEN_MODULES


@each_module
def test_every_module_and_public_name_has_a_docstring(name):
    tree = TREES[name]
    assert ast.get_docstring(tree) or not tree.body, "say what comes in, what goes out"
    silent = [node.name for node in find_public(tree) if not ast.get_docstring(node)]
    assert not silent


@each_module
def test_public_functions_and_methods_have_type_hints(name):
    tree = TREES[name]
    functions = [n for n in find_public(tree) if not isinstance(n, ast.ClassDef)]
    functions += find_public_methods(tree)
    missing = {node.name: find_missing_hints(node) for node in functions}
    assert not {function: hints for function, hints in missing.items() if hints}
