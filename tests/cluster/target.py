"""A scrape target: serves metrics on the ports of its arguments and records the requests that it got.

Usage: target.py PORT[:BEHAVIOUR]...   BEHAVIOUR is metrics (default), plain (no Content-Type) or silent (404).
GET /requests on a port answers with the requests as JSON lines.
"""

import http.server
import json
import sys
import threading

REQUESTS = []


def serve(port, behaviour):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            if self.path == "/requests":
                body, kind = "".join(json.dumps(each) + "\n" for each in REQUESTS), "application/json"
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                REQUESTS.append({"port": port, "path": self.path, "headers": headers})
                body, kind = f'# TYPE target_requests gauge\ntarget_requests{{port="{port}"}} {len(REQUESTS)}\n', "text/plain; version=0.0.4"
            self.send_response(404 if behaviour == "silent" else 200)
            if behaviour != "plain":
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        import socket

        address_family = socket.AF_INET6  # and of IPv4, which comes in mapped

        def handle_error(self, *_):
            pass  # clients that did not wait for the answer

    Server(("::", port), Handler).serve_forever()


def main():
    threads = []
    for word in sys.argv[1:]:
        port, _, behaviour = word.partition(":")
        threads.append(threading.Thread(target=serve, args=(int(port), behaviour or "metrics")))
    for thread in threads:
        thread.start()


main()
