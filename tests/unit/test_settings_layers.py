from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labwright.tables.settings_layers import (
    MASK,
    Entry,
    Key,
    Kind,
    Layer,
    Source,
    is_secret,
    leaves,
    mask_url,
    masked,
    merge,
    split_key,
    under,
)

KEYS = st.sampled_from([("safemode",), ("database", "host"), ("stores", "raw", "location"), ("custom", "a.b")])


def layer(values: dict[Key, int]) -> Layer:
    return Layer({key: Entry(value, Source(Kind.ASSIGNED, "here")) for key, value in values.items()})


@given(st.lists(st.dictionaries(KEYS, st.integers())))
def test_the_last_layer_that_has_a_key_wins(stack: list[dict[Key, int]]) -> None:
    expected: dict[Key, int] = {}
    for values in stack:
        expected |= values
    assert {key: entry.value for key, entry in merge(map(layer, stack)).items()} == expected


@given(st.dictionaries(KEYS, st.integers()), st.dictionaries(KEYS, st.integers()))
def test_a_hidden_section_shows_only_what_is_above(low: dict[Key, int], high: dict[Key, int]) -> None:
    merged = merge([layer(low), layer(high).hide(("stores",))])
    stores = {key for key in merged if under(key, ("stores",))}
    assert stores == set()
    merged = merge([layer(low), Layer(hides=frozenset({("stores",)})).put(layer(high).entries)])
    assert {key for key in merged if under(key, ("stores",))} == {key for key in high if under(key, ("stores",))}


def test_secrets_complete_a_section_that_is_replaced() -> None:
    key = ("stores", "raw", "secret_key")
    secrets = Layer({key: Entry("k", Source(Kind.SECRET, "file"))})
    assert key in merge([secrets, Layer(hides=frozenset({("stores",)}))])


def test_nested_and_dotted_spellings_mean_the_same() -> None:
    nested = {"database": {"host": "h"}, "stores": {"default": "raw", "raw": {"location": "x"}}}
    flat = {"database.host": "h", "stores.default": "raw", "stores.raw.location": "x"}
    mixed = {"database.host": "h", "stores": {"default": "raw", "raw.location": "x"}}
    assert dict(leaves(nested)) == dict(leaves(flat)) == dict(leaves(mixed))


def test_old_names_lead_to_the_new_ones() -> None:
    assert split_key("database.database_prefix") == ("database", "prefix")


def test_a_database_given_as_text_is_its_url() -> None:
    assert dict(leaves({"database": "sqlite:///x"})) == {("database", "url"): "sqlite:///x"}


def test_what_is_a_secret() -> None:
    secret = ["password", "secret_key", "access_key", "account_key", "token", "connection_string", "my_api_key"]
    assert [name for name in secret if not is_secret(("stores", "s", name))] == []
    assert not any(is_secret(("x", name)) for name in ("token_length", "host", "user", "key", "bypass"))


@given(st.text(min_size=1).filter(lambda t: not any(c.isspace() for c in t)))
def test_no_password_of_a_url_is_shown(password: str) -> None:
    assert mask_url(f"postgresql://me:{password}@host/db") == f"postgresql://me:{MASK}@host/db"


def test_masking_goes_into_tables_and_lists() -> None:
    value = {"a": [{"password": "x"}], "b": "mysql://u:x@h", "c": 1}
    assert masked(("custom", "v"), value) == {"a": [{"password": MASK}], "b": f"mysql://u:{MASK}@h", "c": 1}
