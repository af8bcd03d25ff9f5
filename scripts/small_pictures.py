"""Pictures of pages as PNG files with a palette: a third of the size, and nobody sees the difference.

Pages have few colours and the shades between a letter and its ground. The browser, which is there anyway, reads the
pixels; the most frequent colours stay, then those that would be missed most, and each other becomes the nearest of them.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from playwright.sync_api import Browser

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED, _BITS = 3, 8

_READ = """
async source => {
    const FREQUENT = 160;
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const colours = [...counts].sort((a, b) => b[1] - a[1]).map(([colour, count]) => ({
        colour, count, parts: [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255], place: 0, off: Infinity,
    }));
    const palette = [];
    const keep = colour => {
        palette.push(colour.parts);
        for (const other of colours) {
            const off = colour.parts.reduce((sum, part, at) => sum + (part - other.parts[at]) ** 2, 0);
            if (off < other.off) [other.off, other.place] = [off, palette.length - 1];
        }
    };
    colours.slice(0, FREQUENT).forEach(keep);
    while (palette.length < 256) {
        const worst = colours.reduce((a, b) => (b.off * b.count > a.off * a.count ? b : a));
        if (worst.off === 0) break;
        keep(worst);
    }
    const index = new Map(colours.map(one => [one.colour, one.place]));
    let places = "";
    for (const pixel of pixels) places += String.fromCharCode(index.get(pixel));
    return {width: image.width, height: image.height, palette, places: btoa(places)};
}
"""


def small(browser: Browser, image: bytes) -> bytes:
    """The same picture with at most 256 colours."""
    page = browser.new_page()
    read: dict[str, Any] = page.evaluate(_READ, f"data:image/png;base64,{base64.b64encode(image).decode()}")
    page.close()
    width, places = read["width"], base64.b64decode(read["places"])
    lines = b"".join(b"\0" + places[start : start + width] for start in range(0, len(places), width))
    return _SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, read["height"], _BITS, _INDEXED, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(map(bytes, read["palette"]))),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
