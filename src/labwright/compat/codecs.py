"""``datajoint.codecs``: codecs, and what is known of them."""

from __future__ import annotations

from labwright import Codec, SchemaCodec, get_codec, list_codecs


def is_codec_registered(name: str) -> bool:
    """Whether there is a codec of this name.

    Examples
    --------
    >>> is_codec_registered("<blob>"), is_codec_registered("blbo")
    (True, False)
    """
    return name.strip("<>").partition("@")[0] in list_codecs()


def parse_type_spec(spec: str) -> tuple[str, str | None]:
    """The name of a type's codec, and its store.

    Examples
    --------
    >>> parse_type_spec("<blob@raw>"), parse_type_spec("<blob@>"), parse_type_spec("blob")
    (('blob', 'raw'), ('blob', ''), ('blob', None))
    """
    name, at, store = spec.strip().strip("<>").partition("@")
    return name.strip(), store.strip() if at else None


__all__ = ["Codec", "SchemaCodec", "get_codec", "is_codec_registered", "list_codecs", "parse_type_spec"]
