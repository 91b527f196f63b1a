/* SPDX-License-Identifier: Apache-2.0 */
/* bindings.c: the hash of channel bindings. */
#include "config.h"

#include "plugins/common/bindings.h"

static void add_u32(struct md5 *m, uint32_t v)
{
    uint8_t bytes[4];
    struct wire_out out = wire_out(bytes, sizeof bytes);

    wire_put_u32le(&out, v);
    md5_add(m, span_of(bytes, sizeof bytes));
}

static void add_counted(struct md5 *m, struct span data)
{
    add_u32(m, (uint32_t)data.len);
    md5_add(m, data);
}

void bindings_md5(const struct ssp_bindings *b, uint8_t digest[MD5_LEN])
{
    struct md5 m;

    md5_open(&m);
    add_u32(&m, b->initiator_type);
    add_counted(&m, b->initiator);
    add_u32(&m, b->acceptor_type);
    add_counted(&m, b->acceptor);
    add_counted(&m, b->application_data);
    md5_close(&m, digest);
}
