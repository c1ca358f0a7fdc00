"""Many filters at once choose what each would alone, the first one counting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from acl.chosen import Filters
from acl.model import Binding, BindingFilter
from acl.sets import AclSet
from tests.pure.acl_strategies import binding_filters, bindings


@given(st.lists(bindings), st.lists(binding_filters, max_size=6))
def test_as_one_by_one(rules: list[Binding], filters: list[BindingFilter]) -> None:
    acls, chosen = AclSet(rules), Filters(filters)
    patterns = chosen.patterns(acls.patterns())
    for rule in acls:
        wanted = next((index for index, each in enumerate(filters) if each.matches(rule)), None)
        assert chosen.on(rule.pattern)(rule.entry) == wanted
        assert wanted is None or rule.pattern in patterns
    for pattern in patterns:
        assert any(each.pattern.matches(pattern) for each in filters)
