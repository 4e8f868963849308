"""The HTTP interface of a ClickHouse around the engine of the package chdb: SQL by POST, answers and errors as a server gives them.

    python server.py FOLDER [USER PASSWORD]        prints its port when it answers

The engine does not know the revision of the protocol with which the collector's client shakes hands, so that one answer is made here.
"""

import base64
import re
import struct
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session

folder, *credentials = sys.argv[1:]
session = Session(folder)
lock = Lock()
EXPECTED = "Basic " + base64.b64encode(":".join(credentials).encode()).decode()
STATUS = {60: 404, 81: 404, 516: 403, 497: 403}
WRONG_PASSWORD = b"Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)"


def text(value):
    return bytes([len(value)]) + value.encode()


def handshake():
    """displayName(), version(), revision(), timezone() in a block of the newest revision; from here on revision 0 is spoken."""
    version = session.query("SELECT version()", "TabSeparated").bytes().decode().strip()
    columns = [("displayName()", "String", text("chdb")), ("version()", "String", text(version)), ("revision()", "UInt32", struct.pack("<I", 0)), ("timezone()", "String", text("UTC"))]
    block = b"\x01\x00\x02" + struct.pack("<i", -1) + b"\x00" + bytes([len(columns), 1])
    return block + b"".join(text(name) + text(kind) + b"\x00" + value for name, kind, value in columns)


def answer_to(sql, body, form):
    if b"displayName()" in sql.encode() + body:
        return handshake()
    # Else the URL names the table, and the rows are what is posted.
    if body and re.match(r"\s*INSERT\b", sql, re.I):
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".native") as file:
            file.write(body)
            file.flush()
            into = re.sub(r"(\s+VALUES|\s+FORMAT\s+\w+)\s*;?\s*$", "", sql.strip(), flags=re.I)
            return session.query(f"{into} SELECT * FROM file('{file.name}', 'Native')").bytes()
    return session.query(sql + body.decode(), form).bytes()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = self.headers.get("Content-Length")
        body = self.chunks() if length is None else self.rfile.read(int(length))
        if credentials and self.headers.get("Authorization") != EXPECTED:
            return self.answer(WRONG_PASSWORD)
        parameters = parse_qs(urlsplit(self.path).query)
        try:
            # The engine is one for the process.
            with lock:
                result = answer_to(parameters.get("query", [""])[0], body, parameters.get("default_format", ["TabSeparated"])[0])
            self.answer(result, 200)
        except Exception as error:
            self.answer(str(error).encode())

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, body, status=None):
        code = int(re.search(rb"Code: (\d+)|$", body)[1] or 0) if status is None else 0
        self.send_response(status or STATUS.get(code, 500))
        if code:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
