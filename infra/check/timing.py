"""What must be known before a deployment starts, and in what order it runs.

The first is the compiler's rule BCP120: of another resource only its id, name, type and apiVersion are known at the
start. The rest is this project's: what no reference implies, and no compiler misses.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.check.references import RESOURCE, chain
from infra.check.sources import FUNCTION, MAIN, RBAC, Sources
from infra.check.syntax import Array, BicepFile, Call, Member, Name, Node, Object, Resource, children, walk

# Azure/bicep, AzResourceTypeProvider: what stands here decides which resource it is, or how it is made.
AT_START = {
    "name", "scope", "parent", "location", "kind", "sku", "tags", "identity", "zones", "plan", "managedBy",
    "extendedLocation", "placement",
}  # fmt: skip
MODULE_AT_START = {"name", "scope"}


def timing_findings(sources: Sources) -> list[str]:
    """Values that come too late, scopes in other groups, and orders that nothing but `dependsOn` says."""
    findings = []
    for path, tree in sources.trees.items():
        problems = (*_late(tree), *_elsewhere(tree), *_side_by_side(tree), *_too_early(sources, path, tree))
        findings += [f"{path}: {problem}" for problem in problems]
    return findings + _app_before_access(sources)


def late_value(node: Node, tree: BicepFile) -> str | None:
    """What in `node` is known only while the deployment runs, as it is written; None when all is known at the start."""
    if isinstance(node, Call) and node.of is None and (node.name == "reference" or node.name.startswith("list")):
        return f"{node.name}()"
    if isinstance(node, Member | Call) and _first_symbol(node) in tree.resources | tree.modules:
        symbol, names = chain(node)
        if not symbol or names[0] not in RESOURCE:
            return ".".join([symbol, *names]) if symbol else f"a function of {_first_symbol(node)}"
        return None
    if isinstance(node, Name) and node.name in tree.variables:
        return late_value(tree.variables[node.name], tree)
    return next((found for child in children(node) if (found := late_value(child, tree))), None)


def _first_symbol(node: Node | None) -> str:
    while isinstance(node, Member | Call):
        node = node.of
    return node.name if isinstance(node, Name) else ""


def _late(tree: BicepFile) -> Iterator[str]:
    for one in tree.bodies:
        wanted = AT_START if isinstance(one, Resource) else MODULE_AT_START
        early = [(key, value) for key, value in one.body.items if key in wanted]
        if one.condition is not None:
            early.append(("condition", one.condition))
        for key, value in early:
            if late := late_value(value, tree):
                yield f"{one.symbol}.{key} must be known at the start, and {late} is not (BCP120)"


def _elsewhere(tree: BicepFile) -> Iterator[str]:
    """A resource is deployed where its file is; one in another group must be a module there (BCP139)."""
    for one in tree.resources.values():
        scope = one.body.get("scope")
        other = tree.resources.get(scope.name) if isinstance(scope, Name) else None
        far = other.body.get("scope") if other else None
        if not one.existing and (far or (isinstance(scope, Call) and scope.arguments)):
            yield f"{one.symbol}.scope is in another group; deploy it there with a module (BCP139)"


def _side_by_side(tree: BicepFile) -> Iterator[str]:
    """Children of one site must wait for each other: written at once, one of them is refused with 409."""
    before: dict[str, str] = {}
    for one in tree.resources.values():
        parent = one.body.get("parent")
        if one.type.startswith("Microsoft.Web/sites/") and isinstance(parent, Name):
            if parent.name in before and before[parent.name] not in depends_on(one.body):
                yield f"{one.symbol} must wait for {before[parent.name]}: a site refuses two children at once with 409"
            before[parent.name] = one.symbol


def depends_on(body: Object) -> list[str]:
    """The symbols that a body says it waits for."""
    listed = body.get("dependsOn")
    return [one.name for one in listed.items if isinstance(one, Name)] if isinstance(listed, Array) else []


def _app_before_access(sources: Sources) -> list[str]:
    main = sources.trees.get(MAIN)
    if main is None:
        return []
    deploying = {sources.target(MAIN, module): module for module in main.modules.values()}
    app, access = deploying.get(FUNCTION), deploying.get(RBAC)
    if app and access and access.symbol not in depends_on(app.body):
        return [f"{MAIN}: {app.symbol} must wait for {access.symbol}: a host without access fails and tries again late"]
    return []


def _too_early(sources: Sources, path: str, tree: BicepFile) -> Iterator[str]:
    """A module that looks at what another one makes, and knows it by a name that both are given, must wait for it."""
    made = _named(sources, path, tree, existing=False)
    for looking, looked_at in _named(sources, path, tree, existing=True).items():
        for making, makes in made.items():
            if looked_at & makes and making not in _waited_for(tree, looking):
                yield f"module {looking} must wait for {making}, which makes what it looks at"


def _named(sources: Sources, path: str, tree: BicepFile, *, existing: bool) -> dict[str, set[tuple[str, str]]]:
    """By module: the type of each resource that it looks at or makes, and the symbol of this file that names it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for module in tree.modules.values():
        given, target = module.body.get("params"), sources.trees.get(sources.target(path, module))
        symbols = (
            {key: node.name for key, node in given.items if isinstance(node, Name)} if isinstance(given, Object) else {}
        )
        for one in target.resources.values() if target else ():
            name = one.body.get("name")
            if one.existing == existing and isinstance(name, Name) and name.name in symbols:
                found.setdefault(module.symbol, set()).add((one.type, symbols[name.name]))
    return found


def _waited_for(tree: BicepFile, symbol: str) -> set[str]:
    """The modules that are there before this one, by `dependsOn` or by a reference; theirs too."""
    found: set[str] = set()
    new = {symbol}
    while new:
        names = {node.name for one in new for node in walk(tree.modules[one].body) if isinstance(node, Name)}
        new = (names & set(tree.modules)) - found
        found |= new
    return found
