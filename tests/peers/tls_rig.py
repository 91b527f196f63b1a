# SPDX-License-Identifier: Apache-2.0
"""Programs that speak TLS, each as a client and as a server that can be put opposite any other.

A server is made for a cell, has a port, and says at its end what it saw; a client is made for a
cell and a port, and says the same.  What was seen of a connection is a dict, in which a name
whose value the program does not tell is missing:

    error       why there was no connection, or no answer on it
    echoed      True: what the client said came back to it
    protocol    'TLS1.2', 'TLS1.3', 'DTLS1.2'
    alpn        the protocol, '' for none
    resumed     True or False
    peer        the subject of the other end's certificate, '' for none

Ours tells more: what tls-peer prints.
"""
import itertools
import json
import os
import queue
import re
import select
import signal
import ssl
import subprocess
import threading
import time
from collections import namedtuple

from rig import (HERE, PACKAGES, PATIENCE, SOURCE, Child, Failed, built, dump, free_port, listens,
                 need_file, same, want)

# What a server is to be like, and its client: TLS version, kind of certificate (rsa, ec,
# ed25519), the client's certificate (none, given; absent: demanded and not given), whether a
# second connection is to resume the first one's session, whether both offer an ALPN protocol.
Cell = namedtuple('Cell', 'version cert client resume alpn')

SHORT = '0123456789\n'
LINE = ''.join(chr(ord('0') + i % 10) for i in range(19999)) + '\n'  # more than a record holds
REQUEST = 'GET /0123456789 HTTP/1.0\r\nHost: localhost\r\n\r\n'
ANSWER = '/0123456789'
HTTP = 'http/1.1'
JAVA, JAVAC = '/usr/bin/java', '/usr/bin/javac'


class Pki:
    """The files that pki.sh made."""

    def __init__(self, rig):
        self.making = threading.Lock()
        self.folder = rig.folder + '/pki'
        made = subprocess.run([HERE + '/pki.sh', self.folder], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=rig.env,
                              timeout=60, check=False)
        want(made.returncode == 0, 'pki.sh:', made.stdout.decode())

    def file(self, name):
        return f'{self.folder}/{name}'

    def pair(self, name):
        """Certificate, with its chain if it has one, and key."""
        chain = self.file(name + '-chain.pem')
        return (chain if os.path.exists(chain) else self.file(name + '.pem'),
                self.file(name + '.key'))

    def der(self, name):
        """In hex."""
        with open(self.file(name + '.pem'), encoding='ascii') as pem:
            return ssl.PEM_cert_to_DER_cert(pem.read()).hex()

    def nss(self, name):
        """NSS's database with this certificate, and with 'nothing' none; the root is in all."""
        folder = self.file('nss-' + name)
        with self.making:
            if not os.path.exists(folder):
                os.mkdir(folder)
                self._nss(folder, name)
        return 'sql:' + folder

    def _nss(self, folder, name):
        def run(*argv):
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, check=True, timeout=PATIENCE)
        run('certutil', '-N', '-d', 'sql:' + folder, '--empty-password')
        run('certutil', '-A', '-d', 'sql:' + folder, '-n', 'ca', '-t', 'CT,C,C', '-i',
            self.file('ca.pem'))
        if name == 'nothing':
            return
        certificate, key = self.pair(name)
        run('openssl', 'pkcs12', '-export', '-in', certificate, '-inkey', key, '-name', name,
            '-passout', 'pass:x', '-out', folder + '/p12')
        run('pk12util', '-i', folder + '/p12', '-d', 'sql:' + folder, '-W', 'x')


class Settings:
    """Configurations with our package in them, one for each set of settings that is asked for."""

    def __init__(self, rig):
        self.rig = rig
        self.made = {}
        self.making = threading.Lock()
        with open(SOURCE + '/conf/packages.d/schannel.json', encoding='utf-8') as installed:
            self.entry = json.load(installed)

    def root(self, **settings):
        """What SSPI_CONFIG is to be for these settings."""
        key = json.dumps(settings, sort_keys=True)
        with self.making:
            if key not in self.made:
                self.made[key] = self.write(f'tls-{len(self.made)}', settings)
        return self.made[key]

    def write(self, root, settings):
        entry = {**self.entry, 'settings': settings}
        self.rig.write(root + '/sspi.json', dump({'module_folder': PACKAGES}))
        self.rig.write(root + '/packages.d/schannel.json', dump(entry))
        return f'{self.rig.folder}/{root}'


def brief(text):
    """The end of it, without our lines and certificates."""
    return re.sub(r'[0-9a-f]{100,}', '<...>', text)[-1500:]


class Talker(Child):
    """A program whose output is kept, and can be waited for."""

    def __init__(self, rig, argv, env=None):
        super().__init__(rig, [str(word) for word in argv], env)
        self.text = ''
        self.ended = False

    def read(self, timeout):
        """Some more output; False at its end."""
        if not select.select([self.process.stdout], [], [], max(0, timeout))[0]:
            return True
        got = self.process.stdout.read(1 << 16)
        if got == b'':
            self.ended = True
            return False
        self.text += (got or b'').decode(errors='replace')
        return True

    def wait_text(self, pattern, start=0, patience=PATIENCE):
        """The match of a pattern in what it writes from a position on."""
        deadline = time.monotonic() + patience
        while True:
            found = re.compile(pattern).search(self.text, start)
            if found:
                return found
            if time.monotonic() > deadline:
                self.fail(f'does not say {pattern[:60]!r}; it said:\n{brief(self.text[start:])}')
            if not self.read(min(1, deadline - time.monotonic())) and \
                    not re.compile(pattern).search(self.text, start):
                self.fail(f'ended without {pattern[:60]!r}; it said:\n{brief(self.text[start:])}')

    def say(self, text):
        self.write(text.encode())

    def close_input(self):
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stdin = None

    def rest(self, patience=PATIENCE):
        """All that it says until it ends by itself."""
        deadline = time.monotonic() + patience
        while self.read(deadline - time.monotonic()):
            if time.monotonic() > deadline:
                self.fail(f'does not end; it said:\n{brief(self.text)}')
        self.process.wait(PATIENCE)
        return self.text + self.errors_text()

    def errors_text(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')

    def end(self, number=signal.SIGTERM):
        """Tell it to end; all that it said."""
        self.process.send_signal(number)
        return self.rest()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.stop()


handed_out = set()
handing_out = threading.Lock()


def new_port():
    """A free port that no other test of this process has."""
    with handing_out:
        while True:
            port = free_port()
            if port not in handed_out:
                handed_out.add(port)
                return port


def listening(rig, make, datagrams=False):
    """make(port) gives the words of a program that is to listen there."""
    for _ in range(4):
        port = new_port()
        child = Talker(rig, make(port))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and child.process.poll() is None:
            if listens(port, datagrams):
                return child, port
            time.sleep(0.01)
        child.stop()
    return child.fail('does not listen')


def connections(cell):
    return 2 if cell.resume else 1


def version_number(cell):
    return cell.version[-3:]


def find(pattern, text, default=None):
    found = re.search(pattern, text)
    return found.group(1) if found else default


class Side:
    """What clients and servers have in common."""
    protocol = 'h2'      # what is offered by ALPN
    speaks = 'lines'     # a client says lines that are echoed, or an HTTP request
    adapts = False       # a client that does either
    package = ''         # Debian's name, for skips

    @classmethod
    def cannot(cls, cell):
        """Why this cell is not for this program; None if it is."""
        return None

    def __init__(self, rig, pki, cell):
        self.rig = rig
        self.pki = pki
        self.cell = cell


#
# Ours.
#

def our_fields(line):
    """What tls-peer prints of a connection."""
    fields = dict(word.split('=', 1) for word in line.split())
    seen = dict(fields)
    if fields['status'] != 'SEC_E_OK':
        seen['error'] = f'{fields["status"]} in {fields["where"]}'
    seen['echoed'] = int(fields.get('echoed', 0)) > 0
    if fields.get('alpn') == '-':
        seen['alpn'] = ''
    if 'resumed' in fields:
        seen['resumed'] = fields['resumed'] == '1'
    return seen


USE_DTLS_ONLY = '1000000'  # of SCH_CREDENTIALS.dwFlags


def our_version(cell):
    dtls = ['--dtls', '--cred-flags', USE_DTLS_ONLY] if cell.version.startswith('DTLS') else []
    return '--min', version_number(cell), '--max', version_number(cell), *dtls


def our_certificate(pki, name):
    certificate, key = pki.pair(name)
    return '--cert', certificate, '--key', key


class OurProgram(Side):
    """tls-peer, under a configuration with the package's settings."""
    title = 'ours'
    settings = None  # the Settings, once there are any

    def start(self, *words, **settings):
        return Talker(self.rig, [built('tests/peers/tls-peer'), *words],
                      {'SSPI_CONFIG': self.settings.root(**settings)})

    @staticmethod
    def lines(child):
        text = child.rest()
        found = [our_fields(line) for line in text.splitlines() if 'status=' in line]
        want(child.process.returncode in (0, 1) and found and 'Sanitizer' not in text and
             'runtime error' not in text, 'tls-peer ended with', child.process.returncode,
             brief(text))
        return found


class OurServer(OurProgram):

    def __init__(self, rig, pki, cell, *more, http=False, count=None, certificates=None,
                 **settings):
        super().__init__(rig, pki, cell)
        words = []
        for name in ['server-' + cell.cert] if certificates is None else certificates:
            words += our_certificate(pki, name)
        asks = {'none': 'none', 'given': 'required', 'absent': 'required'}[cell.client]
        if asks != 'none':
            words += ['--ca', pki.file('ca.pem')]
        if cell.alpn:
            words += ['--alpn', f'{self.protocol},{HTTP}']
        if http:
            words += ['--http']
        self.child = self.start('server', '127.0.0.1:0', *our_version(cell), '--client-cert', asks,
                                '--connections', count or connections(cell), *words, *more,
                                **settings)
        self.port = int(self.child.wait_text(r'(?m)^listening (\d+)$|status=.*\n').group(1) or
                        self.child.fail(self.child.text))

    def serve(self):
        """Nothing to be done: it echoes by itself."""

    def end(self):
        with self.child:
            return self.lines(self.child)


class OurClient(OurProgram):

    def __init__(self, rig, pki, cell, server, *more, target='localhost', ca='ca', **settings):
        super().__init__(rig, pki, cell)
        words = ['--ca', pki.file(ca + '.pem')] if ca else []
        if target:
            words += ['--target', target]
        if cell.client == 'given':
            words += our_certificate(pki, 'client-' + cell.cert)
        if cell.alpn:
            words += ['--alpn', server.protocol]
        if cell.client == 'absent' and not getattr(server, 'refuses_by_http', False):
            words += ['--hear']  # a refusal is lost where something is under way to the server
        elif server.speaks == 'http':
            words += ['--send', REQUEST, '--until', ANSWER]
        else:
            words += ['--bytes', str(len(LINE))]
        self.child = self.start('client', f'127.0.0.1:{server.port}', *our_version(cell),
                                '--connections', connections(cell), *words, *more,
                                **settings)

    def run(self):
        with self.child:
            return self.lines(self.child)


#
# OpenSSL's command.
#

def openssl_version(cell):
    return ('-dtls1_2',) if cell.version.startswith('DTLS') else \
        ('-tls' + version_number(cell).replace('.', '_'),)


def openssl_pair(pki, name):
    chain, key = pki.pair(name)
    return '-cert', pki.file(name + '.pem'), '-key', key, '-cert_chain', chain


def openssl_seen(text, protocol):
    seen = {'protocol': protocol}
    if 'ALPN protocol: ' in text or 'ALPN protocols selected: ' in text:
        seen['alpn'] = find(r'ALPN protocols?(?: selected)?: (\S+)', text)
    return seen


class OpensslServer(Side):
    """s_server, which shows what it gets and sends what it is told."""
    OVER = 'CONNECTION CLOSED'
    title = 'openssl'
    package = 'openssl'
    program = '/usr/bin/openssl'

    def __init__(self, rig, pki, cell, *more, certificate=None, count=None):
        super().__init__(rig, pki, cell)
        words = ['-accept', '127.0.0.1:0', '-naccept', count or connections(cell),
                 *openssl_version(cell)]
        if certificate != '-':
            words += openssl_pair(pki, certificate or 'server-' + cell.cert)
        if cell.client == 'given':
            words += ['-verify', '2']
        if cell.client == 'absent':
            words += ['-Verify', '2', '-verify_return_error']
        words += ['-CAfile', pki.file('ca.pem'), '-no-CApath', '-no-CAstore']
        if cell.alpn:
            words += ['-alpn', f'{HTTP},{self.protocol}']
        self.child = Talker(rig, ['openssl', 's_server', *words, *more])
        self.port = int(self.child.wait_text(r'ACCEPT 127\.0\.0\.1:(\d+)').group(1))
        self.texts = []

    def serve(self):
        """Give back the line that comes on each connection."""
        for _ in range(connections(self.cell)):
            self.serve_one()

    def serve_one(self):
        """A connection may be without a line, and fail without a word."""
        start = sum(len(text) for text in self.texts)
        end = self.child.wait_text(f'{LINE}|{self.OVER}', start)
        if LINE in end.group():
            self.child.say(LINE)
            end = self.child.wait_text(self.OVER, end.end())
        self.texts.append(self.child.text[start:end.end()])

    def end(self):
        """What it says of failures is in its errors."""
        with self.child:
            text = self.child.rest()
        self.texts += [text] * (not self.texts)
        return [self.seen(text) for text in self.texts]

    def seen(self, text):
        if 'CIPHER is' not in text:
            return {'error': find(r'(?m)^.*error:.*$', text, 'no connection')}
        seen = openssl_seen(text, self.protocol_of(text))
        seen.setdefault('alpn', '')
        seen['resumed'] = 'Reused session-id' in text
        seen['peer'] = find(r'(?m)^subject=(.*)$', text, '')
        return seen

    @staticmethod
    def protocol_of(text):
        number = find(r'Protocol *: (\S+)', text)
        return number.replace('v', '') if number else None


class OpensslClient(Side):
    """s_client."""
    adapts = True
    title = 'openssl'
    package = 'openssl'
    program = '/usr/bin/openssl'

    def __init__(self, rig, pki, cell, server, *more, target='localhost'):
        super().__init__(rig, pki, cell)
        self.server = server
        self.hears = LINE  # of the line that it says
        self.session = f'{rig.folder}/session-{rig.count()}'
        words = ['-connect', f'127.0.0.1:{server.port}', '-servername', target, '-CAfile',
                 pki.file('ca.pem'), '-no-CApath', '-no-CAstore', '-verify_return_error',
                 '-verify_hostname', target, *openssl_version(cell)]
        if cell.client == 'given':
            words += openssl_pair(pki, 'client-' + cell.cert)
        if cell.alpn:
            words += ['-alpn', server.protocol]
        self.words = ['openssl', 's_client', *words, *more]

    def start(self, *more):
        return Talker(self.rig, [*self.words, *more])

    def run(self):
        """One connection after the other."""
        seen = []
        for i in range(connections(self.cell)):
            option = '-sess_in' if i else '-sess_out'
            with self.start(*([option, self.session] if self.cell.resume else [])) as child:
                seen.append(self.one(child))
        return seen

    def talk(self, child):
        """Once it is connected: say something, which is to come back."""
        child.wait_text(r'(?s)---\n.*---\n|rror')
        self.talk_again(child)

    def talk_again(self, child):
        says, hears = (REQUEST, ANSWER) if self.server.speaks == 'http' else (LINE, self.hears)
        start = len(child.text)
        child.say(says)
        child.wait_text(re.escape(hears), start)

    def one(self, child):
        try:
            self.talk(child)
            child.close_input()
        except Failed as failed:
            return {'error': child.text[-1000:] + child.errors_text() + str(failed)}
        return self.seen(child.rest())

    @staticmethod
    def seen(text):
        new, protocol = re.search(r'(?m)^(New|Reused), (\S+), Cipher', text).groups()
        dtls = 'DTLS' if 'DTLS' in find(r'Protocol *: (\S+)', text, '') else 'TLS'
        seen = openssl_seen(text, dtls + protocol[-3:])
        seen.setdefault('alpn', '')
        seen.update(resumed=new == 'Reused', echoed=True,
                    peer=find(r'(?m)^subject=(.*)$', text, ''))
        return seen


#
# GnuTLS.
#

def gnutls_priority(cell):
    kind = 'DTLS' if cell.version.startswith('DTLS') else 'TLS'
    return f'NORMAL:-VERS-ALL:+VERS-{kind}{version_number(cell)}'


def gnutls_seen(text):
    if '- Description: ' not in text:
        return {'error': text[-600:]}
    return {'protocol': find(r'Description: \((D?TLS[0-9.]+)', text),
            'alpn': find(r'Application protocol: (\S+)', text, ''),
            'resumed': 'This is a resumed session' in text,
            'peer': find(r"(?:subject `|Subject: )(CN=[^',\n]*)", text, ''),
            'endpoint': find(r"'tls-server-end-point': ([0-9a-f]+)\n", text),
            'unique': find(r"'tls-unique': ([0-9a-f]+)\n", text),
            'exporter-bindings': find(r"'tls-exporter': ([0-9a-f]+)\n", text)}


class GnutlsServer(Side):
    """gnutls-serv --echo"""
    title = 'gnutls'
    package = 'gnutls-bin'
    program = '/usr/bin/gnutls-serv'

    def __init__(self, rig, pki, cell, *more):
        super().__init__(rig, pki, cell)
        certificate, key = pki.pair('server-' + cell.cert)
        words = ['--echo', '--x509certfile=' + certificate, '--x509keyfile=' + key,
                 '--x509cafile=' + pki.file('ca.pem'), '--priority=' + gnutls_priority(cell),
                 *{'none': ['--disable-client-cert'], 'given': ['--verify-client-cert'],
                   'absent': ['--require-client-cert', '--verify-client-cert']}[cell.client]]
        datagrams = cell.version.startswith('DTLS')
        if datagrams:
            words += ['--udp']
        if cell.alpn:
            words += ['--alpn=' + self.protocol, '--alpn-fatal']
        self.child, self.port = listening(
            rig, lambda port: ['gnutls-serv', f'--port={port}', *words, *more], datagrams)

    def serve(self):
        """It echoes by itself."""

    def end(self):
        with self.child:
            text = self.child.end()
        return [gnutls_seen(part) for part in text.split('* Accepted connection')[1:]]


class GnutlsClient(Side):
    """gnutls-cli, which makes two connections by itself if it is to resume, and says a line on the
    second alone."""
    title = 'gnutls'
    package = 'gnutls-bin'
    program = '/usr/bin/gnutls-cli'

    def __init__(self, rig, pki, cell, server, *more, line=LINE):
        super().__init__(rig, pki, cell)
        self.line = line
        words = ['--x509cafile=' + pki.file('ca.pem'), '--priority=' + gnutls_priority(cell),
                 '--port=' + str(server.port)]
        if cell.client == 'given':
            certificate, key = pki.pair('client-' + cell.cert)
            words += ['--x509certfile=' + certificate, '--x509keyfile=' + key]
        if cell.alpn:
            words += ['--alpn=' + server.protocol]
        if cell.version.startswith('DTLS'):
            words += ['--udp']
        if cell.resume:
            words += ['--resume', '--waitresumption']
        self.child = Talker(rig, ['gnutls-cli', *words, *more, 'localhost'])

    def run(self):
        with self.child as child:
            try:
                self.talk(child)
            except Failed as failed:
                return [{'error': child.text + child.errors_text() + str(failed)}]
            text = child.rest()
        seen = [gnutls_seen(part) for part in text.split('- Connecting again')]
        seen[-1]['echoed'] = True
        return seen

    def talk(self, child):
        child.wait_text(('(?s)Connecting again.*' if self.cell.resume else '') +
                        'Simple Client Mode')
        child.say(self.line)
        child.wait_text(self.line)
        child.close_input()


#
# NSS: HTTP only, and it tells little.
#

NSS_CANNOT = {'ed25519': 'NSS has no Ed25519'}


def nss_version(cell):
    return f'tls{version_number(cell)}:tls{version_number(cell)}'


def nss_protocol(text):
    number = find(r'SSL version 3\.(\d)', text)
    return {'3': 'TLS1.2', '4': 'TLS1.3'}.get(number)


class NssServer(Side):
    """selfserv, which answers a request with the request."""
    title = 'nss'
    package = 'libnss3-tools'
    program = '/usr/bin/selfserv'
    protocol = HTTP
    speaks = 'http'

    @classmethod
    def cannot(cls, cell):
        return NSS_CANNOT.get(cell.cert)

    def __init__(self, rig, pki, cell):
        super().__init__(rig, pki, cell)
        name = 'server-' + cell.cert
        database = pki.nss(name)
        words = ['-d', database, '-n', name, '-V', nss_version(cell), '-u', '-v',
                 *{'none': [], 'given': ['-r', '-r'], 'absent': ['-r', '-r']}[cell.client],
                 *(['-Q'] if cell.alpn else [])]
        self.child, self.port = listening(rig, lambda port: ['selfserv', '-p', str(port), *words])

    def serve(self):
        """It answers by itself."""

    def end(self):
        with self.child:
            self.child.end()
            text = self.child.errors_text()
            hits = [int(n) for n in re.findall(r'(\d+) cache hits', self.child.text)]
        # In no order with the lines about accept: threads write them.
        seen = [{'protocol': nss_protocol('SSL version ' + part)}
                for part in text.split('SSL version ')[1:]] or [{'error': text}]
        if seen and hits and 'error' not in seen[-1]:
            seen[-1]['resumed'] = hits[-1] > 0
        return seen


class NssClient(Side):
    """tstclnt, which makes both connections by itself."""
    title = 'nss'
    package = 'libnss3-tools'
    program = '/usr/bin/tstclnt'
    protocol = HTTP
    speaks = 'http'

    @classmethod
    def cannot(cls, cell):
        if cell.alpn:
            return 'tstclnt offers no ALPN'
        return NSS_CANNOT.get(cell.cert)

    def __init__(self, rig, pki, cell, server, *more):
        super().__init__(rig, pki, cell)
        name = 'client-' + cell.cert if cell.client == 'given' else 'nothing'
        request = rig.write(f'request-{rig.count()}', REQUEST)
        words = ['-h', 'localhost', '-4', '-p', server.port, '-d', pki.nss(name), '-V',
                 nss_version(cell), '-u', '-v', '-A', request]
        if cell.client == 'given':
            words += ['-n', name]
        if cell.resume:
            words += ['-L', '2']
        self.child = Talker(rig, ['tstclnt', *words, *more])

    def run(self):
        with self.child as child:
            text = self.text = child.rest()
            heard = child.text
        parts = text.split('SSL version ')[1:]
        if not parts:
            return [{'error': text[-1000:]}]
        seen = [{'protocol': nss_protocol('SSL version ' + part),
                 'resumed': int(find(r'(\d+) cache hits', part, '0')) > 0} for part in parts]
        answers = heard.count(ANSWER)
        for i, one in enumerate(seen):
            one['echoed'] = answers > i
        return seen


#
# Botan 2: TLS 1.2, no certificates of clients.
#

def botan_cannot(cell):
    if cell.version != 'TLS1.2':
        return 'Botan 2 has TLS 1.2 alone'
    if cell.client != 'none':
        return "Botan's command knows no certificates of clients"
    if cell.cert == 'ed25519':
        return 'Botan 2 has no Ed25519 in TLS'
    return None


def botan_protocol(text):
    number = find(r'Handshake complete, TLS v(\S+)', text)
    return 'TLS' + number if number else None


class BotanServer(Side):
    """botan tls_server, which echoes lines and answers any ALPN with a protocol of its own."""
    title = 'botan'
    package = 'botan'
    program = '/usr/bin/botan'
    protocol = 'echo/0.1'
    cannot = staticmethod(botan_cannot)

    def __init__(self, rig, pki, cell):
        super().__init__(rig, pki, cell)
        certificate, key = pki.pair('server-' + cell.cert)
        self.child, self.port = listening(
            rig, lambda port: ['botan', 'tls_server', certificate, key, f'--port={port}'])

    def serve(self):
        """It echoes by itself."""

    def end(self):
        with self.child:
            text = self.child.end()
        parts = text.split('Handshake complete')[1:]
        seen = [{'protocol': botan_protocol('Handshake complete' + part)} for part in parts]
        ids = [find(r'Session ID (\S+)', part) for part in parts]
        for i, one in enumerate(seen):
            one['resumed'] = ids[i] is not None and ids[i] in ids[:i]
        return seen or [{'error': text}]


class BotanClient(Side):
    """botan tls_client; sessions are kept in a file."""
    adapts = True
    title = 'botan'
    package = 'botan'
    program = '/usr/bin/botan'
    cannot = staticmethod(botan_cannot)

    def __init__(self, rig, pki, cell, server):
        super().__init__(rig, pki, cell)
        self.server = server
        # Without stdbuf it would say nothing until its end.
        self.words = ['stdbuf', '-oL', 'botan', 'tls_client', 'localhost', f'--port={server.port}',
                      '--trusted-cas=' + pki.file('ca.pem'), '--skip-system-cert-store']
        if cell.alpn:
            self.words += ['--next-protocols=' + server.protocol]
        if cell.resume:
            self.words += [f'--session-db={rig.folder}/botan-{rig.count()}', '--session-db-pass=x']

    def run(self):
        return [self.one() for _ in range(connections(self.cell))]

    def one(self):
        says, hears = (REQUEST, ANSWER) if self.server.speaks == 'http' else (LINE, LINE)
        with Talker(self.rig, self.words) as child:
            try:
                child.wait_text('Handshake complete')
                child.say(says)
                child.wait_text(re.escape(hears))
            except Failed as failed:
                return {'error': str(failed)}
            child.close_input()
            text = child.rest()
        # A certificate is looked at in whole handshakes alone.
        return {'echoed': True, 'protocol': botan_protocol(text),
                'alpn': find(r'Server choose protocol: (\S+)', text, ''),
                'resumed': 'Certificate validation status' not in text}


#
# Java: one process for all.
#

class Java:
    """The process, and the lines that it says by ID."""

    def __init__(self, rig, pki):
        self.ids = itertools.count(1)
        self.lines = {}
        self.child = rig.start(JAVA, '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC',
                               HERE + '/JssePeer.java', pki.folder)
        os.set_blocking(self.child.process.stdout.fileno(), True)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.child.process.stdout:
            ident, _, text = line.decode().strip().partition(' ')
            if ident in self.lines:
                self.lines[ident].put(text)

    def command(self, *words):
        ident = str(next(self.ids))
        self.lines[ident] = queue.Queue()
        self.child.write((' '.join([ident, *map(str, words)]) + '\n').encode())
        return ident

    def hear(self, ident):
        try:
            return self.lines[ident].get(timeout=PATIENCE)
        except queue.Empty:
            return self.child.fail('no answer in time')


def java_seen(line):
    fields = dict(word.split('=', 1) for word in line.split()[1:])
    seen = {}
    if 'error' in fields:
        seen['error'] = fields['error']
    if 'protocol' in fields:
        seen.update(protocol=fields['protocol'].replace('v', ''),
                    alpn='' if fields['alpn'] == '-' else fields['alpn'],
                    resumed=fields['resumed'] == '1',
                    peer='' if fields['peer'] == '-' else fields['peer'],
                    echoed=int(fields.get('echoed', 0)) > 0)
    return seen


class JavaSide(Side):
    title = 'java'
    package = 'default-jdk-headless'
    program = JAVAC  # without which java runs no source file
    java = None  # the process, once it is started


class JavaServer(JavaSide):

    def __init__(self, rig, pki, cell):
        super().__init__(rig, pki, cell)
        asks = {'none': 'none', 'given': 'want', 'absent': 'need'}[cell.client]
        self.ident = self.java.command('server', version_number(cell), 'server-' + cell.cert, asks,
                                       self.protocol if cell.alpn else '-')
        word, port = self.java.hear(self.ident).split(' ', 1)
        same(word, 'port', 'first word of JssePeer')
        self.port = int(port)

    def serve(self):
        """It echoes by itself."""

    def end(self):
        return [java_seen(self.java.hear(self.ident)) for _ in range(connections(self.cell))]


class JavaClient(JavaSide):

    def __init__(self, rig, pki, cell, server, *more):
        super().__init__(rig, pki, cell)
        name = 'client-' + cell.cert if cell.client == 'given' else '-'
        self.ident = self.java.command('client', version_number(cell), server.port, name,
                                       server.protocol if cell.alpn else '-', connections(cell),
                                       len(LINE))

    def run(self):
        return [java_seen(self.java.hear(self.ident)) for _ in range(connections(self.cell))]


#
# nginx, curl.
#

NGINX = '''\
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 64; }}
http {{
    log_format tls '$ssl_protocol|$ssl_session_reused|$ssl_alpn_protocol|'
                   '$ssl_client_s_dn|$ssl_client_verify';
    access_log {folder}/access tls;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{http}
}}
'''
NGINX_TLS = '''\
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols {version};
        ssl_session_cache shared:tls:1m;
        ssl_client_certificate {ca};
        ssl_verify_client {verify};
        location / {{ return 200 "$request_uri\\n"; }}
    }}
'''


def start_nginx(rig, http):
    """http(port) gives what goes into the http block."""
    folder = f'{rig.folder}/nginx-{rig.count()}'

    def make(port):
        path = rig.write(folder[len(rig.folder) + 1:] + '/nginx.conf',
                         NGINX.format(folder=folder, http=http(port)))
        return ['/usr/sbin/nginx', '-e', folder + '/errors', '-p', folder, '-c', path]
    child, port = listening(rig, make)
    child.folder = folder
    return child, port


class NginxServer(Side):
    title = 'nginx'
    refuses_by_http = True
    package = 'nginx'
    program = '/usr/sbin/nginx'
    protocol = HTTP
    speaks = 'http'

    def __init__(self, rig, pki, cell):
        super().__init__(rig, pki, cell)
        certificate, key = pki.pair('server-' + cell.cert)
        verify = {'none': 'off', 'given': 'optional', 'absent': 'on'}[cell.client]
        self.child, self.port = start_nginx(rig, lambda port: NGINX_TLS.format(
            port=port, certificate=certificate, key=key, ca=pki.file('ca.pem'), verify=verify,
            version='TLSv' + version_number(cell)))

    def serve(self):
        """It answers by itself."""

    def end(self):
        with self.child:
            self.child.end(signal.SIGQUIT)  # once it has written its log
        with open(self.child.folder + '/access', encoding='utf-8') as log:
            lines = log.read().splitlines()
        return [self.seen(*line.split('|')) for line in lines]

    @staticmethod
    def seen(protocol, reused, alpn, subject, verify):
        seen = {'protocol': protocol.replace('v', ''), 'resumed': reused == 'r',
                'alpn': '' if alpn == '-' else alpn, 'peer': '' if subject == '-' else subject}
        if verify not in ('SUCCESS', 'NONE'):
            seen['error'] = verify
        return seen


class CurlClient(Side):
    """curl, asking twice if it is to resume."""
    title = 'curl'
    package = 'curl'
    program = '/usr/bin/curl'
    protocol = HTTP
    speaks = 'http'

    def __init__(self, rig, pki, cell, server):
        super().__init__(rig, pki, cell)
        words = ['-q', '-s', '-S', '-v', '--http1.1', '--noproxy', '*', '--max-time', PATIENCE,
                 '--cacert', pki.file('ca.pem'), '--tlsv' + version_number(cell), '--tls-max',
                 version_number(cell)]
        if cell.client == 'given':
            certificate, key = pki.pair('client-' + cell.cert)
            words += ['--cert', certificate, '--key', key]
        if not cell.alpn:
            words += ['--no-alpn']
        words += ['-H', 'Connection: close']
        url = f'https://localhost:{server.port}{ANSWER}'
        self.child = Talker(rig, ['curl', *words, *[url] * connections(cell)])

    def run(self):
        with self.child as child:
            child.close_input()
            text = child.rest()
            answers = child.text.count(ANSWER)
            parts = child.errors_text().split('SSL connection using ')
        if len(parts) == 1:
            return [{'error': text[-1000:]}]
        seen = []
        for i, part in enumerate(parts[1:]):
            seen.append({'protocol': part.split()[0].replace('v', ''),
                         'alpn': find(r'ALPN: server accepted (\S+)', part, ''),
                         'resumed': 'SSL re-using session ID' in parts[i],
                         'echoed': answers > i})
        return seen


SERVERS = [OpensslServer, GnutlsServer, NssServer, BotanServer, JavaServer, NginxServer]
CLIENTS = [OpensslClient, GnutlsClient, NssClient, BotanClient, JavaClient, CurlClient]


def need_side(side):
    need_file(side.program, side.package)
