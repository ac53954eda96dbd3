"""The codec: how values of one sort become bytes or JSON, and come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Final, cast

from labwright.codecs.objects import NO_OBJECTS, Objects
from labwright.core.errors import CodecError
from labwright.core.registry import Deferred, Registry, origin

Key = Mapping[str, Any]


class Codec:
    """A sort of values that a table can hold under ``<name>``.

    A subclass with a `name` is registered when its class statement runs. Running the statement
    again, as a notebook does, replaces the first; another class of the same name is an error
    unless it says ``override=True``. ``register=False`` makes a base class for other codecs.

    A codec that declares a further keyword ``context`` in `encode` or `decode` is given a
    `CodecContext`: which table and attribute the value belongs to, and where files go.

    Attributes
    ----------
    name : str
        What stands between ``<`` and ``>`` in a definition.

    Examples
    --------
    >>> class Window(Codec):
    ...     name = "window"
    ...
    ...     def get_dtype(self, is_store):
    ...         return "json"
    ...
    ...     def encode(self, value, *, key=None, store_name=None):
    ...         return [value.start, value.stop]
    ...
    ...     def decode(self, stored, *, key=None):
    ...         return slice(*stored)
    >>> find_codec("window").decode([2, 5])
    slice(2, 5, None)
    """

    name: ClassVar[str | None] = None

    def __init_subclass__(cls, *, register: bool = True, override: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if register and cls.name is not None:
            register_codec(cls(), override=override)

    def get_dtype(self, is_store: bool) -> str:
        """Return the type of what `encode` gives: a core type, or another codec.

        Parameters
        ----------
        is_store : bool
            True for ``<name@>`` and ``<name@store>``, False for ``<name>``.

        Returns
        -------
        str
            ``"bytes"``, ``"json"``, ``"varchar(40)"``, ``"<blob>"``, ``"<hash@>"``, ... A codec without a
            store of its own takes over the store of this one.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define get_dtype(is_store)")

    def encode(self, value: Any, *, key: Key | None = None, store_name: str | None = None) -> Any:
        """Return `value` in the form that `get_dtype` names.

        Parameters
        ----------
        value : object
            What the user inserts; never None.
        key : mapping, optional
            The row's primary key.
        store_name : str, optional
            The store's name; None in the table, and for the default store.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define encode(value)")

    def decode(self, stored: Any, *, key: Key | None = None) -> Any:
        """Return the value that `encode` was given.

        Parameters
        ----------
        stored : object
            What `encode` returned, or what the next codec made of it.
        key : mapping, optional
            The row's primary key, as far as it was fetched.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define decode(stored)")

    def _codec_config(self, key: Key | None = None, context: Any = None) -> Any:
        """The project's settings; codecs written for DataJoint ask so for them."""
        return (context or {}).get("config")

    def validate(self, value: Any) -> None:
        """Raise TypeError or ValueError when `value` is not of this sort; called before `encode`."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(name={self.name!r})>"


@dataclass(frozen=True, slots=True)
class CodecContext:
    """What a codec may know beyond the value; readable as a mapping too: ``context["field"]``.

    Parameters
    ----------
    schema, table, field : str
        Where the value belongs.
    config : object
        The project's settings.
    download_path : Path
        The folder into which files are fetched.
    squeeze : bool
        Whether dimensions of length 1 are removed from arrays.
    dims32 : bool
        Whether blobs are read as those of the 32-bit MATLAB library.
    objects : Objects
        The stores.
    store : str or None
        The store that the type of the attribute names, where something is read.
    local : bool
        Whether files that stay where they are come as paths on this machine, as in the classic generation.
    packed : bool
        Whether blobs stay packed.
    """

    schema: str = ""
    table: str = ""
    field: str = ""
    config: Any = None
    download_path: Path = Path()
    squeeze: bool = False
    dims32: bool = False
    objects: Objects = NO_OBJECTS
    store: str | None = None
    local: bool = False
    packed: bool = False

    def __getitem__(self, name: str) -> Any:
        if name not in _CONTEXT_FIELDS:
            raise KeyError(name)
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the field `name`, or `default` when there is no such field."""
        return getattr(self, name) if name in _CONTEXT_FIELDS else default


_CONTEXT_FIELDS: Final = frozenset(field.name for field in fields(CodecContext))
NO_CONTEXT: Final = CodecContext()


def as_codec(found: object) -> Codec:
    """Return the codec that a path or an entry point leads to: an instance, or a class to be called."""
    codec = found() if isinstance(found, type) else found
    missing = [m for m in ("get_dtype", "encode", "decode", "validate") if not callable(getattr(codec, m, None))]
    if missing:
        raise CodecError(
            f"{origin(found)} is not a codec: it has no {' and no '.join(missing)}. "
            f"Make it a subclass of labwright.Codec."
        )
    return cast(Codec, codec)


codecs: Final[Registry[Codec]] = Registry(
    "codec",
    groups=("labwright.codecs", "datajoint.codecs"),
    deferred={
        "blob": Deferred("labwright.codecs.blob:BlobCodec"),
        "attach": Deferred("labwright.codecs.attach:AttachCodec"),
        "hash": Deferred("labwright.codecs.hash:HashCodec"),
        "object": Deferred("labwright.codecs.object:ObjectCodec"),
        "filepath": Deferred("labwright.codecs.filepath:FilepathCodec"),
        "npy": Deferred("labwright.codecs.npy:NpyCodec"),
        "zarr": Deferred("labwright.codecs.zarr:ZarrCodec"),
        "parquet": Deferred("labwright.codecs.parquet:ParquetCodec"),
        "hdf5": Deferred("labwright.codecs.hdf5:Hdf5Codec"),
        "image": Deferred("labwright.codecs.image:ImageCodec"),
        "tiff": Deferred("labwright.codecs.tiff:TiffCodec"),
        "video": Deferred("labwright.codecs.video:VideoCodec"),
        "classic_blob": Deferred("labwright.codecs.classic_stores:ClassicBlob"),
        "classic_attach": Deferred("labwright.codecs.classic_stores:ClassicAttach"),
        "classic_filepath": Deferred("labwright.codecs.classic_stores:ClassicFilepath"),
    },
    adapt=as_codec,
    error=CodecError,
)
"""Every codec by name. Those that are built in are imported when first used."""


def register_codec(codec: Codec, *, override: bool = False) -> Codec:
    """Register `codec` under its name.

    Raises
    ------
    CodecError
        When the name is not a name, or is that of another codec and `override` is false.
    """
    name = codec.name
    if not isinstance(name, str) or not name.isidentifier():
        raise CodecError(
            f"The codec {origin(codec)} is named {name!r}. A name is made of letters, digits and underscores, "
            f"and does not start with a digit: name = 'graph'."
        )
    return codecs.register(name, codec, override=override or _defined_again(name, codec))


def find_codec(name: str) -> Codec:
    """Return the codec `name`.

    Raises
    ------
    CodecError
        When there is none; it lists those that there are.
    """
    return codecs[name]


def get_codec(name: str) -> Codec:
    """Return the codec of a type such as ``blob`` or ``<blob@raw>``.

    Raises
    ------
    CodecError
        When there is none.

    Examples
    --------
    >>> import labwright as lw
    >>> lw.get_codec("<blob>").name
    'blob'
    """
    return find_codec(name.strip("<>").partition("@")[0])


def list_codecs() -> list[str]:
    """Return the names of all codecs.

    Examples
    --------
    >>> import labwright as lw
    >>> "blob" in lw.list_codecs()
    True
    """
    return codecs.names()


def _defined_again(name: str, codec: Codec) -> bool:
    known = codecs.loaded(name)
    return known is not None and origin(known) == origin(codec)
