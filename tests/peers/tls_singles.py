# SPDX-License-Identifier: Apache-2.0
"""What a matrix does not have: each function here is one test with one or two programs."""
import hashlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from types import SimpleNamespace

from rig import Failed, need_file, same, want
from tls_rig import (ANSWER, JAVAC, LINE, SHORT, Cell, GnutlsClient, GnutlsServer, JavaServer,
                     NginxServer, NssClient, OpensslClient, OpensslServer, OurClient, OurServer,
                     Talker, find, listening, start_nginx)

TLS12 = Cell('TLS1.2', 'ec', 'none', False, False)
TLS13 = TLS12._replace(version='TLS1.3')
BOTH = TLS12, TLS13
DTLS = TLS12._replace(version='DTLS1.2')
LABEL = 'EXPORTER-peers'
PAUSE = 0.3  # seconds: s_server and s_client take a command where what they read begins with one
TAIL = 2000  # octets of a line that are in one record: between two, openssl says other things
IDENTITY, KEY = 'alice', '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

# SCH_ flags of credentials, as --cred-flags takes them.
DISABLE_RECONNECTS = '80'
PRESHARED_KEY_ONLY = '800000'


def line(n):
    """The n-th line that tls-peer says."""
    return ''.join(chr(ord('0') + (i + n) % 10) for i in range(len(LINE) - 1)) + '\n'


class Test:
    """The programs of one test, and what most of them do."""

    def __init__(self, rig, pki):
        self.rig, self.pki = rig, pki

    def client(self, cell, server, *more, **settings):
        """Our client at their server."""
        return OurClient(self.rig, self.pki, cell, server, *more, **settings)

    def server(self, cell, *more, **settings):
        return OurServer(self.rig, self.pki, cell, *more, **settings)

    def openssl_server(self, cell, *more, **how):
        return OpensslServer(self.rig, self.pki, cell, *more, **how)

    def openssl_client(self, cell, server, *more, **how):
        return OpensslClient(self.rig, self.pki, cell, server, *more, **how)

    def at_openssl(self, cell, *more, words=(), echo=True, certificate=None, **settings):
        """Our client at s_server with more options; what both saw, and what s_server said."""
        server = self.openssl_server(cell, *words, certificate=certificate)
        client = self.client(cell, server, *more, **settings)
        try:
            if echo:
                server.serve()
        except Failed:
            want(False, 'our client saw', client.run(), 'and s_server:', server.child.text[-800:],
                 server.child.errors_text()[-800:])
        saw = client.run()
        with server.child:
            text = server.child.rest()
        return saw, text

    def from_openssl(self, cell, *more, words=(), target='localhost', good=True, **settings):
        """s_client at our server; what s_client saw and said, and what we saw."""
        server = self.server(cell, *more, **settings)
        client = self.openssl_client(cell, server, *words, target=target)
        with client.start() as child:
            seen = client.one(child)
            text = child.text + child.errors_text()
        saw = server.end()
        want(not good or 'error' not in seen, 's_client:', seen, 'and we', saw)
        return seen, text, saw


def good(saw, n=0):
    """Our line about a connection that was as it should be."""
    want(len(saw) > n, f'no connection {n}', saw)
    want('error' not in saw[n], saw[n].get('error'))
    return saw[n]


def has(text, pattern, what):
    want(re.search(pattern, text), what, 'is missing in:\n' + text[-2500:])


#
# Renegotiation, new keys, authentication after the handshake.
#

class Messages:
    """Where s_server or s_client notes the messages of a handshake."""

    def __init__(self, test):
        self.path = f'{test.rig.folder}/messages-{test.rig.count()}'
        self.words = '-msg', '-msgfile', self.path

    def has(self, pattern, what):
        with open(self.path, encoding='ascii', errors='replace') as file:
            has(file.read(), pattern, what)


def interrupted(test, cell, command, words=(), asks=True):
    """s_server is given a command between two lines of our client."""
    server = test.openssl_server(cell if asks else cell._replace(client='none'), *words)
    client = test.client(cell, server, '--bytes', str(2 * len(LINE)))
    server.child.wait_text(line(0))
    server.child.say(command + '\n')
    time.sleep(PAUSE)
    server.child.say(line(0))
    try:
        server.child.wait_text(line(1)[-TAIL:])
    except Failed as failed:
        raise Failed(f'{failed}\nour client saw {client.run()}') from failed
    server.child.say(line(1))
    saw = good(client.run())
    with server.child:
        text = server.child.rest()
    return saw, text


def server_renegotiates(test):
    saw, text = interrupted(test, TLS12, 'r')
    want(int(saw['renegotiations']) >= 1, 'no SEC_I_RENEGOTIATE', saw)
    has(text, '2 server accepts that finished', "s_server's second handshake")


def server_renegotiates_for_certificate(test):
    saw, text = interrupted(test, TLS12._replace(client='given'), 'R')
    want(int(saw['renegotiations']) >= 1, 'no SEC_I_RENEGOTIATE', saw)
    has(text, '2 server accepts that finished', "s_server's second handshake")


def data_meets_renegotiation(test):
    """Our client finds the HelloRequest and data behind it, which is from before the answer."""
    server = test.openssl_server(TLS12)
    client = test.client(TLS12, server)
    server.child.wait_text(LINE)
    client.child.process.send_signal(signal.SIGSTOP)
    server.child.say('r\n')
    time.sleep(PAUSE)
    server.child.say(LINE)
    time.sleep(PAUSE)
    client.child.process.send_signal(signal.SIGCONT)
    saw = good(client.run())
    server.end()
    want(int(saw['renegotiations']) >= 1, 'no SEC_I_RENEGOTIATE', saw)


def client_renegotiates(test, how):
    server = test.openssl_server(TLS12, '-client_renegotiation')
    client = test.client(TLS12, server, '--renegotiate', how)
    two_lines(server)
    good(client.run())
    with server.child:
        has(server.child.rest(), '2 server accepts that finished', "s_server's second handshake")


def client_may_not_renegotiate(test):
    server = test.openssl_server(TLS12)
    client = test.client(TLS12, server, '--renegotiate', 'step')
    server.child.wait_text(LINE)
    server.child.say(LINE)
    saw = client.run()[0]
    server.child.stop()
    same(saw['status'], 'SEC_E_ILLEGAL_MESSAGE', 'our status')


def two_lines_to(client, server):
    """From s_client, the second when the first has come back."""
    client.hears = LINE[-TAIL:]
    with client.start() as child:
        try:
            client.talk(child)
            client.talk_again(child)
        except Failed as failed:
            raise Failed(f'{failed}\nand we: {server.end()}') from failed
        child.close_input()
        child.rest()


def we_renegotiate(test):
    """The first line is more than a record: its end is under way when we begin."""
    messages = Messages(test)
    server = test.server(TLS12, '--renegotiate', 'step')
    client = test.openssl_client(TLS12, server, *messages.words)
    two_lines_to(client, server)
    good(server.end())
    messages.has('HelloRequest', 'HelloRequest')
    messages.has(r'(?s)ServerHello\n.*ServerHello\n', 'a second ServerHello')


def we_want_a_certificate_later(test, cell, *words):
    """TLS 1.2 renegotiates for it; TLS 1.3 just asks."""
    server = test.server(cell, '--renegotiate', 'step', '--ask-later', '--ca',
                         test.pki.file('ca.pem'))
    client = test.openssl_client(cell._replace(client='given'), server, *words)
    two_lines_to(client, server)
    saw = good(server.end())
    same(saw['certificate'], test.pki.der('client-' + cell.cert), "the client's certificate")


def openssl_renegotiates(test, **settings):
    """s_client's R at our server: the statuses with the setting and without."""
    server = test.server(TLS12, **settings)
    client = test.openssl_client(TLS12, server)
    with client.start() as child:
        client.talk(child)
        child.say('R\n')
        time.sleep(PAUSE)
        if settings:
            client.talk_again(child)
            child.close_input()
        text = child.rest() + child.errors_text()
    saw = server.end()
    if settings:
        want(int(good(saw)['renegotiations']) >= 1, 'no SEC_I_RENEGOTIATE', saw)
    else:
        has(text, 'no renegotiation', "s_client's refusal")


THEIRS, OURS = (r'%s TLS 1.3, Handshake.*KeyUpdate' % mark for mark in ('>>>', '<<<'))


def server_updates_keys(test, command):
    messages = Messages(test)
    interrupted(test, TLS13, command, words=messages.words)
    messages.has(THEIRS, "s_server's KeyUpdate")
    if command == 'K':
        messages.has(OURS, 'our KeyUpdate')


def client_updates_keys(test, command):
    messages = Messages(test)
    server = test.server(TLS13)
    client = test.openssl_client(TLS13, server, *messages.words)
    with client.start() as child:
        client.talk(child)
        child.say(command + '\n')
        time.sleep(PAUSE)
        client.talk_again(child)
        child.close_input()
        child.rest()
    good(server.end())
    messages.has(THEIRS, "s_client's KeyUpdate")
    if command == 'K':
        messages.has(OURS, 'our KeyUpdate')


def two_lines(server):
    """s_server gives back the first line of our client twice."""
    for _ in range(2):
        start = len(server.child.text)
        server.child.wait_text(LINE, start)
        server.child.say(LINE)


def we_update_keys(test):
    messages = Messages(test)
    server = test.openssl_server(TLS13, *messages.words)
    client = test.client(TLS13, server, '--renegotiate', 'token')
    two_lines(server)
    good(client.run())
    server.end()
    messages.has(OURS, 'our KeyUpdate')


def openssl_authenticates_later(test):
    """s_server's c: our client is asked for its certificate after the handshake."""
    saw, text = interrupted(test, TLS13._replace(client='given'), 'c', asks=False)
    has(text, 'CN ?= ?alice', 'our certificate at s_server')
    want(int(saw['renegotiations']) >= 1, 'no SEC_I_RENEGOTIATE', saw)


def gnutls_authenticates_later(test):
    server = test.server(TLS13, '--renegotiate', 'step', '--ask-later', '--ca',
                         test.pki.file('ca.pem'))
    saw = GnutlsClient(test.rig, test.pki, TLS13._replace(client='given'), server,
                       '--post-handshake-auth', line=SHORT).run()
    same(good(server.end())['certificate'], test.pki.der('client-ec'), "the client's certificate")
    want('error' not in saw[0], saw)


#
# Tickets, stapling, pre-shared keys.
#

def shared_ticket_key(test, cell, shared):
    """Two processes of ours; a session of the first at the second."""
    keys = [test.rig.write_bytes(f'ticket-{test.rig.count()}', os.urandom(80)) for _ in range(2)]
    session = f'{test.rig.folder}/session-{test.rig.count()}'
    for i, option in enumerate(['-sess_out', '-sess_in']):
        key = keys[0] if shared else keys[i]
        seen, _, saw = test.from_openssl(cell, words=[option, session], ticket_key_file=[key])
        same(seen['resumed'], bool(i and shared), f'resumed at process {i + 1}, for s_client')
        same(good(saw)['resumed'], bool(i and shared), f'resumed at process {i + 1}, for us')


def resumed_by_number(test, cell):
    """s_server keeps the sessions itself and gives no tickets, or in TLS 1.3 mere numbers."""
    server = test.openssl_server(cell._replace(resume=True), '-no_ticket')
    client = test.client(cell._replace(resume=True), server)
    server.serve()
    saw = client.run()
    same(good(saw, 1)['resumed'], True, 'resumed, for us')
    same(server.end()[1]['resumed'], True, 'resumed, for s_server')


def numbers_resumed_by_us(test, cell):
    """The same with s_client, which takes no tickets."""
    session = f'{test.rig.folder}/session-{test.rig.count()}'
    server = test.server(cell._replace(resume=True))
    for i, option in enumerate(['-sess_out', '-sess_in']):
        client = test.openssl_client(cell, server, '-no_ticket', option, session)
        with client.start() as child:
            seen = client.one(child)
        same(seen.get('resumed'), i == 1, f'connection {i + 1} resumed, for s_client')
    same([saw['resumed'] for saw in server.end()], [False, True], 'resumed, for us')


def both_kinds_of_key(test, kind):
    """Our server has a certificate of each; the client takes one."""
    sigalgs = {'rsa': 'rsa_pss_rsae_sha256:RSA+SHA256', 'ec': 'ECDSA+SHA256'}[kind]
    for cell in BOTH:
        _, text, saw = test.from_openssl(cell, certificates=['server-rsa', 'server-ec'],
                                         words=['-sigalgs', sigalgs])
        good(saw)
        has(text, 'Peer signature type: ' + {'rsa': 'RSA', 'ec': 'ECDSA'}[kind], 'its signature')


def stapled_settings(test, name, response=None):
    certificate, key = test.pki.pair(name)
    return {'certificate': [certificate], 'key': [key],
            'ocsp_response_file': [test.pki.file((response or name) + '.ocsp')]}


def we_staple(test, cell):
    _, text, saw = test.from_openssl(cell, words=['-status'], certificates=[],
                                     **stapled_settings(test, 'server-ec'))
    good(saw)
    has(text, 'OCSP Response Status: successful', 'the stapled response')
    has(text, 'Cert Status: good', 'a good status')


def we_staple_for_nss(test, cell):
    server = test.server(cell, http=True, certificates=[], **stapled_settings(test, 'server-ec'))
    client = NssClient(test.rig, test.pki, cell, server, '-T')
    saw = client.run()
    want(saw[0].get('echoed'), saw)
    good(server.end())
    has(client.text, 'Received 1 Cert Status items', 'the stapled response')


def stapled_to_us(test, cell, name, response, status):
    """What our client, which demands an answer, makes of s_server's."""
    words = ['-status_file', test.pki.file(response)] if response else []
    saw, _ = test.at_openssl(cell, words=words, echo=status == 'SEC_E_OK', certificate=name,
                             ocsp='require')
    same(saw[0]['status'], status, 'status')


def stapled_by_gnutls(test):
    server = GnutlsServer(test.rig, test.pki, TLS13,
                          '--ocsp-response=' + test.pki.file('server-ec.ocsp'))
    good(test.client(TLS13, server, ocsp='require').run())
    server.end()


def psk_settings(test):
    return {'psk_file': test.rig.write(f'psk-{test.rig.count()}',
                                       f'bob:00112233445566778899aabbccddeeff\n{IDENTITY}:{KEY}\n')}


def psk_server(test, cell):
    seen, _, saw = test.from_openssl(
        cell, '--cred-flags', PRESHARED_KEY_ONLY, certificates=[], **psk_settings(test),
        words=['-psk_identity', IDENTITY, '-psk', KEY])
    same(good(saw)['protocol'], cell.version, 'protocol')
    same(seen['peer'], '', "server's certificate")


def psk_wrong_key(test, cell):
    seen, _, saw = test.from_openssl(
        cell, '--cred-flags', PRESHARED_KEY_ONLY, certificates=[], good=False,
        **psk_settings(test), words=['-psk_identity', IDENTITY, '-psk', 'f' + KEY[1:]])
    want('error' in seen and saw[0]['status'] != 'SEC_E_OK', seen, saw)


def psk_client(test, cell):
    saw, _ = test.at_openssl(cell, '--cred-flags', PRESHARED_KEY_ONLY, certificate='-',
                             psk_identity=IDENTITY, **psk_settings(test),
                             words=['-nocert', '-psk', KEY, '-psk_identity', IDENTITY])
    same(good(saw)['protocol'], cell.version, 'protocol')
    same(saw[0]['certificate'], '-', "server's certificate")


def gnutls_psk_priority(cell):
    exchange = '+ECDHE-PSK' if cell is TLS12 else '+ECDHE-PSK:+DHE-PSK'
    return f'--priority=NORMAL:-VERS-ALL:+VERS-{cell.version}:-KX-ALL:{exchange}:+PSK'


def psk_gnutls_client(test, cell):
    server = test.server(cell, '--cred-flags', PRESHARED_KEY_ONLY, certificates=[],
                         **psk_settings(test))
    saw = GnutlsClient(test.rig, test.pki, cell, server, '--pskusername=' + IDENTITY,
                       '--pskkey=' + KEY, gnutls_psk_priority(cell)).run()
    want('error' not in saw[0], saw)
    good(server.end())


def psk_gnutls_server(test, cell):
    passwords = test.rig.write(f'psk-{test.rig.count()}', f'{IDENTITY}:{KEY}\n')
    child, port = listening(test.rig, lambda port: [
        'gnutls-serv', '--echo', f'--port={port}', '--pskpasswd=' + passwords,
        gnutls_psk_priority(cell)])
    with child:
        where = SimpleNamespace(port=port, speaks='lines', protocol='h2')
        good(test.client(cell, where, '--cred-flags', PRESHARED_KEY_ONLY,
                         psk_identity=IDENTITY, **psk_settings(test)).run())


#
# What both ends know: bindings, exported keys.
#

def endpoint_of(test, name):
    """RFC 5929 4.1, for certificates that are signed with SHA-256."""
    return hashlib.sha256(bytes.fromhex(test.pki.der(name))).hexdigest()


def exported(text):
    return find(r'Keying material: ([0-9A-F]+)', text, '').lower()


def same_exporter_as_server(test, cell):
    saw, text = test.at_openssl(cell, '--exporter', LABEL,
                                words=['-keymatexport', LABEL, '-keymatexportlen', '20'])
    same(good(saw)['exporter'], exported(text), 'exported key')
    same(saw[0]['endpoint'], endpoint_of(test, 'server-' + cell.cert), 'tls-server-end-point')


def same_exporter_as_client(test, cell):
    _, text, saw = test.from_openssl(cell, '--exporter', LABEL,
                                     words=['-keymatexport', LABEL, '-keymatexportlen', '20'])
    same(good(saw)['exporter'], exported(text), 'exported key')
    same(saw[0]['endpoint'], endpoint_of(test, 'server-' + cell.cert), 'tls-server-end-point')


#
# Names.
#

def we_choose_by_name(test, cell, name):
    """s_client compares the name."""
    _, _, saw = test.from_openssl(cell, target=name + '.test',
                                  certificates=['server-one', 'server-two'])
    good(saw)


def openssl_chooses_by_name(test, cell):
    """Without its chain, which s_server has for the first certificate alone."""
    saw, _ = test.at_openssl(cell, '--ca', test.pki.file('both-cas.pem'), certificate='server-one',
                             target='two.test',
                             words=['-servername', 'two.test',
                                    '-cert2', test.pki.file('server-two.pem'),
                                    '-key2', test.pki.file('server-two.key')])
    same(good(saw)['certificate'], test.pki.der('server-two'), 'certificate')


def by_address(test):
    """A literal address as the target is compared with the certificate's."""
    saw, _ = test.at_openssl(TLS13, target='127.0.0.1')
    good(saw)


#
# Refusals.
#

# Certificate of the server, our status, the alert that s_server hears, which libssl chooses.
BAD = [
    ('server-other-ca', 'SEC_E_UNTRUSTED_ROOT', 'unknown ca'),
    ('server-self-signed', 'SEC_E_UNTRUSTED_ROOT', 'unknown ca'),
    ('server-expired', 'SEC_E_CERT_EXPIRED', 'certificate expired'),
    ('server-future', 'SEC_E_CERT_EXPIRED', 'bad certificate'),
    ('server-wrong-name', 'SEC_E_WRONG_PRINCIPAL', 'bad certificate'),
    ('server-wrong-usage', 'SEC_E_CERT_WRONG_USAGE', 'unsupported certificate'),
    ('server-bad-signature', 'SEC_E_CERT_UNKNOWN', 'decrypt error'),
    ('server-under-leaf', 'SEC_E_CERT_UNKNOWN', 'unknown ca'),
    ('server-under-short', 'SEC_E_CERT_UNKNOWN', 'unknown ca'),
    ('server-weak', 'SEC_E_ALGORITHM_MISMATCH', 'bad certificate'),
]


def revocation_list(test, cell, roots, name, status):
    """A list of the settings counts, wherever the roots come from."""
    settings = {'crl_file': [test.pki.file('crl.pem')]}
    if roots == 'ca_file':
        settings.update(ca=None, ca_file=[test.pki.file('ca.pem')])
    saw, _ = test.at_openssl(cell, certificate=name, echo=status == 'SEC_E_OK', **settings)
    same(saw[0]['status'], status, 'our status')


def we_refuse(test, cell, name, status, heard):
    # Level 0, for s_server would not have the weak one either.
    server = test.openssl_server(cell, '-cipher', 'ALL:@SECLEVEL=0', certificate=name)
    saw = test.client(cell, server).run()
    with server.child:
        text = server.child.rest()
    same(saw[0]['status'], status, 'our status')
    want(int(saw[0]['failure_token']) > 0, 'no alert was sent', saw[0])
    has(text, f'alert {heard}', 'the alert')


def openssl_refuses_us(test, cell):
    """Our server's certificate is not s_client's cup of tea."""
    seen, _, saw = test.from_openssl(cell, good=False, certificates=['server-other-ca'])
    want('error' in seen, seen)
    same(saw[0]['status'], 'SEC_E_UNTRUSTED_ROOT', 'our status')


def openssl_refuses_our_client(test, cell):
    certificate, key = test.pki.pair('client-other')
    server = test.openssl_server(cell._replace(client='absent'))
    saw = test.client(cell, server, '--cert', certificate, '--key', key, '--hear').run()
    with server.child:
        server.child.rest()
    same(saw[0]['status'], 'SEC_E_UNTRUSTED_ROOT', 'our status')


def java_refuses_our_client(test, cell):
    certificate, key = test.pki.pair('client-other')
    server = JavaServer(test.rig, test.pki, cell._replace(client='absent'))
    saw = test.client(cell, server, '--cert', certificate, '--key', key, '--hear').run()
    server.end()
    same(saw[0]['status'], 'SEC_E_CERT_UNKNOWN', 'our status, of certificate_unknown')


def we_refuse_a_client(test, cell):
    """A client whose certificate is nobody's."""
    server = test.server(cell._replace(client='given'))
    client = test.openssl_client(cell, server, '-cert', test.pki.file('client-other.pem'), '-key',
                                 test.pki.file('client-other.key'))
    with client.start() as child:
        seen = client.one(child)
        text = child.text + child.errors_text()
    saw = server.end()
    want('error' in seen, seen)
    same(saw[0]['status'], 'SEC_E_UNTRUSTED_ROOT', 'our status')
    has(text, 'alert unknown ca', 'the alert')


def curl_refuses_us(test):
    server = test.server(TLS13, http=True)
    with Talker(test.rig, ['curl', '-q', '-s', '-S', '--noproxy', '*',
                           f'https://localhost:{server.port}/']) as child:
        child.rest()
        same(child.process.returncode, 60, "curl's exit status")
    same(server.end()[0]['status'], 'SEC_E_UNTRUSTED_ROOT', 'our status')


def no_common_protocol(test, cell):
    seen, text, saw = test.from_openssl(cell._replace(alpn=True), good=False,
                                        words=['-alpn', 'peculiar'])
    want('error' in seen, seen)
    same(saw[0]['status'], 'SEC_E_APPLICATION_PROTOCOL_MISMATCH', 'our status')
    has(text, 'alert no application protocol', 'the alert')


def openssl_has_no_common_protocol(test, cell):
    saw, _ = test.at_openssl(cell, '--alpn', 'peculiar', words=['-alpn', 'h2'], echo=False)
    same(saw[0]['status'], 'SEC_E_APPLICATION_PROTOCOL_MISMATCH', 'our status')


def no_common_version(test, ours, theirs):
    """Each end has one version, and not the same."""
    server = test.openssl_server(theirs)
    saw = test.client(ours, server).run()
    with server.child:
        server.child.rest()
    same(saw[0]['status'], 'SEC_E_UNSUPPORTED_FUNCTION', "our client's status")
    server = test.server(ours)
    client = test.openssl_client(theirs, server)
    with client.start() as child:
        want('error' in client.one(child), 's_client has a connection')
    same(server.end()[0]['status'], 'SEC_E_UNSUPPORTED_FUNCTION', "our server's status")


def no_target(test):
    server = test.openssl_server(TLS13)
    saw = test.client(TLS13, server, target=None).run()
    with server.child:
        server.child.stop()
    same(saw[0]['status'], 'SEC_E_WRONG_PRINCIPAL', 'our status')


#
# Credentials.
#

def certificate_when_asked(test, cell):
    """SEC_I_INCOMPLETE_CREDENTIALS, and another credential for it."""
    saw, text = test.at_openssl(cell._replace(client='given'), '--when-asked')
    same(good(saw)['asked'], '1', 'SEC_I_INCOMPLETE_CREDENTIALS')
    has(text, 'CN ?= ?alice', 'our certificate at s_server')
    want(int(saw[0]['issuers']) > 0, 'no names of issuers', saw[0])


def no_certificate_when_asked(test, cell):
    """The same, and on without one."""
    saw, _ = test.at_openssl(cell, words=['-verify', '2'])
    same(good(saw)['asked'], '1', 'SEC_I_INCOMPLETE_CREDENTIALS')


def old_credentials(test, cell):
    """SCHANNEL_CRED on our end, whichever that is."""
    saw, _ = test.at_openssl(cell, '--old')
    same(good(saw)['protocol'], cell.version, "our client's protocol")
    _, _, saw = test.from_openssl(cell, '--old')
    same(good(saw)['protocol'], cell.version, "our server's protocol")


FORMS = [
    ('PKCS #12', 'server-rsa.p12', None, True),
    ('key with a password', 'server-rsa-chain.pem', 'server-rsa-encrypted.key', True),
    ('traditional key', 'server-rsa-chain.pem', 'server-rsa-traditional.key', False),
    ('DER', 'server-rsa.der', 'server-rsa.key.der', False),
]


def form_of_certificate(test, certificate, key, password):
    words = ['--cert', test.pki.file(certificate)]
    if key:
        words += ['--key', test.pki.file(key)]
    if password:
        with open(test.pki.file('password'), encoding='utf-8') as file:
            words += ['--password', file.read().strip()]
    # DER holds one certificate, and the intermediate is s_client's own then.
    _, _, saw = test.from_openssl(TLS13, *words, certificates=[],
                                  words=['-verifyCAfile', test.pki.file('both-cas.pem')])
    good(saw)


def reconnects_disabled(test, cell):
    session = f'{test.rig.folder}/session-{test.rig.count()}'
    server = test.server(cell, '--cred-flags', DISABLE_RECONNECTS, count='2')
    for option in '-sess_out', '-sess_in':
        # Without a ticket there is no file to come back with.
        words = [option, session] if option == '-sess_out' or os.path.exists(session) else []
        client = test.openssl_client(cell, server, *words)
        with client.start() as child:
            seen = client.one(child)
        want('error' not in seen and not seen['resumed'], seen)
    for saw in server.end():
        same(saw['resumed'], False, 'resumed')


#
# Records.
#

CIPHERS = [
    ('rsa', 'ECDHE-RSA-AES128-GCM-SHA256'), ('ec', 'ECDHE-ECDSA-CHACHA20-POLY1305'),
    ('rsa', 'ECDHE-RSA-AES256-SHA384'), ('ec', 'ECDHE-ECDSA-AES128-SHA256'),
    ('rsa', 'ECDHE-RSA-AES128-SHA'), ('ec', 'ECDHE-ECDSA-AES128-CCM'),
    ('ec', 'ECDHE-ECDSA-AES128-CCM8'), ('rsa', 'DHE-RSA-AES256-GCM-SHA384'),
    ('rsa', 'AES128-GCM-SHA256'), ('rsa', 'AES256-SHA256'),
]
SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
          'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256']


def cipher(test, cert, name):
    """One cipher suite, both ways: their sizes of header and trailer differ."""
    cell = TLS12._replace(cert=cert)
    settings = {'ciphers': 'ALL'}
    saw, text = test.at_openssl(cell, words=['-cipher', name], **settings)
    has(text, f'CIPHER is {name}', 'the cipher')
    good(saw)
    _, text, saw = test.from_openssl(cell, words=['-cipher', name], **settings)
    has(text, f'Cipher is {name}', 'the cipher')
    good(saw)


def suite(test, name):
    settings = {'cipher_suites': ':'.join(SUITES)}
    saw, text = test.at_openssl(TLS13, words=['-ciphersuites', name], **settings)
    has(text, f'CIPHER is {name}', 'the cipher suite')
    same(good(saw)['cipher'], name, 'our name of it')
    _, text, saw = test.from_openssl(TLS13, words=['-ciphersuites', name], **settings)
    same(good(saw)['cipher'], name, 'our name of it')


def hello_retry(test):
    """The server's group is none that the client sent a share of."""
    saw, _ = test.at_openssl(TLS13, words=['-groups', 'P-384'])
    good(saw)
    _, _, saw = test.from_openssl(TLS13, groups='P-384')
    good(saw)


def own_memory(test, cell):
    """Tokens in our memory, for which it is too small until we were told how much is needed."""
    saw, _ = test.at_openssl(cell._replace(client='given'), '--own-memory')
    good(saw)
    _, _, saw = test.from_openssl(cell._replace(client='given'), '--own-memory')
    good(saw)


def small_records(test, cell):
    saw, _ = test.at_openssl(cell, words=['-max_send_frag', '600'])
    good(saw)
    _, _, saw = test.from_openssl(cell, words=['-maxfraglen', '512'])
    good(saw)
    _, _, saw = test.from_openssl(cell, words=['-max_send_frag', '600'])
    good(saw)


def padded_records(test):
    saw, _ = test.at_openssl(TLS13, words=['-record_padding', '1000'])
    good(saw)
    _, _, saw = test.from_openssl(TLS13, words=['-record_padding', '1000'])
    good(saw)


def much_data(test, make, cell):
    server = make(test.rig, test.pki, cell)
    saw = good(test.client(cell, server, '--bytes', '400000').run())
    same((saw['sent'], saw['received']), ('400000', '400000'), 'octets')
    server.end()


def much_data_to_us(test, cell):
    server = test.server(cell)
    client = test.openssl_client(cell, server)
    with client.start() as child:
        client.talk(child)
        for _ in range(24):
            client.talk_again(child)
        child.close_input()
        child.rest()
    same(good(server.end())['received'], str(25 * len(LINE)), 'octets')


def closed_by_nginx(test, cell):
    """A server that closes after its answer, which we have then seen."""
    server = NginxServer(test.rig, test.pki, cell)
    saw = good(test.client(cell, server).run())
    server.end()
    same(saw['end'], 'closed', 'end')


def cut_off(test, cell):
    """A server that dies: no close_notify, and the data could have been cut."""
    server = test.openssl_server(cell)
    client = test.client(cell, server, '--hear')
    server.child.wait_text('CIPHER is')
    server.child.process.kill()
    saw = client.run()[0]
    server.child.stop()
    same(saw['status'], 'EOF', 'status')


#
# Others.
#

def nginx_is_a_client(test):
    """nginx as a proxy in front of our server, with a certificate and with resumption."""
    need_file('/usr/sbin/nginx', 'nginx')
    cell = TLS13._replace(client='given')
    server = test.server(cell, http=True, count='2')
    certificate, key = test.pki.pair('client-ec')
    nginx, port = start_nginx(test.rig, lambda port: f'''
        server {{ listen 127.0.0.1:{port};
                 location / {{ proxy_pass https://localhost:{server.port};
                     proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_verify on;
                     proxy_ssl_verify_depth 3; proxy_ssl_protocols TLSv1.3;
                     proxy_ssl_trusted_certificate {test.pki.file('ca.pem')};
                     proxy_ssl_certificate {certificate}; proxy_ssl_certificate_key {key}; }} }}''')
    with nginx:
        for _ in range(2):
            done = subprocess.run(['curl', '-q', '-s', '--noproxy', '*', '--max-time', '10',
                                   f'http://127.0.0.1:{port}{ANSWER}'], stdout=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, env=test.rig.env, check=False)
            want(ANSWER in done.stdout.decode(), 'no answer through nginx', done.stdout)
    saw = server.end()
    same(good(saw, 0)['resumed'], False, 'first')
    same(good(saw, 1)['resumed'], True, 'second')
    same(saw[0]['certificate'], test.pki.der('client-ec'), "nginx's certificate")


#
# DTLS.
#

def dtls_at_openssl(test, cell):
    saw, text = test.at_openssl(cell)
    same(good(saw)['protocol'], 'DTLS1.2', 'protocol')
    if cell.client == 'given':
        has(text, 'CN ?= ?alice', 'our certificate at s_server')


def dtls_from_openssl(test, cell):
    seen, _, saw = test.from_openssl(cell)
    same(good(saw)['protocol'], 'DTLS1.2', 'protocol')
    same(seen['protocol'], 'DTLS1.2', "s_client's protocol")


def dtls_at_gnutls(test, cell):
    server = GnutlsServer(test.rig, test.pki, cell)
    same(good(test.client(cell, server).run())['protocol'], 'DTLS1.2', 'protocol')
    server.end()


def dtls_from_gnutls(test, cell):
    server = test.server(cell)
    # gnutls-cli sends no more than a record holds.
    saw = GnutlsClient(test.rig, test.pki, cell, server, line=SHORT).run()
    want('error' not in saw[0], saw)
    same(good(server.end())['protocol'], 'DTLS1.2', 'protocol')


class Road:
    """Datagrams to a server and back; some are lost."""
    speaks, protocol = 'lines', 'h2'

    def __init__(self, server, lost):
        self.lost = lost
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.connect(('127.0.0.1', server.port))
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.bind(('127.0.0.1', 0))
        self.port = self.client.getsockname()[1]
        self.count = 0
        self.address = None
        for function in self.there, self.back:
            threading.Thread(target=function, daemon=True).start()

    def passes(self):
        self.count += 1
        return self.count not in self.lost

    def there(self):
        while True:
            data, self.address = self.client.recvfrom(65536)
            if self.passes():
                self.server.send(data)

    def back(self):
        while True:
            data = self.server.recv(65536)
            if self.passes():
                self.client.sendto(data, self.address)


# Which datagrams, in the order of both directions: a hello, and one of the server's flight.
LOST = {1, 6}


def dtls_lost_to_openssl(test):
    server = test.openssl_server(DTLS)
    client = test.client(DTLS, Road(server, LOST))
    server.serve_one()
    same(good(client.run())['protocol'], 'DTLS1.2', 'protocol')
    server.end()


def dtls_lost_from_openssl(test):
    server = test.server(DTLS)
    client = test.openssl_client(DTLS, Road(server, LOST), '-timeout')
    want('error' not in client.run()[0], 's_client has no connection')
    same(good(server.end())['protocol'], 'DTLS1.2', 'protocol')


#
# The list: who is needed, title, function, arguments.
#

def versions(needs, title, function, *args):
    """The same in TLS 1.2 and in TLS 1.3."""
    return [(needs, f'{title}, {cell.version}', function, cell, *args) for cell in BOTH]


def both_ways(title, client_first, server_first, cell):
    return [('openssl', f'ours -> openssl, {title}', client_first, cell),
            ('openssl', f'openssl -> ours, {title}', server_first, cell)]


def handshakes_again():
    yield 'openssl', 'ours -> openssl, TLS1.2, s_server renegotiates', server_renegotiates
    yield ('openssl', "ours -> openssl, TLS1.2, s_server renegotiates for a certificate",
           server_renegotiates_for_certificate)
    yield ('openssl', 'ours -> openssl, TLS1.2, data meets a renegotiation',
           data_meets_renegotiation)
    for how in 'step', 'token':
        yield ('openssl', f'ours -> openssl, TLS1.2, we renegotiate by a {how}',
               client_renegotiates, how)
    yield ('openssl', 'ours -> openssl, TLS1.2, we renegotiate and may not',
           client_may_not_renegotiate)
    yield 'openssl', 'openssl -> ours, TLS1.2, we renegotiate', we_renegotiate
    yield ('openssl', 'openssl -> ours, TLS1.2, we renegotiate for a certificate',
           we_want_a_certificate_later, TLS12)
    yield ('openssl', 'openssl -> ours, TLS1.3, we ask for a certificate later',
           we_want_a_certificate_later, TLS13, '-enable_pha')
    yield ('openssl', 'ours -> openssl, TLS1.3, s_server asks for a certificate later',
           openssl_authenticates_later)
    yield ('gnutls', 'gnutls -> ours, TLS1.3, we ask for a certificate later',
           gnutls_authenticates_later)
    yield ('openssl', 'openssl -> ours, TLS1.2, s_client renegotiates and may not',
           openssl_renegotiates)
    yield ('openssl', 'openssl -> ours, TLS1.2, s_client renegotiates and may',
           lambda test: openssl_renegotiates(test, client_renegotiation=True))
    for command, what in ('k', 'its keys'), ('K', 'the keys of both'):
        yield ('openssl', f'ours -> openssl, TLS1.3, s_server changes {what}',
               server_updates_keys, command)
        yield ('openssl', f'openssl -> ours, TLS1.3, s_client changes {what}',
               client_updates_keys, command)
    yield 'openssl', 'ours -> openssl, TLS1.3, we change keys', we_update_keys


def keys_and_tickets():
    for shared, title in (True, 'one ticket key in two processes'), (False, 'two ticket keys'):
        yield from versions('openssl', f'openssl -> ours, {title}', shared_ticket_key, shared)
    yield from versions('openssl', 'ours -> openssl, resumed without tickets', resumed_by_number)
    yield from versions('openssl', 'openssl -> ours, resumed without tickets',
                        numbers_resumed_by_us)
    yield from versions('openssl', 'openssl -> ours, stapled OCSP', we_staple)
    yield from versions('nss', 'nss -> ours, stapled OCSP', we_staple_for_nss)
    for name, response, status in (
            ('server-ec', 'server-ec.ocsp', 'SEC_E_OK'),
            ('server-ec', None, 'CRYPT_E_NO_REVOCATION_CHECK'),
            ('server-revoked', 'server-revoked.ocsp', 'CRYPT_E_REVOKED'),
            ('server-rsa', 'server-rsa-forged.ocsp', 'CRYPT_E_NO_REVOCATION_CHECK')):
        yield from versions('openssl', f'ours -> openssl, OCSP demanded, {response}',
                            stapled_to_us, name, response, status)
    yield 'gnutls', 'ours -> gnutls, TLS1.3, OCSP demanded', stapled_by_gnutls
    yield from versions('openssl', 'openssl -> ours, pre-shared key', psk_server)
    yield from versions('openssl', 'openssl -> ours, wrong pre-shared key', psk_wrong_key)
    yield from versions('openssl', 'ours -> openssl, pre-shared key', psk_client)
    # gnutls-cli 3.7.9 crashes with a pre-shared key in TLS 1.2, at any server.
    yield 'gnutls', 'gnutls -> ours, pre-shared key, TLS1.3', psk_gnutls_client, TLS13
    yield from versions('gnutls', 'ours -> gnutls, pre-shared key', psk_gnutls_server)


def names_and_bindings():
    for cell in (cell._replace(cert=cert) for cell in BOTH for cert in ('rsa', 'ec')):
        yield from both_ways(f'{cell.version}, {cell.cert}, exporter and end point',
                             same_exporter_as_server, same_exporter_as_client, cell)
    for name in 'one', 'two':
        yield from versions('openssl', f'openssl -> ours, the certificate of {name}.test',
                            we_choose_by_name, name)
    for kind in 'rsa', 'ec':
        yield ('openssl', f'openssl -> ours, both kinds of key, {kind} taken', both_kinds_of_key,
               kind)
    yield from versions('openssl', 'ours -> openssl, the second certificate by name',
                        openssl_chooses_by_name)
    yield 'openssl', 'ours -> openssl, TLS1.3, an address as target', by_address


def refusals():
    for name, *rest in BAD:
        yield from versions('openssl', f'ours -> openssl, {name}', we_refuse, name, *rest)
    for roots in 'ca_file', 'hRootStore':
        for name, status in ('server-ec', 'SEC_E_OK'), ('server-revoked', 'CRYPT_E_REVOKED'):
            yield ('openssl', f'ours -> openssl, TLS1.3, {name} by crl_file, roots of {roots}',
                   revocation_list, TLS13, roots, name, status)
    yield from versions('openssl', 'openssl -> ours, s_client does not trust us',
                        openssl_refuses_us)
    yield from versions('openssl', 'ours -> openssl, s_server does not trust us',
                        openssl_refuses_our_client)
    yield from versions('java', 'ours -> java, java does not trust us', java_refuses_our_client)
    yield from versions('openssl', 'openssl -> ours, we do not trust the client',
                        we_refuse_a_client)
    yield 'curl', 'curl -> ours, curl does not trust us', curl_refuses_us
    yield from versions('openssl', 'openssl -> ours, no common ALPN', no_common_protocol)
    yield from versions('openssl', 'ours -> openssl, no common ALPN',
                        openssl_has_no_common_protocol)
    for ours, theirs in BOTH, BOTH[::-1]:
        yield ('openssl', f'ours {ours.version}, openssl {theirs.version}', no_common_version,
               ours, theirs)
    yield 'openssl', 'ours -> openssl, no target', no_target


def credentials():
    yield from versions('openssl', 'ours -> openssl, a certificate when asked',
                        certificate_when_asked)
    yield from versions('openssl', 'ours -> openssl, none when asked', no_certificate_when_asked)
    yield from versions('openssl', 'SCHANNEL_CRED with openssl', old_credentials)
    for title, *form in FORMS:
        yield 'openssl', f'openssl -> ours, {title}', form_of_certificate, *form
    yield from versions('openssl', 'openssl -> ours, SCH_CRED_DISABLE_RECONNECTS',
                        reconnects_disabled)


def records():
    for cert, name in CIPHERS:
        yield 'openssl', f'TLS1.2 with openssl, {name}', cipher, cert, name
    for name in SUITES:
        yield 'openssl', f'TLS1.3 with openssl, {name}', suite, name
    yield 'openssl', 'TLS1.3 with openssl, HelloRetryRequest', hello_retry
    yield from versions('openssl', 'with openssl, tokens in our own memory', own_memory)
    yield from versions('openssl', 'with openssl, small records', small_records)
    yield 'openssl', 'TLS1.3 with openssl, padded records', padded_records
    for cell in BOTH:
        yield ('gnutls', f'ours -> gnutls, {cell.version}, much data', much_data, GnutlsServer,
               cell)
        yield 'java', f'ours -> java, {cell.version}, much data', much_data, JavaServer, cell
    yield from versions('openssl', 'openssl -> ours, much data', much_data_to_us)
    yield from versions('nginx', 'ours -> nginx, nginx closes', closed_by_nginx)
    yield from versions('openssl', 'ours -> openssl, s_server dies', cut_off)
    yield 'nginx', 'nginx -> ours, as a proxy', nginx_is_a_client


def datagrams():
    for cell in DTLS, DTLS._replace(cert='rsa'), DTLS._replace(client='given'):
        title = f'DTLS1.2, {cell.cert}' + (", client's certificate" * (cell.client == 'given'))
        yield from both_ways(title, dtls_at_openssl, dtls_from_openssl, cell)
        yield 'gnutls', f'ours -> gnutls, {title}', dtls_at_gnutls, cell
        yield 'gnutls', f'gnutls -> ours, {title}', dtls_from_gnutls, cell
    yield 'openssl', 'ours -> openssl, DTLS1.2, lost datagrams', dtls_lost_to_openssl
    yield 'openssl', 'openssl -> ours, DTLS1.2, lost datagrams', dtls_lost_from_openssl


PROGRAMS = {'openssl': ('/usr/bin/openssl', 'openssl'), 'java': (JAVAC, 'default-jdk-headless'),
            'gnutls': ('/usr/bin/gnutls-serv', 'gnutls-bin'), 'nginx': ('/usr/sbin/nginx', 'nginx'),
            'nss': ('/usr/bin/tstclnt', 'libnss3-tools'), 'curl': ('/usr/bin/curl', 'curl')}


def singles(rig, pki, names, make_job):
    """Jobs for all of them, or for those with these programs."""
    for part in (handshakes_again, keys_and_tickets, names_and_bindings, refusals, credentials,
                 records, datagrams):
        for needs, title, function, *args in part():
            if names and needs not in names:
                continue
            yield make_job(title, with_program, needs, function, rig, pki, args)


def with_program(needs, function, rig, pki, args):
    need_file(*PROGRAMS[needs])
    function(Test(rig, pki), *args)
