/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: the tokens of Example-PSK, read and written.  Pure: bytes in, bytes out. */
#include "example.h"

#include <stdio.h>

static const uint8_t magic[4] = { 'E', 'P', 'S', 'K' };

static bool good_name(struct span s, size_t least)
{
    return s.len >= least && s.len <= EX_NAME_MAX && (s.len == 0 || !memchr(s.data, 0, s.len));
}

SECURITY_STATUS ex_get_message(struct span token, enum ex_type type, struct ex_message *out)
{
    struct ex_message m = { .type = type };
    struct wire_in in = wire_in(token);
    struct span found = wire_span(&in, sizeof magic);
    uint8_t version = wire_u8(&in);
    uint8_t met = wire_u8(&in);

    if (!span_is(found, magic, sizeof magic) || version != 1 || met != type)
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN,
                        "expected token %d of version 1, met type %u, version %u, %zu bytes", type,
                        met, version, token.len);
    if (type == EX_HELLO || type == EX_CHALLENGE)
        m.nonce = wire_span(&in, EX_NONCE);
    if (type == EX_HELLO) {
        m.user = wire_span(&in, wire_u16le(&in));
        m.target = wire_span(&in, wire_u16le(&in));
    }
    if (type == EX_RESPONSE)
        m.bindings = wire_span(&in, EX_HASH);
    if (type != EX_HELLO)
        m.mac = wire_span(&in, EX_MAC);
    if (!wire_done(&in))
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN, "token %d of %zu bytes is cut or too long",
                        type, token.len);
    if (type == EX_HELLO && (!good_name(m.user, 1) || !good_name(m.target, 0)))
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN, "names of %zu and %zu bytes, 1 to %d allowed",
                        m.user.len, m.target.len, EX_NAME_MAX);
    *out = m;
    return SEC_E_OK;
}

void ex_put_message(struct wire_out *out, const struct ex_message *m)
{
    wire_put(out, magic, sizeof magic);
    wire_put_u8(out, 1);
    wire_put_u8(out, (uint8_t)m->type);
    if (m->type == EX_HELLO || m->type == EX_CHALLENGE)
        wire_put_span(out, m->nonce);
    if (m->type == EX_HELLO) {
        wire_put_len16le(out, m->user.len);
        wire_put_span(out, m->user);
        wire_put_len16le(out, m->target.len);
        wire_put_span(out, m->target);
    }
    if (m->type == EX_RESPONSE)
        wire_put_span(out, m->bindings);
    if (m->type != EX_HELLO)
        wire_put_zeros(out, EX_MAC);
}

static void say_span(ssp_explain_fn *say, void *arg, const char *name, struct span s)
{
    char text[EX_NAME_MAX + 1];
    size_t n = s.len < sizeof text ? s.len : sizeof text - 1;

    if (n > 0)
        memcpy(text, s.data, n);
    text[n] = '\0';
    say(arg, 1, name, text);
}

SECURITY_STATUS ex_explain(struct span token, ssp_explain_fn *say, void *arg)
{
    static const char *const names[] = { "", "HELLO", "CHALLENGE", "RESPONSE", "FINISH" };
    struct wire_in in = wire_in(wire_at(&(struct wire_in){ .all = token }, sizeof magic, 2));
    uint8_t version = wire_u8(&in);
    uint8_t type = wire_u8(&in);
    struct ex_message m;
    SECURITY_STATUS status;

    if (!wire_ok(&in) || memcmp(token.data, magic, sizeof magic) != 0)
        return SEC_E_INVALID_TOKEN; /* not ours: the host asks the next package */
    if (version != 1 || type < EX_HELLO || type > EX_FINISH)
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN, "version %u, type %u", version, type);
    say(arg, 0, "Example-PSK", names[type]);
    status = ex_get_message(token, (enum ex_type)type, &m);
    if (status < 0) {
        say(arg, 1, "!", "cut, too long, or a name that cannot be");
        return status;
    }
    if (type == EX_HELLO) {
        say_span(say, arg, "user", m.user);
        say_span(say, arg, "target", m.target);
    }
    if (type == EX_RESPONSE)
        say(arg, 1, "bindings",
            span_is(m.bindings, (uint8_t[EX_HASH]){ 0 }, EX_HASH) ? "none" : "given");
    if (type != EX_HELLO)
        say(arg, 1, "mac", "32 bytes");
    return SEC_E_OK;
}
