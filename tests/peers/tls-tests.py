#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS against others, both ways: tls-tests.py [among | NAME...]

The matrix first: each cell is a test in which a client connects to a server, says something that
is echoed, and both ends are asked what they saw; its table is printed at the end, with what a
program cannot do as n/a and the reason below.  Then single tests.  With words: among puts the
other programs opposite each other, which tries the rig itself; names take these peers alone.
"""
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import tls_rig
from rig import Failed, Missing, Rig, Tap, need_file, same, want
from tls_rig import (CLIENTS, SERVERS, Cell, Java, NginxServer, OurClient, OurServer, Pki,
                     Settings, connections, need_side)
from tls_singles import singles

AT_ONCE = 4
VERSIONS = 'TLS1.2', 'TLS1.3'
CERTS = 'rsa', 'ec', 'ed25519'
# Columns of the table: a client's certificate, resumption, ALPN.
COLUMNS = [('none', False, False), ('none', False, True), ('none', True, False),
           ('none', True, True), ('given', False, False), ('given', False, True),
           ('given', True, False), ('given', True, True), ('absent', False, False)]
HEADS = ['-', 'alpn', 'again', 'again+alpn', 'cert', 'cert+alpn', 'cert+again',
         'cert+again+alpn', 'no cert']


#
# A cell.
#

def in_background(function):
    """A thread that keeps what it raises."""
    trouble = []

    def body():
        try:
            function()
        except Exception as error:
            trouble.append(error)
    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread, trouble


def give_up(server, saw):
    """The client had no connection: what it saw, and what the server says to that."""
    if hasattr(server, 'child'):
        server.child.stop()
        saw = f'{saw}\nthe server said:\n{tls_rig.brief(server.child.text)}'
    raise Failed(f'the client saw {saw}')


def meet(rig, pki, cell, make_client, make_server):
    """What the client and what the server saw."""
    server = make_server(rig, pki, cell)
    thread, trouble = in_background(server.serve)
    try:
        client_saw = make_client(rig, pki, cell, server).run()
    except Failed as failed:
        give_up(server, failed)
    if cell.client != 'absent' and any('error' in saw for saw in client_saw):
        give_up(server, client_saw)
    thread.join(tls_rig.PATIENCE)
    if trouble:
        give_up(server, f'{client_saw}\nand the server {trouble[0]}')
    return client_saw, server.end()


def check_one(cell, protocol, number, side, saw):
    """One end of one connection; what it does not tell is not looked at."""
    who = f'connection {number}, {side}'
    want('error' not in saw, who, 'failed:', saw.get('error'))
    expected = {'protocol': cell.version, 'alpn': protocol if cell.alpn else '',
                'resumed': cell.resume and number == 2}
    for name, value in expected.items():
        if saw.get(name) is not None:
            same(saw[name], value, f'{who}, {name}')
    if side == 'server' and 'peer' in saw:
        same('alice' in saw['peer'], cell.client == 'given', f'{who}, has a certificate of alice')


def check_our_certificate(pki, cell, side, saw):
    """We have the very certificate of the other end."""
    if 'certificate' not in saw:
        return
    name = 'server-' if side == 'client' else 'client-'
    expected = pki.der(name + cell.cert) if side == 'client' or cell.client == 'given' else '-'
    same(saw['certificate'], expected, f"{side}'s peer certificate")


def check_bindings(client, server):
    """Where both tell them, both have the same."""
    for name in 'endpoint', 'unique', 'exporter-bindings':
        one, other = client.get(name), server.get(name)
        if one and other and not one.startswith('SEC_') and not other.startswith('SEC_'):
            same(one, other, name)


def cell_test(rig, pki, cell, make_client, make_server, protocol):
    client_saw, server_saw = meet(rig, pki, cell, make_client, make_server)
    same(len(client_saw), connections(cell), f'connections that the client made {client_saw}')
    same(len(server_saw), connections(cell), f'connections that the server had {server_saw}')
    for i in range(connections(cell)):
        for side, saw in ('client', client_saw[i]), ('server', server_saw[i]):
            check_one(cell, protocol, i + 1, side, saw)
            check_our_certificate(pki, cell, side, saw)
        check_bindings(client_saw[i], server_saw[i])
    want(client_saw[-1].get('echoed'), 'nothing came back to the client')


# What a server says to a client without a certificate, as our client has it: TLS 1.2 has no
# alert of its own for that.
REFUSALS = {'TLS1.2': {'SEC_E_ILLEGAL_MESSAGE', 'SEC_E_CERT_UNKNOWN', 'SEC_E_LOGON_DENIED'},
            'TLS1.3': {'SEC_E_NO_CREDENTIALS', 'SEC_E_CERT_UNKNOWN', 'SEC_E_LOGON_DENIED'},
            # nginx says it in HTTP and closes.
            'nginx': {'SEC_I_CONTEXT_EXPIRED'}}


def absent_test(rig, pki, cell, make_client, make_server, protocol):
    """A certificate is demanded, and the client has none."""
    del protocol
    client_saw, server_saw = meet(rig, pki, cell, make_client, make_server)
    want(not client_saw or not client_saw[0].get('echoed'), 'the client had an answer', client_saw)
    if server_saw and 'status' in server_saw[0]:
        same(server_saw[0]['status'], 'SEC_E_NO_CREDENTIALS', 'status of our server')
    elif server_saw:
        want('error' in server_saw[0] or not server_saw[0].get('echoed'),
             'the server served', server_saw)
    if client_saw and 'status' in client_saw[0]:
        refusals = REFUSALS['nginx' if make_server is NginxServer else cell.version]
        want(client_saw[0]['status'] in refusals, 'status of our client:',
             client_saw[0]['status'], 'in', client_saw[0]['where'])


#
# The matrix.
#

class Job:
    """A test to come: its title, its function, and what came of it."""

    def __init__(self, title, function, *args):
        self.title = title
        self.run = lambda: function(*args)
        self.outcome = None

    def result(self):
        """For Tap.case: the outcome again, in its turn."""
        if isinstance(self.outcome, Exception):
            raise self.outcome

    def work(self):
        try:
            self.run()
        except Exception as error:
            self.outcome = error

    @property
    def word(self):
        if self.outcome is None:
            return 'ok'
        return 'skip' if isinstance(self.outcome, Missing) else 'FAIL'


def title_of(cell, client, server):
    words = [f'{client.title} -> {server.title}', cell.version, cell.cert]
    words += {'none': [], 'given': ["client's certificate"],
              'absent': ['no certificate though demanded']}[cell.client]
    words += ['resumed'] if cell.resume else []
    words += ['ALPN'] if cell.alpn else []
    return ', '.join(words)


class Matrix:
    """Cells of pairs of a client and a server, and their table."""

    def __init__(self, rig, pki):
        self.rig, self.pki = rig, pki
        self.jobs = []
        self.rows = []   # (title, [Job or reason])

    def pair(self, client, server):
        for version, cert in product(VERSIONS, CERTS):
            row = [self.cell(Cell(version, cert, *column), client, server) for column in COLUMNS]
            self.rows.append((f'{client.title} -> {server.title}  {version}  {cert}', row))

    def cell(self, cell, client, server):
        reason = client.cannot(cell) or server.cannot(cell)
        if reason:
            return reason
        test = absent_test if cell.client == 'absent' else cell_test
        make = (lambda *a: OurServer(*a, http=client.speaks == 'http')) \
            if server is OurServer else server
        protocol = server.protocol if server is not OurServer else client.protocol
        job = Job(title_of(cell, client, server), test, self.rig, self.pki, cell, client, make,
                  protocol)
        self.jobs.append(job)
        return job

    def table(self):
        if not self.rows:
            return
        width = max(len(title) for title, _ in self.rows)
        reasons = []
        print('# ' + ' '.join([f'{"client -> server":{width}}', *HEADS]))
        for title, row in self.rows:
            words = []
            for head, cell in zip(HEADS, row):
                if isinstance(cell, str) and cell not in reasons:
                    reasons.append(cell)
                word = f'n/a{reasons.index(cell) + 1}' if isinstance(cell, str) else cell.word
                words.append(f'{word:{len(head)}}')
            print(f'# {title:{width}} ' + ' '.join(words))
        for i, reason in enumerate(reasons):
            print(f'# n/a{i + 1}: {reason}')


def work(tap, jobs):
    """Several at once, reported in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(job.work) for job in jobs]
        for job, future in zip(jobs, futures):
            future.result()
            tap.case(job.title, job.result)


def usable(sides, names, lacking):
    """Those that are asked for and that are there."""
    found = []
    for side in sides:
        if names and side.title not in names:
            continue
        try:
            need_side(side)
            found.append(side)
        except Missing as missing:
            lacking.append(Job(f'{side.title}, as a {side.__name__}', raiser(missing)))
    return found


def raiser(error):
    def function():
        raise error
    return function


def pairs_with_us(names, lacking):
    for server in usable(SERVERS, names, lacking):
        yield OurClient, server
    for client in usable(CLIENTS, names, lacking):
        yield client, OurServer


def pairs_among(lacking):
    servers = usable(SERVERS, [], lacking)
    for client, server in product(usable(CLIENTS, [], lacking), servers):
        if client.speaks == server.speaks or client.adapts and server.speaks == 'http':
            yield client, server


def main():
    tap = Tap()
    names = sys.argv[1:]
    among = names == ['among']
    lacking = []
    with Rig() as rig:
        try:
            need_file('/usr/bin/openssl', 'openssl')
        except Missing as missing:
            print(f'1..0 # SKIP {missing}')
            return 0
        begun = time.monotonic()
        pki = Pki(rig)
        pairs = list(pairs_among(lacking) if among else pairs_with_us(names, lacking))
        if any(side.title == 'java' for pair in pairs for side in pair):
            tls_rig.JavaSide.java = Java(rig, pki)
        if not among:
            tls_rig.OurProgram.settings = Settings(rig)
        matrix = Matrix(rig, pki)
        for client, server in pairs:
            matrix.pair(client, server)
        work(tap, lacking + matrix.jobs)
        if not among:
            work(tap, list(singles(rig, pki, names, Job)))
        matrix.table()
        print(f'# {time.monotonic() - begun:.0f} s')
    return tap.end()


if __name__ == '__main__':
    sys.exit(main())
