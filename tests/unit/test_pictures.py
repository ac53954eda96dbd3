"""Small pictures of what is stored, and videos."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import labwright as lw
from labwright.codecs.base import CodecContext
from labwright.codecs.chain import CodecChain
from labwright.codecs.picture import as_bytes
from labwright.core.errors import CodecError
from labwright.testing.codec_suite import StoreCodecSuite
from labwright.testing.counting_store import CountingStore

RAMP = np.add.outer(np.arange(300.0), np.arange(500.0))


def make_video(path: Path, frames: int = 25) -> Path:
    """A video of 64 x 48 pixels whose frames become brighter, 10 in a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), i * 10, "uint8"), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


class TestVideo(StoreCodecSuite):
    type_text = "<video@>"
    refused = (5, b"bytes", "nothing.mp4", __file__)

    @pytest.fixture
    def good(self, tmp_path: Path) -> list[Any]:
        return [make_video(tmp_path / "a.mp4"), str(make_video(tmp_path / "b.mkv", 3))]

    def same(self, given: Any, returned: Any) -> bool:
        return bool(returned.read() == Path(given).read_bytes()) and returned.ext == Path(given).suffix

    def test_what_it_is_is_known(self, chain: CodecChain, good: list[Any], context: CodecContext) -> None:
        ref = chain.decode(chain.encode(good[0], {"id": 1}, context), {}, context)
        assert (ref.width, ref.height, ref.fps, ref.frames, ref.duration) == (64, 48, 10.0, 25, 2.5)

    def test_a_frame_is_read(self, chain: CodecChain, good: list[Any], context: CodecContext) -> None:
        ref = chain.decode(chain.encode(good[0], {"id": 1}, context), {}, context)
        for at, level in ((0.0, 0), (1.0, 100), (1.95, 190), (99, 240)):
            frame = ref.frame(at)
            assert frame.shape == (48, 64, 3)
            assert abs(int(frame.mean()) - level) < 6, at

    def test_a_small_picture(self, chain: CodecChain, good: list[Any], context: CodecContext) -> None:
        ref = chain.decode(chain.encode(good[0], {"id": 1}, context), {}, context)
        assert size_of(ref, 32) == (32, 24)


def size_of(ref: Any, most: int) -> tuple[int, int]:
    """The size of the small picture of `ref`."""
    assert isinstance(ref, lw.Thumbnail)
    with Image.open(io.BytesIO(ref.thumbnail(most))) as image:
        assert image.format == "PNG"
        return image.size


class Suite(StoreCodecSuite):
    """One value, of which there is a small picture."""

    reads_on_decoding = False
    __test__ = False

    def same(self, given: Any, returned: Any) -> bool:
        return bool(np.array_equal(given, np.asarray(returned)))

    def test_a_small_picture(self, chain: CodecChain, context: CodecContext, store: CountingStore) -> None:
        ref = chain.decode(chain.encode(self.values[0], {"id": 1}, context), {}, context)
        assert size_of(ref, 50) == (50, 30)
        assert max(size_of(ref, 1000)) <= 500


class TestNpyPicture(Suite):
    __test__ = True
    type_text = "<npy@>"
    values = (RAMP,)

    def test_it_takes_two_dimensions(self, chain: CodecChain, context: CodecContext) -> None:
        ref = chain.decode(chain.encode(RAMP[0], {"id": 1}, context), {}, context)
        with pytest.raises(CodecError, match="two dimensions; this array has 1"):
            ref.thumbnail()


class TestZarrPicture(Suite):
    __test__ = True
    type_text = "<zarr@>"
    values = (RAMP,)


class TestTiffPicture(Suite):
    __test__ = True
    type_text = "<tiff@>"
    values = (np.stack([RAMP, RAMP]),)


class TestImagePicture(Suite):
    __test__ = True
    type_text = "<image@>"
    values = (RAMP.astype("uint16"),)


def test_values_become_shades() -> None:
    assert as_bytes(np.array([[-1.0, 0.0], [np.nan, 1.0]])).tolist() == [[0, 128], [0, 255]]
    assert as_bytes(np.array([[7, 7]])).tolist() == [[0, 0]]
    assert as_bytes(np.array([[np.inf]])).tolist() == [[0]]
    assert as_bytes(np.array([[3, 200]], "uint8")).tolist() == [[3, 200]]
    assert as_bytes(np.array([[True, False]])).tolist() == [[255, 0]]


@pytest.mark.parametrize("kind", [lw.ImageRef, lw.TiffRef])
def test_pixels_are_never_had_without_a_copy(kind: type[Any]) -> None:
    with pytest.raises(ValueError, match="without a copy"):
        np.array(kind({"path": "a", "shape": [2, 2], "dtype": "uint8"}), copy=False)
