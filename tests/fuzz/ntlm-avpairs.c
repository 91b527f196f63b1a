/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm-avpairs.c: any bytes as a list of AV pairs; what is read is written and read the same. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "plugins/ntlm/avpair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
    if (!right)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[NTLM_AV_KNOWN * 65536];
    struct wire_out out = wire_out(room, sizeof room);
    struct ntlm_avs avs = { 0 }, again = { 0 };

    if (ntlm_get_avs(span_of(data, size), &avs))
        return 0;
    for (uint16_t id = 1; id < NTLM_AV_KNOWN; id++)
        if (ntlm_has_av(&avs, id))
            ntlm_put_av(&out, id, avs.value[id]);
    ntlm_put_av_end(&out);
    must(wire_fits(&out));
    must(!ntlm_get_avs(span_of(room, out.len), &again));
    must(again.present == avs.present);
    for (unsigned id = 1; id < NTLM_AV_KNOWN; id++)
        must(span_eq(again.value[id], avs.value[id]));
    must(ntlm_av_flags(&again) == ntlm_av_flags(&avs));
    must(ntlm_av_timestamp(&again) == ntlm_av_timestamp(&avs));
    return 0;
}
