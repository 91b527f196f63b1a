# SPDX-License-Identifier: Apache-2.0
"""What the peer tests stand on: TAP, children that are ended, a folder that is removed, tokens
carried between two peers of the line protocol (line.h)."""
import base64
import itertools
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from urllib.parse import unquote as percent_decode

SOURCE = os.environ.get('SSP_TEST_SRC') or os.path.abspath(__file__ + '/../../..')
BUILD = os.environ.get('SSP_TEST_BUILD', '')
PACKAGES = os.environ.get('SSP_TEST_PACKAGES', '')
HERE = SOURCE + '/tests/peers'
PYTHON = '/usr/bin/python3'  # Debian's, which sees Debian's modules
PATIENCE = 20                # seconds that an answer may take

# name, password, MD4 of the password in UTF-16LE
USERS = [
    ('alice', 'alicepw', '6d79e54cfc7ee9b0285bfbfeacc048c5'),
    ('bob', 'bobpw', 'c0806a3e8488c045d2a30ff0fd751233'),
    ('jürgen', 'pässwörd€', '7f20bf6e69d97371914a8807579cab5c'),
]


class Failed(Exception):
    """A test did not see what it wanted."""


class Missing(Exception):
    """A test cannot be run here; the text names what is not there."""


def want(good, *what):
    if not good:
        raise Failed(' '.join(str(w) for w in what))


def same(got, expected, what):
    want(got == expected, f'{what}: got {got!r}, expected {expected!r}')


class Tap:
    """Test results on standard output, as automake's TAP driver reads them."""

    def __init__(self):
        self.number = 0
        self.failed = 0

    def case(self, title, function, *args, **kwargs):
        """Run a function as one test: Failed fails it, Missing skips it."""
        self.number += 1
        try:
            function(*args, **kwargs)
            print(f'ok {self.number} - {title}')
        except Missing as missing:
            print(f'ok {self.number} - {title} # SKIP {missing}')
        except Exception as error:  # whatever it was: this test failed, the next one may not
            self.failed += 1
            print(f'not ok {self.number} - {title}')
            text = str(error) if isinstance(error, Failed) else traceback.format_exc()
            for line in text.splitlines():
                print('# ' + line)
        sys.stdout.flush()

    def end(self):
        print(f'1..{self.number}')
        return 1 if self.failed else 0


class Child:
    """A process of ours, in a process group of its own, with pipes that never block us."""

    def __init__(self, rig, argv, env=None):
        self.argv = argv
        self.errors = open(f'{rig.folder}/stderr-{rig.count()}', 'w+b')
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0,
            env={**rig.env, **(env or {})}, cwd=rig.folder, start_new_session=True)
        for pipe in self.process.stdin, self.process.stdout:
            os.set_blocking(pipe.fileno(), False)
        self.buffer = b''
        rig.children.append(self)

    def fail(self, what):
        raise Failed(f'{os.path.basename(self.argv[0])} {self.argv[1:3]}: {what}\n{self.trouble()}')

    def trouble(self):
        """The end of what it wrote to its standard error."""
        self.errors.seek(0)
        return self.errors.read()[-1500:].decode(errors='replace')

    def wait_for(self, pipe, event, deadline):
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0, deadline - time.monotonic())):
                self.fail('no answer in time')

    def write(self, data):
        deadline = time.monotonic() + PATIENCE
        while data:
            try:
                n = self.process.stdin.write(data)
                data = data[n or 0:]
                if not n:
                    self.wait_for(self.process.stdin, selectors.EVENT_WRITE, deadline)
            except BrokenPipeError:
                self.fail('is gone')

    def readline(self):
        """A line without its end; None at the end of output."""
        deadline = time.monotonic() + PATIENCE
        while b'\n' not in self.buffer:
            self.wait_for(self.process.stdout, selectors.EVENT_READ, deadline)
            got = self.process.stdout.read(1 << 20)
            if got == b'':
                return None
            self.buffer += got or b''
        line, self.buffer = self.buffer.split(b'\n', 1)
        return line.decode()

    def finish(self):
        """End of input; the exit status, once it has ended by itself."""
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stdin = None
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return self.fail('does not end')

    def stop(self):
        """End it; with force, its children too, while its group cannot be anyone else's yet."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for pipe in self.process.stdin, self.process.stdout, self.errors:
            if pipe:
                pipe.close()


class Rig:
    """A folder, an environment, the children; all gone when the `with` block is left."""

    def __init__(self):
        self.children = []
        self.counter = itertools.count(1)  # several threads may count

    def __enter__(self):
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            signal.signal(number, lambda n, frame: sys.exit(128 + n))
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='sspi-peers-'))
        self.env = {k: v for k, v in os.environ.items()
                    if not k.lower().endswith('_proxy') and not k.startswith(('KRB5', 'NTLM'))}
        self.env.update(LC_ALL='C.UTF-8', HOME=self.folder, PYTHONDONTWRITEBYTECODE='1')
        return self

    def __exit__(self, *why):
        for child in reversed(self.children):
            child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def count(self):
        return next(self.counter)

    def start(self, *argv, **env):
        return Child(self, list(argv), env)

    def stop(self, child):
        child.stop()
        self.children.remove(child)

    def write(self, name, text, mode=0o600):
        return self.write_bytes(name, text.encode(), mode)

    def write_bytes(self, name, data, mode=0o600):
        path = f'{self.folder}/{name}'
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'wb') as out:
            out.write(data)
        os.chmod(path, mode)
        return path

    def manifest(self, **settings):
        """The configuration that our library reads, with NTLM in it."""
        lines = [f'{name}:{1000 + i}:{"X" * 32}:{nt.upper()}:[U          ]:LCT-00000000:\n'
                 for i, (name, _, nt) in enumerate(USERS)]
        users = self.write('sspi/smbpasswd', ''.join(lines))
        self.write('sspi/sspi.json', dump({'module_folder': PACKAGES}))
        self.write('sspi/packages.d/ntlm.json',
                   dump({'name': 'NTLM', 'module': 'ntlm.so',
                         'settings': {'user_file': users, **settings}}))
        self.env['SSPI_CONFIG'] = self.folder + '/sspi'


def dump(value):
    return json.dumps(value, indent=4) + '\n'


def need_file(path, package):
    if not os.path.exists(path):
        raise Missing(f'{path} not found (Debian: {package})')
    return path


def need_module(name, package):
    found = subprocess.run([PYTHON, '-c', f'import {name}'], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if found.returncode:
        raise Missing(f'{name} for {PYTHON} not found (Debian: {package})')


def built(path):
    """A program of ours."""
    full = f'{BUILD}/{path}'
    want(BUILD and os.access(full, os.X_OK), f'{path} is not built')
    return full


def free_port():
    """A port that was free a moment ago, for programs that cannot choose one themselves."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def listens(port, datagrams=False):
    """Whether something listens on a TCP or UDP port here, without connecting to it."""
    kind, state = ('udp', '07') if datagrams else ('tcp', '0A')
    for path in f'/proc/net/{kind}', f'/proc/net/{kind}6':
        if not os.path.exists(path):
            continue
        with open(path) as table:
            for line in table:
                fields = line.split()
                if fields[3] == state and fields[1].endswith(f':{port:04X}'):
                    return True
    return False


def start_daemon(rig, make):
    """make(port) starts a child that is to listen there; another may be faster, so try again."""
    for _ in range(4):
        port = free_port()
        child = make(port)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and child.process.poll() is None:
            if listens(port):
                return child, port
            time.sleep(0.02)
    return child.fail('does not listen')


#
# Peers, and tokens between them.
#

def encode(data):
    return base64.b64encode(data).decode() if data else '-'


def decode(word):
    return b'' if word == '-' else base64.b64decode(word, validate=True)


def unquote(text):
    return '' if text == '-' else percent_decode(text)


class Peer:
    """One end, behind the line protocol."""

    def __init__(self, rig, *argv, **env):
        self.rig = rig
        self.child = rig.start(*argv, **env)
        self.name = None      # of the client, as this end has it
        self.flags = None     # a set, once established
        self.error = None     # why it refused: the words behind ERR

    def say(self, *words):
        self.child.write((' '.join(words) + '\n').encode())

    def hear(self):
        """The words of a line, or None; remembers OK and ERR."""
        line = self.child.readline()
        if line is None:
            return None
        words = line.split(' ')
        if words[0] == 'OK':
            self.name = unquote(words[1])
            self.flags = set() if words[2] == '-' else set(words[2].split(','))
        elif words[0] == 'ERR' and self.flags is None:
            self.error = words[1:]
        return words

    def drain(self):
        """No more is to come for it: hear what it has to say."""
        self.child.process.stdin.close()
        self.child.process.stdin = None
        while self.hear():
            pass

    @property
    def over(self):
        return self.flags is not None or self.error is not None

    def ask(self, word, *data):
        """A command; what it gives, or Failed."""
        words = self.try_ask(word, *data)
        if words[0] == 'ERR':
            self.child.fail(f'{word}: {" ".join(words[1:])}')
        return words[1]

    def try_ask(self, word, *data):
        self.say(word, *(encode(d) for d in data))
        words = self.hear()
        if words is None:
            self.child.fail(f'ended at {word}')
        return words

    def refuses(self, word, *data):
        """The status with which a command is refused; None if it is not."""
        words = self.try_ask(word, *data)
        return words[1] if words[0] == 'ERR' else None

    def wrap(self, message):
        return decode(self.ask('WRAP', message))

    def unwrap(self, sealed):
        return decode(self.ask('UNWRAP', sealed))

    def mic(self, message):
        return decode(self.ask('MIC', message))

    def verify(self, message, signature):
        same(self.ask('VERIFY', message, signature), 'ok', 'VERIFY')

    def key(self):
        return self.ask('KEY')

    def close(self):
        status = self.child.finish()
        same(status, 0 if self.error is None else 1, f'exit status of {self.child.argv[0]}')
        self.rig.stop(self.child)


def carry(client, server):
    """Carry tokens until both ends are done or one refused."""
    turn, other = client, server
    for _ in range(24):
        if client.error or server.error or (client.over and server.over):
            break
        words = turn.hear()
        if words is None:
            turn.child.fail('ended in the middle')
        if words[0] == 'T':
            if not other.over:
                other.say('T', words[1])
        elif words[0] == 'ERR':
            break
        turn, other = other, turn
        if turn.over:
            turn, other = other, turn
    else:
        raise Failed('the exchange has no end')
    # A client is often done before the server refuses, and has said so already.
    for peer, opposite in (client, server), (server, client):
        if peer.error and not opposite.over:
            opposite.drain()


def establish(client, server):
    carry(client, server)
    for side, peer in ('client', client), ('server', server):
        want(not peer.error, f'the {side} refuses:', peer.error, '\n' + peer.child.trouble())
    want(client.over and server.over, 'an end is missing')
    return client, server


def drop(*peers):
    """Ends of an exchange that failed."""
    for peer in peers:
        peer.rig.stop(peer.child)
