"""A small page, by plain http in the clinic's own network, that brings the clinic's authority to a tablet.

A tablet cannot come by TLS before it trusts the authority. So the page shows the fingerprint, and the person compares
it with the one in the terminal before she trusts what she has just loaded. Nothing else is served, nothing is read
from the request but its path, and the page ends with Ctrl-C.
"""

from __future__ import annotations

import html
import plistlib
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from myotome.cli.serving import check_port_free

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>This tablet and the clinic's server</title>
<link rel="stylesheet" href="/page.css">
</head>
<body>
<main>
<h1>Let this tablet trust the clinic's server</h1>
<p>Compare these characters with those in the terminal of the server. If one differs, stop and close this page.</p>
<p class="fingerprint">{fingerprint}</p>
<h2>iPad and iPhone</h2>
<ol>
<li><a href="/myotome.mobileconfig">Load the profile</a> and allow it.</li>
<li>Settings, General, VPN &amp; Device Management: install &ldquo;Myotome clinic&rdquo;.</li>
<li>Settings, General, About, Certificate Trust Settings: switch it on.</li>
</ol>
<h2>Android</h2>
<ol>
<li><a href="/clinic-authority.crt">Load the certificate</a>.</li>
<li>Settings, Security, Encryption &amp; credentials, Install a certificate, CA certificate: choose the file.</li>
</ol>
<h2>Windows, macOS, Linux</h2>
<ol>
<li><a href="/clinic-authority.crt">Load the certificate</a> and open it.</li>
<li>Put it among the trusted root authorities (Windows), or set it to Always Trust in Keychain Access (macOS), or
import it under Authorities in the browser's certificate settings (Linux).</li>
</ol>
<p>The certificate is good for this clinic's server only; no other site can use it.</p>
</main>
</body>
</html>
"""

STYLE = """body { font: 1.125rem/1.5 sans-serif; margin: 0; padding: 1.5rem; color: #1b1b1b; background: #fff; }
main { max-width: 38rem; margin: 0 auto; }
.fingerprint { font-family: monospace; overflow-wrap: anywhere; border: 2px solid; padding: 1rem; }
a { display: inline-block; padding: .6rem 0; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #111; } a { color: #9cf; } }
"""


def hand_out(authority: Path, fingerprint: str, *, port: int) -> int:
    """Serves the page until Ctrl-C; returns 0."""
    check_port_free("0.0.0.0", port)  # noqa: S104  a tablet comes from outside; the page holds nothing secret
    server = ThreadingHTTPServer(("0.0.0.0", port), handler_of(files(authority, fingerprint)))  # noqa: S104
    print(f"On the tablet open http://ADDRESS-OF-THIS-MACHINE:{port}/ and compare:")
    print(fingerprint, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()


def files(authority: Path, fingerprint: str) -> dict[str, tuple[str, bytes]]:
    """Everything that is served: path to (content type, content)."""
    pem = authority.read_bytes()
    return {
        "/": ("text/html; charset=utf-8", PAGE.format(fingerprint=html.escape(fingerprint)).encode()),
        "/page.css": ("text/css", STYLE.encode()),
        "/clinic-authority.crt": ("application/x-x509-ca-cert", pem),
        "/myotome.mobileconfig": ("application/x-apple-aspen-config", profile(pem)),
    }


def profile(pem: bytes) -> bytes:
    """An Apple configuration profile that holds the authority; the same authority gives the same profile."""
    whole, part = (str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {pem.decode()}")) for kind in ("profile", "certificate"))
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": "org.myotome.clinic",
            "PayloadUUID": whole,
            "PayloadDisplayName": "Myotome clinic",
            "PayloadDescription": "Lets this device trust the clinic's own server, and no other.",
            "PayloadContent": [
                {
                    "PayloadType": "com.apple.security.root",
                    "PayloadVersion": 1,
                    "PayloadIdentifier": "org.myotome.clinic.authority",
                    "PayloadUUID": part,
                    "PayloadDisplayName": "Myotome clinic authority",
                    "PayloadCertificateFileName": "clinic-authority.crt",
                    "PayloadContent": pem,
                }
            ],
        }
    )


def handler_of(served: dict[str, tuple[str, bytes]]) -> type[BaseHTTPRequestHandler]:
    """A handler that gives these files, and 404 for everything else."""

    class Handler(BaseHTTPRequestHandler):
        """GET and HEAD of the served paths."""

        server_version, sys_version = "Myotome", ""

        def do_GET(self) -> None:
            """The file, or 404."""
            kind, content = served.get(self.path.split("?")[0], ("text/plain", b""))
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing: the terminal shows the fingerprint."""

    return Handler
