#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make ntlm-vectors.txt and ntlm-hostile.txt from the JSON vectors of the protocol sheets.

    ntlm-vectors.py ntlm.json hostile_ntlm.json channel_bindings.json

Run once, when the sheets change; what it makes is in the tree.  The form: a block for each
vector, ended by an empty line; its first line is "OP: title"; then one "key value" a line,
where value is hexadecimal bytes, or a number after '#', or text after '"' (UTF-8, to the end of
the line).  "let key value" outside a block is a value for all blocks that follow.
Messages are "step c|s KIND BYTES [#SEQ] = BYTES MAC"; "-" stands for no bytes.
Left out: NTLMv1, LM, DES, CRC-32, messages without extended session security or in
connectionless mode: this package has none of them.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TEXT = {'user', 'domain', 'password', 'av_target_name', 'status', 'spn'}
OPS = {'md4', 'rc4', 'hmac_md5', 'ntlm.ntowfv1', 'ntlm.ntowfv2', 'ntlm.v2', 'ntlm.flow',
       'ntlm.keys', 'ntlm.parse', 'ntlm.messages', 'gss.bindings'}
ESS, DATAGRAM = 0x80000, 0x40


def value(key, v, text=True):
    if isinstance(v, int):
        return '#%d' % v
    if isinstance(v, list):
        return bytes(v).hex() or '-'
    if key in TEXT and text:
        return '"' + v
    return v or '-'


def wanted(v):
    flags = v['inputs'].get('flags', ESS)
    if v['op'] not in OPS:
        return False
    if v['op'] in ('ntlm.keys', 'ntlm.messages'):
        return bool(flags & ESS) and not flags & DATAGRAM
    return True


def block(v, skip=()):
    lines = ['%s: %s' % (v['op'], v['name'])]
    inputs = dict(v['inputs'])
    inputs.update(inputs.pop('options', None) or {})
    script = inputs.pop('script', None)
    for key, val in inputs.items():
        if key not in skip:
            lines.append('%s %s' % (key, value(key, val)))
    if script:
        for step, (out, mac) in zip(script, v['expected']['results']):
            lines.append('step %s %s %s = %s %s'
                         % (step[0], step[1], step[2] or '-', out or '-', mac or '-'))
    else:
        for key, val in v['expected'].items():
            if key == 'note':
                continue
            lines.append('want.%s %s' % (key, value(key, val, v['op'] != 'ntlm.parse')))
    return '\n'.join(lines) + '\n'


def main():
    ntlm, hostile, bindings = (json.load(open(p))['vectors'] for p in sys.argv[1:4])
    head = '# Made by ntlm-vectors.py; it tells the form.\n\n'
    with open(os.path.join(HERE, 'ntlm-vectors.txt'), 'w') as f:
        f.write(head)
        f.write('\n'.join(block(v) for v in ntlm + bindings if wanted(v)))
    with open(os.path.join(HERE, 'ntlm-hostile.txt'), 'w') as f:
        f.write(head)
        lets = {}
        for v in hostile:
            for key in ('negotiate', 'challenge', 'password'):
                if key in v['inputs'] and lets.get(key) != v['inputs'][key]:
                    lets[key] = v['inputs'][key]
                    f.write('let %s %s\n\n' % (key, value(key, lets[key])))
            f.write(block(v, lets) + '\n')


main()
