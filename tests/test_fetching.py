"""Fetching against a server that misbehaves in every way known to us."""

import csv
import hashlib
import json
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import gi_tools as gi
from gi_tools.cli import main
from gi_tools.errors import DataError
from gi_tools.fetching import Limits, addresses, fetch, make_agent
from gi_tools.fetching.addresses import Refusal, check_url, is_public
from gi_tools.fetching.visits import Visitor, _read_wait

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "data" / "samples" / "wenzhou_sti_2017.txt").read_bytes()
QUICK = Limits(delay=0.01, tries=3, size=200_000, seconds=0.6, private=True)
ROBOTS = b"User-agent: *\nDisallow: /secret\nDisallow: /*.asp$\n"
THIN = """<html><head><meta charset=utf-8></head><body><p>2021年年报见附件</p>
<a href="附件 年报.docx">年度报告.docx</a> <a href="../../../../etc/passwd.doc">x</a>
<a href="javascript:alert(1)//.pdf">y</a> <a href="file:///etc/hosts.pdf">z</a>
</body></html>""".encode("gb18030")


class Server(ThreadingHTTPServer):
    """Counts what it is asked, and how many requests are at work at once."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.headers, self.times = Counter(), [], []
        self.active = self.most = 0
        self.robots, self.wait = (200, ROBOTS), None
        self.lock = threading.Lock()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.server_address[1]}{path}"


class Handler(BaseHTTPRequestHandler):
    """One method a bad habit."""

    def do_GET(self):
        server = self.server
        with server.lock:
            server.asked[self.path] += 1
            server.headers.append(dict(self.headers))
            server.times.append(time.monotonic())
            server.active += 1
            server.most = max(server.most, server.active)
        try:
            name = self.path.strip("/").partition("?")[0].split("/")[0].split(".")[0]
            with suppress(OSError):
                getattr(self, f"be_{name}", self.be_page)()
        finally:
            with server.lock:
                server.active -= 1

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def be_robots(self):
        wait = {"Retry_After": self.server.wait} if self.server.wait else {}
        self.answer(*self.server.robots, **wait)

    def be_same(self):
        self.answer(304)

    def be_page(self):
        self.answer(200, PAGE, Set_Cookie="id=1", ETag='"1"')

    def be_thin(self):
        self.answer(200, THIN, Content_Type="text/html; charset=utf-8")

    def be_names(self):
        name = 'attachment; filename="../../../../evil.sh"'
        self.answer(200, b"#!/bin/sh\n" + PAGE, Content_Disposition=name)

    def be_etag(self):
        if self.headers.get("If-None-Match") == '"7"':
            return self.answer(304)
        return self.answer(200, PAGE, ETag='"7"', Last_Modified="Mon, 01 Jan 2024")

    def be_busy(self):
        if self.server.asked[self.path] < 3:
            return self.answer(429, Retry_After="0")
        return self.be_page()

    def be_later(self):
        self.answer(429, Retry_After="9999")

    def be_ill(self):
        self.answer(503)

    def be_gone(self):
        self.answer(404, b"nothing")

    def be_empty(self):
        self.answer(200, b"  ")

    def be_short(self):
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b"half")

    def be_chunk(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"zz\r\nbroken")

    def be_garbage(self):
        self.wfile.write(b"\x00\xff\r\n\r\n" * 9)

    def be_endless(self):
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 10_000)

    def be_slow(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def be_drip(self):
        for _ in range(100):
            self.wfile.write(b"H")
            time.sleep(0.05)

    def be_loop(self):
        self.answer(302, Location="/loop/2" if self.path == "/loop" else "/loop")

    def be_hop(self):
        self.answer(301, Location=f"/hop/{int(self.path.split('/')[2]) + 1}")

    def be_moved(self):
        self.answer(302, Location="/page/new#part")

    def be_to(self):
        self.answer(302, Location=self.path.partition("?")[2])


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield server
        server.shutdown()


@pytest.fixture
def run(server, tmp_path):
    """Fetch paths of the server; give the records of the index by address."""

    def run(*paths, limits=QUICK, host="127.0.0.1", **options):
        rows = [["甲局", "乙市", 2021, server.url(path, host)] for path in paths]
        with (tmp_path / "list.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["agency", "region", "year", "url"], *rows])
        options = {"progress": False} | options
        run.found = fetch(
            tmp_path / "list.csv", tmp_path / "out", limits=limits, **options
        )
        lines = (tmp_path / "out" / "index.jsonl").read_text("ascii").splitlines()
        inside = {p.name for p in tmp_path.iterdir()}
        assert inside == {"list.csv", "out"}, "something was written elsewhere"
        assert {p.name for p in (tmp_path / "out").iterdir()} == {
            "files",
            "index.jsonl",
        }
        return {record["url"]: record for record in map(json.loads, lines)}

    return run


# What is kept


def test_bytes_are_kept_with_where_they_are_from(server, run, tmp_path):
    record = run("/page", contact="me@example.org")[server.url("/page")]
    assert run.found == (1, 0, 0)
    data = (tmp_path / "out" / record["file"]).read_bytes()
    digest = hashlib.sha256(PAGE).hexdigest()
    assert data == PAGE and record["sha256"] == digest
    assert record["file"] == f"files/{digest[:2]}/{digest}.txt"
    assert (record["agency"], record["region"], record["year"]) == (
        "甲局",
        "乙市",
        "2021",
    )
    assert (record["status"], record["size"]) == (200, len(PAGE))
    assert ["etag", '"1"'] in record["headers"]
    assert record["time"].endswith("+00:00")
    assert server.headers[-1]["User-Agent"].startswith("gi_tools/")
    assert "me@example.org" in server.headers[-1]["User-Agent"]
    assert server.headers[-1]["Host"] == server.url("")[7:]
    assert gi.parse(gi.read(tmp_path / "out" / record["file"])).identity.year == 2017


def test_names_in_headers_and_addresses_write_nothing_elsewhere(server, run, tmp_path):
    paths = [
        "/names",
        "/..%2f..%2fevil",
        "/../../evil",
        "/a\\..\\evil",
        "/page/\u202eexe",
    ]
    found = run(*paths)
    assert run.found.fetched == len(paths)
    files = {p.suffix for p in (tmp_path / "out" / "files").rglob("*") if p.is_file()}
    assert files == {".txt"}
    assert all(record["file"].startswith("files/") for record in found.values())


def test_files_linked_from_a_thin_page_come_too(server, run):
    found = run("/thin")
    page = found.pop(server.url("/thin"))
    assert page["kind"] == "html"
    urls = [server.url("/附件%20年报.docx"), server.url("/etc/passwd.doc")]
    assert page["attachments"] == urls
    assert {record["parent"] for record in found.values()} == {server.url("/thin")}
    assert run.found == (3, 0, 0)


def test_a_second_run_fetches_only_what_is_not_there(server, run, tmp_path):
    run("/etag", "/thin")
    again = run("/etag", "/thin", "/page")
    assert run.found == (1, 4, 0)
    assert server.asked["/etag"] == 1
    run("/etag", refresh=True)
    assert run.found == (0, 1, 0) and server.asked["/etag"] == 2
    (tmp_path / "out" / again[server.url("/etag")]["file"]).unlink()
    run("/etag")
    assert run.found == (1, 0, 0)


def test_a_line_that_a_kill_cut_is_passed_over(server, run, tmp_path):
    run("/page")
    with (tmp_path / "out" / "index.jsonl").open("ab") as file:
        file.write(b'{"url": "http://half')
    store = tmp_path / "out" / "index.jsonl"
    assert store.read_bytes().endswith(b"half")
    with pytest.raises(json.JSONDecodeError):
        run("/page", "/page/2")
    assert run.found == (1, 1, 0)
    assert json.loads(store.read_bytes().splitlines()[-1])["url"].endswith("/page/2")


# Manners


def test_one_request_at_a_time_for_a_host_with_a_rest_between(server, run):
    run(*(f"/page/{n}" for n in range(6)), limits=QUICK._replace(delay=0.05))
    assert server.most == 1
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert len(gaps) == 6 and min(gaps) >= 0.05


def test_robots_are_obeyed(server, run):
    found = run("/secret/1", "/x.asp", "/x.asp?id=1", "/open")
    errors = [record["error"] for record in found.values()]
    assert errors.count("robots.txt does not allow it") == 2
    assert server.asked["/robots.txt"] == 1
    assert not server.asked["/secret/1"] and not server.asked["/x.asp"]
    assert server.asked["/x.asp?id=1"] == server.asked["/open"] == 1


def test_a_redirect_into_what_robots_forbid_is_not_followed(server, run):
    (record,) = run("/to?/secret/2").values()
    assert record["error"] == "robots.txt does not allow it"
    assert not server.asked["/secret/2"]


@pytest.mark.parametrize(
    ("robots", "fetched"), [((404, b""), 1), ((503, b""), 0), ((200, b"\xff<html>"), 1)]
)
def test_a_missing_robots_file_opens_and_an_ill_host_closes(
    server, run, robots, fetched
):
    server.robots = robots
    (record,) = run("/page").values()
    assert run.found.fetched == fetched
    if not fetched:
        assert record["error"] == "robots.txt cannot be read: HTTP 503; 3 tries"


@pytest.mark.parametrize("wait", [None, "9999"])
def test_a_host_too_busy_to_give_its_robots_file_is_not_asked_for_more(
    server, run, wait
):
    server.robots = (429, b"")
    server.wait = wait
    (record,) = run("/page").values()
    assert record["error"].startswith("robots.txt cannot be read: HTTP 429; ")
    assert not server.asked["/page"]


def test_nothing_changed_is_no_answer_to_who_has_nothing(server, run):
    server.robots = (304, b"")
    (record,) = run("/page").values()
    assert record["error"] == "robots.txt cannot be read: HTTP 304"
    server.robots = (404, b"")
    record = run("/same")[server.url("/same")]
    assert record["error"] == "HTTP 304" and run.found == (0, 0, 1)


def test_a_crawl_delay_is_kept(server, run):
    server.robots = (200, b"User-agent: *\nCrawl-delay: 0.2")
    run("/page/1", "/page/2", "/page/3")
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert min(gaps[1:]) >= 0.2


# Misbehaviour


@pytest.mark.parametrize(
    ("path", "error", "asked"),
    [
        ("/ill", "HTTP 503; 3 tries", 3),
        ("/gone", "HTTP 404", 1),
        ("/later", "HTTP 429; come back in 9999 s", 1),
        ("/empty", "an empty answer; 3 tries", 3),
        ("/short", "RemoteProtocolError", 3),
        ("/chunk", "RemoteProtocolError", 3),
        ("/garbage", "RemoteProtocolError", 3),
        ("/endless", "larger than 200,000 bytes", 1),
        ("/slow", "takes longer than it may", 1),
        ("/drip", "takes longer than it may", 1),
        ("/loop", "redirects go in a circle", 1),
        ("/hop/1", "more than 5 redirects", 1),
        ("/to?file:///etc/passwd", "only http and https are fetched, not file", 1),
        ("/to?ftp://127.0.0.1/x", "only http and https are fetched, not ftp", 1),
        ("/to?http://u:p@127.0.0.1/", "user name", 1),
        ("/to?http://[::1", "RemoteProtocolError: Invalid URL", 3),
        ("/to?http://a]b/", "a redirect to no address", 1),
    ],
)
def test_a_bad_answer_is_a_line_in_the_index(server, run, tmp_path, path, error, asked):
    start = time.monotonic()
    record = run(path)[server.url(path)]
    assert error in record["error"]
    assert server.asked[path] == asked
    assert run.found == (0, 0, 1)
    assert time.monotonic() - start < 4
    assert not [p for p in (tmp_path / "out" / "files").rglob("*") if p.is_file()]


def test_a_busy_server_is_asked_again(server, run):
    record = run("/busy")[server.url("/busy")]
    assert record["error"] is None and server.asked["/busy"] == 3


def test_a_redirect_is_followed_and_recorded(server, run):
    record = run("/moved")[server.url("/moved")]
    assert record["hops"] == [server.url("/moved")]
    assert record["final_url"].startswith(server.url("/page/new"))


def test_cookies_are_not_kept(server, run):
    run("/page/1", "/page/2")
    assert not any("Cookie" in headers for headers in server.headers)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("soon", None),
        (None, None),
        ("-1", None),
        ("²", None),
        ("Mon, 1 Jan 99999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read(text, seconds):
    assert _read_wait(text) == seconds


def test_retry_after_can_be_a_date():
    assert _read_wait("Mon, 01 Jan 2024 00:00:00 GMT") == 0
    assert _read_wait("Fri, 01 Jan 2100 00:00:00 GMT") > 10**9
    assert _read_wait("Mon, 01 Jan 2024 00:00:00") is None  # without a zone


# Addresses


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 "
    "224.0.0.1 240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 ::1 :: fe80::1 fc00::1 "
    "ff02::1 fec0::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 2002:7f00:1:: "
    "2001:0:7f00:1::1 2001:db8::1 fe80::1%1".split(),
)
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


def test_addresses_that_are_public():
    assert is_public("114.114.114.114") and is_public("240e::1")


def test_without_the_flag_private_addresses_are_refused(server, run):
    strict = QUICK._replace(private=False)
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1"):
        record = run("/page", limits=strict, host=host)[server.url("/page", host)]
        assert "no public address" in record["error"]
    assert not server.asked


def test_a_redirect_to_a_private_address_is_refused(server, run, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda a: a == "127.0.0.1")
    strict = QUICK._replace(private=False)
    for target in ("http://10.0.0.1/", "http://169.254.169.254/meta", "//[::1]/x"):
        path = f"/to?{target}"
        record = run(path, limits=strict)[server.url(path)]
        assert "no public address" in record["error"]
        assert server.asked[path] == 1


def test_the_address_that_was_checked_is_the_one_asked(server, monkeypatch):
    """A name server that changes its mind after the check leads nowhere else."""
    real, asked = socket.getaddrinfo, []

    def rebind(host, port, *rest, **options):
        if host == "rebind.test":
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return real(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    monkeypatch.setattr(addresses, "is_public", lambda a: a == "127.0.0.1")
    with Visitor("gi_tools", QUICK._replace(private=False)) as visitor:
        url = server.url("/page", "rebind.test")
        with pytest.raises(Refusal, match=r"10\.0\.0\.1, no public"):
            visitor.fetch(url)
    assert server.asked == {"/robots.txt": 1}
    assert server.headers[0]["Host"].startswith("rebind.test:")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://x/", "//x/y", "x", "", "http://", "http://a b/",
        "http://x:0/", "http://x:99999/", "http://u@x/", "http://x/\r\nHost: y",
        "http://x/" + "a" * 2000, "javascript:alert(1)", "http://[::1", "data:,x",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    with pytest.raises(Refusal):
        check_url(url)


# The list and the command


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column url"),
        ("agency,year\n甲,2020\n", "no column url"),
        ("agency,url\n甲,\n", "not one address"),
        ("url\n\udcff\n", "no CSV in UTF-8"),
        (None, "no CSV in UTF-8"),
    ],
)
def test_a_list_without_addresses_is_refused(tmp_path, text, message):
    if text is not None:
        data = text.encode("utf-8", "surrogateescape")
        (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(DataError, match=message):
        fetch(tmp_path / "list.csv", tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_contact_is_one_plain_line():
    assert make_agent("a@example.org").endswith("; a@example.org)")
    for bad in ("x\r\nHost: y", "甲", "x" * 101):
        with pytest.raises(DataError, match="plain e-mail"):
            make_agent(bad)


def test_the_list_we_ship_is_read():
    with (ROOT / "data" / "sources.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 360
    assert list(rows[0]) == ["agency", "region", "year", "url", "title"]
    assert all(
        check_url(row["url"]) and 2007 <= int(row["year"]) <= 2025 for row in rows
    )


def test_the_command_fetches_and_counts(server, tmp_path, capsys):
    sources = tmp_path / "list.csv"
    sources.write_text(f"url\n{server.url('/page')}\n{server.url('/gone')}\nnone\n")
    options = ["--allow-private", "--delay", "0.01", "--quiet"]
    code = main(["fetch", str(sources), "-o", str(tmp_path / "out"), *options])
    out = capsys.readouterr().out
    assert code == 1 and out.startswith("1 fetched, 0 kept as they were, 2 failed")
