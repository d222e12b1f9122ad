"""Who started a server hears of it when it answers, and hears why not while it does not."""

from __future__ import annotations

import socket
import threading

from myotome.cli import serving

ANSWERS = (b"", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_a_server_that_answers_late_and_badly_at_first_is_waited_for(monkeypatch, capsys):
    monkeypatch.setattr(serving, "SECONDS_BETWEEN_WORDS", 0)
    called = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            for words in ANSWERS:
                with server.accept()[0] as caller:
                    caller.recv(1000)
                    caller.sendall(words)

        thread = threading.Thread(target=answer)
        thread.start()
        serving.call_when_answering("127.0.0.1", port, False, lambda: called.append(port))
        thread.join(20)
    assert called == [port]
    assert capsys.readouterr().err.splitlines() == [
        f"myotome: port {port} does not answer yet; still asking. Ctrl-C ends it."
    ] * (len(ANSWERS) - 1)
