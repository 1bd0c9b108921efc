"""HTML in, a view whose parts can be picked by mouse and keys out."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets


class Sheet(anywidget.AnyWidget):
    """
    A pane of HTML; a part with ``data-id`` can be picked, here and in the browser.

    ``html`` must be escaped by whoever makes it. ``picked`` is the id of the part
    picked, "" for none. ``key`` is the last key pressed and how many were pressed
    before ("a 3"), of those in ``shortcuts``; others keep their usual meaning.
    ``beside`` are ids of parts that belong to the one picked.
    """

    _esm = Path(__file__).with_name("sheet.js")
    _css = Path(__file__).with_name("sheet.css")
    html = traitlets.Unicode("").tag(sync=True)
    picked = traitlets.Unicode("").tag(sync=True)
    beside = traitlets.List(traitlets.Unicode()).tag(sync=True)
    key = traitlets.Unicode("").tag(sync=True)
    shortcuts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
