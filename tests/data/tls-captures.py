#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make tls-captures.txt: what openssl's s_client and s_server say to each other on loopback.

    tls-captures.py

Run once; what it makes is in the tree, and the tests expect just that.  The form is that of
ntlm-vectors.py: a block for each token, which is what one side sends before the other answers;
its first line is "tls.token: title", then comes "bytes" with hexadecimal bytes.  A title is the
name of the connection, who sends, and the number of the flight.
"""
import os
import select
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
QUIET = 1.0  # seconds without a word that end a connection


def openssl(folder, *args):
    subprocess.run(['openssl', *args], cwd=folder, check=True, capture_output=True)


def make_files(folder):
    names = 'subjectAltName=DNS:server.example.com,DNS:*.example.net,IP:127.0.0.1,IP:::1'
    for name, key in (('ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']), ('rsa', ['rsa:2048']),
                      ('client', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])):
        openssl(folder, 'req', '-x509', '-newkey', *key, '-nodes', '-days', '3650', '-subj',
                '/O=Zoë and sons/CN=' + name, '-utf8', '-addext', names, '-keyout', name + '.key',
                '-out', name + '.pem')
    with open(os.path.join(folder, 'ocsp'), 'wb') as f:
        f.write(bytes.fromhex('30030a0106'))  # a response that says: unauthorized


class Relay:
    """Between the two; keeps what passes, as (who, bytes) for each flight."""

    def __init__(self, datagram, server_port):
        kind = socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM
        self.datagram, self.server_port, self.flights = datagram, server_port, []
        self.front = socket.socket(socket.AF_INET, kind)
        self.front.bind(('127.0.0.1', 0))
        if not datagram:
            self.front.listen()
        self.port = self.front.getsockname()[1]
        self.back = socket.socket(socket.AF_INET, kind)

    def keep(self, who, data):
        if self.flights and self.flights[-1][0] == who:
            data = self.flights.pop()[1] + data
        self.flights.append((who, data))

    def run(self):
        self.back.connect(('127.0.0.1', self.server_port))
        if self.datagram:
            front, client = self.front, None
        else:
            front, client = self.front.accept()
        ends = [front, self.back]
        while ends:
            ready = select.select(ends, [], [], QUIET)[0]
            if not ready:
                return
            for s in ready:
                if self.datagram and s is front:
                    data, client = front.recvfrom(65536)
                else:
                    data = s.recv(65536)
                if not data:
                    ends.remove(s)
                    continue
                self.keep('client' if s is front else 'server', data)
                if s is front:
                    self.back.send(data)
                elif self.datagram:
                    front.sendto(data, client)
                else:
                    front.sendall(data)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def connect(folder, server, client):
    datagram = any(a.startswith('-dtls') for a in client)
    port = free_port(socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM)
    relay = Relay(datagram, port)
    s = subprocess.Popen(['openssl', 's_server', '-port', str(port), *server], cwd=folder,
                         stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    c = subprocess.Popen(['openssl', 's_client', '-connect', '127.0.0.1:%d' % relay.port, *client],
                         cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    relay.run()
    for p in (c, s):
        p.stdin.close()
        p.kill()
        p.wait()
    return relay.flights


NAME = ['-servername', 'server.example.com']
EC = ['-cert', 'ec.pem', '-key', 'ec.key']
RSA = ['-cert', 'rsa.pem', '-key', 'rsa.key']
CLIENT = ['-cert', 'client.pem', '-key', 'client.key']
# Title, server, client, and the flights that are kept.
CONNECTIONS = [
    ('1.2', EC + ['-tls1_2', '-Verify', '1', '-CAfile', 'client.pem', '-alpn', 'h2', '-status_file',
                  'ocsp'],
     CLIENT + NAME + ['-tls1_2', '-alpn', 'h2,http/1.1', '-status', '-sess_out', 'session12'], 4),
    ('1.2 DHE', RSA + ['-tls1_2'], NAME + ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256'], 4),
    ('1.2 small records', RSA + ['-tls1_2', '-max_send_frag', '512'], ['-tls1_2', '-noservername'],
     4),
    ('1.2 unknown CA', RSA + ['-tls1_2'], ['-tls1_2', '-verify_return_error', '-verify', '1'], 3),
    ('1.1', RSA + ['-cipher', 'ALL:@SECLEVEL=0'],
     CLIENT + ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], 4),
    ('1.3', EC + ['-tls1_3', '-early_data'], NAME + ['-alpn', 'h2', '-sess_out', 'session13'], 4),
    ('1.3 again', EC + ['-tls1_3', '-early_data'],
     NAME + ['-tls1_3', '-sess_in', 'session13', '-early_data', 'ocsp'], 2),
    ('1.3 retry', EC + ['-groups', 'P-256'],
     NAME + ['-tls1_3', '-groups', 'X25519:P-256', '-enable_pha'], 5),
    ('1.3 refused', EC + ['-tls1_3'], ['-tls1_2'], 2),
    ('DTLS', RSA + ['-dtls1_2', '-listen', '-mtu', '512'], NAME + ['-dtls1_2', '-mtu', '512'], 6),
]


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder, \
            open(os.path.join(HERE, 'tls-captures.txt'), 'w') as out:
        make_files(folder)
        out.write('# Made by tls-captures.py; it tells the form.\n')
        for title, server, client, most in CONNECTIONS:
            flights = connect(folder, server, client)[:most]
            print(title, [(who, len(data)) for who, data in flights])
            for n, (who, data) in enumerate(flights, 1):
                out.write('\ntls.token: %s %s %d\nbytes %s\n' % (title, who, n, data.hex()))


main()
