"""A PDF in, its pages as a scanner gives them out: askew, soft, grainy, JPEG."""

from __future__ import annotations

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
) -> list[Picture]:
    """
    Render each page of a PDF and spoil it: ``lean`` in degrees, ``blur`` in pixels.

    ``grain`` is the deviation of the noise in grey levels, ``quality`` that of the
    JPEG in percent. Needs the ocr extra.
    """
    import cv2
    import numpy as np
    import pypdfium2

    chance, pages = np.random.default_rng(seed), []
    for page in pypdfium2.PdfDocument(data):
        grey = cv2.cvtColor(page.render(scale=dpi / 72).to_numpy(), cv2.COLOR_BGR2GRAY)
        size = grey.shape[::-1]
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), lean, 1)
        grey = cv2.warpAffine(grey, turn, size, flags=cv2.INTER_CUBIC, borderValue=255)
        grey = cv2.GaussianBlur(grey, (0, 0), blur) + chance.normal(
            0, grain, grey.shape
        )
        grey = np.clip(grey, 0, 255).astype("uint8")
        code = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pages.append(Picture(code.tobytes(), *size))
    return pages
