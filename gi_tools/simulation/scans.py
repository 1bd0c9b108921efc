"""A PDF in, its pages as a scanner gives them out: askew, soft, grainy, stamped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gi_tools.simulation.pdf import Picture

if TYPE_CHECKING:
    from numpy import ndarray

DPI = 200
RED = (60, 50, 215)  # of a seal, in the order blue, green, red


def scan(
    data: bytes,
    lean: float = 0.7,
    blur: float = 0.8,
    grain: float = 6,
    quality: int = 60,
    dpi: int = DPI,
    seed: int = 1,
    stamps: Sequence[tuple[float, float]] = (),
) -> list[Picture]:
    """
    Render each page of a PDF and spoil it: ``lean`` in degrees, ``blur`` in pixels.

    ``grain`` is the deviation of the noise in grey levels, ``quality`` that of the
    JPEG in percent; ``stamps`` are places of red seals, in shares of the page. Needs
    the ocr extra.
    """
    import cv2
    import numpy as np
    import pypdfium2

    chance, pages = np.random.default_rng(seed), []
    for page in pypdfium2.PdfDocument(data):
        image = np.ascontiguousarray(page.render(scale=dpi / 72).to_numpy()[:, :, :3])
        size = image.shape[1::-1]
        for across, down in stamps:
            add_stamp(image, round(size[0] * across), round(size[1] * down), dpi)
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), lean, 1)
        paper = {"flags": cv2.INTER_CUBIC, "borderValue": (255, 255, 255)}
        image = cv2.warpAffine(image, turn, size, **paper)
        image = cv2.GaussianBlur(image, (0, 0), blur)
        image = image + chance.normal(0, grain, image.shape[:2])[:, :, None]
        image = np.clip(image, 0, 255).astype("uint8")
        if not stamps:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pages.append(Picture(code.tobytes(), *size, is_grey=not stamps))
    return pages


def add_stamp(image: ndarray, x: int, y: int, dpi: int) -> None:
    """Print a round red seal of 4 cm with a star and signs over what stands there."""
    import cv2
    import numpy as np

    radius, ink = round(0.8 * dpi), np.zeros(image.shape[:2], "uint8")
    cv2.circle(ink, (x, y), radius, 255, radius // 18)
    spokes = np.arange(10) * np.pi / 5
    reach = radius * np.where(np.arange(10) % 2, 0.14, 0.35)
    points = np.stack([x + reach * np.sin(spokes), y - reach * np.cos(spokes)], 1)
    cv2.fillPoly(ink, [points.astype("int32")], 255)
    for sign, angle in zip("ABCDEFGHKMNR", np.linspace(-2.4, 2.4, 12), strict=True):
        at = x + 0.76 * radius * np.sin(angle), y - 0.76 * radius * np.cos(angle)
        place = round(at[0] - 12), round(at[1] + 12)
        cv2.putText(ink, sign, place, cv2.FONT_HERSHEY_SIMPLEX, radius / 140, 255, 4)
    share = cv2.GaussianBlur(ink, (0, 0), 1)[:, :, None] / 255 * 0.9
    image[:] = image * (1 - share) + image * np.array(RED) / 255 * share
