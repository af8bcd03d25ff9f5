"""A Postgres whose certificate is signed by an authority of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

from nextnest import embedded
from tests.databases import FAST, quick_folder

# A name every machine knows as its own; the server's certificate carries it and no address.
HOST = "localhost"


@dataclass(frozen=True)
class Protected:
    """A server with a certificate of an authority of its own, and another authority nobody asked."""

    url: str
    authority: Path
    stranger: Path

    def at(self, host: str = HOST, authority: Path | None = None, mode: str = "verify-full") -> str:
        """Its connection string."""
        query = urlencode({"sslmode": mode, "sslrootcert": str(authority or self.authority)})
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.replace("127.0.0.1", host), query=query).geturl()


@contextmanager
def protected_server() -> Iterator[Protected]:
    """A Postgres of its own, gone afterwards. It needs openssl."""
    with TemporaryDirectory(prefix="nextnest-tls-", dir=quick_folder()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        authority, stranger = _authority(folder, "ours"), _authority(folder, "stranger")
        _server_certificate(folder)
        server = embedded.server_for(folder / "server")
        files = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
        tls = [
            "-c",
            "ssl=on",
            *(part for key, file in files.items() for part in ("-c", f"{key}={folder / file}")),
        ]
        if server.account:
            for file in files.values():
                os.chown(folder / file, server.account.pw_uid, server.account.pw_gid)
        server = replace(server, options=(*FAST, *tls))
        try:
            yield Protected(server.ensure_running(), authority, stranger)
        finally:
            server.stop()


def _authority(folder: Path, name: str) -> Path:
    _openssl(
        folder,
        *(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ),
        *("-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}"),
    )
    return folder / f"{name}.crt"


def _server_certificate(folder: Path) -> None:
    (folder / "names").write_text(f"subjectAltName=DNS:{HOST}\n")
    _openssl(
        folder,
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={HOST}"),
    )
    _openssl(
        folder,
        *("x509", "-req", "-in", "server.csr", "-CA", "ours.crt", "-CAkey", "ours.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "names", "-out", "server.crt"),
    )
    (folder / "server.key").chmod(0o600)


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
