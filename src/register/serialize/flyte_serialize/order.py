"""What flytekit leaves to chance is put in order, so that the same code gives the same entities."""


def in_order(recorded, planned):
    """The recorded entities in the order of creation: tasks first, as flytekit creates them, and within that its list.

    Threads recorded them in any order; `planned` is flytekit's list of what it is going to create.
    """
    positions = {}
    for position, entity in enumerate(planned):
        identifier = entity.template.id if hasattr(entity, "template") else entity.id
        positions.setdefault((identifier.resource_type, identifier.name), position)

    def key(item):
        return item.kind != "task", positions[(item.identifier.resource_type, item.identifier.name)]

    ordered = []
    for item in sorted(recorded, key=key):
        if item.kind == "workflow":
            _sort_upstream_nodes(item.spec)
        # A package's `__init__.py` given as the file is loaded under two names, and its entities come twice.
        if not ordered or not _same(item, ordered[-1]):
            ordered.append(item)
    return ordered


def _same(one, other):
    return (one.kind, one.identifier, one.spec) == (other.kind, other.identifier, other.spec)


def _sort_upstream_nodes(spec):
    """flytekit takes them from a set of objects, whose order is that of their addresses in memory.

    FlyteAdmin sorts them by text when it compiles, so the order means nothing; this is the one that it stores.
    """
    for workflow in [spec.template, *spec.sub_workflows]:
        for node in _nodes(workflow):
            node.upstream_node_ids.sort()


def _nodes(workflow):
    pending = list(workflow.nodes)
    if workflow.HasField("failure_node"):
        pending.append(workflow.failure_node)
    while pending:
        node = pending.pop()
        yield node
        target = node.WhichOneof("target")
        if target == "branch_node":
            choice = node.branch_node.if_else
            pending += [case.then_node for case in [choice.case, *choice.other]]
            if choice.HasField("else_node"):
                pending.append(choice.else_node)
        elif target == "array_node":
            pending.append(node.array_node.node)
