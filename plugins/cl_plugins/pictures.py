"""Pictures of a data set as arrays of bytes, from arrays or from files. No features, no models."""

import io
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.media import MediaFiles
from cl_plugins.media_files import batches, decode_all, reader

Pixels: TypeAlias = NDArray[np.uint8]  # (n, h, w) for mode L, (n, h, w, 3) for mode RGB, 0 black, 255 white
Mode: TypeAlias = Literal["L", "RGB"]

BATCH = 256
# Formats that people keep pictures in; Pillow's rarer readers are not worth what they might do to us.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
# A picture of 10,000 x 8,000 pixels; a file that claims more is broken, or meant to fill the memory.
_MOST_PIXELS = 80_000_000


def load_pictures(features: Any, *, size: tuple[int, int] | None = None, mode: Mode = "L") -> Pixels:
    """Return all pictures at once; see `picture_batches` for those that do not fit into memory.

    Parameters
    ----------
    features
        Array ``(n, h, w)`` or ``(n, h, w, channels)``, or `MediaFiles`. An array that does not hold
        bytes is spread from its lowest to its highest value over 0..255.
    size
        Height and width that every picture is brought to; as they are when left out, which needs
        pictures of one size.
    mode
        ``L`` for grey, ``RGB`` for colour; what came otherwise is converted.

    Raises
    ------
    InputError
        For a file that is no whole picture, and for values that are no numbers; it names file and row.
    """
    return np.concatenate(list(picture_batches(features, size=size, mode=mode)))


def picture_batches(
    features: Any, *, size: tuple[int, int] | None = None, mode: Mode = "L", batch: int = BATCH
) -> Iterator[Pixels]:
    """Yield the pictures in order, `batch` at a time; for the rest see `load_pictures`."""
    shown: tuple[int, ...] | None = size
    low, high = (0.0, 0.0) if isinstance(features, MediaFiles) else _range(features)
    for rows in batches(len(features), batch):
        if isinstance(features, MediaFiles):
            found = decode_all(features, rows, lambda data, name: decode_picture(data, name, size, mode))
        else:
            found = [_from_array(features[row], low, high, size, mode) for row in rows]
        for row, picture in zip(rows, found, strict=True):
            shown = shown or picture.shape[:2]
            if picture.shape[:2] != tuple(shown):
                raise InputError(
                    f"picture {row:,} is {_by(picture.shape)} pixels, the first one {_by(shown)}",
                    hint="give a size that every picture is brought to",
                )
        yield np.stack(found)


def small_picture(features: MediaFiles, row: int, *, side: int) -> Pixels:
    """Picture of one row in colour, shape (h, w, 3), scaled down to at most `side` pixels a side."""
    return decode_picture(reader(features)(row), str(features.names[row]), None, "RGB", most=side)


def array_picture(values: NDArray[Any], low: float, high: float, *, side: int) -> Pixels:
    """Picture of one row of an array, its values ``low..high`` spread over 0..255, at most `side` a side.

    Shape (h, w) or (h, w, 3). Bytes stay as they are; what is not a number is black.
    """
    from PIL import Image

    known = values if values.dtype == np.uint8 else np.clip(np.nan_to_num(values, nan=low), low, high)
    colour = values.ndim == 3 and values.shape[-1] in (3, 4)  # noqa: PLR2004 - height, width, channels
    pixels = _from_array(known, low, high, None, "RGB" if colour else "L")
    if max(pixels.shape[:2]) <= side:
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((side, side))
    return np.asarray(image, dtype=np.uint8)


def decode_picture(
    data: bytes, name: str, size: tuple[int, int] | None, mode: Mode, *, most: int | None = None
) -> Pixels:
    """Decode the first frame of a picture file, turned as its EXIF data say, on white where transparent."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _refuse_huge(image.width * image.height, name)
            longest = most or (max(size) if size else None)
            if longest is not None:
                image.draft(mode, (longest, longest))  # lets JPEG decode at a half, a quarter, an eighth
            plain = _flat(ImageOps.exif_transpose(image), name).convert(mode)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _huge(name) from error
    except UnidentifiedImageError as error:  # its own words hold a place in memory
        raise _broken(name, "its beginning is that of no known format") from error
    # Pillow's readers raise whatever a broken file leads them into.
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise _broken(name, str(error)) from error
    if most is not None:
        plain.thumbnail((most, most))
    if size is not None and plain.size != (size[1], size[0]):
        plain = plain.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(plain, dtype=np.uint8)


def _flat(image: Any, name: str) -> Any:
    """Eight bits a channel, and white behind what can be seen through."""
    from PIL import Image

    if image.mode.startswith("I;16"):  # Pillow would cut at 255 instead of scaling
        return Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise InputError(
            f"{name!r} holds {image.mode} values of no known range",
            hint="save it with 8 or 16 bits a channel",
        )
    if not image.has_transparency_data:
        return image
    seen = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)


def _range(pictures: Any) -> tuple[float, float]:
    """Lowest and highest value of an array of pictures; an error where one is no number."""
    if pictures.ndim not in (3, 4) or 0 in pictures.shape:
        raise InputError(
            f"pictures have shape {pictures.shape}, wanted (rows, height, width) or with channels last",
            hint="reshape them, and leave empty ones out",
        )
    if pictures.dtype.kind not in "biuf":
        raise InputError(f"pictures hold {pictures.dtype}, wanted numbers", hint="save them as bytes 0..255")
    if pictures.dtype == np.uint8:
        return 0.0, 255.0
    low, high = np.inf, -np.inf
    for rows in batches(len(pictures), BATCH):
        block = pictures[rows.start : rows.stop]
        bad = ~np.isfinite(block).reshape(len(block), -1).all(axis=1)
        if bad.any():
            raise InputError(
                f"picture {rows.start + int(bad.argmax()):,} holds values that are no numbers",
                hint="replace NaN and infinity, or leave the picture out",
            )
        low, high = min(low, float(block.min())), max(high, float(block.max()))
    return low, high


def _from_array(values: Any, low: float, high: float, size: tuple[int, int] | None, mode: Mode) -> Pixels:
    from PIL import Image

    pixels: Any = values
    if pixels.dtype != np.uint8:
        scale = 255 / (high - low) if high > low else 0.0
        pixels = np.round((pixels.astype(np.float64) - low) * scale).astype(np.uint8)
    cube = pixels[..., None] if pixels.ndim == 2 else pixels  # noqa: PLR2004 - height and width
    colour = cube[..., :3] if cube.shape[-1] in (3, 4) else cube[..., 0]
    same_mode = (colour.ndim == 3) == (mode == "RGB")  # noqa: PLR2004
    if same_mode and size in (None, colour.shape[:2]):
        return np.asarray(colour)
    image = Image.fromarray(np.ascontiguousarray(colour)).convert(mode)
    if size is not None:
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8)


def _refuse_huge(pixels: int, name: str) -> None:
    if pixels > _MOST_PIXELS:
        raise _huge(name)


def _broken(name: str, why: str) -> InputError:
    return InputError(
        f"{name!r} is no whole picture: {why}",
        hint=f"replace the file, or leave it out; known formats: {', '.join(_FORMATS)}",
    )


def _huge(name: str) -> InputError:
    return InputError(
        f"{name!r} claims more than {_MOST_PIXELS:,} pixels", hint="scale it down, or leave it out"
    )


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"
