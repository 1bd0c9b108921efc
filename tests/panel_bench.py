"""Build and measure a panel of many agency-years; print rows, seconds, gigabytes."""

import gc
import re
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import gi_tools as gi
from gi_tools.codebook import forms

YEARS = range(2014, 2024)


def make_many(bodies, seed=1, blank=0.03):
    """Facts of bodies in ten years, text as categories, as Parquet gives it."""
    rng, parts = np.random.default_rng(seed), []
    for number, year in enumerate(YEARS):
        form = "2014" if year < 2019 else "2019" if year < 2021 else "2021"
        cells = pd.DataFrame(forms()[form].targets).astype(object)
        part = pd.DataFrame({"body": np.repeat(np.arange(bodies), len(cells))})
        part["report"] = part["body"] * len(YEARS) + number
        for name in cells:
            part[name] = pd.Categorical(cells[name]).take(
                np.tile(np.arange(len(cells)), bodies)
            )
        parts.append(part.assign(year=year, form=pd.Categorical([form] * len(part))))
    kinds = ["indicator", "applicant", "unit", "form"]
    sets = {k: pd.api.types.union_categoricals([p[k] for p in parts]) for k in kinds}
    facts = pd.concat([p.drop(columns=kinds) for p in parts], ignore_index=True)
    facts = facts.assign(**sets, raw="", origin="table", place="")
    empty = rng.random(len(facts)) < blank
    values = rng.poisson(5, len(facts)).astype(float)
    facts["value"] = pd.arrays.FloatingArray(values, empty)
    facts["year"] = facts["year"].astype("Int64")
    facts["state"] = pd.Categorical.from_codes(empty.astype(int), ["reported", "blank"])
    names = [f"某县第{n}局" for n in range(bodies)]
    codes = [f"{330000 + n % 300}" for n in range(bodies)]
    ids = [f"r{n}" for n in range(bodies * len(YEARS))]
    facts["report_id"] = pd.Categorical.from_codes(facts.pop("report"), ids)
    body = facts.pop("body")
    facts["agency"] = pd.Categorical.from_codes(body, names)
    regions = list(dict.fromkeys(codes))
    facts["region_code"] = pd.Categorical.from_codes(body % 300, regions)
    return facts.astype(dict.fromkeys(["raw", "origin", "place"], "category"))


def read_peak():
    """The most memory held since the last reset, in gigabytes (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 2**20


def main(bodies):
    facts = make_many(bodies)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the making
    wall, used = time.time(), time.process_time()
    panel = gi.build_panel(facts)
    scores = gi.measure(panel)
    used, wall = time.process_time() - used, time.time() - wall
    told = f"wall {wall:.1f} s, {len(facts)} facts, {len(scores)} scores"
    print(len(panel.frame), f"{used:.2f} {read_peak():.2f} ({told})")


if __name__ == "__main__":
    main(int(sys.argv[1]))
