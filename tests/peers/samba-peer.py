#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Samba's gensec (the NTLMSSP client of libsmb, python3-samba) behind the line protocol of line.h.

    samba-peer.py --folder DIR --user U --domain D --password P [--flags conf,integ]

Only a client: a server of gensec wants an account database.  ntlm_auth is Samba's server and
needs none; tests.py drives it.  DIR holds what Samba wants to write.
"""
import argparse
import base64
import sys

from samba import NTSTATUSError, credentials, gensec, param

FEATURES = {'conf': gensec.FEATURE_SEAL, 'integ': gensec.FEATURE_SIGN}


def say(word, *fields):
    print(word, *fields, flush=True)


def encode(data):
    return base64.b64encode(data).decode() if data else '-'


def decode(word):
    return b'' if word == '-' else base64.b64decode(word, validate=True)


def client(o):
    lp = param.LoadParm(filename_for_non_global_lp='/dev/null')
    lp.set('netbios name', 'PEERWS')
    lp.set('workgroup', 'PEERS')
    for name in 'private dir', 'state directory', 'cache directory', 'lock directory':
        lp.set(name, o.folder)
    who = credentials.Credentials()
    who.set_workstation('PEERWS')
    who.set_username(o.user)
    who.set_domain(o.domain)
    who.set_password(o.password)
    who.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    ctx = gensec.Security.start_client({'lp_ctx': lp, 'target_hostname': 'localhost'})
    ctx.set_credentials(who)
    ctx.want_feature(gensec.FEATURE_SESSION_KEY)
    for name in filter(None, o.flags.split(',')):
        ctx.want_feature(FEATURES[name])
    ctx.start_mech_by_name('ntlmssp')
    return ctx


def shake(ctx):
    done, token = ctx.update(b'')
    say('T', encode(token))
    while not done:
        words = sys.stdin.readline().split()
        if len(words) != 2 or words[0] != 'T':
            sys.exit(3)
        done, token = ctx.update(decode(words[1]))
        if token:
            say('T', encode(token))


def answer(ctx, words):
    if words[0] == 'WRAP':
        say('W', encode(ctx.wrap(decode(words[1]))))
    elif words[0] == 'UNWRAP':
        say('U', encode(ctx.unwrap(decode(words[1]))))
    elif words[0] == 'MIC':
        message = decode(words[1])
        say('M', encode(ctx.sign_packet(message, message)))
    elif words[0] == 'VERIFY':
        message = decode(words[1])
        ctx.check_packet(message, message, decode(words[2]))
        say('V', 'ok')
    elif words[0] == 'KEY':
        say('K', ctx.session_key().hex())
    else:
        say('ERR', 'unknown', words[0])


def options():
    p = argparse.ArgumentParser()
    for name in 'folder', 'user', 'domain', 'password':
        p.add_argument('--' + name, required=True)
    p.add_argument('--flags', default='')
    return p.parse_args()


def main():
    o = options()
    ctx = client(o)
    try:
        shake(ctx)
    except NTSTATUSError as error:
        say('ERR', f'{error.args[0] & 0xffffffff:#010x}', 'init')
        return 1
    names = [k for k, v in FEATURES.items() if ctx.have_feature(v)]
    say('OK', '-', ','.join(names) or '-')
    for line in sys.stdin:
        words = line.split()
        if not words or words[0] == 'QUIT':
            break
        try:
            answer(ctx, words)
        except NTSTATUSError as error:
            say('ERR', f'{error.args[0] & 0xffffffff:#010x}', words[0].lower())
    return 0


sys.exit(main())
