/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm-challenge.c: any bytes as CHALLENGE; what is read is written and read the same again. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/ntlm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
    if (!right)
        abort();
}

static void listen(void *arg, unsigned depth, const char *name, const char *text)
{
    (void)arg;
    must(depth < 8 && name && text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntlm_challenge m = { 0 }, again = { 0 };
    static uint8_t room[3 * 65536];
    struct wire_out out = wire_out(room, sizeof room);
    struct ntlm_avs avs;
    const char *fault = ntlm_get_challenge(span_of(data, size), &m);

    (void)ntlm_explain(span_of(data, size), listen, NULL);
    if (fault)
        return 0;
    (void)ntlm_get_avs(m.target_info, &avs);
    ntlm_put_challenge(&out, &m);
    must(wire_fits(&out));
    must(!ntlm_get_challenge(span_of(room, out.len), &again));
    must(again.flags == m.flags && span_eq(again.target_name, m.target_name));
    must(span_eq(again.target_info, m.target_info));
    must(memcmp(again.nonce, m.nonce, sizeof m.nonce) == 0);
    return 0;
}
