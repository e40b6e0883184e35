"""What image files hold that somebody may not expect: told as notes, never in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bakeoff.data.images import DEEP_WHITE, Header, white_level

DARK = DEEP_WHITE // 4
"""16-bit images that are nowhere brighter lose the upper two bits or more of the eight kept."""


def white_of(headers: Sequence[Header], *, all_read: bool) -> int:
    """The level that is white in 16-bit grey images: the top of the bits that the set uses.

    That of 16 bits where not every file was looked at, as a brighter one may follow.
    """
    highest = [header.highest for header in headers if header.deep and header.grey]
    return white_level(max(highest)) if highest and all_read else DEEP_WHITE


def oddities(paths: Sequence[str], headers: Sequence[Header], white: int) -> Iterator[str]:
    """Notes on images that are read in a way somebody may not expect.

    paths: of each header's file, as it is to be named. white: of the set's 16-bit grey images.
    """
    kinds = {
        "with a palette: colours looked up": sum(h.mode == "P" for h in headers),
        "CMYK: converted to RGB": sum(h.mode == "CMYK" for h in headers),
        "with transparency: dropped": sum(h.mode in ("LA", "RGBA", "PA") for h in headers),
        "animated: first frame taken": sum(h.animated for h in headers),
        "turned by its EXIF data: taken as stored, as timm and torchvision do": sum(
            h.turned for h in headers
        ),
    }
    yield from _deep([h for h in headers if h.deep and h.grey], white)
    yield from _deep([h for h in headers if h.deep and not h.grey], DEEP_WHITE)
    for kind, count in kinds.items():
        if count:
            yield f"{_images(count)} {kind}"
    warned = [(path, header.warned) for path, header in zip(paths, headers, strict=True)]
    warned = [(path, said) for path, said in warned if said]
    if warned:
        path, said = warned[0]
        yield f"{_images(len(warned))} of which Pillow warns, such as {path}: {said[0].rstrip('.')}"


def _deep(headers: Sequence[Header], white: int) -> Iterator[str]:
    """How 16-bit images are brought to 8 bits, and what that loses."""
    if not headers:
        return
    kind = "16-bit" if headers[0].grey else "16-bit colour"
    highest = max(header.highest for header in headers)
    if white < DEEP_WHITE:
        yield (
            f"{_images(len(headers))} {kind}: the highest level is {highest:,}, so levels are read "
            f"as {white.bit_length()}-bit, 0 to {white:,}, and scaled to 8 bits"
        )
        return
    yield f"{_images(len(headers))} {kind}: scaled to 8 bits"
    if highest < DARK:
        yield (
            f"WARNING: the brightest {kind} image looked at reaches "
            f"{100 * highest / DEEP_WHITE:.1f} % of the scale, so about {highest // 257 + 1} of "
            "256 levels are left; convert the images to 8 bits by their own maximum"
        )


def _images(count: int) -> str:
    return f"{count:,} {'image' if count == 1 else 'images'}"
