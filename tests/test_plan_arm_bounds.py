"""What a template may make us do is bounded, nothing crashes, and what is unknown never becomes a wrong value."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.resource import Unknown, holds_unknown
from auditor.plans.arm.evaluate import FUNCTIONS
from auditor.plans.arm.lazy_functions import SPECIAL_FUNCTIONS
from auditor.plans.arm.lines import lines_of
from auditor.plans.arm.template import read_arm_template
from auditor.plans.change import Changes
from auditor.plans.what_if.changes import read_what_if

NAMES = sorted({*FUNCTIONS, *SPECIAL_FUNCTIONS} - {"lambda", "lambdavariables", "variables", "copyindex"})
THING = {"type": "Test.Only/things", "name": "thing", "properties": {"v": "[variables('v')]"}}


def chain(step: str, length: int, end: Any) -> dict[str, Any]:
    links = {f"v{at}": step.replace("NEXT", f"variables('v{at + 1}')") for at in range(length)}
    return {**links, f"v{length}": end, "v": "[variables('v0')]"}


def deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


BOMBS = {
    "long chain": chain("[NEXT]", 2_000, 1),
    "long chain of calls": chain("[concat('a', toLower(coalesce(if(true(), NEXT, ''))))]", 500, "x"),
    "doubled text": chain("[concat(NEXT, NEXT)]", 60, "x" * 100),
    "doubled array": chain("[createArray(NEXT, NEXT)]", 40, 1),
    "doubled object": {
        **{f"v{at}": {"a": f"[variables('v{at + 1}')]", "b": f"[variables('v{at + 1}')]"} for at in range(40)},
        "v40": 1,
        "v": "[variables('v0')]",
    },
    "deep reduce": {"v": "[reduce(range(0, 9999), 1, lambda('c', 'n', createArray(lambdaVariables('c'))))]"},
    "loops in loops": {
        "v": "[map(range(0, 9999), lambda('a', map(range(0, 9999), lambda('b', map(range(0, 9999), lambda('c', 1))))))]"
    },
    "replaced": {"b": "a" * 100_000, "v": "[replace(variables('b'), 'a', variables('b'))]"},
    "joined": {"b": "a" * 100_000, "v": "[join(range(0, 9999), variables('b'))]"},
    "long range": {"v": "[range(0, 2000000000)]"},
    "deep calls": {"v": "[" + "toLower(" * 5_000 + "'a'" + ")" * 5_000 + "]"},
    "deep keys": {"v": "[variables('b')" + ".a" * 5_000 + "]", "b": {}},
    "deep value": {"v": deep(400)},
    "long number": {"v": f"[int('{'9' * 5_000}')]"},
    "deep json": {"v": f"[json('{'[' * 5_000}')]"},
    "itself": {"v": "[concat(variables('v'), 'a')]"},
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    begun = time.monotonic()
    (change,) = read_arm_template({"variables": BOMBS[name], "resources": [THING]}, "main.json").changes
    assert time.monotonic() - begun < 60
    assert change.after
    assert holds_unknown(change.after.body)


def test_too_many_copies_are_a_gap() -> None:
    looped = {"type": "A.b/c", "name": "[concat('x', copyIndex())]", "copy": {"name": "l", "count": 1_000_000}}
    changes = read_arm_template({"resources": [looped]}, "main.json")
    assert len(changes.changes) == 10_000
    assert changes.gaps[0].type == "A.b/c"


def test_templates_and_resources_nested_too_deeply_are_gaps() -> None:
    template: dict[str, Any] = {"resources": [THING]}
    child: dict[str, Any] = {"type": "c", "name": "n"}
    for _ in range(60):
        properties = {"template": template}
        template = {"resources": [{"type": "Microsoft.Resources/deployments", "name": "d", "properties": properties}]}
        child = {"type": "c", "name": "n", "resources": [child]}
    assert "nested" in read_arm_template(template, "main.json").gaps[0].reason
    changes = read_arm_template({"resources": [{**child, "type": "A.b/c"}]}, "main.json")
    assert "nested" in changes.gaps[0].reason


def test_what_refers_in_a_circle_is_unknown() -> None:
    things = [
        {"type": "A.b/c", "name": name, "properties": {"v": f"[reference('{other}').v]"}}
        for name, other in (("x", "y"), ("y", "x"))
    ]
    for change in read_arm_template({"resources": things}, "main.json").changes:
        assert change.after
        assert holds_unknown(change.after.body)


atoms = st.one_of(
    st.sampled_from(["'a'", "'B'", "''", "0", "1", "-3", "3.5", "true()", "false()", "null()", "'10.0.0.0/24'"]),
    st.sampled_from(
        ["parameters('p')", "parameters('q')", "variables('v')", "parameters('p').a", "reference('thing')"]
    ),
    st.sampled_from(["createArray('a', 1)", "createObject('a', 1)", "lambdaVariables('x')", "resourceGroup()"]),
    st.text("ab'[]{},.?0", max_size=4).map(lambda text: "'" + text.replace("'", "''") + "'"),
)


def calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(inner, max_size=4).map(", ".join)
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(NAMES), arguments),
        st.builds(
            "{}(createArray({}), lambda('x', {}))".format, st.sampled_from(["map", "filter", "sort"]), inner, inner
        ),
        st.builds("if({}, {}, {})".format, inner, inner, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["union", "contains", "equals", "and", "or"]), inner, inner),
        st.builds("{}.{}".format, inner, st.sampled_from(["a", "?a", "b"])),
        st.builds("{}[{}]".format, inner, inner),
    )


expressions = st.recursive(atoms, calls, max_leaves=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text("ab", max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=4,
)


def read(expression: str, p: Any, q: Any) -> Changes:
    template = {
        "parameters": {name: {"type": "object"} for name in "pq"},
        "variables": {"v": "[createObject('a', parameters('p'), 'b', parameters('q'))]"},
        "resources": [
            {
                "type": "Test.Only/things",
                "name": "thing",
                "properties": {"a": "[parameters('p')]", "b": 1, "v": f"[{expression}]", "in": [f"[{expression}]"]},
            }
        ],
    }
    return read_arm_template(template, "main.json", {"p": p, "q": q})


def body_of(changes: Changes) -> Any:
    (change,) = changes.changes
    assert change.after
    return change.after.body["properties"]


def agrees(less: Any, more: Any) -> bool:
    """What is said with less known holds with more known too. Where the deployment is refused nothing is said."""
    if isinstance(less, Unknown) or isinstance(more, Unknown):
        return True
    if isinstance(less, dict) and isinstance(more, dict):
        return less.keys() == more.keys() and all(agrees(less[key], more[key]) for key in less)
    if isinstance(less, list) and isinstance(more, list):
        return len(less) == len(more) and all(map(agrees, less, more))
    return type(less) is type(more) and bool(less == more)


TYPED: dict[str, list[str]] = {
    "T": [
        "'a'", "'ab,B'", "parameters('t')", "concat(T, T)", "toLower(T)", "format('{0}-{1}', T, N)", "join(A, T)",
        "replace(T, T, T)", "if(B, T, T)", "string(O)", "string(A)", "coalesce(null(), T)", "take(T, N)", "guid(T)",
        "substring(T, 0, 1)", "first(T)", "string(tryGet(O, 'a'))", "base64(T)", "padLeft(N, 5, '0')", "O.a", "A[0]",
    ],
    "N": [
        "0", "1", "2", "parameters('n')", "add(N, N)", "mul(N, N)", "length(A)", "length(O)", "length(T)", "max(N, N)",
        "if(B, N, N)", "indexOf(T, T)", "int(string(N))",
        "reduce(A, N, lambda('c', 'x', add(N, lambdaVariables('c'))))",
    ],
    "B": [
        "true()", "parameters('b')", "not(B)", "and(B, B)", "or(B, B)", "equals(T, T)", "equals(O, O)", "less(N, N)",
        "contains(A, T)", "contains(O, T)", "empty(A)", "empty(O)", "startsWith(T, T)", "if(B, B, B)", "contains(T, T)",
    ],
    "A": [
        "parameters('l')", "createArray(T, N)", "createArray(O)", "createArray()", "concat(A, A)", "union(A, A)",
        "split(T, ',')", "range(0, N)", "map(A, lambda('x', createArray(lambdaVariables('x'), T)))", "skip(A, N)",
        "filter(A, lambda('x', B))", "filter(A, lambda('x', equals(lambdaVariables('x'), T)))", "array(T)",
        "flatten(createArray(A, A))",
        "if(B, A, A)", "items(O)", "objectKeys(O)", "sort(A, lambda('x', 'y', B))", "intersection(A, A)",
    ],
    "O": [
        "parameters('o')", "createObject('a', T)", "createObject(T, N, 'b', A)", "union(O, O)", "createObject('a', O)",
        "shallowMerge(createArray(O, O))", "if(B, O, O)", "toObject(A, lambda('x', T))", "intersection(O, O)",
        "groupBy(A, lambda('x', T))", "mapValues(O, lambda('x', T))",
        "coalesce(tryGet(O, 'a'), O)", "first(createArray(O))",
    ],
}  # fmt: skip
PLACE = re.compile(r"\b[TNBAO]\b(?!')")


@st.composite
def typed_expressions(draw: st.DrawFn) -> str:
    """Expressions that Resource Manager would mostly accept: each place holds a value of its type."""
    places = 0

    def filled(kind: str) -> str:
        nonlocal places
        places += 1
        forms = TYPED[kind]
        form = draw(st.sampled_from(forms if places < 12 else [form for form in forms if not PLACE.search(form)]))
        return PLACE.sub(lambda found: filled(found[0]), form)

    return filled(draw(st.sampled_from(sorted(TYPED))))


GIVEN = {"t": "ab", "n": 1, "b": False, "l": ["a", "b"], "o": {"a": "a", "b": {"a": 1}}}


@settings(max_examples=tools.examples(500))
@given(expression=typed_expressions(), hidden=st.sets(st.sampled_from(sorted(GIVEN)), min_size=1), inside=st.booleans())
def test_what_is_said_of_less_holds_of_more(expression: str, hidden: set[str], inside: bool) -> None:
    less: dict[str, Any] = {name: Unknown("hidden") if name in hidden else value for name, value in GIVEN.items()}
    if inside:  # an object of which a part is unknown
        less |= {"l": ["a", Unknown("hidden")], "o": {"a": Unknown("hidden"), "b": {"a": 1}}}
    template = {
        "parameters": {name: {"type": "object"} for name in GIVEN},
        "resources": [{"type": "Test.Only/things", "name": "thing", "properties": {"v": f"[{expression}]"}}],
    }
    full = body_of(read_arm_template(template, "main.json", GIVEN))
    assert agrees(body_of(read_arm_template(template, "main.json", less)), full)


@settings(max_examples=tools.examples(400))
@given(expression=expressions, p=values, q=values)
def test_what_is_unknown_never_becomes_a_wrong_value(expression: str, p: Any, q: Any) -> None:
    full = body_of(read(expression, p, q))
    assert agrees(body_of(read(expression, Unknown("not given"), q)), full)
    assert agrees(body_of(read(expression, Unknown("not given"), Unknown("not given"))), full)


@settings(max_examples=tools.examples(200))
@given(text=st.text("abc'\"()[],.?{}0 1\n", max_size=30))
def test_no_expression_crashes(text: str) -> None:
    body_of(read(text, 1, 2))


trees = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just("[parameters('x')]")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "resources",
                    "type",
                    "name",
                    "properties",
                    "copy",
                    "count",
                    "condition",
                    "template",
                    "parameters",
                    "scope",
                ]
                + ["outputs", "value", "variables", "functions", "input", "expressionEvaluationOptions", "subnets"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)
kinds = st.sampled_from(
    [
        "Microsoft.Resources/deployments",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/virtualNetworks/subnets",
    ]
    + ["Microsoft.Network/privateEndpoints", "Microsoft.Network/applicationGateways", "A.b/c/providers/locks"]
)


@settings(max_examples=tools.examples(300))
@given(tree=trees, kind=kinds, extra=trees)
def test_no_template_crashes(tree: Any, kind: str, extra: Any) -> None:
    base = {"type": kind, "name": "a/b", "properties": tree}
    given_more = {**base, **extra} if isinstance(extra, dict) else base
    sections = dict.fromkeys(("variables", "parameters", "functions", "outputs", "definitions"), extra)
    read_arm_template(
        {"resources": [base, given_more, tree], **sections}, "main.json", extra if isinstance(extra, dict) else None
    )
    read_arm_template({"resources": {"a": given_more, "b": tree}}, "main.json")


deltas = st.recursive(
    st.fixed_dictionaries(
        {"path": st.sampled_from(["a", "a.b", "0", "1", "a[0]", "", "list.3", "['x.y'].z"]), "after": trees},
        optional={"propertyChangeType": st.sampled_from(["Create", "Delete", "Modify", "Array", "NoEffect", 1])},
    ),
    lambda inner: st.fixed_dictionaries(
        {
            "path": st.sampled_from(["a", "list", "0"]),
            "propertyChangeType": st.just("Array"),
            "children": st.lists(inner),
        }
    ),
    max_leaves=6,
)


@settings(max_examples=tools.examples(200))
@given(
    delta=st.lists(deltas, max_size=3),
    before=trees,
    after=trees,
    kind=st.sampled_from(["Modify", "Create", "Delete", "x"]),
)
def test_no_what_if_crashes(delta: Any, before: Any, after: Any, kind: str) -> None:
    change = {
        "changeType": kind,
        "resourceId": "/a/providers/B.c/d/e",
        "delta": delta,
        "before": before,
        "after": after,
    }
    read_what_if({"changes": [change, before], "potentialChanges": [change], "diagnostics": [before]}, "whatif.json")


@settings(max_examples=tools.examples(200))
@given(text=st.text('{}[],:"/* \\ab1\n', max_size=60))
def test_lines_of_anything(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())
