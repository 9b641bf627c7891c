"""Nobody gets in but the page that the server has opened."""

import http.client
import json

import httpx
import pytest
from web_server import running

from estilo.web.guard import Address
from estilo.web.page import entrance

ROUTES = [
    ("GET", "/api/about"),
    ("GET", "/api/clips"),
    ("POST", "/api/clips"),
    ("POST", "/api/clips/built-in/rain"),
    ("DELETE", "/api/clips/x"),
    ("GET", "/api/clips/x/audio"),
    ("GET", "/api/clips/x/heard"),
    ("POST", "/api/choice"),
    ("POST", "/api/jobs"),
    ("GET", "/api/jobs"),
    ("GET", "/api/jobs/x"),
    ("DELETE", "/api/jobs/x"),
    ("GET", "/api/jobs/x/events"),
    ("GET", "/api/jobs/x/files/wav"),
    ("GET", "/api/openapi.json"),
    ("GET", "/nowhere"),
]


def test_the_routes_of_this_file_are_all_that_there_are(browser):
    paths = browser.get("/api/openapi.json").json()["paths"]
    known = {(method.upper(), path) for path, of in paths.items() for method in of}
    known -= {("GET", "/"), ("GET", "/assets/{name}"), ("POST", "/api/session")}
    named = {
        (method, path.replace("built-in/rain", "built-in/{name}"))
        for method, path in ROUTES
        if path not in ("/api/openapi.json", "/nowhere")
    }

    def shape(path):
        ids = {"/clips/{clip}": "/clips/x", "/jobs/{job}": "/jobs/x", "/files/{kind}": "/files/wav"}
        for name, example in ids.items():
            path = path.replace(name, example)
        return path

    assert {(method, shape(path)) for method, path in known} == named


def test_every_route_wants_the_cookie(server):
    with server.stranger() as stranger, server.stranger() as guessing:
        guessing.cookies.set(server.house.address.cookie, "guessed")
        for method, path in ROUTES:
            for client in (stranger, guessing):
                answer = client.request(method, path)
                assert answer.status_code == 401, path
                assert "estilo web" in answer.json()["error"]["what_to_do"]


def test_a_token_counts_once(server):
    token = server.house.token.text
    with server.stranger() as first, server.stranger() as second:
        cookie = first.post("/api/session", json={"token": token}).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert first.get("/api/about").status_code == 200
        again = second.post("/api/session", json={"token": token})
        assert again.status_code == 403
        assert "does not count" in again.json()["error"]["message"]
        assert second.get("/api/about").status_code == 401


def test_who_is_in_needs_no_token(browser):
    assert browser.post("/api/session", json={"token": "any"}).status_code == 204


HOSTS = (
    "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "10.0.0.1:{port}",
    "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}", "[::]:{port}", "",
    "127.0.0.1:{port}@evil.example",
)  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_names_that_others_let_lead_here_are_refused(server, browser, host):
    headers = {"host": host.format(port=server.house.address.port)}
    for method, path in [*ROUTES, ("GET", "/"), ("GET", "/assets/enter.js")]:
        assert browser.request(method, path, headers=headers).status_code == 403, path


ORIGINS = (
    "null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "file://",
    "https://127.0.0.1:{port}", "http://localhost:{port}", "",
)  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_other_origins_are_refused(server, browser, origin):
    headers = {"origin": origin.format(port=server.house.address.port)}
    for method, path in ROUTES:
        assert browser.request(method, path, headers=headers).status_code == 403, path


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_browsers_ask_for_other_pages_is_refused(browser, site):
    """As an image of theirs, for instance, for which no origin is said."""
    for method, path in ROUTES:
        answer = browser.request(method, path, headers={"sec-fetch-site": site})
        assert answer.status_code == 403, path
    assert browser.get("/", headers={"sec-fetch-site": site}).status_code != 403


def test_the_own_origin_is_let_in_by_both_names(server, browser):
    port = server.house.address.port
    for name in ("127.0.0.1", "localhost"):
        headers = {"host": f"{name}:{port}", "origin": f"http://{name}:{port}"}
        assert browser.get("/api/about", headers=headers).status_code == 200


def test_two_hosts_in_one_request_are_refused(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.house.address.port, timeout=20)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Host", f"127.0.0.1:{server.house.address.port}")
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status in (400, 403)
    connection.close()


def test_every_answer_has_the_headers(server, browser):
    asked = [*ROUTES, ("GET", "/"), ("GET", "/assets/enter.js"), ("GET", "/assets/no")]
    with server.stranger() as stranger:
        for method, path in asked:
            for client in (browser, stranger):
                headers = client.request(method, path).headers
                policy = headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "script-src 'self';" in policy
                assert "unsafe" not in policy
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["referrer-policy"] == "no-referrer"
                wanted = "no-cache" if path.startswith("/assets/") else "no-store"
                assert headers["cache-control"] == wanted


def test_web_sockets_are_refused(server, browser):
    headers = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    answer = browser.get("/api/jobs/x/events", headers=headers)
    assert answer.status_code in (400, 403, 404)


def test_what_is_asked_for_has_a_size(browser):
    def status(path: str, content: object) -> int:
        """Status of the answer, 413 if the server hung up before it could be read."""
        headers = {"content-type": "application/json"}
        try:
            return browser.post(path, content=content, headers=headers).status_code
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            return 413

    assert status("/api/session", json.dumps({"token": "x" * 300_000}).encode()) == 413
    # Without a length that is said beforehand.
    assert status("/api/choice", (b" " * 100_000 for _ in range(5))) in (400, 413)
    assert browser.get("/api/jobs").status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff\xfe", b'{"token": NaN}', b"null"])
def test_what_is_no_json_is_refused_in_words(browser, body):
    headers = {"content-type": "application/json"}
    answer = browser.post("/api/choice", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_request_that_does_not_end_is_refused(tmp_path):
    with running(tmp_path, stall_s=0.3) as server, server.browser() as browser:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        for path in ("/api/clips?name=a.wav", "/api/choice"):
            connection = http.client.HTTPConnection("127.0.0.1", server.house.address.port)
            connection.putrequest("POST", path)
            connection.putheader("Cookie", cookie)
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", "100")
            connection.endheaders(b"{")
            answer = connection.getresponse()
            assert answer.status in (400, 408)
            assert "error" in json.loads(answer.read())
            connection.close()
        session = next(iter(server.folder.iterdir()))
        assert list(session.iterdir()) == []


def test_the_small_page_takes_the_token_without_inline_scripts():
    english, spanish = entrance("en"), entrance("es-AR")
    assert "enter the token" in english
    assert "escriba la clave" in spanish
    for text in (english, spanish):
        assert "<script src=" in text
        assert "onclick" not in text
        assert "{" not in text


def test_a_page_that_is_not_built_says_what_to_do(tmp_path):
    with running(tmp_path, built=tmp_path / "nowhere") as server, server.browser() as browser:
        answer = browser.get("/")
        assert answer.status_code == 503
        assert "run make web" in answer.text


def test_the_page_is_there_for_who_is_in(tmp_path):
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<p>the page</p>", encoding="utf-8")
    (built / "assets" / "main.js").write_text("1;", encoding="utf-8")
    (built / "secret.txt").write_text("secret", encoding="utf-8")
    folder = tmp_path / "files"
    folder.mkdir()
    with running(folder, built=built) as server, server.browser() as browser:
        assert browser.get("/").text == "<p>the page</p>"
        assert browser.get("/assets/main.js").headers["content-type"].startswith("text/javascript")
        for name in ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd"):
            assert browser.get(f"/assets/{name}").status_code == 404
        with server.stranger() as stranger:
            assert "token" in stranger.get("/").text


def test_beyond_this_machine_addresses_in_numbers_are_known_and_names_are_not():
    address = Address("0.0.0.0", 8765, names=("studio",))
    assert address.knows("192.168.1.7:8765")
    assert address.knows("studio:8765")
    assert not address.knows("evil.example:8765")
    assert not address.knows("192.168.1.7:80")


def test_a_proxy_is_known_by_its_address():
    address = Address(port=8765, public_url="https://music.example.org")
    assert address.knows("music.example.org")
    assert address.is_of("https://music.example.org", "music.example.org")
    assert not address.is_of("http://music.example.org:80", "music.example.org")
    assert address.is_secure
