/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls-explain.c: any bytes as records of TLS and DTLS.  Whatever they are, what is said can be put
 * on a terminal, a fault goes with a failure, and nothing is said of what is none of ours.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/tls/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    size_t lines, faults;
};

static void must(bool right)
{
    if (!right)
        abort();
}

static void must_be_plain(const char *text)
{
    for (; *text; text++)
        must(*text >= ' ' && *text <= '~');
}

static void listen(void *arg, unsigned depth, const char *name, const char *text)
{
    struct heard *heard = arg;

    must(depth < 8);
    must_be_plain(name);
    must_be_plain(text);
    heard->lines++;
    heard->faults += strcmp(name, "!") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard heard = { 0 }, again = { 0 };
    SECURITY_STATUS status = tls_explain(span_of(data, size), listen, &heard);

    must((heard.lines == 0) == (status == SEC_E_UNSUPPORTED_FUNCTION));
    must(heard.lines == 0 || (heard.faults > 0) == (status < 0));
    must(tls_explain(span_of(data, size), listen, &again) == status);
    must(again.lines == heard.lines && again.faults == heard.faults);
    return 0;
}
