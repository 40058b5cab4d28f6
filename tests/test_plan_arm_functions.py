"""The functions of ARM templates: Microsoft's published examples, and what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from auditor.model.resource import Unknown
from auditor.plans.arm.template import read_arm_template

DOGS = [
    {"name": "Evie", "age": 5, "interests": ["Ball", "Frisbee"]},
    {"name": "Casper", "age": 3, "interests": ["Other dogs"]},
    {"name": "Indy", "age": 2, "interests": ["Butter"]},
    {"name": "Kira", "age": 8, "interests": ["Rubs"]},
]
PARAMETERS = {
    "dogs": DOGS,
    "one": {"one": "a", "two": "b", "three": "c1"},
    "other": {"four": "d", "five": "e", "three": "c2"},
    "numbers": [0, 3, 2, 5, 4],
    "word": "One Two Three",
}
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"


def evaluated(expression: Any, parameters: dict[str, Any] | None = None, **more: Any) -> Any:
    given = {**PARAMETERS, **(parameters or {})}
    template = {
        "parameters": {name: {"type": "object"} for name in [*given, "missing"]},
        "resources": [{"type": "Test.Only/things", "name": "thing", "properties": {"value": expression}}],
        **more,
    }
    changes = read_arm_template(template, "main.json", given, location="westeurope")
    assert changes.changes[0].after
    return changes.changes[0].after.body["properties"]["value"]


PUBLISHED = [
    ("[base64('one, two, three')]", "b25lLCB0d28sIHRocmVl"),
    ("[base64ToString('b25lLCB0d28sIHRocmVl')]", "one, two, three"),
    ("[base64ToJson(base64('{''one'': ''a''}'))]", Unknown),  # single quotes are no JSON
    ("[base64ToJson('eyJvbmUiOiAiYSJ9').one]", "a"),
    ("[concat('prefix', '-', 5)]", "prefix-5"),
    ("[concat(createArray('1-1', '1-2'), createArray('2-1'))]", ["1-1", "1-2", "2-1"]),
    ("[contains('OneTwoThree', 'e')]", True),
    ("[contains('OneTwoThree', 'z')]", False),
    ("[contains(parameters('one'), 'ONE')]", True),
    ("[contains(createArray('one', 'two'), 'three')]", False),
    ("[dataUri('Hello')]", "data:text/plain;charset=utf8;base64,SGVsbG8="),
    ("[dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')]", "Hello, World!"),
    ("[empty('')]", True),
    ("[empty(createObject())]", True),
    ("[empty(null())]", True),
    ("[endsWith('abcdef', 'EF')]", True),
    ("[endsWith('abcdef', 'e')]", False),
    ("[first(parameters('word'))]", "O"),
    ("[first(createArray('one', 'two'))]", "one"),
    ("[first(createArray())]", None),
    (
        "[format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)]",
        "Hello, User. Formatted number: 8,175,133",
    ),
    ("[format('{0:D3}|{0,5}|{0,-5}|{0:000}|{0:X}|{0:x2}|{{}}', 10)]", "010|   10|10   |010|A|0a|{}"),
    ("[format('{0}', true())]", "True"),
    ("[indexOf('test', 't')]", 0),
    ("[indexOf('abcdef', 'CD')]", 2),
    ("[indexOf('abcdef', 'z')]", -1),
    ("[lastIndexOf('test', 't')]", 3),
    ("[lastIndexOf('abcdef', 'AB')]", 0),
    ("[join(createArray('one', 'two', 'three'), ';')]", "one;two;three"),
    ("[json('{\"a\": [1, null]}').a]", [1, None]),
    ("[last('One Two Three')]", "e"),
    ("[length('One Two Three')]", 13),
    ("[length(parameters('one'))]", 3),
    ("[padLeft('123', 10, '0')]", "0000000123"),
    ("[replace('123-123-1234', '-', '')]", "1231231234"),
    ("[split('one,two,three', ',')]", ["one", "two", "three"]),
    ("[split('one;two,three', createArray(',', ';'))]", ["one", "two", "three"]),
    ("[skip(parameters('word'), 4)]", "Two Three"),
    ("[skip(createArray(1, 2, 3), 2)]", [3]),
    ("[startsWith('abcdef', 'AB')]", True),
    ("[string(5)]", "5"),
    ("[string(createObject('a', true(), 'b', createArray(1)))]", '{"a":true,"b":[1]}'),
    ("[substring('one two three', 4, 3)]", "two"),
    ("[take('One Two Three', 3)]", "One"),
    ("[take(createArray(1, 2), 5)]", [1, 2]),
    ("[take(createArray(1, 2), -1)]", []),
    ("[toLower('One Two')]", "one two"),
    ("[trim('    one two   ')]", "one two"),
    ("[uri('http://contoso.org/firstpath', 'myscript.sh')]", "http://contoso.org/myscript.sh"),
    ("[uri('http://contoso.org/firstpath/', 'myscript.sh')]", "http://contoso.org/firstpath/myscript.sh"),
    ("[uriComponent('http://contoso.com/a b')]", "http%3A%2F%2Fcontoso.com%2Fa%20b"),
    ("[uriComponentToString('http%3A%2F%2Fcontoso.com')]", "http://contoso.com"),
    ("[union(createArray('one', 'two', 'three'), createArray('three', 'four'))]", ["one", "two", "three", "four"]),
    (
        "[union(parameters('one'), parameters('other'))]",
        {"one": "a", "two": "b", "three": "c2", "four": "d", "five": "e"},
    ),
    (
        "[union(createObject('p', createObject('a', 1, 'b', 1)), createObject('p', createObject('b', 2)))]",
        {"p": {"a": 1, "b": 2}},
    ),
    (
        "[shallowMerge(createArray(createObject('p', createObject('a', 1)), createObject('p', createObject('b', 2))))]",
        {"p": {"b": 2}},
    ),
    (
        "[intersection(createObject('one', 'a', 'two', 'b'), createObject('one', 'a', 'two', 'z'))]",
        {"one": "a"},
    ),
    ("[intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))]", ["two", "three"]),
    ("[flatten(createArray(createArray('one'), createArray('two', 'three')))]", ["one", "two", "three"]),
    ("[range(5, 3)]", [5, 6, 7]),
    ("[min(parameters('numbers'))]", 0),
    ("[max(0, 3, 2, 5, 4)]", 5),
    ("[objectKeys(createObject('b', 1, 'a', 2))]", ["a", "b"]),
    ("[items(createObject('b', 1, 'a', 2))]", [{"key": "a", "value": 2}, {"key": "b", "value": 1}]),
    ("[array('efgh')]", ["efgh"]),
    ("[array(createArray(1))]", [1]),
    ("[tryGet(parameters('one'), 'six')]", None),
    ("[tryGet(parameters('one'), 'TWO')]", "b"),
    ("[tryGet(createArray(createObject('a', 1)), 0, 'a')]", 1),
    ("[parameters('one').?six]", None),
    ("[parameters('one')[?'two']]", "b"),
    ("[indexFromEnd(createArray(1, 2, 3), 1)]", 3),
    ("[coalesce(null(), '', 'x')]", ""),
    ("[add(5, 3)]", 8),
    ("[sub(7, 3)]", 4),
    ("[mul(5, 3)]", 15),
    ("[div(8, 3)]", 2),
    ("[div(-8, 3)]", -2),
    ("[mod(7, 3)]", 1),
    ("[mod(-7, 3)]", -1),
    ("[int('4')]", 4),
    ("[float('3.5')]", 3.5),
    ("[bool('TRUE')]", True),
    ("[bool(0)]", False),
    ("[equals('a', 'A')]", False),
    ("[equals(true(), 1)]", False),
    ("[equals(createArray('a', 1), createArray('a', 1))]", True),
    ("[less(1, 2)]", True),
    ("[greaterOrEquals('b', 'a')]", True),
    ("[and(true(), true(), false())]", False),
    ("[or(false(), true())]", True),
    ("[not(false())]", True),
    ("[if(equals(1, 1), 'yes', fail('never'))]", "yes"),
    ("[map(parameters('dogs'), lambda('dog', lambdaVariables('dog').name))]", ["Evie", "Casper", "Indy", "Kira"]),
    (
        "[map(createArray('a', 'b'), lambda('x', 'i', format('{0}{1}', lambdaVariables('x'), lambdaVariables('i'))))]",
        ["a0", "b1"],
    ),
    ("[length(filter(parameters('dogs'), lambda('dog', greaterOrEquals(lambdaVariables('dog').age, 5))))]", 2),
    ("[reduce(createArray(5, 3, 2), 8, lambda('c', 'n', add(lambdaVariables('c'), lambdaVariables('n'))))]", 18),
    (
        "[sort(parameters('numbers'), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]",
        [0, 2, 3, 4, 5],
    ),
    (
        "[toObject(parameters('dogs'), lambda('d', lambdaVariables('d').name),"
        " lambda('d', length(lambdaVariables('d')))).Indy]",
        3,
    ),
    (
        "[groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))]",
        {"f": ["foo"], "b": ["bar", "baz"]},
    ),
    ("[mapValues(createObject('foo', 'foo'), lambda('v', toUpper(lambdaVariables('v'))))]", {"foo": "FOO"}),
    (
        "[parseCidr('10.144.0.0/20')]",
        {
            "network": "10.144.0.0",
            "netmask": "255.255.240.0",
            "broadcast": "10.144.15.255",
            "firstUsable": "10.144.0.1",
            "lastUsable": "10.144.15.254",
            "cidr": 20,
        },
    ),
    ("[cidrSubnet('10.144.0.0/20', 24, 1)]", "10.144.1.0/24"),
    ("[cidrHost('10.144.3.0/24', 4)]", "10.144.3.5"),
    (
        "[resourceId('Microsoft.Sql/servers/databases', 's', 'd')]",
        f"{GROUP}/providers/Microsoft.Sql/servers/s/databases/d",
    ),
    ("[resourceId('other', 'Microsoft.Sql/servers', 's')]", f"{GROUP[:-2]}other/providers/Microsoft.Sql/servers/s"),
    (
        "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]",
        f"{GROUP.partition('/resourceGroups')[0]}/providers/Microsoft.Authorization/roleDefinitions/r",
    ),
    (
        "[tenantResourceId('Microsoft.Authorization/roleDefinitions', 'r')]",
        "/providers/Microsoft.Authorization/roleDefinitions/r",
    ),
    (
        "[extensionResourceId('/x', 'Microsoft.Authorization/locks', 'l')]",
        "/x/providers/Microsoft.Authorization/locks/l",
    ),
    (
        "[managementGroupResourceId('mg', 'Microsoft.Authorization/policyDefinitions', 'p')]",
        "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyDefinitions/p",
    ),
    ("[resourceGroup().location]", "westeurope"),
    ("[resourceGroup().id]", GROUP),
    ("[subscription().subscriptionId]", "00000000-0000-0000-0000-000000000000"),
    ("[deployment().name]", "main"),
    ("[environment().suffixes.storage]", "core.windows.net"),
    ("[[literal]", "[literal]"),
    ("[no end", "[no end"),
    ("['it''s']", "it's"),
    ("[ concat( 'a' , 'b' ) ]", "ab"),
]


@pytest.mark.parametrize(("expression", "expected"), PUBLISHED, ids=[row[0][:60] for row in PUBLISHED])
def test_published_example(expression: str, expected: Any) -> None:
    found = evaluated(expression)
    if expected is Unknown:
        assert isinstance(found, Unknown)
    else:
        assert found == expected
        assert type(found) is type(expected)


def test_names_are_those_of_azure() -> None:
    """The algorithm of guid() is published; the values of uniqueString() are what Azure gave others."""
    assert evaluated("[guid('a', 'b')]") == str(uuid.uuid5(uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830"), "a-b"))
    assert evaluated("[uniqueString('test')]") == "rbgf3xv4ufgzg"
    assert evaluated(f"[uniqueString('{GROUP[:-2]}my-rg')]") == "bmg7c6xu4tw46"
    assert evaluated("[uniqueString('hello', 'world')]") == "a7wkljktk6wne"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("[parameters('missing')]", "parameter missing is not given"),
        ("[concat('a', parameters('missing'))]", "parameter missing is not given"),
        ("[parameters('nowhere')]", "there is no parameter nowhere"),
        ("[subscription().tenantId]", "known only where it is deployed"),
        ("[listKeys('x', '2020-01-01').keys[0].value]", "known only where it is deployed"),
        ("[utcNow()]", "known only where it is deployed"),
        ("[newGuid()]", "known only where it is deployed"),
        ("[pickZones('a', 'b', 'c')]", "known only where it is deployed"),
        ("[reference('other').x]", "is not declared in the template"),
        ("[dateTimeAdd('2020-01-01', 'P1D')]", "is not evaluated offline"),
        ("[substring('abc', 2, 5)]", "outside of the text"),
        ("[div(1, 0)]", "divided by 0"),
        ("[parameters('one').six]", "there is no property 'six'"),
        ("[createArray(1)[3]]", "there is no element 3"),
        ("[null().a]", "null has no 'a'"),
        ("[format('{0:e4}', 5)]", "is not known offline"),
        ("[format('{1}', 5)]", "has no argument 1"),
        ("[add(9223372036854775807, 1)]", "more than 64 bits"),
        ("[lambda('x', 1)]", "a lambda is no value"),
        ("[length(lambda('x', 1))]", "takes no lambda"),
        ("[length('a', 'b')]", "does not take 2 arguments"),
        ("[copyIndex()]", "there is no loop here"),
        ("[toLower(5)]", "a string is needed, not a number"),
    ],
)
def test_unknown_with_its_reason(expression: str, reason: str) -> None:
    found = evaluated(expression)
    assert isinstance(found, Unknown)
    assert reason in found.reason
    assert expression[:60] in found.reason
    assert len(found.reason) <= 200


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[if(true(), 'a', parameters('missing'))]", "a"),
        ("[if(parameters('missing'), 'a', 'a')]", "a"),
        ("[coalesce('a', parameters('missing'))]", "a"),
        ("[and(parameters('missing'), false())]", False),
        ("[or(parameters('missing'), true())]", True),
        ("[length(createArray(parameters('missing'), 1))]", 2),
        ("[last(createArray(parameters('missing'), 1))]", 1),
        ("[empty(createObject('a', parameters('missing')))]", False),
        ("[createObject('a', parameters('missing'), 'b', 1).b]", 1),
        ("[union(createObject('a', parameters('missing')), createObject('a', 1)).a]", 1),
        ("[contains(createArray(parameters('missing'), 'x'), 'x')]", True),
        ("[contains(createObject('x', parameters('missing')), 'x')]", True),
        ("[map(createArray(1, 2), lambda('x', if(equals(lambdaVariables('x'), 1), 'one', 'two')))[1]]", "two"),
    ],
)
def test_known_where_the_unknown_does_not_matter(expression: str, expected: Any) -> None:
    assert evaluated(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "[contains(createArray(parameters('missing'), 'x'), 'y')]",
        "[union(createObject('a', createObject('b', 1)), parameters('missing'))]",
        "[union(createObject('a', parameters('missing')), createObject('a', createObject('b', 1))).a]",
        "[union(createArray(parameters('missing')), createArray(1))]",
        "[filter(createArray(1, 2), lambda('x', equals(lambdaVariables('x'), parameters('missing'))))]",
        "[sort(createArray(1, 2), lambda('a', 'b', parameters('missing')))]",
        "[toObject(createArray(1, 2), lambda('x', parameters('missing')))]",
        "[if(parameters('missing'), 'a', 'b')]",
        "[coalesce(parameters('missing'), 'a')]",
        "[createObject(parameters('missing'), 1)]",
        "[resourceId(parameters('missing'), 'A.b/c', 'd')]",
    ],
)
def test_unknown_where_it_matters(expression: str) -> None:
    assert isinstance(evaluated(expression), Unknown)


@pytest.mark.parametrize(
    ("expression", "end"),
    [
        ("[format('{0}/httpListeners/{1}', parameters('missing'), 'https')]", "/httpListeners/https"),
        ("[format('{0}/httpListeners/{1}', 'agw', parameters('missing'))]", ""),
        ("[format('{0}{{x}}', parameters('missing'))]", "{x}"),
        ("[format(parameters('missing'), 'https')]", ""),
        ("[concat(parameters('missing'), '/httpListeners/', 'https')]", "/httpListeners/https"),
        ("[concat('a', parameters('missing'))]", ""),
        ("[resourceId('Microsoft.Network/applicationGateways/httpListeners', parameters('missing'), 'https')]",
         "/httpListeners/https"),
        ("[resourceId('Microsoft.Network/applicationGateways', parameters('missing'))]", ""),
        ("[concat(resourceId('Microsoft.Network/applicationGateways', parameters('missing')), '/probes/p')]",
         "/probes/p"),
        ("[toUpper(format('{0}/a', parameters('missing')))]", ""),
    ],
)  # fmt: skip
def test_the_end_of_a_text_may_be_known(expression: str, end: str) -> None:
    found = evaluated(expression)
    assert isinstance(found, Unknown) and found.end == end


@pytest.mark.parametrize("text", ["[", "[]", "[a]", "[concat('a'", "[concat('a',)]", "[1 2]", "['a]", "[a.b.c]", "[#]"])
def test_what_is_no_expression(text: str) -> None:
    if text == "[" or text.count("]") == 0:
        assert evaluated(text) == text
        return
    template = {"resources": [{"type": "Test.Only/things", "name": "thing", "properties": {"value": text}}]}
    changes = read_arm_template(template, "main.json")
    assert changes.changes[0].after
    assert isinstance(changes.changes[0].after.body["properties"]["value"], Unknown)
    assert "it is not an expression" in changes.gaps[0].reason


def test_fail_is_a_gap() -> None:
    template = {"resources": [{"type": "Test.Only/things", "name": "x", "properties": {"v": "[fail('no zone')]"}}]}
    changes = read_arm_template(template, "main.json")
    assert [gap.reason for gap in changes.gaps] == ["the template fails: no zone"]


def test_functions_of_the_template() -> None:
    functions = [
        {
            "namespace": "contoso",
            "members": {
                "name": {
                    "parameters": [{"name": "prefix", "type": "string"}],
                    "output": {"type": "string", "value": "[concat(toLower(parameters('prefix')), '-x')]"},
                }
            },
        }
    ]
    assert evaluated("[contoso.name('ABC')]", functions=functions) == "abc-x"
    assert isinstance(evaluated("[contoso.other('ABC')]", functions=functions), Unknown)
    assert isinstance(evaluated("[contoso.name()]", functions=functions), Unknown)
