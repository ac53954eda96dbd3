"""``<video@store>``: video files, with what is known of them, and single frames."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.object_ref import ObjectRef, damaged_format, local_file, no_form
from labwright.codecs.packages import package
from labwright.codecs.picture import thumbnail_of
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError, MissingPackageError
from labwright.storage.content import Content

if TYPE_CHECKING:
    import numpy as np

_SECOND: Final = 1_000_000


class VideoRef(ObjectRef):
    """A video in a store.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.VideoRef({"path": "arena_k3.mp4", "width": 640, "height": 480, "fps": 30.0, "duration": 12.5})
    >>> ref.width, ref.fps, ref.frames
    (640, 30.0, None)
    """

    __slots__ = ()

    @property
    def width(self) -> int | None:
        """In pixels; None where it was not known when the row was entered."""
        return self._stored.get("width")

    @property
    def height(self) -> int | None:
        """In pixels."""
        return self._stored.get("height")

    @property
    def frames(self) -> int | None:
        """The number of frames, where the file says it."""
        return self._stored.get("frames")

    @property
    def fps(self) -> float | None:
        """Frames per second."""
        return self._stored.get("fps")

    @property
    def duration(self) -> float | None:
        """In seconds."""
        return self._stored.get("duration")

    @contextmanager
    def video(self) -> Iterator[Any]:
        """The file as an ``av`` container, which reads from the store what it is asked for."""
        av = package("av", "video")
        with self.open() as stream:
            try:
                container = av.open(stream)
            except av.FFmpegError as error:
                raise damaged_format(self, "a video", error) from error
            with container:
                yield container

    def frame(self, at: float = 0.0) -> np.ndarray[Any, Any]:
        """The frame that is shown `at` so many seconds, as an array of height, width and 3 colours (RGB, uint8)."""
        with self.video() as container:
            container.seek(round(at * _SECOND))
            last = None
            for frame in container.decode(video=0):
                if last is not None and frame.time is not None and frame.time > at:
                    break
                last = frame
            if last is None:
                raise CodecError(f"{self!r} has no frame at {at} s.")
            found: np.ndarray[Any, Any] = last.to_ndarray(format="rgb24")
            return found

    def thumbnail(self, max_size: int = 256) -> bytes:
        """A small PNG picture of the first frame."""
        return thumbnail_of(self.frame(), max_size)

    def _details(self) -> str:
        known = ((name, self._stored.get(name)) for name in ("width", "height", "fps", "duration"))
        return "".join(f", {name}={value}" for name, value in known if value is not None)


class VideoCodec(SchemaCodec, register=False):
    """A video file, kept as it is; a `VideoRef` comes back."""

    name = "video"
    reference = VideoRef

    def validate(self, value: Any) -> None:
        """Raise when `value` is no video file, as far as that can be told."""
        if isinstance(value, (str, os.PathLike)):
            _described(local_file("video", value))
        elif not isinstance(value, VideoRef):
            raise no_form("video", value, "the path of a video file")

    def content(self, value: Any) -> Content:
        return Path(value)

    def extension(self, value: Any) -> str:
        return Path(value).suffix.lower()

    def describe(self, value: Any) -> Mapping[str, Any]:
        return _described(Path(value))

    def describe_stored(self, ref: VideoRef) -> Mapping[str, Any]:
        try:
            with ref.video() as container:
                return _known(container)
        except MissingPackageError:
            return {}


_KNOWN: Final = ("width", "height", "frames", "fps", "duration")


def _described(path: Path) -> dict[str, Any]:
    """What the file says of itself; nothing where the package that reads videos is not installed."""
    try:
        av = package("av", "video")
    except MissingPackageError:
        return {}
    try:
        with av.open(str(path)) as container:
            return _known(container)
    except (av.FFmpegError, IndexError) as error:
        raise CodecError(f"{str(path)!r} is no video that can be read: {error}") from error


def _known(container: Any) -> dict[str, Any]:
    stream = container.streams.video[0]
    rate, length = stream.average_rate, container.duration
    known = (stream.width, stream.height, stream.frames or None, float(rate) if rate else None)
    return dict(zip(_KNOWN, (*known, length / _SECOND if length else None), strict=True))
