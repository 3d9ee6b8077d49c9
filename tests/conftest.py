"""What several kinds of tests need."""

import os
import shutil
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

# How fast examples come says how busy the machine is, and nothing of the program.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# Commands and daemons are started by the hundred: none of them should compile the program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def issue(tmp_path_factory):
    """Makes a certificate for localhost, once of each name: the paths of its PEM file and of its key's."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")

    @cache
    def issue(name, days=90, passphrase=""):
        certificate, key, request = (folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        hidden = ("-passout", f"pass:{passphrase}") if passphrase else ("-nodes",)
        shown = ("-passin", f"pass:{passphrase}") if passphrase else ()
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        new = ("req", "-new", *curve, *hidden, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        sign = ("x509", "-req", "-in", request, "-signkey", key, *shown, "-days", days, "-extfile", folder / "names")
        for words in (new, (*sign, "-out", certificate)):
            subprocess.run(["openssl", *map(str, words)], capture_output=True, check=True)
        return certificate, key

    return issue
