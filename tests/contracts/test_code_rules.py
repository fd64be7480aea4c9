"""Rules about our own code that no tool of the shelf knows: each names a way in which peers have leaked, and is seen red.

Read from the syntax tree, so that they run without a network and without a dependency more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contracts.layers import ROOT

CODE = sorted(
    path for top in ("apps", "supervision") for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts
)
# Models whose rows belong to somebody: whoever answers a request asks for them through `visible_to`.
SCOPED = frozenset({
    "Conversation", "Message", "ConversationEvent", "Rating", "SealedValue", "Queue", "Team", "Agent", "Customer", "CustomerValue",
    "Disclosure", "AuditEntry", "Handoff", "Participation", "BotTurn", "Reading", "Mood",
})  # fmt: skip
FROM_OUTSIDE = frozenset(
    {"GET", "POST", "data", "query_params", "body", "headers", "META", "FILES", "COOKIES", "raw_post_data"}
)
# Calls that turn keywords into look-ups and columns (CVE-2025-64459, CVE-2026-1287).
ORM = frozenset({
    "filter", "exclude", "get", "annotate", "alias", "aggregate", "create", "update", "get_or_create", "update_or_create", "values",
    "values_list", "order_by", "Q", "extra", "distinct", "only", "defer", "in_bulk",
})  # fmt: skip

# Where an unscoped look-up is right, and why.
UNSCOPED_ON_PURPOSE: dict[tuple[str, str], str] = {
    ("apps/console/views/pages.py", "home"): "whether there is any queue at all, for an admin's first page",
}
# Where markup is made from parts, and why it is safe.
MARKED_ON_PURPOSE: dict[str, str] = {
    "apps/console/views/frame.py": "regions that were rendered by templates",
    "apps/metrics/views/ops.py": "regions that were rendered by templates",
    "apps/connectors/views.py": "regions that were rendered by templates",
    "apps/alerts/views/alerts.py": "regions that were rendered by templates",
    "apps/coaching/views.py": "a region that was rendered by a template",
    "apps/routing/views.py": "a region that was rendered by a template",
    "apps/interventions/views.py": "regions that were rendered by templates",
    "apps/ui/rows.py": "rows that were rendered by templates, and the clocks of numbers in them",
    "apps/ui/drawing.py": "an empty string, and numbers that format_html puts in",
    "apps/ui/lines.py": "one attribute of our own words",
    "apps/ui/writing.py": "pieces that `plain` has escaped",
    "apps/ui/templatetags/ui.py": "tags that escape each part themselves",
}


def functions(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every function with its name; what stands outside of one is called “module”."""
    yield "module", tree
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node


def root_of(node: ast.AST) -> tuple[str, list[str]]:
    """The name at the start of a chain of attributes and calls, and the attributes on the way."""
    path: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return (node.id if isinstance(node, ast.Name) else ""), path[::-1]


def is_request_module(path: str) -> bool:
    """Whether a module answers requests."""
    return bool(re.search(r"/(views|consumers|admin|api|setup)(\.py|/)", path))


def unscoped_look_ups(path: str, tree: ast.AST) -> Iterator[str]:
    """In what answers requests, rows that belong to somebody without `visible_to`; `get_object_or_404` anywhere."""
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for name, function in functions(tree):
        if name == "module":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and root_of(node)[0] in ("get_object_or_404", "get_list_or_404"):
                yield f"{name}: {root_of(node)[0]}"
            if (
                not is_request_module(path)
                or not isinstance(node, ast.Attribute)
                or node.attr not in ("objects", "_default_manager")
            ):
                continue
            whole: ast.AST = node
            while isinstance(parents.get(id(whole)), (ast.Attribute, ast.Call)) and not _is_argument(
                parents[id(whole)], whole
            ):
                whole = parents[id(whole)]
            start, way = root_of(whole)
            if start in SCOPED and "visible_to" not in way and (path, name) not in UNSCOPED_ON_PURPOSE:
                yield f"{name}: {start}.{'.'.join(way)}"


def _is_argument(call: ast.AST, node: ast.AST) -> bool:
    return isinstance(call, ast.Call) and node is not call.func


def all_fields(path: str, tree: ast.AST) -> Iterator[str]:
    """A serializer or form that takes whatever the model has, today and after the next migration."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            for line in node.body:
                names = [t.id for t in getattr(line, "targets", ()) if isinstance(t, ast.Name)]
                value = getattr(line, "value", None)
                if "fields" in names and isinstance(value, ast.Constant) and value.value == "__all__":
                    yield "fields = '__all__'"
                if "exclude" in names:
                    yield "exclude, which opens every later field"


def allow_any(path: str, tree: ast.AST) -> Iterator[str]:
    """DRF's open door, by whatever way it is named."""
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.append(node.value.rsplit(".", 1)[-1])
        if isinstance(node, ast.Name):
            names.append(node.id)
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        if "AllowAny" in names:
            yield "AllowAny"
        if (isinstance(node, ast.keyword) and node.arg == "permission_classes") or (
            isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == "permission_classes" for t in node.targets)
        ):
            value = node.value
            if isinstance(value, (ast.List, ast.Tuple)) and not value.elts:
                yield "permission_classes that ask for nothing"


def _comes_from_outside(node: ast.AST, tainted: set[str]) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr in FROM_OUTSIDE and root_of(part)[0] in ("request", "self"):
            return True
        if isinstance(part, ast.Name) and part.id in tainted:
            return True
    return False


def expanded_requests(path: str, tree: ast.AST) -> Iterator[str]:
    """What somebody sent as keywords of a look-up: names of fields, connectors and aliases would be theirs to choose."""
    for name, function in functions(tree):
        if name == "module":
            continue
        tainted: set[str] = set()
        for _ in range(3):  # a name may be handed on
            for node in ast.walk(function):
                if not isinstance(node, ast.Assign) or not _comes_from_outside(node.value, tainted):
                    continue
                # What a form has checked is its own fields and nothing else.
                if not (isinstance(node.value, ast.Call) and _is_checked(node.value)):
                    tainted |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for keyword in node.keywords:
                    if keyword.arg is None and called in ORM and _comes_from_outside(keyword.value, tainted):
                        yield f"{name}: {called}(**…)"


def _is_checked(call: ast.Call) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    is_signed = called == "loads" and root_of(call)[0] == "signing"
    return is_signed or called.endswith("Form") or called in {"get", "int", "str", "_uuid", "_page"}


def marked_safe(path: str, tree: ast.AST) -> Iterator[str]:
    """Markup that nobody escapes."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
        if name in ("mark_safe", "SafeString") and path not in MARKED_ON_PURPOSE:
            yield name


RULES: dict[str, Callable[[str, ast.AST], Iterator[str]]] = {
    "an unscoped look-up": unscoped_look_ups, "all fields of a model": all_fields, "AllowAny": allow_any,
    "request data as keywords": expanded_requests, "mark_safe": marked_safe,
}  # fmt: skip
# What each rule must find, as it was found in peers.
SEEN_RED: dict[str, list[str]] = {
    "an unscoped look-up": [
        "def view(request, pk):\n    return Conversation.objects.get(pk=pk)",
        "def view(request, pk):\n    return list(Message.objects.filter(conversation_id=pk).order_by('sent_at'))",
        "def view(request, pk):\n    return get_object_or_404(Queue, pk=pk)",
        "async def view(request, pk):\n    return await Agent._default_manager.aget(pk=pk)",
    ],
    "all fields of a model": [
        "class S:\n    class Meta:\n        fields = '__all__'", "class S:\n    class Meta:\n        exclude = ['password']",
    ],
    "AllowAny": [
        "from rest_framework.permissions import AllowAny", "class V:\n    permission_classes = []",
        "REST = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.AllowAny']}", "x = permissions.AllowAny",
        "@api_view(permission_classes=[])\ndef view(request): ...",
    ],
    "request data as keywords": [
        "def view(request):\n    return X.objects.filter(**request.GET.dict())",
        "def view(request):\n    asked = request.POST.dict()\n    more = {**asked}\n    return X.objects.annotate(**more)",
        "def view(self):\n    return Q(**self.request.data)",
        "def view(request):\n    sent = json.loads(request.body)\n    X.objects.create(**sent)",
    ],
    "mark_safe": ["from x import mark_safe\ndef f(t): return mark_safe(t)", "def f(t): return safestring.SafeString(t)"],
}  # fmt: skip
SEEN_GREEN: dict[str, str] = {
    "an unscoped look-up": "def view(request, pk):\n    return Conversation.objects.visible_to(request.viewer).filter(pk=pk).first()",
    "all fields of a model": "class S:\n    class Meta:\n        fields = ['name']",
    "AllowAny": "class V:\n    permission_classes = [IsAuthenticated]",
    "request data as keywords": "def view(request):\n    form = AskForm(request.POST)\n    return services.ask(**form.cleaned_data)",
    "mark_safe": "def f(t): return format_html('<b>{}</b>', t)",
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("rule", RULES)
def test_our_code_keeps_the_rule(rule: str) -> None:
    found = {
        f"{named(path)} {what}"
        for path in CODE
        for what in RULES[rule](named(path), ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("rule", "source"), [(rule, source) for rule, sources in SEEN_RED.items() for source in sources]
)
def test_the_rule_is_seen_red(rule: str, source: str) -> None:
    assert list(RULES[rule]("apps/peer/views.py", ast.parse(source)))


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_lets_the_right_way_pass(rule: str) -> None:
    assert list(RULES[rule]("apps/peer/views.py", ast.parse(SEEN_GREEN[rule]))) == []


def test_nothing_is_let_pass_that_is_not_there() -> None:
    for path, name in UNSCOPED_ON_PURPOSE:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {one for one, _ in functions(tree)}
    for path in MARKED_ON_PURPOSE:
        assert "SafeString" in (ROOT / path).read_text(encoding="utf-8") or "mark_safe" in (ROOT / path).read_text(
            encoding="utf-8"
        )


UNESCAPED = re.compile(r"\|\s*safe(seq)?\b|{%\s*autoescape\s+off")


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=named)
def test_no_template_leaves_anything_unescaped(path: Path) -> None:
    assert UNESCAPED.search(path.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("text", ["{{ x|safe }}", "{{ x | safe }}", "{% autoescape off %}", "{{ x|safeseq }}"])
def test_an_unescaped_template_is_seen_red(text: str) -> None:
    assert UNESCAPED.search(text)
