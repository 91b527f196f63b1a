#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The HTTP examples against real programs: http-tests.py curl | squid | apache

curl asks our server; our client asks Squid (with Samba's ntlm_auth) and httpd (mod_auth_gssapi
with gss-ntlmssp); and hostile bytes go to our server.
"""
import base64
import http.server
import os
import socket
import subprocess
import sys
import threading
import time

from rig import (USERS, Missing, PATIENCE, Rig, Tap, built, need_file, same, start_daemon, want)

DONE, TROUBLE, NETWORK, REFUSED, STATUS = range(5)  # http-client's exit codes


class Server:
    """Our example server."""

    def __init__(self, rig, *options):
        self.child = rig.start(built('doc/examples/http/http-server'), *options)
        line = self.child.readline() or self.child.fail('does not start')
        words = line.split()
        same(words[0], 'listening', 'first word of http-server')
        self.port = int(words[-1])
        self.url = f'http://127.0.0.1:{self.port}/'


def run(rig, *argv, code=0, **env):
    """Standard output, and error, of a program that is to exit with code."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, env={**rig.env, **env},
                          timeout=PATIENCE, check=False)
    out, err = done.stdout.decode(), done.stderr.decode()
    same(done.returncode, code, f'exit status of {os.path.basename(argv[0])} ({out[:300]}{err[-600:]})')
    return out, err


def curl(rig, *options, code=0):
    return run(rig, 'curl', '-q', '-s', '-S', '--noproxy', '*', '--max-time', '15', *options,
               code=code)[0]


def client(rig, *options, code=DONE, password='alicepw', user='PEERS\\alice', **env):
    return run(rig, built('doc/examples/http/http-client'), '--user', user, '--timeout', '10',
               *options, code=code, HTTP_PASSWORD=password, **env)


#
# curl, and others, at our server.
#

def curl_gets_in(rig, server, user, greeting, password='alicepw'):
    got = curl(rig, '--ntlm', '-u', f'{user}:{password}', '-w', '%{http_code}', server.url)
    same(got, greeting + '\n200', 'what curl gets')


def curl_type_1(rig, server):
    """The message that curl starts with knows OEM strings only; the server must take it."""
    _, err = run(rig, 'curl', '-q', '-s', '-v', '--noproxy', '*', '--ntlm', '-u',
                 'PEERS\\alice:alicepw', server.url)
    first = [line.split()[-1] for line in err.splitlines() if 'Authorization: NTLM' in line][0]
    flags = int.from_bytes(base64.b64decode(first)[12:16], 'little')
    want(not flags & 1 and flags & 2, f'curl asks for Unicode nowadays ({flags:#010x})')


def curl_refused(rig, server, credentials):
    got = curl(rig, '--ntlm', '-u', credentials, '-o', '/dev/null', '-w', '%{http_code}', server.url)
    same(got, '401', 'status for curl')


def curl_keeps_connection(rig, server):
    got = curl(rig, '--ntlm', '-u', 'PEERS\\alice:alicepw', '-w', '%{http_code}/%{num_connects} ',
               server.url + '1', server.url + '2', server.url + '3')
    lines = got.replace('Hello PEERS\\alice\n', '').split()
    same(lines, ['200/1', '200/0', '200/0'], 'three pages over one connection')


def curl_head(rig, server):
    got = curl(rig, '--ntlm', '-u', 'PEERS\\alice:alicepw', '-I', server.url)
    heads = [block for block in got.replace('\r', '').split('\n\n') if block.startswith('HTTP/1.1 200')]
    same(len(heads), 1, f'heads of status 200 in {got!r}')


def curl_any(rig, server):
    got = curl(rig, '--anyauth', '-u', 'PEERS\\alice:alicepw', server.url)
    same(got, 'Hello PEERS\\alice\n', 'page')


def many_at_once(rig, server):
    jobs = []
    for i in range(24):
        user, password, _ = USERS[i % 2]
        jobs.append((user, subprocess.Popen(
            ['curl', '-q', '-s', '--noproxy', '*', '--max-time', '15', '--ntlm', '-u',
             f'PEERS\\{user}:{password}', server.url],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=rig.env)))
    for user, job in jobs:
        out, _ = job.communicate(timeout=PATIENCE)
        same(out.decode(), f'Hello PEERS\\{user}\n', 'page')


def talk(port, data, wait=5.0):
    """All that the server answers to these bytes until it closes or nothing comes."""
    with socket.create_connection(('127.0.0.1', port), timeout=wait) as s:
        s.sendall(data)
        got = b''
        try:
            while True:
                more = s.recv(65536)
                if not more:
                    return got, True
                got += more
        except socket.timeout:
            return got, False


def request(*fields, start='GET / HTTP/1.1', host=True):
    lines = [start, *(['Host: x'] if host else []), *fields]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')


def status_of(data):
    return data.split(b' ')[1].decode() if data.startswith(b'HTTP/1.1 ') else repr(data[:60])


def hostile(rig, server):
    """Bytes that are no good request: the status, and that the connection ends."""
    junk = base64.b64encode(b'NTLMSSP\0' + bytes(range(200))).decode()
    cases = [
        ('400', request('Authorization: NTLM ????')),
        ('400', request('Authorization: NTLM TlRMTVNTUA=')),
        ('400', request('Authorization: NTLM')),
        ('400', request('Authorization: NTLM TlRM TVNT')),
        ('400', request('Authorization: NTLM AAAA', 'Authorization: NTLM AAAA')),
        ('400', request('no colon')),
        ('400', request('name : value')),
        ('400', request(' folded: line')),
        ('400', request('null: a\0b')),
        ('400', request('lone: cr\rlf')),
        ('400', b'GET / HTTP/1.1\nHost: x\r\n\r\n'),
        ('400', b'\r\n\r\n'),
        ('400', request(host=False)),
        ('400', request('Host: y')),
        ('400', request('Content-Length: 1x')),
        ('400', request('Content-Length: 0', 'Content-Length: 0')),
        ('413', request('Content-Length: 5')),
        ('413', request('Transfer-Encoding: chunked')),
        ('405', request(start='DELETE / HTTP/1.1')),
        ('505', request(start='GET / HTTP/2.0')),
        ('505', request(start='GET / HTTP/1.1 x')),
        ('400', request(start='GET /')),
        ('431', b'GET / HTTP/1.1\r\nHost: x\r\nlong: ' + b'x' * 200000 + b'\r\n\r\n'),
        ('431', request(*[f'f{i}: x' for i in range(150)])),
        ('401', request(f'Authorization: NTLM {junk}', 'Connection: close')),
        ('401', request('Authorization: Basic YWxpY2U6YWxpY2Vwdw==', 'Connection: close')),
        ('401', request('Connection: close')),
        ('401', request(start='GET / HTTP/1.0', host=False)),
    ]
    for expected, data in cases:
        got, closed = talk(server.port, data)
        same(status_of(got), expected, f'answer to {data[:80]!r}')
        want(closed, f'the connection stays after {data[:80]!r}')
        want(b'Hello' not in got, 'let in', data)
    curl_gets_in(rig, server, 'PEERS\\alice', 'Hello PEERS\\alice')


def tokens_out_of_place(_, server):
    """An AUTHENTICATE with nothing before it, a second CHALLENGE's worth, repeated refusals."""
    negotiate = base64.b64encode(b'NTLMSSP\0\1\0\0\0\7\x82\x08\xa2' + bytes(24)).decode()
    authenticate = base64.b64encode(b'NTLMSSP\0\3\0\0\0' + bytes(52) + b'\1\2\0\0').decode()
    with socket.create_connection(('127.0.0.1', server.port), timeout=5) as s:
        s.sendall(request(f'Authorization: NTLM {authenticate}'))
        same(status_of(s.recv(65536)), '401', 'an AUTHENTICATE first')
        s.sendall(request(f'Authorization: NTLM {negotiate}'))
        got = s.recv(65536)
        want(b'WWW-Authenticate: NTLM TlRMTVNTUAAC' in got, 'no CHALLENGE:', got)
        s.sendall(request(f'Authorization: NTLM {authenticate}'))
        got = s.recv(65536)
        same(status_of(got), '401', 'an empty AUTHENTICATE')
        want(b'WWW-Authenticate: NTLM\r\n' in got, 'a token after a refusal:', got)
        s.sendall(request())
        same(status_of(s.recv(65536)), '401', 'a request on a connection that was refused')
        s.sendall(request(f'Authorization: NTLM {authenticate}'))
        got = s.recv(65536)
        same(status_of(got), '401', 'the third refusal')
        want(b'Connection: close' in got and s.recv(100) == b'', 'it goes on after three refusals')


def silent_clients(rig):
    server = Server(rig, '--timeout', '1')
    start = time.monotonic()
    got, closed = talk(server.port, b'GET / HT')
    same((status_of(got), closed), ('408', True), 'answer to half a request')
    got, closed = talk(server.port, b'')
    same((got, closed), (b'', True), 'answer to silence')
    want(time.monotonic() - start < 8, 'the server waits for too long')
    with socket.create_connection(('127.0.0.1', server.port), timeout=5) as s:
        for byte in request():  # a byte at a time does not prolong it
            try:
                s.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.1)
        else:
            want(False, 'one byte at a time is waited for without end')
    rig.stop(server.child)


def once(rig):
    server = Server(rig, '--once', '2')
    for _ in range(2):
        curl_gets_in(rig, server, 'PEERS\\alice', 'Hello PEERS\\alice')
    same(server.child.finish(), 0, 'exit status with --once')
    rig.stop(server.child)


def stops(rig):
    server = Server(rig)
    with socket.create_connection(('127.0.0.1', server.port), timeout=5) as s:
        s.sendall(b'GET')
        time.sleep(0.1)
        server.child.process.terminate()
        same(server.child.finish(), 0, 'exit status after SIGTERM')
    rig.stop(server.child)


def our_client(rig, server, *options, greeting='Hello PEERS\\alice\n', **how):
    out, _ = client(rig, *options, server.url, **how)
    same(out, greeting, 'page')


def password_file(rig, server):
    path = rig.write('password', 'bobpw\n')
    our_client(rig, server, '--password-file', path, user='PEERS\\bob', password='wrong',
               greeting='Hello PEERS\\bob\n')


def client_refused(rig, server, **how):
    out, err = client(rig, server.url, code=REFUSED, **how)
    same(out, '', 'page')
    want('SEC_E_' in err, 'no reason is given:', err)


def client_and_network(rig):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        client(rig, f'http://127.0.0.1:{s.getsockname()[1]}/', code=NETWORK)
        s.listen()
        client(rig, '--timeout', '1', f'http://127.0.0.1:{s.getsockname()[1]}/', code=NETWORK)
    for bad in 'https://localhost/', 'http://', 'http://a b/', 'http://a/\r\nX: y', 'ftp://a/':
        client(rig, bad, code=TROUBLE)


def curl_tests(tap, rig):
    need_file('/usr/bin/curl', 'curl')
    server = Server(rig)
    hello = 'Hello PEERS\\alice'
    tap.case('curl --ntlm, DOMAIN\\user', curl_gets_in, rig, server, 'PEERS\\alice', hello)
    tap.case('curl --ntlm starts with an OEM-only message', curl_type_1, rig, server)
    tap.case('curl --ntlm, no domain', curl_without_domain, rig, server)
    tap.case('curl --ntlm, domain in lower case', curl_gets_in, rig, server, 'peers\\alice',
             'Hello peers\\alice')
    tap.case('curl --anyauth', curl_any, rig, server)
    tap.case('curl, wrong password', curl_refused, rig, server, 'PEERS\\alice:wrong')
    tap.case('curl, empty password', curl_refused, rig, server, 'PEERS\\alice:')
    tap.case('curl, unknown user', curl_refused, rig, server, 'PEERS\\mallory:alicepw')
    tap.case('curl, neither user nor password', curl_refused, rig, server, ':')
    tap.case('curl fetches three pages over one connection', curl_keeps_connection, rig, server)
    tap.case('curl --head', curl_head, rig, server)
    tap.case('24 curls at once, two users', many_at_once, rig, server)
    tap.case('our client at our server', our_client, rig, server)
    tap.case('our client at our server, several pages', our_client, rig, server, '--repeat', '3',
             greeting='Hello PEERS\\alice\n' * 3)
    tap.case('our client, name and password beyond ASCII', our_client, rig, server,
             user='PEERS\\jürgen', password='pässwörd€', greeting='Hello PEERS\\jürgen\n')
    tap.case('our client, password from a file', password_file, rig, server)
    tap.case('our client, wrong password', client_refused, rig, server, password='wrong')
    tap.case('our client, a scheme that the server has not', client_refused_scheme, rig, server)
    tap.case('our client, nobody there and bad addresses', client_and_network, rig)
    tap.case('our server, hostile requests', hostile, rig, server)
    tap.case('our server, tokens out of place', tokens_out_of_place, rig, server)
    tap.case('our server, silent clients', silent_clients, rig)
    tap.case('our server, --once', once, rig)
    tap.case('our server, told to stop', stops, rig)
    tap.case('our server ends well after all that', ends_well, rig, server)


def curl_without_domain(rig, server):
    got = curl(rig, '--ntlm', '-u', 'alice:alicepw', '-w', '%{http_code}', server.url)
    want(got.startswith('Hello ') and got.endswith('alice\n200'), f'what curl gets: {got!r}')


def client_refused_scheme(rig, server):
    client(rig, '--scheme', 'Negotiate', server.url, code=REFUSED)


def ends_well(rig, server):
    server.child.process.terminate()
    same(server.child.finish(), 0, 'exit status')
    rig.stop(server.child)


#
# Squid.
#

SQUID = '''\
http_port 127.0.0.1:{port}
pid_filename none
cache_log {folder}/squid/cache.log
access_log none
coredump_dir {folder}/squid
cache_mem 8 MB
max_filedescriptors 256
visible_hostname localhost
shutdown_lifetime 0 seconds
netdb_filename none
pinger_enable off
{user}
auth_param ntlm program {folder}/squid/helper
auth_param ntlm children 4 startup=1 idle=1
auth_param ntlm keep_alive {keep}
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
'''


def start_squid(rig, keep):
    """Squid that asks for NTLM and has ntlm_auth look: any name, the password alicepw."""
    root = os.geteuid() == 0
    folder = rig.folder + '/squid'
    os.makedirs(folder, exist_ok=True)
    if root:  # Squid goes on as its own user then, which must reach and write its folder
        os.chmod(rig.folder, 0o711)
        os.chmod(folder, 0o777)
    conf = rig.write('squid/smb.conf', '[global]\nnetbios name = PEERHOST\nworkgroup = PEERS\n'
                     'server role = standalone server\n' + ''.join(
                         f'{name} = {folder}\n' for name in (
                             'private dir', 'state directory', 'cache directory', 'lock directory',
                             'ncalrpc dir')) + f'winbindd socket directory = {folder}/none\n', 0o644)
    rig.write('squid/helper', '#!/bin/sh\nexec /usr/bin/ntlm_auth '
              f'--configfile={conf} --helper-protocol=squid-2.5-ntlmssp --username=alice '
              '--domain=PEERS --password=alicepw 2>/dev/null\n', 0o755)

    def make(port):
        path = rig.write('squid/squid.conf', SQUID.format(
            port=port, folder=rig.folder, keep=keep,
            user='cache_effective_user proxy' if root else ''), 0o644)
        return rig.start('/usr/sbin/squid', '-N', '-f', path)
    return start_daemon(rig, make)


class Page(http.server.BaseHTTPRequestHandler):
    """An origin that asks nothing."""
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = b'origin\n' if self.path == '/open' else b'x' * 300000
        self.send_response(200)
        if self.path == '/chunked':
            self.send_header('Transfer-Encoding', 'chunked')
            self.end_headers()
            for i in range(0, len(body), 7777):
                part = body[i:i + 7777]
                self.wfile.write(b'%x;ext=1\r\n%s\r\n' % (len(part), part))
            self.wfile.write(b'0\r\nTrailer: x\r\n\r\n')
            return
        if self.path == '/close':
            self.send_header('Connection', 'close')
            self.close_connection = True
        else:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def through(rig, proxy, url, page, *options, **how):
    out, err = client(rig, '--verbose', '--proxy', f'localhost:{proxy}', '--proxy-user',
                      'PEERS\\alice', *options, url, HTTP_PROXY_PASSWORD='alicepw', **how)
    want(out == page, f'page: {out[:200]!r}, {len(out)} bytes')
    want('407' in err, f'the proxy did not ask: {err}')


def squid_tests(tap, rig):
    need_file('/usr/sbin/squid', 'squid')
    need_file('/usr/bin/ntlm_auth', 'winbind')
    origin = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Page)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    page = f'http://127.0.0.1:{origin.server_port}'
    for keep in 'on', 'off':
        squid, proxy = start_squid(rig, keep)
        title = f'our client through Squid (keep_alive {keep})'
        tap.case(title, through, rig, proxy, page + '/open', 'origin\n')
        tap.case(f'{title}, a long page', through, rig, proxy, page + '/long', 'x' * 300000)
        if keep == 'on':
            more_squid_tests(tap, rig, proxy, page, title)
        rig.stop(squid)
    tap.case('our client, chunked page', our_client_page, rig, page + '/chunked')
    tap.case('our client, page up to the end of the connection', our_client_page, rig,
             page + '/close')
    origin.shutdown()


def our_client_page(rig, url):
    out, _ = client(rig, url)
    want(out == 'x' * 300000, f'page: {out[:200]!r}, {len(out)} bytes')


def more_squid_tests(tap, rig, proxy, page, title):
    server = Server(rig)
    tap.case(f'{title}, chunked and close', lambda: [
        through(rig, proxy, page + path, 'x' * 300000) for path in ('/chunked', '/close')])
    tap.case(f'{title}, three pages', through, rig, proxy, page + '/open', 'origin\n' * 3,
             '--repeat', '3')
    tap.case(f'{title}, wrong password', squid_refuses, rig, proxy, page + '/open')
    tap.case(f'{title} to our server: both ask', through, rig, proxy, server.url,
             'Hello PEERS\\bob\n', user='PEERS\\bob', password='bobpw')
    tap.case(f'{title} to our server: wrong password there', origin_refuses, rig, proxy, server)
    tap.case('curl through Squid to our server, both ask', curl_both, rig, proxy, server)
    tap.case('our server ends well after all that', ends_well, rig, server)


def squid_refuses(rig, proxy, url):
    out, err = client(rig, '--proxy', f'localhost:{proxy}', '--proxy-user', 'PEERS\\alice', url,
                      code=REFUSED, HTTP_PROXY_PASSWORD='wrong')
    same(out, '', 'page')
    want('proxy: SEC_E_LOGON_DENIED' in err, err)


def origin_refuses(rig, proxy, server):
    _, err = client(rig, '--proxy', f'localhost:{proxy}', '--proxy-user', 'PEERS\\alice',
                    server.url, code=REFUSED, password='wrong', HTTP_PROXY_PASSWORD='alicepw')
    want('server: SEC_E_LOGON_DENIED' in err, err)


def curl_both(rig, proxy, server):
    got = run(rig, 'curl', '-q', '-s', '-S', '--max-time', '15', '--proxy',
              f'http://localhost:{proxy}', '--proxy-ntlm', '--proxy-user', 'PEERS\\alice:alicepw',
              '--ntlm', '-u', 'PEERS\\bob:bobpw', server.url)[0]
    same(got, 'Hello PEERS\\bob\n', 'page')


#
# httpd.
#

HTTPD = '''\
ServerRoot {folder}/httpd
PidFile {folder}/httpd/pid
Mutex file:{folder}/httpd
Listen 127.0.0.1:{port}
ServerName localhost
{user}
ErrorLog {folder}/httpd/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_gssapi_module {modules}/mod_auth_gssapi.so
DocumentRoot {folder}/httpd/pages
KeepAlive On
<Location />
    AuthType GSSAPI
    AuthName peers
    GssapiAllowedMech ntlmssp
    GssapiConnectionBound On
    Require valid-user
</Location>
'''
MODULES = '/usr/lib/apache2/modules'


def start_httpd(rig):
    root = os.geteuid() == 0
    rig.write('httpd/pages/page', 'a page of httpd\n', 0o644)
    lines = [f'PEERS:{name}:{password}\n' for name, password, _ in USERS]
    users = rig.write('httpd/users', ''.join(lines), 0o644)
    if root:
        os.chmod(rig.folder, 0o711)
        os.chmod(rig.folder + '/httpd', 0o777)
        os.chmod(rig.folder + '/httpd/pages', 0o755)

    def make(port):
        path = rig.write('httpd/httpd.conf', HTTPD.format(
            port=port, folder=rig.folder, modules=MODULES,
            user='User www-data\nGroup www-data' if root else ''))
        return rig.start('/usr/sbin/apache2', '-f', path, '-DFOREGROUND', NTLM_USER_FILE=users)
    return start_daemon(rig, make)


def httpd_page(rig, url, *options, page='a page of httpd\n', **how):
    out, err = client(rig, '--verbose', *options, url, **how)
    same(out, page, 'page')
    want('401' in err, f'httpd did not ask: {err}')


def httpd_refuses(rig, url, **how):
    _, err = client(rig, url, code=REFUSED, **how)
    want('SEC_E_' in err, err)


def apache_tests(tap, rig):
    need_file('/usr/sbin/apache2', 'apache2')
    need_file(MODULES + '/mod_auth_gssapi.so', 'libapache2-mod-auth-gssapi')
    need_file('/etc/gss/mech.d/mech.ntlmssp.conf', 'gss-ntlmssp')
    _, port = start_httpd(rig)
    url = f'http://localhost:{port}/page'
    title = 'our client at httpd with mod_auth_gssapi and gss-ntlmssp'
    tap.case(title, httpd_page, rig, url)
    tap.case(f'{title}, three pages', httpd_page, rig, url, '--repeat', '3',
             page='a page of httpd\n' * 3)
    tap.case(f'{title}, another user', httpd_page, rig, url, user='PEERS\\bob', password='bobpw')
    tap.case(f'{title}, wrong password', httpd_refuses, rig, url, password='wrong')
    tap.case(f'{title}, unknown user', httpd_refuses, rig, url, user='PEERS\\mallory')
    tap.case(f'{title}, a page that is not there', lambda: client(rig, url + 'x', code=STATUS))


SUITES = {'curl': curl_tests, 'squid': squid_tests, 'apache': apache_tests}


def main():
    tap = Tap()
    with Rig() as rig:
        rig.manifest()
        try:
            SUITES[sys.argv[1]](tap, rig)
        except Missing as missing:
            print(f'1..0 # SKIP {missing}')
            return 0
    return tap.end()


if __name__ == '__main__':
    sys.exit(main())
