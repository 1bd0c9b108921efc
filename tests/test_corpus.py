"""A folder to a corpus: rows, schemas, resume, limits, hostile files, SQL."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from corpora import LIGHT, SAMPLES, make_folder
from renderings import to_html

import gi_tools as gi
from gi_tools.cli import main
from gi_tools.codebook import forms
from gi_tools.corpus import child
from gi_tools.corpus.finish import write_manifest
from gi_tools.corpus.folders import Paths, cut_chunks, list_files
from gi_tools.corpus.journal import is_current, load_entry
from gi_tools.corpus.schemas import DATASETS, NO_YEAR, Writer, find_schema, to_draft
from gi_tools.errors import DataError
from gi_tools.facts import COLUMNS, Fact

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="module")
def quick_start(tmp_path_factory):
    """Let reading processes keep their byte code, wherever that is switched off."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("PYTHONPATH", str(HERE.parent))
        yield


def build(folder, out, **options):
    options = {"workers": 1, "progress": False, "memory": 1000} | options
    return gi.build_corpus(folder, out, **options)


def picture(out):
    """Every file of a corpus with its bytes."""
    found = (path for path in Path(out).rglob("*") if path.is_file())
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """The samples, and the corpus made of them in chunks of about four."""
    folder, out = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("out")
    for path in LIGHT:
        shutil.copy(path, folder)
    return folder, out, build(folder, out, chunk=4, workers=2)


# What a build writes


def test_every_file_is_read_once(samples):
    _, out, built = samples
    assert built == (out, 16, 16, 0, 0, 0)
    manifest = gi.open_corpus(out).manifest
    assert manifest["totals"] == {"files": 16, "reports": 16, "failures": 0}
    assert gi.open_corpus(out).count_files() == {"read": 16, "failed": 0, "left": 0}
    assert not (out / "_plan.json").exists()  # the manifest took its place
    assert {f["path"] for f in manifest["files"]} == {p.name for p in LIGHT}
    assert len({f["chunk"] for f in manifest["files"]}) > 2
    assert set(manifest["versions"]) == {"package", "code", "codebooks"}
    sizes = {f["path"]: f["size"] for f in manifest["files"]}
    assert sizes == {path.name: path.stat().st_size for path in LIGHT}


def test_the_rows_are_those_of_the_verbs(samples):
    corpus = gi.open_corpus(samples[1])
    reports = [gi.parse(gi.read(path)) for path in LIGHT]
    facts = gi.tabulate(reports)
    for name, frame, keys in (
        ("facts", facts, ["report_id", "indicator", "applicant", "origin", "place"]),
        ("findings", gi.check(facts).frame, ["report_id", "rule"]),
        ("reports", gi.list_reports(reports), ["report_id"]),
        ("sections", gi.list_sections(reports), ["report_id", "order"]),
        ("claims", gi.list_claims(reports), ["report_id", "order"]),
    ):
        ours = corpus.load(name)
        assert len(frame) > 15
        ours = ours[list(frame.columns)].sort_values(keys, ignore_index=True)
        frame = frame.sort_values(keys, ignore_index=True)
        if name != "facts":  # a column of nothing but None has no type of its own
            ours, frame = ours.astype(object), frame.astype(object)
            ours, frame = (f.where(f.notna(), None) for f in (ours, frame))
        pd.testing.assert_frame_equal(ours, frame, check_dtype=False)
    assert list(corpus.load("facts").columns) == COLUMNS
    assert corpus.load("facts").dtypes.astype(str)["value"] == "Float64"
    assert corpus.load("facts").value.isna().sum() == facts.value.isna().sum() > 100


def test_the_schema_of_facts_is_fixed():
    assert str(find_schema("facts")).split("\n") == [
        "report_id: string not null",
        "agency: string",
        "region_code: string",
        "form: string",
        "indicator: string not null",
        "applicant: string",
        "value: double",
        "unit: string not null",
        "state: string not null",
        "raw: string not null",
        "origin: string not null",
        "place: string not null",
    ]
    for name, kind in DATASETS.items():
        assert set(find_schema(name).names) == set(kind._fields) - {"year"}


def test_any_reader_of_parquet_can_read_it(samples):
    out = samples[1]
    facts = pd.read_parquet(out / "facts")
    assert len(facts) == 2559 and set(facts.columns) == set(COLUMNS)
    part = next((out / "facts" / "year=2017").glob("*.parquet"))
    meta = pq.ParquetFile(part).metadata
    assert meta.row_group(0).column(0).compression == "ZSTD"
    assert meta.num_rows == 63


def test_years_and_columns_can_be_chosen(samples):
    corpus = gi.open_corpus(samples[1])
    frame = corpus.load("facts", years=[2017, 2018], columns=["year", "value"])
    assert frame.year.value_counts().to_dict() == {2018: 79, 2017: 63}
    with pytest.raises(DataError, match="no dataset; there are reports, facts"):
        corpus.load("fact")


def test_an_unfinished_corpus_says_so(samples, tmp_path):
    with pytest.raises(DataError, match="no corpus; make one with gi build"):
        gi.open_corpus(tmp_path)
    (tmp_path / "facts").mkdir()
    with pytest.raises(DataError, match="not finished; run gi build again"):
        _ = gi.open_corpus(tmp_path).manifest


# Resume


def test_only_what_changed_is_read_again_and_the_result_is_that_of_a_new_build(
    samples, tmp_path
):
    folder, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(samples[0], folder)
    shutil.copytree(samples[1], out)
    entry = load_entry(out, next((out / "_journal").iterdir()).stem)
    job = {"root": str(folder), "out": str(out), "versions": entry["versions"]}
    job |= {"seconds": 120.0, "memory": 1000}
    assert is_current(entry, job)
    assert not is_current(entry, job | {"versions": {"package": "9"}})
    again = build(folder, out, chunk=4)
    assert again[1:] == (16, 0, 16, 0, 0)
    assert picture(out) == picture(samples[1])
    (folder / "wenzhou_sti_2017.txt").unlink()
    shutil.copy(folder / "yanxi_market_2019.txt", folder / "new_2019.txt")
    with (folder / "tangxi_health_2021.txt").open("ab") as file:
        file.write("\n补充。\n".encode())
    built = build(folder, out, chunk=4)
    assert built.files == 16 and 2 <= built.done < 13
    assert built.done + built.kept == 16 and built.removed >= 1
    build(folder, tmp_path / "fresh", chunk=4, workers=2)
    assert picture(out) == picture(tmp_path / "fresh")
    assert "wenzhou_sti_2017" not in str(gi.open_corpus(out).load("facts").report_id)


def test_the_size_of_chunks_is_kept_from_build_to_build(tmp_path):
    folder, out = make_folder(tmp_path / "in", 40), tmp_path / "out"
    size = lambda: gi.open_corpus(out).manifest["settings"]["chunk"]  # noqa: E731
    build(folder, out)
    assert size() == 32  # an eighth, but not so few
    assert build(folder, out, chunk=5).removed > 0
    assert build(folder, out).kept == 40 and size() == 5
    (out / "manifest.json").rename(out / "_plan.json")  # as a kill leaves it
    (out / "_plan.json").write_text('{"files": 40, "chunk": 5}')
    assert build(folder, out).kept == 40 and size() == 5


def test_a_file_moves_its_own_chunk_alone():
    paths = [f"{n % 9}/{n:04d}.html" for n in range(2000)]
    paths.sort()
    before = set(cut_chunks(paths, 32))
    assert all(len(chunk.paths) <= 64 for chunk in before)
    assert 40 < len(before) < 100
    assert [p for c in cut_chunks(paths, 32) for p in c.paths] == paths
    for gone in (0, 777, 1999):
        after = set(cut_chunks(paths[:gone] + paths[gone + 1 :], 32))
        assert len(before - after) <= 4


def test_paths_are_kept_packed_and_come_back_in_order(monkeypatch):
    monkeypatch.setattr("gi_tools.corpus.folders.RUN", 70)
    monkeypatch.setattr("gi_tools.corpus.folders.BLOCK", 9)
    names = [f"{2008 + n % 17}/city\n{n % 7}/body-{n:05d}.html" for n in range(1000)]
    names += ["a.htm", "a.html", "b\udcff.txt", "2020.txt"]
    random.Random(1).shuffle(names)
    paths = Paths(names)
    years = [path[:4] if path[:2] == "20" else "" for path in paths]
    assert len(paths) == 1004 and years == sorted(years)
    assert list(paths) == list(Paths(reversed(names)))
    assert sorted(paths) == sorted(names)
    chunks = list(cut_chunks(paths, 100))
    assert sum(chunk.count for chunk in chunks) == 1004
    assert sum(len(chunk.packed) for chunk in chunks) < 10 * 1004


# Bad files


def test_a_folder_without_a_report_is_built_too(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "news.txt").write_text("今天天气晴朗。", "utf-8")
    assert build(tmp_path / "in", tmp_path / "out")[1:] == (1, 1, 0, 1, 0)
    corpus = gi.open_corpus(tmp_path / "out")
    assert corpus.manifest["totals"] == {"files": 1, "reports": 0, "failures": 1}
    assert [len(corpus.load(name)) for name in DATASETS] == [0, 0, 0, 0, 0, 1]


def test_a_last_step_that_fails_says_why(tmp_path):
    job = {"out": str(tmp_path), "target": str(tmp_path), "names": [], "head": {}}
    assert child.work(job, 0)["error"] == "the last step failed: KeyError: 'totals'"
    job["target"] = str(tmp_path / "none")
    assert child.work(job, 0)["error"].endswith(
        "No such file or directory; make room, then build again"
    )


def test_a_reading_process_that_does_not_start_is_named(tmp_path, samples, monkeypatch):
    monkeypatch.setattr("gi_tools.corpus.limits.sys.executable", shutil.which("false"))
    with pytest.raises(DataError, match="does not start; try python -m"):
        build(samples[0], tmp_path / "out", workers=2)


def test_a_reading_process_does_without_pandas():
    code = "import sys; from gi_tools.corpus import child; child.rehearse(); "
    code += "assert 'pyarrow' in sys.modules and 'pandas' not in sys.modules; "
    code += "import pandas"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def rough(tmp_path_factory, quick_start):
    """A folder with everything that can go wrong beside two good reports."""
    folder = tmp_path_factory.mktemp("rough")
    good = (SAMPLES / "wenzhou_sti_2017.txt").read_bytes()
    for order in ("sleep", "crash", "hog", "deaf"):
        (folder / f"{order}.txt").write_bytes(f"#{order}\n".encode() + good)
    (folder / "empty.html").write_bytes(b"")
    (folder / "news.txt").write_text("今天天气晴朗。", "utf-8")
    (folder / "binary").write_bytes(bytes(range(256)) * 9)
    (folder / "good.txt").write_bytes(good)
    (folder / "good.htm").write_bytes(good)
    (folder / "sub").mkdir()
    (folder / "sub" / "good.txt").write_bytes(good)
    (folder / "=cmd\n<b>.txt").write_bytes(b"")
    (folder / os.fsdecode(b"\xce\xc2.txt")).write_bytes(b"")
    (folder / "link.txt").symlink_to("/etc/hostname")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    (folder / "notes.json").write_text("{}")
    (folder / ".hidden").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{HERE / 'sitework'}:{HERE.parent}")
        patch.setattr("gi_tools.corpus.limits.GRACE", 0.5)
        built = build(folder, folder / "out", timeout=2, memory=800)
        patch.setenv("PYTHONPATH", str(HERE.parent))
        again = build(folder, folder / "out", timeout=2, memory=800)
    return folder / "out", built, again


def test_a_bad_file_stops_nothing_and_is_named_with_its_reason(rough):
    out, built, _ = rough
    assert (built.files, built.failed) == (15, 13)
    failures = gi.open_corpus(out).load("failures").set_index("file")
    kinds = failures.kind.to_dict()
    assert kinds == {
        "sleep.txt": "timeout",
        "deaf.txt": "timeout",
        "crash.txt": "crash",
        "hog.txt": "memory",
        "empty.html": "unread",
        "news.txt": "no report",
        "binary": "unread",
        "good.txt": "duplicate",
        "=cmd\n<b>.txt": "unread",
        "\\xce\\xc2.txt": "unread",
        "link.txt": "link",
        "loop": "link",
        "pipe": "unreadable",
    }
    assert failures.reason["sleep.txt"] == "not read in 2 s"
    assert failures.reason["crash.txt"].endswith("died of it (exit code -9)")
    assert failures.reason["hog.txt"] == "needs more than 800 MB of memory"
    assert failures.reason["empty.html"].startswith("empty.html: the file is empty")
    assert failures.sha256.isna().to_dict()["link.txt"]
    assert failures["size"]["news.txt"] == 21
    reports = gi.open_corpus(out).load("reports")
    assert sorted(reports.file) == ["good.htm", "sub/good.txt"]
    assert reports.report_id.is_unique and reports.sha256.nunique() == 1
    assert gi.open_corpus(out).manifest["skipped"] == {".json": 1}


def test_known_failures_are_not_tried_again(rough):
    assert rough[2][1:] == (15, 0, 15, 13, 0)


def test_another_limit_tries_them_again():
    entry = {"versions": {}, "seconds": 1, "memory": 1, "parts": [], "files": []}
    job = {"versions": {}, "seconds": 2, "memory": 1, "root": "", "out": ""}
    assert is_current(entry, job)
    entry["files"] = [{"path": "x", "failure": "timeout"}]
    assert not is_current(entry, job)


def test_hostile_text_never_breaks_a_file(tmp_path):
    texts = ["\ud800", "=1+1", "\x00", "'; drop table facts", "a" * 100_000, "\n\r\t"]
    rows = [
        Fact(text, None, text, 2020, text, text, text, 10**22, text, "reported", text,
             "table", text)
        for text in texts
    ]  # fmt: skip
    writer = Writer()
    writer.add("facts", 2020, rows)
    writer.add("facts", None, rows[:1])
    parts = list(writer.write(tmp_path, "part"))
    assert parts == [
        "facts/year=2020/part.parquet",
        f"facts/year={NO_YEAR}/part.parquet",
    ]
    table = pq.ParquetFile(tmp_path / to_draft(parts[0])).read()
    assert table["raw"].to_pylist() == ["\\ud800", *texts[1:]]
    assert table["value"].to_pylist() == [1e22] * len(texts)


def test_folders_that_cannot_be_built_are_refused(tmp_path, samples):
    folder, out, _ = samples
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for root, target, message in (
        (tmp_path / "full" / "none", tmp_path / "o", "cannot be listed"),
        (folder, tmp_path / "full", "holds other files"),
        (out / "facts", out, "lies in the corpus"),
        (folder, folder, "lies in the corpus"),
    ):
        with pytest.raises(DataError, match=message):
            build(root, target)
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="no files to read"):
        build(tmp_path / "bare", tmp_path / "o")
    assert not (tmp_path / "o").exists()
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    with pytest.raises(DataError, match="no scheduler there"):
        build(folder, tmp_path / "o", scheduler="tcp://nowhere")


def test_a_corpus_inside_its_folder_is_not_read(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "out" / "facts").mkdir(parents=True)
    (tmp_path / "out" / "b.txt").write_text("x")
    assert list(list_files(tmp_path, tmp_path / "out").paths) == ["a.txt"]


def test_two_builds_at_once_are_refused(tmp_path, samples):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "_journal").mkdir()
    with (tmp_path / "_lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="another build is at work"):
            build(samples[0], tmp_path)


def test_a_long_list_of_files_is_kept_as_parquet(tmp_path, monkeypatch):
    monkeypatch.setattr("gi_tools.corpus.finish.LARGE", 2)
    (tmp_path / "_journal").mkdir()
    files = [{"path": f"{n}\udcff.txt", "sha256": "0", "size": n} for n in range(5)]
    entry = {"chunk": "c", "files": files, "parts": []}
    (tmp_path / "_journal" / "c.json").write_text(json.dumps(entry))
    parts = write_manifest(tmp_path, tmp_path, {"totals": {"files": 5}}, ["c"])
    assert parts == ["manifest.parquet", "manifest.json"]
    assert json.loads((tmp_path / "manifest.json").read_text())["files"] == []
    table = pq.ParquetFile(tmp_path / "manifest.parquet").read()
    assert table["path"].to_pylist()[4] == "4\\xff.txt" and table.num_rows == 5


# Two years


def test_rules_between_years_are_checked_across_chunks(tmp_path):
    carried = (
        ("requests.carried_out", "natural_person"),
        ("requests.carried_in", "natural_person"),
    )
    for year, values in ((2021, ("7", "1")), (2022, ("2", "6")), (2024, ("0", "9"))):
        cells = {t[:2]: "3" for t in forms()["2021"].targets}
        cells |= dict(zip(carried, values, strict=True))
        page = to_html("2021", cells)
        title = f"温州市科学技术局{year}年政府信息公开工作年度报告"
        (tmp_path / f"{year}.html").write_text(
            page.replace("2020年统计表", title), "utf-8"
        )
    build(tmp_path, tmp_path / "out", chunk=1)
    corpus = gi.open_corpus(tmp_path / "out")
    ours, facts = corpus.load("findings"), corpus.load("facts")
    keys = ["report_id", "rule"]
    theirs = gi.check(facts).frame.sort_values(keys, ignore_index=True)
    ours = ours.sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(ours[theirs.columns], theirs, check_dtype=False)
    (found,) = ours[ours.rule == "2021.E.natural_person"].itertuples()
    assert (found.year, found.verdict, found.left, found.right) == (2022, "fail", 7, 6)


# SQL


def test_sql_answers_over_the_datasets(samples, capsys):
    query = "select year, count(*) n, sum(value) s from facts group by 1 order by 1"
    frame = gi.open_corpus(samples[1]).query(query)
    assert frame.n.sum() == 2559 and frame.s[frame.year == 2017].tolist() == [3992]
    code = main(["sql", "select '=1' f, 2 n from reports", "--corpus", str(samples[1])])
    out = capsys.readouterr().out.splitlines()
    assert code == 0 and out == ["f,n", *["'=1,2"] * 16]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from glob('/*')",
        "copy facts to '{out}/stolen.csv'",
        "copy (select 1) to '{out}/stolen.csv'",
        "attach '{out}/stolen.db'",
        "set enable_external_access = true",
        "install httpfs",
        "create table stolen as select 1",
        "select 1; select 2",
        "select * from read_csv('{out}/../stolen.csv')",
        "select * from read_parquet('https://example.org/x.parquet')",
        "selec",
        "",
    ],
)
def test_sql_reaches_nothing_else(samples, query, capsys):
    before = picture(samples[1])
    query = query.replace("{out}", str(samples[1]))
    assert main(["sql", query, "--corpus", str(samples[1])]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert picture(samples[1]) == before


# Kills


def start(*arguments, **options):
    """Start ``gi`` in a process of its own."""
    command = [sys.executable, "-m", "gi_tools.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)


def wait_for(out, chunks):
    """Wait until a build has begun and so many chunks are done."""
    deadline = time.monotonic() + 60
    while not (out / "_journal").exists() or (
        len(list((out / "_journal").glob("*.json"))) < chunks
    ):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def many(tmp_path_factory, quick_start):
    """150 reports, and the corpus of an undisturbed build."""
    folder = make_folder(tmp_path_factory.mktemp("many"), 150)
    out = tmp_path_factory.mktemp("whole")
    built = build(folder, out, chunk=6, workers=2)
    assert built.done == 150
    assert len(list((out / "_journal").iterdir())) > 15
    return folder, out


@pytest.mark.long
@pytest.mark.parametrize("done", [0, 1, 4, 8, 13, "all"])
def test_a_killed_build_goes_on_and_ends_the_same(many, tmp_path, done):
    folder, whole = many
    options = ["--chunk", 6, "--workers", 2, "--memory", 1000]
    process = start("build", folder, "-o", tmp_path / "out", *options)
    chunks = len(list((whole / "_journal").iterdir()))
    wait_for(tmp_path / "out", chunks if done == "all" else done)
    time.sleep(random.random() / 5)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL or done == "all"
    for path in (tmp_path / "out").rglob("part-*.parquet"):
        if "_drafts" not in path.parts:
            assert pq.ParquetFile(path).metadata.num_rows >= 0  # whole, or not there
    built = build(folder, tmp_path / "out", chunk=6, workers=2)
    assert built.done + built.kept == 150 and (built.done >= 6 or done == "all")
    assert picture(tmp_path / "out") == picture(whole)


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_ends_the_same(many, tmp_path):
    folder, whole = many
    dask = Path(sys.executable).parent / "dask"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    file = tmp_path / "scheduler.json"
    common = ["--host", "127.0.0.1", "--no-dashboard"]
    command = [dask, "scheduler", *common, "--port", "0", "--scheduler-file", file]
    running = [subprocess.Popen(command, **quiet)]
    try:
        command = [dask, "worker", *common, "--scheduler-file", file, "--no-nanny"]
        command += ["--nthreads", "1", "--local-directory", tmp_path / "scratch"]
        running += [subprocess.Popen(command, **quiet) for _ in range(2)]
        deadline = time.monotonic() + 30
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        options = ["--chunk", "6", "--memory", "1000", "--scheduler", address]
        job = start("build", folder, "-o", tmp_path / "out", *options)
        running.append(job)
        wait_for(tmp_path / "out", 4)
        running[1].kill()
        assert job.wait(60) == 0
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert picture(tmp_path / "out") == picture(whole)


def test_a_chunk_of_no_files_is_refused(tmp_path):
    with pytest.raises(DataError, match="give 1 or more"):
        gi.build_corpus(SAMPLES, tmp_path / "out", chunk=0)
