#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A GSS-API mechanism of MIT's mechglue behind the line protocol of line.h.

    gss-peer.py init|accept [--mech ntlm|krb5|spnego] [--target NAME] [--user DOMAIN\\user]
                [--password P] [--flags conf,integ,...] [--cb HEX] [--mic]

--mic makes gss-ntlmssp as a client send a MIC, which it does only where SPNEGO asks it whether it
may.  For an NTLM acceptor NTLM_USER_FILE names a file of lines DOMAIN:user:password.
"""
import argparse
import base64
import sys

import gssapi
import gssapi.raw as raw

MECHS = {
    'krb5': gssapi.OID.from_int_seq('1.2.840.113554.1.2.2'),
    'ntlm': gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10'),
    'spnego': gssapi.OID.from_int_seq('1.3.6.1.5.5.2'),
}
# gssapi_ext.h, GSS_C_INQ_SSPI_SESSION_KEY
SESSION_KEY = gssapi.OID.from_int_seq('1.2.840.113554.1.2.2.5.5')
# With this MIT's SPNEGO asks a mechanism whether it wants a mechListMIC
SPNEGO_MAY_MIC = gssapi.OID.from_int_seq('1.3.6.1.4.1.7165.655.1.2')
# RFC 2744, appendix A; ident is GSS_C_IDENTIFY_FLAG, bindings GSS_C_CHANNEL_BOUND_FLAG
FLAGS = {
    'deleg': 0x1, 'mutual': 0x2, 'replay': 0x4, 'sequence': 0x8, 'conf': 0x10, 'integ': 0x20,
    'null': 0x40, 'ident': 0x2000, 'bindings': 0x800,
}


def say(word, *fields):
    print(word, *fields, flush=True)


def encode(data):
    return base64.b64encode(data).decode() if data else '-'


def decode(word):
    return b'' if word == '-' else base64.b64decode(word, validate=True)


def quote(text):
    return ''.join(f'%{b:02x}' if b <= 0x20 or b >= 0x7f or b == 0x25 else chr(b)
                   for b in text.encode()) or '-'


def credential(o):
    usage = 'initiate' if o.role == 'init' else 'accept'
    if o.user is None:
        return gssapi.Credentials(usage=usage, mechs=[MECHS[o.mech]])
    got = raw.acquire_cred_with_password(gssapi.Name(o.user, gssapi.NameType.user),
                                         o.password.encode(), mechs=[MECHS[o.mech]], usage=usage)
    return gssapi.Credentials(base=got.creds)


def context(o):
    bindings = None
    if o.cb:
        bindings = raw.ChannelBindings(application_data=bytes.fromhex(o.cb))
    if o.role == 'accept':
        return gssapi.SecurityContext(creds=credential(o), usage='accept',
                                      channel_bindings=bindings)
    wanted = 0
    for name in filter(None, o.flags.split(',')):
        wanted |= FLAGS[name]
    target = gssapi.Name(o.target, gssapi.NameType.hostbased_service)
    return gssapi.SecurityContext(name=target, creds=credential(o), mech=MECHS[o.mech],
                                  flags=wanted, usage='initiate', channel_bindings=bindings)


def shake(ctx, o):
    if o.role == 'init':
        say('T', encode(ctx.step()))
    if o.mic:
        raw.inquire_sec_context_by_oid(ctx, SPNEGO_MAY_MIC)
    while not ctx.complete:
        words = sys.stdin.readline().split()
        if len(words) != 2 or words[0] != 'T':
            sys.exit(3)
        token = ctx.step(decode(words[1]))
        if token is not None:
            say('T', encode(token))


def answer(ctx, words):
    if words[0] == 'WRAP':
        say('W', encode(ctx.wrap(decode(words[1]), True).message))
    elif words[0] == 'UNWRAP':
        say('U', encode(ctx.unwrap(decode(words[1])).message))
    elif words[0] == 'MIC':
        say('M', encode(ctx.get_signature(decode(words[1]))))
    elif words[0] == 'VERIFY':
        ctx.verify_signature(decode(words[1]), decode(words[2]))
        say('V', 'ok')
    elif words[0] == 'KEY':
        say('K', raw.inquire_sec_context_by_oid(ctx, SESSION_KEY)[0].hex())
    else:
        say('ERR', 'unknown', words[0])


def refuse(error, where):
    """The major status' name stands in the class of the exception."""
    say('ERR', type(error).__name__, where, f'{error.maj_code:#x}/{error.min_code & 0xffffffff:#x}')


def options():
    p = argparse.ArgumentParser()
    p.add_argument('role', choices=['init', 'accept'])
    p.add_argument('--mech', default='ntlm', choices=MECHS)
    p.add_argument('--target', default='host@localhost')
    p.add_argument('--user')
    p.add_argument('--password', default='')
    p.add_argument('--flags', default='')
    p.add_argument('--cb', default='')
    p.add_argument('--mic', action='store_true')
    return p.parse_args()


def main():
    o = options()
    try:
        ctx = context(o)
        shake(ctx, o)
        names = [k for k, v in FLAGS.items() if int(ctx.actual_flags) & v]
        # The names of gss-ntlmssp 1.2.0 end in a NUL.
        name = str(ctx.initiator_name).rstrip('\0')
        say('OK', quote(name), ','.join(names) or '-')
    except gssapi.exceptions.GSSError as error:
        refuse(error, o.role)
        return 1
    for line in sys.stdin:
        words = line.split()
        if not words or words[0] == 'QUIT':
            break
        try:
            answer(ctx, words)
        except gssapi.exceptions.GSSError as error:
            refuse(error, words[0].lower())
    return 0


sys.exit(main())
