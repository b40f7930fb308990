"""The enrolment door of a new cell: the part of grafOS that a bare machine runs first.

The machine makes its own key, tells the hash of the key to the control plane of its cloud, and
listens with TLS 1.3. A caller needs an admin certificate of the one CA that the machine was given.
The caller brings the bundle, signs the certificates of the cell, and the door closes for good.

The folder of this file holds door.json, ca.pem, and what the door makes.
"""

import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = "/opt/grafos"
STATE = "/var/lib/grafos"
USER = "grafos"
ANSWER = "/run/grafos-answer.pem"
UNIT = "grafos-cell.service"
LINE_BYTES = 64 * 1024
BUNDLE_BYTES = 512 * 1024 * 1024
# Seconds that a caller may be silent.
SILENCE = 60
GUEST_ATTRIBUTE = "http://169.254.169.254/computeMetadata/v1/instance/guest-attributes/grafos/key-sha256"


class Refused(Exception):
    """A request that the door does not grant; the text is its code."""


def path(name):
    return os.path.join(FOLDER, name)


def note(text):
    print(text, flush=True)


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        text = done.stdout.decode("utf-8", "replace").strip()[-2000:]
        raise Refused("install_failed", "%s: %s" % (" ".join(words[:3]), text))
    return done.stdout


def write(name, content):
    """Writes a whole file or nothing, for root alone."""
    with open(path(name + ".new"), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path(name + ".new"), path(name))


def make_key():
    """Makes the key of the machine, once, and a certificate that only carries it."""
    if not os.path.exists(path("key.pem")):
        write("key.pem", run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
    if not os.path.exists(path("door.pem")):
        write("door.pem", run("openssl", "req", "-x509", "-new", "-key", path("key.pem"), "-subj", "/CN=grafos-door",
                              "-days", "30"))
    public = run("openssl", "pkey", "-in", path("key.pem"), "-pubout", "-outform", "DER")
    return hashlib.sha256(public).hexdigest()


def tell(config, key_hash):
    """Tells the hash of the key where only this machine and the owner of its account can write."""
    console = os.open("/dev/console", os.O_WRONLY | os.O_NOCTTY | os.O_APPEND)
    os.write(console, b"\ngrafos-key-sha256 %s\n" % key_hash.encode())
    os.close(console)
    if config["provider"] != "gcp":
        return
    for tries in range(30):
        try:
            ask = urllib.request.Request(GUEST_ATTRIBUTE, key_hash.encode(), {"Metadata-Flavor": "Google"},
                                         method="PUT")
            urllib.request.urlopen(ask, timeout=10).read()
            return
        except OSError as error:
            note("guest attribute: %s" % error)
            time.sleep(2)
    raise SystemExit("the guest attribute cannot be written")


def context():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.verify_flags |= ssl.VERIFY_X509_STRICT
    tls.load_verify_locations(path("ca.pem"))
    tls.load_cert_chain(path("door.pem"), path("key.pem"))
    return tls


def check_admin(connection):
    names = connection.getpeercert().get("subjectAltName", ())
    if len(names) != 1 or names[0][0] != "URI" or not names[0][1].startswith("grafos://admin/"):
        raise Refused("role_required", "the certificate is not of an admin")
    return names[0][1]


def receive_bundle(lines, say, ask):
    """Takes the bundle, from the byte where an earlier try broke off."""
    digest, size = ask["sha256"], ask["bytes"]
    if not re.fullmatch("[0-9a-f]{64}", digest) or not isinstance(size, int) or not 0 < size <= BUNDLE_BYTES:
        raise Refused("wrong_request", "the bundle has no size or hash that the door takes")
    part = path("bundle-%s.part" % digest)
    have = os.path.getsize(part) if os.path.exists(part) else 0
    if have > size:
        os.remove(part)
        have = 0
    say({"have": have})
    with open(part, "ab") as file:
        while have < size:
            piece = lines.read1(min(size - have, 1024 * 1024))
            if not piece:
                raise ConnectionError("the caller left after %d of %d bytes" % (have, size))
            file.write(piece)
            have += len(piece)
        file.flush()
        os.fsync(file.fileno())
    with open(part, "rb") as file:
        real = hashlib.sha256()
        for piece in iter(lambda: file.read(1024 * 1024), b""):
            real.update(piece)
    if real.hexdigest() != digest:
        os.remove(part)
        raise Refused("bundle_altered", "the bundle has another hash than the caller said")
    unpack(part, digest)
    say({"ok": True})


def unpack(part, digest):
    """Unpacks the bundle aside, checks each of its files, and puts it in its place."""
    before = os.umask(0o022)
    aside = os.path.join(PROGRAMS, "new")
    shutil.rmtree(aside, ignore_errors=True)
    os.makedirs(aside, 0o755)
    run("tar", "--extract", "--gzip", "--no-same-owner", "--file", part, "--directory", aside)
    names = os.listdir(aside)
    if len(names) != 1 or not re.fullmatch(r"grafos-cell-[0-9A-Za-z.-]+", names[0]):
        raise Refused("bundle_altered", "the bundle is not one folder")
    run("sha256sum", "--check", "--quiet", "--strict", "MANIFEST.sha256", cwd=os.path.join(aside, names[0]))
    home = os.path.join(PROGRAMS, names[0])
    shutil.rmtree(home, ignore_errors=True)
    os.rename(os.path.join(aside, names[0]), home)
    os.rmdir(aside)
    link = os.path.join(PROGRAMS, "current")
    if os.path.lexists(link + ".new"):
        os.remove(link + ".new")
    os.symlink(names[0], link + ".new")
    os.rename(link + ".new", link)
    os.umask(before)
    write("bundle.json", json.dumps({"sha256": digest}).encode())


def grafos(*words):
    """Runs the command as the user of the cell, who owns its state."""
    try:
        run("id", USER)
    except Refused:
        run("useradd", "--system", "--user-group", "--home-dir", STATE, "--shell", "/usr/sbin/nologin", USER)
    run("install", "--directory", "--owner", USER, "--group", USER, "--mode", "0700", STATE)
    return run("runuser", "-u", USER, "--", os.path.join(PROGRAMS, "current", "bin", "grafos"), "cell", *words)


def make_request(config, say, ask):
    """Makes the keys of the cell and answers with the request for their certificates."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", ask["host"]):
        raise Refused("wrong_request", "the address of the cell is not an IPv4 address")
    grafos("init", "--state", STATE, "--cell-id", config["cell_id"], "--provider", config["provider"], "--region",
           config["region"], "--host", ask["host"], "--port", str(config["scheduler_port"]))
    with open(os.path.join(STATE, "request.pem")) as file:
        say({"request": file.read(LINE_BYTES)})


def take_answer(say, ask):
    before = os.umask(0o022)
    with open(ANSWER, "w") as file:
        file.write(ask["answer"])
    os.umask(before)
    grafos("init", "--state", STATE, "--cert", ANSWER)
    write("enrolled", b"")
    say({"done": True})


def serve(connection, config):
    """Serves one caller. @returns True when the cell is enrolled."""
    note("door: a caller with %s" % check_admin(connection))
    lines = connection.makefile("rb")

    def say(value):
        connection.sendall(json.dumps(value).encode() + b"\n")

    held = None
    if os.path.exists(path("bundle.json")):
        with open(path("bundle.json")) as file:
            held = json.load(file)["sha256"]
    say({"door": 1, "cell_id": config["cell_id"], "bundle": held})
    try:
        while not os.path.exists(path("enrolled")):
            line = lines.readline(LINE_BYTES)
            if not line.endswith(b"\n"):
                raise ConnectionError("the caller left")
            try:
                ask = json.loads(line)
                kind = ask["ask"]
            except (ValueError, TypeError, KeyError):
                raise Refused("wrong_request", "the request is not a JSON object with an ask")
            if kind == "bundle":
                receive_bundle(lines, say, ask)
            elif kind == "request":
                make_request(config, say, ask)
            elif kind == "answer":
                take_answer(say, ask)
            else:
                raise Refused("wrong_request", "the door does not know this request")
    except (KeyError, TypeError) as error:
        say({"refused": "wrong_request", "why": "the request lacks %s" % error})
        raise Refused("wrong_request", str(error))
    except Refused as error:
        say({"refused": error.args[0], "why": error.args[1]})
        raise


def start_cell():
    """Closes the door for good and starts the cell, which the system starts again from now on."""
    for name in os.listdir(FOLDER):
        if name.endswith(".part"):
            os.remove(path(name))
    shutil.copyfile(os.path.join(PROGRAMS, "current", "systemd", UNIT), "/etc/systemd/system/" + UNIT)
    os.chmod("/etc/systemd/system/" + UNIT, 0o644)
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", UNIT)
    run("systemctl", "start", "--no-block", UNIT)
    write("closed", b"enrolled\n")
    note("door: closed, the cell is enrolled")


def main():
    os.umask(0o077)
    with open(path("door.json")) as file:
        config = json.load(file)
    if os.path.exists(path("closed")):
        return
    if os.path.exists(path("enrolled")):
        start_cell()
        return
    key_hash = make_key()
    ends = os.path.getmtime(path("key.pem")) + config["seconds"]
    tls = context()
    with socket.create_server(("0.0.0.0", config["door_port"])) as door:
        # The door is open before the hash is told, so that nobody has to try again.
        tell(config, key_hash)
        while not os.path.exists(path("enrolled")):
            left = ends - time.time()
            if left <= 0:
                write("closed", b"idle\n")
                note("door: closed, nobody enrolled this machine in time")
                return
            door.settimeout(min(left, 3600))
            try:
                plain, peer = door.accept()
            except (TimeoutError, socket.timeout):
                continue
            try:
                with plain:
                    plain.settimeout(SILENCE)
                    with tls.wrap_socket(plain, server_side=True) as connection:
                        serve(connection, config)
            except (OSError, Refused) as error:
                note("door: %s was turned away: %s" % (peer[0], error))
    start_cell()


if __name__ == "__main__":
    sys.exit(main())
