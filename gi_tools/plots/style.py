"""What every plot shares: fonts, colours, sizes, words in two languages, the note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import regex
from pandas import DataFrame

from gi_tools.catalogue import reasons
from gi_tools.errors import DataError
from gi_tools.plots.fonts import find_font, list_families, to_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Paul Tol's medium-contrast colours: distinct to colour-blind eyes, and apart by
# lightness, so that a grey print keeps them apart. Marks and dashes differ as well.
PALETTE = ("#004488", "#EECC66", "#994455", "#6699CC", "#997700", "#EE99AA", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
HATCHES = ("", "////", "", "....", "", "\\\\\\\\", "")
GREY, FAINT = "#555555", "#BBBBBB"
WIDTHS = {1: 8.5, 2: 17.5}  # cm: one column and two of a journal page
NOTE_SIZE = 6.0

# A closing mark stays with the character before it.
_PIECES = regex.compile(
    r"(?:[\u2e80-\uffff]|[^\s\u2e80-\uffff]+)[，。、；：）》”〕]*|\s+"
)
SOURCE = {
    "zh": "来源：政府信息公开工作年度报告（机关自报），gi_tools",
    "en": "Source: annual reports on government information disclosure"
    " (self-reported), gi_tools",
}


class Sheet:
    """One Axes being drawn, its language, and the notes that go under it."""

    def __init__(self, ax: Axes, lang: str, own: bool) -> None:
        self.ax, self.lang, self.own = ax, lang, own
        self.notes: list[str] = []

    def say(self, zh: str, en: str) -> str:
        """Choose the wording of the language."""
        return zh if self.lang == "zh" else en

    def note(self, zh: str, en: str) -> None:
        """Add a sentence under the plot, once."""
        text = self.say(zh, en)
        if text not in self.notes:
            self.notes.append(text)

    def title(self, zh: str, en: str, pad: float = 6) -> None:
        """Write the heading over the plot, ``pad`` points above it."""
        style = {"fontfamily": list_families(self.lang), "fontsize": 9, "pad": pad}
        self.ax.set_title(self.say(zh, en), loc="left", **style)

    def count(
        self, frame: DataFrame, drawn: int, what: tuple[str, str] = ("个值", "values")
    ) -> None:
        """Note n, the forms, and why values are undefined, counted by reason."""
        self.note(*(f"n = {drawn:,} {word}" for word in what))
        if "form" in frame and len(found := sorted(set(frame["form"].dropna()))):
            names = ", ".join(map(str, found))
            self.note(f"表式：{names}", f"Forms: {names}")
        if "reason" in frame and "value" in frame:
            why = frame.loc[frame["value"].isna(), "reason"].fillna("?")
            for reason, number in why.value_counts().sort_index().items():
                told = reasons().get(reason, {}).get(self.lang, reason)
                text = to_label(told, 120)
                self.note(
                    f"{number:,} 个无定义：{text}", f"{number:,} undefined: {text}"
                )
        self.override(frame.attrs.get("override"))

    def override(self, reason: str | None) -> None:
        """Print the written reason for which a refusal was overridden."""
        if reason:
            text = to_label(reason, 200)
            self.note(f"越过拒绝，理由：{text}", f"Refusal overridden: {text}")

    def rest(self, shown: int, total: int) -> None:
        """Note how many bodies the plot leaves out."""
        if shown < total:
            self.note(
                f"共 {total:,} 个机关，只画 {shown} 个",
                f"{shown} of {total:,} bodies shown",
            )

    def legend(self) -> None:
        """Put the legend between the axes and the notes."""
        from matplotlib.transforms import ScaledTranslation

        room = 30 if self.ax.get_xlabel() else 20  # points for ticks and label
        under = ScaledTranslation(0, -room / 72, self.ax.figure.dpi_scale_trans)
        at = {"loc": "upper left", "bbox_to_anchor": (0, 0), "borderaxespad": 0}
        labels = self.ax.get_legend_handles_labels()[1]
        columns = 1 if max(map(measure_text, labels), default=0) > 24 else 2
        self.ax.legend(ncols=columns, bbox_transform=self.ax.transAxes + under, **at)

    def blank(self) -> Axes:
        """Say on the plot itself that there is nothing to draw."""
        text = self.say("没有可画的数据", "nothing to draw")
        self.ax.text(0.5, 0.5, text, ha="center", transform=self.ax.transAxes)
        self.ax.set(xticks=[], yticks=[])
        return self.ax


@contextmanager
def open_sheet(
    ax: Axes | None, lang: str, columns: int = 1, height: float = 7.0
) -> Iterator[Sheet]:
    """
    Open a sheet on ``ax`` or on a new figure, ``columns`` wide, ``height`` in cm.

    Settings hold inside only; on leaving, notes and the source line are written.
    """
    import matplotlib.pyplot as plt

    if lang not in SOURCE:
        raise DataError(f"plots: unknown lang {lang!r}; use 'zh' or 'en'")
    lang = lang if find_font() else "en"
    with settings(lang):
        own = ax is None
        if own:
            size = (WIDTHS[columns] / 2.54, height / 2.54)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        # A given Axes has texts of its own, and ticks may be made after leaving.
        families = list_families(lang)
        ax.tick_params(labelfontfamily=families, labelsize=7)
        for label in (ax.xaxis.label, ax.yaxis.label):
            label.set(fontfamily=families, fontsize=8)
        sheet = Sheet(ax, lang, own)
        yield sheet
        sheet.notes.append(SOURCE[lang])
        _write_notes(sheet)


@contextmanager
def settings(lang: str = "zh") -> Iterator[None]:
    """Hold the fonts, sizes and colours of the plots for figures of one's own."""
    import matplotlib as mpl

    with mpl.rc_context(list_settings(lang)):
        yield
        # The first figure wakes the backend, and a notebook's then turns this on.
        interactive = mpl.is_interactive()
    mpl.interactive(interactive)


def list_settings(lang: str) -> dict[str, Any]:
    """Give the settings for print: 8 points, thin lines, fonts kept as fonts."""
    from cycler import cycler

    return {
        "font.family": list_families(lang),
        "font.size": 8,
        "axes.titlesize": 9,
        "axes.labelsize": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.unicode_minus": True,
        "axes.prop_cycle": cycler(color=PALETTE),
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "legend.frameon": False,
        "hatch.linewidth": 0.5,
        "lines.linewidth": 1.2,
        "lines.markersize": 4,
        "figure.dpi": 150,
        "savefig.dpi": 300,
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "gi_tools",
    }


def save(figure: Figure | Axes, path: str | Path) -> Path:
    """
    Write a figure as svg or pdf (vector, fonts inside) or png, by the suffix.

    Equal figures give equal bytes: no date is written. DataError for other suffixes.
    """
    path = Path(path)
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
    if path.suffix.lower() not in dates:
        raise DataError(f"{path.name}: not a kind of picture; use .svg, .pdf or .png")
    figure = getattr(figure, "figure", figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    with settings():
        figure.savefig(path, metadata=dates[path.suffix.lower()], bbox_inches="tight")
    return path


def measure_text(text: str) -> int:
    """Count the width of a text in Latin characters; a Chinese one counts two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def wrap(items: Iterable[str], width: float) -> str:
    """Fill lines of ``width`` Latin characters with items, a dot between them."""
    lines, room = [""], width
    for piece in _PIECES.findall(" · ".join(items)):
        size = measure_text(piece)
        if size > room and lines[-1]:
            lines, room = [*lines, ""], width
            piece = piece.lstrip()
        lines[-1] += piece
        room -= size
    return "\n".join(line.strip() for line in lines)


def _write_notes(sheet: Sheet) -> None:
    ax, figure = sheet.ax, sheet.ax.figure
    inches = figure.get_size_inches()[0]
    if not sheet.own:
        inches *= ax.get_position().width
    text = wrap(sheet.notes, inches * 72 / (0.56 * NOTE_SIZE))
    style = {"fontsize": NOTE_SIZE, "color": GREY, "ha": "left", "linespacing": 1.25}
    if sheet.own:
        # Notes never take room from the plot: the figure grows below.
        more = (text.count("\n") + 1) * NOTE_SIZE * 1.3 / 72
        figure.set_size_inches(inches, figure.get_size_inches()[1] + more)
        figure.supxlabel(text, x=0.01, **style)
        return
    under = (ax.transAxes, ax.get_legend() or ax.xaxis.label)
    style |= {"va": "top", "annotation_clip": False}
    ax.annotate(text, (0, 0), (0, -5), under, "offset points", **style)
