/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm-authenticate.c: any bytes as AUTHENTICATE, with the NTLMv2 answer that is in it. */
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

static void read_answer(struct span nt)
{
    struct ntlm_v2 v2 = { 0 };
    struct ntlm_avs avs;

    if (ntlm_get_v2(nt, &v2))
        return;
    must(v2.proof.len == NTLM_PROOF_LEN && v2.temp.len == nt.len - NTLM_PROOF_LEN);
    must(v2.nonce.len == NTLM_NONCE_LEN);
    (void)ntlm_get_avs(v2.pairs, &avs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntlm_authenticate m = { 0 }, again = { 0 };
    static uint8_t room[7 * 65536];
    struct wire_out out = wire_out(room, sizeof room);
    const char *fault = ntlm_get_authenticate(span_of(data, size), &m);

    (void)ntlm_explain(span_of(data, size), listen, NULL);
    if (fault)
        return 0;
    read_answer(m.nt);
    ntlm_put_authenticate(&out, &m);
    must(wire_fits(&out));
    must(!ntlm_get_authenticate(span_of(room, out.len), &again));
    must(again.flags == m.flags && span_eq(again.lm, m.lm) && span_eq(again.nt, m.nt));
    must(span_eq(again.domain, m.domain) && span_eq(again.user, m.user));
    must(span_eq(again.workstation, m.workstation) && span_eq(again.key, m.key));
    return 0;
}
