"""A PDF in, its pages as a scanner gives them out: askew, soft, grainy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from gi_tools.simulation.pdf import Picture

DPI = 200


def scan(
    data: bytes,
    lean: float = 0.7,
    blur: float = 0.8,
    grain: float = 6,
    quality: int = 60,
    dpi: int = DPI,
    seed: int = 1,
    stamp: Callable[[ndarray], None] | None = None,
) -> list[Picture]:
    """
    Render each page of a PDF and spoil it: ``lean`` in degrees, ``blur`` in pixels.

    ``grain`` is the deviation of the noise in grey levels, ``quality`` that of the
    JPEG in percent; ``stamp`` prints in colour over the picture of a page. Needs the
    ocr extra.
    """
    import cv2
    import pypdfium2

    chance, pages = np.random.default_rng(seed), []
    for page in pypdfium2.PdfDocument(data):
        image = np.ascontiguousarray(page.render(scale=dpi / 72).to_numpy()[:, :, :3])
        size = image.shape[1::-1]
        if stamp:
            stamp(image)
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), lean, 1)
        paper = {"flags": cv2.INTER_CUBIC, "borderValue": (255, 255, 255)}
        image = cv2.warpAffine(image, turn, size, **paper)
        image = cv2.GaussianBlur(image, (0, 0), blur)
        image = image + chance.normal(0, grain, image.shape[:2])[:, :, None]
        image = np.clip(image, 0, 255).astype("uint8")
        if not stamp:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pages.append(Picture(code.tobytes(), *size, is_grey=not stamp))
    return pages
