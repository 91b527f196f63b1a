/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls-record.c: any bytes as what begins a stream or a datagram of TLS, and as a list of
 * application protocols.
 */
#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include "plugins/tls/alpn.h"
#include "plugins/tls/host.h"
#include "plugins/tls/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
    if (!right)
        abort();
}

static SECURITY_STATUS fail(const char *file, int line, const char *func, SECURITY_STATUS status,
                            const char *fmt, ...)
{
    (void)file, (void)line, (void)func, (void)fmt;
    must(status < 0);
    return status;
}

static const struct ssp_host host = { .abi = SSP_ABI, .size = sizeof host, .fail = fail };

/* --- records -------------------------------------------------------------------------------- */

/* A part says no more than the whole, and asks for no more than there is. */
static void stream(struct span in, bool first)
{
    struct tls_record whole, part;
    SECURITY_STATUS status = tls_record_look(in, first, &whole);

    must(status == SEC_E_OK || status == SEC_E_ILLEGAL_MESSAGE ||
         (first && status == SEC_E_INVALID_TOKEN));
    if (status < 0)
        return;
    must(whole.len == 0 ||
         (whole.len >= TLS_RECORD_HEAD && whole.len <= TLS_RECORD_HEAD + TLS_RECORD_MAX));
    must(whole.len > 0 || whole.missing == TLS_RECORD_HEAD - in.len);
    must(whole.missing == 0 || whole.len == 0 || in.len + whole.missing == whole.len);
    for (size_t n = 0; n < in.len && n < 2 * TLS_RECORD_HEAD; n++) {
        must(tls_record_look(span_of(in.data, n), first, &part) == SEC_E_OK);
        must(part.missing > 0 || part.len == whole.len);
    }
}

static void datagram(struct span in)
{
    struct tls_record record;

    if (tls_datagram_look(in, &record) >= 0)
        must(record.len >= TLS_DATAGRAM_HEAD && record.len <= in.len);
}

/* --- application protocols ------------------------------------------------------------------ */

static void check_names(struct span list)
{
    struct wire_in in = wire_in(list);

    while (wire_left(&in) > 0)
        must(wire_span(&in, wire_u8(&in)).len > 0);
    must(wire_ok(&in));
}

/* Theirs are whatever they send. */
static void protocols(struct span in, struct span theirs)
{
    struct span list = { NULL, 0 };

    if (tls_alpn_read(in, &list) < 0)
        return;
    must(list.len == 0 || (list.data >= in.data && list.data + list.len <= in.data + in.len));
    check_names(list);
    struct span chosen = tls_alpn_choose(list, theirs);
    must(chosen.len == 0 ||
         (chosen.data > list.data && chosen.data + chosen.len <= list.data + list.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    size_t half = size / 2;

    tls_host = &host;
    stream(in, true);
    stream(in, false);
    datagram(in);
    protocols(in, span_of(data + half, size - half));
    protocols(span_of(data, half), span_of(data + half, size - half));
    return 0;
}
