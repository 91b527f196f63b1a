#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""NTLM against others, both ways: token-tests.py gss-ntlmssp | samba | winpr

Each test is one exchange between two processes, unless its title says otherwise.  "a -> b": a is
the client, b the server.
"""
import base64
import os
import sys

from rig import (BUILD, HERE, PYTHON, USERS, Missing, Peer, Rig, Tap, built, carry, drop,
                 establish, need_file, need_module, same, unquote, want)

SIZES = (0, 1, 64, 16384, 1 << 20)
ALL = 'conf,integ,replay,sequence'
PROTECTION = {'conf', 'integ'}
# Two ways through the same library: table and the library's memory; functions and the caller's,
# which is at first too small, with messages opened from one buffer.
WAYS = {
    'table': ('--api', 'table'),
    'functions': ('--api', 'functions', '--own-memory', '--room', '24', '--stream'),
}
BINDINGS = '746c732d7365727665722d656e642d706f696e743a' + '5a' * 32  # tls-server-end-point:...
OTHER_BINDINGS = BINDINGS[:-2] + '5b'


def message(size, seed):
    """Bytes that differ from one message to the next."""
    block = bytes((i * 7 + seed * 31) & 0xff for i in range(257))
    return (block * (size // len(block) + 1))[:size]


class Ours:
    """Our library as a peer."""
    title = 'ours'

    @staticmethod
    def client(rig, user='alice', domain='PEERS', password='alicepw', flags=ALL, cb='',
               way='table'):
        domain_words = ['--domain', domain] if domain is not None else []
        return Peer(rig, built('tests/peers/sspi-peer'), 'init', '--target', 'host/localhost',
                    '--user', user, *domain_words, '--password', password, '--flags', flags,
                    *(['--cb', cb] if cb else []), *WAYS[way])

    @staticmethod
    def server(rig, flags=ALL, cb='', way='table'):
        return Peer(rig, built('tests/peers/sspi-peer'), 'accept', '--flags', flags,
                    *(['--cb', cb] if cb else []), *WAYS[way])


class Gss:
    """gss-ntlmssp behind MIT's mechglue."""
    title = 'gss-ntlmssp'
    sizes = SIZES[1:]  # 1.2.0 refuses to wrap nothing (0x4e540005)
    signs = True
    tells_key = True

    @staticmethod
    def need(rig):
        need_file(PYTHON, 'python3')
        need_module('gssapi', 'python3-gssapi')
        need_file('/etc/gss/mech.d/mech.ntlmssp.conf', 'gss-ntlmssp')
        lines = [f'PEERS:{name}:{password}\n' for name, password, _ in USERS]
        rig.env['NTLM_USER_FILE'] = rig.write('gss-users', ''.join(lines))

    @staticmethod
    def client(rig, user='alice', domain='PEERS', password='alicepw', flags=ALL, cb='', mic=True):
        name = f'{domain}\\{user}' if domain else user
        # A client with a user file would take the password from there.
        return Peer(rig, PYTHON, HERE + '/gss-peer.py', 'init', '--user', name, '--password',
                    password, '--flags', flags, *(['--cb', cb] if cb else []),
                    *(['--mic'] if mic else []), NTLM_USER_FILE='')

    @staticmethod
    def server(rig, cb=''):
        return Peer(rig, PYTHON, HERE + '/gss-peer.py', 'accept', *(['--cb', cb] if cb else []))


class WinPR:
    """The SSPI of libwinpr2."""
    title = 'WinPR'
    sizes = SIZES
    signs = False      # 2.11: MakeSignature is SEC_E_UNSUPPORTED_FUNCTION
    tells_key = False  # and so is the session key

    @staticmethod
    def need(rig):
        if not os.path.exists(f'{BUILD}/tests/peers/winpr-peer'):
            raise Missing('winpr2 was not found by configure (Debian: libwinpr2-dev)')
        rig.env.update(WLOG_LEVEL='OFF')
        lines = [f'{name}:PEERS::{nt}:::\n' for name, _, nt in USERS]
        rig.write('sam', ''.join(lines))

    @staticmethod
    def start(rig, *argv):
        # What WinPR leaks is not ours to report when all is built with sanitizers.
        return Peer(rig, built('tests/peers/winpr-peer'), *argv, ASAN_OPTIONS='detect_leaks=0')

    @staticmethod
    def client(rig, user='alice', domain='PEERS', password='alicepw', flags=ALL, cb=''):
        return WinPR.start(rig, 'init', 'host/localhost', flags, cb, user, domain, password)

    @staticmethod
    def server(rig, flags=ALL, cb=''):
        return WinPR.start(rig, 'accept', rig.folder + '/sam', flags, cb)


#
# What is tried with each of them.
#

def is_ours(peer):
    return 'sspi-peer' in peer.child.argv[0]


def check_names_and_flags(client, server, user='PEERS\\alice', protection=frozenset(PROTECTION)):
    ours, theirs = (server, client) if is_ours(server) else (client, server)
    same(ours.name, user, 'name at our end')
    if theirs is server:
        same(theirs.name, user, "name at the peer's end")
    same(ours.flags & PROTECTION, protection, 'our flags')
    if theirs.flags:  # WinPR 2.11 tells none, and knows that no better
        same(theirs.flags & PROTECTION, protection, "the peer's flags")
    want('mutual' not in ours.flags, 'NTLM gives no mutual authentication, our flags say so')


def send_sealed(sender, receiver, size, seed):
    clear = message(size, seed)
    sealed = sender.wrap(clear)
    same(len(sealed), size + 16, 'length of the sealed message')
    want(size < 64 or clear not in sealed, 'the message is not encrypted')
    want(receiver.unwrap(sealed) == clear, f'{size} bytes do not arrive as they were sent')


def send_signed(sender, receiver, size, seed):
    clear = message(size, seed)
    signature = sender.mic(clear)
    same(len(signature), 16, 'length of the signature')
    receiver.verify(clear, signature)


def messages_with(theirs):
    """Sealed and signed, both ways, each direction with its own count, as far as they can."""
    def both(client, server):
        for seed, size in enumerate(theirs.sizes):
            send_sealed(client, server, size, seed)
            send_sealed(server, client, size, seed + 50)
        if not theirs.signs:
            return
        for seed, size in enumerate(theirs.sizes):
            send_signed(client, server, size, seed)
            send_signed(server, client, size, seed + 50)
        for sender, receiver in (client, server), (server, client):
            for seed in range(3):  # several one way, mixed, before the other side speaks
                send_sealed(sender, receiver, 100 + seed, seed)
                send_signed(sender, receiver, 100, seed)
    return both


def works(rig, make_client, make_server, key=True, messages=None, **expected):
    client, server = establish(make_client(rig), make_server(rig))
    check_names_and_flags(client, server, **expected)
    if key:
        same(client.key(), server.key(), 'session keys')
    if messages:
        messages(client, server)
    client.close()
    server.close()


def signed_only(client, server):
    for seed, size in enumerate(SIZES[1:]):
        send_signed(client, server, size, seed)
        send_signed(server, client, size, seed)
    for peer in client, server:
        if is_ours(peer):
            want(peer.refuses('WRAP', b'not for everyone') in (
                'SEC_E_QOP_NOT_SUPPORTED', 'SEC_E_UNSUPPORTED_FUNCTION'),
                'sealing where only integrity was agreed')


def refused(rig, make_client, make_server, by, status=None):
    """The exchange fails at that end, with that status if it is ours."""
    client, server = make_client(rig), make_server(rig)
    carry(client, server)
    refuser = client if by == 'client' else server
    want(refuser.error, f'the {by} does not refuse')
    if status:
        same(refuser.error[0], status, f'status of the {by}')
    drop(client, server)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def tampered(rig, make_client, make_server, towards, what):
    """One bit of a message is turned on the way; the receiver notices.  Ours says how."""
    client, server = establish(make_client(rig), make_server(rig))
    sender, receiver = (client, server) if towards == 'server' else (server, client)
    send_sealed(sender, receiver, 40, 1)
    clear = message(40, 2)
    if what == 'data':
        status = receiver.refuses('UNWRAP', flip(sender.wrap(clear), 30))
    elif what == 'checksum':
        status = receiver.refuses('UNWRAP', flip(sender.wrap(clear), 5))
    elif what == 'signature':
        status = receiver.refuses('VERIFY', clear, flip(sender.mic(clear), 5))
    elif what == 'signed data':
        status = receiver.refuses('VERIFY', flip(clear, 3), sender.mic(clear))
    elif what == 'length':
        status = receiver.refuses('UNWRAP', sender.wrap(clear)[:-1])
    else:
        raise ValueError(what)
    want(status, 'a message that was tampered with is taken')
    if is_ours(receiver):
        same(status, 'SEC_E_MESSAGE_ALTERED', 'status')
    client.close()
    server.close()


def replayed(rig, make_client, make_server, towards):
    """The same message twice, and one that skips another."""
    for skip in False, True:
        client, server = establish(make_client(rig), make_server(rig))
        sender, receiver = (client, server) if towards == 'server' else (server, client)
        first = sender.wrap(b'first')
        if skip:
            again = sender.wrap(b'second')
        else:
            same(receiver.unwrap(first), b'first', 'the first message')
            again = first
        status = receiver.refuses('UNWRAP', again)
        same(status, 'SEC_E_OUT_OF_SEQUENCE', 'status of a message out of order')
        drop(client, server)


def common_tests(tap, rig, theirs):
    """What goes with every peer that has both sides and messages."""
    key = theirs.tells_key
    messages = messages_with(theirs)
    alterations = ['data', 'checksum', 'length']
    if theirs.signs:
        alterations += ['signature', 'signed data']
    for way in WAYS:
        tap.case(f'{theirs.title} -> ours, {way}', works, rig, theirs.client,
                 lambda r, w=way: Ours.server(r, way=w), key, messages)
        tap.case(f'ours -> {theirs.title}, {way}', works, rig,
                 lambda r, w=way: Ours.client(r, way=w), theirs.server, key, messages)
    for towards, pair in (('server', (theirs.client, Ours.server)),
                          ('client', (Ours.client, theirs.server))):
        for what in alterations:
            tap.case(f'tampered {what} from {theirs.title} to our {towards} is noticed', tampered,
                     rig, *pair, towards, what)
        tap.case(f'a replayed or missing message from {theirs.title} to our {towards} is noticed',
                 replayed, rig, *pair, towards)
    for towards, pair in (('server', (Ours.client, theirs.server)),
                          ('client', (theirs.client, Ours.server))):
        for what in sorted({'data', 'signature'}.intersection(alterations)):
            tap.case(f"tampered {what} from us to {theirs.title}'s {towards} is noticed", tampered,
                     rig, *pair, towards, what)
    tap.case(f'{theirs.title} -> ours, wrong password', refused, rig,
             lambda r: theirs.client(r, password='wrong'), Ours.server, 'server',
             'SEC_E_LOGON_DENIED')
    tap.case(f'{theirs.title} -> ours, unknown user', refused, rig,
             lambda r: theirs.client(r, user='mallory'), Ours.server, 'server',
             'SEC_E_LOGON_DENIED')
    tap.case(f'ours -> {theirs.title}, wrong password', refused, rig,
             lambda r: Ours.client(r, password='wrong'), theirs.server, 'server')
    tap.case(f'{theirs.title} -> ours, name and password beyond ASCII', works, rig,
             lambda r: theirs.client(r, user='jürgen', password='pässwörd€'), Ours.server, key,
             user='PEERS\\jürgen')


def gss_tests(tap, rig):
    common_tests(tap, rig, Gss)
    integ = frozenset({'integ'})
    tap.case('ours -> gss-ntlmssp, neither integrity nor confidentiality asked', works, rig,
             lambda r: Ours.client(r, flags=''), Gss.server, True, None, protection=frozenset())
    tap.case('gss-ntlmssp -> ours, integrity only', works, rig,
             lambda r: Gss.client(r, flags='integ'), Ours.server, True, signed_only,
             protection=integ)
    tap.case('ours -> gss-ntlmssp, integrity only', works, rig,
             lambda r: Ours.client(r, flags='integ'), Gss.server, True, signed_only,
             protection=integ)
    tap.case('ours -> gss-ntlmssp, unknown user', refused, rig,
             lambda r: Ours.client(r, user='mallory'), Gss.server, 'server')
    tap.case('ours -> gss-ntlmssp, name and password beyond ASCII', works, rig,
             lambda r: Ours.client(r, user='jürgen', password='pässwörd€'), Gss.server, True,
             None, user='PEERS\\jürgen')
    tap.case('the target that a client of gss-ntlmssp names', client_target, rig)
    binding_tests(tap, rig)
    without_mic(tap, rig)


def client_target(rig):
    client, server = establish(Gss.client(rig), Ours.server(rig))
    same(unquote(server.ask('TARGET')), 'host/localhost', 'target at our server')
    client.close()
    server.close()


def binding_tests(tap, rig):
    def gss(cb):
        return lambda r: Gss.client(r, cb=cb)

    def ours(cb, **more):
        return lambda r: Ours.server(r, cb=cb, **more)

    def our_client(cb):
        return lambda r: Ours.client(r, cb=cb)

    def gss_server(cb):
        return lambda r: Gss.server(r, cb=cb)

    short = send_one_each_way
    tap.case('gss-ntlmssp -> ours, same bindings', works, rig, gss(BINDINGS), ours(BINDINGS), True,
             short)
    tap.case('gss-ntlmssp -> ours, other bindings', refused, rig, gss(OTHER_BINDINGS),
             ours(BINDINGS), 'server', 'SEC_E_BAD_BINDINGS')
    tap.case('gss-ntlmssp -> ours, no bindings from the client', refused, rig, gss(''),
             ours(BINDINGS), 'server', 'SEC_E_BAD_BINDINGS')
    tap.case('gss-ntlmssp -> ours, none from the client, which the server allows', works, rig,
             gss(''), ours(BINDINGS, flags=ALL + ',missing-bindings'), True, short)
    tap.case('gss-ntlmssp -> ours, bindings that our server does not ask for', works, rig,
             gss(BINDINGS), ours(''), True, short)
    tap.case('ours -> gss-ntlmssp, same bindings', works, rig, our_client(BINDINGS),
             gss_server(BINDINGS), True, short)
    tap.case('ours -> gss-ntlmssp, same bindings: its flags say so', bound, rig,
             BINDINGS)
    tap.case('ours -> gss-ntlmssp, other bindings', refused, rig, our_client(OTHER_BINDINGS),
             gss_server(BINDINGS), 'server')
    tap.case('ours -> gss-ntlmssp, no bindings from our client: it lets us in, unbound', bound,
             rig, '')
    tap.case('ours -> gss-ntlmssp, bindings that the server does not ask for', works, rig,
             our_client(BINDINGS), gss_server(''), True, short)


def send_one_each_way(client, server):
    send_sealed(client, server, 64, 1)
    send_sealed(server, client, 64, 2)


def bound(rig, cb):
    client, server = establish(Ours.client(rig, cb=cb), Gss.server(rig, cb=BINDINGS))
    same('bindings' in server.flags, bool(cb), 'gss-ntlmssp says that bindings matched')
    drop(client, server)


def without_mic(tap, rig):
    """gss-ntlmssp by itself, outside SPNEGO, sends no MIC."""
    def client(r, **how):
        return Gss.client(r, mic=False, **how)

    tap.case('gss-ntlmssp without a MIC -> ours, as it is set by default', refused, rig, client,
             Ours.server, 'server', 'SEC_E_MESSAGE_ALTERED')
    tap.case('gss-ntlmssp without a MIC -> ours, wrong password', refused, rig,
             lambda r: client(r, password='wrong'), Ours.server, 'server', 'SEC_E_LOGON_DENIED')
    rig.manifest(require_mic=False)
    tap.case('gss-ntlmssp without a MIC -> ours, require_mic off', works, rig, client,
             Ours.server, True, messages_with(Gss))
    tap.case('gss-ntlmssp without a MIC -> ours, require_mic off, same bindings', works, rig,
             lambda r: client(r, cb=BINDINGS), lambda r: Ours.server(r, cb=BINDINGS), True,
             send_one_each_way)
    tap.case('gss-ntlmssp without a MIC -> ours, require_mic off, other bindings', refused, rig,
             lambda r: client(r, cb=OTHER_BINDINGS), lambda r: Ours.server(r, cb=BINDINGS),
             'server', 'SEC_E_BAD_BINDINGS')
    # It then sends a session key of zeros, though no key exchange was agreed.
    tap.case('gss-ntlmssp without a MIC -> ours, require_mic off, nothing asked: a stray key',
             refused, rig, lambda r: client(r, flags='ident'), lambda r: Ours.server(r, flags=''),
             'server', 'SEC_E_INVALID_TOKEN')
    rig.manifest()


#
# Samba.
#

class NtlmAuth:
    """ntlm_auth, Samba's helper for Squid, in the form of a Peer.

    Its lines are two letters, then a token: YR starts, KK and TT go on, AF is success, NA and BH
    are failure; SF asks for features, GK and GF tell the session key and the flags.
    """
    PROTOCOL = {'client': 'ntlmssp-client-1', 'server': 'squid-2.5-ntlmssp'}

    def __init__(self, rig, role, user='alice', domain='PEERS', password='alicepw', flags=ALL):
        self.rig = rig
        self.role = role
        self.child = rig.start(
            '/usr/bin/ntlm_auth', '--configfile=' + rig.folder + '/smb.conf',
            '--helper-protocol=' + self.PROTOCOL[role], '--username=' + user,
            '--domain=' + domain, '--password=' + password, '--workstation=PEERWS')
        self.lines = []
        self.first = True
        self.name = self.flags = self.error = None
        wanted = [f for flag, f in (('integ', 'SIGN'), ('conf', 'SEAL')) if flag in flags]
        features = ' '.join('NTLMSSP_FEATURE_' + f for f in ['SESSION_KEY', *wanted])
        same(self.command('SF ' + features), 'OK', 'features of ntlm_auth')
        if role == 'client':
            self.take(self.command('YR'))

    @property
    def over(self):
        return self.flags is not None or self.error is not None

    def command(self, line):
        self.child.write(line.encode() + b'\n')
        answer = self.child.readline()
        if answer is None:
            self.child.fail('is gone')
        return answer

    def say(self, word, token):
        want(word == 'T', 'only tokens go to ntlm_auth')
        if self.role == 'client':
            self.take(self.command('TT ' + token))
        else:
            self.take(self.command(('YR ' if self.first else 'KK ') + token))
        self.first = False

    def take(self, answer):
        words = answer.split(' ', 1)
        if words[0] in ('YR', 'TT', 'KK'):
            self.lines.append(['T', words[1]])
        elif words[0] == 'AF' and self.role == 'client':
            self.lines += [['T', words[1]], ['OK']]
        elif words[0] == 'AF':
            self.name = words[1]
            self.lines.append(['OK'])
        else:
            self.lines.append(['ERR', *words[1:]])

    def drain(self):
        while self.hear():
            pass

    def hear(self):
        if not self.lines:
            return None
        words = self.lines.pop(0)
        if words[0] == 'OK':
            bits = int(self.command('GF').split()[1], 16)
            self.flags = {name for name, bit in (('integ', 0x10), ('conf', 0x20)) if bits & bit}
        elif words[0] == 'ERR':
            self.error = words[1:]
        return words

    def key(self):
        answer = self.command('GK').split()
        same(answer[0], 'GK', 'ntlm_auth, asked for the session key')
        return base64.b64decode(answer[1]).hex()

    def close(self):
        self.child.finish()
        self.rig.stop(self.child)


class Samba:
    title = 'ntlm_auth'

    @staticmethod
    def need(rig):
        need_file('/usr/bin/ntlm_auth', 'winbind')
        rig.write('smb.conf', '[global]\nnetbios name = PEERHOST\nworkgroup = PEERS\n'
                  'server role = standalone server\nclient ntlmv2 auth = yes\n' + ''.join(
                      f'{name} = {rig.folder}\n' for name in (
                          'private dir', 'state directory', 'cache directory', 'lock directory',
                          'ncalrpc dir')) + f'winbindd socket directory = {rig.folder}/none\n')

    @staticmethod
    def client(rig, **how):
        return NtlmAuth(rig, 'client', **how)

    @staticmethod
    def server(rig, **how):
        return NtlmAuth(rig, 'server', **how)


class Gensec:
    """Samba's own client library, which signs and seals where ntlm_auth cannot."""
    title = "Samba's gensec"
    sizes = SIZES
    signs = True

    @staticmethod
    def need(_):
        need_module('samba.gensec', 'python3-samba')

    @staticmethod
    def client(rig, user='alice', domain='PEERS', password='alicepw', flags='conf,integ'):
        return Peer(rig, PYTHON, HERE + '/samba-peer.py', '--folder', rig.folder, '--user', user,
                    '--domain', domain, '--password', password, '--flags', flags)


def samba_tests(tap, rig):
    for way in WAYS:
        tap.case(f'ntlm_auth -> ours, {way}', works, rig, Samba.client,
                 lambda r, w=way: Ours.server(r, way=w), True, None)
        tap.case(f'ours -> ntlm_auth, {way}', works, rig, lambda r, w=way: Ours.client(r, way=w),
                 Samba.server, True, None)
    for flags in 'integ', '':
        text = flags or 'no protection'
        tap.case(f'ntlm_auth -> ours, {text}', works, rig,
                 lambda r, f=flags: Samba.client(r, flags=f),
                 lambda r, f=flags: Ours.server(r, flags=f), True, None,
                 # libsmb's client signs whether or not it was asked to
                 protection=frozenset({'integ'}))
        tap.case(f'ours -> ntlm_auth, {text}', works, rig,
                 lambda r, f=flags: Ours.client(r, flags=f),
                 lambda r, f=flags: Samba.server(r, flags=f), True, None,
                 protection=frozenset(filter(None, [flags])))
    tap.case('ntlm_auth -> ours, wrong password', refused, rig,
             lambda r: Samba.client(r, password='wrong'), Ours.server, 'server',
             'SEC_E_LOGON_DENIED')
    tap.case('ntlm_auth -> ours, unknown user', refused, rig,
             lambda r: Samba.client(r, user='mallory'), Ours.server, 'server',
             'SEC_E_LOGON_DENIED')
    tap.case('ours -> ntlm_auth, wrong password', refused, rig,
             lambda r: Ours.client(r, password='wrong'), Samba.server, 'server')
    tap.case('ours -> ntlm_auth, with bindings that it does not look at', works, rig,
             lambda r: Ours.client(r, cb=BINDINGS), Samba.server, True, None)
    for name, password, _ in USERS:
        if not name.isascii():
            tap.case('ntlm_auth -> ours, name and password beyond ASCII', works, rig,
                     lambda r, n=name, p=password: Samba.client(r, user=n, password=p),
                     Ours.server, True, None, user='PEERS\\' + name)
            tap.case('ours -> ntlm_auth, name and password beyond ASCII', works, rig,
                     lambda r, n=name, p=password: Ours.client(r, user=n, password=p),
                     lambda r, p=password: Samba.server(r, password=p), True, None,
                     user='PEERS\\' + name)
    tap.case("Samba's gensec -> ours, sealed and signed both ways", gensec_works, rig)
    for what in 'data', 'checksum', 'signature', 'signed data':
        tap.case(f"tampered {what} from Samba's gensec to our server is noticed", gensec_tampered,
                 rig, 'server', what)
    for what in 'data', 'signature':
        tap.case(f"tampered {what} from us to Samba's gensec is noticed", gensec_tampered, rig,
                 'client', what)


def gensec_works(rig):
    Gensec.need(rig)
    works(rig, Gensec.client, Ours.server, True, messages_with(Gensec))


def gensec_tampered(rig, towards, what):
    Gensec.need(rig)
    tampered(rig, Gensec.client, Ours.server, towards, what)


def winpr_tests(tap, rig):
    common_tests(tap, rig, WinPR)
    for title, cb, status in (('same', BINDINGS, None),
                              ('other', OTHER_BINDINGS, 'SEC_E_BAD_BINDINGS'),
                              ('no', '', 'SEC_E_BAD_BINDINGS')):
        pair = (lambda r, c=cb: WinPR.client(r, cb=c), lambda r: Ours.server(r, cb=BINDINGS))
        if status:
            tap.case(f'WinPR -> ours, {title} bindings', refused, rig, *pair, 'server', status)
        else:
            tap.case(f'WinPR -> ours, {title} bindings', works, rig, *pair, False,
                     send_one_each_way)
    tap.case('ours -> WinPR, with bindings', works, rig, lambda r: Ours.client(r, cb=BINDINGS),
             lambda r: WinPR.server(r, cb=BINDINGS), False, send_one_each_way)


SUITES = {
    'gss-ntlmssp': (Gss, gss_tests),
    'samba': (Samba, samba_tests),
    'winpr': (WinPR, winpr_tests),
}


def main():
    theirs, tests = SUITES[sys.argv[1]]
    tap = Tap()
    with Rig() as rig:
        try:
            theirs.need(rig)
        except Missing as missing:
            print(f'1..0 # SKIP {missing}')
            return 0
        rig.manifest()
        tests(tap, rig)
    return tap.end()


if __name__ == '__main__':
    sys.exit(main())
